"""The door of live pictures: who sends, who watches, and what ends it."""

import asyncio
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import Resources, build_resources, create_app
from nearhand.kit.settings import Settings
from nearhand.sessions.pictures import VIDEO_PROTOCOL, Codec, Head, read_head
from tests.support.neighbours import Headers, Neighbours, neighbours
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served

STREAM = "cam-1"
WATCH = {"type": "media.watch"}
SEND = {"type": "media.send", "stream": STREAM}
AT_ONCE_S = 1.0


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(
        update={"video_bytes_per_session": 60_000, "video_picture_limit_bytes": 20_000}
    )


@pytest.fixture
def hall(client: TestClient, resources: Resources) -> Neighbours:
    return neighbours(client, resources)


def a_picture(frame_id: int, size: int = 500) -> bytes:
    head = Head(Codec.JPEG, True, frame_id, 1_700_000_000_000, 640, 360)
    return head.pack() + b"\xff\xd8" + bytes(size)


def vp8_picture(frame_id: int, *, is_key: bool = False) -> bytes:
    return Head(Codec.VP8, is_key, frame_id, 1_700_000_000_000, 640, 360).pack() + bytes(300)


class Line:
    """One end, in a test client: words come as messages, pictures as their heads."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.words: list[dict[str, Any]] = []
        self.pictures: list[Head] = []

    def take(self) -> None:
        message = self.socket.receive()
        if message["type"] == "websocket.close":
            raise WebSocketDisconnect(message["code"], message.get("reason") or "")
        if message.get("bytes") is not None:
            self.pictures.append(read_head(message["bytes"]))
        else:
            self.words += json.loads(message["text"])

    def until(self, type_: str, **fields: Any) -> dict[str, Any]:
        while True:
            for one in self.words:
                if one["type"] == type_ and fields.items() <= one.items():
                    return one
            self.take()

    def got(self, head: Head) -> None:
        self.socket.send_json([{"type": "media.got", "slot": head.slot, "frame_id": head.frame_id}])

    def closed(self) -> int:
        with pytest.raises(WebSocketDisconnect) as closed:
            while True:
                self.take()
        return closed.value.code

    def rests(self) -> None:
        """Nothing more is on its way: a ping is answered."""
        before = sum(one["type"] == "pong" for one in self.words)
        self.socket.send_json({"type": "ping"})
        while sum(one["type"] == "pong" for one in self.words) == before:
            self.take()


@contextmanager
def line(
    hall: Neighbours, session_id: str, headers: Headers, first: Any, protocol: str = VIDEO_PROTOCOL
) -> Iterator[Line]:
    url = f"/api/v1/sessions/{session_id}/video"
    with hall.client.websocket_connect(url, subprotocols=[protocol], headers={**headers}) as socket:
        if first is not None:
            socket.send_json(first)
        yield Line(socket)


def test_pictures_go_from_who_films_to_who_watches(hall: Neighbours) -> None:
    technician, expert = hall.headers("technician"), hall.headers("expert")
    session = hall.opened(technician)
    with (
        hall.live(session, technician),
        line(hall, session, technician, SEND) as phone,
    ):
        assert phone.until("media.watched")["watchers"] == 0
        with line(hall, session, expert, WATCH) as desk:
            (stream,) = desk.until("media.streams")["streams"]
            phone.until("media.watched", watchers=1)
            phone.socket.send_bytes(a_picture(7))
            assert phone.until("media.took") == {"type": "media.took", "frame_id": 7, "seen": None}
            while not desk.pictures:
                desk.take()
            (head,) = desk.pictures
            assert (head.frame_id, head.slot, stream["stream"]) == (7, stream["slot"], STREAM)
            desk.got(head)
            desk.rests()
            phone.socket.send_bytes(a_picture(8))
            assert phone.until("media.took", frame_id=8)["seen"] == 7
        phone.words.clear()
        phone.until("media.watched", watchers=0)


def test_whoever_gets_pictures_another_way_needs_none_of_the_line_until_they_stop(hall: Neighbours) -> None:
    """V8."""
    technician, expert = hall.headers("technician"), hall.headers("expert")
    session = hall.opened(technician)
    with (
        hall.live(session, technician),
        line(hall, session, technician, SEND) as phone,
        line(hall, session, expert, WATCH | {"reads_vp8": True}) as desk,
        line(hall, session, expert, WATCH) as old_desk,
    ):
        phone.until("media.watched", watchers=2, all_read_vp8=False)
        old_desk.socket.send_json({"type": "media.need", "needs": False})
        phone.until("media.watched", watchers=1, all_read_vp8=True)
        phone.socket.send_bytes(vp8_picture(1, is_key=True))
        phone.socket.send_bytes(vp8_picture(2))
        while len(desk.pictures) < 2:
            desk.take()
        old_desk.rests()
        assert not old_desk.pictures
        # Needed anew, the line has a gap, which only a picture that rests on none before it ends.
        desk.socket.send_json({"type": "media.need", "needs": False})
        phone.until("media.watched", watchers=0)
        desk.socket.send_json({"type": "media.need", "needs": True})
        desk.rests()
        phone.socket.send_bytes(vp8_picture(3))
        phone.until("media.key")
        phone.socket.send_bytes(vp8_picture(4, is_key=True))
        while len(desk.pictures) < 3:
            desk.take()
        assert [head.frame_id for head in desk.pictures] == [1, 2, 4]
        phone.socket.send_json({"type": "media.need", "needs": False})
        assert phone.until("error")["code"] == "not_a_message"


def test_who_only_watches_sends_no_pictures(hall: Neighbours) -> None:
    technician = hall.headers("technician")
    session = hall.opened(technician)
    guest, _ = hall.guest(session, hall.headers("expert"), may="watch")
    with hall.live(session, technician):
        for headers in (hall.headers("observer"), guest):
            with line(hall, session, headers, SEND) as refused:
                assert refused.until("error")["code"] == "forbidden"
                assert refused.closed() == 4013
            with line(hall, session, headers, WATCH) as watching:
                watching.until("media.streams")
                watching.socket.send_bytes(a_picture(1))
                assert watching.until("error")["code"] == "not_a_message"


def test_a_stream_belongs_to_who_numbers_its_frames(hall: Neighbours) -> None:
    """L9."""
    technician, expert = hall.headers("technician"), hall.headers("expert")
    session = hall.opened(technician, device_id=hall.bank.id)
    with hall.live(session, technician) as live:
        assert live.ask("chat.say", text="Here I am") == "ack"
        frame = {"stream": STREAM, "frame_id": 1, "how": "still"}
        live.pass_on("frame.sight", frame=frame, captured_at="2026-01-01T08:00:00Z", sighting=None)
        assert live.ask("chat.say", text="and film") == "ack"
        with line(hall, session, expert, SEND) as forger:
            assert forger.until("error")["code"] == "stream_taken"
        with line(hall, session, technician, SEND) as phone:
            phone.until("media.watched")
            with line(hall, session, technician, SEND) as other_tab:
                other_tab.until("media.watched")
                assert phone.closed() == 4007


def test_pictures_are_withheld_while_the_session_is_about_another_tenants_device(hall: Neighbours) -> None:
    """L25."""
    technician = hall.headers("technician")
    session = hall.opened(technician, device_id=hall.bank.id)
    shown = {"device": {"device_id": hall.air.id, "face": "front"}}
    with (
        hall.live(session, technician) as live,
        line(hall, session, technician, SEND) as phone,
        line(hall, session, hall.headers("bank.expert"), WATCH) as desk,
    ):
        phone.until("media.watched", watchers=1)
        phone.socket.send_bytes(a_picture(1))
        while not desk.pictures:
            desk.take()
        desk.got(desk.pictures[0])
        assert live.ask("device.show", **shown) == "ack"
        phone.socket.send_bytes(a_picture(2))
        phone.until("media.took", frame_id=2)
        desk.rests()
        assert [head.frame_id for head in desk.pictures] == [1]
        phone.until("media.watched", watchers=0)
    with line(hall, session, hall.headers("air.expert"), WATCH) as other:
        other.until("media.streams")
    never = hall.opened(technician, device_id=hall.bank.id)
    with line(hall, never, hall.headers("air.expert"), WATCH) as stranger:
        assert stranger.closed() == 4004


def test_a_slow_watcher_loses_only_its_own_pictures(hall: Neighbours) -> None:
    technician, expert = hall.headers("technician"), hall.headers("expert")
    session = hall.opened(technician)
    with (
        hall.live(session, technician),
        line(hall, session, technician, SEND) as phone,
        line(hall, session, expert, WATCH) as slow,
        line(hall, session, expert, WATCH) as quick,
    ):
        phone.until("media.watched", watchers=2)
        for frame_id in range(1, 21):
            phone.socket.send_bytes(a_picture(frame_id))
            phone.until("media.took", frame_id=frame_id)
            while not quick.pictures or quick.pictures[-1].frame_id < frame_id:
                quick.take()
            quick.got(quick.pictures[-1])
            quick.rests()
        slow.rests()
        assert [head.frame_id for head in quick.pictures] == list(range(1, 21))
        assert len(slow.pictures) <= 6
        slow.got(slow.pictures[-1])
        while slow.pictures[-1].frame_id != 20:
            slow.take()


def test_the_limits_of_a_session_hold(hall: Neighbours) -> None:
    technician = hall.headers("technician")
    session = hall.opened(technician)
    with (
        hall.live(session, technician),
        line(hall, session, technician, SEND) as phone,
        line(hall, session, hall.headers("expert"), WATCH),
    ):
        phone.until("media.watched", watchers=1)
        for frame_id in range(5):
            phone.socket.send_bytes(a_picture(frame_id, size=14_000))
        phone.until("media.spent")
        phone.until("media.watched", watchers=0)
        for _ in range(5):
            phone.socket.send_bytes(b"nothing like a picture")
        phone.rests()
        assert not [one for one in phone.words if one["type"] == "error"]  # it is heard no more
    with hall.live(session, technician), line(hall, session, technician, SEND) as again:
        again.until("media.watched")
        again.socket.send_bytes(b"nothing like a picture")
        assert again.until("error")["code"] == "bad_picture"
        again.socket.send_bytes(a_picture(1, size=30_000))
        assert again.closed() == 4009


@pytest.mark.parametrize(
    ("first", "code"),
    [({"type": "hello"}, 4001), ([SEND, WATCH], 4001), ("?", 4001), (SEND | {"stream": "../x"}, 4001)],
)
def test_a_line_says_first_what_it_is_for(hall: Neighbours, first: Any, code: int) -> None:
    technician = hall.headers("technician")
    with line(hall, hall.opened(technician), technician, first) as odd:
        assert odd.closed() == code


def test_a_wrong_protocol_a_strange_session_and_nobody_are_turned_away(hall: Neighbours) -> None:
    technician = hall.headers("technician")
    session = hall.opened(technician)
    with line(hall, session, technician, None, protocol="nearhand.v1") as odd:
        assert odd.closed() == 4000
    with line(hall, "NOSUCHSESSION", technician, WATCH) as lost:
        assert lost.closed() == 4004
    with line(hall, session, {}, None) as nobody:
        assert nobody.closed() == 4003
    with line(hall, session, technician | {"Origin": "https://evil.example"}, None) as foreign:
        assert foreign.closed() == 4003


def test_an_ended_session_has_no_pictures(hall: Neighbours) -> None:
    """L11."""
    technician = hall.headers("technician")
    session = hall.opened(technician)
    with hall.live(session, technician) as live, line(hall, session, technician, SEND) as phone:
        phone.until("media.watched")
        assert live.ask("session.end") == "ack"
        assert phone.closed() == 4010
    with line(hall, session, technician, WATCH) as late:
        assert late.closed() == 4010


# -- over real sockets ---------------------------------------------------------------------------------------------


@pytest.fixture
def house(tmp_path: Path) -> Iterator[str]:
    settings = Settings(data_dir=tmp_path, password_tries_per_minute=1000)
    resources = build_resources(settings, passwords=Passwords(QUICK))
    with served(create_app(settings, resources), settings=settings) as url:

        async def register() -> None:
            other = build_resources(settings, passwords=Passwords(QUICK))
            for role in (Role.ADMIN, Role.TECHNICIAN, Role.EXPERT):
                new = NewUser(
                    name=role.value, display_name=role.value, grants=everywhere(role), password=PASSWORD
                )
                await other.access.register(new)
            await other.database.close()

        asyncio.run(register())
        yield url


def test_whoever_signs_out_sees_nothing_more_within_a_second(house: str) -> None:
    """L21."""

    def token(name: str) -> str:
        body = {"name": name, "password": PASSWORD}
        return str(httpx2.post(f"{house}/api/v1/sign-in?want_token=true", json=body).json()["token"])

    technician, expert = token("technician"), token("expert")
    bearer = {"Authorization": f"Bearer {technician}"}
    session = httpx2.post(f"{house}/api/v1/sessions", json={}, headers=bearer).json()["id"]
    with over_network(house, session, expert, WATCH) as desk:
        assert "media.streams" in str(desk.recv(timeout=5))
        began = time.monotonic()
        httpx2.post(f"{house}/api/v1/sign-out", headers={"Authorization": f"Bearer {expert}"})
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                desk.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, time.monotonic() - began < AT_ONCE_S) == (4003, True)


def test_a_frame_of_two_gigabytes_is_cut_off_before_it_lies_in_memory(house: str) -> None:
    body = {"name": "technician", "password": PASSWORD}
    token = str(httpx2.post(f"{house}/api/v1/sign-in?want_token=true", json=body).json()["token"])
    bearer = {"Authorization": f"Bearer {token}"}
    session = httpx2.post(f"{house}/api/v1/sessions", json={}, headers=bearer).json()["id"]
    with over_network(house, session, token, SEND) as phone:
        phone.recv(timeout=5)
        # The head of a masked binary frame that announces 2 GiB.
        phone.socket.sendall(b"\x82\xff" + (2**31).to_bytes(8, "big") + bytes(4) + bytes(1000))
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                phone.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


@contextmanager
def over_network(url: str, session_id: str, token: str, first: Any) -> Iterator[ClientConnection]:
    address = f"{url.replace('http', 'ws', 1)}/api/v1/sessions/{session_id}/video"
    headers = {"Authorization": f"Bearer {token}"}
    with connect(address, subprotocols=[Subprotocol(VIDEO_PROTOCOL)], additional_headers=headers) as socket:
        socket.send(json.dumps(first))
        yield socket
