"""Verify the ledger where it lies, in the database itself."""

import json
from collections import defaultdict
from typing import Any

from sqlalchemy import Row

from nearhand.audit.canonical import canonical, plain
from nearhand.audit.model import SessionSeal
from nearhand.audit.store import SEARCHED, AuditStore, searched
from nearhand.audit.verify import Broken, Chain, Link, Verified
from nearhand.kit.database import Database


async def verify_database(database: Database) -> tuple[Verified, dict[str, list[SessionSeal]]]:
    """What an unbroken ledger holds, and what it says of live sessions' logs. Raises Broken."""
    seals: dict[str, list[SessionSeal]] = defaultdict(list)
    async with database.reading() as connection:
        store = AuditStore(connection)
        await store.see_one_moment()
        head = await store.head()
        last_seq = 0 if head is None else head.seq
        chain = Chain([key.model_dump() for key in await store.keys()])
        roots = {root.last_seq: root for root in await store.roots(1, last_seq)}
        async for row in store.walk(1, last_seq):
            meta, details = _checked(chain, row)
            if row.seq in roots:
                chain.root(plain(roots[row.seq].model_dump()))
            if meta["action"] == "session.events":
                seals[meta["about"]["id"]].append(SessionSeal.model_validate({**details, "seq": row.seq}))
        found = chain.end(set(roots))
        if head is not None and (found.last_seq, found.last_hash) != (head.seq, head.hash):
            raise Broken(f"the last {head.seq - found.last_seq} entries are missing", seq=found.last_seq + 1)
    return found, dict(seals)


def _checked(chain: Chain, row: Row[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        meta = json.loads(row.meta)
        details = None if row.details is None else json.loads(row.details)
        meta_text = canonical(meta)
        details_text = None if row.details is None else canonical(details)
        if (row.meta.encode(), row.details and row.details.encode()) != (meta_text, details_text):
            raise Broken("it is not written as the ledger writes it", seq=row.seq)
        chain.entry(Link(meta, meta_text, details_text, row.salt, row.hash))
        columns = {name: getattr(row, name) for name in SEARCHED}
        if searched(meta) != columns:
            raise Broken("the columns it is found by say something else than it does", seq=row.seq)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Broken("it is not an entry of a ledger", seq=row.seq) from error
    return meta, details or {}
