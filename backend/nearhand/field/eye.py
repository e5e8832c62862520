"""Recognise devices in a picture: labels and tags, and from them where the face is."""

from dataclasses import dataclass

from nearhand.field.frames import Picture
from nearhand.labels.model import Resolved
from nearhand.sessions.model import Camera, Sighting
from nearhand.vision.camera import Intrinsics
from nearhand.vision.gray import gray_of
from nearhand.vision.labels import TIMEOUT_S, read_labels, sharpen
from nearhand.vision.locate import Located, Look, locate_seen
from nearhand.vision.symbols import LabelSeen, TagSeen
from nearhand.vision.tags import find_tags

VIDEO_TIMEOUT_S = 0.05  # a label not read in this frame is read in the next
TRACKED_READS = 5  # while tags hold the device, its label is looked for in one frame of so many


@dataclass(frozen=True)
class Symbols:
    """What was read in a picture, before it is known what it means."""

    labels: list[LabelSeen]
    tags: list[TagSeen]


class Eye:
    """One camera's. `camera` None: a phone's usual lens is assumed, for pictures of any size."""

    def __init__(self, camera: Intrinsics | None = None, *, is_patient: bool = False) -> None:
        self._camera = camera
        self._is_patient = is_patient
        self._tracked: frozenset[int] = frozenset()
        self._unread = 0

    def read(self, picture: Picture) -> Symbols:
        """What can be read. In video that is dear only where no label is, so it is not tried in every frame."""
        tags = find_tags(picture)
        if self._is_patient:
            return Symbols(_labels(picture, TIMEOUT_S), tags)
        is_held = len(self._tracked & {tag.id for tag in tags}) >= 2
        self._unread = self._unread + 1 if is_held else TRACKED_READS
        if self._unread < TRACKED_READS:
            return Symbols([], tags)
        self._unread = 0
        return Symbols(_labels(picture, VIDEO_TIMEOUT_S), tags)

    def locate(self, picture: Picture, symbols: Symbols, known: list[Resolved]) -> Sighting | None:
        """Where the face of a known device is: the one whose label is read, else the one whose tags are seen."""
        for resolved in _candidates(symbols, known):
            located = self._located(picture, symbols, resolved)
            if located is not None:
                self._tracked = frozenset(tag.id for tag in resolved.layout.tags)
                return _sighting(located, resolved)
        self._tracked = frozenset()
        return None

    def _located(self, picture: Picture, symbols: Symbols, resolved: Resolved) -> Located | None:
        seen = Look((picture.shape[1], picture.shape[0]), tuple(symbols.labels), tuple(symbols.tags))
        located = locate_seen([seen], resolved.layout, self._camera)[0]
        return None if located is None or located.is_contradicted else located


def _labels(picture: Picture, timeout_s: float) -> list[LabelSeen]:
    gray = gray_of(picture)
    return [sharpen(gray, label) for label in read_labels(gray, timeout_s=timeout_s)]


def _sighting(located: Located, resolved: Resolved) -> Sighting:
    return Sighting(
        device_id=resolved.label.device_id,
        face=resolved.label.face,
        T_camera_face=tuple(located.pose.ravel().tolist()),
        covariance=tuple(located.covariance.ravel().tolist()),
        camera=Camera(**located.camera.model_dump(include=set(Camera.model_fields))),
        label_seen=located.label_seen,
        tags_seen=located.tags_seen,
    )


def _candidates(symbols: Symbols, known: list[Resolved]) -> list[Resolved]:
    texts = {label.text for label in symbols.labels}
    ids = {tag.id for tag in symbols.tags}
    read = [r for r in known if r.label.text in texts]
    # Two tags of one device re-identify it; one alone might be another rack's.
    by_tags = [r for r in known if len(ids & {tag.id for tag in r.layout.tags}) >= 2]
    return read + [r for r in by_tags if r not in read]
