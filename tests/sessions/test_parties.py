"""Three and more in one session: through the media server while it is there, else three directly (L27, L28)."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.model import LinkMay, Role
from nearhand.app import Resources
from nearhand.sessions.calls import AWAY_S
from nearhand.sessions.model import Participant
from nearhand.sessions.parties import MESH, ways
from nearhand.sessions.wire import CloseCode
from tests.sessions.test_scopes import shown
from tests.support.live import EXPERT, OBSERVER, TECHNICIAN, LiveServer, Member, until
from tests.support.neighbours import Neighbours, neighbours
from tests.support.sfu import FakeRoom, FakeSfu

SECOND = Participant(id="SECOND", display_name="A second expert", role=Role.EXPERT)
CROWD = st.lists(st.sampled_from("abcdefgh"), unique=True)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    server = await LiveServer(tmp_path).start()
    await server.open()
    yield server
    await server.stop()


@pytest.fixture
def sfu(server: LiveServer) -> FakeSfu:
    sfu = FakeSfu()
    server.hub.confer_by(sfu)
    return sfu


def way(member: Member) -> tuple[str, str | None]:
    told = member.line.told("rtc.way")[-1]
    return told["way"], told["why"]


async def came(server: LiveServer, who: Participant, client: str) -> Member:
    member = await server.join(who, client)
    await member.say({"type": "rtc.hail", "to": None, "run": "r1"})
    return member


async def three(server: LiveServer) -> tuple[Member, Member, Member]:
    return (
        await came(server, TECHNICIAN, "phone"),
        await came(server, EXPERT, "desk"),
        await came(server, OBSERVER, "watcher"),
    )


async def enter(member: Member, *, takes_pictures: bool = True) -> None:
    room = member.line.told("rtc.way")[-1]["room"]
    await member.say({"type": "rtc.sfu_enter", "room": room, "takes_pictures": takes_pictures})


async def send(member: Member, room: FakeRoom, leg: str = "mine") -> None:
    """Its pictures and sound flow."""
    before = len(room.sendings)
    await member.say({"type": "rtc.sfu_describe", "leg": leg, "kind": "offer", "sdp": member.client})
    await until(lambda: len(room.sendings) > before and bool(member.line.told("rtc.sfu_described")))
    room.sendings[-1].watching.flows()


async def conferring(server: LiveServer, sfu: FakeSfu) -> tuple[Member, Member, Member, FakeRoom]:
    """The phone sends, the desk and the watcher take."""
    phone, desk, watcher = await three(server)
    await until(lambda: bool(sfu.rooms))
    (room,) = sfu.rooms
    for member in (phone, desk, watcher):
        await enter(member)
    await send(phone, room)
    await until(lambda: len(offers(desk)) + len(offers(watcher)) == 2)
    return phone, desk, watcher, room


def offers(member: Member) -> list[dict[str, Any]]:
    return [one for one in member.line.told("rtc.sfu_described") if one["kind"] == "offer"]


def closed(member: Member) -> list[str]:
    return [one["leg"] for one in member.line.told("rtc.sfu_closed")]


# -- which way ------------------------------------------------------------------------------------------------------


@given(CROWD, st.booleans(), st.booleans(), st.booleans())
def test_everybody_has_one_way_and_no_more_are_direct_than_phones_bear(
    crowd: list[str], has_sfu: bool, is_up: bool, is_conferring: bool
) -> None:
    found = ways(crowd, has_sfu=has_sfu, is_up=has_sfu and is_up, is_conferring=is_conferring)
    assert list(found) == crowd
    kinds = [kind for kind, _ in found.values()]
    assert kinds.count("direct") <= MESH
    assert "sfu" not in kinds or set(kinds) == {"sfu"}
    assert (has_sfu and is_up) or "sfu" not in kinds
    assert kinds == sorted(kinds)  # who came first keeps the direct way
    assert {why for kind, why in found.values() if kind == "none"} <= {"full", "lost"}


async def test_without_a_media_server_the_fourth_is_told_that_it_is_full_and_reaches_nobody(
    server: LiveServer,
) -> None:
    phone, desk, watcher = await three(server)
    fourth = await came(server, SECOND, "fourth")
    assert [way(one)[0] for one in (phone, desk, watcher)] == ["direct"] * 3
    assert way(fourth) == ("none", "full")
    assert not [one for one in phone.line.told("rtc.hailed") if one["client"] == fourth.client]
    await phone.say({"type": "rtc.hail", "to": fourth.client, "run": "r1"})
    assert [one["client"] for one in phone.line.told("rtc.parted")] == [fourth.client]
    # One of the three leaves for good: there is a place.
    watcher.leave()
    server.ticker.now_s += AWAY_S + 1
    await server.hub.tend()
    assert way(fourth) == ("direct", None)


async def test_the_third_brings_all_to_the_media_server_and_direct_connections_end(
    server: LiveServer, sfu: FakeSfu
) -> None:
    phone, desk = await came(server, TECHNICIAN, "phone"), await came(server, EXPERT, "desk")
    await phone.say({"type": "rtc.hail", "to": desk.client, "run": "r1"})
    assert way(phone) == way(desk) == ("direct", None)
    watcher = await came(server, OBSERVER, "watcher")
    assert way(phone) == way(desk) == way(watcher) == ("sfu", None)
    assert [one["client"] for one in phone.line.told("rtc.parted")] == [desk.client]
    assert len({one.line.told("rtc.way")[-1]["room"] for one in (phone, desk, watcher)}) == 1


async def test_what_the_phone_sends_is_offered_to_each_other_and_answers_reach_the_media_server(
    server: LiveServer, sfu: FakeSfu
) -> None:
    phone, desk, _, room = await conferring(server, sfu)
    (offer,) = offers(desk)
    assert (offer["client"], offer["by"]) == (phone.client, TECHNICIAN.id)
    await desk.say(
        {"type": "rtc.sfu_describe", "leg": offer["leg"], "kind": "answer", "sdp": "mine"},
        {"type": "rtc.sfu_candidate", "leg": offer["leg"], "candidate": None},
    )
    await until(lambda: any(leg.answers == ["mine"] and leg.candidates == [None] for leg in room.takings))
    assert not offers(phone)


async def test_a_client_hears_of_the_media_servers_candidates_after_the_description_they_belong_to(
    server: LiveServer, sfu: FakeSfu
) -> None:
    phone, desk, _, room = await conferring(server, sfu)
    await send(desk, room)
    await until(lambda: bool(offers(phone)))
    for one in (phone, desk):
        told = one.line.told("rtc.sfu_described", "rtc.sfu_candidate_told")
        legs = {message["leg"] for message in told}
        assert len(legs) == 2  # what it sends, and what it takes
        for leg in legs:
            of_it = [message["type"] for message in told if message["leg"] == leg]
            assert of_it == ["rtc.sfu_described", "rtc.sfu_candidate_told"]


async def test_a_phone_takes_sound_and_no_pictures(server: LiveServer, sfu: FakeSfu) -> None:
    phone, desk, _, room = await conferring(server, sfu)
    await enter(phone, takes_pictures=False)
    await send(desk, room)
    await until(lambda: bool(offers(phone)))
    of_the_desk = [leg.kinds for leg in room.takings if leg.feed.id == room.sendings[-1].feed.id]
    assert sorted(of_the_desk, key=len) == [{"audio"}, {"audio", "video"}]


async def test_of_an_observer_no_pictures_are_taken_and_of_a_watching_guest_nothing(
    server: LiveServer, sfu: FakeSfu
) -> None:
    """L12, L27. Whatever they send."""
    guest = Participant(id="GUEST", display_name="A guest", role=Role.OBSERVER, guest=LinkMay.WATCH)
    phone, _, watcher, room = await conferring(server, sfu)
    await send(watcher, room)
    await until(lambda: bool(offers(phone)))
    assert room.takings[-1].kinds == {"audio"}
    await until(lambda: len(room.takings) == 4)
    watching = await came(server, guest, "guest")
    await enter(watching)
    await send(watching, room)
    await until(lambda: len(offers(watching)) == 2)
    assert not [leg for leg in room.takings if leg.feed.id == room.sendings[-1].feed.id]


async def test_whoever_loses_their_rights_is_cut_at_once_and_takes_nothing_any_more(
    server: LiveServer, sfu: FakeSfu
) -> None:
    """L21, L28."""
    _, desk, _, room = await conferring(server, sfu)
    (offer,) = offers(desk)
    desk.line.reason = CloseCode.UNAUTHENTICATED
    server.ticker.now_s += 31
    await server.hub.tend()
    await until(lambda: len(room.open_takings) == 1)
    assert offer["leg"] not in {one["leg"] for one in offers(desk)[1:]}


async def test_a_lost_line_keeps_voice_and_pictures_for_a_moment_and_an_offer_lost_with_it_is_told_again(
    server: LiveServer, sfu: FakeSfu
) -> None:
    _, desk, _, room = await conferring(server, sfu)
    desk.leave()
    server.ticker.now_s += AWAY_S - 1
    await server.hub.tend()
    assert len(room.open_takings) == 2
    back = await desk.again()
    await back.say({"type": "rtc.hail", "to": None, "run": "r1"})
    assert way(back) == ("sfu", None)
    assert back.line.told("rtc.way")[-1]["is_entered"]
    assert [one["leg"] for one in offers(back)] == [one["leg"] for one in offers(desk)]
    back.leave()
    server.ticker.now_s += AWAY_S + 1
    await server.hub.tend()
    await until(lambda: len(room.open_takings) == 1)

    # Away for longer, they are not in the room any more, and are told to enter it once more.
    late = await back.again()
    await late.say({"type": "rtc.hail", "to": None, "run": "r1"})
    told = late.line.told("rtc.way")[-1]
    assert (told["way"], told["is_entered"]) == ("sfu", False)
    await enter(late)
    await until(lambda: len(room.open_takings) == 2)


async def test_a_media_server_that_dies_leaves_three_directly_connected_and_takes_them_back(
    server: LiveServer, sfu: FakeSfu
) -> None:
    phone, desk, watcher, _ = await conferring(server, sfu)
    fourth = await came(server, SECOND, "fourth")
    assert way(fourth) == ("sfu", None)
    sfu.become(is_up=False)
    assert [way(one) for one in (phone, desk, watcher, fourth)] == [
        *[("direct", "lost")] * 3,
        ("none", "lost"),
    ]
    sfu.become(is_up=True)
    assert [way(one) for one in (phone, desk, watcher, fourth)] == [("sfu", None)] * 4
    assert len({one["room"] for one in phone.line.told("rtc.way")} - {None}) == 2


async def test_what_could_not_be_taken_is_tried_again(
    server: LiveServer, sfu: FakeSfu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nearhand.sessions.conference.RETRY_S", 0)
    phone, desk, watcher = await three(server)
    await until(lambda: bool(sfu.rooms))
    (room,) = sfu.rooms
    for member in (phone, desk, watcher):
        await enter(member)
    sfu.refused_takings = 2
    await send(phone, room)
    await until(lambda: len(offers(desk)) + len(offers(watcher)) == 2)


async def test_an_offer_that_is_refused_is_told_so_and_the_next_one_is_taken(
    server: LiveServer, sfu: FakeSfu
) -> None:
    _, desk, _, room = await conferring(server, sfu)
    sfu.refuses = "nonsense"
    await desk.say({"type": "rtc.sfu_describe", "leg": "a", "kind": "offer", "sdp": "nonsense"})
    await until(lambda: "a" in closed(desk))
    await send(desk, room, "b")
    assert len(room.sendings) == 2


async def test_a_leg_that_found_no_way_is_offered_anew_and_a_strange_one_is_closed(
    server: LiveServer, sfu: FakeSfu
) -> None:
    _, desk, _, _ = await conferring(server, sfu)
    (offer,) = offers(desk)
    await desk.say({"type": "rtc.sfu_again", "leg": offer["leg"]}, {"type": "rtc.sfu_again", "leg": "none"})
    await until(lambda: len(offers(desk)) == 2)
    assert closed(desk)[-2:] == [offer["leg"], "none"]


async def test_what_is_offered_anew_is_told_and_answered_on_the_same_leg(
    server: LiveServer, sfu: FakeSfu
) -> None:
    """As LiveKit does: data channels first, then sound and pictures."""
    _, desk, watcher, room = await conferring(server, sfu)
    (offer,) = offers(desk)
    answer = {"type": "rtc.sfu_describe", "leg": offer["leg"], "kind": "answer", "sdp": "first"}
    await desk.say(answer)
    await until(lambda: any(leg.answers == ["first"] for leg in room.takings))
    mine = next(leg for leg in room.takings if leg.answers)
    mine.watching.offer("anew")
    first, second = offers(desk)
    assert (second["leg"], second["sdp"]) == (first["leg"], "anew")
    assert len(offers(watcher)) == 1
    # It was lost with the line, and is told again until it is answered.
    desk.leave()
    back = await desk.again()
    await back.say({"type": "rtc.hail", "to": None, "run": "r1"})
    assert [one["sdp"] for one in offers(back)] == ["anew"]
    await back.say(answer | {"sdp": "second"}, answer | {"sdp": "once too often"})
    await until(lambda: mine.answers == ["first", "second"])
    assert not closed(back)


async def test_whoever_has_a_thin_line_takes_pictures_at_half_the_size_and_nobody_else_does(
    server: LiveServer, sfu: FakeSfu
) -> None:
    _, desk, watcher, room = await conferring(server, sfu)
    (offer,) = offers(desk)
    half = {"type": "rtc.sfu_layer", "leg": offer["leg"], "layer": "half"}
    await watcher.say(half)  # it is not theirs
    await desk.say(half, half | {"layer": "whole"})
    await until(lambda: any(len(leg.layers) == 2 for leg in room.takings))
    assert sorted(leg.layers for leg in room.takings) == [[], ["half", "whole"]]


async def test_the_room_closes_with_the_session_and_with_the_last_but_one(
    server: LiveServer, sfu: FakeSfu
) -> None:
    phone, desk, watcher, room = await conferring(server, sfu)
    await phone.ask("session.end")
    await until(lambda: room.is_closed)
    assert not room.open_takings
    assert not phone.line.told("error") + desk.line.told("error") + watcher.line.told("error")


async def test_who_talks_is_told_to_all_others(server: LiveServer, sfu: FakeSfu) -> None:
    phone, desk, watcher = await three(server)
    await phone.say({"type": "rtc.talk", "is_talking": True})
    for member in (desk, watcher):
        assert [(one["by"], one["is_talking"]) for one in member.line.told("rtc.talks")] == [
            (TECHNICIAN.id, True)
        ]
    late = await came(server, SECOND, "late")
    await enter(late)
    assert [one["client"] for one in late.line.told("rtc.talks")] == [phone.client]


def test_while_the_session_is_elsewhere_a_customer_takes_nothing_and_is_back_with_it(
    client: TestClient, resources: Resources
) -> None:
    """L25, L28."""
    sfu = FakeSfu()
    resources.hub.confer_by(sfu)
    hall: Neighbours = neighbours(client, resources)
    house, customer = hall.headers("expert"), hall.headers("bank.observer")
    session_id = hall.opened(house, device_id=hall.bank.id)
    with (
        hall.live(session_id, house, "h1") as one,
        hall.live(session_id, hall.headers("technician"), "h2") as two,
        hall.live(session_id, customer, "c") as watching,
    ):
        for live in (one, two, watching):
            live.pass_on("rtc.hail", to=None, run="r1")
        room = watching.until("rtc.way")["room"]
        watching.pass_on("rtc.sfu_enter", room=room, takes_pictures=True)
        two.until("rtc.way")
        two.pass_on("rtc.sfu_enter", room=room, takes_pictures=True)
        two.pass_on("rtc.sfu_describe", leg="x", kind="offer", sdp="two")
        two.until("rtc.sfu_described")
        client.portal.call(sfu.rooms[0].sendings[0].watching.flows)  # type: ignore[union-attr]
        leg = watching.until("rtc.sfu_described")["leg"]
        one.ask("device.show", **shown(hall.air))
        assert watching.until("rtc.sfu_closed")["leg"] == leg
        one.ask("device.show", **shown(hall.bank))
        assert watching.until("rtc.way", 2)["way"] == "none"
        assert watching.until("rtc.way", 3)["way"] == "sfu"
        watching.pass_on("rtc.sfu_enter", room=room, takes_pictures=True)
        assert watching.until("rtc.sfu_described", 2)["leg"] != leg


# -- who looks ------------------------------------------------------------------------------------------------------


def watched(member: Member) -> list[bool]:
    return [one["is_watched"] for one in member.line.told("rtc.sfu_watched")]


async def look(member: Member, *, looks: bool) -> None:
    await member.say({"type": "rtc.sfu_look", "looks": looks})


async def test_whoever_sends_is_told_when_nobody_looks_any_more_and_when_somebody_does_again(
    server: LiveServer, sfu: FakeSfu
) -> None:
    """L28."""
    phone, desk, watcher, room = await conferring(server, sfu)
    await until(lambda: watched(phone) == [True])
    await look(desk, looks=False)
    assert watched(phone) == [True]
    await look(watcher, looks=False)
    await until(lambda: watched(phone) == [True, False])
    assert len(room.open_takings) == 2  # what is taken stays: the first picture is there at once
    await look(desk, looks=True)
    await until(lambda: watched(phone) == [True, False, True])
    assert not watched(desk)


async def test_where_the_last_who_looks_is_gone_nobody_does(server: LiveServer, sfu: FakeSfu) -> None:
    """L28."""
    phone, desk, watcher, _room = await conferring(server, sfu)
    fourth = await came(server, SECOND, "fourth")
    await enter(fourth, takes_pictures=False)
    await look(desk, looks=False)
    watcher.leave()
    server.ticker.now_s += AWAY_S + 1
    await server.hub.tend()
    await until(lambda: watched(phone) == [True, False])
    # A page that is loaded anew looks, until it says otherwise.
    await enter(desk)
    await until(lambda: watched(phone)[-1])


async def test_who_lost_the_line_is_told_again_whether_they_are_looked_at(
    server: LiveServer, sfu: FakeSfu
) -> None:
    """L28."""
    phone, desk, watcher, _room = await conferring(server, sfu)
    for member in (desk, watcher):
        await look(member, looks=False)
    phone.leave()
    back = await phone.again()
    await back.say({"type": "rtc.hail", "to": None, "run": "r1"})
    await until(lambda: watched(back) == [False])


async def test_of_a_conference_that_takes_only_voices_no_pictures_are_watched(
    server: LiveServer, sfu: FakeSfu
) -> None:
    """L28."""
    phone, desk, watcher = await three(server)
    await until(lambda: bool(sfu.rooms))
    for member in (phone, desk, watcher):
        await enter(member, takes_pictures=False)
    await send(phone, sfu.rooms[0])
    await until(lambda: watched(phone) == [False])
