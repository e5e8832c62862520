"""Voice and live video of a program, directly or through the media server; needs the extra `nearhand[rtc]`.

    camera = Camera()
    async with client.live(session.id) as live, Call(client, live, Media(camera=camera)) as call:
        camera.show(picture)          # BGR, as often as there is a new one

What comes is handed to `Media.on_picture` and `Media.on_sound`.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import numpy as np
from aiortc import (
    MediaStreamTrack,
    RTCConfiguration,
    RTCIceServer,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.mediastreams import MediaStreamError
from aiortc.sdp import candidate_from_sdp
from av import AudioFrame, VideoFrame
from numpy.typing import NDArray

from nearhand.access.model import LinkMay, Role
from nearhand.client.live import LiveSession
from nearhand.client.rest import Client
from nearhand.sessions import messages as m
from nearhand.sessions import signalling
from nearhand.sessions.model import IceServers, Participant

log = logging.getLogger(__name__)

CLOCK_HZ = 90_000  # of video in RTP
MIN_KBIT_PER_S, START_KBIT_PER_S = 1000, 2000
LONGEST_PAUSE_S = 15.0
Picture = NDArray[np.uint8]
Frame = VideoFrame | AudioFrame


class Camera(MediaStreamTrack):
    """The newest picture that was shown goes out; one that came too soon after another is left out."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._newest: Picture | None = None
        self._came = asyncio.Event()
        self._began_s = time.monotonic()

    def show(self, picture: Picture) -> None:
        self._newest = picture
        self._came.set()

    async def recv(self) -> VideoFrame:
        await self._came.wait()
        self._came.clear()
        assert self._newest is not None
        frame = VideoFrame.from_ndarray(self._newest, format="bgr24")
        frame.pts = int((time.monotonic() - self._began_s) * CLOCK_HZ)
        frame.time_base = Fraction(1, CLOCK_HZ)
        return frame


class _Gate(MediaStreamTrack):
    """Silence unless it is open."""

    kind = "audio"

    def __init__(self, source: MediaStreamTrack) -> None:
        super().__init__()
        self._source, self.is_open = source, False

    async def recv(self) -> AudioFrame:
        frame = await self._source.recv()
        assert isinstance(frame, AudioFrame)
        if not self.is_open:
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
        return frame


@dataclass(eq=False)
class _Way:
    """One connection: to another client, or with the media server."""

    pc: RTCPeerConnection
    client: str | None  # whose sound and pictures come by it
    by: str | None  # the participant behind it
    run: str = ""  # of the other's page
    leg: str = ""  # at the media server
    offer: str = ""  # of what comes by that leg
    is_opener: bool = False
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    early: list[signalling.IceCandidate] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_over: bool = False


@dataclass(frozen=True)
class Media:
    """What one sends, and who is handed what comes, with the client it is from. None: not at all."""

    camera: MediaStreamTrack | None = None
    sound: MediaStreamTrack | None = None
    on_picture: Callable[[str, VideoFrame], None] | None = None
    on_sound: Callable[[str, AudioFrame], None] | None = None


class Call:
    """Open as long as the `async with` lasts. Nothing of it touches marks, words or stills."""

    def __init__(self, client: Client, live: LiveSession, media: Media) -> None:
        self._client, self._live = client, live
        self._camera, self._gate = media.camera, _Gate(media.sound) if media.sound else None
        self._on_picture, self._on_sound = media.on_picture, media.on_sound
        self.way = "direct"
        self._run = secrets.token_hex(6)
        self._room: str | None = None
        self._ways: dict[str, _Way] = {}  # direct ones by client, others by leg
        self._words: dict[str, Any] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._servers: list[RTCIceServer] = []
        self._pause_s = 1.0
        self._is_closing = False

    async def __aenter__(self) -> Self:
        path = f"/sessions/{self._live.session_id}/ice"
        told = await self._client.get(path, IceServers)
        self._servers = [
            RTCIceServer(urls=list(one.urls), username=one.username, credential=one.credential)
            for one in told.servers
        ]
        self._do(self._listen(self._live.messages()))
        self._hail()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing = True
        for name, way in list(self._ways.items()):
            if not way.leg:
                self._live.put(signalling.RtcPart(to=name))
            await self._drop(name)
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def is_open(self) -> bool:
        """Whether anything goes or comes now."""
        return any(way.pc.connectionState == "connected" for way in self._ways.values())

    def talk(self, *, is_talking: bool) -> None:
        if self._gate is None:
            return
        self._gate.is_open = is_talking
        if self.way == "sfu":
            self._live.put(signalling.RtcTalk(is_talking=is_talking))
        for words in self._words.values():
            if words.readyState == "open":
                words.send(f'{{"talking": {str(is_talking).lower()}}}')

    # -- what comes over the session --

    async def _listen(self, inbox: Any) -> None:
        async for message in inbox:
            if self._is_closing:
                return
            match message:
                case m.Welcome():
                    await self._is_back()
                case signalling.RtcHailed():
                    await self._hailed(message)
                case signalling.RtcDescribed() if message.to_run == self._run:
                    self._do(self._described(message))
                case signalling.RtcCandidateTold() if message.to_run == self._run:
                    self._do(self._candidate(message.client, message.candidate))
                case signalling.RtcParted():
                    await self._drop(message.client)
                case _:
                    await self._of_media_server(message)

    async def _of_media_server(self, message: object) -> None:
        match message:
            case signalling.RtcWay():
                await self._way_told(message)
            case signalling.RtcSfuDescribed():
                self._do(self._sfu_described(message))
            case signalling.RtcSfuCandidateTold():
                self._do(self._candidate(message.leg, message.candidate))
            case signalling.RtcSfuClosed():
                await self._drop(message.leg)

    def _hail(self) -> None:
        self._live.put(signalling.RtcHail(to=None, run=self._run))

    # -- directly --

    async def _is_back(self) -> None:
        """The session's line was lost: an offer or its answer perhaps with it, and whoever came meanwhile knows
        nothing of us."""
        direct = {name: way for name, way in self._ways.items() if not way.leg}
        if any(way.pc.connectionState != "connected" for way in direct.values()):
            for name in direct:
                await self._drop(name)
            self._run = secrets.token_hex(6)  # as a page that was loaded anew
        self._hail()

    async def _hailed(self, message: signalling.RtcHailed) -> None:
        you = self._live.view.you
        if you is None or message.by == you.id or self.way != "direct":
            return
        known = self._ways.get(message.client)
        if known is None or known.run != message.run:
            await self._drop(message.client)
            way = self._connect(message.client, message.client, message.by)
            way.run, way.is_opener = message.run, self._live.client > message.client
            if way.is_opener:
                self._do(self._open(way))
        if message.is_for_all:
            self._live.put(signalling.RtcHail(to=message.client, run=self._run))

    async def _open(self, way: _Way) -> None:
        """Sound comes first, then pictures; both there, whoever sends what."""
        async with way.turn:
            if way.is_over:
                return
            for kind, track in (("audio", self._gate), ("video", self._camera)):
                wants = self._on_sound if kind == "audio" else self._on_picture
                direction = {(True, True): "sendrecv", (True, False): "sendonly", (False, True): "recvonly"}
                way.pc.addTransceiver(
                    track or kind, direction=direction.get((track is not None, wants is not None), "inactive")
                )
            await self._describe(way, await way.pc.createOffer())

    async def _described(self, told: signalling.RtcDescribed) -> None:
        way = self._ways.get(told.client)
        if way is None or way.run != told.run:
            return
        async with way.turn:
            # Whoever opens does not give way.
            if way.is_over or (told.kind == "offer" and way.pc.signalingState != "stable"):
                return
            await self._take(way, told.kind, told.sdp)
            if told.kind == "offer":
                self._attach(way)
                await self._describe(way, await way.pc.createAnswer(), told.offer)

    def _attach(self, way: _Way) -> None:
        """What one sends, to the lines that were offered."""
        for line in way.pc.getTransceivers():
            track, wants = (
                (self._gate, self._on_sound) if line.kind == "audio" else (self._camera, self._on_picture)
            )
            if track is not None:
                line.sender.replaceTrack(track)
                line.direction = "sendrecv" if wants else "sendonly"
            else:
                line.direction = "recvonly" if wants else "inactive"

    async def _describe(
        self, way: _Way, description: RTCSessionDescription, offer: int | None = None
    ) -> None:
        """Say it with all ways by which one may be reached: they are all known when this is set."""
        await way.pc.setLocalDescription(description)
        local = way.pc.localDescription
        sdp = steady(local.sdp) if self._on_picture else local.sdp
        if way.leg:
            self._live.put(signalling.RtcSfuDescribe(leg=way.leg, kind=local.type, sdp=sdp))
        elif way.client is not None:
            runs = {"run": self._run, "to_run": way.run}
            self._live.put(
                signalling.RtcDescribe(to=way.client, **runs, kind=local.type, sdp=sdp, offer=offer)
            )

    # -- through the media server --

    async def _way_told(self, told: signalling.RtcWay) -> None:
        before, self.way = self.way, told.way
        if told.way == "sfu" and told.room == self._room:
            return
        self._room = told.room
        if told.way != before or told.way == "sfu":
            for name in list(self._ways):
                await self._drop(name)
        if told.way == "sfu" and told.room is not None:
            self._live.put(
                signalling.RtcSfuEnter(room=told.room, takes_pictures=self._on_picture is not None)
            )
            self._do(self._send())
        elif told.way == "direct" and before != "direct":
            self._hail()

    async def _send(self) -> None:
        tracks = [track for track in (self._gate, self._camera) if track is not None]
        if not tracks:
            return
        leg = secrets.token_hex(6)
        way = self._connect(leg, None, None, leg=leg)
        async with way.turn:
            if way.is_over:
                return
            for track in tracks:
                way.pc.addTransceiver(track, direction="sendonly")
            await self._describe(way, await way.pc.createOffer())

    async def _sfu_described(self, message: signalling.RtcSfuDescribed) -> None:
        if message.kind == "answer":
            way = self._ways.get(message.leg)
            if way is not None:
                async with way.turn:
                    if not way.is_over:
                        await self._take(way, "answer", message.sdp)
            return
        if message.client is None:
            return
        way = self._ways.get(message.leg) or self._connect(
            message.leg, message.client, message.by, leg=message.leg
        )
        if way.offer == message.sdp:
            return  # told again after a lost line
        if way.offer:
            await way.connected.wait()  # aiortc starts nothing of what is added while it connects
        async with way.turn:
            if way.is_over:
                return
            way.offer = message.sdp
            await self._take(way, "offer", message.sdp)
            await self._describe(way, await way.pc.createAnswer())

    # -- connections --

    def _connect(self, name: str, client: str | None, by: str | None, *, leg: str = "") -> _Way:
        pc = RTCPeerConnection(RTCConfiguration(iceServers=self._servers))
        way = self._ways[name] = _Way(pc, client, by, leg=leg)
        if not leg:
            self._words[name] = pc.createDataChannel("words", negotiated=True, id=0)

        @pc.on("track")
        def _(track: MediaStreamTrack) -> None:
            if client is not None:
                self._do(self._pump(client, by, track))

        @pc.on("connectionstatechange")
        def _() -> None:
            if pc.connectionState == "connected":
                self._pause_s = 1.0
                way.connected.set()
            elif pc.connectionState == "failed" and self._ways.get(name) is way:
                self._do(self._again(name))

        return way

    async def _again(self, name: str) -> None:
        """No way was found, or it was lost: look once more, with growing pauses."""
        way = self._ways[name]
        await self._drop(name)
        await asyncio.sleep(self._pause_s)
        if self._is_closing:
            return
        self._pause_s = min(LONGEST_PAUSE_S, 2 * self._pause_s)
        if not way.leg:
            self._run = secrets.token_hex(6)  # as a page that was loaded anew
            self._hail()
        elif way.client is not None:
            self._live.put(signalling.RtcSfuAgain(leg=way.leg))
        elif self.way == "sfu":
            await self._send()

    async def _take(self, way: _Way, kind: str, sdp: str) -> None:
        await way.pc.setRemoteDescription(RTCSessionDescription(sdp, kind))
        for candidate in way.early:
            await _add(way.pc, candidate)
        way.early.clear()

    async def _candidate(self, name: str, candidate: signalling.IceCandidate | None) -> None:
        way = self._ways.get(name)
        if way is None or candidate is None:
            return
        async with way.turn:
            if way.is_over:
                return
            if way.pc.remoteDescription is None:
                way.early.append(candidate)
            else:
                await _add(way.pc, candidate)

    async def _pump(self, client: str, by: str | None, track: MediaStreamTrack) -> None:
        hear, see = self._on_sound, self._on_picture
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            who = self._participant(by)
            if isinstance(frame, VideoFrame) and see is not None and may_show(who):
                see(client, frame)
            elif isinstance(frame, AudioFrame) and hear is not None and may_speak(who):
                hear(client, frame)

    def _participant(self, by: str | None) -> Participant | None:
        state = self._live.view.state
        return next((one for one in state.participants if one.id == by), None) if state else None

    async def _drop(self, name: str) -> None:
        self._words.pop(name, None)
        way = self._ways.pop(name, None)
        if way is not None:
            way.is_over = True
            async with way.turn:  # closed while it looks for ways, aiortc would leave their sockets open
                await way.pc.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("voice and video", exc_info=task.exception())


def may_speak(who: Participant | None) -> bool:
    return who is not None and who.guest is not LinkMay.WATCH


def may_show(who: Participant | None) -> bool:
    return who is not None and who.role is not Role.OBSERVER and who.guest in {None, LinkMay.HELP}


def steady(sdp: str) -> str:
    """So that a browser keeps its rate: aiortc's own estimate, told back, brings it down to a few pictures a second."""
    lines = [
        line
        for line in sdp.splitlines(keepends=True)
        if "goog-remb" not in line and "abs-send-time" not in line
    ]
    text = "".join(lines)
    limits = f"x-google-min-bitrate={MIN_KBIT_PER_S};x-google-start-bitrate={START_KBIT_PER_S}"
    for name in re.findall(r"a=rtpmap:(\d+) (?:VP8|H264)/", text):
        if f"a=fmtp:{name} " in text:
            text = text.replace(f"a=fmtp:{name} ", f"a=fmtp:{name} {limits};")
        else:
            text = re.sub(rf"(a=rtpmap:{name} [^\r\n]*\r\n)", rf"\1a=fmtp:{name} {limits}\r\n", text)
    return text


async def _add(pc: RTCPeerConnection, told: signalling.IceCandidate) -> None:
    _, _, text = told.candidate.partition(":")
    if not text or " tcp " in text.lower():
        return  # aiortc connects by UDP, and by relays
    candidate = candidate_from_sdp(text)
    candidate.sdpMid, candidate.sdpMLineIndex = told.sdp_mid, told.sdp_m_line_index
    await pc.addIceCandidate(candidate)
