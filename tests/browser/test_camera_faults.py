"""A camera that is refused or taken away, and a page that goes to the background: said in words, and over when it is over."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.badly_linked import say
from tests.support.chromium import chromium
from tests.support.demo import DemoProcess
from tests.support.identity import RELAY_ONLY
from tests.support.trays import SLOW_MS, Bare, desk, phone, trays_film

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]
# Refused until the test says otherwise; the microphone is not asked about.
REFUSED = """
window.refused = "NotAllowedError";
const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (wanted) =>
    window.refused && wanted.video ? Promise.reject(new DOMException("no", window.refused)) : given(wanted);
"""
HIDDEN = """isHidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
    Object.defineProperty(document, "visibilityState", { configurable: true, get: () => (isHidden ? "hidden" : "visible") });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
# As when another app takes the camera: the browser ends the track.
TAKEN = """() => {
    window.refused = "NotReadableError";
    const [track] = document.querySelector("video.camera").srcObject.getVideoTracks();
    track.stop();
    track.dispatchEvent(new Event("ended"));
}"""
WORDS = "Can you hear me without a camera?"


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    folder: Path = tmp_path_factory.mktemp("camera-faults")
    with DemoProcess(folder / "demo") as demo, chromium(trays_film(folder)) as browser:
        yield Bare(demo.url, browser)


def goes_on(expert: Page) -> None:
    """Pictures come, one after the other."""
    picture = expert.get_by_test_id("desk-picture")
    first = picture.get_attribute("data-frame-id", timeout=SLOW_MS)
    assert first is not None
    expect(picture).not_to_have_attribute("data-frame-id", first, timeout=SLOW_MS)


def talks(field: Page, expert: Page) -> None:
    say(expert, WORDS)
    expect(field.locator(".captions")).to_contain_text(WORDS, timeout=SLOW_MS)


def test_without_leave_to_film_the_session_goes_on_in_words_until_it_is_given(
    bare: Bare, tmp_path: Path
) -> None:
    field, session = phone(bare, script=RELAY_ONLY + REFUSED)
    expert = desk(bare, session, script=RELAY_ONLY)
    refused = field.get_by_test_id("no-camera")
    expect(refused).to_contain_text("camera", ignore_case=True, timeout=SLOW_MS)
    expect(expert.get_by_test_id("desk")).to_have_attribute("data-link", "open", timeout=SLOW_MS)
    talks(field, expert)
    field.screenshot(path=tmp_path / "refused.png")
    field.evaluate("window.refused = null")
    refused.get_by_role("button", name="Try again").click()
    goes_on(expert)


def test_a_camera_that_another_app_takes_is_said_and_is_back_after_a_tap(bare: Bare, tmp_path: Path) -> None:
    field, session = phone(bare, script=RELAY_ONLY + REFUSED.replace('"NotAllowedError"', "null"))
    expert = desk(bare, session, script=RELAY_ONLY)
    goes_on(expert)
    field.evaluate(TAKEN)
    taken = field.get_by_test_id("no-camera")
    expect(taken).to_be_visible(timeout=SLOW_MS)
    talks(field, expert)
    field.screenshot(path=tmp_path / "taken.png")
    taken.get_by_role("button", name="Try again").click()
    expect(taken).to_be_visible()  # it still has it
    field.evaluate("window.refused = null")
    taken.get_by_role("button", name="Try again").click()
    expect(taken).to_have_count(0, timeout=SLOW_MS)
    goes_on(expert)


@pytest.mark.parametrize("script", ["", RELAY_ONLY], ids=["direct", "line"])
def test_a_page_in_the_background_sends_nothing_and_goes_on_when_it_is_seen_again(
    bare: Bare, script: str
) -> None:
    field, session = phone(bare, script=script)
    expert = desk(bare, session, script=script)
    picture = expert.get_by_test_id("desk-picture")
    expect(picture).to_have_attribute("data-is-live", "true", timeout=SLOW_MS)
    field.evaluate(HIDDEN, True)
    expect(picture).to_have_attribute("data-is-live", "false", timeout=SLOW_MS)
    talks(field, expert)
    field.evaluate(HIDDEN, False)
    expect(picture).to_have_attribute("data-is-live", "true", timeout=SLOW_MS)
    goes_on(expert)
