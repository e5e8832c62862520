"""Say how sure a point is: the radius that holds it in 95 of 100 cases."""

import numpy as np
from numpy.typing import ArrayLike

from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import face_jacobian, pose_jacobian

# Standard deviations of the longer axis, by the shorter axis's share of it: from all spread along one line to round.
_SHARES = np.linspace(0, 1, 11)
_RADII = np.array([1.960, 1.9625, 1.9704, 1.9842, 2.0051, 2.0359, 2.0813, 2.1460, 2.2303, 2.3318, 2.4477])


def ring_radius(covariance: ArrayLike) -> float:
    """The radius about the mean that holds 95 % of a two-dimensional normal distribution."""
    c = np.asarray(covariance, dtype=np.float64)
    if not np.all(np.isfinite(c)):
        return float("nan")
    low, high = np.sqrt(np.clip(np.linalg.eigvalsh((c + c.T) / 2), 0, None))
    return float(high * np.interp(low / high, _SHARES, _RADII)) if high > 0 else 0.0


def face_ring_mm(point_mm: ArrayLike, pose: ArrayLike, covariance: ArrayLike, camera: Intrinsics) -> float:
    """How far off, in millimetres on the face, so sure a pose may put a point of it; infinite for a face seen edge-on."""
    step, on_face = (jacobian(point_mm, pose, camera)[0] for jacobian in (pose_jacobian, face_jacobian))
    if not np.isfinite(on_face).all() or abs(np.linalg.det(on_face)) < 1e-9:
        return float("inf")
    back = np.linalg.inv(on_face) @ step
    return ring_radius(back @ np.asarray(covariance, dtype=np.float64).reshape(6, 6) @ back.T)
