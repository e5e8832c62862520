"""Where pictures come from: a camera, a video file, a folder of photographs; and the frames of the last seconds."""

import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nearhand.sessions.model import PictureMask, Sighting
from nearhand.vision.layout import LayoutFace

Picture = NDArray[np.uint8]

PHOTOGRAPHS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}
RING_S = 10.0
RING_BYTES = 96 * 1024 * 1024
SHARP_QUALITY = 92
SHOWN_PX, SHOWN_QUALITY = 960, 70  # of a live picture
CAMERA_SIZE = (1920, 1080)
FALLBACK_FPS = 25.0


class NoPictures(Exception):
    """The camera, file or folder gives no pictures; the message says why."""


@dataclass(frozen=True)
class Frame:
    """One picture of one stream, with the number it is called by everywhere."""

    frame_id: int
    picture: Picture
    captured_at: datetime
    name: str | None = None  # the photograph's file

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.picture.shape[:2]
        return width, height


def from_images(folder: Path) -> Iterator[Frame]:
    """Each photograph below a folder, in the order of their names. Unreadable files are skipped by `read`ers."""
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in PHOTOGRAPHS)
    if not paths:
        raise NoPictures(f"There are no pictures in {folder}.")
    for number, path in enumerate(paths, start=1):
        # Read as bytes: OpenCV's own file names know no Unicode on Windows.
        picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
        if picture is not None:
            yield Frame(number, np.asarray(picture, np.uint8), _now(), path.relative_to(folder).as_posix())


def from_video(path: Path) -> Iterator[Frame]:
    """Every picture of a video file, no faster than it was taken."""
    video = cv2.VideoCapture(str(path))
    if not video.isOpened():
        raise NoPictures(f"{path} is not a video that can be read.")
    interval_s = 1 / (video.get(cv2.CAP_PROP_FPS) or FALLBACK_FPS)
    started = time.monotonic()
    try:
        number = 0
        while (taken := video.read())[0]:
            number += 1
            time.sleep(max(0.0, started + number * interval_s - time.monotonic()))
            yield Frame(number, np.asarray(taken[1], np.uint8), _now())
    finally:
        video.release()


def from_camera(index: int) -> Iterator[Frame]:
    """The newest picture of a camera, each time one is asked for: who is slow skips some, and never lags behind."""
    camera = cv2.VideoCapture(index)
    if not camera.isOpened():
        raise NoPictures(f"Camera {index} cannot be opened. Is it plugged in, and free?")
    camera.set(cv2.CAP_PROP_FRAME_WIDTH, CAMERA_SIZE[0])
    camera.set(cv2.CAP_PROP_FRAME_HEIGHT, CAMERA_SIZE[1])
    newest = _Newest(camera)
    newest.thread.start()
    try:
        while (frame := newest.take()) is not None:
            yield frame
    finally:
        newest.is_wanted = False
        newest.thread.join()
        camera.release()


class _Newest:
    """Reads a camera as fast as it gives, keeping one picture."""

    def __init__(self, camera: cv2.VideoCapture) -> None:
        self.is_wanted = True
        self.thread = threading.Thread(target=self._read, name="camera", daemon=True)
        self._camera = camera
        self._frame: Frame | None = None
        self._is_over = False
        self._changed = threading.Condition()

    def take(self) -> Frame | None:
        with self._changed:
            self._changed.wait_for(lambda: self._frame is not None or self._is_over)
            frame, self._frame = self._frame, None
            return frame

    def _read(self) -> None:
        number = 0
        while self.is_wanted and (taken := self._camera.read())[0]:
            number += 1
            with self._changed:
                self._frame = Frame(number, np.asarray(taken[1], np.uint8), _now())
                self._changed.notify()
        with self._changed:
            self._is_over = True
            self._changed.notify()


def encoded(picture: Picture, quality: int = SHARP_QUALITY) -> bytes:
    """The picture as a JPEG."""
    is_done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not is_done:
        raise NoPictures("A picture could not be encoded.")
    return data.tobytes()


def shown(picture: Picture) -> tuple[tuple[int, int], bytes]:
    """The picture as it is shown live, with its size: smaller, and coarser."""
    height, width = picture.shape[:2]
    scale = min(1.0, SHOWN_PX / max(width, height))
    size = round(width * scale), round(height * scale)
    small = picture if scale == 1 else cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return size, encoded(np.asarray(small, np.uint8), SHOWN_QUALITY)


@dataclass(frozen=True)
class Kept:
    """A frame as it was, sharp, with where the device was in it."""

    frame_id: int
    jpeg: bytes
    width: int
    height: int
    captured_at: datetime
    sighting: Sighting | None
    mask: PictureMask
    face: LayoutFace | None  # of the device that others are to see, where it was in sight


@dataclass
class Ring:
    """The sharp frames of the last seconds: any of them may be asked for."""

    _frames: OrderedDict[int, tuple[float, Kept]] = field(default_factory=OrderedDict)
    _bytes: int = 0

    def add(
        self, frame: Frame, sighting: Sighting | None, mask: PictureMask, face: LayoutFace | None
    ) -> Kept:
        """`frame`: as it may leave; `mask`: what was hidden in it."""
        width, height = frame.size
        jpeg = encoded(frame.picture)
        kept = Kept(frame.frame_id, jpeg, width, height, frame.captured_at, sighting, mask, face)
        now = time.monotonic()
        self._frames[frame.frame_id] = now, kept
        self._bytes += len(kept.jpeg)
        while len(self._frames) > 1 and (self._bytes > RING_BYTES or self._oldest() < now - RING_S):
            _, (_, old) = self._frames.popitem(last=False)
            self._bytes -= len(old.jpeg)
        return kept

    def get(self, frame_id: int) -> Kept | None:
        found = self._frames.get(frame_id)
        return found[1] if found else None

    def _oldest(self) -> float:
        return next(iter(self._frames.values()))[0]


def _now() -> datetime:
    return datetime.now(UTC)


def sharpness(picture: Picture) -> float:
    """How much fine detail a picture has: the larger, the less it is blurred."""
    small: Any = cv2.resize(picture, (320, 180), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_32F).var())
