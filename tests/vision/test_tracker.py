from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from nearhand.simulation.render import Front, Look, Scene, build_scene, phone_camera
from nearhand.simulation.walk import Stand, Walk
from nearhand.vision.belief import Belief, carried, disagreement, joined, step_between
from nearhand.vision.camera import Intrinsics
from nearhand.vision.gray import Gray, gray_of
from nearhand.vision.pose import compose, inverse, perturb, pose
from nearhand.vision.project import pose_jacobian, project, unproject
from nearhand.vision.rings import ring_radius
from nearhand.vision.tracker import FaceTracker, Tracked
from tests.support.hall import switch_face, switch_layout

LAYOUT = switch_layout()
CAMERA = phone_camera(1280, 720, field_of_view_deg=66)
LENS = Intrinsics(**CAMERA.model_dump())
WALK = Walk((Stand(0, 220, 20, 480, 8, -6), Stand(0.5, 260, 25, 430, -8, 5, 3)), period_s=4)
PORTS = np.array([[73.0, 14.2], [241.0, 22.0], [440.0, 22.0]])
SURE = np.diag([4e-8, 4e-8, 4e-8, 0.01, 0.01, 0.25])


@cache
def scene() -> Scene:
    return build_scene(Front(switch_face(), LAYOUT, title="SW", seed=3, cabled=0.3))


@cache
def frame(number: int, blur_px: float = 0.7) -> Gray:
    return gray_of(scene().take(truth(number), CAMERA, Look(blur_px=blur_px, noise=3), seed=number))


def truth(number: int) -> NDArray[np.float64]:
    return WALK.pose(number / 30)


def error_mm(tracked: Tracked, number: int) -> NDArray[np.float64]:
    seen = unproject(project(PORTS, tracked.pose, LENS), truth(number), LENS)
    return np.asarray(np.linalg.norm(seen - PORTS, axis=1))


def ring_px(tracked: Tracked) -> float:
    step = pose_jacobian(PORTS[1:2], tracked.pose, LENS)[0]
    return ring_radius(step @ tracked.covariance @ step.T)


@pytest.fixture
def tracker() -> FaceTracker:
    """One that has sighted frame 0."""
    tracker = FaceTracker()
    assert tracker.follow(frame(0), LENS) is None
    tracker.sight(Belief(truth(0), SURE), LENS, LAYOUT.face, [])
    return tracker


def test_a_face_is_held_for_a_second_without_its_symbols(tracker: FaceTracker) -> None:
    rings = []
    for number in range(1, 31):
        tracked = tracker.follow(frame(number), LENS)
        assert tracked is not None
        assert error_mm(tracked, number).max() < 1.0
        rings.append(ring_px(tracked))
    assert rings[0] < rings[9] < rings[29]


def test_a_new_sighting_makes_it_sure_again(tracker: FaceTracker) -> None:
    for number in range(1, 7):
        before = tracker.follow(frame(number), LENS)
    assert before is not None
    after = tracker.sight(Belief(truth(6), SURE), LENS, LAYOUT.face, [])
    assert ring_px(after) < ring_px(before)
    assert after.frames == 0
    assert error_mm(after, 6).max() < 0.3


def test_a_smeared_frame_is_skipped(tracker: FaceTracker) -> None:
    assert tracker.follow(frame(1), LENS) is not None
    assert tracker.follow(frame(2, 5.0), LENS) is None
    assert tracker.is_blurred
    after = tracker.follow(frame(3), LENS)
    assert after is not None
    assert error_mm(after, 3).max() < 1.0


def test_it_is_lost_rather_than_held_wrongly(tracker: FaceTracker) -> None:
    other = np.random.default_rng(5).integers(0, 255, frame(0).shape, dtype=np.uint8)
    assert tracker.follow(other, LENS) is None
    assert not tracker.is_held
    tracker.follow(frame(2), LENS)
    tracker.sight(Belief(truth(2), SURE), LENS, LAYOUT.face, [])
    assert tracker.follow(frame(3), LENS) is not None


def test_a_look_that_leaves_the_tilt_open_makes_it_no_surer(tracker: FaceTracker) -> None:
    before = tracker.follow(frame(1), LENS)
    assert before is not None
    places = [((100.0, 20.0), project([[100, 20]], truth(1), LENS)[0])]
    look = Belief(truth(1), SURE / 100)
    unsure = tracker.sight(look, LENS, LAYOUT.face, places, is_ambiguous=True)
    np.testing.assert_array_equal(unsure.covariance, before.covariance)
    assert ring_px(tracker.sight(look, LENS, LAYOUT.face, places)) < ring_px(before) / 3


def test_a_symbol_seen_elsewhere_outweighs_what_was_followed(tracker: FaceTracker) -> None:
    tracker.follow(frame(1), LENS)
    tilted = perturb(truth(1), [0, 0.1, 0, 0, 0, 0])
    there, elsewhere = (project([[100, 20]], p, LENS)[0] for p in (truth(1), tilted))
    kept = tracker.sight(Belief(tilted, SURE), LENS, LAYOUT.face, [((100, 20), there)])
    assert error_mm(kept, 1).max() < 1.0
    given_up = tracker.sight(Belief(tilted, SURE), LENS, LAYOUT.face, [((100, 20), elsewhere)])
    np.testing.assert_allclose(given_up.pose, tilted)


def test_an_error_on_the_face_is_carried_along_with_the_camera() -> None:
    here, there = pose([0.1, -0.2, 0.05], [20, -10, 500]), pose([-0.3, 0.1, 0.2], [-60, 30, 380])
    error = np.array([2e-4, -1e-4, 3e-4, 0.1, -0.2, 0.3])
    on_face = compose(inverse(here), perturb(here, error))
    step = step_between(there, there @ on_face)
    np.testing.assert_allclose(
        carried(Belief(here, np.outer(error, error)), there), np.outer(step, step), atol=1e-4
    )


def test_the_same_said_twice_is_no_surer() -> None:
    belief = Belief(pose([0.1, 0, 0], [0, 0, 500]), SURE)
    np.testing.assert_allclose(joined(belief, belief).covariance, SURE, atol=1e-12)
    assert disagreement(belief, joined(belief, belief)) == pytest.approx(0, abs=1e-9)
