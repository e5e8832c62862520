"""Follow corners of a picture into the next: OpenCV's pyramidal Lucas-Kanade, checked by the way back."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.gray import Gray

Array = NDArray[np.float64]

SMALL_PX = 640  # the longer side of what is tracked
LEVELS = 2
WINDOW = (13, 13)
RETURN_PX = 0.6  # the way there and back must end where it began
CORNER_QUALITY = 0.01
COARSE = 8  # how many times smaller the picture is on which its motion as a whole is looked for
REACH = 8  # pixels of that


def reduced(gray: Gray) -> Gray:
    """The picture as it is tracked."""
    import cv2

    scale = SMALL_PX / max(gray.shape)
    if scale >= 1:
        return gray
    size = round(gray.shape[1] * scale), round(gray.shape[0] * scale)
    return np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def find_corners(gray: Gray, outline: Array, taken: Array, wanted: int, gap_px: float) -> Array:
    """Up to `wanted` corners inside a convex outline, none near another or one of the `taken`."""
    import cv2

    mask = np.zeros(gray.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.rint(np.clip(outline, -1e4, 1e4)).astype(np.int32), 255)
    for x, y in taken:
        cv2.circle(mask, (round(x), round(y)), round(gap_px), 0, cv2.FILLED)
    if wanted < 1:
        return np.empty((0, 2))
    found = cv2.goodFeaturesToTrack(gray, wanted, CORNER_QUALITY, gap_px, mask=mask)
    return np.empty((0, 2)) if found is None else np.asarray(found, dtype=np.float64).reshape(-1, 2)


def follow_points(before: Gray, now: Gray, points: Array, places: Array) -> tuple[Array, NDArray[np.bool_]]:
    """Where points of one picture are in the next, near the places where they are expected; and which of them can be
    trusted."""
    import cv2

    if len(points) == 0:
        return points, np.zeros(0, dtype=bool)
    how: dict[str, Any] = {
        "winSize": WINDOW,
        "criteria": (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 15, 0.02),
        "flags": cv2.OPTFLOW_USE_INITIAL_FLOW,
        "minEigThreshold": 1e-3,
    }
    start, guess = _column(points), _column(places)
    there, is_there, _ = cv2.calcOpticalFlowPyrLK(before, now, start, guess.copy(), maxLevel=LEVELS, **how)
    # Back with the error of the guess, not with the answer: or the way back would always end well.
    back_guess = (start + (there - guess)).astype(np.float32)
    back, is_back, _ = cv2.calcOpticalFlowPyrLK(now, before, there, back_guess, maxLevel=1, **how)
    apart = np.linalg.norm((back - start).reshape(-1, 2), axis=1)
    is_found = (is_there.ravel() > 0) & (is_back.ravel() > 0) & (apart < RETURN_PX)
    return np.asarray(there, dtype=np.float64).reshape(-1, 2), is_found


def shift_between(before: Gray, now: Gray) -> Array:
    """By how many pixels (x, y) the second picture shows the same things further right and down, as a whole."""
    import cv2

    size = now.shape[1] // COARSE, now.shape[0] // COARSE
    if min(size) < 3 * REACH:
        return np.zeros(2)
    small, wide = (cv2.resize(picture, size, interpolation=cv2.INTER_AREA) for picture in (before, now))
    middle = small[REACH:-REACH, REACH:-REACH]
    fits = cv2.matchTemplate(wide, middle, cv2.TM_CCOEFF_NORMED)
    _, _, _, (x, y) = cv2.minMaxLoc(fits)
    return np.array([x - REACH, y - REACH], dtype=np.float64) * COARSE


def detail(gray: Gray) -> float:
    """How much fine detail a picture has: motion blur takes it away."""
    import cv2

    return float(cv2.Laplacian(gray, cv2.CV_16S).astype(np.float32).var())


def _column(points: Array) -> NDArray[np.float32]:
    return np.ascontiguousarray(points, dtype=np.float32).reshape(-1, 1, 2)
