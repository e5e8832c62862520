"""L3. Whatever happens on the way, everybody ends with the same session."""

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.sessions.messages import server_events
from nearhand.sessions.model import SessionState
from nearhand.sessions.room import Room
from tests.support.live import EXPERT, OBSERVER, TECHNICIAN, LiveServer, Member, a_session, until

PEOPLE = [TECHNICIAN, EXPERT, OBSERVER]
FRAME = {"stream": "phone", "frame_id": 1}
ON_STILL = {"kind": "frame", "frame": FRAME, "points": [[0.25, 0.5], [0.5, 0.5]]}
STILL = {
    "frame": FRAME,
    "sha256": "a" * 64,
    "width": 1280,
    "height": 720,
    "captured_at": "2026-01-01T08:00:00Z",
}
ON_FACE = {"kind": "face", "device_id": "D", "face": "front", "points_mm": [[1, 5, 0], [2, 5, 0]]}


class Person:
    """A client as the protocol describes it: an outbox, the newest event it has, and the room it has made of them."""

    def __init__(self, server: LiveServer, number: int) -> None:
        self._server = server
        self._who = PEOPLE[number]
        self._client = f"client-{number}"
        self._member: Member | None = None
        self._outbox: list[dict[str, Any]] = []
        self._n = 0
        self._read = 0
        self._epoch: str | None = None
        self._room = Room(a_session(), ring_s=10)

    async def come(self) -> None:
        self.read()
        member = Member(self._server, self._who, self._client)
        await member.join(None if self._epoch is None else (self._epoch, self._room.seq))
        self._member, self._read = member, 0
        await member.say(*self._outbox)

    def go(self) -> None:
        self.read()
        if self._member is not None:
            self._member.leave()
            self._member = None

    def vanish(self) -> None:
        """Go without having read what was told last."""
        if self._member is not None:
            self._member.leave()
            self._member = None

    async def ask(self, type_: str, **fields: Any) -> None:
        self._n += 1
        ask = {"type": type_, "n": self._n, **fields}
        self._outbox.append(ask)
        if self._member is not None:
            await self._member.say(ask)

    def read(self) -> None:
        if self._member is None:
            return
        for message in self._member.line.received[self._read :]:
            if message["type"] == "welcome":
                self._epoch = message["epoch"]
            elif message["type"] == "session.state":
                self._room = _room_of(message)
            elif message["type"] in ("ack", "refused"):
                self._settle(message)
            elif "seq" in message:
                self._room.apply(server_events.validate_python(message))
        self._read = len(self._member.line.received)

    def _settle(self, message: dict[str, Any]) -> None:
        if message["type"] == "refused":
            self._outbox = [ask for ask in self._outbox if ask["n"] != message["n"]]
        else:
            self._outbox = [ask for ask in self._outbox if ask["n"] > message["n"]]

    def has_sent_all(self) -> bool:
        self.read()
        return not self._outbox

    @property
    def seq(self) -> int:
        self.read()
        return self._room.seq

    @property
    def state(self) -> SessionState:
        return self._room.state()


def _room_of(message: dict[str, Any]) -> Room:
    from nearhand.sessions.model import Snapshot

    room = Room(a_session(), ring_s=10)
    state = SessionState.model_validate(message["state"])
    snapshot = Snapshot(seq=message["seq"], state=state, removed=(), ledgers=())
    room.restore(a_session(), snapshot, [], stills={}, refusals=[])
    return room


MARKS = st.sampled_from([f"m{number}" for number in range(4)])
STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.one_of(
            st.sampled_from(["come", "go", "vanish", "read", "say", "settle", "restart", "full", "space"]),
            st.tuples(st.sampled_from(["add", "edit", "remove", "restore"]), MARKS),
        ),
    ),
    max_size=40,
)


@settings(max_examples=40)
@given(STEPS)
def test_random_joins_drawings_drops_and_restarts_leave_everybody_with_the_same_annotations(
    steps: list[tuple[int, Any]],
) -> None:
    """L3. L4. L15. L16."""
    asyncio.run(_live_through(steps))


async def _live_through(steps: list[tuple[int, Any]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = await LiveServer(Path(folder)).start()
        await server.open()
        people = [Person(server, number) for number in range(3)]
        await people[0].ask("still.share", **STILL)
        for number, step in steps:
            await _take(server, people, people[number], step)
        server.storage.is_full = False
        for person in people:
            person.go()
            await person.come()
        await until(lambda: all(person.has_sent_all() for person in people))
        stored = await server.stored()
        await until(lambda: all(person.seq == len(stored) for person in people))
        assert [event["seq"] for event in stored] == list(range(1, len(stored) + 1))
        asks = [(event["client"], event["n"]) for event in stored if event["n"]]
        assert len(set(asks)) == len(asks)
        first, *others = [person.state for person in people]
        for other in others:
            assert other.annotations == first.annotations
            assert {p.id for p in other.participants} == {p.id for p in first.participants}
            assert other.chat == first.chat
        await server.stop()


async def _take(server: LiveServer, people: list[Person], person: Person, step: Any) -> None:
    match step:
        case "come":
            await person.come()
        case "go" | "vanish" | "read":
            getattr(person, step)()
        case "say":
            await person.ask("chat.say", text="hello")
        case "settle":
            await asyncio.gather(*[asyncio.sleep(0) for _ in range(20)])
        case "restart":
            await _restart(server, people)
        case "full" | "space":
            server.storage.is_full = step == "full"
        case (verb, mark):
            place = ON_STILL if mark in ("m0", "m1") else ON_FACE
            fields = {"shape": "ring", "place": place} if verb == "add" else {}
            await person.ask(f"annotation.{verb}", id=mark, **fields)


async def _restart(server: LiveServer, people: list[Person]) -> None:
    for person in people:
        person.vanish()
    await server.restart()
