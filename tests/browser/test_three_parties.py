"""Three browsers in one session: through a media server, without one, and when it dies."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect

from nearhand.simulation.people import PASSWORD
from tests.support.chromium import chromium, sign_in_page
from tests.support.demo import DemoProcess
from tests.support.identity import AT_THE_DESK
from tests.support.janus import JanusProcess
from tests.support.livekit import LiveKitProcess
from tests.support.trays import DESK, SLOW_MS, Bare, desk, phone, seen_directly, trays_film
from tests.support.udp import THROUGH_THE_WAY, UdpWay, udp_way

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trays_film(tmp_path_factory.mktemp("camera"))


@pytest.fixture
def media_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JanusProcess | LiveKitProcess]:
    """Janus, where a test does not ask for what stands in for LiveKit."""
    is_livekit = getattr(request, "param", "janus") == "livekit"
    with LiveKitProcess() if is_livekit else JanusProcess(tmp_path / "janus") as process:
        yield process


@pytest.fixture
def served(
    tmp_path: Path,
    camera: Path,
    media_server: JanusProcess | LiveKitProcess,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Bare]:
    for name, value in media_server.environment.items():
        monkeypatch.setenv(name, value)
    with DemoProcess(tmp_path / "demo") as demo, chromium(camera) as browser:
        yield Bare(demo.url, browser)


@pytest.fixture
def bare(tmp_path: Path, camera: Path) -> Iterator[Bare]:
    with DemoProcess(tmp_path / "demo") as demo, chromium(camera) as browser:
        yield Bare(demo.url, browser)


def watcher(bare: Bare, session: str, *, script: str = "", way: UdpWay | None = None) -> Page:
    context = bare.browser.new_context(viewport=DESK, permissions=["microphone"], locale="en")
    context.add_init_script(script)
    page = context.new_page()
    if way is not None:
        way.install(page)
    sign_in_page(page, f"{bare.url}/console/", "observer", PASSWORD)
    page.locator(f"[data-testid=wall-card][data-session-id='{session}'] a").click(timeout=SLOW_MS)
    return page


def goes(page: Page, by: str) -> None:
    expect(page.get_by_test_id("voice")).to_have_attribute("data-by", by, timeout=PATIENT_MS)


PATIENT_MS = 120_000  # three browsers that film and show, on the cores of one


NUMBERED = """picture => new Promise(resolve => {
    const numbers = new Set();
    const watch = new MutationObserver(() => {
        numbers.add(picture.dataset.frameId);
        if (numbers.size >= 20) watch.disconnect(), resolve(numbers.size);
    });
    watch.observe(picture, { attributes: true, attributeFilter: ["data-frame-id"] });
})"""


def sees(page: Page) -> None:
    """Pictures come other than over the line, and each is known by its number."""
    picture = page.get_by_test_id("desk-picture")
    expect(picture).to_have_attribute("data-way", "direct", timeout=PATIENT_MS)
    seen_directly(page)
    assert picture.evaluate(NUMBERED) >= 20


@pytest.mark.parametrize("media_server", ["janus", "livekit"], indirect=True)
def test_three_meet_at_the_media_server_and_when_it_is_killed_go_on_directly_until_it_is_back(
    served: Bare, media_server: JanusProcess | LiveKitProcess, tmp_path: Path
) -> None:
    field, session = phone(served)
    expert = desk(served, session)
    goes(expert, "direct")
    sees(expert)
    observer = watcher(served, session)
    for page in (field, expert, observer):
        goes(page, "sfu")
    sees(expert)
    sees(observer)

    expect(field.locator("[data-testid=voice-peer][data-way=open]")).to_have_count(2, timeout=SLOW_MS)

    # The technician is heard by both, and who speaks is shown to both.
    field.get_by_test_id("talk").click()
    for page in (expert, observer):
        heard = page.locator("[data-testid=voice-peer][data-talking=true]")
        expect(heard).to_have_attribute("data-level", re.compile("[1-5]"), timeout=SLOW_MS)
    expert.screenshot(path=tmp_path / "desk.png")
    field.screenshot(path=tmp_path / "field.png")

    media_server.kill()
    for page in (field, expert, observer):
        goes(page, "direct")
        expect(page.get_by_test_id("voice-trouble")).to_contain_text("media server is out of reach")
    sees(expert)
    sees(observer)
    expert.screenshot(path=tmp_path / "desk-lost.png")

    media_server.start()
    for page in (field, expert, observer):
        goes(page, "sfu")
    sees(expert)
    sees(observer)


def test_without_a_media_server_three_are_a_mesh_and_a_fourth_is_told_so(bare: Bare, tmp_path: Path) -> None:
    field, session = phone(bare)
    expert = desk(bare, session)
    observer = watcher(bare, session)
    for page in (field, expert, observer):
        expect(page.locator("[data-testid=voice-peer][data-way=open]")).to_have_count(2, timeout=SLOW_MS)
    sees(expert)
    sees(observer)
    fourth = watcher(bare, session)
    expect(fourth.get_by_test_id("voice-trouble")).to_contain_text("Three already", timeout=SLOW_MS)
    expect(fourth.get_by_test_id("desk-picture")).to_be_visible(timeout=SLOW_MS)
    fourth.screenshot(path=tmp_path / "fourth.png")
    sees(observer)


# What this page makes of its camera, for whomever.
ENCODED = """
const Sent = RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Sent {
    constructor(configuration) { super(configuration); window.connections.push(this); }
};
window.encoded = async () => {
    let frames = 0;
    for (const one of window.connections)
        for (const report of (await one.getStats()).values())
            if (report.type === "outbound-rtp" && report.kind === "video") frames += report.framesEncoded ?? 0;
    return frames;
};
"""
MORE = "before => window.encoded().then(now => now > before + 5)"
# For two seconds no frame, after what was under way.
STILL = """async () => {
    const before = await window.encoded();
    await new Promise(resolve => setTimeout(resolve, 2000));
    return await window.encoded() === before;
}"""


def test_while_nobody_looks_the_phone_makes_no_pictures_for_the_media_server_either(
    served: Bare, tmp_path: Path
) -> None:
    """L28."""
    field, session = phone(served, script=ENCODED)
    expert = desk(served, session)
    observer = watcher(served, session)
    for page in (field, expert, observer):
        goes(page, "sfu")
    sees(expert)
    sees(observer)
    for page in (expert, observer):
        page.get_by_test_id("live-toggle").click()
    field.wait_for_function(STILL, timeout=PATIENT_MS)
    field.screenshot(path=tmp_path / "unwatched.png")
    before = field.evaluate("() => window.encoded()")
    expert.get_by_test_id("live-toggle").click()
    field.wait_for_function(MORE, arg=before, timeout=SLOW_MS)
    sees(expert)


# Met through the way alone: the media server is not told where this page is.
UNKNOWN = """
const Unsaid = RTCPeerConnection;
Object.defineProperty(Unsaid.prototype, "onicecandidate", { set() {} });
"""
TALL_PX, LOW_PX = 500, 450


def test_whoever_has_a_thin_line_gets_pictures_of_half_the_size_and_the_others_whole_ones(
    served: Bare,
) -> None:
    _, session = phone(served)
    expert = desk(served, session, script=AT_THE_DESK)
    with udp_way() as way:
        observer = watcher(served, session, script=UNKNOWN + THROUGH_THE_WAY + AT_THE_DESK, way=way)
        for page in (expert, observer):
            sees(page)
            page.wait_for_function(f"() => window.seen.at(-1)[5] > {TALL_PX}", timeout=PATIENT_MS)
        way.shape.bit_per_s = 600_000
        observer.wait_for_function(f"() => window.seen.at(-1)[5] < {LOW_PX}", timeout=PATIENT_MS)
        sees(observer)
        assert expert.evaluate("window.seen.at(-1)[5]") > TALL_PX
        way.shape.bit_per_s = None
        observer.wait_for_function(f"() => window.seen.at(-1)[5] > {TALL_PX}", timeout=PATIENT_MS)


# A client that does not do as it is told: it closes no connection.
STUBBORN = """
const Real = RTCPeerConnection;
window.connections = [];
window.RTCPeerConnection = class extends Real {
    constructor(configuration) { super(configuration); window.connections.push(this); }
    close() {}
};
window.framesOf = async () => {
    let frames = 0;
    for (const one of window.connections)
        for (const report of (await one.getStats()).values())
            if (report.type === "inbound-rtp" && report.kind === "video") frames += report.framesReceived ?? 0;
    return frames;
};
"""


def test_whoever_is_switched_off_gets_no_frame_any_more_even_if_their_page_closes_nothing(
    served: Bare,
) -> None:
    """L21, L28."""
    _, session = phone(served)
    expert = desk(served, session)
    observer = watcher(served, session, script=STUBBORN)
    sees(expert)
    sees(observer)
    frames = "() => window.framesOf()"
    before = observer.evaluate(frames)
    observer.wait_for_timeout(500)
    assert observer.evaluate(frames) > before

    with httpx2.Client(base_url=f"{served.url}/api/v1") as admin:
        body = {"name": "admin", "password": PASSWORD}
        token = admin.post("/sign-in?want_token=true", json=body).json()["token"]
        admin.headers["Authorization"] = f"Bearer {token}"
        (account,) = [one for one in admin.get("/users").json()["items"] if one["name"] == "observer"]
        answer = admin.patch(f"/users/{account['id']}", json={"is_active": False})
        assert answer.status_code == 200, answer.text
    observer.wait_for_timeout(1000)
    stopped = observer.evaluate(frames)
    observer.wait_for_timeout(1500)
    assert observer.evaluate(frames) == stopped
    sees(expert)
