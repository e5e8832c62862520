"""Use cases of device types and devices."""

from collections.abc import Collection, Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.audit import recording
from nearhand.devices.model import (
    Device,
    DeviceStatus,
    DeviceType,
    DeviceView,
    DoesNotFit,
    Mounting,
    NewDevice,
    NewDeviceType,
    PositionTaken,
    RackedDevice,
    Selection,
    StillInUse,
    UnknownReference,
    WrongSite,
    first_overlap,
    first_version,
    misfit,
    next_version,
    span_of,
)
from nearhand.devices.store import DeviceStore
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound, Stale
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.ids import Ids


class DeviceService:
    """What is registered, and the rules that keep a register true to a rack."""

    def __init__(self, store: DeviceStore, *, ids: Ids, clock: Clock) -> None:
        self._store, self._ids, self._clock = store, ids, clock

    # -- device types -------------------------------------------------------------------------------------------

    async def device_types(self, selection: Selection, page: PageQuery) -> Page[DeviceType]:
        items, total = await self._store.device_types.page(selection, page.limit, page.offset)
        return Page[DeviceType](items=items, total=total, limit=page.limit, offset=page.offset)

    async def device_type(self, device_type_id: str) -> DeviceType:
        device_type = await self._store.device_types.find(device_type_id)
        if device_type is None:
            raise NotFound(f"No device type {device_type_id}.")
        return device_type

    async def add_device_type(self, new: NewDeviceType) -> DeviceType:
        device_type = first_version(DeviceType, new, noun_id=self._ids.new(), now=self._clock.now())
        await self._store.device_types.add(device_type)
        await recording.added(self._store.connection, "device_type", device_type)
        return device_type

    async def change_device_type(
        self, device_type_id: str, new: NewDeviceType, *, version: int
    ) -> DeviceType:
        """Change a type. Its devices must still fit where they are mounted."""
        before = await self.device_type(device_type_id)
        if before.version != version:
            raise Stale
        changed = next_version(before, new, now=self._clock.now())
        if not await self._store.device_types.replace(changed, version=version):
            raise Stale
        await recording.changed(self._store.connection, "device_type", (before, changed))
        if (new.height_u, new.is_full_depth) != (before.height_u, before.is_full_depth):
            await self._refuse_crowding(await self._store.racks_with_type(device_type_id))
        if (new.manufacturer, new.model) != (before.manufacturer, before.model):
            await self._store.refresh_search(changed)
        return changed

    async def remove_device_type(self, device_type_id: str, *, version: int) -> None:
        before = await self.device_type(device_type_id)
        uses = await self._store.uses(of="device_type", noun_id=device_type_id)
        if uses:
            raise StillInUse(f"{uses['devices']} devices are of this type (removed ones keep their history).")
        if not await self._store.device_types.remove(device_type_id, version=version):
            raise Stale
        await recording.removed(self._store.connection, "device_type", before)

    # -- devices ------------------------------------------------------------------------------------------------

    async def devices(self, selection: Selection, page: PageQuery) -> Page[Device]:
        items, total = await self._store.devices(selection, page.limit, page.offset)
        return Page[Device](items=items, total=total, limit=page.limit, offset=page.offset)

    async def device(self, device_id: str) -> Device:
        """Raise NotFound for a device that was never there, or was removed."""
        device = await self._store.device(device_id)
        if device is None or device.removed_at is not None:
            raise NotFound(f"No device {device_id}.")
        return device

    async def view(self, device_id: str) -> DeviceView:
        """Raise NotFound for a device that was never there, or was removed."""
        view = await self._store.view(device_id)
        if view is None or view.device.removed_at is not None:
            raise NotFound(f"No device {device_id}.")
        return view

    async def view_even_removed(self, device_id: str) -> DeviceView:
        """For labels and history, which outlive the device: `device.removed_at` says whether it is gone."""
        view = await self._store.view(device_id)
        if view is None:
            raise NotFound(f"No device {device_id}.")
        return view

    async def view_by_tag(self, asset_tag: str) -> DeviceView:
        view = await self._store.view_by_tag(asset_tag)
        if view is None:
            raise NotFound(f"No device has the asset tag {asset_tag}.")
        return view

    async def asset_tags(self, device_ids: Iterable[str]) -> dict[str, str]:
        """Asset tags by device id, of removed devices too."""
        return await self._store.asset_tags(device_ids)

    async def standing_in(self, rack_ids: Collection[str]) -> list[RackedDevice]:
        """The devices of these racks, mounted or not."""
        return await self._store.standing_in(rack_ids)

    async def register(self, new: NewDevice) -> Device:
        """Raise AssetTagTaken, UnknownReference, WrongSite, DoesNotFit or PositionTaken."""
        device_type = await self._check(new, None)
        device = first_version(Device, new, noun_id=self._ids.new(), now=self._clock.now())
        await self._store.add_device(device, device_type)
        await recording.added(self._store.connection, "device", device)
        return device

    async def change(self, device_id: str, new: NewDevice, *, version: int) -> Device:
        """Raise Stale when somebody was faster, or whatever `register` raises."""
        before = await self.device(device_id)
        if before.version != version:
            raise Stale
        device_type = await self._check(new, device_id)
        changed = next_version(before, new, now=self._clock.now())
        if not await self._store.replace_device(changed, device_type, version=version):
            raise Stale
        await recording.changed(self._store.connection, "device", (before, changed))
        return changed

    async def remove(self, device_id: str, *, version: int) -> None:
        """Take it out of lists, racks and search. Its row stays: its labels, records and series refer to it."""
        before = await self.view(device_id)
        now = self._clock.now()
        removed = before.device.model_copy(
            update={
                "status": DeviceStatus.DECOMMISSIONED,
                "version": version + 1,
                "updated_at": now,
                "removed_at": now,
            }
        )
        if not await self._store.replace_device(removed, before.device_type, version=version):
            raise Stale
        await recording.removed(self._store.connection, "device", before.device)

    # -- rules --------------------------------------------------------------------------------------------------

    async def _check(self, new: NewDevice, device_id: str | None) -> DeviceType:
        """Everything it refers to exists at its site, and its place in the rack is free."""
        device_type = await self._store.device_types.find(new.device_type_id)
        if device_type is None:
            raise UnknownReference(f"No device type {new.device_type_id}.")
        if await self._store.sites.find(new.site_id) is None:
            raise UnknownReference(f"No site {new.site_id}.")
        if new.rack_id is not None:
            await self._check_mounting(new, device_type, new.rack_id, device_id)
        return device_type

    async def _check_mounting(
        self, new: NewDevice, device_type: DeviceType, rack_id: str, device_id: str | None
    ) -> None:
        rack = await self._store.racks.find(rack_id)
        if rack is None:
            raise UnknownReference(f"No rack {rack_id}.")
        if rack.site_id != new.site_id:
            raise WrongSite(f"The rack {rack.name} is at another site.")
        if new.position_u is None:
            return
        if not rack.holds(new.position_u, device_type.height_u):
            raise DoesNotFit(misfit(rack, new.position_u, device_type.height_u))
        span = span_of(new, device_type)
        if span is None:
            return
        await self._store.lock_racks([rack_id])
        wanted = Mounting(device_id=device_id or "", asset_tag=new.asset_tag, rack_id=rack_id, span=span)
        other = first_overlap(wanted, await self._store.mounted_in([rack_id]))
        if other is not None:
            raise PositionTaken(f"{other.asset_tag} is mounted there, from U{other.span.position_u}.")

    async def _refuse_crowding(self, rack_ids: set[str]) -> None:
        """After a type has changed its size: every device of these racks still fits beside the others."""
        racks = {rack.id: rack for rack in await self._store.racks.every() if rack.id in rack_ids}
        mounted = await self._store.mounted_in(rack_ids)
        for one in mounted:
            rack, span = racks[one.rack_id], one.span
            if not rack.holds(span.position_u, span.height_u):
                raise DoesNotFit(f"{one.asset_tag}: {misfit(rack, span.position_u, span.height_u)}")
            other = first_overlap(one, mounted)
            if other is not None:
                raise PositionTaken(f"{one.asset_tag} and {other.asset_tag} would overlap.")


def devices_on(connection: AsyncConnection, *, ids: Ids, clock: Clock) -> DeviceService:
    """For higher slices: the service within their transaction."""
    return DeviceService(DeviceStore(connection), ids=ids, clock=clock)


class RegisteredDevices:
    """The registry for those who ask outside of any request: each look-up reads by itself."""

    def __init__(self, database: Database, *, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def view(self, device_id: str) -> DeviceView:
        """Raise NotFound for a device that was never there, or was removed."""
        async with self._database.reading() as connection:
            return await devices_on(connection, ids=self._ids, clock=self._clock).view(device_id)

    async def view_even_removed(self, device_id: str) -> DeviceView:
        """Raise NotFound for a device that was never there."""
        async with self._database.reading() as connection:
            devices = devices_on(connection, ids=self._ids, clock=self._clock)
            return await devices.view_even_removed(device_id)
