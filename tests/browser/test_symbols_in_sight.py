"""What the symbols in the picture say, one far tag or those of several devices, reaches who holds the phone."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from nearhand.client import Client
from nearhand.devices.model import DeviceView
from nearhand.labels.model import Layout
from nearhand.simulation.film import UPRIGHT, Film, make, upright_film
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import Front, Look, Scene, build_scene, phone_camera
from nearhand.simulation.robots import Elevation
from nearhand.simulation.walk import PERIOD_S, Stand, Walk, along
from tests.browser.conftest import hall_at
from tests.support.chromium import CALM_FRAMES_PER_S, chromium, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.moving import Moving, seen_frames, watch

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(300)]

SLOW_MS = 45_000
LOOK = Look(blur_px=0.6, noise=1.5)
PHONE: ViewportSize = {"width": 390, "height": 844}
WALK_PAST_S = 6.0
AGAIN_MS, MISREAD_TIMES = 500, 2  # a contradiction that is seen less often may have been misread
FINDING_STANDS_S = 7.0  # longer than a finding is told of that is not seen again
LONGEST_UNSEEN_S = 3.5  # on that walk no symbol is whole in view for two seconds


@dataclass(frozen=True)
class Hall:
    """The demo switch, and those of its neighbours that are one unit high, by how many units above it they are."""

    demo: DemoProcess
    view: DeviceView
    layout: Layout
    scene: Scene
    neighbours: dict[int, tuple[str, Front]]

    def switch(self, layout: Layout) -> Front:
        return Front(self.view.device_type.front, layout, self.view.device_type.model, 0)


async def neighbours_at(url: str, view: DeviceView) -> dict[int, tuple[str, Front]]:
    found = {}
    async with await Client.sign_in(url, "technician", PASSWORD) as client:
        assert view.rack is not None
        elevation = await client.get(f"/racks/{view.rack.id}/elevation", Elevation)
        for number, mounted in enumerate(elevation.devices):
            device, its_type = mounted.device, mounted.device_type
            if device.position_u is None or its_type.height_u != 1 or device.id == view.device.id:
                continue
            labels = await client.get(f"/devices/{device.id}/labels", list[dict[str, object]])
            layout = (await client.label(str(labels[0]["code"]))).layout
            above = device.position_u - (view.device.position_u or 0)
            found[above] = (device.name, Front(its_type.front, layout, its_type.model, number))
    return found


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    with DemoProcess(tmp_path_factory.mktemp("demo")) as demo:
        view, layout, scene = asyncio.run(hall_at(demo.url))
        yield Hall(demo, view, layout, scene, asyncio.run(neighbours_at(demo.url, view)))


@contextmanager
def filmed(folder: Path, hall: Hall, scene: Scene, walk: Walk) -> Iterator[Page]:
    """The field app before a camera that is walked past this scene, over and over."""
    moving = Moving(Film(scene, walk, phone_camera(1280, 720), LOOK, CALM_FRAMES_PER_S))
    with chromium(moving.write(folder / "camera.mjpeg")) as browser:
        page = browser.new_context(viewport=PHONE, permissions=["camera"], locale="en").new_page()
        watch(page)
        sign_in_page(page, f"{hall.demo.url}/field/", "technician", PASSWORD)
        expect(page.get_by_test_id("device")).to_contain_text("R07", timeout=SLOW_MS)
        yield page


def test_a_single_tag_at_the_far_end_holds_the_device_again(hall: Hall) -> None:
    film = upright_film(hall.scene, along(hall.layout))
    make(hall.demo.folder / "hall" / UPRIGHT, film, hall.layout)
    with chromium() as browser:
        page = browser.new_context(viewport=PHONE, locale="en").new_page()
        watch(page)
        sign_in_page(page, f"{hall.demo.url}/field/?camera=demo", "technician", PASSWORD)
        chip = page.get_by_test_id("identity")
        expect(chip).to_have_attribute("data-identity", "label", timeout=SLOW_MS)
        expect(chip).to_have_attribute("data-identity", "tags", timeout=SLOW_MS)
        page.wait_for_timeout((PERIOD_S + 2) * 1e3)
        seen = [frame for frame in seen_frames(page) if frame["pose"]]
    with_symbols = [frame["came"] / 1e3 for frame in seen if frame["symbols"] > 0]
    assert max(after - before for before, after in pairwise(with_symbols)) < LONGEST_UNSEEN_S
    assert len(with_symbols) > 40


def test_a_label_with_the_tags_of_another_device_is_a_red_finding_and_anchors_nothing(
    tmp_path: Path, hall: Hall
) -> None:
    label = hall.layout.label
    assert label is not None
    (_, other), *_ = hall.neighbours.values()
    assert other.layout is not None
    foreign = tuple(
        own.model_copy(update={"id": its.id})
        for own, its in zip(hall.layout.tags, other.layout.tags, strict=True)
    )
    wrong = build_scene(hall.switch(hall.layout.model_copy(update={"tags": foreign})))
    alone = Stand(0.0, label.x_mm + 88, label.y_mm, 160)  # nothing contradicts the label yet, and it is held
    beside = Stand(0.4, label.x_mm + 30, label.y_mm, 170)
    with filmed(tmp_path, hall, wrong, Walk((alone, beside), period_s=WALK_PAST_S)) as page:
        finding = page.get_by_test_id("disagree")
        expect(finding).to_contain_text("do not belong together", timeout=SLOW_MS)
        expect(finding).to_have_attribute("role", "alert")
        expect(page.locator("[data-testid=overlay] [data-annotation-id]")).to_have_count(0)
        page.wait_for_timeout(WALK_PAST_S * 1e3)
        frames = seen_frames(page)
    assert any(frame["pose"] for frame in frames if frame["symbols"] == 1)
    spans = list(contradicted(frames))
    assert spans
    assert [frame["frame_id"] for span in spans for frame in span if frame["pose"]] == []


def contradicted(frames: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The frames from a foreign tag that was seen to the next, of those that are seen again and again."""
    times = 0
    span: list[dict[str, Any]] = []
    for frame in frames:
        span.append(frame)
        if frame["tags"] == 0:
            continue
        is_again = frame["came"] - span[0]["came"] < AGAIN_MS
        times = times + 1 if is_again else 0
        if times > MISREAD_TIMES:
            yield span
        span = [frame]


def test_a_device_that_sits_elsewhere_is_told_while_another_is_held(tmp_path: Path, hall: Hall) -> None:
    above = sorted(unit for unit in hall.neighbours if unit > 0)[:2]
    (_, agrees), (name, moved) = (hall.neighbours[unit] for unit in above)
    scene = build_scene(
        hall.switch(hall.layout),
        {above[0]: agrees, above[1] - 1: moved},
        position_u=hall.view.device.position_u or 1,
    )
    before = Stand(0.0, hall.layout.face.width_mm / 2, -60, 460, yaw_deg=5, pitch_deg=-6)
    with filmed(tmp_path, hall, scene, Walk((before,), period_s=4.0)) as page:
        finding = page.locator(".messages")
        said = f"{name} sits 1 U lower than registered"
        expect(finding).to_contain_text(said, timeout=SLOW_MS)
        page.wait_for_timeout(FINDING_STANDS_S * 1e3)
        expect(finding).to_contain_text(said)
        newest = [frame for frame in seen_frames(page)[-60:] if not frame["isBlurred"]]
    assert all(frame["pose"] for frame in newest)  # ours was held all the while
