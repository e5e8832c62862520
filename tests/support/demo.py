"""A demo as a process of its own, that can be killed and started again."""

import asyncio
import shutil
import socket
import ssl
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from nearhand.access.passwords import Passwords
from nearhand.app import build_resources, create_app
from nearhand.kit.settings import Settings
from nearhand.simulation.demo import seed
from nearhand.simulation.telemetry import seed_telemetry
from tests.support.nest import hatched
from tests.support.once import made_once
from tests.support.people import QUICK

START_WITHIN_S = 90.0


class DemoProcess:
    """`with DemoProcess(folder) as demo`; without robots, so that nobody takes part but the test.

    A new one has the data of a demo that was seeded once in a run: the same codes of labels, and passwords hashed
    as quickly as in other tests.
    """

    def __init__(self, folder: Path, *, has_tls: bool = False, host: str = "127.0.0.1") -> None:
        self.folder, self._has_tls, self._host = folder, has_tls, host
        self._process: ForkServerProcess | None = None
        with socket.socket() as free:
            free.bind((host, 0))
            self._port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._has_tls else 'http'}://{self._host}:{self._port}"

    def __enter__(self) -> "DemoProcess":
        self.folder.mkdir(parents=True, exist_ok=True)
        if not any(self.folder.iterdir()):
            shutil.copytree(made_once("demo", _seeded), self.folder, dirs_exist_ok=True)
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def start(self) -> None:
        command = ["demo", "--no-robots", "--port", str(self._port), "--host", self._host]
        command += ["--data", str(self.folder), *(["--tls"] if self._has_tls else [])]
        unknown = ssl._create_unverified_context() if self._has_tls else None  # of its own authority
        self._process = hatched(command, {})
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2, context=unknown):
                    return
            except (urllib.error.URLError, OSError):
                if not self._process.is_alive():
                    break
                time.sleep(0.05)
        raise RuntimeError("the demo did not start")

    def kill(self) -> None:
        """As when the power goes: no farewell, nothing flushed."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def _seeded(folder: Path) -> None:
    with ThreadPoolExecutor(1) as thread:  # a browser's driver may hold this one's loop
        thread.submit(lambda: asyncio.run(_seed(folder))).result()


async def _seed(folder: Path) -> None:
    settings = Settings(data_dir=folder, is_demo=True)
    resources = build_resources(settings, passwords=Passwords(QUICK))
    app = create_app(settings, resources)
    async with app.router.lifespan_context(app):
        await seed(resources)
        await seed_telemetry(resources)
