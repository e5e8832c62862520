"""A device without label or tags in sight is found by its type's reference picture, and followed from there."""

import asyncio
from pathlib import Path

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from nearhand.client import Client
from nearhand.devices.model import DeviceView
from nearhand.labels.model import Layout
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import Front, build_scene, look_at, phone_camera
from nearhand.simulation.walk import Stand, Walk
from tests.browser.conftest import hall_at
from tests.support.demo import DemoProcess
from tests.support.moving import seen_frames, seen_marks
from tests.support.rehearsal import rehearsal, ring_over_time

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(300)]

SLOW_MS = 45_000
LIMIT_MM = 5.0  # ports are 14 mm apart
SEED = 0


async def keep_picture(url: str, view: DeviceView, layout: Layout) -> None:
    """Of the labelled device, photographed once."""
    face = view.device_type.front
    labelled = build_scene(Front(face, layout, view.device_type.model, SEED), px_per_mm=6)
    where = look_at((face.width_mm / 2, face.height_mm / 2), 480, yaw_deg=6, pitch_deg=-5)
    photograph = labelled.take(where, phone_camera(3000, 2250), seed=2)
    jpeg = cv2.imencode(".jpg", photograph)[1].tobytes()
    async with await Client.sign_in(url, "expert", PASSWORD) as expert:
        path = f"/device-types/{view.device_type.id}/faces/front/picture"
        headers = {"Content-Type": "image/jpeg"}
        await expert._call("PUT", path, content=jpeg, headers=headers)


def test_a_bare_device_is_found_in_a_session_and_a_ring_sits_on_its_port(tmp_path: Path) -> None:
    with DemoProcess(tmp_path / "demo") as demo:
        view, layout, _ = asyncio.run(hall_at(demo.url))
        asyncio.run(keep_picture(demo.url, view, layout))
        # The same type's paint with other scratches, some cables, and nothing stuck on it.
        face, title = view.device_type.front, view.device_type.model
        bare = build_scene(Front(face, None, title, SEED + 4, 0.2))
        x, y = face.width_mm / 2, face.height_mm / 2
        walk = Walk(
            (Stand(0.0, x, y, 470, yaw_deg=6, pitch_deg=-6), Stand(0.5, x - 20, y, 490)), period_s=6.0
        )
        with rehearsal(tmp_path, demo, (view, layout, bare), walk) as r:
            expect(r.page.get_by_test_id("identity")).to_have_attribute(
                "data-identity", "picture", timeout=SLOW_MS
            )
            shown = ring_over_time(r, r.port("37"), 4.0)
            frames = seen_frames(r.page)
            assert seen_marks(r.page)
    assert not any(frame["symbols"] for frame in frames)
    assert np.median([one.error_mm for one in shown]) < LIMIT_MM
    # Where it is less sure than that, it says so.
    assert all(one.error_mm < LIMIT_MM for one in shown if not one.is_unsure)
