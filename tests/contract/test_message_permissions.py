"""Every live message keeps to its roles: each is sent by each role, and by a guest of each."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from nearhand.access.model import ROLE_PERMISSIONS, LinkMay, Permission, Role
from nearhand.sessions.message import Ask, Fleeting, FromClient, Traffic
from nearhand.sessions.messages import client_messages
from nearhand.sessions.model import Participant
from tests.sessions.test_fuzz import VALID
from tests.support.live import LiveServer, until

# What a technician, an expert and an administrator do and an observer only watches. Written out here, so that a
# message added later, or a role widened by mistake, is seen.
FOR_HELPERS = {
    *("annotation.add", "annotation.edit", "annotation.remove", "annotation.restore"),
    *("still.share", "device.show", "step.show", "approval.ask", "recording.ask", "session.end"),
    *("document.show", "camera.ask", "camera.state"),
    *("pointer.move", "stroke.draw", "frame.sight", "frame.freeze"),
    *("rung.tell", "rung.ask"),
}
# What an expert shows of their own: only they, and whoever runs the place.
FOR_EXPERTS = {"screen.share", "screen.stop"}
# The customer's word: of their own people, who watch, or of whoever runs the place; never of those who ask for it.
FOR_CUSTOMERS = {"approval.give"}
# Whoever watches may receive voice and video, and says how they are reached.
TO_RECEIVE = {
    *("rtc.hail", "rtc.describe", "rtc.candidate", "rtc.part"),
    *(
        "rtc.sfu_enter",
        "rtc.sfu_describe",
        "rtc.sfu_candidate",
        "rtc.sfu_again",
        "rtc.sfu_layer",
        "rtc.sfu_look",
    ),
}
# Whoever is in the session says whether they may be recorded, and may end it.
TO_CONSENT = {"recording.agree", "recording.end"}
FOR_ALL = (
    {"hello", "ping", "chat.say", "signal.give", "rtc.hush", "rtc.talk", "caption.say"}
    | TO_RECEIVE
    | TO_CONSENT
)

EXAMPLES = {message["type"]: message for message in [*VALID, {"type": "session.end"}]}


def classes() -> list[type[FromClient]]:
    """Every message a client may send, however deep it is derived."""
    found: list[type[FromClient]] = []
    waiting = list(FromClient.__subclasses__())
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if "type" in one.model_fields and one.model_fields["type"].default is not None:
            found.append(one)
    return [one for one in found if isinstance(one.model_fields["type"].default, str)]


def type_of(message: type[FromClient]) -> str:
    return str(message.model_fields["type"].default)


MESSAGES = {type_of(one): one for one in classes()}


def test_this_walk_meets_every_message() -> None:
    known = {
        choice["properties"]["type"]["const"]
        for choice in client_messages.json_schema()["$defs"].values()
        if "const" in choice.get("properties", {}).get("type", {})
    }
    assert set(MESSAGES) == known == FOR_HELPERS | FOR_EXPERTS | FOR_CUSTOMERS | FOR_ALL == set(EXAMPLES)


def test_observers_watch_speak_and_approve_and_nothing_else() -> None:
    assert {name for name, one in MESSAGES.items() if Role.OBSERVER in one.roles} == FOR_ALL | FOR_CUSTOMERS
    helpers = {Role.ADMIN, Role.EXPERT, Role.TECHNICIAN}
    assert {name: one.roles - {Role.OBSERVER} for name, one in MESSAGES.items()} == dict.fromkeys(
        MESSAGES, helpers
    ) | {"approval.give": {Role.ADMIN}} | {name: {Role.ADMIN, Role.EXPERT} for name in FOR_EXPERTS}


def test_a_link_to_watch_only_says_how_it_is_reached_and_one_to_approve_speaks_and_decides() -> None:
    def sent_by(may: LinkMay) -> set[str]:
        return {name for name, one in MESSAGES.items() if may in one.guests}

    assert sent_by(LinkMay.WATCH) == {"hello", "ping"} | TO_RECEIVE | TO_CONSENT
    assert sent_by(LinkMay.APPROVE) == FOR_ALL | FOR_CUSTOMERS
    assert sent_by(LinkMay.HELP) == FOR_ALL | FOR_HELPERS | FOR_EXPERTS


def test_every_message_needs_what_whoever_is_in_the_session_holds() -> None:
    assert {one.permission for one in MESSAGES.values()} == {Permission.SESSIONS_JOIN}
    assert all(Permission.SESSIONS_JOIN in held for held in ROLE_PERMISSIONS.values())


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    server = await LiveServer(tmp_path).start()
    await server.open()
    yield server
    await server.stop()


def somebody(role: Role) -> Participant:
    return Participant(id=f"A{role.value.upper()}", display_name=role.value, role=role)


@pytest.mark.parametrize("may", list(LinkMay))
@pytest.mark.parametrize(
    "name", sorted(FOR_HELPERS | FOR_EXPERTS | FOR_CUSTOMERS | FOR_ALL - {"hello", "ping"})
)
async def test_what_a_guests_link_does_not_let_them_send_has_no_effect(
    server: LiveServer, name: str, may: LinkMay
) -> None:
    """L12, L25. Whatever role the link names."""
    message = MESSAGES[name]
    role = Role.TECHNICIAN if may is LinkMay.HELP else Role.OBSERVER
    guest = Participant(id="GUEST", display_name="A guest", role=role, guest=may)
    asking = await server.join(guest, "asking")
    before = len(await server.stored())
    fields = {k: v for k, v in EXAMPLES[name].items() if k not in ("type", "n")}
    if issubclass(message, Ask):
        settled = await asking.ask(name, **fields)
        is_forbidden = settled["type"] == "refused" and settled["code"] == "forbidden"
    else:
        await asking.say({"type": name, **fields})
        is_forbidden = [one["code"] for one in asking.line.told("error")] == ["forbidden"]
    assert is_forbidden == (may not in message.guests or role not in message.roles)
    if is_forbidden:
        assert len(await server.stored()) == before


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "name", sorted(name for name, one in MESSAGES.items() if one.traffic is Traffic.DURABLE)
)
async def test_a_wish_of_a_role_that_may_not_is_refused_and_nothing_is_stored(
    server: LiveServer, name: str, role: Role
) -> None:
    """L21."""
    message = MESSAGES[name]
    assert issubclass(message, Ask)
    asking = await server.join(somebody(role), "asking")
    before = len(await server.stored())
    settled = await asking.ask(name, **{k: v for k, v in EXAMPLES[name].items() if k not in ("type", "n")})
    if role in message.roles:
        # It may fail for another reason (there is nothing to remove), never for the role.
        assert settled["type"] == "ack" or settled["code"] != "forbidden"
    else:
        assert (settled["type"], settled["code"]) == ("refused", "forbidden")
        assert asking.line.refusals == ["forbidden"]
        assert len(await server.stored()) == before
    assert (await asking.ask("chat.say", text="still here"))["type"] == (
        "refused" if name == "session.end" and role in message.roles else "ack"
    )


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "name", sorted(name for name, one in MESSAGES.items() if one.traffic is Traffic.EPHEMERAL)
)
async def test_a_passing_message_of_a_role_that_may_not_reaches_nobody(
    server: LiveServer, name: str, role: Role
) -> None:
    """L21."""
    message = MESSAGES[name]
    assert issubclass(message, Fleeting)
    watching = await server.join(Participant(id="W", display_name="W", role=Role.OBSERVER), "watching")
    asking = await server.join(somebody(role), "asking")
    passing: dict[str, Any] = EXAMPLES[name]
    await asking.say(passing)
    await asking.ask("chat.say", text="after it")
    await until(lambda: bool(watching.line.told("chat.said")))
    told = [one["type"] for one in watching.line.received if one.get("by") == asking.who.id]
    complaints = [one["code"] for one in asking.line.told("error")]
    if role in message.roles:
        assert ("forbidden" in complaints, len(set(told) - {"chat.said", "participant.joined"})) == (False, 1)
    else:
        assert complaints == ["forbidden"]
        assert asking.line.refusals == ["forbidden"]
        assert set(told) <= {"chat.said", "participant.joined"}
