"""Read labels: QR symbols, in pictures that are good and in those that are not."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.edges import register
from nearhand.vision.gray import Gray, gray_of
from nearhand.vision.modules import Modules, qr_modules
from nearhand.vision.symbols import LabelSeen

TIMEOUT_S = 5.0
WHOLE_LIMIT_PX = 4_000_000  # larger pictures are treated at reduced scale, then in crops
UPSCALE_LIMIT_PX = 2_500_000
TILT = 0.15  # of a side's length, off each of its ends
TILT_LIMIT_PX = 500_000
CROPS = 3  # along each side, overlapping by a third


@dataclass(frozen=True, eq=False)
class View:
    """A picture made from another. `back` carries its points to the other's; both counted from pixel corners."""

    gray: Gray
    back: NDArray[np.float64] = field(default_factory=lambda: np.eye(3))
    is_global: bool = False  # one threshold for all of it, instead of one per neighbourhood


def read_labels(image: NDArray[np.uint8], *, timeout_s: float = TIMEOUT_S) -> list[LabelSeen]:
    """All labels that the first fruitful way of looking finds in a gray or BGR picture.

    Nothing is stopped in the middle: the time limit decides whether another way is tried.
    """
    gray = gray_of(image)
    if min(gray.shape) < 8:
        return []
    deadline = time.monotonic() + timeout_s
    for view in _views(gray):
        found = _read(view)
        if found or time.monotonic() > deadline:
            return found
    return []


def sharpen(image: NDArray[np.uint8], seen: LabelSeen) -> LabelSeen:
    """The same label registered to the picture; what cannot be registered stays as it is."""
    if seen.modules is None:
        return seen
    if _is_mirrored(seen.text, seen.modules):
        return replace(seen, is_mirrored=True)
    edges = register(gray_of(image), seen.modules, seen.corners_px)
    return seen if edges is None else replace(seen, corners_px=edges.corners_px, edges=edges)


def _is_mirrored(text: str, modules: Modules) -> bool:
    """The decoder reads a mirrored symbol as well, and gives it as the same one turned over its diagonal."""
    try:
        printed = qr_modules(text)
    except ValueError:
        return False
    return printed.shape == modules.shape and bool(
        np.mean(modules == printed.T) > np.mean(printed == modules)
    )


def _views(gray: Gray) -> Iterator[View]:
    """Ways of looking at a picture, the cheapest first; each one was kept for photographs that only it reads."""
    yield View(gray)
    yield View(gray, is_global=True)
    whole = _reduced(View(gray))
    yield from _treated(whole)
    if gray.size > WHOLE_LIMIT_PX:
        for crop in _crops(gray):
            yield crop
            yield from _treated(crop)


def _treated(view: View) -> Iterator[View]:
    import cv2

    def filtered(treat: Callable[[Gray], Any], of: View) -> View:
        return View(np.asarray(treat(of.gray), dtype=np.uint8), of.back)

    three = np.ones((3, 3), np.uint8)
    yield filtered(cv2.createCLAHE(3.0, (4, 4)).apply, view)
    yield filtered(_darken, view)
    half = _scaled(view, 0.5)
    yield filtered(lambda g: cv2.morphologyEx(g, cv2.MORPH_CLOSE, three), half)
    if view.gray.size <= UPSCALE_LIMIT_PX:
        double = _scaled(view, 2.0)
        yield double
        yield filtered(lambda g: cv2.erode(g, three), double)  # prints that have lost ink, overexposed ones
        yield filtered(lambda g: cv2.dilate(g, three), double)  # prints whose ink has spread
        yield filtered(lambda g: cv2.LUT(g, _GAMMA_HALF), double)  # deep shadow
    if view.gray.size <= TILT_LIMIT_PX:
        # On paper or cloth that is bent, the decoder's grid slips by a module; seen aslant it may not.
        for side in range(4):
            tilted = _tilted(view, side)
            yield filtered(lambda g: cv2.erode(g, three), tilted)
            yield filtered(_darken, tilted)


def _darken(gray: Gray) -> Any:
    """Against glare: all but the brightest becomes darker."""
    import cv2

    return cv2.LUT(gray, _GAMMA_2)


def _crops(gray: Gray) -> Iterator[View]:
    height, width = gray.shape
    h, w = height * 4 // (3 * CROPS), width * 4 // (3 * CROPS)
    for row in range(CROPS):
        for column in range(CROPS):
            top, left = row * (height - h) // (CROPS - 1), column * (width - w) // (CROPS - 1)
            crop = np.ascontiguousarray(gray[top : top + h, left : left + w])
            yield _reduced(View(crop, np.array([[1, 0, left], [0, 1, top], [0, 0, 1]], dtype=np.float64)))


def _reduced(view: View) -> View:
    size = view.gray.size
    return view if size <= WHOLE_LIMIT_PX else _scaled(view, (WHOLE_LIMIT_PX / size) ** 0.5)


def _scaled(view: View, factor: float) -> View:
    import cv2

    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    gray = np.asarray(cv2.resize(view.gray, None, fx=factor, fy=factor, interpolation=how), dtype=np.uint8)
    height, width = view.gray.shape
    shrink = np.diag([width / gray.shape[1], height / gray.shape[0], 1.0])
    return View(gray, view.back @ shrink)


def _tilted(view: View, side: int) -> View:
    """The picture enlarged, with one of its sides drawn together."""
    import cv2

    height, width = view.gray.shape
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    moved = corners.copy()
    along = (corners[(side + 1) % 4] - corners[side]) * TILT
    moved[side] += along
    moved[(side + 1) % 4] -= along
    h = cv2.getPerspectiveTransform(corners, moved * np.float32(2.5))
    size = (int(width * 2.5), int(height * 2.5))
    gray = cv2.warpPerspective(view.gray, h, size, flags=cv2.INTER_CUBIC)
    return View(np.asarray(gray, dtype=np.uint8), view.back @ np.linalg.inv(h))


def _read(view: View) -> list[LabelSeen]:
    import zxingcpp

    found = zxingcpp.read_barcodes(
        view.gray,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        text_mode=zxingcpp.TextMode.Plain,
        binarizer=zxingcpp.Binarizer.GlobalHistogram if view.is_global else zxingcpp.Binarizer.LocalAverage,
    )
    return [LabelSeen(b.text, _corners(b.position, view), _modules(b)) for b in found]


def _modules(barcode: Any) -> Modules:
    return np.asarray(barcode.to_image(scale=1, add_quiet_zones=False)) < 128


def _corners(position: Any, view: View) -> NDArray[np.float64]:
    p = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    # zxing counts from the corner of the first pixel, the house from its centre.
    corners = np.array([(c.x, c.y, 1) for c in p], dtype=np.float64) @ view.back.T
    return np.asarray(corners[:, :2] / corners[:, 2:] - 0.5)


_RAMP = np.arange(256) / 255
_GAMMA_2 = np.round(255 * _RAMP**2).astype(np.uint8)
_GAMMA_HALF = np.round(255 * _RAMP**0.5).astype(np.uint8)
