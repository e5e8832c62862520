"""What a message names is looked up before it is decided on."""

import json
import sqlite3

import pytest
from sqlalchemy.exc import DBAPIError

from nearhand.devices.model import Face
from nearhand.kit.errors import Unavailable
from nearhand.sessions.anchoring import Part
from nearhand.sessions.connections import Caller
from nearhand.sessions.messages import Hello
from nearhand.sessions.model import (
    ShownDevice,
    UnknownPort,
)
from nearhand.sessions.wire import CloseCode
from tests.support.live import (
    EXPERT,
    SESSION,
    TECHNICIAN,
    LiveServer,
    Member,
    a_sighting,
    closed,
    nothing_to_find,
    still_and_mark,
    until,
)


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
