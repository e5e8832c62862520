import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.pose import Pose, perturb, pose
from nearhand.vision.project import (
    face_jacobian,
    focal_jacobian,
    pose_jacobian,
    project,
    rays,
    unproject,
)

cameras = st.builds(
    lambda f, k1: Intrinsics(width=1280, height=720, fx=f, fy=f * 1.01, cx=630, cy=365, k1=k1),
    st.floats(800, 1400),
    st.floats(-0.06, 0.06),
)
poses = st.builds(
    lambda a, b, c, x, y, z: pose((a, b, c), (x, y, z)),
    st.floats(-0.6, 0.6),
    st.floats(-0.6, 0.6),
    st.floats(-3, 3),
    st.floats(-120, 120),
    st.floats(-60, 60),
    st.floats(300, 900),
)
points = st.tuples(st.floats(-100, 100), st.floats(-60, 60))


@given(cameras, poses, points, st.floats(-40, 40))
def test_unproject_undoes_project(
    camera: Intrinsics, pose: Pose, point: tuple[float, float], z_mm: float
) -> None:
    px = project([(*point, z_mm)], pose, camera)
    assume(np.all(np.isfinite(px)))
    assert np.allclose(unproject(px, pose, camera, z_mm), [point], atol=1e-4)


@given(cameras, poses, points)
def test_the_derivatives_are_those_of_the_projection(
    camera: Intrinsics, pose: Pose, point: tuple[float, float]
) -> None:
    for k in range(6):
        step = np.zeros(6)
        step[k] = 1e-6 if k < 3 else 1e-4
        difference = (
            project([point], perturb(pose, step), camera) - project([point], perturb(pose, -step), camera)
        ) / (2 * step[k])
        assert np.allclose(pose_jacobian([point], pose, camera)[0][:, k], difference[0], rtol=1e-4, atol=1e-4)
    for k in range(2):
        d = np.zeros(2)
        d[k] = 1e-3
        difference = (project([point + d], pose, camera) - project([point - d], pose, camera)) / 2e-3
        assert np.allclose(face_jacobian([point], pose, camera)[0][:, k], difference[0], rtol=1e-4, atol=1e-5)
    e = 1e-6
    difference = (
        project([point], pose, camera.with_focal(camera.fx * (1 + e)))
        - project([point], pose, camera.with_focal(camera.fx * (1 - e)))
    ) / (2 * e)
    assert np.allclose(focal_jacobian([point], pose, camera), difference, rtol=1e-4, atol=1e-3)


def test_looking_straight_on_right_is_right_and_down_is_down() -> None:
    camera = nominal(1280, 720)
    px = project([(0, 0, 0), (10, 0, 0), (0, 10, 0), (10, 0, 50)], pose((0, 0, 0), (0, 0, 500)), camera)
    assert np.allclose(px[0], (639.5, 359.5))
    assert px[1][0] > px[0][0]
    assert px[2][1] > px[0][1]
    assert px[3][0] > px[1][0]  # 50 mm towards the viewer looks larger


def test_a_point_behind_the_camera_has_no_pixel_and_a_ray_that_leaves_has_no_place() -> None:
    camera = nominal(1280, 720)
    assert np.isnan(project([(0, 0)], pose((0, 0, 0), (0, 0, -10)), camera)).all()
    edge_on = pose((np.pi / 2, 0, 0), (0, 100, 500))
    assert np.isnan(unproject([(640, 10)], edge_on, camera)).all()


def test_a_pixel_past_the_fold_of_a_strong_distortion_has_no_ray() -> None:
    camera = nominal(1280, 720).model_copy(update={"k1": -0.5})
    assert np.isnan(rays([(100_000, 0)], camera)).any()


def test_a_camera_scales_with_its_pictures() -> None:
    camera = nominal(1280, 720)
    assert np.allclose(
        project([(50, 20)], pose((0.1, 0.2, 0), (0, 0, 400)), camera.scaled_to(640, 360)) + 0.5,
        (project([(50, 20)], pose((0.1, 0.2, 0), (0, 0, 400)), camera) + 0.5) / 2,
    )
