"""What half an hour of a session without video leaves in the data folder.

    python -m tests.benchmarks.ladder --only storage

A real service, the robots' clients, thirty minutes' acts one after the other as fast as it takes them: as many stills
as a phone sends unasked in that time (stills.ts: 6 kB a second), rendered and cut to the device, marks, words, signals.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from nearhand.client import Client, LiveSession
from nearhand.sessions import messages as m
from nearhand.sessions.model import FrameRef, OnFrame, Shape, Signal
from nearhand.simulation.canvas import Picture
from nearhand.simulation.render import Look, build_scene, phone_camera
from tests.support.bare import device, from_before, stranger
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess

MINUTES = 30
STILL_BYTES_PER_S, SAVED_S, STILL_QUALITY = 6000, 60, 55
FACE_ROWS = slice(420, 660)  # of 1080: the device and its margin
MARKS, WORDS, SIGNALS = 60, 120, 60
GOAL_MB = 20


def measure(folder: Path) -> None:
    with ServerProcess(folder) as server:
        before = size_of(folder)
        stills = asyncio.run(half_an_hour(server.url))
        kept = {name: size_of(path) for name in ("blobs",) if (path := folder / name).exists()}
        whole = (size_of(folder) - before) / 1e6
    of_stills = kept.get("blobs", 0) / 1e6
    print("\n| 30 minutes without video | MB |\n|---|--:|")
    print(f"| {len(stills)} stills of {sum(stills) / len(stills) / 1000:.0f} kB | {of_stills:.1f} |")
    print(f"| {MARKS} marks, {WORDS} lines, {SIGNALS} signals, and all else | {whole - of_stills:.1f} |")
    print(f"| data folder, goal {GOAL_MB} | {whole:.1f} |", flush=True)


async def half_an_hour(url: str) -> list[int]:
    pictures = taken()
    async with (
        await Client.sign_in(url, "technician", PASSWORD) as phone,
        await Client.sign_in(url, "expert", PASSWORD) as office,
    ):
        session = (await phone.open_session(subject="Half an hour")).id
        async with phone.live(session) as live, office.live(session) as desk:
            sizes: list[int] = []
            while sum(sizes) < STILL_BYTES_PER_S * (MINUTES * 60 + SAVED_S):
                number = len(sizes)
                sizes.append(await still(phone, live, session, number, pictures[number % len(pictures)]))
            for number in range(MARKS):
                frame = FrameRef(stream="cam", frame_id=number)
                place = OnFrame(frame=frame, points=((0.5, 0.5), (0.52, 0.5)))
                await desk.add_annotation(Shape.RING, place)
            for number in range(WORDS):
                await (desk if number % 2 else live).say(
                    f"What the other side is told, and told again: {number}"
                )
            for number in range(SIGNALS):
                await desk.signal(list(Signal)[number % len(Signal)])
            for end in (live, desk):
                await end.settled()
    return sizes


async def still(phone: Client, live: LiveSession, session: str, number: int, picture: Picture) -> int:
    own = picture.copy()
    own[:8, :256] = np.unpackbits(np.array([number], np.uint32).view(np.uint8)).repeat(8)[None, :, None] * 255
    jpeg = cv2.imencode(".jpg", own, [cv2.IMWRITE_JPEG_QUALITY, STILL_QUALITY])[1].tobytes()
    kept = await phone.upload_still(session, jpeg)
    frame, now = FrameRef(stream="cam", frame_id=number), datetime.now(UTC)
    live.pass_on(m.FrameSight(frame=frame, captured_at=now))
    await live.saved(await live.share_still(kept, frame, now))
    return len(jpeg)


def taken() -> list[Picture]:
    """A 1080p camera before a rack, as far as the device reaches."""
    scene = build_scene(device(1), {unit: stranger() for unit in (-2, -1, 1, 2)})
    camera = phone_camera(1920, 1080, field_of_view_deg=66)
    look = Look(blur_px=0.6, noise=2.0)
    return [scene.take(from_before(480), camera, look, seed=seed)[FACE_ROWS] for seed in range(6)]


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
