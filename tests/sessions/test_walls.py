"""What a wall shows."""

from nearhand.sessions.model import SessionStatus
from tests.support.live import (
    EXPERT,
    SESSION,
    LiveServer,
    a_session,
    draw,
    until,
)
from tests.support.socket_pair import FakeLine


async def test_the_wall_shows_open_sessions_and_each_change(server: LiveServer) -> None:
    line = FakeLine()
    wall = server.hub.connection(line)
    await server.hub.watch(wall)
    assert [(s["id"], s["status"]) for s in line.received] == [(SESSION, "ringing")]
    expert = await server.join(EXPERT, "desk")
    assert (line.received[-1]["status"], line.received[-1]["expert_names"]) == ("open", ["An expert"])
    told = len(line.received)
    await draw(expert, "m1")
    assert len(line.received) == told
    await server.hub.open(a_session("SESSION00002"))
    assert line.received[-1]["id"] == "SESSION00002"
    await expert.ask("session.end")
    assert line.received[-1]["status"] == "ended"
    listed, total = await server.log.sessions(list(SessionStatus), limit=10, offset=0)
    assert (len(listed), total) == (2, 2)


async def test_a_wall_without_sessions_is_told_so_and_then_each_that_opens(server: LiveServer) -> None:
    """The page knows by the first frame, even an empty one, that it is connected."""
    expert = await server.join(EXPERT, "desk")
    await expert.ask("session.end")
    line = FakeLine()
    line.is_slow = True
    wall = server.hub.connection(line)
    wall.outbox.put("")
    await server.hub.watch(wall)
    await server.hub.open(a_session("SESSION00002"))
    line.flush()
    await until(lambda: bool(line.received))
    assert line.frames[0] == "[]"
    assert [s["id"] for s in line.received] == ["SESSION00002"]
