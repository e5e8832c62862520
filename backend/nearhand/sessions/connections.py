"""Who is in a room now, over which line, and what they asked that is not settled yet."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from nearhand.access.model import Actor, Role, Where
from nearhand.devices.model import Face
from nearhand.kit.errors import Forbidden, NearhandError
from nearhand.kit.outbox import Outbox
from nearhand.kit.rate import RateLimit
from nearhand.sessions.anchoring import Part
from nearhand.sessions.audience import Curtain, Viewer
from nearhand.sessions.calls import SIGNALS_PER_MINUTE, Calls
from nearhand.sessions.log import Loaded
from nearhand.sessions.message import Ask, FromClient, FromServer
from nearhand.sessions.messages import PresenceChanged, Problem
from nearhand.sessions.model import Participant, Session, ShownDevice
from nearhand.sessions.parties import Party
from nearhand.sessions.room import Room
from nearhand.sessions.stage import Stage
from nearhand.sessions.wire import CloseCode, Malformed

log = structlog.get_logger()

RECENT_EVENTS = 2000
RECENT_BYTES = 1024 * 1024
ERRORS_PER_MINUTE = 20
LAST_WORDS_S = 1.0  # for the reason, before the line is closed


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may use; from the settings."""

    ring_s: float
    outbox_bytes: int
    outbox_s: float
    idle_s: float
    snapshot_events: int
    screens_per_minute: int = 60  # pictures of a shared screen, of one session
    budget_bytes: int | None = None  # of a phone's own traffic in a session; it counts by itself


@dataclass(frozen=True, slots=True)
class Caller:
    """Who wants to be in which session, and by which outbox."""

    participant: Participant
    session_id: str
    client: str
    is_guest: bool = False
    actor: Actor | None = None  # None: whoever sees everything


class Line(Protocol):
    """The network's end of a connection."""

    async def send(self, text: str) -> None: ...

    async def close(self, code: CloseCode) -> None: ...

    async def reason_to_close(self) -> CloseCode | None:
        """Whoever opened it is not signed in any more, or may do other things than then; None: all is as it was."""

    def refused(self, error: NearhandError) -> None:
        """Something was asked here that whoever opened it may not do: for the record."""


class Connection:
    """One open socket. Its identity is its generation: what an old one does cannot hurt the one that replaced it."""

    def __init__(
        self, line: Line, caller: Caller | None, *, limits: Limits, monotonic: Callable[[], float]
    ) -> None:
        self.line = line
        self.participant = caller.participant if caller else None  # None: a wall, which only looks
        self.is_guest = caller is not None and caller.is_guest
        self.session_id = caller.session_id if caller else ""
        self.client = caller.client if caller else ""
        actor = caller.actor if caller else None
        self.viewer = None if actor is None else Viewer.of(actor)
        self.curtain: Curtain | None = None  # what hides from them what they may not see, once they are in
        self.holder = "" if actor is None else actor.holder
        self.running: Running | None = None
        self.pending = 0
        self.is_closing = False
        self.heard_at = self.joined_at = monotonic()
        self.early: list[Asked] = []  # asked before the welcome
        self._monotonic = monotonic
        self._errors = RateLimit(ERRORS_PER_MINUTE)
        self._signals = RateLimit(SIGNALS_PER_MINUTE)
        self._closing: asyncio.Task[None] | None = None
        self.outbox = Outbox(
            line.send,
            limit_bytes=limits.outbox_bytes,
            limit_s=limits.outbox_s,
            monotonic=monotonic,
            on_overflow=lambda: self.close(CloseCode.TOO_SLOW),
        )

    @property
    def role(self) -> Role | None:
        """What they are where the session is now; None: it is not theirs to see."""
        if self.curtain is not None:
            return self.curtain.role
        return self.participant.role if self.participant is not None else None

    def acting(self, participant: Participant, message: FromClient) -> Participant:
        """With the role they have where the session is now. Raises what they may not ask."""
        return participant if self.curtain is None else self.curtain.acting(participant, message)

    def may_signal(self, kind: str) -> bool:
        """Whether there is room for one more word about a call."""
        return self._signals.allow(kind, self._monotonic())

    def tell(self, message: FromServer) -> None:
        self.outbox.put(message.model_dump_json())

    def tell_problem(self, error: NearhandError) -> None:
        """Say what is wrong."""
        self.tell(Problem(code=error.code, title=error.title, detail=error.detail))

    def complain(self, error: NearhandError) -> None:
        """Say what they did wrong; hang up on somebody who does not stop."""
        self.tell_problem(error)
        if isinstance(error, Forbidden):
            self.line.refused(error)
        if not self._errors.allow("", self._monotonic()):
            self.close(CloseCode.TOO_MANY_ERRORS)

    def close(self, code: CloseCode) -> None:
        if self.is_closing:
            return
        self.is_closing = True
        self._closing = asyncio.get_running_loop().create_task(self._hang_up(code))

    async def _hang_up(self, code: CloseCode) -> None:
        await self.outbox.finish(LAST_WORDS_S)
        await self.line.close(code)

    def cut(self, code: CloseCode) -> None:
        """Close at once: what waits is not for them any more."""
        self.is_closing = True
        self.outbox.close()
        self._closing = asyncio.get_running_loop().create_task(self.line.close(code))

    def leave(self) -> None:
        """The line is gone. Harmless when another one has taken its place, or when called twice."""
        self.is_closing = True
        self.outbox.close()
        if self.running is not None:
            self.running.lose(self, self._monotonic())


@dataclass(slots=True, eq=False)
class Running:
    """A room with those who are in it now, and its newest events as they were told."""

    room: Room
    snapshot_seq: int
    left_at: float
    shown: Session  # as the walls were told
    party: Party
    stage: Stage = field(default_factory=Stage)
    calls: Calls = field(default_factory=Calls)
    connections: dict[str, Connection] = field(default_factory=dict)  # by client
    recent: deque[str] = field(default_factory=deque)  # the events up to room.seq, without a gap
    recent_bytes: int = 0
    ended_at: float | None = None
    recorder_heard_at: float | None = None  # None: not since this room was loaded

    @property
    def id(self) -> str:
        return self.room.session.id

    def present(self) -> set[str]:
        return {c.participant.id for c in self.connections.values() if c.participant is not None}

    def others(self, connection: Connection) -> list[Connection]:
        return [one for one in self.connections.values() if one is not connection]

    def curtain(self, viewer: Viewer) -> Curtain:
        return Curtain(viewer, self.room, self.stage)

    def may_enter(self, viewer: Viewer | None) -> bool:
        return viewer is None or self.curtain(viewer).may_enter

    def lose(self, connection: Connection, now_s: float) -> None:
        """Its line is gone."""
        if self.connections.get(connection.client) is not connection:
            return
        del self.connections[connection.client]
        self.left_at = now_s
        self.calls.is_away(connection.client, now_s)
        self.party.is_away(connection.client, now_s)
        self.tell_presence(connection, is_present=False)

    def tell_presence(self, connection: Connection, *, is_present: bool) -> None:
        participant = connection.participant
        if participant is None or (not is_present and participant.id in self.present()):
            return
        text = PresenceChanged(participant=participant, is_present=is_present).model_dump_json()
        for other in self.others(connection):
            other.outbox.put(text)

    def note_end(self, now_s: float) -> None:
        if self.room.is_ended and self.ended_at is None:
            self.ended_at = now_s

    def remember(self, bodies: Iterable[str]) -> None:
        for body in bodies:
            self.recent.append(body)
            self.recent_bytes += len(body)
        while len(self.recent) > RECENT_EVENTS or self.recent_bytes > RECENT_BYTES:
            self.recent_bytes -= len(self.recent.popleft())

    def reload(self, loaded: Loaded) -> None:
        self.room.restore(
            loaded.session,
            loaded.snapshot,
            loaded.tail,
            stills=loaded.stills,
            refusals=loaded.refusals,
        )
        self.stage = Stage(loaded.came)
        self.shown = self.room.session
        self.snapshot_seq = loaded.snapshot.seq if loaded.snapshot else 0
        self.recent.clear()
        self.recent_bytes = 0
        self.remember(loaded.tail_bodies)


@dataclass(slots=True)
class Asked:
    """A numbered message on its way to be settled."""

    connection: Connection
    ask: Ask | Malformed
    n: int
    found: Part | Face | NearhandError | None = None
    on: ShownDevice | None = None  # whose face `found` is, for a mark on a picture
    places: dict[str, Where] = field(
        default_factory=dict
    )  # of the devices it names, where the session may need them
    accident: NearhandError | None = None  # it was decided on, or looked up, and that was a mistake of ours

    def stumble(self, error: Exception) -> None:
        """It was our mistake: logged, and told by the name it has in the log."""
        reference = secrets.token_hex(4)
        session, client = self.connection.session_id, self.connection.client
        log.error("ask_failed", reference=reference, session=session, client=client, n=self.n, exc_info=error)
        self.accident = NearhandError(f"It is a mistake of the service, and has been logged as {reference}.")
