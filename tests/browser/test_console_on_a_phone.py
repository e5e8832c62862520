"""The console at the width of a phone: every page is reached with the thumb, and none scrolls sideways."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SLOW_MS = 45_000
PHONE: ViewportSize = {"width": 390, "height": 844}
IN_THE_BAR = ("wall", "devices", "places")
UNDER_MORE = ("guides", "labels", "import", "people", "tenants", "audit", "account")
SIDEWAYS = """() => [document.documentElement, ...document.querySelectorAll(".rail, .rail *, .table-wrap")]
    .filter((part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0)
    .map((part) => `${part.tagName}.${part.className} ${part.scrollWidth} > ${part.clientWidth}`)"""


def test_every_page_is_reached_and_none_scrolls_sideways(tmp_path: Path) -> None:
    with DemoProcess(tmp_path / "demo") as demo, chromium() as browser:
        for language in ("en", "zh-TW", "zh-CN"):
            context = browser.new_context(viewport=PHONE, locale=language, has_touch=True)
            walk(context.new_page(), f"{demo.url}/console/")
            context.close()


def walk(page: Page, url: str) -> None:
    sign_in_page(page, url, "admin", PASSWORD)
    for place in IN_THE_BAR:
        page.get_by_test_id(f"nav-{place}").click(timeout=SLOW_MS)
        settled(page)
        expect(page.get_by_test_id(f"nav-{place}")).to_have_attribute("aria-current", "page")
    for place in UNDER_MORE:
        page.get_by_test_id("nav-more").click()
        page.get_by_test_id(f"more-{place}").click()
        settled(page)
        expect(page.get_by_test_id("nav-more")).to_have_attribute("data-current", "true")
    page.get_by_test_id("nav-search").click()
    expect(page.get_by_test_id("palette")).to_be_focused()
    page.keyboard.press("Escape")
    page.get_by_test_id("nav-more").click()
    page.get_by_test_id("more-sign-out").click()
    expect(page.locator("input[name=password]")).to_be_visible(timeout=SLOW_MS)


def settled(page: Page) -> None:
    expect(page.locator("dialog")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=SLOW_MS)
    expect(page.locator(".ui-skeleton")).to_have_count(0, timeout=SLOW_MS)
    assert page.evaluate(SIDEWAYS) == []
