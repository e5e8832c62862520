"""How long a signal needs from a key or a tap on one page until it stands painted on another, by the clock both share."""

from playwright.sync_api import Page, expect

SLOW_MS = 45_000
# Two frames after it came into the page, the browser has painted it.
CLOCKS = """
window.painted = [];
const clock = () => performance.timeOrigin + performance.now();
for (const type of ["keydown", "pointerdown"])
    document.addEventListener(type, () => (window.pressedAt = clock()), true);
new MutationObserver(() => {
    const shown = document.querySelector("[data-testid=big-signal], [data-testid=signal-flash]");
    const word = shown?.className ?? "";
    if (!shown || word === window.lastWord) { if (!shown) window.lastWord = ""; return; }
    window.lastWord = word;
    requestAnimationFrame(() => requestAnimationFrame(() => window.painted.push(clock())));
}).observe(document, { subtree: true, childList: true, attributes: true });
"""


def pressed_to_painted(desk: Page, field: Page, key: str) -> float:
    """From a key at the desk to the signal on the phone, in milliseconds. `CLOCKS` runs in both pages."""
    before = field.evaluate("window.painted.length")
    desk.locator("body").press(key)
    taken_ms = _taken(desk, field, before)
    field.locator("[data-testid=big-signal] button").click()
    expect(field.get_by_test_id("big-signal")).to_have_count(0)
    return taken_ms


def tapped_to_painted(field: Page, desk: Page, talk: str) -> float:
    """From a tap on the phone to the signal at the desk. `talk`: the name of the button to the signals."""
    expect(desk.get_by_test_id("signal-flash")).to_have_count(0, timeout=SLOW_MS)
    before = desk.evaluate("window.painted.length")
    field.get_by_role("button", name=talk, exact=True).click()
    field.locator(".signals .is-go").click()
    return _taken(field, desk, before)


def _taken(giver: Page, taker: Page, before: int) -> float:
    at: float = giver.evaluate("window.pressedAt")
    taker.wait_for_function("before => window.painted.length > before", arg=before, timeout=SLOW_MS)
    painted: float = taker.evaluate("window.painted.at(-1)")
    return painted - at
