"""Tell the ledger how far each session's log goes, and by which hash: once a second, not once a message."""

import asyncio
from collections.abc import Mapping, Sequence

import structlog

from nearhand.audit import recording
from nearhand.audit.model import Draft, SessionSeal
from nearhand.audit.verify import Broken
from nearhand.kit.database import Database
from nearhand.sessions.log import Log, Reached, first_hash, next_hash

log = structlog.get_logger()

SOURCE = "session:"


class SessionSeals:
    """An entry `session.events` holds all events up to its last one fast, since each holds the one before it."""

    def __init__(self, live_log: Log, database: Database) -> None:
        self._log, self._database = live_log, database
        self._told: dict[str, int] = {}
        self._turn = asyncio.Lock()

    async def recover(self) -> None:
        """After a start: what was stored and not told any more before the service was killed."""
        async with self._database.reading() as connection:
            reached = await recording.reached(connection, SOURCE)
        self._told = {source.removeprefix(SOURCE): seq for source, seq in reached.items()}
        for session_id, seq in (await self._log.reached()).items():
            if seq > self._told.get(session_id, 0):
                await self._log.notice_unsealed(session_id)

    async def stop(self) -> None:
        """What cannot be told now is recovered at the next start."""
        try:
            await self.put_down()
        except Exception:
            log.exception("not_told_at_stop")

    async def put_down(self) -> None:
        """Begun is finished: a transaction that is cancelled halfway may keep its lock."""
        await asyncio.shield(asyncio.create_task(self._put_down()))

    async def _put_down(self) -> None:
        async with self._turn:
            await self._put_down_unsealed()

    async def _put_down_unsealed(self) -> None:
        unsealed = self._log.take_unsealed()
        if not unsealed:
            return
        try:
            async with self._database.transaction() as connection:
                drafts = [self._draft(session_id, head) for session_id, head in unsealed.items()]
                await recording.put_down(connection, drafts)
                positions = {f"{SOURCE}{session_id}": head.seq for session_id, head in unsealed.items()}
                await recording.reach(connection, positions)
        except BaseException:
            self._log.give_back(unsealed)
            raise
        self._told |= {session_id: head.seq for session_id, head in unsealed.items()}

    def _draft(self, session_id: str, head: Reached) -> Draft:
        details = {"first": self._told.get(session_id, 0) + 1, "last": head.seq, "hash": head.hash.hex()}
        return recording.draft("session.events", session_id, details)


async def verify_sessions(live_log: Log, seals: Mapping[str, Sequence[SessionSeal]]) -> int:
    """Hold every session's log against what the ledger says of it; say how many events that were. Raises Broken."""
    events = 0
    for session_id, told in seals.items():
        links = await live_log.links(session_id)
        events += len(links)
        hash, hashes = first_hash(session_id), [first_hash(session_id)]
        for expected, (seq, body, kept) in enumerate(links, 1):
            if seq != expected:
                raise Broken(f"session {session_id}: event {expected} is missing")
            hash = next_hash(hash, body)
            if hash != kept:
                raise Broken(f"session {session_id}: event {seq} was changed, or its hash")
            hashes.append(hash)
        for seal in told:
            if seal.last >= len(hashes):
                raise Broken(f"session {session_id}: event {len(hashes)} is missing", seq=seal.seq)
            if hashes[seal.last].hex() != seal.hash:
                raise Broken(
                    f"session {session_id}: one of the events {seal.first} to {seal.last} was changed, "
                    "and all hashes after it made anew",
                    seq=seal.seq,
                )
    return events
