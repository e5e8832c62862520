"""The robot expert: answers a technician whom no real expert answers, and marks what the guide says."""

import asyncio
from dataclasses import dataclass, field

from nearhand.access.model import Role
from nearhand.client import Client, LinkStopped, LiveSession
from nearhand.client.consent import answer_recording
from nearhand.devices.model import Face, FaceSide
from nearhand.manuals.model import Guide, Manuals, Step
from nearhand.sessions import messages as m
from nearhand.sessions.model import OnFace, OnPort, Session, SessionStatus, Shape, ShownDevice, Signal
from nearhand.simulation.words import LANGUAGE, language_of, words

RINGS_FOR_S = 6.0  # so long a real expert has the first chance
LOOK_EVERY_S = 2.0
THINK_S = 1.0
POINTING_STEPS = 20
RELEASE = "GO"  # a step that names this signal waits for it


class RobotExpert:
    """`strangers` are the participants whom it leaves alone: the other robots."""

    def __init__(self, client: Client, strangers: frozenset[str]) -> None:
        self._client, self._strangers = client, strangers
        self._attending: dict[str, asyncio.Task[None]] = {}
        self._rang: dict[str, float] = {}

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while True:
                for session in await self._client.sessions(SessionStatus.RINGING):
                    rang_at = self._rang.setdefault(session.id, loop.time())
                    is_due = loop.time() - rang_at >= RINGS_FOR_S and session.id not in self._attending
                    if is_due and session.opened_by not in self._strangers:
                        attend = Attendance(self._client, session).run()
                        self._attending[session.id] = asyncio.create_task(attend, name="robot expert attends")
                await asyncio.sleep(LOOK_EVERY_S)
        finally:
            for task in self._attending.values():
                task.cancel()
            await asyncio.gather(*self._attending.values(), return_exceptions=True)


@dataclass
class Attendance:
    """One session, from hello until the technician is done or a real expert comes."""

    client: Client
    session: Session
    language: str = LANGUAGE
    guide: Guide | None = None
    face: Face | None = None
    device: ShownDevice | None = None
    shown: tuple[str, int] | None = None  # guide and step whose marks are on
    marks: list[str] = field(default_factory=list)

    async def run(self) -> None:
        live = self.client.live(self.session.id)
        inbox = live.messages()
        try:
            async with live:
                await asyncio.sleep(THINK_S)
                await self._greet(live)
                async for message in inbox:
                    await answer_recording(live, message, yes=True)
                    if not await self._hear(live, message):
                        break
        except LinkStopped:
            return

    async def _greet(self, live: LiveSession) -> None:
        state = live.view.state
        shown = state.device if state else None
        if shown is None and self.session.device_id is not None:
            shown = ShownDevice(device_id=self.session.device_id, face=FaceSide.FRONT)
        if shown is not None:
            await self._turn_to(live, shown)
        else:
            await live.say(words("no_device", self.language))

    async def _hear(self, live: LiveSession, message: object) -> bool:
        """False: time to leave."""
        you = live.view.you
        if you is None or getattr(message, "by", None) == you.id:
            return True
        match message:
            case m.SessionClosed():
                return False
            case m.PresenceChanged(is_present=True, participant=who) if (
                who.role is Role.EXPERT and who.id != you.id
            ):
                await live.say(words("hand_over", self.language))
                return False
            case m.DeviceShown(device=device) if device != self.device:
                await self._turn_to(live, device)
            case m.StepShown(step=step):
                await self._follow(live, step.guide_id, step.step, len(step.done))
            case m.ChatSaid(text=text):
                self.language = language_of(text, self.language)
                self.shown = None
                await self._repeat(live)
            case m.SignalGiven(signal=Signal.WHICH):
                self.shown = None
                await self._repeat(live)
        return True

    async def _turn_to(self, live: LiveSession, device: ShownDevice) -> None:
        self.device, self.guide = device, None
        view = await self.client.device(device.device_id)
        self.face = view.device_type.face(device.face)
        manuals = await self.client.get("/manuals", Manuals, {"device_id": device.device_id})
        if not manuals.guides:
            await live.say(words("no_guide", self.language))
            return
        self.guide = manuals.guides[0]
        await live.say(words("guide_on", self.language, title=self._in_words(self.guide.title)))
        state = live.view.state
        step = state.step if state else None
        if step is None or step.guide_id != self.guide.id:
            await live.show_step(self.guide.id, 0)
            await self._follow(live, self.guide.id, 0, 0)
        else:
            await self._follow(live, step.guide_id, step.step, len(step.done))

    async def _repeat(self, live: LiveSession) -> None:
        state = live.view.state
        if state is not None and state.step is not None:
            await self._follow(live, state.step.guide_id, state.step.step, len(state.step.done))

    async def _follow(self, live: LiveSession, guide_id: str, number: int, done: int) -> None:
        """The technician is at this step: say it, point at its ports, mark them."""
        if self.guide is None or self.guide.id != guide_id:
            self.guide = await self.client.get(f"/guides/{guide_id}", Guide)
        if self.shown == (guide_id, number) or number >= len(self.guide.steps):
            if done >= len(self.guide.steps):
                await live.say(words("all_done", self.language))
            return
        self.shown = guide_id, number
        step = self.guide.steps[number]
        while self.marks:
            await live.remove(self.marks.pop())
        await asyncio.sleep(THINK_S)
        await live.say(words("step", self.language, number=str(number + 1), text=self._in_words(step.text)))
        await self._mark(live, step)
        if RELEASE in step.text["en"].split() or f"{RELEASE}." in step.text["en"].split():
            await asyncio.sleep(3 * THINK_S)
            await live.signal(Signal.GO)

    async def _mark(self, live: LiveSession, step: Step) -> None:
        if self.device is None or self.face is None or step.face is not self.device.face:
            return
        for name in step.ports:
            if self.face.port(name) is None:
                continue
            await self._point(live, self.device.device_id, step.face, name)
            place = OnPort(device_id=self.device.device_id, face=step.face, port=name)
            id_, _ = await live.add_annotation(Shape.PORT, place, text=name)
            self.marks.append(id_)

    async def _point(self, live: LiveSession, device_id: str, side: FaceSide, name: str) -> None:
        """Move the pointer from the face's middle to the port, as a hand would."""
        port = self.face.port(name) if self.face else None
        if self.face is None or port is None:
            return
        x0, y0 = self.face.width_mm / 2, self.face.height_mm / 2
        for number in range(POINTING_STEPS + 1):
            share = number / POINTING_STEPS
            point = (x0 + (port.x_mm - x0) * share, y0 + (port.y_mm - y0) * share, 0.0)
            live.move_pointer(OnFace(device_id=device_id, face=side, points_mm=(point,)))
            await asyncio.sleep(0.05)
        live.move_pointer(None)

    def _in_words(self, text: dict[str, str]) -> str:
        return text.get(self.language) or text["en"]
