"""Decide which connections stay open: a flood of silent ones loses its own, and nobody else's."""

from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from nearhand.kit.peer import home_of

Drop = Callable[[], None]


@dataclass
class _Place:
    home: str
    drop: Drop


@dataclass
class Gate:
    """Every connection enters, speaks with its first whole request, and leaves. Who has not spoken is dropped first.

    `is_counted` tells whether an address is one asker's; a proxy speaks for many, and is limited in sum alone.
    """

    most: int
    most_per_address: int
    is_counted: Callable[[str], bool]
    dropped: int = 0
    _open: dict[Hashable, _Place] = field(default_factory=dict)
    _by_home: Counter[str] = field(default_factory=Counter)
    _silent: dict[str, OrderedDict[Hashable, _Place]] = field(default_factory=dict)  # oldest first

    @property
    def open(self) -> int:
        return len(self._open)

    def enter(self, key: Hashable, address: str, drop: Drop) -> bool:
        """False when there is no room, not even by dropping one that has said nothing yet."""
        home = home_of(address)
        if (
            self._by_home[home] >= self.most_per_address
            and self.is_counted(address)
            and not self._drop_silent(home)
        ):
            return False
        if len(self._open) >= self.most and not self._drop_silent(self._loudest_silence()):
            return False
        place = _Place(home, drop)
        self._open[key] = place
        self._by_home[home] += 1
        self._silent.setdefault(home, OrderedDict())[key] = place
        return True

    def spoke(self, key: Hashable) -> None:
        place = self._open.get(key)
        if place is not None:
            self._forget_silence(key, place.home)

    def leave(self, key: Hashable) -> None:
        place = self._open.pop(key, None)
        if place is None:
            return
        self._by_home[place.home] -= 1
        if self._by_home[place.home] <= 0:
            del self._by_home[place.home]
        self._forget_silence(key, place.home)

    def _forget_silence(self, key: Hashable, home: str) -> None:
        silent = self._silent.get(home)
        if silent is not None and silent.pop(key, None) is not None and not silent:
            del self._silent[home]

    def _loudest_silence(self) -> str | None:
        return max(self._silent, key=lambda home: len(self._silent[home]), default=None)

    def _drop_silent(self, home: str | None) -> bool:
        silent = self._silent.get(home or "")
        if not silent:
            return False
        key, place = next(iter(silent.items()))
        self.leave(key)
        self.dropped += 1
        place.drop()
        return True
