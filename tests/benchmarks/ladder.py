"""The ladder and bad networks: what each rung shows and costs, how soon it is taken, and what is left on a poor line.

    python -m tests.benchmarks.ladder [--only rungs,reaction,still,poor,silence,storage] [--pictures docs/pictures]

Two Chromium on this machine, the rendered demo switch as the phone's camera. The phone's way to the service is a TCP
proxy, its way to the expert a UDP translator; `poor` and `silence` put its browser into a network namespace behind a
link that also loses what is TCP's (needs root). One clock. `--pictures` takes the screenshots of the page of rungs.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Page, expect

from tests.benchmarks import poor_line, storage
from tests.support.badly_linked import SLOW_MS, Two, by_two_ways, draw
from tests.support.link import NoLink
from tests.support.shape import Shape
from tests.support.tcp import TcpWay
from tests.support.udp import UdpWay

MODES = ("rungs", "reaction", "still", "poor", "silence", "storage")
LOOKED_AT_S = 10.0
STILLS = 12
NARROW_BIT_PER_S = 220_000
NAMES = ("", "video, 720p", "video, 360p", "live pictures", "one still after the other", "a still when asked")
# What is done to the direct way or the line, and the rungs that are then right.
STEPS = (
    ("direct way: 400 kbit/s", "direct", {"bit_per_s": 400_000.0}, {2, 3, 4}),
    ("whole again", "direct", {"bit_per_s": None}, {1}),
    ("15 % lost", "direct", {"loss": 0.15}, {2, 3, 4}),
    ("nothing lost", "direct", {"loss": 0.0}, {1}),
    ("cut", "direct", {"is_cut": True}, {3}),
    ("line: 60 kbit/s, too", "line", {"bit_per_s": 60_000.0}, {4}),
    ("line whole again", "line", {"bit_per_s": None}, {3}),
    ("direct way open again", "direct", {"is_cut": False}, {1}),
)
SETTLE_MS = 8000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default=",".join(MODES))
    parser.add_argument("--pictures", type=Path, help="folder for screenshots of each rung")
    options = parser.parse_args()
    wanted = options.only.split(",")
    with tempfile.TemporaryDirectory() as folder:
        if {"rungs", "reaction", "still"} & set(wanted):
            with by_two_ways(Path(folder)) as (two, line, direct):
                if "rungs" in wanted:
                    rungs(two, line, direct, options.pictures)
                if "reaction" in wanted:
                    reaction(two, {"line": line.shape, "direct": direct.shape})
                if "still" in wanted:
                    still(two, line, direct)
        if {"poor", "silence"} & set(wanted):
            try:
                poor_line.measure(Path(folder) / "poor", wanted)
            except NoLink as why:
                print(f"\npoor, silence: left out: {why}")
        if "storage" in wanted:
            storage.measure(Path(folder) / "storage")


# -- what each rung shows and costs -----------------------------------------------------------------------------


def rungs(two: Two, line: TcpWay, direct: UdpWay, pictures: Path | None) -> None:
    print("\n| rung | what is seen | kB a second | pictures a second | delay p50 / p95 ms |")
    print("|--:|---|--:|--:|--:|")
    until(two.desk, {1})
    draw(two.desk, 0.6)
    expect(two.desk.locator("[data-testid=desk-picture] [data-shape=ring]").first).to_be_attached(
        timeout=SLOW_MS
    )
    for rung in (1, 2, 3, 4, 5):
        pin(two.field, str(rung))
        until(two.desk, {rung})
        two.desk.wait_for_timeout(4000)
        forget(two)
        before, began = line.sent + direct.passed, time.monotonic()
        delays = asked(two) if rung == 5 else shown(two, LOOKED_AT_S)
        seconds = time.monotonic() - began
        spent = (line.sent + direct.passed - before) / seconds
        print(
            f"| {rung} | {NAMES[rung]} | {spent / 1000:.0f} | {len(delays) / seconds:.1f} | {told(delays)} |",
            flush=True,
        )
        if pictures:
            keep(two.desk, pictures / f"rung-{rung}-desk.webp")
            keep(two.field, pictures / f"rung-{rung}-phone.webp")
    pin(two.field, "auto")


def keep(page: Page, file: Path) -> None:
    picture = cv2.imdecode(np.frombuffer(page.screenshot(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    cv2.imwrite(str(file), picture, [cv2.IMWRITE_WEBP_QUALITY, 80])


def pin(field: Page, rung: str) -> None:
    field.get_by_test_id("rung-open").click(timeout=SLOW_MS)
    field.get_by_test_id(f"rung-{rung}").click()


def forget(two: Two) -> None:
    two.desk.evaluate("window.seen.length = window.stills.length = 0")


def shown(two: Two, seconds: float) -> list[float]:
    """How old each picture was when the expert saw it."""
    two.desk.wait_for_timeout(seconds * 1000)
    return ages(two)


def ages(two: Two) -> list[float]:
    taken: dict[str, list[float]] = two.field.evaluate("window.truth")
    at = two.desk.evaluate("[...window.seen.map(one => [one[0], one[4]]), ...window.stills]")
    first: dict[int, float] = {}
    for frame_id, when in at:
        first.setdefault(frame_id, when)
    return sorted(when - taken[str(one)][1] for one, when in first.items() if str(one) in taken)


def asked(two: Two, times: int = 5) -> list[float]:
    """From asking for a still until it is seen."""
    taken_ms = []
    for _ in range(times):
        count = two.desk.evaluate("window.stills.length")
        began = time.time() * 1000
        two.desk.get_by_role("button", name="Ask for a picture").click()
        two.desk.wait_for_function(
            "count => window.stills.length > count", arg=count, timeout=SLOW_MS, polling="raf"
        )
        taken_ms.append(two.desk.evaluate("window.stills.at(-1)[1]") - began)
        two.desk.wait_for_timeout(1000)
    return sorted(taken_ms)


def told(delays: Sequence[float]) -> str:
    if not delays:
        return "-"
    return f"{statistics.median(delays):.0f} / {delays[int(0.95 * (len(delays) - 1))]:.0f}"


# -- how soon another rung is taken -----------------------------------------------------------------------------


def reaction(two: Two, shapes: dict[str, Shape]) -> None:
    print("\n| what happens | rung | after s | longest standstill ms |\n|---|--:|--:|--:|")
    until(two.desk, {1})
    for title, which, change, right in STEPS:
        two.desk.wait_for_timeout(SETTLE_MS)
        two.desk.evaluate("window.seen.splice(0, window.seen.length - 1)")
        for name, value in change.items():
            setattr(shapes[which], name, value)
        took_s = until(two.desk, right)
        two.desk.wait_for_timeout(1500)
        gap = two.desk.evaluate(
            "Math.max(...window.seen.slice(1).map((one, k) => one[4] - window.seen[k][4]), 0)"
        )
        rung = two.desk.get_by_test_id("rung-now").get_attribute("data-rung")
        print(f"| {title} | {rung} | {took_s:.1f} | {gap:.0f} |", flush=True)


def until(desk: Page, right: set[int]) -> float:
    """How long until the desk shows one of these rungs."""
    began = time.monotonic()
    one_of = ",".join(f"[data-testid=rung-now][data-rung='{rung}']" for rung in sorted(right))
    desk.wait_for_selector(one_of, timeout=90_000)
    return time.monotonic() - began


# -- a still over a narrow line ---------------------------------------------------------------------------------


def still(two: Two, line: TcpWay, direct: UdpWay) -> None:
    direct.shape.is_cut = True
    line.shape.bit_per_s = NARROW_BIT_PER_S
    print(f"\n| at {NARROW_BIT_PER_S // 1000} kbit/s up and down | seen | kB each | age p50 / p95 ms |")
    print("|---|--:|--:|--:|")
    pin(two.field, "4")
    two.desk.wait_for_timeout(10_000)  # as long as it takes to learn how narrow it is
    for title, seconds in (("stills, one after the other", 15.0), ("as the ladder has it", 15.0)):
        if title.startswith("as"):
            pin(two.field, "auto")
            two.desk.wait_for_timeout(10_000)
        forget(two)
        before = line.sent
        delays = shown(two, seconds)
        each = (line.sent - before) / max(1, len(delays)) / 1000
        rung = two.desk.get_by_test_id("rung-now").get_attribute("data-rung")
        print(f"| {title} (rung {rung}) | {len(delays)} | {each:.0f} | {told(delays)} |", flush=True)
    pin(two.field, "4")
    until(two.desk, {4})
    print(f"| a sharp one, from asking for it | 5 | | {told(asked(two))} |", flush=True)
    pin(two.field, "auto")
    line.shape.bit_per_s, direct.shape.is_cut = None, False


if __name__ == "__main__":
    main()
