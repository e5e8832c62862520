"""A UDP way between two browsers that can be cut, narrowed, delayed and made lossy: each meets the other through it."""

import asyncio
import contextlib
import random
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, cast

from playwright.sync_api import Page

from tests.support.shape import Shape

QUEUE_S = 0.3  # what a narrow way holds before it drops, as a router does
# Whatever address the other side names, this side is given the way's own for it.
THROUGH_THE_WAY = """
const Real = RTCPeerConnection;
const add = Real.prototype.addIceCandidate;
Real.prototype.addIceCandidate = async function (told) {
    const parts = told?.candidate?.split(" ");
    if (!parts || parts.length < 8) return add.call(this, told);
    if (parts[2].toLowerCase() !== "udp") return;
    [parts[4], parts[5]] = await window.through(parts[4], Number(parts[5]));
    return add.call(this, { ...told, candidate: parts.join(" ") });
};
const describe = Real.prototype.setRemoteDescription;
Real.prototype.setRemoteDescription = function (told) {
    return describe.call(this, { ...told, sdp: told.sdp.replace(/a=candidate:.*\\r\\n/g, "") });
};
"""


class UdpWay:
    """A translator of addresses, as a home router is one, whose every packet keeps to the shape."""

    def __init__(self) -> None:
        self.shape = Shape()
        self.passed = 0
        self._free_at: dict[object, float] = {}
        self._doors: dict[tuple[str, int], tuple[str, int]] = {}
        self._standing: list[_Door] = []
        self._loop = asyncio.new_event_loop()
        self._chance = random.Random(1)
        self._ends: list[asyncio.BaseTransport] = []
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def install(self, page: Page) -> None:
        page.context.expose_function("through", self.door)

    def door(self, host: str, port: int) -> tuple[str, int]:
        """Where to send what is for that address."""
        return self._run(self._door(host, port))

    def rebind(self) -> None:
        """As when a router forgets: what is sent from now on comes from other ports, and the old ones lead nowhere."""
        self._loop.call_soon_threadsafe(self._rebind)

    def _rebind(self) -> None:
        for door in self._standing:
            for end in door.ends.values():
                if end.done():
                    end.result().close()
            door.ends.clear()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(5)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    async def _close(self) -> None:
        self.shape.is_cut = True
        for end in self._ends:
            end.close()
        for _ in range(3):
            await asyncio.sleep(0)  # sockets are closed in the loop's next rounds

    def _run(self, coroutine: Coroutine[Any, Any, tuple[str, int]]) -> tuple[str, int]:
        if not self._loop.is_running():  # a page that still asks while it is closed
            coroutine.close()
            raise ConnectionError("this way is gone")
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(5)

    async def _door(self, host: str, port: int) -> tuple[str, int]:
        target = (host, port)
        if target not in self._doors:
            door = _Door(self, target)
            transport, _ = await self._loop.create_datagram_endpoint(lambda: door, (host, 0))
            self._ends.append(transport)
            self._standing.append(door)
            self._doors[target] = transport.get_extra_info("sockname")[:2]
        return self._doors[target]

    async def open_end(self, door: "_Door", source: tuple[str, int]) -> asyncio.DatagramTransport:
        back = _Back(self, door, source)
        transport, _ = await self._loop.create_datagram_endpoint(lambda: back, (door.target[0], 0))
        self._ends.append(transport)
        return transport

    def carry(self, direction: object, transport: asyncio.DatagramTransport, data: bytes, to: Any) -> None:
        shape = self.shape
        if shape.is_cut or (shape.loss and self._chance.random() < shape.loss):
            return
        now = self._loop.time()
        leaves = now
        if shape.bit_per_s is not None:
            free = max(now, self._free_at.get(direction, now))
            if free - now > QUEUE_S:
                return
            leaves = self._free_at[direction] = free + len(data) * 8 / shape.bit_per_s
        self.passed += len(data)
        wait = leaves - now + shape.delay_s
        if wait <= 0:
            transport.sendto(data, to)
        else:
            self._loop.call_later(wait, self._late, transport, data, to)

    @staticmethod
    def _late(transport: asyncio.DatagramTransport, data: bytes, to: Any) -> None:
        if not transport.is_closing():
            transport.sendto(data, to)


class _Door(asyncio.DatagramProtocol):
    """Stands for one address; whoever sends to it is known there by an address of the way's own."""

    def __init__(self, way: UdpWay, target: tuple[str, int]) -> None:
        self.way, self.target = way, target
        self.ends: dict[tuple[str, int], asyncio.Task[asyncio.DatagramTransport]] = {}
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        end = self.ends.get(addr)
        if end is None:
            end = self.ends[addr] = asyncio.ensure_future(self.way.open_end(self, addr))
        if end.done():
            self.way.carry(("to", self.target), end.result(), data, self.target)


class _Back(asyncio.DatagramProtocol):
    """What comes back to one who sent to a door."""

    def __init__(self, way: UdpWay, door: _Door, source: tuple[str, int]) -> None:
        self.way, self.door, self.source = way, door, source

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.door.transport is not None:
            self.way.carry(("back", self.source), self.door.transport, data, self.source)


@contextlib.contextmanager
def udp_way() -> Iterator[UdpWay]:
    way = UdpWay()
    way.start()
    try:
        yield way
    finally:
        way.stop()
