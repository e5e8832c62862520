"""What is asked is settled once, stored before it is told, and taken back when it cannot be stored."""

import asyncio
from typing import Any

import pytest

from nearhand.kit.errors import NotFound
from nearhand.sessions import pipeline as pipeline_module
from nearhand.sessions.connections import Caller
from nearhand.sessions.messages import ChatSaid, Hello
from nearhand.sessions.model import NotSaved
from nearhand.sessions.room import Room
from nearhand.sessions.wire import CloseCode
from tests.support.live import (
    EXPERT,
    OBSERVER,
    ON_FACE,
    SESSION,
    TECHNICIAN,
    LiveServer,
    Member,
    a_session,
    closed,
    draw,
    until,
)


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


async def test_who_waits_for_a_session_to_open_when_the_server_stops_is_answered(
    server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also who waits for a room to load, and for a mark to be taken off."""
    monkeypatch.setattr(pipeline_module, "STOP_WITHIN_S", 0.01)
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
    await until(lambda: bool(server.hub._pipeline._due.opening and server.hub._pipeline._due.joining))
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
        patched.setattr(server.hub._pipeline, "_tell", fail)
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
