"""Check that what was uploaded is a picture, whole and not too large."""

from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nearhand.kit.uploads import NotAPicture, TooManyPixels
from nearhand.vision.image import OversizedPicture, Picture, UnreadablePicture, open_colours, open_picture


def opened(file: BinaryIO, *, limit_pixels: int) -> Picture:
    """The picture, upright and in gray. Its header is checked first. Raises NotAPicture and TooManyPixels."""
    try:
        return open_picture(file, limit_pixels=limit_pixels)
    except OversizedPicture as error:
        raise TooManyPixels(f"{error}.") from None
    except UnreadablePicture:
        raise NotAPicture from None


def coloured(file: BinaryIO, *, limit_pixels: int) -> NDArray[np.uint8]:
    """The same in colour, blue first. Raises NotAPicture and TooManyPixels."""
    try:
        return open_colours(file, limit_pixels=limit_pixels)
    except OversizedPicture as error:
        raise TooManyPixels(f"{error}.") from None
    except UnreadablePicture:
        raise NotAPicture from None
