"""Say which part of a picture a device's face takes, with what is right beside it: the rest need not be sent."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.vision.camera import Intrinsics
from nearhand.vision.layout import LayoutFace
from nearhand.vision.mask import Extent, kept_outline
from nearhand.vision.rings import face_ring_mm

SURE_MM = 30.0  # less sure of the pose than this, nothing is cut off
WORTH = 0.8  # a part that is nearly all of it is not worth being one
EXACT = np.zeros((6, 6))


class PicturePart(NamedTuple):
    """In pixels of the picture."""

    x: int
    y: int
    width: int
    height: int


def crop_to(
    camera: Intrinsics, pose: ArrayLike, covariance: ArrayLike, face: LayoutFace, beside_mm: float
) -> PicturePart | None:
    """None: all of the picture. `beside_mm`: what is shown besides the face. The same as the browser's `crop.ts`."""
    ring_mm = face_ring_mm((face.width_mm / 2, face.height_mm / 2), pose, covariance, camera)
    if not ring_mm <= SURE_MM:
        return None
    beside = beside_mm + ring_mm
    around = Extent(-beside, -beside, face.width_mm + beside, face.height_mm + beside)
    outline = kept_outline(camera, pose, EXACT, around, 0)
    if outline is None:
        return None
    # Pixel centres are whole numbers: the first pixel begins half a one before.
    x, width = _evenly(outline[:, 0] + 0.5, camera.width)
    y, height = _evenly(outline[:, 1] + 0.5, camera.height)
    is_worth = width > 0 and height > 0 and width * height <= WORTH * camera.width * camera.height
    return PicturePart(x, y, width, height) if is_worth else None


def _evenly(edges: NDArray[np.float64], size: int) -> tuple[int, int]:
    """From and how many: outwards to even numbers, within the picture."""
    start = max(0, 2 * int(np.floor(edges.min() / 2)))
    end = min(size, 2 * int(np.ceil(edges.max() / 2)))
    return start, end - start
