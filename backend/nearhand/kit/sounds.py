"""Tell what a short recording is, and how long, from its bytes alone: sound in WebM, Ogg or MP4, and nothing else."""

from collections.abc import Iterator
from dataclasses import dataclass

from nearhand.kit.errors import Unsupported

WEBM, OGG, MP4 = "audio/webm", "audio/ogg", "audio/mp4"

_EBML, _SEGMENT, _TRACKS, _TRACK = 0x1A45DFA3, 0x18538067, 0x1654AE6B, 0xAE
_TRACK_KIND, _CODEC = 0x83, 0x86
_CLUSTER, _CLUSTER_TIME, _BLOCK, _GROUP, _GROUP_BLOCK = 0x1F43B675, 0xE7, 0xA3, 0xA0, 0xA1
_SOUND_TRACK = 2
_OPUS_PER_MS = 48
_BLOCK_MS = 60  # the last block of a recording lasts as long at most
_MOST_BOXES = 20_000
_MP4_CONTAINERS = {b"moov", b"trak", b"mdia"}


class NotASound(Unsupported):
    code, title = "not_a_sound", "This is not a recording of sound alone in WebM, Ogg or MP4"


@dataclass(frozen=True)
class Sound:
    media_type: str
    duration_ms: int | None  # None: it does not say


def read_sound(data: bytes) -> Sound:
    """Raises NotASound, also for one that holds pictures."""
    try:
        if data.startswith(b"\x1a\x45\xdf\xa3"):
            return _webm(data)
        if data.startswith(b"OggS"):
            return _ogg(data)
        if data[4:8] == b"ftyp":
            return _mp4(data)
    except (IndexError, ValueError):
        raise NotASound from None
    raise NotASound


# -- WebM -------------------------------------------------------------------------------------------------------


def _webm(data: bytes) -> Sound:
    kinds: list[tuple[int, bytes]] = []
    end_ms = cluster_ms = 0
    for element, content in _elements(data, 0, len(data)):
        if element == _TRACK:
            inside = dict(_flat(content))
            kinds.append((int.from_bytes(inside.get(_TRACK_KIND, b"")), inside.get(_CODEC, b"")))
        elif element == _CLUSTER_TIME:
            cluster_ms = int.from_bytes(content)
        elif element in {_BLOCK, _GROUP_BLOCK} and len(content) > 3:
            end_ms = max(end_ms, cluster_ms + int.from_bytes(content[1:3], signed=True) + _BLOCK_MS)
    if not kinds or any(kind != _SOUND_TRACK or codec != b"A_OPUS" for kind, codec in kinds):
        raise NotASound
    return Sound(WEBM, end_ms or None)


def _elements(data: bytes, at: int, end: int) -> Iterator[tuple[int, bytes]]:
    """All that counts, in order. What a recorder leaves open goes on to the end of the file."""
    for _ in range(_MOST_BOXES):
        if at >= end:
            return
        element, at = _number(data, at, keeps_marker=True)
        size, at = _number(data, at)
        if element in {_SEGMENT, _TRACKS, _CLUSTER, _GROUP}:
            continue  # its content follows, and is looked at in turn
        if size is None or element is None or at + size > end:
            return
        yield element, data[at : at + size]
        at += size
    raise NotASound


def _flat(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        element, at = _number(content, at, keeps_marker=True)
        size, at = _number(content, at)
        if element is None or size is None:
            return
        yield element, content[at : at + size]
        at += size


def _number(data: bytes, at: int, *, keeps_marker: bool = False) -> tuple[int | None, int]:
    """A number as EBML writes it; None: not known."""
    first = data[at]
    length = 9 - first.bit_length()
    if length > 8:
        raise ValueError
    whole = data[at : at + length]
    if len(whole) < length:
        raise ValueError
    value = int.from_bytes(whole)
    bits = 7 * length
    if keeps_marker:
        return value, at + length
    value &= (1 << bits) - 1
    return (None if value == (1 << bits) - 1 else value), at + length


# -- Ogg --------------------------------------------------------------------------------------------------------


def _ogg(data: bytes) -> Sound:
    at, last, serials = 0, 0, set()
    while data[at : at + 4] == b"OggS":
        is_first = data[at + 5] & 2
        granule = int.from_bytes(data[at + 6 : at + 14], "little")
        serials.add(data[at + 14 : at + 18])
        segments = data[at + 27 : at + 27 + data[at + 26]]
        body = at + 27 + len(segments)
        if is_first and data[body : body + 8] != b"OpusHead":
            raise NotASound
        if granule < 2**62:
            last = max(last, granule)
        at = body + sum(segments)
    if len(serials) != 1 or at < len(data):
        raise NotASound
    return Sound(OGG, last // _OPUS_PER_MS or None)


# -- MP4 --------------------------------------------------------------------------------------------------------


def _mp4(data: bytes) -> Sound:
    handlers: list[bytes] = []
    duration_ms: int | None = None
    for kind, content in _boxes(data, 0, len(data)):
        if kind == b"hdlr":
            handlers.append(content[8:12])
        elif kind == b"mvhd" and content[0] == 0 and len(content) >= 20:
            scale, length = int.from_bytes(content[12:16]), int.from_bytes(content[16:20])
            duration_ms = length * 1000 // scale if scale and length else None
    if handlers != [b"soun"]:
        raise NotASound
    return Sound(MP4, duration_ms)


def _boxes(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes]]:
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            return
        size, kind = int.from_bytes(data[at : at + 4]), data[at + 4 : at + 8]
        size = size or end - at
        if size < 8 or at + size > end:
            raise ValueError
        yield kind, data[at + 8 : at + size]
        at += 8 if kind in _MP4_CONTAINERS else size
    raise NotASound
