"""The door of live pictures, and the lines that are open: the relay decides, here it is done."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog
from fastapi import APIRouter, WebSocket
from pydantic import BaseModel
from starlette.websockets import WebSocketDisconnect

from nearhand.access.model import Actor, Permission
from nearhand.kit.clock import Clock
from nearhand.kit.errors import NearhandError, TooLarge
from nearhand.kit.patterns import is_id
from nearhand.kit.rate import RateLimit
from nearhand.sessions.audience import Viewer
from nearhand.sessions.connections import ERRORS_PER_MINUTE
from nearhand.sessions.gate import Gate
from nearhand.sessions.messages import Ping, Pong, Problem
from nearhand.sessions.model import (
    FrameRef,
    MaskMissing,
    NotAMessage,
    Participant,
    PictureMask,
    SessionEnded,
    UnknownSession,
)
from nearhand.sessions.pictures import (
    VIDEO_PROTOCOL,
    MediaGot,
    MediaKey,
    MediaNeed,
    MediaSend,
    MediaSpent,
    MediaStreams,
    MediaTook,
    MediaWatch,
    MediaWatched,
    read_asks,
)
from nearhand.sessions.relay import Allowed, Relay, Sender, Spent, Watcher
from nearhand.sessions.socket import SocketLine, refuse, welcome_in
from nearhand.sessions.tending import RECHECK_EVERY_S
from nearhand.sessions.wire import CloseCode

log = structlog.get_logger()
router = APIRouter()

WORDS_WAITING = 64  # messages that wait for one slow line; who lets more wait is hung up on
REMEMBERED = 10_000  # sessions whose bytes are remembered


@dataclass(eq=False)
class Line:
    """One open line, as either end of the pictures. Words go before pictures, and each in its order."""

    websocket: WebSocket
    socket: SocketLine
    session_id: str
    actor: Actor
    viewer: Viewer | None
    participant: Participant
    heard_at: float
    sender: Sender | None = None
    watcher: Watcher | None = None
    told: MediaWatched | None = None  # to who sends
    needs: bool = True  # who watches
    reads_vp8: bool = False
    is_spent: bool = False
    is_bare: bool = False  # it was told that its pictures hide too little
    is_closing: bool = False
    errors: RateLimit = field(default_factory=lambda: RateLimit(ERRORS_PER_MINUTE))
    _words: deque[str] = field(default_factory=deque)
    _pictures: deque[bytes] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, message: BaseModel) -> None:
        if len(self._words) >= WORDS_WAITING:
            self.close(CloseCode.TOO_SLOW)
            return
        self._words.append(message.model_dump_json())
        self._wake.set()

    def show(self, picture: bytes) -> None:
        self._pictures.append(picture)
        self._wake.set()

    async def pump(self) -> None:
        """Send what is to be sent, until the line is closed."""
        with suppress(RuntimeError, WebSocketDisconnect):
            while True:
                while self._words or self._pictures:
                    if self._words:
                        words = ",".join(self._words)
                        self._words.clear()
                        await self.socket.send(f"[{words}]")
                    else:
                        await self.websocket.send_bytes(self._pictures.popleft())
                self._wake.clear()
                await self._wake.wait()

    def complain(self, error: NearhandError, now_s: float) -> None:
        self.tell(Problem(code=error.code, title=error.title, detail=error.detail))
        if not self.errors.allow("", now_s):
            self.close(CloseCode.TOO_MANY_ERRORS)

    def close(self, code: CloseCode) -> None:
        """At once: what waits is old, or not for them any more."""
        if not self.is_closing:
            self.is_closing = True
            self._words.clear()
            self._pictures.clear()
            self._closing = asyncio.get_running_loop().create_task(self.socket.close(code))


class VideoLines:
    """All lines of live pictures of this process. Nothing of what passes here is stored or logged."""

    def __init__(
        self,
        gate: Gate,
        allowed: Allowed,
        *,
        clock: Clock,
        idle_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gate, self._allowed, self._clock = gate, allowed, clock
        self._idle_s, self._monotonic = idle_s, monotonic
        self._relays: OrderedDict[str, Relay] = OrderedDict()
        self._lines: dict[str, set[Line]] = {}
        self._rechecks: set[asyncio.Task[None]] = set()
        self._rechecked_at = monotonic()

    def stop(self) -> None:
        for line in self._everyone():
            line.close(CloseCode.RESTARTING)

    # -- what the door calls ---------------------------------------------------------------------------------------

    async def line(self, websocket: WebSocket, socket: SocketLine, session_id: str, actor: Actor) -> Line:
        """Raises UnknownSession and SessionEnded."""
        participant = Participant(
            id=actor.participant_id,
            display_name=actor.display_name,
            role=actor.role,
            guest=None if actor.link is None else actor.link.may,
        )
        viewer = await self._gate.demand_open(session_id, actor)
        return Line(websocket, socket, session_id, actor, viewer, participant, self._monotonic())

    def enter(self, line: Line, first: MediaSend | MediaWatch) -> None:
        """Raises what forbids it."""
        relay = self._relay(line.session_id)
        if isinstance(first, MediaSend):
            objection = self._gate.objection_to_pictures(
                line.session_id, line.participant, line.viewer, first.stream
            )
            if objection is not None:
                raise objection
            line.sender, old = relay.begin(first.stream, line.participant.id)
            for other in self._lines_of(line.session_id):
                if old is not None and other.sender is old:
                    other.close(CloseCode.REPLACED)
        else:
            line.watcher, line.reads_vp8 = relay.watch(), bool(first.reads_vp8)
        self._lines.setdefault(line.session_id, set()).add(line)
        if line.watcher is not None:
            line.tell(MediaStreams(streams=relay.streams()))
            self._count(line.session_id)
        else:
            self._tell_streams(line.session_id)

    def leave(self, line: Line) -> None:
        """The line is gone; also when it never came in."""
        line.is_closing = True
        relay = self._relays.get(line.session_id)
        lines = self._lines.get(line.session_id)
        if relay is None or lines is None or line not in lines:
            return
        lines.discard(line)
        if line.sender is not None:
            relay.end(line.sender)
            self._tell_streams(line.session_id)
        if line.watcher is not None:
            relay.leave(line.watcher)
            self._count(line.session_id)
        if not lines:
            del self._lines[line.session_id]

    def take(self, line: Line, picture: bytes) -> None:
        """A picture has come over a line."""
        line.heard_at = now = self._monotonic()
        sender = line.sender
        if sender is None:
            line.complain(NotAMessage("Who watches sends no pictures."), now)
            return
        if self._is_for_nobody(line, sender, now):
            sender.has_gap = True  # what comes next may rest on this one
            return
        by_watcher = {other.watcher: other for other in self._lines_of(line.session_id) if other.watcher}

        def sees(watcher: Watcher, frame_id: int) -> bool:
            other = by_watcher[watcher]
            frame = FrameRef(stream=sender.stream, frame_id=frame_id)
            return (
                other.needs
                and not other.is_closing
                and self._gate.shows(line.session_id, other.viewer, frame)
            )

        def obeys(mask: PictureMask) -> bool:
            return self._gate.obeys_mask(line.session_id, mask)

        try:
            taken = self._relay(line.session_id).take(sender, picture, now, sees, obeys)
        except NearhandError as error:
            sender.has_gap = True
            self._refuse(line, error, now)
            return
        line.is_bare = False
        for watcher in taken.to:
            by_watcher[watcher].show(taken.picture)
        line.tell(MediaTook(frame_id=taken.frame_id, seen=sender.seen))
        if taken.wants_key:
            line.tell(MediaKey())

    def _is_for_nobody(self, line: Line, sender: Sender, now: float) -> bool:
        if line.is_spent or self._relay(line.session_id).senders.get(sender.stream) is not sender:
            return True
        objection = self._gate.objection_to_pictures(
            line.session_id, line.participant, line.viewer, sender.stream
        )
        if objection is not None and (line.told is None or line.told.watchers):
            self._count(line.session_id)  # it is told that nobody sees it, and stops
            line.complain(objection, now)
        return objection is not None

    def _refuse(self, line: Line, error: NearhandError, now: float) -> None:
        if isinstance(error, Spent):
            line.is_spent = True
            line.tell(MediaSpent(bytes=self._relay(line.session_id).bytes))
            log.info("video_spent", session=line.session_id)
            self._count(line.session_id)
            return
        if isinstance(error, MaskMissing) and line.sender is not None and line.sender.last is not None:
            line.tell(MediaTook(frame_id=line.sender.last, seen=line.sender.seen))
            if line.is_bare:
                return  # it was told, and more of them were on their way
            line.is_bare = True
        line.complain(error, now)
        if isinstance(error, TooLarge):
            line.close(CloseCode.TOO_LARGE)

    def hear(self, line: Line, text: str) -> None:
        line.heard_at = now = self._monotonic()
        try:
            asks = read_asks(text)
        except NotAMessage as error:
            line.complain(error, now)
            return
        for ask in asks:
            match ask:
                case Ping():
                    line.tell(Pong(at=self._clock.now()))
                case MediaNeed() if line.watcher is not None:
                    line.needs = ask.needs
                    self._relay(line.session_id).anew(line.watcher)
                    self._count(line.session_id)
                case MediaGot() if line.watcher is not None:
                    self._got(line, line.watcher, ask, now)
                case _:
                    line.complain(NotAMessage("This line is open already, for something else."), now)

    def _got(self, line: Line, watcher: Watcher, got: MediaGot, now: float) -> None:
        def sees(_: Watcher, frame_id: int) -> bool:
            stream = next((s.stream for s in relay.senders.values() if s.slot == got.slot), None)
            if stream is None or line.is_closing or not line.needs:
                return False
            frame = FrameRef(stream=stream, frame_id=frame_id)
            return self._gate.shows(line.session_id, line.viewer, frame)

        relay = self._relay(line.session_id)
        picture = relay.got(watcher, got.slot, got.frame_id, now, sees)
        if picture is not None:
            line.show(picture)

    def recheck(self, holder: str) -> None:
        """Somebody's rights are others now: what they have open is checked at once."""
        concerned = [line for line in self._everyone() if line.actor.holder == holder]
        if concerned:
            task = asyncio.get_running_loop().create_task(self._recheck(concerned))
            self._rechecks.add(task)
            task.add_done_callback(self._rechecks.discard)

    # -- tending ---------------------------------------------------------------------------------------------------

    async def tend(self) -> None:
        """Hang up on the silent, in ended sessions, and on those no longer allowed; tell who is watched by how many."""
        now = self._monotonic()
        for line in self._everyone():
            if self._gate.is_over(line.session_id):
                line.close(CloseCode.ENDED)
            elif now - line.heard_at > self._idle_s:
                line.close(CloseCode.IDLE)
        for session_id in list(self._lines):
            self._count(session_id)
        if now - self._rechecked_at >= RECHECK_EVERY_S:
            self._rechecked_at = now
            await self._recheck(self._everyone())

    async def _recheck(self, lines: list[Line]) -> None:
        for line in lines:
            try:
                code = None if line.is_closing else await line.socket.reason_to_close()
            except Exception as error:
                log.error("recheck_failed", error=repr(error))  # the next check will know
                return
            if code is not None:
                line.close(code)
                self.leave(line)

    def _count(self, session_id: str) -> None:
        """Tell each sender for how many it sends, when that is another number than before."""
        lines = self._lines_of(session_id)
        for line in lines:
            if line.sender is None:
                continue
            frame = FrameRef(stream=line.sender.stream, frame_id=0)
            objection = self._gate.objection_to_pictures(
                session_id, line.participant, line.viewer, line.sender.stream
            )
            reading = [
                other.reads_vp8
                for other in lines
                if other.watcher is not None
                and other.needs
                and not other.is_closing
                and self._gate.shows(session_id, other.viewer, frame)
            ]
            if objection is not None or line.is_spent:
                reading = []
            told = MediaWatched(watchers=len(reading), all_read_vp8=all(reading))
            if told != line.told:
                line.told = told
                line.tell(told)

    def _tell_streams(self, session_id: str) -> None:
        streams = MediaStreams(streams=self._relay(session_id).streams())
        for line in self._lines_of(session_id):
            if line.watcher is not None:
                line.tell(streams)
        self._count(session_id)

    def _relay(self, session_id: str) -> Relay:
        relay = self._relays.pop(session_id, None) or Relay(self._allowed)
        self._relays[session_id] = relay
        for known in list(self._relays):
            if len(self._relays) <= REMEMBERED:
                break
            if known not in self._lines and known != session_id:
                del self._relays[known]
        return relay

    def _lines_of(self, session_id: str) -> list[Line]:
        return list(self._lines.get(session_id, ()))

    def _everyone(self) -> list[Line]:
        return [line for lines in self._lines.values() for line in lines]


@router.websocket("/sessions/{session_id}/video")
async def video(websocket: WebSocket, session_id: str) -> None:
    """Speak `nearhand.video.v1`: live pictures, to and from; docs/reference/live-pictures.md has the rules."""
    socket = SocketLine(websocket, Permission.SESSIONS_JOIN, session_id)
    actor = await welcome_in(websocket, socket, "video.entered", session_id, protocol=VIDEO_PROTOCOL)
    if actor is None:
        return
    lines: VideoLines = websocket.app.state.resources.video
    settings = websocket.app.state.resources.settings
    line: Line | None = None
    pump: asyncio.Task[None] | None = None
    try:
        if not is_id(session_id):
            raise UnknownSession("That is no session's id.")
        first = await _first(websocket, socket, settings.live_hello_timeout_s)
        if first is None:
            return
        code = await socket.reason_to_close()  # nobody watched over them while it was waited for
        if code is not None:
            await socket.close(code)
            return
        line = await lines.line(websocket, socket, session_id, actor)
        lines.enter(line, first)
        pump = asyncio.create_task(line.pump())
        await _listen(websocket, lines, line, settings.live_message_limit_bytes)
    except UnknownSession as error:
        await refuse(socket, error, CloseCode.NO_SESSION)
    except SessionEnded as error:
        await refuse(socket, error, CloseCode.ENDED)
    except NearhandError as error:
        socket.refused(error)
        await refuse(socket, error, CloseCode.TOO_MANY_ERRORS)
    finally:
        if line is not None:
            lines.leave(line)
        if pump is not None:
            pump.cancel()
            await asyncio.gather(pump, return_exceptions=True)


async def _first(websocket: WebSocket, socket: SocketLine, limit_s: float) -> MediaSend | MediaWatch | None:
    """What the line is for; None, and it is closed with the reason."""
    try:
        message = await asyncio.wait_for(websocket.receive(), limit_s)
    except TimeoutError:
        message = {"type": "websocket.receive"}
    if message["type"] == "websocket.disconnect":
        return None
    try:
        asks = read_asks(message.get("text") or "")
    except NotAMessage:
        asks = []
    if len(asks) == 1 and isinstance(asks[0], MediaSend | MediaWatch):
        return asks[0]
    error = NotAMessage("Say media.send or media.watch first.")
    await refuse(socket, error, CloseCode.NO_HELLO)
    return None


async def _listen(websocket: WebSocket, lines: VideoLines, line: Line, limit_bytes: int) -> None:
    while (message := await websocket.receive())["type"] != "websocket.disconnect":
        if line.is_closing:
            continue
        picture, text = message.get("bytes"), message.get("text")
        if picture is not None:
            lines.take(line, picture)
        elif text is not None and len(text) <= limit_bytes:
            lines.hear(line, text)
        else:
            line.close(CloseCode.TOO_LARGE)
