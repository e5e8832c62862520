"""Draw a session's marks on its recording, as a process of its own: a crafted video meets the limits here alone.

In comes what `burning.py` sends: events, heads of pieces, and their WebM. Out goes a WebM with the same sound.
"""

import json
import os
import sys
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import IO, Any, cast

import av
import cv2
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from nearhand.access.model import Role
from nearhand.sessions.footage import EVENTS, FRAMING, HEAD, ChunkHead, SightedMark
from nearhand.sessions.inked import AMBER, Ink, Look, draw_marks, draw_marks_of_still, words_of
from nearhand.sessions.model import Annotation, FrameKey, Sighting
from nearhand.vision.writing import Pixels

# Blue, green, red: as on the desk (tokens.css), where each tells whose mark it is.
OF_HELPERS, OF_TECHNICIANS, OF_OBSERVERS = (245, 214, 62), (255, 255, 255), (255, 156, 182)
# A picture is put down when it is painted, and recorded when the browser shows it next: by its time -4 to 14 ms later.
PAINTED_BEFORE_MS = 10
MS = Fraction(1, 1000)
BITS_PER_S = 2_000_000
KEY_EVERY = 150
ENCODING = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0", "threads": "1"}
NICENESS = 10  # whoever is in a session goes first


@dataclass(frozen=True)
class _Still:
    sha256: str
    width: int
    height: int
    sighting: dict[str, Any] | None


class Told:
    """What stands in the log and is on screen at a time of the recording; time only goes on."""

    def __init__(self) -> None:
        self._marks: deque[SightedMark] = deque()
        self._events: deque[dict[str, Any]] = deque()
        self._standing: dict[str, Annotation] = {}
        self._roles: dict[str, Role] = {}
        self._stills: dict[FrameKey, _Still] = {}
        self._frame: SightedMark | None = None

    def hear(self, events: Iterable[dict[str, Any]]) -> None:
        self._events.extend(events)

    def come(self, head: ChunkHead) -> None:
        self._marks.extend(head.marks)

    def go_to(self, at_ms: float) -> None:
        while self._marks and self._marks[0].at_ms <= at_ms + PAINTED_BEFORE_MS:
            mark = self._marks.popleft()
            if mark.seq is None:
                self._frame = mark
            while mark.seq is not None and self._events and self._events[0]["seq"] <= mark.seq:
                self._apply(self._events.popleft())

    def _apply(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "annotation.added" | "annotation.edited" | "annotation.restored":
                mark = Annotation.model_validate(event["annotation"])
                self._standing[mark.id] = mark
            case "annotation.removed":
                self._standing.pop(event["id"], None)
            case "participant.joined":
                self._roles[event["participant"]["id"]] = Role(event["participant"]["role"])
            case "still.shared":
                still, frame = event["still"], event["still"]["frame"]
                self._stills[frame["stream"], frame["frame_id"]] = _Still(
                    still["sha256"], still["width"], still["height"], still["sighting"]
                )

    def draw(self, frame: VideoFrame) -> VideoFrame:
        """The same frame where nothing is to be drawn on it."""
        shown = self._frame
        if not self._standing or shown is None or shown.stream is None or shown.frame_id is None:
            return frame
        still = self._stills.get((shown.stream, shown.frame_id))
        sighting = shown.sighting
        if sighting is None and still is not None and still.sighting is not None:
            sighting = Sighting.model_validate(still.sighting)
        if sighting is None and still is None:
            return frame
        # By OpenCV: libswscale's quick way there and back makes every picture darker.
        picture = cast(Pixels, cv2.cvtColor(frame.to_ndarray(format="yuv420p"), cv2.COLOR_YUV2BGR_I420))
        marks = tuple(self._standing.values())
        if sighting is not None:
            view = _painted(picture, sighting.camera.width, sighting.camera.height)
            draw_marks(view, marks, sighting, self._look)
        if still is not None:
            draw_marks_of_still(_painted(picture, still.width, still.height), marks, still.sha256, self._look)
        planes = cast(Pixels, cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420))
        drawn = VideoFrame.from_ndarray(planes, format="yuv420p")
        drawn.pts, drawn.time_base = frame.pts, frame.time_base
        return drawn

    def _look(self, annotation: Annotation, is_unsure: bool) -> Look:
        ink: Ink = AMBER if is_unsure else OF_HELPERS
        role = self._roles.get(annotation.created_by)
        if not is_unsure and role in (Role.TECHNICIAN, Role.OBSERVER):
            ink = OF_TECHNICIANS if role is Role.TECHNICIAN else OF_OBSERVERS
        return Look(ink, words_of(annotation))


def _painted(picture: Pixels, width: int, height: int) -> Pixels:
    """Where the recorder put a picture of this shape: as large as it goes, in the middle."""
    whole_height, whole_width = picture.shape[:2]
    scale = min(whole_width / width, whole_height / height)
    w, h = round(width * scale), round(height * scale)
    x, y = (whole_width - w) // 2, (whole_height - h) // 2
    return picture[y : y + h, x : x + w]


class _Source:
    """The WebM alone, to be read; what comes between is heard as it passes."""

    def __init__(self, file: IO[bytes], told: Told) -> None:
        self._file, self._told = file, told
        self._left = b""

    def read(self, size: int) -> bytes:
        while not self._left:
            framing = self._file.read(FRAMING.size)
            if len(framing) < FRAMING.size:
                return b""
            kind, length = FRAMING.unpack(framing)
            content = self._file.read(length)
            if kind == EVENTS:
                self._told.hear(json.loads(content))
            elif kind == HEAD:
                self._told.come(ChunkHead.model_validate_json(content))
            else:
                self._left = content
        piece, self._left = self._left[:size], self._left[size:]
        return piece


class _Sink:
    """Cannot go back: what is written is on its way."""

    def __init__(self, file: IO[bytes]) -> None:
        self.write = file.write


def burn(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    told = Told()
    source: Any = _Source(incoming, told)
    sink: Any = _Sink(outgoing)
    with av.open(source, "r", format="matroska") as footage, av.open(sink, "w", format="webm") as film:
        _burn(footage, film, told)
    outgoing.flush()


def _burn(footage: InputContainer, film: OutputContainer, told: Told) -> None:
    pictures = footage.streams.video[0]
    sounds = [stream for stream in footage.streams.audio if stream.codec_context.name in ("opus", "vorbis")][
        :1
    ]
    burned = _film_like(film, pictures)
    copied = {stream.index: _copied(film, stream) for stream in sounds}
    before = -1
    for packet in footage.demux(pictures, *sounds):
        if packet.stream.index in copied:
            if packet.dts is not None:
                packet.stream = copied[packet.stream.index]
                film.mux(packet)
            continue
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            continue  # behind a piece that is missing: the next key picture mends it
        for frame in frames:
            if not isinstance(frame, VideoFrame) or frame.pts is None or frame.time_base is None:
                continue
            at_ms = round(frame.pts * frame.time_base / MS)
            if at_ms <= before:
                continue
            before = at_ms
            told.go_to(at_ms)
            shown = told.draw(frame).reformat(burned.width, burned.height, "yuv420p")
            shown.pts, shown.time_base = at_ms, MS
            film.mux(burned.encode(shown))
    if before < 0:
        raise EOFError("no picture of it can be read")
    film.mux(burned.encode(None))


def _film_like(film: OutputContainer, pictures: VideoStream) -> VideoStream:
    burned = film.add_stream("libvpx", options=ENCODING)
    assert isinstance(burned, VideoStream)
    burned.width, burned.height = pictures.width, pictures.height
    burned.pix_fmt = "yuv420p"
    burned.bit_rate, burned.gop_size = BITS_PER_S, KEY_EVERY
    burned.codec_context.time_base = MS
    return burned


def _copied(film: OutputContainer, sound: AudioStream) -> AudioStream:
    return film.add_stream_from_template(sound)


def main() -> None:
    """What it may take comes as the one argument."""
    allowed = json.loads(sys.argv[1])
    os.nice(NICENESS)
    _limit(allowed["cpu_s"], allowed["memory_bytes"])
    av.logging.set_level(None)
    with os.fdopen(0, "rb") as incoming, os.fdopen(1, "wb") as outgoing:
        burn(incoming, outgoing)


def _limit(cpu_s: int, memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # on Windows it is as patient as whoever started it
        return
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    for none in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE):
        resource.setrlimit(none, (0, 0))


if __name__ == "__main__":
    main()
