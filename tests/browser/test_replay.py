"""A session is recorded with everybody's consent, seen again from its log, and taken along as a package."""

import io
import json
import re
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nearhand.simulation.people import PASSWORD
from tests.browser.test_mark_on_a_still import LEAST_TOUCH_PX, SIDEWAYS, drawn
from tests.support.chromium import sign_in_page
from tests.support.film import taken_apart
from tests.support.trays import DESK, PHONE, SLOW_MS, Bare, asked_for_help

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]

CHUNKS = 4
ENOUGH_S = 60.0
# How far the video may stand from where the log says, paused.
OFF_S = 0.1


def test_a_session_is_recorded_by_consent_replayed_to_the_mark_and_taken_along(
    bare: Bare, tmp_path: Path
) -> None:
    phone = bare.browser.new_context(viewport=PHONE, permissions=["camera", "microphone"], locale="en")
    field = phone.new_page()
    sign_in_page(field, f"{bare.url}/field/", "technician", PASSWORD)
    session = asked_for_help(field)
    desk = bare.browser.new_context(viewport=DESK, locale="en").new_page()
    sign_in_page(desk, f"{bare.url}/console/", "expert", PASSWORD)
    desk.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=SLOW_MS)
    picture = desk.get_by_test_id("desk-picture")
    expect(picture).to_have_attribute("data-has-sighting", "false", timeout=SLOW_MS)

    # Whoever asked is told who does not want it.
    desk.get_by_test_id("record-session").click()
    field.get_by_test_id("recording-refuse").click(timeout=SLOW_MS)
    expect(desk.locator(".ui-toasts")).to_contain_text("does not agree to be recorded", timeout=SLOW_MS)

    # Nothing is recorded before the technician has agreed; then both screens say that it is.
    desk.get_by_test_id("record-session").click()
    expect(desk.get_by_test_id("recording")).to_have_attribute("data-state", "asked", timeout=SLOW_MS)
    question = field.get_by_test_id("recording")
    expect(question).to_contain_text("wants to record", timeout=SLOW_MS)
    agree = field.get_by_test_id("recording-agree")
    box = agree.bounding_box()
    assert box is not None
    assert box["height"] >= LEAST_TOUCH_PX
    assert not field.evaluate(SIDEWAYS)
    field.screenshot(path=tmp_path / "field-question.png")
    assert files(desk, session) == []
    agree.click()
    for page in (field, desk):
        expect(page.get_by_test_id("recording")).to_have_attribute("data-state", "running", timeout=SLOW_MS)
    field.screenshot(path=tmp_path / "field-recording.png")
    desk.screenshot(path=tmp_path / "desk-recording.png")

    # Whoever comes late is asked first, and nothing is recorded until they have answered.
    late = bare.browser.new_context(viewport=DESK, locale="en").new_page()
    sign_in_page(late, f"{bare.url}/console/", "observer", PASSWORD)
    late.wait_for_selector(".shell")
    late.goto(f"{bare.url}/console/sessions/{session}")
    expect(late.get_by_test_id("recording")).to_have_attribute("data-state", "paused", timeout=SLOW_MS)
    expect(desk.get_by_test_id("recording")).to_contain_text("Waiting for", timeout=SLOW_MS)
    late.get_by_test_id("recording-agree").click()
    expect(desk.get_by_test_id("recording")).to_have_attribute("data-state", "running", timeout=SLOW_MS)

    # The service's disk is full: the desk says so, marks land all the same, and the pieces come when there is room.
    sign = desk.get_by_test_id("recording")
    full = {
        "status": 503,
        "title": "There is no room left",
        "code": "storage_full",
        "detail": "Nothing was kept",
    }
    desk.route(
        "**/chunks/*",
        lambda route: route.fulfill(
            status=503, content_type="application/problem+json", body=json.dumps(full)
        ),
    )
    expect(sign).to_contain_text("no room left", timeout=SLOW_MS)
    desk.screenshot(path=tmp_path / "desk-full.png")
    frame = drawn(desk, picture, "tool-ring")
    expect(desk.get_by_test_id("saved")).to_have_attribute("data-pending", "0", timeout=SLOW_MS)
    expect(field.get_by_test_id("on-stills")).to_be_visible(timeout=SLOW_MS)
    desk.unroute("**/chunks/*")
    expect(sign).not_to_contain_text("no room left", timeout=SLOW_MS)
    pieces_come(desk, session)
    field.get_by_test_id("recording-end").click()  # anybody may
    expect(desk.get_by_test_id("recording")).to_have_count(0, timeout=SLOW_MS)
    desk.get_by_test_id("end-session").click()
    desk.get_by_role("dialog").get_by_role("button", name="End").click()
    desk.get_by_test_id("replay-session").click(timeout=SLOW_MS)

    # To the mark, by the keyboard: the still it was drawn on, the ring on it, and the video where the log says.
    replay = desk.get_by_test_id("replay")
    expect(replay).to_be_visible(timeout=SLOW_MS)
    desk.keyboard.press("Home")
    expect(desk.get_by_test_id("replay-marks")).to_have_text("0")
    desk.keyboard.press("]")
    shown = desk.get_by_test_id("replay-picture")
    expect(shown.locator("[data-shape=ring]")).to_be_visible(timeout=SLOW_MS)
    expect(shown).to_have_attribute("data-frame-id", frame)
    expect(desk.get_by_test_id("replay-marks")).to_have_text("1")
    video = desk.get_by_test_id("footage")
    expect(video).to_be_visible(timeout=SLOW_MS)
    desk.wait_for_function(AT_THE_PLACE, arg=OFF_S, timeout=SLOW_MS)
    assert video.evaluate("video => video.videoWidth") > 0
    desk.screenshot(path=tmp_path / "replay.png")
    at = position(desk)
    desk.keyboard.press("Home")
    desk.keyboard.press(" ")
    desk.wait_for_function(MOVED)
    desk.keyboard.press("[")
    desk.keyboard.press("]")
    assert position(desk) >= at
    slider = desk.get_by_test_id("replay-slider")
    assert "of" in (slider.get_attribute("aria-valuetext") or "")
    desk.set_viewport_size(PHONE)
    assert not desk.evaluate(SIDEWAYS)
    desk.screenshot(path=tmp_path / "replay-phone.png", full_page=True)
    desk.set_viewport_size(DESK)

    with desk.expect_download(timeout=SLOW_MS) as downloading:
        desk.get_by_test_id("download-video").click()
    recorded = files(desk, session)[0]["recording"]
    film = taken_apart(downloading.value.path().read_bytes())
    assert film.sound_ms > 0
    media = desk.request.get(f"{bare.url}/api/v1/sessions/{session}/recordings/{recorded['id']}/media")
    assert list(film.pictures) == list(taken_apart(media.body()).pictures)

    with desk.expect_download() as downloading:
        desk.get_by_test_id("download-package").click()
    opens_without_any_network(
        bare, zipfile.ZipFile(io.BytesIO(downloading.value.path().read_bytes())), tmp_path
    )

    desk.goto(f"{bare.url}/console/")
    expect(desk.get_by_test_id("ended-session").first).to_be_visible(timeout=SLOW_MS)
    desk.screenshot(path=tmp_path / "wall.png")


def opens_without_any_network(bare: Bare, package: zipfile.ZipFile, tmp_path: Path) -> None:
    """From a folder, with the mark on its still; whatever it asked for came from that folder."""
    folder = tmp_path / "package"
    package.extractall(folder)
    page = bare.browser.new_context(viewport=DESK, locale="en", offline=True).new_page()
    asked: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    page.goto((folder / "index.html").as_uri())
    page.get_by_role("button", name="Next mark").click()
    expect(page.locator("#picture [data-mark] .ink")).to_be_visible()
    image = page.locator("#picture image")
    assert (
        image.evaluate(
            "async image => { const one = new Image(); one.src = image.href.baseVal; await one.decode(); return one.naturalWidth }"
        )
        > 0
    )
    page.screenshot(path=tmp_path / "package.png")
    page.get_by_role("button", name="繁體中文").click()
    expect(page.get_by_role("button", name="播放")).to_be_visible()
    assert wrong == []
    assert asked
    assert all(url.startswith("file://") for url in asked)


def files(page: Page, session: str) -> list[dict[str, Any]]:
    found = page.evaluate(f"async () => await (await fetch('/api/v1/sessions/{session}/recordings')).json()")
    assert isinstance(found, list), json.dumps(found)
    return found


def pieces_come(page: Page, session: str) -> None:
    deadline = time.monotonic() + ENOUGH_S
    while time.monotonic() < deadline:
        if any(file["chunks"] >= CHUNKS and not file["missing"] for file in files(page, session)):
            return
        page.wait_for_timeout(250)
    pytest.fail(f"only {files(page, session)} came")


def position(page: Page) -> float:
    return float(re.sub(r"\D", "", page.get_by_test_id("replay-slider").input_value()))


MOVED = "() => Number(document.querySelector('[data-testid=replay-slider]').value) > 500"
AT_THE_PLACE = """(off) => {
    const video = document.querySelector("[data-testid=footage]");
    return !video.seeking && Math.abs(video.currentTime - Number(video.dataset.wantedMs) / 1000) <= off;
}"""
