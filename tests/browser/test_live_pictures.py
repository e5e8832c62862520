"""The expert sees the camera live and draws on it; the line of pictures is cut, and comes back."""

import asyncio
import base64
import math
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, ViewportSize, WebSocketRoute, expect

from nearhand.sessions.model import FaceAnchor
from nearhand.simulation.people import PASSWORD
from tests.browser.conftest import hall_at
from tests.support.chromium import sign_in_page
from tests.support.demo import DemoProcess
from tests.support.identity import RELAY_ONLY
from tests.support.moving import number_of
from tests.support.rehearsal import Rehearsal, hand, rehearsal

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]

SLOW_MS = 45_000
DESK: ViewportSize = {"width": 1440, "height": 900}
SAMPLES = 12
GAP_MS = 200
PICTURES = re.compile(r"/api/v1/sessions/[^/]+/video$")
# The picture and what it is called, of one moment.
SHOWN = """() => {
  const svg = document.querySelector("[data-testid=desk-picture]");
  const canvas = document.querySelector(".picture > .picture-live");
  if (!svg || !canvas) return null;
  const ctm = svg.getScreenCTM();
  return {
    frame: Number(svg.dataset.frameId),
    png: canvas.toDataURL("image/png"),
    box: [ctm.e, ctm.f, ctm.a * canvas.width, ctm.d * canvas.height],
  };
}"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with DemoProcess(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


class Cut:
    """Lets the line of pictures through, or not; everything else goes its way."""

    def __init__(self, page: Page) -> None:
        self.is_cut = False
        self._open: list[WebSocketRoute] = []
        page.route_web_socket(PICTURES, self._route)

    def _route(self, route: WebSocketRoute) -> None:
        if self.is_cut:
            route.close(code=4012)
            return
        route.connect_to_server()
        self._open.append(route)

    def cut(self) -> None:
        self.is_cut = True
        for route in self._open:
            route.close(code=4012)
        self._open.clear()


@contextmanager
def desk_of(r: Rehearsal, url: str, *, script: str = "") -> Iterator[tuple[Page, Cut]]:
    browser = r.page.context.browser
    assert browser is not None
    context = browser.new_context(viewport=DESK, locale="en")
    context.add_init_script(script)
    page = context.new_page()
    cut = Cut(page)
    sign_in_page(page, f"{url}/console/sessions/{r.expert.session_id}", "expert", PASSWORD)
    yield page, cut
    page.close()


def shown(page: Page) -> dict[str, Any]:
    expect(page.get_by_test_id("desk-picture")).to_have_attribute(
        "data-has-sighting", "true", timeout=SLOW_MS
    )
    found: dict[str, Any] = page.evaluate(SHOWN)
    page.wait_for_timeout(GAP_MS)
    png = base64.b64decode(found["png"].partition(",")[2])
    picture = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    return found | {"number": number_of(np.asarray(picture, np.uint8))}


@pytest.mark.parametrize(("way", "how", "script"), [("direct", "strip", ""), ("line", "ring", RELAY_ONLY)])
def test_the_expert_draws_on_live_pictures_and_the_mark_is_where_that_frame_had_it(
    tmp_path: Path, demo: DemoProcess, way: str, how: str, script: str
) -> None:
    hall = asyncio.run(hall_at(demo.url))
    with (
        rehearsal(tmp_path, demo, hall, hand(hall[1])) as r,
        desk_of(r, demo.url, script=script) as (page, _),
    ):
        picture = page.get_by_test_id("desk-picture")
        expect(picture).to_have_attribute("data-way", way, timeout=SLOW_MS)
        expect(r.page.get_by_test_id("rung")).to_be_visible(timeout=SLOW_MS)

        # They move, and each is called what it is.
        seen = [shown(page) for _ in range(SAMPLES)]
        assert len({one["frame"] for one in seen}) > SAMPLES / 2
        named = [one for one in seen if one["number"] is not None]
        assert len(named) > SAMPLES / 2
        assert [one["number"] for one in named] == [r.film_of(one["frame"]) for one in named]

        # An arrow whose head is put on port 37 of the picture that the pen holds.
        port = r.port("37")
        page.get_by_test_id("tool-arrow").click()
        box = picture.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        shown(page)
        page.mouse.down()
        held = shown(page)
        page.wait_for_timeout(700)
        assert shown(page)["frame"] == held["frame"]
        number = r.film_of(held["frame"])
        assert number is not None
        u, v = r.moving.pixel(number, port.x_mm, port.y_mm)
        left, top, width, height = held["box"]
        u, v = (u + 0.5) / r.moving.camera.width, (v + 0.5) / r.moving.camera.height
        page.mouse.move(left + u * width, top + v * height, steps=4)
        page.mouse.up()
        expect(picture.locator("[data-shape=arrow]")).to_have_count(1)
        (mark,) = r.expert.call(r.expert.marks())
        assert isinstance(mark.anchor, FaceAnchor)
        x, y, _ = mark.anchor.points_mm[-1]
        assert r.nearest_port(x, y).name == port.name
        assert math.dist((x, y), (port.x_mm, port.y_mm)) < 6
        assert mark.frame is not None
        assert (mark.frame.frame_id, mark.frame.how) == (held["frame"], how)


def test_stills_go_on_while_live_pictures_are_cut(tmp_path: Path, demo: DemoProcess) -> None:
    hall = asyncio.run(hall_at(demo.url))
    with (
        rehearsal(tmp_path, demo, hall, hand(hall[1])) as r,
        desk_of(r, demo.url, script=RELAY_ONLY) as (page, cut),
    ):
        picture = page.get_by_test_id("desk-picture")
        expect(picture).to_have_attribute("data-way", "line", timeout=SLOW_MS)
        # The line is cut: stills go on, and it is said; then it is back by itself.
        cut.cut()
        expect(picture).to_have_attribute("data-is-live", "false", timeout=SLOW_MS)
        expect(page.get_by_test_id("live-cut")).to_be_visible()
        before = picture.get_attribute("data-frame-id")
        assert before is not None
        expect(picture).not_to_have_attribute("data-frame-id", before, timeout=SLOW_MS)
        expect(page.get_by_test_id("desk")).to_have_attribute("data-link", "open")
        cut.is_cut = False
        expect(picture).to_have_attribute("data-is-live", "true", timeout=SLOW_MS)

        # The technician pins stills, and lets go.
        r.page.get_by_test_id("rung-open").click(timeout=SLOW_MS)
        r.page.get_by_test_id("rung-4").click()
        expect(r.page.get_by_test_id("rung")).to_have_attribute("data-rung", "4")
        expect(picture).to_have_attribute("data-is-live", "false", timeout=SLOW_MS)
        r.page.get_by_test_id("rung-open").click()
        r.page.get_by_test_id("rung-auto").click()
        expect(picture).to_have_attribute("data-is-live", "true", timeout=SLOW_MS)

        # Stills only, by the expert's choice: then the phone sends none.
        page.get_by_test_id("live-toggle").click()
        expect(picture).to_have_attribute("data-is-live", "false", timeout=SLOW_MS)
        expect(r.page.get_by_test_id("rung")).to_have_count(0, timeout=SLOW_MS)
