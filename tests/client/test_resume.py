"""A server that misbehaves on purpose, against which the session must lose and repeat nothing."""

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.typing import Subprotocol

from nearhand.access.model import Actor, Role
from nearhand.client import LinkStopped, LiveSession, MemoryOutbox, WishForgotten, WishRefused
from nearhand.client import live as live_module
from nearhand.client import wishes as wishes_module
from nearhand.client.link import Address
from nearhand.client.outbox import Kept
from tests.support.live import AT

STATE = {
    "session_id": "S",
    "is_ended": False,
    "participants": [],
    "device": None,
    "annotations": [],
    "chat": [],
    "stills": [],
    "signal": None,
    "step": None,
}


class Scripted:
    """Numbers and stores as the real server does, and has one mishap when told to."""

    def __init__(self) -> None:
        self.log: list[dict[str, Any]] = []
        self.settled: dict[str, int] = {}
        self.refused: set[tuple[str, int]] = set()
        self.hellos: list[dict[str, Any]] = []
        self.mishap = ""
        self.refuses = ""
        self.server: Server

    async def talk(self, socket: ServerConnection) -> None:
        async for frame in socket:
            for message in json.loads(frame):
                if message["type"] == "hello":
                    await self._welcome(socket, message)
                elif "n" in message:
                    await self._ask(socket, message)

    async def _tell(self, socket: ServerConnection, *messages: dict[str, Any]) -> None:
        await socket.send(json.dumps(messages))

    async def _welcome(self, socket: ServerConnection, hello: dict[str, Any]) -> None:
        self.hellos.append(hello)
        resume = hello.get("resume")
        you = {"id": "ME", "display_name": "Me", "role": "expert"}
        welcome = {"type": "welcome", "epoch": "E", "seq": len(self.log), "you": you, "present": ["ME"]}
        welcome |= {
            "acked": self.settled.get(hello["client"], 0),
            "is_resumed": resume is not None,
            "camera_mask": "off",
        }
        chat = [{k: e[k] for k in ("seq", "by", "at", "text")} for e in self.log]
        state = {
            "type": "session.state",
            "epoch": "E",
            "seq": len(self.log),
            "state": {**STATE, "chat": chat},
            "is_elsewhere": False,
        }
        await self._tell(socket, welcome, *(self.log[resume["seq"] :] if resume else [state]))

    async def _ask(self, socket: ServerConnection, ask: dict[str, Any]) -> None:
        client, n = self.hellos[-1]["client"], ask["n"]
        if (client, n) in self.refused:
            return await self._refuse(socket, n, "refused_before")
        if n == self.settled.get(client, 0) + 1:
            mishap, self.mishap = self.mishap, ""
            if mishap == "too_many_refused":
                problem = {"type": "error", "code": mishap, "title": "", "detail": ""}
                return await self._tell(socket, problem)
            self.settled[client] = n
            if ask["text"] == self.refuses:
                self.refused.add((client, n))
                if mishap == "answer lost":
                    return await socket.close(1011)
                return await self._refuse(socket, n, "no_pose")
            event = {"type": "chat.said", "seq": len(self.log) + 1, "at": AT.isoformat(), "by": "ME"}
            self.log.append({**event, "client": client, "n": n, "text": ask["text"]})
            if mishap == "answer lost":
                return await socket.close(1011)
            if mishap != "event lost":
                await self._tell(socket, self.log[-1])
        await self._tell(socket, {"type": "ack", "n": n})

    async def _refuse(self, socket: ServerConnection, n: int, code: str) -> None:
        await self._tell(socket, {"type": "refused", "n": n, "code": code, "title": code, "detail": ""})


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scripted]:
    monkeypatch.setattr(live_module, "FIRST_RETRY_S", 0.01)
    scripted = Scripted()
    async with serve(scripted.talk, "127.0.0.1", 0, subprotocols=[Subprotocol("nearhand.v1")]) as server:
        scripted.server = server
        yield scripted


async def me() -> Actor:
    return Actor(participant_id="ME", display_name="Me", role=Role.EXPERT, permissions=frozenset())


class FullDisk(MemoryOutbox):
    """Remembers as a file does, and cannot be written when told so."""

    is_full = False

    def keep(self, client: str, n: int, message: str) -> None:
        self._demand_space()
        super().keep(client, n, message)

    def settle(self, client: str, numbers: list[int]) -> None:
        self._demand_space()
        super().settle(client, numbers)

    def rename(self, client: str) -> Kept:
        self._demand_space()
        return super().rename(client)

    def _demand_space(self) -> None:
        if self.is_full:
            raise sqlite3.OperationalError("database or disk is full")


def entering(server: Scripted, outbox: MemoryOutbox | None = None) -> LiveSession:
    port = next(iter(server.server.sockets)).getsockname()[1]
    return LiveSession("S", Address(f"ws://127.0.0.1:{port}/", {}), me, outbox)


def told(live: LiveSession) -> list[str]:
    return [line.text for line in live.view.state.chat] if live.view.state else []


async def test_what_was_stored_but_not_acknowledged_is_not_stored_twice(server: Scripted) -> None:
    async with entering(server) as live:
        server.mishap = "answer lost"
        await live.saved(await live.say("one"))
        await live.saved(await live.say("two"))
        assert told(live) == ["one", "two"]
    assert [event["text"] for event in server.log] == ["one", "two"]
    assert server.hellos[1]["resume"] == {"epoch": "E", "seq": 0}


async def test_a_refusal_whose_answer_was_lost_is_learned_of(server: Scripted) -> None:
    server.refuses, server.mishap = "one", "answer lost"
    async with entering(server) as live:
        with pytest.raises(WishRefused, match="refused_before"):
            await live.saved(await live.say("one"))
        await live.saved(await live.say("two"))
        assert told(live) == ["two"]


async def test_a_missing_event_opens_a_new_line(server: Scripted) -> None:
    async with entering(server) as live:
        server.mishap = "event lost"
        await live.say("one")
        await live.say("two")
        await live.until(lambda view: view.seq == 2)
        assert told(live) == ["one", "two"]
    assert len(server.hellos) == 2


async def test_an_outbox_that_forgot_its_numbers_goes_on_under_a_new_name(server: Scripted) -> None:
    outbox = MemoryOutbox()
    name = outbox.open("S", "ME").client
    server.settled[name] = 7
    async with entering(server, outbox) as live:
        await live.saved(await live.say("not taken for a repeat"))
    assert [hello["client"] == name for hello in server.hellos] == [True, False]
    assert [event["text"] for event in server.log] == ["not taken for a repeat"]


async def test_a_server_that_forgot_numbers_is_met_under_a_new_name(server: Scripted) -> None:
    async with entering(server) as live:
        for text in ("one", "two", "three"):
            await live.saved(await live.say(text))
        server.settled = dict.fromkeys(server.settled, 1)
        await asyncio.gather(*(socket.close(1012) for socket in server.server.connections))
        await live.saved(await live.say("four"))
        assert told(live) == ["one", "two", "three", "four"]


async def test_when_no_further_number_is_taken_the_rest_goes_under_a_new_name(server: Scripted) -> None:
    server.mishap = "too_many_refused"
    async with entering(server) as live:
        numbers = [await live.say(text) for text in ("one", "two", "three")]
        await live.settled()
        assert told(live) == ["one", "two", "three"]
        assert len(numbers) == len(server.log)


async def test_a_wish_keeps_its_number_for_whoever_asked_when_the_outbox_goes_under_a_new_name(
    server: Scripted,
) -> None:
    server.refuses = "one"
    async with entering(server) as live:
        first = await live.say("one")
        await live.settled()
        server.mishap, server.refuses = "too_many_refused", "three"
        second, third, fourth = [await live.say(text) for text in ("two", "three", "four")]
        await live.settled()
        assert told(live) == ["two", "four"]
        for refused in (first, third):
            with pytest.raises(WishRefused) as error:
                await live.saved(refused)
            assert error.value.n == refused
        await live.saved(second)
        await live.saved(fourth)
        assert await live.say("five") > fourth
    assert [event["n"] for event in server.log[:2]] == [1, 3]


async def test_what_was_settled_before_a_new_name_is_learned_and_not_assumed(server: Scripted) -> None:
    """A refusal whose answer was lost, and then no further number is taken."""
    server.refuses, server.mishap = "one", "answer lost"
    async with entering(server) as live:
        refused, stored = await live.say("one"), await live.say("two")
        live._is_spoilt = True
        with pytest.raises(WishRefused, match="refused_before"):
            await live.saved(refused)
        await live.saved(stored)
        assert told(live) == ["two"]


async def test_only_so_many_refusals_are_remembered_and_none_is_taken_for_a_success(
    server: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wishes_module, "REFUSED_KEPT", 2)
    server.refuses = "no"
    async with entering(server) as live:
        numbers = [await live.say("no") for _ in range(3)]
        await live.settled()
        assert len(live._wishes._refused) == 2
        with pytest.raises(WishForgotten):
            await live.saved(numbers[0])
        with pytest.raises(WishRefused):
            await live.saved(numbers[1])


async def test_on_a_full_disk_wishes_are_sent_all_the_same(server: Scripted) -> None:
    outbox = FullDisk()
    async with entering(server, outbox) as live:
        outbox.is_full = True
        for text in ("one", "two"):
            await live.saved(await live.say(text))
        outbox.is_full = False
        await live.saved(await live.say("three"))
        assert told(live) == ["one", "two", "three"]
    async with entering(server, outbox) as live:
        await live.saved(await live.say("four"))
        assert told(live) == ["one", "two", "three", "four"]


async def test_what_was_asked_on_a_full_disk_is_kept_in_order_as_soon_as_there_is_space(
    server: Scripted,
) -> None:
    outbox = FullDisk()
    before = entering(server, outbox)
    before._address = Address("ws://127.0.0.1:9/nobody", {})
    await before.start()
    await before.say("one")
    outbox.is_full = True
    await before.say("two")
    await before.say("three")
    assert (before.is_kept, before.unsaved) == (False, 3)
    outbox.is_full = False
    await before.say("four")
    assert before.is_kept
    await before.stop()
    async with entering(server, outbox) as live:
        await live.settled()
    assert [event["text"] for event in server.log] == ["one", "two", "three", "four"]


async def test_what_was_asked_on_a_full_disk_is_still_there_when_the_session_is_entered_again(
    server: Scripted,
) -> None:
    outbox = FullDisk()
    live = entering(server, outbox)
    address, live._address = live._address, Address("ws://127.0.0.1:9/nobody", {})
    await live.start()
    outbox.is_full = True
    n = await live.say("one")
    await live.stop()
    live._address = address
    async with live:
        await live.saved(n)
        assert told(live) == ["one"]


async def test_a_full_disk_and_a_new_name_lose_and_repeat_nothing(server: Scripted) -> None:
    """Under two names the same wish could be stored twice, so the new name waits for space."""
    outbox = FullDisk()
    async with entering(server, outbox) as live:
        await live.saved(await live.say("one"))
        outbox.is_full, server.mishap = True, "too_many_refused"
        numbers = [await live.say(text) for text in ("two", "three")]
        names = {hello["client"] for hello in server.hellos}
        hellos = len(server.hellos)
        async with asyncio.timeout(10):
            while len(server.hellos) < hellos + 3:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert {hello["client"] for hello in server.hellos} == names
        outbox.is_full = False
        for n in numbers:
            await live.saved(n)
        assert told(live) == ["one", "two", "three"]


async def test_an_old_copy_of_an_outbox_repeats_nothing(server: Scripted) -> None:
    """What was settled while the disk was full is still in the file when the program comes back."""
    outbox = FullDisk()
    async with entering(server, outbox) as live:
        await live.saved(await live.say("one"))
        kept = outbox.open("S", "ME")
        await live.saved(await live.say("two"))
        await live.saved(await live.say("three"))
    outbox._kept[kept.client] = Kept(kept.client, 1, {1: '{"type": "chat.say", "n": 1, "text": "one"}'})
    again = entering(server, outbox)
    await again.start()
    n = await again.say("four")
    async with asyncio.timeout(10):
        await again.saved(n)
    await again.stop()
    assert [event["text"] for event in server.log] == ["one", "two", "three", "four"]


async def test_who_asks_after_the_end_is_told_that_nobody_will_know(server: Scripted) -> None:
    live = entering(server)
    live._address = Address("ws://127.0.0.1:9/nobody", {})
    await live.start()
    n = await live.say("one")
    await live.stop()
    with pytest.raises(LinkStopped):
        await live.saved(n)
