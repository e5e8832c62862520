"""Open pictures: the header decides whether the rest is decoded."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.gray import Gray

if TYPE_CHECKING:
    from PIL import Image

Source = Path | bytes | IO[bytes]

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
EXIF_SUB_IFD, EXIF_FOCAL_35MM = 0x8769, 0xA405

# What Pillow's readers raise when a file is not what its first bytes promise.
_BROKEN = (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError)


class UnreadablePicture(ValueError):
    """Not a picture of a known kind, or one that is broken off."""


class OversizedPicture(ValueError):
    """A picture with more bytes or pixels than the limit."""


@dataclass(frozen=True, eq=False)
class Picture:
    """A decoded picture, upright as browsers show it; `focal_35mm` where its camera wrote it down."""

    gray: Gray
    media_type: str
    focal_35mm: float | None


def open_picture(source: Source, *, limit_pixels: int, limit_bytes: int | None = None) -> Picture:
    """Raise UnreadablePicture or OversizedPicture."""
    from PIL import ImageOps

    with opened_image(source, limit_pixels=limit_pixels, limit_bytes=limit_bytes) as image:
        media_type, focal = FORMATS[image.format or ""], _focal_35mm(image)
        return Picture(_gray(ImageOps.exif_transpose(image)), media_type, focal)


def open_colours(source: Source, *, limit_pixels: int) -> NDArray[np.uint8]:
    """The same picture in colour, height x width x 3, blue first. Raises UnreadablePicture or OversizedPicture."""
    from PIL import ImageOps

    with opened_image(source, limit_pixels=limit_pixels) as image:
        colours = np.asarray(ImageOps.exif_transpose(image).convert("RGB"), dtype=np.uint8)
    return np.ascontiguousarray(colours[..., ::-1])


@contextmanager
def opened_image(
    source: Source, *, limit_pixels: int, limit_bytes: int | None = None
) -> Iterator["Image.Image"]:
    """The one door for pictures: its header is read here, the rest when the block asks for its pixels.

    Raises UnreadablePicture or OversizedPicture, for what the block meets in the file too.
    """
    from PIL import Image

    if limit_bytes is not None and (size_bytes := _size_bytes(source)) > limit_bytes:
        raise OversizedPicture(f"{size_bytes} bytes; {limit_bytes} are allowed")
    file = io.BytesIO(source) if isinstance(source, bytes) else source
    try:
        with Image.open(file, formats=tuple(FORMATS)) as image:
            width, height = image.size
            if width * height > limit_pixels:
                raise OversizedPicture(f"{width} x {height}; {limit_pixels} pixels are allowed")
            yield image
    except OversizedPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise OversizedPicture(f"{limit_pixels} pixels are allowed") from None
    except MemoryError:
        raise OversizedPicture("there is not enough memory for it") from None
    except _BROKEN as error:
        raise UnreadablePicture(f"not a readable JPEG, PNG or WebP picture ({error})") from None


def _size_bytes(source: Source) -> int:
    if isinstance(source, bytes):
        return len(source)
    return source.stat().st_size if isinstance(source, Path) else source.seek(0, io.SEEK_END)


def _gray(image: Any) -> Gray:
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits of gray
        return np.asarray(np.asarray(image).astype(np.int64) >> 8, dtype=np.uint8)
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        # Paper is white: a code drawn on nothing would vanish on black.
        paper = Image.new("RGBA", image.size, (255, 255, 255, 255))
        paper.alpha_composite(image.convert("RGBA"))
        image = paper
    return np.ascontiguousarray(image.convert("L"), dtype=np.uint8)


def _focal_35mm(image: Any) -> float | None:
    try:
        value = float(image.getexif().get_ifd(EXIF_SUB_IFD).get(EXIF_FOCAL_35MM, 0))
    except _BROKEN:
        return None
    return value if 8 <= value <= 300 else None
