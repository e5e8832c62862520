"""Each app talks to its own service alone, keeps to its policy, and has nothing to complain about."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from nearhand.simulation.people import PASSWORD
from tests.browser.conftest import Stage
from tests.support.chromium import sign_in_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 45_000
# The browser itself writes these lines: asking who one is before signing in, and for a camera nobody has measured.
SIGNED_OUT, UNMEASURED = "status of 401", "/api/v1/cameras/"
TELL = """addEventListener("securitypolicyviolation", (event) =>
  tellViolation(`${event.effectiveDirective}: ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));"""


class Listener:
    def __init__(self, page: Page, own_url: str) -> None:
        self.strangers: list[str] = []
        self.complaints: list[str] = []
        self.violations: list[str] = []
        self._own = urlsplit(own_url).netloc
        page.expose_function("tellViolation", lambda told: self.violations.append(told))
        page.add_init_script(TELL)
        page.context.on("request", self._request)  # of its workers too
        page.on("websocket", lambda line: self._address(line.url))
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    @property
    def heard(self) -> dict[str, list[str]]:
        kinds = {"strangers": self.strangers, "complaints": self.complaints, "violations": self.violations}
        return {kind: told for kind, told in kinds.items() if told}

    def _request(self, request: Request) -> None:
        self._address(request.url)

    def _address(self, url: str) -> None:
        address = urlsplit(url)
        if address.scheme not in {"data", "blob"} and address.netloc != self._own:
            self.strangers.append(url)

    def _console(self, message: ConsoleMessage) -> None:
        told = f"{message.text} at {message.location.get('url')}"
        if message.type in {"error", "warning"} and SIGNED_OUT not in told and UNMEASURED not in told:
            self.complaints.append(told)


def test_the_field_app_asks_no_third_party_and_logs_no_error(stage: Stage) -> None:
    page = stage.browser.new_context(permissions=["camera"], locale="en").new_page()
    listener = Listener(page, stage.demo.url)
    sign_in_page(page, f"{stage.demo.url}/field/", "technician", PASSWORD)
    expect(page.get_by_test_id("device")).to_be_visible(timeout=SLOW_MS)
    assert listener.heard == {}


def test_the_operations_console_asks_no_third_party_and_logs_no_error(stage: Stage) -> None:
    page = stage.browser.new_context(locale="en").new_page()
    listener = Listener(page, stage.demo.url)
    sign_in_page(page, f"{stage.demo.url}/console/", "expert", PASSWORD)
    expect(page.locator("input[name=password]")).to_have_count(0, timeout=SLOW_MS)
    rack_id, device_id = stage.truth.view.device.rack_id, stage.truth.view.device.id
    for path in ("devices", "labels", "places", "guides", f"racks/{rack_id}", f"devices/{device_id}"):
        page.goto(f"{stage.demo.url}/console/{path}")
        expect(page.get_by_role("heading", level=1).first).to_be_visible(timeout=SLOW_MS)
        page.wait_for_load_state("networkidle")
    assert listener.heard == {}


def test_what_the_policy_forbids_is_told_by_the_listener(stage: Stage) -> None:
    """Or its silence in the other tests would mean nothing."""
    page = stage.browser.new_context(locale="en").new_page()
    listener = Listener(page, stage.demo.url)
    page.goto(f"{stage.demo.url}/console/")
    page.evaluate(
        """() => { const script = document.createElement("script"); script.textContent = "window.was_run = 1";
        document.body.append(script); document.body.setAttribute("style", "color: red");
        const image = new Image(); image.src = "http://192.0.2.1/x.png"; document.body.append(image); }"""
    )
    page.wait_for_timeout(500)
    assert {violation.partition(":")[0] for violation in listener.violations} == {
        "script-src-elem",
        "style-src-attr",
        "img-src",
    }
    assert page.evaluate("window.was_run") is None
    assert [path for path in ("/console/", "/field/", "/healthz") if is_framed(stage, path)] == []


def is_framed(stage: Stage, path: str) -> bool:
    """Whether a page at another address can show this one within itself."""
    page = stage.browser.new_context().new_page()
    body = f'<iframe src="{stage.demo.url}{path}"></iframe>'
    page.route("http://localhost/**", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto("http://localhost/", wait_until="load")
    page.wait_for_timeout(300)
    return not page.frames[1].url.startswith("chrome-error:")
