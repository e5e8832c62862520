"""The console's pages of accounts in a real browser: second factors, links that work once, people and the ledger."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nearhand.access.means import Policy
from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import build_resources, create_app
from nearhand.kit.clock import SystemClock
from nearhand.kit.settings import Settings
from tests.browser.test_passkeys import KEY
from tests.support.account import totp
from tests.support.chromium import sign_in_page
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SLOW_MS = 30_000
NEW_PASSWORD = "another horse battery"


@pytest.fixture
def page(tmp_path: Path, browser: Browser) -> Iterator[Page]:
    """A console signed in by the administrator, in a browser that makes passkeys."""
    resources = build_resources(Settings(data_dir=tmp_path), passwords=Passwords(QUICK))
    app = create_app(resources.settings, resources)

    @app.post("/make-admin")
    async def make_admin() -> None:
        new = NewUser(name="admin", display_name="A", grants=everywhere(Role.ADMIN), password=PASSWORD)
        await resources.access.register(new)

    @app.post("/demand-factors")
    async def demand_factors() -> None:
        means = resources.access_means
        means.policy = replace(means.policy, second_factor_roles=frozenset({Role.ADMIN}))

    @app.post("/seal")
    async def seal() -> None:
        await resources.ledger.seal()

    with served(app) as url:
        here = url.replace("127.0.0.1", "localhost")
        resources.access_means.policy = Policy(base_url=here)
        page = browser.new_context(base_url=here, locale="en").new_page()
        page.set_default_timeout(SLOW_MS)
        page.goto("/console/")  # only pages may ask the service anything
        page.evaluate("fetch('/make-admin', {method: 'POST'})")
        tools = page.context.new_cdp_session(page)
        tools.send("WebAuthn.enable")
        tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        sign_in_page(page, "/console/account", "admin", PASSWORD)
        expect(page.get_by_test_id("factors")).to_be_visible(timeout=SLOW_MS)
        yield page


def is_in(page: Page) -> None:
    expect(page.get_by_test_id("nav-account")).to_be_visible(timeout=SLOW_MS)


def sign_out(page: Page) -> None:
    page.get_by_test_id("sign-out").click()
    expect(page.get_by_test_id("sign-in")).to_be_visible()


def now_code(secret: str) -> str:
    return totp(secret, SystemClock().now())


def test_an_authenticator_app_is_added_and_its_recovery_code_signs_in(page: Page) -> None:
    page.get_by_test_id("add-app").click()
    secret = page.get_by_test_id("once").input_value()
    page.locator("dialog input[name=code]").fill(now_code(secret))
    page.get_by_test_id("app-confirm").click()
    recovery = page.get_by_test_id("codes").locator("li").first.inner_text()
    page.get_by_test_id("codes-kept").click()
    expect(page.get_by_test_id("factors")).to_contain_text("10 recovery codes left")
    sign_out(page)
    sign_in_page(page, "/console/account", "admin", PASSWORD)
    page.locator("input[name=code]").fill("000000")
    page.get_by_test_id("second-code").click()
    expect(page.get_by_role("alert")).to_contain_text("code is wrong")
    page.get_by_test_id("second-other").click()
    page.locator("input[name=code]").fill(recovery)
    page.get_by_test_id("second-code").click()
    expect(page.get_by_test_id("factors")).to_contain_text("9 recovery codes left", timeout=SLOW_MS)


def test_whose_role_demands_a_second_factor_finds_nothing_but_where_to_add_one(page: Page) -> None:
    page.evaluate("fetch('/demand-factors', {method: 'POST'})")
    page.goto("/console/people")
    expect(page.get_by_test_id("must-enrol")).to_be_visible()
    expect(page.get_by_test_id("nav-people")).to_have_count(0)
    page.get_by_test_id("add-passkey").click()
    page.locator("dialog input[name=name]").fill("Laptop")
    page.get_by_test_id("passkey-save").click()
    expect(page.get_by_test_id("people")).to_be_visible(timeout=SLOW_MS)


def test_a_passkey_is_added_and_signs_in_alone_and_as_the_second_step(page: Page) -> None:
    page.get_by_test_id("add-passkey").click()
    page.locator("dialog input[name=name]").fill("Laptop")
    page.get_by_test_id("passkey-save").click()
    expect(page.get_by_test_id("passkeys")).to_contain_text("Laptop")
    sign_out(page)
    page.get_by_test_id("sign-in-passkey").click()
    is_in(page)
    sign_out(page)
    sign_in_page(page, "/console/", "admin", PASSWORD)
    page.get_by_test_id("second-passkey").click()
    is_in(page)


def test_a_new_password_ends_the_other_sign_ins_which_are_told_so(page: Page) -> None:
    assert page.context.browser
    other = page.context.browser.new_context(base_url=page.url.split("/console")[0], locale="en").new_page()
    sign_in_page(other, "/console/account", "admin", PASSWORD)
    is_in(other)
    form = page.get_by_test_id("password-form")
    form.locator("input[name=old_password]").fill("not this one at all")
    form.locator("input[name=new_password]").fill(NEW_PASSWORD)
    form.locator("input[name=new_password_again]").fill(NEW_PASSWORD)
    page.get_by_test_id("change-password").click()
    expect(form.get_by_role("alert")).to_contain_text("password is wrong")
    form.locator("input[name=old_password]").fill(PASSWORD)
    page.get_by_test_id("change-password").click()
    expect(page.get_by_role("status").filter(has_text="password is changed")).to_be_visible()
    is_in(page)
    other.get_by_test_id("nav-people").click()
    expect(other.get_by_test_id("expired")).to_be_visible(timeout=SLOW_MS)


def test_a_token_is_shown_once_and_revoked(page: Page) -> None:
    page.get_by_test_id("make-token").click()
    page.locator("dialog input[name=name]").fill("Inventory")
    page.get_by_test_id("token-save").click()
    token = page.get_by_test_id("once").input_value()
    ask = "token => fetch('/api/v1/sites', {credentials: 'omit', headers: {Authorization: 'Bearer ' + token}}).then(a => a.status)"
    assert page.evaluate(ask, token) == 200
    page.get_by_role("button", name="Close").click()
    page.get_by_test_id("tokens").get_by_role("button", name="Revoke").click()
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_text("No token yet")).to_be_visible()
    assert page.evaluate(ask, token) == 401


def test_an_invited_person_comes_in_and_what_they_may_do_is_changed(page: Page) -> None:
    page.get_by_test_id("nav-people").click()
    page.get_by_test_id("invite").click()
    page.locator("dialog input[name=display_name]").fill("Night shift")
    page.get_by_test_id("invite-make").click()
    link = page.get_by_test_id("once").input_value()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_test_id("invitations")).to_contain_text("Technician · everywhere")
    assert page.context.browser
    guest = page.context.browser.new_context(locale="en").new_page()
    guest.goto(link)
    guest.locator("input[name=name]").fill("night.shift")
    guest.get_by_label("Sign in by").select_option("passkey")
    guest.get_by_label("Sign in by").select_option("password")
    expect(guest.locator("input[name=name]")).to_have_value("night.shift")
    guest.locator("input[name=password]").fill(NEW_PASSWORD)
    guest.locator("input[name=password_again]").fill(NEW_PASSWORD)
    guest.get_by_test_id("accept").click()
    is_in(guest)
    expect(guest.get_by_test_id("nav-people")).to_have_count(0)
    guest.goto(link)
    expect(guest.get_by_role("alert")).to_contain_text("was used")

    page.reload()
    page.get_by_role("link", name="Night shift").click()
    page.get_by_test_id("edit-grants").click()
    page.get_by_label("Role").select_option("expert")
    page.get_by_test_id("save-grants").click()
    expect(page.get_by_text("Expert · everywhere")).to_be_visible()
    page.get_by_test_id("switch").click()
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_text("Signed in nowhere")).to_be_visible()


def test_a_reset_link_sets_a_new_password_once(page: Page) -> None:
    page.goto("/console/people")
    page.get_by_test_id("invite").click()
    page.locator("dialog").get_by_label("For").select_option("person")
    page.locator("dialog input[name=display_name]").fill("Day shift")
    page.get_by_test_id("invite-make").click()
    link = page.get_by_test_id("once").input_value()
    make = """token => fetch('/api/v1/invitations/accept?want_token=true', {method: 'POST', credentials: 'omit',
        headers: {'Content-Type': 'application/json'},
        body: JSON.stringify({token, name: 'day', password: 'forgotten at once'})}).then(a => a.status)"""
    assert page.evaluate(make, link.split("#")[1]) == 201
    page.reload()
    page.get_by_role("link", name="Day shift").click()
    page.get_by_test_id("reset-link").click()
    reset = page.get_by_test_id("once").input_value()
    assert page.context.browser
    other = page.context.browser.new_context(locale="en").new_page()
    other.goto(reset)
    other.locator("input[name=password]").fill(NEW_PASSWORD)
    other.locator("input[name=password_again]").fill(NEW_PASSWORD)
    other.get_by_test_id("set-password").click()
    other.get_by_test_id("to-sign-in").click()
    sign_in_page(other, other.url, "day", NEW_PASSWORD)
    is_in(other)


def test_a_tenant_is_added_renamed_and_removed_and_the_ledger_says_so(page: Page) -> None:
    page.get_by_test_id("nav-tenants").click()
    page.get_by_test_id("add-tenant").click()
    page.locator("dialog input[name=name]").fill("Acme")
    page.get_by_test_id("save-tenant").click()
    tenants = page.get_by_test_id("tenants")
    tenants.get_by_role("button", name="Edit").click()
    page.locator("dialog input[name=name]").fill("Acme Research")
    page.get_by_test_id("save-tenant").click()
    expect(tenants).to_contain_text("Acme Research")
    tenants.get_by_role("button", name="Delete").click()
    page.get_by_test_id("confirm-yes").click()
    expect(page.get_by_text("No tenant yet")).to_be_visible()

    page.get_by_test_id("nav-audit").click()
    expect(page.get_by_test_id("head")).to_contain_text("Sealed up to entry")
    page.get_by_label("What was done").fill("tenant.changed")
    page.get_by_label("What was done").press("Enter")
    entries = page.get_by_test_id("entries").locator("li")
    page.evaluate("fetch('/seal', {method: 'POST'})")
    page.get_by_test_id("look-again").click()
    expect(entries).to_have_count(1)
    entries.locator("summary").click()
    name = entries.locator("tr", has=page.get_by_text("name", exact=True))
    expect(name.locator("del")).to_have_text("Acme")
    expect(name.locator("ins")).to_have_text("Acme Research")
    page.get_by_label("What was done").fill("")
    page.get_by_label("What was done").press("Enter")
    page.get_by_test_id("filter-refused").check()
    expect(page.get_by_text("No such entry")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_test_id("export").click()
    assert download.value.path().read_text().startswith('{"header":')


def test_a_site_is_given_to_a_tenant(page: Page) -> None:
    make = """([path, body]) => fetch('/api/v1/' + path, {method: 'POST',
        headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)}).then(a => a.status)"""
    assert page.evaluate(make, ["tenants", {"name": "Acme"}]) == 201
    assert page.evaluate(make, ["sites", {"name": "Hall North"}]) == 201
    page.get_by_test_id("nav-places").click()
    page.get_by_test_id("edit-site").click()
    page.locator("dialog").get_by_label("Belongs to").select_option(label="Acme")
    page.get_by_test_id("save-place").click()
    expect(page.locator("summary")).to_contain_text("Acme")
