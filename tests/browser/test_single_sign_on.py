"""A real browser signs in at a real provider of another site, and comes back to both apps; and is signed out from there."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr

from nearhand.access.passwords import Passwords
from nearhand.app import build_resources, create_app
from nearhand.kit.settings import Settings
from tests.support.people import QUICK
from tests.support.process import free_port
from tests.support.provider import CLIENT_ID, SECRET, RunningProvider, running_provider
from tests.support.server import served

pytestmark = pytest.mark.browser


@dataclass
class House:
    url: str
    provider: RunningProvider
    context: BrowserContext


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, RunningProvider]]:
    """The service is `localhost` and the provider `127.0.0.1`: to a browser, two sites."""
    port, folder = free_port(), tmp_path_factory.mktemp("single-sign-on")
    url = f"http://localhost:{port}"
    with running_provider(folder, url) as provider:
        settings = Settings(
            data_dir=folder,
            base_url=url,
            password_tries_per_minute=1000,
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=SecretStr(SECRET),
            oidc_name="House",
            oidc_grants=({"group": "dc-admins", "role": "admin"},),
        )
        app = create_app(settings, build_resources(settings, passwords=Passwords(QUICK)))
        with served(app, port=port):
            yield url, provider


@pytest.fixture
def house(running: tuple[str, RunningProvider], browser: Browser) -> House:
    return House(*running, browser.new_context(viewport={"width": 1440, "height": 900}))


def sign_in_there(page: Page, login: str) -> None:
    page.get_by_label("Who").fill(login)
    page.get_by_role("button", name="In").click()


def test_in_and_out_of_the_console(house: House) -> None:
    house.provider.know("ada", groups=["dc-admins"])
    page = house.context.new_page()
    page.goto(f"{house.url}/console/devices?q=switch")
    page.get_by_test_id("sign-in-provider").click()
    page.wait_for_url(f"{house.provider.issuer}/**")
    sign_in_there(page, "ada")
    page.wait_for_url(f"{house.url}/console/devices?q=switch")
    expect(page.get_by_role("heading", name="Devices")).to_be_visible()
    cookies = {one["name"]: one for one in house.context.cookies(house.url)}
    assert cookies["nearhand_session"]["sameSite"] == "Strict"
    assert "nearhand_provider" not in cookies
    page.go_back()  # nothing of the answer is left in the history
    assert "code=" not in page.url

    page.goto(f"{house.url}/console/account")
    expect(page.get_by_text("The single sign-on lets this account in")).to_be_visible()
    page.get_by_role("button", name="Sign out").first.click()
    page.get_by_test_id("leave-provider").click()
    page.wait_for_url(f"{house.provider.issuer}/**")
    page.get_by_role("button", name="Yes").click()
    page.wait_for_url(f"{house.url}/console/**")
    page.get_by_test_id("sign-in-provider").click()
    expect(page.get_by_label("Who")).to_be_visible()  # nobody is signed in there any more


def test_into_the_field_app(house: House) -> None:
    house.provider.know("bea", groups=["dc-admins"])
    page = house.context.new_page()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{house.url}/field/?camera=demo")
    page.get_by_role("button", name="Sign in with House").click()
    sign_in_there(page, "bea")
    page.wait_for_url(f"{house.url}/field/?camera=demo")
    expect(page.get_by_role("button", name="Sign in with House")).to_be_hidden()
    me = page.evaluate("fetch('/api/v1/me').then((answer) => answer.json())")
    assert me["name"] == "bea"


def test_who_is_in_no_group_is_told_so(house: House) -> None:
    house.provider.know("cai", groups=["choir"])
    page = house.context.new_page()
    for start, said in (("console", "You are in no group"), ("field", "You are in no group")):
        page.goto(f"{house.url}/{start}/")
        page.get_by_role("button", name="Sign in with House").click()
        if page.get_by_label("Who").is_visible() or start == "console":
            sign_in_there(page, "cai")
        expect(page.get_by_text(said)).to_be_visible()


def test_a_sign_out_there_is_one_here(house: House) -> None:
    """By the provider's own word to the service, while the console is open in another page."""
    house.provider.know("dan", groups=["dc-admins"])
    page = house.context.new_page()
    page.goto(f"{house.url}/console/")
    page.get_by_test_id("sign-in-provider").click()
    sign_in_there(page, "dan")
    page.wait_for_url(f"{house.url}/console/")
    there = house.context.new_page()
    there.goto(f"{house.provider.issuer}/session/end")
    there.get_by_role("button", name="Yes").click()
    there.wait_for_load_state()
    expect(there.get_by_text("Sign-out Success")).to_be_visible()
    page.reload()
    expect(page.get_by_test_id("sign-in-provider")).to_be_visible()
