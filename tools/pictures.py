"""Take the pictures of the docs from a running demo: `python tools/pictures.py [http://127.0.0.1:8000]`."""

import io
import re
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "backend")]

from nearhand.simulation.people import PASSWORD  # noqa: E402 - from this folder, installed or not
from tests.support.chromium import chromium, sign_in_page  # noqa: E402

TARGET = ROOT / "docs" / "pictures"
LIMIT_BYTES = 300_000
DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 120_000  # a first start films its hall meanwhile
SETTLE_MS = 1200  # fonts, charts and the next still
TAG, PORT = "TOR-R07-U23", "37"
PAPER = (11, 15, 18)
MARGIN_PX = 28
LANCZOS = Image.Resampling.LANCZOS


def take(url: str) -> None:
    with chromium() as browser:
        console = open_app(browser, f"{url}/console/", "expert", DESK, is_dark=False)
        field = open_app(browser, f"{url}/field/?camera=demo", "technician", PHONE, is_dark=True)
        field.get_by_test_id("device").wait_for(timeout=PATIENCE_MS)
        registry(console, url)
        session = ask_for_help(field)
        console.goto(f"{url}/console/")
        console.get_by_test_id("wall-card").nth(1).wait_for(timeout=PATIENCE_MS)
        keep("wall", shot(console))
        ring_port(console, f"{url}/console/sessions/{session}")
        phone, desk = with_ring(field), with_ring(console)
        keep("field", phone)
        keep("desk", desk)
        keep("loop", beside(desk, phone))
        guide(browser, url)


def open_app(browser: Browser, url: str, who: str, size: dict[str, int], *, is_dark: bool) -> Page:
    context = browser.new_context(
        viewport={"width": size["width"], "height": size["height"]},
        color_scheme="dark" if is_dark else "light",
        locale="en",
    )
    page = context.new_page()
    sign_in_page(page, url, who, PASSWORD)
    return page


def registry(page: Page, url: str) -> None:
    page.get_by_role("heading", level=1).wait_for(timeout=PATIENCE_MS)
    found = page.request.get(f"{url}/api/v1/devices?q={TAG}").json()["items"][0]
    page.goto(f"{url}/console/devices/{found['id']}")
    page.locator("[data-port]").first.wait_for()
    keep("device", shot(page))
    page.goto(f"{url}/console/racks/{found['rack_id']}?device={found['id']}")
    page.get_by_test_id("rack-device").first.wait_for()
    keep("rack", shot(page))
    page.goto(f"{url}/console/labels")
    page.get_by_test_id("pick-device").first.wait_for()
    for n in range(4):
        page.get_by_test_id("pick-device").nth(n).click()
    keep("labels", shot(page))


def ask_for_help(field: Page) -> str:
    """The session's id."""
    field.get_by_role("button", name="Help").click()
    field.locator("form.ask textarea").fill(f"Port {PORT} shows errors")
    field.locator("form.ask button").click()
    field.wait_for_url(re.compile(r"/field/session/"), timeout=PATIENCE_MS)
    return field.url.rsplit("/", 1)[-1].split("?")[0]


def ring_port(desk: Page, url: str) -> None:
    desk.goto(url)
    drawing = desk.get_by_test_id("face-drawing")
    drawing.wait_for(timeout=PATIENCE_MS)
    desk.get_by_test_id("tool-ring").click()
    drawing.locator(f"[data-port='{PORT}']").click()
    drawing.locator(".ui-ink").first.wait_for(timeout=PATIENCE_MS)
    desk.get_by_test_id("tool-select").click()


def with_ring(page: Page) -> Image.Image:
    """As soon as the ring is drawn surely, well within the picture: the camera walks, and does not always see it."""
    page.wait_for_function(
        """() => {
            const ring = document.querySelector(".overlay:not(.is-fading) [data-shape=ring][data-unsure=false]")
                ?? document.querySelector("[data-testid=desk-picture] [data-shape=ring]");
            if (!ring) return false;
            const { left, right, top, bottom } = ring.getBoundingClientRect();
            const [middle, height] = [(left + right) / 2 / innerWidth, (top + bottom) / 2 / innerHeight];
            return middle > 0.2 && middle < 0.8 && height > 0.2 && height < 0.8;
        }""",
        timeout=PATIENCE_MS,
    )
    return shot(page, settle=False)


def guide(browser: Browser, url: str) -> None:
    page = open_app(browser, f"{url}/field/?camera=demo", "technician", PHONE, is_dark=True)
    page.get_by_test_id("device").wait_for(timeout=PATIENCE_MS)
    page.get_by_test_id("device").click()
    page.locator("#tab-manual").click()
    page.get_by_text(f"Replace the optic in port {PORT}").click()
    page.locator(".one-step").wait_for(timeout=PATIENCE_MS)
    keep("field-guide", shot(page))


def shot(page: Page, *, settle: bool = True) -> Image.Image:
    if settle:
        page.mouse.move(0, 0)
        page.wait_for_timeout(SETTLE_MS)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def beside(desk: Image.Image, phone: Image.Image) -> Image.Image:
    """Desk and phone, equally high, on one dark sheet."""
    height = 760
    parts = [each.resize((each.width * height // each.height, height), LANCZOS) for each in (desk, phone)]
    width = sum(part.width for part in parts) + 3 * MARGIN_PX
    sheet = Image.new("RGB", (width, height + 2 * MARGIN_PX), PAPER)
    sheet.paste(parts[0], (MARGIN_PX, MARGIN_PX))
    sheet.paste(parts[1], (parts[0].width + 2 * MARGIN_PX, MARGIN_PX))
    return sheet


def keep(name: str, picture: Image.Image) -> None:
    """As a PNG of as many colours as the limit allows, and smaller when even few are too many."""
    TARGET.mkdir(parents=True, exist_ok=True)
    while True:
        for colours in (256, 128, 64):
            written = io.BytesIO()
            few = picture.quantize(colours, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
            few.save(written, "PNG", optimize=True)
            if written.tell() <= LIMIT_BYTES:
                (TARGET / f"{name}.png").write_bytes(written.getvalue())
                return
        smaller = (picture.width * 4 // 5, picture.height * 4 // 5)
        picture = picture.resize(smaller, LANCZOS)


if __name__ == "__main__":
    take(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")
