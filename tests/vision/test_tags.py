import numpy as np
import pytest

from nearhand.vision.camera import nominal
from nearhand.vision.locate import _corners_mm
from nearhand.vision.project import project
from nearhand.vision.tags import find_tags
from tests.support.pictures import Light, looking_at, render, switch_layout

CAMERA = nominal(1280, 720).with_focal(1000)
LAYOUT = switch_layout()


def test_both_tags_of_a_whole_face_are_found_to_a_fraction_of_a_pixel() -> None:
    errors = []
    for seed, tilt in enumerate([(0.2, 0.1, 0), (-0.4, 0.2, 0.1), (0.1, -0.4, -0.1), (0.3, 0.3, 3)]):
        where = looking_at(LAYOUT, 560, tilt)
        light = Light(blur_px=0.9, motion_px=1, gamma=1.2, noise=4, seed=seed)
        seen = {tag.id: tag for tag in find_tags(render(LAYOUT, where, CAMERA, light))}
        assert set(seen) >= {17, 18}
        for tag in LAYOUT.tags:
            errors.append(seen[tag.id].corners_px - project(_corners_mm(tag), where, CAMERA))
    assert np.sqrt(np.mean(np.square(errors))) < 0.3


def test_an_empty_or_tiny_picture_has_no_tags() -> None:
    assert find_tags(np.full((200, 300), 90, np.uint8)) == []
    assert find_tags(np.zeros((5, 5), np.uint8)) == []


@pytest.mark.parametrize("name", ["DICT_9X9_1", "QRCODE", "", "DICT_4X4_250; drop"])
def test_a_dictionary_nobody_knows_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="dictionary"):
        find_tags(np.zeros((100, 100), np.uint8), name)
