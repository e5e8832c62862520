"""A real browser makes passkeys and signs in by them; its authenticator is Chromium's own virtual one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from nearhand.access.means import Policy
from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import build_resources, create_app
from nearhand.kit.settings import Settings
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served

pytestmark = pytest.mark.browser

ASK = """async ([path, body]) => {
  const answer = await fetch("/api/v1/" + path, {
    method: body === null ? "GET" : "POST",
    headers: {"Content-Type": "application/json"},
    body: body === null ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  return {status: answer.status, body: text ? JSON.parse(text) : null};
}"""
CREATE = """async (options) => (await navigator.credentials.create(
  {publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options)})).toJSON()"""
GET = """async (options) => (await navigator.credentials.get(
  {publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options)})).toJSON()"""
KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(tmp_path: Path, browser: Browser) -> Iterator[Page]:
    resources = build_resources(Settings(data_dir=tmp_path), passwords=Passwords(QUICK))
    app = create_app(resources.settings, resources)

    @app.post("/make-expert")
    async def make_expert() -> None:
        new = NewUser(name="expert", display_name="E", grants=everywhere(Role.EXPERT), password=PASSWORD)
        await resources.access.register(new)

    with served(app) as url:
        here = url.replace("127.0.0.1", "localhost")
        resources.access_means.policy = Policy(base_url=here)
        page = browser.new_page()
        page.goto(f"{here}/console/")  # only pages may ask the service anything
        page.evaluate("fetch('/make-expert', {method: 'POST'})")
        tools = page.context.new_cdp_session(page)
        tools.send("WebAuthn.enable")
        tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        yield page


def ask(page: Page, path: str, body: Any = None) -> Any:
    answer = page.evaluate(ASK, [path, body])
    assert answer["status"] < 300, answer
    return answer["body"]


def add_passkey(page: Page) -> Any:
    offer = ask(page, "me/passkeys/options", {})
    credential = page.evaluate(CREATE, offer["options"])
    return ask(page, "me/passkeys", {"ticket": offer["ticket"], "credential": credential, "name": "Laptop"})


def use_passkey(page: Page, body: Any) -> Any:
    offer = ask(page, "sign-in/passkey/options", body)
    credential = page.evaluate(GET, offer["options"])
    return ask(page, "sign-in/passkey", {"ticket": offer["ticket"], "credential": credential})


def test_a_browser_makes_a_passkey_and_signs_in_by_it_alone_and_after_the_password(page: Page) -> None:
    name = {"name": "expert", "password": PASSWORD}
    ask(page, "sign-in", name)
    add_passkey(page)
    for _ in range(2):
        ask(page, "sign-out", {})
        use_passkey(page, {})
        me = ask(page, "me")
        assert (me["name"], me["signed_in_by"], me["factors"]["passkeys"]) == ("expert", "browser", 1)
    ask(page, "sign-out", {})
    step = ask(page, "sign-in", name)
    assert step["needs"] == ["passkey"]
    use_passkey(page, {"ticket": step["ticket"]})
    assert ask(page, "me")["name"] == "expert"


def test_a_browser_makes_no_second_passkey_on_the_same_authenticator(page: Page) -> None:
    ask(page, "sign-in", {"name": "expert", "password": PASSWORD})
    add_passkey(page)
    offer = ask(page, "me/passkeys/options", {})
    refused = page.evaluate(
        "async (o) => navigator.credentials.create({publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(o)})"
        ".then(() => '', (error) => error.name)",
        offer["options"],
    )
    assert refused == "InvalidStateError"
