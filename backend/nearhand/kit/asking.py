"""Know who is asking, anywhere beneath a door, for as long as the request lasts."""

from contextvars import ContextVar
from dataclasses import dataclass, field

from nearhand.kit.clock import Clock, SystemClock


@dataclass
class Asking:
    """Filled in as it becomes known: first the address, then who it is, then whose the thing is they ask about."""

    clock: Clock
    kind: str = "nobody"
    id: str = ""
    name: str = ""
    address: str = ""
    tenant: str | None = None
    about_id: str | None = None  # where a door's address does not hold the id itself, as with an asset tag
    said: dict[str, object] = field(default_factory=dict)  # what else is worth keeping of it
    entries: int = 0  # put down so far
    is_repeated: bool = False  # answered as it was before, with no effect of its own

    def be(self, kind: str, who_id: str, name: str) -> None:
        self.kind, self.id, self.name = kind, who_id, name


_asking: ContextVar[Asking | None] = ContextVar("asking", default=None)


def asking() -> Asking:
    """Who is asking; the service itself outside of any request."""
    return _asking.get() or Asking(SystemClock(), kind="system")


def ask_from(address: str, clock: Clock) -> Asking:
    """From here on in this task, and in those it starts: also in what streams an answer after its door has returned."""
    asked = Asking(clock, address=address)
    _asking.set(asked)
    return asked
