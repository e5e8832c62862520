"""Phrases, voice notes, captions, what is asked of a camera, and what is put before everybody's eyes (L29, L30)."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import LinkMay, Role
from nearhand.app import Resources
from nearhand.sessions.calls import SIGNALS_PER_MINUTE
from nearhand.sessions.messages import ChatSay
from nearhand.sessions.model import Participant
from nearhand.sessions.room import MAX_VOICE_NOTES
from tests.sessions.test_scopes import a_still, shown
from tests.support.live import AT, EXPERT, OBSERVER, TECHNICIAN, LiveServer, a_room
from tests.support.neighbours import Neighbours, neighbours
from tests.support.sounds import a_voice_note, track

GUEST = Participant(id="GUEST", display_name="A guest", role=Role.OBSERVER, guest=LinkMay.WATCH)
PAGE = {"kind": "page", "document_id": "DOCUMENT", "page": 12}
STATE: dict[str, Any] = {
    "type": "camera.state",
    "stream": "camera-1",
    "is_steered": True,
    "torch": False,
    "zoom": {"now": 1, "min": 1, "max": 8},
    "can_focus": True,
    "cameras": 2,
    "asked": None,
    "declined": None,
}


@pytest.fixture
def hall(client: TestClient, resources: Resources) -> Neighbours:
    return neighbours(client, resources)


def torch(to: str | None) -> dict[str, Any]:
    return {"type": "camera.ask", "to": to, "act": "torch", "is_on": True}


# -- what is said ---------------------------------------------------------------------------------------------------


async def test_a_phrase_travels_as_its_id_and_as_words_for_whoever_does_not_know_it(
    server: LiveServer,
) -> None:
    desk, phone = await server.join(EXPERT, "desk"), await server.join(TECHNICIAN, "phone")
    await desk.ask("chat.say", text="Which port?", phrase="which_port")
    (said,) = phone.line.told("chat.said")
    assert (said["text"], said["phrase"], said["voice"]) == ("Which port?", "which_port", None)
    late = await server.join(OBSERVER, "late")
    (state,) = late.line.told("session.state")
    assert [line["phrase"] for line in state["state"]["chat"]] == ["which_port"]


async def test_a_caption_is_passed_on_and_never_stored(server: LiveServer) -> None:
    """L7."""
    desk, phone = await server.join(EXPERT, "desk"), await server.join(TECHNICIAN, "phone")
    watching = await server.join(GUEST, "watching")
    caption = {"type": "caption.say", "text": "the left one", "language": "en", "is_final": True}
    await phone.say(caption)
    assert [one["text"] for one in desk.line.told("caption.said")] == ["the left one"]
    await watching.say(caption)
    assert [one["code"] for one in watching.line.told("error")] == ["forbidden"]
    assert not any("caption" in event["type"] for event in await server.stored())


# -- another's camera -----------------------------------------------------------------------------------------------


async def test_what_is_asked_of_a_camera_reaches_its_holder_alone_and_its_state_all(
    server: LiveServer,
) -> None:
    """L29."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    other = await server.join(OBSERVER, "other")
    await desk.say(torch(phone.client))
    (asked,) = phone.line.told("camera.asked")
    assert (asked["by"], asked["client"], asked["act"], asked["is_on"]) == (
        EXPERT.id,
        desk.client,
        "torch",
        True,
    )
    assert not other.line.told("camera.asked")
    await phone.say(STATE)
    for member in (desk, other):
        (told,) = member.line.told("camera.stated")
        assert (told["client"], told["zoom"]["max"]) == (phone.client, 8)
    await other.say(torch(phone.client))
    assert [one["code"] for one in other.line.told("error")] == ["forbidden"]


async def test_asking_a_camera_connects_nobody_and_costs_no_call_its_way(server: LiveServer) -> None:
    """L29."""
    phone, desk = await server.join(TECHNICIAN, "phone"), await server.join(EXPERT, "desk")
    await desk.say(*[torch(phone.client)] * (SIGNALS_PER_MINUTE + 3))
    assert {one["code"] for one in desk.line.told("error")} == {"too_many_signals"}
    await desk.say({"type": "rtc.hail", "to": phone.client, "run": "a"})
    assert len(phone.line.told("rtc.hailed")) == 1
    await phone.ask("session.end")
    assert len(desk.line.told("rtc.parted")) == 1  # of the hail, none of what was asked of the camera


async def test_a_camera_that_is_not_there_is_told_so(server: LiveServer) -> None:
    """L29."""
    desk = await server.join(EXPERT, "desk")
    await desk.say(torch("gone____________"))
    assert [one["client"] for one in desk.line.told("rtc.parted")] == ["gone____________"]
    assert not desk.line.told("error")


def test_who_only_watches_where_the_session_is_steers_no_camera_there(hall: Neighbours) -> None:
    """L25, L29."""
    house = hall.headers("technician")
    session = hall.opened(house, device_id=hall.bank.id)
    with hall.live(session, hall.headers("bank.observer"), "b") as watching:
        watching.pass_on("camera.ask", act="torch", is_on=True)
        assert watching.until("error")["code"] == "forbidden"


# -- before everybody's eyes ----------------------------------------------------------------------------------------


async def test_a_page_is_shown_to_all_to_who_comes_late_and_is_taken_away(server: LiveServer) -> None:
    desk, phone = await server.join(EXPERT, "desk"), await server.join(TECHNICIAN, "phone")
    await desk.ask("document.show", document=PAGE)
    assert [one["document"] for one in phone.line.told("document.shown")] == [PAGE]
    late = await server.join(OBSERVER, "late")
    (state,) = late.line.told("session.state")
    assert (state["state"]["document"]["document"], state["state"]["document"]["by"]) == (PAGE, EXPERT.id)
    await phone.ask("document.show", document=None)
    last = await server.join(OBSERVER, "last")
    assert last.line.told("session.state")[0]["state"]["document"] is None
    refused = await late.ask("document.show", document=PAGE)
    assert refused["code"] == "forbidden"


def test_a_picture_that_is_shown_was_uploaded_and_is_for_who_is_told_of_it(hall: Neighbours) -> None:
    """L25."""
    house = hall.headers("expert")
    session = hall.opened(hall.headers("technician"), device_id=hall.bank.id)
    sha256 = a_still(hall, session, house)
    picture = {"kind": "picture", "sha256": sha256, "width": 64, "height": 48}
    address = f"sessions/{session}/stills/{sha256}"
    assert hall.ask("GET", address, hall.headers("bank.expert")).status_code == 404
    with hall.live(session, hall.headers("expert"), "e") as live:
        assert live.ask("document.show", document=picture | {"sha256": "a" * 64}) == "unknown_still"
        assert live.ask("document.show", document=picture) == "ack"
    assert hall.ask("GET", address, hall.headers("bank.expert")).status_code == 200
    with hall.live(session, hall.headers("expert"), "f") as live:
        assert live.ask("device.show", **shown(hall.air)) == "ack"
        assert live.ask("document.show", document=picture) == "ack"
    assert hall.ask("GET", address, hall.headers("air.expert")).status_code == 200


# -- voice notes ----------------------------------------------------------------------------------------------------


def test_a_voice_note_is_uploaded_said_once_and_heard_by_who_is_told_of_it(hall: Neighbours) -> None:
    """L25, L30."""
    technician = hall.headers("technician")
    session = hall.opened(technician, device_id=hall.bank.id)
    doors = f"sessions/{session}/voice-notes"
    content = a_voice_note()
    note = hall.ask("POST", f"{doors}?duration_ms=1000", technician, content=content).json()
    assert (note["media_type"], note["duration_ms"]) == ("audio/webm", 900)
    again = hall.ask("POST", f"{doors}?duration_ms=1000", technician, content=content).json()
    assert again["sha256"] == note["sha256"]
    address = f"{doors}/{note['sha256']}"
    voice = {"sha256": note["sha256"], "duration_ms": 900}
    assert hall.ask("GET", address, hall.headers("bank.expert")).status_code == 404
    with hall.live(session, hall.headers("technician"), "t") as live:
        assert (
            live.ask("chat.say", text="Voice note", voice=voice | {"sha256": "a" * 64})
            == "unknown_voice_note"
        )
        assert live.ask("chat.say", text="Voice note", voice=voice) == "ack"
        assert live.ask("chat.say", text="Voice note", voice=voice) == "said_before"
    for name in ("bank.expert", "bank.observer", "expert"):
        answer = hall.ask("GET", address, hall.headers(name))
        assert (answer.content, answer.headers["content-type"]) == (content, "audio/webm")
        assert "sandbox" in answer.headers["content-security-policy"]
    assert hall.ask("GET", address, hall.headers("air.expert")).status_code == 404


@pytest.mark.parametrize(
    ("content", "duration_ms", "code"),
    [
        (b"<html><script>alert(1)</script>", 900, "not_a_sound"),
        (a_voice_note(tracks=track(1, b"V_VP8")), 900, "not_a_sound"),
        (a_voice_note(90_000), 900, "voice_too_long"),
        (a_voice_note(), 90_000, "invalid"),
        (a_voice_note() + bytes(1024 * 1024), 900, "too_large"),
    ],
)
def test_what_is_no_voice_note_is_refused(
    hall: Neighbours, content: bytes, duration_ms: int, code: str
) -> None:
    """L30."""
    technician = hall.headers("technician")
    session = hall.opened(technician)
    path = f"sessions/{session}/voice-notes?duration_ms={duration_ms}"
    assert hall.ask("POST", path, technician, content=content).json()["code"] == code


def test_a_room_remembers_what_was_said_aloud_also_after_being_folded() -> None:
    """L30."""
    room = a_room()
    voice = {"sha256": "b" * 64, "duration_ms": 900}
    said = _ask(room, 1, text="x", voice=voice)
    assert said.event.voice.sha256 == voice["sha256"]
    other = a_room()
    other.restore(other.session, room.fold(), [], stills={}, refusals=[])
    assert _ask(other, 2, text="x", voice=voice).error.code == "said_before"
    other.voices |= {str(number) for number in range(MAX_VOICE_NOTES)}
    assert _ask(other, 3, text="x", voice=voice | {"sha256": "c" * 64}).error.code == "session_full"


def _ask(room: Any, n: int, **fields: Any) -> Any:
    (effect,) = room.receive(TECHNICIAN, "c" * 16, ChatSay(n=n, **fields), AT)
    return effect
