"""What is kept of a picture is the face, and nothing beside it while the pose is off by two standard deviations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.mask import Extent, kept_outline
from nearhand.vision.pose import Pose, perturb, pose
from nearhand.vision.project import unproject

FACE = Extent(0, 0, 482.6, 44.45)
CAMERA = nominal(1280, 720).model_copy(update={"k1": -0.04})
SURE = np.diag(np.full(6, 1e-12))
DRAWS = 400


def seen_from(distance_mm: float, turn: tuple[float, float, float], at: tuple[float, float]) -> Pose:
    bare = pose(turn, (0, 0, 0))[:3, :3]
    return pose(turn, np.array([0, 0, distance_mm]) - bare @ np.array([*at, 0]))


AHEAD = seen_from(520, (0, 0, 0), (241.3, 22.2))
angles = st.floats(-0.7, 0.7)


def on_face(outline: object, where: Pose, camera: Intrinsics = CAMERA) -> NDArray[np.float64]:
    return unproject(np.asarray(outline, dtype=np.float64), where, camera)


@given(
    st.floats(120, 1500),
    st.tuples(angles, angles, st.floats(-3, 3)),
    st.tuples(st.floats(0, 482.6), st.floats(0, 44.45)),
)
def test_a_sure_pose_keeps_exactly_the_face_as_far_as_it_is_in_the_picture(
    distance_mm: float, turn: tuple[float, float, float], at: tuple[float, float]
) -> None:
    where = seen_from(distance_mm, turn, at)
    outline = kept_outline(CAMERA, where, SURE, FACE, 0)
    assert outline is not None
    back = on_face(outline, where)
    assert np.all(back >= -1e-3)
    assert np.all(back <= np.array([482.6, 44.45]) + 1e-3)
    inside = np.all((outline > -0.5) & (outline < np.array([1279.5, 719.5])), axis=1)
    rims = np.min(np.abs(np.column_stack([back, back - [482.6, 44.45]])), axis=1)
    # What is not on the rim of the face is where the picture ends.
    assert np.all(rims[inside] < 1e-2) or not np.all(inside)


@pytest.mark.parametrize("distance_mm", [200, 520, 900])
def test_with_a_pose_as_wrong_as_it_says_hardly_anything_beside_the_face_is_kept(distance_mm: float) -> None:
    rng = np.random.default_rng(int(distance_mm))
    where = seen_from(distance_mm, (0.2, -0.3, 0.05), (241.3, 22.2))
    spread = np.array([0.002, 0.002, 0.002, 0.6, 0.6, 1.5])
    outline = kept_outline(CAMERA, where, np.diag(spread**2), FACE, 0)
    assert outline is not None
    leaks = np.zeros(4)
    for _ in range(DRAWS):
        truth = perturb(where, rng.normal(0, 1, 6) * spread)
        x, y = on_face(outline, truth).T
        inside = np.isfinite(x)
        edges = (x < 0, y < 0, x > 482.6, y > 44.45)
        leaks += [bool(np.any(edge[inside])) for edge in edges]
    # One side of two standard deviations is 2.3 %; an edge is unsure along its whole length.
    assert np.all(leaks / DRAWS < 0.045), leaks / DRAWS


def test_a_margin_in_pixels_is_left_out_all_around() -> None:
    bare, aside = (kept_outline(CAMERA, AHEAD, SURE, FACE, margin_px) for margin_px in (0, 4))
    assert bare is not None
    assert aside is not None
    lost = aside.min(axis=0) - bare.min(axis=0), bare.max(axis=0) - aside.max(axis=0)
    assert np.all(np.abs(np.array(lost) - 4) < 0.4)


def test_nothing_is_kept_of_a_face_that_is_too_unsure_out_of_view_or_seen_from_behind() -> None:
    vague = np.diag([0.1, 0.1, 0.1, 30.0, 30.0, 30.0]) ** 2
    assert kept_outline(CAMERA, AHEAD, vague, FACE, 0) is None
    aside = seen_from(520, (0, 0, 0), (3000, 22))
    assert kept_outline(CAMERA, aside, SURE, FACE, 0) is None
    behind = seen_from(520, (0, np.pi, 0), (241.3, 22.2))
    assert kept_outline(CAMERA, behind, SURE, FACE, 0) is None
    nowhere = np.full((6, 6), np.nan)
    assert kept_outline(CAMERA, AHEAD, nowhere, FACE, 0) is None
    # A lens of which some pixels belong to no direction says nothing about them.
    assert kept_outline(CAMERA.model_copy(update={"k1": -0.9}), AHEAD, SURE, FACE, 0) is None


def test_an_edge_believed_to_be_just_beside_the_picture_is_kept_clear_of_too() -> None:
    # The face's lower edge is 3 px below the picture, and may be 12 px higher than believed.
    where = seen_from(300, (0, 0, 0), (241.3, 44.45 - 360.0 * 300 / CAMERA.fy - 3 * 300 / CAMERA.fy + 0.0))
    tall = Extent(0, -400, 482.6, 44.45)
    spread = np.array([0, 0, 0, 0, 12 * 300 / CAMERA.fy / 2, 0]) + 1e-9
    outline = kept_outline(CAMERA.model_copy(update={"k1": 0.0}), where, np.diag(spread**2), tall, 0)
    assert outline is not None
    assert outline[:, 1].max() == pytest.approx(719.5 + 3 - 12, abs=1.0)
