"""Carry facts from a slice to listeners in higher slices, which it must not know by name."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any

Listener = Callable[[Any], Awaitable[None]]


class Bus:
    """In-process and in order: `tell` returns when every listener has run."""

    def __init__(self) -> None:
        self._listeners: dict[type, list[Listener]] = defaultdict(list)

    def listen(self, kind: type, listener: Listener) -> None:
        self._listeners[kind].append(listener)

    async def tell(self, fact: object) -> None:
        for listener in self._listeners[type(fact)]:
            await listener(fact)
