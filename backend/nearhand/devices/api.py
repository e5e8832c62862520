"""REST doors of tenants, sites, locations, racks, device types and devices."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Path, Query, Request, Response, status
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import OperationalError

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit.doors import acted, listed, viewed
from nearhand.devices.importer import Importer, InspectMoves, Row
from nearhand.devices.model import (
    ChangedDevice,
    Device,
    DeviceKind,
    DeviceStatus,
    DeviceType,
    DeviceView,
    Elevation,
    ImportProgress,
    ImportReport,
    Location,
    NewDevice,
    NewDeviceType,
    NewLocation,
    NewRack,
    NewSite,
    NewTenant,
    Rack,
    Selection,
    Site,
    Tenant,
)
from nearhand.devices.places import PlaceService, places_on
from nearhand.devices.service import DeviceService, devices_on
from nearhand.devices.tabular import TableFormat
from nearhand.kit.asking import asking
from nearhand.kit.errors import NearhandError, TooLarge, Unavailable
from nearhand.kit.http import (
    Connection,
    ExpectedVersion,
    GuardedRoute,
    Page,
    Paging,
    TransactionRoute,
    problem_response,
    stamped,
)
from nearhand.kit.patterns import ONE_LINE, Id

READ, WRITE = Permission.DEVICES_READ, Permission.DEVICES_WRITE

nouns = APIRouter(tags=["devices"], route_class=TransactionRoute)


def _places(request: Request, connection: Connection) -> PlaceService:
    resources = request.app.state.resources
    return places_on(connection, request.state.actor, ids=resources.ids, clock=resources.clock)


def _devices(request: Request, connection: Connection) -> DeviceService:
    resources = request.app.state.resources
    return devices_on(connection, request.state.actor, ids=resources.ids, clock=resources.clock)


Places = Annotated[PlaceService, Depends(_places)]
Devices = Annotated[DeviceService, Depends(_devices)]

IdPath = Annotated[Id, Path(examples=["0000000000ZZ"])]
Words = Annotated[
    str,
    Query(
        max_length=200, pattern=ONE_LINE, description="Words to find; the last may be the beginning of one."
    ),
]
Only = Annotated[Id | None, Query(description="Only those of this one.")]


def _selection(q: str, sort: str | None, **filters: str | None) -> Selection:
    given = {name: value for name, value in filters.items() if value is not None}
    return Selection(q=q, sort=sort, filters=given)


# -- tenants ----------------------------------------------------------------------------------------------------

TENANT: dict[str, Any] = {"name": "Example Bank", "notes": ""}
TenantBody = Annotated[NewTenant, Body(examples=[TENANT])]


def _tenant_selection(
    q: Words = "",
    sort: Literal["name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"] | None = None,
) -> Selection:
    return _selection(q, sort)


@nouns.get("/tenants")
@listed("tenant")
async def list_tenants(
    places: Places,
    page: Paging,
    selection: Annotated[Selection, Depends(_tenant_selection)],
    actor: Actor = may(READ),
) -> Page[Tenant]:
    """Those whose equipment one may see; what belongs to none of them is the operator's own."""
    return await places.tenants(selection, page)


@nouns.post("/tenants", status_code=status.HTTP_201_CREATED)
async def add_tenant(
    body: TenantBody, response: Response, places: Places, actor: Actor = may(WRITE)
) -> Tenant:
    return stamped(response, await places.add_tenant(body))


@nouns.get("/tenants/{tenant_id}")
@viewed("tenant")
async def get_tenant(
    tenant_id: IdPath, response: Response, places: Places, actor: Actor = may(READ)
) -> Tenant:
    return stamped(response, await places.tenant(tenant_id))


@nouns.put("/tenants/{tenant_id}")
async def change_tenant(
    tenant_id: IdPath,
    body: TenantBody,
    version: ExpectedVersion,
    response: Response,
    places: Places,
    actor: Actor = may(WRITE),
) -> Tenant:
    return stamped(response, await places.change_tenant(tenant_id, body, version=version))


@nouns.delete("/tenants/{tenant_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_tenant(
    tenant_id: IdPath, version: ExpectedVersion, places: Places, actor: Actor = may(WRITE)
) -> None:
    """Refused while a site, rack or device belongs to it. What was granted for its things goes with it."""
    await places.remove_tenant(tenant_id, version=version)


# -- sites ------------------------------------------------------------------------------------------------------

SITE: dict[str, Any] = {
    "name": "Zürich West",
    "address": "Aargauerstrasse 1",
    "timezone": "Europe/Zurich",
    "tenant_id": None,
}
SiteBody = Annotated[NewSite, Body(examples=[SITE])]


def _site_selection(
    q: Words = "",
    sort: Literal["name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"] | None = None,
) -> Selection:
    return _selection(q, sort)


@nouns.get("/sites")
@listed("site")
async def list_sites(
    places: Places,
    page: Paging,
    selection: Annotated[Selection, Depends(_site_selection)],
    actor: Actor = may(READ),
) -> Page[Site]:
    return await places.sites(selection, page)


@nouns.post("/sites", status_code=status.HTTP_201_CREATED)
async def add_site(body: SiteBody, response: Response, places: Places, actor: Actor = may(WRITE)) -> Site:
    return stamped(response, await places.add_site(body))


@nouns.get("/sites/{site_id}")
@viewed("site")
async def get_site(site_id: IdPath, response: Response, places: Places, actor: Actor = may(READ)) -> Site:
    return stamped(response, await places.site(site_id))


@nouns.put("/sites/{site_id}")
async def change_site(
    site_id: IdPath,
    body: SiteBody,
    version: ExpectedVersion,
    response: Response,
    places: Places,
    actor: Actor = may(WRITE),
) -> Site:
    return stamped(response, await places.change_site(site_id, body, version=version))


@nouns.delete("/sites/{site_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_site(
    site_id: IdPath, version: ExpectedVersion, places: Places, actor: Actor = may(WRITE)
) -> None:
    """Refused while a location, rack or device is at the site."""
    await places.remove_site(site_id, version=version)


# -- locations --------------------------------------------------------------------------------------------------

LOCATION: dict[str, Any] = {"site_id": "0000000000Z1", "name": "Hall 2", "parent_id": None}
LocationBody = Annotated[NewLocation, Body(examples=[LOCATION])]


def _location_selection(
    q: Words = "",
    site_id: Only = None,
    parent_id: Only = None,
    sort: Literal["name", "-name", "created_at", "-created_at", "updated_at", "-updated_at"] | None = None,
) -> Selection:
    return _selection(q, sort, site_id=site_id, parent_id=parent_id)


@nouns.get("/locations")
@listed("location")
async def list_locations(
    places: Places,
    page: Paging,
    selection: Annotated[Selection, Depends(_location_selection)],
    actor: Actor = may(READ),
) -> Page[Location]:
    return await places.locations(selection, page)


@nouns.post("/locations", status_code=status.HTTP_201_CREATED)
async def add_location(
    body: LocationBody, response: Response, places: Places, actor: Actor = may(WRITE)
) -> Location:
    return stamped(response, await places.add_location(body))


@nouns.get("/locations/{location_id}")
@viewed("location")
async def get_location(
    location_id: IdPath, response: Response, places: Places, actor: Actor = may(READ)
) -> Location:
    return stamped(response, await places.location(location_id))


@nouns.put("/locations/{location_id}")
async def change_location(
    location_id: IdPath,
    body: LocationBody,
    version: ExpectedVersion,
    response: Response,
    places: Places,
    actor: Actor = may(WRITE),
) -> Location:
    return stamped(response, await places.change_location(location_id, body, version=version))


@nouns.delete("/locations/{location_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_location(
    location_id: IdPath, version: ExpectedVersion, places: Places, actor: Actor = may(WRITE)
) -> None:
    """Refused while a rack or another location lies in it."""
    await places.remove_location(location_id, version=version)


# -- racks ------------------------------------------------------------------------------------------------------

RACK: dict[str, Any] = {
    "site_id": "0000000000Z1",
    "name": "R07",
    "location_id": None,
    "height_u": 42,
    "first_u": 1,
    "counted_from": "bottom",
    "tenant_id": None,
}
RackBody = Annotated[NewRack, Body(examples=[RACK])]


def _rack_selection(
    q: Words = "",
    site_id: Only = None,
    location_id: Only = None,
    sort: Literal["name", "-name", "height_u", "-height_u", "created_at", "-created_at"] | None = None,
) -> Selection:
    return _selection(q, sort, site_id=site_id, location_id=location_id)


@nouns.get("/racks")
@listed("rack")
async def list_racks(
    places: Places,
    page: Paging,
    selection: Annotated[Selection, Depends(_rack_selection)],
    actor: Actor = may(READ),
) -> Page[Rack]:
    return await places.racks(selection, page)


@nouns.post("/racks", status_code=status.HTTP_201_CREATED)
async def add_rack(body: RackBody, response: Response, places: Places, actor: Actor = may(WRITE)) -> Rack:
    return stamped(response, await places.add_rack(body))


@nouns.get("/racks/{rack_id}")
@viewed("rack")
async def get_rack(rack_id: IdPath, response: Response, places: Places, actor: Actor = may(READ)) -> Rack:
    return stamped(response, await places.rack(rack_id))


@nouns.put("/racks/{rack_id}")
async def change_rack(
    rack_id: IdPath,
    body: RackBody,
    version: ExpectedVersion,
    response: Response,
    places: Places,
    actor: Actor = may(WRITE),
) -> Rack:
    """Refused when something mounted in it would no longer fit."""
    return stamped(response, await places.change_rack(rack_id, body, version=version))


@nouns.delete("/racks/{rack_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_rack(
    rack_id: IdPath, version: ExpectedVersion, places: Places, actor: Actor = may(WRITE)
) -> None:
    """Refused while a device is in it."""
    await places.remove_rack(rack_id, version=version)


@nouns.get("/racks/{rack_id}/elevation")
@viewed("rack")
async def get_elevation(rack_id: IdPath, places: Places, actor: Actor = may(READ)) -> Elevation:
    """The rack with all its devices and their types, to be drawn to scale. Unmounted ones have no position."""
    return await places.elevation(rack_id)


# -- device types -----------------------------------------------------------------------------------------------

DEVICE_TYPE: dict[str, Any] = {
    "manufacturer": "Arista",
    "model": "DCS-7050SX3-48YC8",
    "kind": "switch",
    "height_u": 1,
    "is_full_depth": True,
    "front": {
        "width_mm": 482.6,
        "height_mm": 43.66,
        "ports": [
            {"name": "1", "kind": "sfp28", "x_mm": 66, "y_mm": 14.5, "width_mm": 14, "height_mm": 9.5},
            {"name": "2", "kind": "sfp28", "x_mm": 66, "y_mm": 29, "width_mm": 14, "height_mm": 9.5},
        ],
        "components": [
            {"name": "LED STATUS", "kind": "led", "x_mm": 25, "y_mm": 8, "width_mm": 2, "height_mm": 2}
        ],
    },
    "rear": None,
    "source": "Data sheet of the manufacturer",
}
DeviceTypeBody = Annotated[NewDeviceType, Body(examples=[DEVICE_TYPE])]


def _device_type_selection(
    q: Words = "",
    manufacturer: Annotated[str | None, Query(max_length=100, pattern=ONE_LINE)] = None,
    kind: DeviceKind | None = None,
    sort: Literal[
        "manufacturer", "-manufacturer", "model", "-model", "kind", "-kind", "height_u", "-height_u"
    ]
    | None = None,
) -> Selection:
    return _selection(q, sort, manufacturer=manufacturer, kind=kind)


@nouns.get("/device-types")
@listed("device_type")
async def list_device_types(
    devices: Devices,
    page: Paging,
    selection: Annotated[Selection, Depends(_device_type_selection)],
    actor: Actor = may(READ),
) -> Page[DeviceType]:
    return await devices.device_types(selection, page)


@nouns.post("/device-types", status_code=status.HTTP_201_CREATED)
async def add_device_type(
    body: DeviceTypeBody, response: Response, devices: Devices, actor: Actor = may(WRITE)
) -> DeviceType:
    return stamped(response, await devices.add_device_type(body))


@nouns.get("/device-types/{device_type_id}")
@viewed("device_type")
async def get_device_type(
    device_type_id: IdPath, response: Response, devices: Devices, actor: Actor = may(READ)
) -> DeviceType:
    return stamped(response, await devices.device_type(device_type_id))


@nouns.put("/device-types/{device_type_id}")
async def change_device_type(
    device_type_id: IdPath,
    body: DeviceTypeBody,
    version: ExpectedVersion,
    response: Response,
    devices: Devices,
    actor: Actor = may(WRITE),
) -> DeviceType:
    """Refused when a device of this type would no longer fit where it is mounted."""
    return stamped(response, await devices.change_device_type(device_type_id, body, version=version))


@nouns.delete("/device-types/{device_type_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_device_type(
    device_type_id: IdPath, version: ExpectedVersion, devices: Devices, actor: Actor = may(WRITE)
) -> None:
    """Refused while a device, even a removed one, is of this type."""
    await devices.remove_device_type(device_type_id, version=version)


# -- devices ----------------------------------------------------------------------------------------------------

DEVICE: dict[str, Any] = {
    "asset_tag": "TOR-R07-U23",
    "name": "Top of rack 7",
    "serial": "FDO23280A1B",
    "device_type_id": "0000000000Z3",
    "site_id": "0000000000Z1",
    "rack_id": "0000000000Z2",
    "position_u": 23,
    "face": "front",
    "status": "active",
    "tenant_id": None,
    "notes": "",
}
DeviceBody = Annotated[NewDevice, Body(examples=[DEVICE])]
DeviceSort = Literal[
    "asset_tag",
    "-asset_tag",
    "name",
    "-name",
    "serial",
    "-serial",
    "position_u",
    "-position_u",
    "status",
    "-status",
    "created_at",
    "-created_at",
    "updated_at",
    "-updated_at",
]


def _device_selection(
    q: Annotated[
        str,
        Query(
            max_length=200,
            pattern=ONE_LINE,
            description="Words in asset tag, name, serial, tenant or type, the last perhaps unfinished; "
            "also the last characters of a serial (four or more).",
        ),
    ] = "",
    site_id: Only = None,
    location_id: Only = None,
    rack_id: Only = None,
    device_type_id: Only = None,
    status: DeviceStatus | None = None,
    tenant_id: Only = None,
    kind: DeviceKind | None = None,
    sort: DeviceSort | None = None,
) -> Selection:
    return _selection(
        q,
        sort,
        site_id=site_id,
        location_id=location_id,
        rack_id=rack_id,
        device_type_id=device_type_id,
        status=status,
        tenant_id=tenant_id,
        kind=kind,
    )


DeviceSelection = Annotated[Selection, Depends(_device_selection)]


@nouns.get("/devices")
@listed("device")
async def list_devices(
    devices: Devices, page: Paging, selection: DeviceSelection, actor: Actor = may(READ)
) -> Page[Device]:
    """Without `sort`: by asset tag, and in a search of up to a thousand hits the one whose tag was typed first."""
    return await devices.devices(selection, page)


@nouns.post("/devices", status_code=status.HTTP_201_CREATED)
async def register_device(
    body: DeviceBody, response: Response, devices: Devices, actor: Actor = may(WRITE)
) -> Device:
    return stamped(response, await devices.register(body))


@nouns.get("/devices/by-tag/{asset_tag:path}")
@viewed("device", "asset_tag")
async def get_device_by_tag(
    asset_tag: Annotated[str, Path(max_length=60, pattern=ONE_LINE)],
    response: Response,
    devices: Devices,
    actor: Actor = may(READ),
) -> DeviceView:
    """Upper and lower case are the same here: tags are typed on phones."""
    view = await devices.view_by_tag(asset_tag)
    asking().about_id = view.device.id
    stamped(response, view.device)
    return view


@nouns.get("/devices/{device_id}")
@viewed("device")
async def get_device(
    device_id: IdPath, response: Response, devices: Devices, actor: Actor = may(READ)
) -> Device:
    return stamped(response, await devices.device(device_id))


@nouns.get("/devices/{device_id}/view")
@viewed("device")
async def get_device_view(
    device_id: IdPath, response: Response, devices: Devices, actor: Actor = may(READ)
) -> DeviceView:
    """The device with its type, site, rack and location in one answer. The ETag is the device's."""
    view = await devices.view(device_id)
    stamped(response, view.device)
    return view


@nouns.put("/devices/{device_id}")
async def change_device(
    device_id: IdPath,
    body: DeviceBody,
    version: ExpectedVersion,
    response: Response,
    devices: Devices,
    request: Request,
    connection: Connection,
    actor: Actor = may(WRITE),
) -> ChangedDevice:
    """Move it, rename it… `findings` say what somebody should see to now, such as tags that clash in its rack."""
    changed = stamped(response, await devices.change(device_id, body, version=version))
    inspect_moves: InspectMoves = request.app.state.resources.inspect_moves
    racks = {} if changed.rack_id is None else {device_id: changed.rack_id}
    findings = await inspect_moves(connection, actor, racks)
    return ChangedDevice(**changed.model_dump(), findings=tuple(findings))


@nouns.delete("/devices/{device_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_device(
    device_id: IdPath, version: ExpectedVersion, devices: Devices, actor: Actor = may(WRITE)
) -> None:
    """Take it out of lists, racks and search. Its labels and history keep leading to what it was."""
    await devices.remove(device_id, version=version)


# -- in bulk ----------------------------------------------------------------------------------------------------

# Not of the nouns' route class: no transaction may be open while a file travels.
bulk = APIRouter(tags=["devices"], route_class=GuardedRoute)

NDJSON = "application/x-ndjson"
CSV_EXAMPLE = (
    "asset_tag,name,serial,manufacturer,model,site,location,rack,position_u,face,status,tenant,notes\r\n"
    "TOR-R07-U23,Top of rack 7,FDO23280A1B,Cisco,Nexus 93180YC-FX,Zürich West,Hall 2,R07,23,front,active,,\r\n"
)


def _importer(request: Request) -> Importer:
    importer: Importer = request.app.state.resources.importer
    return importer


Bulk = Annotated[Importer, Depends(_importer)]


@bulk.post(
    "/devices/import",
    response_model=ImportReport,
    responses={
        200: {
            "description": f"The report. With `Accept: {NDJSON}` a line per progress, and the report last.",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        }
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}, "example": CSV_EXAMPLE},
                "application/json": {
                    "schema": {"type": "array", "items": {"type": "object"}},
                    "example": [{"asset_tag": "TOR-R07-U23", "status": "offline"}],
                },
            },
        }
    },
)
@acted("device.imported")
async def import_devices(
    request: Request,
    importer: Bulk,
    file_format: Annotated[TableFormat, Query(alias="format")] = TableFormat.CSV,
    dry_run: Annotated[bool, Query(description="Check every row and write nothing.")] = False,
    actor: Actor = may(WRITE),
) -> Response:
    """Add or change devices by asset tag, all or none; a column that is absent leaves its field as it is.

    With any faulty row nothing is written, `is_applied` is false and `faults` lists them all.
    """
    content = await _body(request, request.app.state.resources.settings.import_limit_bytes)
    rows = await importer.read(content, file_format)
    if NDJSON in request.headers.get("accept", ""):
        return StreamingResponse(_lines(importer, rows, actor, is_dry_run=dry_run), media_type=NDJSON)
    report = await importer.run(rows, actor, is_dry_run=dry_run, tell=lambda progress: None)
    return Response(report.model_dump_json(), media_type="application/json")


@bulk.get(
    "/devices/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "A file that the import takes back.",
            "content": {"text/csv": {"schema": {"type": "string"}}, "application/json": {}},
        }
    },
)
@acted("device.exported")
async def export_devices(
    importer: Bulk,
    selection: DeviceSelection,
    file_format: Annotated[TableFormat, Query(alias="format")] = TableFormat.CSV,
    actor: Actor = may(READ),
) -> StreamingResponse:
    """All devices of the selection, by asset tag. Text that a spreadsheet would run gets a quote before it.

    The selection is made once, at the start: nothing comes twice, nothing that stays is left out. Each row is as it
    was when it was read; what is removed meanwhile may be left out, what is added is.
    """
    media_type = "text/csv" if file_format is TableFormat.CSV else "application/json"
    return StreamingResponse(
        importer.export(selection, file_format, actor),
        media_type=media_type,
        headers={"Content-Disposition": f'attachment; filename="devices.{file_format}"'},
    )


async def _body(request: Request, limit: int) -> bytes:
    """Refuse by what the client claims, before a byte is read; and stop reading when it sends more."""
    refusal = TooLarge(f"An import may have {limit} bytes. Import in parts.")
    claimed = request.headers.get("content-length", "")
    if claimed.isdecimal() and int(claimed) > limit:
        raise refusal
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > limit:
            raise refusal
    return bytes(content)


async def _lines(
    importer: Importer, rows: list[Row], actor: Actor, *, is_dry_run: bool
) -> AsyncIterator[str]:
    """Progress while it runs, the report at its end. A client that leaves before stops the import.

    A queue stands between, so that a slow reader does not hold the transaction open.
    """
    waiting: asyncio.Queue[ImportProgress | None] = asyncio.Queue()
    running = asyncio.create_task(importer.run(rows, actor, is_dry_run=is_dry_run, tell=waiting.put_nowait))
    running.add_done_callback(lambda _: waiting.put_nowait(None))
    try:
        while (progress := await waiting.get()) is not None:
            yield progress.model_dump_json() + "\n"
        try:
            yield (await running).model_dump_json() + "\n"
        except (NearhandError, OperationalError) as error:
            # The status was sent long ago; so the last line says what became of it.
            refusal = error if isinstance(error, NearhandError) else Unavailable()
            problem = problem_response(refusal.status, refusal.code, refusal.title, refusal.detail)
            yield bytes(problem.body).decode() + "\n"
    finally:
        running.cancel()


router = APIRouter()
# First the fixed words: "export" would else be taken for a device's id.
router.include_router(bulk)
router.include_router(nouns)
