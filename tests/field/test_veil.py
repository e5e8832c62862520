"""What leaves the field client shows the device, and of its neighbours nothing that could be read."""

import time

import cv2
import numpy as np
import pytest

from nearhand.devices.model import CameraMask
from nearhand.field.eye import Eye
from nearhand.field.frames import Picture, shown
from nearhand.field.veil import Seen, outgoing, pixelated
from nearhand.labels.model import Layout, LayoutFace, LayoutLabel
from nearhand.sessions.model import PictureMask, Sighting
from nearhand.simulation.render import Front, Scene, build_scene, look_at, phone_camera
from nearhand.simulation.walk import survey
from nearhand.vision.camera import Intrinsics
from nearhand.vision.gray import gray_of
from nearhand.vision.labels import read_labels
from tests.field.scene import PLACE, TAGS, TEXT, resolved

SHOWN = resolved()
CAMERA = phone_camera(1920, 1080)
NEIGHBOURS = {unit: f"HTTPS://NEARHAND.EXAMPLE/D/NEXT{k}DEV" for k, unit in enumerate((1, -1), start=1)}


def layout_of(text: str) -> Layout:
    return Layout(
        face=LayoutFace(width_mm=482.6, height_mm=43.66),
        label=LayoutLabel(text=text, **PLACE.model_dump()),
        tags=(),
    )


@pytest.fixture(scope="module")
def scene() -> Scene:
    face = SHOWN.view.device_type.front
    beside = {
        unit: Front(face, layout_of(text), title="SECRET-OF-NEXT", seed=abs(unit))
        for unit, text in NEIGHBOURS.items()
    }
    return build_scene(Front(face, SHOWN.layout, title="ToR-48"), beside)


def texts(picture: Picture) -> set[str]:
    """Those of labels: now and then a row of ports reads as a number."""
    return {label.text for label in read_labels(gray_of(picture)) if label.text.startswith("HTTP")}


def seen_in(eye: Eye, picture: Picture) -> Sighting | None:
    return eye.locate(picture, eye.read(picture), [SHOWN], SHOWN.label.device_id)


def test_the_picture_itself_would_give_the_neighbours_away(scene: Scene) -> None:
    picture = scene.take(look_at((241, 22), 520), CAMERA)
    assert texts(picture) == {TEXT, *NEIGHBOURS.values()}
    bare, mask = outgoing(picture, CameraMask.WARN, None)
    assert bare is picture
    assert mask is PictureMask.NONE


def test_of_each_frame_of_a_walk_only_the_own_label_can_be_read(scene: Scene) -> None:
    walk, eye = survey(SHOWN.layout, period_s=8.0), Eye(Intrinsics(**CAMERA.model_dump()))
    said: dict[PictureMask, int] = dict.fromkeys(PictureMask, 0)
    own = 0
    for number in range(0, 80, 2):
        picture = scene.take(walk.pose(number / 10), CAMERA, seed=number)
        sighting = seen_in(eye, picture)
        seen = None if sighting is None else Seen(sighting, SHOWN.layout.face)
        masked, mask = outgoing(picture, CameraMask.ENFORCE, seen)
        said[mask] += 1
        read = texts(masked)
        assert read <= {TEXT}, number
        own += TEXT in read
        assert masked.shape == picture.shape
        assert np.any(masked != picture)
    assert said[PictureMask.NONE] == 0
    assert said[PictureMask.RANGE] > 30
    assert own > 25


def test_of_an_unknown_view_nothing_can_be_read_however_near(scene: Scene) -> None:
    for distance_mm in (60, 90, 150, 300, 520):
        picture = scene.take(look_at((36, 22), distance_mm), CAMERA)
        masked, mask = outgoing(picture, CameraMask.ENFORCE, None)
        assert mask is PictureMask.WHOLE
        assert texts(masked) == set()
    bare = scene.take(look_at((36, 22), 150), CAMERA)
    assert TEXT in texts(bare)


def test_a_view_that_says_not_how_sure_it_is_is_an_unknown_one(scene: Scene) -> None:
    picture = scene.take(look_at((241, 22), 520), CAMERA)
    sighting = seen_in(Eye(Intrinsics(**CAMERA.model_dump())), picture)
    assert sighting is not None
    for vague in (
        sighting.model_copy(update={"covariance": None}),
        sighting.model_copy(update={"covariance": tuple(np.diag([0.2] * 3 + [60.0] * 3).ravel())}),
    ):
        _, mask = outgoing(picture, CameraMask.ENFORCE, Seen(vague, SHOWN.layout.face))
        assert mask is PictureMask.WHOLE
    _, mask = outgoing(picture[::2, ::2], CameraMask.ENFORCE, Seen(sighting, SHOWN.layout.face))
    assert mask is PictureMask.WHOLE  # a picture of another size


def test_what_is_hidden_are_means_of_all_pixels_not_some_of_them() -> None:
    fine = np.indices((1080, 1920)).sum(axis=0) % 2 * 255
    masked = pixelated(np.dstack([fine] * 3).astype(np.uint8))
    assert masked.min() >= 126
    assert masked.max() <= 129


def test_a_masked_picture_takes_fewer_bytes_and_little_time(scene: Scene) -> None:
    picture = np.asarray(cv2.resize(scene.take(look_at((241, 22), 520), CAMERA), (1280, 720)), np.uint8)
    started = time.perf_counter()
    for _ in range(20):
        hidden, _ = outgoing(picture, CameraMask.ENFORCE, None)
    assert (time.perf_counter() - started) / 20 < 0.1  # a few milliseconds, where nothing else runs
    assert len(shown(hidden)[1]) < len(shown(picture)[1]) / 2


def test_tags_alone_hold_the_mask_too(scene: Scene) -> None:
    picture = scene.take(look_at((430, 22), 250), CAMERA)
    sighting = seen_in(Eye(Intrinsics(**CAMERA.model_dump())), picture)
    seen = None if sighting is None else Seen(sighting, SHOWN.layout.face)
    masked, _ = outgoing(picture, CameraMask.ENFORCE, seen)
    assert TAGS[1].id == 42
    assert texts(masked) <= {TEXT}
