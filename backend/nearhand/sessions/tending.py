"""Watch over who is connected: hang up on the silent, the slow and those no longer allowed, and forget empty rooms."""

import asyncio
from collections.abc import Callable, Iterable

import structlog

from nearhand.sessions import switchboard
from nearhand.sessions.calls import AWAY_S
from nearhand.sessions.connections import Connection, Running
from nearhand.sessions.pipeline import Parts, Pipeline
from nearhand.sessions.wire import CloseCode

log = structlog.get_logger()

TEND_EVERY_S = 1.0
RECHECK_EVERY_S = 30.0
LINGER_AFTER_END_S = 30.0


class Tender:
    """Called again and again by a clock, and whenever somebody's rights have changed."""

    def __init__(
        self, parts: Parts, pipeline: Pipeline, *, idle_s: float, monotonic: Callable[[], float]
    ) -> None:
        self._rooms, self._walls, self._gate = parts.rooms, parts.walls, parts.gate
        self._pipeline, self._screens = pipeline, parts.screens
        self._idle_s, self._monotonic = idle_s, monotonic
        self._rechecks: set[asyncio.Task[None]] = set()
        self._rechecked_at = monotonic()

    async def tend(self) -> None:
        now = self._monotonic()
        inside = [c for running in self._rooms for c in running.connections.values()]
        everyone = [*inside, *self._walls.connections]
        for connection in everyone:
            if connection.outbox.is_stuck():
                connection.close(CloseCode.TOO_SLOW)
            elif now - connection.heard_at > self._idle_s and connection not in self._walls.connections:
                connection.close(CloseCode.IDLE)
        for running in self._rooms:
            self._tend_room(running, now)
        for running in self._rooms:
            if running.connections and running.ended_at is None:
                await self._gate.tell_mask(running)
            await self._watch_screen(running, now)
        for session_id in self._rooms.forget_empty(self._pipeline.busy()):
            self._gate.forget(session_id)
            self._screens.forget(session_id)
        if now - self._rechecked_at >= RECHECK_EVERY_S:
            self._rechecked_at = now
            await self._recheck(everyone)

    def _tend_room(self, running: Running, now: float) -> None:
        for client in {*running.calls.overdue(now), *running.party.away(now - AWAY_S)}:
            switchboard.gone(running, client)
        self._watch_recorder(running, now)
        if running.ended_at is None:
            return
        for connection in list(running.connections.values()):
            if now - max(running.ended_at, connection.joined_at) > LINGER_AFTER_END_S:
                connection.close(CloseCode.ENDED)

    def _watch_recorder(self, running: Running, now: float) -> None:
        recording = running.room.recording
        if recording is None:
            running.recorder_heard_at = None
            return
        if running.recorder_heard_at is None or recording.recorder in running.connections:
            running.recorder_heard_at = now
        self._pipeline.count_heads(running)

    async def _watch_screen(self, running: Running, now: float) -> None:
        shown_seq = self._screens.left(running, now)
        if shown_seq is not None:
            await self._screens.keep(running)
            self._pipeline.end_screen(running, shown_seq)

    def recheck(self, holder: str, connections: Iterable[Connection]) -> None:
        """Somebody's rights are others now: what they have open is checked at once."""
        for running in self._rooms:
            for client in running.party.away(holder=holder):
                switchboard.gone(running, client)  # they cannot be asked; whoever still may comes back
        concerned = [one for one in connections if one.holder == holder]
        if concerned:
            recheck = asyncio.get_running_loop().create_task(self._recheck(concerned))
            self._rechecks.add(recheck)
            recheck.add_done_callback(self._rechecks.discard)

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
                    switchboard.gone(connection.running, connection.client)
                connection.leave()
