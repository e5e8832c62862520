"""Take out of a picture's file what the camera wrote beside the picture: place, time, device. No pixel changes."""

import struct
import zlib
from collections.abc import Iterator

_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_ALONE = {0x01, *range(0xD0, 0xD8)}  # markers without a length: restart, and one that means nothing
_ICC, _EXIF = b"ICC_PROFILE\0", b"Exif\0\0"
_APP0, _APP1, _APP2, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF, 0xFE
_PNG_HEAD = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {
    *(
        b"IHDR",
        b"PLTE",
        b"IDAT",
        b"IEND",
        b"tRNS",
        b"gAMA",
        b"cHRM",
        b"sRGB",
        b"iCCP",
        b"sBIT",
        b"bKGD",
        b"pHYs",
    ),
    b"cICP",
}
_WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ICCP"}
_WEBP_HAS_EXIF, _WEBP_HAS_XMP, _WEBP_IS_ANIMATED = 0x08, 0x04, 0x02
_ORIENTATION = 0x0112


class Unparsable(ValueError):
    """Not built as such a file is: nobody can say what is in it."""


def bared(content: bytes) -> bytes:
    """The same picture with its colours and its way up, and nothing else. What is no picture stays as it is.

    Whatever stands behind the picture goes too: another file, or a second picture. Raises Unparsable.
    """
    try:
        if content.startswith(b"\xff\xd8\xff"):
            return _jpeg(content)
        if content.startswith(_PNG_HEAD):
            return _png(content)
        if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
            return _webp(content)
    except (IndexError, struct.error):
        raise Unparsable from None
    return content


# -- JPEG -------------------------------------------------------------------------------------------------------


def _jpeg(content: bytes) -> bytes:
    out, turned = [b"\xff\xd8"], 1
    for marker, segment in _segments(content):
        payload = segment[4:]
        if marker == _APP1 and payload.startswith(_EXIF):
            turned = _orientation(payload[len(_EXIF) :]) or turned
        if _is_of_the_picture(marker, payload):
            out.append(segment)
    if turned != 1:
        exif = _EXIF + _only_orientation(turned)
        at = 2 if len(out) > 1 and out[1][1] == _APP0 else 1
        out.insert(at, struct.pack(">BBH", 0xFF, _APP1, len(exif) + 2) + exif)
    return b"".join(out)


def _is_of_the_picture(marker: int, payload: bytes) -> bool:
    if marker == _APP2:
        return payload.startswith(_ICC)
    if marker == _APP0:
        return payload.startswith(b"JFIF\0")  # and not its thumbnail's extension
    if marker == _APP14:
        return payload.startswith(b"Adobe")  # how its colours are meant
    return not (_APP0 < marker <= _APP15 or marker == _COMMENT)


def _segments(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Every segment whole; of a scan also its data; the last is the end of the picture."""
    at = 2
    while True:
        if content[at] != 0xFF:
            raise Unparsable
        while content[at + 1] == 0xFF:  # filling
            at += 1
        marker = content[at + 1]
        if marker == _EOI:
            yield marker, b"\xff\xd9"
            return
        if marker in _ALONE:
            at += 2
            continue
        if marker in {0x00, _SOI}:
            raise Unparsable
        size = int(struct.unpack_from(">H", content, at + 2)[0])
        end = at + 2 + size
        if size < 2 or end > len(content):
            raise Unparsable
        if marker == _SOS:
            end = _end_of_scan(content, end)
        yield marker, b"\xff" + content[at + 1 : end]
        if end >= len(content):  # a picture cut off: what there is of it
            return
        at = end


def _end_of_scan(content: bytes, at: int) -> int:
    while True:
        at = content.find(b"\xff", at)
        if at < 0 or at + 1 >= len(content):
            return len(content)
        if content[at + 1] == 0x00 or content[at + 1] in _ALONE:
            at += 2
        elif content[at + 1] == 0xFF:
            at += 1
        else:
            return at


# -- Exif -------------------------------------------------------------------------------------------------------


def _orientation(tiff: bytes) -> int | None:
    """1 to 8, which way up; None where it is not said, or not so that it can be read."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return None
    try:
        (first,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, first)
        for entry in range(count):
            tag, kind, values, value = struct.unpack_from(order + "HHIH", tiff, first + 2 + 12 * entry)
            if (tag, kind, values) == (_ORIENTATION, 3, 1):
                return int(value) if 1 <= value <= 8 else None
    except struct.error:
        return None
    return None


def _only_orientation(turned: int) -> bytes:
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, 3, 1, turned, 0, 0)


# -- PNG --------------------------------------------------------------------------------------------------------


def _png(content: bytes) -> bytes:
    out, at, turned = [_PNG_HEAD], len(_PNG_HEAD), 1
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        end = at + 12 + size
        if end > len(content):
            if kind != b"IDAT":
                raise Unparsable
            end = len(content)  # a picture cut off
        if kind == b"eXIf":
            turned = _orientation(content[at + 8 : end - 4]) or turned
        elif kind in _PNG_KEPT:
            out.append(content[at:end])
        at = end
        if kind == b"IEND":
            break
    if turned != 1:
        out.insert(2, _png_chunk(b"eXIf", _only_orientation(turned)))
    return b"".join(out)


def _png_chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


# -- WebP -------------------------------------------------------------------------------------------------------


def _webp(content: bytes) -> bytes:
    end = min(len(content), 8 + int(struct.unpack_from("<I", content, 4)[0]))
    kept, at, turned = list[tuple[bytes, bytes]](), 12, 1
    while at + 8 <= end:
        kind, size = struct.unpack_from("<4sI", content, at)
        payload = content[at + 8 : min(at + 8 + size, end)]
        if kind == b"EXIF":
            turned = _orientation(payload.removeprefix(_EXIF)) or turned
        elif kind in _WEBP_KEPT:
            kept.append((kind, payload))
        at += 8 + size + size % 2
    has_exif = turned != 1 and any(kind == b"VP8X" for kind, _ in kept)
    if has_exif:
        kept.append((b"EXIF", _only_orientation(turned)))
    body = b"".join(_webp_chunk(kind, _flagged(kind, payload, has_exif)) for kind, payload in kept)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _flagged(kind: bytes, payload: bytes, has_exif: bool) -> bytes:
    if kind != b"VP8X":
        return payload
    flags = payload[0] & ~(_WEBP_HAS_XMP | _WEBP_HAS_EXIF | _WEBP_IS_ANIMATED)
    return bytes([flags | (_WEBP_HAS_EXIF if has_exif else 0)]) + payload[1:]


def _webp_chunk(kind: bytes, payload: bytes) -> bytes:
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)
