"""Draw annotations on a picture, at their place on the device or on the still."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nearhand.sessions.model import Annotation, FaceAnchor, FacePoint, Shape, Sighting, StillAnchor
from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import project
from nearhand.vision.rings import face_ring_mm
from nearhand.vision.writing import Pixels, write

# Blue, green, red, as OpenCV wants them. The same meanings as in the apps.
CYAN = (255, 229, 0)  # an expert's mark
RED = (48, 48, 255)  # do not go by it
AMBER = (0, 176, 255)  # not sure: come closer
EDGE = (20, 16, 12)  # under every line, so that it is seen on bright and dark alike

UNSURE_MM = 7.0  # half the distance of two ports: a ring that may be this far off may be at the wrong one
CIRCLE_POINTS = 64
ANCHOR_RADIUS_MM = 4.0
HEAD_PART = 0.25  # an arrow's head, as a part of its length
STILL_WIDTH_MM = 480.0  # a still without a device is drawn on as if it showed the width of a rack
Ink = tuple[int, int, int]
Points = NDArray[np.float64]


@dataclass(frozen=True)
class Drawn:
    """Where a mark was drawn: its points in pixels, and whether it is shown as an area for want of certainty."""

    annotation: Annotation
    points_px: Points
    is_unsure: bool


@dataclass(frozen=True)
class Look:
    ink: Ink
    words: str


# How a mark looks; True: its place is not sure.
Looks = Callable[[Annotation, bool], Look]


def to_whoever_works(annotation: Annotation, is_unsure: bool) -> Look:
    words = words_of(annotation)
    return Look(AMBER, f"{words} (come closer)".strip()) if is_unsure else Look(CYAN, words)


def words_of(annotation: Annotation) -> str:
    """What it says; a port that says nothing has its name."""
    port = getattr(annotation.anchor, "port", None) if annotation.shape is Shape.PORT else None
    return annotation.text or port or ""


def draw_marks(
    picture: Pixels, annotations: Sequence[Annotation], sighting: Sighting, looks: Looks = to_whoever_works
) -> list[Drawn]:
    """Draw, in place, every visible annotation of the sighted face; returns what was drawn where.

    One that is fixed to a still is on that still only: here it would point at whatever is there now.
    """
    return [
        mark
        for annotation in annotations
        if not annotation.is_hidden
        and isinstance(anchor := annotation.anchor, FaceAnchor)
        and (anchor.device_id, anchor.face) == (sighting.device_id, sighting.face)
        and (mark := _draw(picture, annotation, anchor, sighting, looks)) is not None
    ]


def draw_marks_of_still(
    picture: Pixels, annotations: Sequence[Annotation], sha256: str, looks: Looks
) -> None:
    """Draw, in place, the visible annotations that are fixed to this still alone."""
    height, width = picture.shape[:2]
    scale = width / STILL_WIDTH_MM
    for annotation in annotations:
        anchor = annotation.anchor
        if annotation.is_hidden or not isinstance(anchor, StillAnchor) or anchor.sha256 != sha256:
            continue
        points = tuple((u * STILL_WIDTH_MM, v * height / scale, 0.0) for u, v in anchor.points)
        _draw_shape(
            picture,
            annotation.shape,
            points,
            lambda found: np.array(found)[:, :2] * scale - 0.5,
            looks(annotation, False),
        )


def projector(sighting: Sighting, width: int, height: int) -> Callable[[list[FacePoint]], Points]:
    """From face millimetres to pixels of a picture of this size."""
    camera = Intrinsics(**sighting.camera.model_dump()).scaled_to(width, height)
    pose = np.array(sighting.T_camera_face).reshape(4, 4)
    return lambda points: project(points, pose, camera)


def _draw(
    picture: Pixels, annotation: Annotation, anchor: FaceAnchor, sighting: Sighting, looks: Looks
) -> Drawn | None:
    to_pixels = projector(sighting, picture.shape[1], picture.shape[0])
    points = to_pixels(list(anchor.points_mm))
    if not np.isfinite(points).all():
        return None  # behind the camera
    ring_mm = ring_of(anchor, sighting)
    is_unsure = anchor.is_approximate or ring_mm > UNSURE_MM
    if is_unsure:
        _draw_area(picture, to_pixels(_circle(anchor.points_mm[0], max(ring_mm, UNSURE_MM))))
    _draw_shape(picture, annotation.shape, anchor.points_mm, to_pixels, looks(annotation, is_unsure))
    return Drawn(annotation, points, is_unsure)


def _draw_shape(
    picture: Pixels,
    shape: Shape,
    points_mm: tuple[FacePoint, ...],
    to_pixels: Callable[[list[FacePoint]], Points],
    look: Look,
) -> None:
    for line in _lines(shape, points_mm, to_pixels):
        _stroke(picture, line, look.ink)
    if look.words:
        write(picture, look.words, _beside(to_pixels(list(points_mm)), shape), look.ink)


def ring_of(anchor: FaceAnchor, sighting: Sighting) -> float:
    """How far off a mark may be, in millimetres on the face: where it was fixed, and where the face is seen now."""
    return float(np.hypot(anchor.ring_mm or 0, _ring_now_mm(anchor.points_mm[0], sighting)))


def _ring_now_mm(point: FacePoint, sighting: Sighting) -> float:
    """How far off the sighting itself may put a point; 0 where it does not say."""
    if sighting.covariance is None:
        return 0.0
    camera = Intrinsics(**sighting.camera.model_dump())
    return face_ring_mm(point, sighting.T_camera_face, sighting.covariance, camera)


def _lines(
    shape: Shape, points_mm: tuple[FacePoint, ...], to_pixels: Callable[[list[FacePoint]], Points]
) -> list[Points]:
    match shape:
        case Shape.RING if len(points_mm) == 2:
            return [to_pixels(_circle(points_mm[0], float(np.linalg.norm(np.subtract(*points_mm)))))]
        case Shape.ARROW if len(points_mm) == 2:
            return [to_pixels(list(points_mm)), to_pixels(_head(*points_mm))]
        case Shape.LABEL_3D if len(points_mm) == 2:
            return [to_pixels(list(points_mm)), to_pixels(_circle(points_mm[0], ANCHOR_RADIUS_MM / 2))]
        case Shape.TEXT:
            return []
        case Shape.FREEHAND if len(points_mm) > 1:
            return [to_pixels(list(points_mm))]
        case _:
            return [to_pixels(_circle(points_mm[0], ANCHOR_RADIUS_MM))]


def _circle(centre: FacePoint, radius_mm: float) -> list[FacePoint]:
    # Round on the device, so that perspective makes it the ellipse that lies on it.
    angles = np.linspace(0, 2 * np.pi, CIRCLE_POINTS)
    x, y, z = centre
    return [(x + radius_mm * float(np.cos(a)), y + radius_mm * float(np.sin(a)), z) for a in angles]


def _head(tail: FacePoint, tip: FacePoint) -> list[FacePoint]:
    back = np.subtract(tail, tip)[:2] * HEAD_PART
    across = np.array([-back[1], back[0]]) * 0.5
    one, other = np.array(tip[:2]) + back + across, np.array(tip[:2]) + back - across
    return [(float(one[0]), float(one[1]), tip[2]), tip, (float(other[0]), float(other[1]), tip[2])]


def _beside(points: Points, shape: Shape) -> tuple[int, int]:
    x, y = points[-1] if shape in (Shape.LABEL_3D, Shape.ARROW) else points[0]
    gap = 0.0
    if shape is Shape.RING and len(points) == 2:
        gap = float(np.linalg.norm(points[1] - points[0]))
    return round(float(x) + gap + 8), round(float(y))


def _stroke(picture: Pixels, line: Points, colour: Ink) -> None:
    if not np.isfinite(line).all():
        return
    width = max(2, round(picture.shape[1] / 480))
    # Sixteenths of a pixel: a mark must not jitter by rounding.
    fixed = np.rint(np.clip(line, -1e5, 1e5) * 16).astype(np.int32)
    for ink, w in ((EDGE, width + 3), (colour, width)):
        cv2.polylines(picture, [fixed], False, ink, w, cv2.LINE_AA, shift=4)


def _draw_area(picture: Pixels, outline: Points) -> None:
    if not np.isfinite(outline).all():
        return
    shade = picture.copy()
    cv2.fillPoly(shade, [np.rint(np.clip(outline, -1e5, 1e5)).astype(np.int32)], AMBER)
    cv2.addWeighted(shade, 0.35, picture, 0.65, 0, dst=picture)
