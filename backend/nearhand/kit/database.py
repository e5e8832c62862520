"""Open the registry database and its transactions; the only place that commits."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import DateTime, Dialect, MetaData, Table, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.types import TypeDecorator

from nearhand.kit.errors import Unavailable

V = TypeVar("V")

PART = 5000  # values in one statement

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=15000",
    "PRAGMA cache_size=-65536",
)


class UtcDateTime(TypeDecorator[datetime]):
    """Times leave and enter in UTC. SQLite forgets the zone, so it is put back here."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


# Writers wait for their turn before they take a connection: a crowd of waiting writers that each held one would leave
# none for the reader whom the writer at work is waiting for. SQLite has one writer at a time anyway.
POSTGRES_WRITERS = 8
POOL = {"pool_size": 10, "max_overflow": 10}
IN_MEMORY = {"pool_size": 1, "max_overflow": 0}  # such a database is its one connection
TURN_TIMEOUT_S = 30


class Database:
    """One engine. `transaction()` commits on success and rolls back on any exception; `reading()` never writes.

    Both raise Unavailable when no connection gets free in time.
    """

    def __init__(self, url: str) -> None:
        self.engine: AsyncEngine = create_async_engine(
            url,
            hide_parameters=True,  # an error in the log must not tell what was to be stored
            poolclass=AsyncAdaptedQueuePool,
            pool_timeout=TURN_TIMEOUT_S,
            **(IN_MEMORY if url.endswith(":memory:") else POOL),
        )
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self._turns = asyncio.Semaphore(1 if self.is_sqlite else POSTGRES_WRITERS)
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncConnection]:
        """A write transaction. SQLite takes its write lock at once, so two writers wait instead of failing."""
        async with self._turn(), self.engine.connect() as connection:
            await connection.execution_options(is_write=True)
            async with connection.begin():
                yield connection

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection, connection.begin():
            yield connection

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(TURN_TIMEOUT_S):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable("Others are writing for too long; try again.") from None
        try:
            yield
        finally:
            self._turns.release()

    async def close(self) -> None:
        await self.engine.dispose()


def in_parts(values: Sequence[V]) -> Iterator[Sequence[V]]:
    """So many at once as one statement takes: SQLite allows 32,766 variables, PostgreSQL's driver 32,767."""
    return (values[i : i + PART] for i in range(0, len(values), PART))


def insert_if_absent(connection: AsyncConnection, table: Table) -> Any:
    """An INSERT that leaves a row with the same key as it is, however many writers try at once."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table).on_conflict_do_nothing()


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    # The driver's own BEGIN comes late and never IMMEDIATE; _begin_sqlite says it instead.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    is_write = connection.get_execution_options().get("is_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")
