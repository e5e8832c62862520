"""What clients say to each other, and to the media server, about their cameras, voice and video."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from nearhand.sessions.message import (
    ALL_GUESTS,
    SPEAKING_GUESTS,
    WATCHERS,
    ClientId,
    Directed,
    FromClient,
    FromServer,
    Put,
    Traffic,
)
from nearhand.sessions.model import CameraAct, ImagePoint, ShortId, ZoomRange

MAX_SDP = 16_000  # characters; one sound and one picture each way take about 5,000


class IceCandidate(BaseModel):
    """As browsers say it (RTCIceCandidateInit)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidate: str = Field(max_length=1000)
    sdp_mid: str | None = Field(None, max_length=40)
    sdp_m_line_index: int | None = Field(None, ge=0, le=100)
    username_fragment: str | None = Field(None, max_length=300)


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
    # Which offer of its maker it is, or answers: an answer to one that was withdrawn is not taken for the next one's.
    offer: int | None = Field(default=None, ge=0, lt=2**31)


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


class RtcSfuLayer(Conferring):
    """Pictures of this leg are to come whole, or at half the size: my line carries no more."""

    type: Literal["rtc.sfu_layer"] = "rtc.sfu_layer"
    leg: ShortId
    layer: Literal["whole", "half"]


class RtcSfuLook(Conferring):
    """The pictures that I take are looked at, or not any more. Whoever enters looks."""

    type: Literal["rtc.sfu_look"] = "rtc.sfu_look"
    looks: bool


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
    offer: int | None


class RtcCandidateTold(Put):
    type: Literal["rtc.candidate_told"] = "rtc.candidate_told"
    run: ShortId
    to_run: ShortId
    candidate: IceCandidate | None


class RtcHushed(Put):
    type: Literal["rtc.hushed"] = "rtc.hushed"


class RtcParted(FromServer):
    """You and that client are not to be connected any more: close the connection now.

    They gave it up, are gone, or one of you may not see what the session is about now. Whoever was away is told when
    back.
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
    """The answer to what you send, or an offer of what another client sends: then `client` and `by` say whose.

    Another offer of the same leg is answered too, on the same connection; the same one was told again after a lost line.
    """

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


class RtcSfuWatched(FromServer):
    """Whether anybody looks at the pictures that you send: while nobody does, none need be made."""

    traffic = Traffic.DIRECTED
    type: Literal["rtc.sfu_watched"] = "rtc.sfu_watched"
    is_watched: bool
