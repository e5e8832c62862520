"""What is said on a session's second line, which carries live pictures: messages, and the head of each picture."""

import json
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from nearhand.kit.errors import Invalid
from nearhand.kit.patterns import Id
from nearhand.sessions.messages import Ping, Pong, Problem
from nearhand.sessions.model import NotAMessage, PictureMask

VIDEO_PROTOCOL = "nearhand.video.v1"
VERSION = 1
# version, codec, flags, quarter turns, frame_id, captured_at (ms since 1970), width, height, slot, nothing
_HEAD = struct.Struct(">BBBBIQHHHH")
HEAD_BYTES = _HEAD.size
KEY = 1  # flag: needs no picture before it
_MASK_SHIFT, _MASKS = 1, tuple(PictureMask)  # two flags more: what was hidden
_SLOT_AT = 20
Slot = Annotated[int, Field(ge=0, lt=2**16)]
FrameId = Annotated[int, Field(ge=0, lt=2**32)]


class Codec(IntEnum):
    JPEG = 1
    VP8 = 2


class BadPicture(Invalid):
    code, title = "bad_picture", "That is no picture of this line"


@dataclass(frozen=True, slots=True)
class Head:
    """What stands before a picture's bytes. `slot` names its stream on the way to those who watch."""

    codec: Codec
    is_key: bool
    frame_id: int
    captured_at_ms: int
    width: int
    height: int
    quarter_turns: int = 0
    slot: int = 0
    mask: PictureMask = PictureMask.NONE

    def pack(self) -> bytes:
        flags = (KEY if self.is_key else 0) | _MASKS.index(self.mask) << _MASK_SHIFT
        return _HEAD.pack(
            VERSION,
            self.codec,
            flags,
            self.quarter_turns,
            self.frame_id,
            self.captured_at_ms,
            self.width,
            self.height,
            self.slot,
            0,
        )


def read_head(picture: bytes) -> Head:
    """Raises BadPicture."""
    if len(picture) <= HEAD_BYTES:
        raise BadPicture(f"A picture has a head of {HEAD_BYTES} bytes, and something behind it.")
    version, codec, flags, turns, frame_id, at, width, height, slot, nothing = _HEAD.unpack_from(picture)
    hidden = flags >> _MASK_SHIFT
    if version != VERSION or codec not in set(Codec) or hidden >= len(_MASKS) or turns > 3 or nothing:
        raise BadPicture("Its head is of another version.")
    if not width or not height:
        raise BadPicture("It has no size.")
    codec, is_key = Codec(codec), bool(flags & KEY)
    if codec is Codec.JPEG and not (is_key and picture[HEAD_BYTES : HEAD_BYTES + 2] == b"\xff\xd8"):
        raise BadPicture("A JPEG begins with its mark, and needs no picture before it.")
    return Head(codec, is_key, frame_id, at, width, height, turns, slot, _MASKS[hidden])


def with_slot(picture: bytes, slot: int) -> bytes:
    return picture[:_SLOT_AT] + slot.to_bytes(2, "big") + picture[_SLOT_AT + 2 :]


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MediaSend(_Message):
    """First message: from here come the pictures of one stream."""

    type: Literal["media.send"] = "media.send"
    stream: str = Field(min_length=1, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")


class MediaWatch(_Message):
    """First message: tell all pictures of this session."""

    type: Literal["media.watch"] = "media.watch"


class MediaGot(_Message):
    """This picture has come, and all before it: there is room for more on the way."""

    type: Literal["media.got"] = "media.got"
    slot: Slot
    frame_id: FrameId


class MediaWatched(_Message):
    """How many would see a picture of this line now. Nobody: send none. The first one also says: come in."""

    type: Literal["media.watched"] = "media.watched"
    watchers: int


class MediaTook(_Message):
    """The picture has come to the service. `seen`: the newest that has come to anybody who watches."""

    type: Literal["media.took"] = "media.took"
    frame_id: FrameId
    seen: FrameId | None


class MediaKey(_Message):
    """Somebody has a gap: send a picture that needs none before it."""

    type: Literal["media.key"] = "media.key"


class MediaSpent(_Message):
    """The session has had as many bytes of pictures as it may: those of this line go nowhere any more."""

    type: Literal["media.spent"] = "media.spent"
    bytes: int


class MediaStream(_Message):
    """A stream that comes here: its pictures bear this slot, and were taken by this participant."""

    slot: Slot
    stream: str
    by: Id


class MediaStreams(_Message):
    """All streams there are now; told first, which also says: come in, and whenever one comes or goes."""

    type: Literal["media.streams"] = "media.streams"
    streams: tuple[MediaStream, ...]


MediaAsk = Annotated[MediaSend | MediaWatch | MediaGot | Ping, Field(discriminator="type")]
MediaTold = Annotated[
    MediaWatched | MediaTook | MediaKey | MediaSpent | MediaStreams | Pong | Problem,
    Field(discriminator="type"),
]
media_asks: TypeAdapter[MediaAsk] = TypeAdapter(MediaAsk)
media_told: TypeAdapter[MediaTold] = TypeAdapter(MediaTold)


def read_asks(text: str) -> list[MediaAsk]:
    """The messages of one text frame, an array or a single object. Raises NotAMessage."""
    try:
        found: Any = json.loads(text)
        return [media_asks.validate_python(one) for one in (found if isinstance(found, list) else [found])]
    except (ValueError, RecursionError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else "It is no JSON."
        raise NotAMessage(first[:200]) from None
