import asyncio

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nearhand.kit.redirect import Redirection

HERE = Redirection("127.0.0.1", 0, "https://help.example", {"help.example", "10.0.0.5", "::1"}, 0.5)


def head(path: str = "/field/", host: str = "help.example", method: str = "GET", more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def status(answer: bytes) -> int:
    return int(answer.split()[1])


@pytest.mark.parametrize(
    "host", ["help.example", "HELP.example", "help.example:80", "10.0.0.5", "10.0.0.5:8080", "[::1]:80"]
)
def test_a_known_name_is_led_to_the_same_path_with_tls(host: str) -> None:
    answer = HERE.answer(head("/d/ABC?x=1", host))
    assert status(answer) == 308
    assert b"\r\nLocation: https://help.example/d/ABC?x=1\r\n" in answer


@pytest.mark.parametrize(
    "host",
    ["evil.example", "help.example.evil.example", "help.example@evil.example", "", "evil.example/", "[::2]"],
)
def test_any_other_name_leads_nowhere(host: str) -> None:
    answer = HERE.answer(head(host=host))
    assert (status(answer), b"Location" in answer) == (421, False)


@pytest.mark.parametrize("more", ["Host: evil.example\r\n", "host: help.example\r\n"])
def test_two_names_are_none(more: str) -> None:
    assert status(HERE.answer(head(more=more))) == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "OPTIONS", "CONNECT", "get"])
def test_nothing_but_reading_is_led_on(method: str) -> None:
    assert status(HERE.answer(head(method=method))) == 405


def test_a_program_is_not_led_on_so_that_its_maker_notices() -> None:
    assert status(HERE.answer(head("/api/v1/devices"))) == 403


@pytest.mark.parametrize("path", ["http://evil.example/", "*", "evil", "/a b", "/é"])
def test_what_is_no_path_is_led_nowhere(path: str) -> None:
    assert status(HERE.answer(head(path))) == 405


@given(st.binary(max_size=200))
@example(b"GET //evil.example/ HTTP/1.1\r\nHost: help.example\r\n\r\n")
@example(b"GET /\r\nLocation: https://evil.example HTTP/1.1\r\nHost: help.example\r\n\r\n")
@example(b"GET /\\evil.example HTTP/1.1\r\nHost: help.example\r\n\r\n")
def test_whatever_comes_no_answer_leads_anywhere_else(asked: bytes) -> None:
    lines = HERE.answer(asked).split(b"\r\n")
    led = [line for line in lines if line.lower().startswith(b"location")]
    assert all(line.startswith(b"Location: https://help.example/") for line in led)
    assert len(lines) == 5 + len(led) + (status(HERE.answer(asked)) == 405)


async def test_it_listens_answers_once_and_waits_for_nobody_long() -> None:
    async with HERE.listening() as server:
        address = server.sockets[0].getsockname()
        reader, writer = await asyncio.open_connection(*address)
        writer.write(head() + head())
        assert (await reader.read()).count(b"HTTP/1.1 308") == 1
        writer.close()
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"GET / HT")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()
