"""A line at the edge of what is usable, which loses what is TCP's as well: marks land, words and signals arrive."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_bad_networks import PATIENT_MS, marked, talked, told_alike
from tests.support.badly_linked import Two, far_away
from tests.support.link import NoLink, link
from tests.support.shape import Shape

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def poor(tmp_path: Path) -> Iterator[tuple[Two, Shape]]:
    try:
        with link() as way, far_away(tmp_path, way) as two:
            yield two, way.shape
    except NoLink as why:
        pytest.skip(str(why))


def test_at_100_kbit_s_800_ms_and_a_tenth_lost_marks_land_and_words_and_signals_arrive(
    poor: tuple[Two, Shape], tmp_path: Path
) -> None:
    two, shape = poor
    shape.bit_per_s, shape.delay_s, shape.loss = 100_000.0, 0.4, 0.1
    marked(two, 0.5)
    talked(two, "Poor")
    two.desk.locator("body").press("1")
    expect(two.field.get_by_test_id("big-signal")).to_be_visible(timeout=PATIENT_MS)
    two.field.locator("[data-testid=big-signal] button").click()
    told_alike(two)
    two.desk.screenshot(path=tmp_path / "desk.png")
    two.field.screenshot(path=tmp_path / "field.png")
