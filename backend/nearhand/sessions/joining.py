"""Bring a newcomer up to the newest event of a room: by what they missed, or by all that it is."""

from dataclasses import dataclass

from nearhand.sessions import switchboard
from nearhand.sessions.connections import Asked, Connection, Running
from nearhand.sessions.gate import Gate
from nearhand.sessions.log import Log
from nearhand.sessions.messages import Hello, ResumeFrom, State, Welcome
from nearhand.sessions.rooms import Rooms
from nearhand.sessions.screens import Screens
from nearhand.sessions.wire import CloseCode

MAX_RESUMED_EVENTS = 20_000  # who missed more is told the state instead
EVENTS_PER_ITEM = 200  # of a resumed tail, so that frames stay of a size that every client takes


@dataclass(slots=True)
class Joining:
    connection: Connection
    running: Running
    resume: ResumeFrom | None
    older: list[str]  # events after resume.seq, read from the log before the turn


class Entrance:
    """Prepares who comes, and lets them in between two turns."""

    def __init__(
        self, live_log: Log, rooms: Rooms, gate: Gate, screens: Screens, budget_bytes: int | None
    ) -> None:
        self._log, self._rooms, self._gate, self._screens = live_log, rooms, gate, screens
        self._budget_bytes = budget_bytes

    async def prepare(self, connection: Connection, hello: Hello) -> Joining:
        """Read all that takes time. Raises UnknownSession, also for a session that is not theirs to see."""
        session_id = connection.session_id
        running = await self._rooms.enter(session_id, connection.viewer)
        older: list[str] = []
        if hello.resume is not None and hello.resume.epoch == self._epoch(connection):
            missed = running.room.seq - hello.resume.seq
            if len(running.recent) < missed <= MAX_RESUMED_EVENTS:
                older = await self._log.events(session_id, after=hello.resume.seq, limit=MAX_RESUMED_EVENTS)
                running = await self._rooms.load(session_id)
        await self._gate.tell_mask(running)
        return Joining(connection, running, hello.resume, older)

    def let_in(self, join: Joining) -> list[Asked]:
        """Now the room is what the log says: the newcomer gets that much, and from the next turn on the rest.

        Returns what they asked before.
        """
        connection, running = join.connection, join.running
        if connection.is_closing:
            return []
        assert connection.participant is not None
        old = running.connections.get(connection.client)
        if old is not None:
            old.close(CloseCode.REPLACED)
        was_present = connection.participant.id in running.present()
        tail = self._missed(join)
        connection.running = running
        running.connections[connection.client] = connection
        running.calls.is_back(connection.client)
        running.party.is_back(connection)
        switchboard.part_strangers(running)
        connection.tell(
            Welcome(
                epoch=self._epoch(connection),
                seq=running.room.seq,
                acked=running.room.settled.acked(connection.client),
                you=connection.participant,
                present=tuple(sorted(running.present())),
                camera_mask=self._gate.mask_of(connection.session_id),
                budget_bytes=self._budget_bytes,
                is_resumed=tail is not None,
            )
        )
        if tail is None:
            self._tell_state(connection, running)
        else:
            _tell_tail(connection, tail)
        self._screens.tell(running, connection)
        switchboard.tell_untold(connection, running)
        if not was_present:
            running.tell_presence(connection, is_present=True)
        early, connection.early = connection.early, []
        return early

    def _tell_state(self, connection: Connection, running: Running) -> None:
        room, curtain = running.room, connection.curtain
        state = State(
            epoch=self._epoch(connection),
            seq=room.seq,
            state=room.state() if curtain is None else curtain.state(),
            is_elsewhere=curtain is not None and curtain.is_elsewhere,
        )
        connection.outbox.put(state.model_dump_json(), is_counted=False)

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


def _tell_tail(connection: Connection, tail: list[str]) -> None:
    if connection.curtain is not None:
        tail = connection.curtain.told_all(tail)
    for start in range(0, len(tail), EVENTS_PER_ITEM):
        connection.outbox.put(",".join(tail[start : start + EVENTS_PER_ITEM]), is_counted=False)
