"""The live vocabulary: every message a client may send and every message the server tells, one class each.

Four kinds of traffic, stated on each class:
- DURABLE: numbered `n` by the client, stored, then acknowledged and told to all as an event with a `seq`;
- EPHEMERAL: passed on, never stored; of the same sender and `replaces` key only the newest waits;
- DIRECTED: from one client to one other, passed on in order and each of them, never stored;
- CONTROL: between one client and the server.

No field but `type` has a default other than None, so that one noun has one TypeScript type.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from nearhand.access.model import LinkMay, Permission, Role
from nearhand.devices.model import CameraMask
from nearhand.kit.errors import NearhandError
from nearhand.kit.patterns import Id
from nearhand.sessions.model import (
    Annotation,
    Approval,
    CameraAct,
    Decision,
    FramePart,
    FrameRef,
    ImagePoint,
    NotAMessage,
    Participant,
    PhraseId,
    PictureMask,
    Place,
    Recording,
    SessionState,
    Shape,
    SharedStill,
    ShortId,
    ShownDevice,
    ShownDocument,
    ShownStep,
    Sighting,
    Signal,
    VoiceNote,
    ZoomRange,
)

PROTOCOL = "nearhand.v1"
ClientId = Annotated[str, Field(min_length=16, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
Counter = Annotated[int, Field(ge=1, lt=2**53)]
Bytes = Annotated[int, Field(ge=0, lt=2**53)]

MAX_SDP = 16_000  # characters; one sound and one picture each way take about 5,000

WATCHERS = frozenset(Role)
HELPERS = frozenset({Role.ADMIN, Role.EXPERT, Role.TECHNICIAN})
# What a guest may send is for their link to say, besides the role.
ALL_GUESTS = frozenset(LinkMay)
SPEAKING_GUESTS = frozenset({LinkMay.APPROVE, LinkMay.HELP})
HELPING_GUESTS = frozenset({LinkMay.HELP})


class Traffic(Enum):
    DURABLE = auto()
    EPHEMERAL = auto()
    DIRECTED = auto()
    CONTROL = auto()


class IceCandidate(BaseModel):
    """As browsers say it (RTCIceCandidateInit)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidate: str = Field(max_length=1000)
    sdp_mid: str | None = Field(None, max_length=40)
    sdp_m_line_index: int | None = Field(None, ge=0, le=100)
    username_fragment: str | None = Field(None, max_length=300)


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    traffic: ClassVar[Traffic]
    type: str


class FromClient(Message):
    """`permission` is needed by every message, `roles` are those that may send this one, `guests` whose links let."""

    permission: ClassVar[Permission] = Permission.SESSIONS_JOIN
    roles: ClassVar[frozenset[Role]] = HELPERS
    guests: ClassVar[frozenset[LinkMay]] = HELPING_GUESTS


class Ask(FromClient):
    """A durable wish. `n` counts from 1 per client; the same (client, n) has its effect once, however often sent."""

    traffic = Traffic.DURABLE
    n: Counter


# Live video large and small, live pictures over the line, one still every few seconds, stills on request.
Rung = Literal[1, 2, 3, 4, 5]
# Nothing better is wanted; a narrow line; answers that take long; much that is lost; a device that is busy; no direct
# way; no line at all; all bytes of live pictures used up; chosen by hand; asked for; nobody looks; the phone's own bytes used up.
RungReason = Literal[
    "best",
    "narrow",
    "slow",
    "lossy",
    "busy",
    "no_way",
    "cut",
    "spent",
    "by_hand",
    "asked",
    "unwatched",
    "budget",
]


class Fleeting(FromClient):
    traffic = Traffic.EPHEMERAL
    replaces: ClassVar[str]


class Directed(FromClient):
    """From one client to another. `to`: its name; for all without."""

    traffic = Traffic.DIRECTED
    to: ClientId | None


class Calling(Directed):
    """About a connection of their own, for voice and pictures.

    `run` names one life of the sender's page, `to_run` that of the other's page it is meant for.
    """

    # To receive is to watch; what somebody may send over it, the other end judges by their role and link.
    roles, guests = WATCHERS, ALL_GUESTS


class Conferring(FromClient):
    """About voice and pictures, to the service: with its media server, or for all at once."""

    traffic = Traffic.DIRECTED
    roles, guests = WATCHERS, ALL_GUESTS


# -- from client: control ---------------------------------------------------------------------------------------


class ResumeFrom(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch: str = Field(max_length=40)
    seq: int = Field(ge=0, lt=2**53)


class Hello(FromClient):
    """The first message. `client` names this client's outbox for good; `resume` is the last event it has."""

    traffic = Traffic.CONTROL
    roles, guests = WATCHERS, ALL_GUESTS
    type: Literal["hello"] = "hello"
    client: ClientId
    resume: ResumeFrom | None = None


class Ping(FromClient):
    traffic = Traffic.CONTROL
    roles, guests = WATCHERS, ALL_GUESTS
    type: Literal["ping"] = "ping"


# -- from client: durable ---------------------------------------------------------------------------------------


class AnnotationAdd(Ask):
    """Draw. The client mints `id`, so that it can show its own mark at once."""

    type: Literal["annotation.add"] = "annotation.add"
    id: ShortId
    shape: Shape
    place: Place
    text: str | None = Field(None, max_length=500)
    is_kept: bool | None = None


class AnnotationEdit(Ask):
    """Change what is given: move (place), reword (text), hide, keep."""

    type: Literal["annotation.edit"] = "annotation.edit"
    id: ShortId
    place: Place | None = None
    text: str | None = Field(None, max_length=500)
    is_hidden: bool | None = None
    is_kept: bool | None = None


class AnnotationRemove(Ask):
    type: Literal["annotation.remove"] = "annotation.remove"
    id: ShortId


class AnnotationRestore(Ask):
    """Undo a removal: the annotation comes back as it was."""

    type: Literal["annotation.restore"] = "annotation.restore"
    id: ShortId


class ChatSay(Ask):
    """Say something. `phrase` and `voice` say more than `text`, which is read where they are not known."""

    roles, guests = WATCHERS, SPEAKING_GUESTS
    type: Literal["chat.say"] = "chat.say"
    text: str = Field(min_length=1, max_length=2000)
    phrase: PhraseId | None = None
    voice: VoiceNote | None = None


class SignalGive(Ask):
    roles, guests = WATCHERS, SPEAKING_GUESTS
    type: Literal["signal.give"] = "signal.give"
    signal: Signal


class StillShare(Ask):
    """Make an uploaded still part of the session; with its sighting, it can be drawn on for good."""

    type: Literal["still.share"] = "still.share"
    frame: FrameRef
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    width: int = Field(gt=0, le=20_000)
    height: int = Field(gt=0, le=20_000)
    captured_at: datetime
    sighting: Sighting | None = None
    mask: PictureMask | None = None  # what was hidden; left out: nothing
    part: FramePart | None = None  # left out: all of the frame

    @model_validator(mode="after")
    def _lies_in_its_frame(self) -> Self:
        if self.part is not None:
            self.part.demand(self.width, self.height, self.sighting)
        return self


class DeviceShow(Ask):
    """The session is about this device now: its label was read."""

    type: Literal["device.show"] = "device.show"
    device: ShownDevice


class StepShow(Ask):
    """The whole progress of the guide: which step is on, which are done."""

    type: Literal["step.show"] = "step.show"
    step: ShownStep


class DocumentShow(Ask):
    """Put a page of a document, or an uploaded picture, before everybody's eyes; None takes it away."""

    type: Literal["document.show"] = "document.show"
    document: ShownDocument | None


class ApprovalAsk(Ask):
    """Ask the customer whether something may be done. The client mints `id`."""

    type: Literal["approval.ask"] = "approval.ask"
    id: ShortId
    what: str = Field(min_length=1, max_length=500)
    device_id: Id | None = None


class ApprovalGive(Ask):
    """Decide on what was asked: for the customer's people, by a link that lets them approve or as observers."""

    roles, guests = frozenset({Role.ADMIN, Role.OBSERVER}), frozenset({LinkMay.APPROVE})
    type: Literal["approval.give"] = "approval.give"
    id: ShortId
    decision: Decision
    reason: str | None = Field(None, max_length=500)


class RecordingAsk(Ask):
    """Record picture and voices, once everybody here agrees. This client is to record; it mints `id`."""

    type: Literal["recording.ask"] = "recording.ask"
    id: ShortId


class RecordingAgree(Ask):
    """Let it be recorded, or not: without everybody's yes nothing is, and a no ends it."""

    roles, guests = WATCHERS, ALL_GUESTS
    type: Literal["recording.agree"] = "recording.agree"
    id: ShortId
    yes: bool


class RecordingEnd(Ask):
    """Record no more. Anybody may, at any time."""

    roles, guests = WATCHERS, ALL_GUESTS
    type: Literal["recording.end"] = "recording.end"
    id: ShortId


class SessionEnd(Ask):
    type: Literal["session.end"] = "session.end"


# -- from client: ephemeral -------------------------------------------------------------------------------------


class PointerMove(Fleeting):
    """Where someone points, on a picture or face; None lifts the pointer."""

    replaces = "pointer"
    type: Literal["pointer.move"] = "pointer.move"
    place: Place | None = None


class StrokeDraw(Fleeting):
    """A stroke in progress, before pen up."""

    replaces = "stroke"
    type: Literal["stroke.draw"] = "stroke.draw"
    id: ShortId
    shape: Shape
    frame: FrameRef | None = None
    points: tuple[ImagePoint, ...] = Field(max_length=512)


class FrameSight(Fleeting):
    """A frame's pose, measured by the technician's client. Kept for a few seconds so that it can be drawn on."""

    replaces = "frame"
    roles = frozenset({Role.ADMIN, Role.TECHNICIAN, Role.EXPERT})
    type: Literal["frame.sight"] = "frame.sight"
    frame: FrameRef
    captured_at: datetime
    sighting: Sighting | None = None


class FrameFreeze(Fleeting):
    """Ask for the sharp still of exactly this frame (None: of the next one). `is_whole`: not its device alone."""

    replaces = "freeze"
    type: Literal["frame.freeze"] = "frame.freeze"
    frame: FrameRef | None = None
    is_whole: bool | None = None


class RungTell(Fleeting):
    """By which rung of the ladder this client's pictures go now, and why by no better one.

    `used_bytes`: what all of its traffic of the session came to; `budget_bytes`: what it may come to.
    """

    replaces = "rung"
    roles = frozenset({Role.ADMIN, Role.TECHNICIAN, Role.EXPERT})
    type: Literal["rung.tell"] = "rung.tell"
    stream: ShortId
    rung: Rung
    because: RungReason
    used_bytes: Bytes | None = None
    budget_bytes: Bytes | None = None


class RungAsk(Fleeting):
    """Ask who films for another rung; null: as the line allows. What they chose by hand stands."""

    replaces = "rung.asked"
    type: Literal["rung.ask"] = "rung.ask"
    rung: Rung | None


class CaptionSay(Fleeting):
    """One's own words as the device understood them; none: they are over."""

    replaces = "caption"
    roles, guests = WATCHERS, SPEAKING_GUESTS
    type: Literal["caption.say"] = "caption.say"
    text: str = Field(max_length=500)
    language: str = Field(max_length=35, pattern=r"^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$")
    is_final: bool


# -- from client: directed --------------------------------------------------------------------------------------


class CameraAsk(Directed):
    """Ask for something of another's camera. It is done at once where they allow that, else shown to them.

    `tell` asks for its `camera.state` alone; the others need `is_on` (torch), `zoom` or `at` (focus).
    """

    type: Literal["camera.ask"] = "camera.ask"
    to: ClientId | None = None
    act: CameraAct
    is_on: bool | None = None
    zoom: float | None = Field(None, gt=0, le=1000, allow_inf_nan=False)
    at: ImagePoint | None = None


class CameraState(Directed):
    """What my camera can do and does. `is_steered`: others may steer it without asking each time.

    `asked`: waits for the answer of whoever holds it; `declined`: they said no.
    """

    type: Literal["camera.state"] = "camera.state"
    to: ClientId | None = None
    stream: ShortId
    is_steered: bool
    torch: bool | None
    zoom: ZoomRange | None
    can_focus: bool
    cameras: int = Field(ge=0, le=50)
    asked: CameraAct | None
    declined: CameraAct | None


class RtcHail(Calling):
    """I could be connected to. Without `to` it is for all; who hears it hails back, once per `run`."""

    type: Literal["rtc.hail"] = "rtc.hail"
    to: ClientId | None = None
    run: ShortId


class RtcDescribe(Calling):
    """A WebRTC offer or answer."""

    type: Literal["rtc.describe"] = "rtc.describe"
    to: ClientId
    run: ShortId
    to_run: ShortId
    kind: Literal["offer", "answer"]
    sdp: str = Field(min_length=1, max_length=MAX_SDP)


class RtcCandidate(Calling):
    """A way by which the sender may be reached; null: there are no more."""

    type: Literal["rtc.candidate"] = "rtc.candidate"
    to: ClientId
    run: ShortId
    to_run: ShortId
    candidate: IceCandidate | None = None


class RtcHush(Calling):
    """Ask somebody to mute their microphone. It is shown to them; nothing is switched for them."""

    guests = SPEAKING_GUESTS
    type: Literal["rtc.hush"] = "rtc.hush"
    to: ClientId


class RtcPart(Calling):
    """Give the connection up."""

    type: Literal["rtc.part"] = "rtc.part"
    to: ClientId


class RtcTalk(Conferring):
    """My microphone is open, or not any more: for all others, where no connection of two carries it."""

    guests = SPEAKING_GUESTS
    type: Literal["rtc.talk"] = "rtc.talk"
    is_talking: bool


class RtcSfuEnter(Conferring):
    """I am in this room of the media server: offer me what I may take. An offer of my own may follow."""

    type: Literal["rtc.sfu_enter"] = "rtc.sfu_enter"
    room: ShortId
    takes_pictures: bool


class RtcSfuDescribe(Conferring):
    """An offer of what I send, by a leg that I name anew each time; or the answer to one that I was offered."""

    type: Literal["rtc.sfu_describe"] = "rtc.sfu_describe"
    leg: ShortId
    kind: Literal["offer", "answer"]
    sdp: str = Field(min_length=1, max_length=MAX_SDP)


class RtcSfuCandidate(Conferring):
    """A way by which I may be reached; null: there are no more."""

    type: Literal["rtc.sfu_candidate"] = "rtc.sfu_candidate"
    leg: ShortId
    candidate: IceCandidate | None = None


class RtcSfuAgain(Conferring):
    """No way was found for this leg, or it was lost: offer it anew."""

    type: Literal["rtc.sfu_again"] = "rtc.sfu_again"
    leg: ShortId


# -- from server: control ---------------------------------------------------------------------------------------


class FromServer(Message):
    pass


class Welcome(FromServer):
    """The answer to hello. `acked`: all of this client's messages up to this n are settled."""

    traffic = Traffic.CONTROL
    type: Literal["welcome"] = "welcome"
    epoch: str
    seq: int
    acked: int
    you: Participant
    present: tuple[str, ...]  # ids of the participants who are connected now
    camera_mask: CameraMask  # what the site asks of pictures
    budget_bytes: int | None = None  # of a phone's own traffic, where its holder has chosen none
    is_resumed: bool  # True: missed events follow; False: session.state follows


class State(FromServer):
    """The whole session as of `seq`: for a joining participant, and when resuming is not possible."""

    traffic = Traffic.CONTROL
    type: Literal["session.state"] = "session.state"
    epoch: str
    seq: int
    state: SessionState
    is_elsewhere: bool  # it is about a device that you may not see, and `state.device` is left out


class CameraMaskChanged(FromServer):
    """The site asks something else of pictures now, or the session is at another one."""

    traffic = Traffic.CONTROL
    type: Literal["camera.mask_changed"] = "camera.mask_changed"
    camera_mask: CameraMask


class Ack(FromServer):
    """Everything of yours up to `n` is settled: stored, or refused before."""

    traffic = Traffic.CONTROL
    type: Literal["ack"] = "ack"
    n: int


class Refused(FromServer):
    """Your message `n` had no effect, and never will."""

    traffic = Traffic.CONTROL
    type: Literal["refused"] = "refused"
    n: int
    code: str
    title: str
    detail: str


class Problem(FromServer):
    """A message that could not be understood, or that was not numbered. The connection goes on unless it says so."""

    traffic = Traffic.CONTROL
    type: Literal["error"] = "error"
    code: str
    title: str
    detail: str


class Pong(FromServer):
    traffic = Traffic.CONTROL
    type: Literal["pong"] = "pong"
    at: datetime


# -- from server: durable events --------------------------------------------------------------------------------


class Event(FromServer):
    """A stored fact. `seq` counts from 1 without gaps; `client` and `n` say whose wish it was."""

    traffic = Traffic.DURABLE
    seq: int
    at: datetime
    by: str
    client: str
    n: int


class ParticipantJoined(Event):
    """Somebody's first entry. `client` is empty and `n` 0: nobody asked for it by a message."""

    type: Literal["participant.joined"] = "participant.joined"
    participant: Participant


class AnnotationAdded(Event):
    type: Literal["annotation.added"] = "annotation.added"
    annotation: Annotation


class AnnotationEdited(Event):
    type: Literal["annotation.edited"] = "annotation.edited"
    annotation: Annotation


class AnnotationRemoved(Event):
    type: Literal["annotation.removed"] = "annotation.removed"
    id: ShortId


class AnnotationRestored(Event):
    type: Literal["annotation.restored"] = "annotation.restored"
    annotation: Annotation


class ChatSaid(Event):
    type: Literal["chat.said"] = "chat.said"
    text: str
    phrase: PhraseId | None = None
    voice: VoiceNote | None = None


class SignalGiven(Event):
    type: Literal["signal.given"] = "signal.given"
    signal: Signal


class StillShared(Event):
    type: Literal["still.shared"] = "still.shared"
    still: SharedStill


class DeviceShown(Event):
    type: Literal["device.shown"] = "device.shown"
    device: ShownDevice


class StepShown(Event):
    type: Literal["step.shown"] = "step.shown"
    step: ShownStep


class DocumentShown(Event):
    type: Literal["document.shown"] = "document.shown"
    document: ShownDocument | None


class ApprovalAsked(Event):
    type: Literal["approval.asked"] = "approval.asked"
    approval: Approval


class ApprovalGiven(Event):
    type: Literal["approval.given"] = "approval.given"
    approval: Approval


class RecordingEvent(Event):
    """With the recording as it is from now on."""

    recording: Recording


class RecordingAsked(RecordingEvent):
    """Somebody wants to record; nothing is until everybody here has agreed."""

    type: Literal["recording.asked"] = "recording.asked"


class RecordingAgreed(RecordingEvent):
    """Somebody has agreed, and others have not yet."""

    type: Literal["recording.agreed"] = "recording.agreed"


class RecordingBegan(RecordingEvent):
    """Everybody here has agreed: from now on it is recorded. Also when it goes on."""

    type: Literal["recording.began"] = "recording.began"


class RecordingPaused(RecordingEvent):
    """Somebody came who has not agreed yet: nothing is recorded from now on."""

    type: Literal["recording.paused"] = "recording.paused"


class RecordingEnded(RecordingEvent):
    """Nothing more is recorded."""

    type: Literal["recording.ended"] = "recording.ended"


class SessionClosed(Event):
    """The session has ended; what is stored stays readable."""

    type: Literal["session.ended"] = "session.ended"


class Withheld(FromServer):
    """In the place of an event that you may not see: `seq` goes on without a gap.

    `is_elsewhere`: the session is about a device now that you may not see.
    """

    traffic = Traffic.DURABLE
    type: Literal["withheld"] = "withheld"
    seq: int
    is_elsewhere: bool


# -- from server: ephemeral -------------------------------------------------------------------------------------


class Passing(FromServer):
    traffic = Traffic.EPHEMERAL
    replaces: ClassVar[str]
    by: str


class PresenceChanged(FromServer):
    traffic = Traffic.EPHEMERAL
    type: Literal["presence.changed"] = "presence.changed"
    participant: Participant
    is_present: bool


class PointerMoved(Passing):
    """With the anchor, when the server could place it on the face."""

    replaces = "pointer"
    type: Literal["pointer.moved"] = "pointer.moved"
    place: Place | None
    points_mm: tuple[tuple[float, float, float], ...] | None
    device: ShownDevice | None


class StrokeDrawn(Passing):
    replaces = "stroke"
    type: Literal["stroke.drawn"] = "stroke.drawn"
    id: ShortId
    shape: Shape
    frame: FrameRef | None
    points: tuple[ImagePoint, ...]


class FrameSighted(Passing):
    replaces = "frame"
    type: Literal["frame.sighted"] = "frame.sighted"
    frame: FrameRef
    captured_at: datetime
    sighting: Sighting | None


class FreezeAsked(Passing):
    """For technicians' clients: upload and share the sharp still of this frame."""

    replaces = "freeze"
    type: Literal["freeze.asked"] = "freeze.asked"
    frame: FrameRef | None
    is_whole: bool


class RungTold(Passing):
    replaces = "rung"
    type: Literal["rung.told"] = "rung.told"
    stream: ShortId
    rung: Rung
    because: RungReason
    used_bytes: int | None
    budget_bytes: int | None


class RungAsked(Passing):
    """For technicians' clients."""

    replaces = "rung.asked"
    type: Literal["rung.asked"] = "rung.asked"
    rung: Rung | None


class CaptionSaid(Passing):
    replaces = "caption"
    type: Literal["caption.said"] = "caption.said"
    text: str
    language: str
    is_final: bool


# -- from server: directed --------------------------------------------------------------------------------------


class Put(FromServer):
    """From another client; `client` names it, `by` is whose it is."""

    traffic = Traffic.DIRECTED
    by: str
    client: str


class CameraAsked(Put):
    type: Literal["camera.asked"] = "camera.asked"
    act: CameraAct
    is_on: bool | None
    zoom: float | None
    at: ImagePoint | None


class CameraStated(Put):
    type: Literal["camera.stated"] = "camera.stated"
    stream: ShortId
    is_steered: bool
    torch: bool | None
    zoom: ZoomRange | None
    can_focus: bool
    cameras: int
    asked: CameraAct | None
    declined: CameraAct | None


class RtcHailed(Put):
    type: Literal["rtc.hailed"] = "rtc.hailed"
    run: ShortId
    is_for_all: bool  # hail back


class RtcDescribed(Put):
    type: Literal["rtc.described"] = "rtc.described"
    run: ShortId
    to_run: ShortId
    kind: Literal["offer", "answer"]
    sdp: str


class RtcCandidateTold(Put):
    type: Literal["rtc.candidate_told"] = "rtc.candidate_told"
    run: ShortId
    to_run: ShortId
    candidate: IceCandidate | None


class RtcHushed(Put):
    type: Literal["rtc.hushed"] = "rtc.hushed"


class RtcParted(FromServer):
    """You and that client are not to be connected any more: close the connection now.

    They gave it up, are gone, or one of you may not see what the session is about now.
    """

    traffic = Traffic.DIRECTED
    type: Literal["rtc.parted"] = "rtc.parted"
    client: str


class RtcWay(FromServer):
    """How voice and pictures go for you from now on. `direct`, between browsers, holds until this is first told.

    `why` is there where it is not as it should be: `full`, more are here than connect directly and there is no media
    server; `lost`, there is one and it is out of reach.
    """

    traffic = Traffic.DIRECTED
    type: Literal["rtc.way"] = "rtc.way"
    way: Literal["direct", "sfu", "none"]
    why: Literal["full", "lost"] | None
    room: ShortId | None  # at the media server; another one is entered anew
    is_entered: bool = (
        False  # in that room: after a long absence, or an accident there, it is entered once more
    )


class RtcTalks(Put):
    type: Literal["rtc.talks"] = "rtc.talks"
    is_talking: bool


class RtcSfuDescribed(FromServer):
    """The answer to what you send, or an offer of what another client sends: then `client` and `by` say whose."""

    traffic = Traffic.DIRECTED
    type: Literal["rtc.sfu_described"] = "rtc.sfu_described"
    leg: ShortId
    kind: Literal["offer", "answer"]
    sdp: str
    client: str | None
    by: str | None


class RtcSfuCandidateTold(FromServer):
    traffic = Traffic.DIRECTED
    type: Literal["rtc.sfu_candidate_told"] = "rtc.sfu_candidate_told"
    leg: ShortId
    candidate: IceCandidate | None


class RtcSfuClosed(FromServer):
    """Close this leg now: they are gone, or you may not hear and see them any more, or it was refused."""

    traffic = Traffic.DIRECTED
    type: Literal["rtc.sfu_closed"] = "rtc.sfu_closed"
    leg: ShortId


ClientMessage = Annotated[
    Hello | Ping
    | AnnotationAdd | AnnotationEdit | AnnotationRemove | AnnotationRestore
    | ChatSay | SignalGive | StillShare | DeviceShow | StepShow | DocumentShow | ApprovalAsk | ApprovalGive
    | RecordingAsk | RecordingAgree | RecordingEnd | SessionEnd
    | PointerMove | StrokeDraw | FrameSight | FrameFreeze | RungTell | RungAsk | CaptionSay
    | CameraAsk | CameraState
    | RtcHail | RtcDescribe | RtcCandidate | RtcHush | RtcPart
    | RtcTalk | RtcSfuEnter | RtcSfuDescribe | RtcSfuCandidate | RtcSfuAgain,
    Field(discriminator="type"),
]  # fmt: skip

ServerEvent = Annotated[
    ParticipantJoined
    | AnnotationAdded | AnnotationEdited | AnnotationRemoved | AnnotationRestored
    | ChatSaid | SignalGiven | StillShared | DeviceShown | StepShown | DocumentShown | ApprovalAsked | ApprovalGiven
    | RecordingAsked | RecordingAgreed | RecordingBegan | RecordingPaused | RecordingEnded | SessionClosed,
    Field(discriminator="type"),
]  # fmt: skip

# What the log is told as: in the place of what somebody may not see stands `withheld`.
StoredEvent = Annotated[
    ParticipantJoined
    | AnnotationAdded | AnnotationEdited | AnnotationRemoved | AnnotationRestored
    | ChatSaid | SignalGiven | StillShared | DeviceShown | StepShown | DocumentShown | ApprovalAsked | ApprovalGiven
    | RecordingAsked | RecordingAgreed | RecordingBegan | RecordingPaused | RecordingEnded | SessionClosed
    | Withheld,
    Field(discriminator="type"),
]  # fmt: skip

ServerMessage = Annotated[
    Welcome | State | Ack | Refused | Problem | Pong
    | ParticipantJoined
    | AnnotationAdded | AnnotationEdited | AnnotationRemoved | AnnotationRestored
    | ChatSaid | SignalGiven | StillShared | DeviceShown | StepShown | DocumentShown | ApprovalAsked | ApprovalGiven
    | RecordingAsked | RecordingAgreed | RecordingBegan | RecordingPaused | RecordingEnded | SessionClosed
    | Withheld
    | PresenceChanged | PointerMoved | StrokeDrawn | FrameSighted | FreezeAsked | RungTold | RungAsked | CaptionSaid
    | CameraAsked | CameraStated
    | RtcHailed | RtcDescribed | RtcCandidateTold | RtcHushed | RtcParted
    | RtcWay | RtcTalks | RtcSfuDescribed | RtcSfuCandidateTold | RtcSfuClosed
    | CameraMaskChanged,
    Field(discriminator="type"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that is no message. With `n`, it was a numbered wish, and can be settled by refusing it."""

    error: NearhandError
    n: int | None


client_messages: TypeAdapter[Any] = TypeAdapter(ClientMessage)
server_messages: TypeAdapter[Any] = TypeAdapter(ServerMessage)
server_events: TypeAdapter[Any] = TypeAdapter(ServerEvent)
stored_events: TypeAdapter[Any] = TypeAdapter(StoredEvent)


_frames: TypeAdapter[list[Any]] = TypeAdapter(list[ClientMessage])
_MAX_N = 2**53


def read_frame(text: str) -> list[Any]:
    """The messages of one frame, an array or a single object; what is no message becomes a Malformed."""
    try:
        return _frames.validate_json(text) if text.startswith("[") else [client_messages.validate_json(text)]
    except ValidationError:
        return _read_one_by_one(text)


def _read_one_by_one(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return [Malformed(NotAMessage("A frame is a JSON array of messages."), None)]
    return [_read_one(item) for item in (found if isinstance(found, list) else [found])]


def _read_one(item: Any) -> Any:
    try:
        return client_messages.validate_json(json.dumps(item))
    except (ValidationError, RecursionError) as error:
        n = item.get("n") if isinstance(item, dict) else None
        is_numbered = isinstance(n, int) and not isinstance(n, bool) and 1 <= n < _MAX_N
        return Malformed(NotAMessage(_said(error)), n if is_numbered else None)


def _said(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "It is nested too deeply."
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'message'}: {first['msg']}"[:500]


class CloseCode(Enum):
    """Why the server closes a live connection; every reason is a word a client can act on."""

    BAD_PROTOCOL = 4000, "bad_protocol"
    NO_HELLO = 4001, "no_hello"
    UNAUTHENTICATED = 4003, "unauthenticated"
    NO_SESSION = 4004, "no_session"
    CLIENT_TAKEN = 4005, "client_taken"
    IDLE = 4006, "idle"
    REPLACED = 4007, "replaced"
    TOO_SLOW = 4008, "too_slow"
    TOO_LARGE = 4009, "too_large"
    ENDED = 4010, "session_ended"
    NOT_SAVED = 4011, "not_saved"
    RESTARTING = 4012, "restarting"
    TOO_MANY_ERRORS = 4013, "too_many_errors"

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def reason(self) -> str:
        return self.value[1]
