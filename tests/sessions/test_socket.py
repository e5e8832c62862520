"""The WebSocket door, as a program meets it."""

from typing import Any

from fastapi.testclient import TestClient

from nearhand.access.model import Role
from tests.support.people import sign_in

CLIENT = "0123456789abcdef"


def test_what_one_says_everybody_in_the_session_is_told(client: TestClient) -> None:
    """L1. L2. A participant is told the state, and then each event."""
    expert, technician = sign_in(client, Role.EXPERT), sign_in(client, Role.TECHNICIAN)
    session = client.post("/api/v1/sessions", json={"subject": "Port 37"}, headers=technician).json()
    url = f"/api/v1/sessions/{session['id']}/live"
    with (
        client.websocket_connect(url, subprotocols=["nearhand.v1"], headers=technician) as one,
        client.websocket_connect(url, subprotocols=["nearhand.v1"], headers=expert) as other,
    ):
        one.send_json([{"type": "hello", "client": "technicians-phone", "resume": None}])
        welcome, state = read(one, 2)
        assert (welcome["type"], welcome["is_resumed"], state["type"]) == ("welcome", False, "session.state")
        other.send_json([{"type": "hello", "client": "experts-desk-0001", "resume": None}])
        assert [m["type"] for m in read(other, 2)] == ["welcome", "session.state"]
        one.send_json([{"type": "chat.say", "n": 1, "text": "Which one?"}])
        said, ack = [m for m in read(one, 4) if m["type"] in {"chat.said", "ack"}]
        assert (said["text"], said["seq"], ack["n"]) == ("Which one?", 3, 1)
        assert read(other, 1)[0] == said
    told = client.get(f"/api/v1/sessions/{session['id']}/events", headers=expert).json()
    assert [event["seq"] for event in told] == [1, 2, 3]


def read(socket: Any, count: int) -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = []
    while len(messages) < count:
        messages += socket.receive_json()
    return messages
