"""What the field app costs a phone, and the idle service a machine.

`python -m tests.benchmarks.app [--json] [--rounds N]`: the field app's first JavaScript, gzipped; the time from
navigation to a device recognised by its label in Chromium, whose camera is a rendered close-up; the memory of a server
that has just started and serves nobody.
"""

import argparse
import asyncio
import gzip
import json
import re
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, expect

from nearhand.pages import WEB
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import Look, look_at, phone_camera
from tests.browser.conftest import hall_at
from tests.support.chromium import chromium, sign_in_page, write_camera
from tests.support.demo import DemoProcess
from tests.support.process import ServerProcess

CAMERA_FRAMES = 12
SETTLE_S = 3.0
FIRST_TIME_MS = 60_000
GOALS = {"field_js_gz_kb": "≤ 60", "scan_s": "≤ 1.5", "server_rss_mb": "≤ 150"}


def field_js_gz_kb() -> float:
    """The page's module and what it preloads; workers and WebAssembly come later, on their own."""
    page = (WEB / "field" / "index.html").read_text(encoding="utf-8")
    sources = re.findall(r'<script type="module"[^>]*src="/field/([^"]+)"', page)
    sources += re.findall(r'<link rel="modulepreload"[^>]*href="/field/([^"]+)"', page)
    return sum(len(gzip.compress((WEB / "field" / name).read_bytes(), 9)) for name in sources) / 1000


def scan_s(folder: Path, rounds: int) -> float:
    """Median over fresh pages of a signed-in browser: what a technician feels who opens the app at a rack."""
    with DemoProcess(folder / "demo") as demo:
        _, layout, scene = asyncio.run(hall_at(demo.url))
        assert layout.label is not None
        camera, pose = (
            phone_camera(1280, 720),
            look_at((layout.label.x_mm, layout.label.y_mm), 180, yaw_deg=8),
        )
        look = Look(blur_px=0.7, noise=2.5)
        pictures = [scene.take(pose, camera, look, seed=n) for n in range(CAMERA_FRAMES)]
        with chromium(write_camera(folder / "label.mjpeg", pictures)) as browser:
            return statistics.median(_scans(browser, f"{demo.url}/field/", rounds))


def _scans(browser: Browser, url: str, rounds: int) -> list[float]:
    context = browser.new_context(permissions=["camera"], locale="en")
    page = context.new_page()
    sign_in_page(page, url, "technician", PASSWORD)
    expect(page.get_by_test_id("device")).to_be_visible(timeout=FIRST_TIME_MS)
    cookies: list[Any] = list(context.cookies())
    context.close()
    took = []
    for _ in range(rounds):
        # A new context each time: no cache, no device remembered.
        fresh = browser.new_context(permissions=["camera"], locale="en")
        fresh.add_cookies(cookies)
        page = fresh.new_page()
        started = time.monotonic()
        page.goto(url, wait_until="commit")
        expect(page.get_by_test_id("device")).to_be_visible(timeout=FIRST_TIME_MS)
        took.append(time.monotonic() - started)
        fresh.close()
    return took


def server_rss_mb(folder: Path) -> float:
    with ServerProcess(folder) as server:
        time.sleep(SETTLE_S)
        assert server.pid is not None
        return float(psutil.Process(server.pid).memory_info().rss) / 1024 / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {
            "field_js_gz_kb": round(field_js_gz_kb(), 1),
            "scan_s": round(scan_s(folder, options.rounds), 2),
            "server_rss_mb": round(server_rss_mb(folder / "idle"), 1),
        }
    if options.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    for key, value in figures.items():
        sys.stdout.write(f"{key:16} {value:8}   goal {GOALS[key]}\n")


if __name__ == "__main__":
    main()
