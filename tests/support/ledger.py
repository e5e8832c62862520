"""A ledger over a database of its own, and something to put into it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from nearhand.audit import recording
from nearhand.audit.model import Draft, Entry, Wanted
from nearhand.audit.service import Ledger
from nearhand.kit.asking import ask_from
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.http import PageQuery

ALL = PageQuery(limit=100_000, offset=0)


@asynccontextmanager
async def a_ledger(database: Database, folder: Path, clock: FixedClock) -> AsyncIterator[Ledger]:
    ledger = Ledger(database, folder, clock=clock, key_file=None)
    await ledger.start()
    yield ledger
    await ledger.stop()


def somebody(clock: FixedClock, name: str = "Ada") -> None:
    """From here on, in this task."""
    ask_from("192.0.2.7", clock).be("user", f"ID{name.upper()}", name)


def seen(number: int, **details: Any) -> Draft:
    return recording.draft("device.viewed", f"D{number}", details)


async def change(database: Database, number: int, **details: Any) -> None:
    async with database.transaction() as connection:
        await recording.did(connection, "device.changed", f"D{number}", details)


async def entries(ledger: Ledger, **wanted: Any) -> list[Entry]:
    """Oldest first."""
    return (await ledger.entries(Wanted(**wanted), ALL)).items[::-1]


async def exported(ledger: Ledger, first: int = 1, last: int | None = None) -> bytes:
    return b"".join([piece async for piece in await ledger.export(first, last)])
