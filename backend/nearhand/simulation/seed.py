"""Fill an empty registry with a believable demo: three sites, their halls and racks, 200 devices."""

import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass

from nearhand.access.model import SYSTEM
from nearhand.app import Resources
from nearhand.devices.catalogue import catalogue
from nearhand.devices.model import (
    CountedFrom,
    DeviceStatus,
    DeviceType,
    Location,
    NewDevice,
    NewLocation,
    NewRack,
    NewSite,
    NewTenant,
    Rack,
    Selection,
    Site,
)
from nearhand.devices.places import PlaceService, places_on
from nearhand.devices.service import devices_on
from nearhand.kit.http import MAX_PAGE_SIZE, PageQuery
from nearhand.kit.ids import SequentialIds

DEMO_TAG, DEMO_SERIAL, DEMO_RACK, DEMO_U = "TOR-R07-U23", "FDO23280A1B", "R07", 23
DEVICES = 200
TENANTS = ("Example Bank", "Example Airways", "Example Media", "範例電信")
STATUSES = (*[DeviceStatus.ACTIVE] * 16, DeviceStatus.PLANNED, DeviceStatus.OFFLINE, DeviceStatus.FAILED)


@dataclass(frozen=True)
class _HallPlan:
    """`code` stands in the asset tags of the hall's devices; `switch` is its usual top-of-rack model."""

    name: str
    code: str
    racks: int
    switch: str
    router: str
    height_u: int = 42
    first_u: int = 1
    counted_from: CountedFrom = CountedFrom.BOTTOM


_SITES = (
    (
        NewSite(name="Zürich West", address="Aargauerstrasse 1, 8048 Zürich", timezone="Europe/Zurich"),
        _HallPlan("Hall 1", "H1-", 3, "Nexus 93180YC-FX", "MX204"),
        _HallPlan("Hall 2", "", 8, "Nexus 93180YC-FX", "ASR 1001-X"),
    ),
    (
        NewSite(name="台北內湖機房", address="臺北市內湖區瑞光路 100 號", timezone="Asia/Taipei"),
        _HallPlan("一號機房", "T1-", 3, "DCS-7280SR-48C6", "MX204"),
        _HallPlan("二號機房", "T2-", 2, "DCS-7280SR-48C6", "MX204", first_u=0),
    ),
    (
        NewSite(
            name="Ashburn 3",
            address="21000 Filigree Court, Ashburn, Virginia",
            timezone="America/New_York",
        ),
        _HallPlan("Data Hall A", "A-", 3, "QFX5110-48S", "MX204", height_u=47, counted_from=CountedFrom.TOP),
    ),
)

# What stands in each rack: model, unit (counted from 1; none: beside the units), tag prefix, name in two languages.
_STACK: tuple[tuple[str, int | None, str, str, str], ...] = (
    ("switch", 38, "TOR", "Top of rack", "機櫃頂端交換器"),
    ("PowerEdge R650", 30, "SRV", "Compute", "運算伺服器"),
    ("AP8853", None, "PDU", "Rack PDU", "機櫃電源供應器"),
    ("ProLiant DL380 Gen10", 18, "DB", "Database", "資料庫伺服器"),
    ("DP24688TGY", 40, "PP", "Patch panel", "配線面板"),
    ("PowerEdge R650", 28, "SRV", "Compute", "運算伺服器"),
    ("Catalyst 9300-48P", 36, "OOB", "Out-of-band switch", "頻外管理交換器"),
    ("FAS2750", 11, "STO", "Storage", "儲存設備"),
    ("SYS-1029U-TR4", 26, "SRV", "Compute", "運算伺服器"),
    ("router", 6, "RTR", "Router", "路由器"),
    ("AP7900B", 3, "PDU", "Switched PDU", "遠端電源控制器"),
)
_SERIALS = {"Cisco": "FDO", "Arista": "JPE", "Juniper": "YX", "HPE": "CZ", "NetApp": "95", "APC": "ZA"}


async def seed_registry(resources: Resources) -> None:
    """The same demo each time; nothing happens where there is a site already."""
    async with resources.database.transaction() as connection:
        # Ids count up, so that addresses of demo devices stay the same from run to run.
        ids = SequentialIds()
        places = places_on(connection, SYSTEM, ids=ids, clock=resources.clock)
        devices = devices_on(connection, SYSTEM, ids=ids, clock=resources.clock)
        if (await places.sites(Selection(), PageQuery(limit=1, offset=0))).total:
            return
        stocked = (await devices.device_types(Selection(), PageQuery(limit=MAX_PAGE_SIZE, offset=0))).items
        types = {one.model: one for one in stocked}
        for kind in catalogue():
            if kind.model not in types:  # an administrator removed it
                types[kind.model] = await devices.add_device_type(kind)
        racks = [found async for found in _build(places)]
        tenants = [(await places.add_tenant(NewTenant(name=name))).id for name in TENANTS]
        for new in _devices(types, racks, tenants):
            await devices.register(new)


async def _build(places: PlaceService) -> AsyncIterator[tuple[_HallPlan, Rack]]:
    for new_site, *plans in _SITES:
        site = await places.add_site(new_site)
        for plan in plans:
            hall = await places.add_location(NewLocation(site_id=site.id, name=plan.name))
            for number in range(1, plan.racks + 1):
                yield plan, await places.add_rack(_rack(plan, site, hall, number))


def _rack(plan: _HallPlan, site: Site, hall: Location, number: int) -> NewRack:
    return NewRack(
        site_id=site.id,
        location_id=hall.id,
        name=f"R{number:02}",
        height_u=plan.height_u,
        first_u=plan.first_u,
        counted_from=plan.counted_from,
    )


def _devices(
    types: dict[str, DeviceType], racks: list[tuple[_HallPlan, Rack]], tenants: list[str]
) -> Iterator[NewDevice]:
    """Level by level through all racks, until there are 200."""
    chance = random.Random(7)  # nosec B311
    owners = {rack.id: chance.choice(tenants) for _, rack in racks}
    places = [(item, plan, rack) for item in _STACK for plan, rack in racks]
    for (model, unit, prefix, english, chinese), plan, rack in places[:DEVICES]:
        device_type = types[{"switch": plan.switch, "router": plan.router}.get(model, model)]
        is_demo = prefix == "TOR" and plan.name == "Hall 2" and rack.name == DEMO_RACK
        position_u = DEMO_U if is_demo else unit and unit - 1 + plan.first_u
        name = chinese if "\u4e00" <= plan.name[0] <= "\u9fff" else english
        place = "0U" if position_u is None else f"U{position_u:02}"
        yield NewDevice(
            asset_tag=DEMO_TAG if is_demo else f"{prefix}-{plan.code}{rack.name}-{place}",
            name=f"{name} {rack.name}"
            if position_u is None or prefix == "TOR"
            else f"{name} {rack.name}/{position_u}",
            serial=DEMO_SERIAL if is_demo else _serial(device_type, chance),
            device_type_id=device_type.id,
            site_id=rack.site_id,
            rack_id=rack.id,
            position_u=position_u,
            status=DeviceStatus.ACTIVE if is_demo else chance.choice(STATUSES),
            tenant_id=tenants[0] if is_demo else owners[rack.id],
        )


def _serial(device_type: DeviceType, chance: random.Random) -> str:
    letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    return _SERIALS.get(device_type.manufacturer, "") + "".join(chance.choices(letters, k=8))
