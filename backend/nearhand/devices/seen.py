"""Which rows of the registry grants reach, as conditions: for its own lists, and for those of higher slices."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Select, or_, select

from nearhand.access.model import Grants
from nearhand.access.scope import granted
from nearhand.devices.tables import devices, is_present, locations, racks, sites, tenants


def seen_devices(grants: Grants) -> ColumnElement[bool]:
    return granted(
        grants,
        tenant=devices.c.tenant_id.__eq__,
        site=devices.c.site_id.__eq__,
        rack=devices.c.rack_id.__eq__,
    )


def seen_device_ids(grants: Grants) -> Select[str]:
    """For lists of higher slices: removed devices too, since what was written of them stays readable."""
    return select(devices.c.id).where(seen_devices(grants))


def standing_device_ids(grants: Grants, *, site_id: str | None) -> Select[str]:
    """Those that were not removed; of one site, or of all."""
    query = select(devices.c.id).where(seen_devices(grants), is_present)
    return query if site_id is None else query.where(devices.c.site_id == site_id)


def _of_devices(column: Column[Any], tenant_id: str) -> Select[Any]:
    """Where a tenant's devices are: whoever may see a device may see where it stands."""
    return select(column).where(devices.c.tenant_id == tenant_id, is_present)


def seen_sites(grants: Grants) -> ColumnElement[bool]:
    return granted(
        grants,
        tenant=lambda tenant_id: or_(
            sites.c.tenant_id == tenant_id,
            sites.c.id.in_(select(racks.c.site_id).where(racks.c.tenant_id == tenant_id)),
            sites.c.id.in_(_of_devices(devices.c.site_id, tenant_id)),
        ),
        site=sites.c.id.__eq__,
        rack=lambda rack_id: sites.c.id.in_(select(racks.c.site_id).where(racks.c.id == rack_id)),
    )


def seen_racks(grants: Grants) -> ColumnElement[bool]:
    return granted(
        grants,
        tenant=lambda tenant_id: or_(
            racks.c.tenant_id == tenant_id, racks.c.id.in_(_of_devices(devices.c.rack_id, tenant_id))
        ),
        site=racks.c.site_id.__eq__,
        rack=racks.c.id.__eq__,
    )


def seen_locations(grants: Grants) -> ColumnElement[bool]:
    def of_racks(condition: ColumnElement[bool]) -> ColumnElement[bool]:
        return locations.c.id.in_(select(racks.c.location_id).where(condition))

    return granted(
        grants,
        tenant=lambda tenant_id: of_racks(
            or_(racks.c.tenant_id == tenant_id, racks.c.id.in_(_of_devices(devices.c.rack_id, tenant_id)))
        ),
        site=locations.c.site_id.__eq__,
        rack=lambda rack_id: of_racks(racks.c.id == rack_id),
    )


def seen_tenants(grants: Grants) -> ColumnElement[bool]:
    """One's own, and those whose devices stand where one may look."""
    return granted(
        grants,
        tenant=tenants.c.id.__eq__,
        site=lambda site_id: tenants.c.id.in_(
            select(devices.c.tenant_id).where(devices.c.site_id == site_id)
        ),
        rack=lambda rack_id: tenants.c.id.in_(
            select(devices.c.tenant_id).where(devices.c.rack_id == rack_id)
        ),
    )
