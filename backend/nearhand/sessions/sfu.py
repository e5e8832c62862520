"""What is asked of a media server: rooms, what one sends into one, and what another takes from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from nearhand.sessions.signalling import IceCandidate

Kind = Literal["audio", "video"]
Layer = Literal["whole", "half"]  # of a picture that is sent in both sizes


class SfuDown(Exception):
    """The media server is out of reach: nothing of what was there is left."""


class SfuRefused(Exception):
    """It answered, and does not do this one thing."""


class SfuUnclear(ValueError):
    """The settings do not say which one it is."""


@dataclass(frozen=True, slots=True)
class Line:
    """One sound or one picture that a sender sends. `mid`: its name in what the sender described."""

    mid: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Feed:
    """What one sender sends, as the media server names it."""

    id: str
    lines: tuple[Line, ...]


class Leg(Protocol):
    """One client's connection with the media server."""

    async def candidate(self, candidate: IceCandidate | None) -> None:
        """A way by which the client may be reached."""

    async def close(self) -> None:
        """Nothing goes over it any more when this returns. Never raises."""


class Sending(Leg, Protocol):
    @property
    def feed(self) -> Feed: ...

    @property
    def answer(self) -> str: ...


class Taking(Leg, Protocol):
    @property
    def offer(self) -> str: ...

    async def answered(self, sdp: str) -> None: ...

    async def want(self, layer: Layer) -> None:
        """From now on pictures come so, where the sender sends them so; at first they come whole."""


@dataclass(frozen=True, slots=True)
class Watching:
    """Whom a leg tells what happens to it."""

    flows: Callable[[], None]  # a way was found: what is sent can be taken by others
    candidate: Callable[[IceCandidate | None], None]
    over: Callable[[], None]  # the media server has given it up
    offer: Callable[[str], None] = lambda _: (
        None
    )  # what is taken by it is described anew, and to be answered once more


class SfuRoom(Protocol):
    """Its legs and itself raise SfuDown and SfuRefused."""

    async def sending(self, offer: str, watching: Watching) -> Sending: ...

    async def taking(self, feed: Feed, kinds: frozenset[Kind], watching: Watching) -> Taking: ...

    async def close(self) -> None:
        """All that is in it is cut. Never raises."""


class Sfu(Protocol):
    @property
    def is_up(self) -> bool: ...

    def watch(self, on_change: Callable[[], None]) -> None:
        """Be told when it is out of reach, and when it is back: then with nothing of what was there."""

    async def open(self) -> SfuRoom: ...


class MediaServer(Sfu, Protocol):
    """As the settings name it."""

    @property
    def trouble(self) -> str:
        """Why it is not up, in words."""

    async def start(self) -> None:
        """Find it, and find it again whenever it was lost."""

    async def stop(self) -> None: ...

    async def try_once(self) -> None:
        """Instead of starting: is it there, and opens a room? Raises SfuDown and SfuRefused with what is wrong."""
