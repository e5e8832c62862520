"""A TCP way to a server of this machine, for tests that know no root: it can be narrowed, delayed, stalled and cut."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass

from tests.support.shape import Shape

CHUNK = 65_536
PACKET = 1400
BUFFER = 16_384  # of each socket of a narrow way: what is sent must soon wait at the sender, as on a real one
LOOK_S = 0.02
CLOSING_S = 0.2


@dataclass
class TcpShape(Shape):
    """`loss` has no meaning here: what TCP loses it sends again, and that shows as a stall."""

    is_stalled: bool = False  # nothing arrives, and nobody is told so


class _Lane:
    """One direction of the way: what enters leaves in turn, whosever it is."""

    def __init__(self, shape: TcpShape) -> None:
        self._shape = shape
        self._turn = asyncio.Lock()
        self._free_at = 0.0
        self.passed = 0

    async def enter(self, size: int) -> None:
        loop = asyncio.get_running_loop()
        async with self._turn:
            while self._shape.is_stalled:  # noqa: ASYNC110
                await asyncio.sleep(LOOK_S)
            if self._shape.bit_per_s is not None:
                self._free_at = max(self._free_at, loop.time()) + size * 8 / self._shape.bit_per_s
                await asyncio.sleep(self._free_at - loop.time())
            self.passed += size


class TcpWay(threading.Thread):
    """Its own loop, for the tests that use it have none."""

    def __init__(self, port: int) -> None:
        super().__init__(name="TCP way", daemon=True)
        self._there = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []
        self.shape = TcpShape()
        self.port = 0
        self.started = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def sent(self) -> int:
        """Bytes that went to the server."""
        return self._to.passed

    def cut(self) -> None:
        """Whoever is connected is told so; nobody gets in until `shape.is_cut` is taken back."""
        assert self._loop is not None
        self.shape.is_cut = True
        self._loop.call_soon_threadsafe(self._abort)

    def run(self) -> None:
        asyncio.run(self._serve())  # cancels whatever is still on its way when it is stopped

    def stop(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self.join(timeout=10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._to, self._back = _Lane(self.shape), _Lane(self.shape)
        listening = _narrow(socket.socket())
        listening.bind(("127.0.0.1", 0))
        server = await asyncio.start_server(self._connect, sock=listening, limit=PACKET)
        self.port = listening.getsockname()[1]
        self.started.set()
        await self._over.wait()
        server.close()
        self._abort()
        await asyncio.sleep(CLOSING_S)

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.shape.is_cut:
            return writer.transport.abort()
        self._writers.append(writer)
        with contextlib.suppress(
            asyncio.CancelledError, ConnectionError
        ):  # the way is stopped, or the server
            server = _narrow(socket.socket())
            server.setblocking(False)
            await asyncio.get_running_loop().sock_connect(server, ("127.0.0.1", self._there))
            there, back = await asyncio.open_connection(sock=server, limit=PACKET)
            self._writers.append(back)
            await asyncio.gather(self._carry(self._to, reader, back), self._carry(self._back, there, writer))
        writer.close()

    async def _carry(self, lane: _Lane, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

        async def arrive() -> None:
            while True:
                due_at, data = await way.get()
                await asyncio.sleep(max(0.0, due_at - loop.time()))
                if not data:
                    break
                sink.write(data)
                await sink.drain()

        arriving = asyncio.create_task(arrive())
        with contextlib.suppress(ConnectionError):
            while data := await source.read(CHUNK if self.shape.bit_per_s is None else PACKET):
                await lane.enter(len(data))
                way.put_nowait((loop.time() + self.shape.delay_s, data))
        way.put_nowait((loop.time() + self.shape.delay_s, b""))
        with contextlib.suppress(ConnectionError):
            await arriving
        sink.close()


def _narrow(end: socket.socket) -> socket.socket:
    end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
    end.setsockopt(
        socket.IPPROTO_TCP, socket.TCP_MAXSEG, PACKET
    )  # small buffers and loopback's packets do not agree
    return end


@contextlib.contextmanager
def tcp_way(port: int) -> Iterator[TcpWay]:
    way = TcpWay(port)
    way.start()
    way.started.wait()
    try:
        yield way
    finally:
        way.stop()
