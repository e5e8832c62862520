"""Use cases of device types and devices."""

from collections.abc import Collection, Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import HOUSE, SYSTEM, Actor, Permission, Where
from nearhand.audit import recording
from nearhand.devices.model import (
    CameraMask,
    Device,
    DeviceStatus,
    DeviceType,
    DeviceView,
    DoesNotFit,
    LabelSigning,
    Mounting,
    NewDevice,
    NewDeviceType,
    PositionTaken,
    Rack,
    RackedDevice,
    Selection,
    StillInUse,
    UnknownReference,
    WrongSite,
    first_overlap,
    first_version,
    housed,
    misfit,
    next_version,
    span_of,
)
from nearhand.devices.store import DeviceStore
from nearhand.kit.asking import asking
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound, Stale
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.ids import Ids

WRITE = Permission.DEVICES_WRITE


class DeviceService:
    """What is registered, and the rules that keep a register true to a rack."""

    def __init__(self, store: DeviceStore, actor: Actor, *, ids: Ids, clock: Clock) -> None:
        self._store, self._actor, self._ids, self._clock = store, actor, ids, clock

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
        self._actor.demand(WRITE, HOUSE)
        device_type = first_version(DeviceType, new, noun_id=self._ids.new(), now=self._clock.now())
        await self._store.device_types.add(device_type)
        await recording.added(self._store.connection, "device_type", device_type)
        return device_type

    async def change_device_type(
        self, device_type_id: str, new: NewDeviceType, *, version: int
    ) -> DeviceType:
        """Change a type. Its devices must still fit where they are mounted."""
        self._actor.demand(WRITE, HOUSE)
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
            await self._store.refresh_search(device_type_id=device_type_id)
        return changed

    async def remove_device_type(self, device_type_id: str, *, version: int) -> None:
        self._actor.demand(WRITE, HOUSE)
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
        asking().tenant = device.tenant_id
        return device

    async def demand_all(self, device_ids: Collection[str], permission: Permission) -> None:
        """Raise NotFound and NotPermitted unless the actor has this permission with each of these devices."""
        places = await self._store.places(device_ids)
        for device_id in sorted(set(device_ids)):
            if device_id not in places:
                raise NotFound(f"No device {device_id}.")
            self._actor.demand(permission, places[device_id])

    def demand_house(self, permission: Permission) -> None:
        """Raise NotPermitted unless the actor has this permission everywhere: for what is of no place."""
        self._actor.demand(permission, HOUSE)

    async def permitted(self, device_id: str, permission: Permission) -> Device:
        """The device, when the actor has this permission with it. Raises NotFound and NotPermitted."""
        device = await self.permitted_even_removed(device_id, permission)
        if device.removed_at is not None:
            raise NotFound(f"No device {device_id}.")
        asking().tenant = device.tenant_id
        return device

    async def permitted_view(self, device_id: str, permission: Permission) -> DeviceView:
        """The device with its surroundings. Raises NotFound and NotPermitted."""
        view = await self.view(device_id)
        self._actor.demand(permission, view.device.where)
        return view

    async def permitted_even_removed(self, device_id: str, permission: Permission) -> Device:
        """For what outlives the device. Raises NotFound and NotPermitted."""
        device = await self._store.device(device_id)
        if device is None:
            raise NotFound(f"No device {device_id}.")
        asking().tenant = device.tenant_id
        self._actor.demand(permission, device.where)
        return device

    async def view(self, device_id: str) -> DeviceView:
        """Raise NotFound for a device that was never there, or was removed."""
        view = await self._store.view(device_id)
        if view is None or view.device.removed_at is not None:
            raise NotFound(f"No device {device_id}.")
        asking().tenant = view.device.tenant_id
        return view

    async def view_even_removed(self, device_id: str) -> DeviceView:
        """For labels and history, which outlive the device: `device.removed_at` says whether it is gone."""
        view = await self._store.view(device_id)
        if view is None:
            raise NotFound(f"No device {device_id}.")
        asking().tenant = view.device.tenant_id
        return view

    async def view_by_tag(self, asset_tag: str) -> DeviceView:
        view = await self._store.view_by_tag(asset_tag)
        if view is None:
            raise NotFound(f"No device has the asset tag {asset_tag}.")
        asking().tenant = view.device.tenant_id
        return view

    async def asset_tags(self, device_ids: Iterable[str]) -> dict[str, str]:
        """Asset tags by device id, of removed devices too."""
        return await self._store.asset_tags(device_ids)

    async def label_signing(self, device_ids: Iterable[str]) -> dict[str, LabelSigning]:
        """What is asked of labels where these devices are; those that the actor may not see are left out."""
        return await self._store.label_signing(device_ids)

    async def all_in(self, rack_ids: Collection[str]) -> list[str]:
        """The ids of all devices of these racks, also of those that the actor may not see."""
        return await self._store.all_in(rack_ids)

    async def standing_in(self, rack_ids: Collection[str]) -> list[RackedDevice]:
        """The devices of these racks, mounted or not."""
        return await self._store.standing_in(rack_ids)

    async def register(self, new: NewDevice) -> Device:
        """Raise AssetTagTaken, UnknownReference, WrongSite, WrongTenant, DoesNotFit or PositionTaken."""
        new, device_type, tenant_name = await self._check(new, None)
        self._actor.demand(WRITE, new.where)
        device = first_version(Device, new, noun_id=self._ids.new(), now=self._clock.now())
        await self._store.add_device(device, device_type, tenant_name)
        await recording.added(self._store.connection, "device", device)
        return device

    async def change(self, device_id: str, new: NewDevice, *, version: int) -> Device:
        """Raise Stale when somebody was faster, or whatever `register` raises."""
        before = await self.device(device_id)
        self._actor.demand(WRITE, before.where)
        if before.version != version:
            raise Stale
        new, device_type, tenant_name = await self._check(new, device_id)
        self._actor.demand(WRITE, new.where)
        changed = next_version(before, new, now=self._clock.now())
        if not await self._store.replace_device(changed, device_type, tenant_name, version=version):
            raise Stale
        await recording.changed(self._store.connection, "device", (before, changed))
        return changed

    async def remove(self, device_id: str, *, version: int) -> None:
        """Take it out of lists, racks and search. Its row stays: its labels, records and series refer to it."""
        before = await self.view(device_id)
        self._actor.demand(WRITE, before.device.where)
        now = self._clock.now()
        removed = before.device.model_copy(
            update={
                "status": DeviceStatus.DECOMMISSIONED,
                "version": version + 1,
                "updated_at": now,
                "removed_at": now,
            }
        )
        if not await self._store.replace_device(removed, before.device_type, "", version=version):
            raise Stale
        await recording.removed(self._store.connection, "device", before.device)

    # -- rules --------------------------------------------------------------------------------------------------

    async def _check(self, new: NewDevice, device_id: str | None) -> tuple[NewDevice, DeviceType, str]:
        """Everything it refers to exists at its site, and its place in the rack is free.

        Returns it with the tenant whose rack or site it stands in, its type, and its tenant's name.
        """
        device_type = await self._store.device_types.find(new.device_type_id)
        if device_type is None:
            raise UnknownReference(f"No device type {new.device_type_id}.")
        site = await self._store.sites.find(new.site_id)
        if site is None:
            raise UnknownReference(f"No site {new.site_id}.")
        rack = None if new.rack_id is None else await self._rack(new, new.rack_id)
        new = housed(new, site, rack)
        tenant = None if new.tenant_id is None else await self._store.tenants.find(new.tenant_id)
        if new.tenant_id is not None and tenant is None:
            raise UnknownReference(f"No tenant {new.tenant_id}.")
        if rack is not None:
            await self._check_mounting(new, device_type, rack, device_id)
        return new, device_type, tenant.name if tenant is not None else ""

    async def _rack(self, new: NewDevice, rack_id: str) -> Rack:
        rack = await self._store.racks.find(rack_id)
        if rack is None:
            raise UnknownReference(f"No rack {rack_id}.")
        if rack.site_id != new.site_id:
            raise WrongSite(f"The rack {rack.name} is at another site.")
        return rack

    async def _check_mounting(
        self, new: NewDevice, device_type: DeviceType, rack: Rack, device_id: str | None
    ) -> None:
        if new.position_u is None:
            return
        if not rack.holds(new.position_u, device_type.height_u):
            raise DoesNotFit(misfit(rack, new.position_u, device_type.height_u))
        span = span_of(new, device_type)
        if span is None:
            return
        await self._store.lock_racks([rack.id])
        wanted = Mounting(device_id=device_id or "", asset_tag=new.asset_tag, rack_id=rack.id, span=span)
        other = first_overlap(wanted, await self._store.mounted_in([rack.id]))
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


def devices_on(connection: AsyncConnection, actor: Actor, *, ids: Ids, clock: Clock) -> DeviceService:
    """The service within a transaction: what the actor may not see is not there."""
    store = DeviceStore(connection, actor.grants_with(Permission.DEVICES_READ))
    return DeviceService(store, actor, ids=ids, clock=clock)


class RegisteredDevices:
    """The whole registry, for those who ask outside of any request: each look-up reads by itself."""

    def __init__(self, database: Database, *, ids: Ids, clock: Clock) -> None:
        self._database, self._ids, self._clock = database, ids, clock

    async def view(self, device_id: str) -> DeviceView:
        """Raise NotFound for a device that was never there, or was removed."""
        async with self._database.reading() as connection:
            return await devices_on(connection, SYSTEM, ids=self._ids, clock=self._clock).view(device_id)

    async def view_even_removed(self, device_id: str) -> DeviceView:
        """Raise NotFound for a device that was never there."""
        async with self._database.reading() as connection:
            devices = devices_on(connection, SYSTEM, ids=self._ids, clock=self._clock)
            return await devices.view_even_removed(device_id)

    async def camera_mask(self, device_id: str | None) -> CameraMask:
        """What is asked of pictures where it stands; without a device that is registered, the strictest of any site."""
        async with self._database.reading() as connection:
            store = DeviceStore(connection, SYSTEM.grants)
            rules = await store.camera_masks(device_id) or await store.camera_masks(None)
        return CameraMask.strictest(rules)

    async def place(self, device_id: str) -> Where | None:
        """Where it stands, removed or not; None for a device that was never there."""
        async with self._database.reading() as connection:
            return (await DeviceStore(connection, SYSTEM.grants).places([device_id])).get(device_id)
