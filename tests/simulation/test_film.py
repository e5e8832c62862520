import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from nearhand.simulation.film import TRUTH, VIDEO, Film, is_made, make
from nearhand.simulation.render import Front, build_scene, phone_camera
from nearhand.simulation.walk import survey
from tests.support.hall import switch_face, switch_layout

LAYOUT = switch_layout()


@pytest.fixture(scope="module")
def film() -> Film:
    scene = build_scene(Front(switch_face(), LAYOUT), px_per_mm=2)
    return Film(scene, survey(LAYOUT, period_s=0.5), phone_camera(320, 180))


def test_a_film_is_kept_with_the_truth_about_each_frame(film: Film, tmp_path: Path) -> None:
    make(tmp_path, film, LAYOUT)
    truth = json.loads((tmp_path / TRUTH).read_text())
    assert truth["camera"]["fx"] == pytest.approx(film.camera.fx)
    assert len(truth["frames"]) == film.frames == 6
    assert np.allclose(np.reshape(truth["frames"][3]["T_camera_face"], (4, 4)), film.pose(3), atol=1e-5)
    video = cv2.VideoCapture(str(tmp_path / VIDEO))
    assert sum(1 for _ in iter(lambda: video.read()[0], False)) == film.frames
    video.release()


def test_a_film_is_made_anew_for_another_label_only(film: Film, tmp_path: Path) -> None:
    assert not is_made(tmp_path, LAYOUT)
    make(tmp_path, film, LAYOUT)
    assert is_made(tmp_path, LAYOUT)
    assert not is_made(tmp_path, switch_layout("HTTP://127.0.0.1:8000/D/00000000"))


def test_a_film_that_was_cut_short_is_not_taken_for_whole(film: Film, tmp_path: Path) -> None:
    make(tmp_path, film, LAYOUT)
    (tmp_path / TRUTH).unlink()
    assert not is_made(tmp_path, LAYOUT)
