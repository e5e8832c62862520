"""What was recorded of sessions: pieces of WebM by (recording, k), kept as they come, in whatever order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import structlog
from pydantic import ValidationError

from nearhand.access.model import Actor
from nearhand.audit import recording as ledger
from nearhand.kit.blobs import Blob, Blobs
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import Conflict, Forbidden, Invalid, NotFound
from nearhand.kit.uploads import Incoming, incoming
from nearhand.sessions.footage import HEAD_BYTES, ChunkHead, MediaMark
from nearhand.sessions.log import Log
from nearhand.sessions.model import Frozen, Recording, UnknownRecording

log = structlog.get_logger()

CHUNK_BYTES = 4 * 1024 * 1024  # of one second, whose pictures take a tenth of it
MAX_CHUNKS = 4 * 3600  # four hours
MISSING_TOLD = 1000
CLUSTER = b"\x1f\x43\xb6\x75"  # by which a reader of WebM finds its way again
MEDIA_TYPE = "video/webm"


class ChunkTaken(Conflict):
    code, title = "chunk_taken", "This piece of the recording came before, with other content"


class NoConsent(Conflict):
    code, title = "no_consent", "Not everybody has agreed to be recorded; nothing is kept"


class NoBeginning(NotFound):
    code, title = "no_beginning", "The first piece of this recording has not come; without it nothing plays"


class Chunk(Frozen):
    """A piece that is kept. `size_bytes`: of its WebM."""

    k: int
    sha256: str
    size_bytes: int
    from_ms: int


class RecordingFile(Frozen):
    """A recording and what has come of it. `missing`: pieces that later ones came after, and that have not come.

    `marks` lead from times of the recording to events and frames; `deleted_at`: when its pieces were deleted.
    """

    recording: Recording
    chunks: int
    size_bytes: int
    missing: tuple[int, ...]
    marks: tuple[MediaMark, ...]
    deleted_at: str | None


class _Row(Frozen):
    k: int
    sha256: str
    size_bytes: int
    head_bytes: int
    from_ms: int
    cluster_at: int  # in its WebM; -1: it has none
    marks: tuple[MediaMark, ...]


@dataclass(frozen=True)
class Part:
    """So many bytes of a kept file, behind a head that ends before them."""

    blob: Blob
    start: int
    size: int
    head_bytes: int

    def head_and_webm(self) -> tuple[bytes, bytes]:
        content = self.blob.read()
        return content[: self.head_bytes], content[self.start : self.start + self.size]


class Recordings:
    def __init__(self, live_log: Log, blobs: Blobs, *, clock: Clock) -> None:
        self._log, self._blobs, self._clock = live_log, blobs, clock

    async def keep(
        self, session_id: str, recording_id: str, k: int, pieces: AsyncIterator[bytes], actor: Actor
    ) -> Chunk:
        """The same piece twice is kept once. Raises UnknownRecording, NoConsent, Forbidden, ChunkTaken, TooLarge, Invalid."""
        recording, deleted_at = await self._recording(session_id, recording_id)
        if recording.by != actor.participant_id:
            raise Forbidden("Only whoever records sends its pieces.")
        if recording.began_at is None or deleted_at:
            raise NoConsent if recording.began_at is None else UnknownRecording
        async with incoming(pieces, self._blobs, limit_bytes=CHUNK_BYTES) as file:
            row = await asyncio.to_thread(_row_of, file, k)
            known = await self._row(session_id, recording_id, k)
            if known is not None and known.sha256 != row.sha256:
                raise ChunkTaken
            if known is None:
                await file.keep()
                await self._add(session_id, recording_id, row)
        return Chunk(k=k, sha256=row.sha256, size_bytes=row.size_bytes, from_ms=row.from_ms)

    async def _add(self, session_id: str, recording_id: str, row: _Row) -> None:
        insert = (
            "INSERT INTO live_chunk VALUES (:session, :recording, :k, :sha256, :size_bytes, :head_bytes, :body)"
            " ON CONFLICT (session, recording, k) DO NOTHING"
        )
        about = row.model_dump(include={"k", "sha256", "size_bytes", "head_bytes"})
        about |= {"session": session_id, "recording": recording_id, "body": row.model_dump_json()}
        await self._log.write([(insert, [about])])

    async def all_of(self, session_id: str) -> list[RecordingFile]:
        """Oldest first; those that were never begun left out."""
        found = await self._log.read(
            "SELECT body, deleted_at FROM live_recording WHERE session = :session", {"session": session_id}
        )
        rows = await self._log.read(
            "SELECT recording, body FROM live_chunk WHERE session = :session ORDER BY recording, k",
            {"session": session_id},
        )
        return await asyncio.to_thread(_files, found, rows)

    async def parts(self, session_id: str, recording_id: str) -> list[Part]:
        """What plays, in order. After a piece that is missing it goes on where a reader finds its way again.

        Raises UnknownRecording and NoBeginning.
        """
        await self._recording(session_id, recording_id)
        rows = [_Row.model_validate_json(body) for body in await self._rows(session_id, recording_id)]
        if not rows or rows[0].k != 0:
            raise NoBeginning
        parts, is_lost = [], False
        for before, row in zip([None, *rows], rows, strict=False):
            is_lost = is_lost or (before is not None and row.k != before.k + 1)
            if is_lost and row.cluster_at < 0:
                continue
            skipped = row.cluster_at if is_lost else 0
            is_lost = False
            blob = self._blobs.blob(row.sha256)
            parts.append(Part(blob, row.head_bytes + skipped, row.size_bytes - skipped, row.head_bytes))
        return parts

    async def forget(self, session_id: str, recording_id: str) -> int:
        """Delete its pieces; say how many. That it was there, and deleted, is still told."""
        of = {"session": session_id, "recording": recording_id}
        rows = await self._log.read(
            "SELECT sha256 FROM live_chunk WHERE session = :session AND recording = :recording", of
        )
        others = "SELECT 1 FROM live_chunk WHERE sha256 = :sha256 AND NOT (session = :session AND recording = :recording)"
        for (sha256,) in rows:
            if not await self._log.read(f"{others} LIMIT 1", of | {"sha256": sha256}):
                await asyncio.to_thread(self._blobs.path(sha256).unlink, missing_ok=True)
        # Last: whoever is killed in between does it all again.
        await self._log.write(
            [
                ("DELETE FROM live_chunk WHERE session = :session AND recording = :recording", [of]),
                (
                    "UPDATE live_recording SET deleted_at = :at WHERE session = :session AND id = :recording",
                    [of | {"at": self._clock.now().isoformat()}],
                ),
            ]
        )
        return len(rows)

    async def kept(self) -> list[tuple[str, Recording]]:
        """All whose pieces were not deleted."""
        rows = await self._log.read("SELECT session, body FROM live_recording WHERE deleted_at = ''", {})
        return [(session_id, Recording.model_validate_json(body)) for session_id, body in rows]

    async def _recording(self, session_id: str, recording_id: str) -> tuple[Recording, str]:
        rows = await self._log.read(
            "SELECT body, deleted_at FROM live_recording WHERE session = :session AND id = :id",
            {"session": session_id, "id": recording_id},
        )
        if not rows:
            raise UnknownRecording
        return Recording.model_validate_json(rows[0][0]), rows[0][1]

    async def _rows(self, session_id: str, recording_id: str) -> list[str]:
        rows = await self._log.read(
            "SELECT body FROM live_chunk WHERE session = :session AND recording = :recording ORDER BY k",
            {"session": session_id, "recording": recording_id},
        )
        return [body for (body,) in rows]

    async def _row(self, session_id: str, recording_id: str, k: int) -> _Row | None:
        rows = await self._log.read(
            "SELECT body FROM live_chunk WHERE session = :session AND recording = :recording AND k = :k",
            {"session": session_id, "recording": recording_id, "k": k},
        )
        return _Row.model_validate_json(rows[0][0]) if rows else None


class Retention:
    """Deletes recordings whose time has run out: the shortest of the tenants whose equipment the session showed."""

    def __init__(
        self, recordings: Recordings, live_log: Log, database: Database, *, clock: Clock, days: int
    ) -> None:
        """`days`: for whose tenant says nothing; 0: for ever."""
        self._recordings, self._log, self._database = recordings, live_log, database
        self._clock, self._days = clock, days

    async def run(self, days_of: dict[str, int]) -> int:
        """`days_of`: of the tenants that say it. Returns how many were deleted; each is an entry of the ledger."""
        kept = await self._recordings.kept()
        came = await self._log.came(sorted({session_id for session_id, _ in kept}))
        deleted = 0
        for session_id, recording in kept:
            tenants = {placed.where.tenant_id for placed in came[session_id] if placed.is_shown}
            wanted = [days_of.get(tenant or "", self._days) for tenant in tenants] or [self._days]
            limits = [days for days in wanted if days > 0]
            if not limits or (self._clock.now() - recording.asked_at).days < min(limits):
                continue
            pieces = await self._recordings.forget(session_id, recording.id)
            details = {"recording": recording.id, "pieces": pieces, "days": min(limits)}
            async with self._database.transaction() as connection:
                await ledger.did(connection, "session.recording_deleted", session_id, details)
            deleted += 1
        return deleted


def _row_of(file: Incoming, k: int) -> _Row:
    with file.open() as opened:
        return _read(opened.read(), k, file.sha256)


def _read(content: bytes, k: int, sha256: str) -> _Row:
    """Raises Invalid."""
    line, found, webm = content[: HEAD_BYTES + 1].partition(b"\n")
    if not found:
        raise Invalid("A piece begins with a line of JSON.")
    try:
        head = ChunkHead.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Invalid(f"The first line: {first['msg']}"[:300]) from None
    head_bytes = len(line) + 1
    webm = content[head_bytes:]
    if not webm or (k == 0 and not webm.startswith(b"\x1a\x45\xdf\xa3")):
        raise Invalid("Behind the first line comes WebM.")
    return _Row(
        k=k,
        sha256=sha256,
        size_bytes=len(webm),
        head_bytes=head_bytes,
        from_ms=head.from_ms,
        cluster_at=webm.find(CLUSTER),
        # Where things were seen stays in the piece: whoever lists recordings has no use for it.
        marks=tuple(mark.without_sighting() for mark in head.marks),
    )


def _files(found: Sequence[tuple[str, str]], rows: Sequence[tuple[str, str]]) -> list[RecordingFile]:
    chunks: dict[str, list[_Row]] = {}
    for recording_id, body in rows:
        chunks.setdefault(recording_id, []).append(_Row.model_validate_json(body))
    files = []
    for body, deleted_at in found:
        recording = Recording.model_validate_json(body)
        if recording.began_at is None:
            continue
        own = chunks.get(recording.id, [])
        here = {row.k for row in own}
        missing = [k for k in range(max(here, default=-1)) if k not in here]
        files.append(
            RecordingFile(
                recording=recording,
                chunks=len(own),
                size_bytes=sum(row.size_bytes for row in own),
                missing=tuple(missing[:MISSING_TOLD]),
                marks=tuple(mark for row in own for mark in row.marks),
                deleted_at=deleted_at or None,
            )
        )
    return sorted(files, key=lambda one: one.recording.asked_at)


async def read_out(parts: Sequence[Part]) -> AsyncIterator[tuple[bytes, bytes]]:
    """The head and the WebM of each."""
    for part in parts:
        yield await asyncio.to_thread(part.head_and_webm)


def streamed(parts: Sequence[Part], first: int, last: int) -> AsyncIterator[bytes]:
    """The bytes from `first` to `last` of all parts together."""

    async def pieces() -> AsyncIterator[bytes]:
        at = 0
        for part in parts:
            start, end = max(first - at, 0), min(last + 1 - at, part.size)
            at += part.size
            if start >= end:
                continue
            yield await asyncio.to_thread(_cut, part, start, end)

    return pieces()


def _cut(part: Part, start: int, end: int) -> bytes:
    with part.blob.open() as file:
        file.seek(part.start + start)
        return file.read(end - start)
