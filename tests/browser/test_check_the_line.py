"""The account page tries every way from this browser, and says in words what will work."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import sign_in_page
from tests.support.demo import DemoProcess
from tests.support.turn import TurnProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]
SLOW_MS = 30_000


def checked(browser: Browser, url: str, *, width: int = 1440, is_dark: bool = False) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, locale="en", color_scheme="dark" if is_dark else "light"
    )
    page = context.new_page()
    sign_in_page(page, f"{url}/console/account", "expert", PASSWORD)
    page.get_by_test_id("check-line").click(timeout=SLOW_MS)
    expect(page.get_by_test_id("line-rungs")).to_be_visible(timeout=SLOW_MS)
    return page


def verdicts(page: Page, list_: str) -> list[str | None]:
    lines = page.get_by_test_id(list_).locator("li").all()
    return [line.get_attribute("data-verdict") for line in lines]


def test_what_is_in_reach_and_what_refuses_is_told_apart(
    browser: Browser, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with TurnProcess(tmp_path / "turn") as turn:
        for name, value in turn.environment.items():
            monkeypatch.setenv(name, value)
        with DemoProcess(tmp_path / "demo") as demo:
            page = checked(browser, demo.url)
            assert verdicts(page, "line-rungs") == ["yes"] * 4
            assert verdicts(page, "line-facts") == ["yes", "yes", "unset", "yes", "yes", "yes", "yes"]
            page.get_by_test_id("line-check").screenshot(path=tmp_path / "good.png")
            narrow = checked(browser, demo.url, width=390, is_dark=True)
            narrow.get_by_test_id("line-check").screenshot(path=tmp_path / "narrow.png")

        monkeypatch.setenv("NEARHAND_TURN_SECRET", "not-what-coturn-knows")
        with DemoProcess(tmp_path / "other") as demo:
            page = checked(browser, demo.url)
            assert verdicts(page, "line-facts")[3:5] == ["refused", "refused"]
            assert verdicts(page, "line-rungs") == ["maybe", "yes", "yes", "maybe"]
            expect(page.get_by_test_id("line-facts")).to_contain_text("it refuses our password")
