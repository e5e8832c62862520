"""The adapter for LiveKit and what stands in for a LiveKit server: its signalling, its faults, and media that flow.

It has not been run against a LiveKit server; the stand-in's docstrings name the sources it was written from.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamError, VideoStreamTrack
from aiortc.sdp import candidate_from_sdp
from av import VideoFrame

from nearhand.sessions import livekit as adapter
from nearhand.sessions.livekit import LiveKit, LiveKitRoom
from nearhand.sessions.livekit_api import Key
from nearhand.sessions.sfu import Feed, Kind, SfuDown, SfuRefused, Watching
from nearhand.sessions.signalling import IceCandidate
from tests.support.livekit import KEY, REPOSITORY, SECRET, LiveKitProcess

IDLE = Watching(lambda: None, lambda _: None, lambda: None)
BOTH: frozenset[Kind] = frozenset({"audio", "video"})


@pytest.fixture(scope="module")
def standing() -> Iterator[LiveKitProcess]:
    with LiveKitProcess() as process:
        yield process


@pytest.fixture
def process() -> Iterator[LiveKitProcess]:
    """One that may be killed."""
    with LiveKitProcess() as process:
        yield process


@asynccontextmanager
async def connected(process: LiveKitProcess) -> AsyncIterator[tuple[LiveKit, list[bool]]]:
    """The adapter, and each change of whether it is up."""
    livekit = LiveKit(process.url, key=KEY, secret=SECRET)
    changes: list[bool] = []
    livekit.watch(lambda: changes.append(livekit.is_up))
    await livekit.start()
    try:
        await eventually(lambda: livekit.is_up)
        yield livekit, changes
    finally:
        await livekit.stop()


async def eventually(holds: Callable[[], bool], within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  it comes from another process
            await asyncio.sleep(0.02)


class Grey(VideoStreamTrack):
    async def recv(self) -> VideoFrame:
        pts, time_base = await self.next_timestamp()
        frame = VideoFrame.from_ndarray(np.full((90, 160, 3), 200, np.uint8), format="bgr24")
        frame.pts, frame.time_base = pts, time_base
        return frame


@dataclass(eq=False)
class Browser:
    """One end of one leg: what it is told, and what it says of its own accord."""

    pc: RTCPeerConnection = field(default_factory=RTCPeerConnection)
    flows: int = 0
    overs: int = 0
    offers: list[str] = field(default_factory=list)
    candidates: list[IceCandidate | None] = field(default_factory=list)
    frames: dict[str, int] = field(default_factory=dict)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pc.on("track", lambda track: self.tasks.append(asyncio.create_task(self._watch(track))))

    @property
    def watching(self) -> Watching:
        return Watching(self._flow, self.candidates.append, self._over, self.offers.append)

    def _flow(self) -> None:
        self.flows += 1

    def _over(self) -> None:
        self.overs += 1

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if not isinstance(frame, VideoFrame) or frame.to_ndarray(format="gray").mean() > 150:
                self.frames[track.kind] = self.frames.get(track.kind, 0) + 1

    async def take(self, kind: str, sdp: str) -> None:
        await self.pc.setRemoteDescription(RTCSessionDescription(sdp, kind))
        await self.reach()

    async def reach(self) -> None:
        """By the ways that were told up to now."""
        told, self.candidates = self.candidates, []
        for one in told:
            if one is not None and one.candidate:
                candidate = candidate_from_sdp(one.candidate.partition(":")[2])
                candidate.sdpMid, candidate.sdpMLineIndex = one.sdp_mid, one.sdp_m_line_index
                await self.pc.addIceCandidate(candidate)

    async def connected(self) -> None:
        async with asyncio.timeout(20):
            while self.pc.connectionState != "connected":
                await self.reach()
                await asyncio.sleep(0.02)

    async def answer(self, offer: str) -> str:
        await self.take("offer", offer)
        await self.pc.setLocalDescription(await self.pc.createAnswer())
        sdp: str = self.pc.localDescription.sdp
        return sdp

    async def close(self) -> None:
        await self.pc.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@pytest.fixture
async def browsers() -> AsyncIterator[Callable[[], Browser]]:
    made: list[Browser] = []

    def another() -> Browser:
        made.append(Browser())
        return made[-1]

    yield another
    for browser in made:
        await browser.close()


@dataclass(frozen=True)
class Scene:
    """A room at the stand-in, and one who may send into it, one who may take."""

    process: LiveKitProcess
    changes: list[bool]
    room: LiveKitRoom
    phone: Browser
    desk: Browser


@pytest.fixture
async def scene(standing: LiveKitProcess, browsers: Callable[[], Browser]) -> AsyncIterator[Scene]:
    async with connected(standing) as (livekit, changes):
        room = await livekit.open()
        yield Scene(standing, changes, room, browsers(), browsers())
        await room.close()


async def offered(browser: Browser) -> str:
    """Silence and a grey picture."""
    browser.pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
    browser.pc.addTransceiver(Grey(), direction="sendonly")
    await browser.pc.setLocalDescription(await browser.pc.createOffer())
    sdp: str = browser.pc.localDescription.sdp
    return sdp


async def sending(room: LiveKitRoom, browser: Browser) -> Any:
    leg = await room.sending(await offered(browser), browser.watching)
    await browser.take("answer", leg.answer)
    await browser.connected()
    await eventually(lambda: browser.flows > 0)
    return leg


async def taking(room: LiveKitRoom, feed: Feed, browser: Browser, kinds: frozenset[Kind] = BOTH) -> Any:
    """The first offer is of data channels alone; sound and pictures come with the second."""
    leg = await room.taking(feed, kinds, browser.watching)
    assert "m=application" in leg.offer
    assert "m=audio" not in leg.offer
    await leg.answered(await browser.answer(leg.offer))
    await browser.connected()  # aiortc starts nothing of what is added while it connects
    await eventually(lambda: bool(browser.offers))
    await leg.answered(await browser.answer(browser.offers.pop()))
    return leg


async def told(process: LiveKitProcess, holds: Callable[[list[dict[str, Any]]], bool]) -> None:
    """By the stand-in, of all who are in its rooms."""
    async with asyncio.timeout(10):
        while not holds(participants(await process.rooms())):  # noqa: ASYNC110  it comes from another process
            await asyncio.sleep(0.02)


def participants(rooms: dict[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    return [one for room in rooms.values() for one in room]


async def test_sound_and_pictures_of_one_reach_another(scene: Scene) -> None:
    room, phone, desk = scene.room, scene.phone, scene.desk
    sent = await sending(room, phone)
    assert [line.kind for line in sent.feed.lines] == ["audio", "video"]
    taken = await taking(room, sent.feed, desk)
    await eventually(lambda: desk.frames.get("video", 0) > 10 and desk.frames.get("audio", 0) > 10)
    assert not phone.frames
    await taken.close()
    await eventually(lambda: desk.pc.connectionState in {"closed", "failed"})
    await sent.close()
    assert participants(await scene.process.rooms()) == []
    assert (phone.overs, desk.overs) == (0, 0)  # it was not LiveKit that ended them
    await room.close()
    assert await scene.process.rooms() == {}


async def test_of_what_is_sent_only_what_was_asked_for_is_taken(scene: Scene) -> None:
    room, phone, desk = scene.room, scene.phone, scene.desk
    sent = await sending(room, phone)
    await taking(room, sent.feed, desk, frozenset({"audio"}))
    await eventually(lambda: desk.frames.get("audio", 0) > 10)
    assert [one.kind for one in desk.pc.getTransceivers()] == ["audio"]
    await room.close()
    await eventually(lambda: (phone.overs, desk.overs) == (1, 1))


async def test_livekits_own_client_takes_what_a_leg_sends(scene: Scene) -> None:
    """The stand-in keeps to what LiveKit's clients expect of a server, as far as this one asks for it."""
    await sending(scene.room, scene.phone)
    (name,) = await scene.process.rooms()
    token = Key(KEY, SECRET).token({"roomJoin": True, "room": name}, "own")
    command = (sys.executable, "-m", "tests.support.livekit_own", scene.process.url, token)
    own = await asyncio.create_subprocess_exec(*command, cwd=REPOSITORY, stdin=PIPE, stdout=PIPE)
    assert own.stdin is not None
    assert own.stdout is not None
    async with asyncio.timeout(40):
        assert await own.stdout.readline() == b"seen and heard\n"
        wanted = ("own", "ACTIVE", ["video"])
        await told(
            scene.process,
            lambda all_: wanted in [(one["identity"], one["state"], one["published"]) for one in all_],
        )
        await own.communicate(b"\n")
    assert own.returncode == 0


async def test_nobody_may_do_more_than_their_leg_is_for(scene: Scene) -> None:
    room, phone, desk = scene.room, scene.phone, scene.desk
    sent = await sending(room, phone)
    taken = await taking(room, sent.feed, desk)
    (name,) = await scene.process.rooms()
    sender, taker = participants(await scene.process.rooms())
    assert sender["grants"] == {
        "roomJoin": True,
        "room": name,
        "canPublish": True,
        "canPublishSources": ["camera", "microphone"],
        "canPublishData": False,
        "canSubscribe": False,
    }
    assert taker["grants"] == {
        "roomJoin": True,
        "room": name,
        "canPublish": False,
        "canPublishData": False,
        "canSubscribe": True,
        "hidden": True,
    }
    assert len(name) > 32  # nobody guesses it
    await taken.close()


async def test_pictures_are_asked_for_at_half_the_size_and_whole_again(scene: Scene) -> None:
    room, phone, desk = scene.room, scene.phone, scene.desk
    sent = await sending(room, phone)
    taken = await taking(room, sent.feed, desk)
    picture = sent.sids[sent.feed.lines[1].mid]
    for layer, quality in (("half", "LOW"), ("whole", "HIGH")):
        await taken.want(layer)
        settings = {picture: quality}
        await told(scene.process, lambda all_, settings=settings: all_[1]["settings"] == settings)  # type: ignore[misc]


async def test_what_is_not_sent_yet_is_taken_as_soon_as_it_is(scene: Scene) -> None:
    room, phone, desk = scene.room, scene.phone, scene.desk
    sent = await room.sending(await offered(phone), phone.watching)
    await taking(room, sent.feed, desk)
    assert phone.flows == 0
    await phone.take("answer", sent.answer)
    await phone.connected()
    await eventually(lambda: desk.frames.get("video", 0) > 3)


async def test_a_leg_whose_signalling_is_lost_is_cut_though_livekit_would_let_it_flow_on(
    scene: Scene,
) -> None:
    """Its media would go on, and nobody could stop them any more."""
    room, phone, desk = scene.room, scene.phone, scene.desk
    sent = await sending(room, phone)
    taken = await taking(room, sent.feed, desk)
    await eventually(lambda: desk.frames.get("video", 0) > 3)
    taken._line._socket.transport.abort()
    await eventually(lambda: desk.overs == 1)
    await told(scene.process, lambda all_: len(all_) == 1)
    assert phone.overs == 0
    assert scene.changes == [True]


async def test_a_quiet_leg_stays(
    standing: LiveKitProcess, browsers: Callable[[], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "PROBE_S", 0.05)
    async with connected(standing) as (livekit, changes):
        room = await livekit.open()
        phone = browsers()
        await sending(room, phone)
        await asyncio.sleep(6)  # longer than it takes until it is asked whether it is still there
        assert phone.overs == 0
        assert changes == [True]
        await room.close()


async def test_a_killed_one_is_noticed_at_once_and_found_again(
    process: LiveKitProcess, browsers: Callable[[], Browser]
) -> None:
    async with connected(process) as (livekit, changes):
        room = await livekit.open()
        phone = browsers()
        await sending(room, phone)
        process.kill()
        await eventually(lambda: not livekit.is_up, within_s=1)
        with pytest.raises(SfuDown):
            await room.sending(await offered(browsers()), IDLE)
        with pytest.raises(SfuDown):
            await livekit.open()
        await room.close()  # never raises
        process.start()
        await eventually(lambda: livekit.is_up)
        assert changes == [True, False, True]


async def test_a_room_that_could_not_be_closed_is_closed_when_it_is_back(
    process: LiveKitProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter, "PROBE_S", 0.05)
    monkeypatch.setattr("nearhand.sessions.livekit_api.ANSWER_WITHIN_S", 0.3)
    async with connected(process) as (livekit, _):
        room = await livekit.open()
        process.hang()
        await eventually(lambda: not livekit.is_up)
        await room.close()
        process.go_on()
        await eventually(lambda: livekit.is_up)
        assert await process.rooms() == {}


async def test_one_that_hangs_is_noticed_within_seconds(process: LiveKitProcess) -> None:
    async with connected(process) as (livekit, _):
        process.hang()
        await eventually(lambda: not livekit.is_up, within_s=15)
        process.go_on()


async def test_nonsense_is_refused_and_hurts_nobody_else(
    standing: LiveKitProcess, browsers: Callable[[], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nearhand.sessions.livekit_legs.ANSWER_WITHIN_S", 0.3)
    async with connected(standing) as (livekit, changes):
        room = await livekit.open()
        with pytest.raises(SfuRefused):
            await room.sending("no description at all", IDLE)
        half = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=sendonly\r\n"
        with pytest.raises(SfuRefused, match="did not answer"):
            await room.sending(half, IDLE)
        assert participants(await standing.rooms()) == []
        await sending(room, browsers())
        await room.close()
        assert changes == [True]


async def test_a_feed_that_is_gone_is_refused(standing: LiveKitProcess) -> None:
    async with connected(standing) as (livekit, _):
        room = await livekit.open()
        with pytest.raises(SfuRefused):
            await room.taking(Feed("nobody", ()), BOTH, IDLE)
        await room.close()


@pytest.mark.parametrize(("key", "secret"), [(KEY, SECRET[::-1]), ("another", SECRET)])
async def test_a_wrong_key_never_counts_as_there(standing: LiveKitProcess, key: str, secret: str) -> None:
    livekit = LiveKit(standing.url, key=key, secret=secret)
    await livekit.start()
    await eventually(lambda: livekit.trouble != "")
    assert "401" in livekit.trouble
    assert secret not in livekit.trouble
    assert not livekit.is_up
    await livekit.stop()
