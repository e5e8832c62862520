"""A camera that moves on a known way, filmed so that each frame tells its number; and what a page made of each."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page

from nearhand.sessions.model import Camera
from nearhand.simulation.canvas import Picture
from nearhand.simulation.film import Film
from nearhand.simulation.render import Matrix, project
from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import unproject
from tests.support.chromium import CAMERA_FRAMES_PER_S, filmed_once

FRAMES_PER_S = CAMERA_FRAMES_PER_S
BITS = 12
CELL = 1 / 40  # of the picture's width; the strip lies in its top left corner, outside of the face


def numbered(picture: Picture, number: int) -> Picture:
    """Print a frame's number into its corner: a white and a black cell, its bits, and their parity."""
    side = round(picture.shape[1] * CELL)
    bits = [(number >> k) & 1 for k in range(BITS)]
    for k, bit in enumerate([1, 0, *bits, sum(bits) % 2]):
        picture[:side, k * side : (k + 1) * side] = 255 * bit
    return picture


def number_of(picture: Picture) -> int | None:
    """The number printed into a picture, of any size; None where it cannot be read."""
    side = picture.shape[1] * CELL
    middle = round(side / 2)
    bits = [int(picture[middle, round((k + 0.5) * side)].mean() > 127) for k in range(BITS + 3)]
    number = sum(bit << k for k, bit in enumerate(bits[2:-1]))
    return number if bits[:2] == [1, 0] and sum(bits[2:-1]) % 2 == bits[-1] else None


def digest(film: Film) -> str:
    """The same for films that show the same."""
    said = repr(
        (film.scene.px_per_mm, film.scene.origin_mm, film.walk, film.camera, film.look, film.frames_per_s)
    )
    return hashlib.sha256(said.encode() + film.scene.levels[0].tobytes()).hexdigest()


@dataclass(frozen=True)
class Moving:
    """A film with the truth about each of its frames."""

    film: Film

    @property
    def camera(self) -> Camera:
        return self.film.camera

    def pose(self, number: int) -> Matrix:
        return self.film.pose(number)

    def pictures(self) -> Iterator[Picture]:
        return (numbered(self.film.picture(number), number) for number in range(self.film.frames))

    def write(self, path: Path) -> Path:
        return filmed_once(path, digest(self.film), self.pictures, round(self.film.frames_per_s))

    def pixel(self, number: int, x_mm: float, y_mm: float) -> tuple[float, float]:
        u, v = project(self.pose(number), self.camera, [[x_mm, y_mm]])[0]
        return float(u), float(v)

    def is_in_view(self, number: int, x_mm: float, y_mm: float) -> bool:
        u, v = self.pixel(number, x_mm, y_mm)
        return 0 <= u <= self.camera.width - 1 and 0 <= v <= self.camera.height - 1

    def on_face(self, number: int, u_px: float, v_px: float) -> tuple[float, float]:
        """The true place on the face of a pixel of this frame."""
        x, y = unproject([[u_px, v_px]], self.pose(number), Intrinsics(**self.camera.model_dump()))[0][:2]
        return float(x), float(y)

    def error_mm(self, seen: dict[str, Any], x_mm: float, y_mm: float) -> float:
        """How far beside a point of the face its mark is, on the face, with the pose that a page found."""
        camera = Camera(**seen["camera"])
        u, v = project(np.array(seen["pose"]).reshape(4, 4), camera, [[x_mm, y_mm]])[0]
        return float(np.hypot(*np.subtract(self.on_face(seen["film"], u, v), (x_mm, y_mm))))


# Watches the field app's frames on their way to the reading worker and back.
WATCH = """(() => {
    const seen = (window.nearhandSeen = { film: {}, frames: [], marks: [] });
    const [bits, cell] = [BITS, CELL];
    const strip = new OffscreenCanvas(64, 1).getContext("2d", { willReadFrequently: true });
    const numberOf = (bitmap) => {
        const side = bitmap.width * cell;
        strip.imageSmoothingEnabled = false;
        strip.drawImage(bitmap, 0, side / 2, (bits + 3) * side, 1, 0, 0, bits + 3, 1);
        const { data } = strip.getImageData(0, 0, bits + 3, 1);
        const read = Array.from({ length: bits + 3 }, (_, k) => Number(data[4 * k] > 127));
        const own = read.slice(2, -1);
        const isWhole = read[0] === 1 && read[1] === 0 && own.reduce((a, b) => a ^ b, 0) === read.at(-1);
        return isWhole ? own.reduce((sum, bit, k) => sum + bit * 2 ** k, 0) : null;
    };
    const look = () => {
        const overlay = document.querySelector("[data-testid=overlay]");
        const frame_id = Number(overlay?.dataset.frameId);
        if (frame_id && frame_id !== seen.marks.at(-1)?.frame_id)
            for (const { dataset: of } of overlay.querySelectorAll("[data-annotation-id]"))
                seen.marks.push({
                    frame_id, film: seen.film[frame_id], at: Date.now(), id: of.annotationId,
                    u: Number(of.uPx), v: Number(of.vPx), ring_mm: Number(of.ringMm), is_unsure: of.unsure === "true",
                });
        if (seen.marks.length > 50000) seen.marks.splice(0, 10000);
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
    const Plain = window.Worker;
    window.Worker = class extends Plain {
        constructor(...how) {
            super(...how);
            this.addEventListener("message", ({ data }) => {
                if (data.type !== "read") return;
                const { frame_id, captured_at, camera, located, ms, features, isBlurred, labels, tags } = data;
                seen.frames.push({
                    frame_id, captured_at, camera, ms, features, isBlurred, film: seen.film[frame_id],
                    came: performance.now(), labels: labels.length, tags: tags.length,
                    pose: located && [...located.pose], covariance: located && [...located.covariance],
                    symbols: located ? located.tags_seen.length + Number(located.label_seen) : 0,
                });
                if (seen.frames.length > 20000) seen.frames.shift();
            });
        }
        postMessage(message, ...rest) {
            if (message?.type === "frame") seen.film[message.frame_id] = numberOf(message.bitmap);
            super.postMessage(message, ...rest);
        }
    };
})()""".replace("[BITS, CELL]", f"[{BITS}, {CELL}]")


def watch(page: Page) -> None:
    """To be called before the page is opened."""
    page.add_init_script(WATCH)


def forget_seen(page: Page) -> None:
    """Throw away what was written down so far, so that a page's memory is its own."""
    page.evaluate("() => Object.assign(window.nearhandSeen, { film: {}, frames: [], marks: [] })")


def seen_frames(page: Page, *, since: int = 0) -> list[dict[str, Any]]:
    """What the page's worker said of each frame so far."""
    found: list[dict[str, Any]] = page.evaluate("since => window.nearhandSeen.frames.slice(since)", since)
    return found


def seen_marks(page: Page, id_: str | None = None) -> list[dict[str, Any]]:
    """Where marks were drawn so far, on which frames; of one annotation or of all."""
    found: list[dict[str, Any]] = page.evaluate(
        "id => window.nearhandSeen.marks.filter((mark) => !id || mark.id === id)", id_
    )
    return found
