"""What comes from outside may be anything: it is refused in one shape, nothing is lost, and the service lives on."""

import asyncio
import io
import json
import re
import struct
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed

from nearhand.access.model import Role
from nearhand.client import Client
from tests.sessions.test_fuzz import CAMERA, POSE
from tests.support.attacked import LIMIT_BYTES, Attacked, attacked, pour
from tests.support.live import FullDisk, until
from tests.support.people import PASSWORD
from tests.support.routes import api_routes

PROBLEM = "application/problem+json"
NUL, HALF = "\0", "\ud800"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("attacked")) as service:
        yield service


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def any_service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Attacked]:
    if request.param == "sqlite":
        yield request.getfixturevalue("service")
        return
    url = request.getfixturevalue("postgres").new_database_url()
    with attacked(tmp_path_factory.mktemp("attacked"), url) as service:
        yield service


def refused(answer: Any) -> bool:
    """Refused by a fact, in the one shape."""
    return bool(
        400 <= answer.status_code < 500
        and answer.headers["content-type"].startswith(PROBLEM)
        and {"code", "title", "status", "detail", "errors"} <= answer.json().keys()
    )


# -- what no text may hold --------------------------------------------------------------------------------------------

ADDRESSES = ["%00", "a%00b", "..%2f..%2fetc%2fpasswd", "%ED%A0%80", "x" * 3000, "%F0%9F%92%A9", "'--"]


@pytest.mark.parametrize("value", ADDRESSES)
def test_an_address_that_names_nothing_is_refused_by_every_route(any_service: Attacked, value: str) -> None:
    stumbled = {}
    for method, path, _ in api_routes():
        if "{" not in path:
            continue
        filled = re.sub(r"\{[^}]*\}", value, path).removeprefix("/api/v1/")
        answer = any_service.ask(method, filled, json={}, headers={"If-Match": '"1"'})
        if not refused(answer):
            stumbled[method, path] = (answer.status_code, answer.text[:100])
    assert stumbled == {}
    assert any_service.is_well()


@pytest.mark.parametrize(
    "value", ["%00", "a%00", "%ED%A0%80", "1e999", "9" * 30, "0001-01-01T00:00:00%2B14:00"]
)
def test_no_filter_makes_a_list_stumble(any_service: Attacked, value: str) -> None:
    stumbled = {}
    for method, path, route in api_routes():
        named = route.dependant.query_params
        named = named + [query for inner in route.dependant.dependencies for query in inner.query_params]
        filled = re.sub(r"\{[^}]*\}", "000000000001", path).removeprefix("/api/v1/")
        for query in named if method == "GET" else []:
            answer = any_service.ask("GET", f"{filled}?{query.alias}={value}")
            if answer.status_code != 200 and not refused(answer):
                stumbled[path, query.alias] = (answer.status_code, answer.text[:100])
    assert stumbled == {}


def test_a_guests_name_is_one_line_and_a_subject_too(any_service: Attacked) -> None:
    session = any_service.session()
    link = any_service.ask("POST", f"sessions/{session}/invitations", json={}).json()["url"]
    token = link.partition("#")[2]
    for name in (f"A{NUL}B", f"A{HALF}", "A\nB", "A\x1b[2J"):
        body = json.dumps({"token": token, "display_name": name})
        assert refused(any_service.http.post("/api/v1/join", content=body)), name
    for about in (f"A{NUL}B", HALF):
        assert refused(any_service.ask("POST", "sessions", content=json.dumps({"subject": about})))
    for name in (NUL, HALF):
        body = json.dumps({"name": name, "password": PASSWORD})
        assert refused(any_service.http.post("/api/v1/sign-in", content=body)), name
    assert any_service.guest(session)


def test_a_message_that_no_database_keeps_is_refused_and_the_session_goes_on(any_service: Attacked) -> None:
    """L22. A single one of them must not undo what others said in the same moment."""
    session = any_service.session()
    face = {"kind": "face", "device_id": f"D{NUL}", "face": "front", "points_mm": [[1, 2, 0]]}
    add = {"type": "annotation.add", "n": 1, "id": "m1", "shape": "text", "place": face, "is_kept": True}
    show = {"type": "device.show", "n": 2, "device": {"device_id": NUL, "face": "front"}}
    half = {"type": "chat.say", "n": 3, "text": HALF}
    nul = {"type": "chat.say", "n": 4, "text": f"a{NUL}b"}
    with any_service.live(session, Role.EXPERT) as line:
        line.enter()
        line.say(add, show, half, nul)
        assert [line.told("refused")["n"] for _ in range(3)] == [1, 2, 3]
        assert line.told("ack")["n"] == 4
    told = any_service.ask("GET", f"sessions/{session}/events").json()
    assert [event["text"] for event in told if event["type"] == "chat.said"] == [f"a{NUL}b"]
    assert any_service.is_well()


def test_an_import_with_half_a_character_in_a_column_is_refused(service: Attacked) -> None:
    answer = service.ask("POST", "devices/import?format=json", content=json.dumps([{HALF: 1}]))
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_import")


# -- bodies that are none -----------------------------------------------------------------------------------------------

# They are of the asker's own account, and ask for nothing: whatever comes with it is not read.
WITHOUT_BODY = (
    "/sign-out",
    "/me/totp",
    "/me/sign-ins",
    "/me/recovery-codes",
    "/me/lock",
    "/me/passkeys/options",
    "/tickets",
)

BODIES = {
    "deep lists": b"[" * 100_000 + b"]" * 100_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "not a number": b'{"height_u":NaN,"limit":NaN}',
    "infinite": b'{"height_u":1e999,"n":-Infinity}',
    "a huge number": b'{"height_u":' + b"9" * 5000 + b"}",
    "not UTF-8": b'{"name":"\xff\xfe"}',
    "a raw NUL": b'{"name":"\0"}',
    "half a key": b'{"\\ud800":1}',
    "nothing": b"",
    "null": b"null",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_a_body_that_is_none_is_refused_by_every_route(service: Attacked, body: bytes) -> None:
    stumbled = {}
    for method, path, _ in api_routes():
        if method == "GET" or path.endswith(WITHOUT_BODY):
            continue
        filled = re.sub(r"\{[^}]*\}", "000000000001", path).removeprefix("/api/v1/")
        headers = {"If-Match": '"1"', "Content-Type": "application/json"}
        answer = service.ask(method, filled, content=body, headers=headers)
        if not refused(answer):
            stumbled[method, path] = (answer.status_code, answer.text[:100])
    assert stumbled == {}


@pytest.mark.parametrize(
    "headers",
    [
        {"If-Match": '"1","2"'},
        {"If-Match": "*"},
        {"If-Match": '"99999999999999999999"'},
        {"If-Match": "x" * 5000},
        {"If-Match": b"\xb2"},
        {"If-Match": '"1"', "Idempotency-Key": "x" * 201},
        {"If-Match": '"1"', "Idempotency-Key": ""},
        {"If-Match": '"1"', "Origin": "http://["},
        {"If-Match": '"1"', "Origin": "null"},
        {"If-Match": '"1"', "Content-Encoding": "gzip"},
        {"If-Match": '"1"', "Authorization": b"Bearer \xff"},
        {"If-Match": '"1"', "Authorization": "Bearer"},
    ],
)
def test_odd_headers_are_refused(service: Attacked, headers: dict[str, Any]) -> None:
    answer = service.ask("PUT", "sites/000000000001", json={"name": "North"}, headers=headers)
    assert refused(answer), answer.text
    assert service.is_well()


@pytest.mark.parametrize("origin", ["http://[", "null", "https://elsewhere.example", "http://127.0.0.1"])
def test_a_live_line_from_another_page_is_closed_with_the_reason(service: Attacked, origin: str) -> None:
    """L21."""
    with service.live(service.session(), service.headers(Role.EXPERT) | {"Origin": origin}) as line:
        assert line.told("error")["code"] == "foreign_origin"
        with pytest.raises(ConnectionClosed):
            line.told("welcome")


# -- uploads ------------------------------------------------------------------------------------------------------------


def upload_doors(service: Attacked) -> list[str]:
    """Every door that takes a file."""
    session = service.session()
    return [
        f"sessions/{session}/stills",
        "images/read",
        "pictures",
        "attachments?name=a.txt",
        "documents",
        "devices/import",
    ]


FORM = {"Content-Type": "multipart/form-data; boundary=b"}


def test_an_endless_upload_is_cut_off_by_every_door(service: Attacked) -> None:
    before = service.kept_files()
    for path in upload_doors(service):
        headers = service.headers(Role.ADMIN) | (FORM if path == "documents" else {})
        status, code, sent = pour(service.url, path, headers, claim=None, limit_bytes=100 * LIMIT_BYTES)
        if path == "documents":
            assert status in (413, 422), path  # what flows is no form either
        else:
            assert (status, code) == (413, "too_large"), path
        assert sent < 50 * LIMIT_BYTES, path
    assert service.kept_files() == before
    assert service.is_well()


def test_an_upload_that_claims_a_gigabyte_is_refused_by_its_claim(service: Attacked) -> None:
    for path in upload_doors(service):
        headers = service.headers(Role.ADMIN) | (FORM if path == "documents" else {})
        found = pour(service.url, path, headers, claim=1 << 30, limit_bytes=LIMIT_BYTES // 2)
        assert found[:2] == (413, "too_large"), path
        assert found[2] < LIMIT_BYTES // 2, path
    assert service.is_well()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def a_png(width: int, height: int, *chunks: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def a_picture(kind: str = "JPEG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(written, kind)
    return written.getvalue()


ZEROS = zlib.compress(b"\0" * 100_000_000, 9)
NO_PICTURES = {
    "text": b"this is no picture",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "gif": b"GIF89a" + b"\0" * 100,
    "torn jpeg": a_picture()[:200],
    "torn webp": a_picture("WEBP")[:40],
    "100 megapixels": a_png(10_000, 10_000),
    "four gigapixels": a_png(65_535, 65_535),
    "a text chunk of 100 MB": a_png(8, 8, chunk(b"zTXt", b"c\0\0" + ZEROS)),
    "a profile of 100 MB": a_png(8, 8, chunk(b"iCCP", b"c\0\0" + ZEROS)),
    "a zip": b"PK\x03\x04" + ZEROS[:1000],
}


@pytest.mark.parametrize("content", NO_PICTURES.values(), ids=NO_PICTURES.keys())
def test_what_is_no_good_picture_is_refused_by_every_door_whatever_it_calls_itself(
    service: Attacked, content: bytes
) -> None:
    before = service.kept_files()
    for path in (f"sessions/{service.session()}/stills", "images/read", "pictures"):
        answer = service.ask("POST", path, content=content, headers={"Content-Type": "image/png"})
        assert refused(answer), (path, answer.text)
        assert answer.json()["code"] in {"not_a_picture", "too_many_pixels"}, path
    assert service.kept_files() == before
    assert service.is_well()


def test_a_script_kept_as_a_document_or_attachment_is_never_a_page(service: Attacked) -> None:
    svg = NO_PICTURES["svg"]
    name = '../../evil\\";.svg'
    kept = service.ask("POST", "attachments", params={"name": name}, content=svg)
    assert kept.json()["media_type"].startswith("text/plain")
    device = service.device()
    record = {
        "performed_at": "2026-01-20T09:30:00+08:00",
        "performed_by": "Night shift",
        "summary": "Looked",
        "attachments": [kept.json()],
    }
    assert service.ask("POST", f"devices/{device}/maintenance-records", json=record).status_code == 201
    got = service.ask("GET", f"attachments/{kept.json()['sha256']}")
    assert got.headers["content-disposition"].startswith("attachment;")
    assert '"' not in got.headers["content-disposition"].replace('filename="', "", 1).rstrip('"')
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in got.headers["content-security-policy"]
    assert all(len(path.name) == 64 for path in service.kept_files())


def test_a_range_that_makes_no_sense_is_refused_and_a_good_one_is_served(service: Attacked) -> None:
    sha256 = service.ask("POST", "pictures", content=a_picture("PNG")).json()["sha256"]
    for wrong in ("bytes=abc", "bytes=9-1", "bytes=99999999-"):
        answer = service.ask("GET", f"pictures/{sha256}", headers={"Range": wrong})
        assert (refused(answer), answer.json()["code"]) == (True, "bad_range"), wrong
    many = service.ask("GET", f"pictures/{sha256}", headers={"Range": "bytes=" + "0-," * 2000 + "0-"})
    assert many.status_code < 500
    assert len(many.content) < 10_000
    part = service.ask("GET", f"pictures/{sha256}", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.content) == (206, b"\x89PNG")


# -- whose session it is ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OBSERVER, Role.TECHNICIAN, Role.EXPERT])
def test_a_guest_of_one_session_is_nobody_in_another(service: Attacked, role: Role) -> None:
    """L21."""
    mine, other = service.session(), service.session()
    still = service.ask("POST", f"sessions/{other}/stills", content=a_picture()).json()["sha256"]
    guest = service.guest(mine, role)
    assert service.ask("GET", f"sessions/{mine}", who=guest).status_code == 200
    asked: list[tuple[str, str]] = [
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/device"),
        ("POST", "/stills"),
        ("GET", f"/stills/{still}"),
        ("POST", "/invitations"),
    ]
    for method, path in asked:
        answer = service.ask(method, f"sessions/{other}{path}", who=guest, **_body(path))
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), path
    with service.live(other, guest) as line:
        assert line.told("error")["code"] == "not_permitted"
        with pytest.raises(ConnectionClosed):
            line.told("welcome")
    assert service.ask("GET", f"sessions/{mine}/stills/{still}", who=guest).status_code == 404


def _body(path: str) -> dict[str, Any]:
    bodies: dict[str, dict[str, Any]] = {"/stills": {"content": a_picture()}, "/invitations": {"json": {}}}
    return bodies.get(path, {})


def test_nobody_speaks_as_another_or_chooses_their_place_in_the_log(service: Attacked) -> None:
    """L22."""
    session = service.session()
    me = service.ask("GET", "me", who=Role.OBSERVER).json()["participant_id"]
    somebody = service.ask("GET", "me", who=Role.EXPERT).json()["participant_id"]
    say = {"type": "chat.say", "text": "It was the expert"}
    forged = [{"by": somebody}, {"seq": 1}, {"participant": {"id": somebody}}, {"client": "c" * 16}]
    with service.live(session, Role.OBSERVER) as line:
        line.enter()
        line.say(*[say | {"n": n} | stamp for n, stamp in enumerate(forged, 1)])
        assert [line.told("refused")["code"] for _ in forged] == ["not_a_message"] * 4
        line.say(say | {"n": 9})
        assert line.told("error")["code"] == "out_of_order"
        line.say(say | {"n": 5})
        said = line.told("chat.said")
        assert (said["by"], said["n"]) == (me, 5)
    events = service.ask("GET", f"sessions/{session}/events").json()
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))


# -- what changes under one's hands -----------------------------------------------------------------------------------


def test_a_mark_on_an_expired_frame_is_refused_and_the_next_one_stands(service: Attacked) -> None:
    """L9. Never guessed from a neighbour, though one is known."""
    session = service.session()
    frame = {"stream": "attacker-camera", "frame_id": 7, "how": "ring"}
    sighting = {
        "device_id": service.device(),
        "face": "front",
        "T_camera_face": POSE,
        "camera": CAMERA,
        "label_seen": True,
    }
    sight = {
        "type": "frame.sight",
        "frame": frame,
        "captured_at": "2026-01-01T08:00:00Z",
        "sighting": sighting,
    }
    ring = {"type": "annotation.add", "shape": "ring"}

    def on(frame_id: int) -> dict[str, Any]:
        return {"kind": "frame", "frame": frame | {"frame_id": frame_id}, "points": [[0.5, 0.5], [0.52, 0.5]]}

    with service.live(session, Role.EXPERT) as line:
        line.enter()
        line.say(sight)
        line.say(ring | {"n": 1, "id": "m1", "place": on(6)}, ring | {"n": 2, "id": "m2", "place": on(7)})
        assert line.told("refused")["code"] == "frame_expired"
        assert line.told("annotation.added")["annotation"]["id"] == "m2"


def test_a_session_outlives_its_device(service: Attacked) -> None:
    """L14. Marks stay, the session is read and worked on, and its view says that the device is gone."""
    device = service.device()
    session = service.session(device_id=device)
    add = {"type": "annotation.add", "n": 1, "id": "m1", "shape": "port", "is_kept": True}
    port = {"kind": "port", "device_id": device, "face": "front", "port": "37"}
    with service.live(session, Role.EXPERT) as line:
        line.enter()
        line.say(add | {"place": port})
        line.told("ack")
        etag = service.ask("GET", f"devices/{device}").headers["etag"]
        assert service.ask("DELETE", f"devices/{device}", headers={"If-Match": etag}).status_code == 204
        still = service.ask("POST", f"sessions/{session}/stills", content=a_picture())
        share = {"type": "still.share", "n": 2, "frame": {"stream": "s", "frame_id": 1}, "width": 64}
        line.say(
            share | {"sha256": still.json()["sha256"], "height": 48, "captured_at": "2026-01-01T08:00:00Z"}
        )
        assert line.told("still.shared", "refused")["type"] == "still.shared"
        line.say({"type": "session.end", "n": 3})
        line.told("session.ended")
    assert service.ask("GET", f"sessions/{session}").json()["device_id"] == device
    shown = service.ask("GET", f"sessions/{session}/device").json()
    assert shown["view"]["device"]["removed_at"] is not None
    assert len(service.ask("GET", f"devices/{device}/marks").json()) == 1
    got = service.ask("GET", f"sessions/{session}/stills/{still.json()['sha256']}")
    assert got.content == a_picture()
    with service.live(session, Role.TECHNICIAN) as line:
        line.say({"type": "hello", "client": "l" * 16, "resume": None})
        assert [mark["id"] for mark in line.told("session.state")["state"]["annotations"]] == ["m1"]


def test_of_two_who_edit_one_device_the_later_is_told_and_loses_nothing(service: Attacked) -> None:
    path = f"devices/{service.device()}"
    first = service.ask("GET", path)
    read = {"If-Match": first.headers["etag"]}
    known = {"asset_tag", "name", "device_type_id", "site_id"}
    mine = {name: value for name, value in first.json().items() if name in known}
    assert service.ask("PUT", path, json=mine | {"notes": "Fan is loud"}, headers=read).status_code == 200
    late = service.ask("PUT", path, json=mine | {"serial": "S1"}, headers=read)
    assert (refused(late), late.status_code, late.json()["code"]) == (True, 412, "stale")
    now = service.ask("GET", path)
    assert (now.json()["notes"], now.json()["serial"]) == ("Fan is loud", "")
    both = mine | {"notes": now.json()["notes"], "serial": "S1"}
    again = service.ask("PUT", path, json=both, headers={"If-Match": now.headers["etag"]})
    assert (again.json()["notes"], again.json()["serial"]) == ("Fan is loud", "S1")


@pytest.mark.parametrize("off", [timedelta(days=1), timedelta(days=-1), timedelta(days=-20_000)])
def test_a_phone_whose_clock_is_off_keeps_its_place_in_the_session(service: Attacked, off: timedelta) -> None:
    """L10. Order and times of events are the server's; what the phone believes is kept for display."""
    session = service.session()
    still = service.ask("POST", f"sessions/{session}/stills", content=a_picture()).json()["sha256"]
    believed = datetime.now(UTC) + off
    share = {"type": "still.share", "sha256": still, "width": 64, "height": 48, "n": 2}
    frame = {"stream": "phone", "frame_id": 1}
    with service.live(session, Role.TECHNICIAN) as line:
        line.enter()
        line.say({"type": "chat.say", "n": 1, "text": "before"})
        line.say(share | {"frame": frame, "captured_at": believed.isoformat()})
        line.say({"type": "chat.say", "n": 3, "text": "after"})
        events = [line.told("chat.said", "still.shared") for _ in range(3)]
    times = [datetime.fromisoformat(event["at"]) for event in events]
    assert times == sorted(times)
    assert all(abs(datetime.now(UTC) - at) < timedelta(minutes=1) for at in times)
    assert datetime.fromisoformat(events[1]["still"]["captured_at"]) == believed


async def test_on_a_full_disk_a_client_waits_and_everything_is_stored_once_there_is_room(
    tmp_path: Path,
) -> None:
    """L6. Nothing acknowledged is lost, nothing is stored twice, and reading goes on meanwhile."""

    def start() -> Any:
        return attacked(tmp_path)

    server = start()
    service: Attacked = await asyncio.to_thread(server.__enter__)
    try:
        disk = FullDisk(service.resources.live_log._storage)  # type: ignore[arg-type]
        service.resources.live_log._storage = disk
        session = await asyncio.to_thread(service.session)
        client = await Client.sign_in(service.url, "expert", PASSWORD)
        async with client, client.live(session) as live:
            await live.saved(await live.say("with room"))
            disk.is_full = True
            numbers = [await live.say(f"without room {i}") for i in range(3)]
            await until(lambda: disk.refusals > 0, 10)
            still = await asyncio.to_thread(
                service.ask, "POST", f"sessions/{session}/stills", content=a_picture()
            )
            assert (still.status_code, still.json()["code"]) == (503, "not_saved")
            read = await asyncio.to_thread(service.ask, "GET", f"sessions/{session}/events")
            assert [e["text"] for e in read.json() if e["type"] == "chat.said"] == ["with room"]
            disk.is_full = False
            async with asyncio.timeout(30):
                for n in numbers:
                    await live.saved(n)
        read = await asyncio.to_thread(service.ask, "GET", f"sessions/{session}/events")
        said = [event["text"] for event in read.json() if event["type"] == "chat.said"]
        assert said == ["with room", *(f"without room {i}" for i in range(3))]
    finally:
        await asyncio.to_thread(server.__exit__, None, None, None)
