"""One WebSocket to a session: frames of messages to and fro, and why it ended."""

import json
import logging
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ValidationError
from pydantic_core import to_json
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from nearhand.sessions.messages import server_messages
from nearhand.sessions.wire import PROTOCOL, CloseCode

log = logging.getLogger(__name__)

FRAME_BYTES = 48_000  # well below the server's limit of 64 KiB
STATE_LIMIT_BYTES = 64 * 1024 * 1024  # the longest session's state
ANSWER_WITHIN_S = 10.0

FINAL = {
    CloseCode.BAD_PROTOCOL,
    CloseCode.UNAUTHENTICATED,
    CloseCode.NO_SESSION,
    CloseCode.CLIENT_TAKEN,
    CloseCode.REPLACED,
    CloseCode.ENDED,
}
FINAL_STATUS = {401: "unauthenticated", 403: "no_session", 404: "no_session"}
SOON = {CloseCode.IDLE, CloseCode.TOO_SLOW, CloseCode.RESTARTING}
BY_NUMBER = {code.code: code for code in CloseCode}


@dataclass(frozen=True)
class Address:
    """Where a session's socket is, and how to be let in. Never shows the token."""

    url: str
    headers: dict[str, str] = field(repr=False)
    ssl_context: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Closed:
    """Why a connection ended, and whether another try makes sense."""

    CAUSES: ClassVar = (ConnectionClosed, InvalidHandshake, OSError, TimeoutError)

    reason: str
    is_final: bool = False
    is_soon: bool = False

    @classmethod
    def by(cls, error: BaseException) -> Self:
        match error:
            case ConnectionClosed(rcvd=received) if received is not None:
                code = BY_NUMBER.get(received.code)
                return cls(code.reason if code else f"closed {received.code}", code in FINAL, code in SOON)
            case InvalidStatus(response=response):
                status = response.status_code
                return cls(FINAL_STATUS.get(status, f"HTTP {status}"), status in FINAL_STATUS)
            case ssl.SSLCertVerificationError():
                return cls(f"its certificate is not trusted: {error.verify_message}")
            case _:
                return cls(str(error) or type(error).__name__)


class Link:
    """An open connection. Iterate it for the messages of each frame."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, messages: list[str]) -> None:
        """Send JSON messages, several in a frame. Waits while the line is full."""
        frame: list[str] = []
        size = 0
        for message in messages:
            length = len(message.encode())
            if frame and size + length > FRAME_BYTES:
                await self._socket.send(f"[{','.join(frame)}]")
                frame, size = [], 0
            frame.append(message)
            size += length
        if frame:
            await self._socket.send(f"[{','.join(frame)}]")

    async def __aiter__(self) -> AsyncIterator[list[Any]]:
        while True:
            frame = json.loads(await self._socket.recv())
            yield [
                parsed
                for message in (frame if isinstance(frame, list) else [frame])
                if (parsed := _parsed(message)) is not None
            ]


def text_of(message: BaseModel) -> str:
    """Nothing is said of what is not there, unless it has to be: an older server knows no newer fields."""
    said = message.model_dump(exclude_none=True)
    demanded = {name: None for name, one in type(message).model_fields.items() if one.is_required()}
    return to_json(demanded | said).decode()


def _parsed(message: Any) -> Any:
    try:
        return server_messages.validate_python(message)
    except ValidationError:
        # Of a newer server. A skipped event shows as a gap, never as silence.
        log.warning("a message of an unknown kind was skipped")
        return None


@asynccontextmanager
async def open_socket(address: Address, protocol: str) -> AsyncIterator[ClientConnection]:
    async with connect(
        address.url,
        subprotocols=[Subprotocol(protocol)],
        additional_headers=address.headers,
        ssl=address.ssl_context,
        compression=None,
        max_size=STATE_LIMIT_BYTES,
        open_timeout=ANSWER_WITHIN_S,
        ping_interval=15,
        ping_timeout=ANSWER_WITHIN_S,
        close_timeout=1,
    ) as socket:
        yield socket


@asynccontextmanager
async def open_link(address: Address) -> AsyncIterator[Link]:
    async with open_socket(address, PROTOCOL) as socket:
        yield Link(socket)
