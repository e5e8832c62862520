"""A room is what the log says, and is forgotten when nobody is in it."""

import threading
from typing import Any

import pytest

from nearhand.sessions import log as log_module
from nearhand.sessions.model import still_frame
from tests.support.live import (
    EXPERT,
    OBSERVER,
    SESSION,
    TECHNICIAN,
    LiveServer,
    draw,
    still_and_mark,
    until,
)


async def test_history_is_there_after_a_restart(server: LiveServer) -> None:
    """L2. Including what is folded in a snapshot, and what came after it."""
    expert = await server.join(EXPERT, "desk")
    for number in range(70):  # a snapshot is folded every 50
        await draw(expert, f"m{number}")
    told = expert.line.events()
    await server.restart()
    again = await expert.again((expert.welcome["epoch"], 0))
    assert again.line.events() == await server.stored()
    assert again.line.events()[1:] == told
    fresh = await server.join(OBSERVER, "page")
    state = fresh.line.told("session.state")[0]["state"]
    assert [a["id"] for a in state["annotations"]] == [f"m{number}" for number in range(70)]
    assert (await draw(again, "m70"))["type"] == "ack"


async def test_an_empty_room_is_forgotten_and_comes_back_from_the_log(server: LiveServer) -> None:
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    expert.leave()
    server.ticker.now_s += 31
    await server.hub.tend()
    assert list(server.hub._rooms) == []
    again = await expert.again((expert.welcome["epoch"], 1))
    assert [e["seq"] for e in again.line.events()] == [2]


async def test_a_session_with_many_stills_is_read_without_holding_up_others_and_each_can_be_drawn_on(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L8. Reading 10,000 stills takes most of a second, in which every pointer of every session would stand still."""
    phone = await server.join(TECHNICIAN, "phone")
    place = {
        "kind": "frame",
        "frame": {"stream": "camera-1", "frame_id": 7},
        "points": [[0.5, 0.5], [0.6, 0.5]],
    }
    share, _ = still_and_mark(place)
    for frame_id in range(7, 10):
        frame = {"stream": "camera-1", "frame_id": frame_id}
        await phone.say(share | {"n": frame_id - 6, "frame": frame})
    await until(lambda: phone.settled(3) is not None)
    await server.restart()
    threads = set()

    def noted(event: str) -> Any:
        threads.add(threading.get_ident())
        return still_frame(event)

    monkeypatch.setattr(log_module, "still_frame", noted)
    again = await phone.again(n=3)
    assert len((await server.hub._rooms.load(SESSION)).room.frames._stills) == 3
    assert threads
    assert threading.get_ident() not in threads
    assert (await again.ask("annotation.add", id="m1", shape="ring", place=place))["type"] == "ack"
