import asyncio
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nearhand.access.credentials import Admission
from nearhand.access.model import NewUser, Role, SignIn, everywhere
from nearhand.app import Resources, build_resources, create_app
from nearhand.kit.blobs import ABANDONED_S, Blobs
from nearhand.kit.bodies import BodyLimit, Pace
from nearhand.kit.errors import RequestTooSlow
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import upgrade
from tests.support.people import PASSWORD

UPLOADS = ["attachments?name=a.txt", "pictures", "images/read", "devices/import", "documents"]
BOUNDARY = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\nContent-Type: text/plain\r\n\r\nhalf'


def piece(body: bytes, *, is_last: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": body, "more_body": not is_last}


def limited(app: Any, now_s: Any) -> BodyLimit:
    pace = Pace(grace_s=10, min_bytes_per_s=100, now_s=now_s)
    return BodyLimit(app, limit=10**6, upload_limit=10**6, is_upload=lambda method, path: True, pace=pace)


SCOPE = {"type": "http", "method": "POST", "path": "/", "headers": []}


async def taken_in(bytes_per_s: int, seconds: int) -> int:
    """How many bytes of a body that comes second by second are let in."""
    passed = iter(range(10**6))
    now = itertools.chain.from_iterable((second, second + 1) for second in passed)
    pieces = [piece(b"x" * bytes_per_s) for _ in range(seconds)] + [piece(b"", is_last=True)]
    messages: Iterator[dict[str, Any]] = iter(pieces)
    taken = 0

    async def receive() -> Any:
        return next(messages)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal taken
        while (message := await receive())["more_body"]:
            taken += len(message["body"])

    async def send(message: Any) -> None:
        pass

    await limited(app, lambda: float(next(now)))(dict(SCOPE), receive, send)
    return taken


async def test_a_body_that_keeps_its_pace_may_be_long() -> None:
    assert await taken_in(bytes_per_s=101, seconds=1000) == 101_000


async def test_a_body_that_drips_is_cut_off() -> None:
    with pytest.raises(RequestTooSlow):
        await taken_in(bytes_per_s=1, seconds=1000)


async def test_whoever_has_sent_all_may_wait_for_the_answer_as_long_as_it_takes() -> None:
    times = iter([0.0, 0.0, 100.0, 200.0])
    messages = iter([piece(b"x", is_last=True), {"type": "http.disconnect"}])

    async def receive() -> Any:
        return next(messages)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert (await receive())["body"] == b"x"
        assert (await receive())["type"] == "http.disconnect"

    async def send(message: Any) -> None:
        pass

    await limited(app, lambda: next(times))(dict(SCOPE), receive, send)


@pytest.fixture
def impatient(tmp_path: Path) -> Resources:
    return build_resources(Settings(data_dir=tmp_path, body_grace_s=0.05))


@pytest.mark.parametrize("path", [*UPLOADS, "guides"])
async def test_a_sender_who_stops_half_way_is_refused_and_leaves_nothing(
    impatient: Resources, path: str
) -> None:
    await upgrade(impatient.database)
    await impatient.live_log.open()
    new = NewUser(name="admin", display_name="Admin", grants=everywhere(Role.ADMIN), password=PASSWORD)
    await impatient.access.register(new)
    admission = await impatient.access.sign_in(SignIn(name="admin", password=PASSWORD))
    assert isinstance(admission, Admission)
    said: list[Any] = []
    messages = iter([piece(BOUNDARY)])

    async def receive() -> Any:
        message = next(messages, None)
        if message is None:
            await asyncio.Event().wait()
        return message

    async def send(message: Any) -> None:
        said.append(message)

    kind = b"multipart/form-data; boundary=b" if path == "documents" else b"application/json"
    path, _, query = path.partition("?")
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/api/v1/{path}",
        "query_string": query.encode(),
        "headers": [(b"authorization", f"Bearer {admission.token}".encode()), (b"content-type", kind)],
    }
    await create_app(impatient.settings, impatient)(scope, receive, send)
    assert said[0]["status"] == 408
    assert (b"connection", b"close") in said[0]["headers"]
    assert b"request_too_slow" in said[1]["body"]
    assert not [file for file in (impatient.settings.data_dir / "blobs").rglob("*") if file.is_file()]
    await impatient.live_log.close()
    await impatient.database.close()


async def test_what_a_killed_process_left_behind_is_swept_and_nothing_else(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    kept = blobs.path(await blobs.put(b"kept"))
    old, new = blobs.open_passing(), blobs.open_passing()
    for passing in (old, new):
        passing.close()
    for file in (old.path, kept):
        long_ago = file.stat().st_mtime - ABANDONED_S - 1
        os.utime(file, (long_ago, long_ago))
    await blobs.sweep()
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == {kept, new.path}
