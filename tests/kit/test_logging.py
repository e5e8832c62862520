"""What is logged of an accident: where it happened, and nothing of what was in hand there."""

import io
import json
import sys
from collections.abc import Iterator

import pytest
import structlog
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text

from nearhand.app import Resources, create_app
from nearhand.kit.database import Database
from nearhand.kit.logging import configure_logging


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
