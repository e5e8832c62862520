"""Each app talks to its own service alone, and has nothing to complain about."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from nearhand.simulation.people import PASSWORD
from tests.browser.conftest import Stage
from tests.support.chromium import sign_in_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 45_000
SIGNED_OUT = "status of 401"  # asking who one is before signing in: the browser itself writes this line


class Listener:
    def __init__(self, page: Page, own_url: str) -> None:
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        self._own = urlsplit(own_url).netloc
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in {"data", "blob"} and address.netloc != self._own:
            self.strangers.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and SIGNED_OUT not in message.text:
            self.complaints.append(f"{message.text} at {message.location.get('url')}")


def test_the_field_app_asks_no_third_party_and_logs_no_error(stage: Stage) -> None:
    page = stage.browser.new_context(permissions=["camera"], locale="en").new_page()
    heard = Listener(page, stage.demo.url)
    sign_in_page(page, f"{stage.demo.url}/field/", "technician", PASSWORD)
    expect(page.get_by_test_id("device")).to_be_visible(timeout=SLOW_MS)
    assert (heard.strangers, heard.complaints) == ([], [])


def test_the_operations_console_asks_no_third_party_and_logs_no_error(stage: Stage) -> None:
    page = stage.browser.new_context(locale="en").new_page()
    heard = Listener(page, stage.demo.url)
    sign_in_page(page, f"{stage.demo.url}/console/", "expert", PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=SLOW_MS)
    for path in ("devices", "labels", "places"):
        page.goto(f"{stage.demo.url}/console/{path}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=SLOW_MS)
    assert (heard.strangers, heard.complaints) == ([], [])
