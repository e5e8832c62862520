from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.edges import SWELL_SD_PX
from nearhand.vision.fit import OWN_SWELL_SD_PX, SHIFT_SD_PX, fit_camera, fit_pose, seen_corners
from nearhand.vision.layout import Layout
from nearhand.vision.locate import Located, locate, locate_seen, look
from nearhand.vision.pose import Pose, compose, inverse, pose, rotation_vector
from nearhand.vision.project import pose_jacobian, project, unproject
from nearhand.vision.rings import ring_radius
from nearhand.vision.symbols import TagSeen
from nearhand.vision.tags import find_tags
from tests.support.pictures import Light, looking_at, render, switch_layout

CAMERA = nominal(1280, 720).with_focal(1000)
LAYOUT = switch_layout()
PORTS = [(x, y) for x in (80.0, 240.0, 400.0) for y in (14.5, 29.0)]


def corners_of(x_mm: float, y_mm: float, size_mm: float) -> Pose:
    half = size_mm / 2
    return np.array([(x_mm + sx * half, y_mm + sy * half) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))])


def errors_mm(located: Located, where: Pose, camera: Intrinsics) -> Pose:
    """How far, on the face, the estimate misses each port."""
    back = unproject(project(PORTS, where, camera), located.pose, located.camera)
    return np.asarray(np.linalg.norm(back - np.array(PORTS), axis=1))


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(
    tilt=st.tuples(st.floats(-0.45, 0.45), st.floats(-0.45, 0.45), st.floats(-0.2, 0.2)),
    distance_mm=st.floats(470, 700),
    light=st.builds(
        Light,
        blur_px=st.floats(0.5, 1.1),
        motion_px=st.floats(0, 1.5),
        motion_angle=st.floats(0, 3),
        noise=st.floats(1, 5),
        gamma=st.floats(0.8, 1.25),
        seed=st.integers(0, 2**16),
    ),
)
def test_every_port_of_a_whole_face_is_found_within_millimetres(
    tilt: tuple[float, float, float], distance_mm: float, light: Light
) -> None:
    where = looking_at(LAYOUT, distance_mm, tilt)
    located = locate(render(LAYOUT, where, CAMERA, light), LAYOUT, CAMERA)
    assert located is not None
    if len(located.tags_seen) == 2:
        assert errors_mm(located, where, CAMERA).max() < 4


def test_from_near_the_label_alone_is_enough_for_what_is_beside_it() -> None:
    alone = Layout(face=LAYOUT.face, label=LAYOUT.label, tags=())
    where = looking_at(LAYOUT, 200, (0.3, -0.2, 0.4), at=(41.5, 19.7))
    located = locate(render(LAYOUT, where, CAMERA), alone, CAMERA)
    assert located is not None
    assert located.label_seen
    assert located.tags_seen == ()
    gap = project([(70, 22)], located.pose, located.camera) - project([(70, 22)], where, CAMERA)
    assert np.abs(gap).max() < 2


def test_a_picture_without_the_device_is_not_located() -> None:
    empty = np.full((360, 640), 120, np.uint8)
    assert locate(empty, LAYOUT) is None
    other = switch_layout("HTTPS://HELP.EXAMPLE/D/00000000")
    other = Layout(face=other.face, label=other.label, tags=())
    where = looking_at(LAYOUT, 250, at=(41.5, 19.7))
    assert locate(render(LAYOUT, where, CAMERA), other, CAMERA) is None


def test_a_distorting_lens_is_allowed_for() -> None:
    camera = CAMERA.scaled_to(960, 540).model_copy(update={"k1": -0.12})
    where = looking_at(LAYOUT, 500, (0.25, 0.15, 0.1))
    located = locate(render(LAYOUT, where, camera), LAYOUT, camera)
    assert located is not None
    assert errors_mm(located, where, camera).max() < 2


def test_pictures_of_one_unknown_camera_tell_focal_length_and_distortion_together() -> None:
    true = nominal(1280, 720).with_focal(1100).model_copy(update={"k1": -0.05})
    looks = []
    for tilt in ((0.5, 0.4, 0), (-0.4, 0.5, 0.2), (0.1, -0.6, -0.1), (0.6, 0, 0.1)):
        where = looking_at(LAYOUT, 330, tilt, at=(60, 20))
        looks.append(look(render(LAYOUT, where, true), LAYOUT))
    located = [one for one in locate_seen(looks, LAYOUT) if one is not None]
    assert len(located) == 4
    camera = located[0].camera
    assert camera.fx == pytest.approx(1100, rel=0.01)
    assert abs(np.log(camera.fx / 1100)) < 3 * camera.focal_sd
    assert abs(camera.k1 + 0.05) < 3 * camera.k1_sd + 0.005
    assert camera.focal_sd < 0.01
    assert {one.camera.fx for one in located} == {camera.fx}


def test_a_camera_known_for_sure_stays_as_it_is() -> None:
    sure = CAMERA.model_copy(update={"focal_sd": 0.0, "k1_sd": 0.0})
    where = looking_at(LAYOUT, 560, (0.3, -0.3, 0.1))
    located = locate(render(LAYOUT, where, CAMERA.with_focal(1050)), LAYOUT, sure)
    assert located is not None
    assert located.camera.fx == pytest.approx(CAMERA.fx, rel=1e-3)


def test_a_strange_tag_with_the_same_number_does_not_spoil_the_pose() -> None:
    where = looking_at(LAYOUT, 560, (0.2, 0.1, 0))
    seen = look(render(LAYOUT, where, CAMERA), LAYOUT, CAMERA)
    good = locate_seen([seen], LAYOUT, CAMERA)[0]
    strange = TagSeen("DICT_4X4_250", 17, np.array([[50, 600], [90, 605], [88, 640], [49, 642]], dtype=float))
    bad = locate_seen([replace(seen, tags=(strange, *seen.tags))], LAYOUT, CAMERA)[0]
    assert good is not None
    assert bad is not None
    assert np.allclose(good.pose, bad.pose, atol=1e-3)


def test_the_ring_holds_the_true_point_in_95_of_100_cases() -> None:
    """Synthetic corners with the noise that is assumed of them: the algebra, without any picture."""
    sure = CAMERA.model_copy(update={"focal_sd": 0.0, "k1_sd": 0.0})
    rng = np.random.default_rng(20261122)
    inside, rings = [], []
    symbols = [corners_of(tag.x_mm, tag.y_mm, tag.size_mm) for tag in LAYOUT.tags]
    symbols.append(corners_of(41.5, 19.7, 25))
    for _ in range(100):
        where = looking_at(LAYOUT, rng.uniform(450, 750), rng.uniform(-0.5, 0.5, 3).tolist())
        swell = rng.normal(0, SWELL_SD_PX)
        seen = []
        for mm in symbols:
            px = project(mm, where, sure)
            along = np.roll(px, -1, axis=0) - px
            along /= np.linalg.norm(along, axis=1, keepdims=True)
            outward = np.column_stack([along[:, 1], -along[:, 0]])
            own = swell + rng.normal(0, OWN_SWELL_SD_PX)
            px = px + own * (outward + np.roll(outward, 1, axis=0)) + rng.normal(0, SHIFT_SD_PX, 2)
            seen.append(seen_corners(mm, px + rng.normal(0, 0.1, px.shape), 0.1))
        fit = fit_pose([(f"tag {i}", [one]) for i, one in enumerate(seen)], sure)
        assert fit is not None
        for port in PORTS:
            gap = project([port], fit.pose, sure) - project([port], where, sure)
            j = pose_jacobian([port], fit.pose, sure)[0]
            ring = ring_radius(j @ fit.joint[:6, :6] @ j.T)
            inside.append(float(np.linalg.norm(gap)) < ring)
            rings.append(ring)
    assert 0.92 <= np.mean(inside) <= 0.99
    assert np.median(rings) < 1.5


def test_a_single_small_tag_admits_that_it_can_be_seen_two_ways() -> None:
    tag = corners_of(11, 22, 15)
    where = looking_at(LAYOUT, 700, (0.15, 0.1, 0))
    rng = np.random.default_rng(3)
    px = project(tag, where, CAMERA) + rng.normal(0, 0.2, (4, 2))
    fit = fit_pose([("tag 17", [seen_corners(tag, px, 0.2)])], CAMERA)
    assert fit is not None
    assert fit.rival is not None


def test_an_unknown_focal_length_widens_the_rings_and_nothing_else() -> None:
    where = looking_at(LAYOUT, 560, (0, 0, 0))
    one = look(render(LAYOUT, where, CAMERA), LAYOUT)
    sure = CAMERA.model_copy(update={"focal_sd": 0.0, "k1_sd": 0.0})
    known = locate_seen([one], LAYOUT, sure)[0]
    unknown = locate_seen([one], LAYOUT)[0]
    assert known is not None
    assert unknown is not None
    far_known, far_unknown = known.points([(240, 22, 60)])[0], unknown.points([(240, 22, 60)])[0]
    assert far_unknown.ring_px >= far_known.ring_px
    assert abs(far_unknown.u_px - far_known.u_px) < far_unknown.ring_px + 1
    assert fit_camera([None]) == [None]


def test_the_covariance_is_of_steps_on_the_cameras_side() -> None:
    where = looking_at(LAYOUT, 560, (0.2, 0.1, 0))
    sure = CAMERA.model_copy(update={"focal_sd": 0.0, "k1_sd": 0.0})
    located = locate(render(LAYOUT, where, CAMERA), LAYOUT, sure)
    assert located is not None
    assert located.covariance.shape == (6, 6)
    assert np.allclose(located.covariance, located.covariance.T)
    assert np.linalg.eigvalsh(located.covariance).min() > -1e-9
    change = compose(where, inverse(located.pose))
    step = np.append(rotation_vector(change[:3, :3]), change[:3, 3])
    mahalanobis = step @ np.linalg.solve(located.covariance, step)
    assert mahalanobis < 40


@given(st.floats(0, 1), st.floats(0.1, 10), st.floats(0, 3.1))
def test_a_ring_holds_95_percent_whatever_its_shape(share: float, size: float, turn: float) -> None:
    axes = np.diag([size, size * share])
    r = pose((0, 0, turn), (0, 0, 0))[:2, :2]
    draws = np.random.default_rng(1).normal(size=(20000, 2)) @ axes @ r.T
    radius = ring_radius(r @ axes**2 @ r.T)
    assert np.mean(np.linalg.norm(draws, axis=1) < radius) == pytest.approx(0.95, abs=0.006)


def test_a_label_below_the_reading_limit_is_held_where_the_tags_put_it() -> None:
    where = looking_at(LAYOUT, 620, (0.2, -0.1, 0))
    located = locate(render(LAYOUT, where, CAMERA), LAYOUT, CAMERA)
    assert located is not None
    assert located.is_label_held
    assert not located.label_seen


def test_another_label_in_its_place_is_not_taken_for_it() -> None:
    other = switch_layout("HTTPS://HELP.EXAMPLE/D/Z9Z9Z9Z9")
    where = looking_at(LAYOUT, 520, (0.2, -0.1, 0))
    located = locate(render(other, where, CAMERA), LAYOUT, CAMERA)
    assert located is not None
    assert not located.label_seen
    assert not located.is_label_held


def test_a_label_on_the_wrong_device_contradicts_its_tags() -> None:
    """The label was stuck 60 mm beside its place: the tags say one thing, the label another."""
    moved = Layout(
        face=LAYOUT.face,
        label=LAYOUT.label.model_copy(update={"x_mm": 110}) if LAYOUT.label else None,
        tags=LAYOUT.tags,
    )
    camera = nominal(1920, 1080)
    where = looking_at(LAYOUT, 430, (0.1, 0.1, 0))
    located = locate(render(moved, where, camera), LAYOUT, camera)
    assert located is not None
    assert located.strangers == ("label",)
    assert located.is_contradicted


def test_a_mirrored_picture_is_not_anchored_by_its_label() -> None:
    alone = Layout(face=LAYOUT.face, label=LAYOUT.label, tags=())
    picture = render(LAYOUT, looking_at(LAYOUT, 200, at=(41.5, 19.7)), CAMERA)
    assert locate(picture, alone, CAMERA) is not None
    turned = np.ascontiguousarray(picture[:, ::-1])
    assert locate(turned, alone, CAMERA) is None
    assert look(turned, alone).is_mirrored


def test_a_second_tag_is_looked_for_where_the_first_predicts_it() -> None:
    """Aslant and blurred: the far tag is too small for the search of the whole picture."""
    where = looking_at(LAYOUT, 700, (0.05, 0.4, 0))
    picture = render(LAYOUT, where, CAMERA, Light(1.2, noise=5))
    assert len({tag.id for tag in find_tags(picture)}) == 1
    located = locate(picture, LAYOUT, CAMERA)
    assert located is not None
    assert len(located.tags_seen) == 2


def test_a_covered_part_of_a_symbol_does_not_pull_it() -> None:
    where = looking_at(LAYOUT, 260, (0.2, 0.3, 0.1), at=(41.5, 19.7))
    picture = render(LAYOUT, where, CAMERA)
    whole = locate(picture, LAYOUT, CAMERA)
    assert whole is not None
    u, v = project([(51, 27)], where, CAMERA)[0]  # a cable before the label's lower right
    picture[int(v) - 9 : int(v) + 9, int(u) - 9 : int(u) + 9] = 25
    covered = locate(picture, LAYOUT, CAMERA)
    assert covered is not None
    assert covered.label_seen
    assert (
        np.abs(project([(60, 20)], covered.pose, covered.camera) - project([(60, 20)], where, CAMERA)).max()
        < 0.3
    )


def test_a_face_seen_in_part_is_found() -> None:
    where = looking_at(LAYOUT, 180, (0.1, -0.2, 0), at=(440, 22))
    located = locate(render(LAYOUT, where, CAMERA), LAYOUT, CAMERA)
    assert located is not None
    assert located.tags_seen == (18,)


def test_a_picture_held_upright_is_located_alike() -> None:
    upright = CAMERA.model_copy(update={"width": 720, "height": 1280, "cx": 359.5, "cy": 639.5})
    where = looking_at(LAYOUT, 430, (0.1, 0.2, 1.5))
    located = locate(render(LAYOUT, where, upright), LAYOUT, upright)
    assert located is not None
    assert errors_mm(located, where, upright)[2] < 2
