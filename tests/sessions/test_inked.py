from typing import Any

import numpy as np
import pytest

from nearhand.devices.model import FaceSide
from nearhand.sessions.inked import draw_marks
from nearhand.sessions.model import Annotation, FaceAnchor, FacePoint, Shape, StillAnchor
from tests.field.scene import AT, Stage, still_stage

TWO: tuple[FacePoint, ...] = ((330.0, 20.0, 0.0), (338.0, 20.0, 0.0))


def a_mark(shape: Shape, points: tuple[FacePoint, ...] = TWO, **changes: Any) -> Annotation:
    anchor = {
        "device_id": "DEVICE",
        "face": FaceSide.FRONT,
        "points_mm": points,
        "ring_mm": 0.5,
        "is_approximate": False,
        "port": None,
    }
    anchor |= {key: changes.pop(key) for key in list(changes) if key in anchor}
    values: dict[str, Any] = {
        "id": f"mark-{shape}",
        "shape": shape,
        "anchor": FaceAnchor(**anchor),
        "frame": None,
        "text": "",
        "is_hidden": False,
        "is_kept": False,
        "created_by": "EXPERT",
        "created_at": AT,
        "updated_at": AT,
    }
    return Annotation(**values | changes)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return still_stage()


@pytest.mark.parametrize("shape", list(Shape))
def test_every_shape_is_drawn_where_it_stands(stage: Stage, shape: Shape) -> None:
    points = TWO[:1] if shape in (Shape.TEXT, Shape.PORT) else TWO
    picture = stage.picture(1)
    before = picture.copy()
    (drawn,) = draw_marks(picture, (a_mark(shape, points, text="this one"),), stage.true_sighting(1))
    assert np.allclose(drawn.points_px[0], stage.pixel((330, 20), 1), atol=0.01)
    ys, xs = np.nonzero((picture != before).any(axis=2))
    x, y = drawn.points_px[0]
    assert np.hypot(xs - x, ys - y).min() < 40


def test_hidden_marks_and_those_of_other_faces_are_not_drawn(stage: Stage) -> None:
    picture = stage.picture(1)
    before = picture.copy()
    marks = (
        a_mark(Shape.RING, is_hidden=True),
        a_mark(Shape.RING, face=FaceSide.REAR),
        a_mark(Shape.RING, device_id="ANOTHER"),
        a_mark(Shape.RING, ((0.0, 0.0, 10_000.0), (1.0, 0.0, 10_000.0))),
    )
    assert draw_marks(picture, marks, stage.true_sighting(1)) == []
    assert (picture == before).all()


def test_a_mark_on_a_still_is_not_drawn_over_what_the_camera_shows_now(stage: Stage) -> None:
    anchor = StillAnchor(sha256="a" * 64, width=1280, height=720, points=((0.5, 0.5), (0.6, 0.5)))
    assert draw_marks(stage.picture(1), (a_mark(Shape.RING, anchor=anchor),), stage.true_sighting(1)) == []


@pytest.mark.parametrize("doubt", [{"ring_mm": 12.0}, {"is_approximate": True}])
def test_a_mark_that_is_not_sure_becomes_an_area(stage: Stage, doubt: dict[str, Any]) -> None:
    (drawn,) = draw_marks(stage.picture(1), (a_mark(Shape.RING, **doubt),), stage.true_sighting(1))
    assert drawn.is_unsure


def test_words_of_any_language_are_written_and_cut_at_the_edge(stage: Stage) -> None:
    picture = stage.picture(1)
    edge: tuple[FacePoint, ...] = ((482.0, 40.0, 0.0),)
    assert draw_marks(picture, (a_mark(Shape.TEXT, edge, text="這個連接埠 " * 20),), stage.true_sighting(1))
