"""One participant's signalling connection with LiveKit (protobuf messages over a WebSocket)."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import structlog
from google.protobuf.message import DecodeError
from livekit.protocol.rtc import LeaveRequest, Ping, SignalRequest, SignalResponse
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from nearhand.sessions.sfu import SfuRefused

log = structlog.get_logger()

ANSWER_WITHIN_S = 5.0
LEAVE_WITHIN_S = 2.0
FRAME_BYTES = 256 * 1024
# Of what LiveKit's signalling knows. From 13 on a LeaveRequest says what is to be done; 16 is being moved to other rooms.
PROTOCOL = 15


class LineLost(SfuRefused):
    """No connection, or no answer: that one participant's, or everybody's."""


class _Straight(connect):
    """To that address and no other: a token goes with it."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class SignalLine:
    """`hear` gets each message after the first; `lost` is called once, when it is over without our having left."""

    def __init__(
        self, socket: ClientConnection, hear: Callable[[SignalResponse], None], lost: Callable[[], None]
    ) -> None:
        self._socket, self._hear, self._lost = socket, hear, lost
        self._heard_s = time.monotonic()
        self._is_left = False
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    @classmethod
    async def join(
        cls, url: str, token: str, hear: Callable[[SignalResponse], None], lost: Callable[[], None]
    ) -> "SignalLine":
        """Raises SfuRefused, and LineLost where nothing was answered."""
        address = urlsplit(url)
        wishes = {
            "protocol": PROTOCOL,
            "auto_subscribe": 0,
            "adaptive_stream": 0,
            "subscriber_allow_pause": 0,  # what a thin line carries is judged at its end
        }
        scheme = {"http": "ws", "https": "wss"}.get(address.scheme, address.scheme)
        path = f"{address.path.rstrip('/')}/rtc"
        full = address._replace(scheme=scheme, path=path, query=urlencode(wishes)).geturl()
        try:
            socket = await _Straight(
                full,
                additional_headers={"Authorization": f"Bearer {token}"},
                compression=None,
                max_size=FRAME_BYTES,
                open_timeout=ANSWER_WITHIN_S,
                ping_interval=None,  # LiveKit has pings of its own
                close_timeout=1,
                proxy=None,
            )
        except InvalidStatus as error:
            said = error.response.body.decode(errors="replace")[:200] if error.response.body else ""
            raise SfuRefused(f"It answers {error.response.status_code}: {said}") from error
        except (OSError, WebSocketException, ValueError) as error:
            raise LineLost(str(error) or "It did not answer.") from error
        line = cls(socket, hear, lost)
        await line._begin()
        return line

    async def _begin(self) -> None:
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                first = _read(await self._socket.recv())
        except (OSError, WebSocketException, DecodeError) as error:  # TimeoutError is an OSError
            self._socket.transport.abort()
            raise LineLost(str(error) or "It did not answer.") from error
        if first.WhichOneof("message") != "join":
            self._socket.transport.abort()
            raise SfuRefused("It did not let us in.")
        beat = asyncio.create_task(self._beat(first.join.ping_interval, first.join.ping_timeout))
        self._tasks = (asyncio.create_task(self._read_all()), beat)

    async def say(self, **message: Any) -> None:
        """One field of a SignalRequest. Raises LineLost."""
        try:
            await self._socket.send(SignalRequest(**message).SerializeToString())
        except (OSError, WebSocketException) as error:
            raise LineLost(str(error) or "The connection was lost.") from error

    async def leave(self) -> bool:
        """Whether LiveKit confirmed it: it closes the connection once the participant is gone, with all they had."""
        self._is_left = True
        try:
            async with asyncio.timeout(LEAVE_WITHIN_S):
                await self.say(leave=LeaveRequest())
                await self._socket.wait_closed()
                return True
        except (OSError, LineLost):
            return False
        finally:
            self.abort()

    def abort(self) -> None:
        self._is_left = True
        self._socket.transport.abort()
        for task in self._tasks:
            task.cancel()

    async def _read_all(self) -> None:
        try:
            async for data in self._socket:
                self._heard_s = time.monotonic()
                self._hear(_read(data))
        except (OSError, WebSocketException, DecodeError, ValueError, KeyError) as error:
            log.info("media_server_leg_lost", error=repr(error))
            self._socket.transport.abort()
        self._tasks[1].cancel()
        if not self._is_left:
            self._is_left = True
            self._lost()

    async def _beat(self, every_s: int, silence_s: int) -> None:
        """As often as the answer to joining says; 0: never."""
        while every_s > 0:
            await asyncio.sleep(every_s)
            if 0 < silence_s < time.monotonic() - self._heard_s:
                self._socket.transport.abort()
                return
            try:
                await self.say(ping_req=Ping(timestamp=int(time.time() * 1000)))
            except LineLost:
                return


def _read(data: str | bytes) -> SignalResponse:
    if isinstance(data, str):
        raise DecodeError("It speaks in text.")  # only to whom it was spoken to in text
    return SignalResponse.FromString(data)
