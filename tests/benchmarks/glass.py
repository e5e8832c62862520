"""Live pictures between two browsers: glass to glass, and which frame each picture is.

    python -m tests.benchmarks.glass [--frames 2000] [--only direct,vp8,jpeg]

Two Chromium on this machine, with the app served beside them; the camera films a number into each frame. Glass to
glass: from the phone's taking the frame (before it is read) to the picture drawn on the desk's canvas with its pose,
by one clock. Camera and screen are not in it.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.identity import AT_THE_DESK, AT_THE_PHONE, NO_CODECS, RELAY_ONLY, counted, numbered_film
from tests.support.trays import DESK, PHONE, asked_for_help

PATIENCE_MS = 400_000
WAYS = {
    "direct": ("direct, WebRTC VP8", "direct", ""),
    "vp8": ("line, VP8", "line", RELAY_ONLY),
    "jpeg": ("line, JPEG", "line", RELAY_ONLY + NO_CODECS),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--only", default="direct,vp8,jpeg")
    options = parser.parse_args()
    wanted = options.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        film = numbered_film(Path(folder) / "camera.mjpeg")
        print("| way | pictures | right | flagged | wrong | a second | p50 / p95 ms |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        for name in [name for name in WAYS if name in wanted]:
            of_way(Path(folder) / name, film, name, options.frames)


def of_way(folder: Path, film: Path, name: str, frames: int) -> None:
    title, way, script = WAYS[name]
    with two(folder, film, script) as (field, desk):
        desk.wait_for_selector(f"[data-testid=desk-picture][data-way={way}]", timeout=PATIENCE_MS)
        began, before = time.monotonic(), desk.evaluate("window.seen.length")
        desk.wait_for_function(
            "([way, count]) => window.seen.filter(one => one[2] === way).length >= count",
            arg=[way, frames],
            timeout=PATIENCE_MS,
            polling=1000,
        )
        told = counted(field, desk, way)
        per_s = (desk.evaluate("window.seen.length") - before) / (time.monotonic() - began)
        delays = told.delays_ms
        p50, p95 = statistics.median(delays), delays[int(0.95 * (len(delays) - 1))]
        count = told.right + told.flagged + told.wrong + told.unknown
        print(
            f"| {title}, {max(told.heights, key=lambda one: told.heights[one])}p | {count} | {told.right} "
            f"| {told.flagged} | {told.wrong + told.unknown} | {per_s:.0f} | {p50:.0f} / {p95:.0f} |",
            flush=True,
        )


@contextmanager
def two(folder: Path, film: Path, script: str) -> Iterator[tuple[Page, Page]]:
    with DemoProcess(folder) as demo, chromium(film) as browser:
        pages: list[Page] = []
        for viewport, at in ((PHONE, AT_THE_PHONE), (DESK, AT_THE_DESK)):
            context = browser.new_context(
                viewport=viewport, permissions=["camera", "microphone"], locale="en"
            )
            context.add_init_script(script + at)
            pages.append(context.new_page())
        field, desk = pages
        sign_in_page(field, f"{demo.url}/field/", "technician", PASSWORD)
        session = asked_for_help(field)
        sign_in_page(desk, f"{demo.url}/console/", "expert", PASSWORD)
        desk.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=45_000)
        yield field, desk


if __name__ == "__main__":
    main()
