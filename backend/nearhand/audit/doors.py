"""Say at a door what it shows: `@viewed("device")` beneath the route's own decorator."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True)
class Told:
    """What the ledger is told of a door: an action, and which part of its address names the thing."""

    action: str
    names: str | None = None


@dataclass(frozen=True)
class Untold:
    """A door of which the ledger is told nothing, and why that is right."""

    why: str


def viewed(kind: str, names: str | None = None) -> Callable[[Endpoint], Endpoint]:
    """Somebody saw one thing. `names`: the parameter with its id; left out, `<kind>_id`."""
    return _marked(Told(f"{kind}.viewed", names or f"{kind}_id"))


def listed(kind: str) -> Callable[[Endpoint], Endpoint]:
    """Somebody saw many things; the question is kept, the answer not."""
    return _marked(Told(f"{kind}.listed"))


def acted(action: str, names: str | None = None) -> Callable[[Endpoint], Endpoint]:
    """Somebody did something that changes no row: `file.read`, `device.exported`."""
    return _marked(Told(action, names))


def untold(why: str) -> Callable[[Endpoint], Endpoint]:
    return _marked(Untold(why))


def told_of(endpoint: Callable[..., Any]) -> Told | Untold | None:
    """None: the use case behind it puts down itself what it changes."""
    told: Told | Untold | None = getattr(endpoint, "told", None)
    return told


def _marked(told: Told | Untold) -> Callable[[Endpoint], Endpoint]:
    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.told = told  # type: ignore[attr-defined]
        return endpoint

    return mark
