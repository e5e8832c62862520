"""Migrations lead to the tables as the code states them, on both databases, and may be run again."""

from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, inspect, text

import nearhand.app  # noqa: F401  so that every table is known
from nearhand.kit.database import Database, metadata
from nearhand.migrations.upgrade import migrate, upgrade
from tests.support.postgres import Postgres

OWN = "alembic_version"
# SQLite cannot reflect indexes on expressions; made_by_hand reads their statements instead.
pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")


def described(connection: Connection) -> dict[str, Any]:
    """Everything a table is, by name; tables of tests left out."""
    inspector = inspect(connection)
    tables: dict[str, Any] = {}
    for name in inspector.get_table_names():
        if name == OWN or name.startswith(("test_", "device_search")):
            continue
        tables[name] = {
            "columns": {c["name"]: (str(c["type"]), c["nullable"]) for c in inspector.get_columns(name)},
            "key": inspector.get_pk_constraint(name)["constrained_columns"],
            "foreign": sorted(
                (f["constrained_columns"], f["referred_table"]) for f in inspector.get_foreign_keys(name)
            ),
            "unique": sorted(u["column_names"] for u in inspector.get_unique_constraints(name)),
        }
    return tables


def made_by_hand(connection: Connection) -> dict[str, str]:
    """Indexes, triggers and virtual tables with the statement that made them, spaces folded."""
    sqlite = "SELECT name, sql FROM sqlite_master WHERE type <> 'table' OR sql LIKE 'CREATE VIRTUAL%'"
    postgres = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = current_schema()"
    rows = connection.execute(text(sqlite if connection.dialect.name == "sqlite" else postgres))
    return {
        name: " ".join(sql.split())
        for name, sql in rows
        if sql and not name.startswith(("test_", "ix_test", "pk_test", "sqlite_", OWN))
    }


def test_migrating_an_empty_sqlite_file_makes_what_the_code_states() -> None:
    migrated, stated = create_engine("sqlite://"), create_engine("sqlite://")
    with migrated.begin() as one, stated.begin() as other:
        migrate(one)
        metadata.create_all(other)
        assert described(one) == described(other)
        assert made_by_hand(one) == made_by_hand(other)
    migrated.dispose()
    stated.dispose()


async def test_migrating_an_empty_postgresql_makes_what_the_code_states(postgres: Postgres) -> None:
    found = []
    for make in (migrate, metadata.create_all):
        database = Database(postgres.new_database_url())
        async with database.transaction() as connection:
            await connection.run_sync(make)
            found.append((await connection.run_sync(described), await connection.run_sync(made_by_hand)))
        await database.close()
    (tables, by_hand), (stated_tables, stated_by_hand) = found
    assert tables == stated_tables
    assert by_hand == stated_by_hand


async def test_a_second_start_changes_nothing() -> None:
    fresh = Database("sqlite+aiosqlite:///:memory:")
    await upgrade(fresh)
    async with fresh.reading() as connection:
        before = await connection.run_sync(described)
    await upgrade(fresh)
    async with fresh.reading() as connection:
        assert await connection.run_sync(described) == before
    await fresh.close()
