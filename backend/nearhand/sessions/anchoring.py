"""Fix what is drawn on a picture to the device it was drawn on, or failing that to the picture."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nearhand.devices.model import Face
from nearhand.sessions.model import (
    Anchor,
    Camera,
    FaceAnchor,
    FacePoint,
    FrameRef,
    ImagePoint,
    MissesFace,
    MissesPicture,
    NoPose,
    OnFace,
    OnPort,
    Place,
    Shape,
    Sighting,
    StillAnchor,
    UnknownPort,
    WrongPoints,
)
from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import NEAR_MM, face_jacobian, pose_jacobian, unproject

Point = TypeVar("Point", FacePoint, ImagePoint)

# 95 % of a two-dimensional Gaussian lie within this many standard deviations of its widest axis.
SIGMAS_95 = 2.448
# Assumed of a sighting that states no covariance: one degree of rotation and two millimetres, the loosest that a
# single small label far away was seen to give.
DEFAULT_ROTATION_RAD = 0.0175
DEFAULT_TRANSLATION_MM = 2.0
# What a hand on glass misses by, as a part of the picture's width.
POINTING_ERROR = 0.001
# A mark further from the face's origin than any device reaches is a grazing ray, not a wish.
FAR_MM = 3000.0
# A mark may stand a little beside the face, where cables and handles are; what lies further off was missed.
BESIDE_FACE_MM = 30.0
ROTATION_TOLERANCE = 0.01

POINTS_OF = {
    Shape.RING: (2, 2),
    Shape.ARROW: (2, 2),
    Shape.FREEHAND: (1, 512),
    Shape.TEXT: (1, 1),
    Shape.LABEL_3D: (2, 2),
    Shape.PORT: (1, 1),
}


@dataclass(frozen=True, slots=True)
class Part:
    """A port or component of a device that exists: its centre and size on the face."""

    name: str
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


def anchor_on_frame(points: Sequence[ImagePoint], frame: FrameRef, sighting: Sighting) -> FaceAnchor:
    """Where the rays through image points meet the face, with the 95 % radius at the worst.

    Raises MissesFace, and NoPose for a matrix that is none.
    """
    camera, pose = _camera(sighting.camera), _pose(sighting)
    with np.errstate(all="ignore"):
        on_face = _on_face(points, sighting, pose, camera)
        ring_mm = _ring_mm(on_face, pose, camera, sighting)
    return FaceAnchor(
        device_id=sighting.device_id,
        face=sighting.face,
        points_mm=_rounded(on_face),
        ring_mm=ring_mm,
        is_approximate=frame.how == "approximate",
        port=None,
        held=sighting.held_by,
    )


def meet(points: Sequence[ImagePoint], sighting: Sighting) -> tuple[FacePoint, ...]:
    """Only the points, for pointers. Raises MissesFace and NoPose."""
    with np.errstate(all="ignore"):
        return _rounded(_on_face(points, sighting, _pose(sighting), _camera(sighting.camera)))


def anchor_on_face(place: OnFace) -> FaceAnchor:
    """Drawn on the face itself: nothing to be unsure of."""
    return FaceAnchor(
        device_id=place.device_id,
        face=place.face,
        points_mm=place.points_mm,
        ring_mm=None,
        is_approximate=False,
        port=None,
    )


def anchor_on_part(shape: Shape, place: OnPort, part: Part | Face | None) -> FaceAnchor:
    """Raises UnknownPort."""
    if not isinstance(part, Part):
        raise UnknownPort(f"No port {place.port} on the {place.face} of that device.")
    centre = (part.x_mm, part.y_mm, 0.0)
    rim = (part.x_mm + max(part.width_mm, part.height_mm) * 0.75, part.y_mm, 0.0)
    return FaceAnchor(
        device_id=place.device_id,
        face=place.face,
        points_mm=(centre, rim) if shape is Shape.RING else (centre,),
        ring_mm=None,
        is_approximate=False,
        port=part.name,
    )


def demand_points(shape: Shape, place: Place, anchor: Anchor) -> None:
    """Each shape has as many points as it is drawn with. Raises WrongPoints."""
    least, most = POINTS_OF[shape]
    if not least <= anchor.point_count <= most:
        raise WrongPoints(
            f"A {shape} has {least} points." if least == most else "A stroke has 1 to 512 points."
        )
    if shape is Shape.PORT and not isinstance(place, OnPort):
        raise WrongPoints("A port is named, not drawn.")


def demand_on_face(shape: Shape, anchor: FaceAnchor, face: Face) -> None:
    """What a mark is fixed to lies on the face or close beside it. Its tail, rim or words may reach further.

    Raises MissesFace.
    """
    if not any(
        -BESIDE_FACE_MM <= x <= face.width_mm + BESIDE_FACE_MM
        and -BESIDE_FACE_MM <= y <= face.height_mm + BESIDE_FACE_MM
        for x, y, _ in _fixed(shape, anchor.points_mm)
    ):
        raise MissesFace(f"That is more than {BESIDE_FACE_MM:.0f} mm beside the device's face.")


def demand_on_still(shape: Shape, anchor: StillAnchor) -> None:
    """What a mark is fixed to lies on the still; its tail, rim or words may reach further. Raises MissesPicture."""
    if not any(0 <= u <= 1 and 0 <= v <= 1 for u, v in _fixed(shape, anchor.points)):
        raise MissesPicture


def _fixed(shape: Shape, points: tuple[Point, ...]) -> tuple[Point, ...]:
    match shape:
        case Shape.FREEHAND:
            return points  # a stroke around the device is fine, as long as it comes near somewhere
        case Shape.ARROW:
            return points[1:]
        case _:
            return points[:1]


def _camera(camera: Camera) -> Intrinsics:
    return Intrinsics.model_construct(
        width=camera.width,
        height=camera.height,
        fx=camera.fx,
        fy=camera.fy,
        cx=camera.cx,
        cy=camera.cy,
        k1=camera.k1,
    )


def _pose(sighting: Sighting) -> NDArray[np.float64]:
    pose = np.array(sighting.T_camera_face, dtype=np.float64).reshape(4, 4)
    turn = pose[:3, :3]
    if np.abs(turn @ turn.T - np.eye(3)).max() > ROTATION_TOLERANCE or np.linalg.det(turn) < 0:
        raise NoPose("The pose of that picture is not a rotation and a translation.")
    return pose


def _on_face(
    points: Sequence[ImagePoint], sighting: Sighting, pose: NDArray[np.float64], camera: Intrinsics
) -> NDArray[np.float64]:
    # 0..1 counts from the outer edge of the first pixel; pixel centres are integers.
    pixels = np.asarray(points, dtype=np.float64) * (camera.width, camera.height) - 0.5
    viewer_z = -(pose[:3, :3].T @ pose[:3, 3])[2]
    if viewer_z > -NEAR_MM:
        raise MissesFace("That picture shows the face edge-on or from behind.")
    on_face = unproject(pixels, pose, camera)
    if not np.isfinite(on_face).all() or np.abs(on_face).max() > FAR_MM:
        raise MissesFace
    return on_face


def _rounded(on_face: NDArray[np.float64]) -> tuple[FacePoint, ...]:
    return tuple((round(x, 2), round(y, 2), 0.0) for x, y in on_face.tolist())


def _ring_mm(
    on_face: NDArray[np.float64], pose: NDArray[np.float64], camera: Intrinsics, sighting: Sighting
) -> float:
    to_pixel = face_jacobian(on_face, pose, camera)
    try:
        to_face = np.linalg.inv(to_pixel)
    except np.linalg.LinAlgError:
        raise MissesFace("The face is seen edge-on in that picture.") from None
    # The pixel stays where it was drawn; when the pose moves, the face point under it moves the other way.
    by_pose = to_face @ pose_jacobian(on_face, pose, camera)
    pointing = (POINTING_ERROR * camera.width) ** 2
    spread = by_pose @ _covariance(sighting) @ by_pose.transpose(0, 2, 1)
    spread = spread + pointing * to_face @ to_face.transpose(0, 2, 1)
    if not np.isfinite(spread).all():
        raise MissesFace("The pose of that picture is not usable.")
    widest = np.linalg.eigvalsh(spread)[:, -1].max()
    return round(float(SIGMAS_95 * np.sqrt(max(widest, 0.0))), 2)


def _covariance(sighting: Sighting) -> NDArray[np.float64]:
    if sighting.covariance is not None:
        return np.array(sighting.covariance, dtype=np.float64).reshape(6, 6)
    return np.diag([DEFAULT_ROTATION_RAD**2] * 3 + [DEFAULT_TRANSLATION_MM**2] * 3)
