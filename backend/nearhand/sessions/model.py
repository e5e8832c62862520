"""What a live session is made of: participants, frames seen, anchors, annotations, and the state all share."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from nearhand.access.model import CustomerLink, LinkMay, Role
from nearhand.devices.model import DeviceView, FaceSide
from nearhand.kit.errors import Conflict, Forbidden, Invalid, NotFound, TooMany, Unavailable
from nearhand.kit.patterns import ONE_LINE, Id
from nearhand.labels.model import Label
from nearhand.vision.locate import Held

Number = Annotated[float, Field(allow_inf_nan=False, ge=-100_000, le=100_000)]
Unit = Annotated[
    float, Field(allow_inf_nan=False, ge=-1, le=2)
]  # image points: 0..1 inside, a little beyond allowed
ShortId = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
ImagePoint = tuple[Unit, Unit]
FacePoint = tuple[Number, Number, Number]  # x_mm, y_mm, z_mm (towards the viewer)


MAX_VOICE_NOTE_MS = 61_000  # a minute, and what a recorder needs to stop


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NewSession(Frozen):
    """Asking for help: about which device, in a sentence."""

    device_id: Id | None = None
    subject: str = Field("", max_length=300, pattern=ONE_LINE)
    work_order: str = Field("", max_length=60, pattern=ONE_LINE)


class NewCustomerLink(BaseModel):
    """A customer link as it is asked for. Without `may`, a role of helpers helps and an observer watches.

    `role`: of those who help (never admin). `device_ids`: all that its holders are shown; None: what the session shows.
    """

    model_config = ConfigDict(extra="forbid")

    may: LinkMay | None = None
    role: Role = Role.OBSERVER
    label: str = Field("", max_length=80, pattern=ONE_LINE)
    is_for_work_order: bool = False
    device_ids: tuple[Id, ...] | None = Field(None, min_length=1, max_length=50)
    hours: int = Field(8, ge=1, le=168)


class JoiningLink(BaseModel):
    """`url` carries the token in its fragment, which browsers never send to a server and servers never log."""

    url: str
    role: Role
    hours: int
    link: CustomerLink


class IceServer(Frozen):
    """As browsers take it (RTCIceServer)."""

    urls: tuple[str, ...]
    username: str | None = None
    credential: str | None = None


class IceServers(Frozen):
    """What helps two browsers find a way to each other; names and passwords are good `until` then."""

    servers: tuple[IceServer, ...]
    until: datetime


class SessionStatus(StrEnum):
    RINGING = "ringing"  # nobody with the role expert has entered yet
    OPEN = "open"
    ENDED = "ended"


class Session(Frozen):
    """One support call as a list shows it."""

    id: str
    subject: str
    device_id: str | None
    status: SessionStatus
    opened_by: str
    opened_by_name: str
    opened_at: datetime
    ended_at: datetime | None
    last_still_sha256: str | None
    expert_names: tuple[str, ...]
    work_order: str = ""  # older logs do not say it


class Participant(Frozen):
    """Somebody in a session. `guest`: what their customer link lets them do; None for people with an account.

    A guest's name is what they call themselves: `invited_by` is the name of whose account made the link.
    """

    id: str
    display_name: str
    role: Role
    guest: LinkMay | None = None
    invited_by: str | None = None


class Signal(StrEnum):
    STOP = "stop"
    WAIT = "wait"
    GO = "go"
    PULL = "pull"
    WHICH = "which"


# -- frames -----------------------------------------------------------------------------------------------------


class Camera(Frozen):
    """Pinhole intrinsics in pixels for pictures of this size; k1 is the first radial coefficient (OpenCV's)."""

    width: int = Field(gt=0, le=20_000)
    height: int = Field(gt=0, le=20_000)
    fx: float = Field(gt=0, le=100_000, allow_inf_nan=False)
    fy: float = Field(gt=0, le=100_000, allow_inf_nan=False)
    cx: Number
    cy: Number
    k1: float = Field(0.0, ge=-5, le=5, allow_inf_nan=False)


class FrameRef(Frozen):
    """One frame of one camera stream. `how` says by what it was identified; `approximate` is flagged on screen."""

    stream: ShortId
    frame_id: int = Field(ge=0, lt=2**53)
    how: Literal["still", "ring", "rtp", "trailer", "strip", "approximate"] = "still"


class FramePart(Frozen):
    """Which part of its frame a picture shows: where its top left corner lies, and how large all of the frame is."""

    x: int = Field(ge=0, le=20_000)
    y: int = Field(ge=0, le=20_000)
    frame_width: int = Field(gt=0, le=20_000)
    frame_height: int = Field(gt=0, le=20_000)

    def demand(self, width: int, height: int, sighting: "Sighting | None") -> None:
        """Raise ValueError for a picture of this size that does not lie in the frame, or shows no known device."""
        if self.x + width > self.frame_width or self.y + height > self.frame_height:
            raise ValueError("that part does not lie in its frame")
        if sighting is None:
            raise ValueError("a part of a frame is shared with its sighting")


class PictureMask(StrEnum):
    """What of a picture was hidden before it left the camera: nothing, what is beside the device, or all of it."""

    NONE = "none"
    RANGE = "range"
    WHOLE = "whole"


class Sighting(Frozen):
    """Where a device's face was in one frame. `T_camera_face`: row-major 4x4, face millimetres → camera millimetres.

    `covariance`: row-major 6x6 of (rotation vector in radians, translation in mm), perturbing on the camera side.
    """

    device_id: Id
    face: FaceSide
    T_camera_face: tuple[Number, ...] = Field(min_length=16, max_length=16)
    covariance: tuple[Annotated[float, Field(allow_inf_nan=False)], ...] | None = Field(
        None, min_length=36, max_length=36
    )
    camera: Camera
    label_seen: bool
    tags_seen: tuple[int, ...] = Field((), max_length=50)
    # By what the face was found, also where motion carried it on since; left out by who knows symbols only.
    held: Held | None = None

    @property
    def held_by(self) -> Held | None:
        if self.held is None and (self.label_seen or self.tags_seen):
            return "symbols"
        return self.held


# -- annotations ------------------------------------------------------------------------------------------------


class OnFrame(Frozen):
    """Drawn on a picture: image points 0..1 from its top left, and the frame that was on the screen."""

    kind: Literal["frame"] = "frame"
    frame: FrameRef
    points: tuple[ImagePoint, ...] = Field(min_length=1, max_length=512)


class OnFace(Frozen):
    """Drawn on a face drawing: millimetres on the device's face."""

    kind: Literal["face"] = "face"
    device_id: Id
    face: FaceSide
    points_mm: tuple[FacePoint, ...] = Field(min_length=1, max_length=512)


class OnPort(Frozen):
    """Names a port or component; its place comes from the device type."""

    kind: Literal["port"] = "port"
    device_id: Id
    face: FaceSide
    port: str = Field(min_length=1, max_length=40)


Place = Annotated[OnFrame | OnFace | OnPort, Field(discriminator="kind")]


class Shape(StrEnum):
    """What is drawn, and what its points mean."""

    RING = "ring"  # centre, a point on the rim
    ARROW = "arrow"  # tail, head
    FREEHAND = "freehand"  # the stroke
    TEXT = "text"  # where it stands
    LABEL_3D = "label_3d"  # what it names, where the words stand (z_mm off the face allowed)
    PORT = "port"  # centre of the named port


class FaceAnchor(Frozen):
    """Fixed to a device: points in face millimetres, with the 95 % error radius at the worst of them."""

    kind: Literal["face"] = "face"  # older logs do not say it
    device_id: str
    face: FaceSide
    points_mm: tuple[FacePoint, ...] = Field(min_length=1, max_length=512)
    ring_mm: float | None  # None: drawn on the face itself, so there is nothing to be unsure of
    is_approximate: bool  # the frame could not be identified exactly
    port: str | None  # the port it names
    held: Held | None = (
        None  # by what the face was found where it was drawn; None: drawn on its drawing, or not told
    )

    @property
    def point_count(self) -> int:
        return len(self.points_mm)


class StillAnchor(Frozen):
    """Fixed to a still in which no device was recognised: image points of it, and nothing claimed about any device."""

    kind: Literal["still"] = "still"
    sha256: str
    width: int
    height: int
    points: tuple[ImagePoint, ...] = Field(min_length=1, max_length=512)

    @property
    def point_count(self) -> int:
        return len(self.points)


Anchor = FaceAnchor | StillAnchor


class Annotation(Frozen):
    """A mark that stays where it was drawn, on the equipment or on a still. `frame`: the frame it was drawn on, if any."""

    id: ShortId
    shape: Shape
    anchor: Anchor
    frame: FrameRef | None
    text: str
    is_hidden: bool
    is_kept: bool  # stays on the device for the next visit
    created_by: str
    created_at: datetime
    updated_at: datetime


# Names one of the apps' canned phrases, which each reader is shown in their own language.
PhraseId = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_]*$")]


class VoiceNote(Frozen):
    """What was spoken into an uploaded file (`POST /sessions/{id}/voice-notes`)."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    duration_ms: int = Field(gt=0, le=MAX_VOICE_NOTE_MS)


class ChatLine(Frozen):
    seq: int
    by: str
    at: datetime
    text: str
    phrase: PhraseId | None = None  # older logs know neither
    voice: VoiceNote | None = None


class VoiceFile(Frozen):
    """A voice note as it was uploaded, before or after it was said."""

    session_id: str
    sha256: str
    media_type: str
    duration_ms: int
    size_bytes: int
    created_at: datetime
    created_by: str


class SharedStill(Frozen):
    """A still that is part of the session. Its frame can be drawn on for as long as the session lives.

    `part`: it shows no more of the frame; None: all. Sighting, and points of marks, are those of the frame all the same.
    """

    seq: int
    by: str
    at: datetime
    frame: FrameRef
    sha256: str
    width: int
    height: int
    captured_at: datetime  # by the phone's clock: for display, never for order
    sighting: Sighting | None
    mask: PictureMask = PictureMask.NONE  # older logs do not say it
    part: FramePart | None = None


FrameKey = tuple[str, int]


@dataclass(frozen=True, slots=True)
class StillFrame:
    """A frame that was shared as a still. A session may have 10,000, so the event's text is read when it is needed."""

    sha256: str
    event: str

    def sighting(self) -> Sighting | None:
        return self._read().sighting

    def seq(self) -> int:
        return self._read().seq

    def anchor(self, points: tuple[ImagePoint, ...]) -> StillAnchor:
        """These points of it, and of nothing else."""
        still = self._read()
        return StillAnchor(sha256=self.sha256, width=still.width, height=still.height, points=points)

    def _read(self) -> "_Picture":
        return _WithPicture.model_validate_json(self.event).still


def still_frame(event: str) -> tuple[FrameKey, StillFrame]:
    """From the text of a stored `still.shared`."""
    still = _WithFrame.model_validate_json(event).still
    return (still.frame.stream, still.frame.frame_id), StillFrame(still.sha256, event)


class _Frame(BaseModel):
    stream: str
    frame_id: int


class _FrameOnly(BaseModel):
    frame: _Frame
    sha256: str


class _WithFrame(BaseModel):
    still: _FrameOnly


class _Picture(BaseModel):
    seq: int
    width: int
    height: int
    sighting: Sighting | None


class _WithPicture(BaseModel):
    still: _Picture


class GivenSignal(Frozen):
    seq: int
    by: str
    at: datetime
    signal: Signal


class Decision(StrEnum):
    APPROVED = "approved"
    REFUSED = "refused"


class Approval(Frozen):
    """Somebody who helps asks the customer whether something may be done; `decision` is None until they have said.

    `invited_by`: by whose link the one who decided is here, which may be who asked.
    """

    id: ShortId
    seq: int  # of the question
    what: str
    device_id: str | None  # which device it is about; None: what the session showed when it was asked
    asked_by: str
    asked_at: datetime
    decision: Decision | None
    reason: str
    decided_by: str | None
    decided_at: datetime | None
    invited_by: str | None = None


class RecordingState(StrEnum):
    ASKED = "asked"  # somebody has not agreed yet; nothing is recorded
    RUNNING = "running"
    PAUSED = "paused"  # somebody came who has not agreed yet; nothing is recorded
    ENDED = "ended"


class Recording(Frozen):
    """A recording of picture and voices. `recorder`: the client that makes it; `agreed`: everybody who said yes."""

    id: ShortId
    by: str  # who asked for it, and whose client records
    recorder: str
    asked_at: datetime
    state: RecordingState
    agreed: tuple[str, ...]
    began_at: datetime | None
    ended_by: str | None  # who ended it, or did not agree; "" for the service


class ShownStep(Frozen):
    """Which step of which guide is on, and which are done."""

    guide_id: Id
    step: int = Field(ge=0, le=1000)
    done: tuple[Annotated[int, Field(ge=0, le=1000)], ...] = Field(max_length=1000)


class ShownDevice(Frozen):
    device_id: Id
    face: FaceSide


class ShownPage(Frozen):
    """A page of a document that the service keeps; whoever may read the document sees it."""

    kind: Literal["page"] = "page"
    document_id: Id
    page: int = Field(ge=1, le=10_000)


class ShownPicture(Frozen):
    """A picture that was uploaded to the session as a still, of a screen for example."""

    kind: Literal["picture"] = "picture"
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    width: int = Field(gt=0, le=20_000)
    height: int = Field(gt=0, le=20_000)


class ShownScreen(Frozen):
    """Somebody's screen as it is now: `GET /sessions/{id}/screen`."""

    kind: Literal["screen"] = "screen"
    id: ShortId
    client: str  # which of their pages shares it


class LastOfScreen(Frozen):
    """What a screen showed when it was shared no more, kept as a still. `seq`: as of which event it was like that."""

    sha256: str
    width: int
    height: int
    seq: int


ShownDocument = Annotated[ShownPage | ShownPicture, Field(discriminator="kind")]
BeforeAll = Annotated[ShownPage | ShownPicture | ShownScreen, Field(discriminator="kind")]


class GivenDocument(Frozen):
    seq: int
    by: str
    at: datetime
    document: BeforeAll


# -- another's camera -------------------------------------------------------------------------------------------


class CameraAct(StrEnum):
    TELL = "tell"
    TORCH = "torch"
    ZOOM = "zoom"
    FOCUS = "focus"
    SWITCH = "switch"


class ZoomRange(Frozen):
    now: float = Field(gt=0, le=1000, allow_inf_nan=False)
    min: float = Field(gt=0, le=1000, allow_inf_nan=False)
    max: float = Field(gt=0, le=1000, allow_inf_nan=False)


class SessionDevice(Frozen):
    """The device a session shows, with its labels, newest first: what its face drawing needs."""

    view: DeviceView
    labels: tuple[Label, ...]


class SessionState(Frozen):
    """All that a joining participant needs. Chat, stills and signals: the newest; older ones by REST."""

    session_id: str
    is_ended: bool
    participants: tuple[Participant, ...]
    device: ShownDevice | None
    annotations: tuple[Annotation, ...]
    chat: tuple[ChatLine, ...]
    stills: tuple[SharedStill, ...]
    signal: GivenSignal | None
    step: ShownStep | None
    approvals: tuple[Approval, ...] = ()  # older logs know none
    document: GivenDocument | None = None
    recording: Recording | None = None  # the one that runs or is asked for


# -- folding ----------------------------------------------------------------------------------------------------


class LedgerLine(Frozen):
    client: str
    by: str
    last: int
    refused: tuple[int, ...]


class Snapshot(Frozen):
    """A folded log: all that `apply` has made of the events up to `seq`, the frames of older stills apart."""

    seq: int
    state: SessionState
    removed: tuple[Annotation, ...]
    ledgers: tuple[LedgerLine, ...]
    step_seq: int = 0  # of the event that gave the step; 0: unknown, in older logs
    voices: tuple[str, ...] = ()  # the files of all voice notes that were said
    recordings: tuple[str, ...] = ()  # the ids of all so far


# -- refusals ---------------------------------------------------------------------------------------------------


class FrameExpired(Conflict):
    code, title = "frame_expired", "That frame is no longer known; draw on a newer picture or a still"


class NoPose(Conflict):
    code, title = (
        "no_pose",
        "No device was recognised in that frame, and it was not shared as a still that a mark could be fixed to",
    )


class MissesFace(Invalid):
    code, title = "misses_face", "The line of sight through that point does not meet the device's face"


class MissesPicture(Invalid):
    code, title = "misses_picture", "That point lies outside the still"


class OnStillOnly(Conflict):
    code, title = "on_still_only", "A mark that is fixed to a still only cannot be kept on a device"


class UnknownDevice(NotFound):
    code, title = "unknown_device", "There is no such device in the registry"


class UnknownPort(NotFound):
    code, title = "unknown_port", "The device has no such port on that face"


class Elsewhere(Forbidden):
    code, title = "elsewhere", "The session is about equipment now that you may not see"


class UnknownApproval(NotFound):
    code, title = "unknown_approval", "Nothing was asked under this id"


class ApprovalExists(Conflict):
    code, title = "approval_exists", "Something was asked under this id before"


class Decided(Conflict):
    code, title = "decided", "That was decided before"


class NoWorkOrder(Invalid):
    code, title = "no_work_order", "The session belongs to no work order"


class UnknownRecording(NotFound):
    code, title = "unknown_recording", "There is no such recording in this session"


class RecordingExists(Conflict):
    code, title = "recording_exists", "Something is recorded already, or was under this id"


class UnknownAnnotation(NotFound):
    code, title = "unknown_annotation", "There is no such annotation in this session"


class AnnotationExists(Conflict):
    code, title = "annotation_exists", "There is already an annotation with this id"


class SessionEnded(Conflict):
    code, title = "session_ended", "The session has ended"


class SessionFull(Conflict):
    code, title = "session_full", "The session has reached its limit"


class OutOfOrder(Conflict):
    code, title = "out_of_order", "Durable messages must be numbered from 1 without gaps"


class WrongPoints(Invalid):
    code, title = "wrong_points", "That shape has another number of points"


class StreamTaken(Conflict):
    code, title = "stream_taken", "Another client already numbers frames under that stream name"


class MaskMissing(Conflict):
    code, title = "mask_missing", "At this site only pictures are taken in which all but the device is hidden"


class UnknownStill(NotFound):
    code, title = "unknown_still", "That picture was not uploaded to this session"


class NotShared(Conflict):
    code, title = "screen_not_shared", "That screen is shared no more, or by somebody else"


class NoScreen(NotFound):
    code, title = "no_screen", "No screen is shared that you may see, or no picture of it has come yet"


class TooManyScreens(TooMany):
    code, title = "too_many_screens", "Pictures of a screen came faster than one a second"
    retry_after_s = 1


class UnknownVoiceNote(NotFound):
    code, title = "unknown_voice_note", "That voice note was not uploaded to this session"


class SaidBefore(Conflict):
    code, title = "said_before", "That voice note was said before"


class UnknownSession(NotFound):
    code, title = "unknown_session", "There is no such session"


class ClientTaken(Conflict):
    code, title = "client_taken", "That client id belongs to somebody else in this session"


class TooManyClients(Conflict):
    code, title = "too_many_clients", "You have used too many client names in this session; use one you had"


class TooManyUnshared(Conflict):
    code, title = "too_many_unshared", "Too many pictures were uploaded to this session and not shared in it"


class TooManySignals(TooMany):
    code, title = "too_many_signals", "Too much was said at once to others about connections of your own"


class RefusedBefore(Conflict):
    code, title = "refused_before", "That message was refused when it first came"


class TooManyRefused(Conflict):
    code, title = (
        "too_many_refused",
        "Too many messages of this client were refused; start with a new client id",
    )


class NotSaved(Unavailable):
    code, title = "not_saved", "The service could not store this just now; nothing was lost, send it again"


class NotAMessage(Invalid):
    code, title = "not_a_message", "That is no message of the live session"
