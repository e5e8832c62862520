"""Which device a session was about from which event on, and where each device it names stood then."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from nearhand.access.model import HOUSE, Where


@dataclass(frozen=True, slots=True)
class Placed:
    """A device as a session came to it: by showing it, or only by naming it. `seq` 0: when it was opened."""

    seq: int
    device_id: str
    is_shown: bool
    where: Where


class Stage:
    """As far as the log goes. Of a device that came twice, the last place counts."""

    def __init__(self, came: Iterable[Placed] = ()) -> None:
        self._since: list[int] = []
        self._shown: list[str] = []
        self._places: dict[str, Where] = {}
        for one in sorted(came, key=lambda placed: placed.seq):
            self.take(one)

    def take(self, came: Placed) -> None:
        self._places[came.device_id] = came.where
        if came.is_shown:
            self._since.append(came.seq)
            self._shown.append(came.device_id)

    def __contains__(self, device_id: str) -> bool:
        return device_id in self._places

    @property
    def shown(self) -> tuple[str, ...]:
        """Every device it was about, in order."""
        return tuple(self._shown)

    @property
    def now(self) -> str | None:
        return self._shown[-1] if self._shown else None

    def at(self, seq: int) -> str | None:
        """The device it was about at this event; None before the first."""
        index = bisect_right(self._since, seq)
        return self._shown[index - 1] if index else None

    def where(self, device_id: str) -> Where:
        """What is not registered stands nowhere: whoever sees the whole house sees it."""
        return self._places.get(device_id, HOUSE)
