"""Carry points between a device's face and a picture, with the derivatives that error rings need."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.vision.camera import Intrinsics

Array = NDArray[np.float64]
NEAR_MM = 1.0  # what is nearer to the lens than this, or behind it, is not in the picture


def face_points(points_mm: ArrayLike) -> Array:
    """Rows (x, y) or (x, y, z_mm towards the viewer) as points of the face frame, whose z goes into the device."""
    p = np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
    z = -p[:, 2] if p.shape[1] == 3 else np.zeros(len(p))
    return np.column_stack([p[:, 0], p[:, 1], z])


def project(points_mm: ArrayLike, pose: ArrayLike, camera: Intrinsics) -> Array:
    """Pixels of face points, rows (x, y) or (x, y, z_mm towards the viewer); NaN for those behind the camera."""
    t = np.asarray(pose, dtype=np.float64).reshape(4, 4)
    return project_camera(face_points(points_mm) @ t[:3, :3].T + t[:3, 3], camera)


def project_camera(points: Array, camera: Intrinsics) -> Array:
    """Pixels of points in camera millimetres; NaN for those behind the camera."""
    z = np.where(points[:, 2] > NEAR_MM, points[:, 2], np.nan)
    x, y = points[:, 0] / z, points[:, 1] / z
    d = 1 + camera.k1 * (x * x + y * y)
    return np.column_stack([camera.fx * x * d + camera.cx, camera.fy * y * d + camera.cy])


def rays(points_px: ArrayLike, camera: Intrinsics) -> Array:
    """Undistorted rays (x, y, 1) through pixels; NaN where no ray of this camera's model meets the pixel."""
    p = np.atleast_2d(np.asarray(points_px, dtype=np.float64))
    xd, yd = (p[:, 0] - camera.cx) / camera.fx, (p[:, 1] - camera.cy) / camera.fy
    rd = np.hypot(xd, yd)
    r = rd.copy()
    for _ in range(20):  # Newton on r (1 + k1 r^2) = rd
        slope = 1 + 3 * camera.k1 * r * r
        step = (r * (1 + camera.k1 * r * r) - rd) / np.where(np.abs(slope) > 1e-6, slope, np.nan)
        r = r - step
        if not np.any(np.abs(step) > 1e-13):
            break
    # Past the radius where the model folds back, the pixel belongs to no ray.
    is_met = (1 + 3 * camera.k1 * r * r > 0) & (np.abs(r * (1 + camera.k1 * r * r) - rd) < 1e-9) & (r >= 0)
    r = np.where(is_met, r, np.nan)
    scale = np.where(rd > 0, r / np.where(rd > 0, rd, 1), 1.0)
    return np.column_stack([xd * scale, yd * scale, np.ones(len(p))])


def unproject(points_px: ArrayLike, pose: ArrayLike, camera: Intrinsics, z_mm: float = 0.0) -> Array:
    """Face millimetres (x, y) where the rays through pixels meet the plane `z_mm` in front of the face.

    NaN where a ray does not meet it in front of the camera.
    """
    t = np.asarray(pose, dtype=np.float64).reshape(4, 4)
    direction = rays(points_px, camera) @ t[:3, :3]  # in face axes
    origin = -t[:3, :3].T @ t[:3, 3]
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = (-z_mm - origin[2]) / direction[:, 2]
    distance = np.where(distance > NEAR_MM, distance, np.nan)
    return np.asarray(origin[:2] + direction[:, :2] * distance[:, None])


def pixel_jacobian(points: Array, camera: Intrinsics) -> Array:
    """d(pixel) / d(camera point), N x 2 x 3."""
    x, y, iz = points[:, 0] / points[:, 2], points[:, 1] / points[:, 2], 1 / points[:, 2]
    d = 1 + camera.k1 * (x * x + y * y)
    a = np.empty((len(points), 2, 2))  # d(distorted) / d(x, y)
    a[:, 0, 0] = camera.fx * (d + 2 * camera.k1 * x * x)
    a[:, 0, 1] = camera.fx * 2 * camera.k1 * x * y
    a[:, 1, 0] = camera.fy * 2 * camera.k1 * x * y
    a[:, 1, 1] = camera.fy * (d + 2 * camera.k1 * y * y)
    b = np.zeros((len(points), 2, 3))
    b[:, 0, 0] = b[:, 1, 1] = iz
    b[:, 0, 2], b[:, 1, 2] = -x * iz, -y * iz
    return np.asarray(a @ b)


def pose_jacobian(points_mm: ArrayLike, pose: ArrayLike, camera: Intrinsics) -> Array:
    """d(pixel) / d(step), N x 2 x 6, for steps (rotation vector, translation) on the camera side of the pose."""
    t = np.asarray(pose, dtype=np.float64).reshape(4, 4)
    p = face_points(points_mm) @ t[:3, :3].T + t[:3, 3]
    motion = np.zeros((len(p), 3, 6))  # d(camera point) = step_rotation x point + step_translation
    motion[:, 0, 1], motion[:, 0, 2] = p[:, 2], -p[:, 1]
    motion[:, 1, 0], motion[:, 1, 2] = -p[:, 2], p[:, 0]
    motion[:, 2, 0], motion[:, 2, 1] = p[:, 1], -p[:, 0]
    motion[:, 0, 3] = motion[:, 1, 4] = motion[:, 2, 5] = 1
    return np.asarray(pixel_jacobian(p, camera) @ motion)


def face_jacobian(points_mm: ArrayLike, pose: ArrayLike, camera: Intrinsics) -> Array:
    """d(pixel) / d(x_mm, y_mm) on the face, N x 2 x 2."""
    t = np.asarray(pose, dtype=np.float64).reshape(4, 4)
    p = face_points(points_mm) @ t[:3, :3].T + t[:3, 3]
    return np.asarray(pixel_jacobian(p, camera) @ t[:3, :2])


def focal_jacobian(points_mm: ArrayLike, pose: ArrayLike, camera: Intrinsics) -> Array:
    """d(pixel) / d(log focal length), N x 2."""
    return np.asarray(project(points_mm, pose, camera) - np.array([camera.cx, camera.cy]))


def k1_jacobian(points_mm: ArrayLike, pose: ArrayLike, camera: Intrinsics) -> Array:
    """d(pixel) / d(k1), N x 2."""
    t = np.asarray(pose, dtype=np.float64).reshape(4, 4)
    p = face_points(points_mm) @ t[:3, :3].T + t[:3, 3]
    x, y = p[:, 0] / p[:, 2], p[:, 1] / p[:, 2]
    r2 = x * x + y * y
    return np.column_stack([camera.fx * x * r2, camera.fy * y * r2])
