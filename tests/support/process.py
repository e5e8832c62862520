"""The real service as a process of its own, that can be killed and started again."""

import asyncio
import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from functools import cache
from pathlib import Path

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import build_resources
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import upgrade
from tests.support.people import PASSWORD, QUICK

BACKEND = Path(__file__).parents[2] / "backend"


class ServerProcess:
    """`with ServerProcess(folder) as server`; its accounts are one of each role. `kill` is SIGKILL."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(data_dir=folder, password_tries_per_minute=1000)
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def __enter__(self) -> "ServerProcess":
        # In a thread: a test's own loop may be running in this one.
        registering = threading.Thread(target=lambda: asyncio.run(self._register()))
        registering.start()
        registering.join()
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    async def _register(self) -> None:
        resources = build_resources(self.settings, passwords=Passwords(QUICK))
        await upgrade(resources.database)
        for role in Role:
            new = NewUser(
                name=role.value, display_name=role.value.title(), grants=everywhere(role), password=PASSWORD
            )
            await resources.access.register(new)
        await resources.database.close()

    def start(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(BACKEND),
            "NEARHAND_DATA_DIR": str(self._folder),
            "NEARHAND_PASSWORD_TRIES_PER_MINUTE": "1000",
        }
        command = [sys.executable, "-m", "nearhand.cli", "serve", "--port", str(self._port)]
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        self._wait_until_it_listens()

    def kill(self) -> None:
        """As when the power goes: no farewell, nothing flushed."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError("the server did not start")


@cache
def shared_server() -> ServerProcess:
    """One for all tests that leave it running: it takes seconds to start."""
    folder = tempfile.TemporaryDirectory(prefix="nearhand-tests-")
    server = ServerProcess(Path(folder.name))
    server.__enter__()
    atexit.register(folder.cleanup)
    atexit.register(server.kill)
    return server


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    return port
