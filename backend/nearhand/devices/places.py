"""Use cases of tenants, sites, locations and racks."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import HOUSE, SYSTEM, Actor, Permission, Where
from nearhand.audit import recording
from nearhand.devices.model import (
    DoesNotFit,
    Elevation,
    Location,
    LocationLoop,
    NewLocation,
    NewRack,
    NewSite,
    NewTenant,
    Rack,
    Selection,
    Site,
    StillInUse,
    Tenant,
    UnknownReference,
    WrongSite,
    WrongTenant,
    first_version,
    next_version,
)
from nearhand.devices.store import DeviceStore, Nouns
from nearhand.devices.tables import tenants
from nearhand.kit.asking import asking
from nearhand.kit.clock import Clock
from nearhand.kit.errors import NotFound, Stale
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.ids import Ids

WRITE = Permission.DEVICES_WRITE


class PlaceService:
    """Where devices are, and whose. Everything one thing refers to lies at the same site."""

    def __init__(self, store: DeviceStore, actor: Actor, *, ids: Ids, clock: Clock) -> None:
        self._store, self._actor, self._ids, self._clock = store, actor, ids, clock

    # -- tenants ------------------------------------------------------------------------------------------------

    async def tenants(self, selection: Selection, page: PageQuery) -> Page[Tenant]:
        items, total = await self._store.tenants.page(selection, page.limit, page.offset)
        return Page[Tenant](items=items, total=total, limit=page.limit, offset=page.offset)

    async def tenant(self, tenant_id: str) -> Tenant:
        tenant = await self._store.tenants.find(tenant_id)
        if tenant is None:
            raise NotFound(f"No tenant {tenant_id}.")
        return tenant

    async def add_tenant(self, new: NewTenant) -> Tenant:
        self._actor.demand(WRITE, HOUSE)
        tenant = first_version(Tenant, new, noun_id=self._ids.new(), now=self._clock.now())
        await self._store.tenants.add(tenant)
        await recording.added(self._store.connection, "tenant", tenant)
        return tenant

    async def change_tenant(self, tenant_id: str, new: NewTenant, *, version: int) -> Tenant:
        before = await self.tenant(tenant_id)
        self._actor.demand(WRITE, HOUSE)
        _expect(before, version)
        changed = next_version(before, new, now=self._clock.now())
        if not await self._store.tenants.replace(changed, version=version):
            raise Stale
        await recording.changed(self._store.connection, "tenant", (before, changed))
        if new.name != before.name:
            await self._store.refresh_search(tenant_id=tenant_id)
        return changed

    async def remove_tenant(self, tenant_id: str, *, version: int) -> None:
        """Take it from the register, and with it what was granted for its things."""
        before = await self.tenant(tenant_id)
        self._actor.demand(WRITE, HOUSE)
        _expect(before, version)
        await self._refuse_use("tenant", tenant_id)
        if not await self._store.tenants.remove(tenant_id, version=version):
            raise Stale
        await recording.removed(self._store.connection, "tenant", before)

    # -- sites --------------------------------------------------------------------------------------------------

    async def sites(self, selection: Selection, page: PageQuery) -> Page[Site]:
        items, total = await self._store.sites.page(selection, page.limit, page.offset)
        return Page[Site](items=items, total=total, limit=page.limit, offset=page.offset)

    async def site(self, site_id: str) -> Site:
        site = await self._store.sites.find(site_id)
        if site is None:
            raise NotFound(f"No site {site_id}.")
        asking().tenant = site.tenant_id
        return site

    async def add_site(self, new: NewSite) -> Site:
        self._actor.demand(WRITE, new.where(None))
        await self._check_tenant(new.tenant_id)
        site = first_version(Site, new, noun_id=self._ids.new(), now=self._clock.now())
        await self._store.sites.add(site)
        await recording.added(self._store.connection, "site", site)
        return site

    async def change_site(self, site_id: str, new: NewSite, *, version: int) -> Site:
        before = await self.site(site_id)
        self._actor.demand(WRITE, before.where(site_id))
        self._actor.demand(WRITE, new.where(site_id))
        _expect(before, version)
        await self._check_tenant(new.tenant_id)
        if new.tenant_id is not None and await self._store.strangers(new.tenant_id, site_id=site_id):
            raise WrongTenant("Racks or devices of others are at this site.")
        changed = next_version(before, new, now=self._clock.now())
        if not await self._store.sites.replace(changed, version=version):
            raise Stale
        await recording.changed(self._store.connection, "site", (before, changed))
        return changed

    async def remove_site(self, site_id: str, *, version: int) -> None:
        before = await self.site(site_id)
        self._actor.demand(WRITE, before.where(site_id))
        _expect(before, version)
        await self._refuse_use("site", site_id)
        if not await self._store.sites.remove(site_id, version=version):
            raise Stale
        await recording.removed(self._store.connection, "site", before)

    # -- locations ----------------------------------------------------------------------------------------------

    async def locations(self, selection: Selection, page: PageQuery) -> Page[Location]:
        items, total = await self._store.locations.page(selection, page.limit, page.offset)
        return Page[Location](items=items, total=total, limit=page.limit, offset=page.offset)

    async def location(self, location_id: str) -> Location:
        location = await self._store.locations.find(location_id)
        if location is None:
            raise NotFound(f"No location {location_id}.")
        return location

    async def add_location(self, new: NewLocation) -> Location:
        await self._check_place(new.site_id, new.parent_id)
        await self._demand_site(new.site_id)
        location = first_version(Location, new, noun_id=self._ids.new(), now=self._clock.now())
        await self._store.locations.add(location)
        await recording.added(self._store.connection, "location", location)
        return location

    async def change_location(self, location_id: str, new: NewLocation, *, version: int) -> Location:
        before = await self.location(location_id)
        await self._demand_site(before.site_id)
        _expect(before, version)
        if new.site_id != before.site_id:
            # What lies inside would be left behind at the old site.
            await self._refuse_use("location", location_id)
        await self._check_place(new.site_id, new.parent_id)
        await self._demand_site(new.site_id)
        await self._refuse_loop(location_id, new.parent_id)
        changed = next_version(before, new, now=self._clock.now())
        if not await self._store.locations.replace(changed, version=version):
            raise Stale
        await recording.changed(self._store.connection, "location", (before, changed))
        return changed

    async def remove_location(self, location_id: str, *, version: int) -> None:
        before = await self.location(location_id)
        await self._demand_site(before.site_id)
        _expect(before, version)
        await self._refuse_use("location", location_id)
        if not await self._store.locations.remove(location_id, version=version):
            raise Stale
        await recording.removed(self._store.connection, "location", before)

    # -- racks --------------------------------------------------------------------------------------------------

    async def racks(self, selection: Selection, page: PageQuery) -> Page[Rack]:
        items, total = await self._store.racks.page(selection, page.limit, page.offset)
        return Page[Rack](items=items, total=total, limit=page.limit, offset=page.offset)

    async def rack(self, rack_id: str) -> Rack:
        rack = await self._store.racks.find(rack_id)
        if rack is None:
            raise NotFound(f"No rack {rack_id}.")
        asking().tenant = rack.tenant_id
        return rack

    async def add_rack(self, new: NewRack) -> Rack:
        new = await self._check_rack(new)
        self._actor.demand(WRITE, new.where(None))
        rack = first_version(Rack, new, noun_id=self._ids.new(), now=self._clock.now())
        await self._store.racks.add(rack)
        await recording.added(self._store.connection, "rack", rack)
        return rack

    async def change_rack(self, rack_id: str, new: NewRack, *, version: int) -> Rack:
        """Change a rack; whatever is mounted in it must still fit."""
        before = await self.rack(rack_id)
        self._actor.demand(WRITE, before.where(rack_id))
        _expect(before, version)
        await self._store.lock_racks([rack_id])
        if new.site_id != before.site_id:
            await self._refuse_use("rack", rack_id)
            await self._store.forget_rack_of_removed(rack_id)
        new = await self._check_rack(new)
        self._actor.demand(WRITE, new.where(rack_id))
        if new.tenant_id is not None and await self._store.strangers(new.tenant_id, rack_id=rack_id):
            raise WrongTenant("Devices of others are in this rack.")
        for mounted in await self._store.mounted_in([rack_id]):
            if not new.holds(mounted.span.position_u, mounted.span.height_u):
                raise DoesNotFit(f"{mounted.asset_tag} at U{mounted.span.position_u} would no longer fit.")
        changed = next_version(before, new, now=self._clock.now())
        if not await self._store.racks.replace(changed, version=version):
            raise Stale
        await recording.changed(self._store.connection, "rack", (before, changed))
        return changed

    async def remove_rack(self, rack_id: str, *, version: int) -> None:
        before = await self.rack(rack_id)
        self._actor.demand(WRITE, before.where(rack_id))
        _expect(before, version)
        await self._refuse_use("rack", rack_id)
        await self._store.forget_rack_of_removed(rack_id)
        if not await self._store.racks.remove(rack_id, version=version):
            raise Stale
        await recording.removed(self._store.connection, "rack", before)

    async def elevation(self, rack_id: str) -> Elevation:
        return Elevation(rack=await self.rack(rack_id), devices=tuple(await self._store.elevation(rack_id)))

    # -- rules --------------------------------------------------------------------------------------------------

    async def _demand_site(self, site_id: str) -> None:
        """A location is nobody's but its site's."""
        site = await self.site(site_id)
        self._actor.demand(WRITE, site.where(site_id))

    async def _check_tenant(self, tenant_id: str | None) -> None:
        if tenant_id is not None and await self._store.tenants.find(tenant_id) is None:
            raise UnknownReference(f"No tenant {tenant_id}.")

    async def _check_rack(self, new: NewRack) -> NewRack:
        """The rack with the tenant at whose site it stands. Raises UnknownReference, WrongSite or WrongTenant."""
        await self._check_place(new.site_id, new.location_id)
        await self._check_tenant(new.tenant_id)
        owner = (await self.site(new.site_id)).tenant_id
        if owner is None or new.tenant_id == owner:
            return new
        if new.tenant_id is not None:
            raise WrongTenant
        return new.model_copy(update={"tenant_id": owner})

    async def _check_place(self, site_id: str, location_id: str | None) -> None:
        """Raise UnknownReference or WrongSite unless the site exists and the location lies at it."""
        if await self._store.sites.find(site_id) is None:
            raise UnknownReference(f"No site {site_id}.")
        if location_id is None:
            return
        location = await self._store.locations.find(location_id)
        if location is None:
            raise UnknownReference(f"No location {location_id}.")
        if location.site_id != site_id:
            raise WrongSite(f"The location {location.name} is at another site.")

    async def _refuse_loop(self, location_id: str, parent_id: str | None) -> None:
        parents = {one.id: one.parent_id for one in await self._store.locations.every()}
        while parent_id is not None:
            if parent_id == location_id:
                raise LocationLoop
            parent_id = parents.get(parent_id)

    async def _refuse_use(self, noun: str, noun_id: str) -> None:
        uses = await self._store.uses(of=noun, noun_id=noun_id)
        if uses:
            counted = ", ".join(f"{count} {name}" for name, count in uses.items())
            raise StillInUse(f"Still used by {counted} (devices removed earlier keep their history).")


def _expect(noun: Tenant | Site | Location | Rack, version: int) -> None:
    if noun.version != version:
        raise Stale


def places_on(connection: AsyncConnection, actor: Actor, *, ids: Ids, clock: Clock) -> PlaceService:
    """The service within a transaction: what the actor may not see is not there."""
    store = DeviceStore(connection, actor.grants_with(Permission.DEVICES_READ))
    return PlaceService(store, actor, ids=ids, clock=clock)


async def recording_days(connection: AsyncConnection) -> dict[str, int]:
    """How long recordings are kept for each tenant that says so, by its id."""
    says = tenants.c.recording_days.is_not(None)
    rows = await connection.execute(select(tenants.c.id, tenants.c.recording_days).where(says))
    return {tenant_id: days for tenant_id, days in rows}


async def where_named(
    connection: AsyncConnection, tenant: str | None, site: str | None, rack: str | None
) -> Where | None:
    """The place of these names; None where one of them is not there, or two racks of the site bear it."""
    store, site_id = DeviceStore(connection, SYSTEM.grants), None
    found: dict[str, str] = {}
    if tenant is not None:
        found |= await _one(store.tenants, "tenant_id", {"name": tenant})
    if site is not None:
        found |= await _one(store.sites, "site_id", {"name": site})
        site_id = found.get("site_id")
    if rack is not None and site_id is not None:
        found |= await _one(store.racks, "rack_id", {"name": rack, "site_id": site_id})
    asked = sum(name is not None for name in (tenant, site, rack))
    return Where(**found) if len(found) == asked else None


async def _one(nouns: Nouns[Any], as_: str, filters: dict[str, str]) -> dict[str, str]:
    items, total = await nouns.page(Selection(filters=filters), 1, 0)
    return {as_: items[0].id} if total == 1 else {}
