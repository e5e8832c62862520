"""What the hub promises to everybody, over fake lines and a real log."""

import asyncio

import pytest

from nearhand.kit.errors import KeyReused
from nearhand.sessions.model import (
    NotSaved,
    SessionStatus,
)
from nearhand.sessions.wire import CloseCode
from tests.support.live import (
    EXPERT,
    ON_FACE,
    TECHNICIAN,
    LiveServer,
    a_session,
    closed,
)
from tests.support.socket_pair import FakeLine


async def test_a_stopping_server_says_so(server: LiveServer) -> None:
    expert = await server.join(EXPERT, "desk")
    await server.hub.stop()
    await closed(expert)
    assert expert.line.closed is CloseCode.RESTARTING
    await server.hub.start()


async def test_a_pointer_goes_to_everyone_but_its_sender_and_is_not_stored(server: LiveServer) -> None:
    """L7."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    before = len(await server.stored())
    await expert.say({"type": "pointer.move", "place": ON_FACE})
    (moved,) = technician.line.told("pointer.moved")
    assert (moved["by"], moved["points_mm"][0]) == (EXPERT.id, [10, 5, 0])
    assert not expert.line.told("pointer.moved")
    assert len(await server.stored()) == before


async def test_a_session_cannot_be_opened_on_a_full_disk(server: LiveServer) -> None:
    """L15."""
    server.storage.is_full = True
    with pytest.raises(NotSaved):
        await server.hub.open(a_session("SESSION00002"))


async def test_a_session_asked_for_many_times_at_once_is_opened_once(server: LiveServer) -> None:
    """The id is that of the key, and the log alone says whether it is there: also after a restart."""
    line = FakeLine()
    await server.hub.watch(server.hub.connection(line))
    asked = [server.hub.open(a_session("SESSION00002"), "digest") for _ in range(5)]
    assert await asyncio.gather(*asked) == [a_session("SESSION00002")] * 5
    assert [s["id"] for s in line.received].count("SESSION00002") == 1
    expert = await server.join(EXPERT, "desk", session_id="SESSION00002")
    await server.restart()
    again = await server.hub.open(a_session("SESSION00002"), "digest")
    assert (again.status, again.expert_names) == (SessionStatus.OPEN, (expert.who.display_name,))
    with pytest.raises(KeyReused):
        await server.hub.open(a_session("SESSION00002"), "of something else")
