"""The stand-in for LiveKit as a process, killed at the end. No LiveKit server is part of the tests."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.support.child import Child, is_free

PORTS = range(8562, 8568)
KEY, SECRET = "key-of-a-test", "secret-of-a-test-that-is-long-enough"
REPOSITORY = Path(__file__).parents[2]


class LiveKitProcess(Child):
    def __init__(self) -> None:
        self.port = next(port for port in PORTS if is_free(port))
        self.url = f"ws://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.support.livekit_standin", str(self.port), KEY, SECRET]
        self.process = subprocess.Popen(command, cwd=REPOSITORY)
        until_s = time.monotonic() + 30
        while is_free(self.port):
            if self.process.poll() is not None or time.monotonic() > until_s:
                pytest.fail("the stand-in for LiveKit did not start")
            time.sleep(0.05)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "NEARHAND_LIVEKIT_URL": self.url,
            "NEARHAND_LIVEKIT_KEY": KEY,
            "NEARHAND_LIVEKIT_SECRET": SECRET,
        }

    async def rooms(self) -> dict[str, list[dict[str, Any]]]:
        async with httpx2.AsyncClient(trust_env=False) as http:
            answer = await http.get(f"http://127.0.0.1:{self.port}/debug/rooms")
        rooms: dict[str, list[dict[str, Any]]] = answer.json()
        return rooms

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)
