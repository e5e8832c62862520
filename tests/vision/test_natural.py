from functools import lru_cache

import numpy as np
import pytest

from nearhand.vision.natural import Reference, recognise, reference_of
from nearhand.vision.project import project, unproject
from tests.support.bare import camera_of, device, from_before, photograph, reference_picture, stranger
from tests.support.hall import switch_face, switch_layout

LAYOUT = switch_layout()
PORTS = np.array([(port.x_mm, port.y_mm) for port in switch_face().ports])


@lru_cache(maxsize=1)
def reference() -> Reference:
    return reference_of(reference_picture(LAYOUT))


@pytest.mark.parametrize(
    ("where", "cabled"),
    [(from_before(450, 14, -8, 5), 0.0), (from_before(560, -18, 10, -6, x_mm=270), 0.3)],
    ids=["empty", "cabled"],
)
def test_a_bare_device_is_found_by_the_picture_of_another_of_its_type(where: object, cabled: float) -> None:
    picture = photograph(device(2, cabled=cabled), where, beside={1: stranger()})
    found = recognise(picture, reference(), LAYOUT, camera_of(off=1.06))
    assert found.alike == 1
    located = found.located
    assert located is not None
    assert located.held == "face_picture"
    assert (located.label_seen, located.tags_seen, located.is_contradicted) == (False, (), False)
    on_face = unproject(project(PORTS, np.array(where), camera_of()), located.pose, located.camera)
    off = np.linalg.norm(on_face - PORTS, axis=1)
    rings = np.array([point.ring_mm for point in located.points(PORTS)])
    assert off.max() < 1
    assert (off < rings).mean() > 0.9
    assert rings.max() < 3


def test_another_type_with_as_many_ports_is_not_taken_for_it() -> None:
    picture = photograph(stranger(cabled=0), from_before(470, 10, -5))
    found = recognise(picture, reference(), LAYOUT, camera_of())
    assert found.located is None
    assert found.alike == 0


def test_of_two_devices_of_the_type_in_view_none_is_told_to_be_the_one() -> None:
    picture = photograph(device(2), from_before(500, 8, 6), beside={-1: device(3)})
    found = recognise(picture, reference(), LAYOUT, camera_of())
    assert found.located is None
    assert found.alike == 2


def test_nothing_is_found_in_a_picture_of_nothing() -> None:
    assert recognise(np.full((360, 640), 90, np.uint8), reference(), LAYOUT).located is None
