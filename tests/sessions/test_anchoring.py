"""Marks are fixed to the device, and say how sure they are."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.devices.model import Face
from nearhand.sessions.anchoring import anchor_on_face, anchor_on_frame, demand_on_face, meet
from nearhand.sessions.model import FrameRef, MissesFace, NoPose, OnFace, Shape
from nearhand.vision.camera import Intrinsics
from nearhand.vision.pose import perturb, pose
from nearhand.vision.project import project
from tests.support.live import FRAME, a_sighting

IDENTITY_SPREAD = tuple(float(x) for x in np.eye(6).ravel() * 1e-12)


def test_the_middle_of_the_picture_is_where_the_camera_looks() -> None:
    anchor = anchor_on_frame([(0.5, 0.5)], FRAME, a_sighting())
    assert anchor.points_mm == ((100.0, 20.0, 0.0),)
    assert not anchor.is_approximate


@given(
    turn=st.tuples(*[st.floats(-0.5, 0.5)] * 3),
    at=st.tuples(st.floats(0, 480), st.floats(0, 44)),
    distance_mm=st.floats(150, 1500),
    k1=st.floats(-0.1, 0.1),
)
def test_what_is_projected_to_a_picture_is_anchored_where_it_was(
    turn: tuple[float, ...], at: tuple[float, float], distance_mm: float, k1: float
) -> None:
    """anchor ∘ project = identity, for every pose, distance and lens in use."""
    sighting = a_sighting()
    camera = sighting.camera.model_copy(update={"k1": k1})
    T = pose(turn, np.array([0.0, 0.0, distance_mm]) - _rotated(turn, [*at, 0.0]))
    u, v = project([at], T, Intrinsics(**camera.model_dump()))[0]
    seen = a_sighting(T_camera_face=tuple(T.ravel().tolist()), camera=camera)
    x, y, z = anchor_on_frame([((u + 0.5) / 1280, (v + 0.5) / 720)], FRAME, seen).points_mm[0]
    assert math.dist((x, y), at) < 0.02
    assert z == 0


def _rotated(turn: tuple[float, ...], point: list[float]) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.asarray((pose(turn, np.zeros(3)) @ [*point, 1.0])[:3])


def test_the_ring_holds_95_of_100_anchors_of_poses_drawn_from_the_stated_covariance() -> None:
    spread = np.diag([0.01**2] * 3 + [1.0**2] * 3)
    sighting = a_sighting(covariance=tuple(spread.ravel().tolist()))
    ring = anchor_on_frame([(0.7, 0.4)], FRAME, sighting).ring_mm
    assert ring is not None
    random = np.random.default_rng(7)
    truth = np.array(meet([(0.7, 0.4)], sighting)[0][:2])
    T = np.array(sighting.T_camera_face).reshape(4, 4)
    hits = 0
    for step in random.multivariate_normal(np.zeros(6), spread, 400):
        moved = a_sighting(T_camera_face=tuple(perturb(T, step).ravel().tolist()))
        hits += math.dist(meet([(0.7, 0.4)], moved)[0][:2], truth) <= ring
    assert 0.93 <= hits / 400 <= 1.0


def test_a_sighting_without_covariance_gets_a_wide_ring() -> None:
    exact = anchor_on_frame([(0.5, 0.5)], FRAME, a_sighting(covariance=IDENTITY_SPREAD)).ring_mm
    unknown = anchor_on_frame([(0.5, 0.5)], FRAME, a_sighting()).ring_mm
    assert exact is not None
    assert unknown is not None
    assert exact < 2 < 10 < unknown


def test_an_approximate_frame_is_flagged() -> None:
    frame = FrameRef(stream="camera-1", frame_id=7, how="approximate")
    assert anchor_on_frame([(0.5, 0.5)], frame, a_sighting()).is_approximate


@pytest.mark.parametrize("degrees", [-65, 90, 120, 180])
def test_a_ray_that_misses_the_face_or_meets_its_back_is_refused(degrees: float) -> None:
    turned = pose([0.0, math.radians(degrees), 0.0], [0.0, 0.0, 500.0])
    with pytest.raises(MissesFace):
        anchor_on_frame([(1.3, 0.5)], FRAME, a_sighting(T_camera_face=tuple(turned.ravel().tolist())))


@pytest.mark.parametrize("scale", [0.0, 2.0, -1.0])
def test_a_matrix_that_is_no_pose_is_refused(scale: float) -> None:
    T = np.diag([scale, scale, scale, 1.0])
    with pytest.raises(NoPose):
        anchor_on_frame([(0.5, 0.5)], FRAME, a_sighting(T_camera_face=tuple(T.ravel().tolist())))


OVER, ON, FAR = (100.0, -29.0, 0.0), (100.0, 20.0, 0.0), (100.0, -49.0, 0.0)


@pytest.mark.parametrize(
    ("shape", "points", "is_fixed"),
    [
        (Shape.TEXT, [OVER], True),
        (Shape.TEXT, [FAR], False),
        (Shape.LABEL_3D, [ON, FAR], True),  # its words may stand anywhere
        (Shape.LABEL_3D, [FAR, ON], False),
        (Shape.ARROW, [FAR, ON], True),
        (Shape.ARROW, [ON, FAR], False),
        (Shape.RING, [ON, FAR], True),  # around the whole device
        (Shape.FREEHAND, [FAR, FAR, OVER], True),
        (Shape.FREEHAND, [FAR, FAR], False),
    ],
)
def test_what_a_mark_is_fixed_to_lies_on_the_face_or_close_beside_it(
    shape: Shape, points: list[tuple[float, float, float]], is_fixed: bool
) -> None:
    """L8."""
    anchor = anchor_on_face(OnFace(device_id="DEVICE", face="front", points_mm=tuple(points)))
    face = Face(width_mm=482.6, height_mm=44)
    if is_fixed:
        demand_on_face(shape, anchor, face)
        return
    with pytest.raises(MissesFace):
        demand_on_face(shape, anchor, face)
