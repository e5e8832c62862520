"""Read labels: QR symbols, in pictures that are good and in those that are not."""

import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.symbols import Gray, LabelSeen, gray_of

TIMEOUT_S = 5.0


def read_labels(image: NDArray[np.uint8], *, timeout_s: float = TIMEOUT_S) -> list[LabelSeen]:
    """All labels that the first fruitful way of looking finds in a gray or BGR picture."""
    gray = gray_of(image)
    deadline = time.monotonic() + timeout_s
    for view, scale, options in _views(gray):
        found = _read(view, scale, **options)
        if found or time.monotonic() > deadline:
            return found
    return []


def _views(gray: Gray) -> Iterator[tuple[Gray, float, dict[str, Any]]]:
    yield gray, 1.0, {}


def _read(gray: Gray, scale: float, **options: Any) -> list[LabelSeen]:
    import zxingcpp

    found = zxingcpp.read_barcodes(gray, formats=zxingcpp.BarcodeFormat.QRCode, **options)
    return [LabelSeen(b.text, _corners(b.position, scale)) for b in found]


def _corners(position: Any, scale: float) -> NDArray[np.float64]:
    p = (position.top_left, position.top_right, position.bottom_right, position.bottom_left)
    # zxing counts from the corner of the first pixel, we count from its centre.
    return np.array([(c.x, c.y) for c in p], dtype=np.float64) / scale - 0.5
