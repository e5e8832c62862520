"""What grants and links reach of a session: lists, the wall, live connections, the log, pictures and marks agree."""

import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from nearhand.app import Resources
from nearhand.sessions.log import Work
from tests.support.neighbours import PROTOCOL, Headers, Neighbours, neighbours

FRAME = {"stream": "camera-1", "frame_id": 1, "how": "still"}
AT = "2026-01-01T08:00:00Z"


@pytest.fixture
def hall(client: TestClient, resources: Resources) -> Neighbours:
    return neighbours(client, resources)


def shown(device: Any) -> dict[str, Any]:
    return {"device": {"device_id": device.id, "face": "front"}}


def on_face(device: Any) -> dict[str, Any]:
    return {"kind": "face", "device_id": device.id, "face": "front", "points_mm": [[10, 10, 0]]}


def a_still(hall: Neighbours, session_id: str, headers: Headers, colour: str = "navy") -> str:
    written = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(written, format="JPEG")
    answer = hall.ask("POST", f"sessions/{session_id}/stills", headers, content=written.getvalue())
    assert answer.status_code == 201, answer.text
    return str(answer.json()["sha256"])


def share(sha256: str, frame_id: int) -> dict[str, Any]:
    frame = FRAME | {"frame_id": frame_id}
    return {"frame": frame, "sha256": sha256, "width": 64, "height": 48, "captured_at": AT}


def test_a_list_holds_the_sessions_about_what_one_may_see_and_ones_own(hall: Neighbours) -> None:
    """L25."""
    house = hall.headers("technician")
    own = hall.opened(hall.headers("air.technician"), subject="no device yet")
    of_bank, of_air = hall.opened(house, device_id=hall.bank.id), hall.opened(house, device_id=hall.air.id)
    nowhere = hall.opened(house)

    def listed(name: str) -> tuple[set[str], int]:
        page = hall.ask("GET", "sessions", hall.headers(name)).json()
        return {one["id"] for one in page["items"]}, page["total"]

    assert listed("expert") == listed("mixed") == ({own, of_bank, of_air, nowhere}, 4)
    assert listed("bank.expert") == listed("bank.observer") == ({of_bank}, 1)
    assert listed("air.expert") == ({of_air}, 1)
    assert listed("air.technician") == ({of_air, own}, 2)


def test_who_may_not_see_the_device_opens_no_session_about_it(hall: Neighbours) -> None:
    def opened(name: str) -> int:
        headers = hall.headers(name)
        return int(hall.ask("POST", "sessions", headers, json={"device_id": hall.bank.id}).status_code)

    assert {name: opened(name) for name in ("air.expert", "bank.technician", "bank.observer", "mixed")} == {
        "air.expert": 404,
        "bank.technician": 201,
        "bank.observer": 403,
        "mixed": 201,
    }


def test_a_session_about_the_device_of_another_is_not_there(hall: Neighbours) -> None:
    """L25."""
    house = hall.headers("expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    sha256 = a_still(hall, session_id, house)
    stranger = hall.headers("air.admin")
    for path in ("", "/events", "/device", f"/stills/{sha256}", "/invitations"):
        answer = hall.ask("GET", f"sessions/{session_id}{path}", stranger)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_session")
    for path, more in (("/stills", {"content": b"x"}), ("/invitations", {"json": {}})):
        assert hall.ask("POST", f"sessions/{session_id}{path}", stranger, **more).status_code == 404
    with hall.live(session_id, stranger) as socket:
        assert socket.until("error")["code"] == "unknown_session"


def test_what_is_about_the_device_of_another_is_withheld_and_seq_goes_on(hall: Neighbours) -> None:
    """L25."""
    house, customer = hall.headers("expert"), hall.headers("bank.observer")
    session_id = hall.opened(house, device_id=hall.bank.id, subject="slow")
    with hall.live(session_id, house, "h") as expert, hall.live(session_id, customer, "c") as watching:
        assert watching.until("session.state")["is_elsewhere"] is False
        assert expert.ask("chat.say", text="about the bank") == "ack"
        assert expert.ask("device.show", **shown(hall.air)) == "ack"
        said: list[tuple[str, dict[str, Any]]] = [
            ("chat.say", {"text": "secret of air"}),
            ("signal.give", {"signal": "stop"}),
            ("step.show", {"step": {"guide_id": "G", "step": 1, "done": []}}),
            ("approval.ask", {"id": "ask1", "what": "secret"}),
            ("annotation.add", {"id": "air1", "shape": "text", "place": on_face(hall.air), "text": "secret"}),
            ("annotation.add", {"id": "bank1", "shape": "text", "place": on_face(hall.bank), "text": "ours"}),
            ("still.share", share(a_still(hall, session_id, house), 1)),
        ]
        assert [expert.ask(type_, **fields) for type_, fields in said] == ["ack"] * 7
        expert.pass_on("pointer.move", place=on_face(hall.air))
        expert.pass_on("stroke.draw", id="s", shape="freehand", points=[[0.1, 0.1]])
        assert expert.ask("device.show", **shown(hall.bank)) == "ack"
        assert expert.ask("annotation.edit", id="bank1", place=on_face(hall.air)) == "ack"
        assert expert.ask("chat.say", text="the end") == "ack"
        watching.until("chat.said", 2)
        told = watching.events()
        first = told[0][0]
        assert [seq for seq, _ in told] == list(range(first, first + len(told)))
        types = [type_ for _, type_ in told if type_ != "participant.joined"]
        assert types == [
            "chat.said",
            *["withheld"] * 6,
            "annotation.added",
            "withheld",
            "device.shown",
            "annotation.removed",
            "chat.said",
        ]
        assert [one["is_elsewhere"] for one in watching.all if one["type"] == "withheld"].count(True) == 1
        assert not [one for one in watching.all if one["type"] in ("pointer.moved", "stroke.drawn")]
        assert "secret" not in str(watching.all)
        assert hall.air.id not in str(watching.all)


def test_state_resumed_tail_and_log_withhold_the_same(hall: Neighbours) -> None:
    """L25."""
    house, customer = hall.headers("expert"), hall.headers("bank.observer")
    session_id = hall.opened(house, device_id=hall.bank.id)
    with hall.live(session_id, customer, "c") as watching:
        welcome = watching.until("welcome")
    with hall.live(session_id, house, "h") as expert:
        ours = a_still(hall, session_id, house, "green")
        assert expert.ask("still.share", **share(ours, 1)) == "ack"
        assert expert.ask("chat.say", text="ours") == "ack"
        assert expert.ask("step.show", step={"guide_id": "G", "step": 1, "done": []}) == "ack"
        assert expert.ask("device.show", **shown(hall.air)) == "ack"
        theirs = a_still(hall, session_id, house, "red")
        assert expert.ask("still.share", **share(theirs, 2)) == "ack"
        mark = {"kind": "frame", "frame": FRAME | {"frame_id": 2}, "points": [[0.5, 0.5]]}
        add = {"id": "m1", "shape": "text", "place": mark, "text": "secret"}
        assert expert.ask("annotation.add", **add) == "ack"
        assert expert.ask("chat.say", text="secret") == "ack"
        assert expert.ask("approval.ask", id="a1", what="secret") == "ack"
    with hall.live(session_id, customer, "c") as watching:
        told = watching.until("session.state")
        assert told["is_elsewhere"] is True
        state = told["state"]
        assert [line["text"] for line in state["chat"]] == ["ours"]
        assert [still["sha256"] for still in state["stills"]] == [ours]
        assert (state["device"], state["annotations"], state["approvals"]) == (None, [], [])
        assert state["step"] is not None
        assert watching.ask("chat.say", text="hello?") == "elsewhere"
    resume = {"epoch": welcome["epoch"], "seq": welcome["seq"]}
    with hall.live(session_id, customer, "c", resume=resume) as watching:
        assert watching.until("welcome")["is_resumed"] is True
        watching.until("withheld", 5)
        assert "secret" not in str(watching.all)
        resumed = [one for one in watching.all if "seq" in one and one["type"] not in ("welcome",)]
    log = hall.ask("GET", f"sessions/{session_id}/events", customer).json()
    assert log[welcome["seq"] :] == resumed
    full = hall.ask("GET", f"sessions/{session_id}/events", house).json()
    assert len(full) == len(log)
    assert [one for one in log if one["type"] != "withheld"] == [
        one for one, mine in zip(full, log, strict=True) if mine["type"] != "withheld"
    ]
    row = hall.ask("GET", f"sessions/{session_id}", customer).json()
    assert (row["device_id"], row["last_still_sha256"]) == (None, None)
    assert hall.ask("GET", f"sessions/{session_id}/device", customer).status_code == 404
    assert hall.ask("GET", f"sessions/{session_id}/stills/{ours}", customer).status_code == 200
    assert hall.ask("GET", f"sessions/{session_id}/stills/{theirs}", customer).status_code == 404
    assert hall.ask("GET", f"sessions/{session_id}/stills/{theirs}", house).status_code == 200


def test_other_rights_start_from_the_state(hall: Neighbours) -> None:
    """L25. Whose epoch is another cannot resume into holes that are none for them."""
    house = hall.headers("expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    epochs = {}
    for name in ("expert", "bank.expert", "bank.observer"):
        with hall.live(session_id, hall.headers(name), name.replace(".", "")) as socket:
            epochs[name] = socket.until("welcome")["epoch"]
    assert len(set(epochs.values())) == 3
    resume = {"epoch": epochs["bank.observer"], "seq": 1}
    with hall.live(session_id, hall.headers("bank.expert"), "again", resume=resume) as socket:
        assert socket.until("welcome")["is_resumed"] is False


def test_the_wall_shows_a_session_when_it_comes_to_something_of_ones_own(hall: Neighbours) -> None:
    """L25."""
    house, customer = hall.headers("technician"), hall.headers("bank.expert")
    of_air = hall.opened(house, device_id=hall.air.id, subject="about air")
    with hall.client.websocket_connect("/api/v1/wall", subprotocols=PROTOCOL, headers=customer) as wall:
        assert wall.receive_json() == []
        hall.opened(house, device_id=hall.air.id)
        of_bank = hall.opened(house, device_id=hall.bank.id)
        (row,) = wall.receive_json()
        assert (row["id"], row["device_id"]) == (of_bank, hall.bank.id)
        with hall.live(of_air, house) as live:
            assert live.ask("device.show", **shown(hall.bank)) == "ack"
            (row,) = wall.receive_json()
            assert (row["id"], row["device_id"], row["subject"]) == (of_air, hall.bank.id, "")
            assert live.ask("device.show", **shown(hall.air)) == "ack"
            (row,) = wall.receive_json()
            assert (row["id"], row["device_id"]) == (of_air, None)


def test_a_role_holds_where_the_shown_device_stands(hall: Neighbours) -> None:
    """L12, L25. An observer of the house who is an expert for the bank draws there and only watches elsewhere."""
    house, mixed = hall.headers("expert"), hall.headers("mixed")
    session_id = hall.opened(house, device_id=hall.bank.id)
    with hall.live(session_id, house, "h") as expert, hall.live(session_id, mixed, "m") as helping:
        add = {"shape": "text", "text": "x"}
        assert helping.ask("annotation.add", id="m1", place=on_face(hall.bank), **add) == "ack"
        assert helping.ask("annotation.add", id="m2", place=on_face(hall.air), **add) == "forbidden"
        assert helping.ask("device.show", **shown(hall.air)) == "forbidden"
        assert expert.ask("device.show", **shown(hall.air)) == "ack"
        helping.until("device.shown")
        assert helping.ask("annotation.add", id="m3", place=on_face(hall.bank), **add) == "forbidden"
        assert helping.ask("chat.say", text="I watch") == "ack"


def test_marks_on_a_device_are_for_who_may_see_it(hall: Neighbours) -> None:
    house = hall.headers("expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    with hall.live(session_id, house) as live:
        mark = {"shape": "text", "place": on_face(hall.bank), "text": "loose", "is_kept": True}
        assert live.ask("annotation.add", id="m1", **mark) == "ack"
    path = f"devices/{hall.bank.id}/marks"
    seen = {
        name: hall.ask("GET", path, hall.headers(name)).status_code
        for name in ("air.admin", "bank.observer", "bank.expert")
    }
    assert seen == {"air.admin": 404, "bank.observer": 200, "bank.expert": 200}
    assert hall.ask("DELETE", f"{path}/m1", hall.headers("air.admin")).status_code == 404
    assert hall.ask("DELETE", f"{path}/m1", hall.headers("mixed")).status_code == 204


def test_a_log_from_before_places_is_given_them_once(hall: Neighbours) -> None:
    house = hall.headers("technician")
    session_id = hall.opened(house, device_id=hall.bank.id)
    with hall.live(session_id, house) as live:
        assert live.ask("device.show", **shown(hall.bank)) == "ack"
    log, portal = hall.resources.live_log, hall.client.portal
    assert portal is not None
    forget: Work = [("DELETE FROM live_call", [{}]), ("DELETE FROM live_place", [{}])]
    portal.call(log._storage.write, forget)
    portal.call(hall.resources.sessions.place_old_sessions)
    assert portal.call(log.unplaced) == []
    assert hall.ask("GET", "sessions", hall.headers("bank.expert")).json()["total"] == 1
    assert hall.ask("GET", "sessions", hall.headers("air.expert")).json()["total"] == 0
