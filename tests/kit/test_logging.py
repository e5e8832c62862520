"""What is logged of an accident: where it happened, and nothing of what was in hand there."""

import io
import json
import logging
import sys
from collections.abc import Iterator

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from nearhand.access.model import Role
from nearhand.app import API, Resources, create_app
from nearhand.kit.database import Database
from nearhand.kit.logging import configure_logging
from tests.support.people import PASSWORD, sign_in


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def unconfigured() -> Iterator[None]:
    structlog.reset_defaults()
    yield
    structlog.reset_defaults()
    configure_logging()


def stumble(in_hand: str) -> None:
    raise RuntimeError("the shelf fell down")


def with_an_accident(app: FastAPI) -> FastAPI:
    @app.get("/api/v1/accident")
    async def accident() -> None:
        stumble(f"correct {'horse'}")

    return app


@pytest.mark.usefixtures("unconfigured")
@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_an_accidents_log_line_has_no_local_variables(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO]
) -> None:
    said = stream()
    monkeypatch.setattr(sys, "stderr", said)
    app = with_an_accident(create_app(resources.settings, resources))
    with TestClient(app, raise_server_exceptions=False) as client:
        assert client.get("/api/v1/accident").status_code == 500
    logged = said.getvalue()
    assert "the shelf fell down" in logged
    assert "in stumble" in logged
    assert "correct horse" not in logged
    assert "in_hand" not in logged


@pytest.mark.usefixtures("unconfigured")
def test_a_log_line_is_one_json_object_where_nobody_reads_along(monkeypatch: pytest.MonkeyPatch) -> None:
    said = io.StringIO()
    monkeypatch.setattr(sys, "stderr", said)
    configure_logging()
    structlog.get_logger().info("went_well", path="/x")
    (line,) = said.getvalue().splitlines()
    assert json.loads(line)["event"] == "went_well"


async def test_a_database_error_does_not_tell_the_values(database: Database) -> None:
    with pytest.raises(Exception, match="no such table") as caught:
        async with database.reading() as connection:
            await connection.execute(text("SELECT * FROM nowhere WHERE x = :x"), {"x": "correct horse"})
    assert "correct horse" not in str(caught.value)


def test_no_secret_of_a_sign_in_reaches_the_log(
    client: TestClient, unconfigured: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is logged at the finest level, from the first wrong password to signing out."""
    printed = structlog.PrintLogger(sys.stderr)
    structlog.configure(
        processors=[structlog.processors.format_exc_info, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=lambda *_: printed,
    )
    wrong = client.post(f"{API}/sign-in", json={"name": "expert", "password": "hunter-the-second"})
    assert wrong.status_code == 401
    headers = sign_in(client, Role.EXPERT)
    ticket = client.post(f"{API}/tickets", headers=headers).json()["ticket"]
    session = client.post(f"{API}/sessions", json={"subject": "Port 37"}, headers=headers).json()["id"]
    link = client.post(
        f"{API}/sessions/{session}/invitations", json={"role": "observer"}, headers=headers
    ).json()
    secret = link["url"].partition("#")[2]
    joined = client.post(f"{API}/join?want_token=true", json={"token": secret, "display_name": "A guest"})
    client.post(f"{API}/join", json={"token": secret[::-1], "display_name": "A guest"})
    client.get(f"{API}/me?token=in-the-address", headers={"Authorization": "Bearer forged-bearer"})
    client.post(f"{API}/sign-out", headers=headers)
    logged = "".join(capsys.readouterr())
    assert "refused" in logged  # it was listened to
    secrets = [
        "hunter-the-second",
        PASSWORD,
        ticket,
        secret,
        joined.json()["token"],
        "forged-bearer",
        "in-the-address",
    ]
    secrets.append(headers["Authorization"].removeprefix("Bearer "))
    assert [each for each in secrets if each in logged] == []
