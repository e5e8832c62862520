"""What two clients say to each other about a connection of their own: who hears it, and when they are parted (L27)."""

import base64
import hashlib
import hmac
import math
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.model import LinkMay, Role
from nearhand.app import Resources
from nearhand.sessions.calls import AWAY_S, SIGNALS_PER_MINUTE, Calls
from nearhand.sessions.ice import Ice
from nearhand.sessions.model import Participant
from nearhand.sessions.signalling import MAX_SDP
from nearhand.sessions.wire import CloseCode
from tests.sessions.test_scopes import shown
from tests.support.live import EXPERT, OBSERVER, TECHNICIAN, LiveServer, Member
from tests.support.neighbours import Neighbours, neighbours

AT = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)


def describe(to: Member, **changes: Any) -> dict[str, Any]:
    offer = {
        "type": "rtc.describe",
        "to": to.client,
        "run": "a",
        "to_run": "b",
        "kind": "offer",
        "sdp": "v=0",
    }
    return offer | changes


def hail(to: str | None = None, run: str = "a") -> dict[str, Any]:
    return {"type": "rtc.hail", "to": to, "run": run}


# -- who hears it ---------------------------------------------------------------------------------------------------


async def test_what_one_client_says_to_another_is_heard_by_that_one_alone_in_order(
    server: LiveServer,
) -> None:
    """L27."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    other = await server.join(OBSERVER, "other")
    await phone.say(*(describe(desk, sdp=f"v={number}") for number in range(50)))
    assert [one["sdp"] for one in desk.line.told("rtc.described")] == [f"v={number}" for number in range(50)]
    assert {(one["by"], one["client"]) for one in desk.line.told("rtc.described")} == {
        (TECHNICIAN.id, phone.client)
    }
    assert not other.line.told("rtc.described")
    assert not phone.line.told("rtc.described", "error")
    assert not any("rtc" in event["type"] for event in await server.stored())


async def test_none_of_it_is_dropped_for_a_slow_reader(server: LiveServer) -> None:
    """L27. Unlike what is ephemeral."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    desk.line.is_slow = True
    await phone.say(*(describe(desk, sdp=f"v={number}") for number in range(20)))
    desk.line.flush()
    await phone.ask("chat.say", text="after it")
    assert [one["sdp"] for one in desk.line.told("rtc.described")] == [f"v={number}" for number in range(20)]


async def test_a_hail_reaches_all_others_and_its_answer_one(server: LiveServer) -> None:
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    other = await server.join(OBSERVER, "other")
    await phone.say(hail(run="r7"))
    for member in (desk, other):
        (heard,) = member.line.told("rtc.hailed")
        assert (heard["client"], heard["run"], heard["is_for_all"]) == (phone.client, "r7", True)
    await desk.say(hail(phone.client, "r8"))
    assert [one["is_for_all"] for one in phone.line.told("rtc.hailed")] == [False]
    assert not phone.line.told("error")


@pytest.mark.parametrize("to", ["nobody__________", "phone___________"])
async def test_who_is_not_there_and_oneself_are_parted_and_that_is_no_error(
    server: LiveServer, to: str
) -> None:
    """L27. Trickling to somebody who has just left must not cost one the line."""
    phone = await server.join(TECHNICIAN, "phone")
    candidate = {"type": "rtc.candidate", "to": to, "run": "a", "to_run": "b", "candidate": None}
    await phone.say(*[candidate] * 60)
    assert [one["client"] for one in phone.line.told("rtc.parted")] == [to] * 60
    assert phone.line.closed is None


async def test_a_description_has_a_size(server: LiveServer) -> None:
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    await phone.say(describe(desk, sdp="x" * MAX_SDP), describe(desk, sdp="x" * (MAX_SDP + 1)))
    assert [len(one["sdp"]) for one in desk.line.told("rtc.described")] == [MAX_SDP]
    assert [one["code"] for one in phone.line.told("error")] == ["not_a_message"]


async def test_a_flood_is_told_so_and_then_hung_up_on(server: LiveServer) -> None:
    """L27."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    await phone.say(*[describe(desk)] * SIGNALS_PER_MINUTE)
    assert not phone.line.told("error")
    await phone.say(*[describe(desk)] * 100)
    assert len(desk.line.told("rtc.described")) == SIGNALS_PER_MINUTE
    assert {one["code"] for one in phone.line.told("error")} == {"too_many_signals"}
    assert phone.connection.is_closing
    assert desk.line.closed is None


async def test_a_guest_who_only_watches_may_be_reached_and_asks_nobody_to_be_quiet(
    server: LiveServer,
) -> None:
    """L12, L27."""
    guest = Participant(id="GUEST", display_name="A guest", role=Role.OBSERVER, guest=LinkMay.WATCH)
    desk, watching = await server.join(EXPERT, "desk"), await server.join(guest, "watching")
    await watching.say(hail(desk.client), {"type": "rtc.hush", "to": desk.client})
    assert len(desk.line.told("rtc.hailed")) == 1
    assert not desk.line.told("rtc.hushed")
    assert [one["code"] for one in watching.line.told("error")] == ["forbidden"]


async def test_a_session_that_has_ended_puts_nobody_through(server: LiveServer) -> None:
    """L11, L27."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    await phone.say(describe(desk))
    await phone.ask("session.end")
    assert [one["client"] for one in desk.line.told("rtc.parted")] == [phone.client]
    await phone.say(describe(desk), hail())
    assert len(desk.line.told("rtc.described")) == 1
    assert not desk.line.told("rtc.hailed")


# -- parting --------------------------------------------------------------------------------------------------------


async def test_giving_up_parts_both(server: LiveServer) -> None:
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    await phone.say(describe(desk), {"type": "rtc.part", "to": desk.client})
    assert [one["client"] for one in desk.line.told("rtc.parted")] == [phone.client]
    assert [one["client"] for one in phone.line.told("rtc.parted")] == [desk.client]
    await phone.say({"type": "rtc.part", "to": desk.client})
    assert len(desk.line.told("rtc.parted")) == 1


async def test_a_lost_line_parts_only_after_a_while_and_not_when_it_came_back(server: LiveServer) -> None:
    """L27. The connection of their own may stand while the service is out of reach."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    await phone.say(describe(desk))
    phone.leave()
    server.ticker.now_s += AWAY_S - 1
    await server.hub.tend()
    assert not desk.line.told("rtc.parted")
    back = await phone.again()
    server.ticker.now_s += AWAY_S + 1
    await server.hub.tend()
    assert not desk.line.told("rtc.parted")
    back.leave()
    server.ticker.now_s += AWAY_S + 1
    await server.hub.tend()
    assert [one["client"] for one in desk.line.told("rtc.parted")] == [phone.client]


async def test_who_was_parted_while_away_is_told_so_when_back_and_only_once(server: LiveServer) -> None:
    """L27. One end of a connection alone would never carry anything again."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    await phone.say(describe(desk))
    phone.leave()
    await desk.say(describe(phone))
    assert not desk.line.told("rtc.parted")  # it may be back in a moment
    server.ticker.now_s += AWAY_S + 1
    desk.connection.heard_at = server.ticker.now_s
    await server.hub.tend()
    assert [one["client"] for one in desk.line.told("rtc.parted")] == [phone.client]
    back = await phone.again()
    assert [one["client"] for one in back.line.told("rtc.parted")] == [desk.client]
    back.leave()
    assert not (await back.again()).line.told("rtc.parted")


async def test_whoever_loses_their_rights_is_parted_at_once(server: LiveServer) -> None:
    """L21, L27."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    await phone.say(describe(desk))
    desk.line.reason = CloseCode.UNAUTHENTICATED
    server.ticker.now_s += 31
    phone.connection.heard_at = server.ticker.now_s
    await server.hub.tend()
    assert [one["client"] for one in phone.line.told("rtc.parted")] == [desk.client]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.booleans()), max_size=30))
def test_pairs_are_two_sided_whatever_comes(steps: list[tuple[str, str, bool]]) -> None:
    calls, held = Calls(), set[frozenset[str]]()
    for one, other, is_joining in steps:
        if one == other:
            continue
        if is_joining:
            calls.join(one, other)
            held.add(frozenset((one, other)))
        else:
            assert calls.part(one, other) == ([other] if frozenset((one, other)) in held else [])
            held.discard(frozenset((one, other)))
        assert calls.clients() == {name for pair in held for name in pair}
        assert bool(calls) == bool(held)


def test_whoever_was_put_through_to_nobody_is_never_overdue() -> None:
    calls = Calls()
    calls.is_away("a", 0)
    assert calls.overdue(math.inf) == []


# -- who may see (L25) ----------------------------------------------------------------------------------------------


@pytest.fixture
def hall(client: TestClient, resources: Resources) -> Neighbours:
    return neighbours(client, resources)


def test_who_may_not_see_what_the_session_has_come_to_is_parted_and_reaches_nobody(hall: Neighbours) -> None:
    """L25, L27."""
    house, customer = hall.headers("expert"), hall.headers("bank.observer")
    session_id = hall.opened(house, device_id=hall.bank.id)
    with hall.live(session_id, house, "h") as expert, hall.live(session_id, customer, "c") as watching:
        watching.pass_on("rtc.hail", to="h".ljust(16, "_"), run="r1")
        assert expert.until("rtc.hailed")["client"] == "c".ljust(16, "_")
        expert.ask("device.show", **shown(hall.air))
        assert expert.until("rtc.parted")["client"] == "c".ljust(16, "_")
        assert watching.until("rtc.parted")["client"] == "h".ljust(16, "_")
        watching.pass_on("rtc.hail", to="h".ljust(16, "_"), run="r2")
        watching.pass_on("rtc.hail", to=None, run="r3")
        watching.until("rtc.parted", 2)
        expert.pass_on("rtc.hail", to="c".ljust(16, "_"), run="r4")
        expert.until("rtc.parted", 2)
        assert [one["run"] for one in expert.all if one["type"] == "rtc.hailed"] == ["r1"]
        assert not [one for one in watching.all if one["type"] == "rtc.hailed"]
        assert not [one for one in expert.all + watching.all if one["type"] == "error"]


def test_ice_servers_are_told_to_who_may_see_the_session_now(hall: Neighbours) -> None:
    """L25, L27."""
    house, customer, stranger = (hall.headers(n) for n in ("expert", "bank.observer", "air.admin"))
    session_id = hall.opened(house, device_id=hall.bank.id)

    def code(headers: dict[str, str]) -> tuple[int, str]:
        answer = hall.ask("GET", f"sessions/{session_id}/ice", headers)
        return answer.status_code, answer.json().get("code", "")

    assert (code(house), code(customer), code(stranger)) == ((200, ""), (200, ""), (404, "unknown_session"))
    with hall.live(session_id, house, "h") as expert:
        expert.ask("device.show", **shown(hall.air))
    assert code(customer) == (403, "elsewhere")


# -- ICE servers ----------------------------------------------------------------------------------------------------


def test_by_default_nobody_is_asked_for_a_way() -> None:
    assert Ice((), (), "", 60).servers("P", AT).servers == ()
    assert (
        Ice((), ("turn:t.example",), "", 60).servers("P", AT).servers == ()
    )  # without a secret none would let us in


def test_passwords_for_turn_are_those_that_coturn_works_out_and_run_out() -> None:
    stun, turn = (
        Ice(("stun:s.example",), ("turns:t.example:443",), "shared", 60).servers("PERSON", AT).servers
    )
    assert stun.username is None
    name = f"{int(AT.timestamp()) + 3600}:PERSON"
    assert turn.username == name
    assert (
        turn.credential
        == base64.b64encode(hmac.new(b"shared", name.encode(), hashlib.sha1).digest()).decode()
    )
