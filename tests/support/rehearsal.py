"""A technician's page whose camera moves on a known way, and an expert who draws on what it shows."""

import asyncio
import math
import random
import threading
import time
from collections import deque
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from playwright.sync_api import Page

from nearhand.client import Client, LiveSession
from nearhand.devices.model import DeviceView, FaceSide, Port
from nearhand.labels.model import Layout
from nearhand.sessions import messages as m
from nearhand.sessions.model import Annotation, FaceAnchor, FrameRef, OnFace, OnFrame, Shape
from nearhand.simulation.film import Film
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import Look, Scene, phone_camera
from nearhand.simulation.walk import Stand, Walk
from tests.support.chromium import CALM_FRAMES_PER_S, chromium, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.moving import Moving, seen_marks, watch
from tests.support.tcp import tcp_way

Answer = TypeVar("Answer")

LOOK = Look(blur_px=0.6, noise=2.0)
VIEW_DEG = 66.0
FRAMES_KEPT = 200
BATCH = 5
SHOWN_TIMES = 3  # a ring is looked at on so many frames of the technician's page
PATIENCE_S = 60.0
FOUND_WITHIN_S = 120.0  # a bare device is looked for by its picture, on a machine that also films


class Expert:
    """Takes part from a thread of its own, for a test that drives a browser has no loop to lend."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="expert", daemon=True)
        self._thread.start()
        self._frames: deque[m.FrameSighted] = deque(maxlen=FRAMES_KEPT)
        self._tasks: list[asyncio.Task[None]] = []
        self.session_id = ""

    def call(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=PATIENCE_S)

    async def enter(self, url: str, device_id: str) -> None:
        self._technician = await Client.sign_in(url, "technician", PASSWORD)
        self._client = await Client.sign_in(url, "expert", PASSWORD)
        self.session_id = (await self._technician.open_session(device_id)).id
        async with self._technician.live(self.session_id) as live:
            await live.saved(await live.show_device(device_id))
        self._live: LiveSession = self._client.live(self.session_id)
        inbox = self._live.messages()
        await self._live.start()
        self._tasks.append(asyncio.create_task(self._hear(inbox)))

    async def _hear(self, inbox: Any) -> None:
        async for message in inbox:
            if isinstance(message, m.FrameSighted):
                self._frames.append(message)

    async def ring(self, place: OnFrame | OnFace) -> str:
        id_, n = await self._live.add_annotation(Shape.RING, place)
        await self._live.saved(n)
        return id_

    async def annotation(self, id_: str) -> Annotation:
        view = await self._live.until(lambda view: any(one.id == id_ for one in view.annotations))
        return next(one for one in view.annotations if one.id == id_)

    async def marks(self) -> tuple[Annotation, ...]:
        return (await self._live.until(lambda view: bool(view.annotations))).annotations

    async def remove(self, id_: str) -> None:
        await self._live.saved(await self._live.remove(id_))

    def frame_of_age(self, age_s: float) -> m.FrameSighted | None:
        """The newest frame with a device in it that is at least so old."""
        now = datetime.now(UTC)
        old = [f for f in self._frames if f.sighting and (now - f.captured_at).total_seconds() >= age_s]
        return old[-1] if old else None

    def leave(self) -> None:
        async def close() -> None:
            for task in self._tasks:
                task.cancel()
            await self._live.stop()
            await self._client.close()
            await self._technician.close()

        self.call(close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()


@dataclass(frozen=True)
class Rehearsal:
    """What is filmed, who looks at it, and what is true."""

    view: DeviceView
    layout: Layout
    moving: Moving
    page: Page
    expert: Expert

    @property
    def ports(self) -> list[Port]:
        return list(self.view.device_type.front.ports)

    def port(self, name: str) -> Port:
        return next(port for port in self.ports if port.name == name)

    def nearest_port(self, x_mm: float, y_mm: float) -> Port:
        return min(self.ports, key=lambda port: math.dist((port.x_mm, port.y_mm), (x_mm, y_mm)))

    def film_of(self, frame_id: int) -> int | None:
        number: int | None = self.page.evaluate("id => window.nearhandSeen.film[id] ?? null", frame_id)
        return number


@contextmanager
def rehearsal(
    folder: Path,
    demo: DemoProcess,
    hall: tuple[DeviceView, Layout, Scene],
    walk: Walk,
    *,
    size: tuple[int, int] = (1280, 720),
    delay_s: float = 0.0,
    look: Look = LOOK,
    frames_per_s: int = CALM_FRAMES_PER_S,
) -> Iterator[Rehearsal]:
    """The field app in a session about the filmed device; the server is `delay_s` away, there and back again."""
    view, layout, scene = hall
    moving = Moving(Film(scene, walk, phone_camera(*size, field_of_view_deg=VIEW_DEG), look, frames_per_s))
    file = moving.write(folder / f"film-{size[0]}.mjpeg")
    expert = Expert()
    with tcp_way(urlsplit(demo.url).port or 0) as way, chromium(file) as browser:
        way.shape.delay_s, url = delay_s, way.url
        expert.call(expert.enter(url, view.device.id))
        try:
            page = browser.new_context(
                viewport={"width": 844, "height": 475}, permissions=["camera"], locale="en"
            ).new_page()
            watch(page)
            sign_in_page(page, f"{url}/field/session/{expert.session_id}", "technician", PASSWORD)
            page.wait_for_function(
                "() => window.nearhandSeen.frames.some((frame) => frame.pose)", timeout=FOUND_WITHIN_S * 1e3
            )
            yield Rehearsal(view, layout, moving, page, expert)
        finally:
            expert.leave()
            file.unlink()


def hand(layout: Layout, *, period_s: float = 8.0) -> Walk:
    """A hand that shows the face from half a metre, never still."""
    x, y = layout.face.width_mm / 2, layout.face.height_mm / 2
    return Walk(
        (
            Stand(0.0, x, y, 470, yaw_deg=6, pitch_deg=-6),
            Stand(0.25, x - 30, y + 12, 520, yaw_deg=-12, pitch_deg=8, roll_deg=3),
            Stand(0.5, x + 25, y - 8, 490, yaw_deg=10, pitch_deg=4, roll_deg=-4),
            Stand(0.75, x - 10, y + 6, 540, yaw_deg=-6, pitch_deg=-8),
        ),
        period_s,
        sway=2.0,
    )


def journey(layout: Layout, *, period_s: float = 20.0) -> Walk:
    """The whole face; its far half, with the label out of view for five seconds; from 1.5 m; and back."""
    x, y = layout.face.width_mm / 2, layout.face.height_mm / 2
    return Walk(
        (
            Stand(0.0, x, y, 470, yaw_deg=5, pitch_deg=-5),
            Stand(0.12, x, y, 480, yaw_deg=-6, pitch_deg=4),
            Stand(0.2, x + 100, y, 330, yaw_deg=6, pitch_deg=5),
            Stand(0.32, x + 120, y + 8, 320, yaw_deg=-8, pitch_deg=-5, roll_deg=3),
            Stand(0.45, x + 105, y, 330, yaw_deg=5),
            Stand(0.55, x, y, 520, yaw_deg=-5, pitch_deg=5),
            Stand(0.72, x, y, 1500, pitch_deg=-4),
            Stand(0.82, x + 10, y, 1500, yaw_deg=5),
            Stand(0.94, x, y, 520, yaw_deg=4),
        ),
        period_s,
    )


@dataclass(frozen=True)
class Landing:
    """A ring that was meant for one port: where the server put it, and where the technician's page showed it."""

    meant: str
    anchored: str
    shown: tuple[str, ...]
    worst_mm: float

    @property
    def is_hit(self) -> bool:
        return {self.anchored, *self.shown} == {self.meant}


def late_rings(r: Rehearsal, count: int, *, age_s: float = 1.0, seed: int = 3) -> list[Landing]:
    """Draw rings on frames that are at least so old, each around a port where it truly was in that frame."""
    rng = random.Random(seed)
    landings: list[Landing] = []
    deadline = time.monotonic() + PATIENCE_S + 4 * count
    while len(landings) < count and time.monotonic() < deadline:
        drawn: list[tuple[str, Port]] = []
        while len(drawn) < min(BATCH, count - len(landings)) and time.monotonic() < deadline:
            meant = _ring_one(r, age_s, rng)
            if meant is not None:
                drawn.append(meant)
            r.page.wait_for_timeout(150)  # the hand moves on
        landings += [_landing(r, id_, port) for id_, port in drawn]
    return landings


def _ring_one(r: Rehearsal, age_s: float, rng: random.Random) -> tuple[str, Port] | None:
    sighted = r.expert.frame_of_age(age_s)
    number = r.film_of(sighted.frame.frame_id) if sighted else None
    if sighted is None or number is None:
        return None
    port = rng.choice(r.ports)
    if not r.moving.is_in_view(number, port.x_mm, port.y_mm):
        return None
    points = tuple(_unit(r, number, port.x_mm + dx, port.y_mm) for dx in (0, 6))
    frame = FrameRef(stream=sighted.frame.stream, frame_id=sighted.frame.frame_id)
    return r.expert.call(r.expert.ring(OnFrame(frame=frame, points=points))), port


def _unit(r: Rehearsal, number: int, x_mm: float, y_mm: float) -> tuple[float, float]:
    u, v = r.moving.pixel(number, x_mm, y_mm)
    return (u + 0.5) / r.moving.camera.width, (v + 0.5) / r.moving.camera.height


def _landing(r: Rehearsal, id_: str, port: Port) -> Landing:
    anchor = r.expert.call(r.expert.annotation(id_)).anchor
    assert isinstance(anchor, FaceAnchor)
    x_mm, y_mm, _ = anchor.points_mm[0]
    r.page.wait_for_function(
        """([id, n]) => window.nearhandSeen.marks
          .filter((mark) => mark.id === id && mark.film != null).length >= n""",
        arg=[id_, SHOWN_TIMES],
        timeout=PATIENCE_S * 1e3,
    )
    marks = [mark for mark in seen_marks(r.page, id_) if mark["film"] is not None][:SHOWN_TIMES]
    places = [r.moving.on_face(mark["film"], mark["u"], mark["v"]) for mark in marks]
    r.expert.call(r.expert.remove(id_))
    return Landing(
        meant=port.name,
        anchored=r.nearest_port(x_mm, y_mm).name,
        shown=tuple(r.nearest_port(*place).name for place in places),
        worst_mm=max(math.dist(place, (port.x_mm, port.y_mm)) for place in places),
    )


@dataclass(frozen=True)
class Shown:
    """How a mark was drawn on one frame of the technician's page."""

    at_s: float
    film: int
    error_mm: float
    ring_mm: float
    is_unsure: bool


def ring_over_time(r: Rehearsal, port: Port, seconds: float) -> list[Shown]:
    """Ring a port on the drawing of the face, then watch where the page draws it while the camera moves."""
    id_ = _ring_on_the_drawing(r, port)
    r.page.wait_for_timeout(seconds * 1e3)
    return _shown(r, port, id_)


# The film has begun anew twice since the mark was first seen.
HAS_BEGUN_TWICE = """([id, half]) => window.nearhandSeen.marks
  .filter((mark) => mark.id === id && mark.film != null)
  .filter((mark, k, all) => k > 0 && mark.film < all[k - 1].film - half).length >= 2"""


def ring_over_a_walk(r: Rehearsal, port: Port) -> list[Shown]:
    """The same over one whole walk, from its beginning to its end, whenever that is seen."""
    id_ = _ring_on_the_drawing(r, port)
    half = r.moving.film.frames / 2
    patience_ms = (PATIENCE_S + 3 * r.moving.film.walk.period_s) * 1e3
    r.page.wait_for_function(HAS_BEGUN_TWICE, arg=[id_, half], timeout=patience_ms)
    shown = _shown(r, port, id_)
    begins = [k for k in range(1, len(shown)) if shown[k].film < shown[k - 1].film - half]
    return shown[begins[0] : begins[1]]


def _ring_on_the_drawing(r: Rehearsal, port: Port) -> str:
    points = tuple((port.x_mm + dx, port.y_mm, 0.0) for dx in (0, 6))
    place = OnFace(device_id=r.view.device.id, face=FaceSide.FRONT, points_mm=points)
    return r.expert.call(r.expert.ring(place))


def _shown(r: Rehearsal, port: Port, id_: str) -> list[Shown]:
    marks = [mark for mark in seen_marks(r.page, id_) if mark["film"] is not None]
    return [
        Shown(
            at_s=(mark["at"] - marks[0]["at"]) / 1e3,
            film=mark["film"],
            error_mm=math.dist(r.moving.on_face(mark["film"], mark["u"], mark["v"]), (port.x_mm, port.y_mm)),
            ring_mm=mark["ring_mm"],
            is_unsure=mark["is_unsure"],
        )
        for mark in marks
    ]
