"""Make one of each noun, valid as it stands; a test names only what it is about."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import SYSTEM, Actor, Permission
from nearhand.devices.model import (
    Device,
    DeviceType,
    Face,
    Location,
    NewDevice,
    NewDeviceType,
    NewLocation,
    NewRack,
    NewSite,
    NewTenant,
    Port,
    Rack,
    Site,
    Tenant,
)
from nearhand.devices.places import PlaceService
from nearhand.devices.service import DeviceService
from nearhand.devices.store import DeviceStore
from nearhand.kit.clock import Clock, FixedClock
from nearhand.kit.database import Database, metadata
from nearhand.kit.ids import Ids, RandomIds
from nearhand.labels.keys import LabelKeyFile, Stamp


@asynccontextmanager
async def empty_registry(url: str) -> AsyncIterator[Database]:
    """A database with every table, until the block ends."""
    database = Database(url)
    async with database.transaction() as connection:
        await connection.run_sync(metadata.create_all)
    yield database
    await database.close()


def stamp_of(base_url: str, folder: Path) -> Stamp:
    return Stamp(base_url, LabelKeyFile(folder / "labels.keys"))


def new_site(**changes: Any) -> NewSite:
    return NewSite(**({"name": "Zürich West", "timezone": "Europe/Zurich"} | changes))


def new_location(site_id: str, **changes: Any) -> NewLocation:
    return NewLocation(**({"site_id": site_id, "name": "Hall 2"} | changes))


def new_rack(site_id: str, **changes: Any) -> NewRack:
    return NewRack(**({"site_id": site_id, "name": "R07"} | changes))


def new_face(**changes: Any) -> Face:
    """A 1U face with 48 ports in two rows, 1 above 2 above no more, as on a top-of-rack switch."""
    ports = tuple(
        Port(
            name=str(number + 1),
            kind="sfp28",
            x_mm=66 + 14.25 * (number // 2),
            y_mm=14.5 if number % 2 == 0 else 29,
            width_mm=13.5,
            height_mm=9,
        )
        for number in range(48)
    )
    return Face(**({"width_mm": 482.6, "height_mm": 43.66, "ports": ports} | changes))


def new_device_type(**changes: Any) -> NewDeviceType:
    usual = {
        "manufacturer": "Acme",
        "model": "ToR-48",
        "kind": "switch",
        "height_u": 1,
        "front": new_face(),
        "source": "made up for tests",
    }
    return NewDeviceType(**(usual | changes))


def new_device(device_type_id: str, site_id: str, **changes: Any) -> NewDevice:
    usual = {
        "asset_tag": "TOR-R07-U23",
        "name": "Top of rack 7",
        "serial": "FDO23280A1B",
        "device_type_id": device_type_id,
        "site_id": site_id,
    }
    return NewDevice(**(usual | changes))


class Registry:
    """Registers nouns over one connection, each with what it needs: `await Registry(connection).device()`."""

    def __init__(
        self,
        connection: AsyncConnection,
        actor: Actor = SYSTEM,
        *,
        ids: Ids | None = None,
        clock: Clock | None = None,
    ) -> None:
        ids, clock = ids or RandomIds(), clock or FixedClock()
        self.store = DeviceStore(connection, actor.grants_with(Permission.DEVICES_READ))
        self.places = PlaceService(self.store, actor, ids=ids, clock=clock)
        self.devices = DeviceService(self.store, actor, ids=ids, clock=clock)

    async def site(self, **changes: Any) -> Site:
        return await self.places.add_site(new_site(**changes))

    async def location(self, site: Site, **changes: Any) -> Location:
        return await self.places.add_location(new_location(site.id, **changes))

    async def rack(self, site: Site, **changes: Any) -> Rack:
        return await self.places.add_rack(new_rack(site.id, **changes))

    async def device_type(self, **changes: Any) -> DeviceType:
        return await self.devices.add_device_type(new_device_type(**changes))

    async def device(
        self, *, device_type: DeviceType | None = None, rack: Rack | None = None, **changes: Any
    ) -> Device:
        """A device at a new site, or in `rack` (then give `position_u` to mount it)."""
        device_type = device_type or await self.device_type()
        if rack is None:
            site_id = (await self.site()).id
        else:
            site_id, changes["rack_id"] = rack.site_id, rack.id
        return await self.devices.register(new_device(device_type.id, site_id, **changes))

    async def tenant(self, **changes: Any) -> Tenant:
        return await self.places.add_tenant(NewTenant(**({"name": "Example Bank"} | changes)))
