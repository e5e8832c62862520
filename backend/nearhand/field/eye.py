"""Recognise devices in a picture: labels and tags, and from them where the face is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearhand.field.frames import Picture
from nearhand.labels.model import Resolved
from nearhand.sessions.model import Camera, Sighting
from nearhand.vision.belief import Belief
from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.gray import gray_of
from nearhand.vision.labels import TIMEOUT_S, read_labels, sharpen
from nearhand.vision.locate import Located, Look, locate_seen
from nearhand.vision.symbols import LabelSeen, TagSeen
from nearhand.vision.tags import find_tags
from nearhand.vision.tracker import FaceTracker, Tracked

VIDEO_TIMEOUT_S = 0.05  # a label not read in this frame is read in the next
TRACKED_READS = 5  # while tags hold the device, its label is looked for in one frame of so many
SIGHT_EVERY = 3  # frames; in between, corners of the face are followed


@dataclass(frozen=True)
class Symbols:
    """What was read in a picture, before it is known what it means."""

    labels: list[LabelSeen]
    tags: list[TagSeen]
    is_read: bool = True  # False: labels were not looked for


class Eye:
    """One camera's. `camera` None: a phone's usual lens is assumed, for pictures of any size."""

    def __init__(self, camera: Intrinsics | None = None, *, is_patient: bool = False) -> None:
        self._camera = camera
        self._is_patient = is_patient
        self._tracker = FaceTracker()
        self._held: tuple[Resolved, Intrinsics] | None = (
            None  # what is tracked, and the camera as it was found
        )
        self._seen: frozenset[int] = frozenset()
        self._unread = self._unsought = 0

    def read(self, picture: Picture) -> Symbols:
        """What can be read. In video that is dear only where no label is, so it is not tried in every frame."""
        if self._is_patient:
            return Symbols(_labels(picture, TIMEOUT_S), find_tags(picture))
        self._unsought = self._unsought + 1 if self._tracker.is_held else SIGHT_EVERY
        if self._unsought < SIGHT_EVERY:
            return Symbols([], [], is_read=False)
        self._unsought = 0
        tags = find_tags(picture)
        is_held = len(self._seen & {tag.id for tag in tags}) >= 2
        self._unread = self._unread + 1 if is_held else TRACKED_READS
        if self._unread < TRACKED_READS:
            return Symbols([], tags, is_read=False)
        self._unread = 0
        return Symbols(_labels(picture, VIDEO_TIMEOUT_S), tags)

    def locate(
        self, picture: Picture, symbols: Symbols, known: list[Resolved], bound_to: str | None = None
    ) -> Sighting | None:
        """Where the face of a known device is: the one whose label is read, else the one whose tags are seen.

        The device it is `bound_to` comes first: with a neighbour in the picture, it stays the one that is meant.
        Between sightings, and while its symbols are out of sight, the one that was seen last is followed. Nothing is
        said of a picture that is smeared by motion.
        """
        tracked = self._followed(picture)
        if self._tracker.is_blurred:
            return None
        if tracked is None and self._unsought > 0:
            # Lost in a frame in which nothing was looked for, trusting in it.
            self._unsought = self._unread = 0
            symbols = Symbols(_labels(picture, VIDEO_TIMEOUT_S), find_tags(picture))
        for resolved in sorted(_candidates(symbols, known), key=lambda r: r.label.device_id != bound_to):
            located = self._located(picture, symbols, resolved)
            if located is not None:
                self._seen = frozenset(tag.id for tag in resolved.layout.tags)
                if self._is_patient:
                    return _sighting(located, resolved)
                return _sighting(located, resolved, self._sighted(located, symbols, resolved))
        if tracked is not None and self._held is not None:
            resolved, camera = self._held
            return _held_sighting(tracked, resolved, camera)
        self._seen = frozenset()
        return None

    def _followed(self, picture: Picture) -> Tracked | None:
        if self._is_patient:  # photographs do not follow one another
            return None
        size = picture.shape[1], picture.shape[0]
        camera = self._held[1] if self._held else (self._camera or nominal(*size))
        if camera.width * size[1] != camera.height * size[0]:
            camera = nominal(*size)
        return self._tracker.follow(gray_of(picture), camera)

    def _sighted(self, located: Located, symbols: Symbols, resolved: Resolved) -> Tracked:
        if self._held is None or self._held[0].label.device_id != resolved.label.device_id:
            self._tracker.forget()
        self._held = resolved, located.camera
        belief = Belief(located.pose, located.covariance)
        return self._tracker.sight(
            belief,
            located.camera,
            resolved.layout.face,
            _places(located, symbols, resolved),
            is_ambiguous=located.is_ambiguous,
        )

    def _located(self, picture: Picture, symbols: Symbols, resolved: Resolved) -> Located | None:
        seen = Look((picture.shape[1], picture.shape[0]), tuple(symbols.labels), tuple(symbols.tags))
        located = locate_seen([seen], resolved.layout, self._camera)[0]
        return None if located is None or located.is_contradicted else located


def _places(
    located: Located, symbols: Symbols, resolved: Resolved
) -> list[tuple[tuple[float, float], NDArray[np.float64]]]:
    """The middles of the symbols that the sighting was made of, on the face and in the picture."""
    label, tags = resolved.layout.label, {tag.id: tag for tag in resolved.layout.tags}
    places = [
        ((tags[tag.id].x_mm, tags[tag.id].y_mm), tag.corners_px.mean(axis=0))
        for tag in symbols.tags
        if tag.id in tags and tag.id in located.tags_seen
    ]
    if label is not None and located.label_seen:
        read = (one for one in symbols.labels if one.text == label.text)
        places += [((label.x_mm, label.y_mm), one.corners_px.mean(axis=0)) for one in read]
    return places


def _labels(picture: Picture, timeout_s: float) -> list[LabelSeen]:
    gray = gray_of(picture)
    return [sharpen(gray, label) for label in read_labels(gray, timeout_s=timeout_s)]


def _sighting(located: Located, resolved: Resolved, tracked: Tracked | None = None) -> Sighting:
    """As its symbols say; with what was followed until now taken into account, where there is that."""
    return _told(
        tracked or located,
        resolved,
        located.camera,
        label_seen=located.label_seen,
        tags_seen=located.tags_seen,
    )


def _held_sighting(tracked: Tracked, resolved: Resolved, camera: Intrinsics) -> Sighting:
    return _told(tracked, resolved, camera, label_seen=False, tags_seen=())


def _told(
    where: Located | Tracked,
    resolved: Resolved,
    camera: Intrinsics,
    *,
    label_seen: bool,
    tags_seen: tuple[int, ...],
) -> Sighting:
    return Sighting(
        device_id=resolved.label.device_id,
        face=resolved.label.face,
        T_camera_face=tuple(where.pose.ravel().tolist()),
        covariance=tuple(where.covariance.ravel().tolist()),
        camera=Camera(**camera.model_dump(include=set(Camera.model_fields))),
        label_seen=label_seen,
        tags_seen=tags_seen,
    )


def _candidates(symbols: Symbols, known: list[Resolved]) -> list[Resolved]:
    texts = {label.text for label in symbols.labels}
    ids = {tag.id for tag in symbols.tags}
    read = [r for r in known if r.label.text in texts]
    # Two tags of one device re-identify it; one alone might be another rack's.
    by_tags = [r for r in known if len(ids & {tag.id for tag in r.layout.tags}) >= 2]
    return read + [r for r in by_tags if r not in read]
