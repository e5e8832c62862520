"""Keep what happened in live sessions: an append-only log per session, and what is folded from it in the same commit."""

import asyncio
import hashlib
import os
import sqlite3
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol
from urllib.parse import quote

from sqlalchemy import text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from nearhand.access.model import Grants, Where
from nearhand.kit.database import SQLITE_PRAGMAS
from nearhand.kit.errors import Unavailable
from nearhand.kit.ids import Ids
from nearhand.kit.quota import Charge
from nearhand.media.model import Still
from nearhand.sessions.message import Event
from nearhand.sessions.messages import server_events
from nearhand.sessions.model import (
    Annotation,
    FaceAnchor,
    FrameKey,
    NotSaved,
    Recording,
    Session,
    SessionStatus,
    Snapshot,
    StillFrame,
    VoiceFile,
    still_frame,
)
from nearhand.sessions.stage import Placed

MAX_HEADS = 10_000  # sessions whose last hash is remembered; of others it is read again

Row = Mapping[str, Any]
# Statements in the dialect that SQLite and PostgreSQL share, each with the rows it is run for.
Work = list[tuple[str, Sequence[Row]]]

TABLES = (
    "CREATE TABLE IF NOT EXISTS live_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS live_session (id TEXT PRIMARY KEY, status TEXT NOT NULL,"
    " opened_at_s DOUBLE PRECISION NOT NULL, body TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_live_session_opened ON live_session (opened_at_s)",
    "CREATE TABLE IF NOT EXISTS live_event (session TEXT NOT NULL, seq BIGINT NOT NULL, client TEXT NOT NULL,"
    " n BIGINT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (session, seq)){without_rowid}",
    # Each event holds the one before it fast; the ledger says once a second how far, and by which hash.
    "ALTER TABLE live_event ADD COLUMN {if_not_exists} hash {blob}",
    # The promise "exactly once" is the database's too, not only the room's.
    "CREATE UNIQUE INDEX IF NOT EXISTS uq_live_event_n ON live_event (session, client, n) WHERE n > 0",
    "CREATE INDEX IF NOT EXISTS ix_live_event_still ON live_event (session, seq) WHERE type = 'still.shared'",
    "CREATE TABLE IF NOT EXISTS live_refusal (session TEXT NOT NULL, client TEXT NOT NULL, by_id TEXT NOT NULL,"
    " n BIGINT NOT NULL, PRIMARY KEY (session, client))",
    "CREATE TABLE IF NOT EXISTS live_snapshot (session TEXT PRIMARY KEY, seq BIGINT NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS live_kept (session TEXT NOT NULL, annotation TEXT NOT NULL, device TEXT NOT NULL,"
    " body TEXT NOT NULL, PRIMARY KEY (session, annotation))",
    "CREATE INDEX IF NOT EXISTS ix_live_kept_device ON live_kept (device)",
    "CREATE TABLE IF NOT EXISTS live_still (session TEXT NOT NULL, sha256 TEXT NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY (session, sha256))",
    # Stills that were uploaded and not shared yet, and on whose account they are.
    "CREATE TABLE IF NOT EXISTS live_unshared (session TEXT NOT NULL, sha256 TEXT NOT NULL, account TEXT NOT NULL,"
    " PRIMARY KEY (session, sha256))",
    # Voice notes as they were uploaded; until they are said, they count among what is not shared.
    "CREATE TABLE IF NOT EXISTS live_voice (session TEXT NOT NULL, sha256 TEXT NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY (session, sha256))",
    # Sessions opened under an idempotency key, and the digest of what was asked with it.
    "CREATE TABLE IF NOT EXISTS live_opening (session TEXT PRIMARY KEY, request TEXT NOT NULL)",
    # Bytes that were sent, each day on an account and for ever to a session. Here, since nothing that writes at length
    # to the registry may keep a picture of a session waiting.
    "CREATE TABLE IF NOT EXISTS live_upload (key TEXT PRIMARY KEY, day TEXT NOT NULL, bytes BIGINT NOT NULL)",
    # Whose a session is besides those who may see what it was about.
    "CREATE TABLE IF NOT EXISTS live_call (session TEXT PRIMARY KEY, opened_by TEXT NOT NULL,"
    " work_order TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS ix_live_call_opened_by ON live_call (opened_by)",
    "CREATE INDEX IF NOT EXISTS ix_live_call_work_order ON live_call (work_order) WHERE work_order <> ''",
    # The devices a session came to, from which event on, and where each stood then.
    "CREATE TABLE IF NOT EXISTS live_place (session TEXT NOT NULL, seq BIGINT NOT NULL, device TEXT NOT NULL,"
    " is_shown INTEGER NOT NULL, tenant_id TEXT, site_id TEXT, rack_id TEXT, PRIMARY KEY (session, seq, device))",
    "CREATE INDEX IF NOT EXISTS ix_live_place_tenant ON live_place (tenant_id, session)",
    # What was recorded, as its session last said; `deleted_at` when its pieces were. And its pieces.
    "CREATE TABLE IF NOT EXISTS live_recording (session TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL,"
    " deleted_at TEXT NOT NULL DEFAULT '', PRIMARY KEY (session, id))",
    "CREATE TABLE IF NOT EXISTS live_chunk (session TEXT NOT NULL, recording TEXT NOT NULL, k BIGINT NOT NULL,"
    " sha256 TEXT NOT NULL, size_bytes BIGINT NOT NULL, head_bytes BIGINT NOT NULL, body TEXT NOT NULL,"
    " PRIMARY KEY (session, recording, k))",
    "CREATE INDEX IF NOT EXISTS ix_live_chunk_sha256 ON live_chunk (sha256)",
    "CREATE INDEX IF NOT EXISTS ix_live_place_site ON live_place (site_id, session)",
)

COUNT_UPLOAD = (
    "INSERT INTO live_upload VALUES (:key, :day, :bytes)"
    " ON CONFLICT (key) DO UPDATE SET bytes = live_upload.bytes + excluded.bytes"
)
FORGET_UPLOADS = "DELETE FROM live_upload WHERE day <> '' AND day < :day"
ADD_EVENT = (
    "INSERT INTO live_event (session, seq, client, n, type, body, hash)"
    " VALUES (:session, :seq, :client, :n, :type, :body, :hash)"
)
SET_SESSION = (
    "INSERT INTO live_session VALUES (:id, :status, :opened_at_s, :body)"
    " ON CONFLICT (id) DO UPDATE SET status = excluded.status, body = excluded.body"
)
SET_REFUSAL = (
    "INSERT INTO live_refusal VALUES (:session, :client, :by, :n)"
    # A refused number that is sent again is refused again, and must not hide those after it.
    " ON CONFLICT (session, client) DO UPDATE SET n = excluded.n WHERE excluded.n > live_refusal.n"
)
SET_SNAPSHOT = (
    "INSERT INTO live_snapshot VALUES (:session, :seq, :body)"
    " ON CONFLICT (session) DO UPDATE SET seq = excluded.seq, body = excluded.body"
)
KEEP = (
    "INSERT INTO live_kept VALUES (:session, :annotation, :device, :body)"
    " ON CONFLICT (session, annotation) DO UPDATE SET device = excluded.device, body = excluded.body"
)
SET_OPENING = "INSERT INTO live_opening VALUES (:session, :request)"
SET_CALL = "INSERT INTO live_call VALUES (:session, :opened_by, :work_order) ON CONFLICT (session) DO NOTHING"
SET_PLACE = (
    "INSERT INTO live_place VALUES (:session, :seq, :device, :is_shown, :tenant_id, :site_id, :rack_id)"
    " ON CONFLICT (session, seq, device) DO NOTHING"
)
SET_RECORDING = (
    "INSERT INTO live_recording (session, id, body) VALUES (:session, :id, :body)"
    " ON CONFLICT (session, id) DO UPDATE SET body = excluded.body"
)
DROP_UNSHARED = "DELETE FROM live_unshared WHERE session = :session AND sha256 = :sha256"
DROP_KEPT = "DELETE FROM live_kept WHERE session = :session AND annotation = :annotation"


@dataclass(slots=True)
class Batch:
    """Everything that one commit stores: the events, and what they change in the tables folded from them."""

    events: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[Row] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    kept: dict[tuple[str, str], Annotation | None] = field(
        default_factory=dict
    )  # by session and annotation id
    snapshots: list[tuple[str, Snapshot]] = field(default_factory=list)
    openings: list[Row] = field(default_factory=list)
    shared: list[Row] = field(default_factory=list)
    calls: list[Row] = field(default_factory=list)
    places: list[Row] = field(default_factory=list)
    recordings: dict[tuple[str, str], Recording] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.events or self.refusals or self.sessions or self.kept or self.calls)

    def add_event(self, session_id: str, event: Event, kind: str, body: str) -> None:
        self.events.append(
            {
                "session": session_id,
                "seq": event.seq,
                "client": event.client,
                "n": event.n,
                "type": kind,
                "body": body,
            }
        )

    def keep(self, session_id: str, annotation: Annotation) -> None:
        """Also on the device, for the next visit. The last word of a batch on an annotation counts."""
        self.kept[session_id, annotation.id] = annotation

    def drop(self, session_id: str, annotation_id: str) -> None:
        self.kept[session_id, annotation_id] = None

    def open(self, session: Session, request: str) -> None:
        """A new session. `request`: the digest of what was asked under an idempotency key; "" without one."""
        self.sessions.append(session)
        self.call(session)
        if request:
            self.openings.append({"session": session.id, "request": request})

    def call(self, session: Session) -> None:
        row = {"session": session.id, "opened_by": session.opened_by, "work_order": session.work_order}
        self.calls.append(row)

    def place(self, session_id: str, came: Placed) -> None:
        row = {
            "session": session_id,
            "seq": came.seq,
            "device": came.device_id,
            "is_shown": int(came.is_shown),
        }
        self.places.append(row | came.where.model_dump())

    def record(self, session_id: str, recording: Recording) -> None:
        self.recordings[session_id, recording.id] = recording

    def share(self, session_id: str, sha256: str) -> None:
        self.shared.append({"session": session_id, "sha256": sha256})

    def work(self) -> Work:
        return [
            (ADD_EVENT, self.events),
            (SET_REFUSAL, self.refusals),
            (SET_SESSION, [_session_row(session) for session in self.sessions]),
            (SET_OPENING, self.openings),
            (DROP_UNSHARED, self.shared),
            (SET_CALL, self.calls),
            (SET_PLACE, self.places),
            (
                SET_RECORDING,
                [
                    {"session": session, "id": id, "body": recording.model_dump_json()}
                    for (session, id), recording in self.recordings.items()
                ],
            ),
            (
                DROP_KEPT,
                [
                    {"session": session, "annotation": id}
                    for (session, id), mark in self.kept.items()
                    if mark is None
                ],
            ),
            (
                KEEP,
                [
                    {
                        "session": session,
                        "annotation": id,
                        "device": mark.anchor.device_id,
                        "body": mark.model_dump_json(),
                    }
                    for (session, id), mark in self.kept.items()
                    if mark is not None and isinstance(mark.anchor, FaceAnchor)
                ],
            ),
            (
                SET_SNAPSHOT,
                [
                    {"session": session, "seq": snapshot.seq, "body": snapshot.model_dump_json()}
                    for session, snapshot in self.snapshots
                ],
            ),
        ]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a room is made of again: the newest snapshot, the events after it, all stills, the last refusals."""

    session: Session
    snapshot: Snapshot | None
    tail: list[Event]
    tail_bodies: list[str]
    stills: Mapping[FrameKey, StillFrame]
    refusals: list[tuple[str, str, int]]
    came: list[Placed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose sessions a list is to hold: those that were about what these grants cover, and one's own.

    `work_order`, `device_ids`: a guest's, to whom nothing else is shown.
    """

    grants: Grants
    opened_by: str | None = None
    work_order: str | None = None
    device_ids: tuple[str, ...] | None = None

    def condition(self) -> tuple[str, dict[str, str]]:
        values: dict[str, str] = {}

        def bound(name: str, value: str) -> str:
            values[name] = value
            return f":{name}"

        covered = []
        for i, grant in enumerate(self.grants):
            named = grant.model_dump(exclude={"role"}, exclude_none=True).items()
            conditions = [f"p.{column} = {bound(f'{column}_{i}', value)}" for column, value in named]
            covered.append(f"({' AND '.join(conditions) or '1 = 1'})")
        shown = f"p.session = live_session.id AND p.is_shown = 1 AND ({' OR '.join(covered) or '1 = 0'})"
        if self.device_ids is not None:
            some = ", ".join(bound(f"device_{i}", device) for i, device in enumerate(self.device_ids))
            shown += f" AND p.device IN ({some})"
        ways = [f"EXISTS (SELECT 1 FROM live_place p WHERE {shown})"]  # nosec  # values are bound
        call = "EXISTS (SELECT 1 FROM live_call c WHERE c.session = live_session.id AND c.{} = {})"
        if self.opened_by is not None:
            ways.append(call.format("opened_by", bound("opened_by", self.opened_by)))
        if self.device_ids is None and any(grant.is_everywhere for grant in self.grants):
            ways.append("1 = 1")
        condition = f"({' OR '.join(ways)})"
        if self.work_order is not None:
            condition += " AND " + call.format("work_order", bound("work_order", self.work_order))
        return condition, values


class Reached(NamedTuple):
    """How far the log of a session goes, and the hash of its last event."""

    seq: int
    hash: bytes


class FolderTaken(RuntimeError):
    """Another process has this log. The message says which folder, and what to do."""


class Storage(Protocol):
    """Where the log is kept: SQLite beside the registry, or PostgreSQL with it."""

    def claim(self) -> None:
        """Keep every other process out, from now until `close`. Raises FolderTaken for the second."""

    async def open(self, tables: Sequence[str]) -> None: ...

    async def close(self) -> None: ...

    async def write(self, work: Work) -> None:
        """All or nothing, on the disk when it returns. Raises NotSaved."""

    async def read(self, sql: str, row: Row) -> list[tuple[Any, ...]]: ...


class Log:
    """The durable side of all sessions. `epoch` names this log: a client that knows another one starts anew."""

    def __init__(self, storage: Storage, *, ids: Ids) -> None:
        self._storage = storage
        self._ids = ids
        self._heads: OrderedDict[str, Reached] = OrderedDict()
        self._unsealed: dict[str, Reached] = {}
        self.epoch = ""

    def claim(self) -> None:
        """For whoever wants to know before the service starts: `open` claims too. Raises FolderTaken."""
        self._storage.claim()

    async def open(self) -> None:
        await self._storage.open(TABLES)
        epoch = {"key": "epoch", "value": self._ids.new()}
        insert = "INSERT INTO live_meta VALUES (:key, :value) ON CONFLICT (key) DO NOTHING"
        await self._storage.write([(insert, [epoch])])
        rows = await self._storage.read("SELECT value FROM live_meta WHERE key = :key", {"key": "epoch"})
        self.epoch = rows[0][0]
        await self._link_old_events()

    async def close(self) -> None:
        await self._storage.close()

    async def append(self, batch: Batch) -> None:
        """Store the batch in one commit, on the disk when this returns. Raises NotSaved: then nothing is stored."""
        heads = await self._link(batch.events)
        try:
            await self._storage.write(batch.work())
        except BaseException:
            for session_id in heads:
                self._heads.pop(session_id, None)  # it may have been stored all the same: ask again
            raise
        self._heads |= heads
        self._unsealed |= heads
        while len(self._heads) > MAX_HEADS:
            self._heads.popitem(last=False)

    async def _link(self, events: Sequence[dict[str, Any]]) -> dict[str, Reached]:
        """Give each event its hash; say how far each session goes with them."""
        heads: dict[str, Reached] = {}
        for event in events:
            session_id: str = event["session"]
            head = heads.get(session_id) or self._heads.get(session_id) or await self._head(session_id)
            event["hash"] = hash = next_hash(head[1], event["body"])
            heads[session_id] = Reached(event["seq"], hash)
        return heads

    async def _head(self, session_id: str) -> Reached:
        last = "SELECT seq, hash FROM live_event WHERE session = :session ORDER BY seq DESC LIMIT 1"
        rows = await self._storage.read(last, {"session": session_id})
        return Reached(*rows[0]) if rows else Reached(0, first_hash(session_id))

    async def _link_old_events(self) -> None:
        """Once, for a log from before events had hashes."""
        done = {"key": "linked", "value": "1"}
        if await self._storage.read("SELECT value FROM live_meta WHERE key = :key", {"key": "linked"}):
            return
        for (session_id,) in await self._storage.read("SELECT DISTINCT session FROM live_event", {}):
            bodies = await self.events(session_id, after=0, limit=2**53)
            hash, rows = first_hash(session_id), []
            for seq, body in enumerate(bodies, 1):
                hash = next_hash(hash, body)
                rows.append({"session": session_id, "seq": seq, "hash": hash})
            link = "UPDATE live_event SET hash = :hash WHERE session = :session AND seq = :seq"
            await self._storage.write([(link, rows)])
        await self._storage.write([("INSERT INTO live_meta VALUES (:key, :value)", [done])])

    def take_unsealed(self) -> dict[str, Reached]:
        """The sessions that went on since this was asked last. For the ledger: give back what it cannot keep."""
        unsealed, self._unsealed = self._unsealed, {}
        return unsealed

    def give_back(self, unsealed: Mapping[str, Reached]) -> None:
        self._unsealed = {**unsealed, **self._unsealed}

    async def reached(self) -> dict[str, int]:
        """How far each session's log goes."""
        last = "SELECT MAX(seq) FROM live_event WHERE live_event.session = live_session.id"
        rows = await self._storage.read(f"SELECT id, ({last}) FROM live_session", {})  # nosec  # values are bound
        return {session_id: seq or 0 for session_id, seq in rows}

    async def notice_unsealed(self, session_id: str) -> None:
        """After a start: this session went on without the ledger's having heard of it."""
        self._unsealed.setdefault(session_id, await self._head(session_id))

    async def read(self, sql: str, row: Row) -> list[tuple[Any, ...]]:
        """For those beside it that keep something of sessions: nothing of the events themselves."""
        return await self._storage.read(sql, row)

    async def write(self, work: Work) -> None:
        """All or nothing, and never an event. Raises NotSaved."""
        await self._storage.write(work)

    async def load(self, session_id: str) -> Loaded | None:
        session = await self.session(session_id)
        if session is None:
            return None
        of = {"session": session_id}
        snapshots = await self._storage.read(
            "SELECT seq, body FROM live_snapshot WHERE session = :session", of
        )
        after = snapshots[0][0] if snapshots else 0
        stills = await self._storage.read(
            "SELECT body FROM live_event WHERE session = :session AND type = 'still.shared' ORDER BY seq", of
        )
        bodies = await self.events(session_id, after=after, limit=2**53)
        refusals = await self._storage.read(
            "SELECT client, by_id, n FROM live_refusal WHERE session = :session", of
        )
        came = (await self.came([session_id]))[session_id]
        # In a thread: thousands of stills take most of a second, and pointers must keep moving meanwhile.
        loaded = await asyncio.to_thread(_loaded, session, snapshots, stills, bodies, refusals)
        return replace(loaded, came=came)

    async def came(self, session_ids: Sequence[str]) -> dict[str, list[Placed]]:
        """The devices that each of these sessions came to, in order."""
        found: dict[str, list[Placed]] = {session_id: [] for session_id in session_ids}
        for start in range(0, len(session_ids), 200):
            some = {f"s{i}": one for i, one in enumerate(session_ids[start : start + 200])}
            rows = await self._storage.read(
                "SELECT session, seq, device, is_shown, tenant_id, site_id, rack_id FROM live_place"  # nosec  # values are bound
                f" WHERE session IN ({', '.join(f':{name}' for name in some)}) ORDER BY seq",
                some,
            )
            for session_id, seq, device_id, is_shown, tenant_id, site_id, rack_id in rows:
                where = Where(tenant_id=tenant_id, site_id=site_id, rack_id=rack_id)
                found[session_id].append(Placed(seq, device_id, bool(is_shown), where))
        return found

    async def unplaced(self) -> list[tuple[Session, list[tuple[int, str]]]]:
        """Sessions of a log from before they had places: what each has shown, and from which event on."""
        rows = await self._storage.read(
            "SELECT body FROM live_session WHERE NOT EXISTS"
            " (SELECT 1 FROM live_call WHERE live_call.session = live_session.id)",
            {},
        )
        found = []
        for (body,) in rows:
            session = Session.model_validate_json(body)
            events = await self._storage.read(
                "SELECT body FROM live_event WHERE session = :session AND type = 'device.shown' ORDER BY seq",
                {"session": session.id},
            )
            shown = [server_events.validate_json(event) for (event,) in events]
            # With which device it was opened is not known any more: it is taken for the first that was shown.
            first = shown[0].device.device_id if shown else session.device_id
            opened = [] if first is None else [(0, first)]
            found.append((session, [*opened, *((event.seq, event.device.device_id) for event in shown)]))
        return found

    async def events(self, session_id: str, *, after: int, limit: int) -> list[str]:
        """The stored events after `after`, each as the JSON text that was told."""
        rows = await self._storage.read(
            "SELECT body FROM live_event WHERE session = :session AND seq > :after ORDER BY seq LIMIT :limit",
            {"session": session_id, "after": after, "limit": limit},
        )
        return [body for (body,) in rows]

    async def links(self, session_id: str) -> list[tuple[int, str, bytes]]:
        """Every event of a session with its hash: number, text, hash."""
        rows = await self._storage.read(
            "SELECT seq, body, hash FROM live_event WHERE session = :session ORDER BY seq",
            {"session": session_id},
        )
        return [(seq, body, hash) for seq, body, hash in rows]

    async def session(self, session_id: str) -> Session | None:
        rows = await self._storage.read("SELECT body FROM live_session WHERE id = :id", {"id": session_id})
        return Session.model_validate_json(rows[0][0]) if rows else None

    async def opened(self, session_id: str) -> tuple[Session, str] | None:
        """The session, and the digest of what was asked under the idempotency key it was opened with, else ""."""
        session = await self.session(session_id)
        if session is None:
            return None
        rows = await self._storage.read(
            "SELECT request FROM live_opening WHERE session = :session", {"session": session_id}
        )
        return session, rows[0][0] if rows else ""

    async def sessions(
        self,
        statuses: Sequence[SessionStatus],
        *,
        limit: int,
        offset: int,
        reach: Reach | None = None,
        device_id: str | None = None,
    ) -> tuple[list[Session], int]:
        """Newest first. `reach`: only what these may see; `device_id`: only those that showed this device."""
        names = {f"status_{i}": status.value for i, status in enumerate(statuses)}
        where = f"WHERE status IN ({', '.join(f':{name}' for name in names)})"
        if device_id is not None:
            where += (
                " AND EXISTS (SELECT 1 FROM live_place d WHERE d.session = live_session.id AND d.is_shown = 1"
                " AND d.device = :device)"
            )
            names["device"] = device_id
        if reach is not None:
            condition, values = reach.condition()
            where, names = f"{where} AND {condition}", names | values
        rows = await self._storage.read(
            f"SELECT body FROM live_session {where} ORDER BY opened_at_s DESC, id LIMIT :limit OFFSET :offset",  # nosec  # values are bound
            {**names, "limit": limit, "offset": offset},
        )
        total = await self._storage.read(f"SELECT COUNT(*) FROM live_session {where}", names)  # nosec  # values are bound
        return [Session.model_validate_json(body) for (body,) in rows], total[0][0]

    async def add_still(self, still: Still, account: str) -> None:
        """Uploading the same picture twice is once. `account`: on whose it is until it is shared."""
        await self._add_file("live_still", still, account)

    async def add_voice(self, voice: VoiceFile, account: str) -> None:
        """As `add_still`."""
        await self._add_file("live_voice", voice, account)

    async def _add_file(
        self, table: Literal["live_still", "live_voice"], file: Still | VoiceFile, account: str
    ) -> None:
        row = {"session": file.session_id, "sha256": file.sha256}
        count = (
            "INSERT INTO live_unshared (session, sha256, account)"  # nosec  # a table's name of ours
            " SELECT CAST(:session AS TEXT), CAST(:sha256 AS TEXT), CAST(:account AS TEXT) WHERE NOT EXISTS"
            f" (SELECT 1 FROM {table} WHERE session = CAST(:session AS TEXT) AND sha256 = CAST(:sha256 AS TEXT))"
        )
        insert = (
            f"INSERT INTO {table} VALUES (:session, :sha256, :body) ON CONFLICT (session, sha256) DO NOTHING"  # nosec
        )
        await self._storage.write(
            [(count, [row | {"account": account}]), (insert, [row | {"body": file.model_dump_json()}])]
        )

    async def unshared_stills(self, session_id: str, account: str) -> int:
        rows = await self._storage.read(
            "SELECT COUNT(*) FROM live_unshared WHERE session = :session AND account = :account",
            {"session": session_id, "account": account},
        )
        count: int = rows[0][0]
        return count

    async def counted(self, keys: Sequence[str]) -> dict[str, int]:
        """Bytes sent so far, where there were any."""
        named = {f"key{number}": key for number, key in enumerate(keys)}
        wanted = ", ".join(f":{name}" for name in named)
        rows = await self._storage.read(f"SELECT key, bytes FROM live_upload WHERE key IN ({wanted})", named)  # nosec  # values are bound
        return {str(key): int(size) for key, size in rows}

    async def count(self, charges: Sequence[Charge], size_bytes: int) -> None:
        rows = [{"key": charge.key, "day": charge.day, "bytes": size_bytes} for charge in charges]
        await self._storage.write([(COUNT_UPLOAD, rows)])

    async def forget_uploads(self, before: date) -> None:
        """What was counted on days before."""
        await self._storage.write([(FORGET_UPLOADS, [{"day": before.isoformat()}])])

    async def still(self, session_id: str, sha256: str) -> Still | None:
        rows = await self._storage.read(
            "SELECT body FROM live_still WHERE session = :session AND sha256 = :sha256",
            {"session": session_id, "sha256": sha256},
        )
        return Still.model_validate_json(rows[0][0]) if rows else None

    async def voice(self, session_id: str, sha256: str) -> VoiceFile | None:
        rows = await self._storage.read(
            "SELECT body FROM live_voice WHERE session = :session AND sha256 = :sha256",
            {"session": session_id, "sha256": sha256},
        )
        return VoiceFile.model_validate_json(rows[0][0]) if rows else None

    async def sharings(self, session_id: str, sha256: str) -> list[str]:
        """The events that shared this picture as a still."""
        rows = await self._storage.read(
            "SELECT body FROM live_event WHERE session = :session AND type = 'still.shared' AND body LIKE :named"
            " ORDER BY seq",
            {"session": session_id, "named": f'%"sha256":"{sha256}"%'},
        )
        return [body for (body,) in rows]

    async def naming(
        self, session_id: str, sha256: str, kind: Literal["chat.said", "document.shown"]
    ) -> list[str]:
        """The events of another kind that name this file."""
        rows = await self._storage.read(
            "SELECT body FROM live_event WHERE session = :session AND type = :kind AND body LIKE :named ORDER BY seq",
            {"session": session_id, "kind": kind, "named": f'%"sha256":"{sha256}"%'},
        )
        return [body for (body,) in rows]

    async def marks(self, device_id: str) -> list[Annotation]:
        """What is kept on a device, oldest first."""
        rows = await self._storage.read(
            "SELECT body FROM live_kept WHERE device = :device LIMIT 1000", {"device": device_id}
        )
        marks = [Annotation.model_validate_json(body) for (body,) in rows]
        return sorted(marks, key=lambda mark: (mark.created_at, mark.id))

    async def sessions_keeping(self, device_id: str, annotation_id: str) -> list[str]:
        """The sessions that keep this mark on the device: one, unless clients minted the same id twice."""
        rows = await self._storage.read(
            "SELECT session FROM live_kept WHERE device = :device AND annotation = :annotation",
            {"device": device_id, "annotation": annotation_id},
        )
        return [session for (session,) in rows]


def first_hash(session_id: str) -> bytes:
    """What the first event of a session follows: so that no session can pass for another."""
    return hashlib.sha256(f"nearhand-session\n{session_id}".encode()).digest()


def next_hash(previous: bytes, body: str) -> bytes:
    return hashlib.sha256(previous + body.encode()).digest()


def is_storage_failure(error: Exception) -> bool:
    """Whether the disk or a database is to blame, so that the same may well succeed later."""
    if isinstance(error, DBAPIError):
        return not isinstance(error, DataError | IntegrityError | NotSupportedError | ProgrammingError)
    return isinstance(error, OSError | sqlite3.OperationalError | PoolTimeout | Unavailable)


def _loaded(
    session: Session,
    snapshots: Sequence[tuple[Any, ...]],
    stills: Sequence[tuple[Any, ...]],
    bodies: list[str],
    refusals: Sequence[tuple[Any, ...]],
) -> Loaded:
    return Loaded(
        session=session,
        snapshot=Snapshot.model_validate_json(snapshots[0][1]) if snapshots else None,
        tail=[server_events.validate_json(body) for body in bodies],
        tail_bodies=bodies,
        stills=dict(still_frame(body) for (body,) in stills),
        refusals=[(client, by, n) for client, by, n in refusals],
    )


def _session_row(session: Session) -> Row:
    return {
        "id": session.id,
        "status": session.status.value,
        "opened_at_s": session.opened_at.timestamp(),
        "body": session.model_dump_json(),
    }


class SqliteStorage:
    """A file of its own, so that a bulk import into the registry never holds up a mark. One thread writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer_thread = ThreadPoolExecutor(1, "live-log-writer")
        self._reader_thread = ThreadPoolExecutor(1, "live-log-reader")
        self._lock: int | None = None
        self._writer: sqlite3.Connection
        self._reader: sqlite3.Connection

    def claim(self) -> None:
        if self._lock is None:
            self._lock = _lock(self._path.with_suffix(".lock"))

    async def open(self, tables: Sequence[str]) -> None:
        self.claim()
        loop = asyncio.get_running_loop()
        self._writer = await loop.run_in_executor(self._writer_thread, self._connect)
        await loop.run_in_executor(self._writer_thread, self._create, tables)
        self._reader = await loop.run_in_executor(self._reader_thread, self._connect)

    async def close(self) -> None:
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._reader_thread, self._reader.close)
        await loop.run_in_executor(self._writer_thread, self._writer.close)
        self._reader_thread.shutdown()
        self._writer_thread.shutdown()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def write(self, work: Work) -> None:
        await asyncio.get_running_loop().run_in_executor(self._writer_thread, self._write, work)

    async def read(self, sql: str, row: Row) -> list[tuple[Any, ...]]:
        return await asyncio.get_running_loop().run_in_executor(self._reader_thread, self._read, sql, row)

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
        for pragma in SQLITE_PRAGMAS:
            connection.execute(pragma)
        return connection

    def _create(self, tables: Sequence[str]) -> None:
        for table in tables:
            try:
                self._writer.execute(
                    table.format(without_rowid=" WITHOUT ROWID", if_not_exists="", blob="BLOB")
                )
            except sqlite3.OperationalError as error:
                if "duplicate column name" not in str(
                    error
                ):  # SQLite cannot add a column only if it is not there
                    raise

    def _write(self, work: Work) -> None:
        writer = self._writer
        try:
            writer.execute("BEGIN IMMEDIATE")
            for sql, rows in work:
                if rows:
                    writer.executemany(sql, rows)
            writer.execute("COMMIT")
        except Exception as error:
            # What cannot be taken back now is by the next write, which finds the transaction open and fails too.
            with suppress(sqlite3.Error):
                if writer.in_transaction:
                    writer.execute("ROLLBACK")
            raise NotSaved(f"The live log could not be written: {error}.") from error

    def _read(self, sql: str, row: Row) -> list[tuple[Any, ...]]:
        return self._reader.execute(sql, row).fetchall()


class SqliteReading:
    """The log of a folder that a service may be using: only read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def claim(self) -> None:
        """Whoever only reads keeps nobody out."""

    async def open(self, tables: Sequence[str]) -> None: ...

    async def close(self) -> None: ...

    async def write(self, work: Work) -> None:
        raise NotSaved("The live log is only read here.")

    async def read(self, sql: str, row: Row) -> list[tuple[Any, ...]]:
        def found() -> list[tuple[Any, ...]]:
            if not self._path.is_file():
                return []
            with closing(sqlite3.connect(f"file:{quote(str(self._path))}?mode=ro", uri=True)) as connection:
                return connection.execute(sql, row).fetchall()

        return await asyncio.to_thread(found)


def _lock(path: Path) -> int | None:
    """Two processes with one log would number their events twice. Raises FolderTaken for the second."""
    try:
        import fcntl
    except ImportError:  # Windows has no such lock
        return None
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        raise FolderTaken(
            f"{path.parent}: another process serves this data folder. Run one service process per data folder."
        ) from None
    return file


class PostgresStorage:
    """Tables beside the registry's, on its engine."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    def claim(self) -> None:
        """Nothing here is locked: one service process per database is the operator's to see to."""

    async def open(self, tables: Sequence[str]) -> None:
        async with self._engine.begin() as connection:
            for table in tables:
                await connection.execute(
                    text(table.format(without_rowid="", if_not_exists="IF NOT EXISTS", blob="BYTEA"))
                )

    async def close(self) -> None:
        """The engine is the registry's, and closed with it."""

    async def write(self, work: Work) -> None:
        try:
            async with self._engine.begin() as connection:
                for sql, rows in work:
                    if rows:
                        await connection.execute(text(sql), [dict(row) for row in rows])
        except Exception as error:
            raise NotSaved("The live log could not be written.") from error

    async def read(self, sql: str, row: Row) -> list[tuple[Any, ...]]:
        async with self._engine.connect() as connection:
            rows = await connection.execute(text(sql), dict(row))
            return [tuple(found) for found in rows]
