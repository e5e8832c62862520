"""Write down what was done to a device, find it again, and keep the files that belong to it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import Actor, Permission
from nearhand.audit import recording
from nearhand.devices.service import DeviceService, devices_on
from nearhand.kit.blobs import Blob, Blobs
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound, Stale
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.ids import Ids
from nearhand.kit.uploads import Incoming, NotAPicture, TooManyPixels, incoming
from nearhand.maintenance.model import (
    EARLIEST_AT,
    MAX_AHEAD_DAYS,
    Attachment,
    AttachmentKindRefused,
    AttachmentUnknown,
    MaintenanceRecord,
    NewMaintenanceRecord,
    NotHistory,
)
from nearhand.maintenance.store import MaintenanceStore
from nearhand.vision.image import OversizedPicture, UnreadablePicture, opened_image

READ, WRITE = Permission.MAINTENANCE_READ, Permission.MAINTENANCE_WRITE


class MaintenanceService:
    def __init__(
        self, store: MaintenanceStore, actor: Actor, *, devices: DeviceService, ids: Ids, clock: Clock
    ) -> None:
        self._store = store
        self._actor = actor
        self._devices = devices
        self._ids = ids
        self._clock = clock

    async def write_down(self, device_id: str, new: NewMaintenanceRecord) -> MaintenanceRecord:
        """Raise NotFound, NotPermitted, NotHistory or AttachmentUnknown."""
        await self._devices.permitted(device_id, WRITE)
        now = self._clock.now()
        record = MaintenanceRecord(
            **dict(await self._checked(new)),
            id=self._ids.new(),
            device_id=device_id,
            version=1,
            created_at=now,
            created_by=self._actor.participant_id,
            updated_at=now,
        )
        await self._store.add(record)
        await recording.added(self._store.connection, "record", record)
        return record

    async def of_device(self, device_id: str, page: PageQuery) -> Page[MaintenanceRecord]:
        """Newest first; also of a device that was removed since. Raises NotFound and NotPermitted."""
        await self._devices.permitted_even_removed(device_id, READ)
        items, total = await self._store.of_device(device_id, limit=page.limit, offset=page.offset)
        return Page[MaintenanceRecord](items=items, total=total, limit=page.limit, offset=page.offset)

    async def record(self, record_id: str, permission: Permission = READ) -> MaintenanceRecord:
        """Raise NotFound and NotPermitted."""
        record = await self._store.find(record_id)
        unknown = NotFound(f"No maintenance record {record_id}.")
        if record is None:
            raise unknown
        try:
            await self._devices.permitted_even_removed(record.device_id, permission)
        except NotFound:
            raise unknown from None
        return record

    async def correct(self, record_id: str, new: NewMaintenanceRecord, *, version: int) -> MaintenanceRecord:
        """Raise NotFound, NotPermitted, Stale, NotHistory or AttachmentUnknown."""
        before = await self.record(record_id, WRITE)
        changes = {**dict(await self._checked(new)), "version": version + 1, "updated_at": self._clock.now()}
        record = before.model_copy(update=changes)
        if not await self._store.replace(record, expected=version):
            raise Stale
        await recording.changed(self._store.connection, "record", (before, record))
        return record

    async def remove(self, record_id: str, *, version: int) -> None:
        """Raise NotFound, NotPermitted or Stale."""
        before = await self.record(record_id, WRITE)
        if not await self._store.remove(record_id, expected=version):
            raise Stale
        await recording.removed(self._store.connection, "record", before)

    async def _checked(self, new: NewMaintenanceRecord) -> NewMaintenanceRecord:
        """The record with its attachments as they were uploaded, whatever the request says of them."""
        latest = self._clock.now() + timedelta(days=MAX_AHEAD_DAYS)
        if not EARLIEST_AT <= new.performed_at <= latest:
            raise NotHistory(
                f"{new.performed_at.isoformat()} is not between {EARLIEST_AT:%Y} and a day from now."
            )
        if not new.attachments:
            return new
        kept = await self._store.attachments(
            [attachment.sha256 for attachment in new.attachments], by=self._actor.participant_id
        )
        if unknown := [a.name for a in new.attachments if a.sha256 not in kept]:
            raise AttachmentUnknown(f"Not uploaded: {', '.join(unknown)}. POST /attachments first.")
        attachments = tuple(kept[a.sha256].model_copy(update={"name": a.name}) for a in new.attachments)
        return new.model_copy(update={"attachments": attachments})


@dataclass(frozen=True)
class Limits:
    upload_bytes: int
    picture_pixels: int


class Attachments:
    """Files of maintenance records. Opens its own short transactions: no lock waits while bytes trickle in."""

    def __init__(
        self, database: Database, blobs: Blobs, actor: Actor, *, clock: Clock, limits: Limits
    ) -> None:
        self._actor = actor
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._limits = limits

    async def keep(self, pieces: AsyncIterator[bytes], *, name: str) -> Attachment:
        """Raise TooLarge, AttachmentKindRefused, NotAPicture, TooManyPixels or StorageFull."""
        async with incoming(pieces, self._blobs, limit_bytes=self._limits.upload_bytes) as file:
            media_type = await file.media_type()
            if media_type is None:
                raise AttachmentKindRefused
            if media_type.startswith("image/"):
                await asyncio.to_thread(self._look_at, file)
            file = await file.bared()
            await file.keep()
        attachment = Attachment(
            sha256=file.sha256, name=name, media_type=media_type, size_bytes=file.size_bytes
        )
        async with self._database.transaction() as connection:
            store = MaintenanceStore(connection, self._actor.grants_with(READ))
            await store.add_attachment(attachment, at=self._clock.now(), by=self._actor.participant_id)
            await recording.added(connection, "attachment", attachment)
        return attachment

    def _look_at(self, incoming: Incoming) -> None:
        """At its header alone: nobody who saves it is to be given more pixels than we would take."""
        try:
            with incoming.open() as file, opened_image(file, limit_pixels=self._limits.picture_pixels):
                pass
        except OversizedPicture as error:
            raise TooManyPixels(f"{error}.") from None
        except UnreadablePicture:
            raise NotAPicture from None

    async def find(self, sha256: str) -> tuple[Attachment, Blob]:
        """What it is, and its file. Found are attachments of records that may be read, and one's own. Raises NotFound."""
        async with self._database.reading() as connection:
            store = MaintenanceStore(connection, self._actor.grants_with(READ))
            found = await store.attachments([sha256], by=self._actor.participant_id)
            name = await store.name_in_records(sha256)
        if sha256 not in found:
            raise NotFound(f"No attachment {sha256}.")
        attachment = found[sha256] if name is None else found[sha256].model_copy(update={"name": name})
        return attachment, self._blobs.blob(sha256)


def maintenance_on(
    connection: AsyncConnection, actor: Actor, *, ids: Ids, clock: Clock
) -> MaintenanceService:
    """The service within one transaction."""
    devices = devices_on(connection, actor, ids=ids, clock=clock)
    store = MaintenanceStore(connection, actor.grants_with(READ))
    return MaintenanceService(store, actor, devices=devices, ids=ids, clock=clock)


def attachments_of(resources: Any, actor: Actor) -> Attachments:
    """The files over what lives as long as the service does."""
    return Attachments(
        resources.database,
        resources.blobs,
        actor,
        clock=resources.clock,
        limits=Limits(resources.settings.upload_limit_bytes, resources.settings.image_limit_pixels),
    )
