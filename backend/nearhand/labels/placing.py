"""Choose where a label and its tags go on a face: near its ends, over no port and no component."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearhand.devices.model import Face, Port
from nearhand.labels.model import LabelPlace, NoRoom

TAG_SIZES_MM = (15.0, 12.0, 10.0, 8.0)
LABEL_SIZES_MM = (25.0, 20.0, 18.0, 15.0, 12.0, 10.0)
STEP_MM = 1.0
CLEARANCE_MM = 0.5
EDGE_MM = 1.0

Points = NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Piece:
    """How far a printed piece reaches from its symbol's centre: quiet zone all round, words below."""

    half_mm: float
    below_mm: float

    def at(self, x_mm: float, y_mm: float) -> Box:
        return Box(x_mm - self.half_mm, y_mm - self.half_mm, x_mm + self.half_mm, y_mm + self.below_mm)


def taken_by_parts(face: Face) -> list[Box]:
    parts: Iterable[Port] = [*face.ports, *(Port(**c.model_dump()) for c in face.components)]
    return [
        Box(
            p.x_mm - p.width_mm / 2 - CLEARANCE_MM,
            p.y_mm - p.height_mm / 2 - CLEARANCE_MM,
            p.x_mm + p.width_mm / 2 + CLEARANCE_MM,
            p.y_mm + p.height_mm / 2 + CLEARANCE_MM,
        )
        for p in parts
    ]


def place_pair(face: Face, piece: Piece, taken: list[Box]) -> tuple[tuple[float, float], tuple[float, float]]:
    """One place near each end of the face's longer side, as far apart as the parts allow. Raises NoRoom."""
    is_wide = face.width_mm >= face.height_mm
    first = _first_free(_from_end(face, piece, is_wide, is_far=False), piece, taken)
    if first is None:
        raise NoRoom("There is no room for a tag near one end of the face.")
    last = _first_free(_from_end(face, piece, is_wide, is_far=True), piece, [*taken, piece.at(*first)])
    if last is None:
        raise NoRoom("There is no room for a tag near the other end of the face.")
    return first, last


def place_label(face: Face, piece: Piece, size_mm: float, taken: list[Box]) -> LabelPlace | None:
    """The free place nearest to either end of the face's longer side, or None."""
    is_wide = face.width_mm >= face.height_mm
    near = _from_end(face, piece, is_wide, is_far=False)
    far = _from_end(face, piece, is_wide, is_far=True)
    both = np.stack([near, far], axis=1).reshape(-1, 2)
    found = _first_free(both, piece, taken)
    return None if found is None else LabelPlace(x_mm=found[0], y_mm=found[1], size_mm=size_mm)


def fits(face: Face, box: Box) -> bool:
    return box.left >= 0 and box.top >= 0 and box.right <= face.width_mm and box.bottom <= face.height_mm


def _first_free(points: Points, piece: Piece, taken: list[Box]) -> tuple[float, float] | None:
    is_free = np.ones(len(points), dtype=np.bool_)
    x, y = points[:, 0], points[:, 1]
    for box in taken:
        is_free &= (
            (x + piece.half_mm <= box.left)
            | (x - piece.half_mm >= box.right)
            | (y + piece.below_mm <= box.top)
            | (y - piece.half_mm >= box.bottom)
        )
    free = np.flatnonzero(is_free)
    if len(free) == 0:
        return None
    return round(float(x[free[0]]), 2), round(float(y[free[0]]), 2)


def _from_end(face: Face, piece: Piece, is_wide: bool, *, is_far: bool) -> Points:
    """A grid of places from one end of the longer side inward; across, from the middle outward."""
    xs = _grid(piece.half_mm + EDGE_MM, face.width_mm - piece.half_mm - EDGE_MM)
    ys = _grid(piece.half_mm + EDGE_MM, face.height_mm - piece.below_mm - EDGE_MM)
    along, across = (xs, ys) if is_wide else (ys, xs)
    middle = (face.height_mm if is_wide else face.width_mm) / 2
    across = across[np.argsort(np.abs(across - middle), kind="stable")]
    a, c = np.meshgrid(along[::-1] if is_far else along, across, indexing="ij")
    pair = (a, c) if is_wide else (c, a)
    return np.stack(pair, axis=-1).reshape(-1, 2)


def _grid(first: float, last: float) -> NDArray[np.float64]:
    if last < first:
        return np.empty(0)
    return np.append(np.arange(first, last, STEP_MM), last)
