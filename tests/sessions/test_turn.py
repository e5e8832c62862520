"""A real coturn gives relays for the passwords that the service makes, and none for those that have run out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from nearhand.sessions.ice import Ice
from nearhand.sessions.turn import (
    TurnAddress,
    TurnRefused,
    TurnTrouble,
    ask_for_relay,
    turn_address,
)
from tests.support.turn import SECRET, TurnProcess


@pytest.fixture(scope="module")
def turn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TurnProcess]:
    with TurnProcess(tmp_path_factory.mktemp("turn")) as turn:
        yield turn


async def ask(turn: TurnProcess, *, secret: str = SECRET, at: datetime | None = None) -> None:
    """As a browser would that was told the servers at this time, over UDP and over TCP."""
    for url in turn.urls:
        (told,) = Ice((), (url,), secret, 60).servers("PERSON", at or datetime.now(UTC)).servers
        assert told.username is not None
        assert told.credential is not None
        await ask_for_relay(turn_address(url), told.username, told.credential)


async def test_what_the_service_tells_browsers_is_accepted(turn: TurnProcess) -> None:
    await ask(turn)


async def test_a_password_that_has_run_out_is_refused_and_that_is_said(turn: TurnProcess) -> None:
    with pytest.raises(TurnRefused, match="401"):
        await ask(turn, at=datetime.now(UTC) - timedelta(minutes=61))


async def test_another_secret_is_refused(turn: TurnProcess) -> None:
    with pytest.raises(TurnRefused, match="another secret"):
        await ask(turn, secret="something-else")


async def test_where_nobody_listens_it_is_said() -> None:
    with pytest.raises(TurnTrouble, match="out of reach"):
        await ask_for_relay(turn_address("turn:127.0.0.1:9?transport=tcp"), "name", "password")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("turn:t.example", TurnAddress("t.example", 3478, is_tcp=False, is_tls=False)),
        ("turn:t.example:80?transport=tcp", TurnAddress("t.example", 80, is_tcp=True, is_tls=False)),
        ("turns:t.example", TurnAddress("t.example", 5349, is_tcp=True, is_tls=True)),
        ("turns:t.example:443?transport=tcp", TurnAddress("t.example", 443, is_tcp=True, is_tls=True)),
        ("turn:[fd00::2]", TurnAddress("fd00::2", 3478, is_tcp=False, is_tls=False)),
        ("turn:[fd00::2]:99", TurnAddress("fd00::2", 99, is_tcp=False, is_tls=False)),
    ],
)
def test_addresses_are_read_as_browsers_read_them(url: str, address: TurnAddress) -> None:
    assert turn_address(url) == address


@pytest.mark.parametrize(
    "url", ["https://t.example", "turn://t.example", "turn:", "turn:t.example:x", "stun:a", ""]
)
def test_what_is_no_turn_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        turn_address(url)
