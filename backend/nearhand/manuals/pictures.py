"""Check a picture and write it anew, without what a camera hides in it."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageOps

from nearhand.manuals.model import NotAPicture, TooManyPixels

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
LONG_SIDE_PX = 2048  # a step's picture travels in the pack for places without signal
JPEG_QUALITY = 88


@dataclass(frozen=True)
class CleanPicture:
    content: bytes
    media_type: str
    width: int
    height: int


def cleaned(path: Path, *, limit_pixels: int, long_side_px: int = LONG_SIDE_PX) -> CleanPicture:
    """The picture upright, not longer than the limit, and without place, time or device of its taking.

    Raises NotAPicture or TooManyPixels.
    """
    try:
        with Image.open(path, formats=tuple(FORMATS)) as image:
            if image.width * image.height > limit_pixels:
                raise TooManyPixels(f"{image.width} x {image.height}; {limit_pixels} pixels are allowed.")
            return _written_anew(image, long_side_px)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels(f"{limit_pixels} pixels are allowed.") from None
    # Pillow's readers raise whatever their parsing meets; all of it means the same to the sender.
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError):
        raise NotAPicture from None


def _written_anew(image: Image.Image, long_side_px: int) -> CleanPicture:
    name = image.format or "PNG"
    image.load()
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((long_side_px, long_side_px))
    has_alpha = name != "JPEG" and upright.has_transparency_data
    plain = upright.convert("RGBA" if has_alpha else "RGB")
    # A new image takes the pixels alone: EXIF, comments and profiles stay behind.
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    written = io.BytesIO()
    bare.save(written, name, **({} if name == "PNG" else {"quality": JPEG_QUALITY}))
    return CleanPicture(written.getvalue(), FORMATS[name], bare.width, bare.height)
