from itertools import pairwise

import cv2
import numpy as np
import pytest

from nearhand.simulation.render import CLEAN, Front, Look, Scene, build_scene, look_at, phone_camera, project
from nearhand.simulation.walk import survey, tripod
from nearhand.vision.labels import read_labels
from nearhand.vision.tags import find_tags
from tests.support.hall import LABEL_TEXT, switch_face, switch_layout

LAYOUT = switch_layout()


@pytest.fixture(scope="module")
def scene() -> Scene:
    return build_scene(Front(switch_face(), LAYOUT, "NX-48", cabled=0.3))


@pytest.mark.parametrize("k1", [0.0, -0.06])
@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (14, -8, 3), (-11, 12, -5)])
def test_tags_are_in_the_picture_where_projection_says(
    scene: Scene, k1: float, yaw: float, pitch: float, roll: float
) -> None:
    camera = phone_camera(1280, 720, k1=k1)
    pose = look_at((241, 22), 520, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)
    found = {
        tag.id: tag.corners_px for tag in find_tags(scene.take(pose, camera, Look(blur_px=0.5, noise=2)))
    }
    for tag in LAYOUT.tags:
        half = tag.size_mm / 2
        corners = [
            (tag.x_mm + dx, tag.y_mm + dy)
            for dx, dy in [(-half, -half), (half, -half), (half, half), (-half, half)]
        ]
        assert np.abs(found[tag.id] - project(pose, camera, corners)).max() < 0.5


def test_the_label_can_be_read_from_near_by(scene: Scene) -> None:
    assert LAYOUT.label is not None
    pose = look_at((LAYOUT.label.x_mm, LAYOUT.label.y_mm), 160, yaw_deg=8)
    seen = read_labels(scene.take(pose, phone_camera(960, 540)))
    assert [label.text for label in seen] == [LABEL_TEXT]


def test_the_same_seed_gives_the_same_picture(scene: Scene) -> None:
    pose, camera = survey(LAYOUT).pose(7), phone_camera(640, 360)
    assert np.array_equal(scene.take(pose, camera, seed=5), scene.take(pose, camera, seed=5))
    assert not np.array_equal(scene.take(pose, camera, seed=5), scene.take(pose, camera, seed=6))


def test_a_point_behind_the_camera_has_no_pixel() -> None:
    behind = look_at((0, 0), -100)
    assert np.isnan(project(behind, phone_camera(640, 360), [[0, 0]])).all()


def test_points_before_the_face_are_nearer_to_the_camera() -> None:
    pose, camera = look_at((0, 0), 500), phone_camera(640, 360)
    on_face, before = project(pose, camera, [[100, 0, 0], [100, 0, 50]])
    assert before[0] > on_face[0]


def test_the_walk_closes_without_a_jump() -> None:
    walk = survey(LAYOUT)
    assert np.allclose(walk.pose(0), walk.pose(walk.period_s))
    poses = [walk.pose(t) for t in np.linspace(0, walk.period_s, 400)]
    steps = [np.abs(b[:3, 3] - a[:3, 3]).max() for a, b in pairwise(poses)]
    assert max(steps) < 15  # mm in a twentieth of a second


def test_a_tripod_stands_still() -> None:
    walk = tripod(LAYOUT)
    assert np.array_equal(walk.pose(0), walk.pose(13.7))


def test_a_clean_picture_is_free_of_noise(scene: Scene) -> None:
    pose, camera = tripod(LAYOUT).pose(0), phone_camera(640, 360)
    assert np.array_equal(scene.take(pose, camera, CLEAN, seed=1), scene.take(pose, camera, CLEAN, seed=2))
    assert cv2.Laplacian(scene.take(pose, camera, CLEAN), cv2.CV_64F).var() > 10
