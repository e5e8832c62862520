"""Rows of the ledger: what is on its way into it, the chain, what signs it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Column,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    bindparam,
    delete,
    event,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.audit.model import NO_HASH, PublicKey, Root, Wanted
from nearhand.kit.database import UtcDateTime, in_parts, insert_if_absent, metadata

# SQLite counts only columns of this very type by itself.
Number = BigInteger().with_variant(Integer, "sqlite")

pending = Table(
    "audit_pending",
    metadata,
    Column("id", Number, primary_key=True, autoincrement=True),
    Column("draft", Text, nullable=False),
    sqlite_autoincrement=True,
)

# `meta` is the text that is hashed; the columns after it repeat parts of it, to be searched by.
entries = Table(
    "audit_entry",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("meta", Text, nullable=False),
    Column("details", Text, nullable=True),
    Column("salt", String(32), nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", String(60), nullable=False),
    Column("action", String(81), nullable=False),
    Column("about_kind", String(40), nullable=True),
    Column("about_id", String(200), nullable=True),
    Column("tenant", String(100), nullable=True),
    Column("outcome", String(10), nullable=False),
    Index("ix_audit_entry_at", "at"),
    Index("ix_audit_entry_actor", "actor_id", "seq"),
    Index("ix_audit_entry_action", "action", "seq"),
    Index("ix_audit_entry_about", "about_kind", "about_id", "seq"),
    Index("ix_audit_entry_tenant", "tenant", "seq"),
)
SEARCHED = ("at", "actor_id", "action", "about_kind", "about_id", "tenant", "outcome")

# One row, always: whoever extends the chain locks it.
heads = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=True),
    Column("signed_seq", BigInteger, nullable=False),
)

# How much of each journal was moved into the chain; and how far each live session's log was put down.
moved = Table(
    "audit_moved",
    metadata,
    Column("source", String(60), primary_key=True),
    Column("position", BigInteger, nullable=False),
)

roots = Table(
    "audit_root",
    metadata,
    Column("last_seq", BigInteger, primary_key=True, autoincrement=False),
    Column("day", String(10), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_hash", String(64), nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("signature", String(128), nullable=False),
)

keys = Table(
    "audit_key",
    metadata,
    Column("key_id", String(64), primary_key=True),
    Column("public_key", String(64), nullable=False),
    Column("number", Integer, nullable=False),
)

# The details of an entry may go, together with their salt; nothing else, and no row.
_FROZEN = ("seq", "hash", "meta", *SEARCHED)


def _is_redaction(differs: str) -> str:
    same = " AND ".join(f"NOT (new.{name} {differs} old.{name})" for name in _FROZEN)
    return f"new.details IS NULL AND new.salt IS NULL AND old.details IS NOT NULL AND {same}"


_REFUSAL = "the ledger is append-only"


def _sqlite_triggers(table: str, when: dict[str, str]) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_{act} BEFORE {act.upper()} ON {table} {when.get(act, '')}"
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
        for act in ("update", "delete")
    ]


def _postgres_triggers(table: str, when: str) -> list[str]:
    refuse = "EXECUTE FUNCTION audit_refuse()"
    return [
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
        f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} FOR EACH ROW {when}{refuse}",
        f"CREATE TRIGGER {table}_delete BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


TRIGGERS: dict[str, dict[str, list[str]]] = {
    "sqlite": {
        "audit_entry": _sqlite_triggers("audit_entry", {"update": f"WHEN NOT ({_is_redaction('IS NOT')}) "}),
        "audit_root": _sqlite_triggers("audit_root", {}),
        "audit_key": _sqlite_triggers("audit_key", {}),
    },
    "postgresql": {
        "audit_entry": _postgres_triggers(
            "audit_entry", f"WHEN (NOT ({_is_redaction('IS DISTINCT FROM')})) "
        ),
        "audit_root": _postgres_triggers("audit_root", ""),
        "audit_key": _postgres_triggers("audit_key", ""),
    },
}
for _dialect, _tables in TRIGGERS.items():
    for _table in (entries, roots, keys):
        for _statement in _tables[_table.name]:
            _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
            event.listen(_table, "after_create", _ddl.execute_if(dialect=_dialect))


class AuditStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    # -- on its way -------------------------------------------------------------------------------------------------

    async def add_pending(self, drafts: Sequence[str]) -> None:
        for some in in_parts(drafts):
            await self._connection.execute(insert(pending).inline(), [{"draft": draft} for draft in some])

    async def pending(self, limit: int) -> list[tuple[int, str]]:
        rows = await self._connection.execute(select(pending).order_by(pending.c.id).limit(limit))
        return [(row.id, row.draft) for row in rows]

    async def has_pending(self) -> bool:
        return (await self._connection.execute(select(pending.c.id).limit(1))).first() is not None

    async def remove_pending(self, ids: Sequence[int]) -> None:
        # One by one: on PostgreSQL a lower id may be written by a transaction that ends only now.
        for some in in_parts(ids):
            await self._connection.execute(delete(pending).where(pending.c.id.in_(some)))

    async def moved(self, source: str) -> int:
        found = await self._connection.execute(select(moved.c.position).where(moved.c.source == source))
        return found.scalar_one_or_none() or 0

    async def all_moved(self, beginning: str) -> dict[str, int]:
        query = select(moved).where(moved.c.source.startswith(beginning, autoescape=True))
        return {row.source: row.position for row in await self._connection.execute(query)}

    async def set_all_moved(self, positions: Mapping[str, int]) -> None:
        rows = [{"of": source, "to": position} for source, position in positions.items()]
        absent = insert_if_absent(self._connection, moved).values(source=bindparam("of"), position=0)
        await self._connection.execute(absent, rows)
        query = update(moved).where(moved.c.source == bindparam("of")).values(position=bindparam("to"))
        await self._connection.execute(query, rows)

    async def forget_moved(self, source: str) -> None:
        await self._connection.execute(delete(moved).where(moved.c.source == source))

    # -- the chain --------------------------------------------------------------------------------------------------

    async def head(self) -> Row[Any] | None:
        return (await self._connection.execute(select(heads))).one_or_none()

    async def lock_head(self) -> Row[Any]:
        """Nobody else extends the chain until this transaction ends."""
        first = {"id": 1, "seq": 0, "hash": NO_HASH, "at": None, "signed_seq": 0}
        await self._connection.execute(insert_if_absent(self._connection, heads).values(first))
        return (await self._connection.execute(select(heads).with_for_update())).one()

    async def set_head(self, **values: Any) -> None:
        await self._connection.execute(update(heads).values(**values))

    async def append(self, rows: Sequence[dict[str, Any]]) -> None:
        await self._connection.execute(insert(entries), list(rows))

    async def entry(self, seq: int) -> Row[Any] | None:
        return (await self._connection.execute(select(entries).where(entries.c.seq == seq))).one_or_none()

    async def redact(self, seq: int) -> bool:
        query = update(entries).where(entries.c.seq == seq, entries.c.details.is_not(None))
        return (await self._connection.execute(query.values(details=None, salt=None))).rowcount == 1

    async def see_one_moment(self) -> None:
        """What is read from here on is of one moment, whatever others write. SQLite does so anyway."""
        if self._connection.dialect.name == "postgresql":
            await self._connection.execute(text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"))

    async def redacted_after(self, until: int, first_seq: int) -> list[int]:
        """The entries of a part that were redacted by an entry beyond its end."""
        query = select(entries.c.about_id).where(entries.c.action == "entry.redacted", entries.c.seq > until)
        redacted = (int(one) for one in (await self._connection.execute(query)).scalars())
        return sorted(seq for seq in redacted if first_seq <= seq <= until)

    async def page(self, wanted: Wanted, limit: int, offset: int) -> tuple[list[Row[Any]], int]:
        """Newest first."""
        query = _wanted(select(entries), wanted)
        rows = await self._connection.execute(
            query.order_by(entries.c.seq.desc()).limit(limit).offset(offset)
        )
        count = _wanted(select(func.count()).select_from(entries), wanted)
        return list(rows), (await self._connection.execute(count)).scalar_one()

    async def walk(self, first_seq: int, last_seq: int) -> AsyncIterator[Row[Any]]:
        """The chain in order, piece by piece."""
        step = 1000
        for start in range(first_seq, last_seq + 1, step):
            until = min(start + step - 1, last_seq)
            query = select(entries).where(entries.c.seq.between(start, until)).order_by(entries.c.seq)
            for row in (await self._connection.execute(query)).all():
                yield row

    # -- what signs it ----------------------------------------------------------------------------------------------

    async def add_root(self, root: Root) -> None:
        await self._connection.execute(insert(roots).values(**root.model_dump()))

    async def roots(self, first_seq: int, last_seq: int) -> list[Root]:
        query = select(roots).where(roots.c.last_seq.between(first_seq, last_seq))
        rows = await self._connection.execute(query.order_by(roots.c.last_seq))
        return [Root(**row._mapping) for row in rows]

    async def newest_root(self) -> Root:
        row = (await self._connection.execute(select(roots).order_by(roots.c.last_seq.desc()).limit(1))).one()
        return Root(**row._mapping)

    async def keys(self) -> list[PublicKey]:
        rows = await self._connection.execute(select(keys).order_by(keys.c.number))
        return [PublicKey(key_id=row.key_id, public_key=row.public_key) for row in rows]

    async def add_key(self, key: PublicKey) -> None:
        number = (await self._connection.execute(select(func.count()).select_from(keys))).scalar_one()
        await self._connection.execute(insert(keys).values(**key.model_dump(), number=number + 1))


def _wanted(query: Select[Any], wanted: Wanted) -> Select[Any]:
    exact = {
        "actor_id": wanted.actor_id,
        "about_kind": wanted.about_kind,
        "about_id": wanted.about_id,
        "outcome": wanted.outcome,
        "tenant": wanted.tenant,
    }
    query = query.where(*(entries.c[name] == value for name, value in exact.items() if value is not None))
    if wanted.tenants is not None:
        query = query.where(entries.c.tenant.in_(sorted(wanted.tenants)))
    if wanted.action is not None:
        # `device` finds all that is done to devices.
        is_whole = "." in wanted.action
        column = entries.c.action
        query = query.where(
            column == wanted.action if is_whole else column.startswith(f"{wanted.action}.", autoescape=True)
        )
    if wanted.since is not None:
        query = query.where(entries.c.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(entries.c.at < wanted.until)
    return query


def searched(meta: dict[str, Any]) -> dict[str, Any]:
    """The columns that an entry is found by."""
    about = meta["about"] or {}
    return {
        "at": datetime.fromisoformat(meta["at"]),
        "actor_id": meta["actor"]["id"],
        "action": meta["action"],
        "about_kind": about.get("kind"),
        "about_id": about.get("id"),
        "tenant": meta["tenant"],
        "outcome": meta["outcome"],
    }
