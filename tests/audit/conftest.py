"""A ledger on each of the two databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nearhand.audit.service import Ledger
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from tests.support.factories import empty_registry
from tests.support.ledger import a_ledger, somebody


@pytest.fixture(params=["sqlite", "postgres"])
async def any_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """As everywhere, but SQLite in a file: here several connections are at work at once."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'registry.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").new_database_url()
    async with empty_registry(url) as database:
        yield database


@pytest.fixture
async def ledger(any_database: Database, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Ledger]:
    async with a_ledger(any_database, tmp_path, clock) as ledger:
        somebody(clock)
        yield ledger


@pytest.fixture
async def small(database: Database, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Ledger]:
    """As `ledger`, in SQLite's memory alone: where the database makes no difference."""
    async with a_ledger(database, tmp_path, clock) as ledger:
        somebody(clock)
        yield ledger
