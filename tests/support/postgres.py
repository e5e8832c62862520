"""A PostgreSQL of our own, from the wheel `pgserver`: started once per run, stopped at its end."""

import importlib
import itertools
import subprocess
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_numbers = itertools.count(1)


class Postgres:
    """A running server that hands out empty databases."""

    def __init__(self, server: Any, folder: Path) -> None:
        self._server, self._folder = server, folder

    def new_database_url(self) -> str:
        name = f"test_{next(_numbers)}"
        self._server.psql(f"CREATE DATABASE {name};")
        return f"postgresql+asyncpg://postgres@/{name}?host={self._folder}"


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Skip, with the reason, where the wheel is absent or the server does not start."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pgserver = importlib.import_module("pgserver")
    except ImportError:
        pytest.skip("PostgreSQL tests need the wheel pgserver (x86-64, Python up to 3.12)")
    # Not pytest's own folder: the path of the server's socket may have 107 characters at most.
    with tempfile.TemporaryDirectory(prefix="nearhand-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        try:
            server = pgserver.get_server(folder, cleanup_mode="delete")
        except (OSError, RuntimeError, subprocess.SubprocessError) as error:
            pytest.skip(f"PostgreSQL did not start here: {error}")
        try:
            yield Postgres(server, folder)
        finally:
            server.cleanup()
