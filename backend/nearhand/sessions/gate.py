"""Which pictures may come into a session, who may see them, and what they must hide, as things are now."""

import asyncio
from collections.abc import Callable

from nearhand.access.model import Actor, Role
from nearhand.devices.model import CameraMask
from nearhand.kit.errors import Forbidden, NearhandError
from nearhand.sessions.audience import Viewer
from nearhand.sessions.connections import Running
from nearhand.sessions.masks import MaskRules, RuleOf
from nearhand.sessions.message import Ask
from nearhand.sessions.messages import CameraMaskChanged, ScreenShare
from nearhand.sessions.model import (
    Elsewhere,
    FrameRef,
    MaskMissing,
    Participant,
    PictureMask,
    SessionEnded,
    StreamTaken,
)
from nearhand.sessions.room import demand_pictures
from nearhand.sessions.rooms import Rooms


class Gate:
    """Asked for every picture, so nothing is looked up here unless it says so."""

    def __init__(self, rooms: Rooms, mask_of: RuleOf, monotonic: Callable[[], float]) -> None:
        self._rooms = rooms
        self._masks = MaskRules(mask_of, monotonic)
        self._telling: set[asyncio.Task[None]] = set()

    # -- live pictures, which come over lines of their own --

    async def demand_open(self, session_id: str, actor: Actor) -> Viewer | None:
        """Raises UnknownSession, also for one that is not theirs to see, and SessionEnded."""
        viewer = Viewer.of(actor)
        if (await self._rooms.enter(session_id, viewer)).room.is_ended:
            raise SessionEnded
        return viewer

    def objection_to_pictures(
        self, session_id: str, who: Participant, viewer: Viewer | None, stream: str
    ) -> NearhandError | None:
        """Why pictures of this stream may not come from them now; of a session that nobody is in, none may."""
        running = self._rooms.get(session_id)
        if running is None or running.room.is_ended:
            return SessionEnded()
        role = who.role if viewer is None else running.curtain(viewer).role
        if role is None:
            return Elsewhere()
        owner = running.room.frames.client_of(stream)
        if owner is not None and running.room.settled.owner_of(owner) not in (None, who.id):
            return StreamTaken()
        try:
            demand_pictures(who.model_copy(update={"role": role}))
        except Forbidden as error:
            return error
        return None

    def shows(self, session_id: str, viewer: Viewer | None, frame: FrameRef) -> bool:
        """Whether a live picture is theirs to see."""
        running = self._rooms.get(session_id)
        if running is None or running.room.is_ended:
            return False
        return viewer is None or running.curtain(viewer).shows(frame)

    def is_over(self, session_id: str) -> bool:
        running = self._rooms.get(session_id)
        return running is not None and running.room.is_ended

    # -- what they must hide --

    def mask_of(self, session_id: str) -> CameraMask:
        return self._masks.of(session_id)

    def obeys_mask(self, session_id: str, mask: PictureMask) -> bool:
        """Whether a picture with this mask may be shown where the session is now."""
        return self._masks.obeys(session_id, mask)

    async def demand_mask(self, session_id: str, mask: PictureMask, screen_of: Role | None = None) -> None:
        """Raises UnknownSession, and MaskMissing for a still that may not be taken in as it is.

        `screen_of`: it is said to show the screen of somebody with this role in the session. Whoever may share theirs
        could show it live (L33), so nothing is asked of it here; shared as a still, it must obey like any other.
        """
        await self.tell_mask(await self._rooms.load(session_id))
        if screen_of not in ScreenShare.roles and not self._masks.obeys(session_id, mask):
            raise MaskMissing

    def objection(self, session_id: str, ask: Ask) -> NearhandError | None:
        """Why a still is not made part of the session."""
        return self._masks.objection(session_id, ask)

    async def tell_mask(self, running: Running) -> None:
        """Look up what is asked of pictures where the session is now, and tell all when it is another than before.

        Whoever looks it up must tell: the next one to look finds nothing new.
        """
        if await self._masks.refresh(running.id, running.stage.now):
            told = CameraMaskChanged(camera_mask=self._masks.of(running.id))
            for connection in list(running.connections.values()):
                connection.tell(told)

    def tell_mask_if_moved(self, running: Running) -> None:
        """The session has perhaps come to another site: nobody waits here for the look-up."""
        if self._masks.is_about(running.id, running.stage.now):
            return
        telling = asyncio.get_running_loop().create_task(self.tell_mask(running))
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    def forget(self, session_id: str) -> None:
        self._masks.forget(session_id)
