"""Networks that lose, narrow, forget and fall silent: the session goes on, and no mark and no word is lost."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_three_parties import NUMBERED
from tests.support.badly_linked import Two, Written, answer, by_two_ways, draw, say
from tests.support.tcp import TcpWay
from tests.support.udp import UdpWay

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]
SLOW_MS, PATIENT_MS = 45_000, 120_000
SILENCE_MS = 20_000
Ways = tuple[Two, TcpWay, UdpWay]


@pytest.fixture
def ways(tmp_path: Path) -> Iterator[Ways]:
    """Both whole, and the video open."""
    with by_two_ways(tmp_path) as ways:
        shown(ways[0].desk, "direct")
        yield ways


def shown(desk: Page, way: str) -> None:
    """Pictures come this way, and go on coming."""
    picture = desk.get_by_test_id("desk-picture")
    expect(picture).to_have_attribute("data-way", way, timeout=PATIENT_MS)
    assert picture.evaluate(NUMBERED) >= 20


def marked(two: Two, across: float) -> None:
    """A ring that the expert draws is on the technician's screen."""
    marks = two.field.get_by_test_id("overlay").locator("[data-annotation-id]")
    before = marks.count()
    draw(two.desk, across)
    expect(marks).to_have_count(before + 1, timeout=PATIENT_MS)


def talked(two: Two, words: str) -> None:
    say(two.desk, f"{words}?")
    expect(two.field.locator(".captions")).to_contain_text(f"{words}?", timeout=PATIENT_MS)
    answer(two.field, f"{words}.")
    expect(two.desk.locator(".chat li").filter(has_text=f"{words}.")).to_have_count(1, timeout=PATIENT_MS)


def told_alike(two: Two) -> None:
    """Both screens name the same rung."""
    rung = two.desk.get_by_test_id("rung-now").get_attribute("data-rung")
    assert rung is not None
    expect(two.field.get_by_test_id("rung")).to_have_attribute("data-rung", rung, timeout=SLOW_MS)


def test_where_a_tenth_of_the_video_is_lost_pictures_marks_and_words_go_on(ways: Ways) -> None:
    two, _, direct = ways
    direct.shape.loss = 0.1
    shown(two.desk, "direct")
    marked(two, 0.45)
    talked(two, "A tenth is lost")
    told_alike(two)
    assert two.desk.get_by_test_id("approximate").count() == 0


def test_where_most_is_lost_the_line_takes_over_and_both_are_told(ways: Ways) -> None:
    two, _, direct = ways
    direct.shape.loss = 0.5
    shown(two.desk, "line")
    told_alike(two)
    marked(two, 0.5)
    direct.shape.loss = 0.0
    shown(two.desk, "direct")


def test_a_router_that_forgets_its_ports_in_mid_call_does_not_end_it(ways: Ways) -> None:
    two, _, direct = ways
    direct.rebind()
    shown(two.desk, "direct")
    talked(two, "Other ports")
    expect(two.field.get_by_test_id("voice-peer")).to_have_attribute("data-way", "open", timeout=SLOW_MS)


def test_what_both_write_while_nothing_passes_is_there_once_when_it_is_over(ways: Ways) -> None:
    two, line, direct = ways
    line.shape.is_stalled = direct.shape.is_cut = True
    written = Written(two)
    expect(two.field.get_by_test_id("link")).not_to_have_attribute("data-unsaved", "0", timeout=SLOW_MS)
    two.desk.wait_for_timeout(SILENCE_MS)
    line.shape.is_stalled = direct.shape.is_cut = False
    written.assert_there_once(PATIENT_MS)


def test_after_a_silence_the_direct_way_is_found_again(ways: Ways) -> None:
    two, line, direct = ways
    line.shape.is_stalled = direct.shape.is_cut = True
    peer = two.field.get_by_test_id("voice-peer")
    expect(peer).not_to_have_attribute("data-way", "open", timeout=SLOW_MS)
    two.desk.wait_for_timeout(SILENCE_MS)
    line.shape.is_stalled = direct.shape.is_cut = False
    # Whether pictures go by it as well is for the ladder to say, which looks at how busy the machine is, too.
    for page in (two.field, two.desk):
        expect(page.get_by_test_id("voice-peer")).to_have_attribute("data-way", "open", timeout=PATIENT_MS)
    talked(two, "There again")
