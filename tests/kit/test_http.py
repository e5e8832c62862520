"""The doors' common manners, tried on a small app of their own."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.testclient import TestClient
from sqlalchemy import Column, Integer, String, Table, func, insert, select

from nearhand.kit.bodies import BodyLimit, Pace
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database, metadata
from nearhand.kit.errors import Conflict, Overtaken
from nearhand.kit.http import (
    Connection,
    ExpectedVersion,
    LateTransaction,
    LateTransactionRoute,
    TransactionRoute,
    guard,
    install_error_handlers,
)
from tests.support.limits import endless, generous
from tests.support.witness import Remembering

things = Table("test_thing", metadata, Column("id", Integer, primary_key=True))
bulky = Table("test_bulky", metadata, Column("id", Integer, primary_key=True), Column("text", String))


@guard
async def asker(request: Request) -> Any:
    return SimpleNamespace(participant_id=request.headers.get("authorization", "somebody"))


router = APIRouter(route_class=TransactionRoute, dependencies=[Depends(asker)])
PROBLEM_FIELDS = {"type", "title", "status", "code", "detail", "errors"}


@router.post("/things/{number}", status_code=201)
async def add(number: int, connection: Connection) -> dict[str, int]:
    await connection.execute(insert(things).values(id=number))
    return {"id": number}


@router.post("/refused")
async def refused(connection: Connection) -> None:
    await connection.execute(insert(things).values(id=99))
    raise Conflict("No.")


@router.post("/accident")
async def accident(connection: Connection) -> None:
    await connection.execute(insert(things).values(id=98))
    raise RuntimeError("a secret detail")


@router.post("/filling/{number}")
async def filling(number: int, connection: Connection) -> None:
    await connection.execute(insert(things).values(id=number))
    await connection.execute(
        insert(bulky), [{"id": number * 1000 + i, "text": "x" * 4000} for i in range(50)]
    )


late = APIRouter(route_class=LateTransactionRoute, dependencies=[Depends(asker)])


@late.post("/late/{number}", status_code=201)
async def add_late(number: int, begin: LateTransaction, overtaken: int = 0) -> int:
    """Refused as overtaken so many times; what it wrote then must be gone."""
    connection = await begin()
    attempts.append(number)
    await connection.execute(insert(things).values(id=number))
    if len(attempts) <= overtaken:
        raise Overtaken
    return len(attempts)


attempts: list[int] = []


@late.post("/together", status_code=201)
async def add_together(begin: LateTransaction) -> int:
    """Two at once: neither writes before the other is at work too."""
    await both_at_work.wait()
    await begin()
    return 1


both_at_work = asyncio.Barrier(2)


@router.get("/count")
async def count(connection: Connection) -> int:
    total: int = (await connection.execute(select(func.count()).select_from(things))).scalar_one()
    return total


@router.put("/versioned")
async def versioned(version: ExpectedVersion) -> int:
    return version


@pytest.fixture
def door(tmp_path: Path) -> Iterator[TestClient]:
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'door.db'}")
    app = FastAPI()
    app.state.resources = SimpleNamespace(
        database=database, clock=FixedClock(), limits=generous(), ledger=Remembering(), quota=endless()
    )
    install_error_handlers(app)
    app.add_middleware(
        BodyLimit,
        limit=1000,
        upload_limit=5000,
        is_upload=lambda method, path: path == "/upload",
        pace=Pace(grace_s=30, min_bytes_per_s=1000),
    )
    app.include_router(router)
    app.include_router(late)
    with TestClient(app, raise_server_exceptions=False) as client:
        portal: Any = client.portal

        async def create() -> None:
            async with database.transaction() as connection:
                await connection.run_sync(metadata.create_all)

        portal.call(create)
        yield client
        portal.call(database.close)


def test_what_a_request_writes_is_there_for_the_next(door: TestClient) -> None:
    door.post("/things/1").raise_for_status()
    assert door.get("/count").json() == 1


@pytest.mark.parametrize(
    ("path", "status", "code"), [("/refused", 409, "conflict"), ("/accident", 500, "internal")]
)
def test_a_refusal_or_an_accident_writes_nothing_and_says_so_in_one_shape(
    door: TestClient, path: str, status: int, code: str
) -> None:
    answer = door.post(path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json().keys() == PROBLEM_FIELDS
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert door.get("/count").json() == 0


def test_a_request_repeated_under_one_key_has_its_effect_once(door: TestClient) -> None:
    first = door.post("/things/1", headers={"Idempotency-Key": "k"})
    again = door.post("/things/1", headers={"Idempotency-Key": "k"})
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, {"id": 1})
    assert door.get("/count").json() == 1


@pytest.mark.parametrize(("overtaken", "status", "count"), [(0, 201, 1), (2, 201, 1), (3, 409, 0)])
def test_a_door_that_was_overtaken_is_asked_anew_a_few_times(
    door: TestClient, overtaken: int, status: int, count: int
) -> None:
    attempts.clear()
    key = {"Idempotency-Key": "k"}
    answer = door.post(f"/late/1?overtaken={overtaken}", headers=key)
    assert answer.status_code == status
    assert door.get("/count").json() == count
    if status == 201:
        again = door.post(f"/late/1?overtaken={overtaken}", headers=key)
        assert (again.status_code, again.json()) == (201, answer.json())
        assert len(attempts) == overtaken + 1


def test_one_key_for_two_requests_is_refused(door: TestClient) -> None:
    door.post("/things/1", headers={"Idempotency-Key": "k"})
    refused = door.post("/things/2", headers={"Idempotency-Key": "k"})
    assert (refused.status_code, refused.json()["code"]) == (409, "key_reused")
    assert "retry-after" not in refused.headers
    assert door.get("/count").json() == 1


def test_a_request_that_is_being_answered_already_is_told_to_ask_again_in_a_moment(door: TestClient) -> None:
    key = {"Idempotency-Key": "k"}
    with ThreadPoolExecutor(2) as two:
        answers = list(two.map(lambda _: door.post("/together", headers=key), range(2)))
    done, refused = sorted(answers, key=lambda answer: answer.status_code)
    assert (done.status_code, refused.status_code) == (201, 409)
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("being_answered", "1")
    assert door.post("/together", headers=key).status_code == 201


def test_two_peoples_equal_keys_are_two_keys(door: TestClient) -> None:
    door.post("/things/1", headers={"Idempotency-Key": "k", "Authorization": "Bearer a"})
    other = door.post("/things/2", headers={"Idempotency-Key": "k", "Authorization": "Bearer b"})
    assert other.json() == {"id": 2}


def test_a_refused_request_leaves_its_key_free(door: TestClient) -> None:
    assert door.post("/refused", headers={"Idempotency-Key": "k"}).status_code == 409
    assert door.post("/things/1", headers={"Idempotency-Key": "k"}).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 428), ({"If-Match": '"3"'}, 200), ({"If-Match": 'W/"3"'}, 200), ({"If-Match": "*"}, 422)],
)
def test_a_change_must_say_which_version_it_changes(
    door: TestClient, headers: dict[str, str], status: int
) -> None:
    assert door.put("/versioned", headers=headers).status_code == status


def test_a_body_over_the_limit_is_refused_by_what_it_claims(door: TestClient) -> None:
    answer = door.post("/things/1", content=b"x" * 1001)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_body_over_the_limit_is_cut_off_by_what_it_sends(door: TestClient) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * 100

    assert door.post("/things/1", content=endless()).status_code == 413


@pytest.mark.parametrize("path", ["/nowhere", "/things/word"])
def test_unknown_paths_and_wrong_values_have_the_same_shape(door: TestClient, path: str) -> None:
    assert door.post(path).json().keys() == PROBLEM_FIELDS


def test_a_full_disk_is_said_plainly_and_leaves_everything_as_it_was(door: TestClient) -> None:
    app: Any = door.app
    portal: Any = door.portal

    async def fill() -> None:
        async with app.state.resources.database.engine.connect() as connection:
            pages = (await connection.exec_driver_sql("PRAGMA page_count")).scalar_one()
            await connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    portal.call(fill)
    answers = [door.post(f"/filling/{number}") for number in range(5)]
    refused = [answer for answer in answers if answer.status_code == 503]
    assert refused
    assert refused[0].json()["code"] == "unavailable"
    assert door.get("/count").json() == len(answers) - len(refused)
