"""The REST doors of sessions, and the WebSocket doors' manners."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import ExifTags, Image
from sqlalchemy import event
from starlette.websockets import WebSocketDisconnect

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.sessions.model import UnknownPort
from tests.support.live import a_sighting
from tests.support.people import sign_in

PROTOCOL = ["nearhand.v1"]
HELLO: dict[str, Any] = {"type": "hello", "client": "0123456789abcdef", "resume": None}
Headers = dict[str, str]


@pytest.fixture
def technician(client: TestClient) -> Headers:
    return sign_in(client, Role.TECHNICIAN)


@pytest.fixture
def expert(client: TestClient) -> Headers:
    return sign_in(client, Role.EXPERT)


@pytest.fixture
def session(client: TestClient, technician: Headers) -> dict[str, Any]:
    answer = client.post("/api/v1/sessions", json={"subject": "Port 37 is down"}, headers=technician)
    assert answer.status_code == 201
    found: dict[str, Any] = answer.json()
    return found


@pytest.fixture
def guest(client: TestClient, expert: Headers, session: dict[str, Any]) -> Headers:
    link = client.post(f"/api/v1/sessions/{session['id']}/invitations", json={}, headers=expert).json()["url"]
    body = {"token": link.partition("#")[2], "display_name": "A guest"}
    token = client.post("/api/v1/join?want_token=true", json=body).json()["token"]
    client.cookies.clear()
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def device(client: TestClient) -> str:
    """A registered switch with a port 37."""
    admin = sign_in(client, Role.ADMIN)

    def add(path: str, body: dict[str, Any]) -> str:
        answer = client.post(f"/api/v1/{path}", json=body, headers=admin)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    port = {"name": "37", "kind": "rj45", "x_mm": 300, "y_mm": 12, "width_mm": 11.7, "height_mm": 10}
    front = {"width_mm": 482.6, "height_mm": 44, "ports": [port]}
    kind = {"manufacturer": "Acme", "model": "S48", "kind": "switch", "height_u": 1, "front": front}
    body = {"asset_tag": "SW-1", "name": "sw-1"}
    body |= {"device_type_id": add("device-types", kind), "site_id": add("sites", {"name": "North"})}
    return add("devices", body)


def a_picture(**options: Any) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (64, 48), "navy").save(written, **{"format": "JPEG"} | options)
    return written.getvalue()


def test_a_new_session_rings_and_is_listed(
    client: TestClient, session: dict[str, Any], expert: Headers
) -> None:
    assert (session["status"], session["opened_by_name"]) == ("ringing", "Technician")
    page = client.get("/api/v1/sessions?status=ringing", headers=expert).json()
    assert (page["items"], page["total"]) == ([session], 1)
    assert client.get("/api/v1/sessions?status=ended", headers=expert).json()["total"] == 0
    assert client.get(f"/api/v1/sessions/{session['id']}", headers=expert).json() == session


def test_a_session_about_an_unknown_device_is_refused(client: TestClient, technician: Headers) -> None:
    answer = client.post("/api/v1/sessions", json={"device_id": "NOSUCH"}, headers=technician)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_call_for_help_sent_again_finds_the_session_of_the_first_time(
    client: TestClient, technician: Headers, expert: Headers, device: str
) -> None:
    def call(who: Headers, key: str, **body: Any) -> Any:
        return client.post("/api/v1/sessions", json=body, headers=who | {"Idempotency-Key": key})

    first = call(technician, "k1", device_id=device, subject="help").json()
    admin = sign_in(client, Role.ADMIN)
    etag = client.get(f"/api/v1/devices/{device}", headers=admin).headers["etag"]
    client.delete(f"/api/v1/devices/{device}", headers=admin | {"If-Match": etag}).raise_for_status()
    again = call(technician, "k1", device_id=device, subject="help")
    assert (again.status_code, again.json()) == (201, first)
    assert call(technician, "k1", subject="other").status_code == 409
    assert call(technician, "", subject="other").status_code == 422
    others = [call(technician, "k2", subject="help"), call(expert, "k1", subject="help")]
    assert len({first["id"], *(other.json()["id"] for other in others)}) == 3
    assert client.get("/api/v1/sessions", headers=expert).json()["total"] == 3


def test_a_call_for_help_and_a_mark_wait_for_nobody_who_writes_to_the_registry(
    client: TestClient, resources: Resources, technician: Headers, session: dict[str, Any]
) -> None:
    """A bulk import holds the registry's only write transaction for seconds."""
    place = {"kind": "face", "device_id": "D1", "face": "front", "points_mm": [[1, 2, 0]]}
    add = {"type": "annotation.add", "n": 1, "id": "m1", "shape": "text", "place": place, "text": "loose"}
    with connected(client, session["id"], technician) as socket:
        socket.send_json([add | {"is_kept": True}])
        told(socket, "ack")
    portal = client.portal
    assert portal is not None
    with portal.wrap_async_context_manager(resources.database.transaction()):
        key = {"Idempotency-Key": "k"}
        assert client.post("/api/v1/sessions", json={}, headers=technician | key).status_code == 201
        taken_off = client.delete("/api/v1/devices/D1/marks/m1", headers=technician)
        assert taken_off.status_code == 204


def test_nobody_is_invited_to_a_session_that_is_not_there_or_has_ended(
    client: TestClient, technician: Headers, expert: Headers, session: dict[str, Any]
) -> None:
    def invite(session_id: str) -> tuple[int, str]:
        answer = client.post(f"/api/v1/sessions/{session_id}/invitations", json={}, headers=expert)
        return answer.status_code, answer.json().get("code", "")

    assert invite("NOSUCH") == (404, "unknown_session")
    assert invite(session["id"]) == (201, "")
    with connected(client, session["id"], technician) as socket:
        socket.send_json([{"type": "session.end", "n": 1}])
        told(socket, "ack")
    assert invite(session["id"]) == (409, "session_ended")


def test_a_session_nobody_opened_is_not_there(client: TestClient, expert: Headers) -> None:
    for path in ("", "/events", "/device"):
        assert client.get(f"/api/v1/sessions/NOSUCH{path}", headers=expert).status_code == 404


def test_a_guest_sees_the_one_session_of_their_link_and_nothing_else(
    client: TestClient, session: dict[str, Any], guest: Headers, technician: Headers
) -> None:
    """L21. A token for another session."""
    other = client.post("/api/v1/sessions", json={}, headers=technician).json()["id"]
    assert client.get(f"/api/v1/sessions/{session['id']}", headers=guest).status_code == 200
    for path in ("", "/events", "/device", f"/stills/{'a' * 64}"):
        assert client.get(f"/api/v1/sessions/{other}{path}", headers=guest).status_code == 403
    assert client.get("/api/v1/sessions", headers=guest).status_code == 403
    assert refusal(client, f"/api/v1/sessions/{other}/live", guest) == (4003, "not_permitted")
    with connected(client, session["id"], guest) as socket:
        assert told(socket, "welcome")["you"]["display_name"] == "A guest"


def test_the_device_shown_is_that_of_the_session_and_of_device_show(
    client: TestClient, technician: Headers, session: dict[str, Any], device: str, guest: Headers
) -> None:
    url = f"/api/v1/sessions/{session['id']}/device"
    assert client.get(url, headers=guest).status_code == 404
    with connected(client, session["id"], technician) as socket:
        show = {"type": "device.show", "n": 1, "device": {"device_id": device, "face": "front"}}
        socket.send_json([show])
        told(socket, "ack")
        socket.send_json([show | {"n": 2, "device": {"device_id": "NOSUCH", "face": "front"}}])
        assert told(socket, "refused")["code"] == "unknown_device"
    admin = sign_in(client, Role.ADMIN)
    made = client.post(f"/api/v1/devices/{device}/labels", json={}, headers=admin).json()
    client.cookies.clear()
    shown = client.get(url, headers=guest).json()
    assert shown["view"]["device"]["asset_tag"] == "SW-1"
    assert [label["code"] for label in shown["labels"]] == [made["code"]]


def test_a_device_deleted_during_a_session_keeps_its_marks(
    client: TestClient, technician: Headers, session: dict[str, Any], device: str
) -> None:
    """L14."""
    admin = sign_in(client, Role.ADMIN)
    place = {"kind": "port", "device_id": device, "face": "front", "port": "37"}
    add = {"type": "annotation.add", "shape": "port", "place": place, "is_kept": True}
    with connected(client, session["id"], technician) as socket:
        socket.send_json([add | {"n": 1, "id": "m1"}])
        assert told(socket, "annotation.added")["annotation"]["anchor"]["points_mm"] == [[300, 12, 0]]
        etag = client.get(f"/api/v1/devices/{device}", headers=admin).headers["etag"]
        gone = client.delete(f"/api/v1/devices/{device}", headers=admin | {"If-Match": etag})
        assert gone.status_code == 204
        socket.send_json([add | {"n": 2, "id": "m2"}])
        assert told(socket, "refused")["code"] == UnknownPort.code
    assert len(client.get(f"/api/v1/devices/{device}/marks", headers=technician).json()) == 1


def test_a_session_about_a_device_removed_meanwhile_stays_readable(
    client: TestClient, technician: Headers, device: str, guest: Headers, session: dict[str, Any]
) -> None:
    admin = sign_in(client, Role.ADMIN)
    url = f"/api/v1/sessions/{session['id']}/device"
    show = {"type": "device.show", "device": {"device_id": device, "face": "front"}}
    with connected(client, session["id"], technician) as socket:
        socket.send_json([show | {"n": 1}])
        told(socket, "ack")
        before = client.get(url, headers=guest).json()["view"]
        etag = client.get(f"/api/v1/devices/{device}", headers=admin).headers["etag"]
        client.delete(f"/api/v1/devices/{device}", headers=admin | {"If-Match": etag}).raise_for_status()
        socket.send_json([show | {"n": 2}])  # its label is still on it
        told(socket, "ack")
    answer = client.get(url, headers=guest)
    assert answer.status_code == 200
    after = answer.json()["view"]
    assert after["device"]["removed_at"] is not None
    assert after["device_type"]["front"]["ports"] == before["device_type"]["front"]["ports"]
    answer = client.post("/api/v1/sessions", json={"device_id": device}, headers=technician)
    assert answer.status_code == 404  # a new session is about what is there


def test_a_sighting_of_an_unknown_device_is_refused(
    client: TestClient, technician: Headers, session: dict[str, Any], device: str
) -> None:
    """L24. Devices must be registered."""
    sight = {
        "type": "frame.sight",
        "frame": {"stream": "camera-1", "frame_id": 1},
        "captured_at": "2026-01-01T08:00:00Z",
        "sighting": a_sighting(device_id="NOSUCH").model_dump(mode="json"),
    }
    place = {"kind": "frame", "frame": sight["frame"], "points": [[0.5, 0.5]]}
    add = {"type": "annotation.add", "shape": "text", "place": place, "text": "here"}
    with connected(client, session["id"], technician) as socket:
        told(socket, "session.state")
        socket.send_json([sight, add | {"n": 1, "id": "m1"}])
        assert told(socket, "error")["code"] == "unknown_device"
        assert told(socket, "refused")["code"] == "frame_expired"
        known = a_sighting(device_id=device).model_dump(mode="json")
        socket.send_json([sight | {"sighting": known}, add | {"n": 2, "id": "m2"}])
        assert told(socket, "annotation.added")["annotation"]["anchor"]["device_id"] == device


def test_a_still_of_an_unknown_device_is_refused(
    client: TestClient, technician: Headers, session: dict[str, Any]
) -> None:
    url = f"/api/v1/sessions/{session['id']}/stills"
    sha256 = client.post(url, content=a_picture(), headers=technician).json()["sha256"]
    share = {
        "type": "still.share",
        "n": 1,
        "frame": {"stream": "camera-1", "frame_id": 1},
        "sha256": sha256,
        "width": 64,
        "height": 48,
        "captured_at": "2026-01-01T08:00:00Z",
        "sighting": a_sighting(device_id="NOSUCH").model_dump(mode="json"),
    }
    with connected(client, session["id"], technician) as socket:
        socket.send_json([share])
        assert told(socket, "refused")["code"] == "unknown_device"


def test_the_registry_is_asked_once_for_a_device_that_is_sighted_in_every_frame(
    client: TestClient,
    resources: Resources,
    technician: Headers,
    session: dict[str, Any],
    device: str,
) -> None:
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    sighting = a_sighting(device_id=device).model_dump(mode="json")
    sights = [
        {
            "type": "frame.sight",
            "frame": {"stream": "camera-1", "frame_id": number},
            "captured_at": "2026-01-01T08:00:00Z",
            "sighting": sighting,
        }
        for number in range(50)
    ]
    with connected(client, session["id"], technician) as socket:
        told(socket, "session.state")
        socket.send_json([sights[0], {"type": "ping"}])
        told(socket, "pong")
        event.listen(resources.database.engine.sync_engine, "before_cursor_execute", count)
        socket.send_json([*sights[1:], {"type": "ping"}])
        told(socket, "pong")
    assert statements == 0


def test_marks_kept_on_a_device_are_listed_and_taken_off_by_whoever_may_draw(
    client: TestClient, technician: Headers, session: dict[str, Any], guest: Headers
) -> None:
    place = {"kind": "face", "device_id": "D1", "face": "front", "points_mm": [[1, 2, 0]]}
    add = {"type": "annotation.add", "n": 1, "id": "m1", "shape": "text", "place": place, "text": "loose"}
    with connected(client, session["id"], technician) as socket:
        socket.send_json([add | {"is_kept": True}])
        told(socket, "ack")
    (mark,) = client.get("/api/v1/devices/D1/marks", headers=technician).json()
    assert mark["text"] == "loose"
    observer = sign_in(client, Role.OBSERVER)
    client.cookies.clear()
    for nobody in (observer, guest):
        assert client.delete("/api/v1/devices/D1/marks/m1", headers=nobody).status_code == 403
    assert client.delete("/api/v1/devices/D1/marks/m1", headers=technician).status_code == 204
    assert client.delete("/api/v1/devices/D1/marks/m1", headers=technician).status_code == 404
    assert client.get("/api/v1/devices/D1/marks", headers=technician).json() == []


def test_events_are_paged(client: TestClient, technician: Headers, session: dict[str, Any]) -> None:
    with connected(client, session["id"], technician) as socket:
        socket.send_json([{"type": "chat.say", "n": n, "text": str(n)} for n in range(1, 6)])
        while told(socket, "ack")["n"] < 5:
            pass
    url = f"/api/v1/sessions/{session['id']}/events"
    assert [e["seq"] for e in client.get(f"{url}?after=2&limit=3", headers=technician).json()] == [3, 4, 5]


# -- stills -----------------------------------------------------------------------------------------------------------


def test_a_still_is_uploaded_shared_and_fetched(
    client: TestClient, technician: Headers, session: dict[str, Any], guest: Headers
) -> None:
    url = f"/api/v1/sessions/{session['id']}/stills"
    content = a_picture()
    still = client.post(url, content=content, headers=technician).json()
    assert (still["media_type"], still["width"], still["height"]) == ("image/jpeg", 64, 48)
    share = {
        "type": "still.share",
        "n": 1,
        "frame": {"stream": "camera-1", "frame_id": 1},
        "sha256": still["sha256"],
        "width": 64,
        "height": 48,
        "captured_at": "2026-01-01T08:00:00Z",
    }
    with connected(client, session["id"], technician) as socket:
        socket.send_json([share])
        assert told(socket, "still.shared")["still"]["sha256"] == still["sha256"]
        socket.send_json([share | {"n": 2, "sha256": "a" * 64}])
        assert told(socket, "refused")["code"] == "unknown_still"
    fetched = client.get(f"{url}/{still['sha256']}", headers=guest)
    assert (fetched.content, fetched.headers["content-type"]) == (content, "image/jpeg")
    listed = client.get("/api/v1/sessions", headers=technician).json()["items"][0]
    assert listed["last_still_sha256"] == still["sha256"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not a picture", "not_a_picture"),
        (a_picture()[:-40], "not_a_picture"),
        (a_picture(format="GIF"), "not_a_picture"),
        (b"", "invalid"),
    ],
)
def test_what_is_no_picture_is_not_kept(
    client: TestClient, technician: Headers, session: dict[str, Any], content: bytes, code: str
) -> None:
    answer = client.post(f"/api/v1/sessions/{session['id']}/stills", content=content, headers=technician)
    assert (answer.status_code // 100, answer.json()["code"]) == (4, code)


def test_a_still_has_the_size_that_browsers_show(
    client: TestClient, technician: Headers, session: dict[str, Any]
) -> None:
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    url = f"/api/v1/sessions/{session['id']}/stills"
    still = client.post(url, content=a_picture(exif=turned), headers=technician).json()
    assert (still["width"], still["height"]) == (48, 64)


def test_a_still_that_comes_while_too_many_are_read_is_refused_for_now(
    client: TestClient, resources: Resources, technician: Headers, session: dict[str, Any]
) -> None:
    resources.eyes._limit = 0
    url = f"/api/v1/sessions/{session['id']}/stills"
    answer = client.post(url, content=a_picture(), headers=technician)
    assert (answer.status_code, answer.json()["code"]) == (503, "too_busy")
    assert not [path for path in (resources.settings.data_dir / "blobs").rglob("*") if path.is_file()]


def test_a_still_of_one_session_is_not_found_in_another(
    client: TestClient, technician: Headers, session: dict[str, Any]
) -> None:
    url = f"/api/v1/sessions/{session['id']}/stills"
    sha = client.post(url, content=a_picture(), headers=technician).json()["sha256"]
    other = client.post("/api/v1/sessions", json={}, headers=technician).json()["id"]
    assert client.get(f"/api/v1/sessions/{other}/stills/{sha}", headers=technician).status_code == 404


def test_a_mark_on_a_still_without_a_device_reaches_the_guests_of_its_session_and_nobody_elses(
    client: TestClient, technician: Headers, expert: Headers, session: dict[str, Any]
) -> None:
    here, other = session["id"], client.post("/api/v1/sessions", json={}, headers=technician).json()["id"]
    share = share_a_still(client, here, technician)
    place = {"kind": "frame", "frame": share["frame"], "points": [[0.5, 0.5], [0.6, 0.5]]}
    mark = {"type": "annotation.add", "n": 1, "id": "m1", "shape": "ring", "place": place, "text": "this one"}
    guest, stranger = (join_as(client, expert, id_, "expert") for id_ in (here, other))
    with connected(client, here, guest, "guests-desk-0001") as socket:
        socket.send_json([mark])
        added = told(socket, "annotation.added")["annotation"]
    anchor = {
        "kind": "still",
        "sha256": share["sha256"],
        "width": 64,
        "height": 48,
        "points": place["points"],
    }
    assert (added["anchor"], added["frame"]) == (anchor, {**share["frame"], "how": "still"})
    with connected(client, other, stranger) as socket:
        socket.send_json([mark])  # the same frame, in a session that never saw it
        assert told(socket, "refused")["code"] == "frame_expired"
        socket.send_json([share | {"n": 2}])
        assert told(socket, "refused")["code"] == "unknown_still"
    path = f"/api/v1/sessions/{here}/stills/{share['sha256']}"
    assert [client.get(path, headers=who).status_code for who in (guest, stranger)] == [200, 403]
    events = client.get(f"/api/v1/sessions/{here}/events", headers=guest).json()
    assert [event["annotation"] for event in events if event["type"] == "annotation.added"] == [added]
    with connected(client, here, technician, "another-phone-0001") as socket:
        assert told(socket, "session.state")["state"]["annotations"] == [added]


@pytest.mark.parametrize("point", [[2.1, 0.5], [0.5, -1.1], [0.5, None], [0.5], "middle"])
def test_what_is_no_point_of_a_picture_is_no_message(
    client: TestClient, technician: Headers, session: dict[str, Any], point: Any
) -> None:
    share = share_a_still(client, session["id"], technician)
    place = {"kind": "frame", "frame": share["frame"], "points": [point]}
    with connected(client, session["id"], technician) as socket:
        socket.send_json([{"type": "annotation.add", "n": 2, "id": "m1", "shape": "text", "place": place}])
        assert told(socket, "refused")["code"] == "not_a_message"


def test_a_mark_outlives_the_picture_it_is_on(
    client: TestClient, resources: Resources, technician: Headers, session: dict[str, Any]
) -> None:
    share = share_a_still(client, session["id"], technician)
    resources.blobs.path(share["sha256"]).unlink()
    place = {"kind": "frame", "frame": share["frame"], "points": [[0.5, 0.5]]}
    add = {"type": "annotation.add", "n": 2, "id": "m1", "shape": "text", "place": place, "text": "here"}
    with connected(client, session["id"], technician) as socket:
        socket.send_json([add])
        assert told(socket, "annotation.added")["annotation"]["anchor"]["kind"] == "still"
    path = f"/api/v1/sessions/{session['id']}/stills/{share['sha256']}"
    assert client.get(path, headers=technician).status_code == 404


def share_a_still(client: TestClient, session_id: str, who: Headers) -> dict[str, Any]:
    """As number 1 of the client that says HELLO. Returns what was sent."""
    url = f"/api/v1/sessions/{session_id}/stills"
    sha256 = client.post(url, content=a_picture(), headers=who).json()["sha256"]
    share = {
        "type": "still.share",
        "n": 1,
        "frame": {"stream": "camera-1", "frame_id": 1},
        "sha256": sha256,
        "width": 64,
        "height": 48,
        "captured_at": "2026-01-01T08:00:00Z",
    }
    with connected(client, session_id, who) as socket:
        socket.send_json([share])
        told(socket, "ack")
    return share


def join_as(client: TestClient, expert: Headers, session_id: str, role: str) -> Headers:
    """A guest of this one session."""
    path = f"/api/v1/sessions/{session_id}/invitations"
    link = client.post(path, json={"role": role}, headers=expert).json()["url"]
    body = {"token": link.partition("#")[2], "display_name": "A guest"}
    token = client.post("/api/v1/join?want_token=true", json=body).json()["token"]
    client.cookies.clear()
    return {"Authorization": f"Bearer {token}"}


def test_stills_that_are_not_shared_are_taken_only_so_far_and_nobody_uses_up_the_share_of_others(
    client: TestClient, resources: Resources, technician: Headers, expert: Headers, session: dict[str, Any]
) -> None:
    """L13. All guests together have one share, since one link makes as many as one likes."""
    resources.sessions._stills = replace(resources.sessions._stills, unshared=2)
    url = f"/api/v1/sessions/{session['id']}/stills"

    def upload(who: Headers, number: int) -> tuple[int, str]:
        answer = client.post(url, content=a_picture(quality=20 + number), headers=who)
        return answer.status_code, answer.json().get("code", answer.json().get("sha256"))

    link = client.post(
        f"/api/v1/sessions/{session['id']}/invitations", json={"role": "technician"}, headers=expert
    )
    token = link.json()["url"].partition("#")[2]
    guests = []
    for _ in range(3):
        body = {"token": token, "display_name": "A guest"}
        token_of_guest = client.post("/api/v1/join?want_token=true", json=body).json()["token"]
        guests.append({"Authorization": f"Bearer {token_of_guest}"})
        client.cookies.clear()
    assert [upload(guest, number)[0] for number, guest in enumerate(guests)] == [201, 201, 409]
    (_, sha256), second, third = (upload(technician, number) for number in (10, 11, 12))
    assert (second[0], third) == (201, (409, "too_many_unshared"))
    share = {
        "type": "still.share",
        "n": 1,
        "frame": {"stream": "camera-1", "frame_id": 1},
        "sha256": sha256,
        "width": 64,
        "height": 48,
        "captured_at": "2026-01-01T08:00:00Z",
    }
    with connected(client, session["id"], technician) as socket:
        socket.send_json([share])
        told(socket, "ack")
    assert upload(technician, 12)[0] == 201


def test_an_observer_sends_no_stills(client: TestClient, session: dict[str, Any], guest: Headers) -> None:
    url = f"/api/v1/sessions/{session['id']}/stills"
    assert client.post(url, content=a_picture(), headers=guest).status_code == 403


# -- the sockets' manners -----------------------------------------------------------------------------------------------


@contextmanager
def connected(
    client: TestClient, session_id: str, headers: Headers, name: str = HELLO["client"]
) -> Iterator[Any]:
    url = f"/api/v1/sessions/{session_id}/live"
    with client.websocket_connect(url, subprotocols=PROTOCOL, headers=headers) as socket:
        socket.send_json([HELLO | {"client": name}])
        yield socket


def told(socket: Any, type_: str) -> dict[str, Any]:
    """The next message of this type; others before it are passed over, others of its frame are put back."""
    waiting: list[dict[str, Any]] = socket.__dict__.setdefault("waiting", [])
    while True:
        while waiting:
            message = waiting.pop(0)
            if message["type"] == type_:
                return message
        waiting += socket.receive_json()


def refusal(
    client: TestClient, url: str, headers: Headers, *, protocols: Any = PROTOCOL, first: Any = HELLO
) -> tuple[int, str]:
    """The close code, and the code of the problem told before it."""
    with client.websocket_connect(url, subprotocols=protocols, headers=headers) as socket:
        if first is not None:
            socket.send_text(first if isinstance(first, str) else json.dumps([first]))
        problem: dict[str, Any] = {"code": ""}
        try:
            while True:
                for message in socket.receive_json():
                    if message["type"] == "error":
                        problem = message
        except WebSocketDisconnect as closed:
            return closed.code, problem["code"]


def test_nobody_unknown_enters_and_no_foreign_page(client: TestClient, session: dict[str, Any]) -> None:
    """L21."""
    url = f"/api/v1/sessions/{session['id']}/live"
    assert refusal(client, url, {}) == (4003, "unauthenticated")
    foreign = sign_in(client, Role.EXPERT) | {"Origin": "https://elsewhere.example"}
    assert refusal(client, url, foreign) == (4003, "foreign_origin")
    assert refusal(client, "/api/v1/wall", {}) == (4003, "unauthenticated")


def test_another_protocol_version_is_refused_with_a_sentence(
    client: TestClient, session: dict[str, Any], expert: Headers
) -> None:
    """L23."""
    url = f"/api/v1/sessions/{session['id']}/live"
    assert refusal(client, url, expert, protocols=["nearhand.v0"])[0] == 4000
    assert refusal(client, url, expert, protocols=[])[0] == 4000


@pytest.mark.parametrize("first", [{"type": "ping"}, "nonsense", "[]", HELLO | {"client": "short"}])
def test_a_connection_that_does_not_begin_with_hello_is_closed(
    client: TestClient, session: dict[str, Any], expert: Headers, first: Any
) -> None:
    """L23."""
    assert refusal(client, f"/api/v1/sessions/{session['id']}/live", expert, first=first) == (
        4001,
        "not_a_message",
    )


def test_an_unknown_session_is_closed_with_its_reason(client: TestClient, expert: Headers) -> None:
    assert refusal(client, "/api/v1/sessions/NOSUCH/live", expert) == (4004, "unknown_session")


def test_a_message_that_is_too_large_closes_and_the_session_goes_on(
    client: TestClient, session: dict[str, Any], expert: Headers
) -> None:
    """L22."""
    with connected(client, session["id"], expert) as socket:
        told(socket, "session.state")
        socket.send_text(json.dumps([{"type": "chat.say", "n": 1, "text": "x" * 70_000}]))
        assert told(socket, "error")["code"] == "too_large"
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4009
    with connected(client, session["id"], expert) as socket:
        assert told(socket, "welcome")["acked"] == 0


@pytest.mark.parametrize(
    "text", ["nonsense", "[1]", '[{"type":"nonsense"}]', '[{"type":"chat.say","text":1}]']
)
def test_a_message_that_is_not_understood_is_answered_and_the_connection_lives(
    client: TestClient, session: dict[str, Any], expert: Headers, text: str
) -> None:
    """L22."""
    with connected(client, session["id"], expert) as socket:
        told(socket, "session.state")
        socket.send_text(text)
        assert told(socket, "error")["code"] == "not_a_message"
        socket.send_bytes(b"\x00\x01")
        assert told(socket, "error")["code"] == "not_a_message"
        socket.send_json({"type": "ping"})
        assert told(socket, "pong")


def test_the_wall_tells_sessions_as_they_change(
    client: TestClient, session: dict[str, Any], expert: Headers
) -> None:
    with client.websocket_connect("/api/v1/wall", subprotocols=PROTOCOL, headers=expert) as wall:
        assert wall.receive_json() == [session]
        with connected(client, session["id"], expert) as socket:
            told(socket, "welcome")
            (changed,) = wall.receive_json()
            assert (changed["status"], changed["expert_names"]) == ("open", ["Expert"])


def test_a_signed_out_participant_is_closed_at_the_next_check(
    client: TestClient, resources: Resources, session: dict[str, Any], expert: Headers
) -> None:
    """L21."""
    portal = client.portal
    assert portal is not None
    with connected(client, session["id"], expert) as socket:
        told(socket, "session.state")
        client.post("/api/v1/sign-out", headers=expert)
        resources.hub._tender._rechecked_at -= 60
        tend: Callable[..., Any] = resources.hub.tend
        portal.call(tend)
        with pytest.raises(WebSocketDisconnect) as closed:
            told(socket, "never")
        assert closed.value.code == 4003


def test_a_mark_far_beside_the_face_is_refused_on_the_drawing_and_on_a_picture(
    client: TestClient, expert: Headers, session: dict[str, Any], device: str
) -> None:
    """L8."""
    on_face = {"kind": "face", "device_id": device, "face": "front", "points_mm": [[100, -49, 0]]}
    frame = {"stream": "camera-1", "frame_id": 1}
    sighting = a_sighting().model_dump() | {"device_id": device}
    with connected(client, session["id"], expert) as socket:
        told(socket, "welcome")
        add = {
            "type": "annotation.add",
            "id": "m1",
            "n": 1,
            "shape": "text",
            "text": "here",
            "place": on_face,
        }
        socket.send_json([add])
        assert told(socket, "refused")["code"] == "misses_face"
        add |= {"n": 2, "place": on_face | {"points_mm": [[100, -20, 0]]}}
        socket.send_json([add])
        told(socket, "ack")
        sight = {"type": "frame.sight", "frame": frame, "captured_at": "2026-01-01T08:00:00Z"}
        socket.send_json([sight | {"sighting": sighting}])
        on_frame = {"kind": "frame", "frame": frame, "points": [[0.5, 0.95]]}
        socket.send_json([add | {"id": "m2", "n": 3, "place": on_frame}])
        assert told(socket, "refused")["code"] == "misses_face"
