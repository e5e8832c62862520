"""A session packed to take along: complete, true to its hashes, and harmless whatever people wrote in it."""

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.kit.blobs import Blob, Blobs
from nearhand.kit.errors import NotFound
from nearhand.sessions.log import first_hash, next_hash
from nearhand.sessions.marked import STILLS_PER_MARK, MarkBook, points_px
from nearhand.sessions.package import PACKED_AT_ONCE, Packer, Told, TooManyPackages, harmless
from tests.sessions.test_api import Headers, a_picture, connected, told
from tests.support.live import AT, FRAME, a_session, a_sighting
from tests.support.people import sign_in

WICKED = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u2028EVENTS_JSON =cmd|' /C calc'!A0"
SHA = hashlib.sha256(b"a still").hexdigest()


def opened(content: bytes) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(content))


def still(frame_id: int = 7, **changes: Any) -> dict[str, Any]:
    about = {
        "frame": {"stream": "camera-1", "frame_id": frame_id},
        "sha256": SHA,
        "width": 1280,
        "height": 720,
    }
    return about | {"sighting": a_sighting().model_dump(mode="json")} | changes


def mark(**changes: Any) -> dict[str, Any]:
    anchor = {
        "kind": "face",
        "device_id": "DEVICE",
        "face": "front",
        "points_mm": [[100, 20, 0], [110, 20, 0]],
    }
    made = {"id": "m1", "shape": "ring", "anchor": anchor, "frame": None, "text": "", "is_hidden": False}
    return made | changes


def event(seq: int, type_: str, **fields: Any) -> dict[str, Any]:
    at = (AT + timedelta(seconds=seq)).isoformat()
    return {"type": type_, "seq": seq, "at": at, "by": "X", "client": "c", "n": seq} | fields


def packed(events: list[dict[str, Any]], stills: Any, packer: Packer | None = None) -> bytes:
    bodies = [json.dumps(one, ensure_ascii=False) for one in events]

    async def pages(after: int) -> list[str]:
        return bodies[after : after + 1000]

    async def all_of_it() -> bytes:
        session = a_session().model_copy(update={"subject": WICKED})
        pieces = (packer or Packer()).pack(Told(session, pages, stills), packed_at=AT.isoformat())
        return b"".join([piece async for piece in pieces])

    return asyncio.run(all_of_it())


@pytest.fixture
def stills(tmp_path: Path) -> Any:
    blobs = Blobs(tmp_path)
    asyncio.run(blobs.put(b"a still"))

    async def find(sha256: str) -> tuple[Blob, str]:
        if sha256 != SHA:
            raise NotFound("It was deleted.")
        return blobs.blob(sha256), "image/jpeg"

    return find


def test_every_file_is_what_the_manifest_says_and_the_log_is_what_was_told(stills: Any) -> None:
    events = [event(1, "still.shared", still=still()), event(2, "annotation.added", annotation=mark())]
    archive = opened(packed(events, stills))
    assert archive.testzip() is None
    manifest = json.loads(archive.read("manifest.json"))
    names = {one["name"]: one for one in manifest["files"]}
    assert set(archive.namelist()) == {*names, "manifest.json"}
    for name, one in names.items():
        content = archive.read(name)
        assert (len(content), hashlib.sha256(content).hexdigest()) == (one["bytes"], one["sha256"])
    assert [json.loads(line) for line in archive.read("log.jsonl").splitlines()] == events
    assert archive.read(f"stills/00001-{SHA[:12]}.jpg") == b"a still"


def test_the_manifest_has_the_head_of_the_chain_that_the_ledger_seals(stills: Any) -> None:
    events = [event(1, "chat.said", text="one"), event(2, "chat.said", text="two")]
    archive = opened(packed(events, stills))
    head = first_hash(a_session().id)
    for line in archive.read("log.jsonl").decode().split("\n")[:-1]:
        head = next_hash(head, line)
    assert json.loads(archive.read("manifest.json"))["log_head"] == head.hex()


def test_where_something_is_withheld_there_is_no_head_to_hold_it_against(stills: Any) -> None:
    events = [event(1, "chat.said", text="one"), {"type": "withheld", "seq": 2, "is_elsewhere": False}]
    manifest = json.loads(opened(packed(events, stills)).read("manifest.json"))
    assert (manifest["withheld"], manifest["log_head"]) == (1, None)


def test_what_people_wrote_ends_no_script_and_starts_none(stills: Any) -> None:
    said = [event(1, "chat.said", text=WICKED), event(2, "annotation.added", annotation=mark(text=WICKED))]
    page = opened(packed(said, stills)).read("index.html").decode()
    assert page.count("<script") == 3
    assert page.count("</script>") == 3
    assert "<img" not in page
    assert "\u2028" not in page
    events = page.partition('id="events">')[2].partition("</script>")[0]
    assert [one["seq"] for one in json.loads(events)] == [1, 2]
    assert json.loads(harmless(json.dumps(WICKED))) == WICKED


def test_the_pages_one_script_is_named_by_its_hash_and_nothing_may_be_fetched(stills: Any) -> None:
    page = opened(packed([event(1, "chat.said", text="x")], stills)).read("index.html").decode()
    policy = page.partition('Content-Security-Policy" content="')[2].partition('"')[0]
    assert "default-src 'none'" in policy
    assert "script-src 'sha256-" in policy
    assert "http" not in policy


def test_a_still_that_is_gone_is_told_of_and_the_rest_is_packed(stills: Any) -> None:
    events = [
        event(1, "still.shared", still=still(8, sha256="b" * 64)),
        event(2, "still.shared", still=still()),
    ]
    archive = opened(packed(events, stills))
    assert json.loads(archive.read("manifest.json"))["missing_stills"] == {"b" * 64: "not_found"}
    assert f"stills/00001-{SHA[:12]}.jpg" in archive.namelist()


def test_a_mark_has_its_millimetres_and_its_pixels_on_each_still_it_was_on(stills: Any) -> None:
    events = [
        event(1, "annotation.added", annotation=mark()),
        event(2, "still.shared", still=still()),
        event(3, "annotation.removed", id="m1"),
        event(4, "still.shared", still=still(9, sha256="c" * 64)),
    ]
    (feature,) = json.loads(opened(packed(events, stills)).read("marks.json"))["features"]
    assert feature["geometry"]["coordinates"][0] == [100, 20, 0]
    on = feature["properties"]["on_stills_px"]
    assert list(on) == [SHA]  # not on the one that came after it was removed
    assert on[SHA][0] == pytest.approx([639.5, 359.5])  # what the camera looks straight at
    assert feature["properties"]["removed_at"] is not None


def test_a_mark_on_a_still_is_on_no_other() -> None:
    anchor = {"kind": "still", "sha256": SHA, "width": 1280, "height": 720, "points": [[0.5, 0.5]]}
    assert points_px(anchor, still()) == [[639.5, 359.5]]
    assert points_px(anchor, still(sha256="d" * 64)) is None
    assert points_px(mark()["anchor"], still(sighting=None)) is None


def test_a_mark_on_a_part_of_a_frame_is_told_in_pixels_of_that_part() -> None:
    part = {"x": 300, "y": 200, "frame_width": 1280, "frame_height": 720}
    cut = still(width=600, height=300, part=part)
    points = points_px(mark()["anchor"], cut)
    assert points is not None
    assert points[0] == pytest.approx([639.5 - 300, 359.5 - 200])


def test_a_mark_that_was_there_all_day_is_not_told_of_on_each_of_its_stills() -> None:
    book = MarkBook()
    book.take(event(1, "annotation.added", annotation=mark()))
    for n in range(2, 200):
        book.take(event(n, "still.shared", still=still(n, sha256=f"{n:064}")))
    (feature,) = book.features()
    assert len(feature["properties"]["on_stills_px"]) == STILLS_PER_MARK


def test_only_a_few_are_packed_at_once_and_one_given_up_makes_room(stills: Any) -> None:
    async def crowd() -> None:
        packer = Packer()

        async def pages(after: int) -> list[str]:
            return [] if after else [json.dumps(event(1, "chat.said", text="x"))]

        def asked() -> AsyncIterator[bytes]:
            return packer.pack(Told(a_session(), pages, stills), packed_at="")

        under_way = [asked() for _ in range(PACKED_AT_ONCE)]
        for one in under_way:
            await anext(one)
        with pytest.raises(TooManyPackages):
            asked()
        await under_way[0].aclose()  # type: ignore[attr-defined]
        assert await anext(asked())

    asyncio.run(crowd())


def test_the_door_gives_what_the_log_gives_and_the_ledger_knows(
    client: TestClient, resources: Resources
) -> None:
    technician = sign_in(client, Role.TECHNICIAN)
    session_id = client.post("/api/v1/sessions", json={"subject": "x"}, headers=technician).json()["id"]
    share_a_still(client, session_id, technician)
    answer = client.get(f"/api/v1/sessions/{session_id}/export", headers=technician)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    archive = opened(answer.content)
    log = client.get(f"/api/v1/sessions/{session_id}/events", headers=technician).json()
    assert [json.loads(line) for line in archive.read("log.jsonl").splitlines()] == log
    assert sum(name.startswith("stills/") for name in archive.namelist()) == 1
    nobody = client.get(f"/api/v1/sessions/{'0' * 12}/export", headers=technician)
    assert nobody.status_code == 404


def share_a_still(client: TestClient, session_id: str, who: Headers) -> None:
    url = f"/api/v1/sessions/{session_id}/stills"
    uploaded = client.post(url, content=a_picture(), headers=who).json()
    share = {"type": "still.share", "n": 1, "frame": FRAME.model_dump(), "sha256": uploaded["sha256"]}
    share |= {"width": 64, "height": 48, "captured_at": AT.isoformat(), "sighting": None}
    with connected(client, session_id, who) as socket:
        socket.send_json([share])
        told(socket, "still.shared")
