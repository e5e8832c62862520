"""Rings over faces as cameras see them: they hold what they claim, and claim no more than they must."""

from dataclasses import replace

import numpy as np
import pytest

from nearhand.vision.locate import locate
from nearhand.vision.on_face import moves
from nearhand.vision.project import project
from nearhand.vision.rings import ring_radius
from tests.benchmarks.anchor import CALL, Setting, layout_of, taken

PORTS = np.array([(x, y) for x in (80.0, 160.0, 260.0, 350.0, 440.0) for y in (12.0, 32.0)])
CALLS = 2


def test_what_a_shutter_did_is_drawn_and_what_no_pose_shows_of_it_is_in_the_ring() -> None:
    setting = Setting("close", parts="label and tags", distance_mm=(170, 220), at=(70, 22), rolled_px=12)
    rng = np.random.default_rng(71)
    gaps, rings = [], []
    for _ in range(CALLS):
        shots = taken(replace(setting, motion_px=4), rng)
        for number, picture in enumerate(shots.pictures):
            located = locate(picture, layout_of(setting))
            assert located is not None
            near = PORTS[:4]
            px = project(near, located.pose, located.camera)
            gaps += np.linalg.norm(px - shots.truth(number, near), axis=1).tolist()
            steps = moves(near, located.pose, located.camera)[:, :, :6]
            rings += [ring_radius(one @ located.covariance @ one.T) for one in steps]
    assert np.mean(np.array(gaps) <= np.array(rings)) > 0.85
    assert np.median(rings) < 12


@pytest.mark.parametrize(
    ("setting", "widest_px"),
    [
        (Setting("whole"), 1.0),
        (Setting("tilted", distance_mm=(450, 650), tilt_deg=(45, 60)), 4.0),
    ],
    ids=lambda one: one.name if isinstance(one, Setting) else str(one),
)
def test_the_ring_that_others_draw_holds_the_port(setting: Setting, widest_px: float) -> None:
    rng = np.random.default_rng(72)
    held, rings = [], []
    for _ in range(CALLS):
        shots = taken(setting, rng)
        for number, picture in enumerate(shots.pictures):
            located = locate(picture, layout_of(setting))
            if located is None:
                continue
            px = project(PORTS, located.pose, located.camera)
            steps = moves(PORTS, located.pose, located.camera)[:, :, :6]
            found = np.array([ring_radius(one @ located.covariance @ one.T) for one in steps])
            held += (np.linalg.norm(px - shots.truth(number, PORTS), axis=1) <= found).tolist()
            rings += found.tolist()
    assert len(held) >= 0.9 * CALLS * CALL * len(PORTS)
    assert np.mean(held) > 0.85
    assert np.median(rings) < widest_px
