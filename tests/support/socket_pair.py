"""A hub's connection without a network: what the server says lies in a list, and the line can be made slow."""

import asyncio
import json
from typing import Any

from nearhand.kit.errors import NearhandError
from nearhand.sessions.wire import CloseCode


class FakeLine:
    """The network's end of a connection. Set `is_slow` and sends wait until `flush`."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.frames: list[str] = []
        self.closed: CloseCode | None = None
        self.is_slow = False
        self.reason: CloseCode | None = None
        self.refusals: list[str] = []
        self._free = asyncio.Event()

    async def send(self, text: str) -> None:
        if self.is_slow:
            await self._free.wait()
        self.frames.append(text)
        self.received += json.loads(text)

    async def close(self, code: CloseCode) -> None:
        self.closed = self.closed or code

    async def reason_to_close(self) -> CloseCode | None:
        return self.reason

    def refused(self, error: NearhandError) -> None:
        self.refusals.append(error.code)

    def flush(self) -> None:
        self.is_slow = False
        self._free.set()

    def told(self, *types: str) -> list[dict[str, Any]]:
        return [message for message in self.received if message["type"] in types]

    def events(self) -> list[dict[str, Any]]:
        return [message for message in self.received if "seq" in message and "by" in message]
