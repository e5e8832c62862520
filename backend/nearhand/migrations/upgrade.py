"""Bring the registry database to the newest schema when the service starts."""

from nearhand.kit.database import Database, metadata


async def upgrade(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.run_sync(metadata.create_all)
