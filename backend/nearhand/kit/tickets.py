"""Let in once, within seconds, whoever cannot send a header: a ticket stands for a token, and may be seen in a URL."""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable

TICKET_S = 30
MAX_TICKETS = 10_000
_TICKET_BYTES = 32


class Tickets:
    """In memory alone: a ticket does not outlive the process, nor the sign-in that it was bought with."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._open: OrderedDict[bytes, tuple[float, str]] = (
            OrderedDict()
        )  # oldest first; by the ticket's hash

    def sell(self, token: str) -> str:
        self._forget_late()
        while len(self._open) >= MAX_TICKETS:
            self._open.popitem(last=False)
        ticket = secrets.token_urlsafe(_TICKET_BYTES)
        self._open[_hash(ticket)] = (self._now_s() + TICKET_S, token)
        return ticket

    def take(self, ticket: str) -> str | None:
        """The token it stands for; None for one that is unknown, late or used."""
        self._forget_late()
        _, token = self._open.pop(_hash(ticket), (0.0, None))
        return token

    def _forget_late(self) -> None:
        now_s = self._now_s()
        while self._open:
            oldest, (until_s, _) = next(iter(self._open.items()))
            if until_s > now_s:
                return
            del self._open[oldest]


def _hash(ticket: str) -> bytes:
    return hashlib.sha256(ticket.encode(errors="replace")).digest()
