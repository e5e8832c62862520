"""The field client's loop against a real server, with an expert at the other end."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from nearhand.client import Client, LiveSession, Refusal
from nearhand.devices.model import Device, DeviceType, Site
from nearhand.field.client import FieldClient
from nearhand.field.eye import Eye
from nearhand.field.frames import Frame, from_images
from nearhand.field.marks import CYAN
from nearhand.field.screen import VideoFile
from nearhand.kit.blobs import Blobs
from nearhand.labels.model import Label, Resolved
from nearhand.media.model import Still
from nearhand.sessions import messages as m
from nearhand.sessions.model import FrameRef, OnFrame, Shape
from tests.client.conftest import server  # noqa: F401
from tests.field import scene
from tests.support.factories import new_device, new_device_type, new_site
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess

PORT = "37"
FRAME_LIMIT = 400


class Stage:
    """Frames for as long as they are wanted, no faster than they are looked at."""

    def __init__(self) -> None:
        self.is_over = threading.Event()

    def __iter__(self) -> Iterator[Frame]:
        for frame in scene.frames(FRAME_LIMIT):
            if self.is_over.is_set():
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


class LabelledClient(Client):
    """Knows the one label of the scene, and keeps pictures where the server finds them."""

    known: Resolved
    server: ServerProcess

    async def label(self, code: str) -> Resolved:
        if code != self.known.label.code:
            raise Refusal(404, "not_found", "There is no such thing here", "")
        return self.known

    async def labels(self, device_id: str) -> list[Label]:
        return [self.known.label]

    async def upload_still(self, session_id: str, picture: bytes, media_type: str = "image/jpeg") -> Still:
        image = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
        assert image is not None
        return Still(
            session_id=session_id,
            sha256=await Blobs(self.server.settings.data_dir / "blobs").put(picture),
            media_type=media_type,
            width=image.shape[1],
            height=image.shape[0],
            size_bytes=len(picture),
            created_at=scene.AT,
            created_by="",
        )


@pytest.fixture
async def technician(server: ServerProcess) -> AsyncIterator[LabelledClient]:  # noqa: F811
    async with await Client.sign_in(server.url, "admin", PASSWORD) as admin:
        device_id = await register_device(admin)
    client = await LabelledClient.sign_in(server.url, "technician", PASSWORD)
    client.known, client.server = scene.resolved(device_id), server
    async with client:
        yield client


async def register_device(admin: Client) -> str:
    """The scene's device, once; its id."""
    try:
        return (await admin.device_by_tag(new_device("TYPE", "SITE").asset_tag)).device.id
    except Refusal:
        site = await admin.post("/sites", new_site(), Site)
        device_type = await admin.post("/device-types", new_device_type(), DeviceType)
        return (await admin.post("/devices", new_device(device_type.id, site.id), Device)).id


@pytest.fixture
async def expert(server: ServerProcess) -> AsyncIterator[Client]:  # noqa: F811
    async with await Client.sign_in(server.url, "expert", PASSWORD) as client:
        yield client


async def sighted(live: LiveSession) -> m.FrameSighted:
    """The next frame in which the technician's camera saw the device."""
    async for message in live.messages():
        if isinstance(message, m.FrameSighted) and message.sighting is not None:
            return message
    raise AssertionError("the link has ended")


def on(frame: FrameRef, *points_mm: tuple[float, float]) -> OnFrame:
    """Drawn by an expert whose hand is sure, on what that frame truly showed."""
    pixels = [scene.pixel_of(point, frame.frame_id) for point in points_mm]
    return OnFrame(
        frame=frame,
        points=tuple(((x + 0.5) / scene.CAMERA.width, (y + 0.5) / scene.CAMERA.height) for x, y in pixels),
    )


async def test_a_ring_drawn_by_an_expert_sits_on_its_port_in_the_output(
    technician: LabelledClient, expert: Client, tmp_path: Path
) -> None:
    """Rendered frames in, marked video out: the ring is within 3 mm of the port's true place in every frame."""
    session = await technician.open_session(subject="Port 37 is down")
    stage, told, out = Stage(), Told(), tmp_path / "out.mp4"
    field = FieldClient(
        frames=iter(stage),
        client=technician,
        live=technician.live(session.id),
        eye=Eye(scene.CAMERA),
        screen=VideoFile(out, 25),
        tell=told,
    )
    looking = asyncio.create_task(field.run())
    x, y = scene.port_mm(PORT)
    async with expert.live(session.id) as live:
        seen = await sighted(live)
        id_, n = await live.add_annotation(Shape.RING, on(seen.frame, (x, y), (x + 8, y)), text="this one")
        await live.saved(n)
        drawn_in = (await sighted(live)).frame.frame_id
        for _ in range(8):
            await sighted(live)
        stage.is_over.set()
        await looking
        assert live.view.state is not None
        assert live.view.state.device is not None
        assert live.view.state.device.device_id == technician.known.label.device_id
    (mark,) = told.of("mark")
    assert mark["id"] == id_
    assert told.of("problem") == []
    errors = [
        float(np.hypot(*(scene.face_point(centre_of_cyan(picture), number) - (x, y))))
        for number, picture in pictures_of(out)
        if number > drawn_in + 2
    ]
    assert len(errors) >= 5
    sys.stdout.write(f"ring in the output: {np.median(errors):.2f} mm median, {max(errors):.2f} mm at most\n")
    assert max(errors) <= 3


def pictures_of(video: Path) -> Iterator[tuple[int, Any]]:
    reader = cv2.VideoCapture(str(video))
    number = 0
    while (taken := reader.read())[0]:
        number += 1
        yield number, taken[1]
    reader.release()


def centre_of_cyan(picture: Any) -> tuple[float, float]:
    """The centre of the largest cyan outline that is as high as wide: the ring, not the words beside it."""
    blue, green, red = CYAN
    is_cyan = cv2.inRange(picture, (blue - 70, green - 70, red), (blue, green + 26, red + 90))
    outlines, _ = cv2.findContours(is_cyan, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    boxes = [cv2.minAreaRect(outline) for outline in outlines]
    (x, y), _, _ = max((b for b in boxes if 0.7 < b[1][0] / (b[1][1] or 1) < 1.4), key=lambda b: b[1][0])
    return x, y


async def test_the_still_of_exactly_the_frozen_frame_is_shared(
    technician: LabelledClient, expert: Client
) -> None:
    session = await technician.open_session()
    stage, told = Stage(), Told()
    field = FieldClient(
        frames=iter(stage),
        client=technician,
        live=technician.live(session.id),
        eye=Eye(scene.CAMERA),
        tell=told,
    )
    looking = asyncio.create_task(field.run())
    async with expert.live(session.id) as live:
        await sighted(live)
        await live.until(lambda view: view.state is not None and bool(view.state.stills))
        frozen = (await sighted(live)).frame
        live.freeze(frozen)
        view = await live.until(
            lambda view: view.state is not None and any(s.frame == frozen for s in view.state.stills)
        )
        stage.is_over.set()
        await looking
        assert view.state is not None
        still = next(s for s in view.state.stills if s.frame == frozen)
        assert still.sighting is not None
        assert (still.width, still.height) == (1920, 1080)
        _, n = await live.add_annotation(Shape.RING, on(still.frame, (100, 20), (104, 20)))
        await live.saved(n)
        x, y, _ = live.view.annotations[0].anchor.points_mm[0]
        assert np.hypot(x - 100, y - 20) < 3


async def test_a_foreign_and_an_unknown_label_are_said_and_harmless(technician: LabelledClient) -> None:
    told = Told()
    label = technician.known.label
    known = technician.known.model_copy(update={"label": label.model_copy(update={"code": "ANOTHER0"})})
    technician.known = known
    await FieldClient(
        frames=scene.frames(3), client=technician, eye=Eye(scene.CAMERA), tell=told, is_patient=True
    ).run()
    assert [line["code"] for line in told.of("unknown_label")] == [scene.CODE]
    assert told.of("device") == []


async def test_a_device_that_was_removed_is_refused_and_the_rest_goes_on(
    technician: LabelledClient, expert: Client
) -> None:
    technician.known = scene.resolved("REMOVED00000")
    session = await technician.open_session()
    told = Told()
    live = technician.live(session.id)
    await FieldClient(
        frames=scene.frames(6),
        client=technician,
        live=live,
        eye=Eye(scene.CAMERA),
        tell=told,
        is_patient=True,
    ).run()
    assert {line["code"] for line in told.of("problem")} >= {"not_found"}
    assert told.of("frame")[-1]["sighting"]["device_id"] == "REMOVED00000"


async def test_without_a_network_it_keeps_looking_and_catches_up(tmp_path: Path) -> None:
    """The server is killed for some frames; what was shared meanwhile arrives when it is back."""
    with ServerProcess(tmp_path) as server:  # noqa: F811
        async with await Client.sign_in(server.url, "admin", PASSWORD) as admin:
            device_id = await register_device(admin)
        client = await LabelledClient.sign_in(server.url, "technician", PASSWORD)
        client.known, client.server = scene.resolved(device_id), server
        async with client:
            session = await client.open_session()
            stage, told = Stage(), Told()
            live = client.live(session.id)
            field = FieldClient(
                frames=iter(stage), client=client, live=live, eye=Eye(scene.CAMERA), tell=told
            )
            looking = asyncio.create_task(field.run())
            await live.until(lambda view: view.state is not None and view.state.device is not None)
            await asyncio.to_thread(server.kill)
            n = await live.say("said while the server was down")
            await told.more("frame", 5)
            await asyncio.to_thread(server.start)
            async with asyncio.timeout(30):
                await live.saved(n)
            stage.is_over.set()
            await looking
            events = await client.get(f"/sessions/{session.id}/events", list[dict[str, Any]])
            assert [e["text"] for e in events if e["type"] == "chat.said"] == [
                "said while the server was down"
            ]
            assert [e["seq"] for e in events] == list(range(1, len(events) + 1))


async def test_photographs_are_recognised_one_by_one(tmp_path: Path) -> None:
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), scene.picture(number))
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    told = Told()
    await FieldClient(frames=from_images(tmp_path), eye=Eye(scene.CAMERA), tell=told, is_patient=True).run()
    assert [(p["image"], [label["text"] for label in p["labels"]]) for p in told.of("picture")] == [
        ("1.png", [scene.TEXT]),
        ("2.png", [scene.TEXT]),
    ]
    assert [line["text"] for line in told.of("unresolved_label")] == [scene.TEXT]
