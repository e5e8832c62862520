"""The one way by which pictures leave: with what is beside the device hidden, where the site asks for that."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from nearhand.devices.model import CameraMask
from nearhand.field.frames import Picture
from nearhand.sessions.model import PictureMask, Sighting
from nearhand.vision.camera import Intrinsics
from nearhand.vision.layout import LayoutFace
from nearhand.vision.mask import Extent, kept_outline

CELLS = 40  # along the longer side: what is hidden shows colours, and nothing that could be read
SMALLEST_CELL_PX = 24
MARGIN_PX = 1.5


@dataclass(frozen=True)
class Seen:
    """Where a face was in exactly this picture, and how large it is."""

    sighting: Sighting
    face: LayoutFace


def outgoing(picture: Picture, rule: CameraMask, seen: Seen | None) -> tuple[Picture, PictureMask]:
    """The picture as it may leave, and what was hidden in it. `seen`: of the device that others are to see."""
    if rule is not CameraMask.ENFORCE:
        return picture, PictureMask.NONE
    hidden = pixelated(picture)
    outline = None if seen is None else _kept(picture, seen)
    if outline is None:
        return hidden, PictureMask.WHOLE
    inside = np.zeros(picture.shape[:2], np.uint8)
    # Rounded inwards by the margin: a pixel on the line is whole or not there.
    cv2.fillPoly(inside, [np.rint(outline).astype(np.int32)], 255)
    cv2.copyTo(picture, inside, hidden)
    return hidden, PictureMask.RANGE


def pixelated(picture: Picture) -> Picture:
    """Means over squares: a reduction that skips pixels would give them away one by one as the camera moves."""
    height, width = picture.shape[:2]
    cell = max(SMALLEST_CELL_PX, -(-max(width, height) // CELLS))
    across, down = -(-width // cell), -(-height // cell)
    padded: Any = cv2.copyMakeBorder(
        picture, 0, down * cell - height, 0, across * cell - width, cv2.BORDER_REPLICATE
    )
    small: Any = cv2.resize(padded, (across, down), interpolation=cv2.INTER_AREA)
    large: Any = cv2.resize(small, (across * cell, down * cell), interpolation=cv2.INTER_NEAREST)
    return np.ascontiguousarray(large[:height, :width], np.uint8)


def _kept(picture: Picture, seen: Seen) -> Any:
    camera = seen.sighting.camera
    is_of_it = picture.shape[:2] == (camera.height, camera.width)
    if seen.sighting.covariance is None or not is_of_it:
        return None  # how sure it is, or where in this picture, cannot be told
    return kept_outline(
        Intrinsics(**camera.model_dump()),
        seen.sighting.T_camera_face,
        seen.sighting.covariance,
        Extent(0, 0, seen.face.width_mm, seen.face.height_mm),
        MARGIN_PX,
    )
