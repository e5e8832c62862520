"""Send a camera's live pictures to whoever watches a session, as many as the line takes."""

import asyncio
import json
import logging
import random
from collections import deque
from types import TracebackType
from typing import Any, Self

from websockets.asyncio.client import ClientConnection

from nearhand.client.link import Address, Closed, open_socket
from nearhand.sessions.pictures import VIDEO_PROTOCOL, Codec, Head

log = logging.getLogger(__name__)

MOST_FLYING = 3
FIRST_RETRY_S, LONGEST_RETRY_S = 0.5, 15.0


class PictureSender:
    """Pictures are never queued: one for which there is no room is left out, and the next is newer."""

    def __init__(self, address: Address, stream: str) -> None:
        self.watchers = 0
        self.is_spent = False  # the session has had all its bytes of live pictures
        self.address, self._stream = address, stream
        self._socket: ClientConnection | None = None
        self._flying: deque[int] = deque()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._running = asyncio.create_task(self._run(), name="live pictures")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    @property
    def is_open(self) -> bool:
        return self._socket is not None

    @property
    def has_room(self) -> bool:
        """Whether somebody would see a picture now, and one may leave."""
        is_seen = self.is_open and self.watchers > 0 and not self.is_spent
        return is_seen and len(self._flying) < MOST_FLYING

    async def send(self, head: Head, jpeg: bytes) -> None:
        if self._socket is None or head.codec is not Codec.JPEG:
            return
        self._flying.append(head.frame_id)
        try:
            await self._socket.send(head.pack() + jpeg)
        except Closed.CAUSES:
            return  # whoever reads from the line finds out, and opens another

    async def _run(self) -> None:
        pause_s = FIRST_RETRY_S
        while True:
            try:
                async with open_socket(self.address, VIDEO_PROTOCOL) as socket:
                    await socket.send(json.dumps({"type": "media.send", "stream": self._stream}))
                    async for frame in socket:
                        pause_s = FIRST_RETRY_S
                        self._socket = socket
                        for message in json.loads(frame):
                            self._hear(message)
            except Closed.CAUSES as error:
                closed = Closed.by(error)
                if closed.is_final:
                    log.info("live pictures end: %s", closed.reason)
                    return
            finally:
                self._socket, self.watchers, self.is_spent = None, 0, False
                self._flying.clear()
            await asyncio.sleep(pause_s * (0.5 + random.random() / 2))  # nosec B311
            pause_s = min(LONGEST_RETRY_S, pause_s * 2)

    def _hear(self, message: Any) -> None:
        if message["type"] == "media.watched":
            self.watchers = message["watchers"]
        elif message["type"] == "media.took":
            while self._flying and self._flying[0] <= message["frame_id"]:
                self._flying.popleft()
        elif message["type"] == "media.spent":
            self.is_spent = True
