"""Load rooms of one sender and some receivers over WebSocket, and say what it cost: one JSON object.

The n-th message a receiver gets is the n-th its sender sent, so latency needs no clock in the messages.
"""

import argparse
import asyncio
import base64
import json
import os
import time
from collections.abc import Callable
from typing import cast

import psutil
import uvloop

SENDER = 0
WINDOW = 4  # messages of one room on their way, when the load is as much as the server takes
DRAIN_S = 3.0


class Peer(asyncio.Protocol):
    """One WebSocket of the load. Speaks just enough of RFC 6455 for whole text frames."""

    def __init__(self, path: str, headers: str, on_text: Callable[["Peer", bytes], None]) -> None:
        self._path, self._headers, self._on_text = path, headers, on_text
        self._buffer = bytearray()
        self._is_open = False
        self.opened = asyncio.get_running_loop().create_future()
        self.ready = asyncio.get_running_loop().create_future()
        self.received = 0
        self.is_closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{self._headers}\r\n".encode()
        )

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_closed = True
        for future in (self.opened, self.ready):
            if not future.done():
                future.set_exception(ConnectionError("the server hung up"))

    def send(self, text: bytes) -> None:
        # A mask of zeros is a mask.
        length = len(text)
        head = bytes([0x81, 0x80 | length]) if length < 126 else b"\x81\xfe" + length.to_bytes(2, "big")
        self.transport.write(head + b"\0\0\0\0" + text)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self._is_open:
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            if b" 101 " not in buffer[:end]:
                self.opened.set_exception(ConnectionError(bytes(buffer[:200]).decode(errors="replace")))
                return
            del buffer[: end + 4]
            self._is_open = True
            self.opened.set_result(None)
        start, have = 0, len(buffer)
        while have - start >= 2:
            length, head = buffer[start + 1] & 127, 2
            if length == 126:
                length, head = int.from_bytes(buffer[start + 2 : start + 4], "big"), 4
            elif length == 127:
                length, head = int.from_bytes(buffer[start + 2 : start + 10], "big"), 10
            if have - start < head + length:
                break
            self._frame(buffer[start] & 15, bytes(buffer[start + head : start + head + length]))
            start += head + length
        if start:
            del buffer[:start]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 1:
            self._on_text(self, payload)
        elif opcode == 9:
            self.transport.write(bytes([0x8A, 0x80 | len(payload)]) + b"\0\0\0\0" + payload)


class Room:
    def __init__(self) -> None:
        self.sender: Peer
        self.receivers: list[Peer] = []
        self.sent_at: list[float] = []


class Load:
    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._is_nearhand = options.dialect == "nearhand"
        self._rooms: list[Room] = []
        self._latencies: list[float] = []
        self._is_measuring = False
        self._delivered = 0

    async def run(self) -> dict[str, float]:
        options = self._options
        sessions: list[str] = json.loads(options.rooms)
        for index, session in enumerate(sessions):
            self._rooms.append(await self._open(index, session))
        sending = asyncio.create_task(self._send())
        await asyncio.sleep(options.warm_s)
        server = psutil.Process(options.pid)
        cpu_s, started = _cpu_s(server), time.perf_counter()
        self._is_measuring = True
        await asyncio.sleep(options.seconds)
        self._is_measuring = False
        took_s, cpu_s = time.perf_counter() - started, _cpu_s(server) - cpu_s
        sending.cancel()
        await self._drain()
        missing = sum(len(r.sent_at) - p.received for r in self._rooms for p in r.receivers)
        latencies = sorted(self._latencies)
        return {
            "cpu_s_per_million": cpu_s / self._delivered * 1e6,
            "p50_ms": latencies[len(latencies) // 2] * 1000,
            "p99_ms": latencies[int(len(latencies) * 0.99)] * 1000,
            "deliveries_per_s": self._delivered / took_s,
            "server_cores": cpu_s / took_s,
            "missing": missing,
        }

    async def _open(self, index: int, session: str) -> Room:
        room = Room()
        for who in range(self._options.receivers + 1):
            peer = await self._connect(index, session, who)
            if who == SENDER:
                room.sender = peer
            else:
                room.receivers.append(peer)
        if self._is_nearhand:
            room.sender.send(_mark(1, "annotation.add", session))
            await asyncio.sleep(0)
        return room

    async def _connect(self, index: int, session: str, who: int) -> Peer:
        loop = asyncio.get_running_loop()
        if self._is_nearhand:
            path = f"/api/v1/sessions/{session}/live"
            headers = (
                f"Sec-WebSocket-Protocol: nearhand.v1\r\nAuthorization: Bearer {self._options.token}\r\n"
            )
        else:
            path, headers = f"/socket.io/?EIO=4&transport=websocket&room={session}", ""
        make = self._nearhand_text if self._is_nearhand else self._socketio_text

        def on_text(peer: Peer, payload: bytes) -> None:
            make(peer, payload, index if who != SENDER else None)

        _, peer = await loop.create_connection(
            lambda: Peer(path, headers, on_text), "127.0.0.1", self._options.port
        )
        await peer.opened
        if self._is_nearhand:
            client = f"load-{os.urandom(8).hex()}"
            peer.send(json.dumps([{"type": "hello", "client": client, "resume": None}]).encode())
        else:
            peer.send(b"40")
        await peer.ready
        return peer

    def _nearhand_text(self, peer: Peer, payload: bytes, index: int | None) -> None:
        count = payload.count(b'"type":"annotation.edited"')
        if count:
            self._got(peer, index, count)
        elif not peer.ready.done() and b'"type":"session.state"' in payload:
            peer.ready.set_result(None)

    def _socketio_text(self, peer: Peer, payload: bytes, index: int | None) -> None:
        if payload.startswith(b"42"):
            self._got(peer, index, 1)
        elif payload.startswith(b"40") and not peer.ready.done():
            peer.ready.set_result(None)
        elif payload == b"2":
            peer.send(b"3")

    def _got(self, peer: Peer, index: int | None, count: int) -> None:
        if index is None:
            return  # senders do not count
        if self._is_measuring:
            now = time.perf_counter()
            sent_at = self._rooms[index].sent_at
            first = peer.received
            self._latencies += [now - sent_at[first + i] for i in range(count)]
            self._delivered += count
        peer.received += count

    async def _send(self) -> None:
        rooms, rate = self._rooms, self._options.rate
        sessions: list[str] = json.loads(self._options.rooms)
        if rate:
            start, step = time.perf_counter(), 1 / (rate * len(rooms))
            for number in range(10**9):
                due = start + number * step
                wait_s = due - time.perf_counter()
                if wait_s > 0:
                    await asyncio.sleep(wait_s)
                which = number % len(rooms)
                self._send_one(rooms[which], sessions[which])
        while True:
            for room, session in zip(rooms, sessions, strict=True):
                slowest = min(peer.received for peer in room.receivers)
                while len(room.sent_at) - slowest < WINDOW:
                    self._send_one(room, session)
            await asyncio.sleep(0)

    def _send_one(self, room: Room, session: str) -> None:
        number = len(room.sent_at) + 1
        text = _mark(number + 1, "annotation.edit", session)
        if not self._is_nearhand:
            text = b'42["m",' + text + b"]"
        room.sent_at.append(time.perf_counter())
        room.sender.send(text)

    async def _drain(self) -> None:
        deadline = time.perf_counter() + DRAIN_S
        while time.perf_counter() < deadline and any(  # noqa: ASYNC110  the other process gives no event
            peer.received < len(room.sent_at) for room in self._rooms for peer in room.receivers
        ):
            await asyncio.sleep(0.02)


def _mark(n: int, kind: str, session: str) -> bytes:
    """A stroke of four points that is moved a little each time: the payload that every server gets."""
    shape = '"shape":"freehand",' if kind == "annotation.add" else ""
    x = n % 400
    return (
        f'{{"type":"{kind}","n":{n},"id":"01JCKQ8XG3ZP4M7N",{shape}"place":{{"kind":"face","device_id":"{session}",'
        f'"face":"front","points_mm":[[{x}.23,12.61,0],[{x}.41,12.93,0],[{x}.78,13.2,0],[{x}.9,13.52,0]]}}}}'
    ).encode()


def _cpu_s(process: psutil.Process) -> float:
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        times = one.cpu_times()
        total += times.user + times.system
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dialect", choices=["nearhand", "socketio"], required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid", type=int, required=True)
    parser.add_argument("--token", default="")
    parser.add_argument("--rooms", required=True, help="JSON array of room names")
    parser.add_argument("--receivers", type=int, default=4)
    parser.add_argument("--rate", type=float, default=0, help="messages per room and second; 0: all it takes")
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--warm-s", type=float, default=1)
    uvloop.install()
    print(json.dumps(asyncio.run(Load(parser.parse_args()).run())))


if __name__ == "__main__":
    main()
