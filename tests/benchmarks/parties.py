"""Voice and video of several: how old a 720p picture is when it is there, and what relaying one costs.

    python -m tests.benchmarks.parties [--seconds 10] [--json]

Headless browsers on one machine, a picture that says when it was drawn, read again from what arrived: drawing, coder,
network, decoder and jitter buffer are in it, camera and screen are not. Rows through Janus need Janus, rows with
Python the extra `rtc`.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from av import VideoFrame
from playwright.async_api import Browser, Page, async_playwright

from nearhand.client import Client
from nearhand.client.rtc import Call, Camera, Media
from tests.support.chromium import FLAGS, find_chromium
from tests.support.janus import JanusProcess
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess

SCRIPT = (Path(__file__).parent / "party_page" / "party.js").read_text(encoding="utf-8")
SETTLE_S = 4.0  # so long the coder needs to find its rate
BLOCK, ROW, BITS, STAMP = 16, 28, 56, 24
GOALS_MS = {"direct": 60, "sfu": 110, "python": 90}
ROLES = ("technician", "expert", "observer")


@dataclass
class Row:
    name: str
    way: str
    ages: list[float]
    seconds: float
    watchers: int
    janus_cpu: float | None = None

    @property
    def told(self) -> dict[str, Any]:
        ages = sorted(self.ages)
        return {
            "path": self.name,
            "pictures_per_s": len(ages) / self.seconds / self.watchers,
            "p50_ms": statistics.median(ages) if ages else None,
            "p99_ms": ages[int(0.99 * (len(ages) - 1))] if ages else None,
            "goal_ms": GOALS_MS[self.way],
            "janus_cpu_per_relayed": self.janus_cpu / self.watchers if self.janus_cpu is not None else None,
        }


class Bench:
    def __init__(self, server: ServerProcess, browsers: Sequence[Browser], seconds: float) -> None:
        self.server, self._browsers, self._seconds = server, browsers, seconds

    async def page(self, role: str, at: int) -> Page:
        context = await self._browsers[at].new_context(bypass_csp=True)
        page = await context.new_page()
        await page.goto(f"{self.server.url}/healthz")
        sign_in = """async ([name, password]) => (await fetch("/api/v1/sign-in", { method: "POST",
            headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name, password }) })).status"""
        status = await page.evaluate(sign_in, [role, PASSWORD])
        assert status == 200, status
        await page.evaluate("source => void (0, eval)(source)", SCRIPT)
        return page

    async def between_browsers(self, codec: str, parties: int, janus: psutil.Process | None) -> Row:
        async with await Client.sign_in(self.server.url, "technician", PASSWORD) as client:
            session = (await client.open_session()).id
        pages = [await self.page(role, at) for at, role in enumerate(ROLES[:parties])]
        for number, page in enumerate(pages):
            await start(page, session, f"benchmark-party-{number}", films=number == 0, codec=codec)
        watching = pages[1:]
        await flows(watching)
        await asyncio.sleep(SETTLE_S)
        before = [await page.evaluate("window.ages.length") for page in watching]
        cpu, began = busy(janus), time.monotonic()
        await asyncio.sleep(self._seconds)
        spent = (busy(janus) - cpu) / (time.monotonic() - began)
        ages = [
            age
            for page, seen in zip(watching, before, strict=True)
            for age in (await page.evaluate("window.ages"))[seen:]
        ]
        way = await pages[0].evaluate("window.state.way")
        for page in pages:
            await page.context.close()
        name = f"{codec}, {parties} browsers, {'through Janus' if way == 'sfu' else 'directly'}"
        return Row(name, way, ages, self._seconds, len(watching), spent if way == "sfu" else None)

    async def from_python(self) -> Row:
        async with await Client.sign_in(self.server.url, "technician", PASSWORD) as client:
            session = (await client.open_session()).id
            page = await self.page("expert", 0)
            camera = Camera()
            async with client.live(session) as live, Call(client, live, Media(camera=camera)):
                reel = asyncio.create_task(film(camera))
                await start(page, session, "benchmark-party-0", films=False, codec="VP8")
                await flows([page])
                await asyncio.sleep(SETTLE_S)
                seen = await page.evaluate("window.ages.length")
                await asyncio.sleep(self._seconds)
                ages = (await page.evaluate("window.ages"))[seen:]
                reel.cancel()
                await asyncio.gather(reel, return_exceptions=True)
            await page.context.close()
        return Row("Python to browser", "python", ages, self._seconds, 1)

    async def to_python(self) -> Row:
        ages: list[float] = []
        async with await Client.sign_in(self.server.url, "expert", PASSWORD) as client:
            async with await Client.sign_in(self.server.url, "technician", PASSWORD) as technician:
                session = (await technician.open_session()).id
            page = await self.page("technician", 0)
            media = Media(on_picture=lambda _, frame: ages.append(age_of(frame)))
            async with client.live(session) as live, Call(client, live, media):
                await start(page, session, "benchmark-party-0", films=True, codec="VP8")
                async with asyncio.timeout(30):
                    while not ages:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
                await asyncio.sleep(SETTLE_S)
                ages.clear()
                await asyncio.sleep(self._seconds)
                measured = list(ages)
            await page.context.close()
        return Row("browser to Python", "python", measured, self._seconds, 1)


async def start(page: Page, session: str, client: str, *, films: bool, codec: str) -> None:
    options = {"session": session, "client": client, "films": films, "codec": codec}
    await page.evaluate("options => window.party(options)", options)


async def flows(watching: Sequence[Page]) -> None:
    for page in watching:
        try:
            await page.wait_for_function("window.ages.length > 10", timeout=30_000)
        except Exception:
            print(await page.evaluate("JSON.stringify(window.state)"))
            raise


def epoch_ms() -> int:
    return int(time.time() * 1000) // 10**8 * 10**8


async def film(camera: Camera) -> None:
    noise = np.random.default_rng(1).integers(40, 200, (45, 80, 3), dtype=np.uint8)
    back = np.kron(noise, np.ones((16, 16, 1), np.uint8))
    number, began = 0, time.monotonic()
    while True:
        number += 1
        picture = np.roll(back, (number * 3) % 40, axis=1)
        ms = int(time.time() * 1000) - epoch_ms()
        for bit in range(BITS):
            is_set = (number >> bit) & 1 if bit < STAMP else (ms >> (bit - STAMP)) & 1
            y, x = bit // ROW * BLOCK, bit % ROW * BLOCK
            picture[y : y + BLOCK, x : x + BLOCK] = 255 * is_set
        camera.show(picture)
        await asyncio.sleep(max(0.0, began + number / 30 - time.monotonic()))


def age_of(frame: VideoFrame) -> float:
    now_ms = time.time() * 1000
    grey = frame.to_ndarray(format="gray")
    scale = grey.shape[1] / 1280
    ms = 0
    for bit in range(STAMP, BITS):
        y, x = bit // ROW * BLOCK + BLOCK / 2, bit % ROW * BLOCK + BLOCK / 2
        if grey[int(y * scale), int(x * scale)] > 128:
            ms |= 1 << (bit - STAMP)
    return now_ms - (ms + epoch_ms())


def busy(process: psutil.Process | None) -> float:
    return sum(process.cpu_times()[:2]) if process is not None else 0.0


async def measure(seconds: float, janus: JanusProcess | None, server: ServerProcess) -> list[dict[str, Any]]:
    process = psutil.Process(janus.process.pid) if janus is not None else None
    rows = []
    async with async_playwright() as playwright:
        browsers = [
            await playwright.chromium.launch(executable_path=find_chromium(), args=list(FLAGS)) for _ in ROLES
        ]
        bench = Bench(server, browsers, seconds)
        rows.append(await bench.between_browsers("VP8", 2, None))
        if process is not None:
            for codec in ("VP8", "H264"):
                rows.append(await bench.between_browsers(codec, 3, process))
        rows.append(await bench.from_python())
        rows.append(await bench.to_python())
        for browser in browsers:
            await browser.close()
    return [row.told for row in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = run(Path(folder), options.seconds)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print(
        "| path, 720p30 | pictures/s | glass to glass p50 / p99 ms | goal | Janus CPU per relayed stream, of a core |"
    )
    print("|---|--:|--:|--:|--:|")
    for row in rows:
        cpu = row["janus_cpu_per_relayed"]
        ages = f"{row['p50_ms']:.0f} / {row['p99_ms']:.0f}" if row["p50_ms"] is not None else "none came"
        print(
            f"| {row['path']} | {row['pictures_per_s']:.1f} | {ages} | ≤ {row['goal_ms']} "
            f"| {'' if cpu is None else f'{cpu:.1%}'} |"
        )


def run(folder: Path, seconds: float) -> list[dict[str, Any]]:
    import os
    import shutil

    if shutil.which("janus") is None:
        print("Janus is not installed: its rows are left out.")
        with ServerProcess(folder / "data") as server:
            return asyncio.run(measure(seconds, None, server))
    with JanusProcess(folder / "janus") as janus:
        os.environ |= janus.environment
        with ServerProcess(folder / "data") as server:
            return asyncio.run(measure(seconds, janus, server))


if __name__ == "__main__":
    main()
