"""Name what is seen in a picture: a label or a tag with its four corners."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class LabelSeen:
    """A QR symbol that was read. Corners: top-left, top-right, bottom-right, bottom-left as printed, in pixels."""

    text: str
    corners_px: NDArray[np.float64]
    modules: int = 0  # along a side; 0 when the decoder did not say
    sd_px: float = 0.5  # how sure each coordinate of a corner is


@dataclass(frozen=True, eq=False)
class TagSeen:
    """A tag that was found; corners as for labels."""

    dictionary: str
    id: int
    corners_px: NDArray[np.float64]
    sd_px: float = 0.5


def gray_of(image: NDArray[np.uint8]) -> Gray:
    """One brightness per pixel; colour pictures come as OpenCV gives them, blue first."""
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise ValueError("a picture is an array of bytes, height x width or height x width x 3")
    if image.ndim == 3:
        import cv2

        code = cv2.COLOR_BGR2GRAY if image.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
        return np.asarray(cv2.cvtColor(image, code), dtype=np.uint8)
    return np.ascontiguousarray(image)
