"""What cameras are shown in earnest: nothing may be pointed at that is not sure."""

import cv2
import numpy as np
import pytest

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.layout import Layout
from nearhand.vision.locate import Located, locate, locate_seen, look
from nearhand.vision.pose import Pose, compose, pose
from nearhand.vision.project import project
from tests.support.pictures import Light, Pixels, looking_at, render, switch_layout

CAMERA = nominal(1280, 720)
LAYOUT = switch_layout()
NEIGHBOUR = switch_layout("HTTPS://HELP.EXAMPLE/D/Q2W3E4R5").model_copy(
    update={"tags": tuple(tag.model_copy(update={"id": tag.id + 50}) for tag in LAYOUT.tags)}
)
PORTS = np.array([(x, y) for x in (90.0, 240.0, 400.0) for y in (14.5, 29.0)])


def gaps(located: Located, where: Pose, camera: Intrinsics = CAMERA, ports: Pose = PORTS) -> Pose:
    """Errors in the picture over the rings that claim to hold them."""
    points = located.points(ports)
    off = np.linalg.norm([(p.u_px, p.v_px) for p in points] - project(ports, where, camera), axis=1)
    return np.asarray(off / np.array([p.ring_px for p in points]))


def stacked(where: Pose) -> tuple[Pixels, Pose]:
    """Two devices of one type, one unit apart, and where the lower one is."""
    below = compose(where, pose((0, 0, 0), (0, 44.45, 0)))
    upper, lower = render(LAYOUT, where, CAMERA), render(NEIGHBOUR, below, CAMERA)
    face = np.array([(0, 0), (482.6, 0), (482.6, 43.66), (0, 43.66)])
    mask = np.zeros(upper.shape, np.uint8)
    cv2.fillConvexPoly(mask, np.round(project(face, below, CAMERA)).astype(np.int32), 255)
    return np.where(mask > 0, lower, upper).astype(np.uint8), below


def test_two_devices_of_one_type_are_told_apart() -> None:
    where = looking_at(LAYOUT, 560, (0.15, 0.2, 0.05), at=(241, 44))
    picture, below = stacked(where)
    for layout, truth in ((LAYOUT, where), (NEIGHBOUR, below)):
        located = locate(picture, layout, CAMERA)
        assert located is not None
        assert len(located.tags_seen) == 2
        assert gaps(located, truth).max() < 1.5


def test_a_tag_number_that_is_seen_twice_is_the_one_that_fits() -> None:
    """Two racks stand side by side, and both hold a tag 17."""
    twins = NEIGHBOUR.model_copy(update={"tags": (LAYOUT.tags[0], *NEIGHBOUR.tags[1:])})
    where = looking_at(LAYOUT, 560, (0.15, 0.2, 0.05), at=(241, 44))
    below = compose(where, pose((0, 0, 0), (0, 44.45, 0)))
    upper, lower = render(LAYOUT, where, CAMERA), render(twins, below, CAMERA)
    row = int(project([(241, 43.9)], where, CAMERA)[0, 1])
    picture = upper.copy()
    picture[row:] = lower[row:]
    located = locate(picture, LAYOUT, CAMERA)
    assert located is not None
    assert located.tags_seen == (17, 18)
    assert gaps(located, where).max() < 2


def test_a_photographed_screen_is_located_with_an_honest_ring() -> None:
    """The screen's own grid beats with the camera's."""
    where = looking_at(LAYOUT, 560, (0.1, 0.15, 0))
    picture = render(LAYOUT, where, CAMERA).astype(np.float64)
    v, u = np.mgrid[0:720, 0:1280]
    grid = 1 + 0.22 * np.sin(u * 2.1 + v * 0.17) * np.sin(v * 2.3 - u * 0.11)
    located = locate(np.clip(picture * grid, 0, 255).astype(np.uint8), LAYOUT, CAMERA)
    if located is not None:
        assert gaps(located, where).max() < 2


def test_a_bent_label_does_not_point_at_a_wrong_port_with_confidence() -> None:
    """Stuck round a rounded edge: its right third falls away from the camera."""
    assert LAYOUT.label is not None
    alone = Layout(face=LAYOUT.face, label=LAYOUT.label, tags=())
    where = looking_at(LAYOUT, 240, (0.1, 0.2, 0), at=(70, 22))
    picture = render(alone, where, CAMERA)
    left, right = (float(project([(x, 19.7)], where, CAMERA)[0, 0]) for x in (45.0, 54.0))
    v, u = np.mgrid[0:720, 0:1280].astype(np.float32)
    share = np.clip((u - left) / (right - left), 0, None)
    bent = cv2.remap(
        picture, u + np.where(share < 1.3, 6 * share**2, 0).astype(np.float32), v, cv2.INTER_LINEAR
    )
    located = locate(np.asarray(bent, dtype=np.uint8), alone, CAMERA)
    near = np.array([(76.0, 14.5), (90.0, 29.0)])
    if located is not None:
        assert gaps(located, where, ports=near).max() < 3


def test_a_label_that_fills_the_picture_is_located() -> None:
    where = looking_at(LAYOUT, 60, (0.1, 0.05, 0.3), at=(41.5, 19.7))
    located = locate(render(LAYOUT, where, CAMERA, Light(1.2)), LAYOUT, CAMERA)
    assert located is not None
    assert located.label_seen


def test_another_camera_in_the_middle_of_a_call_does_not_inherit_the_first_ones_lens() -> None:
    """A camera of another shape cannot be the same one; it is an error to say that it is."""
    upright = nominal(720, 1280)
    first = look(render(LAYOUT, looking_at(LAYOUT, 560), CAMERA), LAYOUT)
    second = look(render(LAYOUT, looking_at(LAYOUT, 700, (0, 0, 1.5)), upright), LAYOUT)
    with pytest.raises(ValueError, match="another shape"):
        locate_seen([first, second], LAYOUT, CAMERA)
