"""Say where in a picture a part of a face is, and surely nothing beside it: all else may be hidden."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import face_jacobian, pose_jacobian, project, rays

Array = NDArray[np.float64]
SDS = 2.0  # what lies beside the face stays hidden while the pose is off by no more than so many
NEAR_MM = 10.0
WIDER = 1.5  # an edge may be in view that is believed to be beside the picture
LOOKS = 4  # per edge, for how unsure it is
STEPS = 8  # per edge, as the lens bends it


@dataclass(frozen=True)
class Extent:
    """A part of a face, in its millimetres."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def corners(self) -> Array:
        return np.array(
            [
                (self.left, self.top),
                (self.right, self.top),
                (self.right, self.bottom),
                (self.left, self.bottom),
            ]
        )


class _Doubt(NamedTuple):
    covariance: Array
    margin_px: float


def kept_outline(
    camera: Intrinsics, pose: ArrayLike, covariance: ArrayLike, extent: Extent, margin_px: float
) -> Array | None:
    """The outline, in pixels, of what surely is that part of the face; None where nothing surely is.

    `margin_px`: what is left out besides, for the blending of neighbouring pixels. The same as the browser's `mask.ts`.
    """
    t = np.asarray(pose, dtype=np.float64).reshape(4, 4)
    cone = _cone(camera)
    if t[:3, 2] @ t[:3, 3] <= 0 or cone is None:
        return None
    wide, corners = _view(t, cone * WIDER), extent.corners
    doubt = _Doubt(np.asarray(covariance, dtype=np.float64).reshape(6, 6), margin_px)
    edges = (_clipped(corners[[k, (k + 1) % 4]], wide) for k in range(4))
    top, right, bottom, left = (_inset(camera, t, doubt, edge, 1 - k % 2) for k, edge in enumerate(edges))
    inner = Extent(extent.left + left, extent.top + top, extent.right - right, extent.bottom - bottom)
    if not (inner.left < inner.right and inner.top < inner.bottom):
        return None
    seen = _clipped(inner.corners, _view(t, cone))
    if len(seen) < 3:
        return None
    shares = np.arange(STEPS)[None, :, None] / STEPS
    ends = np.roll(seen, -1, axis=0)
    outline = (seen[:, None] + shares * (ends - seen)[:, None]).reshape(-1, 2)
    pixels = project(outline, t, camera)
    return pixels if np.all(np.isfinite(pixels)) else None


def _cone(camera: Intrinsics) -> Array | None:
    """The picture's own directions: at most so far left, right, up, down; None for a lens that leaves some dark."""
    right, bottom = camera.width - 0.5, camera.height - 0.5
    u, v = (right - 0.5) / 2, (bottom - 0.5) / 2
    found = rays([(x, y) for x in (-0.5, u, right) for y in (-0.5, v, bottom)], camera)[:, :2]
    if not np.all(np.isfinite(found)):
        return None
    low, high = found.min(axis=0), found.max(axis=0)
    return np.array([low[0], high[0], low[1], high[1]])


def _view(t: Array, cone: Array) -> Array:
    """What of the face's plane is in that view, before the camera: rows a·x + b·y + c ≥ 0."""
    x, y, z = t[:3][:, [0, 1, 3]]
    left, right, up, down = cone
    return np.array(
        [z - [0, 0, NEAR_MM], x - left * z, right * z - x, y - up * z, down * z - y], dtype=np.float64
    )


def _clipped(line: Array, planes: Array) -> Array:
    """A closed line, or the two ends of one, cut off by each half plane (Sutherland and Hodgman)."""
    points = [np.asarray(point) for point in line]
    for a, b, c in planes:
        kept: list[Array] = []
        sides = [a * x + b * y + c for x, y in points]
        for k, (start, s) in enumerate(zip(points, sides, strict=True)):
            end, e = points[(k + 1) % len(points)], sides[(k + 1) % len(points)]
            if s >= 0:
                kept.append(start)
            if (s >= 0) != (e >= 0):
                kept.append(start + s / (s - e) * (end - start))
        points = kept
    return np.array(points).reshape(-1, 2)


def _inset(camera: Intrinsics, t: Array, doubt: _Doubt, edge: Array, axis: int) -> float:
    """How far the face's edge along these points is kept clear of, across it; `axis`: 0 for upright edges."""
    if len(edge) == 0:
        return 0.0  # not in view
    # Cutting leaves an end more than once.
    end = edge[np.argmax(np.linalg.norm(edge - edge[0], axis=1))]
    start = edge[np.argmax(np.linalg.norm(edge - end, axis=1))]
    points = start + np.linspace(0, 1, LOOKS + 1)[:, None] * (end - start)
    pinhole = camera.model_copy(update={"k1": 0.0})  # a lens bends what is unsure and the face alike
    try:
        rows = np.linalg.inv(face_jacobian(points, t, pinhole))[:, axis]
    except np.linalg.LinAlgError:
        return float("nan")
    along = np.einsum("nk,nkj->nj", rows, pose_jacobian(points, t, pinhole))
    variance = np.einsum("ni,ij,nj->n", along, doubt.covariance, along)
    aside = doubt.margin_px * np.linalg.norm(rows, axis=1)
    return float(np.max(SDS * np.sqrt(np.maximum(variance, 0)) + aside))
