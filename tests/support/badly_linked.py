"""A technician's page and an expert's, about the filmed demo switch, with the technician's network in our hands."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect

from nearhand.client import Client
from nearhand.simulation.film import Film
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import phone_camera
from nearhand.simulation.robots import hall_of
from tests.browser.test_help_on_port_37 import DESK, PHONE, ask_for_help
from tests.support.chromium import chromium, find_chromium, launched, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.identity import AT_THE_DESK, AT_THE_PHONE
from tests.support.link import NEAR, Link
from tests.support.moving import FRAMES_PER_S, Moving
from tests.support.rehearsal import LOOK, VIEW_DEG, hand
from tests.support.tcp import TcpWay, tcp_way
from tests.support.udp import THROUGH_THE_WAY, UdpWay, udp_way

SLOW_MS = 60_000
# When which still stood on the desk, loaded.
STILLS_AT_THE_DESK = """
window.stills = [];
new MutationObserver(() => {
    const picture = document.querySelector("[data-testid=desk-picture][data-way=still]");
    const [frame, image] = [Number(picture?.dataset.frameId), picture?.querySelector("image")];
    if (!image || window.newestStill === frame) return;
    window.newestStill = frame;
    const loaded = new Image();
    loaded.onload = () => window.stills.push([frame, Date.now()]);
    loaded.src = image.getAttribute("href");
}).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-frame-id"] });
"""


@dataclass(frozen=True)
class Two:
    field: Page
    desk: Page
    session: str
    url: str


@contextmanager
def by_two_ways(folder: Path) -> Iterator[tuple[Two, TcpWay, UdpWay]]:
    """What the technician sends goes to the service by the one, to the expert directly by the other."""
    with (
        DemoProcess(folder / "demo") as demo,
        chromium(filmed(demo.url, folder / "camera.mjpeg")) as browser,
        tcp_way(urlsplit(demo.url).port or 0) as line,
        udp_way() as direct,
    ):
        yield _meet((browser, line.url), (browser, demo.url), direct), line, direct


@contextmanager
def far_away(folder: Path, link: Link) -> Iterator[Two]:
    """The technician's browser is at the far end of the link: nothing of theirs gets around it."""
    with ExitStack() as stack:
        demo = stack.enter_context(DemoProcess(folder / "demo", host=NEAR))
        secure = f"--unsafely-treat-insecure-origin-as-secure={demo.url}"
        film = filmed(demo.url, folder / "camera.mjpeg")
        near = stack.enter_context(chromium(None, secure))
        far = launched(near.browser_type, film, secure, program=link.far(find_chromium(), folder))
        stack.callback(far.close)
        yield _meet((far, demo.url), (near, demo.url), None)


def filmed(url: str, path: Path) -> Path:
    """The demo switch in a hand that is never still."""

    async def hall() -> Film:
        async with await Client.sign_in(url, "technician", PASSWORD) as client:
            _, layout, scene = await hall_of(client)
        camera = phone_camera(1280, 720, field_of_view_deg=VIEW_DEG)
        return Film(scene, hand(layout), camera, LOOK, FRAMES_PER_S)

    return Moving(asyncio.run(hall())).write(path)


def _meet(phone: tuple[Browser, str], office: tuple[Browser, str], direct: UdpWay | None) -> Two:
    pages = []
    for (browser, _), viewport, script in (
        (phone, PHONE, AT_THE_PHONE),
        (office, DESK, AT_THE_DESK + STILLS_AT_THE_DESK),
    ):
        context = browser.new_context(viewport=viewport, permissions=["camera", "microphone"], locale="en")
        context.add_init_script(script + (THROUGH_THE_WAY if direct else ""))
        pages.append(context.new_page())
        if direct is not None:
            direct.install(pages[-1])
    field, desk = pages
    sign_in_page(field, f"{phone[1]}/field/", "technician", PASSWORD)
    expect(field.get_by_test_id("device")).to_contain_text("R07", timeout=SLOW_MS)
    session = ask_for_help(field)
    sign_in_page(desk, f"{office[1]}/console/", "expert", PASSWORD)
    desk.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=SLOW_MS)
    expect(desk.get_by_test_id("desk-picture")).to_have_attribute(
        "data-has-sighting", "true", timeout=SLOW_MS
    )
    return Two(field, desk, session, office[1])


# -- what each does ---------------------------------------------------------------------------------------------


def draw(desk: Page, across: float) -> None:
    """A ring, there in the picture's width."""
    picture = desk.get_by_test_id("desk-picture")
    box = picture.bounding_box()
    assert box is not None
    desk.get_by_test_id("tool-ring").click()
    x, y = box["x"] + box["width"] * across, box["y"] + box["height"] * 0.5
    desk.mouse.move(x, y)
    desk.mouse.down()
    desk.mouse.move(x + 14, y, steps=3)
    desk.mouse.up()
    desk.get_by_test_id("tool-select").click()


def say(desk: Page, words: str) -> None:
    desk.get_by_test_id("tab-chat").click()
    line = desk.get_by_test_id("chat-input")
    line.fill(words)
    line.press("Enter")
    line.blur()


def answer(field: Page, words: str) -> None:
    field.get_by_role("button", name="Talk", exact=True).click()
    line = field.locator("form.say input").last
    line.fill(words)
    line.press("Enter")
    field.keyboard.press("Escape")


class Written:
    """What both write while nothing passes, and that all of it is there afterwards, once."""

    def __init__(self, two: Two, count: int = 4) -> None:
        self._two = two
        self._marks = len(self._events("annotation.added"))
        self._said = [f"{who} {two.session} {number}" for who in ("desk", "phone") for number in range(count)]
        for number in range(count):
            draw(two.desk, 0.4 + 0.05 * number)
            say(two.desk, self._said[number])
            answer(two.field, self._said[count + number])
        self._drawn = count

    def assert_there_once(self, patience_ms: float) -> None:
        two = self._two
        expect(two.desk.get_by_test_id("saved")).to_have_attribute("data-pending", "0", timeout=patience_ms)
        for words in self._said:
            expect(two.desk.locator(".chat li").filter(has_text=words)).to_have_count(1, timeout=patience_ms)
        two.field.get_by_role("button", name="Talk", exact=True).click()
        for words in self._said:
            expect(two.field.locator(".chat li").filter(has_text=words)).to_have_count(1, timeout=patience_ms)
        expect(two.field.get_by_test_id("line-unsent")).to_have_count(0, timeout=patience_ms)
        two.field.keyboard.press("Escape")
        said = [event["text"] for event in self._events("chat.said")]
        assert [said.count(words) for words in self._said] == [1] * len(self._said)
        assert len(self._events("annotation.added")) == self._marks + self._drawn

    def _events(self, type_: str) -> list[dict[str, Any]]:
        """Asked of the service by the desk's way, which is always whole."""
        path = f"/api/v1/sessions/{self._two.session}/events?limit=1000"
        found = self._two.desk.evaluate("async path => (await fetch(path)).json()", path)
        return [event for event in found if event["type"] == type_]
