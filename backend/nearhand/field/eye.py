"""Recognise devices in a picture: labels and tags, and from them where the face is."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from nearhand.field.frames import Picture
from nearhand.labels.model import Resolved
from nearhand.sessions.model import Camera, Sighting
from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.labels import read_labels
from nearhand.vision.pose import pose
from nearhand.vision.project import pose_jacobian, project
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

    def camera_for(self, width: int, height: int) -> Intrinsics:
        return self._camera.scaled_to(width, height) if self._camera else nominal(width, height)

    def read(self, picture: Picture) -> Symbols:
        """What can be read. In video that is dear only where no label is, so it is not tried in every frame."""
        tags = find_tags(picture)
        if self._is_patient:
            return Symbols(read_labels(picture), tags)
        is_held = len(self._tracked & {tag.id for tag in tags}) >= 2
        self._unread = self._unread + 1 if is_held else TRACKED_READS
        if self._unread < TRACKED_READS:
            return Symbols([], tags)
        self._unread = 0
        return Symbols(read_labels(picture, timeout_s=VIDEO_TIMEOUT_S), tags)

    def locate(self, picture: Picture, symbols: Symbols, known: list[Resolved]) -> Sighting | None:
        """Where the face of a known device is: the one whose label is read, else the one whose tags are seen."""
        camera = self.camera_for(picture.shape[1], picture.shape[0])
        for resolved in _candidates(symbols, known):
            sighting = _locate(symbols, resolved, camera)
            if sighting is not None:
                self._tracked = frozenset(tag.id for tag in resolved.layout.tags)
                return sighting
        self._tracked = frozenset()
        return None


def _candidates(symbols: Symbols, known: list[Resolved]) -> list[Resolved]:
    texts = {label.text for label in symbols.labels}
    ids = {tag.id for tag in symbols.tags}
    read = [r for r in known if r.label.text in texts]
    # Two tags of one device re-identify it; one alone might be another rack's.
    by_tags = [r for r in known if len(ids & {tag.id for tag in r.layout.tags}) >= 2]
    return read + [r for r in by_tags if r not in read]


def _locate(symbols: Symbols, resolved: Resolved, camera: Intrinsics) -> Sighting | None:
    places = {tag.id: tag for tag in resolved.layout.tags}
    seen = [(places[tag.id], tag.corners_px) for tag in symbols.tags if tag.id in places]
    ids = tuple(place.id for place, _ in seen)
    squares = [(p.x_mm, p.y_mm, p.size_mm, corners) for p, corners in seen]
    own = [label for label in symbols.labels if label.text == resolved.label.text]
    if own and resolved.layout.label is not None:
        label = resolved.layout.label
        squares.append((label.x_mm, label.y_mm, label.size_mm, own[0].corners_px))
    if not squares:
        return None
    on_face = np.concatenate([_square(*square[:3]) for square in squares])
    in_picture = np.concatenate([square[3] for square in squares])
    model = np.column_stack([on_face, np.zeros(len(on_face))])
    lens = camera.matrix(), camera.distortion()
    found, rotations, translations, _ = cv2.solvePnPGeneric(model, in_picture, *lens, flags=cv2.SOLVEPNP_IPPE)
    if not found:
        return None
    starts = [
        cv2.solvePnPRefineLM(model, in_picture, *lens, r, t)
        for r, t in zip(rotations, translations, strict=True)
    ]
    rotation, translation = min(
        starts,
        key=lambda s: float(
            np.abs(project(on_face, pose(s[0].ravel(), s[1].ravel()), camera) - in_picture).sum()
        ),
    )
    matrix = pose(rotation.ravel(), translation.ravel())
    jacobian = pose_jacobian(on_face, matrix, camera).reshape(-1, 6)
    residual = (project(on_face, matrix, camera) - in_picture).ravel()
    variance = max(0.3**2, float(residual @ residual) / max(1, len(residual) - 6))
    covariance = np.linalg.inv(jacobian.T @ jacobian) * variance
    return Sighting(
        device_id=resolved.label.device_id,
        face=resolved.label.face,
        T_camera_face=tuple(matrix.ravel().tolist()),
        covariance=tuple(covariance.ravel().tolist()),
        camera=Camera(**camera.model_dump()),
        label_seen=bool(own),
        tags_seen=ids,
    )


def _square(x_mm: float, y_mm: float, size_mm: float) -> NDArray[np.float64]:
    half = size_mm / 2
    return np.array([(x_mm + sx * half, y_mm + sy * half) for sx, sy in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
