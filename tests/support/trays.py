"""A technician whose camera shows nothing that is registered, and an expert who joins them, each in a page."""

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from playwright.sync_api import Browser, Page, ViewportSize, expect

from nearhand.simulation.canvas import Picture
from nearhand.simulation.people import PASSWORD
from tests.support.chromium import CALM_FRAMES_PER_S, filmed_once, sign_in_page
from tests.support.udp import UdpWay

SLOW_MS = 45_000
PHONE: ViewportSize = {"width": 390, "height": 844}
DESK: ViewportSize = {"width": 1440, "height": 900}


@dataclass(frozen=True)
class Bare:
    """A demo, and a browser whose camera shows cable trays and nothing with a label."""

    url: str
    browser: Browser


def trays(seed: int) -> Picture:
    """Cables in trays, with the noise of a camera."""
    draw = np.random.default_rng(7)
    picture = np.full((720, 1280, 3), 46, np.uint8)
    for y in (180, 430):
        cv2.rectangle(picture, (60, y), (1220, y + 120), (96, 92, 88), -1)
        for _ in range(28):
            (a, b), colour = draw.integers(y + 10, y + 110, 2).tolist(), draw.integers(40, 230, 3).tolist()
            cv2.line(picture, (60, a), (1220, b), colour, 7, cv2.LINE_AA)
    noise = np.random.default_rng(seed).normal(0, 2, picture.shape)
    return np.asarray(np.clip(picture + noise, 0, 255), np.uint8)


def trays_film(folder: Path) -> Path:
    return filmed_once(
        folder / "camera", "trays", lambda: [trays(seed) for seed in range(6)], CALM_FRAMES_PER_S
    )


def asked_for_help(field: Page) -> str:
    """The session's id."""
    field.get_by_role("button", name="Help").click(timeout=SLOW_MS)
    field.locator("form.ask textarea").fill("Which tray is it?")
    field.locator("form.ask button").click()
    field.wait_for_url(re.compile(r"/field/session/"), timeout=SLOW_MS)
    return field.url.rsplit("/", 1)[-1].split("?")[0]


def phone(bare: Bare, *, script: str = "", way: UdpWay | None = None) -> tuple[Page, str]:
    """The technician's page, and the session they opened."""
    context = bare.browser.new_context(viewport=PHONE, permissions=["camera", "microphone"], locale="en")
    context.add_init_script(script)
    page = context.new_page()
    if way is not None:
        way.install(page)
    sign_in_page(page, f"{bare.url}/field/", "technician", PASSWORD)
    return page, asked_for_help(page)


def desk(
    bare: Bare,
    session: str,
    *,
    permissions: tuple[str, ...] = ("microphone",),
    script: str = "",
    way: UdpWay | None = None,
) -> Page:
    context = bare.browser.new_context(viewport=DESK, permissions=list(permissions), locale="en")
    context.add_init_script(script)
    page = context.new_page()
    if way is not None:
        way.install(page)
    sign_in_page(page, f"{bare.url}/console/", "expert", PASSWORD)
    page.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=SLOW_MS)
    return page


def open_way(page: Page) -> None:
    expect(page.get_by_test_id("voice-peer")).to_have_attribute("data-way", "open", timeout=SLOW_MS)


def seen_directly(page: Page) -> None:
    picture = page.get_by_test_id("desk-picture")
    expect(picture).to_have_attribute("data-way", "direct", timeout=SLOW_MS)
    expect(picture).to_have_attribute("data-how", "strip", timeout=SLOW_MS)
