"""L8, V1, V10. Of every way by which live pictures come, each picture is called what it is, or is said to be approximate."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.support.chromium import chromium
from tests.support.demo import DemoProcess
from tests.support.identity import AT_THE_DESK, AT_THE_PHONE, NO_CODECS, RELAY_ONLY, counted, numbered_film
from tests.support.trays import SLOW_MS, Bare, desk, phone

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]
ENOUGH = 500
PATIENCE_MS = 150_000


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bare]:
    path = tmp_path_factory.mktemp("identity")
    with (
        DemoProcess(path / "demo") as demo,
        chromium(numbered_film(path / "camera.mjpeg")) as browser,
    ):
        yield Bare(demo.url, browser)


def shown(expert: Page, way: str, count: int) -> None:
    expect(expert.get_by_test_id("desk-picture")).to_have_attribute("data-way", way, timeout=SLOW_MS)
    expert.wait_for_function(
        "([way, count]) => window.seen.filter(one => one[2] === way).length >= count",
        arg=[way, count],
        timeout=PATIENCE_MS,
        polling=500,
    )


@pytest.mark.parametrize(
    ("way", "without", "how", "is_decoded"),
    [
        ("direct", "", "strip", False),
        ("line", RELAY_ONLY, "ring", True),
        ("line", RELAY_ONLY + NO_CODECS, "ring", False),
    ],
    ids=["direct", "vp8 over the line", "jpeg over the line"],
)
def test_every_picture_is_called_what_it_is_or_approximate(
    bare: Bare, way: str, without: str, how: str, is_decoded: bool
) -> None:
    field, session = phone(bare, script=without + AT_THE_PHONE)
    expert = desk(bare, session, script=without + AT_THE_DESK)
    shown(expert, way, ENOUGH)
    told = counted(field, expert, way)
    assert (told.wrong, told.unknown) == (0, 0)
    assert told.right >= ENOUGH * 0.98
    assert (expert.evaluate("window.decoded") >= ENOUGH * 0.9) is is_decoded
    assert set(told.hows) <= {how, "approximate"}
    for page in (field, expert):
        page.context.close()
