"""A long way to the server: every byte arrives later, in both directions."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager

CHUNK = 65_536
CLOSING_S = 0.2


async def _carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter, delay_s: float) -> None:
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
        while data := await source.read(CHUNK):
            way.put_nowait((loop.time() + delay_s, data))
    way.put_nowait((loop.time() + delay_s, b""))
    with contextlib.suppress(ConnectionError):
        await arriving
    sink.close()


class _LateLink(threading.Thread):
    """Its own loop, for the tests that use it have none."""

    def __init__(self, port: int, delay_s: float) -> None:
        super().__init__(name="late link", daemon=True)
        self._there, self._delay_s = port, delay_s
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()
        self._writers: list[asyncio.StreamWriter] = []
        self.port = 0
        self.started = threading.Event()

    def run(self) -> None:
        asyncio.run(self._serve())  # cancels whatever is still on its way when it is stopped

    def stop(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self.join(timeout=10)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        await self._over.wait()
        server.close()
        for writer in self._writers:
            writer.transport.abort()
        await asyncio.sleep(CLOSING_S)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._there)
        except ConnectionError:
            writer.close()
            return
        self._writers += [writer, back]
        with contextlib.suppress(asyncio.CancelledError):  # the link is stopped
            await asyncio.gather(_carry(reader, back, self._delay_s), _carry(there, writer, self._delay_s))


@contextmanager
def late_link(port: int, delay_s: float) -> Iterator[str]:
    """The address of a server of this machine as it is from far away."""
    link = _LateLink(port, delay_s)
    link.start()
    link.started.wait()
    try:
        yield f"http://127.0.0.1:{link.port}"
    finally:
        link.stop()
