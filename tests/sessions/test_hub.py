"""What the hub promises to everybody in a session, over fake lines and a real log."""

import asyncio
import json
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from nearhand.devices.model import Face
from nearhand.kit.errors import KeyReused, NotFound, Unavailable
from nearhand.sessions import hub as hub_module
from nearhand.sessions import log as log_module
from nearhand.sessions.hub import Caller
from nearhand.sessions.messages import ChatSaid, CloseCode, Hello
from nearhand.sessions.model import (
    NotSaved,
    SessionStatus,
    ShownDevice,
    UnknownPort,
    UnknownSession,
    still_frame,
)
from nearhand.sessions.room import Part, Room
from tests.support.live import (
    AT,
    EXPERT,
    LIMITS,
    OBSERVER,
    SESSION,
    TECHNICIAN,
    LiveServer,
    Member,
    a_session,
    a_sighting,
    nothing_to_find,
    until,
)
from tests.support.socket_pair import FakeLine

ON_FACE = {"kind": "face", "device_id": "DEVICE", "face": "front", "points_mm": [[10, 5, 0], [14, 5, 0]]}


async def draw(member: Member, id_: str, **fields: Any) -> dict[str, Any]:
    return await member.ask("annotation.add", id=id_, shape="ring", place=ON_FACE, **fields)


# -- joining and resuming -------------------------------------------------------------------------------------------


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


async def test_whoever_enters_is_told_what_a_phone_may_use_of_data(tmp_path: Path) -> None:
    server = await LiveServer(tmp_path, replace(LIMITS, budget_bytes=50_000_000)).start()
    await server.open()
    phone = await server.join(TECHNICIAN, "phone")
    assert phone.line.received[0]["budget_bytes"] == 50_000_000
    await server.stop()


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
    monkeypatch.setattr(hub_module, "RECENT_EVENTS", 4)
    monkeypatch.setattr(hub_module, "EVENTS_PER_ITEM", 3)
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
    monkeypatch.setattr(hub_module, "MAX_RESUMED_EVENTS", 3)
    expert = await server.join(EXPERT, "desk")
    for number in range(5):
        await draw(expert, f"m{number}")
    again = await expert.again((expert.welcome["epoch"], 0))
    assert again.line.told("session.state")


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


# -- exactly once ---------------------------------------------------------------------------------------------------


async def test_what_is_sent_again_after_a_lost_acknowledgement_is_stored_once(server: LiveServer) -> None:
    """L4."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    again = await expert.again((expert.welcome["epoch"], 1), n=0)
    assert again.welcome["acked"] == 1
    assert (await draw(again, "m1"))["type"] == "ack"
    assert len(await server.stored()) == 2


async def test_a_duplicate_over_a_replaced_connection_is_told_once(server: LiveServer) -> None:
    """L4. The same wish on the old line and on the new one in the same moment."""
    expert = await server.join(EXPERT, "desk")
    again = await expert.again()
    say = {"type": "chat.say", "n": 1, "text": "hello"}
    await expert.say(say)
    await again.say(say)
    await until(lambda: again.settled(1) is not None)
    assert len(again.line.told("chat.said")) == 1
    assert len(await server.stored()) == 2


async def test_a_refused_number_is_refused_again_also_after_a_restart(server: LiveServer) -> None:
    """L6. Never acknowledged as if it were stored."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    assert (await expert.ask("annotation.remove", id="nothing"))["code"] == "unknown_annotation"
    await server.restart()
    again = await expert.again(n=1)
    assert again.welcome["acked"] == 2
    refused = await again.ask("annotation.remove", id="nothing")
    assert (refused["type"], refused["code"]) == ("refused", "refused_before")
    assert (await draw(again, "m2"))["type"] == "ack"


async def test_a_malformed_wish_with_a_number_is_refused_and_does_not_block_the_next(
    server: LiveServer,
) -> None:
    """L6."""
    expert = await server.join(EXPERT, "desk")
    refused = await expert.ask("annotation.invent", whatever=1)
    assert (refused["type"], refused["code"]) == ("refused", "not_a_message")
    assert (await draw(expert, "m1"))["type"] == "ack"


async def test_a_number_that_skips_ahead_is_an_error_and_not_settled(server: LiveServer) -> None:
    """L5."""
    expert = await server.join(EXPERT, "desk")
    await expert.say({"type": "chat.say", "n": 5, "text": "hello"})
    await until(lambda: bool(expert.line.told("error")))
    assert expert.line.told("error")[0]["code"] == "out_of_order"
    assert expert.line.closed is None
    assert (await expert.ask("chat.say", text="first"))["type"] == "ack"


async def test_a_wish_that_the_room_stumbles_over_is_refused_and_those_after_it_go_on(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L6. A mistake of ours would be made again each time the sender tries, and hold up all it asks after it."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")

    def stumble(room: Room, event: ChatSaid) -> None:
        if event.text == "poison":
            raise KeyError("a mistake of ours")
        reduce_chat(room, event)

    rules: dict[Any, Any] = Room._REDUCE
    reduce_chat = rules[ChatSaid]
    monkeypatch.setitem(rules, ChatSaid, stumble)
    texts = ("before", "poison", "after")
    await technician.say({"type": "chat.say", "n": 1, "text": "from another"})
    await expert.say(*({"type": "chat.say", "n": n, "text": text} for n, text in enumerate(texts, start=1)))
    await until(lambda: expert.settled(3) is not None)
    (refused,) = expert.line.told("refused")
    assert (refused["n"], refused["code"]) == (2, "internal")
    assert [m["text"] for m in technician.line.told("chat.said")] == ["from another", "before", "after"]
    assert [e["seq"] for e in await server.stored()] == [1, 2, 3, 4, 5]
    assert expert.line.closed is None
    await server.restart()
    again = await expert.again(n=1)
    assert again.welcome["acked"] == 3
    assert (await again.ask("chat.say", text="poison"))["code"] == "refused_before"


async def test_a_wish_that_the_look_up_stumbles_over_is_refused(server: LiveServer) -> None:
    """L6."""
    expert = await server.join(EXPERT, "desk")

    async def stumble(*_: object) -> None:
        raise KeyError("a mistake of ours")

    server.look_up = stumble
    refused = await expert.ask("chat.say", text="hello")
    assert (refused["type"], refused["code"]) == ("refused", "internal")
    server.look_up = nothing_to_find
    assert (await expert.ask("chat.say", text="hello"))["type"] == "ack"


@pytest.mark.parametrize(
    "error",
    [
        OSError("no route to the database"),
        sqlite3.OperationalError("database or disk is full"),
        DBAPIError("select", {}, Exception("connection was closed in the middle of operation")),
        Unavailable(),
    ],
)
async def test_what_a_disk_or_database_is_to_blame_for_is_tried_again(
    server: LiveServer, error: Exception
) -> None:
    """L15."""
    expert = await server.join(EXPERT, "desk")

    async def broken(*_: object) -> None:
        raise error

    server.look_up = broken
    await expert.say({"type": "chat.say", "n": 1, "text": "hello"})
    await closed(expert)
    assert expert.line.closed is CloseCode.NOT_SAVED
    server.look_up = nothing_to_find
    again = await expert.again()
    assert (await again.ask("chat.say", text="hello"))["type"] == "ack"


# -- connections ----------------------------------------------------------------------------------------------------


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
    assert len(server.hub._rooms[SESSION].room.participants) == 2


async def test_nobody_can_use_the_client_id_of_another(server: LiveServer) -> None:
    """L19. Else one could settle another's numbers before they are sent."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    thief = await server.join(TECHNICIAN, "desk")
    assert thief.line.closed is CloseCode.CLIENT_TAKEN
    expert.leave()
    thief = await server.join(TECHNICIAN, "desk")
    assert thief.line.closed is CloseCode.CLIENT_TAKEN


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


async def closed(member: Member) -> bool:
    await until(lambda: member.line.closed is not None)
    return True


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


async def test_an_empty_room_is_forgotten_and_comes_back_from_the_log(server: LiveServer) -> None:
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    expert.leave()
    server.ticker.now_s += 31
    await server.hub.tend()
    assert server.hub._rooms == {}
    again = await expert.again((expert.welcome["epoch"], 1))
    assert [e["seq"] for e in again.line.events()] == [2]


async def test_a_stopping_server_says_so(server: LiveServer) -> None:
    expert = await server.join(EXPERT, "desk")
    await server.hub.stop()
    await closed(expert)
    assert expert.line.closed is CloseCode.RESTARTING
    await server.hub.start()


async def test_who_waits_for_a_session_to_open_when_the_server_stops_is_answered(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also who waits for a room to load, and for a mark to be taken off."""
    monkeypatch.setattr(hub_module, "STOP_WITHIN_S", 0.01)
    writing = asyncio.Event()

    async def never(_: object) -> None:
        writing.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(server.storage, "write", never)
    opening = asyncio.create_task(server.hub.open(a_session("SESSION00002")))
    await writing.wait()
    late = asyncio.create_task(server.hub.open(a_session("SESSION00003")))
    member = Member(server, EXPERT, "desk")
    joining = asyncio.create_task(member.join())
    await until(lambda: bool(server.hub._due.opening and server.hub._due.joining))
    await server.hub.stop()
    for waiting in (opening, late):
        with pytest.raises(NotSaved):
            await waiting
    await joining
    assert await closed(member)
    assert member.line.closed is CloseCode.RESTARTING
    with pytest.raises(NotSaved, match="stopping"):
        await server.hub.open(a_session("SESSION00004"))
    latest = Member(server, EXPERT, "desk")
    await latest.join()
    assert latest.line.closed is CloseCode.RESTARTING
    monkeypatch.undo()


async def test_what_was_asked_before_the_server_stops_is_stored(server: LiveServer) -> None:
    expert = await server.join(EXPERT, "desk")
    await expert.say({"type": "chat.say", "n": 1, "text": "just in time"})
    await server.hub.stop()
    await closed(expert)
    assert expert.settled(1) == {"type": "ack", "n": 1}
    assert (await server.stored())[-1]["text"] == "just in time"


# -- fleeting -------------------------------------------------------------------------------------------------------


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


async def test_a_mark_on_a_sighted_frame_is_anchored_by_that_frames_pose(server: LiveServer) -> None:
    """L8."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    frame = {"stream": "camera-1", "frame_id": 7, "how": "ring"}
    sighting = json.loads(a_sighting().model_dump_json())
    sight = {
        "type": "frame.sight",
        "frame": frame,
        "captured_at": "2020-01-01T00:00:00Z",
        "sighting": sighting,
    }
    await technician.say(sight)
    assert expert.line.told("frame.sighted")
    place = {"kind": "frame", "frame": frame, "points": [[0.5, 0.5], [0.6, 0.5]]}
    await expert.ask("annotation.add", id="m1", shape="ring", place=place)
    (added,) = technician.line.told("annotation.added")
    assert added["annotation"]["anchor"]["points_mm"][0] == [100, 20, 0]


def still_and_mark(place: dict[str, Any]) -> list[dict[str, Any]]:
    """One frame that shares a picture and draws on it at once."""
    still = {"sha256": "a" * 64, "width": 1280, "height": 720, "captured_at": AT.isoformat()}
    seen = a_sighting().model_dump(mode="json")
    return [
        {"type": "still.share", "n": 1, "frame": place["frame"], "sighting": seen, **still},
        {"type": "annotation.add", "n": 2, "id": "m1", "shape": "ring", "place": place},
    ]


@pytest.mark.parametrize("is_before_the_welcome", [False, True])
async def test_a_mark_far_beside_the_face_is_refused_also_when_its_picture_came_just_before(
    server: LiveServer, is_before_the_welcome: bool
) -> None:
    """L8. The face is asked for when the mark is decided on, not when it is heard."""

    async def look_up(_: str, __: object, on: ShownDevice | None) -> Face | None:
        return Face(width_mm=482.6, height_mm=44) if on is not None else None

    server.look_up = look_up
    far = [[0.9, 0.9], [0.95, 0.9]]
    place = {"kind": "frame", "frame": {"stream": "camera-1", "frame_id": 7}, "points": far}
    phone = Member(server, TECHNICIAN, "phone")
    if is_before_the_welcome:
        phone.connection = server.hub.connection(phone.line, Caller(TECHNICIAN, SESSION, phone.client))
        await server.hub.join(phone.connection, Hello(client=phone.client, resume=None))
    else:
        await phone.join()
    await phone.say(*still_and_mark(place))
    await until(lambda: phone.settled(2) is not None)
    settled = phone.settled(2)
    assert settled is not None
    assert settled.get("code") == "misses_face"


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
    assert len(server.hub._rooms[SESSION].room.still_frames) == 3
    assert threads
    assert threading.get_ident() not in threads
    assert (await again.ask("annotation.add", id="m1", shape="ring", place=place))["type"] == "ack"


async def test_a_mark_whose_face_cannot_be_looked_up_is_not_settled(server: LiveServer) -> None:
    """L15."""

    async def look_up(_: str, __: object, on: ShownDevice | None) -> None:
        if on is not None:
            raise OSError("the database is away")

    server.look_up = look_up
    phone = await server.join(TECHNICIAN, "phone")
    points = [[0.5, 0.5], [0.6, 0.5]]
    await phone.say(
        *still_and_mark({"kind": "frame", "frame": {"stream": "camera-1", "frame_id": 7}, "points": points})
    )
    await closed(phone)
    assert phone.line.closed is CloseCode.NOT_SAVED
    assert phone.settled(2) is None
    assert (await phone.again(n=1)).welcome["acked"] == 1
    assert (await server.stored())[-1]["type"] == "still.shared"


# -- the disk -------------------------------------------------------------------------------------------------------


async def test_when_the_disk_is_full_nothing_is_acknowledged_and_nothing_is_lost(server: LiveServer) -> None:
    """L15. "Connected" while nothing is saved must not look like success."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1")
    server.storage.is_full = True
    await expert.say(
        {"type": "chat.say", "n": 2, "text": "lost?"}, {"type": "annotation.remove", "n": 3, "id": "x"}
    )
    await closed(expert)
    assert expert.line.closed is CloseCode.NOT_SAVED
    assert expert.line.told("error")[-1]["code"] == "not_saved"
    assert expert.settled(2) is None
    assert not technician.line.told("chat.said")
    assert technician.line.closed is None

    still_full = await expert.again((expert.welcome["epoch"], 3))
    assert still_full.welcome["acked"] == 1
    await technician.say({"type": "pointer.move", "place": ON_FACE})
    assert still_full.line.told("pointer.moved")
    stranger = await server.join(OBSERVER, "page")
    assert stranger.line.closed is CloseCode.NOT_SAVED

    server.storage.is_full = False
    again = await expert.again((expert.welcome["epoch"], 3), n=1)
    assert (await again.ask("chat.say", text="lost?"))["type"] == "ack"
    assert (await again.ask("annotation.remove", id="x"))["type"] == "refused"
    assert [e["seq"] for e in await server.stored()] == [1, 2, 3, 4]
    assert technician.line.events()[-1]["text"] == "lost?"


async def test_a_failure_nobody_foresaw_leaves_no_gap_in_the_log(server: LiveServer) -> None:
    """L15. Whatever goes wrong, the room is again what the log says."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    server.storage.error, server.storage.is_full = OverflowError("int too large"), True
    await expert.say({"type": "chat.say", "n": 1, "text": "lost?"})
    await closed(expert)
    assert expert.line.closed is CloseCode.NOT_SAVED
    assert expert.line.told("error")[-1]["code"] == "not_saved"
    server.storage.is_full = False
    assert (await technician.ask("chat.say", text="still here"))["type"] == "ack"
    again = await expert.again((expert.welcome["epoch"], 2))
    assert (await again.ask("chat.say", text="lost?"))["type"] == "ack"
    assert [e["seq"] for e in await server.stored()] == [1, 2, 3, 4]


async def test_what_was_stored_but_not_told_is_told_on_return(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L1. A failure between the commit and the telling sends everybody in the room back for what they missed."""
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")

    def fail(*_: object) -> None:
        raise RuntimeError("telling failed")

    with monkeypatch.context() as patched:
        patched.setattr(server.hub, "_tell", fail)
        await expert.say({"type": "chat.say", "n": 1, "text": "stored"})
        await closed(technician)
    assert technician.line.closed is CloseCode.RESTARTING
    again = await technician.again((technician.welcome["epoch"], 2))
    assert [event["text"] for event in again.line.told("chat.said")] == ["stored"]


async def test_who_enters_a_room_that_cannot_be_read_again_is_sent_away(server: LiveServer) -> None:
    """L15. In a room that was given up nobody would hear of what the next one stores."""
    technician = await server.join(TECHNICIAN, "phone")
    server.storage.is_full = server.storage.is_unreadable = True
    stranger = await server.join(OBSERVER, "page")
    assert stranger.line.closed is CloseCode.NOT_SAVED
    await closed(technician)
    assert technician.line.closed is CloseCode.RESTARTING


async def test_who_comes_while_a_room_is_being_given_up_is_sent_away(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L15."""
    expert = await server.join(EXPERT, "desk")
    late = Member(server, TECHNICIAN, "phone")

    async def unreadable(_: str) -> None:
        late.connection = server.hub.connection(late.line, Caller(late.who, SESSION, late.client))
        await server.hub.join(late.connection, Hello(client=late.client, resume=None))
        raise OSError("the disk is gone")

    server.storage.is_full = True
    monkeypatch.setattr(server.log, "load", unreadable)
    await expert.say({"type": "chat.say", "n": 1, "text": "lost?"})
    await closed(late)
    assert late.line.closed is CloseCode.RESTARTING


async def test_a_session_cannot_be_opened_on_a_full_disk(server: LiveServer) -> None:
    """L15."""
    server.storage.is_full = True
    with pytest.raises(NotSaved):
        await server.hub.open(a_session("SESSION00002"))


async def test_when_a_look_up_fails_the_wish_is_not_settled(server: LiveServer) -> None:
    """L15. The registry's database may be away for a moment."""
    expert = await server.join(EXPERT, "desk")

    async def broken(*_: object) -> None:
        raise OSError("the database is away")

    server.look_up = broken
    await expert.say({"type": "chat.say", "n": 1, "text": "hello"})
    await closed(expert)
    assert expert.line.closed is CloseCode.NOT_SAVED
    assert expert.settled(1) is None


async def test_what_a_message_names_is_looked_up(server: LiveServer) -> None:
    expert = await server.join(EXPERT, "desk")

    async def found(*_: object) -> Part:
        return Part("37", 300, 12, 10, 10)

    async def gone(*_: object) -> Part:
        raise UnknownPort("That device is no longer registered.")

    place = {"kind": "port", "device_id": "DEVICE", "face": "front", "port": "37"}
    server.look_up = found
    assert (await expert.ask("annotation.add", id="m1", shape="port", place=place))["type"] == "ack"
    server.look_up = gone
    assert (await expert.ask("annotation.add", id="m2", shape="port", place=place))["code"] == "unknown_port"


# -- kept marks and the wall ------------------------------------------------------------------------------------------


async def test_a_kept_mark_stays_on_the_device_until_it_is_let_go(server: LiveServer) -> None:
    """L14."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1", is_kept=True)
    await draw(expert, "m2")
    assert [m.id for m in await server.log.marks("DEVICE")] == ["m1"]
    await expert.ask("annotation.edit", id="m2", is_kept=True, text="noisy fan")
    assert [m.text for m in await server.log.marks("DEVICE")] == ["", "noisy fan"]
    await expert.ask("annotation.edit", id="m1", is_kept=False)
    await expert.ask("annotation.remove", id="m2")
    assert await server.log.marks("DEVICE") == []
    await expert.ask("annotation.restore", id="m2")
    assert [m.id for m in await server.log.marks("DEVICE")] == ["m2"]


async def test_a_mark_taken_off_its_device_does_not_come_back_with_the_next_edit(server: LiveServer) -> None:
    """L14. The open session is told, as everybody who edits the mark must know."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1", is_kept=True)
    await server.hub.take_off("DEVICE", "m1", TECHNICIAN.id)
    told = expert.line.events()[-1]
    assert (told["type"], told["annotation"]["is_kept"]) == ("annotation.edited", False)
    assert (told["by"], told["client"], told["n"]) == (TECHNICIAN.id, "", 0)
    assert await server.log.marks("DEVICE") == []
    await expert.ask("annotation.edit", id="m1", text="moved on")
    await expert.ask("annotation.remove", id="m1")
    await expert.ask("annotation.restore", id="m1")
    assert await server.log.marks("DEVICE") == []
    with pytest.raises(NotFound):
        await server.hub.take_off("DEVICE", "m1", TECHNICIAN.id)


async def test_a_mark_of_an_ended_session_is_taken_off_and_the_session_stays_as_it_was(
    server: LiveServer,
) -> None:
    """L11. L14."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1", is_kept=True)
    await expert.ask("session.end")
    before = await server.stored()
    await server.restart()
    await server.hub.take_off("DEVICE", "m1", EXPERT.id)
    assert await server.log.marks("DEVICE") == []
    assert await server.stored() == before


async def test_a_mark_that_cannot_be_taken_off_for_a_full_disk_stays(server: LiveServer) -> None:
    """L15."""
    expert = await server.join(EXPERT, "desk")
    await draw(expert, "m1", is_kept=True)
    server.storage.is_full = True
    with pytest.raises(NotSaved):
        await server.hub.take_off("DEVICE", "m1", EXPERT.id)
    server.storage.is_full = False
    assert [mark.id for mark in await server.log.marks("DEVICE")] == ["m1"]
    again = await server.join(TECHNICIAN, "phone")
    assert again.line.told("session.state")[0]["state"]["annotations"][0]["is_kept"]


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


async def test_one_commit_serves_many_rooms(server: LiveServer) -> None:
    """Group commit: what is asked while a commit is under way shares the next one."""
    members = []
    for number in range(10):
        await server.open(f"SESSION{number:05}")
        members.append(await server.join(EXPERT, f"desk{number}", session_id=f"SESSION{number:05}"))
    writes = server.storage.writes
    for member in members:
        for n in (1, 2, 3):
            await member.say({"type": "chat.say", "n": n, "text": "hello"})
    await until(lambda: all(member.settled(3) is not None for member in members))
    assert server.storage.writes - writes <= 3
