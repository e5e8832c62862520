from dataclasses import replace

import numpy as np
import pytest

from nearhand.vision.layout import Layout, LayoutFace, LayoutLabel, Tag
from nearhand.vision.locate import locate
from nearhand.vision.project import project, unproject
from nearhand.vision.rectify import LIMIT_PX, filled_up, picture_scale, rectify
from tests.support.bare import camera_of, device, from_before, photograph, reference_picture
from tests.support.hall import switch_face, switch_layout

LAYOUT = switch_layout()


def test_a_photograph_is_laid_flat_to_a_fraction_of_a_millimetre() -> None:
    size, where = (1920, 1080), from_before(460, 20, -12, 4)
    picture = photograph(device(0, LAYOUT), where, size)
    located = locate(picture, LAYOUT, camera_of(size, off=1.05))
    assert located is not None
    face = rectify(picture, located, LAYOUT)
    assert face.pixels.shape == (87, 965, 3)
    ports = [(port.x_mm, port.y_mm) for port in switch_face().ports]
    off = unproject(project(ports, where, camera_of(size)), located.pose, located.camera) - ports
    assert np.linalg.norm(off, axis=1).max() < 0.5
    assert face.ring_mm < 0.5
    bright, dark = face.pixels[2:8, 300:700].mean(), face.pixels[26:32, 300:700].mean()
    assert bright > dark + 5  # metal above, ports below


def test_label_and_tags_are_left_out_and_all_else_is_known() -> None:
    face = reference_picture(LAYOUT)
    assert LAYOUT.label is not None
    symbols: list[LayoutLabel | Tag] = [LAYOUT.label, *LAYOUT.tags]
    for symbol in symbols:
        row, column = round(symbol.y_mm * face.px_per_mm), round(symbol.x_mm * face.px_per_mm)
        assert not face.known[row, column]
        assert face.pixels[row, column].max() == 0
    assert face.known[:, 130:920].all()
    assert 0.85 < face.known_share < 0.95


def test_what_lies_outside_the_photograph_is_filled_up_by_another_one() -> None:
    size = (1280, 720)
    halves = []
    for x_mm in (70, 410):
        picture = photograph(device(0, LAYOUT), from_before(230, 5, 4, x_mm=x_mm), size)
        located = locate(picture, LAYOUT, camera_of(size))
        assert located is not None
        halves.append(rectify(picture, located, LAYOUT))
    left, right = halves
    assert left.known_share < 0.8
    both = filled_up(left, right)
    assert both.known_share > max(left.known_share, right.known_share)
    assert np.array_equal(both.pixels[left.known], left.pixels[left.known])
    assert both.ring_mm > 0


def test_where_one_label_cannot_say_what_is_where_nothing_is_known() -> None:
    alone = LAYOUT.model_copy(update={"tags": ()})
    picture = photograph(device(0, alone), from_before(430, 5), (1920, 1080))
    located = locate(picture, alone, camera_of((1920, 1080)))
    assert located is not None
    face = rectify(picture, located, alone)
    assert not face.known[:, 800:].any()


def test_pictures_of_faces_of_two_sizes_do_not_fill_each_other_up() -> None:
    face = reference_picture(LAYOUT)
    with pytest.raises(ValueError, match="different sizes"):
        filled_up(face, replace(face, pixels=face.pixels[:-1], known=face.known[:-1]))


def test_a_large_face_is_kept_coarser() -> None:
    large = Layout(face=LayoutFace(width_mm=3000, height_mm=3000))
    scale = picture_scale(large)
    assert 3000 * scale * 3000 * scale <= LIMIT_PX * 1.001
    assert picture_scale(LAYOUT) == 2
