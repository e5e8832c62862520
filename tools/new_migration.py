"""Write a migration from the tables as they are now: `python tools/new_migration.py "what it does"`."""

import sys
import tempfile
from pathlib import Path

from alembic import command
from sqlalchemy import create_engine

from nearhand.migrations.upgrade import alembic_config, migrate

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{Path(folder) / 'registry.db'}")
        with engine.begin() as connection:
            migrate(connection)
            command.revision(alembic_config(connection), message=sys.argv[1], autogenerate=True)
