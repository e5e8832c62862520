"""Run the rooms: gather what is asked, decide, commit once for all rooms, and only then tell."""

import asyncio
import secrets
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, TypeVar

import structlog

from nearhand.access.model import Actor, Role, Where
from nearhand.devices.model import Face
from nearhand.kit.clock import Clock
from nearhand.kit.errors import Forbidden, KeyReused, NearhandError, NotFound
from nearhand.kit.outbox import Outbox
from nearhand.kit.rate import RateLimit
from nearhand.sessions.audience import Curtain, Viewer, lists, named_in, reach_of, veiled
from nearhand.sessions.calls import AWAY_S, SIGNALS_PER_MINUTE, Calls, as_heard, is_of_a_way
from nearhand.sessions.handed import file_in
from nearhand.sessions.log import Batch, Loaded, Log, is_storage_failure
from nearhand.sessions.masks import MaskRules, RuleOf
from nearhand.sessions.messages import (
    Ack,
    AnnotationAdded,
    AnnotationEdited,
    AnnotationRemoved,
    AnnotationRestored,
    Ask,
    Calling,
    CameraMaskChanged,
    CloseCode,
    Conferring,
    DeviceShow,
    DeviceShown,
    Directed,
    Event,
    Fleeting,
    FrameSight,
    FromClient,
    FromServer,
    Hello,
    Malformed,
    Ping,
    Pong,
    PresenceChanged,
    Problem,
    RecordingEvent,
    Refused,
    ResumeFrom,
    RtcHail,
    RtcPart,
    RtcParted,
    RtcTalk,
    RtcTalks,
    State,
    Welcome,
    server_events,
)
from nearhand.sessions.model import (
    ClientTaken,
    Elsewhere,
    FrameRef,
    MaskMissing,
    NotSaved,
    OnPort,
    Participant,
    PictureMask,
    Session,
    SessionEnded,
    SessionStatus,
    ShownDevice,
    StreamTaken,
    TooManySignals,
    UnknownDevice,
    UnknownPort,
    UnknownSession,
    UnknownStill,
)
from nearhand.sessions.parties import Party
from nearhand.sessions.room import (
    Acknowledge,
    Deliver,
    Part,
    Refuse,
    Room,
    Store,
    demand_pictures,
    demand_role,
)
from nearhand.sessions.sfu import Sfu
from nearhand.sessions.stage import Placed, Stage

log = structlog.get_logger()

RECENT_EVENTS = 2000
RECENT_BYTES = 1024 * 1024
MAX_RESUMED_EVENTS = 20_000  # who missed more is told the state instead
EVENTS_PER_ITEM = 200  # of a resumed tail, so that frames stay of a size that every client takes
MAX_PENDING = 256  # asks of one connection that wait for a commit before its reading pauses
ERRORS_PER_MINUTE = 20
LAST_WORDS_S = 1.0  # for the reason, before the line is closed
UNLOAD_AFTER_S = 30.0
LINGER_AFTER_END_S = 30.0
TEND_EVERY_S = 1.0
RECORDER_AWAY_S = 20.0  # a recording whose recorder is away for longer is over
STOP_WITHIN_S = 5.0  # for what was asked before the service was stopped
RECHECK_EVERY_S = 30.0
WALL_ROWS = 500
NOWHERE: Mapping[str, Where] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Limits:
    """What one connection may use; from the settings."""

    ring_s: float
    outbox_bytes: int
    outbox_s: float
    idle_s: float
    snapshot_events: int
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


LookUp = Callable[[str, Ask | FrameSight, ShownDevice | None], Awaitable[Part | Face | None]]


class PlaceOf(Protocol):
    def __call__(self, device_id: str, *, is_fresh: bool = False) -> Awaitable[Where]:
        """Where a device stands; `is_fresh`: as of now, not of a few seconds ago."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What rooms ask of the registry."""

    look_up: LookUp
    place_of: PlaceOf
    mask_of: RuleOf


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
        self.errors = RateLimit(ERRORS_PER_MINUTE)
        self.signals = RateLimit(SIGNALS_PER_MINUTE)
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

    def tell(self, message: FromServer) -> None:
        self.outbox.put(message.model_dump_json())


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

    def present(self) -> set[str]:
        return {c.participant.id for c in self.connections.values() if c.participant is not None}

    def curtain(self, viewer: Viewer) -> Curtain:
        return Curtain(viewer, self.room, self.stage)

    def remember(self, bodies: list[str]) -> None:
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
    connection: Connection
    ask: Ask | Malformed
    n: int
    found: Part | Face | NearhandError | None = None
    on: ShownDevice | None = None  # whose face `found` is, for a mark on a picture
    places: dict[str, Where] = field(
        default_factory=dict
    )  # of the devices it names, where the session may need them
    accident: NearhandError | None = None  # it was decided on, or looked up, and that was a mistake of ours


@dataclass(slots=True)
class Joining:
    connection: Connection
    running: Running
    resume: ResumeFrom | None
    older: list[str]  # events after resume.seq, read from the log before the turn


@dataclass(slots=True)
class Opening:
    session: Session
    request: str
    came: tuple[Placed, ...]
    done: asyncio.Future[None]


@dataclass(slots=True)
class TakingOff:
    running: Running
    annotation_id: str
    by: str
    done: asyncio.Future[None]


Errand = TypeVar("Errand", Opening, TakingOff)


@dataclass(slots=True)
class Due:
    """What waits for the next turn of the pipeline."""

    asked: list[Asked] = field(default_factory=list)
    joining: list[Joining] = field(default_factory=list)
    opening: list[Opening] = field(default_factory=list)
    taking_off: list[TakingOff] = field(default_factory=list)
    recorded: list[Running] = field(default_factory=list)  # rooms to count heads in

    def __bool__(self) -> bool:
        return bool(self.asked or self.joining or self.opening or self.taking_off or self.recorded)

    def settle(self, error: Exception | None = None) -> None:
        """Tell those who wait at a door of REST; they may have gone."""
        waiting = [one.done for one in self.opening] + [one.done for one in self.taking_off]
        for done in waiting:
            if done.done():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

    def connections(self) -> set[Connection]:
        return {a.connection for a in self.asked} | {j.connection for j in self.joining}


class Undone(Exception):
    """The turn is to be decided again from the log, without what it has stumbled over."""


@dataclass(slots=True)
class Turn:
    """What one round of the pipeline gathers between decision and telling."""

    batch: Batch = field(default_factory=Batch)
    events: dict[Running, list[str]] = field(default_factory=lambda: defaultdict(list))
    touched: set[Running] = field(default_factory=set)
    answers: dict[Connection, list[str]] = field(default_factory=lambda: defaultdict(list))
    acks: dict[Connection, int] = field(default_factory=dict)
    entered: list[Joining] = field(default_factory=list)
    sessions: dict[str, Session] = field(default_factory=dict)
    news: list[tuple[Session, Stage]] = field(default_factory=list)


class Hub:
    """All running rooms of this process.

    Durable traffic goes through one pipeline: between two of its turns every room is exactly what the log says, so
    snapshots and joins need no lock and have no gap. Fleeting traffic goes around it.
    """

    def __init__(
        self,
        live_log: Log,
        *,
        clock: Clock,
        limits: Limits,
        registered: Registered,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = live_log
        self._clock = clock
        self._limits = limits
        self._look_up = registered.look_up
        self._place_of = registered.place_of
        self._masks = MaskRules(registered.mask_of, monotonic)
        self._monotonic = monotonic
        self._rooms: dict[str, Running] = {}
        self._loading: dict[str, asyncio.Task[Running]] = {}
        self._walls: set[Connection] = set()
        self._everyone: set[Connection] = set()
        self._rechecks: set[asyncio.Task[None]] = set()
        self._due = Due()
        self._opens: dict[str, asyncio.Task[tuple[Session, str]]] = {}
        self._is_stopping = False
        self._wake = asyncio.Event()
        self._turned = asyncio.Event()
        self._turning: asyncio.Task[None] | None = None
        self._rechecked_at = monotonic()
        self._sfu: Sfu | None = None

    def confer_by(self, sfu: Sfu) -> None:
        """Voice and pictures of three and more go through this media server, while it is in reach."""
        self._sfu = sfu
        sfu.watch(self._arrange_all)

    async def start(self) -> None:
        self._is_stopping = False
        self._turning = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Finish what was asked, answer whoever still waits, then close every connection."""
        self._is_stopping = True
        self._wake.set()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                # A room that is being loaded would be entered, and a session opened, with nobody to do it.
                await asyncio.gather(*self._loading.values(), return_exceptions=True)
                if self._turning is not None:
                    await asyncio.wait([self._turning])
        except TimeoutError:
            log.error("stopped_in_the_middle", waiting=len(self._due.asked))
        if self._turning is not None:
            self._turning.cancel()
            await asyncio.gather(self._turning, return_exceptions=True)
        due, self._due = self._due, Due()
        due.settle(NotSaved("The service is stopping."))
        connections = due.connections() | self._walls
        for running in self._rooms.values():
            connections |= set(running.connections.values())
        for connection in connections:
            connection.close(CloseCode.RESTARTING)
        await asyncio.gather(*(running.party.close() for running in self._rooms.values()))

    def connection(
        self, line: Line, caller: Caller | None = None, *, watcher: Actor | None = None
    ) -> Connection:
        """`watcher`: whose wall it is, without a caller."""
        connection = Connection(line, caller, limits=self._limits, monotonic=self._monotonic)
        if watcher is not None:
            connection.viewer, connection.holder = Viewer.of(watcher), watcher.holder
        self._everyone.add(connection)
        return connection

    # -- doors: what sockets and REST call -------------------------------------------------------------------------

    async def open(self, session: Session, request: str = "") -> Session:
        """Store a new session and show it on the wall. One that has its id already is left, and returned, as it is.

        `request`: the digest of what was asked under an idempotency key. Raises NotSaved, and KeyReused when
        something else was asked under the same key.
        """
        opens = self._opens.get(session.id)
        if opens is None:
            opens = self._opens[session.id] = asyncio.create_task(
                self._open(session, request), name=session.id
            )
            opens.add_done_callback(self._is_opened)
        # Whoever asked may go; the session is opened all the same, and found when they ask again.
        opened, asked = await asyncio.shield(opens)
        if asked != request:
            raise KeyReused
        return opened

    def _is_opened(self, opens: asyncio.Task[tuple[Session, str]]) -> None:
        del self._opens[opens.get_name()]
        if not opens.cancelled():
            opens.exception()  # whoever waited for it may have gone

    async def _open(self, session: Session, request: str) -> tuple[Session, str]:
        if request:  # without a key the id was drawn just now
            known = await self._log.opened(session.id)
            if known is not None:
                return known
        came: tuple[Placed, ...] = ()
        if session.device_id is not None:
            where = await self._place_of(session.device_id, is_fresh=True)
            came = (Placed(0, session.device_id, is_shown=True, where=where),)
        opening = Opening(session, request, came, asyncio.get_running_loop().create_future())
        await self._in_turn(self._due.opening, opening)
        return session, request

    async def take_off(self, device_id: str, annotation_id: str, by: str) -> None:
        """Let a mark be kept on its device no longer; a session that is open is told so. Raises NotFound, NotSaved."""
        session_ids = await self._log.sessions_keeping(device_id, annotation_id)
        if not session_ids:
            raise NotFound(f"No mark {annotation_id} is kept on this device.")
        for session_id in session_ids:
            running = await self._running(session_id)
            taking = TakingOff(running, annotation_id, by, asyncio.get_running_loop().create_future())
            await self._in_turn(self._due.taking_off, taking)

    async def _in_turn(self, due: list[Errand], errand: Errand) -> None:
        if self._is_stopping:
            raise NotSaved("The service is stopping.")
        due.append(errand)
        self._wake.set()
        await errand.done

    async def join(self, connection: Connection, hello: Hello) -> None:
        """Bring a connection into its room. Raises UnknownSession; other refusals close it with a reason."""
        running = await self._running(connection.session_id)
        if connection.viewer is not None and not running.curtain(connection.viewer).may_enter:
            raise UnknownSession(f"No session {connection.session_id}.")
        older: list[str] = []
        if hello.resume is not None and hello.resume.epoch == self._epoch(connection):
            missed = running.room.seq - hello.resume.seq
            if len(running.recent) < missed <= MAX_RESUMED_EVENTS:
                older = await self._log.events(
                    connection.session_id, after=hello.resume.seq, limit=MAX_RESUMED_EVENTS
                )
                running = await self._running(connection.session_id)
        await self._masks.refresh(connection.session_id, running.stage.now)
        if self._is_stopping:
            connection.close(CloseCode.RESTARTING)
            return
        self._due.joining.append(Joining(connection, running, hello.resume, older))
        self._wake.set()

    async def hear(self, connection: Connection, messages: list[object]) -> None:
        """Take in the messages of one frame, in order. Returns when there is room for more."""
        connection.heard_at = self._monotonic()
        for message in messages:
            if connection.is_closing:
                return
            if isinstance(message, Ask):
                await self._hear_ask(connection, message)
            elif isinstance(message, FrameSight):
                await self._hear_sight(connection, message)
            elif isinstance(message, Fleeting | Directed | Conferring):
                await self._hear_fleeting(connection, message)
            elif isinstance(message, Ping):
                connection.tell(Pong(at=self._clock.now()))
            elif isinstance(message, Malformed) and message.n is not None:
                self._enqueue(Asked(connection, message, message.n))
            elif isinstance(message, Malformed):
                self.complain(connection, message.error)
            else:
                self.complain(connection, ClientTaken("This connection has said hello before."))
        while connection.pending >= MAX_PENDING and not connection.is_closing:
            await self._turned.wait()

    def leave(self, connection: Connection) -> None:
        """The socket is gone. Harmless when another one has taken its place, or when called twice."""
        connection.is_closing = True
        connection.outbox.close()
        self._everyone.discard(connection)
        self._walls.discard(connection)
        running = connection.running
        if running is None or running.connections.get(connection.client) is not connection:
            return
        del running.connections[connection.client]
        running.left_at = self._monotonic()
        running.calls.is_away(connection.client, running.left_at)
        running.party.is_away(connection.client, running.left_at)
        self._tell_presence(running, connection, is_present=False)

    async def watch(self, connection: Connection) -> None:
        """Show all sessions that are not over, and from now on each change."""
        self._walls.add(connection)
        viewer = connection.viewer
        rows, _ = await self._log.sessions(
            [SessionStatus.RINGING, SessionStatus.OPEN],
            limit=WALL_ROWS,
            offset=0,
            reach=None if viewer is None else reach_of(viewer),
        )
        told = rows
        if viewer is not None:
            came = await self._log.came([row.id for row in rows])
            told = [veiled(row, viewer, Stage(came[row.id])) for row in rows]
        # A change that came while reading is in line already and is newer than what was read.
        connection.outbox.put(",".join(row.model_dump_json() for row in reversed(told)), is_counted=False)
        for row in rows:
            running = self._rooms.get(row.id)
            if running is not None and running.room.session != row:
                self._show(running.room.session, running.stage, [connection])

    async def audience(self, session_id: str, actor: Actor) -> "Audience":
        """What this person may see of a session. Raises UnknownSession, also for one that is not theirs to see."""
        viewer = Viewer.of(actor)
        if viewer is None:
            session = await self._log.session(session_id)
            if session is None:
                raise UnknownSession(f"No session {session_id}.")
            return Audience(session, None, actor.role)
        running = await self._running(session_id)
        curtain = running.curtain(viewer)
        if not curtain.may_enter:
            raise UnknownSession(f"No session {session_id}.")
        return Audience(running.room.session, curtain, curtain.role)

    # -- live pictures, which come over lines of their own ---------------------------------------------------------

    async def demand_open(self, session_id: str, actor: Actor) -> Viewer | None:
        """Raises UnknownSession, also for one that is not theirs to see, and SessionEnded."""
        running = await self._running(session_id)
        viewer = Viewer.of(actor)
        if viewer is not None and not running.curtain(viewer).may_enter:
            raise UnknownSession(f"No session {session_id}.")
        if running.room.is_ended:
            raise SessionEnded
        return viewer

    def objection_to_pictures(
        self, session_id: str, who: Participant, viewer: Viewer | None, stream: str
    ) -> NearhandError | None:
        """Why pictures of this stream may not come from them now; of a session that nobody is in, none may."""
        running = self._rooms.get(session_id)
        if running is None or running.room.is_ended:
            return SessionEnded()
        role = who.role if viewer is None else running.curtain(viewer).role
        if role is None:
            return Elsewhere()
        owner = running.room.client_of(stream)
        if owner is not None and running.room.owner_of(owner) not in (None, who.id):
            return StreamTaken()
        try:
            demand_pictures(who.model_copy(update={"role": role}))
        except Forbidden as error:
            return error
        return None

    def shows(self, session_id: str, viewer: Viewer | None, frame: FrameRef) -> bool:
        """Whether a live picture is theirs to see, as things are now."""
        running = self._rooms.get(session_id)
        if running is None or running.room.is_ended:
            return False
        return viewer is None or running.curtain(viewer).shows(frame)

    def obeys_mask(self, session_id: str, mask: PictureMask) -> bool:
        """Whether a picture with this mask may be shown where the session is now."""
        return self._masks.obeys(session_id, mask)

    async def demand_mask(self, session_id: str, mask: PictureMask) -> None:
        """Raises UnknownSession, and MaskMissing for a still that may not be taken in as it is."""
        running = await self._running(session_id)
        await self._masks.refresh(session_id, running.stage.now)
        if not self._masks.obeys(session_id, mask):
            raise MaskMissing

    def is_over(self, session_id: str) -> bool:
        running = self._rooms.get(session_id)
        return running is not None and running.room.is_ended

    def recheck(self, holder: str) -> None:
        """Somebody's rights are others now: what they have open is checked at once."""
        for running in self._rooms.values():
            for client in running.party.away(holder=holder):
                self._gone(running, client)  # they cannot be asked; whoever still may comes back
        concerned = [one for one in self._everyone if one.holder == holder]
        if concerned:
            self._soon(self._recheck(concerned))

    def _soon(self, what: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(what)
        self._rechecks.add(task)
        task.add_done_callback(self._rechecks.discard)

    def complain(self, connection: Connection, error: NearhandError) -> None:
        """Say what is wrong; hang up on somebody who does not stop."""
        problem = Problem(code=error.code, title=error.title, detail=error.detail)
        connection.tell(problem)
        if isinstance(error, Forbidden):
            connection.line.refused(error)
        if not connection.errors.allow("", self._monotonic()):
            connection.close(CloseCode.TOO_MANY_ERRORS)

    # -- hearing ---------------------------------------------------------------------------------------------------

    async def _hear_ask(self, connection: Connection, ask: Ask) -> None:
        running = connection.running
        asked = Asked(connection, ask, ask.n)
        await self._find(asked, ask, running.room.drawn_on(ask) if running is not None else None)
        if not connection.is_closing:
            self._enqueue(asked)

    async def _place(self, asked: Asked, ask: Ask, on: ShownDevice | None) -> None:
        """Find where the devices stand that an ask names. Raises what it is refused with by whoever may not see one."""
        connection = asked.connection
        stage = connection.running.stage if connection.running is not None else None
        named = named_in(ask) if on is None else (*named_in(ask), on.device_id)
        for device_id in named:
            is_shown = isinstance(ask, DeviceShow)
            if connection.viewer is None and not is_shown and stage is not None and device_id in stage:
                continue
            where = asked.places[device_id] = await self._place_of(device_id, is_fresh=is_shown)
            if connection.viewer is not None:
                _demand_device(connection.viewer, device_id, where, ask)

    async def _find(self, asked: Asked, ask: Ask, on: ShownDevice | None) -> None:
        """Look up what is named; hang up on the asker when that cannot be done."""
        connection = asked.connection
        asked.on = on
        try:
            await self._place(asked, ask, on)
            asked.found = await self._look_up(connection.session_id, ask, on)
        except Exception as error:
            if not is_storage_failure(error):
                if isinstance(error, NearhandError):
                    asked.found = error
                else:
                    asked.accident = _accident(asked, error)
                return
            # Not the asker's fault, so the number is not used up: they come back and ask again.
            log.error("look_up_failed", error=repr(error))
            self.complain(connection, NotSaved("What that message names could not be looked up just now."))
            connection.close(CloseCode.NOT_SAVED)

    async def _find_late(self, asked: Asked) -> None:
        """A picture may have become known only after the mark on it was heard: before the welcome, or in one frame."""
        connection, ask = asked.connection, asked.ask
        while connection.running is not None and not connection.is_closing and not isinstance(ask, Malformed):
            on = connection.running.room.drawn_on(ask)
            if on is None or on == asked.on:
                return
            await self._find(asked, ask, on)

    async def _hear_sight(self, connection: Connection, sight: FrameSight) -> None:
        # Marks will be anchored on the device of this sighting, so it must be one.
        try:
            await self._demand_named(connection, sight)
            await self._look_up(connection.session_id, sight, None)
        except NearhandError as error:
            self.complain(connection, error)
        except Exception as error:
            log.error("look_up_failed", error=repr(error))  # the next frame comes soon
        else:
            self._pass_on(connection, sight)

    async def _hear_fleeting(self, connection: Connection, message: Fleeting | Directed | Conferring) -> None:
        if isinstance(message, Directed | Conferring):
            self._put_through(connection, message)
            return
        if connection.viewer is not None:
            try:
                await self._demand_named(connection, message)
            except NearhandError as error:
                self.complain(connection, error)
                return
            except Exception as error:
                log.error("look_up_failed", error=repr(error))  # the next one comes soon
                return
        self._pass_on(connection, message)

    async def _demand_named(self, connection: Connection, message: Fleeting) -> None:
        """Raise what is said of a device that they may not see."""
        if connection.viewer is not None:
            for device_id in named_in(message):
                where = await self._place_of(device_id)
                _demand_device(connection.viewer, device_id, where, message)

    def _enqueue(self, asked: Asked) -> None:
        asked.connection.pending += 1
        self._due.asked.append(asked)
        self._wake.set()

    def _pass_on(self, connection: Connection, message: Fleeting) -> None:
        running, participant = connection.running, connection.participant
        if running is None or participant is None:
            return  # before the welcome nobody sees it anyway
        try:
            if connection.curtain is not None:
                participant = _acting(connection.curtain, participant, message)
            effects = running.room.receive(participant, connection.client, message, self._clock.now())
        except NearhandError as error:
            self.complain(connection, error)
            return
        for effect in effects:
            if isinstance(effect, Deliver):
                text = effect.message.model_dump_json()
                key = (connection.client, effect.message.replaces)
                for other in running.connections.values():
                    if other is not connection and (
                        other.curtain is None or other.curtain.passes(effect.message)
                    ):
                        other.outbox.put(text, replaces=key)

    # -- voice and pictures between two clients ----------------------------------------------------------------------

    def _put_through(self, connection: Connection, message: Directed | Conferring) -> None:
        """Pass on what one client says to another about a connection of their own, or to the media server."""
        running, participant = connection.running, connection.participant
        if running is None or participant is None:
            return  # before the welcome nobody is there
        try:
            self._demand_to_say(connection, participant, message)
        except NearhandError as error:
            self.complain(connection, error)
            return
        if isinstance(message, Conferring):
            self._confer(running, connection, participant, message)
            return
        if message.to is not None:
            self._put_to(running, connection, message, message.to)
            return
        if isinstance(message, RtcHail):
            running.party.hailed(connection)
            self._arrange(running)
        for other in running.connections.values():
            if other is not connection and self._may_reach(message, running, connection, other):
                other.tell(as_heard(message, participant.id, connection.client))

    def _put_to(self, running: Running, connection: Connection, message: Directed, to: str) -> None:
        other, participant = running.connections.get(to), connection.participant
        assert participant is not None
        if isinstance(message, RtcPart):
            self._part(running, connection.client, to)
        elif other is None or other is connection or not self._may_reach(message, running, connection, other):
            # No error: whoever has just gone, or may not see any more, is still spoken to for a moment.
            connection.tell(RtcParted(client=to))
        else:
            if is_of_a_way(message):
                running.calls.join(connection.client, other.client)
            other.tell(as_heard(message, participant.id, connection.client))

    def _may_reach(self, message: Directed, running: Running, *ends: Connection) -> bool:
        return (self._may_connect if is_of_a_way(message) else self._may_meet)(running, *ends)

    def _may_connect(self, running: Running, *ends: Connection) -> bool:
        """Whether two browsers may connect to each other now."""
        return self._may_meet(running, *ends) and all(running.party.is_direct(one.client) for one in ends)

    def _confer(
        self, running: Running, connection: Connection, participant: Participant, message: Conferring
    ) -> None:
        if not isinstance(message, RtcTalk):
            running.party.hear(connection, message)
            return
        running.party.talks(connection.client, is_talking=message.is_talking)
        told = RtcTalks(by=participant.id, client=connection.client, is_talking=message.is_talking)
        for other in running.connections.values():
            if other is not connection and self._may_meet(running, connection, other):
                other.tell(told)

    def _arrange(self, running: Running) -> None:
        """Who is here, or what they may see, is another thing now: so may be the way of voice and pictures."""
        for client in running.party.arrange():
            self._part(running, client)

    def _arrange_all(self) -> None:
        for running in self._rooms.values():
            self._arrange(running)

    def _gone(self, running: Running, client: str) -> None:
        self._part(running, client)
        running.party.gone(client)
        self._arrange(running)

    def _demand_to_say(
        self, connection: Connection, participant: Participant, message: Directed | Conferring
    ) -> None:
        # Of each kind apart: a finger on the zoom must not cost a call its way.
        if not connection.signals.allow(message.type.partition(".")[0], self._monotonic()):
            raise TooManySignals
        if connection.curtain is not None and not isinstance(message, Calling | Conferring):
            participant = _acting(connection.curtain, participant, message)
        demand_role(participant, message)

    def _may_meet(self, running: Running, *ends: Connection) -> bool:
        """Whether both may see what the session is about now: pictures and voices are."""
        is_open = not running.room.is_ended
        return is_open and not any(one.curtain is not None and one.curtain.is_elsewhere for one in ends)

    def _part(self, running: Running, client: str, other: str | None = None) -> None:
        """Tell this client and those it was put through to that they are to close."""
        for name in running.calls.part(client, other):
            for one, gone in ((name, client), (client, name)):
                connection = running.connections.get(one)
                if connection is not None:
                    connection.tell(RtcParted(client=gone))

    def _part_strangers(self, running: Running) -> None:
        """The session has come to something else: who may not see that is parted from all."""
        for client in running.calls.clients():
            connection = running.connections.get(client)
            if connection is not None and not self._may_meet(running, connection):
                self._part(running, client)
        self._arrange(running)

    # -- the pipeline ----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while self._due or not self._is_stopping:
            if not self._due:
                await self._wake.wait()
                self._wake.clear()
            due, self._due = self._due, Due()
            try:
                await self._take_turn(due)
            except asyncio.CancelledError:
                due.settle(NotSaved("The service is stopping."))
                raise
            except Exception:
                log.exception("turn_failed")
                await self._abandon(due.connections())
                due.settle(NotSaved())
            self._turned.set()
            self._turned.clear()

    async def _take_turn(self, due: Due) -> None:
        for one in due.asked:
            one.connection.pending -= 1
            if one.connection.running is None:
                one.connection.early.append(one)
        due.asked = [one for one in due.asked if one.connection.running is not None]
        turn = Turn()
        try:
            while True:
                try:
                    await self._gather(turn, due)
                    break
                except Undone:
                    for running in turn.touched:
                        await self._reload(running)
                    turn = Turn()
            if turn.batch:
                await self._log.append(turn.batch)
            self._tell(turn)
        except NotSaved as error:
            await self._roll_back(turn, due, error)
            return
        except Exception:
            # Whatever it was: a room that ran ahead of the log would leave a gap in it for good.
            log.exception("turn_failed")
            await self._roll_back(turn, due, NotSaved())
            return
        for join in turn.entered:
            self._attach(join)
        due.settle()

    async def _gather(self, turn: Turn, due: Due) -> None:
        """Decide on everything, in memory alone. Raises Undone when that has to begin again."""
        for one in due.asked:
            if one.accident is None:
                await self._find_late(one)
            self._decide(turn, one)
        for join in due.joining:
            self._enter(turn, join)
        for taking in due.taking_off:
            self._take_off(turn, taking)
        for running in due.recorded:
            self._count_heads(turn, running, running.present())
        for new in due.opening:
            turn.batch.open(new.session, new.request)
            for came in new.came:
                turn.batch.place(new.session.id, came)
            turn.news.append((new.session, Stage(new.came)))
        self._gather_changes(turn)

    def _decide(self, turn: Turn, asked: Asked) -> None:
        connection, running = asked.connection, asked.connection.running
        participant = connection.participant
        if connection.is_closing or participant is None or running is None:
            return  # its numbers are not settled: the client returns and asks again
        turn.touched.add(running)
        try:
            objection = self._objection(asked, running)
            if objection is not None:
                effects = running.room.refuse(participant, connection.client, asked.n, objection)
            else:
                assert isinstance(asked.ask, Ask)
                running.room.present = running.present()
                if connection.curtain is not None:
                    participant = _acting(connection.curtain, participant, asked.ask)
                effects = running.room.receive(
                    participant, connection.client, asked.ask, self._clock.now(), found=asked.found
                )
            for effect in effects:
                match effect:
                    case Store(event):
                        self._store(turn, running, event, asked.places)
                        turn.acks[connection] = asked.n
                    case Acknowledge(n):
                        turn.acks[connection] = max(n, turn.acks.get(connection, 0))
                    case Refuse():
                        self._refuse(turn, connection, effect)
        except Exception as error:
            if isinstance(asked.ask, Malformed) or asked.accident is not None:
                raise
            # It would happen again each time they ask. Refused, it does not block what they ask next.
            asked.accident = _accident(asked, error)
            raise Undone from error

    def _objection(self, asked: Asked, running: Running) -> NearhandError | None:
        """Why it is refused whatever the room would say."""
        if isinstance(asked.ask, Malformed):
            return asked.ask.error
        if asked.accident is not None:
            return asked.accident
        curtain = asked.connection.curtain
        objection = None if curtain is None else curtain.objection(asked.ask)
        return objection or self._masks.objection(running.room.session.id, asked.ask)

    def _store(
        self, turn: Turn, running: Running, event: Event, places: Mapping[str, Where] = NOWHERE
    ) -> None:
        body = event.model_dump_json()
        session_id = running.room.session.id
        shown = event.device.device_id if isinstance(event, DeviceShown) else None
        for device_id, where in places.items():
            if device_id == shown or device_id not in running.stage:
                came = Placed(event.seq, device_id, is_shown=device_id == shown, where=where)
                running.stage.take(came)
                turn.batch.place(session_id, came)
        turn.batch.add_event(session_id, event, event.type, body)
        turn.events[running].append(body)
        if isinstance(event, AnnotationAdded | AnnotationEdited | AnnotationRestored):
            if event.annotation.is_kept:
                turn.batch.keep(session_id, event.annotation)
            elif isinstance(event, AnnotationEdited):
                turn.batch.drop(session_id, event.annotation.id)
        elif isinstance(event, AnnotationRemoved):
            turn.batch.drop(session_id, event.id)
        sha256 = file_in(event)
        if sha256 is not None:
            turn.batch.share(session_id, sha256)
        if isinstance(event, RecordingEvent):
            turn.batch.record(session_id, event.recording)

    def _refuse(self, turn: Turn, connection: Connection, refusal: Refuse) -> None:
        assert connection.participant is not None
        error, n = refusal.error, refusal.n
        if not refusal.is_settled:
            # Not `refused`: that would tell the client to forget it.
            self.complain(connection, error)
            return
        if refusal.is_kept:
            turn.batch.refusals.append(
                {
                    "session": connection.session_id,
                    "client": connection.client,
                    "by": connection.participant.id,
                    "n": n,
                }
            )
        if isinstance(error, Forbidden):
            connection.line.refused(error)
        refused = Refused(n=n, code=error.code, title=error.title, detail=error.detail)
        turn.answers[connection].append(refused.model_dump_json())

    def _take_off(self, turn: Turn, taking: TakingOff) -> None:
        running = taking.running
        session_id = running.room.session.id
        if self._rooms.get(session_id) is not running:
            if not taking.done.done():
                taking.done.set_exception(NotSaved())  # the room was given up meanwhile
            return
        turn.touched.add(running)
        turn.batch.drop(session_id, taking.annotation_id)
        for effect in running.room.take_off(taking.annotation_id, taking.by, self._clock.now()):
            if isinstance(effect, Store):
                self._store(turn, running, effect.event)

    def _count_heads(self, turn: Turn, running: Running, present: set[str]) -> None:
        """What is recorded needs the consent of everybody here."""
        room = running.room
        if room.recording is None or self._rooms.get(room.session.id) is not running:
            return
        turn.touched.add(running)
        room.present = present
        heard_at = running.recorder_heard_at
        is_gone = heard_at is not None and self._monotonic() - heard_at > RECORDER_AWAY_S
        for effect in room.count_heads(self._clock.now(), is_recorder_gone=is_gone):
            if isinstance(effect, Store):
                self._store(turn, running, effect.event)

    def _enter(self, turn: Turn, join: Joining) -> None:
        connection, room = join.connection, join.running.room
        if connection.is_closing or connection.participant is None:
            return
        if self._rooms.get(connection.session_id) is not join.running:
            connection.close(CloseCode.RESTARTING)  # the room was given up meanwhile
            return
        if connection.viewer is not None:
            connection.curtain = join.running.curtain(connection.viewer)
            role = (
                connection.curtain.role or Role.OBSERVER
            )  # of what they may not see they see nothing anyway
            connection.participant = connection.participant.model_copy(update={"role": role})
        turn.touched.add(join.running)
        owner = room.owner_of(connection.client)
        holder = join.running.connections.get(connection.client)
        if holder is not None and holder.participant is not None:
            owner = owner or holder.participant.id
        if owner not in (None, connection.participant.id):
            self.complain(connection, ClientTaken())
            connection.close(CloseCode.CLIENT_TAKEN)
            return
        try:
            for effect in room.enter(connection.participant, self._clock.now(), is_guest=connection.is_guest):
                if isinstance(effect, Store):
                    self._store(turn, join.running, effect.event)
        except NearhandError as error:
            self.complain(connection, error)
            connection.close(CloseCode.NO_SESSION)
            return
        turn.entered.append(join)
        entering = [one.connection for one in turn.entered if one.running is join.running]
        coming = {one.participant.id for one in entering if one.participant is not None}
        # In the same commit, so before anything is heard or seen of them.
        self._count_heads(turn, join.running, join.running.present() | coming)

    def _gather_changes(self, turn: Turn) -> None:
        for running in turn.events:
            room = running.room
            if room.session is not running.shown:
                turn.sessions[room.session.id] = running.shown = room.session
            if room.seq - running.snapshot_seq >= self._limits.snapshot_events:
                turn.batch.snapshots.append((room.session.id, room.fold()))
                running.snapshot_seq = room.seq
        turn.batch.sessions.extend(turn.sessions.values())

    def _tell(self, turn: Turn) -> None:
        acks = turn.acks
        for connection, answers in turn.answers.items():
            connection.outbox.put(",".join(answers))
        for running, bodies in turn.events.items():
            running.remember(bodies)
            if running.room.is_ended and running.ended_at is None:
                running.ended_at = self._monotonic()
            told = ",".join(bodies)
            for connection in list(running.connections.values()):
                n = acks.pop(connection, 0)
                curtain = connection.curtain
                mine = told if curtain is None else ",".join(_behind(curtain, bodies))
                connection.outbox.put(f'{mine},{{"type":"ack","n":{n}}}' if n else mine)
            self._part_strangers(running)
            if not self._masks.is_about(running.room.session.id, running.stage.now):
                self._soon(self._tell_mask(running))
        for connection, n in acks.items():
            connection.tell(Ack(n=n))
        stages = {running.room.session.id: running.stage for running in turn.events}
        changed = [(session, stages[session.id]) for session in turn.sessions.values()]
        for session, stage in [*changed, *turn.news]:
            self._show(session, stage, self._walls)

    async def _roll_back(self, turn: Turn, due: Due, error: NotSaved) -> None:
        """Rooms become again what the log says; askers return and ask again."""
        log.error("not_saved", detail=error.detail, events=len(turn.batch.events))
        due.settle(NotSaved(error.detail))
        for connection in {one.connection for one in due.asked}:
            connection.tell(Problem(code=error.code, title=error.title, detail=error.detail))
            connection.close(CloseCode.NOT_SAVED)
        given_up: set[Running] = set()
        for running in turn.touched:
            session_id = running.room.session.id
            try:
                await self._reload(running)
            except Exception:
                log.exception("reload_failed", session=session_id)
                given_up.add(running)
                self._rooms.pop(session_id, None)
                await self._abandon(set(running.connections.values()))
                continue
            seq = running.room.seq
            if any(row["session"] == session_id and row["seq"] <= seq for row in turn.batch.events):
                # It was stored after all, but perhaps not told to everybody: they return and resume without a gap.
                await self._abandon(set(running.connections.values()))
                self._show(running.room.session, running.stage, self._walls)
                if running.room.is_ended and running.ended_at is None:
                    running.ended_at = self._monotonic()
        for join in due.joining:
            participant = join.connection.participant
            is_in = (
                participant is not None and join.running.room.participants.get(participant.id) == participant
            )
            if is_in and join.running not in given_up and join in turn.entered:
                self._attach(join)
            else:
                join.connection.tell(Problem(code=error.code, title=error.title, detail=error.detail))
                join.connection.close(CloseCode.NOT_SAVED)

    async def _reload(self, running: Running) -> None:
        loaded = await self._log.load(running.room.session.id)
        assert loaded is not None
        running.reload(loaded)

    async def _abandon(self, connections: set[Connection]) -> None:
        for connection in connections:
            connection.close(CloseCode.RESTARTING)
            self.leave(connection)

    # -- joining ---------------------------------------------------------------------------------------------------

    async def _running(self, session_id: str) -> Running:
        running = self._rooms.get(session_id)
        if running is not None:
            running.left_at = self._monotonic()
            return running
        loading = self._loading.get(session_id)
        if loading is None:
            loading = asyncio.create_task(self._load(session_id))
            self._loading[session_id] = loading
            loading.add_done_callback(lambda _: self._loading.pop(session_id, None))
        return await asyncio.shield(loading)

    async def _load(self, session_id: str) -> Running:
        loaded = await self._log.load(session_id)
        if loaded is None:
            raise UnknownSession(f"No session {session_id}.")
        room = Room(loaded.session, ring_s=self._limits.ring_s)
        party = Party(self._sfu, lambda: not room.is_ended)
        running = Running(room, snapshot_seq=0, left_at=self._monotonic(), shown=loaded.session, party=party)
        running.reload(loaded)
        if room.is_ended:
            running.ended_at = self._monotonic()
        self._rooms[session_id] = running
        return running

    def _attach(self, join: Joining) -> None:
        """Now the room is what the log says: the newcomer gets that much, and from the next turn on the rest."""
        connection, running = join.connection, join.running
        if connection.is_closing:
            return
        assert connection.participant is not None
        old = running.connections.get(connection.client)
        if old is not None:
            old.close(CloseCode.REPLACED)
        was_present = connection.participant.id in running.present()
        tail = self._missed(join)
        room = running.room
        connection.running = running
        running.connections[connection.client] = connection
        running.calls.is_back(connection.client)
        running.party.is_back(connection)
        self._part_strangers(running)
        epoch = self._epoch(connection)
        connection.tell(
            Welcome(
                epoch=epoch,
                seq=room.seq,
                acked=room.acked(connection.client),
                you=connection.participant,
                present=tuple(sorted(running.present())),
                camera_mask=self._masks.of(connection.session_id),
                budget_bytes=self._limits.budget_bytes,
                is_resumed=tail is not None,
            )
        )
        if tail is None:
            curtain = connection.curtain
            state = State(
                epoch=epoch,
                seq=room.seq,
                state=room.state() if curtain is None else curtain.state(),
                is_elsewhere=curtain is not None and curtain.is_elsewhere,
            )
            connection.outbox.put(state.model_dump_json(), is_counted=False)
        else:
            if connection.curtain is not None:
                tail = _behind(connection.curtain, tail)
            for start in range(0, len(tail), EVENTS_PER_ITEM):
                connection.outbox.put(",".join(tail[start : start + EVENTS_PER_ITEM]), is_counted=False)
        if not was_present:
            self._tell_presence(running, connection, is_present=True)
        if connection.early:
            early, connection.early = connection.early, []
            connection.pending += len(early)
            self._due.asked = early + self._due.asked
            self._wake.set()

    def _missed(self, join: Joining) -> list[str] | None:
        """The events after the one the client has; None when they cannot be told without a gap."""
        if join.resume is None or join.resume.epoch != self._epoch(join.connection):
            return None
        recent = join.running.recent
        last = join.running.room.seq
        first_recent = last - len(recent) + 1
        after = join.resume.seq
        if after > last or last - after > MAX_RESUMED_EVENTS:
            return None
        if after + 1 >= first_recent:
            skipped = after + 1 - first_recent
            return [body for i, body in enumerate(recent) if i >= skipped]
        if after + len(join.older) + 1 < first_recent:
            return None
        # What was read from the log may reach into what is remembered; each event is told once.
        older = join.older[: first_recent - after - 1]
        return [*older, *recent]

    def _epoch(self, connection: Connection) -> str:
        """Whoever sees only a part counts in a life of its own: with other rights, they are told the state anew."""
        viewer = connection.viewer
        return self._log.epoch if viewer is None else f"{self._log.epoch}-{viewer.mark}"

    def _tell_presence(self, running: Running, connection: Connection, *, is_present: bool) -> None:
        participant = connection.participant
        if participant is None or (not is_present and participant.id in running.present()):
            return
        text = PresenceChanged(participant=participant, is_present=is_present).model_dump_json()
        for other in list(running.connections.values()):
            if other is not connection:
                other.outbox.put(text)

    def _show(self, session: Session, stage: Stage, walls: "set[Connection] | list[Connection]") -> None:
        text = session.model_dump_json()
        for wall in list(walls):
            if wall.viewer is None:
                wall.outbox.put(text, replaces=session.id)
            elif lists(wall.viewer, session, stage):
                theirs = veiled(session, wall.viewer, stage).model_dump_json()
                wall.outbox.put(theirs, replaces=session.id)

    async def _tell_mask(self, running: Running) -> None:
        """What is asked of pictures where the session is now, to all, when it is something else than before."""
        session_id = running.room.session.id
        if await self._masks.refresh(session_id, running.stage.now):
            told = CameraMaskChanged(camera_mask=self._masks.of(session_id))
            for connection in list(running.connections.values()):
                connection.tell(told)

    async def _tell_masks(self) -> None:
        for running in list(self._rooms.values()):
            if running.connections and running.ended_at is None:
                await self._tell_mask(running)

    # -- tending ---------------------------------------------------------------------------------------------------

    async def tend(self) -> None:
        """Hang up on the silent and the slow, on those no longer allowed and in ended sessions; forget empty rooms."""
        now = self._monotonic()
        everyone = [c for running in self._rooms.values() for c in running.connections.values()]
        for connection in [*everyone, *self._walls]:
            if connection.outbox.is_stuck():
                connection.close(CloseCode.TOO_SLOW)
            elif now - connection.heard_at > self._limits.idle_s and connection not in self._walls:
                connection.close(CloseCode.IDLE)
        for running in self._rooms.values():
            for client in {*running.calls.overdue(now), *running.party.away(now - AWAY_S)}:
                self._gone(running, client)
            self._watch_recorder(running, now)
            if running.ended_at is None:
                continue
            for connection in list(running.connections.values()):
                if now - max(running.ended_at, connection.joined_at) > LINGER_AFTER_END_S:
                    connection.close(CloseCode.ENDED)
        await self._tell_masks()
        self._forget_empty_rooms(now)
        if now - self._rechecked_at >= RECHECK_EVERY_S:
            self._rechecked_at = now
            await self._recheck([*everyone, *self._walls])

    def _watch_recorder(self, running: Running, now: float) -> None:
        recording = running.room.recording
        if recording is None:
            running.recorder_heard_at = None
            return
        if running.recorder_heard_at is None or recording.recorder in running.connections:
            running.recorder_heard_at = now
        self._due.recorded.append(running)
        self._wake.set()

    def _forget_empty_rooms(self, now: float) -> None:
        due = self._due
        busy = {join.running for join in due.joining} | {a.connection.running for a in due.asked}
        busy |= {taking.running for taking in due.taking_off} | set(due.recorded)
        for session_id, running in list(self._rooms.items()):
            if not running.connections and running not in busy and now - running.left_at > UNLOAD_AFTER_S:
                del self._rooms[session_id]
                self._masks.forget(session_id)

    async def _recheck(self, connections: list[Connection]) -> None:
        for connection in connections:
            try:
                code = None if connection.is_closing else await connection.line.reason_to_close()
            except Exception as error:
                # A database that is away for a moment must not throw everybody out; the next check will know.
                log.error("recheck_failed", error=repr(error))
                return
            if code is not None and not connection.is_closing:
                connection.cut(code)
                if connection.running is not None:
                    self._gone(connection.running, connection.client)
                self.leave(connection)


@dataclass(frozen=True, slots=True)
class Audience:
    """A session as one person sees it. `curtain` None: all of it. `role`: what they are in it now, None: nothing."""

    session: Session
    curtain: Curtain | None
    role: Role | None

    @property
    def row(self) -> Session:
        return self.session if self.curtain is None else self.curtain.row(self.session)

    @property
    def sees_all(self) -> bool:
        """Whether everything that the session ever showed is theirs to see."""
        return self.curtain is None or self.curtain.sees_all

    def told(self, bodies: list[str]) -> list[str]:
        return bodies if self.curtain is None else _behind(self.curtain, bodies)

    def demand_any(self, sharings: list[str]) -> None:
        """Raise UnknownStill unless they are told of one of the times a picture was shared."""
        if not set(sharings) & set(self.told(sharings)):
            raise UnknownStill


def _behind(curtain: Curtain, bodies: list[str]) -> list[str]:
    return [curtain.told(server_events.validate_json(body), body) for body in bodies]


def _acting(curtain: Curtain, participant: Participant, message: FromClient) -> Participant:
    """The participant with the role they have where the session is now. Raises what they may not ask."""
    objection = curtain.objection(message)
    if objection is not None:
        raise objection
    # Who may not see what it is about now is an observer still: they are asked whether they may be recorded.
    return participant.model_copy(update={"role": curtain.role or Role.OBSERVER})


def _demand_device(viewer: Viewer, device_id: str, where: Where, message: FromClient) -> None:
    """A device that they may not see is not there; what may be done with one is for their role where it stands."""
    role = viewer.role_with_device(device_id, where)
    if role is None:
        place = getattr(message, "place", None)
        raise UnknownPort() if isinstance(place, OnPort) else UnknownDevice(f"No device {device_id}.")
    if role not in message.roles:
        raise Forbidden(f"A participant with the role {role} may not send {message.type} there.")


def _accident(asked: Asked, error: Exception) -> NearhandError:
    reference = secrets.token_hex(4)
    session, client = asked.connection.session_id, asked.connection.client
    log.error("ask_failed", reference=reference, session=session, client=client, n=asked.n, exc_info=error)
    return NearhandError(f"It is a mistake of the service, and has been logged as {reference}.")
