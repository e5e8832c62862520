"""The live sessions of this process: what sockets and REST call, and what is passed on without being kept."""

import asyncio
import time
from collections.abc import Callable

from nearhand.access.model import Actor
from nearhand.kit.clock import Clock
from nearhand.kit.errors import KeyReused, NearhandError, NotFound
from nearhand.sessions import switchboard
from nearhand.sessions.audience import Audience, Viewer
from nearhand.sessions.connections import Asked, Caller, Connection, Limits, Line
from nearhand.sessions.finding import Finder, Registered
from nearhand.sessions.gate import Gate
from nearhand.sessions.joining import Entrance
from nearhand.sessions.log import Log
from nearhand.sessions.message import Ask, Directed, Fleeting
from nearhand.sessions.messages import Hello, Ping, Pong
from nearhand.sessions.model import ClientTaken, Session, UnknownSession
from nearhand.sessions.pipeline import Parts, Pipeline
from nearhand.sessions.room import Deliver
from nearhand.sessions.rooms import Rooms
from nearhand.sessions.screens import Screens
from nearhand.sessions.sfu import Sfu
from nearhand.sessions.signalling import Conferring
from nearhand.sessions.stage import Placed
from nearhand.sessions.tending import Tender
from nearhand.sessions.turns import Opening, TakingOff
from nearhand.sessions.walls import Walls
from nearhand.sessions.wire import CloseCode, Malformed


class Hub:
    """Durable traffic goes through the pipeline, fleeting traffic around it."""

    def __init__(
        self,
        live_log: Log,
        *,
        clock: Clock,
        limits: Limits,
        registered: Registered,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log, self._clock, self._limits, self._monotonic = live_log, clock, limits, monotonic
        self._place_of = registered.place_of
        self._everyone: set[Connection] = set()
        self._opens: dict[str, asyncio.Task[tuple[Session, str]]] = {}
        self._rooms = Rooms(live_log, ring_s=limits.ring_s, monotonic=monotonic)
        self._walls = Walls(live_log, self._rooms)
        self.gate = Gate(self._rooms, registered.mask_of, monotonic)
        self._finder = Finder(registered)
        self.screens = Screens(
            self._rooms, registered.keep, per_minute=limits.screens_per_minute, monotonic=monotonic
        )
        self._entrance = Entrance(live_log, self._rooms, self.gate, self.screens, limits.budget_bytes)
        parts = Parts(
            live_log, self._rooms, self._walls, self.gate, self.screens, self._finder, self._entrance
        )
        self._pipeline = Pipeline(
            parts, snapshot_events=limits.snapshot_events, clock=clock, monotonic=monotonic
        )
        self._tender = Tender(parts, self._pipeline, idle_s=limits.idle_s, monotonic=monotonic)

    def confer_by(self, sfu: Sfu) -> None:
        """Voice and pictures of three and more go through this media server, while it is in reach."""
        self._rooms.confer_by(sfu)
        sfu.watch(self._arrange_all)

    def _arrange_all(self) -> None:
        for running in self._rooms:
            switchboard.arrange(running)

    async def start(self) -> None:
        await self._pipeline.start()

    async def stop(self) -> None:
        """Finish what was asked, answer whoever still waits, then close every connection."""
        waiting = await self._pipeline.stop()
        inside = {one for running in self._rooms for one in running.connections.values()}
        for connection in waiting | self._walls.connections | inside:
            connection.close(CloseCode.RESTARTING)
        await asyncio.gather(*(running.party.close() for running in self._rooms))

    async def tend(self) -> None:
        await self._tender.tend()

    def recheck(self, holder: str) -> None:
        """Somebody's rights are others now: what they have open is checked at once."""
        self._tender.recheck(holder, self._everyone)

    # -- sessions --------------------------------------------------------------------------------------------------

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
        await self._pipeline.open(Opening(session, request, came, asyncio.get_running_loop().create_future()))
        return session, request

    async def take_off(self, device_id: str, annotation_id: str, by: str) -> None:
        """Let a mark be kept on its device no longer; a session that is open is told so. Raises NotFound, NotSaved."""
        session_ids = await self._log.sessions_keeping(device_id, annotation_id)
        if not session_ids:
            raise NotFound(f"No mark {annotation_id} is kept on this device.")
        for session_id in session_ids:
            running = await self._rooms.load(session_id)
            await self._pipeline.take_off(
                TakingOff(running, annotation_id, by, asyncio.get_running_loop().create_future())
            )

    async def audience(self, session_id: str, actor: Actor) -> Audience:
        """What this person may see of a session. Raises UnknownSession, also for one that is not theirs to see."""
        viewer = Viewer.of(actor)
        if viewer is None:
            session = await self._log.session(session_id)
            if session is None:
                raise UnknownSession(f"No session {session_id}.")
            return Audience(session, None, actor.role)
        running = await self._rooms.enter(session_id, viewer)
        curtain = running.curtain(viewer)
        return Audience(running.room.session, curtain, curtain.role)

    # -- connections -----------------------------------------------------------------------------------------------

    def connection(
        self, line: Line, caller: Caller | None = None, *, watcher: Actor | None = None
    ) -> Connection:
        """`watcher`: whose wall it is, without a caller."""
        connection = Connection(line, caller, limits=self._limits, monotonic=self._monotonic)
        if watcher is not None:
            connection.viewer, connection.holder = Viewer.of(watcher), watcher.holder
        self._everyone.add(connection)
        return connection

    async def join(self, connection: Connection, hello: Hello) -> None:
        """Bring a connection into its room. Raises UnknownSession; other refusals close it with a reason."""
        self._pipeline.join(await self._entrance.prepare(connection, hello))

    async def watch(self, connection: Connection) -> None:
        """Make it a wall: show all sessions that are not over, and from now on each change."""
        await self._walls.watch(connection)

    def leave(self, connection: Connection) -> None:
        """The socket is gone. Harmless when another one has taken its place, or when called twice."""
        connection.leave()
        self._everyone.discard(connection)
        self._walls.connections.discard(connection)

    # -- hearing ---------------------------------------------------------------------------------------------------

    async def hear(self, connection: Connection, messages: list[object]) -> None:
        """Take in the messages of one frame, in order. Returns when there is room for more."""
        connection.heard_at = self._monotonic()
        for message in messages:
            if connection.is_closing:
                return
            if isinstance(message, Ask):
                await self._hear_ask(connection, message)
            elif isinstance(message, Fleeting):
                if await self._finder.may_pass(connection, message):
                    self._pass_on(connection, message)
            elif isinstance(message, Directed | Conferring):
                _put_through(connection, message)
            elif isinstance(message, Ping):
                connection.tell(Pong(at=self._clock.now()))
            elif isinstance(message, Malformed) and message.n is not None:
                self._pipeline.ask(Asked(connection, message, message.n))
            elif isinstance(message, Malformed):
                connection.complain(message.error)
            else:
                connection.complain(ClientTaken("This connection has said hello before."))
        await self._pipeline.room_for(connection)

    async def _hear_ask(self, connection: Connection, ask: Ask) -> None:
        asked = Asked(connection, ask, ask.n)
        await self.screens.before(connection, ask)
        await self._finder.find(asked, ask)
        if not connection.is_closing:
            self._pipeline.ask(asked)

    def _pass_on(self, connection: Connection, message: Fleeting) -> None:
        running, participant = connection.running, connection.participant
        if running is None or participant is None:
            return  # before the welcome nobody sees it anyway
        try:
            acting = connection.acting(participant, message)
            effects = running.room.receive(acting, connection.client, message, self._clock.now())
        except NearhandError as error:
            connection.complain(error)
            return
        for effect in effects:
            if isinstance(effect, Deliver):
                text = effect.message.model_dump_json()
                key = (connection.client, effect.message.replaces)
                for other in running.others(connection):
                    if other.curtain is None or other.curtain.passes(effect.message):
                        other.outbox.put(text, replaces=key)


def _put_through(connection: Connection, message: Directed | Conferring) -> None:
    try:
        switchboard.put_through(connection, message)
    except NearhandError as error:
        connection.complain(error)
