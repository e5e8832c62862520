"""The Python client over WebRTC: they see and hear each other, directly, through a real Janus, and through what stands in for LiveKit."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiortc.mediastreams import AudioStreamTrack
from av import AudioFrame, VideoFrame

from nearhand.access.model import LinkMay, Role
from nearhand.client import Client
from nearhand.client.live import LiveSession
from nearhand.client.rtc import Call, Camera, Media, may_show, may_speak, steady
from nearhand.sessions.model import Participant
from tests.client.conftest import SignIn
from tests.support.janus import JanusProcess
from tests.support.livekit import LiveKitProcess
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess

PATIENCE_S = 40
SIZE = (180, 320, 3)


class Seen:
    """What came: how bright each picture was."""

    def __init__(self) -> None:
        self.brightness: list[float] = []
        self.sounds = 0
        self.of: set[str] = set()

    def clear(self) -> None:
        self.brightness.clear()
        self.sounds = 0

    def picture(self, client: str, frame: VideoFrame) -> None:
        self.of.add(client)
        self.brightness.append(float(frame.to_ndarray(format="gray").mean()))

    def sound(self, client: str, frame: AudioFrame) -> None:
        self.sounds += 1


async def film(camera: Camera) -> None:
    """Bright and dark in turn, 15 a second, until it is cancelled."""
    number = 0
    while True:
        camera.show(np.full(SIZE, 220 if (number // 15) % 2 else 30, np.uint8))
        number += 1
        await asyncio.sleep(1 / 15)


@asynccontextmanager
async def filming(client: Client, live: LiveSession) -> AsyncIterator[Call]:
    camera = Camera()
    reel = asyncio.create_task(film(camera))
    try:
        async with Call(client, live, Media(camera=camera, sound=AudioStreamTrack())) as call:
            yield call
    finally:
        reel.cancel()
        await asyncio.gather(reel, return_exceptions=True)


async def eventually(holds: Callable[[], Any]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110  it comes from another process
            await asyncio.sleep(0.02)


def is_a_film(seen: Seen) -> bool:
    return len(seen.brightness) > 30 and max(seen.brightness) > 180 and min(seen.brightness) < 70


async def test_a_camera_is_seen_directly_and_no_more_when_it_is_closed(sign_in: SignIn) -> None:
    technician, expert = await sign_in(Role.TECHNICIAN), await sign_in(Role.EXPERT)
    session = await technician.open_session()
    seen = Seen()
    async with technician.live(session.id) as phone, expert.live(session.id) as desk:
        async with (
            Call(expert, desk, Media(on_picture=seen.picture, on_sound=seen.sound)) as watching,
            filming(technician, phone),
        ):
            await eventually(lambda: is_a_film(seen))
            assert watching.is_open
            assert seen.of == {phone.client}
        await eventually(lambda: not watching.is_open)


@pytest.fixture(params=["janus", "livekit"])
def media_server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JanusProcess | LiveKitProcess]:
    is_janus = request.param == "janus"
    with JanusProcess(tmp_path / "janus") if is_janus else LiveKitProcess() as process:
        yield process


async def test_three_meet_through_a_media_server_and_go_on_directly_when_it_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, media_server: JanusProcess | LiveKitProcess
) -> None:
    for name, value in media_server.environment.items():
        monkeypatch.setenv(name, value)
    async with AsyncExitStack() as stack:
        server = stack.enter_context(ServerProcess(tmp_path / "data"))
        clients = [
            await stack.enter_async_context(await Client.sign_in(server.url, role, PASSWORD))
            for role in ("technician", "expert", "observer")
        ]
        session = await clients[0].open_session()
        lives = [await stack.enter_async_context(one.live(session.id)) for one in clients]
        sights = [Seen(), Seen()]
        calls = [await stack.enter_async_context(filming(clients[0], lives[0]))]
        for client, live, seen in zip(clients[1:], lives[1:], sights, strict=True):
            call = Call(client, live, Media(on_picture=seen.picture, on_sound=seen.sound))
            calls.append(await stack.enter_async_context(call))
        await eventually(lambda: all(call.way == "sfu" for call in calls))
        for seen in sights:
            seen.clear()  # of what may have come directly
        await eventually(lambda: all(is_a_film(seen) and seen.sounds > 30 for seen in sights))

        media_server.kill()
        await eventually(lambda: all(call.way == "direct" for call in calls))
        for seen in sights:
            seen.clear()
        await eventually(lambda: all(is_a_film(seen) for seen in sights))


def test_what_brings_a_browser_down_to_a_few_pictures_a_second_is_not_said() -> None:
    sdp = (
        "v=0\r\na=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time\r\n"
        "a=rtpmap:97 VP8/90000\r\na=rtcp-fb:97 goog-remb\r\na=rtcp-fb:97 nack\r\n"
        "a=rtpmap:99 H264/90000\r\na=fmtp:99 packetization-mode=1\r\n"
    )
    text = steady(sdp)
    assert "remb" not in text
    assert "abs-send-time" not in text
    assert "a=rtcp-fb:97 nack" in text
    assert "a=fmtp:97 x-google-min-bitrate=1000;" in text
    assert "a=fmtp:99 x-google-min-bitrate=1000;x-google-start-bitrate=2000;packetization-mode=1" in text


@pytest.mark.parametrize(
    ("role", "guest", "speaks", "shows"),
    [
        (Role.EXPERT, None, True, True),
        (Role.OBSERVER, None, True, False),
        (Role.OBSERVER, LinkMay.WATCH, False, False),
        (Role.OBSERVER, LinkMay.APPROVE, True, False),
        (Role.TECHNICIAN, LinkMay.HELP, True, True),
    ],
)
def test_of_whom_sound_and_pictures_are_taken(
    role: Role, guest: LinkMay | None, speaks: bool, shows: bool
) -> None:
    """L27."""
    who = Participant(id="P", display_name="Somebody", role=role, guest=guest)
    assert (may_speak(who), may_show(who)) == (speaks, shows)
    assert (may_speak(None), may_show(None)) == (False, False)
