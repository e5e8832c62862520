"""One session's room at the media server: what should be taken by whom is worked out anew, and made so."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from nearhand.sessions.message import FromServer
from nearhand.sessions.sfu import (
    Kind,
    Layer,
    Leg,
    Sending,
    Sfu,
    SfuDown,
    SfuRefused,
    SfuRoom,
    Taking,
    Watching,
)
from nearhand.sessions.signalling import (
    IceCandidate,
    RtcSfuCandidateTold,
    RtcSfuClosed,
    RtcSfuDescribed,
    RtcSfuWatched,
)

log = structlog.get_logger()

RETRY_S = 5.0
LEGS_PER_CLIENT = 16  # others that one client takes from


@dataclass(frozen=True, slots=True)
class Rights:
    """What one client may be heard and seen with now, and whose it is."""

    by: str
    sends: frozenset[Kind]


class _Candidates:
    """The media server's, which are of no use to a client before it knows the description that they belong to."""

    def __init__(self, tell: Callable[[IceCandidate | None], None]) -> None:
        self._tell = tell
        self._held: list[IceCandidate | None] | None = []

    def found(self, candidate: IceCandidate | None) -> None:
        if self._held is None:
            self._tell(candidate)
        else:
            self._held.append(candidate)

    def described(self) -> None:
        held, self._held = self._held, None
        for candidate in held or ():
            self._tell(candidate)


@dataclass(eq=False, slots=True)
class _Sender:
    leg_id: str
    theirs: _Candidates
    leg: Sending | None = None
    is_flowing: bool = False
    is_watched: bool | None = None  # as it was told; None: not yet
    is_dropped: bool = False
    early: list[IceCandidate | None] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class _Taker:
    leg_id: str
    theirs: _Candidates
    source: _Sender
    kinds: frozenset[Kind]
    leg: Taking | None = None
    offer: str = ""
    is_answered: bool = False
    is_dropped: bool = False


class Conference:
    """`tell` reaches a client, whoever is there; what it is told is in the order in which it was decided."""

    def __init__(self, sfu: Sfu, tell: Callable[[str, FromServer], None]) -> None:
        self.id = secrets.token_hex(6)
        self._tell = tell
        self._tasks: set[asyncio.Task[Any]] = set()
        self._room = asyncio.get_running_loop().create_task(sfu.open())
        self._room.add_done_callback(_note_failure)
        self._rights: Mapping[str, Rights] = {}
        self._entered: dict[str, bool] = {}  # by client: whether it takes pictures
        self._looks_away: set[str] = set()
        self._senders: dict[str, _Sender] = {}
        self._takers: dict[tuple[str, str], _Taker] = {}  # by (who takes, whose)
        self._is_closed = False

    def has(self, client: str) -> bool:
        return client in self._entered

    # -- what clients say --

    def enter(self, client: str, *, takes_pictures: bool) -> None:
        self._drop_all(client)
        self._entered[client] = takes_pictures
        self._looks_away.discard(client)
        self._settle()

    def offered(self, client: str, leg_id: str, sdp: str) -> None:
        """A newer offer takes the place of what it sent before."""
        if client not in self._entered or client not in self._rights:
            self._tell(client, RtcSfuClosed(leg=leg_id))
            return
        self._drop_sender(client)
        sender = self._senders[client] = _Sender(leg_id, self._candidates(client, leg_id))
        self._do(self._make_sending(client, sender, sdp))

    def answered(self, client: str, leg_id: str, sdp: str) -> None:
        taker = self._taker(client, leg_id)
        if taker is not None and taker.leg is not None and not taker.is_answered:
            taker.is_answered = True
            self._do(taker.leg.answered(sdp))

    def candidate(self, client: str, leg_id: str, candidate: IceCandidate | None) -> None:
        sender = self._senders.get(client)
        if sender is not None and sender.leg_id == leg_id:
            if sender.leg is None:
                sender.early.append(candidate)
            else:
                self._do(sender.leg.candidate(candidate))
            return
        taker = self._taker(client, leg_id)
        if taker is not None and taker.leg is not None:
            self._do(taker.leg.candidate(candidate))

    def layer(self, client: str, leg_id: str, layer: Layer) -> None:
        taker = self._taker(client, leg_id)
        if taker is not None and taker.leg is not None:
            self._do(taker.leg.want(layer))

    def look(self, client: str, *, looks: bool) -> None:
        (self._looks_away.discard if looks else self._looks_away.add)(client)
        self._tell_watched()

    def again(self, client: str, leg_id: str) -> None:
        for pair, taker in list(self._takers.items()):
            if pair[0] == client and taker.leg_id == leg_id:
                self._drop_taker(pair)
                self._settle()
                return
        self._tell(client, RtcSfuClosed(leg=leg_id))  # that it was closed, they may have missed

    def remind(self, client: str) -> None:
        """Their line is back: an offer may have been lost with the old one."""
        for pair, taker in self._takers.items():
            if pair[0] == client and taker.leg is not None and not taker.is_answered:
                self._offer(pair, taker)
        sender = self._senders.get(client)
        if sender is not None:
            sender.is_watched = None
            self._tell_watched()

    # -- what has changed --

    def allow(self, rights: Mapping[str, Rights]) -> None:
        """Who is here now, and what they may be heard and seen with. Whoever is missing is cut at once."""
        self._rights = rights
        for client in [one for one in self._entered if one not in rights]:
            self._drop_all(client)
        self._settle()

    def close(self) -> None:
        self._is_closed = True
        for client in list(self._entered):
            self._drop_all(client)
        self._do(self._close_room())

    async def finished(self) -> None:
        """Everything that was begun is done."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    # -- making it so --

    def _settle(self) -> None:
        wanted = self._wanted()
        for pair, taker in list(self._takers.items()):
            source = self._senders.get(pair[1])
            if wanted.get(pair) != taker.kinds or source is not taker.source:
                self._drop_taker(pair)
        for pair, kinds in wanted.items():
            if pair not in self._takers:
                leg_id = secrets.token_hex(6)
                theirs = self._candidates(pair[0], leg_id)
                taker = self._takers[pair] = _Taker(leg_id, theirs, self._senders[pair[1]], kinds)
                self._do(self._make_taking(pair, taker))
        self._tell_watched()

    def _tell_watched(self) -> None:
        """Whoever sends pictures is told when the first looks at them, and when nobody does any more."""
        watched = {
            other
            for (client, other), taker in self._takers.items()
            if "video" in taker.kinds and client not in self._looks_away
        }
        for client, sender in self._senders.items():
            is_watched = client in watched
            if sender.is_flowing and sender.is_watched is not is_watched:
                sender.is_watched = is_watched
                self._tell(client, RtcSfuWatched(is_watched=is_watched))

    def _wanted(self) -> dict[tuple[str, str], frozenset[Kind]]:
        wanted: dict[tuple[str, str], frozenset[Kind]] = {}
        flowing = [
            (client, one)
            for client, one in self._senders.items()
            if one.is_flowing and client in self._rights
        ]
        for client, takes_pictures in self._entered.items():
            mine = self._rights.get(client)
            if mine is None or self._is_closed:
                continue
            taken = 0
            for other, sender in flowing:
                rights = self._rights[other]
                assert sender.leg is not None
                has = {line.kind for line in sender.leg.feed.lines}
                kinds = frozenset(kind for kind in rights.sends & has if takes_pictures or kind == "audio")
                # Another device of the same person would hear itself.
                if other == client or rights.by == mine.by or not kinds or taken == LEGS_PER_CLIENT:
                    continue
                wanted[client, other] = kinds
                taken += 1
        return wanted

    async def _make_sending(self, client: str, sender: _Sender, sdp: str) -> None:
        try:
            room = await self._its_room()
            leg = await room.sending(sdp, self._watching_sender(client, sender))
        except SfuRefused as error:
            log.warning("offer_was_refused", error=str(error))
            if self._senders.get(client) is sender:
                del self._senders[client]
                self._tell(client, RtcSfuClosed(leg=sender.leg_id))
            return
        sender.leg = leg
        if sender.is_dropped:
            await leg.close()
            return
        self._tell(
            client, RtcSfuDescribed(leg=sender.leg_id, kind="answer", sdp=leg.answer, client=None, by=None)
        )
        sender.theirs.described()
        for candidate in sender.early:
            await leg.candidate(candidate)
        self._settle()

    async def _make_taking(self, pair: tuple[str, str], taker: _Taker) -> None:
        source = taker.source.leg
        assert source is not None
        try:
            room = await self._its_room()
            # Whose leg is over notices it, and asks for another one.
            watching = Watching(
                lambda: None,
                taker.theirs.found,
                lambda: None,
                lambda sdp: self._offered_anew(pair, taker, sdp),
            )
            leg = await room.taking(source.feed, taker.kinds, watching)
        except SfuRefused as error:
            log.warning("taking_was_refused", error=str(error))
            await asyncio.sleep(RETRY_S)
            if self._takers.get(pair) is taker:
                del self._takers[pair]
                self._settle()
            return
        taker.leg = leg
        if taker.is_dropped:
            await leg.close()
            return
        taker.offer = leg.offer
        self._offer(pair, taker)

    def _offered_anew(self, pair: tuple[str, str], taker: _Taker, sdp: str) -> None:
        taker.offer, taker.is_answered = sdp, False
        if self._takers.get(pair) is taker:
            self._offer(pair, taker)

    def _offer(self, pair: tuple[str, str], taker: _Taker) -> None:
        client, other = pair
        offer = RtcSfuDescribed(
            leg=taker.leg_id, kind="offer", sdp=taker.offer, client=other, by=self._rights[other].by
        )
        self._tell(client, offer)
        taker.theirs.described()

    async def _its_room(self) -> SfuRoom:
        return await asyncio.shield(self._room)

    def _watching_sender(self, client: str, sender: _Sender) -> Watching:
        def flows() -> None:
            sender.is_flowing = sender.leg is not None
            self._settle()

        def over() -> None:
            if self._senders.get(client) is sender:
                self._drop_sender(client)
                self._settle()

        return Watching(flows, sender.theirs.found, over)

    def _candidates(self, client: str, leg_id: str) -> _Candidates:
        return _Candidates(
            lambda candidate: self._tell(client, RtcSfuCandidateTold(leg=leg_id, candidate=candidate))
        )

    # -- cutting --

    def _drop_all(self, client: str) -> None:
        self._entered.pop(client, None)
        self._looks_away.discard(client)
        self._drop_sender(client)
        for pair in [one for one in self._takers if one[0] == client]:
            self._drop_taker(pair)

    def _drop_sender(self, client: str) -> None:
        sender = self._senders.pop(client, None)
        if sender is None:
            return
        for pair in [one for one in self._takers if one[1] == client]:
            self._drop_taker(pair)
        sender.is_dropped = True
        self._cut(client, sender.leg_id, sender.leg)

    def _drop_taker(self, pair: tuple[str, str]) -> None:
        taker = self._takers.pop(pair)
        taker.is_dropped = True
        self._cut(pair[0], taker.leg_id, taker.leg)

    def _cut(self, client: str, leg_id: str, leg: Leg | None) -> None:
        self._tell(client, RtcSfuClosed(leg=leg_id))
        if leg is not None:
            self._do(leg.close())

    def _taker(self, client: str, leg_id: str) -> _Taker | None:
        found = (one for pair, one in self._takers.items() if pair[0] == client and one.leg_id == leg_id)
        return next(found, None)

    async def _close_room(self) -> None:
        room = await self._its_room()
        await room.close()

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(_guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _guarded(work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except SfuDown:
        pass  # whoever watches the media server is told, and closes the conference
    except SfuRefused as error:
        log.warning("media_server_refused", error=str(error))
    except Exception:
        log.exception("conference_failed")


def _note_failure(room: "asyncio.Task[SfuRoom]") -> None:
    if not room.cancelled() and room.exception() is not None:
        log.warning("no_room", error=str(room.exception()))
