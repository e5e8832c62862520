"""Sharpen a symbol's corners by fitting a line to each side of its outline.

A corner is a handful of pixels, a side is dozens: on rendered frames with motion blur, gamma and noise this brings the
corners of tags from 0.41 px (OpenCV's best refinement) to 0.11, those of QR symbols from 0.38 to 0.17 (rms).
"""

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.symbols import Gray

Array = NDArray[np.float64]

ROUNDS = 3
PROFILE = 17  # samples across a side
MIN_EDGES = 6
MIN_SIDE_PX = 6


def sharpened(gray: Gray, corners: Array, modules: int) -> Array | None:
    """The corners of a symbol, dark on light, `modules` wide; None where its sides cannot be told.

    Only the dark modules along a side have an edge there; the light ones of a QR symbol are left out.
    """
    now = corners
    for round_number in range(ROUNDS):
        shortest = float(np.linalg.norm(np.roll(now, -1, axis=0) - now, axis=1).min())
        if shortest < MIN_SIDE_PX:
            return None
        module_px = shortest / modules
        reach = float(np.clip((1.5 if round_number == 0 else 0.95) * module_px, 1.2, 4.0))
        fitted = _fit(gray, now, reach, samples=max(2 * modules, 24))
        if fitted is None or np.abs(fitted - corners).max() > max(2.5, module_px):
            return None
        now = fitted
    return now


def _fit(gray: Gray, corners: Array, reach: float, *, samples: int) -> Array | None:
    """One round: where the sides cross that fit the edges within `reach` pixels of the sides so far."""
    import cv2

    along = np.roll(corners, -1, axis=0) - corners
    lengths = np.linalg.norm(along, axis=1)
    outward = np.column_stack([along[:, 1], -along[:, 0]]) / lengths[:, None]  # corners run clockwise
    across = np.linspace(-1, 1, PROFILE) * reach
    share = (np.arange(samples) + 0.5) / samples
    feet = corners[:, None, :] + along[:, None, :] * share[None, :, None]
    points = feet[:, :, None, :] + outward[:, None, None, :] * across[None, None, :, None]
    maps = points.reshape(4 * samples, PROFILE, 2).astype(np.float32)
    x, y = np.ascontiguousarray(maps[..., 0]), np.ascontiguousarray(maps[..., 1])
    seen = cv2.remap(gray, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    rise = np.clip(np.diff(seen.astype(np.float64).reshape(4, samples, PROFILE), axis=2), 0, None)
    middle = (across[1:] + across[:-1]) / 2
    weight = rise * np.exp(-0.5 * (middle / (0.6 * reach)) ** 2)
    strength = weight.sum(axis=2)
    offset = (weight * middle).sum(axis=2) / np.maximum(strength, 1e-9)
    sides = []
    for i in range(4):
        line = _line(share, offset[i], strength[i])
        if line is None:
            return None
        start = corners[i] + outward[i] * line[0]
        stop = corners[i] + along[i] + outward[i] * line[1]
        sides.append(np.cross([*start, 1.0], [*stop, 1.0]))
    meet = np.array([np.cross(sides[i - 1], sides[i]) for i in range(4)])
    if np.abs(meet[:, 2]).min() < 1e-9:
        return None
    return np.asarray(meet[:, :2] / meet[:, 2:])


def _line(share: Array, offset: Array, strength: Array) -> tuple[float, float] | None:
    """How far off the edge lies at both ends of a side, from the samples that agree."""
    is_edge = strength > 0.5 * np.percentile(strength, 90)
    for _ in range(3):
        if is_edge.sum() < MIN_EDGES:
            return None
        w, x, y = strength[is_edge], share[is_edge], offset[is_edge]
        mx, my = np.average(x, weights=w), np.average(y, weights=w)
        spread = np.average((x - mx) ** 2, weights=w)
        if spread < 1e-4:
            return None
        slope = np.average((x - mx) * (y - my), weights=w) / spread
        away = offset - (my + slope * (share - mx))
        scale = 1.4826 * float(np.median(np.abs(away[is_edge]))) + 0.03
        is_edge &= np.abs(away) < 2.5 * scale
    return float(my - slope * mx), float(my + slope * (1 - mx))
