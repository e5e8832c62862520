import numpy as np
import pytest

from nearhand.field.eye import Eye
from nearhand.sessions.model import Sighting
from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import project
from tests.field.scene import Stage, resolved, still_stage


@pytest.fixture(scope="module")
def walking() -> Stage:
    return Stage(resolved())


@pytest.fixture(scope="module")
def still() -> Stage:
    return still_stage()


@pytest.fixture
def stage(still: Stage) -> Stage:
    """With an eye that has seen nothing yet: it follows what it saw last."""
    still.eye = Eye(still.intrinsics)
    return still


def error_mm(stage: Stage, number: int, found: Sighting) -> float:
    """How far off the far port lands."""
    point = stage.port_mm("47")
    lens = Intrinsics(**found.camera.model_dump())
    there = project([point], np.array(found.T_camera_face).reshape(4, 4), lens)[0]
    return float(np.hypot(*(stage.face_point((there[0], there[1]), number) - point)))


def test_a_label_read_close_up_locates_its_device(walking: Stage) -> None:
    picture = walking.picture(1)
    symbols = walking.eye.read(picture)
    assert [label.text for label in symbols.labels] == [walking.shown.label.text]
    sighting = walking.eye.locate(picture, symbols, [walking.shown])
    assert sighting is not None
    assert sighting.label_seen


def test_two_tags_are_enough_once_the_device_is_known(stage: Stage) -> None:
    picture = stage.picture(1)
    symbols = stage.eye.read(picture)
    symbols.labels.clear()
    sighting = stage.eye.locate(picture, symbols, [stage.shown])
    assert sighting is not None
    assert not sighting.label_seen
    assert set(sighting.tags_seen) == {11, 42}
    assert error_mm(stage, 1, sighting) < 3


def test_one_tag_alone_may_be_another_racks(stage: Stage) -> None:
    picture = stage.picture(1)
    symbols = stage.eye.read(picture)
    symbols.labels.clear()
    del symbols.tags[1:]
    assert stage.eye.locate(picture, symbols, [stage.shown]) is None


def test_a_device_that_is_not_known_is_not_guessed(stage: Stage) -> None:
    picture = stage.picture(1)
    assert stage.eye.locate(picture, stage.eye.read(picture), []) is None


def test_the_device_it_is_bound_to_comes_first(stage: Stage) -> None:
    """Tags are unique within a rack only: a neighbour may wear the same ones."""
    picture = stage.picture(1)
    symbols = stage.eye.read(picture)
    symbols.labels.clear()
    label = stage.shown.label.model_copy(update={"device_id": "OTHER", "code": "7K2M9QXB"})
    known = [stage.shown, stage.shown.model_copy(update={"label": label})]
    for bound_to in ("DEVICE", "OTHER"):
        sighting = stage.eye.locate(picture, symbols, known, bound_to)
        assert sighting is not None
        assert sighting.device_id == bound_to
