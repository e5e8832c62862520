"""What somebody is told who comes into a session, or comes back."""

import pytest

from nearhand.sessions import connections as connections_module
from nearhand.sessions import joining as joining_module
from nearhand.sessions.connections import Caller
from nearhand.sessions.messages import Hello
from nearhand.sessions.model import UnknownSession
from nearhand.sessions.wire import CloseCode
from tests.support.live import (
    EXPERT,
    SESSION,
    TECHNICIAN,
    LiveServer,
    Member,
    draw,
    until,
)


async def test_a_joining_participant_is_told_the_state_and_then_each_event_without_a_gap(
    server: LiveServer,
) -> None:
    """L1."""
    technician = await server.join(TECHNICIAN, "phone")
    await draw(technician, "m1")
    expert = await server.join(EXPERT, "desk")
    welcome, state = expert.line.received[:2]
    assert (welcome["type"], welcome["is_resumed"], state["type"]) == ("welcome", False, "session.state")
    assert state["seq"] == welcome["seq"] == 3
    assert [a["id"] for a in state["state"]["annotations"]] == ["m1"]
    assert sorted(welcome["present"]) == [EXPERT.id, TECHNICIAN.id]
    await draw(technician, "m2")
    assert [event["seq"] for event in expert.line.events()] == [4]
    assert [event["seq"] for event in technician.line.events()] == [2, 3, 4]


async def test_whoever_asks_is_told_the_event_before_its_acknowledgement(server: LiveServer) -> None:
    """L2."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    assert [m["type"] for m in expert.line.received[-2:]] == ["annotation.added", "ack"]
    assert expert.line.events()[-1] == (await server.stored())[-1]


async def test_a_client_resumes_where_it_was(server: LiveServer) -> None:
    """L16. Exactly the missed events, once."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    expert.leave()
    for number in range(5):
        await draw(technician, f"m{number}")
    again = await expert.again((expert.welcome["epoch"], 2))
    assert again.welcome["is_resumed"]
    assert [event["seq"] for event in again.line.events()] == [3, 4, 5, 6, 7]
    assert not again.line.told("session.state")


async def test_resuming_with_nothing_missed_tells_nothing(server: LiveServer) -> None:
    """L16. Resume with zero events."""
    expert = await server.join(EXPERT, "desk")
    again = await expert.again((expert.welcome["epoch"], 1))
    assert [m["type"] for m in again.line.received] == ["welcome"]
    assert again.welcome["is_resumed"]


async def test_a_client_that_never_received_an_event_resumes_from_zero(server: LiveServer) -> None:
    """L16. Recovery must not depend on having received something first."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    again = await expert.again((expert.welcome["epoch"], 0))
    assert [event["seq"] for event in again.line.events()] == [1, 2]


@pytest.mark.parametrize("resume", [("another-epoch", 1), ("", 9)])
async def test_a_resume_that_is_impossible_is_answered_with_the_state(
    server: LiveServer, resume: tuple[str, int]
) -> None:
    """L17. Another epoch, or a seq ahead of the log."""
    expert = await server.join(EXPERT, "desk")
    epoch, seq = resume
    again = await expert.again((epoch or expert.welcome["epoch"], seq))
    assert [m["type"] for m in again.line.received] == ["welcome", "session.state"]
    assert not again.welcome["is_resumed"]


async def test_a_long_absence_is_made_up_from_the_log(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L16. More was missed than is remembered."""
    monkeypatch.setattr(connections_module, "RECENT_EVENTS", 4)
    monkeypatch.setattr(joining_module, "EVENTS_PER_ITEM", 3)
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    expert.leave()
    for number in range(20):
        await draw(technician, f"m{number}")
    again = await expert.again((expert.welcome["epoch"], 2))
    assert [event["seq"] for event in again.line.events()] == list(range(3, 23))


async def test_too_long_an_absence_is_answered_with_the_state(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L17."""
    monkeypatch.setattr(joining_module, "MAX_RESUMED_EVENTS", 3)
    expert = await server.join(EXPERT, "desk")
    for number in range(5):
        await draw(expert, f"m{number}")
    again = await expert.again((expert.welcome["epoch"], 0))
    assert again.line.told("session.state")


async def test_an_unknown_session_is_not_made_by_entering_it(server: LiveServer) -> None:
    with pytest.raises(UnknownSession):
        await server.join(EXPERT, "desk", session_id="NOSUCHSESSION")


async def test_what_is_asked_before_the_welcome_waits_for_it(server: LiveServer) -> None:
    expert = Member(server, EXPERT, "desk")
    joining = expert.join()
    await joining
    again = Member(server, EXPERT, "desk", n=0)
    again.connection = server.hub.connection(again.line, Caller(EXPERT, SESSION, again.client))
    hello = Hello(client=again.client, resume=None)
    await server.hub.join(again.connection, hello)
    await again.say(
        {"type": "chat.say", "n": 1, "text": "early"}, {"type": "chat.say", "n": 2, "text": "bird"}
    )
    await until(lambda: again.settled(2) is not None)
    assert [e["text"] for e in again.line.told("chat.said")] == ["early", "bird"]


async def test_somebody_with_two_devices_is_present_until_the_last_one_leaves(server: LiveServer) -> None:
    """L18."""
    technician = await server.join(TECHNICIAN, "phone")
    desk = await server.join(EXPERT, "desk")
    laptop = await server.join(EXPERT, "laptop")
    assert (desk.line.closed, laptop.line.closed) == (None, None)
    desk.leave()
    assert [m["is_present"] for m in technician.line.told("presence.changed")] == [True]
    laptop.leave()
    assert [m["is_present"] for m in technician.line.told("presence.changed")] == [True, False]
    assert len((await server.hub._rooms.load(SESSION)).room.participants) == 2


async def test_nobody_can_use_the_client_id_of_another(server: LiveServer) -> None:
    """L19. Else one could settle another's numbers before they are sent."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    thief = await server.join(TECHNICIAN, "desk")
    assert thief.line.closed is CloseCode.CLIENT_TAKEN
    expert.leave()
    thief = await server.join(TECHNICIAN, "desk")
    assert thief.line.closed is CloseCode.CLIENT_TAKEN
