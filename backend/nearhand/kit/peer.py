"""Tell from which address somebody asks: the connection's own, or what a proxy says that is trusted to."""

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

UNKNOWN = "unknown"
V6_HOME = 64  # bits: whoever has one IPv6 address has all of its network

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def networks(text: str) -> tuple[Network, ...]:
    """`10.0.0.5, 10.1.0.0/16, fd00::/8`. Raises ValueError."""
    return tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def address_of(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else UNKNOWN


@lru_cache(maxsize=4096)
def home_of(address: str) -> str:
    """What is counted as one asker: an IPv4 address, or the network of an IPv6 one."""
    found = _parsed(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found, V6_HOME), strict=False))
    return address if found is None else str(found)


def is_among(address: str, networks: Iterable[Network]) -> bool:
    found = _parsed(address)
    return found is not None and any(found in network for network in networks)


class Proxied:
    """ASGI middleware: behind a trusted proxy, the address and scheme of whom it speaks for. Nobody else is believed."""

    def __init__(self, app: ASGIApp, *, trusted: Iterable[Network]) -> None:
        self._app = app
        self._trusted = tuple(trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._trusted and scope["type"] in {"http", "websocket"}:
            client = scope.get("client")
            if client and is_among(client[0], self._trusted):
                scope = {**scope, **self._forwarded(scope)}
        await self._app(scope, receive, send)

    def _forwarded(self, scope: Scope) -> Scope:
        said = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
        schemes = [
            value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-proto"
        ]
        found: Scope = {}
        address = self._last_stranger(",".join(said))
        if address is not None:
            found["client"] = (address, 0)
        if schemes and (scheme := schemes[-1].rpartition(",")[2].strip().lower()) in {"http", "https"}:
            found["scheme"] = scheme.replace("http", "ws") if scope["type"] == "websocket" else scheme
        return found

    def _last_stranger(self, chain: str) -> str | None:
        """Each proxy adds at the end whom it heard: what stands before the last one not trusted, anybody may have said."""
        for part in reversed(chain.split(",")):
            address = _parsed(part.strip())
            if address is None:
                return None
            if not any(address in network for network in self._trusted):
                return str(address)
        return None


def _parsed(text: str) -> Address | None:
    """An address, as IPv4 where it is one in the shape of IPv6."""
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
