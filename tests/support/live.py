"""Sessions, participants and live connections for tests."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nearhand.access.model import HOUSE, Role, Where
from nearhand.devices.model import CameraMask, Face, FaceSide
from nearhand.kit.clock import FixedClock
from nearhand.kit.ids import SequentialIds
from nearhand.media.model import Still
from nearhand.sessions.anchoring import Part
from nearhand.sessions.connections import Caller, Connection, Limits
from nearhand.sessions.finding import Registered
from nearhand.sessions.hub import Hub
from nearhand.sessions.log import Batch, Log, SqliteStorage
from nearhand.sessions.message import Ask
from nearhand.sessions.messages import FrameSight, Hello, ResumeFrom
from nearhand.sessions.model import (
    Camera,
    FrameRef,
    NotSaved,
    Participant,
    Session,
    SessionStatus,
    ShownDevice,
    Sighting,
)
from nearhand.sessions.room import Room
from nearhand.sessions.wire import read_frame
from tests.support.socket_pair import FakeLine

AT = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
SESSION = "SESSION00001"
EXPERT = Participant(id="EXPERT", display_name="An expert", role=Role.EXPERT)
TECHNICIAN = Participant(id="TECHNICIAN", display_name="A technician", role=Role.TECHNICIAN)
OBSERVER = Participant(id="OBSERVER", display_name="An observer", role=Role.OBSERVER)
LIMITS = Limits(ring_s=10, outbox_bytes=1024 * 1024, outbox_s=5, idle_s=45, snapshot_events=50)
FRAME = FrameRef(stream="camera-1", frame_id=7)
ON_FACE = {"kind": "face", "device_id": "DEVICE", "face": "front", "points_mm": [[10, 5, 0], [14, 5, 0]]}


def a_session(session_id: str = SESSION) -> Session:
    return Session(
        id=session_id,
        subject="Port 37 is down",
        device_id=None,
        status=SessionStatus.RINGING,
        opened_by=TECHNICIAN.id,
        opened_by_name=TECHNICIAN.display_name,
        opened_at=AT,
        ended_at=None,
        last_still_sha256=None,
        expert_names=(),
    )


def a_room() -> Room:
    return Room(a_session(), ring_s=10)


def a_sighting(**changes: Any) -> Sighting:
    """A camera half a metre in front of the face's origin, looking straight at it."""
    pose = (1, 0, 0, -100, 0, 1, 0, -20, 0, 0, 1, 500, 0, 0, 0, 1)
    camera = Camera(width=1280, height=720, fx=1000, fy=1000, cx=639.5, cy=359.5)
    values: dict[str, Any] = {
        "device_id": "DEVICE",
        "face": FaceSide.FRONT,
        "T_camera_face": pose,
        "covariance": None,
        "camera": camera,
        "label_seen": True,
        "tags_seen": (),
    }
    return Sighting(**values | changes)


class FullDisk:
    """A log's storage that can be told to refuse writing."""

    def __init__(self, storage: SqliteStorage) -> None:
        self._storage = storage
        self.is_full = False
        self.is_unreadable = False
        self.error: Exception = NotSaved("The live log could not be written: database or disk is full.")
        self.writes = 0
        self.refusals = 0

    def claim(self) -> None:
        self._storage.claim()

    async def open(self, tables: Any) -> None:
        await self._storage.open(tables)

    async def close(self) -> None:
        await self._storage.close()

    async def write(self, work: Any) -> None:
        if self.is_full:
            self.refusals += 1
            raise self.error
        self.writes += 1
        await self._storage.write(work)

    async def read(self, sql: str, row: Any) -> list[tuple[Any, ...]]:
        if self.is_unreadable:
            raise OSError("the disk is gone")
        return await self._storage.read(sql, row)


class Ticker:
    """A monotonic clock that moves only when told to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


async def nothing_to_find(
    session_id: str, message: Ask | FrameSight, on: ShownDevice | None
) -> Part | Face | None:
    return None


async def nowhere(device_id: str, *, is_fresh: bool = False) -> Where:
    return HOUSE


class LiveServer:
    """A hub over a real log in a folder, with a clock that stands still; `restart` forgets all but the log."""

    def __init__(self, folder: Path, limits: Limits = LIMITS) -> None:
        self.clock = FixedClock(AT)
        self.ticker = Ticker()
        self._folder = folder
        self._limits = limits
        self.look_up: Callable[..., Any] = nothing_to_find
        self.place_of: Callable[..., Any] = nowhere
        self.keeps = True
        self.masks: dict[str | None, CameraMask] = {}

    async def start(self) -> "LiveServer":
        self.storage = FullDisk(SqliteStorage(self._folder / "live.db"))
        self.log = Log(self.storage, ids=SequentialIds())
        await self.log.open()
        self.hub = Hub(
            self.log,
            clock=self.clock,
            limits=self._limits,
            registered=Registered(self._look_up, self._place_of, self._mask_of, self._keep),
            monotonic=self.ticker,
        )
        await self.hub.start()
        return self

    async def _look_up(
        self, session_id: str, message: Ask | FrameSight, on: ShownDevice | None
    ) -> Part | Face | None:
        found: Part | Face | None = await self.look_up(session_id, message, on)
        return found

    async def _place_of(self, device_id: str, *, is_fresh: bool = False) -> Where:
        where: Where = await self.place_of(device_id, is_fresh=is_fresh)
        return where

    async def _mask_of(self, device_id: str | None) -> CameraMask:
        return self.masks.get(device_id, CameraMask.OFF)

    async def _keep(self, still: Still, account: str, content: bytes) -> None:
        if not self.keeps:
            raise NotSaved
        await self.log.add_still(still, account)

    async def stop(self) -> None:
        await self.hub.stop()
        await self.log.close()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    async def open(self, session_id: str = SESSION) -> None:
        batch = Batch()
        batch.sessions.append(a_session(session_id))
        await self.log.append(batch)

    async def stored(self, session_id: str = SESSION) -> list[dict[str, Any]]:
        return [json.loads(body) for body in await self.log.events(session_id, after=0, limit=10**6)]

    async def join(self, who: Participant, client: str, **options: Any) -> "Member":
        member = Member(self, who, client, **options)
        await member.join()
        return member


class Member:
    """Somebody's client on a fake line. It numbers what it asks, and waits until the server has settled it."""

    def __init__(
        self, server: LiveServer, who: Participant, client: str, session_id: str = SESSION, n: int = 0
    ) -> None:
        self.server, self.who, self.client, self.session_id = server, who, client.ljust(16, "_"), session_id
        self.line = FakeLine()
        self.n = n
        self.connection: Connection

    async def join(self, resume: tuple[str, int] | None = None) -> None:
        hub = self.server.hub
        self.connection = hub.connection(self.line, Caller(self.who, self.session_id, self.client))
        back = None if resume is None else ResumeFrom(epoch=resume[0], seq=resume[1])
        await hub.join(self.connection, Hello(client=self.client, resume=back))
        await until(lambda: bool(self.line.told("welcome")) or self.line.closed is not None)

    async def again(self, resume: tuple[str, int] | None = None, n: int | None = None) -> "Member":
        """The same client on a new line."""
        other = Member(self.server, self.who, self.client, self.session_id, self.n if n is None else n)
        await other.join(resume)
        return other

    async def say(self, *messages: dict[str, Any]) -> None:
        """Send as they are, in one frame."""
        await self.server.hub.hear(self.connection, read_frame(json.dumps(messages)))

    async def ask(self, type_: str, **fields: Any) -> dict[str, Any]:
        """Send a durable wish with the next number, and return what settled it."""
        self.n += 1
        n = self.n
        await self.say({"type": type_, "n": n, **fields})
        await until(lambda: self.settled(n) is not None)
        settled = self.settled(n)
        assert settled is not None
        return settled

    def settled(self, n: int) -> dict[str, Any] | None:
        for message in self.line.received:
            if (message["type"], message.get("n")) == ("refused", n):
                return message
            if message["type"] == "ack" and message["n"] >= n:
                return message
        return None

    def leave(self) -> None:
        self.server.hub.leave(self.connection)

    @property
    def welcome(self) -> dict[str, Any]:
        return self.line.told("welcome")[0]


async def until(condition: Callable[[], bool], timeout_s: float = 20) -> None:
    """Let the loop run until something is so."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110  yields to the loop; nothing is waited for by the clock
            await asyncio.sleep(0)


async def draw(member: Member, id_: str, **fields: Any) -> dict[str, Any]:
    return await member.ask("annotation.add", id=id_, shape="ring", place=ON_FACE, **fields)


def still_and_mark(place: dict[str, Any]) -> list[dict[str, Any]]:
    """One frame that shares a picture and draws on it at once."""
    still = {"sha256": "a" * 64, "width": 1280, "height": 720, "captured_at": AT.isoformat()}
    seen = a_sighting().model_dump(mode="json")
    return [
        {"type": "still.share", "n": 1, "frame": place["frame"], "sighting": seen, **still},
        {"type": "annotation.add", "n": 2, "id": "m1", "shape": "ring", "place": place},
    ]


async def closed(member: Member) -> bool:
    await until(lambda: member.line.closed is not None)
    return True
