"""Check a picture and write it anew, without what a camera hides in it."""

import io
from dataclasses import dataclass
from typing import BinaryIO

from PIL import Image, ImageOps

from nearhand.kit.uploads import NotAPicture, TooManyPixels
from nearhand.vision.image import FORMATS, OversizedPicture, UnreadablePicture, opened_image

LONG_SIDE_PX = 2048  # a step's picture travels in the pack for places without signal
JPEG_QUALITY = 88


@dataclass(frozen=True)
class CleanPicture:
    content: bytes
    media_type: str
    width: int
    height: int


def cleaned(file: BinaryIO, *, limit_pixels: int, long_side_px: int = LONG_SIDE_PX) -> CleanPicture:
    """The picture upright, not longer than the limit, and without place, time or device of its taking.

    Raises NotAPicture or TooManyPixels.
    """
    try:
        with opened_image(file, limit_pixels=limit_pixels) as image:
            return _written_anew(image, long_side_px)
    except OversizedPicture as error:
        raise TooManyPixels(f"{error}.") from None
    except UnreadablePicture:
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
