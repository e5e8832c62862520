"""V9, L8. What a session costs the technician: counted, limited, told to both; and stills that show the device alone."""

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from nearhand.sessions.model import FaceAnchor, SharedStill
from tests.browser.conftest import Stage
from tests.browser.test_help_on_port_37 import (
    PORT,
    SLOW_MS,
    ask_for_help,
    desk_page,
    field_page,
    picture,
    ring_port,
    take_over,
)
from tests.support.chromium import chromium
from tests.support.demo import DemoProcess
from tests.support.identity import numbered_film
from tests.support.trays import Bare, desk, open_way, phone

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]

AGREE_MM = 0.5
LEAST_TOUCH_PX = 56
BUDGET = 5_000_000
SPENT_MS = 90_000  # two browsers share what cores there are, and video begins small
QUIET_S = 5
QUIET_BYTES = 300_000  # words, sightings, one still


DIRECT_WAYS = """
window.ways = [];
const Way = RTCPeerConnection;
window.RTCPeerConnection = class extends Way {
    constructor(...args) { super(...args); window.ways.push(this); }
};
"""
CARRIED = """async () => {
    const reports = await Promise.all(window.ways.map((way) => way.getStats()));
    const all = reports.flatMap((report) => [...report.values()]).filter(({ type }) => type === "transport");
    return all.reduce((sum, { bytesSent, bytesReceived }) => sum + bytesSent + bytesReceived, 0);
}"""


@pytest.fixture
def thrifty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bare]:
    monkeypatch.setenv("NEARHAND_PHONE_BYTES_PER_SESSION", str(BUDGET))
    with (
        DemoProcess(tmp_path / "demo") as demo,
        chromium(numbered_film(tmp_path / "camera.mjpeg")) as browser,
    ):
        yield Bare(demo.url, browser)


def choose_rung(field: Page, rung: int) -> None:
    field.get_by_test_id("rung-open").click()
    field.get_by_test_id(f"rung-{rung}").click()


def told(expert: Page, url: str, session_id: str) -> tuple[list[tuple[SharedStill, int]], list[FaceAnchor]]:
    """The stills of a session with their bytes, and where its marks are."""
    path = f"{url}/api/v1/sessions/{session_id}"
    events: list[dict[str, Any]] = expert.request.get(f"{path}/events?limit=1000").json()
    stills = [SharedStill(**one["still"]) for one in events if one["type"] == "still.shared"]
    sizes = [len(expert.request.get(f"{path}/stills/{still.sha256}").body()) for still in stills]
    added = [one["annotation"] for one in events if one["type"] == "annotation.added"]
    return list(zip(stills, sizes, strict=True)), [FaceAnchor(**mark["anchor"]) for mark in added]


def data_bytes(page: Page, where: str) -> int:
    return int(page.get_by_test_id(where).get_attribute("data-bytes", timeout=SLOW_MS) or 0)


def test_a_mark_on_a_still_of_the_device_alone_lies_where_it_lies_on_all_of_the_picture(
    stage: Stage, tmp_path: Path
) -> None:
    field, expert = field_page(stage), desk_page(stage)
    session = ask_for_help(field)
    choose_rung(field, 4)
    take_over(expert, session)
    shown = picture(expert)
    expect(shown).to_have_attribute("data-is-live", "false", timeout=SLOW_MS)
    expect(shown).to_have_attribute("data-is-part", "true", timeout=SLOW_MS)
    ring_port(expert, stage.truth)
    expect(expert.get_by_test_id("part")).to_contain_text("Device only")
    expert.screenshot(path=tmp_path / "desk-part.png")
    field.screenshot(path=tmp_path / "field-part.png")

    # All of it, when it is asked for: another frame, which stays.
    part = shown.get_attribute("data-frame-id")
    expert.get_by_test_id("ask-whole").click()
    expect(shown).to_have_attribute("data-is-part", "false", timeout=SLOW_MS)
    expect(expert.get_by_test_id("part")).to_have_count(0)
    assert shown.get_attribute("data-frame-id") != part
    ring_port(expert, stage.truth, is_held=True)
    expert.screenshot(path=tmp_path / "desk-whole.png")
    expect(shown.locator("[data-shape=ring]")).to_have_count(2, timeout=SLOW_MS)
    expert.get_by_test_id("hold").click()
    expect(shown).to_have_attribute("data-is-part", "true", timeout=SLOW_MS)

    stills, (on_part, on_whole) = told(expert, stage.demo.url, session)
    port = stage.truth.view.device_type.front.port(PORT)
    assert port is not None
    for anchor in (on_part, on_whole):
        assert math.dist(anchor.points_mm[0][:2], (port.x_mm, port.y_mm)) < AGREE_MM
    apart_mm = math.dist(on_part.points_mm[0], on_whole.points_mm[0])
    assert apart_mm < AGREE_MM
    sizes = {
        is_part: [size for still, size in stills if bool(still.part) is is_part] for is_part in (True, False)
    }
    part_kb, whole_kb = (sum(sizes[is_part]) / len(sizes[is_part]) / 1000 for is_part in (True, False))
    assert part_kb < whole_kb
    print(f"apart {apart_mm:.2f} mm; {part_kb:.0f} kB of {whole_kb:.0f} kB a still")  # noqa: T201


def test_a_budget_that_is_used_up_leaves_marks_and_words_and_is_raised_by_one_tap(
    thrifty: Bare, tmp_path: Path
) -> None:
    field, session = phone(thrifty, script=DIRECT_WAYS)
    expert = desk(thrifty, session)
    open_way(expert)
    rung = expert.get_by_test_id("rung-now")
    expect(rung).to_have_attribute("data-rung", re.compile("[12]"), timeout=SLOW_MS)
    used = field.get_by_test_id("data-used")
    expect(used).to_contain_text("of 5 MB")

    # Both are told before it is used up, and when it is.
    at_desk = expert.get_by_test_id("data-told")
    expect(field.get_by_text("Data budget: 4")).to_be_visible(timeout=SPENT_MS)
    expect(at_desk).to_have_attribute("data-state", re.compile("near|spent"), timeout=SLOW_MS)
    field.screenshot(path=tmp_path / "field-near.png")
    expert.screenshot(path=tmp_path / "desk-near.png")
    expect(field.get_by_test_id("over-budget")).to_be_visible(timeout=SPENT_MS)
    expect(rung).to_have_attribute("data-because", "budget", timeout=SLOW_MS)
    expect(rung).to_have_attribute("data-rung", "5")
    expect(at_desk).to_have_attribute("data-state", "spent")
    field.screenshot(path=tmp_path / "field-spent.png")
    expert.screenshot(path=tmp_path / "desk-spent.png")

    # What the direct way carried is in the sum.
    direct = int(field.evaluate(CARRIED))
    assert BUDGET / 4 < direct < data_bytes(field, "data-used") * 1.05

    # Nothing more leaves by itself; what is asked for, words and marks do.
    before = data_bytes(field, "data-used")
    expert.wait_for_timeout(QUIET_S * 1000)
    assert data_bytes(field, "data-used") - before < QUIET_BYTES
    shown = picture(expert)
    expect(shown).to_have_attribute("data-is-live", "false", timeout=SLOW_MS)
    frame = shown.get_attribute("data-frame-id")
    assert frame is not None
    expert.get_by_role("button", name="Ask for a picture").click()
    expect(shown).not_to_have_attribute("data-frame-id", frame, timeout=SLOW_MS)
    expert.get_by_test_id("tab-chat").click()
    line = expert.get_by_test_id("chat-input")
    line.fill("Go on without pictures.")
    line.press("Enter")
    expect(field.locator(".captions")).to_contain_text("Go on without pictures.", timeout=SLOW_MS)

    # One tap of a glove.
    allow = field.get_by_test_id("raise-budget")
    for button in (allow, field.get_by_test_id("leave-budget")):
        box = button.bounding_box()
        assert box is not None
        assert box["height"] >= LEAST_TOUCH_PX
    expect(allow).to_contain_text("50 MB")
    allow.click()
    expect(field.get_by_test_id("over-budget")).to_have_count(0)
    expect(rung).to_have_attribute("data-rung", re.compile("[12]"), timeout=SLOW_MS)
    expect(at_desk).to_have_attribute("data-state", "fine", timeout=SLOW_MS)

    # The count and the choice outlive a reload.
    before = data_bytes(field, "data-used")
    field.reload()
    expect(field.get_by_test_id("data-used")).to_contain_text("of 50 MB", timeout=SLOW_MS)
    assert data_bytes(field, "data-used") > before - 200_000
    field.get_by_test_id("rung-open").click()
    expect(field.get_by_test_id("budget-50000000")).to_have_attribute("aria-pressed", "true")
    expect(field.get_by_test_id("data-sum")).to_contain_text("on this phone so far")
    field.get_by_test_id("data-sum").scroll_into_view_if_needed()
    field.screenshot(path=tmp_path / "field-choice.png")
