"""A real server with one account of each role, and what an attacker needs to talk to it."""

import itertools
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from websockets.sync.client import ClientConnection, connect

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import API, Resources, build_resources, create_app
from nearhand.kit.clock import Clock
from nearhand.kit.settings import Settings
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served

LIMIT_BYTES = 256 * 1024  # of uploads, so that "endless" is soon
Headers = dict[str, str]


class Asked:
    """`ask` as one of the roles, or with headers of one's own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx2.Client(base_url=url, timeout=30)
        self._signed_in: dict[Role, Headers] = {}
        self._numbers = itertools.count(1)

    def headers(self, role: Role) -> Headers:
        if role not in self._signed_in:
            body = {"name": role.value, "password": PASSWORD}
            answer = self.http.post(f"{API}/sign-in?want_token=true", json=body)
            self.http.cookies.clear()
            self._signed_in[role] = {"Authorization": f"Bearer {answer.json()['token']}"}
        return self._signed_in[role]

    def forget_sign_ins(self) -> None:
        self._signed_in.clear()

    def guest(self, session_id: str, role: Role = Role.OBSERVER, name: str = "A guest") -> Headers:
        link = self.ask("POST", f"sessions/{session_id}/invitations", json={"role": role.value}).json()["url"]
        return self.guest_of(link, name)

    def guest_of(self, link: str, name: str) -> Headers:
        body = {"token": link.partition("#")[2], "display_name": name}
        answer = self.http.post(f"{API}/join?want_token=true", json=body)
        self.http.cookies.clear()
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    def ask(self, method: str, path: str, *, who: Role | Headers = Role.ADMIN, **request: Any) -> Any:
        headers = self.headers(who) if isinstance(who, Role) else who
        return self.http.request(
            method, f"{API}/{path}", headers=headers | request.pop("headers", {}), **request
        )

    def session(self, **about: str) -> str:
        answer = self.ask("POST", "sessions", who=Role.TECHNICIAN, json={"subject": "Port 37"} | about)
        return str(answer.json()["id"])

    def device(self) -> str:
        """A registered switch with a port 37."""
        number = next(self._numbers)
        port = {"name": "37", "kind": "rj45", "x_mm": 300, "y_mm": 12, "width_mm": 11.7, "height_mm": 10}
        front = {"width_mm": 482.6, "height_mm": 44, "ports": [port]}
        kind = {
            "manufacturer": "Acme",
            "model": f"S{number}",
            "kind": "switch",
            "height_u": 1,
            "front": front,
        }
        body = {
            "asset_tag": f"SW-{number}",
            "name": "sw",
            "device_type_id": self.ask("POST", "device-types", json=kind).json()["id"],
            "site_id": self.ask("POST", "sites", json={"name": f"North {number}"}).json()["id"],
        }
        return str(self.ask("POST", "devices", json=body).json()["id"])

    @contextmanager
    def live(self, session_id: str, who: Role | Headers, client: str = "attacker") -> "Iterator[Live]":
        headers = self.headers(who) if isinstance(who, Role) else who
        address = f"{self.url.replace('http', 'ws', 1)}{API}/sessions/{session_id}/live"
        with connect(address, subprotocols=["nearhand.v1"], additional_headers=headers) as line:  # type: ignore[list-item]
            yield Live(line, client.ljust(16, "_"))

    def is_well(self) -> bool:
        return bool(self.ask("GET", "me").status_code == 200)


class Attacked(Asked):
    """One whose inside can be looked at."""

    def __init__(self, url: str, resources: Resources) -> None:
        super().__init__(url)
        self.resources = resources

    def kept_files(self) -> list[Path]:
        folder = self.resources.settings.data_dir / "blobs"
        return [path for path in folder.rglob("*") if path.is_file()]


class Live:
    """One raw line into a session."""

    def __init__(self, line: ClientConnection, client: str) -> None:
        self.line, self.client = line, client
        self._waiting: list[dict[str, Any]] = []

    def say(self, *messages: Any) -> None:
        self.line.send(json.dumps(messages))

    def enter(self) -> None:
        self.say({"type": "hello", "client": self.client, "resume": None})
        self.told("session.state")

    def told(self, *types: str) -> dict[str, Any]:
        """The next message of one of these types; those before it are passed over."""
        while True:
            while self._waiting:
                message = self._waiting.pop(0)
                if message["type"] in types:
                    return message
            self._waiting += json.loads(self.line.recv(timeout=10))


@contextmanager
def attacked(
    folder: Path, database_url: str | None = None, clock: Clock | None = None, **more: Any
) -> Iterator[Attacked]:
    told: dict[str, Any] = {
        "data_dir": folder,
        "database_url": database_url,
        "password_tries_per_minute": 100_000,
        "upload_limit_bytes": LIMIT_BYTES,
        "import_limit_bytes": LIMIT_BYTES,
    }
    settings = Settings(**(told | more))
    resources = build_resources(settings, clock=clock, passwords=Passwords(QUICK))
    app = create_app(settings, resources)

    @app.post("/make-accounts")
    async def make_accounts() -> None:
        for role in Role:
            new = NewUser(
                name=role.value, display_name=role.value, grants=everywhere(role), password=PASSWORD
            )
            await resources.access.register(new)

    with served(app) as url:
        service = Attacked(url, resources)
        with closing(service.http):
            service.http.post("/make-accounts").raise_for_status()
            yield service


def pour(
    url: str, path: str, headers: Headers, *, claim: int | None, limit_bytes: int
) -> tuple[int, str, int]:
    """Send a body that does not end: (status, code, bytes taken). `claim` is its Content-Length, None is chunked.

    Gives up after `limit_bytes`, with status 0.
    """
    parts = urlsplit(url)
    assert parts.hostname is not None
    framing = "Transfer-Encoding: chunked" if claim is None else f"Content-Length: {claim}"
    head = [f"POST {API}/{path} HTTP/1.1", f"Host: {parts.netloc}", framing]
    head += [f"{name}: {value}" for name, value in headers.items()]
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as line:
        line.sendall(("\r\n".join(head) + "\r\n\r\n").encode())
        answered = threading.Event()
        answer: list[bytes] = []

        def listen() -> None:
            try:
                while piece := line.recv(65536):
                    answer.append(piece)
                    answered.set()
            except OSError:
                pass
            answered.set()

        ear = threading.Thread(target=listen)
        ear.start()
        sent, piece = 0, b"x" * 16384
        framed = b"4000\r\n" + piece + b"\r\n" if claim is None else piece
        while sent < limit_bytes and not answered.wait(0 if claim is None else 0.2):
            try:
                line.sendall(framed)
            except OSError:
                break
            sent += len(piece)
        answered.wait(10)
        with suppress(OSError):
            line.shutdown(socket.SHUT_RDWR)
        ear.join()
    head_text, _, body = b"".join(answer).partition(b"\r\n\r\n")
    if not head_text:
        return 0, "", sent
    return int(head_text.split()[1]), str(json.loads(body)["code"]), sent
