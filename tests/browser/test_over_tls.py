"""Over HTTPS: a cookie that only this origin can set, a live line, and a policy that is kept."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from nearhand.simulation.people import PASSWORD
from tests.browser.test_pages_are_quiet import Listener
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 45_000
ASK_FOR_HELP = """async () => (await fetch("/api/v1/sessions", {method: "POST", body: JSON.stringify({subject: "Port 37"}),
  headers: {"Content-Type": "application/json"}})).json()"""


def test_both_apps_work_over_https_with_the_strictest_of_cookies(tmp_path: Path) -> None:
    with DemoProcess(tmp_path / "demo", has_tls=True) as demo, chromium() as browser:
        context = browser.new_context(ignore_https_errors=True, locale="en")
        page = context.new_page()
        listener = Listener(page, demo.url)
        sign_in_page(page, f"{demo.url}/console/", "expert", PASSWORD)
        expect(page.locator("input[name=password]")).to_have_count(0, timeout=SLOW_MS)
        cookie = next(
            cookie for cookie in context.cookies() if cookie["httpOnly"] and "session" in cookie["name"]
        )
        assert cookie["name"] == "__Host-nearhand_session"
        assert (cookie["secure"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
        # Another page of the same person asks for help: this one hears of it by its WebSocket.
        other = context.new_page()
        other.goto(f"{demo.url}/field/")
        session = other.evaluate(ASK_FOR_HELP)["id"]
        page.locator(f"[data-testid=wall-card][data-session-id='{session}']").wait_for(timeout=SLOW_MS)
        assert listener.heard == {}


def test_a_link_from_another_site_leads_in_as_whoever_is_signed_in(tmp_path: Path) -> None:
    """The page comes without the cookie, and asks with it."""
    with DemoProcess(tmp_path / "demo") as demo, chromium() as browser:
        context = browser.new_context(locale="en")
        page = context.new_page()
        sign_in_page(page, f"{demo.url}/console/", "expert", PASSWORD)
        expect(page.locator("input[name=password]")).to_have_count(0, timeout=SLOW_MS)
        body = f'<a href="{demo.url}/console/devices">here</a>'
        page.route(
            "http://elsewhere.example/", lambda route: route.fulfill(body=body, content_type="text/html")
        )
        page.goto("http://elsewhere.example/")
        page.get_by_text("here").click()
        expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=SLOW_MS)
        expect(page.locator("input[name=password]")).to_have_count(0)
