"""Use cases of sessions: open one, list them, and look up what live messages name."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from nearhand.access.model import HOUSE, Actor, Permission, Role, Where
from nearhand.devices.model import CameraMask, Component, Face, FaceSide, Port
from nearhand.devices.service import RegisteredDevices
from nearhand.kit.blobs import Blob, Blobs
from nearhand.kit.clock import Clock
from nearhand.kit.errors import Forbidden, NotFound
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.ids import Ids, id_from
from nearhand.kit.uploads import Incoming, incoming
from nearhand.labels.service import RegisteredLabels
from nearhand.media.model import Still
from nearhand.media.pictures import opened
from nearhand.media.service import Eyes
from nearhand.sessions.anchoring import Part
from nearhand.sessions.audience import Viewer, reach_of, veiled
from nearhand.sessions.log import Batch, Log
from nearhand.sessions.message import Ask
from nearhand.sessions.messages import (
    AnnotationAdd,
    AnnotationEdit,
    ChatSay,
    DeviceShow,
    DocumentShow,
    FrameSight,
    StillShare,
)
from nearhand.sessions.model import (
    Annotation,
    NewSession,
    OnFace,
    OnFrame,
    OnPort,
    Session,
    SessionDevice,
    SessionEnded,
    SessionStatus,
    ShownDevice,
    ShownPicture,
    Sighting,
    TooManyUnshared,
    UnknownDevice,
    UnknownPort,
    UnknownSession,
    UnknownStill,
    UnknownVoiceNote,
    VoiceNote,
)
from nearhand.sessions.stage import Placed, Stage
from nearhand.vision.image import Picture

MAX_KNOWN_DEVICES = 2_000
PLACE_KEPT_S = 5.0  # a device that moved is asked for anew after that long


@dataclass(frozen=True)
class Stills:
    """Where stills are kept, and what one may be."""

    blobs: Blobs
    eyes: Eyes
    upload_bytes: int
    unshared: int  # of one person, or of all guests of a session together


@dataclass(frozen=True)
class Registry:
    """What sessions ask of the slices below, outside of any request."""

    devices: RegisteredDevices
    labels: RegisteredLabels


class SessionService:
    def __init__(
        self,
        live_log: Log,
        registry: Registry,
        stills: Stills,
        *,
        ids: Ids,
        clock: Clock,
    ) -> None:
        self._stills = stills
        self._log = live_log
        self._devices = registry.devices
        self._labels = registry.labels
        self._known: dict[str, dict[FaceSide, Face | None]] = {}
        self._unknown: set[str] = set()
        self._places: dict[str, tuple[datetime, Where]] = {}
        self._uploading: Counter[tuple[str, str]] = Counter()
        self._ids = ids
        self._clock = clock

    async def draft(self, new: NewSession, actor: Actor, key: str | None = None) -> tuple[Session, str]:
        """The session that is asked for, for the hub to store, and the digest of what was asked, "" without a key.

        The same person's same key makes the same id. Raises NotFound for an unknown device.
        """
        session_id, request = self._ids.new(), ""
        if key is not None:
            session_id = id_from("session", actor.participant_id, key)
            request = hashlib.sha256(new.model_dump_json().encode()).hexdigest()
        is_repeated = key is not None and await self._log.opened(session_id) is not None
        if new.device_id is not None and not is_repeated:
            device = (await self._devices.view(new.device_id)).device
            if not actor.may(Permission.DEVICES_READ, device.where):
                raise NotFound(f"No device {new.device_id}.")
            actor.demand(Permission.SESSIONS_OPEN, device.where)
        session = Session(
            id=session_id,
            subject=new.subject,
            device_id=new.device_id,
            status=SessionStatus.RINGING,
            opened_by=actor.participant_id,
            opened_by_name=actor.display_name,
            opened_at=self._clock.now(),
            ended_at=None,
            last_still_sha256=None,
            expert_names=(),
            work_order=new.work_order,
        )
        return session, request

    async def session(self, session_id: str) -> Session:
        """Raise UnknownSession."""
        session = await self._log.session(session_id)
        if session is None:
            raise UnknownSession(f"No session {session_id}.")
        return session

    async def running(self, session_id: str) -> Session:
        """Raise UnknownSession and SessionEnded."""
        session = await self.session(session_id)
        if session.status is SessionStatus.ENDED:
            raise SessionEnded
        return session

    async def sessions(
        self,
        status: SessionStatus | None,
        page: PageQuery,
        viewer: Viewer | None,
        device_id: str | None = None,
    ) -> Page[Session]:
        """`viewer`: None for whoever sees everything. `device_id`: of those that showed it, and to whom they may be seen."""
        statuses = list(SessionStatus) if status is None else [status]
        reach = None if viewer is None else reach_of(viewer)
        if reach is not None and device_id is not None:
            # Where the device stood then, and not only that it stands in their reach today.
            reach = replace(reach, device_ids=(device_id,), opened_by=None)
        items, total = await self._log.sessions(
            statuses, limit=page.limit, offset=page.offset, reach=reach, device_id=device_id
        )
        if viewer is not None:
            came = await self._log.came([one.id for one in items])
            items = [veiled(one, viewer, Stage(came[one.id])) for one in items]
        return Page[Session](items=items, total=total, limit=page.limit, offset=page.offset)

    async def events(self, session_id: str, *, after: int, limit: int) -> list[str]:
        """Stored events as JSON texts, oldest first. Raises UnknownSession."""
        await self.session(session_id)
        return await self._log.events(session_id, after=after, limit=limit)

    async def place_old_sessions(self) -> None:
        """Once, for a log from before sessions had places: where what they showed is now."""
        for session, shown in await self._log.unplaced():
            batch = Batch()
            batch.call(session)
            for seq, device_id in shown:
                where = await self.place_of(device_id)
                batch.place(session.id, Placed(seq, device_id, is_shown=True, where=where))
            await self._log.append(batch)

    async def device_shown(self, session: Session, viewer: Viewer | None) -> SessionDevice:
        """The device that the session is about now, or was when it was removed: a session stays readable.

        `viewer`: None for whoever sees everything. Raises NotFound when it shows none, or one that was theirs to see
        and stands elsewhere since: what is told here is how it is today.
        """
        unknown = NotFound("This session shows no device yet.")
        if session.device_id is None:
            raise unknown
        view = await self._devices.view_even_removed(session.device_id)
        if viewer is not None and viewer.role_with_device(view.device.id, view.device.where) is None:
            raise unknown
        return SessionDevice(view=view, labels=tuple(await self._labels.of_device(session.device_id)))

    async def add_still(
        self, session_id: str, pieces: AsyncIterator[bytes], actor: Actor, role: Role | None
    ) -> Still:
        """Keep a picture for this session, by somebody who has this role in it now. `still.share` makes it part of it.

        Raises UnknownSession, SessionEnded, Forbidden, TooManyUnshared, TooLarge, NotAPicture, TooManyPixels, TooBusy,
        ReadingTooSlow and NotSaved.
        """
        async with self.letting_in(StillShare, session_id, actor, role) as account:
            return await self._take_in(session_id, pieces, actor, account)

    @asynccontextmanager
    async def letting_in(
        self, kind: type[StillShare] | type[ChatSay], session_id: str, actor: Actor, role: Role | None
    ) -> AsyncIterator[str]:
        """Room for a file that this kind of message will name; gives on whose account it is until then.

        Raises UnknownSession, SessionEnded, Forbidden and TooManyUnshared.
        """
        await self.running(session_id)
        if role not in kind.roles or (actor.link and actor.link.may not in kind.guests):
            raise Forbidden(f"A participant with the role {role} may not send files for {kind.__name__}.")
        account = account_of(actor)
        with self._counted(session_id, account) as uploading:
            if await self._log.unshared_stills(session_id, account) + uploading > self._stills.unshared:
                raise TooManyUnshared(f"Share some first: {self._stills.unshared} wait to be shared.")
            yield account

    @contextmanager
    def _counted(self, session_id: str, account: str) -> Iterator[int]:
        """Count this upload while it is under way; gives how many are."""
        key = (session_id, account)
        self._uploading[key] += 1
        try:
            yield self._uploading[key]
        finally:
            self._uploading[key] -= 1
            if not self._uploading[key]:
                del self._uploading[key]

    async def _take_in(
        self, session_id: str, pieces: AsyncIterator[bytes], actor: Actor, account: str
    ) -> Still:
        async with incoming(pieces, self._stills.blobs, limit_bytes=self._stills.upload_bytes) as file:
            eyes = self._stills.eyes
            picture = await eyes.run(lambda: self._seen(file))
            file = await file.bared()
            await file.keep()
        height, width = picture.gray.shape
        still = Still(
            session_id=session_id,
            sha256=file.sha256,
            media_type=picture.media_type,
            width=width,
            height=height,
            size_bytes=file.size_bytes,
            created_at=self._clock.now(),
            created_by=actor.participant_id,
        )
        await self._log.add_still(still, account)
        return still

    def _seen(self, incoming: Incoming) -> Picture:
        with incoming.open() as file:
            return opened(file, limit_pixels=self._stills.eyes.limit_pixels)

    async def still(self, session_id: str, sha256: str) -> tuple[Blob, str]:
        """The file of a still of this session, and its media type. Raises UnknownStill."""
        still = await self._log.still(session_id, sha256)
        if still is None:
            raise UnknownStill
        return self._stills.blobs.blob(sha256), still.media_type

    async def sharings(self, session_id: str, sha256: str) -> list[str]:
        """Every time this picture was shared or shown."""
        shown = await self._log.naming(session_id, sha256, "document.shown")
        return [*await self._log.sharings(session_id, sha256), *shown]

    async def is_uploader(self, session_id: str, sha256: str, actor: Actor) -> bool:
        still = await self._log.still(session_id, sha256)
        return still is not None and still.created_by == actor.participant_id

    async def marks(self, device_id: str, actor: Actor) -> list[Annotation]:
        """What is kept on a device. Raises NotFound and NotPermitted."""
        await self.demand_device(device_id, Permission.DEVICES_READ, actor)
        return await self._log.marks(device_id)

    async def demand_device(self, device_id: str, permission: Permission, actor: Actor) -> None:
        """Raise NotFound for a device that this actor may not see, and NotPermitted for what they may not do there."""
        where = await self.place_of(device_id)
        if not actor.may(Permission.DEVICES_READ, where):
            raise NotFound(f"No device {device_id}.")
        actor.demand(permission, where)

    async def place_of(self, device_id: str, *, is_fresh: bool = False) -> Where:
        """Where it stands, as far as was known a few seconds ago. What is not registered stands nowhere."""
        now = self._clock.now()
        at, where = self._places.get(device_id, (None, HOUSE))
        if is_fresh or at is None or (now - at).total_seconds() > PLACE_KEPT_S:
            where = await self._devices.place(device_id) or HOUSE
            if len(self._places) >= MAX_KNOWN_DEVICES:
                self._places.clear()
            self._places[device_id] = (now, where)
        return where

    async def camera_mask(self, device_id: str | None) -> CameraMask:
        """What is asked of pictures where this device stands; None: of a session that is about none yet."""
        return await self._devices.camera_mask(device_id)

    async def look_up(
        self, session_id: str, message: Ask | FrameSight, on: ShownDevice | None
    ) -> Part | Face | None:
        """Find what a message names; raise what it will be refused with when that does not exist.

        `on`: whose face the picture shows that is drawn on.
        """
        match message:
            case AnnotationAdd(place=OnPort() as place) | AnnotationEdit(place=OnPort() as place):
                return await self._part(place)
            case AnnotationAdd(place=OnFace() as place) | AnnotationEdit(place=OnFace() as place):
                return await self._face(place.device_id, place.face)
            case AnnotationAdd(place=OnFrame()) | AnnotationEdit(place=OnFrame()) if on is not None:
                return await self._face(on.device_id, on.face)
            case DeviceShow(device=device):
                await self._known_faces(device.device_id)
            case FrameSight(sighting=Sighting() as sighting):
                await self._known_faces(sighting.device_id)
            case StillShare(sighting=Sighting() as sighting):
                await self._known_faces(sighting.device_id)
        await self._demand_uploaded(session_id, message)
        return None

    async def _demand_uploaded(self, session_id: str, message: Ask | FrameSight) -> None:
        """Raise what a message is refused with that names a file nobody has uploaded to this session."""
        match message:
            case StillShare(sha256=sha256) | DocumentShow(document=ShownPicture(sha256=sha256)):
                if await self._log.still(session_id, sha256) is None:
                    raise UnknownStill
            case ChatSay(voice=VoiceNote(sha256=sha256)):
                if await self._log.voice(session_id, sha256) is None:
                    raise UnknownVoiceNote

    async def _known_faces(self, device_id: str) -> dict[FaceSide, Face | None]:
        """Found once is found for good: a removed device keeps its row, and a face's size only says what is far off.

        Raises UnknownDevice.
        """
        known = self._known.get(device_id)
        if known is None:
            try:
                view = await self._devices.view_even_removed(device_id)
            except NotFound:
                raise UnknownDevice(f"No device {device_id}.") from None
            if len(self._known) >= MAX_KNOWN_DEVICES:
                self._known.clear()
            known = self._known[device_id] = {side: view.device_type.face(side) for side in FaceSide}
        return known

    async def _face(self, device_id: str, side: FaceSide) -> Face | None:
        """None for a device nobody registered: a mark on its face drawing has no size to be held against."""
        if device_id in self._unknown:
            return None
        try:
            return (await self._known_faces(device_id))[side]
        except UnknownDevice:
            if len(self._unknown) >= MAX_KNOWN_DEVICES:
                self._unknown.clear()
            self._unknown.add(device_id)
            return None

    async def _part(self, place: OnPort) -> Part:
        try:
            view = await self._devices.view(place.device_id)
        except NotFound:
            raise UnknownPort("That device is no longer registered.") from None
        face = view.device_type.face(place.face)
        parts: list[Port | Component] = [*face.ports, *face.components] if face is not None else []
        part = next((part for part in parts if part.name == place.port), None)
        if part is None:
            raise UnknownPort(f"{view.device.name} has no port {place.port} on its {place.face}.")
        return Part(part.name, part.x_mm, part.y_mm, part.width_mm, part.height_mm)


def account_of(actor: Actor) -> str:
    """On whose account uploads are. One link makes as many guests as one likes, so all of them share one."""
    return "guests" if actor.user_id is None else actor.user_id
