"""What somebody with an account of another customer, or with forged messages, gets out of a session: nothing.

Every message of the union is tried, so that a new one cannot be forgotten.
"""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.app import Resources
from nearhand.sessions.message import Ask, Fleeting
from nearhand.sessions.messages import Hello, Ping
from tests.contract.test_message_permissions import EXAMPLES, MESSAGES
from tests.sessions.test_scopes import a_still, on_face, share, shown
from tests.support.neighbours import Neighbours, Socket, neighbours

NUMBERED = sorted(name for name, one in MESSAGES.items() if issubclass(one, Ask))
FLEETING = sorted(name for name, one in MESSAGES.items() if issubclass(one, Fleeting))
PLACES = ("place", "device", "sighting", "device_id")
FORGED = {
    "seq": 1,
    "at": "2026-01-01T08:00:00Z",
    "by": "somebody",
    "client": "x" * 16,
    "participant": {"id": "somebody", "display_name": "x", "role": "admin"},
    "participant_id": "somebody",
    "role": "admin",
    "session_id": "3S1C8ZK2W3QX",
}


@pytest.fixture
def hall(client: TestClient, resources: Resources) -> Neighbours:
    return neighbours(client, resources)


def example(name: str, device_id: str | None = None) -> dict[str, Any]:
    """One of each, naming this device wherever it can name one; None: as it is."""
    message = json.loads(json.dumps(EXAMPLES[name]))
    message.pop("type")
    message.pop("n", None)
    if device_id is None:
        return dict(message)
    if "place" in MESSAGES[name].model_fields:
        message["place"] = {"kind": "face", "device_id": device_id, "face": "front", "points_mm": [[1, 2, 0]]}
    for key, value in message.items():
        if isinstance(value, dict) and "device_id" in value:
            message[key]["device_id"] = device_id
    if "device_id" in message:
        message["device_id"] = device_id
    return dict(message)


def answered(socket: Socket, name: str, fields: dict[str, Any]) -> str:
    """The code that settled it, "ack", or for a fleeting one the complaint, "" for none."""
    if name in NUMBERED:
        return socket.ask(name, **fields)
    before = sum(one["type"] == "error" for one in socket.all)
    socket.pass_on(name, **fields)
    socket.pass_on("ping")
    pongs = sum(one["type"] == "pong" for one in socket.all)
    socket.until("pong", pongs + 1)
    errors = [one["code"] for one in socket.all if one["type"] == "error"]
    return errors[before] if len(errors) > before else ""


def log_of(hall: Neighbours, session_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hall.ask(
        "GET", f"sessions/{session_id}/events", hall.headers("admin")
    ).json()
    return found


NAMING = sorted(
    name
    for name, one in MESSAGES.items()
    if any(field in one.model_fields for field in PLACES) and not issubclass(one, Hello | Ping)
)


def test_the_device_of_another_is_as_unknown_as_one_that_is_not_there(hall: Neighbours) -> None:
    """L25."""
    attacker = hall.headers("air.expert")
    session_id = hall.opened(attacker, device_id=hall.air.id)
    found: dict[str, set[str]] = {}
    with hall.live(session_id, attacker) as socket:
        mark = {"shape": "ring", "place": on_face(hall.air) | {"points_mm": [[1, 1, 0], [2, 2, 0]]}}
        assert socket.ask("annotation.add", id="mine", **mark) == "ack"
    before = log_of(hall, session_id)
    for name in NAMING:
        with hall.live(session_id, attacker, name.replace(".", "")) as socket:
            own = {"id": "mine"} if name == "annotation.edit" else {}
            found[name] = {
                answered(socket, name, example(name, device_id) | own)
                for device_id in (hall.bank.id, "NOSUCHDEVICE")
            }
            if "place" in MESSAGES[name].model_fields:
                port = {"kind": "port", "device_id": hall.bank.id, "face": "front", "port": "1"}
                assert answered(socket, name, example(name) | own | {"place": port}) == "unknown_port"
    assert found == {key: {"unknown_device"} for key in NAMING}
    assert log_of(hall, session_id) == before


def test_in_a_session_that_is_not_theirs_no_message_is_heard(hall: Neighbours) -> None:
    """L25. Whatever comes behind the hello, and under whichever client name."""
    house, stranger = hall.headers("expert"), hall.headers("air.expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    with hall.live(session_id, house, "owner") as owner:
        assert owner.ask("chat.say", text="secret") == "ack"
        before = log_of(hall, session_id)
        for name in sorted(MESSAGES):
            with hall.live(session_id, stranger, "owner") as attacker:
                attacker.pass_on(name, **example(name), **({"n": 1} if name in NUMBERED else {}))
                assert [one["code"] for one in attacker.all] == ["unknown_session"]
        assert log_of(hall, session_id) == before


def test_while_the_session_is_elsewhere_nothing_can_be_asked_of_it(hall: Neighbours) -> None:
    """L25."""
    house, attacker = hall.headers("expert"), hall.headers("bank.expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    with hall.live(session_id, house, "owner") as owner, hall.live(session_id, attacker) as socket:
        assert owner.ask("device.show", **shown(hall.air)) == "ack"
        sha256 = a_still(hall, session_id, house)
        assert owner.ask("still.share", **share(sha256, 1)) == "ack"
        assert owner.ask("approval.ask", id="a1", what="secret") == "ack"
        mark = {"shape": "text", "place": on_face(hall.air), "text": "secret"}
        assert owner.ask("annotation.add", id="m1", **mark) == "ack"
        socket.until("withheld", 4)
        before = log_of(hall, session_id)
        found = {}
        for name in NUMBERED + FLEETING:
            known = {"sha256": sha256} if "sha256" in EXAMPLES[name] else {}
            found[name] = answered(socket, name, example(name, hall.bank.id) | known)
        # Whoever is recorded may say no wherever the session is (L32); here nobody is.
        consent = dict.fromkeys(("recording.agree", "recording.end"), "unknown_recording")
        assert found == dict.fromkeys(NUMBERED + FLEETING, "elsewhere") | consent
        assert log_of(hall, session_id) == before
        assert hall.ask("POST", f"sessions/{session_id}/stills", attacker, content=b"x").status_code == 403
        assert hall.ask("POST", f"sessions/{session_id}/invitations", attacker, json={}).status_code == 403


def test_what_was_hidden_stays_hidden_when_the_session_comes_back(hall: Neighbours) -> None:
    """L25. Marks, pictures and questions about another's device, named by ids that were guessed."""
    house, attacker = hall.headers("expert"), hall.headers("bank.expert")
    session_id = hall.opened(house, device_id=hall.air.id)
    with hall.live(session_id, house, "owner") as owner, hall.live(session_id, hall.headers("admin"), "b"):
        sha256 = a_still(hall, session_id, house)
        assert owner.ask("still.share", **share(sha256, 1)) == "ack"
        assert owner.ask("approval.ask", id="a1", what="secret") == "ack"
        for mark_id in ("m1", "gone"):
            mark = {"shape": "text", "place": on_face(hall.air), "text": "secret"}
            assert owner.ask("annotation.add", id=mark_id, **mark) == "ack"
        assert owner.ask("annotation.remove", id="gone") == "ack"
        assert owner.ask("device.show", **shown(hall.bank)) == "ack"
        before = log_of(hall, session_id)
        on_still = {"kind": "frame", "frame": {"stream": "camera-1", "frame_id": 1}, "points": [[0.5, 0.5]]}
        with hall.live(session_id, attacker) as socket:
            assert socket.ask("annotation.edit", id="m1", text="x") == "unknown_annotation"
            assert socket.ask("annotation.remove", id="m1") == "unknown_annotation"
            assert socket.ask("annotation.restore", id="gone") == "unknown_annotation"
            assert socket.ask("annotation.add", id="x", shape="text", place=on_still) == "frame_expired"
            assert "secret" not in str(socket.all)
        with hall.live(session_id, hall.headers("bank.admin"), "c") as socket:
            assert socket.ask("approval.give", id="a1", decision="approved") == "unknown_approval"
        after = [
            one for one in log_of(hall, session_id)[len(before) :] if one["type"] != "participant.joined"
        ]
        assert after == []
        assert hall.ask("GET", f"sessions/{session_id}/stills/{sha256}", attacker).status_code == 404


def test_a_picture_of_another_session_cannot_be_shared_or_read_in_ones_own(hall: Neighbours) -> None:
    house, attacker = hall.headers("expert"), hall.headers("air.expert")
    theirs = hall.opened(house, device_id=hall.bank.id)
    sha256 = a_still(hall, theirs, house)
    mine = hall.opened(attacker, device_id=hall.air.id)
    assert hall.ask("GET", f"sessions/{mine}/stills/{sha256}", attacker).status_code == 404
    with hall.live(mine, attacker) as socket:
        assert socket.ask("still.share", **share(sha256, 1)) == "unknown_still"


def test_a_stamp_that_only_the_server_sets_makes_it_no_message(hall: Neighbours) -> None:
    """L22."""
    house = hall.headers("expert")
    session_id = hall.opened(house, device_id=hall.air.id)
    with hall.live(session_id, house, "first"):
        before = log_of(hall, session_id)
    found: dict[tuple[str, str], str] = {}
    for name in sorted(set(MESSAGES) - {"hello"}):
        with hall.live(session_id, house, name.replace(".", "")) as socket:
            for stamp in FORGED.keys() - MESSAGES[name].model_fields.keys():
                found[name, stamp] = answered(socket, name, example(name) | {stamp: FORGED[stamp]})
    assert len(found) > 100
    assert set(found.values()) == {"not_a_message"}
    assert log_of(hall, session_id) == before


def test_what_somebody_else_asked_cannot_be_asked_again_in_their_name(hall: Neighbours) -> None:
    """L4, L5, L19. Replayed as they were sent, replayed twice, and in another order."""
    session_id = hall.opened(hall.headers("expert"), device_id=hall.bank.id)
    lines = [{"type": "chat.say", "n": n, "text": f"line {n}"} for n in (1, 2, 3)]
    with hall.live(session_id, hall.headers("bank.expert"), "victim") as victim:
        for line in lines:
            assert victim.ask("chat.say", text=line["text"]) == "ack"
        with hall.live(session_id, hall.headers("bank.technician"), "victim") as thief:
            assert thief.until("error")["code"] == "client_taken"
        for line in reversed(lines):
            victim.pass_on(**_typed(line))
        victim.pass_on("chat.say", n=9, text="out of turn")
        assert victim.until("error")["code"] == "out_of_order"
        assert victim.ask("chat.say", text="line 4") == "ack"
    with hall.live(session_id, hall.headers("bank.technician"), "own") as thief:
        thief.pass_on(**_typed(lines[2]))
        assert thief.until("error")["code"] == "out_of_order"
    said = [(one["text"], one["n"]) for one in log_of(hall, session_id) if one["type"] == "chat.said"]
    assert said == [(f"line {n}", n) for n in (1, 2, 3, 4)]


def _typed(line: dict[str, Any]) -> dict[str, Any]:
    return {"type_" if key == "type" else key: value for key, value in line.items()}
