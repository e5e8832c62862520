"""Turn by turn: gather what is asked in all rooms, decide, commit once, and only then tell."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from nearhand.access.model import Role
from nearhand.kit.clock import Clock
from nearhand.kit.errors import NearhandError
from nearhand.sessions import switchboard
from nearhand.sessions.connections import Asked, Connection, Running
from nearhand.sessions.finding import Finder
from nearhand.sessions.gate import Gate
from nearhand.sessions.joining import Entrance, Joining
from nearhand.sessions.log import Log
from nearhand.sessions.message import Ask
from nearhand.sessions.messages import Ack
from nearhand.sessions.model import ClientTaken, NotSaved
from nearhand.sessions.room import Effect, Store
from nearhand.sessions.rooms import Rooms
from nearhand.sessions.screens import Screens
from nearhand.sessions.settled import Acknowledge, Refuse
from nearhand.sessions.turns import Due, Opening, TakingOff, Turn
from nearhand.sessions.walls import Walls
from nearhand.sessions.wire import CloseCode, Malformed

log = structlog.get_logger()

MAX_PENDING = 256  # asks of one connection that wait for a commit before its reading pauses
RECORDER_AWAY_S = 20.0  # a recording whose recorder is away for longer is over
STOP_WITHIN_S = 5.0  # for what was asked before the service was stopped

Errand = TypeVar("Errand", Opening, TakingOff)


class Undone(Exception):
    """The turn is to be decided again from the log, without what it has stumbled over."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What works together in one hub."""

    live_log: Log
    rooms: Rooms
    walls: Walls
    gate: Gate
    screens: Screens
    finder: Finder
    entrance: Entrance


class Pipeline:
    """Between two of its turns every room is exactly what the log says, so snapshots and joins need no lock."""

    def __init__(
        self, parts: Parts, *, snapshot_events: int, clock: Clock, monotonic: Callable[[], float]
    ) -> None:
        self._log, self._rooms, self._walls = parts.live_log, parts.rooms, parts.walls
        self._gate, self._finder, self._entrance = parts.gate, parts.finder, parts.entrance
        self._snapshot_events, self._clock, self._monotonic = snapshot_events, clock, monotonic
        self._due = Due()
        self._is_stopping = False
        self._wake = asyncio.Event()
        self._turned = asyncio.Event()
        self._turning: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._is_stopping = False
        self._turning = asyncio.create_task(self._run())

    async def stop(self) -> set[Connection]:
        """Finish what was asked; returns those who wait all the same."""
        self._is_stopping = True
        self._wake.set()
        try:
            async with asyncio.timeout(STOP_WITHIN_S):
                # A room that is being loaded would be entered, and a session opened, with nobody to do it.
                await self._rooms.loaded()
                if self._turning is not None:
                    await asyncio.wait([self._turning])
        except TimeoutError:
            log.error("stopped_in_the_middle", waiting=len(self._due.asked))
        if self._turning is not None:
            self._turning.cancel()
            await asyncio.gather(self._turning, return_exceptions=True)
        due, self._due = self._due, Due()
        due.settle(NotSaved("The service is stopping."))
        return due.connections()

    # -- what is due in the next turn ------------------------------------------------------------------------------

    def ask(self, asked: Asked) -> None:
        asked.connection.pending += 1
        self._due.asked.append(asked)
        self._wake.set()

    async def room_for(self, connection: Connection) -> None:
        """Returns when this connection may ask more."""
        while connection.pending >= MAX_PENDING and not connection.is_closing:
            await self._turned.wait()

    def join(self, joining: Joining) -> None:
        if self._is_stopping:
            joining.connection.close(CloseCode.RESTARTING)
            return
        self._due.joining.append(joining)
        self._wake.set()

    async def open(self, opening: Opening) -> None:
        """Raises NotSaved."""
        await self._in_turn(self._due.opening, opening)

    async def take_off(self, taking: TakingOff) -> None:
        """Raises NotSaved."""
        await self._in_turn(self._due.taking_off, taking)

    async def _in_turn(self, due: list[Errand], errand: Errand) -> None:
        if self._is_stopping:
            raise NotSaved("The service is stopping.")
        due.append(errand)
        self._wake.set()
        await errand.done

    def count_heads(self, running: Running) -> None:
        self._due.recorded.append(running)
        self._wake.set()

    def end_screen(self, running: Running, shown_seq: int) -> None:
        """Whoever shared it is gone. `shown_seq`: the event that showed it."""
        self._due.left.append((running, shown_seq))
        self._wake.set()

    def busy(self) -> set[Running]:
        return self._due.rooms()

    # -- a turn ----------------------------------------------------------------------------------------------------

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
                _abandon(due.connections())
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
                        await self._rooms.reload(running)
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
            self._let_in(join)
        due.settle()

    def _let_in(self, join: Joining) -> None:
        early = self._entrance.let_in(join)
        if early:
            join.connection.pending += len(early)
            self._due.asked = early + self._due.asked
            self._wake.set()

    # -- deciding, in memory alone ---------------------------------------------------------------------------------

    async def _gather(self, turn: Turn, due: Due) -> None:
        """Decide on everything. Raises Undone when that has to begin again."""
        for one in due.asked:
            if one.accident is None:
                await self._finder.find_late(one)
            self._decide(turn, one)
        for join in due.joining:
            self._enter(turn, join)
        for taking in due.taking_off:
            self._take_off(turn, taking)
        for running in due.recorded:
            self._count_heads(turn, running, running.present())
        for running, shown_seq in due.left:
            if running in self._rooms:
                turn.touched.add(running)
                self._store_all(turn, running, running.room.end_screen(shown_seq, self._clock.now()))
        for new in due.opening:
            turn.open(new)
        turn.finish(self._snapshot_events)

    def _decide(self, turn: Turn, asked: Asked) -> None:
        connection, running = asked.connection, asked.connection.running
        if connection.is_closing or connection.participant is None or running is None:
            return  # its numbers are not settled: the client returns and asks again
        turn.touched.add(running)
        try:
            for effect in self._effects(asked, running):
                match effect:
                    case Store(event):
                        turn.store(running, event, asked.places)
                        turn.acks[connection] = asked.n
                    case Acknowledge(n):
                        turn.acks[connection] = max(n, turn.acks.get(connection, 0))
                    case Refuse():
                        turn.refuse(connection, effect)
        except Exception as error:
            if isinstance(asked.ask, Malformed) or asked.accident is not None:
                raise
            # It would happen again each time they ask. Refused, it does not block what they ask next.
            asked.stumble(error)
            raise Undone from error

    def _effects(self, asked: Asked, running: Running) -> list[Effect]:
        connection, participant = asked.connection, asked.connection.participant
        assert participant is not None
        objection = self._objection(asked, running)
        if objection is not None:
            return running.room.refuse(participant, connection.client, asked.n, objection)
        assert isinstance(asked.ask, Ask)
        running.room.present = running.present()
        participant = connection.acting(participant, asked.ask)
        return running.room.receive(
            participant, connection.client, asked.ask, self._clock.now(), found=asked.found
        )

    def _objection(self, asked: Asked, running: Running) -> NearhandError | None:
        """Why it is refused whatever the room would say."""
        if isinstance(asked.ask, Malformed):
            return asked.ask.error
        if asked.accident is not None:
            return asked.accident
        curtain = asked.connection.curtain
        objection = None if curtain is None else curtain.objection(asked.ask)
        return objection or self._gate.objection(running.id, asked.ask)

    def _take_off(self, turn: Turn, taking: TakingOff) -> None:
        running = taking.running
        if running not in self._rooms:
            if not taking.done.done():
                taking.done.set_exception(NotSaved())  # the room was given up meanwhile
            return
        turn.touched.add(running)
        turn.batch.drop(running.id, taking.annotation_id)
        self._store_all(
            turn, running, running.room.take_off(taking.annotation_id, taking.by, self._clock.now())
        )

    def _count_heads(self, turn: Turn, running: Running, present: set[str]) -> None:
        """What is recorded needs the consent of everybody here."""
        room = running.room
        if room.recording is None or running not in self._rooms:
            return
        turn.touched.add(running)
        room.present = present
        heard_at = running.recorder_heard_at
        is_gone = heard_at is not None and self._monotonic() - heard_at > RECORDER_AWAY_S
        self._store_all(turn, running, room.count_heads(self._clock.now(), is_recorder_gone=is_gone))

    def _enter(self, turn: Turn, join: Joining) -> None:
        connection, running = join.connection, join.running
        if connection.is_closing or connection.participant is None:
            return
        if running not in self._rooms:
            connection.close(CloseCode.RESTARTING)  # the room was given up meanwhile
            return
        if connection.viewer is not None:
            connection.curtain = running.curtain(connection.viewer)
            # Of what they may not see they see nothing anyway.
            role = connection.curtain.role or Role.OBSERVER
            connection.participant = connection.participant.model_copy(update={"role": role})
        turn.touched.add(running)
        if _owner(running, connection.client) not in (None, connection.participant.id):
            connection.complain(ClientTaken())
            connection.close(CloseCode.CLIENT_TAKEN)
            return
        try:
            self._store_all(
                turn,
                running,
                running.room.enter(connection.participant, self._clock.now(), is_guest=connection.is_guest),
            )
        except NearhandError as error:
            connection.complain(error)
            connection.close(CloseCode.NO_SESSION)
            return
        turn.entered.append(join)
        entering = [one.connection for one in turn.entered if one.running is running]
        coming = {one.participant.id for one in entering if one.participant is not None}
        # In the same commit, so before anything is heard or seen of them.
        self._count_heads(turn, running, running.present() | coming)

    def _store_all(self, turn: Turn, running: Running, effects: list[Effect]) -> None:
        for effect in effects:
            if isinstance(effect, Store):
                turn.store(running, effect.event)

    # -- telling, or taking back -----------------------------------------------------------------------------------

    def _tell(self, turn: Turn) -> None:
        acks = turn.acks
        for connection, answers in turn.answers.items():
            connection.outbox.put(",".join(answers))
        for running, bodies in turn.events.items():
            running.remember(bodies)
            running.note_end(self._monotonic())
            told = ",".join(bodies)
            for connection in list(running.connections.values()):
                n = acks.pop(connection, 0)
                curtain = connection.curtain
                mine = told if curtain is None else ",".join(curtain.told_all(bodies))
                connection.outbox.put(f'{mine},{{"type":"ack","n":{n}}}' if n else mine)
            switchboard.part_strangers(running)
            self._gate.tell_mask_if_moved(running)
        for connection, n in acks.items():
            connection.tell(Ack(n=n))
        for running, session in turn.changed.items():
            self._walls.show(session, running.stage)
        for session, stage in turn.opened:
            self._walls.show(session, stage)

    async def _roll_back(self, turn: Turn, due: Due, error: NotSaved) -> None:
        """Rooms become again what the log says; askers return and ask again."""
        log.error("not_saved", detail=error.detail, events=len(turn.batch.events))
        due.settle(NotSaved(error.detail))
        for connection in {one.connection for one in due.asked}:
            connection.tell_problem(error)
            connection.close(CloseCode.NOT_SAVED)
        given_up: set[Running] = set()
        for running in turn.touched:
            try:
                await self._rooms.reload(running)
            except Exception:
                log.exception("reload_failed", session=running.id)
                given_up.add(running)
                self._rooms.give_up(running)
                _abandon(set(running.connections.values()))
                continue
            seq = running.room.seq
            if any(row["session"] == running.id and row["seq"] <= seq for row in turn.batch.events):
                # It was stored after all, but perhaps not told to everybody: they return and resume without a gap.
                _abandon(set(running.connections.values()))
                self._walls.show(running.room.session, running.stage)
                running.note_end(self._monotonic())
        for join in due.joining:
            participant = join.connection.participant
            is_in = (
                participant is not None and join.running.room.participants.get(participant.id) == participant
            )
            if is_in and join.running not in given_up and join in turn.entered:
                self._let_in(join)
            else:
                join.connection.tell_problem(error)
                join.connection.close(CloseCode.NOT_SAVED)


def _owner(running: Running, client: str) -> str | None:
    """Whose this client is: by what it asked before, or by who is here with it."""
    holder = running.connections.get(client)
    here = holder.participant.id if holder is not None and holder.participant is not None else None
    return running.room.settled.owner_of(client) or here


def _abandon(connections: set[Connection]) -> None:
    for connection in connections:
        connection.close(CloseCode.RESTARTING)
        connection.leave()
