"""Find a face by its picture where no label and no tag is in sight.

The places that most features agree on are laid over the face and compared as pictures. Points followed from there by
optical flow (Lucas and Kanade 1981) are what the pose, and how sure it is, is fitted to.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.features import (
    LEAST_AGREED,
    NARROWING_PX,
    Features,
    agreeing,
    carried,
    features_of_face,
    features_of_picture,
    rivals_among,
    starts,
)
from nearhand.vision.fit import Fit, Seen, fit_pose
from nearhand.vision.gray import Gray, gray_of
from nearhand.vision.layout import Layout
from nearhand.vision.locate import Located, located_by
from nearhand.vision.pose import Pose
from nearhand.vision.project import project
from nearhand.vision.rectify import FacePicture

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


FOLLOWED = 300
WINDOW_PX = (15, 15)
ROUNDS = 3
LEAST_FOLLOWED = 20
POINT_SD_PX = 0.15
CORNER_SD_PX = 1.0
FLOW_OFF_PX, FLOW_BACK_PX = 4.0, 0.5
RING_SDS = 2.4477  # of a ring that holds 95 of 100 points spread alike in both directions

LEVEL_MM = 4.0  # brightness is compared with that of so wide a surrounding
SLIDE_MM = 70.0  # how far along the face a rival place is looked for
SAME_MM = 4.0
# Likeness in place, and its lead over every place beside it, as a share of the lead that the face itself would have.
# Measured on renders: the right device has 0.55 of that lead and more with half of its ports cabled, another type with as
# many ports in other places 0.45 at most. One of two that are alike is the other half hidden: doubt needs less than belief.
BELIEVED = (0.35, 0.52)
DOUBTED = (0.28, 0.35)
LEAST_OWN_LEAD = 0.03  # a face that is so much alike to itself beside itself cannot be placed
GLANCE_PX_PER_MM = 1.0
PLACES = 3  # of those that look most like the face at a glance
LEAST_VISIBLE = 0.25  # of the known part of the face


@dataclass(frozen=True, eq=False)
class Reference:
    """A face's picture made ready to be looked for."""

    face: FacePicture
    gray: Gray
    glance: NDArray[np.float32]
    features: Features


@dataclass(frozen=True)
class Likeness:
    """How much a place in the picture looks like the face (-1 to 1), and the best rival place along the face.

    `rival_mm`: how far along the face that is. `own`: how much the face looks like itself at its best rival place.
    """

    here: float
    rival: float
    rival_mm: float
    own: float
    visible: float

    def exceeds(self, least: tuple[float, float]) -> bool:
        here, lead = least
        expected = 1 - self.own
        return (
            self.here >= here
            and expected >= LEAST_OWN_LEAD
            and self.here - self.rival >= lead * self.here * expected
            and self.visible >= LEAST_VISIBLE
        )


@dataclass(frozen=True, eq=False)
class Recognised:
    """Where a face was found by its picture. `alike`: how many such are in sight; of two, none is the one."""

    located: Located | None
    alike: int
    likeness: Likeness | None = None
    agreed: int = 0


@dataclass(frozen=True, eq=False)
class _View:
    """One picture that is searched for one face."""

    gray: Gray
    lens: Intrinsics
    reference: Reference
    layout: Layout


def reference_of(face: FacePicture) -> Reference:
    gray = gray_of(face.pixels)
    coarse = max(1, round(face.px_per_mm / GLANCE_PX_PER_MM))
    glance = _levelled(gray, face.px_per_mm)[::coarse, ::coarse]
    return Reference(face, gray, glance, features_of_face(gray, face.known, face.px_per_mm))


def recognise(
    image: NDArray[np.uint8],
    reference: Reference,
    layout: Layout,
    camera: Intrinsics | None = None,
    *,
    focal_35mm: float | None = None,
) -> Recognised:
    """Where the face is in a gray or BGR picture, by its picture alone.

    Raises ValueError for a picture whose shape is not the camera's.
    """
    gray = gray_of(image)
    height, width = gray.shape
    lens = nominal(width, height, focal_35mm) if camera is None else camera.scaled_to(width, height)
    view = _View(gray, lens, reference, layout)
    features, coarser = features_of_picture(gray)
    first = _best(view, features, coarser, BELIEVED)
    if first.located is None:
        return first
    others = features.only(~_inside(features.at, first.located, layout))
    if _best(view, others, coarser, DOUBTED).located is not None:
        return replace(first, located=None, alike=2)
    return first


# -- is it there ------------------------------------------------------------------------------------------------------


def _best(view: _View, features: Features, coarser: float, least: tuple[float, float]) -> Recognised:
    best = Recognised(None, 0)
    if min(len(features.at), len(view.reference.features.at)) < LEAST_AGREED:
        return best
    rivals = rivals_among(view.reference.features, features, coarser)
    places = [(_likeness_at(view, h), agreed, h) for agreed, h in starts(rivals)]
    places.sort(key=lambda one: -one[0])
    for _, agreed, h in places[:PLACES]:
        is_agreed = agreeing(h, rivals, NARROWING_PX[-1] * rivals.coarser)
        start = _fitted(rivals.mm[is_agreed], rivals.px[is_agreed], h, view.lens)
        fit = None if start is None else _closer(view, start.pose)
        if fit is None:
            continue
        likeness = _likeness(view, fit.pose, fit.camera)
        if likeness.rival > likeness.here:  # most features agreed on a place that is some ports off
            moved = _closer(view, _moved_along(fit.pose, likeness.rival_mm))
            if moved is not None:
                fit, likeness = moved, _likeness(view, moved.pose, moved.camera)
        if best.likeness is None or likeness.here > best.likeness.here:
            located = None
            if likeness.exceeds(least):
                located = _with_reference(located_by(fit, view.layout), view.reference)
            best = Recognised(located, int(located is not None), likeness, agreed)
        if best.located is not None:
            break
    return best


def _likeness_at(view: _View, h: Array) -> float:
    """How much the picture looks like the face there, at a glance."""
    import cv2

    reference = view.reference
    scale = reference.face.px_per_mm
    coarse = max(1, round(scale / GLANCE_PX_PER_MM))
    known, gray = reference.face.known[::coarse, ::coarse], reference.glance
    to_mm = np.array([[coarse / scale, 0, 0.5 / scale], [0, coarse / scale, 0.5 / scale], [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (known.shape[1], known.shape[0])
    seen = cv2.warpPerspective(view.gray, h @ to_mm, size, flags=flags, borderValue=0)
    level = _levelled(np.asarray(seen, dtype=np.uint8), scale / coarse)
    a, b = level[known], gray[known]
    return float((a * b).sum() / np.sqrt(float((a * a).sum()) * float((b * b).sum()) + 1e-6))


# -- followed to the pixel --------------------------------------------------------------------------------------


def _moved_along(pose: Pose, mm: float) -> Pose:
    moved = pose.copy()
    moved[:3, 3] += pose[:3, 0] * mm
    return moved


def _closer(view: _View, pose: Pose) -> Fit | None:
    """Fitted to the points of the face followed from there."""
    fit = None
    for _ in range(ROUNDS):
        mm, px = _flow(view, pose)
        if len(mm) < LEAST_FOLLOWED:
            return None
        fit = _fitted(mm, px, None, view.lens)
        if fit is None:
            return None
        pose = fit.pose
    return fit


def _fitted(mm: Array, px: Array, h: Array | None, lens: Intrinsics) -> Fit | None:
    """The pose that shows these points of the face at these pixels."""
    import cv2

    if h is None:
        found: Any = cv2.findHomography(mm, px, cv2.LMEDS)[0]
        if found is None:
            return None
        h = np.asarray(found * np.sign(found[2, 2]))
    low, high = mm.min(axis=0), mm.max(axis=0)
    corners_mm = np.array([[low[0], low[1]], [high[0], low[1]], [high[0], high[1]], [low[0], high[1]]])
    off = np.linalg.norm(carried(h, mm) - px, axis=1)
    sd_px = max(POINT_SD_PX, 1.2 * float(np.median(off)))
    seen = Seen(
        corners_mm=corners_mm,
        corners_px=carried(h, corners_mm),
        corner_sd_px=CORNER_SD_PX,
        points_mm=np.repeat(mm, 2, axis=0),
        points_px=np.repeat(px, 2, axis=0),
        normal=np.tile(np.eye(2), (len(mm), 1)),
        outward=np.zeros(2 * len(mm)),
        sd_px=np.full(2 * len(mm), sd_px),
    )
    return fit_pose([("face", [seen])], lens)


def _flow(view: _View, pose: Pose) -> tuple[Array, Array]:
    """Points of the face, and where in the picture each truly is: off from where the pose puts it by the flow."""
    import cv2

    reference, face = view.reference, view.reference.face
    scale = face.px_per_mm
    seen, is_seen = _laid_flat(view, pose, view.lens)
    mask = (face.known & is_seen).astype(np.uint8) * 255
    mask = np.asarray(cv2.erode(mask, np.ones(WINDOW_PX, np.uint8)), dtype=np.uint8)
    start: Any = cv2.goodFeaturesToTrack(reference.gray, FOLLOWED, 0.005, 6, mask=mask)
    if start is None:
        return np.zeros((0, 2)), np.zeros((0, 2))
    even_face, even_seen = _even(reference.gray, scale), _even(seen, scale)
    follow: Any = cv2.calcOpticalFlowPyrLK
    there, is_there, _ = follow(even_face, even_seen, start, None, winSize=WINDOW_PX, maxLevel=1)
    back, is_back, _ = follow(even_seen, even_face, there, None, winSize=WINDOW_PX, maxLevel=1)
    start, there, back = (np.asarray(p, dtype=np.float64).reshape(-1, 2) for p in (start, there, back))
    is_good = (
        (is_there.ravel() > 0)
        & (is_back.ravel() > 0)
        & (np.linalg.norm(back - start, axis=1) < FLOW_BACK_PX)
        & (np.linalg.norm(there - start, axis=1) < FLOW_OFF_PX)
    )
    px = project((there + 0.5) / scale, pose, view.lens)
    is_good &= np.all(np.isfinite(px), axis=1)
    return (start[is_good] + 0.5) / scale, px[is_good]


def _laid_flat(view: _View, pose: Pose, lens: Intrinsics, margin_mm: float = 0.0) -> tuple[Gray, Flags]:
    """The picture as the face would be seen from far away by this pose, and where it shows anything."""
    import cv2

    gray, shape, scale = view.gray, view.reference.gray.shape, view.reference.face.px_per_mm
    margin = round(margin_mm * scale)
    column, row = np.meshgrid(np.arange(-margin, shape[1] + margin), np.arange(shape[0]))
    mm = (np.stack([column.ravel(), row.ravel()], axis=1) + 0.5) / scale
    px = project(mm, pose, lens)
    with np.errstate(invalid="ignore"):
        inside = np.all((px >= 0) & (px <= [gray.shape[1] - 1, gray.shape[0] - 1]), axis=1)
    maps = np.nan_to_num(px, nan=-1).astype(np.float32).reshape(*column.shape, 2)
    seen = cv2.remap(gray, maps[..., 0].copy(), maps[..., 1].copy(), cv2.INTER_LINEAR)
    return np.asarray(seen, dtype=np.uint8), inside.reshape(column.shape)


def _even(gray: Gray, scale: float) -> Gray:
    """Brightness against that of its surroundings, so that another light makes no difference."""
    return np.asarray(np.clip(_levelled(gray, scale) * 40 + 128, 0, 255), dtype=np.uint8)


def _levelled(gray: Gray, scale: float) -> NDArray[np.float32]:
    import cv2

    values = gray.astype(np.float32)
    sigma = LEVEL_MM * scale
    away = values - cv2.GaussianBlur(values, (0, 0), sigma)
    spread = np.sqrt(cv2.GaussianBlur(away * away, (0, 0), 2 * sigma)) + 3.0
    return np.asarray(np.clip(away / spread, -3, 3), dtype=np.float32)


# -- is it truly this face --------------------------------------------------------------------------------------


def _likeness(view: _View, pose: Pose, lens: Intrinsics) -> Likeness:
    """Compare the picture, laid flat, with the face: in place, and slid along, for ports are alike and rows are not."""
    reference = view.reference
    known, scale = reference.face.known, reference.face.px_per_mm
    seen, is_seen = _laid_flat(view, pose, lens, SLIDE_MM)
    margin = round(SLIDE_MM * scale)
    here = is_seen[:, margin : margin + known.shape[1]] & known
    visible = float(here.sum()) / max(1, int(known.sum()))
    if visible < LEAST_VISIBLE:
        return Likeness(0.0, 0.0, 0.0, 1.0, visible)
    face = _levelled(reference.gray, scale) * known
    slid = _slid(_levelled(seen, scale) * is_seen, face * here, here)
    away = np.arange(len(slid)) - margin
    beside = np.abs(away) > SAME_MM * scale
    rival = int(np.argmax(np.where(beside, slid, -np.inf)))
    itself = _slid(np.pad(face, ((0, 0), (margin, margin))), face * here, here)
    away_mm, own = float(away[rival] / scale), float(itself[beside].max())
    return Likeness(float(slid[margin]), float(slid[rival]), away_mm, own, visible)


def _slid(around: Any, face: Any, here: Flags) -> Array:
    """How much the face looks like what is around it, slid from end to end."""
    import cv2

    around, face = (np.asarray(one, dtype=np.float32) for one in (around, face))
    products = np.asarray(cv2.matchTemplate(around, face, cv2.TM_CCORR), dtype=np.float64).ravel()
    power = cv2.matchTemplate(around * around, here.astype(np.float32), cv2.TM_CCORR)
    sizes = np.maximum(np.asarray(power, dtype=np.float64).ravel(), 1e-6) * float((face * face).sum())
    return np.asarray(products / np.sqrt(sizes + 1e-6))


def _inside(points: Array, located: Located, layout: Layout) -> Flags:
    import cv2

    w, h = layout.face.width_mm, layout.face.height_mm
    outline = project([(0, 0), (w, 0), (w, h), (0, h)], located.pose, located.camera)
    if not np.all(np.isfinite(outline)):
        return np.ones(len(points), dtype=bool)
    hull = outline.astype(np.float32)
    return np.array([cv2.pointPolygonTest(hull, (float(x), float(y)), False) >= 0 for x, y in points])


def _with_reference(located: Located, reference: Reference) -> Located:
    """A point of the face's picture may itself be off: by so much, along the face, the pose is less sure."""
    along = np.zeros((8, 2))
    along[3:6] = located.pose[:3, :2]
    spread = along @ along.T * (reference.face.ring_mm / RING_SDS) ** 2
    return replace(
        located,
        joint=located.joint + spread,
        covariance=located.covariance + spread[:6, :6],
        held="face_picture",
    )
