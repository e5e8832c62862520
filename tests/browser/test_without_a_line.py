"""What is said, asked and ended while the service cannot be reached: none of it is lost, and nobody stays signed in."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, ViewportSize, expect

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SLOW_MS = 45_000
PHONE: ViewportSize = {"width": 390, "height": 844}
WORDS = "Said while the service was gone."


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[DemoProcess]:
    with DemoProcess(tmp_path / "demo") as demo:
        yield demo


@pytest.fixture
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


def test_words_of_a_desk_that_was_closed_meanwhile_go_out_once_at_the_next_start(
    demo: DemoProcess, browser: Browser
) -> None:
    context = browser.new_context(locale="en")
    desk = signed_in_console(context, demo)
    session = open_session(desk)
    desk.goto(f"{demo.url}/console/sessions/{session}")
    expect(desk.get_by_test_id("desk")).to_have_attribute("data-link", "open", timeout=SLOW_MS)
    desk.get_by_test_id("tab-chat").click()

    demo.kill()
    desk.get_by_test_id("chat-input").fill(WORDS)
    desk.get_by_test_id("chat-input").press("Enter")
    unsent = desk.get_by_test_id("chat-unsaved")
    expect(unsent).to_contain_text("not sent yet", timeout=SLOW_MS)
    expect(unsent).to_contain_text(WORDS)
    expect(desk.get_by_test_id("chat-try-now")).to_be_visible(timeout=SLOW_MS)
    desk.close()

    demo.start()
    tabs = [context.new_page(), context.new_page()]
    for tab in tabs:  # neither opens the session
        tab.goto(f"{demo.url}/console/devices", wait_until="commit")
    expect(tabs[0].get_by_role("heading", level=1)).to_be_visible(timeout=SLOW_MS)
    wait_until_said(tabs[0], session)
    tabs[1].goto(f"{demo.url}/console/sessions/{session}")
    expect(tabs[1].get_by_test_id("saved")).to_have_attribute("data-pending", "0", timeout=SLOW_MS)
    assert said(tabs[0], session) == [WORDS]


def test_signing_out_of_the_field_app_signs_the_console_out_too(demo: DemoProcess, browser: Browser) -> None:
    context = browser.new_context(locale="en", permissions=["camera"])
    console = signed_in_console(context, demo, "technician")
    field = context.new_page()
    field.goto(f"{demo.url}/field/")
    field.get_by_role("button", name="Find").click(timeout=SLOW_MS)
    field.locator(".find-who button").click()
    sign_out = field.get_by_role("button", name="Sign out")
    expect(sign_out).to_be_visible(timeout=SLOW_MS)

    demo.kill()
    sign_out.click()
    for page in (field, console):
        expect(page.locator("input[name=password]")).to_be_visible(timeout=SLOW_MS)

    demo.start()
    console.goto(f"{demo.url}/console/devices")
    expect(console.locator("input[name=password]")).to_be_visible(timeout=SLOW_MS)
    # The page asks for the name at once; the sign-out goes out meanwhile.
    console.wait_for_function(
        "async () => (await fetch('/api/v1/me')).status === 401", polling=250, timeout=SLOW_MS
    )


def test_a_call_for_help_says_why_it_waits_and_goes_out_by_itself(
    demo: DemoProcess, browser: Browser
) -> None:
    # Answered by the test, and so by no service worker: whether one has taken over already is a matter of time.
    context = browser.new_context(
        viewport=PHONE, locale="en", permissions=["camera"], service_workers="block"
    )
    field = context.new_page()
    sign_in_page(field, f"{demo.url}/field/", "technician", PASSWORD)
    answers, keys = [429], set[str | None]()

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        keys.add(route.request.headers.get("idempotency-key"))
        if not answers:
            return route.fallback()
        status = answers[0]  # the same until it was seen on the screen
        if status == 409:
            answers.clear()
        problem = {"code": "being_answered" if status == 409 else "busy"}
        return route.fulfill(status=status, json=problem, content_type="application/problem+json")

    field.route("**/api/v1/sessions", answer)
    field.get_by_role("button", name="Help").click(timeout=SLOW_MS)
    field.locator("form.ask button").click()
    for sentence, then in (("The service is busy", 503), ("The service is in trouble", 409)):
        expect(field.get_by_text(sentence)).to_be_visible(timeout=SLOW_MS)
        answers[:] = [then]
    field.wait_for_url(re.compile(r"/field/session/"), timeout=SLOW_MS)
    assert len(keys) == 1


def test_parts_of_the_app_that_did_not_come_say_so_and_come_when_asked_again(
    demo: DemoProcess, browser: Browser
) -> None:
    # Without the service worker, which keeps all parts as soon as it is installed.
    context = browser.new_context(
        viewport=PHONE, locale="en", permissions=["camera"], service_workers="block"
    )
    field = context.new_page()
    parts = re.compile(r"/field/assets/(pages|live)-.*\.js")
    field.route(parts, lambda route: route.abort())
    sign_in_page(field, f"{demo.url}/field/", "technician", PASSWORD)
    field.get_by_role("button", name="Find").click(timeout=SLOW_MS)
    finder = field.get_by_role("dialog", name="Find a device")
    expect(finder.get_by_role("alert")).to_contain_text("could not be loaded", timeout=SLOW_MS)
    session = open_session(field)
    again = field.get_by_role("status").get_by_role("button", name="Try again")
    field.goto(f"{demo.url}/field/session/{session}")
    expect(field.get_by_text("The session could not be opened")).to_be_visible(timeout=SLOW_MS)

    field.unroute(parts)
    again.click()
    expect(field.get_by_test_id("link")).to_have_attribute("data-link", "open", timeout=SLOW_MS)
    field.get_by_role("button", name="Talk").click()
    expect(field.get_by_text("Nothing said yet.")).to_be_visible(timeout=SLOW_MS)


def test_a_part_never_opened_before_is_there_without_a_line(demo: DemoProcess, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE, locale="en", permissions=["camera"])
    field = context.new_page()
    sign_in_page(field, f"{demo.url}/field/", "technician", PASSWORD)
    field.get_by_role("button", name="Find").wait_for(timeout=SLOW_MS)
    field.evaluate("navigator.serviceWorker.ready")
    field.reload()  # who is signed in has surely been remembered once the page shows it again
    field.get_by_role("button", name="Find").wait_for(timeout=SLOW_MS)
    context.set_offline(True)
    field.reload()
    field.get_by_role("button", name="Find").click(timeout=SLOW_MS)
    expect(field.get_by_label("Asset tag")).to_be_visible(timeout=SLOW_MS)


# -- what each does ---------------------------------------------------------------------------------------------


def signed_in_console(context: BrowserContext, demo: DemoProcess, name: str = "expert") -> Page:
    page = context.new_page()
    sign_in_page(page, f"{demo.url}/console/", name, PASSWORD)
    expect(page.get_by_role("heading", level=1)).to_have_text("Wall", timeout=SLOW_MS)
    return page


def open_session(page: Page) -> str:
    """The id of a session that this person opened."""
    opened: dict[str, Any] = page.evaluate(
        """async () => (await fetch("/api/v1/sessions", {
            method: "POST", body: JSON.stringify({ subject: "Smoke" }), headers: { "Content-Type": "application/json" },
        })).json()"""
    )
    return str(opened["id"])


def wait_until_said(page: Page, session: str) -> None:
    found = page.evaluate(
        """async ([path, patience]) => {
            for (const until = Date.now() + patience; Date.now() < until; await new Promise((go) => setTimeout(go, 250)))
                if ((await (await fetch(path)).text()).includes("chat.said")) return true;
            return false;
        }""",
        [f"/api/v1/sessions/{session}/events", SLOW_MS],
    )
    assert found, "nothing was sent until the session was opened again"


def said(page: Page, session: str) -> list[str]:
    events = page.evaluate("async path => (await fetch(path)).json()", f"/api/v1/sessions/{session}/events")
    return [event["text"] for event in events if event["type"] == "chat.said"]
