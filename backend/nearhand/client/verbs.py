"""What a participant can do in a session, in the words of the trade."""

import time
from abc import ABC, abstractmethod
from datetime import datetime
from typing import Any

from nearhand.devices.model import FaceSide
from nearhand.kit.ids import RandomIds
from nearhand.media.model import Still
from nearhand.sessions import messages as m
from nearhand.sessions.message import Ask, Fleeting
from nearhand.sessions.model import (
    Decision,
    FramePart,
    FrameRef,
    ImagePoint,
    OnFace,
    OnFrame,
    OnPort,
    PictureMask,
    Shape,
    ShownDevice,
    ShownStep,
    Sighting,
    Signal,
)

INTERVAL_S = 1 / 30  # as smooth as a screen needs a hand to be
SIGHTS_WAITING = 30
Place = OnFrame | OnFace | OnPort


class Verbs(ABC):
    """Verbs that return a number are durable: `await live.saved(n)` waits until the server has stored it."""

    def __init__(self) -> None:
        self._fleeting: dict[object, Fleeting] = {}
        self._sent_at: dict[object, float] = {}

    @abstractmethod
    async def ask(self, kind: type[Ask], **fields: Any) -> int:
        """Keep a durable wish until the server has stored it. Returns its number."""

    # -- durable ------------------------------------------------------------------------------------------------

    async def add_annotation(
        self, shape: Shape, place: Place, *, text: str | None = None, is_kept: bool | None = None
    ) -> tuple[str, int]:
        """Draw a mark that stays on the equipment. Returns its id and the wish's number."""
        id_ = RandomIds().new(16)
        n = await self.ask(m.AnnotationAdd, id=id_, shape=shape, place=place, text=text, is_kept=is_kept)
        return id_, n

    async def edit_annotation(
        self,
        id_: str,
        *,
        place: Place | None = None,
        text: str | None = None,
        is_hidden: bool | None = None,
        is_kept: bool | None = None,
    ) -> int:
        """Move, reword, hide or keep a mark: only what is given changes."""
        return await self.ask(
            m.AnnotationEdit, id=id_, place=place, text=text, is_hidden=is_hidden, is_kept=is_kept
        )

    async def remove(self, id_: str) -> int:
        return await self.ask(m.AnnotationRemove, id=id_)

    async def restore(self, id_: str) -> int:
        """Take a removal back."""
        return await self.ask(m.AnnotationRestore, id=id_)

    async def say(self, text: str, *, phrase: str | None = None) -> int:
        """`phrase`: the id of a canned one, which each reader is shown in their own language."""
        return await self.ask(m.ChatSay, text=text, phrase=phrase)

    async def signal(self, signal: Signal) -> int:
        """STOP, WAIT, GO, PULL, WHICH?"""
        return await self.ask(m.SignalGive, signal=signal)

    async def share_still(  # noqa: PLR0913 - what is known of a picture
        self,
        still: Still,
        frame: FrameRef,
        captured_at: datetime,
        sighting: Sighting | None = None,
        mask: PictureMask = PictureMask.NONE,
        part: FramePart | None = None,
    ) -> int:
        """Make an uploaded picture part of the session; with its sighting it can be drawn on for good.

        `part`: it shows no more of its frame; the sighting is that of all of it.
        """
        return await self.ask(
            m.StillShare,
            frame=frame,
            sha256=still.sha256,
            width=still.width,
            height=still.height,
            captured_at=captured_at,
            sighting=sighting,
            mask=mask,
            part=part,
        )

    async def show_device(self, device_id: str, face: FaceSide = FaceSide.FRONT) -> int:
        """The session is about this device now: its label was read."""
        return await self.ask(m.DeviceShow, device=ShownDevice(device_id=device_id, face=face))

    async def show_step(self, guide_id: str, step: int, done: tuple[int, ...] = ()) -> int:
        """The whole progress of a guide."""
        return await self.ask(m.StepShow, step=ShownStep(guide_id=guide_id, step=step, done=done))

    async def ask_approval(self, what: str, device_id: str | None = None, id_: str | None = None) -> str:
        """Ask the customer whether something may be done; returns the id under which they decide."""
        id_ = id_ or RandomIds().new()
        await self.ask(m.ApprovalAsk, id=id_, what=what, device_id=device_id)
        return id_

    async def decide(self, id_: str, decision: Decision, reason: str = "") -> int:
        """Say what the customer decided."""
        return await self.ask(m.ApprovalGive, id=id_, decision=decision, reason=reason or None)

    async def agree_recording(self, id_: str, *, yes: bool) -> int:
        """Say whether what is asked for may be recorded."""
        return await self.ask(m.RecordingAgree, id=id_, yes=yes)

    async def end_recording(self, id_: str) -> int:
        """Record no more."""
        return await self.ask(m.RecordingEnd, id=id_)

    async def end(self) -> int:
        """End the session for all."""
        return await self.ask(m.SessionEnd)

    # -- fleeting -----------------------------------------------------------------------------------------------

    def move_pointer(self, place: Place | None) -> None:
        """Point; None lifts the pointer. Sent at most 30 times a second."""
        self.pass_on(m.PointerMove(place=place))

    def draw_stroke(
        self, id_: str, shape: Shape, points: tuple[ImagePoint, ...], frame: FrameRef | None = None
    ) -> None:
        """Show a stroke while it is drawn. No points: it was given up."""
        self.pass_on(m.StrokeDraw(id=id_, shape=shape, frame=frame, points=points))

    def sight_frame(self, frame: FrameRef, captured_at: datetime, sighting: Sighting | None) -> None:
        """Say where a device was in a frame, so that the frame can be drawn on for some seconds."""
        self.pass_on(m.FrameSight(frame=frame, captured_at=captured_at, sighting=sighting))

    def freeze(self, frame: FrameRef | None = None, *, is_whole: bool = False) -> None:
        """Ask the technician's client for the sharp still of exactly this frame (None: of the next one).

        `is_whole`: not of its device alone, to which stills that go over a thin line are cut.
        """
        self.pass_on(m.FrameFreeze(frame=frame, is_whole=is_whole or None))

    def tell_rung(self, stream: str, rung: m.Rung, because: m.RungReason) -> None:
        """Say by which rung of the ladder this camera's pictures go, and why by no better one."""
        self.pass_on(m.RungTell(stream=stream, rung=rung, because=because))

    def ask_rung(self, rung: m.Rung | None) -> None:
        """Ask who films for another rung; None: as the line allows."""
        self.pass_on(m.RungAsk(rung=rung))

    # -- waiting to leave ---------------------------------------------------------------------------------------

    def pass_on(self, message: Fleeting) -> None:
        # Only the newest pointer waits; but each frame that was sighted may be drawn on.
        key = ("sight", message.frame.frame_id) if isinstance(message, m.FrameSight) else type(message)
        self._fleeting.pop(key, None)
        self._fleeting[key] = message
        if len(self._fleeting) > SIGHTS_WAITING:
            del self._fleeting[next(iter(self._fleeting))]

    def due(self) -> list[Fleeting]:
        """What may leave now; it no longer waits afterwards."""
        now = time.monotonic()
        keys = [key for key in self._fleeting if self._due_at(key) <= now]
        self._sent_at |= {key: now for key in keys if isinstance(key, type)}
        return [self._fleeting.pop(key) for key in keys]

    def due_in_s(self) -> float | None:
        """When the next waiting message may leave; None: nothing waits."""
        if not self._fleeting:
            return None
        return max(0.001, min(map(self._due_at, self._fleeting)) - time.monotonic())

    def clear(self) -> None:
        """The line is gone, and with it the moment."""
        self._fleeting.clear()

    def _due_at(self, key: object) -> float:
        return (
            self._sent_at.get(key, -INTERVAL_S) + INTERVAL_S
            if key is m.PointerMove or key is m.StrokeDraw
            else 0.0
        )
