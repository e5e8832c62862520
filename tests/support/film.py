"""Make recordings as a desk would, of pictures whose every pixel is known, and look at what became of them."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from nearhand.vision.writing import Pixels

SOUND_HZ = 48_000
GRAY = 90
Head = dict[str, Any]


@dataclass(frozen=True)
class Film:
    """A WebM taken apart. `sound_ms`: of all its sound together."""

    pictures: dict[int, Pixels]  # by its time in ms
    sound_ms: float


def a_webm(length_s: int, *, fps: int = 10, size: tuple[int, int] = (640, 360)) -> bytes:
    """Gray, with a tone. Written without going back, as a browser does."""
    written = io.BytesIO()
    with av.open(_forward(written), "w", format="webm") as film:
        pictures = film.add_stream("libvpx", rate=fps, options={"deadline": "realtime", "cpu-used": "8"})
        sound = film.add_stream("libopus", rate=SOUND_HZ)
        assert isinstance(pictures, VideoStream)
        assert isinstance(sound, AudioStream)
        pictures.width, pictures.height = size
        pictures.pix_fmt = "yuv420p"
        pictures.codec_context.time_base = Fraction(1, 1000)
        gray = np.full((size[1], size[0], 3), GRAY, np.uint8)
        for n in range(length_s * fps):
            frame = VideoFrame.from_ndarray(gray, format="bgr24")
            frame.pts, frame.time_base = n * 1000 // fps, Fraction(1, 1000)
            film.mux(pictures.encode(frame))
            film.mux(sound.encode(_tone(n, SOUND_HZ // fps)))
        film.mux(pictures.encode(None))
        film.mux(sound.encode(None))
    return written.getvalue()


def _tone(n: int, samples: int) -> AudioFrame:
    wave = np.sin(np.arange(n * samples, (n + 1) * samples) * 2 * np.pi * 440 / SOUND_HZ) * 8000
    frame = AudioFrame.from_ndarray(wave.astype(np.int16)[None], format="s16", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, n * samples, Fraction(1, SOUND_HZ)
    return frame


def _forward(file: io.BytesIO) -> Any:
    class Forward:
        write = file.write

    return Forward()


def as_pieces(webm: bytes, marks: Sequence[Head], length_s: int) -> list[bytes]:
    """Of a second each: what was heard and shown in it before an equal part of the WebM."""
    size = -(-len(webm) // length_s)
    pieces = []
    for k in range(length_s):
        heard = [mark for mark in marks if k * 1000 <= mark["at_ms"] < (k + 1) * 1000]
        head = json.dumps({"from_ms": k * 1000, "marks": heard}).encode()
        pieces.append(head + b"\n" + webm[k * size : (k + 1) * size])
    return pieces


def taken_apart(webm: bytes) -> Film:
    pictures: dict[int, Pixels] = {}
    samples = 0
    with av.open(io.BytesIO(webm), "r") as film:
        for frame in film.decode(video=0, audio=0):
            if isinstance(frame, VideoFrame):
                assert frame.time is not None
                pictures[round(frame.time * 1000)] = cast(Pixels, frame.to_ndarray(format="bgr24"))
            else:
                assert isinstance(frame, AudioFrame)
                samples += frame.samples
    return Film(pictures, samples * 1000 / SOUND_HZ)


def inked(picture: Pixels, ink: tuple[int, int, int], *, off: int = 60) -> NDArray[np.float64]:
    """The pixels (x, y) of about this colour."""
    near = np.abs(picture.astype(np.int16) - np.array(ink)).max(axis=2) < off
    ys, xs = np.nonzero(near)
    return np.column_stack([xs, ys]).astype(np.float64)
