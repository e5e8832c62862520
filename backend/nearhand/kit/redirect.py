"""Lead whoever comes without TLS to the address with it: nothing else is said or served there."""

import asyncio
import re
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from nearhand.kit.gate import Gate
from nearhand.kit.peer import UNKNOWN

HEAD_BYTES = 8192
PROGRAMS = b"/api/"  # led on, a program would go on sending its token in the clear, and nobody would notice
PLACES, PLACES_PER_ADDRESS = 500, 50

# A path of this origin, of the characters that a path and a query may have; whatever is in it stays behind our name.
_REQUEST = re.compile(rb"(GET|HEAD) (/[\x21-\x7e]*) HTTP/1\.[01]\r\n")
_HOST = re.compile(
    rb"\r\nhost:[ \t]*([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?[ \t]*(?=\r\n)", re.IGNORECASE
)


@dataclass(frozen=True)
class Redirection:
    """From a port without TLS to `base_url`, for those who asked for one of these names."""

    host: str
    port: int
    base_url: str
    names: Collection[str]
    head_s: float

    def answer(self, head: bytes) -> bytes:
        """A whole answer to a whole head."""
        asked, hosts = _REQUEST.match(head), _HOST.findall(head)
        if asked is None:
            return _said("405 Method Not Allowed", "Allow: GET, HEAD")
        if len(hosts) != 1 or hosts[0].decode().lower().strip("[]") not in self.names:
            return _said("421 Misdirected Request")
        if asked[2].startswith(PROGRAMS):
            return _said("403 Forbidden")
        return _said("308 Permanent Redirect", f"Location: {self.base_url}{asked[2].decode()}")

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[asyncio.Server]:
        """Raise OSError where the port is taken or not allowed."""
        gate = Gate(most=PLACES, most_per_address=PLACES_PER_ADDRESS, is_counted=lambda address: True)

        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer = writer.get_extra_info("peername")
            if not gate.enter(writer, peer[0] if peer else UNKNOWN, writer.transport.abort):
                writer.transport.abort()
                return
            try:
                async with asyncio.timeout(self.head_s):
                    writer.write(self.answer(await reader.readuntil(b"\r\n\r\n")))
                    await writer.drain()
            except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
                pass
            finally:
                gate.leave(writer)
                writer.close()
                with suppress(ConnectionError):
                    await writer.wait_closed()

        server = await asyncio.start_server(meet, self.host, self.port, limit=HEAD_BYTES)
        async with server:
            yield server


def _said(status: str, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *headers, "Content-Length: 0", "Connection: close"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
