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
from datetime import UTC, datetime
from typing import Any

import cv2
import httpx2
import numpy as np
import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from nearhand.client import Client, LiveSession
from nearhand.sessions.model import FrameRef
from nearhand.sessions.pictures import HEAD_BYTES, VIDEO_PROTOCOL, Codec, Head, read_head
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess, shared_server

# What, how many a second, how large: JPEG as the Python client sends it, VP8 as phones do (at its bit rates).
Step = tuple[str, int, int, Codec]
STEPS: tuple[Step, ...] = (
    ("720p", 15, 70_000, Codec.JPEG),
    ("360p", 15, 27_000, Codec.JPEG),
    ("360p slow", 5, 25_000, Codec.JPEG),
    ("720p", 15, 12_500, Codec.VP8),
    ("360p", 15, 4_200, Codec.VP8),
)
WATCHERS = (1, 4)
STILLS = 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    options = parser.parse_args()
    server = shared_server()
    rows = [
        asyncio.run(row(server, step, watchers, options.seconds)) for step in STEPS for watchers in WATCHERS
    ]
    spent_ms, size = asyncio.run(still_cost(server))
    if options.json:
        print(json.dumps({"pictures": rows, "ms_of_cpu_per_still": spent_ms}, indent=2))
        return
    print("| pictures | watchers | came | on the way p50 / p99 ms | service CPU, of a core |")
    print("|---|--:|--:|--:|--:|")
    for one in rows:
        print(
            f"| {one['pictures']} | {one['watchers']} | {one['came']:.1%} | {one['p50_ms']:.1f} / {one['p99_ms']:.1f} "
            f"| {one['cpu']:.1%} |"
        )
    print(
        f"\nA still of {size / 1000:.0f} kB, kept, told to one expert and fetched: {spent_ms:.1f} ms of the service's CPU"
    )


async def row(server: ServerProcess, step: Step, watchers: int, seconds: float) -> dict[str, Any]:
    name, per_s, size, codec = step
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
            wants_key = asyncio.Event()
            reading = asyncio.create_task(heard(phone, wants_key))
            before, began = sum(process.cpu_times()[:2]), time.monotonic()
            for number in range(round(seconds * per_s)):
                await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
                is_key = codec is Codec.JPEG or number == 0 or wants_key.is_set()
                wants_key.clear()
                await phone.send(picture(number, size, codec, is_key=is_key))
            spent = (sum(process.cpu_times()[:2]) - before) / (time.monotonic() - began)
            await asyncio.sleep(0.3)
            for task in (reading, *watching):
                task.cancel()
            await asyncio.gather(reading, *watching, return_exceptions=True)
    delays.sort()
    p50, p99 = statistics.median(delays), delays[int(0.99 * (len(delays) - 1))]
    came = len(delays) / (round(seconds * per_s) * watchers)
    pictures = f"{codec.name} {name}, {per_s} a second, {size / 1000:.0f} kB"
    return {
        "pictures": pictures,
        "watchers": watchers,
        "came": came,
        "p50_ms": p50,
        "p99_ms": p99,
        "cpu": spent,
    }


def picture(number: int, size: int, codec: Codec, *, is_key: bool) -> bytes:
    at = time.monotonic_ns().to_bytes(8, "big")
    head = Head(codec, is_key, number, 0, 1280, 720)
    return head.pack() + b"\xff\xd8" + at + bytes(size - 10 - HEAD_BYTES)


async def still_cost(server: ServerProcess) -> tuple[float, int]:
    """What one still costs the service, in milliseconds of CPU, and how large it is."""
    noise = np.random.default_rng(1).integers(60, 120, (720, 1280, 3), np.uint8)
    process = psutil.Process(server.pid)
    async with (
        await Client.sign_in(server.url, "technician", PASSWORD) as phone,
        await Client.sign_in(server.url, "expert", PASSWORD) as office,
    ):
        session = (await phone.open_session()).id
        async with phone.live(session) as live, office.live(session) as desk:
            jpegs = []
            for number in range(STILLS):
                noise[:64, :64] = number
                jpegs.append(
                    cv2.imencode(
                        ".jpg", cv2.GaussianBlur(noise, (0, 0), 1.2), [cv2.IMWRITE_JPEG_QUALITY, 80]
                    )[1].tobytes()
                )
            before = sum(process.cpu_times()[:2])
            for number, jpeg in enumerate(jpegs):
                kept = await phone.upload_still(session, jpeg)
                frame = FrameRef(stream="camera", frame_id=number)
                await live.saved(await live.share_still(kept, frame, datetime.now(UTC)))
                await seen(desk, kept.sha256)
                await office.still(session, kept.sha256)
            spent = sum(process.cpu_times()[:2]) - before
    return spent / STILLS * 1000, len(jpegs[0])


async def seen(desk: LiveSession, sha256: str) -> None:
    await desk.until(
        lambda view: view.state is not None and any(one.sha256 == sha256 for one in view.state.stills)
    )


async def watch(url: str, session_id: str, token_: str, delays: list[float]) -> None:
    async with line(url, session_id, token_, "video", VIDEO_PROTOCOL) as desk:
        await desk.send('{"type": "media.watch", "reads_vp8": true}')
        async for message in desk:
            if isinstance(message, bytes):
                at = HEAD_BYTES + 2
                sent_ns = int.from_bytes(message[at : at + 8], "big")
                delays.append((time.monotonic_ns() - sent_ns) / 1e6)
                head = read_head(message)
                await desk.send(f'{{"type": "media.got", "slot": {head.slot}, "frame_id": {head.frame_id}}}')


async def heard(socket: ClientConnection, wants_key: asyncio.Event) -> None:
    async for message in socket:
        if '"media.key"' in str(message):
            wants_key.set()


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
