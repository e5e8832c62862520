"""A PostgreSQL of our own, from the wheel `pgserver`: started once per run, stopped at its end."""

import importlib
import itertools
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_numbers = itertools.count(1)

# Reads until whoever holds the other end of the pipe is gone, killed or not; then no server may stay behind.
_WATCH = """
import os, pathlib, shutil, signal, sys
sys.stdin.read()
folder = pathlib.Path(sys.argv[1])
try:
    os.kill(int((folder / "postmaster.pid").read_text().split()[0]), signal.SIGINT)
except (OSError, ValueError, IndexError):
    pass
shutil.rmtree(folder, ignore_errors=True)
"""


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
        watch = subprocess.Popen(
            [sys.executable, "-c", _WATCH, name], stdin=subprocess.PIPE, start_new_session=True
        )
        try:
            # No power failure is tested with it; waiting for the disk was four fifths of each test's set-up.
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                server.psql(f"ALTER SYSTEM SET {setting} = off;")
            server.psql("SELECT pg_reload_conf();")
            yield Postgres(server, folder)
        finally:
            server.cleanup()
            watch.communicate()
