"""Hold a face between sightings: corners of its picture are followed, each with its place on the face."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.belief import Belief, carried, disagreement, joined, step_between
from nearhand.vision.camera import Intrinsics
from nearhand.vision.flow import detail, find_corners, follow_points, reduced, shift_between
from nearhand.vision.gray import Gray
from nearhand.vision.layout import LayoutFace
from nearhand.vision.pose import Pose, perturb
from nearhand.vision.project import pose_jacobian, project, unproject
from nearhand.vision.rings import ring_radius

Array = NDArray[np.float64]

WANTED, FEWEST = 120, 12
REPLANT_BELOW = 0.75  # of those wanted
REPLANT_EVERY = 6  # frames
LEAST_GAP_PX, GAP_PX = 4.0, 9.0  # between features; nearer when the face is small in the picture
INSET_MM = 1.5  # corners on the face's rim belong to what is behind it as well
OUTSIDE_PX = 8.0
SAME_PX = 5.0  # as the whole picture moved: then the prediction is the more exact of the two
SURE_SHARE = 0.8  # ports are alike: when fewer features agree, they may have been taken for their neighbours
LEAST_SHARE = 0.6  # fewer: better lost, and found again by the next symbol, than held wrongly
AGREEING = 0.5
OUTLIER_SD, OUTLIER_PX = 5.0, 1.5
MEASURE_SD_PX = 0.12
WALK_SD_PX = 0.04  # per square root of frames, of each feature by itself
SLIP_SD_PX = 0.05  # the same, of all features alike: a growing picture pulls them
MEAN_OF_LOOKS = 4
CONTRADICTION = 40.0  # chi squared of six degrees of freedom; 22 is one in a thousand
OUT_OF_PLACE_PX = 3.0
BLURRED_BELOW = 0.45  # of the recent detail
LONGEST_BLUR = 6  # frames; then it is what the picture is like
HUBER_SD = 2.0
STEPS = 15
SETTLED = 1e-4  # of the cost
DAMPED_MOST = 1e3


@dataclass(frozen=True, eq=False)
class Tracked:
    """Where the face is: by how many followed points, so many frames after its symbols were last seen."""

    pose: Pose
    covariance: Array
    features: int
    frames: int


@dataclass(frozen=True, eq=False)
class Features:
    """The points that hold a face, row by row."""

    px: Array
    mm: Array
    looks: Array  # sightings that the place on the face is the mean of
    age: Array  # frames since that was last compared with a sighting

    def __len__(self) -> int:
        return len(self.px)

    def only(self, which: NDArray[np.bool_]) -> "Features":
        return Features(self.px[which], self.mm[which], self.looks[which], self.age[which])

    def sd_px(self) -> Array:
        return np.asarray(
            np.hypot(MEASURE_SD_PX * (1 + 1 / self.looks), WALK_SD_PX * np.sqrt(self.age)), dtype=np.float64
        )


NONE = Features(np.empty((0, 2)), np.empty((0, 2)), np.empty(0), np.empty(0))


@dataclass(frozen=True, eq=False)
class _Held:
    pose: Pose
    covariance: Array
    features: Features
    share: float


class FaceTracker:
    """One face's. Give it each frame (`follow`), and each sighting of that frame (`sight`)."""

    def __init__(self) -> None:
        self.is_blurred = False
        self._now: Gray | None = None
        self._camera: Intrinsics | None = None
        self._face: LayoutFace | None = None
        self._usual, self._blurred = 0.0, 0
        self.forget()

    @property
    def is_held(self) -> bool:
        return self._belief is not None

    def forget(self) -> None:
        self._belief: Belief | None = None
        self._base: Belief | None = None
        self._features = NONE
        self._velocity = np.zeros(6)
        self._frames = self._since_planted = 0

    def follow(self, gray: Gray, camera: Intrinsics) -> Tracked | None:
        """Take in the next frame; where the face is in it, or None while it is not held."""
        small = reduced(gray)
        self.is_blurred = self._is_smeared(small)
        if self.is_blurred:
            return None
        before, self._now = self._now, small
        self._camera = camera.scaled_to(small.shape[1], small.shape[0])
        if self._belief is None:
            return None
        if before is None or before.shape != small.shape or (held := self._attempt(before, small)) is None:
            self.forget()
            return None
        self._velocity = step_between(self._belief.pose, held.pose)
        self._features = held.features
        self._frames += 1
        self._believe(held)
        self._since_planted += 1
        if len(self._features) < REPLANT_BELOW * WANTED and self._since_planted >= REPLANT_EVERY:
            self._plant(is_between=True)
        return self._tracked()

    def sight(
        self,
        sighting: Belief,
        camera: Intrinsics,
        face: LayoutFace,
        places: list[tuple[tuple[float, float], Array]],
        *,
        is_ambiguous: bool = False,
    ) -> Tracked:
        """The face was sighted in the frame that was followed last.

        `places`: the middles of the symbols, on the face and in the picture as `camera` takes it. `is_ambiguous`: by one
        symbol, which may as well be tilted the other way: of many looks at it the surest would win in the end.
        """
        assert self._now is not None, "a frame is followed before it is sighted"
        self._face = face
        belief = self._seen_by(camera.scaled_to(self._now.shape[1], self._now.shape[0]))
        if belief is not None and is_ambiguous and not self._is_out_of_place(belief, camera, places):
            self._belief = belief
            return self._tracked()
        is_apart = belief is not None and disagreement(belief, sighting) > CONTRADICTION
        # One symbol may be seen tilted the wrong way; but where it is in the picture leaves no doubt.
        is_wrong = belief is not None and (
            self._is_out_of_place(belief, camera, places) or (is_apart and len(places) > 1)
        )
        if belief is None or is_wrong:
            self.forget()
            self._belief = sighting
        elif is_apart:
            self._belief = belief
        else:
            self._belief = joined(belief, sighting)
            self._refresh(self._belief.pose)
        if is_wrong or not is_apart:
            self._base, self._frames = self._belief, 0
        if len(self._features) < REPLANT_BELOW * WANTED:
            self._plant(is_between=is_apart and not is_wrong)
        return self._tracked()

    # -- one frame ----------------------------------------------------------------------------------------------

    def _tracked(self) -> Tracked:
        assert self._belief is not None
        return Tracked(self._belief.pose, self._belief.covariance, len(self._features), self._frames)

    def _is_smeared(self, small: Gray) -> bool:
        sharp = detail(small)
        if not self.is_held:
            self._usual = sharp
        is_smeared = self.is_held and sharp < BLURRED_BELOW * self._usual and self._blurred < LONGEST_BLUR
        self._blurred = self._blurred + 1 if is_smeared else 0
        if not is_smeared:
            self._usual += 0.2 * (sharp - self._usual)
        return is_smeared

    def _attempt(self, before: Gray, now: Gray) -> _Held | None:
        """Follow the features from where a hand that goes on puts them, and from where the whole picture moved."""
        assert self._belief is not None
        assert self._camera is not None
        features, last, camera = self._features, self._belief.pose, self._camera
        predicted = perturb(last, self._velocity)
        moves = project(features.mm, predicted, camera) - project(features.mm, last, camera)
        carried_px = features.px + np.where(np.isfinite(moves), moves, 0)
        moved_px = features.px + shift_between(before, now)
        is_same = len(features) == 0 or np.linalg.norm((moved_px - carried_px).mean(axis=0)) < SAME_PX
        best: _Held | None = None
        for places in [carried_px] if is_same else [moved_px, carried_px]:
            there, is_found = follow_points(before, now, features.px, places)
            found = replace(features, px=there, age=features.age + 1).only(is_found)
            size = np.array([now.shape[1], now.shape[0]])
            in_view = int(np.all((places > OUTSIDE_PX) & (places < size - OUTSIDE_PX), axis=1).sum())
            held = _agreed(found, camera, predicted, in_view)
            if held is not None and held.share > (best.share if best else LEAST_SHARE):
                best = held
            if best is not None and best.share > SURE_SHARE:
                break
        return best

    def _believe(self, held: _Held) -> None:
        """What all features share since the sighting, and what each of them has added since."""
        assert self._base is not None
        assert self._camera is not None
        assert self._face is not None
        covariance = carried(self._base, held.pose) + held.covariance
        middle = np.array([self._face.width_mm / 2, self._face.height_mm / 2, 0, 1])
        slip_mm = SLIP_SD_PX * max(20.0, float((held.pose @ middle)[2])) / self._camera.fx
        covariance[[3, 4], [3, 4]] += slip_mm**2 * self._frames
        self._belief = Belief(held.pose, covariance)

    # -- sightings ----------------------------------------------------------------------------------------------

    def _seen_by(self, camera: Intrinsics) -> Belief | None:
        """The belief, as it is with another camera: the features say what pose goes with that."""
        before, self._camera = self._camera, camera
        if self._belief is None or before == camera:
            return self._belief
        held = _fitted(self._features, camera, self._belief.pose)
        return None if held is None else Belief(held[0], self._belief.covariance)

    def _is_out_of_place(
        self, belief: Belief, camera: Intrinsics, places: list[tuple[tuple[float, float], Array]]
    ) -> bool:
        """Whether a symbol is not where the belief says, by more than that is unsure."""
        assert self._camera is not None
        scale = self._camera.fx / camera.fx
        for mm, px in places:
            there = project([mm], belief.pose, self._camera)[0]
            step = pose_jacobian([mm], belief.pose, self._camera)[0]
            ring_px = ring_radius(step @ belief.covariance @ step.T)
            apart = float(np.linalg.norm(there - ((px + 0.5) * scale - 0.5)))
            if not apart <= OUT_OF_PLACE_PX + ring_px:
                return True
        return False

    def _refresh(self, pose: Pose) -> None:
        """Compare each feature with the sighted pose; the mean of several looks is better than one."""
        assert self._camera is not None
        if len(self._features) == 0:
            return
        there = unproject(self._features.px, pose, self._camera)
        is_met: NDArray[np.bool_] = np.all(np.isfinite(there), axis=1)
        looks = np.where(is_met, np.minimum(MEAN_OF_LOOKS, self._features.looks + 1), self._features.looks)
        gap = np.where(is_met[:, None], there - self._features.mm, 0)
        age = np.where(is_met, 0, self._features.age)
        self._features = replace(
            self._features, mm=self._features.mm + gap / looks[:, None], looks=looks, age=age
        )

    def _plant(self, *, is_between: bool) -> None:
        assert self._belief is not None
        assert self._camera is not None
        assert self._now is not None
        assert self._face is not None
        self._since_planted = 0
        if is_between:  # new features take over what the pose has drifted: from now on all share it
            self._base = self._belief
        right, bottom = self._face.width_mm - INSET_MM, self._face.height_mm - INSET_MM
        outline = project(
            [[INSET_MM, INSET_MM], [right, INSET_MM], [right, bottom], [INSET_MM, bottom]],
            self._belief.pose,
            self._camera,
        )
        if not np.isfinite(outline).all():
            return
        kept = self._features
        x, y = outline.T
        area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
        gap = float(np.clip(np.sqrt(area / WANTED) / 1.5, LEAST_GAP_PX, GAP_PX))
        px = find_corners(self._now, outline, kept.px, WANTED - len(kept), gap)
        mm = unproject(px, self._belief.pose, self._camera) if len(px) else px
        is_met: NDArray[np.bool_] = np.all(np.isfinite(mm), axis=1)
        px, mm = px[is_met], mm[is_met]
        self._features = Features(
            np.concatenate([kept.px, px]),
            np.concatenate([kept.mm, mm]),
            np.concatenate([kept.looks, np.ones(len(px))]),
            np.concatenate([kept.age, np.zeros(len(px))]),
        )


def _agreed(found: Features, camera: Intrinsics, start: Pose, in_view: int) -> _Held | None:
    """The one motion of the face that most of the found features agree on."""
    first = _fitted(found, camera, start)
    if first is None:
        return None
    pose, _, off = first
    is_near = np.asarray((off < OUTLIER_SD) | (off * found.sd_px() < OUTLIER_PX), dtype=bool)
    agreeing = found.only(is_near)
    if len(agreeing) < AGREEING * len(found):
        return None
    again = _fitted(agreeing, camera, pose)
    if again is None:
        return None
    pose, covariance, _ = again
    return _Held(pose, covariance, agreeing, len(agreeing) / max(in_view, len(agreeing)))


def _fitted(features: Features, camera: Intrinsics, start: Pose) -> tuple[Pose, Array, Array] | None:
    """The pose, its covariance, and each feature's distance in standard deviations.

    Levenberg-Marquardt, robust: a thin face seen from afar hardly tells its tilt, and an undamped step would overturn it.
    """
    if len(features) < FEWEST:
        return None
    pose, damping = start, 1e-3
    here = _system(features, camera, pose)
    for _ in range(STEPS):
        if here is None or damping > DAMPED_MOST:
            break
        information, right, cost, _ = here
        try:
            step = np.linalg.solve(information + damping * np.diag(np.diag(information)), right)
        except np.linalg.LinAlgError:
            return None
        moved = perturb(pose, step)
        there = _system(features, camera, moved)
        if there is None or there[2] >= cost:
            damping *= 10
            continue
        pose, here, damping = moved, there, max(1e-6, damping / 10)
        if cost - there[2] < SETTLED * cost:
            break
    if here is None:
        return None
    information, _, _, off = here
    trust = np.minimum(1, HUBER_SD / np.maximum(off, 1e-9))
    freedom = 2 * float(trust.sum()) - 6
    if freedom <= 0:
        return None
    scale = max(1.0, float((trust * off**2).sum()) / freedom)
    return pose, np.asarray(scale * np.linalg.pinv(information, hermitian=True), dtype=np.float64), off


def _system(features: Features, camera: Intrinsics, pose: Pose) -> tuple[Array, Array, float, Array] | None:
    """Normal equations, robust cost, and distances in standard deviations; None behind the camera."""
    sd = features.sd_px()
    gap = features.px - project(features.mm, pose, camera)
    if not np.isfinite(gap).all():
        return None
    off = np.linalg.norm(gap, axis=1) / sd
    root = np.sqrt(np.minimum(1, HUBER_SD / np.maximum(off, 1e-9))) / sd
    j = (pose_jacobian(features.mm, pose, camera) * root[:, None, None]).reshape(-1, 6)
    cost = np.where(off > HUBER_SD, HUBER_SD * (2 * off - HUBER_SD), off**2).sum()
    return j.T @ j, j.T @ (gap * root[:, None]).ravel(), float(cost), np.asarray(off)
