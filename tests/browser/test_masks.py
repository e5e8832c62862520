"""A site asks that pictures show the device alone: nothing of its neighbours that could be read leaves the phone."""

import asyncio
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, ViewportSize, WebSocket, expect

from nearhand.client import Client
from nearhand.devices.model import CameraMask, DeviceView, NewSite
from nearhand.labels.model import Layout
from nearhand.sessions.model import PictureMask
from nearhand.sessions.pictures import HEAD_BYTES, read_head
from nearhand.simulation.canvas import Picture
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import Front, Scene, build_scene
from nearhand.simulation.walk import Stand, Walk
from nearhand.vision.gray import gray_of
from nearhand.vision.labels import read_labels
from tests.browser.conftest import hall_at
from tests.support.chromium import sign_in_page
from tests.support.demo import DemoProcess
from tests.support.identity import NO_CODECS, RELAY_ONLY
from tests.support.rehearsal import Rehearsal, rehearsal

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]

SLOW_MS = 45_000
DESK: ViewportSize = {"width": 1440, "height": 900}
PICTURES = re.compile(r"/api/v1/sessions/[^/]+/video$")
NEXT = ("HTTPS://OTHERS.EXAMPLE/D/ABOVE123", "HTTPS://OTHERS.EXAMPLE/D/BELOW123")
ENOUGH = 60  # live pictures, of a hand that moves


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoProcess]:
    with DemoProcess(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


async def ask_masks(url: str, site_id: str, rule: CameraMask) -> None:
    async with await Client.sign_in(url, "admin", PASSWORD) as admin:
        answer = await admin._http.get(f"/sites/{site_id}")
        known = {name: answer.json()[name] for name in NewSite.model_fields}
        new = NewSite(**known | {"camera_mask": rule})
        headers = {"If-Match": answer.headers["ETag"]}
        changed = await admin._http.put(f"/sites/{site_id}", json=new.model_dump(), headers=headers)
        changed.raise_for_status()


def with_neighbours(view: DeviceView, layout: Layout) -> Scene:
    """The same switch above and below, with labels of somebody else."""
    face = view.device_type.front
    assert layout.label is not None
    fronts = {}
    for unit, text in zip((1, -1), NEXT, strict=True):
        label = layout.label.model_copy(update={"text": text})
        beside = Layout(face=layout.face, label=label)
        fronts[unit] = Front(face, beside, title="SECRET", seed=3 + unit, cabled=0.2)
    return build_scene(Front(face, layout, title=view.device_type.model), fronts)


def close_by(layout: Layout) -> Walk:
    """A hand near the label, so that labels can be read, ours and those of the neighbours."""
    assert layout.label is not None
    x, y = layout.label.x_mm + 70, layout.face.height_mm / 2
    return Walk(
        (
            Stand(0.0, x, y, 290, yaw_deg=5, pitch_deg=-5),
            Stand(0.3, x - 25, y + 10, 330, yaw_deg=-9, pitch_deg=6, roll_deg=3),
            Stand(0.6, x + 20, y - 8, 300, yaw_deg=7, pitch_deg=4, roll_deg=-3),
        ),
        7.0,
        sway=2.0,
    )


class Came:
    """The live pictures that come to a desk."""

    def __init__(self, page: Page) -> None:
        self.pictures: list[tuple[PictureMask, bytes]] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        if PICTURES.search(socket.url.partition("?")[0]):
            socket.on("framereceived", self._take)

    def _take(self, data: Any) -> None:
        if isinstance(data, bytes):
            self.pictures.append((read_head(data).mask, data[HEAD_BYTES:]))


def desk_of(r: Rehearsal, url: str) -> tuple[Page, Came]:
    browser = r.page.context.browser
    assert browser is not None
    context = browser.new_context(viewport=DESK, locale="en")
    context.add_init_script(
        RELAY_ONLY + NO_CODECS
    )  # so that pictures come as JPEG, which can be looked into here
    page = context.new_page()
    came = Came(page)
    sign_in_page(page, f"{url}/console/sessions/{r.expert.session_id}", "expert", PASSWORD)
    return page, came


def texts(picture: Picture) -> set[str]:
    return {one.text for one in read_labels(gray_of(picture)) if one.text.startswith("HTTP")}


def decoded(jpeg: bytes) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


async def stills_of(url: str, session_id: str) -> list[tuple[PictureMask, bytes]]:
    async with await Client.sign_in(url, "expert", PASSWORD) as client:
        told = (await client._http.get(f"/sessions/{session_id}/events?limit=1000")).json()
        stills = [one["still"] for one in told if one["type"] == "still.shared"]
        return [(PictureMask(one["mask"]), await client.still(session_id, one["sha256"])) for one in stills]


def keep(page: Page, name: str) -> None:
    folder = os.environ.get("NEARHAND_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def test_labels_of_neighbours_cannot_be_read_in_anything_that_left_the_phone(
    tmp_path: Path, demo: DemoProcess
) -> None:
    view, layout, _ = asyncio.run(hall_at(demo.url))
    asyncio.run(ask_masks(demo.url, view.site.id, CameraMask.ENFORCE))
    scene, walk = with_neighbours(view, layout), close_by(layout)
    assert layout.label is not None
    ours = layout.label.text
    with rehearsal(tmp_path, demo, (view, layout, scene), walk) as r:
        # What the camera itself sees would give them away.
        assert texts(r.moving.film.picture(0)) == {ours, *NEXT}
        page, came = desk_of(r, demo.url)
        expect(page.get_by_test_id("desk-picture")).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_test_id("mask-word")).to_have_attribute("data-mask", "range", timeout=SLOW_MS)
        sign = r.page.get_by_test_id("mask-sign")
        expect(sign).to_have_attribute("data-mask", "masked", timeout=SLOW_MS)
        expect(r.page.get_by_test_id("mask-line")).to_be_visible()
        for _ in range(SLOW_MS // 500):
            if len(came.pictures) >= ENOUGH:
                break
            page.wait_for_timeout(500)
        assert len(came.pictures) >= ENOUGH
        keep(page, "masked-desk")
        keep(r.page, "masked-phone")
        # The sharp still of a frame that was shown live.
        page.get_by_test_id("tool-arrow").click()
        box = page.get_by_test_id("desk-picture").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2 + 40, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        page.wait_for_timeout(4000)
        stills = r.expert.call(stills_of(demo.url, r.expert.session_id))
    assert len(stills) >= 3
    masks = [mask for mask, _ in (*came.pictures, *stills)]
    assert PictureMask.NONE not in masks
    assert masks.count(PictureMask.RANGE) > 0.8 * len(masks)
    read = [texts(decoded(jpeg)) for _, jpeg in (*came.pictures, *stills)]
    assert set().union(*read) <= {ours}
    assert sum(ours in one for one in read) >= 3


def test_without_a_known_device_all_is_hidden_and_a_rule_that_comes_while_it_runs_is_obeyed(
    tmp_path: Path, demo: DemoProcess
) -> None:
    view, layout, _ = asyncio.run(hall_at(demo.url))
    asyncio.run(ask_masks(demo.url, view.site.id, CameraMask.WARN))
    scene, walk = with_neighbours(view, layout), close_by(layout)
    with rehearsal(tmp_path, demo, (view, layout, scene), walk) as r:
        page, came = desk_of(r, demo.url)
        word = page.get_by_test_id("mask-word")
        expect(word).to_have_attribute("data-mask", "none", timeout=SLOW_MS)
        expect(page.get_by_test_id("would-be-kept")).to_be_visible(timeout=SLOW_MS)
        expect(r.page.get_by_test_id("mask-sign")).to_have_attribute("data-mask", "unmasked")
        keep(page, "warned-desk")
        keep(r.page, "warned-phone")
        r.expert.call(ask_masks(demo.url, view.site.id, CameraMask.ENFORCE))
        expect(word).to_have_attribute("data-mask", "range", timeout=SLOW_MS)
        came.pictures.clear()
        page.wait_for_timeout(3000)
        assert came.pictures
        for mask, jpeg in came.pictures:
            assert mask is not PictureMask.NONE
            assert not texts(decoded(jpeg)) & set(NEXT)
        # The phone's own picture stays as it is: its label is read and the face is held.
        assert not math.isnan(float(r.page.get_by_test_id("overlay").get_attribute("data-read-ms") or "nan"))
