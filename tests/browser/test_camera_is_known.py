"""A phone's camera that was learnt once is known again to the same person, and only that camera."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from nearhand.simulation.film import Film
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import Look, phone_camera
from nearhand.simulation.walk import Stand, Walk
from tests.browser.conftest import hall_at
from tests.support.chromium import CALM_FRAMES_PER_S, chromium, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.moving import Moving

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(300)]

SLOW_MS = 60_000
SIZE = (1280, 720)
VIEW_DEG = 60.0  # of the camera; what is assumed of a phone is 64
TOLD = """() => Object.entries(JSON.parse(localStorage.getItem("nearhand.cameras") ?? "{}"))
  .find(([, { told }]) => told)?.[0]"""
# The focal length that frames are read with.
ASKED = """(() => {
  const asked = (window.asked = []);
  const Plain = window.Worker;
  window.Worker = class extends Plain {
    postMessage(message, ...rest) {
      if (message?.type === "frame") asked.push(message.camera.fx);
      super.postMessage(message, ...rest);
    }
  };
})()"""
# Another profile of the browser calls its cameras otherwise; this one calls it as the first did.
SAME_CAMERA = """(() => {
  const { getSettings } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.getSettings = function () {
    return { ...getSettings.call(this), deviceId: DEVICE_ID };
  };
})()"""


def page_of(browser: Browser, url: str, *scripts: str) -> Page:
    context = browser.new_context(viewport={"width": 844, "height": 475}, permissions=["camera"], locale="en")
    page = context.new_page()
    for script in (ASKED, *scripts):
        page.add_init_script(script)
    sign_in_page(page, f"{url}/field/", "technician", PASSWORD)
    expect(page.get_by_test_id("device")).to_be_visible(timeout=SLOW_MS)
    return page


def kept(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        page.evaluate("() => localStorage.getItem('nearhand.cameras') ?? '{}'")
    )
    return found


def test_what_one_browser_learnt_of_a_camera_another_has_for_the_same_camera_alone(tmp_path: Path) -> None:
    true = phone_camera(*SIZE, field_of_view_deg=VIEW_DEG)
    assumed = 0.8 * SIZE[0]
    with DemoProcess(tmp_path / "demo") as demo:
        _, layout, scene = asyncio.run(hall_at(demo.url))
        x, y = layout.face.width_mm / 2, layout.face.height_mm / 2
        walk = Walk(
            (
                Stand(0.0, x, y, 470, yaw_deg=22, pitch_deg=-12),
                Stand(0.25, x - 40, y + 30, 640, yaw_deg=-24, pitch_deg=14, roll_deg=12),
                Stand(0.5, x + 30, y - 40, 460, yaw_deg=16, pitch_deg=20, roll_deg=-10),
                Stand(0.75, x, y, 700, yaw_deg=-12, pitch_deg=-22),
            ),
            period_s=6.0,
        )
        film = Moving(Film(scene, walk, true, Look(blur_px=0.6, noise=2.0), CALM_FRAMES_PER_S))
        with chromium(film.write(tmp_path / "camera.mjpeg")) as browser:
            first = page_of(browser, demo.url)
            key = first.wait_for_function(TOLD, timeout=SLOW_MS).json_value()
            learnt = kept(first)[key]["camera"]
            first.context.close()
            assert abs(learnt["fx"] / true.fx - 1) < 4 * learnt["focal_sd"]
            assert learnt["focal_sd"] < 0.03

            # Another phone: nothing is taken over.
            other = page_of(browser, demo.url)
            assert key not in kept(other)
            assert other.evaluate("() => window.asked[0]") == pytest.approx(assumed)
            other.context.close()

            same = page_of(browser, demo.url, SAME_CAMERA.replace("DEVICE_ID", json.dumps(key.split("|")[0])))
            same.wait_for_function("fx => Math.abs(window.asked.at(-1) / fx - 1) < 0.03", arg=learnt["fx"])
            assert kept(same)[key]["camera"]["focal_sd"] <= learnt["focal_sd"]
            assert kept(same)[key]["told"]
