"""Pieces of recordings: lost, doubled, out of order, refused; and what is told of them, and deleted."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import Role, Where
from nearhand.app import Resources
from nearhand.kit.blobs import Blobs, StorageFull
from nearhand.sessions.log import SET_PLACE, Batch
from nearhand.sessions.pipeline import RECORDER_AWAY_S
from nearhand.sessions.recorded import CHUNK_BYTES, CLUSTER
from nearhand.sessions.stage import Placed
from tests.sessions.test_api import HELLO, Headers, connected, told
from tests.support.people import sign_in

HEADER = b"\x1a\x45\xdf\xa3header"
DESK = "desk0123456789abcdef"


@pytest.fixture
def technician(client: TestClient) -> Headers:
    return sign_in(client, Role.TECHNICIAN)


@pytest.fixture
def expert(client: TestClient) -> Headers:
    return sign_in(client, Role.EXPERT)


@pytest.fixture
def session_id(client: TestClient, technician: Headers) -> str:
    return str(client.post("/api/v1/sessions", json={"subject": "x"}, headers=technician).json()["id"])


@pytest.fixture
def recording(client: TestClient, session_id: str, expert: Headers) -> Iterator[str]:
    """One that runs: its recorder is alone."""
    with connected(client, session_id, expert, DESK) as desk:
        desk.send_json([{"type": "recording.ask", "n": 1, "id": "r1"}])
        told(desk, "recording.began")
        yield "r1"


def piece(k: int, webm: bytes | None = None, **head: Any) -> bytes:
    about = {"from_ms": k * 1000, "marks": [{"at_ms": k * 1000, "seq": k + 2}]} | head
    body = webm if webm is not None else HEADER if k == 0 else b"tail" + CLUSTER + b"%d" % k
    return json.dumps(about).encode() + b"\n" + body


def put(client: TestClient, session_id: str, who: Headers, k: int, body: bytes, recording: str = "r1") -> Any:
    url = f"/api/v1/sessions/{session_id}/recordings/{recording}/chunks/{k}"
    return client.put(url, content=body, headers=who)


def files(client: TestClient, session_id: str, who: Headers) -> Any:
    return client.get(f"/api/v1/sessions/{session_id}/recordings", headers=who).json()


def media(client: TestClient, session_id: str, who: Headers, **headers: str) -> Any:
    url = f"/api/v1/sessions/{session_id}/recordings/r1/media"
    return client.get(url, headers=who | headers)


def test_pieces_out_of_order_and_twice_play_in_order_once(
    client: TestClient, session_id: str, expert: Headers, recording: str
) -> None:
    for k in (2, 0, 1, 2, 0):
        assert put(client, session_id, expert, k, piece(k)).status_code == 200
    (file,) = files(client, session_id, expert)
    assert (file["chunks"], file["missing"], file["deleted_at"]) == (3, [], None)
    assert [mark["seq"] for mark in file["marks"]] == [2, 3, 4]
    assert media(client, session_id, expert).content == HEADER + b"tail" + CLUSTER + b"1tail" + CLUSTER + b"2"


def test_the_same_piece_with_other_content_is_refused(
    client: TestClient, session_id: str, expert: Headers, recording: str
) -> None:
    put(client, session_id, expert, 0, piece(0))
    answer = put(client, session_id, expert, 0, piece(0, HEADER + b"other"))
    assert (answer.status_code, answer.json()["code"]) == (409, "chunk_taken")


def test_a_lost_piece_is_told_and_play_goes_on_at_the_next_cluster(
    client: TestClient, session_id: str, expert: Headers, recording: str
) -> None:
    for k in (0, 1, 3):
        put(client, session_id, expert, k, piece(k))
    assert files(client, session_id, expert)[0]["missing"] == [2]
    assert media(client, session_id, expert).content == HEADER + b"tail" + CLUSTER + b"1" + CLUSTER + b"3"


def test_parts_are_had_by_range_and_nonsense_is_refused(
    client: TestClient, session_id: str, expert: Headers, recording: str
) -> None:
    for k in (0, 1):
        put(client, session_id, expert, k, piece(k))
    whole = media(client, session_id, expert).content
    part = media(client, session_id, expert, Range="bytes=5-12")
    assert (part.status_code, part.content) == (206, whole[5:13])
    assert part.headers["content-range"] == f"bytes 5-12/{len(whole)}"
    assert media(client, session_id, expert, Range="bytes=-4").content == whole[-4:]
    for wrong in ("bytes=99-", "bytes=4-2", "lines=1-2", "bytes=-"):
        assert media(client, session_id, expert, Range=wrong).status_code == 416


@pytest.mark.parametrize(
    "body",
    [b"no line", b"{}\nwebm", b"[]\n" + HEADER, piece(0, b"not webm"), piece(0, b""), piece(0, from_ms=-1)],
)
def test_what_is_no_piece_is_not_kept(
    client: TestClient, session_id: str, expert: Headers, recording: str, body: bytes
) -> None:
    assert put(client, session_id, expert, 0, body).status_code == 422
    assert files(client, session_id, expert)[0]["chunks"] == 0


def test_a_piece_that_is_too_large_is_refused(
    client: TestClient, session_id: str, expert: Headers, recording: str
) -> None:
    assert put(client, session_id, expert, 1, piece(1, b"x" * CHUNK_BYTES)).status_code == 413


def test_without_consent_nothing_is_kept_and_only_who_records_sends(
    client: TestClient, session_id: str, expert: Headers, technician: Headers
) -> None:
    """L32."""
    assert put(client, session_id, expert, 0, piece(0)).status_code == 404
    with (
        connected(client, session_id, technician) as phone,
        connected(client, session_id, expert, DESK) as desk,
    ):
        told(phone, "participant.joined")
        desk.send_json([{"type": "recording.ask", "n": 1, "id": "r1"}])
        told(phone, "recording.asked")
        assert put(client, session_id, expert, 0, piece(0)).json()["code"] == "no_consent"
        phone.send_json([{"type": "recording.agree", "n": 1, "id": "r1", "yes": True}])
        assert told(desk, "recording.began")["recording"]["agreed"] != []
        assert put(client, session_id, technician, 0, piece(0)).json()["code"] == "forbidden"
        assert put(client, session_id, expert, 0, piece(0)).status_code == 200


def test_a_newcomer_is_told_of_the_pause_before_anything_else_and_may_end_it(
    client: TestClient, session_id: str, expert: Headers, technician: Headers, recording: str
) -> None:
    """L32."""
    with connected(client, session_id, technician) as phone:
        state = told(phone, "session.state")["state"]
        assert state["recording"]["state"] == "paused"
        phone.send_json([{"type": "recording.end", "n": 1, "id": "r1"}])
        assert told(phone, "recording.ended")["recording"]["ended_by"] != state["recording"]["by"]


def test_a_second_recording_waits_for_the_end_of_the_first_and_no_id_is_used_twice(
    client: TestClient, session_id: str, expert: Headers
) -> None:
    with connected(client, session_id, expert, DESK) as desk:
        desk.send_json(
            [{"type": "recording.ask", "n": 1, "id": "r1"}, {"type": "recording.ask", "n": 2, "id": "r2"}]
        )
        assert told(desk, "refused")["code"] == "recording_exists"
        desk.send_json(
            [{"type": "recording.end", "n": 3, "id": "r1"}, {"type": "recording.ask", "n": 4, "id": "r1"}]
        )
        assert told(desk, "refused")["code"] == "recording_exists"
        desk.send_json([{"type": "recording.agree", "n": 5, "id": "r9", "yes": True}])
        assert told(desk, "refused")["code"] == "unknown_recording"


def test_a_recorder_that_does_not_come_back_ends_the_recording(
    client: TestClient, resources: Resources, session_id: str, expert: Headers, technician: Headers
) -> None:
    portal = client.portal
    assert portal is not None
    with connected(client, session_id, technician) as phone:
        told(phone, "welcome")
        with connected(client, session_id, expert, DESK) as desk:
            desk.send_json([{"type": "recording.ask", "n": 1, "id": "r1"}])
            told(phone, "recording.asked")
            phone.send_json([{"type": "recording.agree", "n": 1, "id": "r1", "yes": True}])
            told(desk, "recording.began")
            portal.call(resources.hub.tend)
        (running,) = resources.hub._rooms
        assert running.recorder_heard_at is not None
        running.recorder_heard_at -= RECORDER_AWAY_S + 1
        portal.call(resources.hub.tend)
        assert told(phone, "recording.ended")["recording"]["ended_by"] == ""


def test_a_full_disk_is_said_and_the_session_goes_on(
    client: TestClient, session_id: str, expert: Headers, recording: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageFull

    monkeypatch.setattr(Blobs, "adopt", full)
    answer = put(client, session_id, expert, 0, piece(0))
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
    with connected(client, session_id, expert, HELLO["client"]) as socket:
        socket.send_json([{"type": "chat.say", "n": 1, "text": "still here"}])
        assert told(socket, "chat.said")["text"] == "still here"


def test_what_was_acked_is_there_after_a_restart(
    client: TestClient, resources: Resources, session_id: str, expert: Headers, recording: str, tmp_path: Path
) -> None:
    put(client, session_id, expert, 0, piece(0))
    rows = client.portal.call(resources.recordings.all_of, session_id)  # type: ignore[union-attr]
    assert rows[0].chunks == 1  # read from the disk, where it was before it was acked


def test_its_time_run_out_a_recording_is_deleted_and_that_is_told(
    client: TestClient, resources: Resources, session_id: str, expert: Headers, recording: str
) -> None:
    put(client, session_id, expert, 0, piece(0))
    run, portal = resources.retention.run, client.portal
    assert portal is not None
    assert portal.call(run, {}) == 0
    resources.clock.advance(91 * 86_400)  # type: ignore[attr-defined]
    assert portal.call(run, {}) == 1
    assert portal.call(run, {}) == 0
    rows = portal.call(resources.recordings.all_of, session_id)
    assert (rows[0].chunks, rows[0].deleted_at is not None) == (0, True)
    assert list((resources.settings.data_dir / "blobs").glob("??/*")) == []


@pytest.mark.parametrize(
    ("days_of", "after", "deleted"), [({"T1": 5}, 6, 1), ({"T1": 5}, 4, 0), ({"T2": 5}, 6, 0)]
)
def test_the_shortest_time_of_the_tenants_it_showed_counts(
    client: TestClient,
    resources: Resources,
    session_id: str,
    expert: Headers,
    recording: str,
    days_of: dict[str, int],
    after: int,
    deleted: int,
) -> None:
    put(client, session_id, expert, 0, piece(0))
    portal = client.portal
    assert portal is not None
    where = Where(tenant_id="T1", site_id="S", rack_id=None)
    came = Batch()
    came.place(session_id, Placed(1, "DEVICE", is_shown=True, where=where))
    work: list[tuple[str, Sequence[Mapping[str, Any]]]] = [(SET_PLACE, came.places)]
    portal.call(resources.live_log.write, work)
    resources.clock.advance(after * 86_400)  # type: ignore[attr-defined]
    assert portal.call(resources.retention.run, days_of) == deleted
