from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from nearhand.access.credentials import Admission
from nearhand.access.model import NewUser, Role, SignIn, everywhere
from nearhand.app import Resources, create_app
from nearhand.migrations.upgrade import upgrade
from tests.support.people import PASSWORD


@pytest.mark.parametrize("path", ["/api/v1/attachments", "/api/v1/pictures", "/api/v1/guides"])
async def test_a_sender_who_goes_away_leaves_nothing_and_is_no_accident(
    resources: Resources, path: str
) -> None:
    await upgrade(resources.database)
    await resources.live_log.open()
    await resources.access.register(
        NewUser(name="expert", display_name="Expert", grants=everywhere(Role.EXPERT), password=PASSWORD)
    )
    admission = await resources.access.sign_in(SignIn(name="expert", password=PASSWORD))
    assert isinstance(admission, Admission)
    said: list[Any] = []
    messages: Iterator[dict[str, Any]] = iter(
        [{"type": "http.request", "body": b"half a", "more_body": True}, {"type": "http.disconnect"}]
    )

    async def receive() -> dict[str, Any]:
        return next(messages)

    async def send(message: Any) -> None:
        said.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"name=a.txt",
        "headers": [
            (b"authorization", f"Bearer {admission.token}".encode()),
            (b"content-type", b"application/json"),
        ],
    }
    with capture_logs() as logs:
        await create_app(resources.settings, resources)(scope, receive, send)
    assert [log["event"] for log in logs] == ["client_gone"]
    blobs = resources.settings.data_dir / "blobs"
    assert not [file for file in blobs.rglob("*") if file.is_file()]
    await resources.live_log.close()
    await resources.database.close()
