"""Who is hung up on after a while."""

import pytest

from nearhand.sessions.wire import CloseCode
from tests.support.live import (
    EXPERT,
    OBSERVER,
    TECHNICIAN,
    LiveServer,
    closed,
    draw,
    until,
)


async def test_a_line_that_takes_nothing_and_a_silent_one_are_closed(server: LiveServer) -> None:
    """L10. L20."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    observer = await server.join(OBSERVER, "page")
    expert.line.is_slow = True
    await draw(technician, "m1")
    server.ticker.now_s += 6
    await server.hub.tend()
    await closed(expert)
    assert expert.line.closed is CloseCode.TOO_SLOW
    server.ticker.now_s += 30
    await observer.say({"type": "ping"})
    assert observer.line.told("pong")
    server.ticker.now_s += 20
    await server.hub.tend()
    await until(lambda: technician.line.closed is not None)
    assert technician.line.closed is CloseCode.IDLE
    assert observer.line.closed is None


async def test_somebody_who_signed_out_is_closed_soon(server: LiveServer) -> None:
    """L21."""
    expert = await server.join(EXPERT, "desk")
    technician = await server.join(TECHNICIAN, "phone")
    expert.line.reason = CloseCode.UNAUTHENTICATED
    server.ticker.now_s += 31
    await server.hub.tend()
    await closed(expert)
    assert (expert.line.closed, technician.line.closed) == (CloseCode.UNAUTHENTICATED, None)


async def test_a_check_that_cannot_be_made_throws_nobody_out(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L21."""
    expert = await server.join(EXPERT, "desk")

    async def away() -> bool:
        raise OSError("the database is away")

    monkeypatch.setattr(expert.line, "reason_to_close", away)
    server.ticker.now_s += 31
    await server.hub.tend()
    assert (await draw(expert, "m1"))["type"] == "ack"
    assert expert.line.closed is None


async def test_an_ended_session_closes_its_lines_after_a_while_and_can_still_be_looked_at(
    server: LiveServer,
) -> None:
    """L11."""
    expert = await server.join(EXPERT, "desk")
    await expert.ask("session.end")
    await server.hub.tend()
    assert expert.line.closed is None
    server.ticker.now_s += 31
    await server.hub.tend()
    await closed(expert)
    assert expert.line.closed is CloseCode.ENDED
    stored = await server.stored()
    late = await server.join(OBSERVER, "page")
    assert late.line.told("session.state")[0]["state"]["is_ended"]
    assert (await late.ask("chat.say", text="too late"))["code"] == "session_ended"
    assert await server.stored() == stored
