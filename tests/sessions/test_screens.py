"""A screen that is shared: seen by all who may see what the session is about, while it is shared, and no longer (L33)."""

import io
import zipfile
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import LinkMay, Role
from nearhand.app import Resources
from nearhand.kit.blobs import digest
from nearhand.kit.metadata import bared
from nearhand.media.model import Still
from nearhand.sessions.model import Participant
from nearhand.sessions.screens import AWAY_S, ScreenPicture
from tests.sessions.test_scopes import shown
from tests.support.estates import a_picture
from tests.support.live import AT, EXPERT, OBSERVER, SESSION, TECHNICIAN, LiveServer, Member, until
from tests.support.neighbours import Headers, Neighbours, neighbours

OTHER = Participant(id="OTHER", display_name="Another expert", role=Role.EXPERT)
GUEST = Participant(id="GUEST", display_name="A guest", role=Role.OBSERVER, guest=LinkMay.WATCH)
PAGE = {"kind": "page", "document_id": "DOCUMENT", "page": 12}
ON_SCREEN = {colour: bared(a_picture(colour, "PNG")) for colour in ("white", "navy", "maroon")}


@pytest.fixture
def hall(client: TestClient, resources: Resources) -> Neighbours:
    return neighbours(client, resources)


def put(server: LiveServer, colour: str) -> str:
    """What the screen of this session shows now."""
    running = running_in(server)
    content = ON_SCREEN[colour]
    still = Still(
        session_id=SESSION,
        sha256=digest(content),
        media_type="image/png",
        width=64,
        height=48,
        size_bytes=len(content),
        created_at=AT,
        created_by=EXPERT.id,
    )
    picture = ScreenPicture(
        still, EXPERT.id, content, shown_seq=running.room.document.seq, at_seq=running.room.seq
    )
    server.hub.screens.take(running, picture)
    return still.sha256


def running_in(server: LiveServer) -> Any:
    return server.hub.screens._rooms.get(SESSION)


def documents(member: Member) -> list[Any]:
    return [one["document"] for one in member.line.told("document.shown")]


async def shared(server: LiveServer) -> tuple[Member, Member]:
    desk, phone = await server.join(EXPERT, "desk"), await server.join(TECHNICIAN, "phone")
    assert (await desk.ask("screen.share", id="s1"))["type"] == "ack"
    return desk, phone


# -- the room -------------------------------------------------------------------------------------------------------


async def test_a_screen_is_shown_to_all_and_each_picture_of_it_is_told_and_not_stored(
    server: LiveServer,
) -> None:
    """L33."""
    desk, phone = await shared(server)
    assert documents(phone) == [{"kind": "screen", "id": "s1", "client": desk.client}]
    before = len(await server.stored())
    for number, colour in enumerate(("white", "navy"), 1):
        sha256 = put(server, colour)
        await until(lambda number=number: len(phone.line.told("screen.changed")) == number)  # type: ignore[misc]
        assert phone.line.told("screen.changed")[-1]["sha256"] == sha256
    assert not desk.line.told("screen.changed")
    assert len(await server.stored()) == before


async def test_whoever_comes_late_is_told_of_the_newest_picture(server: LiveServer) -> None:
    """L33."""
    await shared(server)
    put(server, "white")
    newest = put(server, "navy")
    for who in (OBSERVER, GUEST):
        late = await server.join(who, f"late-{who.id}")
        assert late.line.told("session.state")[0]["state"]["document"]["document"]["kind"] == "screen"
        assert [one["sha256"] for one in late.line.told("screen.changed")] == [newest]


async def test_when_it_is_stopped_what_it_showed_last_stays(server: LiveServer) -> None:
    """L33."""
    desk, phone = await shared(server)
    put(server, "white")
    last = put(server, "navy")
    assert (await desk.ask("screen.stop", id="s1"))["type"] == "ack"
    told = phone.line.told("document.shown")[-1]
    assert (told["document"], told["last"]["sha256"]) == (None, last)
    assert await server.log.still(SESSION, last) is not None
    late = await server.join(OBSERVER, "late")
    assert not late.line.told("screen.changed")
    assert (await desk.ask("screen.stop", id="s1"))["code"] == "screen_not_shared"


async def test_only_who_shares_it_stops_it_and_others_show_something_else_in_its_place(
    server: LiveServer,
) -> None:
    """L33."""
    desk, phone = await shared(server)
    other = await server.join(OTHER, "other")
    last = put(server, "white")
    assert (await other.ask("screen.stop", id="s1"))["code"] == "forbidden"
    assert (await phone.ask("document.show", document=None))["code"] == "forbidden"
    assert (await other.ask("document.show", document=PAGE))["type"] == "ack"
    told = desk.line.told("document.shown")[-1]
    assert (told["document"], told["last"]["sha256"]) == (PAGE, last)
    # Whoever shares later takes over.
    await desk.ask("screen.share", id="s2")
    await other.ask("screen.share", id="s3")
    assert documents(phone)[-1]["id"] == "s3"
    assert (await desk.ask("screen.stop", id="s2"))["code"] == "screen_not_shared"


async def test_it_ends_with_the_session_and_the_log_says_so(server: LiveServer) -> None:
    """L33."""
    _desk, phone = await shared(server)
    last = put(server, "white")
    await phone.ask("session.end")
    *_, ended, closed = await server.stored()
    assert (ended["type"], ended["document"], ended["by"], ended["n"]) == (
        "document.shown",
        None,
        EXPERT.id,
        0,
    )
    assert (ended["last"]["sha256"], closed["type"]) == (last, "session.ended")


async def test_it_ends_when_its_page_is_gone_for_long_and_not_for_a_moment(server: LiveServer) -> None:
    """L33."""
    desk, phone = await shared(server)
    last = put(server, "white")
    desk.leave()
    await server.hub.tend()
    server.ticker.now_s += AWAY_S - 1
    await server.hub.tend()
    await server.join(EXPERT, "desk")
    await server.hub.tend()
    assert documents(phone)[-1] is not None
    running_in(server).connections[desk.client].leave()
    server.ticker.now_s += AWAY_S + 1
    await server.hub.tend()
    await until(lambda: documents(phone)[-1] is None)
    told = phone.line.told("document.shown")[-1]
    assert (told["document"], told["last"]["sha256"], told["client"]) == (None, last, "")


async def test_where_its_last_picture_cannot_be_kept_it_ends_all_the_same(server: LiveServer) -> None:
    """L15, L33."""
    desk, phone = await shared(server)
    put(server, "white")
    server.keeps = False
    assert (await desk.ask("screen.stop", id="s1"))["type"] == "ack"
    told = phone.line.told("document.shown")[-1]
    assert (told["document"], told["last"]) == (None, None)


async def test_a_room_that_is_loaded_anew_still_shows_it_and_waits_for_its_next_picture(
    server: LiveServer,
) -> None:
    """L33."""
    await shared(server)
    put(server, "white")
    await server.restart()
    late = await server.join(OBSERVER, "late")
    assert late.line.told("session.state")[0]["state"]["document"]["document"]["id"] == "s1"
    assert not late.line.told("screen.changed")


# -- its doors ------------------------------------------------------------------------------------------------------


def screen(hall: Neighbours, session: str, headers: Headers, content: bytes, id_: str = "s1") -> Any:
    return hall.ask("PUT", f"sessions/{session}/screen?screen_id={id_}", headers, content=content)


def test_its_newest_picture_is_for_who_may_see_what_the_session_is_about(hall: Neighbours) -> None:
    """L25, L33."""
    house = hall.headers("expert")
    session = hall.opened(hall.headers("technician"), device_id=hall.bank.id)
    address = f"sessions/{session}/screen"
    watcher, _ = hall.guest(session, house, may="watch")
    with hall.live(session, house, "e") as live:
        assert live.ask("screen.share", id="s1") == "ack"
        assert hall.ask("GET", address, hall.headers("bank.expert")).json()["code"] == "no_screen"
        assert screen(hall, session, house, ON_SCREEN["white"]).status_code == 200
        for headers in (watcher, hall.headers("bank.observer"), house):
            answer = hall.ask("GET", address, headers)
            assert (answer.content, answer.headers["content-type"]) == (ON_SCREEN["white"], "image/png")
            assert answer.headers["cache-control"] == "private, no-store"
        same = hall.ask("GET", address, house | {"If-None-Match": answer.headers["etag"]})
        assert same.status_code == 304
        assert hall.ask("GET", address, hall.headers("air.expert")).status_code == 404
        # The session goes to another's device: what the screen shows from now on is not the bank's.
        assert live.ask("device.show", **shown(hall.air)) == "ack"
        assert screen(hall, session, house, ON_SCREEN["navy"]).status_code == 200
        assert hall.ask("GET", address, hall.headers("bank.expert")).json()["code"] == "no_screen"
        # Nor when it is back: that picture was taken there.
        assert live.ask("device.show", **shown(hall.bank)) == "ack"
        assert hall.ask("GET", address, hall.headers("bank.expert")).json()["code"] == "no_screen"
        with hall.live(session, hall.headers("bank.expert"), "b") as late:
            assert late.until("session.state")["state"]["document"]["document"]["id"] == "s1"
            assert screen(hall, session, house, ON_SCREEN["white"]).status_code == 200
            assert late.until("screen.changed")["sha256"] == digest(ON_SCREEN["white"])
            # What it showed last is a still of the session.
            assert live.ask("screen.stop", id="s1") == "ack"
            last = late.until("document.shown")["last"]["sha256"]
        kept = hall.ask("GET", f"sessions/{session}/stills/{last}", hall.headers("bank.expert"))
        assert kept.content == ON_SCREEN["white"]
        packed = hall.ask("GET", f"sessions/{session}/export", hall.headers("bank.expert"))
        names = zipfile.ZipFile(io.BytesIO(packed.content)).namelist()
        assert [name for name in names if last[:12] in name]
    assert hall.ask("GET", address, house).status_code == 404


def test_that_it_ended_is_told_also_to_whom_the_session_is_elsewhere_and_nothing_of_it(
    hall: Neighbours,
) -> None:
    """L25, L33."""
    house = hall.headers("expert")
    session = hall.opened(hall.headers("technician"), device_id=hall.bank.id)
    with hall.live(session, house, "e") as live, hall.live(session, hall.headers("bank.expert"), "b") as bank:
        assert live.ask("screen.share", id="s1") == "ack"
        assert live.ask("device.show", **shown(hall.air)) == "ack"
        assert screen(hall, session, house, ON_SCREEN["navy"]).status_code == 200
        assert live.ask("document.show", document=PAGE) == "ack"
        told = bank.until("document.shown", 2)
        assert (told["document"], told["last"]) == (None, None)
        assert not [one for one in bank.all if one["type"] == "screen.changed"]
    address = f"sessions/{session}/stills/{digest(ON_SCREEN['navy'])}"
    assert hall.ask("GET", address, house).status_code == 200
    assert hall.ask("GET", address, hall.headers("bank.expert")).status_code == 404


@pytest.mark.parametrize(
    ("who", "id_", "status", "code"),
    [
        ("technician", "s1", 403, "forbidden"),
        ("observer", "s1", 403, "forbidden"),
        ("bank.expert", "s1", 409, "screen_not_shared"),
        ("admin", "s1", 409, "screen_not_shared"),
        ("expert", "s2", 409, "screen_not_shared"),
        ("air.expert", "s1", 404, "unknown_session"),
    ],
)
def test_pictures_come_from_who_shares_it_alone(
    hall: Neighbours, who: str, id_: str, status: int, code: str
) -> None:
    """L33."""
    session = hall.opened(hall.headers("technician"), device_id=hall.bank.id)
    with hall.live(session, hall.headers("expert"), "e") as live:
        assert live.ask("screen.share", id="s1") == "ack"
        answer = screen(hall, session, hall.headers(who), ON_SCREEN["white"], id_)
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert live.ask("session.end") == "ack"
    over = screen(hall, session, hall.headers("expert"), ON_SCREEN["white"])
    assert over.json()["code"] == "session_ended"


def test_what_is_too_large_or_no_picture_or_too_fast_is_refused_and_said(hall: Neighbours) -> None:
    """L33."""
    house = hall.headers("expert")
    session = hall.opened(house)
    with hall.live(session, house, "e") as live:
        assert live.ask("screen.share", id="s1") == "ack"
        codes = [
            screen(hall, session, house, content).json()["code"]
            for content in (
                b"",
                b"<svg onload='alert(1)'/>",
                ON_SCREEN["white"][:40],
                bytes(1024 * 1024 + 1),
            )
        ]
        assert codes == ["invalid", "not_a_picture", "not_a_picture", "too_large"]
        answers = [screen(hall, session, house, ON_SCREEN["white"]) for _ in range(3)]
        assert answers[-1].json()["code"] == "too_many_screens"
        assert answers[-1].headers["retry-after"] == "1"
        assert hall.ask("GET", f"sessions/{session}/screen", house).content == ON_SCREEN["white"]


def test_a_guest_who_watches_shares_no_screen(hall: Neighbours) -> None:
    """L12, L33."""
    house = hall.headers("expert")
    session = hall.opened(house)
    guest, _ = hall.guest(session, house, may="watch")
    with hall.live(session, guest, "g") as live:
        assert live.ask("screen.share", id="s1") == "forbidden"
    assert screen(hall, session, guest, ON_SCREEN["white"]).status_code == 403
