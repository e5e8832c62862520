"""Check that an uploaded still is a picture, whole and not too large."""

from pathlib import Path

from PIL import Image

from nearhand.media.model import NotAPicture, TooManyPixels

FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def checked(path: Path, *, limit_pixels: int) -> tuple[str, int, int]:
    """Its media type, width and height. Raises NotAPicture and TooManyPixels."""
    try:
        with Image.open(path, formats=tuple(FORMATS)) as image:
            width, height = image.size
            if width * height > limit_pixels:
                raise TooManyPixels(f"{width} x {height}; {limit_pixels} pixels are allowed.")
            # The header may promise what the rest does not hold.
            image.load()
            return FORMATS[image.format or ""], width, height
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise TooManyPixels(f"{limit_pixels} pixels are allowed.") from None
    # Pillow's readers raise whatever their parsing meets; all of it means the same to the sender.
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError):
        raise NotAPicture from None
