"""LiveKit as the media server: each leg is a participant of its own, whose signalling the service holds."""

import asyncio
import secrets
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import structlog

from nearhand.sessions.livekit_api import Key, RoomService
from nearhand.sessions.livekit_legs import Leg, SendingLeg, TakingLeg
from nearhand.sessions.presence import Presence
from nearhand.sessions.sfu import Feed, Kind, SfuDown, SfuRefused, Watching

log = structlog.get_logger()

PROBE_S = 4.0
LONGEST_PAUSE_S = 5.0
END_WITHIN_S = 1.0


class LiveKit(Presence):
    """No connection stands for all of it: whether it is there is asked again and again, and at once when a leg is lost."""

    def __init__(self, url: str, *, key: str, secret: str) -> None:
        super().__init__()
        self.url, self.key = url, Key(key, secret)
        self.service = RoomService(url, self.key)
        self.legs: set[Leg] = set()
        self._task: asyncio.Task[None] | None = None
        self._cutting: set[asyncio.Task[None]] = set()
        self._doubted = asyncio.Event()
        self._is_ending = False
        self._left_behind: set[str] = set()  # rooms that could not be closed while it was out of reach

    async def start(self) -> None:
        self._task = asyncio.create_task(self._stay())

    async def stop(self) -> None:
        """What is asked just now is given a moment: a call that is cut off leaves its connection open."""
        self._is_ending = True
        self.doubt()
        asking = [*self._cutting, *([self._task] if self._task is not None else [])]
        if asking:
            _, late = await asyncio.wait(asking, timeout=END_WITHIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._task = None
        await self.service.close()

    async def try_once(self) -> None:
        """Open a room, close it again. Raises SfuDown and SfuRefused with what is wrong."""
        try:
            await self._greet()
        finally:
            await self.service.close()

    async def open(self) -> "LiveKitRoom":
        name = _name()
        try:
            await self.service.create(name)
        except SfuDown:
            self._forget()  # whoever waits for this room is to know
            self.doubt()
            raise
        return LiveKitRoom(self, name)

    def doubt(self) -> None:
        self._doubted.set()

    def lost(self, leg: Leg, *, is_out: bool) -> None:
        self.legs.discard(leg)
        if self.is_up and not is_out:
            self._do(leg.remove())

    def leave_behind(self, room: str) -> None:
        self._left_behind.add(room)

    # -- whether it is there --

    async def _stay(self) -> None:
        pause_s = 0.25
        while not self._is_ending:
            try:
                await self._greet()
                pause_s = 0.25
                self.become(is_up=True)
                await self._ask_on()
            except (SfuDown, SfuRefused) as error:
                self.missed(error)
            finally:
                self._forget()
            await self._wait(pause_s)
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    async def _ask_on(self) -> None:
        while self.is_up:
            await self._wait(PROBE_S)
            if self._is_ending:
                return
            await self.service.is_there()

    async def _greet(self) -> None:
        """Open a room, so that a wrong key is known before anybody is sent there."""
        await self.service.is_there()
        name = _name()
        await self.service.create(name)
        await self.service.delete(name)
        for room in tuple(self._left_behind):
            await self.service.delete(room)
            self._left_behind.discard(room)

    async def _wait(self, for_s: float) -> None:
        """Or until there is doubt."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._doubted.wait(), for_s)
        if not self._is_ending:
            self._doubted.clear()

    def _forget(self) -> None:
        legs, self.legs = self.legs, set()
        for leg in legs:
            leg.forget()
        self.become(is_up=False)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._cutting.add(task)
        task.add_done_callback(self._cutting.discard)


class LiveKitRoom:
    """Its name is a secret, too: nobody has a token for it but the legs, which the service holds."""

    def __init__(self, server: LiveKit, name: str) -> None:
        self._server, self._name = server, name
        self._sids: dict[str, dict[str, str]] = {}  # LiveKit's names of tracks, by feed and `mid`

    async def sending(self, offer: str, watching: Watching) -> SendingLeg:
        leg = SendingLeg(self._server, self._name, watching)
        await leg.publish(offer)
        self._sids[leg.feed.id] = leg.sids
        return leg

    async def taking(self, feed: Feed, kinds: frozenset[Kind], watching: Watching) -> TakingLeg:
        sids = self._sids.get(feed.id, {})
        wanted = {sids[line.mid]: line.kind for line in feed.lines if line.kind in kinds and line.mid in sids}
        if not wanted:
            raise SfuRefused("Nothing of this is sent.")
        leg = TakingLeg(self._server, self._name, watching)
        await leg.subscribe(wanted)
        return leg

    async def close(self) -> None:
        try:
            await self._server.service.delete(self._name)
        except SfuDown:
            self._server.leave_behind(self._name)
        except SfuRefused as error:
            log.warning("room_was_not_closed", error=str(error))


def _name() -> str:
    return f"nearhand-{secrets.token_hex(16)}"
