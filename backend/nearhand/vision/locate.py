"""Find a face in pictures: all its visible label and tags, joined into one pose and how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.edges import CORNERS, PATTERN_MATCH, pattern_match, register
from nearhand.vision.fit import Fit, Seen, fit_camera, fit_pose, seen_corners, seen_edges
from nearhand.vision.gray import Gray, gray_of
from nearhand.vision.labels import TIMEOUT_S, read_labels, sharpen
from nearhand.vision.layout import Layout, LayoutLabel, Tag
from nearhand.vision.modules import Modules, qr_modules
from nearhand.vision.on_face import moves, on_face
from nearhand.vision.pose import Pose
from nearhand.vision.project import (
    face_jacobian,
    project,
)
from nearhand.vision.rings import ring_radius
from nearhand.vision.symbols import LabelSeen, TagSeen
from nearhand.vision.tags import find_tags

Array = NDArray[np.float64]
Held = Literal["symbols", "face_picture"]

UNREGISTERED_SD_PX = 0.5
ENLARGE_LIMIT_PX = 2_500_000
ENLARGED = 1.5
CROP_ENLARGED = 2.5
CROP_LIMIT_PX = 400_000
PREDICTED_WITHIN_MODULES = 1.5


@dataclass(frozen=True)
class LocatedPoint:
    """A face point in the picture, with the radii that hold it in 95 of 100 cases."""

    x_mm: float
    y_mm: float
    u_px: float
    v_px: float
    ring_px: float
    ring_mm: float


@dataclass(frozen=True, eq=False)
class Located:
    """Where a face is in one picture.

    `covariance`: 6 x 6 of steps (see pose.perturb) on the camera's side, rad and mm; what is not known of the camera is
    in it as the steps that move the face's points alike. `joint`: 8 x 8 of (step, log focal length, k1).
    `label_seen`: it was read; `is_label_held`: it was only found where it had to be. `strangers`: symbols of the layout
    that are in sight, and not where this pose puts them. `held`: by its symbols, or by its reference picture alone.
    `is_ambiguous`: by one symbol, which may as well be tilted the other way.
    """

    pose: Pose
    covariance: Array
    camera: Intrinsics
    label_seen: bool
    is_label_held: bool
    tags_seen: tuple[int, ...]
    strangers: tuple[str, ...]
    rms_px: float
    joint: Array
    held: Held = "symbols"
    is_ambiguous: bool = False

    @property
    def is_contradicted(self) -> bool:
        """Label and tags do not belong together: one of them was stuck on the wrong device. Nothing may be anchored."""
        has_label = self.label_seen or self.is_label_held
        return "label" in self.strangers or (has_label and not self.tags_seen and bool(self.strangers))

    def points(self, points_mm: ArrayLike) -> list[LocatedPoint]:
        """Rows (x, y) or (x, y, z towards the viewer); those behind the camera are left out as NaN."""
        rows = np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
        px = project(rows, self.pose, self.camera)
        steps = moves(rows, self.pose, self.camera)
        on_plane = face_jacobian(rows, self.pose, self.camera)
        found = []
        for row, uv, step, face in zip(rows, px, steps, on_plane, strict=True):
            spread = step @ self.joint @ step.T
            ring_mm = float("nan")
            if np.all(np.isfinite(face)) and abs(np.linalg.det(face)) > 1e-9:
                back = np.linalg.inv(face)
                ring_mm = ring_radius(back @ spread @ back.T)
            found.append(
                LocatedPoint(
                    float(row[0]), float(row[1]), float(uv[0]), float(uv[1]), ring_radius(spread), ring_mm
                )
            )
        return found


@dataclass(frozen=True, eq=False)
class Look:
    """What was seen in one picture of `size` (width, height): the symbols that could belong to a layout."""

    size: tuple[int, int]
    labels: tuple[LabelSeen, ...]
    tags: tuple[TagSeen, ...]

    @property
    def is_mirrored(self) -> bool:
        """The layout's label is seen as in a mirror: nothing in this picture has a pose."""
        return any(label.is_mirrored for label in self.labels)


def look(
    image: NDArray[np.uint8],
    layout: Layout,
    camera: Intrinsics | None = None,
    *,
    labels: Sequence[LabelSeen] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Look:
    """The symbols in a gray or BGR picture that could belong to this layout; `labels` where they were read before.

    What is not found at first is looked for where the others, seen by about this camera, say that it must be.
    """
    gray = gray_of(image)
    size = (gray.shape[1], gray.shape[0])
    names = sorted({tag.dictionary for tag in layout.tags})
    tags = [tag for name in names for tag in find_tags(gray, name)]
    if labels is None and layout.label is not None:
        # With tags in sight, a label too small to read is no reason to try everything.
        labels = read_labels(gray, timeout_s=0.0 if _ours(tags, layout) else timeout_s)
    wanted = None if layout.label is None else layout.label.text
    ours = [sharpen(gray, label) for label in labels or () if label.text == wanted]
    if not ours and not _ours(tags, layout) and gray.size <= ENLARGE_LIMIT_PX:
        tags = [tag for name in names for tag in find_tags(gray, name, enlarged=ENLARGED)]
    found = Look(size, tuple(ours), tuple(tags))
    try:
        lens = nominal(*size) if camera is None else camera.scaled_to(*size)
    except ValueError:
        return found  # told when the picture is located
    return _completed(gray, found, layout, lens)


def _ours(tags: Sequence[TagSeen], layout: Layout) -> set[tuple[str, int]]:
    return {(tag.dictionary, tag.id) for tag in tags} & {(tag.dictionary, tag.id) for tag in layout.tags}


def _completed(gray: Gray, found: Look, layout: Layout, camera: Intrinsics) -> Look:
    fit = fit_pose(_candidates(found, layout), camera)
    if fit is None:
        return found
    tags, labels = list(found.tags), list(found.labels)
    seen = _ours(tags, layout)
    for tag in layout.tags:
        if (tag.dictionary, tag.id) not in seen:
            tags += _tag_expected(gray, tag, fit)
    if len(tags) > len(found.tags):
        fit = fit_pose(_candidates(replace(found, tags=tuple(tags)), layout), camera) or fit
    if layout.label is not None and not labels and len(fit.names) > 1:
        labels += _label_expected(gray, layout.label, fit)
    return Look(found.size, tuple(labels), tuple(tags))


def _tag_expected(gray: Gray, tag: Tag, fit: Fit) -> list[TagSeen]:
    """The tag near where the pose puts it, looked for in an enlarged crop."""
    box = _expected_box(tag, fit, gray.shape)
    if box is None:
        return []
    left, top, right, bottom = box
    crop = np.ascontiguousarray(gray[top:bottom, left:right])
    offset = np.array([left, top])
    is_small = crop.size <= CROP_LIMIT_PX
    return [
        replace(one, corners_px=one.corners_px + offset, edges=one.edges and one.edges.moved(offset))
        for one in find_tags(crop, tag.dictionary, enlarged=CROP_ENLARGED if is_small else ENLARGED)
        if one.id == tag.id
    ]


def _expected_box(tag: Tag, fit: Fit, shape: tuple[int, ...]) -> tuple[int, int, int, int] | None:
    corners = project(_corners_mm(tag), fit.pose, fit.camera)
    if not np.all(np.isfinite(corners)):
        return None
    step = moves(np.array([[tag.x_mm, tag.y_mm]]), fit.pose, fit.camera)[0]
    side = float(np.linalg.norm(np.ptp(corners, axis=0)))
    around = ring_radius(step @ fit.joint @ step.T) + 0.7 * side
    low = np.maximum(np.floor(corners.min(axis=0) - around), 0).astype(int)
    high = np.minimum(np.ceil(corners.max(axis=0) + around), [shape[1], shape[0]]).astype(int)
    if np.any(high - low < 16) or np.prod((high - low).astype(float)) > ENLARGE_LIMIT_PX:
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _label_expected(gray: Gray, label: LayoutLabel, fit: Fit) -> list[LabelSeen]:
    """The label where the tags put it, too small to be read, when what is there looks like its modules."""
    modules = printed_modules(label)
    if modules is None:
        return []
    corners = project(_corners_mm(label), fit.pose, fit.camera)
    if not np.all(np.isfinite(corners)):
        return []
    edges = register(gray, modules, corners, slack_modules=PREDICTED_WITHIN_MODULES)
    if edges is None or pattern_match(gray, modules, edges.corners_px) < PATTERN_MATCH:
        return []
    return [LabelSeen(label.text, edges.corners_px, modules, edges, is_read=False)]


def printed_modules(label: LayoutLabel) -> Modules | None:
    """The symbol our labels are printed with for this text; None for a text that no symbol of that kind holds."""
    try:
        return qr_modules(label.text)
    except ValueError:
        return None


def locate(
    image: NDArray[np.uint8],
    layout: Layout,
    camera: Intrinsics | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
) -> Located | None:
    """Where the face is in a gray or BGR picture, or None. Without a camera the usual phone is assumed."""
    return locate_seen([look(image, layout, camera, timeout_s=timeout_s)], layout, camera)[0]


def locate_seen(
    looks: Sequence[Look],
    layout: Layout,
    camera: Intrinsics | None = None,
    *,
    focal_35mm: float | None = None,
) -> list[Located | None]:
    """The same for pictures from one camera that were looked at before.

    Focal length and k1 are estimated from all of them together, as far from the given or usual ones as `focal_sd` and
    `k1_sd` allow. Raises ValueError for a picture whose shape is not the camera's.
    """
    fits = []
    for one in looks:
        assumed = nominal(*one.size, focal_35mm) if camera is None else camera.scaled_to(*one.size)
        fits.append(fit_pose(_candidates(one, layout), assumed))
    return [
        None if fit is None else _located(fit, one, layout)
        for fit, one in zip(fit_camera(fits), looks, strict=True)
    ]


def _candidates(seen: Look, layout: Layout) -> list[tuple[str, list[Seen]]]:
    """For each symbol of the layout that is in sight, where it may be: two racks can hold the same tag."""
    found: list[tuple[str, list[Seen]]] = []
    if layout.label is not None:
        text, corners_mm = layout.label.text, _corners_mm(layout.label)
        places = [_seen(corners_mm, one) for one in seen.labels if one.text == text and not one.is_mirrored]
        if places:
            found.append(("label", places))
    for tag in layout.tags:
        corners_mm = _corners_mm(tag)
        places = [
            _seen(corners_mm, one)
            for one in seen.tags
            if (one.dictionary, one.id) == (tag.dictionary, tag.id)
        ]
        if places:
            found.append((f"tag {tag.id}", places))
    return found


def _seen(corners_mm: Array, one: LabelSeen | TagSeen) -> Seen:
    if one.edges is None:
        return seen_corners(corners_mm, one.corners_px, UNREGISTERED_SD_PX)
    return seen_edges(corners_mm, one.edges)


def _corners_mm(symbol: LayoutLabel | Tag) -> Array:
    return np.asarray(np.array([symbol.x_mm, symbol.y_mm]) + symbol.size_mm * CORNERS, dtype=np.float64)


def located_by(fit: Fit, layout: Layout) -> Located:
    """A fit to something else of the face than its symbols, told in the same way."""
    told = on_face(fit, layout.face)
    return Located(
        pose=told.pose,
        covariance=told.covariance,
        camera=fit.camera,
        label_seen=False,
        is_label_held=False,
        tags_seen=(),
        strangers=(),
        rms_px=fit.rms_px,
        joint=told.joint,
        is_ambiguous=fit.is_ambiguous,
    )


def _located(fit: Fit, seen: Look, layout: Layout) -> Located:
    has_label = "label" in fit.names
    is_read = any(label.is_read for label in seen.labels)
    return replace(
        located_by(fit, layout),
        label_seen=has_label and is_read,
        is_label_held=has_label and not is_read,
        tags_seen=tuple(int(name.removeprefix("tag ")) for name in fit.names if name != "label"),
        strangers=fit.strangers,
    )
