import numpy as np

from nearhand.field.eye import Eye
from tests.field import scene


def test_a_known_device_is_located_by_its_label_and_tags() -> None:
    eye = Eye(scene.CAMERA)
    picture = scene.picture(3)
    symbols = eye.read(picture)
    assert [label.text for label in symbols.labels] == [scene.TEXT]
    assert {tag.id for tag in symbols.tags} == {11, 42}
    sighting = eye.locate(picture, symbols, [scene.resolved()])
    assert sighting is not None
    assert (sighting.label_seen, set(sighting.tags_seen)) == (True, {11, 42})
    error = np.array(sighting.T_camera_face).reshape(4, 4) @ np.linalg.inv(scene.true_pose(3)) - np.eye(4)
    assert np.abs(error[:3, :3]).max() < 0.02


def test_two_tags_are_enough_once_the_device_is_known() -> None:
    eye = Eye(scene.CAMERA)
    picture = scene.picture(3)
    symbols = eye.read(picture)
    symbols.labels.clear()
    sighting = eye.locate(picture, symbols, [scene.resolved()])
    assert sighting is not None
    assert not sighting.label_seen


def test_one_tag_alone_may_be_another_racks() -> None:
    eye = Eye(scene.CAMERA)
    picture = scene.picture(3)
    symbols = eye.read(picture)
    symbols.labels.clear()
    del symbols.tags[1:]
    assert eye.locate(picture, symbols, [scene.resolved()]) is None


def test_a_device_that_is_not_known_is_not_guessed() -> None:
    eye = Eye(scene.CAMERA)
    picture = scene.picture(3)
    assert eye.locate(picture, eye.read(picture), []) is None
