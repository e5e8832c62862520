"""The figures on the field app's picture are whole on every width of screen."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONSOLE = Path(__file__).parents[2] / "console"
STYLES = (CONSOLE / "packages/ui/src/tokens.css", CONSOLE / "apps/field/src/style.css")
TREND = '<svg class="trend" viewBox="0 0 96 14"><rect width="3" height="9" /></svg>'
FIGURES = (
    ("Port 37 · receive errors", "1.24 /s"),
    ("Port 37 · in", "5.52\u202fGbit/s"),
    ("Port 37 · out", "5.52\u202fGbit/s"),
)
# How far any part of a figure sticks out of its strip, and the strip out of the screen.
STICKS_OUT = """() => {
  const strip = document.querySelector(".figures").getBoundingClientRect();
  const parts = [...document.querySelectorAll(".figures b, .figures small")].map((one) => one.getBoundingClientRect());
  return Math.max(
    strip.right - innerWidth,
    ...parts.map((one) => Math.max(one.right - strip.right, one.bottom - strip.bottom)),
  );
}"""


@pytest.mark.parametrize("width", [320, 390, 480, 844])
def test_no_figure_is_cut(browser: Browser, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 844})
    style = "".join(path.read_text(encoding="utf-8") for path in STYLES)
    spans = "".join(f"<span><small>{name}</small><b>{value}</b>{TREND}</span>" for name, value in FIGURES)
    page.set_content(
        f'<style>{style}</style><main class="hud"><div class="bottom">'
        f'<button class="figures">{spans}</button></div></main>'
    )
    assert page.evaluate(STICKS_OUT) <= 0
