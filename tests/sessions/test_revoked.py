"""Whoever lost a right is out of every open socket at once: over real sockets, against the clock."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import build_resources, create_app
from nearhand.kit.settings import Settings
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served

AT_ONCE_S = 1.0
PROTOCOL = Subprotocol("nearhand.v1")


class House:
    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, method: str, path: str, token: str = "", **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = httpx2.request(method, f"{self._url}/api/v1/{path}", headers=headers, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def sign_in(self, name: str) -> str:
        body = {"name": name, "password": PASSWORD}
        return str(self.ask("POST", "sign-in?want_token=true", json=body)["token"])

    def guest(self, session_id: str, by: str) -> tuple[str, str]:
        made = self.ask("POST", f"sessions/{session_id}/invitations", by, json={"may": "watch"})
        body = {"token": made["url"].partition("#")[2], "display_name": "A guest"}
        return self.ask("POST", "join?want_token=true", json=body)["token"], made["link"]["id"]

    @contextmanager
    def socket(self, path: str, token: str) -> Iterator[ClientConnection]:
        url = f"{self._url.replace('http', 'ws', 1)}/api/v1/{path}"
        headers = {"Authorization": f"Bearer {token}"}
        with connect(url, subprotocols=[PROTOCOL], additional_headers=headers) as socket:
            yield socket

    @contextmanager
    def live(self, session_id: str, token: str, name: str) -> Iterator[ClientConnection]:
        with self.socket(f"sessions/{session_id}/live", token) as socket:
            socket.send(json.dumps([{"type": "hello", "client": name.ljust(16, "_"), "resume": None}]))
            while "session.state" not in str(socket.recv(timeout=5)):
                pass
            yield socket


def closed_after(socket: ClientConnection, act: Callable[[], object]) -> tuple[float, int, str]:
    """How long after the act the socket was closed, with which code and reason."""
    began = time.monotonic()
    act()
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(timeout=5)
    frame = closed.value.rcvd
    assert frame is not None
    return time.monotonic() - began, frame.code, frame.reason


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    settings = Settings(data_dir=folder, password_tries_per_minute=1000)
    resources = build_resources(settings, passwords=Passwords(QUICK))
    app = create_app(settings, resources)
    with served(app) as url:
        house = House(url)

        async def register() -> None:
            other = build_resources(settings, passwords=Passwords(QUICK))
            for name in ("admin", "expert", "leaver", "demoted", "maker"):
                role = Role.ADMIN if name == "admin" else Role.EXPERT
                new = NewUser(name=name, display_name=name, grants=everywhere(role), password=PASSWORD)
                await other.access.register(new)
            await other.database.close()

        asyncio.run(register())
        yield house


def test_a_revoked_link_ends_its_open_sockets_and_no_others(house: House) -> None:
    """L21."""
    expert = house.sign_in("expert")
    session_id = house.ask("POST", "sessions", expert, json={})["id"]
    leaked, link_id = house.guest(session_id, expert)
    other, _ = house.guest(session_id, expert)
    with (
        house.live(session_id, leaked, "leaked") as socket,
        house.live(session_id, leaked, "second") as second,
        house.live(session_id, other, "other") as staying,
    ):
        revoke = f"sessions/{session_id}/invitations/{link_id}"
        took_s, code, reason = closed_after(socket, lambda: house.ask("DELETE", revoke, expert))
        assert (code, reason) == (4003, "unauthenticated")
        assert took_s < AT_ONCE_S
        assert closed_after(second, lambda: None)[1] == 4003
        staying.send(json.dumps([{"type": "ping"}]))
        while "pong" not in str(staying.recv(timeout=5)):
            pass
    with house.socket(f"sessions/{session_id}/live", leaked) as again:
        assert closed_after(again, lambda: None)[1] == 4003


def test_links_end_with_the_account_that_made_them_and_lose_what_it_loses(house: House) -> None:
    """L21."""
    admin, maker = house.sign_in("admin"), house.sign_in("maker")
    session_id = house.ask("POST", "sessions", maker, json={})["id"]
    guest, _ = house.guest(session_id, maker)
    users = house.ask("GET", "users?limit=200", admin)["items"]
    path = f"users/{next(one['id'] for one in users if one['name'] == 'maker')}"
    with house.live(session_id, guest, "guest") as socket:
        less = {"grants": [{"role": "observer"}]}
        took_s, code, _ = closed_after(socket, lambda: house.ask("PUT", f"{path}/grants", admin, json=less))
        assert (code, took_s < AT_ONCE_S) == (4012, True)
    with house.live(session_id, guest, "guest") as socket:
        took_s, code, _ = closed_after(
            socket, lambda: house.ask("PATCH", path, admin, json={"is_active": False})
        )
        assert (code, took_s < AT_ONCE_S) == (4003, True)
    with house.socket(f"sessions/{session_id}/live", guest) as again:
        assert closed_after(again, lambda: None)[1] == 4003


def test_an_account_that_is_switched_off_or_signs_out_is_out_at_once(house: House) -> None:
    """L21. Of sessions and of the wall."""
    admin = house.sign_in("admin")
    leaver = next(one for one in house.ask("GET", "users", admin)["items"] if one["name"] == "leaver")
    session_id = house.ask("POST", "sessions", admin, json={})["id"]
    token, signed_out = house.sign_in("leaver"), house.sign_in("leaver")
    with house.live(session_id, signed_out, "one") as one, house.live(session_id, token, "two") as two:
        took_s, code, _ = closed_after(one, lambda: house.ask("POST", "sign-out", signed_out))
        assert (code, took_s < AT_ONCE_S) == (4003, True)
        with house.socket("wall", token) as wall:
            wall.recv(timeout=5)
            off = {"is_active": False}
            took_s, code, _ = closed_after(
                two, lambda: house.ask("PATCH", f"users/{leaver['id']}", admin, json=off)
            )
            assert (code, took_s < AT_ONCE_S) == (4003, True)
            assert closed_after(wall, lambda: None)[1] == 4003


def test_whose_grants_change_comes_again_with_the_new_ones(house: House) -> None:
    """L21."""
    admin = house.sign_in("admin")
    user = next(one for one in house.ask("GET", "users", admin)["items"] if one["name"] == "demoted")
    session_id = house.ask("POST", "sessions", admin, json={})["id"]
    token = house.sign_in("demoted")
    with house.live(session_id, token, "one") as socket:
        grants = {"grants": [{"role": "observer"}]}
        took_s, code, reason = closed_after(
            socket, lambda: house.ask("PUT", f"users/{user['id']}/grants", admin, json=grants)
        )
        assert (code, reason, took_s < AT_ONCE_S) == (4012, "restarting", True)
    with house.live(session_id, token, "one") as socket:
        ask = {"type": "device.show", "n": 1, "device": {"device_id": "D", "face": "front"}}
        socket.send(json.dumps([ask]))
        while "refused" not in (told := str(socket.recv(timeout=5))):
            pass
        assert "forbidden" in told or "unknown_device" in told
