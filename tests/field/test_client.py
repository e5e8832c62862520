"""The field client's loop against a real server, with an expert at the other end."""

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection

from nearhand.client import Client, LiveSession, LiveView
from nearhand.client import live as live_module
from nearhand.client.link import open_socket
from nearhand.field.client import FieldClient
from nearhand.field.eye import Symbols
from nearhand.field.frames import Frame, from_images
from nearhand.field.screen import VideoFile
from nearhand.labels.model import Resolved
from nearhand.sessions import messages as m
from nearhand.sessions.inked import CYAN, ring_of
from nearhand.sessions.model import (
    FaceAnchor,
    FramePart,
    FrameRef,
    OnFrame,
    Shape,
    SharedStill,
    Sighting,
    StillAnchor,
)
from nearhand.sessions.pictures import VIDEO_PROTOCOL, read_head
from nearhand.simulation.walk import tripod
from nearhand.vision.symbols import LabelSeen
from nearhand.vision.tags import find_tags
from tests.client.conftest import server  # noqa: F401
from tests.field.devices import labelled_device
from tests.field.scene import TEXT, Stage, resolved
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess

LIMIT_MM = 3.0
STILL_LIMIT_MM = 0.5
PATIENCE_S = 60
PORT = "37"
FRAME_LIMIT = 400
PAUSE_S = 0.03  # leaves the server some of a small machine


class Shooting:
    """A stage's frames for as long as they are wanted."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._is_over = threading.Event()

    def stop(self) -> None:
        self._is_over.set()

    def __iter__(self) -> Iterator[Frame]:
        for frame in self.stage.frames(FRAME_LIMIT):
            if self._is_over.wait(PAUSE_S):
                return
            yield frame


class Told:
    """What the field client said."""

    def __init__(self) -> None:
        self.lines: list[dict[str, Any]] = []
        self._awaited: list[tuple[str, asyncio.Future[None]]] = []

    def __call__(self, kind: str, **facts: Any) -> None:
        self.lines.append({"type": kind, **facts})
        for awaited in [a for a in self._awaited if a[0] == kind]:
            self._awaited.remove(awaited)
            awaited[1].set_result(None)

    async def more(self, kind: str, count: int) -> None:
        """Wait for so many further lines of a kind."""
        for _ in range(count):
            came: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._awaited.append((kind, came))
            await came

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == kind]


@pytest.fixture(scope="module")
def stage(server: ServerProcess) -> Stage:  # noqa: F811
    shown: list[Resolved] = []
    # In a thread: a module's fixture has no loop of its own.
    making = threading.Thread(target=lambda: shown.append(asyncio.run(labelled_device(server.url))))
    making.start()
    making.join()
    return Stage(shown[0])


@pytest.fixture
async def technician(server: ServerProcess) -> AsyncIterator[Client]:  # noqa: F811
    async with await Client.sign_in(server.url, "technician", PASSWORD) as client:
        yield client


@pytest.fixture
async def expert(server: ServerProcess) -> AsyncIterator[Client]:  # noqa: F811
    async with await Client.sign_in(server.url, "expert", PASSWORD) as client:
        yield client


async def sighted(live: LiveSession, stage: Stage, point_mm: tuple[float, float]) -> FrameRef:
    """The next frame in which the technician's camera saw both tags, and this point of the device."""
    async for message in live.messages():
        sighting = message.sighting if isinstance(message, m.FrameSighted) else None
        is_seen = sighting is not None and len(sighting.tags_seen) == 2
        if is_seen and stage.shows(point_mm, message.frame.frame_id):
            frame: FrameRef = message.frame
            return frame
    raise AssertionError("the link has ended")


def on(stage: Stage, frame: FrameRef, *points_mm: tuple[float, float]) -> OnFrame:
    """Drawn by an expert whose hand is sure, on what that frame truly showed."""
    pixels = [stage.pixel(point, frame.frame_id) for point in points_mm]
    width, height = stage.camera.width, stage.camera.height
    return OnFrame(frame=frame, points=tuple(((x + 0.5) / width, (y + 0.5) / height) for x, y in pixels))


async def test_a_ring_drawn_by_an_expert_sits_on_its_port_in_the_output(
    technician: Client, expert: Client, stage: Stage, tmp_path: Path
) -> None:
    """Rendered frames in, marked video out: the ring is within 3 mm of the port's true place wherever it says so."""
    session = await technician.open_session(subject="Port 37 is down")
    shooting, told, out = Shooting(stage), Told(), tmp_path / "out.mp4"
    field = FieldClient(
        frames=iter(shooting),
        client=technician,
        live=technician.live(session.id),
        eye=stage.eye,
        screen=VideoFile(out, 25),
        tell=told,
    )
    looking = asyncio.create_task(field.run())
    x, y = port = stage.port_mm(PORT)
    async with expert.live(session.id) as live:
        frame = await sighted(live, stage, port)
        place = on(stage, frame, port, (x + 8, y))
        id_, n = await live.add_annotation(Shape.RING, place, text="this one", is_kept=True)
        await live.saved(n)
        drawn_in = (await sighted(live, stage, port)).frame_id
        for _ in range(20):
            await sighted(live, stage, port)
        shooting.stop()
        await looking
        assert live.view.state is not None
        assert live.view.state.device is not None
        assert live.view.state.device.device_id == stage.shown.label.device_id
    (mark,) = told.of("mark")
    assert mark["id"] == id_
    assert told.of("problem") == []
    (anchor,) = [one.anchor for one in live.view.annotations if one.id == id_]
    assert isinstance(anchor, FaceAnchor)
    sightings = {line["frame_id"]: line["sighting"] for line in told.of("frame") if line["sighting"]}
    # The frames in which it claims to be so near; in others it may be drawn as an area.
    located = {
        frame_id
        for frame_id, sighting in sightings.items()
        if ring_of(anchor, Sighting.model_validate(sighting)) <= LIMIT_MM
    }
    errors = [
        float(np.hypot(*(stage.face_point(centre_of_cyan(picture), number) - port)))
        for number, picture in pictures_of(out)
        if number > drawn_in + 2 and number in located and stage.shows(port, number)
    ]
    assert len(errors) >= 15
    sys.stdout.write(
        f"ring in the output: {np.median(errors):.2f} mm median, {max(errors):.2f} mm at most, "
        f"{len(errors)} frames\n"
    )
    assert max(errors) <= LIMIT_MM
    # The next visit, without a session: the mark was kept, and is there again.
    again = Told()
    await FieldClient(
        frames=stage.frames(20), client=technician, eye=stage.eye, tell=again, is_patient=True
    ).run()
    assert [line["id"] for line in again.of("mark")] == [id_]


def pictures_of(video: Path) -> Iterator[tuple[int, Any]]:
    reader = cv2.VideoCapture(str(video))
    number = 0
    while (taken := reader.read())[0]:
        number += 1
        yield number, taken[1]
    reader.release()


def centre_of_cyan(picture: Any) -> tuple[float, float]:
    """The centre of the largest cyan outline that is about as high as wide: the ring, not the words beside it."""
    blue, green, red = CYAN
    is_cyan = cv2.inRange(picture, (blue - 80, green - 80, red), (blue, green + 26, red + 100))
    outlines, _ = cv2.findContours(is_cyan, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    boxes = [cv2.minAreaRect(outline) for outline in outlines]
    (x, y), _, _ = max((b for b in boxes if 0.6 < b[1][0] / (b[1][1] or 1) < 1.6), key=lambda b: b[1][0])
    return x, y


async def test_the_still_of_exactly_the_frozen_frame_is_shared(
    technician: Client, expert: Client, stage: Stage
) -> None:
    session = await technician.open_session()
    shooting = Shooting(stage)
    field = FieldClient(
        frames=iter(shooting), client=technician, live=technician.live(session.id), eye=stage.eye
    )
    looking = asyncio.create_task(field.run())
    label = (stage.shown.label.place.x_mm, stage.shown.label.place.y_mm)
    async with expert.live(session.id) as live:
        await on_request(live)
        frozen = await sighted(live, stage, label)
        live.freeze(frozen, is_whole=True)
        still = await shared(live, frozen)
        shooting.stop()
        await looking
        assert still.part is None
        assert still.sighting is not None
        assert (still.width, still.height) == (1920, 1080)
        x, y = label
        jpeg = await expert.still(session.id, still.sha256)
        sharp = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert sharp is not None
        truth = stage.picture(frozen.frame_id)
        assert np.abs(sharp.astype(int) - truth).mean() < 4  # that frame, and no neighbour of it
        _, n = await live.add_annotation(Shape.RING, on(stage, still.frame, (x, y), (x + 4, y)))
        await live.saved(n)
        anchor = live.view.annotations[0].anchor
        assert isinstance(anchor, FaceAnchor)
        at_x, at_y, _ = anchor.points_mm[0]
        assert np.hypot(at_x - x, at_y - y) < 3


async def on_request(live: LiveSession) -> None:
    """No still leaves from now on but those that are asked for."""
    inbox = live.messages()
    await live.until(lambda view: bool(view.frames))
    live.ask_rung(5)
    assert await rung_told(inbox, 5) == "asked"


async def shared(live: LiveSession, frame: FrameRef) -> SharedStill:
    view = await live.until(lambda v: v.state is not None and any(s.frame == frame for s in v.state.stills))
    assert view.state is not None
    return next(s for s in view.state.stills if s.frame == frame)


@pytest.mark.parametrize("is_whole", [False, True])
async def test_a_mark_drawn_on_a_still_lies_on_what_the_still_shows_there(
    technician: Client, expert: Client, stage: Stage, is_whole: bool
) -> None:
    """L8. By the still's own pixels, of which nobody has said where in the frame they belong but the still itself."""
    session = await technician.open_session(stage.shown.label.device_id)
    async with technician.live(session.id) as live:
        await live.saved(await live.show_device(stage.shown.label.device_id))
    whole_face = Stage(stage.shown, tripod(stage.shown.layout, distance_mm=520))
    shooting = Shooting(whole_face)
    field = FieldClient(
        frames=iter(shooting), client=technician, live=technician.live(session.id), eye=whole_face.eye
    )
    looking = asyncio.create_task(field.run())
    tags = {tag.id: (tag.x_mm, tag.y_mm) for tag in stage.shown.layout.tags}
    async with expert.live(session.id) as live:
        await on_request(live)
        frozen = await sighted(live, whole_face, tags[min(tags)])
        live.freeze(frozen, is_whole=is_whole)
        still = await shared(live, frozen)
        shooting.stop()
        await looking
        assert (still.part is None) == is_whole
        jpeg = await expert.still(session.id, still.sha256)
        sharp = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert sharp is not None
        assert sharp.shape[:2] == (still.height, still.width)
        part = still.part or FramePart(x=0, y=0, frame_width=still.width, frame_height=still.height)
        assert (part.frame_width, part.frame_height) == (1920, 1080)
        errors = []
        for tag in find_tags(np.asarray(sharp, np.uint8)):
            u, v = tag.corners_px.mean(axis=0)
            point = ((part.x + u + 0.5) / part.frame_width, (part.y + v + 0.5) / part.frame_height)
            id_, n = await live.add_annotation(Shape.FREEHAND, OnFrame(frame=still.frame, points=(point,)))
            await live.saved(n)
            anchor = next(a.anchor for a in live.view.annotations if a.id == id_)
            assert isinstance(anchor, FaceAnchor)
            x, y = tags[tag.id]
            errors.append(float(np.hypot(anchor.points_mm[0][0] - x, anchor.points_mm[0][1] - y)))
    assert len(errors) == len(tags) == 2
    of = "a whole still" if is_whole else f"a part of {still.width} x {still.height}"
    sys.stdout.write(f"marks on {of}: {max(errors):.2f} mm off at most\n")
    assert max(errors) < STILL_LIMIT_MM


async def test_the_rung_that_somebody_asks_for_is_taken_and_told(
    technician: Client, expert: Client, stage: Stage
) -> None:
    """V9."""
    session = await technician.open_session(stage.shown.label.device_id)
    shooting, told = Shooting(stage), Told()
    field = FieldClient(iter(shooting), technician, technician.live(session.id), stage.eye, tell=told)
    looking = asyncio.create_task(field.run())
    watching = expert.pictures(session.id, "unused")
    seen: list[int] = []
    async with (
        asyncio.timeout(PATIENCE_S),
        expert.live(session.id) as live,
        open_socket(watching.address, VIDEO_PROTOCOL) as desk,
    ):
        inbox = live.messages()
        await desk.send('{"type": "media.watch"}')
        watch = asyncio.create_task(look_at(desk, seen))
        assert await rung_told(inbox, 3) == "no_way"
        while len(seen) < 3:  # noqa: ASYNC110  they come over another line
            await asyncio.sleep(0.01)
        live.ask_rung(4)
        assert await rung_told(inbox, 4) == "asked"
        await still_shared(inbox)
        live.ask_rung(5)
        assert await rung_told(inbox, 5) == "asked"
        live.freeze()
        await still_shared(inbox)
        live.ask_rung(None)
        assert await rung_told(inbox, 3) == "no_way"
        last = max(line["frame_id"] for line in told.of("frame"))
        while max(seen) <= last:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        shooting.stop()
        await looking
        watch.cancel()
    rungs = [at for at, line in enumerate(told.lines) if line["type"] == "rung"][-4:]
    assert [told.lines[at]["rung"] for at in rungs] == [3, 4, 5, 3]
    # Of the frames between, but for the one that was under way, no live picture was seen.
    first, last = (
        max(line["frame_id"] for line in told.lines[:at] if line["type"] == "frame")
        for at in (rungs[1], rungs[3])
    )
    assert last - first > 3
    assert [frame_id for frame_id in seen if first + 1 < frame_id <= last] == []


async def still_shared(inbox: AsyncIterator[Any]) -> None:
    async for message in inbox:
        if isinstance(message, m.StillShared):
            return


async def look_at(desk: ClientConnection, seen: list[int]) -> None:
    async for told in desk:
        if isinstance(told, bytes):
            head = read_head(told)
            seen.append(head.frame_id)
            await desk.send(json.dumps({"type": "media.got", "slot": head.slot, "frame_id": head.frame_id}))


async def rung_told(inbox: AsyncIterator[Any], rung: int) -> str:
    """Why, once it is told."""
    async for message in inbox:
        if isinstance(message, m.RungTold) and message.rung == rung:
            return message.because
    raise AssertionError("the link has ended")


def bare_wall(stop: threading.Event) -> Iterator[Frame]:
    shade = np.tile(np.linspace(60, 180, 640, dtype=np.uint8), (360, 1))
    for number in range(1, FRAME_LIMIT):
        if stop.wait(PAUSE_S):
            return
        yield Frame(number, np.dstack([shade] * 3), datetime.now(UTC))


async def test_a_mark_on_a_still_without_a_device_is_told_and_drawn_over_nothing(
    technician: Client, expert: Client
) -> None:
    session, told = await technician.open_session(subject="Which one is it?"), Told()
    stop = threading.Event()
    field = FieldClient(bare_wall(stop), technician, technician.live(session.id), tell=told)
    looking = asyncio.create_task(field.run())
    async with expert.live(session.id) as live:
        view = await live.until(lambda v: v.state is not None and bool(v.state.stills))
        assert view.state is not None
        frame = view.state.stills[0].frame
        place = OnFrame(frame=frame, points=((0.25, 0.5), (0.3, 0.5)))
        awaited = asyncio.create_task(told.more("mark_on_still", 1))
        id_, n = await live.add_annotation(Shape.RING, place, text="this one")
        await live.saved(n)
        await awaited
        anchor = live.view.annotations[0].anchor
        assert isinstance(anchor, StillAnchor)
        assert (anchor.points, anchor.sha256) == (place.points, view.state.stills[0].sha256)
        stop.set()
        await looking
    (mark,) = told.of("mark_on_still")
    assert (mark["id"], mark["frame_id"], mark["sha256"]) == (id_, frame.frame_id, anchor.sha256)
    assert told.of("mark") == told.of("problem") == []


@pytest.mark.parametrize(("may_be_recorded", "becomes"), [(False, "ended"), (True, "running")])
async def test_it_is_recorded_only_when_it_was_started_so(
    technician: Client, expert: Client, may_be_recorded: bool, becomes: str
) -> None:
    """L32."""
    session, told, stop = await technician.open_session(subject="Which one is it?"), Told(), threading.Event()
    live = technician.live(session.id)
    field = FieldClient(bare_wall(stop), technician, live, tell=told, may_be_recorded=may_be_recorded)
    looking = asyncio.create_task(field.run())
    async with expert.live(session.id) as desk:
        await desk.until(lambda view: view.state is not None and bool(view.state.stills))
        awaited = asyncio.create_task(told.more("recording", 2))
        await desk.ask(m.RecordingAsk, id="r1")
        await awaited
    stop.set()
    await looking
    assert [line["state"] for line in told.of("recording")][:2] == ["asked", becomes]


async def test_a_label_of_another_service_is_said_and_harmless(technician: Client) -> None:
    told = Told()
    stage = Stage(resolved())
    await FieldClient(
        frames=stage.frames(3), client=technician, eye=stage.eye, tell=told, is_patient=True
    ).run()
    assert [line["code"] for line in told.of("unknown_label")] == [resolved().label.code]
    assert told.of("device") == []
    assert {line["sighting"] for line in told.of("frame")} == {None}


async def test_a_device_that_was_removed_is_said_and_the_rest_goes_on(
    technician: Client,
    server: ServerProcess,  # noqa: F811
) -> None:
    shown = await labelled_device(server.url)
    async with await Client.sign_in(server.url, "admin", PASSWORD) as admin:
        path = f"/devices/{shown.label.device_id}"
        await admin._call("DELETE", path, headers={"If-Match": f'"{shown.view.device.version}"'})
    session = await technician.open_session()
    stage, told = Stage(shown), Told()
    field = FieldClient(
        frames=stage.frames(6),
        client=technician,
        live=technician.live(session.id),
        eye=stage.eye,
        tell=told,
        is_patient=True,
    )
    await field.run()
    assert [line["is_removed"] for line in told.of("device")] == [True]
    assert told.of("problem") == []
    assert (await technician.session(session.id)).device_id == shown.label.device_id
    assert told.of("frame")[-1]["sighting"]["device_id"] == shown.label.device_id


@pytest.mark.slow
async def test_without_a_network_it_keeps_looking_and_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is killed for some frames; what was said meanwhile arrives when it is back."""
    monkeypatch.setattr(live_module, "LONGEST_RETRY_S", 1.0)
    with ServerProcess(tmp_path) as server:  # noqa: F811
        stage = Stage(await labelled_device(server.url))
        async with await Client.sign_in(server.url, "technician", PASSWORD) as client:
            session = await client.open_session()
            shooting, told = Shooting(stage), Told()
            live = client.live(session.id)
            field = FieldClient(frames=iter(shooting), client=client, live=live, eye=stage.eye, tell=told)
            looking = asyncio.create_task(field.run())
            await live.until(lambda view: view.state is not None and view.state.device is not None)
            await asyncio.to_thread(server.kill)
            n = await live.say("said while the server was down")
            await told.more("frame", 5)
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(30):
                await live.saved(n)
            shooting.stop()
            await looking
            events = await client.get(f"/sessions/{session.id}/events", list[dict[str, Any]])
            assert [e["text"] for e in events if e["type"] == "chat.said"] == [
                "said while the server was down"
            ]
            assert [e["seq"] for e in events] == list(range(1, len(events) + 1))


async def test_a_session_that_is_about_a_device_needs_only_its_tags(technician: Client, stage: Stage) -> None:
    session = await technician.open_session(stage.shown.label.device_id)
    async with technician.live(session.id) as live:
        await live.saved(await live.show_device(stage.shown.label.device_id))
    whole = Stage(stage.shown, tripod(stage.shown.layout, distance_mm=520))
    told = Told()
    await FieldClient(
        frames=whole.frames(12), client=technician, live=technician.live(session.id), eye=whole.eye, tell=told
    ).run()
    sightings = [frame["sighting"] for frame in told.of("frame") if frame["sighting"]]
    assert {sighting["device_id"] for sighting in sightings} == {stage.shown.label.device_id}
    # In some frames its tags were seen; in those between, it was followed.
    assert {len(sighting["tags_seen"]) for sighting in sightings} == {0, 2}


async def test_two_labels_in_sight_do_not_make_the_session_flicker(technician: Client, stage: Stage) -> None:
    other = resolved()
    symbols = Symbols([seen_label(stage.shown.label.text), seen_label(other.label.text)], [])
    field = FieldClient(frames=iter(()), is_patient=True)
    field._known._labels = {stage.shown.label.text: stage.shown, other.label.text: other}
    await field._look_up(symbols)
    first = field._device
    await field._look_up(Symbols(symbols.labels[::-1], []))
    assert field._device is first is stage.shown
    await field._look_up(Symbols(symbols.labels[1:], []))
    assert field._device is other


async def test_a_neighbours_label_is_told_and_does_not_take_the_session_along(
    server: ServerProcess,  # noqa: F811
    technician: Client,
    stage: Stage,
) -> None:
    other, told = await labelled_device(server.url), Told()
    ours, theirs = seen_label(stage.shown.label.text), seen_label(other.label.text)
    session = await technician.open_session(stage.shown.label.device_id)
    async with technician.live(session.id) as live:
        await live.show_device(stage.shown.label.device_id)
        await live.until(lambda view: view.state is not None and view.state.device is not None)
        field = FieldClient(frames=iter(()), live=live, tell=told, is_patient=True)
        field._known._labels = {r.label.text: r for r in (stage.shown, other)}
        for labels in ([theirs], [theirs, ours], [theirs]):
            await field._look_up(Symbols(labels, []))
        assert field._device is stage.shown
        assert [line["device_id"] for line in told.of("other_device")] == [other.label.device_id]
        await field._press("d")
        await live.until(lambda view: shown_in(view) == other.label.device_id)
        await field._look_up(Symbols([ours, theirs], []))
        assert field._device is other


def shown_in(view: LiveView) -> str | None:
    return view.state.device.device_id if view.state and view.state.device else None


def seen_label(text: str) -> LabelSeen:
    return LabelSeen(text, np.zeros((4, 2)))


async def test_photographs_are_recognised_one_by_one(tmp_path: Path) -> None:
    stage = Stage(resolved())
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), stage.picture(number))
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    told = Told()
    await FieldClient(frames=from_images(tmp_path), eye=stage.eye, tell=told, is_patient=True).run()
    assert [(p["image"], [label["text"] for label in p["labels"]]) for p in told.of("picture")] == [
        ("1.png", [TEXT]),
        ("2.png", [TEXT]),
    ]
    assert [line["text"] for line in told.of("unresolved_label")] == [TEXT]
