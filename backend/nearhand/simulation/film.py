"""Film the simulated hall: a video any browser plays, with the truth about every frame beside it."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2

from nearhand.labels.model import Layout
from nearhand.sessions.model import Camera
from nearhand.simulation.canvas import Picture
from nearhand.simulation.render import Look, Matrix, Scene, phone_camera
from nearhand.simulation.walk import Walk

VIDEO, TRUTH = "hall.webm", "hall.json"
FILM_VERSION = 1  # raise it when the picture changes, so that kept films are made anew
UPRIGHT = "upright"  # the folder, within that of the film, of the one for phones held upright
WIDTH_PX, HEIGHT_PX, FRAMES_PER_S = 960, 540, 12
UPRIGHT_PX, UPRIGHT_VIEW_DEG = (720, 1280), 48
LOOK = Look(blur_px=0.6, noise=1.2, vignette=0.3)  # noise costs most of a video's bytes


@dataclass(frozen=True)
class Film:
    """Which camera walks past which scene, how fast its frames follow, and for how long."""

    scene: Scene
    walk: Walk
    camera: Camera
    look: Look = LOOK
    frames_per_s: float = FRAMES_PER_S

    @property
    def frames(self) -> int:
        return round(self.walk.period_s * self.frames_per_s)

    def pose(self, number: int) -> Matrix:
        return self.walk.pose(number / self.frames_per_s)

    def picture(self, number: int) -> Picture:
        return self.scene.take(self.pose(number), self.camera, self.look, seed=number)

    def pictures(self) -> Iterator[Picture]:
        return (self.picture(number) for number in range(self.frames))

    def truth(self, layout: Layout) -> dict[str, object]:
        poses = [[round(value, 6) for value in self.pose(n).ravel()] for n in range(self.frames)]
        return {
            "version": FILM_VERSION,
            "camera": self.camera.model_dump(),
            "fps": self.frames_per_s,
            "layout": layout.model_dump(mode="json"),
            "frames": [{"frame_id": number, "T_camera_face": pose} for number, pose in enumerate(poses)],
        }


def hall_film(scene: Scene, walk: Walk) -> Film:
    return Film(scene, walk, phone_camera(WIDTH_PX, HEIGHT_PX))


def upright_film(scene: Scene, walk: Walk) -> Film:
    """For a phone held upright: narrow, so that the label, not the rack, fills the picture."""
    width, height = UPRIGHT_PX
    return Film(scene, walk, phone_camera(width, height, field_of_view_deg=UPRIGHT_VIEW_DEG))


def is_made(folder: Path, layout: Layout) -> bool:
    """Whether the folder holds a film of this version that shows this label and these tags."""
    try:
        truth = json.loads((folder / TRUTH).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    is_same = truth.get("layout") == layout.model_dump(mode="json")
    return is_same and truth.get("version") == FILM_VERSION and (folder / VIDEO).is_file()


def make(folder: Path, film: Film, layout: Layout) -> None:
    """Write video and truth; the truth last, as the sign that both are whole. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / TRUTH).unlink(missing_ok=True)
    unfinished = folder / f"new-{VIDEO}"
    write_video(unfinished, film, "VP80")
    unfinished.replace(folder / VIDEO)
    text = json.dumps(film.truth(layout), separators=(",", ":"))
    (folder / f"new-{TRUTH}").write_text(text, encoding="utf-8")
    (folder / f"new-{TRUTH}").replace(folder / TRUTH)


def write_video(path: Path, film: Film, codec: str) -> None:
    """Encode a film. OpenCV's own FFmpeg has VP8 (`VP80`, WebM) and Motion JPEG (`MJPG`, AVI). Raises OSError."""
    size = (film.camera.width, film.camera.height)
    code = cv2.VideoWriter.fourcc(*codec)
    with _hushed():
        writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, code, film.frames_per_s, size)
    if not writer.isOpened():
        raise OSError(f"this OpenCV cannot write {codec} video to {path}")
    for picture in film.pictures():
        writer.write(picture)
    writer.release()


@contextmanager
def _hushed() -> Iterator[None]:
    """OpenCV complains of VP8's tag past Python, straight to the terminal; yet the file is right."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
