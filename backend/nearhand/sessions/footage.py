"""What a piece of a recording says of its own time: which events were heard, and which frames shown, seen how."""

import struct

from pydantic import Field

from nearhand.sessions.model import Frozen, ShortId, Sighting

HEAD_BYTES = 32 * 1024  # of what stands before the WebM

# How a recording and its log are told to the process that burns marks in: a kind, a length, and so many bytes.
FRAMING = struct.Struct(">cI")
EVENTS, HEAD, WEBM = b"E", b"H", b"W"


def framed(kind: bytes, content: bytes) -> bytes:
    return FRAMING.pack(kind, len(content)) + content


class MediaMark(Frozen):
    """What was there at this time of the recording: an event of the log, or a frame of a stream; else an unknown frame."""

    at_ms: int = Field(ge=0, lt=2**40)
    seq: int | None = Field(None, ge=0, lt=2**53)
    stream: ShortId | None = None
    frame_id: int | None = Field(None, ge=0, lt=2**53)


class SightedMark(MediaMark):
    """And where a device was in that frame: `frame.sight` is told once and not kept, so whoever records puts it down."""

    sighting: Sighting | None = None

    def without_sighting(self) -> MediaMark:
        return MediaMark(**self.model_dump(exclude={"sighting"}))


class ChunkHead(Frozen):
    """The first line of a piece, in JSON; behind it comes the WebM. `from_ms`: in the time of the recording."""

    from_ms: int = Field(ge=0, lt=2**40)
    marks: tuple[SightedMark, ...] = Field(max_length=200)
