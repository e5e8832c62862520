"""Calculate with poses: 4x4 matrices that carry points of one frame into another."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Pose = NDArray[np.float64]


def rotation(vector: ArrayLike) -> NDArray[np.float64]:
    """The 3x3 rotation by |vector| radians about vector (Rodrigues)."""
    v = np.asarray(vector, dtype=np.float64)
    angle = float(np.linalg.norm(v))
    k = _cross(v)
    if angle < 1e-8:
        return np.eye(3) + k + k @ k / 2
    return np.asarray(np.eye(3) + np.sin(angle) / angle * k + (1 - np.cos(angle)) / angle**2 * (k @ k))


def rotation_vector(r: ArrayLike) -> NDArray[np.float64]:
    """The rotation vector, 0 to pi long, of a 3x3 rotation."""
    r = np.asarray(r, dtype=np.float64)
    # Through the quaternion's largest component: exact near 0 and near pi alike.
    q = np.array(
        [
            1 + r[0, 0] + r[1, 1] + r[2, 2],
            1 + r[0, 0] - r[1, 1] - r[2, 2],
            1 - r[0, 0] + r[1, 1] - r[2, 2],
            1 - r[0, 0] - r[1, 1] + r[2, 2],
        ]
    )
    d = np.array([r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    s = np.array([r[1, 0] + r[0, 1], r[2, 0] + r[0, 2], r[2, 1] + r[1, 2]])  # xy, xz, yz
    rows = np.array(
        [
            [q[0], d[0], d[1], d[2]],
            [d[0], q[1], s[0], s[1]],
            [d[1], s[0], q[2], s[2]],
            [d[2], s[1], s[2], q[3]],
        ]
    )
    w, *axis = rows[int(np.argmax(q))]
    if w < 0:
        w, axis = -w, [-a for a in axis]
    v = np.array(axis)
    length = float(np.linalg.norm(v))
    # For tiny angles 2 atan2(|v|, w) / |v| tends to 2 / w.
    scale = 2 / w if length < 1e-12 else 2 * np.arctan2(length, w) / length
    return np.asarray(v * scale)


def pose(vector: ArrayLike, translation: ArrayLike) -> Pose:
    """The 4x4 matrix of a rotation vector and a translation."""
    m = np.eye(4)
    m[:3, :3] = rotation(vector)
    m[:3, 3] = np.asarray(translation, dtype=np.float64)
    return m


def compose(*poses: ArrayLike) -> Pose:
    """T_a_c = compose(T_a_b, T_b_c)."""
    m = np.eye(4)
    for p in poses:
        m = m @ np.asarray(p, dtype=np.float64).reshape(4, 4)
    return m


def inverse(p: ArrayLike) -> Pose:
    """T_b_a of T_a_b."""
    p = np.asarray(p, dtype=np.float64).reshape(4, 4)
    m = np.eye(4)
    m[:3, :3] = p[:3, :3].T
    m[:3, 3] = -p[:3, :3].T @ p[:3, 3]
    return m


def perturb(p: ArrayLike, step: ArrayLike) -> Pose:
    """Move a pose on its left (camera) side: step = (rotation vector in rad, translation in mm).

    A camera point X becomes rotation(step[:3]) @ X + step[3:]; covariances are of such steps.
    """
    step = np.asarray(step, dtype=np.float64)
    return compose(pose(step[:3], step[3:]), p)


def _cross(v: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
