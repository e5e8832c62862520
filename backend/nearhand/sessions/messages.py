"""The live vocabulary: every message a client may send and every message the server tells, one class each.

What is said about cameras, voice and video stands in `signalling`; here are the others, and all of them as one type.

No field but `type` has a default other than None, so that one noun has one TypeScript type.
"""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from nearhand.access.model import LinkMay, Role
from nearhand.devices.model import CameraMask
from nearhand.kit.patterns import Id
from nearhand.sessions.message import (
    ALL_GUESTS,
    SPEAKING_GUESTS,
    WATCHERS,
    Ask,
    ClientId,
    Event,
    Fleeting,
    FromClient,
    FromServer,
    Passing,
    Traffic,
)
from nearhand.sessions.model import (
    Annotation,
    Approval,
    BeforeAll,
    Decision,
    FramePart,
    FrameRef,
    ImagePoint,
    LastOfScreen,
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
)
from nearhand.sessions.signalling import (
    CameraAsk,
    CameraAsked,
    CameraState,
    CameraStated,
    RtcCandidate,
    RtcCandidateTold,
    RtcDescribe,
    RtcDescribed,
    RtcHail,
    RtcHailed,
    RtcHush,
    RtcHushed,
    RtcPart,
    RtcParted,
    RtcSfuAgain,
    RtcSfuCandidate,
    RtcSfuCandidateTold,
    RtcSfuClosed,
    RtcSfuDescribe,
    RtcSfuDescribed,
    RtcSfuEnter,
    RtcSfuLayer,
    RtcSfuLook,
    RtcSfuWatched,
    RtcTalk,
    RtcTalks,
    RtcWay,
)

SCREEN_ROLES = frozenset({Role.ADMIN, Role.EXPERT})
Bytes = Annotated[int, Field(ge=0, lt=2**53)]
# Live video large and small, live pictures over the line, one still every few seconds, stills on request.
Rung = Literal[1, 2, 3, 4, 5]
# Nothing better is wanted; a narrow line; answers that take long; much that is lost; a device that is busy; no direct
# way; no line at all; all bytes of live pictures used up; chosen by hand; asked for; nobody looks; the phone's own data
# used up.
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


class ScreenShare(Ask):
    """Put one's screen before everybody's eyes, as it is from now on. The client mints `id`."""

    roles = SCREEN_ROLES
    type: Literal["screen.share"] = "screen.share"
    id: ShortId


class ScreenStop(Ask):
    """Share it no more: by whoever shares it. What somebody else puts before everybody's eyes ends it too."""

    roles = SCREEN_ROLES
    type: Literal["screen.stop"] = "screen.stop"
    id: ShortId


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


# -- from server: control ---------------------------------------------------------------------------------------


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
    """`last`: what the screen showed whose place it takes."""

    type: Literal["document.shown"] = "document.shown"
    document: BeforeAll | None
    last: LastOfScreen | None = None


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


class ScreenChanged(Passing):
    """The newest picture of the screen that is shared: to be fetched when there is room for it."""

    replaces = "screen"
    type: Literal["screen.changed"] = "screen.changed"
    id: ShortId
    sha256: str
    width: int
    height: int


class CaptionSaid(Passing):
    replaces = "caption"
    type: Literal["caption.said"] = "caption.said"
    text: str
    language: str
    is_final: bool


ClientMessage = Annotated[
    Hello | Ping
    | AnnotationAdd | AnnotationEdit | AnnotationRemove | AnnotationRestore
    | ChatSay | SignalGive | StillShare | DeviceShow | StepShow | DocumentShow | ScreenShare | ScreenStop
    | ApprovalAsk | ApprovalGive | RecordingAsk | RecordingAgree | RecordingEnd | SessionEnd
    | PointerMove | StrokeDraw | FrameSight | FrameFreeze | RungTell | RungAsk | CaptionSay
    | CameraAsk | CameraState
    | RtcHail | RtcDescribe | RtcCandidate | RtcHush | RtcPart
    | RtcTalk | RtcSfuEnter | RtcSfuDescribe | RtcSfuCandidate | RtcSfuAgain | RtcSfuLayer | RtcSfuLook,
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
    | ScreenChanged | CameraAsked | CameraStated
    | RtcHailed | RtcDescribed | RtcCandidateTold | RtcHushed | RtcParted
    | RtcWay | RtcTalks | RtcSfuDescribed | RtcSfuCandidateTold | RtcSfuClosed | RtcSfuWatched
    | CameraMaskChanged,
    Field(discriminator="type"),
]  # fmt: skip


client_messages: TypeAdapter[Any] = TypeAdapter(ClientMessage)
server_messages: TypeAdapter[Any] = TypeAdapter(ServerMessage)
server_events: TypeAdapter[Any] = TypeAdapter(ServerEvent)
stored_events: TypeAdapter[Any] = TypeAdapter(StoredEvent)
