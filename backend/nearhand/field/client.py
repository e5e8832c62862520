"""The technician's end of a session without a browser: look, recognise, send, and draw what the expert means."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from nearhand.client import Client, LinkStopped, LiveSession, Refusal, Unreachable
from nearhand.client.consent import answer_recording
from nearhand.field.eye import Eye, Symbols
from nearhand.field.frames import Frame, Picture
from nearhand.field.known import Finding, Foreign, Known, Refused, Unknown, Unresolved
from nearhand.field.screen import Nowhere, Screen
from nearhand.field.sending import Sending
from nearhand.field.veil import Seen
from nearhand.labels.model import LabelDoubt, Resolved
from nearhand.sessions import messages as m
from nearhand.sessions.inked import AMBER, CYAN, RED, Drawn, draw_marks
from nearhand.sessions.model import (
    Annotation,
    RecordingState,
    Sighting,
    Signal,
    StillAnchor,
)
from nearhand.vision.writing import write

FAREWELL_S = 10.0
KEYS = {"s": Signal.STOP, "w": Signal.WAIT, "g": Signal.GO, "p": Signal.PULL, "?": Signal.WHICH}
TURN = "d"
Tell = Callable[..., None]


def _doubted(doubt: LabelDoubt) -> tuple[str, tuple[int, int, int]]:
    if doubt is LabelDoubt.UNSIGNED:
        return "This label is not signed: print a new one", AMBER
    return "This label may not have been printed by this service", RED


def _is_of(resolved: Resolved, sighting: Sighting) -> bool:
    return (resolved.label.device_id, resolved.label.face) == (sighting.device_id, sighting.face)


def say_nothing(kind: str, **facts: Any) -> None:
    pass


@dataclass
class FieldClient:
    """Looks at `frames`; `tell` is called with everything worth a line (a kind, and its facts).

    With a `client`, labels are resolved at the server; with a `live` session, frames are sighted, stills sent, freeze
    requests answered and the session's marks drawn. Neither the network nor the server may stop the looking.
    """

    frames: Iterator[Frame]
    client: Client | None = None
    live: LiveSession | None = None
    eye: Eye = field(default_factory=Eye)
    screen: Screen = field(default_factory=Nowhere)
    tell: Tell = say_nothing
    is_patient: bool = False  # wait for each label's look-up: for photographs, which are seen only once
    may_be_recorded: bool = False  # what is said when it is asked; there is nobody to ask

    def __post_init__(self) -> None:
        # Two clients that called their streams alike would mix their frames.
        self.stream = f"py-{secrets.token_hex(6)}"
        self._known = Known(self.client)
        self._sending: Sending | None = None
        self._kept: dict[str, tuple[Annotation, ...]] = {}
        self._device: Resolved | None = None
        self._other: Resolved | None = None  # in sight, while the session is about another
        self._turning_to: str | None = None  # shown to the session, which has not answered yet
        self._banner: tuple[str, tuple[int, int, int]] = ("", CYAN)
        self._told_marks: set[str] = set()
        self._looking_up: dict[str, asyncio.Task[None]] = {}
        self._is_over = False

    async def run(self) -> None:
        """Look until the frames end, the window is closed or the session has ended."""
        async with self._in_session():
            try:
                while not self._is_over:
                    frame = await asyncio.to_thread(next, self.frames, None)
                    if frame is None:
                        break
                    await self._look(frame)
                await self._say_farewell()
            finally:
                self.screen.close()
                if isinstance(self.frames, Generator):
                    self.frames.close()  # lets go of the camera

    # -- one frame ----------------------------------------------------------------------------------------------

    async def _look(self, frame: Frame) -> None:
        symbols = await asyncio.to_thread(self.eye.read, frame.picture)
        await self._look_up(symbols)
        sighting = await asyncio.to_thread(
            self.eye.locate, frame.picture, symbols, self._known.resolved, self._bound_to()
        )
        if self._device is None and sighting is not None and sighting.device_id == self._bound_to():
            # By its tags: the session told us which device it is.
            known = (r for r in self._known.resolved if r.label.device_id == sighting.device_id)
            self._device = next(known, None)
        self._tell_seen(frame, symbols, sighting)
        if self._sending is not None:
            await self._sending.send(frame, sighting, self._seen(sighting))
        picture, drawn = await asyncio.to_thread(self._drawn, frame, sighting)
        self._tell_drawn(frame, drawn)
        self._tell_on_stills()
        key = await asyncio.to_thread(self.screen.show, picture)
        await self._press(key)

    def _drawn(self, frame: Frame, sighting: Sighting | None) -> tuple[Picture, list[Drawn]]:
        picture = frame.picture.copy()
        drawn = draw_marks(picture, self._marks(sighting.device_id), sighting) if sighting else []
        text, colour = self._banner
        if self._other is not None:
            text, colour = f"{self._other.view.device.name} is another device (d: turn to it)", AMBER
        if text:
            write(picture, text, (16, picture.shape[0] // 12), colour)
        write(picture, self._status(), (16, picture.shape[0] - picture.shape[0] // 16), CYAN)
        return picture, drawn

    def _tell_drawn(self, frame: Frame, drawn: list[Drawn]) -> None:
        for mark in drawn:
            annotation = mark.annotation
            if annotation.id not in self._told_marks:
                self._told_marks.add(annotation.id)
                at = mark.points_px.round(2).tolist()
                facts = {"shape": annotation.shape, "text": annotation.text, "is_unsure": mark.is_unsure}
                self.tell("mark", id=annotation.id, frame_id=frame.frame_id, points_px=at, **facts)

    def _tell_on_stills(self) -> None:
        """Marks with no place on any device: they are never drawn over what the camera shows now."""
        for annotation in self.live.view.annotations if self.live else ():
            anchor = annotation.anchor
            if not isinstance(anchor, StillAnchor) or annotation.id in self._told_marks:
                continue
            self._told_marks.add(annotation.id)
            if not annotation.is_hidden:
                self._banner = f"Marked on a still only: {annotation.text or annotation.shape}", AMBER
                facts = {"shape": annotation.shape, "text": annotation.text, "points": anchor.points}
                frame_id = annotation.frame.frame_id if annotation.frame else None
                self.tell("mark_on_still", id=annotation.id, sha256=anchor.sha256, frame_id=frame_id, **facts)

    def _marks(self, device_id: str) -> tuple[Annotation, ...]:
        live = {a.id: a for a in self.live.view.annotations} if self.live else {}
        kept = [a for a in self._kept.get(device_id, ()) if a.id not in live]
        return (*kept, *live.values())

    def _status(self) -> str:
        name = self._device.view.device.name if self._device else "Point at the label on the device"
        if self.live is None:
            return name
        unsaved = f" · {self.live.unsaved} not saved" if self.live.unsaved else ""
        link = "" if self.live.link == "open" else f" · no connection ({self.live.link})"
        recording = self.live.view.state.recording if self.live.view.state else None
        is_recorded = recording is not None and recording.state is RecordingState.RUNNING
        rung = f" · rung {self._sending.rung.rung}" if self._sending else ""
        return f"{name}{link}{rung}{unsaved}{' · recorded' if is_recorded else ''}"

    def _tell_seen(self, frame: Frame, symbols: Symbols, sighting: Sighting | None) -> None:
        facts: dict[str, Any] = {"image": frame.name} if frame.name else {"frame_id": frame.frame_id}
        if frame.name or symbols.labels or symbols.tags or sighting:
            facts["labels"] = [
                {"text": label.text, "corners_px": label.corners_px.round(2).tolist()}
                for label in symbols.labels
            ]
            facts["tags"] = [
                {"id": tag.id, "corners_px": tag.corners_px.round(2).tolist()} for tag in symbols.tags
            ]
            facts["sighting"] = sighting.model_dump(mode="json") if sighting else None
            self.tell("picture" if frame.name else "frame", **facts)

    def _seen(self, sighting: Sighting | None) -> Seen | None:
        """What others are to see of the picture: the face of the device that the session is about."""
        if sighting is None or self._bound_to() not in (None, sighting.device_id):
            return None
        faces = (r.layout.face for r in self._known.resolved if _is_of(r, sighting))
        face = next(faces, None)
        return None if face is None else Seen(sighting, face)

    async def _press(self, keys: str) -> None:
        for key in keys:
            if key == "q":
                self._is_over = True
            elif key == TURN and self._other is not None:
                await self._turn_to(self._other)
            elif key in KEYS and self.live is not None:
                await self.live.signal(KEYS[key])

    # -- labels -------------------------------------------------------------------------------------------------

    async def _look_up(self, symbols: Symbols) -> None:
        for label in symbols.labels:
            if self._known.is_due(label.text):
                self._meanwhile(label.text, self._find)
        if self.is_patient:
            await asyncio.gather(*self._looking_up.values())
        read = [r for label in symbols.labels if (r := self._known.label(label.text)) is not None]
        if self.live is not None and self.live.view.state is None:
            return  # which device the session is about is not known yet
        bound_to = self._bound_to()
        ours = [r for r in read if bound_to in (None, r.label.device_id)]
        # With two labels in sight we stay with the one we were at: nothing must flicker between devices.
        if ours and self._device not in ours:
            await self._turn_to(ours[0])
        if symbols.is_read:
            self._see_other(next((r for r in read if r not in ours), None))

    def _bound_to(self) -> str | None:
        """The device that the session is about: a label of another does not silently replace it."""
        if self._turning_to is not None:
            return self._turning_to
        state = self.live.view.state if self.live else None
        return state.device.device_id if state is not None and state.device is not None else None

    def _see_other(self, other: Resolved | None) -> None:
        before, self._other = self._other, other
        if other is not None and other != before:
            device = other.view.device
            self.tell("other_device", device_id=device.id, asset_tag=device.asset_tag, name=device.name)

    def _meanwhile(self, about: str, find: Callable[[str], Coroutine[Any, Any, None]]) -> None:
        """Ask the server without keeping the camera waiting; once at a time about one thing."""
        if about not in self._looking_up:
            self._looking_up[about] = task = asyncio.create_task(find(about))
            task.add_done_callback(lambda _: self._looking_up.pop(about, None))

    async def _find(self, text: str) -> None:
        try:
            finding = await self._known.look_up(text)
        except Refusal as refusal:
            self.tell("problem", code=refusal.code, detail=refusal.detail or refusal.title)
            return
        if finding is not None:
            self._tell_finding(finding)

    def _tell_finding(self, finding: Finding) -> None:
        match finding:
            case Foreign(text=text):
                self._banner = "Not one of our labels", AMBER
                self.tell("foreign_label", text=text)
            case Unknown(text=text, code=code):
                self._banner = f"Label {code} is not registered here", AMBER
                self.tell("unknown_label", text=text, code=code)
            case Refused(text=text, code=code, why=why):
                self._banner = f"Label {code} was not printed by this service: do not go by it", RED
                self.tell("label_refused", text=text, code=code, why=why)
            case Unresolved(text=text):
                self._banner = "No connection: this label cannot be looked up yet", AMBER
                self.tell("unresolved_label", text=text)
            case Resolved(label=label, view=view, doubt=doubt):
                device = view.device
                is_removed = device.removed_at is not None
                self._banner = (
                    ("This device was removed from the registry", AMBER) if is_removed else ("", CYAN)
                )
                if doubt is not None:
                    self._banner = _doubted(doubt)
                    self.tell("doubtful_label", code=label.code, doubt=doubt)
                place = view.rack.name if view.rack else view.site.name
                self.tell(
                    "device",
                    code=label.code,
                    device_id=device.id,
                    asset_tag=device.asset_tag,
                    name=device.name,
                    device_type=f"{view.device_type.manufacturer} {view.device_type.model}",
                    place=place,
                    position_u=device.position_u,
                    status=device.status,
                    is_removed=is_removed,
                )

    async def _turn_to(self, resolved: Resolved) -> None:
        """What we look at is this label's device."""
        before, self._device = self._device, resolved
        device_id = resolved.label.device_id
        if before is not None and before.label.device_id == device_id:
            return  # another label of the same device
        if self.live is not None:
            self._turning_to = device_id
            await self.live.show_device(device_id, resolved.label.face)
        self._meanwhile(device_id, self._learn)

    async def _learn(self, device_id: str) -> None:
        """All labels of a device, so that its tags are enough, and the marks of earlier visits."""
        if self.client is None:
            return
        await self._known.learn_device(device_id)
        try:
            self._kept[device_id] = tuple(await self.client.marks(device_id))
        except (Refusal, Unreachable) as error:  # a help, not a need
            self.tell("problem", code="no_kept_marks", detail=str(error))

    # -- the session --------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def _in_session(self) -> AsyncIterator[None]:
        if self.live is None or self.client is None:
            yield
            return
        inbox = self.live.messages()
        await self.live.start()
        self._sending = Sending(self.client, self.live, self.stream, self.tell)
        hearing = asyncio.create_task(self._hear(inbox, self._sending))
        try:
            async with self._sending:
                yield
        finally:
            for task in [hearing, *self._looking_up.values()]:
                task.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            await self.live.stop()

    async def _hear(self, inbox: AsyncIterator[Any], sending: Sending) -> None:
        assert self.live is not None
        async for message in inbox:
            sending.hear(message)
            await answer_recording(self.live, message, yes=self.may_be_recorded)
            self._take(message)
        self.tell("link", state=self.live.link)

    def _take(self, message: object) -> None:
        match message:
            case m.State(state=state) if state.device is not None and self._device is None:
                self._meanwhile(state.device.device_id, self._learn)
            case m.DeviceShown(by=by, device=device):
                self._turning_to = None
                if not self._is_mine(by):
                    self._turned(device.device_id)
            case m.ChatSaid(by=by, text=text) if not self._is_mine(by):
                self._banner = text, CYAN
                self.tell("said", by=by, text=text)
            case m.SignalGiven(by=by, signal=signal) if not self._is_mine(by):
                self._banner = signal.upper(), AMBER if signal in (Signal.STOP, Signal.WAIT) else CYAN
                self.tell("signal", by=by, signal=signal)
            case (
                m.Refused(code=code, title=title, detail=detail)
                | m.Problem(code=code, title=title, detail=detail)
            ):
                self._turning_to = None
                self.tell("problem", code=code, detail=detail or title)
            case m.RecordingEvent(recording=recording):
                self.tell("recording", state=recording.state, by=recording.by)
            case m.SessionClosed():
                self.tell("ended")
                self._is_over = True

    def _turned(self, device_id: str) -> None:
        """Somebody else has turned the session to this device."""
        if self._device is not None and self._device.label.device_id != device_id:
            self._device = None
        self._meanwhile(device_id, self._learn)

    def _is_mine(self, by: str) -> bool:
        return self.live is not None and self.live.view.you is not None and self.live.view.you.id == by

    async def _say_farewell(self) -> None:
        """Before leaving, let arrive what was asked for; what cannot stays in the outbox."""
        if self.live is None or self._sending is None:
            return
        try:
            async with asyncio.timeout(FAREWELL_S):
                await self._sending.finished()
                await self.live.settled()
        except (TimeoutError, LinkStopped):
            self.tell("unsaved", count=self.live.unsaved)
