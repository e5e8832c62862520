"""Register a symbol to a picture: lay its known modules over it and measure where their edges are.

Point-to-edge Gauss-Newton (as in Drummond and Cipolla, "Real-time visual tracking of complex structures", 2002) on the
eight parameters of a homography, so that neither camera nor pose has to be known yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.vision.gray import Gray
from nearhand.vision.modules import Modules

Array = NDArray[np.float64]

ROUNDS = 4
PROFILE = 15  # samples across an edge
REACH = 0.9  # modules to both sides of an edge
BLURS_PX = (0.5, 0.8, 1.2, 1.7)
TEMPLATE_PX, TEMPLATE_QUIET = 6, 2  # pixels to a module, modules around the symbol
ODD = 0.2  # of the symbol's contrast
LEAST_MODULE_PX = 1.0
LEAST_EDGES = 16
MOST_EDGES = 3000  # of a larger symbol, every second or third point
LEAST_CONTRAST = 12.0  # grey levels
FOUND_SHARE = 0.45  # of the edges in the picture; a covered, glaring or foreign symbol has fewer
OUTLIER_SD = 2.5
# Blur makes neighbouring samples err alike: what is nearer together than this counts as one.
INDEPENDENT_PX = 2.5
FLOOR_SD_PX = 0.1
# Along one edge errors are alike beyond that (motion, a blur that is not quite the one assumed): measured on renders.
ALIKE = 1.6
SWELL_SD_PX = 0.15  # how much larger or smaller dark modules look, by ink, blur and the camera's gamma
PATTERN_MATCH = 0.6  # from here on, a picture looks like the modules
PATTERN_BLURS = (0.0, 0.5, 0.8)  # modules
FINDERS = 9  # modules at three of a QR symbol's corners that all symbols share, format included
CORNERS = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])


@dataclass(frozen=True, eq=False)
class Edges:
    """Measured edge points of one symbol.

    `at`: N x 2, parts of the symbol's side from its middle, x right and y down as printed. `px`: N x 2, where the edge
    was seen. `normal`: N x 2 of length one, from dark to light. `sd_px`: of each, across the edge. `corners_px`: the
    symbol's corners that follow.
    """

    at: Array
    px: Array
    normal: Array
    sd_px: Array
    corners_px: Array

    def moved(self, by_px: Array) -> "Edges":
        """The same in a picture whose origin lies elsewhere."""
        return replace(self, px=self.px + by_px, corners_px=self.corners_px + by_px)


@dataclass(frozen=True, eq=False)
class Outline:
    """Where a symbol's edges are: middles of the borders between black and white modules, and the way to white."""

    at: Array
    white: Array
    is_outer: NDArray[np.bool_]


@lru_cache(maxsize=256)
def _outline(key: bytes, side: int, parts: int) -> Outline:
    """`parts` points on every module's border."""
    dark = np.zeros((side + 2, side + 2), dtype=bool)
    dark[1:-1, 1:-1] = np.frombuffer(key, dtype=np.bool_).reshape(side, side)
    at, white, outer = [], [], []
    along = (np.arange(parts) + 0.5) / parts
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        rows, columns = np.nonzero(dark & ~np.roll(dark, (-dy, -dx), (0, 1)))
        for row, column in zip(rows - 1, columns - 1, strict=True):
            beyond_row, beyond_column = row + dy, column + dx
            is_outer = not (0 <= beyond_row < side and 0 <= beyond_column < side)
            for share in along:
                x = column + (share if dx == 0 else 0.5 + 0.5 * dx)
                y = row + (share if dy == 0 else 0.5 + 0.5 * dy)
                at.append((x / side - 0.5, y / side - 0.5))
                white.append((dx, dy))
                outer.append(is_outer)
    every = -(-len(at) // MOST_EDGES)
    return Outline(
        np.array(at)[::every], np.array(white, dtype=np.float64)[::every], np.array(outer)[::every]
    )


def outline(modules: Modules, parts: int = 1) -> Outline:
    return _outline(np.ascontiguousarray(modules).tobytes(), len(modules), parts)


def homography(corners_px: ArrayLike) -> Array:
    """The 3x3 map from parts of a symbol's side, about its middle, to pixels. Raises ValueError for a flat one."""
    import cv2

    corners = np.asarray(corners_px, dtype=np.float32)
    h = np.asarray(cv2.getPerspectiveTransform(CORNERS.astype(np.float32), corners), dtype=np.float64)
    if not np.all(np.isfinite(h)) or abs(np.linalg.det(h)) < 1e-9:
        raise ValueError("corners on one line")
    return h


def carried(h: Array, at: Array) -> Array:
    p = at @ h[:, :2].T + h[:, 2]
    return np.asarray(p[:, :2] / p[:, 2:])


def register(
    gray: Gray, modules: Modules, corners_px: ArrayLike, *, slack_modules: float = 1.0
) -> Edges | None:
    """The symbol's edges, from corners that are known to about `slack_modules`; None where it cannot be told."""
    try:
        h = homography(corners_px)
    except ValueError:
        return None
    start = carried(h, CORNERS)
    side = len(modules)
    module_px = float(np.linalg.norm(np.roll(start, -1, axis=0) - start, axis=1).min()) / side
    if module_px < LEAST_MODULE_PX:
        return None
    of_symbol = outline(modules, _parts(module_px))
    allowed = max(3.0, 1.5 * slack_modules * module_px)
    found: tuple[_Measured, NDArray[np.bool_], float] | None = None
    blurs: Sequence[float] = BLURS_PX
    for number in range(ROUNDS):
        if number == 0:  # from afar, by the outline alone: the long way to white on its outer side
            outer = of_symbol.is_outer
            reach = float(np.clip(1.5 * slack_modules * module_px, 1.2, 5.0))
            measured = _by_rise(gray, of_symbol.at[outer], of_symbol.white[outer], h, reach)
        else:
            measured, blurs = _by_model(gray, modules, h, module_px, blurs)
        solved = None if measured is None else _fit(measured)
        if measured is None or solved is None:
            return None
        step, kept, sd = solved
        found = measured, kept, sd
        moved = _stepped(h, step)
        corners = carried(moved, CORNERS)
        if not np.all(np.isfinite(corners)) or np.abs(corners - start).max() > allowed:
            return None
        is_done = number > 1 and np.abs(carried(h, CORNERS) - corners).max() < 0.01
        h = moved
        if is_done:
            break
    if found is None:
        return None
    measured, kept, sd = found
    spread = ALIKE * sd * np.sqrt(max(1.0, INDEPENDENT_PX * _parts(module_px) / module_px))
    strength = np.maximum(measured.strength[kept], 0.05)
    return Edges(
        at=measured.at[kept],
        px=measured.px[kept] + measured.normal[kept] * measured.offset[kept, None],
        normal=measured.normal[kept],
        sd_px=np.maximum(FLOOR_SD_PX, spread) / np.sqrt(strength),
        corners_px=carried(h, CORNERS),
    )


def _parts(module_px: float) -> int:
    """How many points a module's border is worth."""
    return int(np.clip(np.ceil(module_px / INDEPENDENT_PX), 1, 4))


@dataclass(frozen=True, eq=False)
class _Measured:
    at: Array
    px: Array  # where each edge was expected
    normal: Array
    offset: Array  # how much farther along its normal it is
    strength: Array  # 0 to 1
    h: Array


@dataclass(frozen=True, eq=False)
class _Profiles:
    """Brightness across edges, at `across` pixels from where each was expected, from dark to light."""

    at: Array
    px: Array
    normal: Array
    across: Array
    seen: Array


def _profiles(gray: Gray, at: Array, white: Array, h: Array, across: Array) -> _Profiles | None:
    p = at @ h[:, :2].T + h[:, 2]
    px = p[:, :2] / p[:, 2:]
    # d(px) along the edge; its normal is what counts, for along the edge nothing can be seen.
    dp = np.column_stack([-white[:, 1], white[:, 0]]) @ h[:, :2].T
    tangent = (dp[:, :2] - px * dp[:, 2:]) / p[:, 2:]
    normal = np.column_stack([tangent[:, 1], -tangent[:, 0]])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    height, width = gray.shape
    is_inside = np.all((px > 1) & (px < np.array([width, height]) - 2), axis=1)
    if is_inside.sum() < LEAST_EDGES:
        return None
    at, px, normal = at[is_inside], px[is_inside], normal[is_inside]
    points = px[:, None, :] + normal[:, None, :] * across[None, :, None]
    return _Profiles(at, px, normal, across, _sampled(gray, points))


def _sampled(picture: NDArray[Any], points: Array) -> Array:
    import cv2

    maps = points.astype(np.float32)
    x, y = np.ascontiguousarray(maps[..., 0]), np.ascontiguousarray(maps[..., 1])
    seen = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(seen, dtype=np.float64)


def _by_rise(gray: Gray, at: Array, white: Array, h: Array, reach: float) -> _Measured | None:
    """Where brightness rises most, whatever stands around it: finds edges that are some way off."""
    across = np.linspace(-1, 1, PROFILE) * reach
    p = _profiles(gray, at, white, h, across)
    if p is None:
        return None
    middle = (across[1:] + across[:-1]) / 2
    rise = np.clip(np.diff(p.seen, axis=1), 0, None) * np.exp(-0.5 * (middle / (0.6 * reach)) ** 2)
    strength = rise.sum(axis=1)
    strong = float(np.percentile(strength, 85))
    if strong < LEAST_CONTRAST:
        return None
    offset = (rise * middle).sum(axis=1) / np.maximum(strength, 1e-9)
    strength = np.minimum(strength / strong, 1.0)
    return _Measured(p.at, p.px, p.normal, offset, np.where(strength > 0.35, strength, 0), h)


def _by_model(
    gray: Gray, modules: Modules, h: Array, module_px: float, blurs: Sequence[float]
) -> tuple[_Measured | None, Sequence[float]]:
    """How far each profile lies from the one that the blurred modules would give.

    In small modules blur carries neighbouring edges into one another, so that where brightness rises most is not where
    the edge is; compared with the same modules blurred alike, all of them tell. Also which of the blurs fits best.
    """
    side = len(modules)
    reach = float(np.clip(REACH * module_px, 1.0, 3.0))
    across = np.linspace(-1, 1, PROFILE) * reach
    of_symbol = outline(modules, _parts(module_px))
    p = _profiles(gray, of_symbol.at, of_symbol.white, h, across)
    if p is None:
        return None, blurs
    back = np.linalg.inv(h)
    points = p.px[:, None, :] + p.normal[:, None, :] * across[None, :, None]
    q = points @ back[:, :2].T + back[:, 2]
    at = (q[..., :2] / q[..., 2:] + 0.5) * side  # modules from the symbol's top left
    weight = np.exp(-0.5 * (across / (0.6 * reach)) ** 2)
    best: tuple[float, Array, float, float, float] | None = None
    for blur_px in blurs:
        template = _template(np.ascontiguousarray(modules).tobytes(), side, round(blur_px / module_px, 1))
        expected = _sampled(template, (at + TEMPLATE_QUIET) * TEMPLATE_PX - 0.5)
        gain, offset, misfit = _exposure(expected, p.seen, weight)
        if best is None or misfit < best[0]:
            best = misfit, expected, gain, offset, blur_px
    assert best is not None
    misfit, expected, gain, level, blur_px = best
    if gain < LEAST_CONTRAST:
        return None, blurs
    slope = np.gradient(expected, across[1] - across[0], axis=1) * gain
    away = p.seen - (level + gain * expected)
    power = (slope**2 * weight).sum(axis=1)
    # An edge farther out makes every point of its profile darker.
    offset = -(away * slope * weight).sum(axis=1) / np.maximum(power, 1e-9)
    strong = float(np.percentile(power, 85))
    # What is covered or glares looks like nothing that blur could make of these modules.
    odd = np.sqrt(((away + slope * offset[:, None]) ** 2 * weight).sum(axis=1) / weight.sum()) / gain
    is_like = (odd < ODD) & (np.abs(offset) < reach)
    strength = np.where(is_like, np.minimum(power / strong, 1.0), 0.0)
    return _Measured(p.at, p.px, p.normal, np.where(is_like, offset, 0.0), strength, h), (blur_px,)


def _exposure(expected: Array, seen: Array, weight: Array) -> tuple[float, float, float]:
    """Gain and level that make the expected brightness most like the one seen, robustly, and the misfit left."""
    x, y = expected[::2], seen[::2]
    base = np.broadcast_to(weight, x.shape)
    w, gain, level, misfit = base, 0.0, 0.0, np.inf
    for _ in range(2):
        total = float(w.sum())
        mx, my = float((w * x).sum()) / total, float((w * y).sum()) / total
        wx = w * (x - mx)
        gain = float((wx * (y - my)).sum()) / max(float((wx * (x - mx)).sum()), 1e-9)
        level = my - gain * mx
        away = np.abs(y - level - gain * x)
        typical = 1.4826 * float(np.median(away[::2])) + 1.0
        misfit = float((np.minimum(away, 3 * typical) * base).sum())
        w = base * np.minimum(1, 2 * typical / np.maximum(away, 1e-9))
    return gain, level, misfit


@lru_cache(maxsize=512)
def _template(key: bytes, side: int, blur_modules: float) -> NDArray[np.float32]:
    """The modules, 0 for black and 1 for white with their quiet zone, blurred."""
    import cv2

    dark = np.frombuffer(key, dtype=np.bool_).reshape(side, side)
    white = np.pad(~dark, TEMPLATE_QUIET, constant_values=True).astype(np.float32)
    large = np.kron(white, np.ones((TEMPLATE_PX, TEMPLATE_PX), np.float32))
    if blur_modules > 0:
        large = np.asarray(cv2.GaussianBlur(large, (0, 0), blur_modules * TEMPLATE_PX), dtype=np.float32)
    return large


def _fit(m: _Measured) -> tuple[Array, NDArray[np.bool_], float] | None:
    """The step of the homography that brings the edges to where they were seen, who agreed, and how well."""
    j = np.column_stack([_homography_jacobian(m), np.ones(len(m.at))])
    is_there = m.strength > 0
    is_kept = is_there
    step, sd = np.zeros(9), 1.0
    for _ in range(4):
        if is_kept.sum() < max(LEAST_EDGES, FOUND_SHARE * len(m.at)):
            return None
        w = m.strength * is_kept
        a = (j * w[:, None]).T @ j
        a[8, 8] += (sd / SWELL_SD_PX) ** 2
        size = np.sqrt(np.maximum(np.diag(a), 1e-12))
        pull = (j * w[:, None]).T @ m.offset
        try:
            step = np.linalg.solve(a / np.outer(size, size) + 1e-9 * np.eye(9), pull / size) / size
        except np.linalg.LinAlgError:
            return None
        away = m.offset - j @ step
        sd = 1.4826 * float(np.median(np.abs(away[is_kept]))) + 0.01
        is_kept = is_there & (np.abs(away) < OUTLIER_SD * sd / np.sqrt(np.maximum(m.strength, 0.1)) + 0.02)
    return step[:8], is_kept, sd


def _homography_jacobian(m: _Measured) -> Array:
    """d(distance along the normal) / d(homography, all but its last element, in units of that element), N x 8."""
    one = np.column_stack([m.at, np.ones(len(m.at))])
    depth = one @ m.h[2]
    along = m.normal / depth[:, None]
    toward = -(along * m.px).sum(axis=1)
    return np.column_stack([along[:, :1] * one, along[:, 1:] * one, toward[:, None] * m.at])


def _stepped(h: Array, step: Array) -> Array:
    moved = h.copy()
    moved.ravel()[:8] += step
    return moved


def pattern_match(gray: Gray, modules: Modules, corners_px: ArrayLike) -> float:
    """How like these modules the picture is inside these corners, -1 to 1; for several blurs, the best.

    The frame that all symbols of a kind share counts for nothing: only where another text would differ.
    """
    import cv2

    side = len(modules)
    grid = (np.arange(side) + 0.5) / side - 0.5
    at = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    px = carried(homography(corners_px), at).astype(np.float32)
    x, y = (
        np.ascontiguousarray(px[:, 0].reshape(side, side)),
        np.ascontiguousarray(px[:, 1].reshape(side, side)),
    )
    seen = np.asarray(
        cv2.remap(gray, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.float64
    )
    tells = _telling(side)
    best = -1.0
    for blur in PATTERN_BLURS:
        white = np.pad(~modules, 2, constant_values=True).astype(np.float64)
        expected = white if blur == 0 else np.asarray(cv2.GaussianBlur(white, (0, 0), blur))
        best = max(best, float(np.corrcoef(expected[2:-2, 2:-2][tells], seen[tells])[0, 1]))
    return best


def _telling(side: int) -> NDArray[np.bool_]:
    tells = np.ones((side, side), dtype=bool)
    tells[:FINDERS, :FINDERS] = tells[:FINDERS, -FINDERS:] = tells[-FINDERS:, :FINDERS] = False
    tells[6, :] = tells[:, 6] = False
    return tells
