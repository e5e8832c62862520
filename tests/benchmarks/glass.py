"""Live pictures between two browsers: glass to glass, and which frame each picture is.

    python -m tests.benchmarks.glass [--frames 2000] [--only direct,janus,vp8,jpeg]

Two Chromium on this machine, with the app served beside them; the camera films a number into each frame. Glass to
glass: from the phone's taking the frame (before it is read) to the picture drawn on the desk's canvas with its pose,
by one clock. Camera and screen are not in it. `janus`: with a third browser in the session and a Janus that all meet
at; left out where it is not installed.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest.mock import patch

import pytest
from playwright.sync_api import Page, ViewportSize

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.identity import AT_THE_DESK, AT_THE_PHONE, NO_CODECS, RELAY_ONLY, counted, numbered_film
from tests.support.janus import JanusProcess
from tests.support.trays import DESK, PHONE, asked_for_help

PATIENCE_MS = 400_000
SETTLE_MS = 5000  # pictures that came directly until the media server took over
WAYS = {
    "direct": ("direct, WebRTC VP8", "direct", ""),
    "janus": ("Janus, WebRTC VP8", "direct", ""),
    "vp8": ("line, VP8", "line", RELAY_ONLY),
    "jpeg": ("line, JPEG", "line", RELAY_ONLY + NO_CODECS),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=2000)
    parser.add_argument("--only", default="direct,janus,vp8,jpeg")
    options = parser.parse_args()
    wanted = options.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        film = numbered_film(Path(folder) / "camera.mjpeg")
        print("| way | pictures | right | flagged | wrong | a second | p50 / p95 ms |")
        print("|---|--:|--:|--:|--:|--:|--:|")
        for name in [name for name in WAYS if name in wanted]:
            try:
                of_way(Path(folder) / name, film, name, options.frames)
            except pytest.skip.Exception as why:
                print(f"left out: {why}")


def of_way(folder: Path, film: Path, name: str, frames: int) -> None:
    title, way, script = WAYS[name]
    with ExitStack() as stack:
        if name == "janus":
            janus = stack.enter_context(JanusProcess(folder / "janus"))
            stack.enter_context(patch.dict(os.environ, janus.environment))
        field, desk = stack.enter_context(two(folder / "demo", film, script, is_conference=name == "janus"))
        desk.wait_for_selector(f"[data-testid=desk-picture][data-way={way}]", timeout=PATIENCE_MS)
        if name == "janus":
            desk.wait_for_selector("[data-testid=voice][data-by=sfu]", timeout=PATIENCE_MS)
            desk.wait_for_timeout(SETTLE_MS)
            desk.evaluate("window.seen.length = 0")
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
def two(folder: Path, film: Path, script: str, *, is_conference: bool) -> Iterator[tuple[Page, Page]]:
    with DemoProcess(folder) as demo, chromium(film) as browser:

        def page(viewport: ViewportSize, at: str) -> Page:
            context = browser.new_context(
                viewport=viewport, permissions=["camera", "microphone"], locale="en"
            )
            context.add_init_script(script + at)
            return context.new_page()

        def join(page: Page, name: str) -> None:
            sign_in_page(page, f"{demo.url}/console/", name, PASSWORD)
            page.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=45_000)

        field, desk = page(PHONE, AT_THE_PHONE), page(DESK, AT_THE_DESK)
        sign_in_page(field, f"{demo.url}/field/", "technician", PASSWORD)
        session = asked_for_help(field)
        join(desk, "expert")
        if is_conference:
            join(page(DESK, ""), "observer")
        yield field, desk


if __name__ == "__main__":
    main()
