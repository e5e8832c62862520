"""Slow down whoever guesses at an account, without slowing down its owner elsewhere."""

import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from nearhand.kit.errors import TooMany

FREE_TRIES = 5
LONGEST_S = 900.0
FORGOTTEN_S = 3600.0
MAX_KEYS = 50_000
PLACES_EACH = 6  # passwords of one network that wait to be checked: a second or two of the others' time


class Throttle:
    """After a few wrong tries under one key each further one has to wait, twice as long each time.

    Reads no clock: `now_s` comes in. A try is counted when it is begun, so that many at once are not one.
    """

    def __init__(self, free_tries: int = FREE_TRIES) -> None:
        self._free = free_tries
        self._wrong: OrderedDict[str, tuple[int, float, float]] = OrderedDict()  # tries, wait until, last try

    def begin(self, key: str, now_s: float) -> float:
        """0 when the try may go on, and is counted; else the seconds still to wait."""
        tries, until_s, last_s = self._wrong.pop(key, (0, 0.0, now_s))
        if now_s - last_s > FORGOTTEN_S:
            tries, until_s = 0, 0.0
        wait_s = max(0.0, until_s - now_s)
        if not wait_s:
            tries += 1
            last_s = now_s
            # Past 2**10 it is the longest anyway.
            over = min(tries - self._free, 10)
            until_s = now_s + min(LONGEST_S, 2.0**over) if over >= 0 else 0.0
        self._wrong[key] = (tries, until_s, last_s)
        if len(self._wrong) > MAX_KEYS:
            self._wrong.popitem(last=False)
        return wait_s

    def succeeded(self, key: str) -> None:
        self._wrong.pop(key, None)


class Places:
    """Whose passwords wait to be checked: no network takes so many places that the others wait for long."""

    def __init__(self) -> None:
        self._taken: Counter[str] = Counter()

    @contextmanager
    def place(self, key: str) -> Iterator[None]:
        """Raise TooMany where this key has all its places taken."""
        if self._taken[key] >= PLACES_EACH:
            raise TooMany("Too many sign-ins of this network at once. Try again in a moment.")
        self._taken[key] += 1
        try:
            yield
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]


def neighbourhood(address: str) -> str:
    """The network an address can move about in: a /24 of IPv4, a /56 of IPv6."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 56), strict=False))
