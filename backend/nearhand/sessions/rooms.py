"""The rooms that somebody is in, or was in just now: brought from the log once, and forgotten when empty."""

import asyncio
from collections.abc import Callable, Iterator

from nearhand.sessions.audience import Viewer
from nearhand.sessions.connections import Running
from nearhand.sessions.log import Log
from nearhand.sessions.model import UnknownSession
from nearhand.sessions.parties import Party
from nearhand.sessions.room import Room
from nearhand.sessions.sfu import Sfu

UNLOAD_AFTER_S = 30.0


class Rooms:
    """All running rooms of this process."""

    def __init__(self, live_log: Log, *, ring_s: float, monotonic: Callable[[], float]) -> None:
        self._log, self._ring_s, self._monotonic = live_log, ring_s, monotonic
        self._running: dict[str, Running] = {}
        self._loading: dict[str, asyncio.Task[Running]] = {}
        self._sfu: Sfu | None = None

    def __iter__(self) -> Iterator[Running]:
        return iter(list(self._running.values()))

    def __contains__(self, running: Running) -> bool:
        """Whether it has not been given up or forgotten meanwhile."""
        return self._running.get(running.id) is running

    def confer_by(self, sfu: Sfu) -> None:
        self._sfu = sfu

    def get(self, session_id: str) -> Running | None:
        return self._running.get(session_id)

    async def load(self, session_id: str) -> Running:
        """Raises UnknownSession."""
        running = self._running.get(session_id)
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
        room = Room(loaded.session, ring_s=self._ring_s)
        party = Party(self._sfu, lambda: not room.is_ended)
        running = Running(room, snapshot_seq=0, left_at=self._monotonic(), shown=loaded.session, party=party)
        running.reload(loaded)
        running.note_end(self._monotonic())
        self._running[session_id] = running
        return running

    async def enter(self, session_id: str, viewer: Viewer | None) -> Running:
        """Raises UnknownSession, also for one that is not theirs to see."""
        running = await self.load(session_id)
        if not running.may_enter(viewer):
            raise UnknownSession(f"No session {session_id}.")
        return running

    async def reload(self, running: Running) -> None:
        """Let it be again what the log says."""
        loaded = await self._log.load(running.id)
        assert loaded is not None
        running.reload(loaded)

    async def loaded(self) -> None:
        """Returns when none is being loaded any more."""
        await asyncio.gather(*self._loading.values(), return_exceptions=True)

    def give_up(self, running: Running) -> None:
        self._running.pop(running.id, None)

    def forget_empty(self, busy: set[Running]) -> list[str]:
        """Says which, by their ids. `busy`: something waits for them."""
        now = self._monotonic()
        empty = [
            session_id
            for session_id, running in self._running.items()
            if not running.connections and running not in busy and now - running.left_at > UNLOAD_AFTER_S
        ]
        for session_id in empty:
            del self._running[session_id]
        return empty
