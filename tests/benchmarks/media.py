"""Live pictures over the WebSocket: how long a picture takes through the service, and what relaying one stream costs.

    python -m tests.benchmarks.media [--seconds 10]

One sender, some watchers, in a process of their own beside the served app; pictures are as large as the field app's at
each step. `on the way`: from the sender's send to the watcher's receipt, on one machine's clock. Camera, JPEG and
screen are not in it.
"""

import argparse
import asyncio
import json
import statistics
import time
from typing import Any

import httpx2
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from nearhand.sessions.pictures import HEAD_BYTES, VIDEO_PROTOCOL, Codec, Head, read_head
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess, shared_server

STEPS = (("720p", 15, 70_000), ("360p", 15, 27_000), ("360p slow", 5, 25_000))
WATCHERS = (1, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    options = parser.parse_args()
    server = shared_server()
    rows = [
        asyncio.run(row(server, name, per_s, size, watchers, options.seconds))
        for name, per_s, size in STEPS
        for watchers in WATCHERS
    ]
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print("| pictures | watchers | came | on the way p50 / p99 ms | service CPU, of a core |")
    print("|---|--:|--:|--:|--:|")
    for one in rows:
        print(
            f"| {one['pictures']} | {one['watchers']} | {one['came']:.1%} | {one['p50_ms']:.1f} / {one['p99_ms']:.1f} "
            f"| {one['cpu']:.1%} |"
        )


async def row(
    server: ServerProcess, name: str, per_s: int, size: int, watchers: int, seconds: float
) -> dict[str, Any]:
    technician, expert = token(server.url, "technician"), token(server.url, "expert")
    answer = httpx2.post(f"{server.url}/api/v1/sessions", json={}, headers=bearer(technician))
    session_id = answer.json()["id"]
    process = psutil.Process(server.pid)
    delays: list[float] = []
    async with line(server.url, session_id, technician, "live", "nearhand.v1") as live:
        await live.send('[{"type": "hello", "client": "benchmark-of-media", "resume": null}]')
        async with line(server.url, session_id, technician, "video", VIDEO_PROTOCOL) as phone:
            await phone.send('{"type": "media.send", "stream": "camera"}')
            watching = [
                asyncio.create_task(watch(server.url, session_id, expert, delays)) for _ in range(watchers)
            ]
            await told(phone, f'"watchers":{watchers}')
            reading = asyncio.create_task(drain(phone))
            before, began = sum(process.cpu_times()[:2]), time.monotonic()
            for number in range(round(seconds * per_s)):
                await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
                await phone.send(picture(number, size))
            spent = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)
            await asyncio.sleep(0.3)
            for task in (reading, *watching):
                task.cancel()
            await asyncio.gather(reading, *watching, return_exceptions=True)
    delays.sort()
    p50, p99 = statistics.median(delays), delays[int(0.99 * (len(delays) - 1))]
    came = len(delays) / (round(seconds * per_s) * watchers)
    pictures = f"{name}, {per_s} a second, {size // 1000} kB"
    return {
        "pictures": pictures,
        "watchers": watchers,
        "came": came,
        "p50_ms": p50,
        "p99_ms": p99,
        "cpu": spent,
    }


def picture(number: int, size: int) -> bytes:
    at = time.monotonic_ns().to_bytes(8, "big")
    return (
        Head(Codec.JPEG, True, number, 0, 1280, 720).pack() + b"\xff\xd8" + at + bytes(size - 10 - HEAD_BYTES)
    )


async def watch(url: str, session_id: str, token_: str, delays: list[float]) -> None:
    async with line(url, session_id, token_, "video", VIDEO_PROTOCOL) as desk:
        await desk.send('{"type": "media.watch"}')
        async for message in desk:
            if isinstance(message, bytes):
                at = HEAD_BYTES + 2
                sent_ns = int.from_bytes(message[at : at + 8], "big")
                delays.append((time.monotonic_ns() - sent_ns) / 1e6)
                head = read_head(message)
                await desk.send(f'{{"type": "media.got", "slot": {head.slot}, "frame_id": {head.frame_id}}}')


async def drain(socket: ClientConnection) -> None:
    async for _ in socket:
        pass


async def told(socket: ClientConnection, word: str) -> None:
    while word not in str(await socket.recv()):
        pass


def line(url: str, session_id: str, token_: str, door: str, protocol: str) -> connect:
    address = f"{url.replace('http', 'ws', 1)}/api/v1/sessions/{session_id}/{door}"
    return connect(
        address, subprotocols=[Subprotocol(protocol)], additional_headers=bearer(token_), compression=None
    )


def token(url: str, name: str) -> str:
    body = {"name": name, "password": PASSWORD}
    return str(httpx2.post(f"{url}/api/v1/sign-in?want_token=true", json=body).json()["token"])


def bearer(token_: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token_}"}


if __name__ == "__main__":
    main()
