"""Which numbered messages of each client are settled, so that each has its effect once."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from nearhand.kit.errors import NearhandError
from nearhand.sessions.model import (
    LedgerLine,
    OutOfOrder,
    RefusedBefore,
    TooManyClients,
    TooManyRefused,
)

MAX_CLIENTS_PER_PARTICIPANT = 50  # so that nobody can use up the names of others
MAX_REFUSED_PER_CLIENT = 1000


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """It came before, and was stored then."""

    n: int


@dataclass(frozen=True, slots=True)
class Refuse:
    """`is_settled`: the number is used up, and the same number will be refused again.

    `is_kept`: for that it must be remembered; the other reason to refuse it never goes away.
    """

    error: NearhandError
    n: int
    is_settled: bool
    is_kept: bool = True


@dataclass(slots=True)
class Ledger:
    """The messages of one client: all up to `last` are settled, of which `refused` had no effect."""

    by: str
    last: int = 0
    refused: set[int] = field(default_factory=set)


class Settled:
    """The ledgers of all clients of one session."""

    def __init__(self, lines: Iterable[LedgerLine] = ()) -> None:
        self._ledgers = {line.client: Ledger(line.by, line.last, set(line.refused)) for line in lines}

    def fold(self) -> tuple[LedgerLine, ...]:
        return tuple(
            LedgerLine(client=client, by=ledger.by, last=ledger.last, refused=tuple(sorted(ledger.refused)))
            for client, ledger in self._ledgers.items()
        )

    def __contains__(self, client: str) -> bool:
        return client in self._ledgers

    def owner_of(self, client: str) -> str | None:
        ledger = self._ledgers.get(client)
        return None if ledger is None else ledger.by

    def acked(self, client: str) -> int:
        ledger = self._ledgers.get(client)
        return 0 if ledger is None else ledger.last

    def answer(self, by: str, client: str, n: int) -> Acknowledge | Refuse | None:
        """What a number is answered with whatever it asks; None: it comes next."""
        ledger = self._ledgers.get(client)
        last = 0 if ledger is None else ledger.last
        if ledger is None and self._names_of(by) >= MAX_CLIENTS_PER_PARTICIPANT:
            # Names are never given back, for a number sent again must be known again; so this will never change.
            too_many = (
                f"In one session you may use {MAX_CLIENTS_PER_PARTICIPANT} client names; use one you had."
            )
            return Refuse(TooManyClients(too_many), n, is_settled=True, is_kept=False)
        if ledger is not None and n <= last:
            if n in ledger.refused:
                return Refuse(RefusedBefore(), n, is_settled=True)
            return Acknowledge(n)
        if n != last + 1:
            return Refuse(OutOfOrder(f"Number {last + 1} comes next, not {n}."), n, is_settled=False)
        if ledger is not None and len(ledger.refused) >= MAX_REFUSED_PER_CLIENT:
            return Refuse(TooManyRefused(), n, is_settled=False)
        return None

    def _names_of(self, by: str) -> int:
        return sum(ledger.by == by for ledger in self._ledgers.values())

    def settle(self, client: str, by: str, n: int, *, is_stored: bool) -> None:
        """Numbers between the last settled one and this were refused: only what had an effect is in the log."""
        ledger = self._ledgers.get(client)
        if ledger is None:
            ledger = self._ledgers[client] = Ledger(by)
        if n <= ledger.last:
            return
        ledger.refused.update(range(ledger.last + 1, n + (not is_stored)))
        ledger.last = n
