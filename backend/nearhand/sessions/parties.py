"""Which way voice and pictures go in one session: between two browsers, through the media server, or not at all."""

import math
from collections.abc import Callable, Iterable
from typing import Literal, Protocol

from nearhand.access.model import LinkMay, Role
from nearhand.sessions.conference import Conference, Rights
from nearhand.sessions.message import HELPERS, FromServer
from nearhand.sessions.model import Participant
from nearhand.sessions.sfu import Kind, Sfu
from nearhand.sessions.signalling import (
    Conferring,
    RtcSfuAgain,
    RtcSfuCandidate,
    RtcSfuDescribe,
    RtcSfuEnter,
    RtcSfuLayer,
    RtcSfuLook,
    RtcTalks,
    RtcWay,
)

MESH = 3  # so many connect to each other directly: each more would cost every phone one more sending
Way = Literal["direct", "sfu", "none"]


class End(Protocol):
    """One client's connection, also for a moment after its line was lost."""

    @property
    def client(self) -> str: ...

    @property
    def holder(self) -> str: ...

    @property
    def participant(self) -> Participant | None: ...

    @property
    def role(self) -> Role | None:
        """What they are where the session is now; None: it is not theirs to see."""

    def tell(self, message: FromServer) -> None: ...


def ways(
    here: Iterable[str], *, has_sfu: bool, is_up: bool, is_conferring: bool
) -> dict[str, tuple[Way, Literal["full", "lost"] | None]]:
    """By client, in the order in which they came. A conference ends when one is left, not when two are: no swinging."""
    clients = list(here)
    if is_up and (len(clients) >= MESH or (is_conferring and len(clients) > 1)):
        return {client: ("sfu", None) for client in clients}
    is_lost = has_sfu and len(clients) >= MESH
    return {
        client: ("direct", "lost" if is_lost else None)
        if at < MESH
        else ("none", "lost" if is_lost else "full")
        for at, client in enumerate(clients)
    }


class Party:
    """Those of one session who said that they could be connected to."""

    def __init__(self, sfu: Sfu | None, is_open: Callable[[], bool]) -> None:
        self._sfu, self._is_open = sfu, is_open
        self._ends: dict[str, End] = {}
        self._told: dict[str, RtcWay] = {}
        self._away: dict[str, float] = {}
        self._talking: set[str] = set()
        self._conference: Conference | None = None

    def hailed(self, end: End) -> None:
        """A page was loaded, or its line is back: it is told the way again."""
        self._ends[end.client] = end
        self._away.pop(end.client, None)
        self._told.pop(end.client, None)
        if self._conference is not None:
            self._conference.remind(end.client)

    def is_away(self, client: str, since_s: float) -> None:
        """Their line is lost; voice and pictures go another way, which may still stand."""
        if client in self._ends:
            self._away[client] = since_s

    def is_back(self, end: End) -> None:
        if end.client in self._ends:
            self._ends[end.client] = end
            self._away.pop(end.client, None)

    def away(self, since_s: float = math.inf, holder: str | None = None) -> list[str]:
        """Who has been away since then or longer, of one holder or of all."""
        return [
            client
            for client, at_s in self._away.items()
            if at_s < since_s and holder in {None, self._ends[client].holder}
        ]

    def gone(self, client: str) -> None:
        self._ends.pop(client, None)
        self._told.pop(client, None)
        self._away.pop(client, None)
        self._talking.discard(client)

    def is_direct(self, client: str) -> bool:
        told = self._told.get(client)
        return client not in self._ends or told is None or told.way == "direct"

    def arrange(self) -> list[str]:
        """Tell everybody whose way is another one now; returns those who are not connected directly any more."""
        here = [client for client, end in self._ends.items() if self._is_open() and end.role is not None]
        is_up = self._sfu is not None and self._sfu.is_up
        found = ways(
            here,
            has_sfu=self._sfu is not None,
            is_up=is_up,
            is_conferring=self._conference is not None,
        )
        confers = any(way == "sfu" for way, _ in found.values())
        if not confers and self._conference is not None:
            self._conference.close()
            self._conference = None
        elif confers and self._conference is None and self._sfu is not None:
            self._conference = Conference(self._sfu, self._tell)
        room = self._conference.id if self._conference is not None else None
        undone = []
        for client in self._ends:
            # While the session is elsewhere for somebody, there is no way for them, and no reason to be told.
            way, why = found.get(client, ("none", None))
            news = RtcWay(way=way, why=why, room=room if way == "sfu" else None)
            before = self._told.get(client)
            if news == before:
                continue
            self._told[client] = news
            is_entered = self._conference is not None and self._conference.has(client)
            self._ends[client].tell(news.model_copy(update={"is_entered": is_entered}))
            if way != "direct" and (before is None or before.way == "direct"):
                undone.append(client)
        if self._conference is not None:
            self._conference.allow({client: _rights(self._ends[client]) for client in found})
        return undone

    def talks(self, client: str, *, is_talking: bool) -> None:
        (self._talking.add if is_talking else self._talking.discard)(client)

    def hear(self, end: End, message: Conferring) -> None:
        conference, told = self._conference, self._told.get(end.client)
        if conference is None or told is None or told.way != "sfu":
            return  # it was over before this came, which they are told
        match message:
            case RtcSfuEnter(room=room, takes_pictures=takes_pictures):
                if room == conference.id:
                    conference.enter(end.client, takes_pictures=takes_pictures)
                    self._tell_who_talks(end)
            case RtcSfuDescribe(leg=leg, kind="offer", sdp=sdp):
                conference.offered(end.client, leg, sdp)
            case RtcSfuDescribe(leg=leg, sdp=sdp):
                conference.answered(end.client, leg, sdp)
            case RtcSfuCandidate(leg=leg, candidate=candidate):
                conference.candidate(end.client, leg, candidate)
            case RtcSfuAgain(leg=leg):
                conference.again(end.client, leg)
            case RtcSfuLayer(leg=leg, layer=layer):
                conference.layer(end.client, leg, layer)
            case RtcSfuLook(looks=looks):
                conference.look(end.client, looks=looks)

    def _tell_who_talks(self, end: End) -> None:
        for client in sorted(self._talking - {end.client}):
            other = self._ends.get(client)
            if other is not None and other.role is not None and other.participant is not None:
                end.tell(RtcTalks(by=other.participant.id, client=client, is_talking=True))

    async def close(self) -> None:
        """Returns when the room at the media server is closed too."""
        self._ends.clear()
        self._told.clear()
        self._away.clear()
        conference, self._conference = self._conference, None
        if conference is not None:
            conference.close()
            await conference.finished()

    def _tell(self, client: str, message: FromServer) -> None:
        end = self._ends.get(client)
        if end is not None:
            end.tell(message)


def _rights(end: End) -> Rights:
    """As the receiving end judges between two (L27): sound of whoever may speak, pictures of whoever shares stills."""
    who = end.participant
    assert who is not None
    sends: set[Kind] = set()
    if who.guest is not LinkMay.WATCH:
        sends.add("audio")
    if end.role in HELPERS and who.guest in {None, LinkMay.HELP}:
        sends.add("video")
    return Rights(by=who.id, sends=frozenset(sends))
