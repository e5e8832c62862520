"""One participant of the stand-in: two peer connections, one on which they offer, one on which the server does."""

import asyncio
import itertools
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.sdp import candidate_from_sdp
from livekit.protocol import models, rtc
from starlette.websockets import WebSocket

OFFER_AFTER_S = 0.01  # pkg/rtc/transport.go, fastNegotiationFrequency
TYPES = {"audio": models.TrackType.AUDIO, "video": models.TrackType.VIDEO}
SOURCES = {models.TrackSource.CAMERA: "camera", models.TrackSource.MICROPHONE: "microphone"}
PUBLISHER, SUBSCRIBER = rtc.SignalTarget.PUBLISHER, rtc.SignalTarget.SUBSCRIBER


class Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status, self.why = status, why


@dataclass(frozen=True)
class Grants:
    """auth/grants.go of livekit/protocol: of publishing and subscribing, what is not said is allowed."""

    identity: str
    video: Mapping[str, Any]

    @property
    def room(self) -> str:
        return str(self.video.get("room", ""))

    @property
    def may_join(self) -> bool:
        return self.video.get("roomJoin") is True

    @property
    def may_create(self) -> bool:
        return self.video.get("roomCreate") is True

    @property
    def may_subscribe(self) -> bool:
        return self.video.get("canSubscribe", True) is True

    @property
    def is_hidden(self) -> bool:
        return self.video.get("hidden") is True

    def may_administer(self, room: str) -> bool:
        return self.video.get("roomAdmin") is True and self.room == room

    def may_publish(self, source: str) -> bool:
        sources = self.video.get("canPublishSources")
        return source in sources if sources else self.video.get("canPublish", True) is True

    def need(self, allowed: bool) -> None:
        if not allowed:
            raise Refused(401, "permissions denied")


class Home(Protocol):
    """The room, as a participant knows it."""

    def tell_of(self, changed: "Participant") -> None: ...
    def published(self, publisher: "Participant") -> None: ...
    def publisher_of(self, sid: str) -> "Participant | None": ...


class Participant:
    def __init__(self, grants: Grants, room: Home, *, is_subscriber_primary: bool) -> None:
        self.grants, self.identity, self._room = grants, grants.identity, room
        self.is_subscriber_primary = is_subscriber_primary
        self.sid = f"PA_{secrets.token_hex(6)}"
        self.state = models.ParticipantInfo.State.JOINED
        self.published: dict[str, MediaStreamTrack] = {}  # by sid
        self._relay = MediaRelay()
        self._pending: dict[str, models.TrackInfo] = {}  # by cid
        self._pcs = {PUBLISHER: RTCPeerConnection(), SUBSCRIBER: RTCPeerConnection()}
        self._wanted: dict[str, bool] = {}  # by sid: whether it is subscribed to already
        self._settings: dict[str, str] = {}
        self._offers = itertools.count(1)
        self._is_waiting, self._has_to_offer = False, False
        self._offering: asyncio.Task[None] | None = None
        self._outbox: asyncio.Queue[rtc.SignalResponse | None] = asyncio.Queue()
        self._asked: list[dict[str, Any]] = []
        for target, pc in self._pcs.items():
            pc.on("connectionstatechange", lambda target=target: self._changed(target))
        self._pcs[PUBLISHER].on("track", self._came)

    @property
    def is_connected(self) -> bool:
        return any(pc.connectionState == "connected" for pc in self._pcs.values())

    def info(self) -> models.ParticipantInfo:
        return models.ParticipantInfo(
            sid=self.sid,
            identity=self.identity,
            state=self.state,
            tracks=[models.TrackInfo(sid=sid, type=TYPES[one.kind]) for sid, one in self.published.items()],
            is_publisher=bool(self.published),
        )

    def as_told(self) -> dict[str, Any]:
        return {
            "identity": self.identity,
            "grants": dict(self.grants.video),
            "state": models.ParticipantInfo.State.Name(self.state),
            "published": sorted(one.kind for one in self.published.values()),
            "wanted": self._wanted,
            "settings": self._settings,
            "asked": self._asked,
        }

    # -- the line --

    def say(self, **message: Any) -> None:
        self._outbox.put_nowait(rtc.SignalResponse(**message))

    async def write(self, socket: WebSocket) -> None:
        while (message := await self._outbox.get()) is not None:
            await socket.send_bytes(message.SerializeToString())
        await socket.close()

    async def begin(self) -> None:
        """pkg/rtc/room.go, Join: where the subscriber's connection is the first, data channels are offered at once."""
        if self.is_subscriber_primary:
            for name in ("_reliable", "_lossy", "_data_track"):
                self._pcs[SUBSCRIBER].createDataChannel(name)
            await self._offer()

    async def close(self, leave: rtc.LeaveRequest) -> None:
        self.state = models.ParticipantInfo.State.DISCONNECTED
        self.say(leave=leave)
        self._outbox.put_nowait(None)
        if self._offering is not None:
            self._offering.cancel()
        for pc in self._pcs.values():
            await pc.close()

    async def hear(self, message: rtc.SignalRequest) -> None:
        """pkg/rtc/signalling/signalhandler.go."""
        match message.WhichOneof("message"):
            case "offer":
                await self._offered(message.offer)
            case "answer":
                await self._answered(message.answer)
            case "trickle":
                await self._trickled(message.trickle)
            case "add_track":
                self._add(message.add_track)
            case "subscription":
                for sid in message.subscription.track_sids:
                    self._wanted.setdefault(sid, False)
                self.reconcile()
            case "track_setting":
                quality = models.VideoQuality.Name(message.track_setting.quality)
                self._settings |= dict.fromkeys(message.track_setting.track_sids, quality)
            case "ping_req":
                self.say(pong_resp=rtc.Pong(last_ping_timestamp=message.ping_req.timestamp))

    # -- what they publish --

    def _add(self, asked: rtc.AddTrackRequest) -> None:
        """pkg/rtc/participant.go, AddTrack: its name is known before anything of it comes."""
        if not self.grants.may_publish(SOURCES.get(asked.source, "")):
            refusal = rtc.RequestResponse(reason=rtc.RequestResponse.Reason.NOT_ALLOWED, add_track=asked)
            self.say(request_response=refusal)
            return
        self._asked.append(
            {
                "codecs": [one.codec for one in asked.simulcast_codecs],
                "layers": [models.VideoQuality.Name(one.quality) for one in asked.layers],
            }
        )
        info = models.TrackInfo(sid=f"TR_{secrets.token_hex(6)}", type=asked.type, source=asked.source)
        self._pending[asked.cid] = info
        self.say(track_published=rtc.TrackPublishedResponse(cid=asked.cid, track=info))

    def _came(self, track: MediaStreamTrack) -> None:
        """pkg/rtc/participant.go, getPendingTrack: by what the description calls it, else the first of its kind."""
        cid = next((cid for cid in self._pending if cid == track.id), None) or next(
            (cid for cid, one in self._pending.items() if one.type == TYPES[track.kind]), None
        )
        if cid is not None:
            self.published[self._pending.pop(cid).sid] = track
            self._room.published(self)

    async def _offered(self, told: rtc.SessionDescription) -> None:
        pc = self._pcs[PUBLISHER]
        try:
            await pc.setRemoteDescription(RTCSessionDescription(told.sdp, "offer"))
            await pc.setLocalDescription(await pc.createAnswer())
        except (ValueError, AssertionError, IndexError):
            return  # HandleOffer: "could not parse offer" in its log, and not a word to whoever sent it
        self._describe("answer", told.id, PUBLISHER)

    # -- what they subscribe to --

    def reconcile(self) -> None:
        """pkg/rtc/subscriptionmanager.go: what is wanted and there is added; what is not there yet is waited for."""
        if not self.grants.may_subscribe:
            return
        for sid in [sid for sid, is_there in self._wanted.items() if not is_there]:
            publisher = self._room.publisher_of(sid)
            if publisher is None:
                continue
            self._wanted[sid] = True
            track = publisher._relay.subscribe(publisher.published[sid])
            sender = self._pcs[SUBSCRIBER].addTransceiver(track, direction="sendonly").sender
            # pkg/rtc/utils.go, PackSyncStreamID: whose it is and which, for clients that know them by `msid`.
            sender._stream_id, sender._track_id = f"{publisher.sid}|camera", sid
            if self._offering is None or self._offering.done():
                self._offering = asyncio.get_running_loop().create_task(self._offer_soon())

    def source_gone(self, publisher: "Participant") -> None:
        for sid in publisher.published:
            self._wanted.pop(sid, None)

    async def _offer_soon(self) -> None:
        await asyncio.sleep(OFFER_AFTER_S)
        await self._offer()

    async def _offer(self) -> None:
        """pkg/rtc/transport.go, createAndSendOffer: one at a time, and once more when the answer has come."""
        if self._is_waiting:
            self._has_to_offer = True
            return
        self._is_waiting = True
        pc = self._pcs[SUBSCRIBER]
        await pc.setLocalDescription(await pc.createOffer())
        self._describe("offer", next(self._offers), SUBSCRIBER)

    async def _answered(self, told: rtc.SessionDescription) -> None:
        pc = self._pcs[SUBSCRIBER]
        assert pc.sctp is not None
        first = pc.sctp.transport
        while first.state == "connecting":  # noqa: ASYNC110  aiortc starts nothing of what is added meanwhile
            await asyncio.sleep(0.01)
        await pc.setRemoteDescription(RTCSessionDescription(told.sdp, "answer"))
        self._is_waiting = False
        if self._has_to_offer:
            self._has_to_offer = False
            await self._offer()

    # -- ways --

    def _describe(self, kind: str, number: int, target: rtc.SignalTarget) -> None:
        """LiveKit's candidates come after its description, the last one marked (protocol: signalling/utils.go)."""
        sdp = self._pcs[target].localDescription.sdp
        bare = "".join(line for line in sdp.splitlines(keepends=True) if "candidate" not in line)
        self.say(**{kind: rtc.SessionDescription(type=kind, sdp=bare, id=number)})
        sections = re.split(r"(?m)^m=", sdp)[1:]
        mid = re.search(r"(?m)^a=mid:(\S+)", sections[0])
        found = re.findall(r"(?m)^a=(candidate:[^\r\n]+)", sections[0])
        for number, candidate in enumerate(found, 1):
            init = {"candidate": candidate, "sdpMid": mid[1] if mid else "0", "sdpMLineIndex": 0}
            is_last = number == len(found)
            self.say(trickle=rtc.TrickleRequest(candidateInit=json.dumps(init), target=target, final=is_last))

    async def _trickled(self, told: rtc.TrickleRequest) -> None:
        init = json.loads(told.candidateInit)
        pc = self._pcs[told.target]
        _, _, text = init["candidate"].partition(":")
        if not text or pc.remoteDescription is None:
            return
        candidate = candidate_from_sdp(text)
        candidate.sdpMid, candidate.sdpMLineIndex = init.get("sdpMid"), init.get("sdpMLineIndex")
        await pc.addIceCandidate(candidate)

    def _changed(self, target: rtc.SignalTarget) -> None:
        """pkg/rtc/participant.go, onPrimaryTransportInitialConnected."""
        primary = SUBSCRIBER if self.is_subscriber_primary else PUBLISHER
        state = self._pcs[target].connectionState
        if target == primary and state == "connected" and self.state == models.ParticipantInfo.State.JOINED:
            self.state = models.ParticipantInfo.State.ACTIVE
            self._room.tell_of(self)
