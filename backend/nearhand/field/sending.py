"""What leaves of a camera for the session: where the device is in each frame, live pictures, and stills."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self

from nearhand.client import Client, LiveSession
from nearhand.field.frames import Frame, Ring, shown
from nearhand.field.rungs import LIVE, ON_REQUEST, Now, rung_now
from nearhand.field.stills import StillSender
from nearhand.field.veil import Seen, outgoing
from nearhand.sessions.messages import FreezeAsked, Rung, RungAsked
from nearhand.sessions.model import FrameRef, PictureMask, Sighting
from nearhand.sessions.pictures import Codec, Head

TELL_EVERY_S = 5.0  # also when it is as before: who came later has not heard it
STILLS_SIGHT_GAP_S = 1.0  # nobody sees the frames between: a still brings its own sighting


class Sending:
    """As the ladder's rung has it: the one that somebody asked for, or else the best that can be had."""

    def __init__(self, client: Client, live: LiveSession, stream: str, tell: Callable[..., None]) -> None:
        self._live, self._stream, self._tell = live, stream, tell
        self._pictures = client.pictures(live.session_id, stream)
        self._stills = StillSender(client, live, stream, tell)
        self._ring = Ring()
        self._asked: Rung | None = None
        self._told: Now | None = None
        self._told_at = self._sighted_at = -TELL_EVERY_S
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._sending = asyncio.create_task(self._stills.run(), name="stills")
        await self._pictures.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pictures.__aexit__(kind, error, trace)
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)

    @property
    def rung(self) -> Now:
        return rung_now(self._asked, self._pictures)

    def hear(self, message: object) -> None:
        match message:
            case FreezeAsked(frame=frame, is_whole=is_whole):
                self._freeze(frame, is_whole=is_whole)
            case RungAsked(rung=rung):
                self._asked = rung
                self._tell_rung()

    async def send(self, frame: Frame, sighting: Sighting | None, seen: Seen | None) -> None:
        """What of this frame is due. `seen`: of the device that others are to see."""
        rule = self._live.view.camera_mask
        if rule is None:
            return  # not welcome yet: what may leave is not known
        picture, mask = await asyncio.to_thread(outgoing, frame.picture, rule, seen)
        frame = replace(frame, picture=picture)
        # Kept first: who hears of a frame may ask for its still at once.
        face = None if seen is None else seen.face
        kept = await asyncio.to_thread(self._ring.add, frame, sighting, mask, face)
        self._tell_rung()
        self._sight(frame, sighting)
        self._stills.offer(kept, frame.picture)
        if self.rung.rung == LIVE:
            await self._show(frame, mask)

    async def finished(self) -> None:
        """Wait until no still that was asked for waits."""
        await self._stills.finished()

    def _freeze(self, frame: FrameRef | None, *, is_whole: bool) -> None:
        """Somebody wants the still of this frame; None: of the next."""
        if frame is None:
            self._stills.ask_next(is_whole=is_whole)
        elif frame.stream == self._stream:  # else another camera's
            kept = self._ring.get(frame.frame_id)
            if kept is None:
                detail = f"Frame {frame.frame_id} is no longer kept."
                self._tell("problem", code="frame_expired", detail=detail)
            else:
                self._stills.ask(kept, is_whole=is_whole)

    def _tell_rung(self) -> None:
        now, at = self.rung, time.monotonic()
        self._stills.is_on_request = now.rung == ON_REQUEST
        if now == self._told and at - self._told_at < TELL_EVERY_S:
            return
        if now != self._told:
            self._tell("rung", rung=now.rung, because=now.because)
        self._told, self._told_at = now, at
        self._live.tell_rung(self._stream, now.rung, now.because)

    def _sight(self, frame: Frame, sighting: Sighting | None) -> None:
        gap_s = 0.0 if (self._asked or LIVE) <= LIVE else STILLS_SIGHT_GAP_S
        now = time.monotonic()
        if now - self._sighted_at >= gap_s:
            self._sighted_at = now
            ref = FrameRef(stream=self._stream, frame_id=frame.frame_id)
            self._live.sight_frame(ref, frame.captured_at, sighting)

    async def _show(self, frame: Frame, mask: PictureMask) -> None:
        """To whoever watches, after its sighting: what is drawn on it is fixed by that."""
        if not self._pictures.has_room:
            return
        (width, height), jpeg = await asyncio.to_thread(shown, frame.picture)
        at_ms = round(frame.captured_at.timestamp() * 1000)
        head = Head(Codec.JPEG, True, frame.frame_id, at_ms, width, height, mask=mask)
        await self._pictures.send(head, jpeg)
