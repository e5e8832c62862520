"""A customer without an account: by a link they see their equipment, say yes, and are out when the link is revoked."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess

SLOW_MS = 45_000
OUT_WITHIN_MS = 3_000  # the service closes within a second; the page has to say so too
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
OPEN = """async () => (await (await fetch("/api/v1/sessions", {
    method: "POST", headers: {"Content-Type": "application/json"}, body: '{"subject": "A fan is loud"}',
})).json()).id"""

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_customer_approves_by_a_link_and_is_out_when_it_is_revoked(tmp_path: Path) -> None:
    with DemoProcess(tmp_path / "demo") as demo, chromium() as browser:
        desk = browser.new_context(viewport=DESK, locale="en").new_page()
        sign_in_page(desk, f"{demo.url}/console/", "expert", PASSWORD)
        expect(desk.get_by_test_id("nav-wall")).to_be_visible(timeout=SLOW_MS)
        desk.goto(f"{demo.url}/console/sessions/{desk.evaluate(OPEN)}")
        link = invited(desk)
        desk.screenshot(path=tmp_path / "invite.png")
        desk.keyboard.press("Escape")
        guest = entered(browser, link)
        expect(guest.get_by_test_id("ask-approval")).to_have_count(0)

        desk.get_by_test_id("ask-approval").click()
        desk.get_by_test_id("approval-what").fill("Pull the left power supply")
        desk.get_by_test_id("approval-send").click()
        expect(desk.get_by_test_id("approval")).to_contain_text("Waiting for the customer", timeout=SLOW_MS)
        expect(desk.get_by_test_id("approve")).to_have_count(0)
        asked = guest.get_by_test_id("approval")
        expect(asked).to_contain_text("Pull the left power supply", timeout=SLOW_MS)
        guest.screenshot(path=tmp_path / "guest.png")
        assert not guest.evaluate(SIDEWAYS)
        guest.get_by_test_id("approval-reason").fill("The other one carries the load")
        guest.get_by_test_id("approve").click()
        expect(asked).to_have_count(0, timeout=SLOW_MS)
        said = desk.locator(".film-approval-given")
        expect(said).to_contain_text("Approved: Pull the left power supply", timeout=SLOW_MS)
        expect(desk.get_by_test_id("approval")).to_have_count(0)

        desk.get_by_test_id("invite").click()
        row = desk.get_by_test_id("links").locator("li")
        expect(row).to_contain_text("opened 1×", timeout=SLOW_MS)
        desk.get_by_test_id("revoke-link").click()
        expect(guest.get_by_text("Your sign-in has ended.")).to_be_visible(timeout=OUT_WITHIN_MS)
        expect(row).to_contain_text("revoked", timeout=SLOW_MS)
        desk.screenshot(path=tmp_path / "revoked.png")
        desk.keyboard.press("Escape")
        desk.get_by_test_id("nav-links").click()
        expect(desk.get_by_test_id("links").locator("li")).to_contain_text("revoked", timeout=SLOW_MS)
        again = browser.new_context(viewport=PHONE, locale="en").new_page()
        again.goto(link)
        again.locator("input[name=name]").fill("A guest")
        again.get_by_test_id("join").click()
        expect(again.get_by_role("alert")).to_contain_text("revoked", timeout=SLOW_MS)


def invited(desk: Page) -> str:
    desk.get_by_test_id("invite").click(timeout=SLOW_MS)
    desk.get_by_label("They may").select_option("approveLink")
    desk.get_by_label("Who is it for?").fill("Example Bank")
    desk.get_by_test_id("make-link").click()
    found = desk.get_by_test_id("invite-link")
    expect(found).to_be_visible(timeout=SLOW_MS)
    return found.input_value()


def entered(browser: Browser, link: str) -> Page:
    guest = browser.new_context(viewport=PHONE, locale="en").new_page()
    guest.goto(link)
    guest.locator("input[name=name]").fill("The customer")
    guest.get_by_test_id("join").click()
    expect(guest.get_by_test_id("guest-pass")).to_contain_text("May approve", timeout=SLOW_MS)
    return guest
