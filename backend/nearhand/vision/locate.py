"""Find a face in pictures: all its visible label and tags, joined into one pose and how sure it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.vision.camera import NOMINAL_FOCAL_SPREAD, STATED_FOCAL_SPREAD, Intrinsics, nominal
from nearhand.vision.labels import TIMEOUT_S, read_labels, sharpen
from nearhand.vision.layout import Layout, LayoutLabel, Tag
from nearhand.vision.pose import Pose
from nearhand.vision.project import face_jacobian, focal_jacobian, pose_jacobian, project
from nearhand.vision.register import Fit, Seen, fit_focal, fit_pose
from nearhand.vision.rings import ring_radius
from nearhand.vision.symbols import Gray, LabelSeen, TagSeen, gray_of
from nearhand.vision.tags import find_tags

Array = NDArray[np.float64]

ENLARGE_LIMIT_PX = 2_500_000


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
    """Where a face is in one picture. `covariance`: 6x6 of steps (see pose.perturb) on the camera side, mm and rad."""

    pose: Pose
    covariance: Array
    camera: Intrinsics
    label_seen: bool
    tags_seen: tuple[int, ...]
    rms_px: float
    joint: Array  # 7x7: the pose's step, then the logarithm of the focal length

    def points(self, points_mm: ArrayLike) -> list[LocatedPoint]:
        """Rows (x, y) or (x, y, z towards the viewer); those behind the camera are left out as NaN."""
        rows = np.atleast_2d(np.asarray(points_mm, dtype=np.float64))
        px = project(rows, self.pose, self.camera)
        steps = np.concatenate(
            [
                pose_jacobian(rows, self.pose, self.camera),
                focal_jacobian(rows, self.pose, self.camera)[:, :, None],
            ],
            axis=2,
        )
        on_face = face_jacobian(rows, self.pose, self.camera)
        found = []
        for row, uv, step, face in zip(rows, px, steps, on_face, strict=True):
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


# What was seen in one picture: its (width, height), its labels and its tags.
Look = tuple[tuple[int, int], Sequence[LabelSeen], Sequence[TagSeen]]


def look(
    image: NDArray[np.uint8],
    layout: Layout,
    *,
    labels: Sequence[LabelSeen] | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Look:
    """The symbols in a gray or BGR picture that could belong to this layout; `labels` where they were read before."""
    gray = gray_of(image)
    tags = [
        tag for name in sorted({tag.dictionary for tag in layout.tags}) for tag in _tags(gray, name, layout)
    ]
    if labels is None and layout.label is not None:
        # With tags in sight, a label too small to read is no reason to try everything.
        labels = read_labels(gray, timeout_s=0.0 if tags else timeout_s)
    wanted = None if layout.label is None else layout.label.text
    ours = [sharpen(gray, label) for label in labels or () if label.text == wanted]
    return (gray.shape[1], gray.shape[0]), ours, tags


def _tags(gray: Gray, dictionary: str, layout: Layout) -> list[TagSeen]:
    """The tags in a picture; looked for again in a larger copy when one of the layout is missing."""
    found = find_tags(gray, dictionary)
    missing = {tag.id for tag in layout.tags if tag.dictionary == dictionary} - {tag.id for tag in found}
    if missing and gray.size <= ENLARGE_LIMIT_PX:
        found += [tag for tag in find_tags(gray, dictionary, enlarged=1.5) if tag.id in missing]
    return found


def locate(
    image: NDArray[np.uint8],
    layout: Layout,
    camera: Intrinsics | None = None,
    *,
    timeout_s: float = TIMEOUT_S,
) -> Located | None:
    """Where the face is in a gray or BGR picture, or None. Without a camera the usual phone is assumed."""
    return locate_seen([look(image, layout, timeout_s=timeout_s)], layout, camera)[0]


def locate_seen(
    looks: Sequence[Look],
    layout: Layout,
    camera: Intrinsics | None = None,
    *,
    focal_35mm: float | None = None,
) -> list[Located | None]:
    """The same for pictures from one camera that were looked at before.

    An unknown focal length is estimated from all of them together, near what the pictures state of it or what is
    usual. Raises ValueError for a picture whose shape is not the camera's.
    """
    fits = []
    for size, labels, tags in looks:
        assumed = nominal(*size, focal_35mm) if camera is None else camera.scaled_to(*size)
        fits.append(fit_pose(_candidates(labels, tags, layout), assumed))
    if camera is None:
        fits = fit_focal(fits, NOMINAL_FOCAL_SPREAD if focal_35mm is None else STATED_FOCAL_SPREAD)
    return [None if fit is None else _located(fit) for fit in fits]


def _candidates(
    labels: Sequence[LabelSeen], tags: Sequence[TagSeen], layout: Layout
) -> list[tuple[str, list[Seen]]]:
    """For each symbol of the layout that is in sight, where it may be: two racks can hold the same tag."""
    found: list[tuple[str, list[Seen]]] = []
    if layout.label is not None:
        label = layout.label
        places = [
            Seen(_corners_mm(label), one.corners_px, one.sd_px) for one in labels if one.text == label.text
        ]
        if places:
            found.append(("label", places))
    for tag in layout.tags:
        places = [
            Seen(_corners_mm(tag), one.corners_px, one.sd_px)
            for one in tags
            if (one.dictionary, one.id) == (tag.dictionary, tag.id)
        ]
        if places:
            found.append((f"tag {tag.id}", places))
    return found


def _corners_mm(symbol: LayoutLabel | Tag) -> Array:
    half = symbol.size_mm / 2
    signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    return np.asarray(np.array([symbol.x_mm, symbol.y_mm]) + half * signs, dtype=np.float64)


def _located(fit: Fit) -> Located:
    return Located(
        pose=fit.pose,
        covariance=fit.joint[:6, :6],
        camera=fit.camera,
        label_seen="label" in fit.names,
        tags_seen=tuple(int(name.removeprefix("tag ")) for name in fit.names if name != "label"),
        rms_px=fit.rms_px,
        joint=fit.joint,
    )
