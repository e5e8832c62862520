"""Tell a fit to those who draw by its pose alone, with the camera as found and a shutter that does not roll.

A focal length that is off moves the face away in proportion, and in the picture hardly anything; a shutter that rolls
moves a narrow face as a whole. What no pose can show of it goes into the covariance.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.camera import Intrinsics
from nearhand.vision.fit import Fit
from nearhand.vision.layout import LayoutFace
from nearhand.vision.pose import Pose, perturb
from nearhand.vision.project import focal_jacobian, k1_jacobian, pose_jacobian, project

Array = NDArray[np.float64]

ACROSS, DOWN = 13, 3  # points of the face
ENOUGH, BESIDE = 8, 0.2  # of them in the picture, or no farther beside it than a part of its size
DOMINATED = 0.8  # of the points: no pose's covariance tells what a camera's does everywhere
FLOOR_PX2 = 1e-4  # of a variance: no point weighs more
ROUNDS = 4


@dataclass(frozen=True, eq=False)
class OnFace:
    """`joint`: 8 x 8 of (step, log focal length, k1); `covariance`: 6 x 6, for those who take the camera as found."""

    pose: Pose
    joint: Array
    covariance: Array


def moves(rows: Array, pose: Pose, camera: Intrinsics) -> Array:
    """d(pixel) / d(pose step, log focal length, k1), N x 2 x 8."""
    return np.concatenate(
        [
            pose_jacobian(rows, pose, camera),
            focal_jacobian(rows, pose, camera)[:, :, None],
            k1_jacobian(rows, pose, camera)[:, :, None],
        ],
        axis=2,
    )


def on_face(fit: Fit, face: LayoutFace) -> OnFace:
    """Steps of the pose that move the face's points in the picture most nearly alike: those first that are known best."""
    rows = _places(fit, face)
    if len(rows) < ENOUGH:
        return OnFace(fit.pose, fit.joint, fit.joint[:6, :6])
    px = project(rows, fit.pose, fit.camera)
    down = (px[:, 1] - fit.camera.cy) / fit.camera.height
    j = np.concatenate([moves(rows, fit.pose, fit.camera), down[:, None, None] * np.eye(2)], axis=2)
    variance = np.einsum("nij,jk,nik->n", j, fit.whole, j) + FLOOR_PX2
    pose, left_mm2 = _rolled(fit, rows, px + down[:, None] * fit.roll_px, variance)
    weighted = j / np.sqrt(variance)[:, None, None]
    alike = _least_squares(weighted[:, :, :6].reshape(-1, 6), weighted[:, :, 6:].reshape(-1, 4))
    to_joint = np.eye(8, 10)
    to_joint[:6, 8:] = alike[:, 2:]
    to_pose = np.column_stack([np.eye(6), alike])
    covariance = to_pose @ fit.whole @ to_pose.T
    told = np.einsum("nij,jk,nik->n", j[:, :, :6], covariance, j[:, :, :6])
    short = np.sort(variance / np.maximum(told, FLOOR_PX2))
    covariance *= max(1.0, float(short[int(DOMINATED * (len(short) - 1))]))
    joint = to_joint @ fit.whole @ to_joint.T
    for one in (joint, covariance):
        one[[3, 4], [3, 4]] += left_mm2
    return OnFace(pose, joint, covariance)


def _places(fit: Fit, face: LayoutFace) -> Array:
    """Points of the face, those in the picture or near it when there are enough."""
    x, y = np.linspace(0, face.width_mm, ACROSS), np.linspace(0, face.height_mm, DOWN)
    rows = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    px = project(rows, fit.pose, fit.camera)
    is_before = np.all(np.isfinite(px), axis=1)
    size = np.array([fit.camera.width, fit.camera.height])
    is_near = is_before & np.all((px > -BESIDE * size) & (px < (1 + BESIDE) * size), axis=1)
    return np.asarray(rows[is_near if is_near.sum() >= ENOUGH else is_before])


def _rolled(fit: Fit, rows: Array, px: Array, variance: Array) -> tuple[Pose, float]:
    """The pose that shows the points where a shutter that rolled has put them, and by how much it cannot (mm squared)."""
    pose, left_mm2 = fit.pose, 0.0
    share = 1 / np.sqrt(variance)
    for _ in range(ROUNDS):
        gap = px - project(rows, pose, fit.camera)
        if not np.all(np.isfinite(gap)):
            return fit.pose, left_mm2
        depth = rows @ pose[2, :2] + pose[2, 3]
        left_mm2 = float(np.average((gap**2).sum(axis=1) * (depth / fit.camera.fx) ** 2, weights=share))
        j = pose_jacobian(rows, pose, fit.camera) * share[:, None, None]
        pose = perturb(pose, _least_squares(j.reshape(-1, 6), (gap * share[:, None]).ravel()))
    return pose, left_mm2


def _least_squares(a: Array, b: Array) -> Array:
    size = np.maximum(np.linalg.norm(a, axis=0), 1e-12)
    found = np.linalg.lstsq(a / size, b, rcond=1e-9)[0]
    return np.asarray((found.T / size).T)
