"""Find tags: the small square fiducials near a face's ears."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.edges import register
from nearhand.vision.gray import Gray, gray_of
from nearhand.vision.modules import tag_dictionary, tag_modules
from nearhand.vision.symbols import TagSeen

DICTIONARY = "DICT_4X4_250"
MIN_SIDE_PX = 9  # a 4x4 tag has six modules across; below 1.5 px each nothing is found


def find_tags(
    image: NDArray[np.uint8], dictionary: str = DICTIONARY, *, enlarged: float = 1.0
) -> list[TagSeen]:
    """All tags of one dictionary in a gray or BGR picture. Raises ValueError for a dictionary OpenCV lacks.

    `enlarged` searches a larger copy: slower, and it finds small tags that the picture itself hides.
    """
    import cv2

    gray = gray_of(image)
    if min(gray.shape) < 2 * MIN_SIDE_PX:
        return []
    searched = gray
    if enlarged != 1:
        large = cv2.resize(gray, None, fx=enlarged, fy=enlarged, interpolation=cv2.INTER_CUBIC)
        searched = np.asarray(large, dtype=np.uint8)
    corners, ids, _ = _detector(dictionary, 4 * MIN_SIDE_PX / max(gray.shape)).detectMarkers(searched)
    if ids is None:
        return []
    return [
        _seen(
            gray, dictionary, int(i), (np.asarray(c, dtype=np.float64).reshape(4, 2) + 0.5) / enlarged - 0.5
        )
        for i, c in zip(ids.ravel(), corners, strict=True)
    ]


def _seen(gray: Gray, dictionary: str, tag_id: int, corners: NDArray[np.float64]) -> TagSeen:
    edges = register(gray, tag_modules(dictionary, tag_id), corners)
    return TagSeen(dictionary, tag_id, corners if edges is None else edges.corners_px, edges)


def tag_side(dictionary: str) -> int:
    """Modules along a tag's side, its black border included."""
    return int(tag_dictionary(dictionary).markerSize) + 2


@lru_cache(maxsize=32)
def _detector(dictionary: str, min_perimeter_rate: float) -> Any:
    import cv2

    p = cv2.aruco.DetectorParameters()
    p.minMarkerPerimeterRate = min_perimeter_rate
    p.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_SUBPIX
    p.relativeCornerRefinmentWinSize = 0.5  # of a module; measured best of OpenCV's refinements
    return cv2.aruco.ArucoDetector(tag_dictionary(dictionary), p)
