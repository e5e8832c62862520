"""No label in view: a mark on the technician's still stays on that still, and both screens say so."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import sign_in_page
from tests.support.trays import DESK, PHONE, SLOW_MS, Bare, asked_for_help

SIDEWAYS = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"
LEAST_TOUCH_PX = 56
SMALL = """least => [...document.querySelectorAll(".hud button, .hud select, .hud a[href]")]
    .filter((one) => one.checkVisibility({ visibilityProperty: true }))
    .map((one) => [one.getBoundingClientRect(), one.dataset.testid ?? one.innerText])
    .filter(([box]) => Math.min(box.width, box.height) < least - 0.5)
    .map(([box, name]) => `${name} ${box.width} x ${box.height}`)"""
WORDS = "the lower tray"
CENTRE, RIM = (0.3, 0.6), (0.36, 0.6)  # of the picture

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_mark_on_a_still_without_a_device_is_on_that_still_on_both_screens(
    bare: Bare, tmp_path: Path
) -> None:
    field = bare.browser.new_context(viewport=PHONE, permissions=["camera"], locale="en").new_page()
    sign_in_page(field, f"{bare.url}/field/", "technician", PASSWORD)
    session = asked_for_help(field)
    desk = bare.browser.new_context(viewport=DESK, locale="en").new_page()
    sign_in_page(desk, f"{bare.url}/console/", "expert", PASSWORD)
    desk.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=SLOW_MS)
    picture = desk.get_by_test_id("desk-picture")
    expect(picture).to_have_attribute("data-has-sighting", "false", timeout=SLOW_MS)
    expect(desk.get_by_text("No device recognised in this picture")).to_be_visible()

    still = drawn(desk, picture, "tool-ring")
    ring = picture.locator("[data-shape=ring]")
    row = desk.locator("[data-testid=mark-row][data-saved=true]")
    desk.get_by_test_id("tab-marks").click()
    expect(row).to_contain_text("on the still only", timeout=SLOW_MS)
    expect(row).not_to_contain_text("mm")
    expect(row.get_by_role("button", name=re.compile("^Keep on the device"))).to_be_disabled()
    expect(ring).to_be_visible()
    assert picture.get_attribute("data-frame-id") == still  # held: with the next one the mark would be gone
    desk.screenshot(path=tmp_path / "desk.png")

    chip = field.get_by_test_id("on-stills")
    expect(chip).to_contain_text("on a still only", timeout=SLOW_MS)
    expect(field.get_by_test_id("overlay").locator("[data-annotation-id]")).to_have_count(0)
    box = chip.bounding_box()
    assert box is not None
    assert box["height"] >= LEAST_TOUCH_PX
    field.screenshot(path=tmp_path / "field-chip.png")
    chip.click()
    view = field.get_by_role("dialog", name="On a still only")
    expect(view.get_by_test_id("still-frame")).to_have_attribute("data-state", "here", timeout=SLOW_MS)
    expect(view).to_contain_text("they do not follow the device")
    assert not field.evaluate(SIDEWAYS)
    assert centre_of(view, "ring") == pytest.approx(CENTRE, abs=0.004)
    field.screenshot(path=tmp_path / "field-still.png")
    view.get_by_role("button", name="Enlarge").click()
    assert centre_of(view, "ring") == pytest.approx(CENTRE, abs=0.004)
    field.screenshot(path=tmp_path / "field-large.png")

    # A second mark, with words, on a newer still; then back to the first.
    desk.get_by_test_id("hold").click()
    expect(picture).not_to_have_attribute("data-frame-id", still, timeout=SLOW_MS)
    expect(ring).to_have_count(0)
    newer = drawn(desk, picture, "tool-label")
    words = desk.get_by_role("textbox", name="Words for this mark")
    words.fill(WORDS)
    words.press("Enter")
    expect(row).to_have_count(2, timeout=SLOW_MS)
    first = row.filter(has_not_text=WORDS).locator("button.mark-name")
    first.click()
    expect(first).to_have_attribute("aria-pressed", "true")
    expect(picture).to_have_attribute("data-frame-id", still, timeout=SLOW_MS)
    expect(ring).to_be_visible()
    row.filter(has_text=WORDS).locator("button.mark-name").click()
    expect(picture).to_have_attribute("data-frame-id", newer, timeout=SLOW_MS)
    expect(picture.locator("[data-words-of]")).to_contain_text(WORDS)

    view.get_by_role("button", name="Later").click(timeout=SLOW_MS)
    expect(view.locator("[data-words-of]")).to_contain_text(WORDS)
    view.get_by_role("button", name="Whole picture").click()
    field.screenshot(path=tmp_path / "field-second.png")
    field.reload()
    expect(chip).to_contain_text("New mark", timeout=SLOW_MS)
    chip.click()
    expect(view.get_by_role("button", name="Earlier")).to_be_visible(timeout=SLOW_MS)
    field.set_viewport_size({"width": 844, "height": 390})
    expect(view.get_by_test_id("still-frame")).to_have_attribute("data-state", "here", timeout=SLOW_MS)
    field.screenshot(path=tmp_path / "field-sideways.png")
    assert not field.evaluate(SIDEWAYS)
    field.keyboard.press("Escape")
    expect(view).to_have_count(0)

    # The picture cannot be had: that is said, and the mark stands in words.
    field.set_viewport_size(PHONE)
    field.route("**/stills/*", lambda route: route.abort())
    field.reload()
    chip.click(timeout=SLOW_MS)
    expect(view.get_by_role("alert")).to_contain_text("could not be loaded", timeout=SLOW_MS)
    expect(view.get_by_role("listitem")).to_have_count(1)
    field.screenshot(path=tmp_path / "field-missing.png")
    field.unroute("**/stills/*")
    view.get_by_role("button", name="Try again").click()
    expect(view.get_by_test_id("still-frame")).to_have_attribute("data-state", "here", timeout=SLOW_MS)


def drawn(desk: Page, picture: Locator, tool: str) -> str:
    """The frame of the still that was drawn on."""
    desk.get_by_test_id(tool).click()
    box = picture.bounding_box()
    assert box is not None
    ends = [picture.evaluate(TO_SCREEN, point) for point in (CENTRE, RIM)]
    desk.mouse.move(*ends[0])
    desk.mouse.down()
    frame = picture.get_attribute("data-frame-id")
    desk.mouse.move(*ends[1], steps=6)
    desk.mouse.up()
    assert frame is not None
    return frame


def centre_of(view: Locator, shape: str) -> tuple[float, float]:
    """Where a mark's middle is, as a share of the picture on the screen."""
    u, v = view.evaluate(
        """(view, shape) => {
            const mark = view.querySelector(`[data-shape=${shape}] .ui-ink-line`).getBoundingClientRect();
            const still = view.querySelector("img").getBoundingClientRect();
            return [
                (mark.x + mark.width / 2 - still.x) / still.width,
                (mark.y + mark.height / 2 - still.y) / still.height,
            ];
        }""",
        shape,
    )
    return u, v


TO_SCREEN = """(svg, [u, v]) => {
    const { width, height } = svg.viewBox.baseVal;
    const point = new DOMPoint(u * width, v * height).matrixTransform(svg.getScreenCTM());
    return [point.x, point.y];
}"""
