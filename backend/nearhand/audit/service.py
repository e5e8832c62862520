"""Bring what happened into the chain, sign it, search it, redact it and hand it out."""

import asyncio
import hashlib
import json
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from fastapi.routing import APIRoute
from sqlalchemy import Row
from starlette.requests import Request

from nearhand.audit.canonical import (
    EXPORT_PURPOSE,
    HEADER_PURPOSE,
    KEY_PURPOSE,
    ROOT_PURPOSE,
    canonical,
    details_hash,
    plain,
    sha256,
    time_text,
)
from nearhand.audit.doors import Told, Tried, Untold, told_of
from nearhand.audit.journal import Journal, Orphan
from nearhand.audit.keys import SigningKey
from nearhand.audit.model import (
    NO_HASH,
    About,
    ActorKind,
    AlreadyRedacted,
    Doer,
    Draft,
    Entry,
    Head,
    NoEntry,
    NotRedactable,
    Outcome,
    Root,
    Wanted,
)
from nearhand.audit.recording import draft, line
from nearhand.audit.store import AuditStore, searched
from nearhand.audit.verify import FORMAT
from nearhand.kit.asking import asking
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NearhandError
from nearhand.kit.http import SAFE_METHODS, Page, PageQuery
from nearhand.kit.rate import RateLimit

log = structlog.get_logger()


AT_ONCE = 500  # entries sealed in one transaction
REFUSALS_PER_MINUTE = 30  # of one address put down one by one; the rest is counted
ADDRESSES_COUNTED = 1000
COUNT_EVERY_S = 60.0
JOURNALS = "journals"
CLOCK_SET_BACK = timedelta(seconds=5)


class Ledger:
    """What is changed is put down in the transaction that changes it, everything else in the journal.

    `seal` moves both into the chain, in the order in which they happened.
    """

    def __init__(self, database: Database, data_dir: Path, *, clock: Clock, key_file: Path | None) -> None:
        self._database = database
        self._clock = clock
        self._key_file = key_file or data_dir / "keys" / "ledger.pem"
        self._journal = Journal(data_dir / JOURNALS)
        self._sealing = asyncio.Lock()
        self._refusals = RateLimit(REFUSALS_PER_MINUTE)
        self._uncounted: Counter[str] = Counter()
        self._counted_at = time.monotonic()
        self._day = ""
        self.unrecorded: set[str] = (
            set()
        )  # doors that changed something and put nothing down: for tests to see

    # -- recording ------------------------------------------------------------------------------------------------

    async def record(self, *drafts: Draft) -> None:
        """On the disk when this returns. Raises LedgerUnavailable: then what is asked must not be done."""
        await self._journal.append([line(one) for one in drafts])

    async def answered(self, request: Request, door: APIRoute) -> None:
        """Put down what a door has shown. See `kit.http.Witness`."""
        told, who = told_of(door.endpoint), asking()
        if isinstance(told, Told):
            await self.record(draft(told.action, _about_id(told, request), _asked(request)))
        elif isinstance(told, Untold) or request.method in SAFE_METHODS:
            return
        elif not who.entries and not who.is_repeated:
            name = f"{request.method} {door.path_format}"
            log.error("left_no_entry", door=name)
            self.unrecorded.add(name)

    async def refused(self, request: Request, door: APIRoute, error: NearhandError) -> None:
        """Put down that somebody was not let in; the many of one address are counted instead."""
        told, who = told_of(door.endpoint), asking()
        if isinstance(told, Untold) and who.kind == ActorKind.NOBODY:
            return  # such as a page asking who is signed in
        action = told.action if isinstance(told, Told | Tried) else "request.refused"
        action = error.told_as or action
        about_id = _about_id(told, request) if isinstance(told, Told) else None
        name = f"{request.method} {door.path_format}"
        await self.refusal(action, about_id, error, door=name, more=_asked(request))

    async def refusal(
        self,
        action: str,
        about_id: str | None,
        error: NearhandError,
        *,
        door: str,
        more: dict[str, Any] | None = None,
    ) -> None:
        """Put down that whoever is asking was refused. It stays a refusal where that cannot be done."""
        key = asking().id or asking().address
        if not self._refusals.allow(key, time.monotonic()):
            self.count_refusal(key)
            return
        said = {"code": error.code, "door": door, **(more or {})}
        try:
            await self.record(draft(action, about_id, said, outcome=Outcome.REFUSED))
        except NearhandError:
            log.error("refusal_not_recorded", code=error.code)

    def count_refusal(self, key: str) -> None:
        """Of this account or address; the sum is put down now and then."""
        if key not in self._uncounted and len(self._uncounted) >= ADDRESSES_COUNTED:
            key = "others"
        self._uncounted[key] += 1

    async def _put_down_counts(self) -> None:
        if not self._uncounted or time.monotonic() - self._counted_at < COUNT_EVERY_S:
            return
        counted, self._uncounted = self._uncounted, Counter()
        self._counted_at = time.monotonic()
        await self.record(
            *(
                draft("request.refused", None, {"of": key, "more": count}, outcome=Outcome.REFUSED)
                for key, count in counted.items()
            )
        )

    # -- sealing --------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Move what an earlier process has left behind, then everything that waits."""
        for orphan in self._journal.orphans():
            async with self._sealing:
                while await self._seal_some(orphan):
                    pass
                async with self._database.transaction() as connection:
                    await AuditStore(connection).forget_moved(orphan.name)
                orphan.remove()
        await self.seal()

    async def stop(self) -> None:
        """What cannot be sealed now stays where it is, and is at the next start."""
        try:
            await self.seal()
        except Exception:
            log.exception("not_sealed_at_stop")
        await self._journal.close()

    async def seal(self) -> int:
        """Give everything that waits its place in the chain; say how many.

        Begun is finished: a transaction that is cancelled halfway may keep its lock.
        """
        return await asyncio.shield(asyncio.create_task(self._seal()))

    async def _seal(self) -> int:
        await self._put_down_counts()
        sealed = 0
        async with self._sealing:
            while some := await self._seal_some(self._journal):
                sealed += some
        return sealed

    async def _seal_some(self, journal: "Journal | Orphan") -> int:
        # What the journal holds after this moment may have followed from a change that is not read below.
        until = self._clock.now()
        async with self._database.reading() as connection:
            store = AuditStore(connection)
            position = await store.moved(journal.name) if journal.name else 0
            head = await store.head()
            is_idle = not await store.has_pending() and journal.is_empty_after(position)
        is_due = head is not None and head.seq > head.signed_seq and _day(head.at) < _day(until)
        if is_idle and not is_due:
            return 0
        async with self._database.transaction() as connection:
            store = AuditStore(connection)
            head = await store.lock_head()
            changes = [(id, json.loads(text)) for id, text in await store.pending(AT_ONCE)]
            position = await store.moved(journal.name) if journal.name else 0
            lines = await asyncio.to_thread(journal.read, position, AT_ONCE)
            changes, lines = _in_step(changes, lines, until)
            seen = [json.loads(one) for one in lines]
            drafts = _merged([one for _, one in changes], seen)
            sealed = len(drafts)
            if not head.seq:
                sealed += await self._introduce(store)
            elif head.seq > head.signed_seq and (not drafts or _day(head.at) < drafts[0]["at"][:10]):
                sealed += await self._sign(store)
            await self._append(store, drafts)
            await store.remove_pending([id for id, _ in changes])
            position += sum(len(one) for one in lines)
            if lines:
                await store.set_all_moved({journal.name: position})
        if isinstance(journal, Journal):
            await self._renew(journal, position)
        return sealed

    async def _append(self, store: AuditStore, drafts: list[dict[str, Any]]) -> None:
        if not drafts:
            return
        head = await store.lock_head()
        rows = await asyncio.to_thread(linked, head.seq, head.hash, drafts)
        await store.append(rows)
        await store.set_head(seq=rows[-1]["seq"], hash=rows[-1]["hash"], at=rows[-1]["at"])

    async def _renew(self, journal: Journal, position: int) -> None:
        old = await journal.renew(position)
        if old is not None:
            async with self._database.transaction() as connection:
                await AuditStore(connection).forget_moved(old)

    # -- signing --------------------------------------------------------------------------------------------------

    async def sign(self) -> Root:
        """Sign the chain as it is now, whatever the time of day."""
        await self.seal()
        async with self._sealing, self._database.transaction() as connection:
            store = AuditStore(connection)
            await store.lock_head()
            await self._sign(store)
            return await store.newest_root()

    async def rotate_key(self) -> str:
        """Sign by a new key from now on; the old one vouches for it. Returns the new key's id."""
        await self.sign()
        async with self._sealing, self._database.transaction() as connection:
            store = AuditStore(connection)
            await store.lock_head()
            old, new = await self._key(), SigningKey.fresh()
            await store.add_key(new.public)
            vouched = {
                "public_key": new.public.public_key,
                "vouched_by": old.public.key_id,
                "signature": old.sign(KEY_PURPOSE + new.public.public_key.encode()),
            }
            await self._append(store, [self._by_itself("key.introduced", "key", new.public.key_id, vouched)])
            # Still by the old key, so that the new one's introduction is signed by it.
            await self._sign(store)
            await asyncio.to_thread(new.save, self._key_file, over=True)
        return new.public.key_id

    async def _key(self) -> SigningKey:
        """Read each time: another process may have rotated it."""
        return await asyncio.to_thread(SigningKey.load, self._key_file)

    async def _introduce(self, store: AuditStore) -> int:
        """Say by which key is signed from now on, unless that was said before. Returns how many entries it took."""
        public = (await self._key()).public
        if public in await store.keys():
            return 0
        await store.add_key(public)
        introduced = self._by_itself(
            "key.introduced", "key", public.key_id, {"public_key": public.public_key}
        )
        await self._append(store, [introduced])
        return 1

    async def _sign(self, store: AuditStore) -> int:
        """Keep a root over the chain as it is, and tell of it. Returns how many entries it took."""
        signed_day = _day((await store.lock_head()).at or self._clock.now())
        introduced = await self._introduce(store)
        head, key = await store.lock_head(), await self._key()
        unsigned = {
            "day": signed_day,
            "at": self._clock.now(),
            "first_seq": head.signed_seq + 1,
            "last_seq": head.seq,
            "last_hash": head.hash,
            "key_id": key.public.key_id,
        }
        signature = key.sign(ROOT_PURPOSE + canonical(plain(unsigned)))
        await store.add_root(Root(**unsigned, signature=signature))
        await store.set_head(signed_seq=head.seq)
        await self._append(
            store, [self._by_itself("root.signed", "root", str(head.seq), {"signature": signature})]
        )
        return introduced + 1

    def _by_itself(self, action: str, kind: str, about_id: str, details: dict[str, Any]) -> dict[str, Any]:
        """What the service does of its own accord, as a draft is kept."""
        one = Draft(
            at=self._clock.now(),
            actor=Doer(kind=ActorKind.SYSTEM, id=""),
            action=action,
            about=About(kind=kind, id=about_id),
            details=details,
        )
        kept: dict[str, Any] = json.loads(line(one))
        return kept

    # -- asking ---------------------------------------------------------------------------------------------------

    async def entries(self, wanted: Wanted, page: PageQuery) -> Page[Entry]:
        async with self._database.reading() as connection:
            rows, total = await AuditStore(connection).page(wanted, page.limit, page.offset)
        return Page[Entry](
            items=[entry_of(row) for row in rows], total=total, limit=page.limit, offset=page.offset
        )

    async def head(self) -> Head:
        async with self._database.reading() as connection:
            head = await AuditStore(connection).head()
        key_id = (await self._key()).public.key_id
        if head is None:
            return Head(seq=0, hash=NO_HASH, at=None, signed_seq=0, key_id=key_id)
        return Head(seq=head.seq, hash=head.hash, at=head.at, signed_seq=head.signed_seq, key_id=key_id)

    async def redact(self, seq: int, why: str) -> None:
        """Take away what an entry says; that it was, and when, by whom and about what, stays. Raises NoEntry."""
        await self.seal()
        async with self._sealing, self._database.transaction() as connection:
            store = AuditStore(connection)
            await store.lock_head()
            found = await store.entry(seq)
            if found is None:
                raise NoEntry(f"No entry {seq}.")
            if json.loads(found.meta)["actor"]["kind"] == ActorKind.SYSTEM:
                raise NotRedactable
            if not await store.redact(seq):
                raise AlreadyRedacted
            told = draft("entry.redacted", str(seq), {"why": why})
            await self._append(store, [json.loads(line(told))])
            asking().entries += 1

    async def export(self, first_seq: int = 1, last_seq: int | None = None) -> AsyncIterator[bytes]:
        """The chain, or a part of it, as lines that `nearhand verify` takes; signed at its end. Raises NoEntry."""
        await self.seal()
        head = await self.head()
        if first_seq > max(head.seq, 1) or (last_seq is not None and last_seq < first_seq):
            raise NoEntry(f"The ledger has {head.seq} entries; ask for some of them.")
        return self._pieces(first_seq, last_seq)

    async def _pieces(self, first_seq: int, last_seq: int | None) -> AsyncIterator[bytes]:
        async with self._database.reading() as connection:
            async for one in self._export(AuditStore(connection), first_seq, last_seq):
                yield one

    async def _export(self, store: AuditStore, first_seq: int, last_seq: int | None) -> AsyncIterator[bytes]:
        await store.see_one_moment()
        head = await store.head()
        until = 0 if head is None else min(last_seq or head.seq, head.seq)
        roots = {root.last_seq: root for root in await store.roots(first_seq, until)}
        key = await self._key()
        before = await store.entry(first_seq - 1) if first_seq > 1 else None
        header: dict[str, Any] = {
            "exported_at": self._clock.now(),
            "first_seq": first_seq,
            "format": FORMAT,
            "key_id": key.public.key_id,
            "keys": [one.model_dump() for one in _with(key, await store.keys())],
            "last_seq": until,
            "previous_hash": before.hash if before is not None else NO_HASH,
            "redacted": await store.redacted_after(until, first_seq),
        }
        header["signature"] = key.sign(HEADER_PURPOSE + canonical(plain(header)))
        digest = hashlib.sha256()

        def told(content: bytes) -> bytes:
            digest.update(content)
            return content

        yield told(canonical(plain({"header": header})) + b"\n")
        piece: list[bytes] = []
        async for row in store.walk(first_seq, until):
            piece.append(entry_line(row.meta, row.details, row.salt, row.hash))
            if row.seq in roots:
                piece.append(canonical(plain({"root": roots[row.seq].model_dump()})) + b"\n")
            if len(piece) >= 200:
                yield told(b"".join(piece))
                piece.clear()
        yield told(b"".join(piece))
        end = {
            "digest": digest.hexdigest(),
            "entries": until - first_seq + 1,
            "key_id": key.public.key_id,
            "roots": len(roots),
        }
        signature = key.sign(EXPORT_PURPOSE + canonical(end))
        yield canonical({"end": end | {"signature": signature}}) + b"\n"


def entry_line(meta: str, details: str | None, salt: str | None, hash: str) -> bytes:
    """An entry as its line of an export: canonical, as each of its parts is."""
    said = "null" if details is None else details
    salted = "null" if salt is None else f'"{salt}"'
    return f'{{"details":{said},"entry":{meta},"hash":"{hash}","salt":{salted}}}\n'.encode()


def entry_of(row: Row[Any]) -> Entry:
    meta = json.loads(row.meta)
    details = None if row.details is None else json.loads(row.details)
    return Entry(**meta, details=details, hash=row.hash)


def linked(seq: int, hash: str, drafts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of these drafts, each following the one before."""
    rows = []
    for one in drafts:
        seq += 1
        details, salt = canonical(one["details"]), secrets.token_hex(16)
        meta = {
            **{name: value for name, value in one.items() if name != "details"},
            "seq": seq,
            "details_hash": details_hash(salt, details),
            "previous_hash": hash,
        }
        written = canonical(meta)
        hash = sha256(written)
        rows.append(
            {
                "seq": seq,
                "hash": hash,
                "meta": written.decode(),
                "details": details.decode(),
                "salt": salt,
                **searched(meta),
            }
        )
    return rows


def _in_step(
    changes: list[tuple[int, dict[str, Any]]], lines: list[bytes], until: datetime
) -> tuple[list[tuple[int, dict[str, Any]]], list[bytes]]:
    """As much of both as nothing unread can come before.

    `until` is from before the changes were read: what the journal got later may follow from a change that was not
    there yet, and a later change from what the journal got. Of a full piece, the rest may come before the other's end.
    """
    first = min(
        [one["at"] for _, one in changes[:1]] + [json.loads(one)["at"] for one in lines[:1]], default=""
    )
    if first > time_text(until + CLOCK_SET_BACK):
        return changes, lines  # else all would wait until the clock is there again
    ends = [time_text(until)]
    ends += [changes[-1][1]["at"]] if len(changes) == AT_ONCE else []
    ends += [json.loads(lines[-1])["at"]] if len(lines) == AT_ONCE else []
    end = min(ends)
    kept_changes = _prefix(changes, lambda one: one[1]["at"] <= end)
    kept_lines = _prefix(lines, lambda one: json.loads(one)["at"] <= end)
    if not kept_changes and not kept_lines and (len(changes) == AT_ONCE or len(lines) == AT_ONCE):
        return changes, lines
    return kept_changes, kept_lines


def _prefix(items: list[Any], is_in: Any) -> list[Any]:
    end = next((i for i, one in enumerate(items) if not is_in(one)), len(items))
    return items[:end]


def _merged(changes: list[dict[str, Any]], seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By time, each list keeping its own order."""
    merged: list[dict[str, Any]] = []
    i = j = 0
    while i < len(changes) or j < len(seen):
        if j == len(seen) or (i < len(changes) and changes[i]["at"] < seen[j]["at"]):
            merged.append(changes[i])
            i += 1
        else:
            merged.append(seen[j])
            j += 1
    return merged


def _with(key: SigningKey, known: list[Any]) -> list[Any]:
    return known if key.public in known else [*known, key.public]


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def _about_id(told: Told, request: Request) -> str | None:
    found = asking().about_id or (request.path_params.get(told.names) if told.names else None)
    return None if found is None else str(found)


def _asked(request: Request) -> dict[str, Any]:
    """What the address says, and what the door has added. No secret of ours is ever in an address."""
    asked: dict[str, Any] = dict(asking().said)
    if request.path_params:
        asked["path"] = {name: str(value)[:200] for name, value in request.path_params.items()}
    if request.url.query:
        asked["query"] = request.url.query[:500]
    return asked
