"""A real coturn on the loopback address; tests that need one skip where it is not installed."""

import json
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

PORTS = range(8556, 8562)
RELAY_PORTS = (20_800, 20_899)
SECRET = "secret-that-coturn-knows"


class TurnProcess:
    def __init__(self, folder: Path) -> None:
        if shutil.which("turnserver") is None:
            pytest.skip("coturn is not installed (Debian: apt install coturn)")
        folder.mkdir(parents=True, exist_ok=True)
        self.port = next(port for port in PORTS if _is_free(port))
        settings = {
            "listening-ip": "127.0.0.1",
            "relay-ip": "127.0.0.1",
            "listening-port": self.port,
            "min-port": RELAY_PORTS[0],
            "max-port": RELAY_PORTS[1],
            "static-auth-secret": SECRET,
            "realm": "nearhand",
            "pidfile": folder / "turn.pid",
            "userdb": folder / "turn.db",
            "log-file": folder / "turn.log",
        }
        switches = (
            "use-auth-secret",
            "no-tls",
            "no-dtls",
            "no-cli",
            "simple-log",
            "allow-loopback-peers",
            "verbose",
        )
        self._log, self._settings = folder / "turn.log", folder / "turn.conf"
        lines = [*(f"{name}={value}" for name, value in settings.items()), *switches]
        self._settings.write_text("\n".join(lines), encoding="utf-8")
        self._start()

    def _start(self) -> None:
        self.process = subprocess.Popen(
            ["turnserver", "-c", str(self._settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"]},
        )
        until_s = time.monotonic() + 20
        while _is_free(self.port):
            if self.process.poll() is not None or time.monotonic() > until_s:
                pytest.fail(self.log[-3000:])
            time.sleep(0.05)

    def restart(self) -> None:
        """It knows nothing of the relays it gave."""
        self.process.kill()
        self.process.wait()
        self._start()

    @property
    def urls(self) -> list[str]:
        return [f"turn:127.0.0.1:{self.port}?transport={way}" for way in ("udp", "tcp")]

    @property
    def environment(self) -> dict[str, str]:
        return {"NEARHAND_ICE_TURN": json.dumps(self.urls), "NEARHAND_TURN_SECRET": SECRET}

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""

    def __enter__(self) -> "TurnProcess":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
