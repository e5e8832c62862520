"""Lines that are replaced, too slow or talk nonsense."""

import json

from nearhand.sessions.wire import CloseCode
from tests.support.live import (
    EXPERT,
    TECHNICIAN,
    LiveServer,
    closed,
    draw,
)


async def test_a_late_close_of_an_old_socket_does_not_hurt_the_new_one(server: LiveServer) -> None:
    """L18. A connection's identity is its generation."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    again = await expert.again()
    await closed(expert)
    assert expert.line.closed is CloseCode.REPLACED
    expert.leave()
    expert.leave()
    assert (await draw(technician, "m1"))["type"] == "ack"
    assert again.line.told("annotation.added")
    assert technician.line.told("presence.changed") == [
        {"type": "presence.changed", "participant": json.loads(EXPERT.model_dump_json()), "is_present": True}
    ]


async def test_a_participant_who_cannot_keep_up_is_closed_and_returns_without_loss(
    server: LiveServer,
) -> None:
    """L10."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    seq = expert.welcome["seq"]
    expert.line.is_slow = True
    for _ in range(700):
        await technician.ask("chat.say", text="x" * 2000)
        if expert.line.closed:
            break
    assert expert.line.closed is CloseCode.TOO_SLOW
    expert.leave()
    again = await expert.again((expert.welcome["epoch"], seq))
    assert [e["seq"] for e in again.line.events()] == list(range(seq + 1, len(await server.stored()) + 1))


async def test_somebody_who_does_not_stop_sending_nonsense_is_closed(server: LiveServer) -> None:
    """L22."""
    expert = await server.join(EXPERT, "desk")
    for _ in range(20):
        await expert.say({"type": "nonsense"})
    assert expert.line.closed is None
    assert len(expert.line.told("error")) == 20
    await expert.say({"type": "nonsense"})
    await closed(expert)
    assert expert.line.closed is CloseCode.TOO_MANY_ERRORS
