"""Participants of LiveKit's rooms: what one client sends, or what it takes of one other."""

import asyncio
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol

import structlog
from livekit.protocol.models import ParticipantInfo, TrackSource, TrackType, VideoLayer, VideoQuality
from livekit.protocol.rtc import (
    AddTrackRequest,
    LeaveRequest,
    SessionDescription,
    SignalResponse,
    SignalTarget,
    SimulcastCodec,
    TrickleRequest,
    UpdateSubscription,
    UpdateTrackSettings,
)

from nearhand.sessions.livekit_api import Key, RoomService
from nearhand.sessions.livekit_line import LineLost, SignalLine
from nearhand.sessions.livekit_offer import OfferedLine, lines_of, small_first
from nearhand.sessions.sfu import Feed, Kind, Layer, Line, SfuDown, SfuRefused, Watching
from nearhand.sessions.signalling import IceCandidate

log = structlog.get_logger()

ANSWER_WITHIN_S = 5.0
QUALITIES: dict[Layer, VideoQuality] = {"whole": VideoQuality.HIGH, "half": VideoQuality.LOW}
SIZES = (VideoQuality.LOW, VideoQuality.MEDIUM, VideoQuality.HIGH)
MAY_SEND = {
    "roomJoin": True,
    "canPublish": True,
    "canPublishSources": ["camera", "microphone"],
    "canPublishData": False,
    "canSubscribe": False,
}
MAY_TAKE = {
    "roomJoin": True,
    "canPublish": False,
    "canPublishData": False,
    "canSubscribe": True,
    "hidden": True,
}


class Server(Protocol):
    """What legs need of LiveKit."""

    url: str
    key: Key
    service: RoomService
    legs: set["Leg"]
    is_up: bool

    def doubt(self) -> None:
        """Something was lost: is it still there?"""

    def lost(self, leg: "Leg", *, is_out: bool) -> None:
        """Its signalling is. Unless LiveKit has put it out, its sound and pictures may flow on."""


class Leg(ABC):
    """Raises SfuDown, and SfuRefused whatever befell it alone: it is cut then, and may be tried anew."""

    target: SignalTarget
    grant: Mapping[str, Any]

    def __init__(self, server: Server, room: str, watching: Watching) -> None:
        self._server, self._room = server, room
        self.watching: Watching | None = watching
        self.identity = secrets.token_hex(8)
        self._line: SignalLine | None = None
        self._is_out = False  # LiveKit has said so
        self._described: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    # -- being there --

    async def join(self) -> None:
        if not self._server.is_up:
            raise SfuDown("It is out of reach.")
        token = self._server.key.token({**self.grant, "room": self._room}, self.identity)
        try:
            self._line = await SignalLine.join(self._server.url, token, self.heard, self._lost)
        except LineLost:
            self._server.doubt()
            raise
        self._server.legs.add(self)

    async def ask(self, *messages: Mapping[str, Any]) -> str:
        """Say them; what LiveKit describes then."""
        try:
            for message in messages:
                await self.say(**message)
            async with asyncio.timeout(ANSWER_WITHIN_S):
                return await self._described
        except (TimeoutError, SfuRefused) as error:
            await self.close()
            raise SfuRefused(str(error) or "It did not answer.") from error
        except BaseException:
            self.forget()
            raise

    async def say(self, **message: Any) -> None:
        assert self._line is not None
        await self._line.say(**message)

    async def candidate(self, candidate: IceCandidate | None) -> None:
        if candidate is None:
            return  # LiveKit waits for no last one
        init = {
            "candidate": candidate.candidate,
            "sdpMid": candidate.sdp_mid,
            "sdpMLineIndex": candidate.sdp_m_line_index,
        }
        await self.say(trickle=TrickleRequest(candidateInit=json.dumps(init), target=self.target))

    # -- what is heard --

    def heard(self, message: SignalResponse) -> None:
        watching = self.watching
        if watching is None:
            return
        match message.WhichOneof("message"):
            case "trickle" if message.trickle.target == self.target:
                _pass_on(message.trickle, watching)
            case "leave":
                self._is_out = message.leave.action != LeaveRequest.Action.RESUME
            case "request_response" | "subscription_response":
                log.warning("media_server_refused", error=str(message).strip())
            case _:
                self.told(message, watching)

    @abstractmethod
    def told(self, message: SignalResponse, watching: Watching) -> None:
        """What only this kind of leg is told."""

    # -- the end --

    async def close(self) -> None:
        self.watching = None
        self._server.legs.discard(self)
        if self._line is not None and not await self._line.leave():
            await self.remove()

    async def remove(self) -> None:
        try:
            await self._server.service.remove(self._room, self.identity)
        except (SfuDown, SfuRefused) as error:
            log.info("leg_was_gone", error=str(error))

    def forget(self) -> None:
        self.watching = None
        self._fail(SfuDown("The connection was lost."))
        if self._line is not None:
            self._line.abort()

    def _lost(self) -> None:
        watching, self.watching = self.watching, None
        self._fail(LineLost("The connection was lost."))
        self._server.doubt()
        self._server.lost(self, is_out=self._is_out)
        if watching is not None:
            watching.over()

    def describe(self, sdp: str) -> None:
        if not self._described.done():
            self._described.set_result(sdp)

    def _fail(self, error: Exception) -> None:
        if not self._described.done():
            self._described.set_exception(error)
            self._described.exception()  # nobody may be waiting


class SendingLeg(Leg):
    target, grant = SignalTarget.PUBLISHER, MAY_SEND
    feed: Feed
    answer: str

    def __init__(self, server: Server, room: str, watching: Watching) -> None:
        super().__init__(server, room, watching)
        self._published: dict[str, str] = {}
        self.sids: dict[str, str] = {}  # by `mid`

    async def publish(self, offer: str) -> None:
        lines = lines_of(offer)
        await self.join()
        self.answer = await self.ask(
            *({"add_track": announced(line)} for line in lines),
            {"offer": SessionDescription(type="offer", sdp=small_first(offer), id=1)},
        )
        # In the order of the questions: of what is not published by now, nothing will be.
        self.sids = {line.mid: self._published[line.track] for line in lines if line.track in self._published}
        self.feed = Feed(
            self.identity, tuple(Line(line.mid, line.kind) for line in lines if line.mid in self.sids)
        )

    def told(self, message: SignalResponse, watching: Watching) -> None:
        match message.WhichOneof("message"):
            case "answer":
                self.describe(message.answer.sdp)
            case "track_published":
                self._published[message.track_published.cid] = message.track_published.track.sid
            case "update":
                for who in message.update.participants:
                    if who.identity == self.identity and who.state == ParticipantInfo.State.ACTIVE:
                        watching.flows()


class TakingLeg(Leg):
    target, grant = SignalTarget.SUBSCRIBER, MAY_TAKE
    offer: str

    def __init__(self, server: Server, room: str, watching: Watching) -> None:
        super().__init__(server, room, watching)
        self._pictures: tuple[str, ...] = ()
        self._offered = 0

    async def subscribe(self, sids: Mapping[str, Kind]) -> None:
        """The first offer may be of data channels alone, made before we could say what is wanted: more of them follow."""
        self._pictures = tuple(sid for sid, kind in sids.items() if kind == "video")
        await self.join()
        self.offer = await self.ask(
            {"subscription": UpdateSubscription(track_sids=list(sids), subscribe=True)}
        )

    async def answered(self, sdp: str) -> None:
        await self.say(answer=SessionDescription(type="answer", sdp=sdp, id=self._offered))

    async def want(self, layer: Layer) -> None:
        await self.say(track_setting=UpdateTrackSettings(track_sids=self._pictures, quality=QUALITIES[layer]))

    def told(self, message: SignalResponse, watching: Watching) -> None:
        if message.WhichOneof("message") != "offer":
            return
        is_first, self._offered = not self._offered, message.offer.id
        if is_first:
            self.describe(message.offer.sdp)
        else:
            watching.offer(message.offer.sdp)


def announced(line: OfferedLine) -> AddTrackRequest:
    is_sound = line.kind == "audio"
    layers = [VideoLayer(quality=quality) for quality in SIZES[: max(1, line.sizes)]]
    codecs = [SimulcastCodec(codec=line.codec, cid=line.track, layers=layers)] if line.codec else []
    return AddTrackRequest(
        cid=line.track,
        type=TrackType.AUDIO if is_sound else TrackType.VIDEO,
        source=TrackSource.MICROPHONE if is_sound else TrackSource.CAMERA,
        layers=[] if is_sound else layers,
        simulcast_codecs=[] if is_sound else codecs,
        disable_red=True,  # twice the sound for whoever has a thin line; Opus mends single losses by itself
    )


def _pass_on(told: TrickleRequest, watching: Watching) -> None:
    init = json.loads(told.candidateInit)
    watching.candidate(
        IceCandidate(
            candidate=init["candidate"],
            sdp_mid=init.get("sdpMid"),
            sdp_m_line_index=init.get("sdpMLineIndex"),
        )
    )
    if told.final:
        watching.candidate(None)
