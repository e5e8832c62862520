"""The newest picture of each screen that is shared: in memory while it is the newest, told to whoever may see it."""

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from nearhand.access.model import Actor
from nearhand.kit.errors import Forbidden
from nearhand.kit.rate import RateLimit
from nearhand.media.model import Still
from nearhand.sessions.audience import Viewer
from nearhand.sessions.connections import Connection, Running
from nearhand.sessions.finding import Keep
from nearhand.sessions.message import Ask
from nearhand.sessions.messages import DocumentShow, ScreenChanged, ScreenShare, ScreenStop, SessionEnd
from nearhand.sessions.model import (
    LastOfScreen,
    NoScreen,
    NotShared,
    SessionEnded,
    ShownScreen,
    TooManyScreens,
)
from nearhand.sessions.rooms import Rooms

log = structlog.get_logger()

PICTURES_AT_ONCE = 5  # of those that a session may have a minute
AWAY_S = 20.0  # so long the page that shares may be without a line


@dataclass(frozen=True, slots=True)
class ScreenPicture:
    """`shown_seq`: the event that showed its screen; `at_seq`: the newest event when it came."""

    still: Still
    account: str
    content: bytes
    shown_seq: int
    at_seq: int


class Screens:
    """Those of all running rooms."""

    def __init__(self, rooms: Rooms, keep: Keep, *, per_minute: int, monotonic: Callable[[], float]) -> None:
        self._rooms, self._keep, self._monotonic = rooms, keep, monotonic
        self._newest: dict[str, ScreenPicture] = {}
        self._pace = RateLimit(per_minute, burst=max(PICTURES_AT_ONCE, per_minute // 12))
        self._here_at: dict[
            str, tuple[int, float]
        ] = {}  # by session: which sharing, when its page was seen last

    # -- pictures come --

    async def demand(self, session_id: str, screen_id: str, actor: Actor) -> int:
        """The event that showed the screen of which they send a picture.

        Raises UnknownSession, SessionEnded, Forbidden, NotShared and TooManyScreens.
        """
        running = await self._rooms.enter(session_id, Viewer.of(actor))
        shown_seq = self._demand_own(running, screen_id, actor)
        if not self._pace.allow(session_id, self._monotonic()):
            raise TooManyScreens
        return shown_seq

    def put(self, picture: ScreenPicture, screen_id: str, actor: Actor) -> None:
        """It is the newest now. Raises as `demand` what has changed since."""
        running = self._rooms.get(picture.still.session_id)
        if running is None or self._demand_own(running, screen_id, actor) != picture.shown_seq:
            raise NotShared
        self.take(running, picture)

    def take(self, running: Running, picture: ScreenPicture) -> None:
        """From its sharer, for all others who may see it."""
        self._newest[running.id] = picture
        for connection in list(running.connections.values()):
            participant = connection.participant
            if participant is not None and participant.id != picture.still.created_by:
                self.tell(running, connection)

    def _demand_own(self, running: Running, screen_id: str, actor: Actor) -> int:
        if running.room.is_ended:
            raise SessionEnded
        viewer, link = Viewer.of(actor), actor.link
        role = actor.role if viewer is None else running.curtain(viewer).role
        if role not in ScreenShare.roles or (link is not None and link.may not in ScreenShare.guests):
            raise Forbidden(f"A participant with the role {role} may not share a screen.")
        shown = running.room.document
        screen = running.room.screen
        if shown is None or screen is None or (screen.id, shown.by) != (screen_id, actor.participant_id):
            raise NotShared
        return shown.seq

    # -- and are seen --

    def at(self, session_id: str) -> int:
        """The newest event, for a picture that comes now."""
        running = self._rooms.get(session_id)
        return 0 if running is None else running.room.seq

    async def newest(self, session_id: str, actor: Actor) -> ScreenPicture:
        """Raises UnknownSession and NoScreen."""
        viewer = Viewer.of(actor)
        running = await self._rooms.enter(session_id, viewer)
        picture = self._current(running)
        if picture is None or not (viewer is None or running.curtain(viewer).shows_screen(picture.at_seq)):
            raise NoScreen
        return picture

    def tell(self, running: Running, connection: Connection) -> None:
        """Of the newest picture, if there is one that they may see."""
        picture, screen, curtain = self._current(running), running.room.screen, connection.curtain
        if picture is None or screen is None or running.room.document is None:
            return
        if curtain is not None and not curtain.shows_screen(picture.at_seq):
            return
        changed = ScreenChanged(
            by=running.room.document.by,
            id=screen.id,
            sha256=picture.still.sha256,
            width=picture.still.width,
            height=picture.still.height,
        )
        connection.outbox.put(changed.model_dump_json(), replaces=("", changed.replaces))

    def _current(self, running: Running) -> ScreenPicture | None:
        picture, shown = self._newest.get(running.id), running.room.document
        if picture is not None and (shown is None or shown.seq != picture.shown_seq):
            del self._newest[running.id]
            return None
        return picture

    # -- and one stays --

    async def before(self, connection: Connection, ask: Ask) -> None:
        """What ends a sharing is asked: what the screen shows now stays as a still."""
        if isinstance(ask, ScreenStop | ScreenShare | DocumentShow | SessionEnd) and connection.running:
            await self.keep(connection.running)

    async def keep(self, running: Running) -> None:
        picture = self._current(running)
        if picture is None:
            return
        last = LastOfScreen(
            sha256=picture.still.sha256,
            width=picture.still.width,
            height=picture.still.height,
            seq=picture.at_seq,
        )
        if running.room.last_of_screen == last:
            return
        try:
            await self._keep(picture.still, picture.account, picture.content)
        except Exception as error:
            # Sharing ends all the same: the log then says when, and not what was seen last.
            log.error("screen_was_not_kept", session=running.id, error=repr(error))
            return
        if self._current(running) is not None and self._newest[running.id].shown_seq == picture.shown_seq:
            running.room.last_of_screen = last

    # -- until nobody shares it any more --

    def left(self, running: Running, now: float) -> int | None:
        """The event that showed a screen whose page is gone, or whose sharer may share no more, for too long."""
        shown, screen = running.room.document, running.room.screen
        if shown is None or screen is None or running.room.is_ended:
            self._here_at.pop(running.id, None)
            self._current(running)
            return None
        if self._is_here(running, screen) or self._here_at.get(running.id, (0, now))[0] != shown.seq:
            self._here_at[running.id] = (shown.seq, now)
        return shown.seq if now - self._here_at[running.id][1] > AWAY_S else None

    def _is_here(self, running: Running, screen: ShownScreen) -> bool:
        connection = running.connections.get(screen.client)
        return connection is not None and connection.role in ScreenShare.roles

    def forget(self, session_id: str) -> None:
        self._newest.pop(session_id, None)
        self._here_at.pop(session_id, None)
