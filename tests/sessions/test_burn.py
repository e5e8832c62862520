"""A recording as a video with its marks: each lies where it should, for as long as it stood, beside the sound."""

import importlib.util
import io
import json
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from nearhand.app import Resources
from nearhand.kit.errors import NotFound
from nearhand.sessions.burn import OF_HELPERS, OF_TECHNICIANS, burn
from nearhand.sessions.burning import COMMAND, Burner, RecordingUnreadable, TooManyVideos
from nearhand.sessions.footage import EVENTS, HEAD, WEBM, framed
from nearhand.sessions.model import Annotation, Shape, Sighting, StillAnchor
from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import project
from tests.sessions.test_api import Headers, connected, device, expert, session, technician, told
from tests.sessions.test_inked import a_mark
from tests.sessions.test_recorded import DESK, put
from tests.support.film import Film, a_webm, as_pieces, inked, taken_apart
from tests.support.live import a_sighting

__all__ = ("device", "expert", "session", "technician")  # fixtures

FPS, LENGTH_S = 10, 4
CENTRE, RIM = (100.0, 20.0, 0.0), (115.0, 20.0, 0.0)
OFF_PX = 2.0


@pytest.fixture(scope="module")
def webm() -> bytes:
    return a_webm(LENGTH_S, fps=FPS)


def sighting_of(n: int, device_id: str) -> Sighting:
    """The camera sways: a ring drawn by the picture before would be ten pixels off."""
    pose = [1, 0, 0, -100 + 40 * np.sin(n / 2), 0, 1, 0, -20 + 10 * np.cos(n / 3), 0, 0, 1, 500, 0, 0, 0, 1]
    return a_sighting(device_id=device_id, T_camera_face=tuple(map(float, pose)))


def frames_of(device_id: str, *, until: int = FPS * LENGTH_S) -> list[dict[str, Any]]:
    return [
        {
            "at_ms": n * 1000 // FPS,
            "stream": "camera",
            "frame_id": n,
            "sighting": sighting_of(n, device_id).model_dump(mode="json"),
        }
        for n in range(until)
    ]


def in_order(*marks: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(marks, key=lambda mark: mark["at_ms"])


def where(n: int, size: tuple[int, int]) -> tuple[float, float]:
    """The ring's middle on a picture of this size."""
    sighting = sighting_of(n, "DEVICE")
    camera = Intrinsics(**sighting.camera.model_dump()).scaled_to(*size)
    x, y = project([CENTRE], sighting.T_camera_face, camera)[0]
    return float(x), float(y)


def ring_in(picture: Any) -> tuple[float, float] | None:
    """The middle of what is drawn in the ink of helpers."""
    points = inked(picture, OF_HELPERS)
    if len(points) < 20:
        return None
    x, y = (points.min(axis=0) + points.max(axis=0)) / 2
    return float(x), float(y)


@pytest.fixture
def recorded(
    client: TestClient, session: dict[str, Any], expert: Headers, device: str, webm: bytes
) -> Iterator[str]:
    """A ring is drawn after a second of four, and removed after the third."""
    place = {"kind": "face", "device_id": device, "face": "front", "points_mm": [CENTRE, RIM]}
    with connected(client, session["id"], expert, DESK) as desk:
        desk.send_json([{"type": "recording.ask", "n": 1, "id": "r1"}])
        began = told(desk, "recording.began")["seq"]
        desk.send_json([{"type": "annotation.add", "n": 2, "id": "m1", "shape": "ring", "place": place}])
        drawn = told(desk, "annotation.added")["seq"]
        desk.send_json([{"type": "annotation.remove", "n": 3, "id": "m1"}])
        removed = told(desk, "annotation.removed")["seq"]
        heard = [{"at_ms": 0, "seq": began}, {"at_ms": 1000, "seq": drawn}, {"at_ms": 3000, "seq": removed}]
        marks = in_order(*heard, *frames_of(device))
        for k, piece in enumerate(as_pieces(webm, marks, LENGTH_S)):
            assert put(client, session["id"], expert, k, piece).status_code == 200
        yield str(session["id"])


def film(client: TestClient, session_id: str, who: Headers) -> Any:
    return client.get(f"/api/v1/sessions/{session_id}/recordings/r1/video", headers=who)


def test_a_ring_lies_on_its_port_in_every_picture_while_it_stands_and_in_no_other(
    client: TestClient, recorded: str, expert: Headers
) -> None:
    answer = film(client, recorded, expert)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "video/webm")
    made = taken_apart(answer.content)
    assert len(made.pictures) == FPS * LENGTH_S
    assert made.sound_ms == pytest.approx(LENGTH_S * 1000, abs=100)
    for at_ms, picture in made.pictures.items():
        seen = ring_in(picture)
        if not 1000 <= at_ms < 3000:
            assert seen is None, at_ms
            continue
        assert seen is not None, at_ms
        height, width = picture.shape[:2]
        assert np.hypot(*np.subtract(seen, where(at_ms * FPS // 1000, (width, height)))) < OFF_PX, at_ms


def test_what_is_listed_of_a_recording_is_without_sightings_and_so_is_its_row(
    client: TestClient, resources: Resources, recorded: str, expert: Headers
) -> None:
    listed = client.get(f"/api/v1/sessions/{recorded}/recordings", headers=expert)
    (file,) = listed.json()
    assert len(file["marks"]) == FPS * LENGTH_S + 3
    assert "sighting" not in listed.text
    read = resources.live_log.read
    rows = client.portal.call(read, "SELECT body FROM live_chunk", {})  # type: ignore[union-attr]
    assert not any("T_camera_face" in body for (body,) in rows)


def test_what_is_no_video_is_said_in_words_before_anything_is_sent(
    client: TestClient, session: dict[str, Any], expert: Headers
) -> None:
    with connected(client, session["id"], expert, DESK) as desk:
        desk.send_json([{"type": "recording.ask", "n": 1, "id": "r1"}])
        told(desk, "recording.began")
        assert film(client, session["id"], expert).json()["code"] == "no_beginning"
        piece = b'{"from_ms": 0, "marks": []}\n\x1a\x45\xdf\xa3 and then nothing of that kind'
        assert put(client, session["id"], expert, 0, piece).status_code == 200
        answer = film(client, session["id"], expert)
        assert (answer.status_code, answer.json()["code"]) == (422, "recording_unreadable")


def test_without_the_extra_the_door_says_which_one_is_missing(
    client: TestClient, recorded: str, expert: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "av" else found(name, *rest)
    )
    answer = film(client, recorded, expert)
    assert (answer.status_code, answer.json()["code"]) == (503, "no_video_tools")
    assert "`video`" in answer.json()["title"]


def test_a_piece_that_never_came_is_jumped_and_the_marks_go_on(
    client: TestClient, session: dict[str, Any], expert: Headers, device: str, webm: bytes
) -> None:
    place = {"kind": "face", "device_id": device, "face": "front", "points_mm": [CENTRE, RIM]}
    with connected(client, session["id"], expert, DESK) as desk:
        desk.send_json([{"type": "recording.ask", "n": 1, "id": "r1"}])
        told(desk, "recording.began")
        desk.send_json([{"type": "annotation.add", "n": 2, "id": "m1", "shape": "ring", "place": place}])
        drawn = told(desk, "annotation.added")["seq"]
        marks = in_order(*frames_of(device), *({"at_ms": k * 1000, "seq": drawn} for k in range(LENGTH_S)))
        for k, piece in enumerate(as_pieces(webm, marks, LENGTH_S)):
            if k != 1:
                put(client, session["id"], expert, k, piece)
    made = taken_apart(film(client, session["id"], expert).content)
    assert 0 < len(made.pictures) < FPS * LENGTH_S
    last = max(made.pictures)
    assert last >= (LENGTH_S - 1) * 1000
    seen = ring_in(made.pictures[last])
    assert seen is not None
    assert np.hypot(*np.subtract(seen, where(last * FPS // 1000, (640, 360)))) < OFF_PX


# -- the drawing alone ------------------------------------------------------------------------------------------

SHA = "a" * 64


def event(seq: int, type_: str, **fields: Any) -> dict[str, Any]:
    return {"seq": seq, "type": type_} | fields


def added(seq: int, mark: Annotation) -> dict[str, Any]:
    return event(seq, "annotation.added", annotation=mark.model_dump(mode="json"))


def shared(seq: int, frame_id: int, sighting: Sighting | None) -> dict[str, Any]:
    still = {
        "frame": {"stream": "camera", "frame_id": frame_id, "how": "still"},
        "sha256": SHA,
        "width": 1280,
        "height": 720,
        "sighting": sighting and sighting.model_dump(mode="json"),
    }
    return event(seq, "still.shared", still=still)


def burned(webm: bytes, marks: list[dict[str, Any]], events: list[dict[str, Any]]) -> Film:
    head = json.dumps({"from_ms": 0, "marks": in_order({"at_ms": 0, "seq": len(events)}, *marks)})
    told_of = framed(EVENTS, json.dumps(events).encode()) + framed(HEAD, head.encode())
    made = io.BytesIO()
    burn(io.BytesIO(told_of + framed(WEBM, webm)), made)
    return taken_apart(made.getvalue())


def a_ring(**changes: Any) -> Annotation:
    return a_mark(Shape.RING, (CENTRE, RIM), **changes)


def test_a_picture_that_nobody_could_name_bears_no_mark(webm: bytes) -> None:
    named = frames_of("DEVICE", until=10)
    made = burned(webm, [*named, {"at_ms": 2000}], [added(1, a_ring())])
    assert ring_in(made.pictures[500]) is not None
    assert all(ring_in(picture) is None for at_ms, picture in made.pictures.items() if at_ms >= 2000)


def test_a_still_that_the_log_knows_bears_its_marks_also_where_the_recording_says_nothing(
    webm: bytes,
) -> None:
    sighting = sighting_of(0, "DEVICE")
    frame = {"at_ms": 0, "stream": "camera", "frame_id": 7}
    made = burned(webm, [frame], [shared(1, 7, sighting), added(2, a_ring())])
    seen = ring_in(made.pictures[1000])
    assert seen is not None
    assert np.hypot(*np.subtract(seen, where(0, (640, 360)))) < OFF_PX


def test_a_mark_that_is_fixed_to_a_still_is_on_that_one_alone_in_the_ink_of_who_drew_it(webm: bytes) -> None:
    anchor = StillAnchor(sha256=SHA, width=1280, height=720, points=((0.25, 0.5), (0.3, 0.5)))
    joined = event(1, "participant.joined", participant={"id": "LIN", "role": "technician"})
    mark = a_mark(Shape.RING, anchor=anchor, created_by="LIN")
    frames = [
        {"at_ms": 0, "stream": "camera", "frame_id": 7},
        {"at_ms": 2000, "stream": "camera", "frame_id": 8},
    ]
    made = burned(webm, frames, [joined, shared(2, 7, None), added(3, mark)])
    points = inked(made.pictures[1000], OF_TECHNICIANS)
    assert (points.min(axis=0) + points.max(axis=0)) / 2 == pytest.approx([159.5, 179.5], abs=OFF_PX)
    assert len(inked(made.pictures[3000], OF_TECHNICIANS)) == 0


def test_a_camera_of_another_shape_is_where_the_recorder_put_it() -> None:
    made = burned(a_webm(1, size=(640, 480)), frames_of("DEVICE", until=1), [added(1, a_ring())])
    seen = ring_in(made.pictures[0])
    assert seen is not None
    x, y = where(0, (640, 360))
    assert np.hypot(*np.subtract(seen, (x, y + 60))) < OFF_PX


def test_what_is_not_drawn_on_stays_as_it_was(webm: bytes) -> None:
    made = burned(webm, frames_of("DEVICE"), [added(1, a_ring(is_hidden=True))])
    before = taken_apart(webm).pictures
    off = [np.abs(picture.astype(int) - before[at_ms]).max() for at_ms, picture in made.pictures.items()]
    assert max(off) <= 2


# -- processes --------------------------------------------------------------------------------------------------


async def some_pieces() -> AsyncIterator[tuple[bytes, bytes]]:
    while True:
        yield b'{"from_ms": 0, "marks": []}', b"webm" * 10_000


async def no_events(after: int) -> list[str]:
    return []


def says(script: str) -> tuple[str, ...]:
    return sys.executable, "-c", script


WAITS = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"


async def test_only_so_many_are_made_at_once_and_who_leaves_ends_the_work() -> None:
    burner = Burner(1, command=says(WAITS))
    film = await burner.video(some_pieces(), no_events, count=1)
    pid = int(await anext(film))
    with pytest.raises(TooManyVideos):
        await burner.video(some_pieces(), no_events, count=1)
    await film.aclose()
    assert not Path(f"/proc/{pid}").exists()
    again = await burner.video(some_pieces(), no_events, count=1)
    assert int(await anext(again)) != pid
    await again.aclose()


async def test_what_ends_in_the_middle_is_no_whole_video() -> None:
    burner = Burner(1, command=says("import sys; print('some', flush=True); sys.stdin.read(5); sys.exit(1)"))
    film = await burner.video(some_pieces(), no_events, count=1)
    with pytest.raises(RecordingUnreadable):
        [piece async for piece in film]


async def test_what_takes_more_than_it_may_is_ended() -> None:
    spin = "from nearhand.sessions.burn import _limit; _limit(1, 2 << 30); print('some', flush=True)\nwhile True: pass"
    burner = Burner(1, command=says(f"import sys; sys.path.insert(0, {COMMAND[-1]!r}); {spin}"))
    film = await burner.video(some_pieces(), no_events, count=1)
    with pytest.raises(RecordingUnreadable):
        [piece async for piece in film]


async def test_a_file_that_is_gone_is_said_before_the_first_byte() -> None:
    async def gone() -> AsyncIterator[tuple[bytes, bytes]]:
        raise NotFound("It was deleted.")
        yield b"", b""

    with pytest.raises(NotFound):
        await Burner(1).video(gone(), no_events, count=1)
