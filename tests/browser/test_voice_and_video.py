"""Two browsers speak and see each other directly; where they cannot, the session goes on and says so."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.browser.test_mark_on_a_still import LEAST_TOUCH_PX, SIDEWAYS, SMALL
from tests.support.identity import RELAY_ONLY
from tests.support.trays import (
    PHONE,
    SLOW_MS,
    Bare,
    desk,
    open_way,
    phone,
    seen_directly,
)

SIDEWAYS_PHONE: ViewportSize = {"width": 844, "height": 390}
# Of the picture, where the device is, while all that a session has is open.
MIDDLE_IS_FREE = """() => document.elementFromPoint(innerWidth * 0.4, innerHeight * 0.4)
    .closest(".foot, .top") === null"""

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]


def test_two_people_hear_and_see_each_other_mute_and_come_back(bare: Bare, tmp_path: Path) -> None:
    field, session = phone(bare)
    expert = desk(bare, session)
    open_way(field)
    open_way(expert)

    # The camera's pictures come directly, and are what is drawn on.
    seen_directly(expert)
    expert.screenshot(path=tmp_path / "desk.png")

    # Tapped, the technician's microphone is open: the expert sees and hears them.
    heard = expert.get_by_test_id("voice-peer")
    expect(heard).to_have_attribute("data-talking", "false")
    talk = field.get_by_test_id("talk")
    talk.click()
    expect(talk).to_have_attribute("aria-pressed", "true", timeout=SLOW_MS)
    expect(heard).to_have_attribute("data-talking", "true", timeout=SLOW_MS)
    expect(heard).to_have_attribute("data-level", re.compile("[1-5]"), timeout=SLOW_MS)
    field.screenshot(path=tmp_path / "field.png")
    box = talk.bounding_box()
    assert box is not None
    assert box["height"] >= 56

    # The expert asks for quiet: that is shown, and the technician mutes.
    expert.get_by_test_id("hush").click()
    expect(field.get_by_test_id("hushed")).to_contain_text("asks you to mute", timeout=SLOW_MS)
    expect(talk).to_have_attribute("aria-pressed", "true")
    assert field.evaluate(SMALL, LEAST_TOUCH_PX) == []
    field.set_viewport_size(SIDEWAYS_PHONE)
    assert not field.evaluate(SIDEWAYS)
    assert field.evaluate(MIDDLE_IS_FREE)
    field.screenshot(path=tmp_path / "field-sideways.png")
    field.set_viewport_size(PHONE)
    field.get_by_test_id("hushed-mute").click()
    expect(heard).to_have_attribute("data-talking", "false", timeout=SLOW_MS)
    expect(heard).to_have_attribute("data-level", "0", timeout=SLOW_MS)

    # Held, the expert's key speaks as long as it is held.
    expert.keyboard.down("m")
    back = field.get_by_test_id("voice-peer")
    expect(back).to_have_attribute("data-talking", "true", timeout=SLOW_MS)
    expect(back).to_have_attribute("data-level", re.compile("[1-5]"), timeout=SLOW_MS)
    expert.keyboard.up("m")
    expect(back).to_have_attribute("data-talking", "false", timeout=SLOW_MS)

    # Loaded anew, either side is back by itself.
    expert.reload()
    open_way(expert)
    seen_directly(expert)
    field.reload()
    open_way(field)
    open_way(expert)
    seen_directly(expert)


def test_without_a_direct_way_stills_and_words_go_on_and_both_screens_say_so(bare: Bare) -> None:
    field, session = phone(bare, script=RELAY_ONLY)
    expert = desk(bare, session, script=RELAY_ONLY)
    for page in (field, expert):
        peer = page.get_by_test_id("voice-peer")
        expect(peer).to_have_attribute("data-way", "none", timeout=SLOW_MS)
        expect(peer).to_contain_text("pictures and words go on")
    picture = expert.get_by_test_id("desk-picture")
    expect(picture).to_have_attribute("data-way", "line", timeout=SLOW_MS)
    first = picture.get_attribute("data-frame-id", timeout=SLOW_MS)
    assert first is not None
    expect(picture).not_to_have_attribute("data-frame-id", first, timeout=SLOW_MS)


def test_a_microphone_that_is_not_allowed_is_said_in_words_and_the_other_is_still_heard(bare: Bare) -> None:
    denied = """navigator.mediaDevices.getUserMedia = () =>
        Promise.reject(new DOMException("no", "NotAllowedError"));"""
    field, session = phone(bare)
    expert = desk(bare, session, script=denied)
    open_way(expert)
    expert.get_by_test_id("talk").click()
    expect(expert.get_by_test_id("voice")).to_contain_text("The microphone is not allowed", timeout=SLOW_MS)
    expect(expert.get_by_test_id("talk")).to_have_attribute("aria-pressed", "false")
    field.get_by_test_id("talk").click()
    heard = expert.get_by_test_id("voice-peer")
    expect(heard).to_have_attribute("data-level", re.compile("[1-5]"), timeout=SLOW_MS)
