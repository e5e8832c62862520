"""The robot technician: walks a rendered camera past the demo switch in a session, and answers whoever helps."""

import asyncio
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from nearhand.access.model import Role
from nearhand.client import Client, LinkStopped, LiveSession
from nearhand.devices.model import Component, DeviceView, Face, Port
from nearhand.field.client import FieldClient
from nearhand.field.eye import Eye
from nearhand.field.frames import Frame
from nearhand.sessions import messages as m
from nearhand.sessions.model import Annotation, FaceAnchor, Session, SessionStatus, Shape, Signal
from nearhand.simulation.film import Film
from nearhand.simulation.words import LANGUAGE, language_of, words
from nearhand.simulation.words import SHAPES as SHAPE_WORDS
from nearhand.vision.camera import Intrinsics

WATCHED_GAP_S = 0.2  # between two frames
ALONE_GAP_S = 3.0  # nobody helps yet: spare the machine
THINK_S = 1.2
REST_S = 15.0  # after a session, before asking for help again
HELPERS = {Role.EXPERT, Role.ADMIN}
ANSWERS = {
    Signal.STOP: "stop",
    Signal.WAIT: "wait",
    Signal.GO: "go",
    Signal.PULL: "pull",
    Signal.WHICH: "which",
}


def is_helped(live: LiveSession) -> bool:
    view = live.view
    people = view.state.participants if view.state else ()
    return any(person.id in view.present and person.role in HELPERS for person in people)


class RobotTechnician:
    """`on_session` is told each session that it attends."""

    def __init__(
        self,
        client: Client,
        device: DeviceView,
        film: Film,
        on_session: Callable[[Session], None] = lambda session: None,
    ) -> None:
        self._client, self._device, self._film, self._on_session = client, device, film, on_session

    async def run(self) -> None:
        """Ask for help, for ever."""
        while True:
            session = await self._own_session()
            self._on_session(session)
            await self._attend(session)
            await asyncio.sleep(REST_S)

    async def _own_session(self) -> Session:
        """The session it has open, after a restart too; else a new one."""
        me = (await self._client.me()).participant_id
        for session in await self._client.sessions():
            if session.opened_by == me and session.status is not SessionStatus.ENDED:
                return session
        return await self._client.open_session(self._device.device.id, words("problem", LANGUAGE))

    async def _attend(self, session: Session) -> None:
        live = self._client.live(session.id)
        camera = Intrinsics(**self._film.camera.model_dump())
        talk = asyncio.create_task(Talk(live, self._device.device_type.front).run(), name="robot's talk")
        try:
            field = FieldClient(self._frames(live), self._client, live, Eye(camera), may_be_recorded=True)
            await field.run()
        finally:
            talk.cancel()
            await asyncio.gather(talk, return_exceptions=True)

    def _frames(self, live: LiveSession) -> Iterator[Frame]:
        """What the camera sees, at the rate somebody needs it."""
        began, number = time.monotonic(), 0
        while live.link != "stopped" or number == 0:
            seen = round((time.monotonic() - began) * self._film.frames_per_s) % self._film.frames
            number += 1
            yield Frame(number, self._film.picture(seen), datetime.now(UTC))
            resting_until = time.monotonic() + ALONE_GAP_S
            time.sleep(WATCHED_GAP_S)
            while not is_helped(live) and live.link != "stopped" and time.monotonic() < resting_until:
                time.sleep(WATCHED_GAP_S)


class Talk:
    """Hears a session and answers as somebody would who has no hands free: seldom, and briefly."""

    def __init__(self, live: LiveSession, face: Face) -> None:
        self._live, self._face = live, face
        self._language = LANGUAGE
        self._has_greeted = False

    async def run(self) -> None:
        try:
            async for message in self._live.messages():
                answer = self.answer(message)
                if answer is not None:
                    await asyncio.sleep(THINK_S)
                    await self._live.say(answer)
        except LinkStopped:
            return

    def answer(self, message: object) -> str | None:
        """What to say to a message; None: nothing."""
        you = self._live.view.you
        if you is None or getattr(message, "by", None) == you.id:
            return None
        match message:
            case m.PresenceChanged(is_present=True, participant=who) if who.role in HELPERS:
                if not self._has_greeted:
                    self._has_greeted = True
                    return words("greet", self._language)
            case m.AnnotationAdded(annotation=annotation):
                return self._about(annotation)
            case m.ChatSaid(text=text):
                self._language = language_of(text, self._language)
                return words("heard", self._language)
            case m.SignalGiven(signal=signal):
                return words(ANSWERS[signal], self._language)
        return None

    def _about(self, mark: Annotation) -> str:
        shape = SHAPE_WORDS[mark.shape][self._language]
        if not isinstance(mark.anchor, FaceAnchor):
            return words("see_on_still", self._language, shape=shape)
        port = mark.anchor.port or nearest_port(self._face, mark.shape, mark.anchor)
        if mark.text and mark.shape in {Shape.TEXT, Shape.LABEL_3D}:
            return words("see_words", self._language, text=mark.text, port=port)
        return words("see_mark", self._language, shape=shape, port=port)


def nearest_port(face: Face, shape: Shape, anchor: FaceAnchor) -> str:
    """The port a mark means: where a ring's centre, an arrow's head or a stroke's middle is."""
    points = anchor.points_mm
    if shape is Shape.ARROW:
        x, y, _ = points[-1]
    elif shape is Shape.FREEHAND:
        x, y = (sum(point[axis] for point in points) / len(points) for axis in (0, 1))
    else:
        x, y, _ = points[0]
    parts: list[Port | Component] = [*face.ports, *face.components]
    return min(parts, key=lambda part: (part.x_mm - x) ** 2 + (part.y_mm - y) ** 2).name if parts else "?"
