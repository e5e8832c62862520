"""An expert shares a tab of their browser: the phone shows it, follows what changes on it, and it goes away with it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import CHOOSES_TAB, chromium, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.trays import DESK, PHONE, SLOW_MS, asked_for_help, trays_film

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

TITLE = "Log of the switch"
LANDSCAPE: ViewportSize = {"width": PHONE["height"], "height": PHONE["width"]}
NEW_WITHIN_S = 5.0


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trays_film(tmp_path_factory.mktemp("camera"))


@pytest.fixture
def served(tmp_path: Path, camera: Path) -> Iterator[tuple[str, Browser]]:
    with DemoProcess(tmp_path / "demo") as demo, chromium(camera, f"{CHOOSES_TAB}{TITLE}") as browser:
        yield demo.url, browser


def page_of(served: tuple[str, Browser], app: str, name: str, session: str = "") -> Page:
    url, browser = served
    is_field = app == "field"
    context = browser.new_context(
        viewport=PHONE if is_field else DESK, permissions=["camera", "microphone"], locale="en"
    )
    page = context.new_page()
    sign_in_page(page, f"{url}/{app}/", name, PASSWORD)
    if session:
        page.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=SLOW_MS)
    return page


def the_log(served: tuple[str, Browser]) -> Page:
    """What the expert has open beside the desk."""
    page = served[1].new_context(viewport={"width": 1280, "height": 720}).new_page()
    page.set_content(f"<title>{TITLE}</title><body style='margin:40px;font:32px monospace'>")
    says(page, "red", "link 37 down")
    return page


def says(log: Page, colour: str, line: str) -> None:
    log.evaluate(
        "([colour, line]) => { document.body.style.background = colour; document.body.append(line, '\\n'); }",
        [colour, line],
    )


def share(desk: Page) -> None:
    desk.get_by_test_id("show").click()
    desk.get_by_test_id("share-screen").click()
    expect(desk.get_by_test_id("sharing-mine")).to_be_visible(timeout=SLOW_MS)


IS_COLOUR = """([testid, colour]) => {
    const image = document.querySelector(`[data-testid=${testid}]`);
    if (!image?.complete || !image.naturalWidth) return false;
    const pen = new OffscreenCanvas(1, 1).getContext("2d");
    pen.drawImage(image, 4, 4, 1, 1, 0, 0, 1, 1);
    const [red, , blue] = pen.getImageData(0, 0, 1, 1).data;
    return colour === "red" ? red > 180 && blue < 80 : blue > 180 && red < 80;
}"""


def shows(page: Page, colour: str, testid: str = "shown-image") -> float:
    """Seconds until it is there."""
    began = time.monotonic()
    page.wait_for_function(IS_COLOUR, arg=[testid, colour], timeout=SLOW_MS)
    return time.monotonic() - began


def test_the_phone_follows_what_changes_on_the_screen_until_it_is_stopped(
    served: tuple[str, Browser], tmp_path: Path
) -> None:
    """L33."""
    log = the_log(served)
    field = page_of(served, "field", "technician")
    session = asked_for_help(field)
    desk = page_of(served, "console", "expert", session)
    share(desk)
    shown = field.get_by_test_id("shown")
    expect(shown).to_contain_text("is sharing a screen", timeout=SLOW_MS)
    shows(field, "red")
    desk.screenshot(path=tmp_path / "desk-shares.png")
    field.screenshot(path=tmp_path / "phone-red.png")

    waited_s = []
    for colour in ("blue", "red", "blue"):
        says(log, colour, f"now {colour}")
        waited_s.append(shows(field, colour))
    print(f"changed on the screen to seen on the phone: {', '.join(f'{s:.1f} s' for s in waited_s)}")  # noqa: T201 - a result
    assert sorted(waited_s)[1] < NEW_WITHIN_S
    field.set_viewport_size(LANDSCAPE)
    field.screenshot(path=tmp_path / "phone-landscape.png")
    field.set_viewport_size(PHONE)

    # Put away, nothing of it is fetched; opened again, it is as it is now.
    close = shown.get_by_role("button", name="Close")
    box = close.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= 56
    close.click()
    expect(shown).to_have_count(0)
    fetched: list[str] = []
    field.on("request", lambda request: fetched.append(request.url))
    says(log, "red", "while it is away")
    observer = page_of(served, "console", "observer", session)
    expect(observer.get_by_test_id("sharing-other")).to_contain_text("is sharing a screen", timeout=SLOW_MS)
    observer.get_by_test_id("look-at-screen").click()
    shows(observer, "red", "others-screen")
    observer.screenshot(path=tmp_path / "observer.png")
    assert not [url for url in fetched if url.endswith("/screen")]
    field.screenshot(path=tmp_path / "phone-put-away.png")
    field.get_by_test_id("shown-open").click()
    shows(field, "red")

    desk.get_by_test_id("stop-sharing").click()
    expect(shown).to_have_count(0, timeout=SLOW_MS)
    expect(desk.get_by_test_id("sharing-mine")).to_have_count(0)
    expect(observer.get_by_test_id("others-screen")).to_have_count(0, timeout=SLOW_MS)


def test_it_goes_when_another_shows_something_when_the_browser_ends_it_and_when_the_expert_leaves(
    served: tuple[str, Browser], tmp_path: Path
) -> None:
    """L33."""
    log = the_log(served)
    field = page_of(served, "field", "technician")
    session = asked_for_help(field)
    desk = page_of(served, "console", "expert", session)
    share(desk)
    shows(field, "red")

    # Another expert's screen takes its place, and this one is not taken any more.
    other = page_of(served, "console", "admin", session)
    share(other)
    expect(desk.get_by_test_id("sharing-mine")).to_have_count(0, timeout=SLOW_MS)
    expect(desk.get_by_test_id("sharing-other")).to_be_visible()
    expect(desk.get_by_text("shows something else now")).to_be_visible()
    desk.screenshot(path=tmp_path / "taken-over.png")
    shows(field, "red")

    # A page that is loaded anew shares nothing: it says so at once.
    other.reload()
    expect(field.get_by_test_id("shown")).to_have_count(0, timeout=SLOW_MS)
    expect(desk.get_by_test_id("sharing-other")).to_have_count(0, timeout=SLOW_MS)

    # Whoever goes on to another page does not go on sharing.
    share(desk)
    expect(field.get_by_test_id("shown")).to_have_count(1, timeout=SLOW_MS)
    desk.go_back()
    expect(field.get_by_test_id("shown")).to_have_count(0, timeout=SLOW_MS)

    # The browser's own button: here the tab that is shared is closed.
    share(other)
    shows(field, "red")
    log.close()
    expect(field.get_by_test_id("shown")).to_have_count(0, timeout=SLOW_MS)
    expect(other.get_by_test_id("sharing-mine")).to_have_count(0)
