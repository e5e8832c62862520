"""Fit one pose to all symbols of a face, and one camera to several pictures, with what that leaves uncertain.

Everything seen is a set of one-dimensional measurements: a point of the face, where its edge lies in the picture, and the
edge's normal, across which alone it can be told. A corner that could not be registered counts as two of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.belief import step_between
from nearhand.vision.camera import Intrinsics
from nearhand.vision.edges import SWELL_SD_PX, Edges
from nearhand.vision.pose import Pose, perturb, rotation_vector
from nearhand.vision.project import focal_jacobian, k1_jacobian, pose_jacobian, project, rays

Array = NDArray[np.float64]

STEPS = 100
HUBER_SD = 3.0
# A symbol this far off in every way of fitting it is not of this face, or not where the layout says.
STRANGER_SD = 25.0
STRANGER_PX = 4.0
STRANGER_COST = 2 * HUBER_SD * STRANGER_SD
EXPLAINED = 4.0  # squared standard deviations per pixel coordinate
# What is known beforehand of the measurements' spread, in degrees of freedom.
PRIOR_FREEDOM = 8.0
CHI2_95 = 5.991  # of two degrees of freedom
RIVAL_WEIGHT = 1e-3
# What is odd about one symbol's edges is odd in many frames of it, and of those the surest would be believed in the end.
# Until they tell the two ways a single one may be tilted clearly apart, both are as likely.
TOLD_APART = 12.0  # squared standard deviations
RIVAL_TURN_RAD = 0.02
HOPELESS = 100.0  # so much costlier by its corners, a rival has no weight left
# What a whole symbol is off by, however many edges it has, in place and in size: print, lens, a shutter that rolls.
SHIFT_SD_PX, OWN_SWELL_SD_PX = 0.03, 0.04
WHOLE_INFORMATION = np.diag(np.array([SHIFT_SD_PX, SHIFT_SD_PX, OWN_SWELL_SD_PX]) ** -2)
# A shutter that rolls while a hand moves: by how much the picture moved from its first row to its last, right and down.
# In 1/60 s a hand moves by 1.25 mm at 75 mm in a second, which is much in a close-up; and it turns, wherever it is, by
# a part of the picture's longer side.
ROLLED_MM, ROLLED_SHARE = 1.25, 0.0012
# Of the unknowns, a picture's own: pose step (6), swell, roll (2); and the camera's: log focal length, k1.
OWN, KINDS = 9, 11
STILL = np.zeros(3)  # no swell and no roll
SHOWN = [0, 1, 2, 3, 4, 5, 7, 8]  # of a picture's own: without the swelling


@dataclass(frozen=True, eq=False)
class Seen:
    """A symbol: its corners on the face and in the picture, and its registered edges where it has them.

    `points_mm`, `points_px`, `normal`, `outward`, `sd_px` have one row for each measurement.
    """

    corners_mm: Array
    corners_px: Array
    corner_sd_px: float
    points_mm: Array
    points_px: Array
    normal: Array
    outward: Array  # how much of a symbol's swelling each shows
    sd_px: Array


def seen_corners(corners_mm: Array, corners_px: Array, sd_px: float) -> Seen:
    """A symbol of which only the corners are known."""
    normal = np.tile(np.eye(2), (4, 1))
    along = np.roll(corners_px, -1, axis=0) - corners_px
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    side = np.column_stack([along[:, 1], -along[:, 0]])
    outward = (side + np.roll(side, 1, axis=0)).ravel()
    return Seen(
        corners_mm,
        corners_px,
        sd_px,
        np.repeat(corners_mm, 2, axis=0),
        np.repeat(corners_px, 2, axis=0),
        normal,
        outward,
        np.full(8, sd_px),
    )


def seen_edges(corners_mm: Array, edges: Edges) -> Seen:
    """A registered symbol. Its corners, for finding where to start, are as good as its edges."""
    middle, side = corners_mm.mean(axis=0), corners_mm[2] - corners_mm[0]
    return Seen(
        corners_mm=corners_mm,
        corners_px=edges.corners_px,
        corner_sd_px=EDGED_CORNER_SD_PX,
        points_mm=middle + edges.at * side,
        points_px=edges.px,
        normal=edges.normal,
        outward=np.ones(len(edges.at)),
        sd_px=edges.sd_px,
    )


EDGED_CORNER_SD_PX = 0.12


@dataclass(frozen=True, eq=False)
class Fit:
    """A pose and how sure it is.

    `whole`: 10 x 10 covariance of (pose step, log focal length, k1, roll); `joint`: without the roll. `rival`: the other way a plane can be seen, when it
    explains the picture nearly as well. `strangers`: symbols that lie where this pose does not allow them.
    """

    pose: Pose
    camera: Intrinsics
    names: tuple[str, ...]
    seen: tuple[Seen, ...]
    cost: float
    whole: Array
    rival: Pose | None
    rms_px: float
    strangers: tuple[str, ...] = ()
    off_px: Array = field(default_factory=lambda: STILL)
    is_ambiguous: bool = False  # one symbol alone, and it may as well be tilted the other way

    @property
    def joint(self) -> Array:
        return self.whole[:8, :8]

    @property
    def roll_px(self) -> Array:
        """How far the picture moved from its first row to its last."""
        return self.off_px[1:]


def fit_pose(candidates: Sequence[tuple[str, list[Seen]]], camera: Intrinsics) -> Fit | None:
    """Start from both planar solutions of every symbol, and of all together; keep the smallest residual."""
    chosen: _Chosen | None = None
    for among in _subsets(candidates):
        found = _best(among, camera)
        if found is not None:
            # Leaving out has its price, so that one wrong tag cannot outvote two right ones.
            found = replace(found, cost=found.cost + STRANGER_COST * (len(candidates) - len(among)))
            if chosen is None or found.cost < chosen.cost:
                chosen = found
            if len(found.kept) == len(candidates):
                break
    if chosen is None:
        return None
    kept = chosen.kept
    symbols = [seen for _, seen in kept]
    pose, off, cost = _refine(symbols, chosen.pose, STILL, camera)
    other = _rival(symbols, pose, camera)
    if other is not None and other[2] < cost:
        (pose, off, cost), other = other, (pose, off, cost)
    if not np.isfinite(cost):
        return None
    names = tuple(name for name, _ in kept)
    strangers = tuple(name for name, _ in candidates if name not in names)
    fit = Fit(
        pose,
        camera,
        names,
        tuple(symbols),
        cost,
        np.eye(10),
        None,
        _rms(symbols, pose, camera),
        strangers,
        off,
    )
    return _sure(fit, np.asarray(np.diag([camera.focal_sd**2, camera.k1_sd**2])), other)


@dataclass(frozen=True, eq=False)
class _Chosen:
    cost: float
    pose: Pose
    kept: tuple[tuple[str, Seen], ...]


def _best(candidates: Sequence[tuple[str, list[Seen]]], camera: Intrinsics) -> _Chosen | None:
    """The pose from which most of these symbols are explained best, by their corners alone."""
    best: _Chosen | None = None
    for symbols in _starts(candidates):
        for start in _ippe(symbols, camera):
            agreed = _agreeing(candidates, start, camera)
            pose, cost = _refine_corners(agreed, start, camera)
            kept = [(n, s) for n, s in agreed if not _is_stranger(s, pose, camera)]
            if not kept:
                continue
            if len(kept) < len(agreed):
                pose, cost = _refine_corners(kept, pose, camera)
            cost += STRANGER_COST * (len(agreed) - len(kept))
            if np.isfinite(cost) and (best is None or cost < best.cost):
                best = _Chosen(cost, pose, tuple(kept))
        if best is not None and best.cost < EXPLAINED * 8 * len(candidates):
            break  # all symbols agree: starting from each of them would end here as well
    return best


def fit_camera(fits: Sequence[Fit | None]) -> list[Fit | None]:
    """The focal length and k1 common to all pictures, with their poses; how sure the camera was is the prior.

    What the pictures cannot tell stays as it was assumed, and its uncertainty goes into the covariances.
    """
    found = [fit for fit in fits if fit is not None]
    if not found:
        return list(fits)
    first = found[0].camera
    # A thousandth is as good as known, and keeps the arithmetic finite.
    prior = np.diag([max(first.focal_sd, 1e-4) ** -2, max(first.k1_sd, 1e-4) ** -2])
    shared = np.zeros(2)
    states = [(fit.pose, fit.off_px) for fit in found]
    total = sum(_cost(f.seen, p, s, f.camera) for f, (p, s) in zip(found, states, strict=True))
    damping = 1e-4
    for _ in range(STEPS):
        left, right = prior.copy(), -prior @ shared
        parts = []
        for fit, (pose, off) in zip(found, states, strict=True):
            a, b = _normal(fit.seen, pose, off, _changed(fit.camera, shared))
            about = _about_middle(fit.seen, pose)
            own = about.T @ a[:OWN, :OWN] @ about
            own += damping * np.diag(np.diag(own)) + 1e-12 * np.eye(OWN)
            solved = about @ np.linalg.solve(own, about.T @ np.column_stack([a[:OWN, OWN:], b[:OWN]]))
            left += a[OWN:, OWN:] - a[OWN:, :OWN] @ solved[:, :2]
            right += b[OWN:] - a[OWN:, :OWN] @ solved[:, 2]
            parts.append(solved)
        step = np.linalg.solve(left + damping * np.diag(np.diag(left)), right)
        step = step * min(1.0, 0.1 / max(1e-12, float(np.abs(step).max())))
        tried = shared + step
        moved = [
            (
                perturb(pose, _damped((s[:, 2] - s[:, :2] @ step)[:6])),
                off + (s[:, 2] - s[:, :2] @ step)[6:],
            )
            for (pose, off), s in zip(states, parts, strict=True)
        ]
        new = sum(
            _cost(f.seen, p, s, _changed(f.camera, tried)) for f, (p, s) in zip(found, moved, strict=True)
        ) + float(tried @ prior @ tried)
        if new <= total:
            is_done = total - new < 1e-9 * (1 + total)
            shared, states, total, damping = tried, moved, new, max(damping / 10, 1e-9)
            if is_done:
                break
        else:
            damping *= 30
            if damping > 1e6:
                break
    return _finished(fits, found, states, shared, prior)


def _finished(
    fits: Sequence[Fit | None],
    found: Sequence[Fit],
    states: Sequence[tuple[Pose, Array]],
    shared: Array,
    prior: Array,
) -> list[Fit | None]:
    information = prior.copy()
    for fit, (pose, off) in zip(found, states, strict=True):
        camera = _changed(fit.camera, shared)
        a, _ = _normal(fit.seen, pose, off, camera)
        about = _about_middle(fit.seen, pose)
        own = about @ np.linalg.pinv(about.T @ a[:OWN, :OWN] @ about, hermitian=True) @ about.T
        gained = a[OWN:, OWN:] - a[OWN:, :OWN] @ own @ a[:OWN, OWN:]
        information += gained / _scale(fit.seen, _cost(fit.seen, pose, off, camera))
    spread = np.asarray(np.linalg.inv(information), dtype=np.float64)
    done = []
    for fit, (pose, off) in zip(found, states, strict=True):
        camera = _changed(fit.camera, shared).model_copy(
            update={"focal_sd": float(np.sqrt(spread[0, 0])), "k1_sd": float(np.sqrt(spread[1, 1]))}
        )
        one = replace(
            fit,
            pose=pose,
            off_px=off,
            camera=camera,
            cost=_cost(fit.seen, pose, off, camera),
            rms_px=_rms(fit.seen, pose, camera),
        )
        # Where there was no rival at first, a camera that changes by a few per cent makes none.
        done.append(_sure(one, spread, _rival(fit.seen, pose, camera) if fit.rival is not None else None))
    finished = iter(done)
    return [None if fit is None else next(finished) for fit in fits]


def _changed(camera: Intrinsics, shared: Array) -> Intrinsics:
    """The camera with another (log focal length, k1), both counted from its own."""
    scale = float(np.exp(shared[0]))
    return camera.model_copy(
        update={"fx": camera.fx * scale, "fy": camera.fy * scale, "k1": camera.k1 + float(shared[1])}
    )


def _damped(step: Array) -> Array:
    """A step no longer than half a radian and a metre: far from the solution, the linear model promises too much."""
    length = max(float(np.linalg.norm(step[:3])) / 0.5, float(np.linalg.norm(step[3:6])) / 1000, 1.0)
    return step / length


# -- starting points --------------------------------------------------------------------------------------------


def _subsets(
    candidates: Sequence[tuple[str, list[Seen]]],
) -> Iterator[Sequence[tuple[str, list[Seen]]]]:
    """All symbols; then without each of them, for one on the wrong device pulls the others along."""
    yield candidates
    if len(candidates) > 1:
        for left_out in range(len(candidates)):
            yield [one for i, one in enumerate(candidates) if i != left_out]


def _starts(candidates: Sequence[tuple[str, list[Seen]]]) -> list[list[Seen]]:
    singles = [[seen] for _, places in candidates for seen in places]
    together = [[places[0] for _, places in candidates]] if len(candidates) > 1 else []
    return together + singles


def _ippe(symbols: Sequence[Seen], camera: Intrinsics) -> list[Pose]:
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
    return rms > max(STRANGER_SD * seen.corner_sd_px, STRANGER_PX)


# -- refinement -------------------------------------------------------------------------------------------------


def _residuals(seen: Seen, pose: Pose, off: Array, camera: Intrinsics) -> Array:
    """In standard deviations; positive where an edge lies farther out than expected."""
    expected = project(seen.points_mm, pose, camera)
    gap = seen.points_px - expected
    return np.asarray(((gap * seen.normal).sum(axis=1) - _shown(seen, expected, camera) @ off) / seen.sd_px)


def _normal(symbols: Sequence[Seen], pose: Pose, off: Array, camera: Intrinsics) -> tuple[Array, Array]:
    """Left and right side of one picture's normal equations for (pose step, swell, roll, log focal length, k1).

    Robust against edges that are off; what each symbol is off by as a whole is marginalised.
    """
    left, right = np.zeros((KINDS, KINDS)), np.zeros(KINDS)
    known = _off_information(symbols, camera)
    left[6:OWN, 6:OWN], right[6:OWN] = np.diag(known), -known * off
    for seen in symbols:
        gap = _residuals(seen, pose, off, camera)
        weight = np.minimum(1, HUBER_SD / np.maximum(np.abs(gap), 1e-9)) / seen.sd_px**2
        moving = np.concatenate(
            [
                pose_jacobian(seen.points_mm, pose, camera),
                np.zeros((len(gap), 2, 3)),
                focal_jacobian(seen.points_mm, pose, camera)[:, :, None],
                k1_jacobian(seen.points_mm, pose, camera)[:, :, None],
            ],
            axis=2,
        )
        j = np.einsum("nk,nki->ni", seen.normal, moving)
        j[:, 6:OWN] = _shown(seen, project(seen.points_mm, pose, camera), camera)
        jw = j * weight[:, None]
        whole = _whole(seen)
        ww = whole * weight[:, None]
        shift = np.linalg.inv(whole.T @ ww + WHOLE_INFORMATION)
        crossed = jw.T @ whole
        pixels = gap * seen.sd_px
        left += jw.T @ j - crossed @ shift @ crossed.T
        right += jw.T @ pixels - crossed @ shift @ (ww.T @ pixels)
    return left, right


def _shown(seen: Seen, expected_px: Array, camera: Intrinsics) -> Array:
    """What each measurement shows of the picture's swelling and of its roll.

    By where the edge should be, not where it was measured: their product with the residual would not average out.
    """
    down = (expected_px[:, 1] - camera.cy) / camera.height
    return np.column_stack([seen.outward, seen.normal * down[:, None]])


def _off_information(symbols: Sequence[Seen], camera: Intrinsics) -> Array:
    """How sure it is beforehand that a picture has neither swelling nor roll."""
    roll = np.hypot(ROLLED_MM * _pixels_per_mm(symbols), ROLLED_SHARE * max(camera.width, camera.height))
    return np.array([SWELL_SD_PX, roll, roll]) ** -2


def _pixels_per_mm(symbols: Sequence[Seen]) -> float:
    """How large the symbols are in the picture, on average."""
    sizes = [np.sqrt(one.points_px.var(axis=0).sum() / one.points_mm.var(axis=0).sum()) for one in symbols]
    return float(np.mean(sizes))


def _whole(seen: Seen) -> Array:
    """What each measurement shows of its symbol being off as a whole: right, down, larger."""
    return np.column_stack([seen.normal, seen.outward])


def _cost(symbols: Sequence[Seen], pose: Pose, off: Array, camera: Intrinsics) -> float:
    """The robust squared residuals, with each symbol moved as a whole as suits it."""
    total = float(_off_information(symbols, camera) @ off**2)
    for seen in symbols:
        gap = _residuals(seen, pose, off, camera)
        if not np.all(np.isfinite(gap)):
            return float("inf")
        weight = np.minimum(1, HUBER_SD / np.maximum(np.abs(gap), 1e-9)) / seen.sd_px**2
        whole = _whole(seen)
        ww = whole * weight[:, None]
        pull = ww.T @ (gap * seen.sd_px)
        size = np.abs(gap)
        total += float(np.where(size < HUBER_SD, gap**2, 2 * HUBER_SD * size - HUBER_SD**2).sum())
        total -= float(pull @ np.linalg.solve(whole.T @ ww + WHOLE_INFORMATION, pull))
    return total


def _refine(
    symbols: Sequence[Seen], start: Pose, off: Array, camera: Intrinsics
) -> tuple[Pose, Array, float]:
    """Levenberg-Marquardt over pose and what the picture is off by: (pose, off, cost)."""
    pose, cost, damping = start, _cost(symbols, start, off, camera), 1e-3
    for _ in range(STEPS):
        if not np.isfinite(cost):
            break
        a, b = _normal(symbols, pose, off, camera)
        about = _about_middle(symbols, pose)
        local = about.T @ a[:OWN, :OWN] @ about
        step = about @ np.linalg.solve(local + damping * np.diag(np.diag(local) + 1e-12), about.T @ b[:OWN])
        moved, other = perturb(pose, _damped(step[:6])), off + step[6:]
        new = _cost(symbols, moved, other, camera)
        if new < cost:
            is_done = cost - new < 1e-6 * (1e-3 + cost)
            pose, off, cost, damping = moved, other, new, damping / 10
            if is_done:
                break
        else:
            damping *= 100
            if damping > 1e4:
                break
    return pose, off, cost


def _refine_corners(named: Sequence[tuple[str, Seen]], start: Pose, camera: Intrinsics) -> tuple[Pose, float]:
    """The same over the corners alone: quick enough to try every start."""
    pose, _, cost = _refine([_corners_alone(seen) for _, seen in named], start, STILL, camera)
    return pose, cost


def _corners_alone(seen: Seen) -> Seen:
    return seen_corners(seen.corners_mm, seen.corners_px, seen.corner_sd_px)


def _about_middle(symbols: Sequence[Seen], pose: Pose) -> Array:
    """Turns steps that rotate about the symbols' middle into steps about the camera: the former hardly mix."""
    middle = np.append(np.concatenate([seen.corners_mm for seen in symbols]).mean(axis=0), 0.0)
    x, y, z = pose[:3, :3] @ middle + pose[:3, 3]
    about = np.eye(OWN)
    about[3:6, :3] = [[0, -z, y], [z, 0, -x], [-y, x, 0]]
    return about


# -- how sure ---------------------------------------------------------------------------------------------------


def _sure(fit: Fit, shared: Array, other: tuple[Pose, Array, float] | None) -> Fit:
    """The fit with its covariance, when (log focal length, k1) have the covariance `shared`."""
    a, _ = _normal(fit.seen, fit.pose, fit.off_px, fit.camera)
    about = _about_middle(fit.seen, fit.pose)
    own = about @ np.linalg.pinv(about.T @ a[:OWN, :OWN] @ about, hermitian=True) @ about.T
    scale = _scale(fit.seen, fit.cost)
    pose_and_roll = own[np.ix_(SHOWN, SHOWN)]
    follows = -(own @ a[:OWN, OWN:])[SHOWN]  # how they follow when the camera is another
    sway = np.vstack([follows[:6], np.eye(2), follows[6:]])
    whole = sway @ shared @ sway.T
    mine = [0, 1, 2, 3, 4, 5, 8, 9]
    whole[np.ix_(mine, mine)] += scale * pose_and_roll
    rival, is_ambiguous = None, False
    if other is not None:
        gap = (other[2] - fit.cost) / scale
        is_ambiguous = len(fit.seen) == 1 and gap < TOLD_APART
        weight = 1.0 if is_ambiguous else float(np.exp(np.clip(-gap / 2, -700, 0)))
        weight /= 1 + weight
        if weight > RIVAL_WEIGHT:
            rival = other[0]
            away = np.concatenate([step_between(fit.pose, rival), np.zeros(2), (other[1] - fit.off_px)[1:]])
            whole += weight * np.outer(away, away)
    return replace(fit, whole=whole, rival=rival, is_ambiguous=is_ambiguous)


def _scale(symbols: Sequence[Seen], cost: float) -> float:
    """By how much the measurements' variance is larger than stated.

    With the factor that makes 95 % of a normal distribution 95 % of what few measurements allow (Student's t, in two
    dimensions). Edges in plenty lie on few lines, so that no symbol counts for more than its four corners do.
    """
    count = sum(len(seen.sd_px) for seen in symbols)
    freedom = PRIOR_FREEDOM + 8 * len(symbols) - 6
    student = freedom * (0.05 ** (-2 / freedom) - 1) / CHI2_95
    return float(max(1.0, (PRIOR_FREEDOM + cost) / (PRIOR_FREEDOM + count - 6)) * student)


def _rms(symbols: Sequence[Seen], pose: Pose, camera: Intrinsics) -> float:
    gaps = np.concatenate([project(s.corners_mm, pose, camera) - s.corners_px for s in symbols])
    return float(np.sqrt((gaps**2).sum(axis=1).mean()))


def _rival(symbols: Sequence[Seen], pose: Pose, camera: Intrinsics) -> tuple[Pose, Array, float] | None:
    """The best other pose, when it truly is another and not the same one found again, nor far worse."""
    best: tuple[Pose, Array, float] | None = None
    corners = [_corners_alone(seen) for seen in symbols]
    hopeless = _refine(corners, pose, STILL, camera)[2] + HOPELESS
    for start in _ippe(symbols, camera):
        rough = _refine(corners, start, STILL, camera)
        if _turn(rough[0], pose) < RIVAL_TURN_RAD or not rough[2] < hopeless:
            continue
        other = _refine(symbols, rough[0], STILL, camera)
        is_other = _turn(other[0], pose) > RIVAL_TURN_RAD and np.isfinite(other[2])
        if is_other and (best is None or other[2] < best[2]):
            best = other
    return best


def _turn(a: Pose, b: Pose) -> float:
    return float(np.linalg.norm(rotation_vector(a[:3, :3] @ b[:3, :3].T)))
