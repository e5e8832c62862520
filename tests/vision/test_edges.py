import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nearhand.vision.camera import nominal
from nearhand.vision.edges import (
    CORNERS,
    MOST_EDGES,
    PATTERN_MATCH,
    carried,
    homography,
    outline,
    pattern_match,
    register,
)
from nearhand.vision.modules import qr_modules, tag_modules
from nearhand.vision.project import project
from tests.support.pictures import Light, Pixels, looking_at, render, switch_layout

CAMERA = nominal(1280, 720).with_focal(1000)
LAYOUT = switch_layout()
TAG = LAYOUT.tags[0]
MODULES = tag_modules(TAG.dictionary, TAG.id)
AT = np.array([TAG.x_mm, TAG.y_mm])


def seen(tilt: tuple[float, float, float], distance_mm: float, light: Light) -> tuple[Pixels, np.ndarray]:
    where = looking_at(LAYOUT, distance_mm, tilt, at=(TAG.x_mm + 20, TAG.y_mm))
    return render(LAYOUT, where, CAMERA, light), project(AT + TAG.size_mm * CORNERS, where, CAMERA)


def test_the_outline_of_a_symbol_goes_round_its_black_modules() -> None:
    square = outline(np.ones((1, 1), dtype=bool))
    assert sorted(map(tuple, square.at.tolist())) == [(-0.5, 0), (0, -0.5), (0, 0.5), (0.5, 0)]
    assert np.allclose(square.at * 2, square.white)
    ring = np.ones((3, 3), dtype=bool)
    ring[1, 1] = False
    assert len(outline(ring).at) == 16
    assert outline(ring).is_outer.sum() == 12
    assert len(outline(ring, 3).at) == 48


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    tilt=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6), st.floats(-3, 3)),
    distance_mm=st.floats(150, 450),
    light=st.builds(
        Light,
        blur_px=st.floats(0.5, 1.2),
        motion_px=st.floats(0, 1.5),
        motion_angle=st.floats(0, 3),
        noise=st.floats(1, 5),
        gamma=st.floats(0.8, 1.25),
        seed=st.integers(0, 2**16),
    ),
    off=st.tuples(*[st.floats(-0.6, 0.6)] * 8),
)
def test_corners_are_found_to_a_fraction_of_a_pixel_from_rough_ones(
    tilt: tuple[float, float, float], distance_mm: float, light: Light, off: tuple[float, ...]
) -> None:
    picture, truth = seen(tilt, distance_mm, light)
    if truth.min() < 5 or truth[:, 0].max() > 1274 or truth[:, 1].max() > 714:
        return
    edges = register(picture, MODULES, truth + np.reshape(off, (4, 2)))
    assert edges is not None
    gap = edges.corners_px - truth
    assert np.abs(gap.mean(axis=0)).max() < 0.1
    assert np.abs(gap).max() < 0.5
    # Every edge point lies on an edge of the true symbol, as far as it says.
    h = homography(truth)
    across = ((edges.px - carried(h, edges.at)) * edges.normal).sum(axis=1)
    assert np.percentile(np.abs(across), 90) < 0.45


def test_the_largest_symbols_cost_no_more_than_middling_ones() -> None:
    modules = qr_modules("A" * 2500)
    assert len(modules) > 120
    drawn = np.where(np.kron(np.pad(modules, 4), np.ones((8, 8))), 30, 220).astype(np.uint8)
    last = 8 * (4 + len(modules)) - 0.5
    corners = np.array([[31.5, 31.5], [last, 31.5], [last, last], [31.5, last]])
    assert len(outline(modules, 4).at) <= MOST_EDGES
    edges = register(drawn, modules, corners + 0.4)
    assert edges is not None
    assert np.abs(edges.corners_px - corners).max() < 0.1


def test_where_nothing_like_a_symbol_is_nothing_is_registered() -> None:
    rng = np.random.default_rng(1)
    noise = np.clip(rng.normal(120, 30, (200, 200)), 0, 255).astype(np.uint8)
    square = np.array([[60, 60], [120, 60], [120, 120], [60, 120]], dtype=float)
    assert register(noise, MODULES, square) is None
    assert register(np.full((200, 200), 90, np.uint8), MODULES, square) is None


@pytest.mark.parametrize(
    "corners",
    [
        [[10, 10], [40, 10], [70, 10], [100, 10]],
        [[10, 10], [10, 10], [10, 10], [10, 10]],
        [[10, 10], [14, 10], [14, 14], [10, 14]],
        [[-500, -500], [-400, -500], [-400, -400], [-500, -400]],
    ],
)
def test_corners_that_bound_no_symbol_are_no_symbol(corners: list[list[float]]) -> None:
    picture, _ = seen((0, 0, 0), 200, Light())
    assert register(picture, MODULES, corners) is None


def test_a_symbol_that_is_half_covered_is_left_out_rather_than_guessed() -> None:
    picture, truth = seen((0.1, 0.1, 0), 200, Light())
    left, right = truth[:, 0].min(), truth[:, 0].max()
    picture[:, : int(left + 0.75 * (right - left))] = 60
    assert register(picture, MODULES, truth) is None


def test_a_pattern_tells_its_own_text_from_another_even_when_it_is_too_small_to_read() -> None:
    assert LAYOUT.label is not None
    label = LAYOUT.label
    where = looking_at(LAYOUT, 620, (0.1, 0.1, 0))
    picture = render(LAYOUT, where, CAMERA, Light(1.0))
    corners = project(np.array([label.x_mm, label.y_mm]) + label.size_mm * CORNERS, where, CAMERA)
    ours = qr_modules(label.text)
    assert pattern_match(picture, ours, corners) > 0.65
    others = [qr_modules(f"HTTPS://HELP.EXAMPLE/D/{code}") for code in ("Z9Z9Z9Z9", "0000000A", "7K3M9QXB")]
    assert max(pattern_match(picture, other, corners) for other in others) < PATTERN_MATCH
