"""A demo as a process of its own, that can be killed and started again."""

import os
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

BACKEND = Path(__file__).parents[2] / "backend"
START_WITHIN_S = 90.0


class DemoProcess:
    """`with DemoProcess(folder) as demo`; without robots, so that nobody takes part but the test."""

    def __init__(self, folder: Path, *, has_tls: bool = False, host: str = "127.0.0.1") -> None:
        self.folder, self._has_tls, self._host = folder, has_tls, host
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as free:
            free.bind((host, 0))
            self._port: int = free.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self._has_tls else 'http'}://{self._host}:{self._port}"

    def __enter__(self) -> "DemoProcess":
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()

    def start(self) -> None:
        command = [sys.executable, "-m", "nearhand.cli", "demo", "--no-robots"]
        command += ["--port", str(self._port), "--data", str(self.folder), "--host", self._host]
        command += ["--tls"] if self._has_tls else []
        unknown = ssl._create_unverified_context() if self._has_tls else None  # of its own authority
        environment = {**os.environ, "PYTHONPATH": str(BACKEND)}
        self._process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + START_WITHIN_S
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/healthz", timeout=2, context=unknown):
                    return
            except (urllib.error.URLError, OSError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError("the demo did not start")

    def kill(self) -> None:
        """As when the power goes: no farewell, nothing flushed."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
