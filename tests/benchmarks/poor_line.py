"""What is left on a poor line, and after one that was dead: marks, words and signals between two browsers.

python -m tests.benchmarks.ladder --only poor,silence
"""

import statistics
import time
from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.badly_linked import Two, Written, answer, draw, far_away, say
from tests.support.link import Link, link

POOR: dict[str, float] = {"bit_per_s": 100_000.0, "delay_s": 0.4, "loss": 0.1}  # each way
TIMES = 6
SILENCE_S = 90.0
PATIENCE_MS = 120_000
IN_THE_CAPTIONS = (
    "words => [...document.querySelectorAll('.captions')].some(one => one.innerText.includes(words))"
)
IN_THE_CHAT = "words => [...document.querySelectorAll('.chat li')].some(one => one.innerText.includes(words))"
IS_SIGNALLED = "() => document.querySelector('[data-testid=big-signal]') !== null"
MARKS = "document.querySelectorAll('[data-testid=overlay] [data-annotation-id]').length"


def measure(folder: Path, wanted: Collection[str]) -> None:
    """Raises NoLink."""
    folder.mkdir()
    with link() as way, far_away(folder, way) as two:
        if "poor" in wanted:
            poor(two, way)
        if "silence" in wanted:
            silence(two, way)


def poor(two: Two, way: Link) -> None:
    field, desk = two.field, two.desk
    for name, value in POOR.items():
        setattr(way.shape, name, value)
    desk.wait_for_timeout(20_000)  # the ladder finds its rung
    rows: dict[str, list[float]] = {}

    def take(name: str, act: Callable[[], object], there: Page, holds: str, what: Any = None) -> None:
        began = time.monotonic()
        act()
        there.wait_for_function(holds, arg=what, timeout=PATIENCE_MS, polling="raf")
        rows.setdefault(name, []).append(time.monotonic() - began)

    for number in range(TIMES):
        asked, answered, key = f"Is port {number} lit?", f"It is, {number}.", "12345"[number % 5]
        marks = field.evaluate(MARKS)
        take(
            "mark drawn at the desk, seen on the phone",
            partial(draw, desk, 0.5),
            field,
            f"count => {MARKS} > count",
            marks,
        )
        desk.keyboard.press("Control+z")
        field.wait_for_function(f"count => {MARKS} === count", arg=marks, timeout=PATIENCE_MS)
        take(
            "words from the desk, read on the phone", partial(say, desk, asked), field, IN_THE_CAPTIONS, asked
        )
        press = partial(desk.locator("body").press, key)
        take("signal from the desk, over the phone's screen", press, field, IS_SIGNALLED)
        field.locator("[data-testid=big-signal] button").click()
        take(
            "words from the phone, read at the desk",
            partial(answer, field, answered),
            desk,
            IN_THE_CHAT,
            answered,
        )
    rung = desk.get_by_test_id("rung-now")
    print("\n| at 100 kbit/s, 800 ms there and back, 10 % lost each way | p50 s | most s |\n|---|--:|--:|")
    for name, taken_s in rows.items():
        print(f"| {name} | {statistics.median(taken_s):.1f} | {max(taken_s):.1f} |")
    why = rung.get_attribute("data-because")
    print(f"| by rung {rung.get_attribute('data-rung')}, because: {why} | | |", flush=True)
    way.shape.bit_per_s, way.shape.delay_s, way.shape.loss = None, 0.0, 0.0
    desk.wait_for_timeout(5000)


def silence(two: Two, way: Link) -> None:
    began = time.monotonic()
    way.shape.is_cut = True
    written = Written(two)
    two.desk.wait_for_timeout(max(0.0, SILENCE_S - (time.monotonic() - began)) * 1000)
    way.shape.is_cut = False
    began = time.monotonic()
    written.assert_there_once(PATIENCE_MS)
    print(
        f"\nafter {SILENCE_S:.0f} s of nothing: all marks and words of both, each once, "
        f"{time.monotonic() - began:.1f} s after it was over",
        flush=True,
    )
