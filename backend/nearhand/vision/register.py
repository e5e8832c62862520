"""Fit one pose to the corners of several symbols, with what that leaves uncertain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.camera import Intrinsics
from nearhand.vision.pose import Pose, inverse, perturb, rotation_vector
from nearhand.vision.project import focal_jacobian, pose_jacobian, project, rays

Array = NDArray[np.float64]

STEPS = 30
HUBER_SD = 3.0
# A symbol this far off in every way of fitting it is not of this face, or not where the layout says.
STRANGER_SD = 25.0
STRANGER_PX = 4.0
EXPLAINED = 4.0  # squared standard deviations per pixel coordinate
# What is known beforehand of the corners' spread, in degrees of freedom: a single tag has two of its own.
PRIOR_FREEDOM = 8.0
CHI2_95 = 5.991  # of two degrees of freedom
RIVAL_WEIGHT = 1e-3
# Blur and the camera's gamma make all dark squares of a picture a little larger or smaller than they are.
SWELL_SD_PX = 0.08


@dataclass(frozen=True, eq=False)
class Seen:
    """Four corners of a symbol: on the face, in the picture, and how sure each pixel coordinate is."""

    corners_mm: Array
    corners_px: Array
    sd_px: float


@dataclass(frozen=True, eq=False)
class Fit:
    pose: Pose
    camera: Intrinsics
    names: tuple[str, ...]
    seen: tuple[Seen, ...]
    cost: float
    joint: Array  # 7x7 covariance of (pose step, log focal length)
    rival: Pose | None  # the other way a plane can be seen, when it explains the picture nearly as well
    rms_px: float


def fit_pose(candidates: Sequence[tuple[str, list[Seen]]], camera: Intrinsics) -> Fit | None:
    """Start from both planar solutions of every symbol, and of all together; keep the smallest residual."""
    chosen: tuple[float, Pose, list[tuple[str, Seen]]] | None = None
    for symbols in _starts(candidates):
        for start in _ippe(symbols, camera):
            agreed = _agreeing(candidates, start, camera)
            pose, cost = _refine(agreed, start, camera)
            # A stranger's cost is bounded by leaving it out, so that one wrong tag cannot outvote two right ones.
            kept = [(n, s) for n, s in agreed if not _is_stranger(s, pose, camera)]
            if not kept:
                continue
            if len(kept) < len(agreed):
                pose, cost = _refine(kept, pose, camera)
            cost += 2 * HUBER_SD * STRANGER_SD * (len(candidates) - len(kept))
            if np.isfinite(cost) and (chosen is None or cost < chosen[0]):
                chosen = (cost, pose, kept)
        if chosen is not None and chosen[0] < EXPLAINED * 8 * len(candidates):
            break  # all symbols agree: starting from each of them would end here as well
    if chosen is None:
        return None
    _, pose, kept = chosen
    return _finished(kept, pose, camera)


def fit_focal(fits: Sequence[Fit | None], spread: float) -> list[Fit | None]:
    """Estimate the focal length common to all pictures with their poses; `spread` is how far it may be off.

    What the pictures cannot tell stays at the assumed value, and its uncertainty goes into the covariances.
    """
    log_scale = 0.0
    found = [fit for fit in fits if fit is not None]
    poses = [fit.pose for fit in found]
    for _ in range(STEPS):
        weight, gradient = 1 / spread**2, -log_scale / spread**2
        systems = []
        for fit, pose in zip(found, poses, strict=True):
            a, b = _normal(fit.seen, pose, _zoomed(fit, log_scale), with_focal=True)
            solved = np.linalg.solve(a[:6, :6] + np.diag(np.diag(a[:6, :6])) * 1e-9, np.c_[a[:6, 6], b[:6]])
            weight += a[6, 6] - a[6, :6] @ solved[:, 0]
            gradient += b[6] - a[6, :6] @ solved[:, 1]
            systems.append(solved)
        step = float(np.clip(gradient / weight, -0.1, 0.1))
        log_scale += step
        poses = [
            perturb(pose, _damped(solved[:, 1] - solved[:, 0] * step))
            for pose, solved in zip(poses, systems, strict=True)
        ]
        if abs(step) < 1e-7:
            break
    focal_variance = 1 / weight if found else spread**2
    refined = iter(
        _finished(
            list(zip(fit.names, fit.seen, strict=True)),
            pose,
            _zoomed(fit, log_scale),
            focal_variance=focal_variance,
        )
        for fit, pose in zip(found, poses, strict=True)
    )
    return [None if fit is None else next(refined) for fit in fits]


def _zoomed(fit: Fit, log_scale: float) -> Intrinsics:
    return fit.camera.with_focal(fit.camera.fx * float(np.exp(log_scale)))


def _damped(step: Array) -> Array:
    """A step no longer than half a radian and a metre: far from the solution, the linear model promises too much."""
    length = max(float(np.linalg.norm(step[:3])) / 0.5, float(np.linalg.norm(step[3:])) / 1000, 1.0)
    return step / length


# -- starting points --------------------------------------------------------------------------------------------


def _starts(candidates: Sequence[tuple[str, list[Seen]]]) -> list[list[Seen]]:
    singles = [[seen] for _, places in candidates for seen in places]
    together = [[places[0] for _, places in candidates]] if len(candidates) > 1 else []
    return together + singles


def _ippe(symbols: list[Seen], camera: Intrinsics) -> list[Pose]:
    """The two poses at which a plane shows these corners (infinitesimal plane-based pose estimation)."""
    import cv2

    mm = np.concatenate([seen.corners_mm for seen in symbols])
    corners_px = np.concatenate([seen.corners_px for seen in symbols])
    directions = np.ascontiguousarray(rays(corners_px, camera)[:, :2])  # OpenCV refuses a strided view
    if not np.all(np.isfinite(directions)):
        return []
    middle = mm.mean(axis=0)
    flat = np.column_stack([mm - middle, np.zeros(len(mm))])
    try:
        _, turns, moves, _ = cv2.solvePnPGeneric(flat, directions, np.eye(3), None, flags=cv2.SOLVEPNP_IPPE)
    except cv2.error:
        return []
    found = []
    for turn, move in zip(turns, moves, strict=True):
        pose = np.eye(4)
        pose[:3, :3] = cv2.Rodrigues(np.asarray(turn, dtype=np.float64))[0]
        pose[:3, 3] = np.asarray(move).ravel() - pose[:3, :3] @ np.array([*middle, 0])
        if np.all(np.isfinite(pose)):
            found.append(pose)
    return found


def _agreeing(
    candidates: Sequence[tuple[str, list[Seen]]], pose: Pose, camera: Intrinsics
) -> list[tuple[str, Seen]]:
    """Of each symbol the sighting nearest to where this pose expects it."""

    def distance(seen: Seen) -> float:
        gap = project(seen.corners_mm, pose, camera) - seen.corners_px
        return float(np.linalg.norm(gap)) if np.all(np.isfinite(gap)) else float("inf")

    return [(name, min(places, key=distance)) for name, places in candidates]


def _is_stranger(seen: Seen, pose: Pose, camera: Intrinsics) -> bool:
    gap = project(seen.corners_mm, pose, camera) - seen.corners_px
    if not np.all(np.isfinite(gap)):
        return True
    rms = float(np.sqrt((gap**2).sum(axis=1).mean()))
    return rms > max(STRANGER_SD * seen.sd_px, STRANGER_PX)


# -- refinement -------------------------------------------------------------------------------------------------


def _normal(
    symbols: Sequence[Seen], pose: Pose, camera: Intrinsics, *, with_focal: bool = False
) -> tuple[Array, Array]:
    """The normal equations (left side, right side) of one picture, robust against a corner that is off."""
    mm = np.concatenate([seen.corners_mm for seen in symbols])
    sd = np.repeat([seen.sd_px for seen in symbols], 4)[:, None]
    gap = (np.concatenate([seen.corners_px for seen in symbols]) - project(mm, pose, camera)) / sd
    length = np.linalg.norm(gap, axis=1, keepdims=True)
    weight = np.sqrt(np.minimum(1, HUBER_SD / np.maximum(length, 1e-9)))
    j = pose_jacobian(mm, pose, camera)
    if with_focal:
        j = np.concatenate([j, focal_jacobian(mm, pose, camera)[:, :, None]], axis=2)
    j = (j / sd[:, :, None] * weight[:, :, None]).reshape(-1, j.shape[2])
    return j.T @ j, j.T @ (gap * weight).ravel()


def _cost(symbols: Sequence[Seen], pose: Pose, camera: Intrinsics) -> float:
    total = 0.0
    for seen in symbols:
        gap = np.linalg.norm(project(seen.corners_mm, pose, camera) - seen.corners_px, axis=1) / seen.sd_px
        if not np.all(np.isfinite(gap)):
            return float("inf")
        total += float(np.where(gap < HUBER_SD, gap**2, 2 * HUBER_SD * gap - HUBER_SD**2).sum())
    return total


def _refine(named: Sequence[tuple[str, Seen]], start: Pose, camera: Intrinsics) -> tuple[Pose, float]:
    """Levenberg-Marquardt on the corners' distances in the picture."""
    symbols = [seen for _, seen in named]
    pose, cost, damping = start, _cost(symbols, start, camera), 1e-3
    for _ in range(STEPS):
        if not np.isfinite(cost):
            break
        a, b = _normal(symbols, pose, camera)
        about = _about_middle(symbols, pose)
        local = about.T @ a @ about
        step = about @ np.linalg.solve(local + damping * np.diag(np.diag(local) + 1e-12), about.T @ b)
        moved = perturb(pose, _damped(step))
        new = _cost(symbols, moved, camera)
        if new < cost:
            is_done = cost - new < 1e-6 * (1e-3 + cost)
            pose, cost, damping = moved, new, damping / 10
            if is_done:
                break
        else:
            damping *= 100
            if damping > 1e4:
                break
    return pose, cost


def _about_middle(symbols: Sequence[Seen], pose: Pose) -> Array:
    """Turns steps that rotate about the symbols' middle into steps about the camera: the former hardly mix."""
    middle = np.append(np.concatenate([seen.corners_mm for seen in symbols]).mean(axis=0), 0.0)
    x, y, z = pose[:3, :3] @ middle + pose[:3, 3]
    about = np.eye(6)
    about[3:, :3] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    return about


def _finished(
    named: Sequence[tuple[str, Seen]], pose: Pose, camera: Intrinsics, *, focal_variance: float = 0.0
) -> Fit:
    symbols = [seen for _, seen in named]
    cost = _cost(symbols, pose, camera)
    a, _ = _normal(symbols, pose, camera, with_focal=True)
    about = _about_middle(symbols, pose)
    of_pose = about @ np.linalg.pinv(about.T @ a[:6, :6] @ about, hermitian=True) @ about.T
    freedom = PRIOR_FREEDOM + 8 * len(symbols) - 6
    scale = (PRIOR_FREEDOM + cost) / freedom
    # So that 95 % of a normal distribution is 95 % of what few corners allow (Student's t, in two dimensions).
    scale *= freedom * (0.05 ** (-2 / freedom) - 1) / CHI2_95
    joint = np.zeros((7, 7))
    joint[:6, :6] = scale * of_pose
    swollen = of_pose @ _pull_of_swelling(symbols, pose, camera)
    joint[:6, :6] += SWELL_SD_PX**2 * np.outer(swollen, swollen)
    sway = np.append(-of_pose @ a[:6, 6], 1.0)  # how the pose follows when the focal length is another
    joint += focal_variance * np.outer(sway, sway)
    rival = _rival(named, pose, camera)
    if rival is not None:
        other, rival_cost = rival
        weight = float(np.exp(np.clip((cost - rival_cost) / 2 / scale, -700, 0)))
        weight /= 1 + weight
        if weight > RIVAL_WEIGHT:
            away = np.zeros(7)
            away[:6] = _step_between(pose, other)
            joint += weight * np.outer(away, away)
        else:
            rival = None
    gaps = np.concatenate([project(s.corners_mm, pose, camera) - s.corners_px for s in symbols])
    return Fit(
        pose=pose,
        camera=camera,
        names=tuple(name for name, _ in named),
        seen=tuple(symbols),
        cost=cost,
        joint=joint,
        rival=None if rival is None else rival[0],
        rms_px=float(np.sqrt((gaps**2).sum(axis=1).mean())),
    )


def _pull_of_swelling(symbols: Sequence[Seen], pose: Pose, camera: Intrinsics) -> Array:
    """The right side of the normal equations when every outline lies one pixel further out."""
    pull = np.zeros(6)
    for seen in symbols:
        along = np.roll(seen.corners_px, -1, axis=0) - seen.corners_px
        along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
        outward = np.column_stack([along[:, 1], -along[:, 0]])
        out = outward + np.roll(outward, 1, axis=0)
        j = pose_jacobian(seen.corners_mm, pose, camera)
        pull += np.einsum("nki,nk->i", j, out) / seen.sd_px**2
    return pull


def _rival(named: Sequence[tuple[str, Seen]], pose: Pose, camera: Intrinsics) -> tuple[Pose, float] | None:
    """The best other pose, when it truly is another and not the same one found again."""
    best: tuple[Pose, float] | None = None
    for start in _ippe([seen for _, seen in named], camera):
        other, cost = _refine(named, start, camera)
        turned = np.linalg.norm(rotation_vector(other[:3, :3] @ pose[:3, :3].T))
        if turned > 0.02 and np.isfinite(cost) and (best is None or cost < best[1]):
            best = (other, cost)
    return best


def _step_between(pose: Pose, other: Pose) -> Array:
    change = other @ inverse(pose)
    return np.append(rotation_vector(change[:3, :3]), change[:3, 3])
