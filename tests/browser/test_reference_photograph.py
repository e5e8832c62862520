"""A face's reference photograph, from a file to a picture with the ports on it; at the desk and at a phone's width."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from nearhand.devices.model import DeviceType
from nearhand.labels.model import Layout
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import Front, build_scene, look_at, phone_camera
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]

SLOW_MS = 45_000
SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"


def test_a_photograph_is_laid_flat_checked_and_kept(tmp_path: Path) -> None:
    with DemoProcess(tmp_path / "demo") as demo, chromium() as browser:
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        sign_in_page(page, f"{demo.url}/console/", "expert", PASSWORD)
        expect(page.get_by_test_id("nav-devices")).to_be_visible(timeout=SLOW_MS)
        device, photo = a_labelled_device(page, demo.url, tmp_path)
        page.goto(f"{demo.url}/console/devices/{device}?tab=photo")
        front = page.get_by_test_id("photo-front")
        expect(front).to_be_visible(timeout=SLOW_MS)
        wrong = tmp_path / "wrong.jpg"
        cv2.imwrite(str(wrong), np.full((200, 300, 3), 90, np.uint8))
        front.get_by_test_id("photo-file").set_input_files(wrong)
        expect(front.get_by_role("alert")).to_be_visible(timeout=SLOW_MS)
        front.get_by_test_id("photo-file").set_input_files(photo)
        expect(front.locator(".photo-port").first).to_be_visible(timeout=SLOW_MS)
        expect(front.get_by_role("alert")).to_have_count(0)
        expect(front.get_by_role("status")).to_contain_text("tag")
        page.screenshot(path=tmp_path / "tried.png", full_page=True)
        front.get_by_test_id("photo-keep").click()
        expect(front.get_by_test_id("photo-keep")).to_have_count(0, timeout=SLOW_MS)
        page.reload()
        expect(front.locator("image")).to_be_visible(timeout=SLOW_MS)
        page.set_viewport_size({"width": 390, "height": 844})
        assert not page.evaluate(SIDEWAYS)
        page.screenshot(path=tmp_path / "kept.png", full_page=True)


def a_labelled_device(page: Page, url: str, folder: Path) -> tuple[str, Path]:
    """A device of the demo that is one unit high and has a label on its front, and a photograph of it."""
    resolved = next(
        found
        for device in asked(page, f"{url}/api/v1/devices?kind=switch&limit=50")["items"]
        for label in asked(page, f"{url}/api/v1/devices/{device['id']}/labels")
        if label["face"] == "front"
        and (found := asked(page, f"{url}/api/v1/labels/{label['code']}"))["view"]["device_type"]["height_u"]
        == 1
    )
    face = DeviceType.model_validate(resolved["view"]["device_type"]).front
    layout = Layout.model_validate(resolved["layout"])
    middle = (face.width_mm / 2, face.height_mm / 2)
    where = look_at(middle, max(470, 1.5 * face.height_mm), yaw_deg=7, pitch_deg=-5)
    picture = build_scene(Front(face, layout, seed=1), px_per_mm=6).take(
        where, phone_camera(3000, 2250), seed=2
    )
    path = folder / "photo.jpg"
    cv2.imwrite(str(path), picture)
    return str(resolved["view"]["device"]["id"]), path


def asked(page: Page, address: str) -> Any:
    answer = page.request.get(address)
    assert answer.ok, answer.status_text
    return answer.json()
