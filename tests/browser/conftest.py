"""A demo and a Chromium whose camera shows the demo switch, from a place that is known."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from nearhand.client import Client
from nearhand.devices.model import DeviceView
from nearhand.labels.model import Layout
from nearhand.sessions.model import Camera
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import Look, Matrix, Scene, look_at, phone_camera, project
from nearhand.simulation.robots import hall_of
from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import unproject
from tests.support.chromium import NoChromium, chromium, find_chromium, write_camera
from tests.support.demo import DemoProcess

FRAMES = 12  # of different noise, so that no two pictures are the same


@dataclass(frozen=True)
class TruePlace:
    """Where the camera truly is."""

    view: DeviceView
    layout: Layout
    camera: Camera
    pose: Matrix

    def pixel(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        u, v = project(self.pose, self.camera, [[x_mm, y_mm]])[0]
        return float(u), float(v)

    def on_face(self, u_px: float, v_px: float) -> tuple[float, float]:
        lens = Intrinsics(**self.camera.model_dump())
        x, y = unproject([[u_px, v_px]], self.pose, lens)[0][:2]
        return float(x), float(y)


@dataclass(frozen=True)
class Stage:
    """Everything a journey needs."""

    demo: DemoProcess
    browser: Browser
    truth: TruePlace


@pytest.fixture(scope="session", autouse=True)
def _has_chromium() -> None:
    """Without one the browser tests fail, and say how to get one."""
    try:
        find_chromium()
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)


async def hall_at(url: str) -> tuple[DeviceView, Layout, Scene]:
    async with await Client.sign_in(url, "technician", PASSWORD) as client:
        return await hall_of(client)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The whole face of the demo switch in a 1080p picture, in which the label can be read too."""
    with DemoProcess(tmp_path / "demo") as demo:
        view, layout, scene = asyncio.run(hall_at(demo.url))
        camera = phone_camera(1920, 1080)
        middle = (layout.face.width_mm / 2, layout.face.height_mm / 2)
        pose = look_at(middle, 460, yaw_deg=7, pitch_deg=-9, roll_deg=2)
        pictures = [scene.take(pose, camera, Look(blur_px=0.6, noise=2), seed=n) for n in range(FRAMES)]
        with chromium(write_camera(tmp_path / "camera.mjpeg", pictures)) as browser:
            yield Stage(demo, browser, TruePlace(view, layout, camera, np.asarray(pose)))
