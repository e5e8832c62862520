"""Bring the registry database to the newest schema, when the service starts."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

from nearhand.kit.database import Database


async def upgrade(database: Database) -> None:
    """All or nothing: both SQLite and PostgreSQL roll back a schema change that fails."""
    async with database.transaction() as connection:
        await connection.run_sync(migrate)


def migrate(connection: Connection) -> None:
    command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config
