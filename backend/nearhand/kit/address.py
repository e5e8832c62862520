"""Tell under which address a service that listens somewhere is reached."""

import ipaddress
import socket
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
NOT_ROUTED = "192.0.2.1"  # a documentation address (RFC 5737): asking for the way there sends nothing


class UnknownHost(ValueError):
    """A name that is no address of this machine."""


def lan_address() -> str | None:
    """This machine's address on its network, or None when it has none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((NOT_ROUTED, 9))
        except OSError:
            return None
        address: str = probe.getsockname()[0]
    return None if ipaddress.ip_address(address).is_loopback else address


def numeric(host: str) -> str:
    """Raise UnknownHost for a name that leads nowhere."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        try:
            return socket.gethostbyname(host)
        except OSError:
            raise UnknownHost(f"{host} is not an address of this machine.") from None


@dataclass(frozen=True)
class Listening:
    """Where a service listens."""

    host: str
    port: int
    has_tls: bool

    @property
    def local_url(self) -> str:
        """The address for this machine itself. Raises UnknownHost."""
        is_any = ipaddress.ip_address(numeric(self.host)).is_unspecified
        return self._url(LOOPBACK if is_any else self.host)

    @property
    def network_url(self) -> str | None:
        """The address for other machines on the network, or None when only this one is served. Raises UnknownHost."""
        address = ipaddress.ip_address(numeric(self.host))
        if address.is_loopback:
            return None
        host = lan_address() if address.is_unspecified else self.host
        return self._url(host) if host else None

    @property
    def widest_url(self) -> str:
        """The address under which most can reach it: what labels and links say. Raises UnknownHost."""
        return self.network_url or self.local_url

    def _url(self, host: str) -> str:
        return f"{'https' if self.has_tls else 'http'}://{f'[{host}]' if ':' in host else host}:{self.port}"
