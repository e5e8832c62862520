"""Many at once, and nobody unknown is listened to."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import API, build_resources, create_app, is_upload
from nearhand.kit.http import forget_idempotency_keys
from nearhand.kit.settings import Settings
from tests.support.people import PASSWORD, QUICK, sign_in
from tests.support.routes import api_routes
from tests.support.server import served

CROWD = 60


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    settings = Settings(data_dir=tmp_path, password_tries_per_minute=1000)
    resources = build_resources(settings, passwords=Passwords(QUICK))
    app = create_app(settings, resources)

    @app.post("/make-admin")
    async def make_admin() -> None:
        await resources.access.register(
            NewUser(name="admin", display_name="Admin", grants=everywhere(Role.ADMIN), password=PASSWORD)
        )

    with served(app) as url:
        httpx2.post(f"{url}/make-admin").raise_for_status()
        yield url


async def crowd(url: str, method: str, path: str, headers: dict[str, str]) -> Counter[int]:
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
        bodies = [{"name": f"Site {number}"} for number in range(CROWD)]
        asked = [client.request(method, path, json=body if method == "POST" else None) for body in bodies]
        return Counter(answer.status_code for answer in await asyncio.gather(*asked))


@pytest.mark.parametrize(("method", "status"), [("GET", 200), ("POST", 201)])
async def test_a_crowd_is_answered_whoever_asks(url: str, method: str, status: int) -> None:
    assert await crowd(url, method, f"{API}/sites", {"Authorization": "Bearer nobody"}) == {401: CROWD}
    async with httpx2.AsyncClient(base_url=url) as client:
        body = {"name": "admin", "password": PASSWORD}
        token = (await client.post(f"{API}/sign-in?want_token=true", json=body)).json()["token"]
    assert await crowd(url, method, f"{API}/sites", {"Authorization": f"Bearer {token}"}) == {status: CROWD}


async def test_a_crowd_that_asks_for_help_is_answered(url: str) -> None:
    async with httpx2.AsyncClient(base_url=url) as client:
        body = {"name": "admin", "password": PASSWORD}
        token = (await client.post(f"{API}/sign-in?want_token=true", json=body)).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        asked = [
            client.post(f"{API}/sessions", json={"subject": str(n)}, headers=headers, timeout=30)
            for n in range(CROWD)
        ]
        assert {answer.status_code for answer in await asyncio.gather(*asked)} == {201}


def test_every_upload_door_is_a_post_that_ends_in_a_word() -> None:
    """A path that ends in an id could be made to look like an upload, and be read without a limit."""
    for method, path, _ in api_routes():
        if path.endswith("}"):
            assert not is_upload(method, path.replace("{", "").rsplit("/", 1)[0] + "/import"), (method, path)


@pytest.mark.parametrize("path", ["/devices/import", "/racks/stills", "/guides/read"])
def test_an_id_that_looks_like_an_upload_gets_no_larger_body(client: TestClient, path: str) -> None:
    headers = sign_in(client, Role.ADMIN) | {"If-Match": '"1"'}
    pieces = (b" " * 65536 for _ in range(100))
    assert client.put(f"{API}{path}", content=pieces, headers=headers).status_code == 413


def test_nobody_unknown_is_listened_to(client: TestClient) -> None:
    pieces = (b" " * 65536 for _ in range(100))  # too long, had it been read
    assert client.post(f"{API}/sites", content=pieces).status_code == 401


def test_an_answer_is_repeated_to_the_same_person_only_while_signed_in(client: TestClient) -> None:
    key = {"Idempotency-Key": "k"}
    first, body = sign_in(client, Role.ADMIN), {"name": "Site"}
    site = client.post(f"{API}/sites", json=body, headers=first | key).json()
    client.post(f"{API}/sign-out", headers=first)
    assert client.post(f"{API}/sites", json=body, headers=first | key).status_code == 401
    again = client.post(f"{API}/sites", json=body, headers=sign_in(client, Role.ADMIN) | key)
    assert again.json() == site


async def test_old_answers_are_forgotten(tmp_path: Path) -> None:
    resources = build_resources(Settings(data_dir=tmp_path), passwords=Passwords(QUICK))
    app = create_app(resources.settings, resources)
    with TestClient(app) as client:
        portal = client.portal
        assert portal is not None
        new = NewUser(name="admin", display_name="Admin", grants=everywhere(Role.ADMIN), password=PASSWORD)
        portal.call(resources.access.register, new)
        headers = sign_in(client, Role.ADMIN) | {"Idempotency-Key": "k"}
        client.post(f"{API}/sites", json={"name": "Site"}, headers=headers).raise_for_status()
        portal.call(forget_idempotency_keys, resources.database, resources.clock.now())
        assert client.post(f"{API}/sites", json={"name": "Other"}, headers=headers).status_code == 201
