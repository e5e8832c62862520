"""A media server without a network: what is asked of it lies in lists, and it can be made to fail."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from nearhand.sessions.sfu import Feed, Kind, Line, SfuDown, SfuRefused, Watching
from nearhand.sessions.signalling import IceCandidate

BOTH = (Line("0", "audio"), Line("1", "video"))
CANDIDATE = IceCandidate(
    candidate="candidate:1 1 udp 1 127.0.0.1 9 typ host", sdp_mid="0", sdp_m_line_index=0
)


@dataclass(eq=False)
class FakeLeg:
    name: str
    watching: Watching
    feed: Feed
    kinds: frozenset[Kind] = frozenset({"audio", "video"})
    candidates: list[IceCandidate | None] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    is_closed: bool = False

    @property
    def answer(self) -> str:
        return f"answer {self.name}"

    @property
    def offer(self) -> str:
        return f"offer {self.name}"

    async def answered(self, sdp: str) -> None:
        self.answers.append(sdp)

    async def candidate(self, candidate: IceCandidate | None) -> None:
        self.candidates.append(candidate)

    async def close(self) -> None:
        self.is_closed = True


@dataclass(eq=False)
class FakeRoom:
    server: "FakeSfu"
    sendings: list[FakeLeg] = field(default_factory=list)
    takings: list[FakeLeg] = field(default_factory=list)
    is_closed: bool = False

    async def sending(self, offer: str, watching: Watching) -> FakeLeg:
        self.server.check(offer)
        number = next(self.server.numbers)
        watching.candidate(CANDIDATE)  # a real one's, too, may come before its answer
        leg = FakeLeg(f"to {offer}", watching, Feed(str(number), BOTH))
        self.sendings.append(leg)
        return leg

    async def taking(self, feed: Feed, kinds: frozenset[Kind], watching: Watching) -> FakeLeg:
        self.server.check("")
        if self.server.refused_takings:
            self.server.refused_takings -= 1
            raise SfuRefused("Not now.")
        watching.candidate(CANDIDATE)
        leg = FakeLeg(f"of {feed.id}", watching, feed, kinds)
        self.takings.append(leg)
        return leg

    async def close(self) -> None:
        self.is_closed = True

    @property
    def open_takings(self) -> list[FakeLeg]:
        return [leg for leg in self.takings if not leg.is_closed]


class FakeSfu:
    def __init__(self) -> None:
        self.is_up = True
        self.rooms: list[FakeRoom] = []
        self.numbers = itertools.count(1)
        self.refuses = ""  # an offer it does not take
        self.refused_takings = 0  # so many of the next ones
        self._watchers: list[Callable[[], None]] = []

    def watch(self, on_change: Callable[[], None]) -> None:
        self._watchers.append(on_change)

    def become(self, *, is_up: bool) -> None:
        self.is_up = is_up
        for on_change in self._watchers:
            on_change()

    def check(self, offer: str) -> None:
        if not self.is_up:
            raise SfuDown
        if self.refuses and offer == self.refuses:
            raise SfuRefused("It is no offer.")

    async def open(self) -> FakeRoom:
        self.check("")
        room = FakeRoom(self)
        self.rooms.append(room)
        return room
