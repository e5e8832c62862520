"""The silent hall: how long a signal needs from a key at the desk, or a tap on the phone, until the other side has painted it.

    python -m tests.benchmarks.hall [--signals 50]

Two Chromium pages and the service on one machine, with the simulated camera being read and shown live all the while.
"""

import argparse
import json
import re
import statistics
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.painted import CLOCKS, SLOW_MS, pressed_to_painted, tapped_to_painted


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=50)
    parser.add_argument("--json", action="store_true", help="the rows as JSON")
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        DemoProcess(Path(folder) / "demo") as demo,
        chromium() as browser,
    ):
        rows = measured(browser, demo.url, options.signals)
    if options.json:
        print(json.dumps(rows, indent=2))
        return
    print("| signal | p50 ms | p95 ms | most ms |")
    print("|---|--:|--:|--:|")
    for one in rows:
        print(f"| {one['signal']} | {one['p50_ms']:.0f} | {one['p95_ms']:.0f} | {one['most_ms']:.0f} |")


def measured(browser: Browser, url: str, count: int) -> list[dict[str, Any]]:
    field = _page(browser, f"{url}/field/?camera=demo", "technician", 390)
    field.get_by_role("button", name="Help").click(timeout=SLOW_MS)
    field.locator("form.ask button").click()
    field.wait_for_url(re.compile(r"/field/session/"), timeout=SLOW_MS)
    session = field.url.rsplit("/", 1)[-1].split("?")[0]
    desk = _page(browser, f"{url}/console/", "expert", 1440)
    desk.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=SLOW_MS)
    expect(desk.get_by_test_id("signal-stop")).to_be_visible(timeout=SLOW_MS)
    expect(field.get_by_text("Demo expert")).not_to_have_count(0, timeout=SLOW_MS)
    told = [pressed_to_painted(desk, field, "12345"[number % 5]) for number in range(count)]
    # At the desk a signal stays for five seconds: fewer of them.
    back = [tapped_to_painted(field, desk, "Talk") for _ in range(max(2, count // 10))]
    return [row("key at the desk to the phone", told), row("tap on the phone to the desk", back)]


def row(signal: str, times_ms: list[float]) -> dict[str, Any]:
    ordered = sorted(times_ms)
    return {
        "signal": signal,
        "p50_ms": statistics.median(ordered),
        "p95_ms": ordered[int(0.95 * (len(ordered) - 1))],
        "most_ms": ordered[-1],
    }


def _page(browser: Browser, address: str, name: str, width: int) -> Page:
    context = browser.new_context(
        viewport={"width": width, "height": 844}, permissions=["camera"], locale="en"
    )
    context.add_init_script(CLOCKS)
    page = context.new_page()
    sign_in_page(page, address, name, PASSWORD)
    return page


if __name__ == "__main__":
    main()
