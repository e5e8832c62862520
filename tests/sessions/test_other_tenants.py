"""Whatever another tenant's people, programs and guests say to a session that is not theirs, they hear of nothing."""

import json
from collections.abc import Iterator

import pytest

from nearhand.access.model import Permission
from nearhand.app import API
from tests.contract.test_message_permissions import EXAMPLES, MESSAGES
from tests.sessions.test_attacks import NUMBERED
from tests.support.estates import ANY_ID, VICTIM, Attacker, World, world
from tests.support.neighbours import PROTOCOL


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("house")) as made:
        yield made


def told(house: World, who: Attacker, session_id: str, client: str, *messages: object) -> str:
    """All that is told to whoever enters so, until the line is closed or the state has come."""
    url = f"{API}/sessions/{session_id}/live"
    heard: list[str] = []
    with house.client.websocket_connect(url, subprotocols=PROTOCOL, headers=who.headers) as line:
        line.send_json([{"type": "hello", "client": client.ljust(16, "_")}, *messages])
        while not any(word in "".join(heard) for word in ('"error"', '"session.state"')):
            heard.append(line.receive_text())
    return "".join(heard)


@pytest.mark.parametrize("name", sorted(MESSAGES))
def test_no_message_is_heard_in_the_session_of_another(house: World, name: str) -> None:
    """L25. Every message by everybody, under the client's name of whoever is in there."""
    before = house.victims_rows()
    message = json.loads(json.dumps(EXAMPLES[name])) | ({"n": 1} if name in NUMBERED else {})
    for who in house.attackers:
        answers = {
            told(house, who, session_id, VICTIM, message).replace(session_id, "…")
            for session_id in (house.victim["session"], ANY_ID)
        }
        (answer,) = answers
        assert any(f'"{code}"' in answer for code in ("unknown_session", "not_permitted")), answer
        assert house.leaks(answer) == []
    assert house.victims_rows() == before


def test_of_a_session_that_went_to_the_device_of_another_they_are_told_the_rest(house: World) -> None:
    """L25. By the state on entering, as by the log."""
    for who in house.attackers:
        state = told(house, who, house.own["session"], f"state{house.attackers.index(who)}")
        log = house.ask("GET", f"sessions/{house.own['session']}/events?limit=1000", who.headers)
        assert "session.state" in state
        assert "withheld" in log.text
        assert house.leaks(state + log.text) == []


def test_the_wall_never_speaks_of_the_sessions_of_another(house: World) -> None:
    """L25."""
    for who in house.attackers:
        with house.client.websocket_connect(
            f"{API}/wall", subprotocols=PROTOCOL, headers=who.headers
        ) as wall:
            heard = wall.receive_text()
            if Permission.SESSIONS_LIST not in who.permissions:
                assert '"not_permitted"' in heard
                continue
            for ids in (house.victim, house.own):
                body = {"subject": f"{ids['word']} again", "device_id": ids["device"]}
                opened = house.made("POST", "sessions", body)
            heard += wall.receive_text()
        assert opened["id"] in heard
        assert house.leaks(heard) == []
