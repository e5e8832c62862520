import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.vision.pose import Pose, compose, inverse, perturb, pose, rotation, rotation_vector

vectors = st.tuples(*[st.floats(-3.1, 3.1)] * 3).filter(lambda v: np.linalg.norm(v) < np.pi - 1e-3)
translations = st.tuples(*[st.floats(-2000, 2000)] * 3)
poses = st.builds(pose, vectors, translations)


@given(poses, poses, poses)
def test_composing_is_associative(a: Pose, b: Pose, c: Pose) -> None:
    assert np.allclose(compose(compose(a, b), c), compose(a, compose(b, c)))


@given(poses)
def test_a_pose_and_its_inverse_cancel(a: Pose) -> None:
    assert np.allclose(compose(a, inverse(a)), np.eye(4), atol=1e-8)
    assert np.allclose(compose(inverse(a), a), np.eye(4), atol=1e-8)


@given(vectors)
def test_a_rotation_vector_survives_the_matrix(v: tuple[float, ...]) -> None:
    assert np.allclose(rotation_vector(rotation(v)), v, atol=1e-6)


@given(vectors)
def test_a_rotation_keeps_lengths_and_hands(v: tuple[float, ...]) -> None:
    r = rotation(v)
    assert np.allclose(r @ r.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(r) == pytest.approx(1)


@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0.6, 0, -0.8)])
def test_half_a_turn_has_a_vector_of_length_pi(axis: tuple[float, ...]) -> None:
    half = np.pi * np.asarray(axis)
    assert np.allclose(rotation(rotation_vector(rotation(half))), rotation(half), atol=1e-9)


def test_a_step_moves_the_face_as_the_camera_sees_it() -> None:
    moved = perturb(pose((0, 0, 0), (10, 0, 500)), (0, 0, np.pi / 2, 0, 0, 7))
    assert np.allclose(moved[:3, 3], (0, 10, 507))
