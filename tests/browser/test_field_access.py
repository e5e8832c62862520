"""A phone is enrolled, asks for its PIN, and says who holds it; signing in takes a second step where there is one."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyotp
import pytest
import qrcode
from playwright.sync_api import Browser, Page, ViewportSize, expect

from nearhand.access.means import Policy
from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import build_resources, create_app
from nearhand.kit.settings import Settings
from tests.browser.test_passkeys import ASK, KEY, add_passkey, ask
from tests.support.chromium import FLAGS, find_chromium, sign_in_page, write_camera
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

PHONE: ViewportSize = {"width": 390, "height": 844}
PIN, WRONG = "135790", "000000"
TARGET_PX = 72
SLOW_MS = 20_000


@pytest.fixture
def stage(tmp_path: Path, browser: Browser) -> Iterator[tuple[str, Browser]]:
    """A service with one technician, and a browser."""
    resources = build_resources(Settings(data_dir=tmp_path), passwords=Passwords(QUICK))
    app = create_app(resources.settings, resources)
    made: list[str] = []

    @app.post("/make-technician")
    async def make_technician() -> None:
        grants = everywhere(Role.TECHNICIAN)
        user = await resources.access.register(
            NewUser(name="technician", display_name="Tech One", grants=grants, password=PASSWORD)
        )
        made.append(user.id)

    @app.post("/look-again")
    async def look_again() -> None:
        for user_id in made:
            resources.access_means.has_changed(user_id)

    with served(app) as url:
        here = url.replace("127.0.0.1", "localhost")
        resources.access_means.policy = Policy(base_url=here, device_idle_limit=timedelta(minutes=15))
        page = browser.new_page()
        page.goto(f"{here}/field/")
        page.evaluate("fetch('/make-technician', {method: 'POST'})")
        page.close()
        yield here, browser


def phone_page(browser: Browser) -> Page:
    context = browser.new_context(locale="en", viewport=PHONE, permissions=["camera"], has_touch=True)
    return context.new_page()


def desk_of(stage: tuple[str, Browser]) -> Page:
    """Another browser of the technician, signed in."""
    url, browser = stage
    page = browser.new_page()
    page.goto(f"{url}/field/")
    ask(page, "sign-in", {"name": "technician", "password": PASSWORD})
    return page


def press(page: Page, pin: str) -> None:
    for digit in pin:
        page.get_by_role("button", name=digit, exact=True).click()


def enrolled(stage: tuple[str, Browser]) -> Page:
    url, browser = stage
    token = ask(desk_of(stage), "enrolments", {"device_name": "Phone 7"})["url"].partition("#")[2]
    page = phone_page(browser)
    page.goto(f"{url}/enrol#{token}")
    expect(page.get_by_text("It becomes Phone 7 and stays signed in as Tech One")).to_be_visible()
    assert token not in page.url
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("heading", name="Choose a PIN")).to_be_visible()
    press(page, PIN)
    expect(page.get_by_role("heading", name="The same PIN again")).to_be_visible()
    press(page, PIN)
    expect(find(page)).to_be_visible(timeout=SLOW_MS)
    assert me(page)["has_pin"] is True
    return page


def find(page: Page) -> Any:
    return page.get_by_role("button", name="Find", exact=True)


def me(page: Page) -> Any:
    return page.evaluate(ASK, ["me", None])["body"]


def locked(page: Page) -> Any:
    return page.get_by_role("dialog", name="Locked")


def who_am_i(page: Page) -> Any:
    find(page).click()
    page.get_by_role("button", name="Tech One").click()
    return page.get_by_role("dialog", name="You on this device")


def test_a_code_of_the_app_is_the_second_step_and_a_wrong_one_is_told(stage: tuple[str, Browser]) -> None:
    url, browser = stage
    desk = desk_of(stage)
    totp = pyotp.TOTP(ask(desk, "me/totp", {})["secret"])
    codes = ask(desk, "me/totp/confirm", {"code": totp.now()})["codes"]
    page = phone_page(browser)
    sign_in_page(page, f"{url}/field/", "technician", PASSWORD)
    page.get_by_label("Code of the authenticator app").fill("000000")  # the last digit sends it
    expect(page.get_by_role("alert").filter(has_text="That code is wrong")).to_be_visible()
    page.get_by_role("button", name="Use a recovery code instead").click()
    page.get_by_label("Recovery code").fill(codes[0])
    page.get_by_role("button", name="Sign in").click()
    expect(find(page)).to_be_visible(timeout=SLOW_MS)


def test_a_passkey_signs_in_alone_and_as_the_second_step(stage: tuple[str, Browser]) -> None:
    url, browser = stage
    page = phone_page(browser)
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    tools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.goto(f"{url}/field/")
    ask(page, "sign-in", {"name": "technician", "password": PASSWORD})
    add_passkey(page)
    ask(page, "sign-out", {})
    page.goto(f"{url}/field/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(find(page)).to_be_visible(timeout=SLOW_MS)
    ask(page, "sign-out", {})
    sign_in_page(page, f"{url}/field/", "technician", PASSWORD)
    page.get_by_role("button", name="Use a passkey").click()
    expect(find(page)).to_be_visible(timeout=SLOW_MS)


def test_an_app_nobody_is_signed_in_to_reads_the_code_itself(
    tmp_path: Path, stage: tuple[str, Browser]
) -> None:
    url, first = stage
    code = qrcode.make(ask(desk_of(stage), "enrolments", {"device_name": "Phone 7"})["url"])
    picture = np.full((720, 1280, 3), 255, np.uint8)
    drawn = np.asarray(code.convert("L").resize((500, 500)))
    picture[100:600, 400:900] = drawn[..., None]
    camera = write_camera(tmp_path / "camera.mjpeg", [picture] * 30)
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"]
    browser = first.browser_type.launch(executable_path=find_chromium(), args=flags)
    with browser:
        page = phone_page(browser)
        page.goto(f"{url}/field/")
        page.get_by_role("button", name="Set up with a code").click()
        expect(page.get_by_text("It becomes Phone 7")).to_be_visible(timeout=SLOW_MS)


def test_a_code_that_was_used_says_so(stage: tuple[str, Browser]) -> None:
    url, browser = stage
    token = ask(desk_of(stage), "enrolments", {"device_name": "Phone 7"})["url"].partition("#")[2]
    page = phone_page(browser)
    page.goto(f"{url}/field/")
    ask(page, "enrolments/use", {"token": token})
    page.goto(f"{url}/enrol#{token}")
    expect(page.get_by_text("was used already, or has expired")).to_be_visible()
    page.get_by_role("button", name="To the app").click()
    expect(find(page)).to_be_visible(timeout=SLOW_MS)


def test_an_enrolled_phone_says_who_holds_it_and_changes_its_pin(stage: tuple[str, Browser]) -> None:
    page = enrolled(stage)
    panel = who_am_i(page)
    for words in ("Tech One", "Phone 7", "technician everywhere"):
        expect(panel).to_contain_text(words)
    panel.get_by_role("button", name="Change the PIN").click()
    press(page, WRONG)
    press(page, WRONG)
    expect(panel.get_by_role("button", name="Change the PIN")).to_be_visible()
    panel.get_by_role("button", name="Lock now").click()
    press(page, WRONG)
    expect(locked(page)).not_to_be_attached()


def test_a_phone_left_alone_asks_for_its_pin_also_after_a_reload_and_without_a_line(
    stage: tuple[str, Browser],
) -> None:
    page = enrolled(stage)
    page.clock.install()
    page.reload()
    expect(find(page)).to_be_visible(timeout=SLOW_MS)
    page.clock.fast_forward("16:00")
    expect(locked(page)).to_be_visible()
    for key in locked(page).get_by_role("button", name="0", exact=True).all():
        box = key.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= TARGET_PX
    behind = find(page).evaluate("one => (one.focus(), document.activeElement === one)")
    assert not behind, "what is behind is out of reach"

    page.reload()
    expect(locked(page)).to_be_visible(timeout=SLOW_MS)
    page.context.set_offline(True)
    press(page, PIN)
    expect(locked(page)).to_contain_text("stays locked until there is one")
    page.context.set_offline(False)
    press(page, WRONG)
    expect(page.get_by_test_id("tries-left")).to_have_text("4 tries left")
    press(page, PIN)
    expect(locked(page)).not_to_be_attached()
    assert me(page)["is_locked"] is False


def test_over_a_running_session_the_lock_leaves_a_stop_to_give_and_to_see(
    stage: tuple[str, Browser],
) -> None:
    url, _ = stage
    page = enrolled(stage)
    session = ask(page, "sessions", {"subject": "Port 37"})["id"]
    page.goto(f"{url}/field/session/{session}")
    link = page.get_by_test_id("link")
    expect(link).to_have_attribute("data-link", "open", timeout=SLOW_MS)
    page.get_by_role("button", name="Find", exact=True).click()
    page.get_by_role("button", name="Tech One").click()
    page.get_by_role("button", name="Lock now").click()
    locked(page).get_by_role("button", name="STOP").click()
    expect(link).to_have_attribute("data-unsaved", "0")
    press(page, PIN)
    expect(locked(page)).not_to_be_attached()
    said = ask(page, f"sessions/{session}/events")
    assert "signal.given" in [one["type"] for one in said]
    with page.expect_websocket():  # the PIN renewed the cookie: the line comes back on the new one
        page.evaluate("fetch('/look-again', {method: 'POST'})")
    expect(link).to_have_attribute("data-link", "open")
    expect(find(page)).to_be_visible()


def test_signing_an_enrolled_phone_out_is_asked_twice(stage: tuple[str, Browser]) -> None:
    page = enrolled(stage)
    who_am_i(page).get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("has to be set up again")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("input[name=password]")).to_be_visible()


def test_after_five_wrong_pins_name_and_password_are_wanted(stage: tuple[str, Browser]) -> None:
    page = enrolled(stage)
    who_am_i(page).get_by_role("button", name="Lock now").click()
    for left in ("4 tries", "3 tries", "2 tries", "Last try"):
        press(page, WRONG)
        expect(page.get_by_test_id("tries-left")).to_contain_text(left)
    press(page, WRONG)
    expect(page.locator("input[name=password]")).to_be_visible()
    assert page.evaluate(ASK, ["me", None])["status"] == 401
