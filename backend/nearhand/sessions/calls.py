"""What one client says to another, and who is put through to whom for voice and pictures: those are parted too."""

from nearhand.sessions.message import Directed, Put
from nearhand.sessions.signalling import (
    Calling,
    CameraAsk,
    CameraAsked,
    CameraState,
    CameraStated,
    RtcCandidate,
    RtcCandidateTold,
    RtcDescribe,
    RtcDescribed,
    RtcHail,
    RtcHailed,
    RtcHush,
    RtcHushed,
)

SIGNALS_PER_MINUTE = 240  # of one connection; a negotiation takes some thirty
AWAY_S = (
    10.0  # so long a client may be without a line before it is parted: its own connection may still stand
)


def is_of_a_way(message: Directed) -> bool:
    """Whether it is about a connection between two browsers, which only some may have."""
    return isinstance(message, Calling) and not isinstance(message, RtcHush)


class Calls:
    """The pairs of clients of one session that have been put through."""

    def __init__(self) -> None:
        self._pairs: set[frozenset[str]] = set()
        self._away: dict[str, float] = {}
        self._untold: dict[str, set[str]] = {}

    def __bool__(self) -> bool:
        return bool(self._pairs)

    def join(self, one: str, other: str) -> None:
        self._pairs.add(frozenset((one, other)))

    def part(self, one: str, other: str | None = None) -> list[str]:
        """End what this client has with another, or with all; returns with whom."""
        ended = {pair for pair in self._pairs if one in pair and (other is None or other in pair)}
        self._pairs -= ended
        if other is None:
            self._away.pop(one, None)
        return sorted(name for pair in ended for name in pair if name != one)

    def tell_later(self, client: str, parted: str) -> None:
        """This client was parted from that one while it was away: its own end may still stand."""
        self._untold.setdefault(client, set()).add(parted)

    def untold(self, client: str) -> list[str]:
        """Whom it was parted from while it was away; asked once, when it is back."""
        return sorted(self._untold.pop(client, ()))

    def clients(self) -> set[str]:
        return {name for pair in self._pairs for name in pair}

    def is_away(self, client: str, since_s: float) -> None:
        if client in self.clients():
            self._away[client] = since_s

    def awaits(self, one: str, other: str) -> bool:
        """Whether the other, with whom this one was put through, has lost its line a moment ago and may be back."""
        return other in self._away and frozenset((one, other)) in self._pairs

    def is_back(self, client: str) -> None:
        self._away.pop(client, None)

    def overdue(self, now_s: float) -> list[str]:
        return [client for client, since_s in self._away.items() if now_s - since_s > AWAY_S]


def as_heard(message: Directed, by: str, client: str) -> Put:
    """As the other one hears it."""
    match message:
        case CameraAsk() | CameraState():
            told = message.model_dump(exclude={"type", "to"})
            kind = CameraAsked if isinstance(message, CameraAsk) else CameraStated
            return kind(by=by, client=client, **told)
        case RtcHail(run=run, to=to):
            return RtcHailed(by=by, client=client, run=run, is_for_all=to is None)
        case RtcDescribe():
            return RtcDescribed(by=by, client=client, **message.model_dump(exclude={"type", "to"}))
        case RtcCandidate(run=run, to_run=to_run, candidate=candidate):
            return RtcCandidateTold(by=by, client=client, run=run, to_run=to_run, candidate=candidate)
        case RtcHush():
            return RtcHushed(by=by, client=client)
        case _:
            raise TypeError(f"{message.type} is not passed on")
