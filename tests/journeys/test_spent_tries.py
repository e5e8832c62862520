"""An address that has used up its tries to get in is refused before its next one is a request, and is told the same."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from nearhand.access.passwords import Passwords
from nearhand.app import API, build_resources, create_app
from nearhand.kit.limits import LimitedAddresses
from nearhand.kit.settings import Settings
from tests.kit.test_serving import connected, rest
from tests.support.people import QUICK
from tests.support.server import served

BODY = json.dumps({"name": "nobody", "password": "wrong password"}).encode()
PATH = f"{API}/sign-in"
TRY = b"POST %b HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
TRIES = 2
WHOLE = TRY % (PATH.encode(), len(BODY)) + BODY


def made(folder: Path, trusted_proxies: str = "") -> FastAPI:
    settings = Settings(data_dir=folder, password_tries_per_minute=TRIES, trusted_proxies=trusted_proxies)
    return create_app(settings, build_resources(settings, passwords=Passwords(QUICK)))


@contextmanager
def spent(app: FastAPI, headers: dict[str, str] | None = None) -> Iterator[httpx2.Client]:
    """Served, and this address has no try left; who asks."""
    with served(app) as url, httpx2.Client(base_url=url, headers=headers) as client:
        for _ in range(TRIES):
            assert client.post(PATH, content=BODY).status_code in (401, 422)
        yield client


def until(line: socket.socket, end: bytes, times: int = 1) -> bytes:
    said = b""
    while said.count(end) < times:
        piece = line.recv(65536)
        assert piece, said
        said += piece
    return said


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of what was made a request."""
    paths: list[str] = []
    real = LimitedAddresses.__call__

    async def heard(self: LimitedAddresses, scope: dict[str, str], *others: object) -> None:
        if scope["type"] == "http":
            paths.append(scope["path"])
        await real(self, scope, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(LimitedAddresses, "__call__", heard)
    return paths


def test_it_is_told_the_same_as_by_the_application(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    app = made(tmp_path)
    with spent(app) as client:
        quick = client.post(PATH, content=BODY)
        assert asked == [PATH] * TRIES
        monkeypatch.setattr(app, "refusal_of", None)
        with httpx2.Client(base_url=client.base_url) as anew:
            whole = anew.post(PATH, content=BODY)
    assert asked == [PATH] * (TRIES + 1)
    assert (quick.status_code, quick.json()) == (whole.status_code, whole.json())
    assert (quick.status_code, quick.json()["code"]) == (429, "too_many")
    assert {**quick.headers, "date": ""} == {**whole.headers, "date": ""}


def test_what_is_no_try_is_answered_and_the_refused_are_counted(tmp_path: Path, asked: list[str]) -> None:
    app = made(tmp_path)
    with spent(app) as client:
        for _ in range(4):
            assert client.post(PATH, content=BODY).status_code == 429
        assert client.post(f"{PATH}?want_token=true", content=BODY).status_code == 429
        assert client.get("/healthz").status_code == 200
        assert app.state.resources.ledger._uncounted["127.0.0.1"] == 5
    assert asked == [PATH] * TRIES + ["/healthz"]


def test_tries_sent_at_once_are_refused_in_turn_between_other_requests(tmp_path: Path) -> None:
    other = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with spent(made(tmp_path)) as client, connected(str(client.base_url)) as line:
        line.sendall(WHOLE + WHOLE + other + WHOLE)
        said = until(line, b"\r\n\r\n", 4)
    statuses = [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [429, 429, 200, 429]


@pytest.mark.parametrize(
    ("head", "sent"), [(b"", 100_000), (b"Expect: 100-continue\r\n", 0)], ids=["without end", "asks first"]
)
def test_a_body_is_not_taken_in(tmp_path: Path, head: bytes, sent: int) -> None:
    with spent(made(tmp_path)) as client, connected(str(client.base_url)) as line:
        line.sendall(
            (TRY % (PATH.encode(), 10**9)).replace(b"Host: a\r\n", b"Host: a\r\n" + head) + b" " * sent
        )
        said = rest(line)
    head = said.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 429 ")
    assert b"\r\nconnection: close" in head


def test_behind_a_proxy_whoever_it_speaks_for_has_tries_of_their_own(tmp_path: Path) -> None:
    with spent(made(tmp_path, trusted_proxies="127.0.0.1"), {"X-Forwarded-For": "10.0.0.7"}) as client:
        assert client.post(PATH, content=BODY).status_code == 429
        other = client.post(PATH, content=BODY, headers={"X-Forwarded-For": "10.0.0.8"})
        assert other.status_code in (401, 422)
