"""What is kept of a picture for a thin line is the face and a little beside it; all of it where that is not sure."""

import numpy as np
import pytest

from nearhand.vision.camera import nominal
from nearhand.vision.crop import crop_to
from nearhand.vision.layout import LayoutFace
from nearhand.vision.pose import Pose, pose
from nearhand.vision.project import project

CAMERA = nominal(1280, 720).model_copy(update={"k1": -0.02})
FACE = LayoutFace(width_mm=440, height_mm=44)
BESIDE_MM = 30.0


def ahead(distance_mm: float) -> Pose:
    return pose((0, 0, 0), (-220, -22, distance_mm))


def sure(variance: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.eye(6) * variance


def test_the_face_and_what_is_right_beside_it_are_in_it_in_whole_even_pixels_and_little_more() -> None:
    part = crop_to(CAMERA, ahead(800), sure(1e-8), FACE, BESIDE_MM)
    assert part is not None
    assert all(number % 2 == 0 for number in part)
    corners = project([(-30, -30), (470, 74)], ahead(800), CAMERA)
    assert np.all(corners[0] > [part.x - 0.5, part.y - 0.5])
    assert np.all(corners[1] < [part.x + part.width - 0.5, part.y + part.height - 0.5])
    wide, high = np.diff(corners, axis=0)[0]
    assert part.width < wide + 6
    assert part.height < high + 6


def test_it_is_larger_where_the_pose_is_less_sure() -> None:
    sharp, unsure = (crop_to(CAMERA, ahead(900), sure(v), FACE, BESIDE_MM) for v in (1e-8, 2e-5))
    assert sharp is not None
    assert unsure is not None
    assert unsure.height > sharp.height


BEHIND = pose((0, np.pi, 0), (220, -22, 700))


@pytest.mark.parametrize(
    ("where", "variance", "face"),
    [
        (ahead(150), 1e-8, LayoutFace(width_mm=440, height_mm=440)),  # it fills the picture
        (ahead(700), 1.0, FACE),  # nobody knows where it is
        (BEHIND, 1e-8, FACE),
        (ahead(-700), 1e-8, FACE),
        (pose((0, 0, 0), (5000, -22, 700)), 1e-8, FACE),  # nothing of it is in sight
        (np.full((4, 4), np.nan), 1e-8, FACE),
    ],
)
def test_elsewhere_it_is_all_of_the_picture(where: Pose, variance: float, face: LayoutFace) -> None:
    assert crop_to(CAMERA, where, sure(variance), face, BESIDE_MM) is None
