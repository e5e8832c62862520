from typing import Any

import pytest
from pydantic import ValidationError
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from nearhand.kit.peer import Proxied, address_of, home_of, networks
from nearhand.kit.settings import Settings

TRUSTED = "10.0.0.5, 10.1.0.0/16, fd00::/8"


async def seen(
    client: str, *headers: tuple[str, str], kind: str = "http", trusted: str = TRUSTED
) -> tuple[str, str]:
    """Address and scheme as the service sees them."""
    found: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        found.append(scope)

    async def nothing(*_: Any) -> Any: ...

    scope = {
        "type": kind,
        "client": (client, 4711),
        "scheme": "ws" if kind == "websocket" else "http",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
    }
    await Proxied(app, trusted=networks(trusted))(scope, nothing, nothing)
    return address_of(HTTPConnection(found[0])), found[0]["scheme"]


FOR, PROTO = "x-forwarded-for", "x-forwarded-proto"


async def test_a_trusted_proxy_says_for_whom_it_speaks() -> None:
    assert await seen("10.0.0.5", (FOR, "203.0.113.9"), (PROTO, "https")) == ("203.0.113.9", "https")
    assert await seen("fd00::1", (FOR, "203.0.113.9")) == ("203.0.113.9", "http")
    assert await seen("::ffff:10.0.0.5", (FOR, "203.0.113.9")) == ("203.0.113.9", "http")


async def test_a_websocket_behind_it_is_one_over_tls() -> None:
    assert await seen("10.0.0.5", (PROTO, "https"), kind="websocket") == ("10.0.0.5", "wss")


@pytest.mark.parametrize("trusted", ["", "10.0.0.6", "10.0.0.6/31"])
async def test_nobody_else_is_believed(trusted: str) -> None:
    told = await seen("10.0.0.5", (FOR, "203.0.113.9"), (PROTO, "https"), trusted=trusted)
    assert told == ("10.0.0.5", "http")


async def test_not_even_this_machine_itself() -> None:
    assert await seen("127.0.0.1", (FOR, "203.0.113.9"), trusted="") == ("127.0.0.1", "http")


async def test_what_the_asker_wrote_before_the_proxy_counts_for_nothing() -> None:
    assert (await seen("10.0.0.5", (FOR, "1.1.1.1, 203.0.113.9")))[0] == "203.0.113.9"
    assert (await seen("10.0.0.5", (FOR, "1.1.1.1"), (FOR, "203.0.113.9")))[0] == "203.0.113.9"
    assert (await seen("10.0.0.5", (FOR, "1.1.1.1, 203.0.113.9, 10.1.2.3")))[0] == "203.0.113.9"


@pytest.mark.parametrize("said", ["", "unknown", "203.0.113.9, evil", "x" * 5000, "1.2.3.4:80"])
async def test_what_is_no_address_leaves_that_of_the_proxy(said: str) -> None:
    assert (await seen("10.0.0.5", (FOR, said)))[0] == "10.0.0.5"


@pytest.mark.parametrize("said", ["javascript", "", "ftp"])
async def test_what_is_no_scheme_is_not_believed(said: str) -> None:
    assert (await seen("10.0.0.5", (PROTO, said)))[1] == "http"


def test_whoever_has_one_address_of_ipv6_has_its_network() -> None:
    assert home_of("2001:db8::1") == home_of("2001:db8::ffff:1") != home_of("2001:db8:0:1::1")
    assert home_of("203.0.113.9") == home_of("::ffff:203.0.113.9") != home_of("203.0.113.8")
    assert home_of("unknown") == "unknown"


def test_a_network_that_is_none_is_refused_at_start() -> None:
    with pytest.raises(ValidationError):
        Settings(trusted_proxies="10.0.0.5, proxy.example")
