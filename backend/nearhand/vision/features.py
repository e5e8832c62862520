"""Find where a face may be in a picture by features that look alike.

A face is mostly the same thing many times over, so that one feature says hardly anything: of the features (SIFT, Lowe
2004) of a rack's picture that look most like one of the face's, one in fifty is the right one. Two that agree with each
other in place, size and direction say where all others must be; thousands of such pairs are tried.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.gray import Gray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

LONGEST_PX = 1600  # of the side of a picture that is searched; larger ones are searched smaller
FEATURES = 5000
CHECKED = 2500  # features that every place is tried on
LEAST_CONTRAST = 0.02
NEIGHBOURS = 3  # features of the picture that may be each of the face's
BEGINNINGS, PAIRS_EACH = 900, 4
BEST_STARTS = 150
LEAST_ASPECT, MOST_NEARER = 0.45, 2.5  # area to mean square length; the nearest end to the farthest
SEED = 20261122  # the same picture gives the same answer
# How well two features of one face agree: share of their distance, logarithm of their size, direction.
APART_MM, OFF_SHARE, OFF_SIZE, OFF_TURN = 60.0, 0.25, 0.5, 0.5
HALF_MM = 15.0  # a feature stands for two points, so far above and below it
AGREED_PX = 8.0
CELL_PX, PER_CELL = 40.0, 2  # places whose ends share a cell are one place
NARROWING_PX = (12.0, 8.0, 6.0, 4.0, 3.0, 3.0)
LEAST_AGREED = 12


@dataclass(frozen=True, eq=False)
class Features:
    """Places, sizes and directions (rad), and what each looks like."""

    at: Array
    size: Array
    turn: Array
    descriptors: Any

    def only(self, flags: Flags) -> "Features":
        return Features(self.at[flags], self.size[flags], self.turn[flags], self.descriptors[flags])


def features_of_face(gray: Gray, known: Flags, px_per_mm: float) -> Features:
    """Those of a face's picture, in millimetres."""
    found = _features(gray, known.astype(np.uint8) * 255)
    return Features((found.at + 0.5) / px_per_mm, found.size / px_per_mm, found.turn, found.descriptors)


def features_of_picture(gray: Gray) -> tuple[Features, float]:
    """Those of any picture in its pixels, and how many of them make one of the picture that was searched."""
    import cv2

    coarser = max(1.0, max(gray.shape) / LONGEST_PX)
    if coarser > 1:
        size = (round(gray.shape[1] / coarser), round(gray.shape[0] / coarser))
        gray = np.asarray(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    found = _features(gray, None)
    at = (found.at + 0.5) * coarser - 0.5
    return Features(at, found.size * coarser, found.turn, found.descriptors), coarser


def _features(gray: Gray, mask: NDArray[np.uint8] | None) -> Features:
    """Faces are dark: their contrast is raised first."""
    import cv2

    even = cv2.createCLAHE(3.0, (8, 8)).apply(gray)
    sift = cv2.SIFT.create(FEATURES, contrastThreshold=LEAST_CONTRAST)
    found, descriptors = sift.detectAndCompute(even, mask)
    return Features(
        np.array([one.pt for one in found], dtype=np.float64).reshape(-1, 2),
        np.array([one.size for one in found], dtype=np.float64),
        np.radians(np.array([one.angle for one in found], dtype=np.float64)),
        descriptors if descriptors is not None else np.zeros((0, 128), np.float32),
    )


@dataclass(frozen=True, eq=False)
class Rivals:
    """Every feature of the face beside the few of the picture that may be it, one row each."""

    mm: Array
    px: Array
    size: Array  # logarithm of pixels per millimetre
    turn: Array
    weight: Array
    number: NDArray[np.intp]  # of the face's feature
    coarser: float  # pixels of the picture in one of the picture that was searched


def rivals_among(face: Features, picture: Features, coarser: float) -> Rivals:
    import cv2

    matches = cv2.BFMatcher(cv2.NORM_L2).knnMatch(face.descriptors, picture.descriptors, k=NEIGHBOURS)
    rows = [one for few in matches for one in few]
    number = np.array([one.queryIdx for one in rows], dtype=np.intp)
    to = np.array([one.trainIdx for one in rows], dtype=np.intp)
    distance = np.array([one.distance for one in rows])
    weight = np.exp(-3 * distance / max(1e-9, float(np.median(distance))))
    return Rivals(
        face.at[number],
        picture.at[to],
        np.log(picture.size[to] / face.size[number]),
        picture.turn[to] - face.turn[number],
        weight / weight.sum(),
        number,
        coarser,
    )


# -- where most agree -------------------------------------------------------------------------------------------


def starts(rivals: Rivals) -> list[tuple[int, Array]]:
    """Maps from face millimetres to pixels, with how many features agree on each; the best first."""
    rng = np.random.default_rng(SEED)
    count = len(rivals.mm)
    share = min(BEGINNINGS, int((rivals.weight > 0).sum()))
    corners_mm, corners_px = [], []
    for one in rng.choice(count, share, replace=False, p=rivals.weight):
        away = rivals.mm - rivals.mm[one]
        length = np.linalg.norm(away, axis=1)
        expected = rivals.px[one] + away @ _turned(rivals, one).T
        off = np.linalg.norm(rivals.px - expected, axis=1)
        turn = np.abs((rivals.turn - rivals.turn[one] + np.pi) % (2 * np.pi) - np.pi)
        agree = np.nonzero(
            (length > APART_MM)
            & (off < OFF_SHARE * np.exp(rivals.size[one]) * length)
            & (np.abs(rivals.size - rivals.size[one]) < OFF_SIZE)
            & (turn < OFF_TURN)
        )[0]
        if len(agree) < 3:
            continue
        for other in rng.choice(agree, min(PAIRS_EACH, len(agree)), replace=False):
            mm, px = [], []
            for feature in (one, other):
                half = _turned(rivals, feature) @ np.array([0, HALF_MM])
                mm += [rivals.mm[feature] - [0, HALF_MM], rivals.mm[feature] + [0, HALF_MM]]
                px += [rivals.px[feature] - half, rivals.px[feature] + half]
            corners_mm.append(mm)
            corners_px.append(px)
    if not corners_mm:
        return []
    maps = _homographies(np.array(corners_mm), np.array(corners_px))
    maps = maps[_plausible(maps, rivals.mm)]
    some = rng.permutation(count)[:CHECKED]
    agreed = _agreements(maps, rivals.mm[some], rivals.px[some], AGREED_PX * rivals.coarser)
    narrowed = [_narrowed(maps[i], rivals) for i in _apart(maps, agreed, rivals)[:BEST_STARTS]]
    return sorted((one for one in narrowed if one is not None), key=lambda one: -one[0])


def _apart(maps: Array, agreed: NDArray[np.intp], rivals: Rivals) -> list[int]:
    """The best first, and few of those that lie at one place: a device beside it that looks much alike takes all else."""
    low, high = rivals.mm.min(axis=0), rivals.mm.max(axis=0)
    ends = np.array([[low[0], low[1], 1], [high[0], high[1], 1]])
    p = np.einsum("hij,nj->hni", maps, ends)
    at = (p[..., :2] / p[..., 2:]).reshape(-1, 4)
    cells: dict[tuple[int, ...], int] = {}
    kept = []
    for i in np.argsort(-agreed):
        cell = tuple(int(value) for value in at[i] // (CELL_PX * rivals.coarser))
        cells[cell] = cells.get(cell, 0) + 1
        if cells[cell] <= PER_CELL:
            kept.append(int(i))
    return kept


def _turned(rivals: Rivals, feature: int) -> Array:
    """d(px) / d(mm) about a feature, as far as its size and direction tell."""
    c, s = np.cos(rivals.turn[feature]), np.sin(rivals.turn[feature])
    return np.asarray(np.exp(rivals.size[feature]) * np.array([[c, -s], [s, c]]))


def _homographies(mm: Array, px: Array) -> Array:
    """N x 3 x 3 from N x 4 corresponding points; those without a solution are left out."""
    left = np.zeros((len(mm), 8, 8))
    x, y, u, v = mm[..., 0], mm[..., 1], px[..., 0], px[..., 1]
    left[:, 0::2, 0], left[:, 0::2, 1], left[:, 0::2, 2] = x, y, 1
    left[:, 0::2, 6], left[:, 0::2, 7] = -u * x, -u * y
    left[:, 1::2, 3], left[:, 1::2, 4], left[:, 1::2, 5] = x, y, 1
    left[:, 1::2, 6], left[:, 1::2, 7] = -v * x, -v * y
    right = np.zeros((len(mm), 8))
    right[:, 0::2], right[:, 1::2] = u, v
    size = np.abs(np.linalg.det(left))
    is_solved = size > 1e-9 * float(np.median(size))
    solved = np.linalg.solve(left[is_solved], right[is_solved][..., None])[..., 0]
    return np.column_stack([solved, np.ones(len(solved))]).reshape(-1, 3, 3)


def _plausible(maps: Array, mm: Array) -> Flags:
    """Whether a camera could see the face so: not mirrored, not edge-on, one end not many times nearer than the other."""
    low, high = mm.min(axis=0), mm.max(axis=0)
    ends = np.array([[low[0], low[1], 1], [high[0], low[1], 1], [high[0], high[1], 1], [low[0], high[1], 1]])
    p = np.einsum("hij,nj->hni", maps, ends)
    depth = p[..., 2:]
    with np.errstate(all="ignore"):
        at = p[..., :2] / depth
        turn = (maps[:, None, :2, :2] - at[..., None] * maps[:, None, 2:, :2]) / depth[..., None]
        area = np.linalg.det(turn)
        length = (turn**2).sum(axis=(2, 3)) / 2
        is_even = length.max(axis=1) < MOST_NEARER**2 * length.min(axis=1)
    return np.asarray(
        np.all(depth[..., 0] > 0, axis=1)
        & np.all(area > 0, axis=1)
        & is_even
        & np.all(area > LEAST_ASPECT * length, axis=1)
    )


def _agreements(maps: Array, mm: Array, px: Array, within_px: float) -> NDArray[np.intp]:
    one = np.column_stack([mm, np.ones(len(mm))])
    counts = [np.zeros(0, dtype=np.intp)]
    for start in range(0, len(maps), 64):
        p = np.einsum("hij,nj->hni", maps[start : start + 64], one)
        with np.errstate(all="ignore"):
            off = ((p[..., :2] / p[..., 2:] - px) ** 2).sum(axis=-1)
        counts.append(((off < within_px**2) & (p[..., 2] > 0)).sum(axis=1))
    return np.concatenate(counts)


def _narrowed(h: Array, rivals: Rivals) -> tuple[int, Array] | None:
    """The map fitted to ever closer agreement, and how many of the face's features agree in the end."""
    import cv2

    agreed = 0
    for within in NARROWING_PX:
        is_agreed = agreeing(h, rivals, within * rivals.coarser)
        agreed = min(len(np.unique(rivals.number[is_agreed])), len(np.unique(rivals.px[is_agreed], axis=0)))
        if agreed < LEAST_AGREED:
            return None
        fitted: Any = cv2.findHomography(rivals.mm[is_agreed], rivals.px[is_agreed], 0)[0]
        if fitted is None:
            return None
        h = np.asarray(fitted * np.sign(fitted[2, 2]))
    return agreed, h


def agreeing(h: Array, rivals: Rivals, within_px: float) -> Flags:
    p = rivals.mm @ h[:, :2].T + h[:, 2]
    with np.errstate(all="ignore"):
        off = np.linalg.norm(p[:, :2] / p[:, 2:] - rivals.px, axis=1)
    return np.asarray((off < within_px) & (p[:, 2] > 0))


def carried(h: Array, mm: Array) -> Array:
    p = mm @ h[:, :2].T + h[:, 2]
    with np.errstate(all="ignore"):
        return np.asarray(p[:, :2] / p[:, 2:])
