"""REST doors of labels."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit.doors import acted, listed, viewed
from nearhand.devices.places import PlaceService, places_on
from nearhand.kit.asking import asking
from nearhand.kit.files import BINARY
from nearhand.kit.http import (
    Connection,
    GuardedRoute,
    LateTransaction,
    LateTransactionRoute,
    Page,
    Paging,
    TransactionRoute,
)
from nearhand.kit.patterns import Id
from nearhand.labels.model import (
    MAX_TEXT,
    Label,
    ListedLabel,
    NewLabel,
    NewSheet,
    Resolved,
    SheetFormat,
    TagClash,
    code_of,
)
from nearhand.labels.service import (
    MEDIA_TYPES,
    LabelService,
    RegisteredLabels,
    draw,
    draw_sheets,
    labels_on,
)
from nearhand.vision.rackmap import RackMap

router = APIRouter(tags=["labels"])
nouns = APIRouter(route_class=TransactionRoute)
made = APIRouter(route_class=LateTransactionRoute)  # a label is drawn and read back before it is kept
prints = APIRouter(route_class=GuardedRoute)

MAX_DPI = 1200
FILES = {media_type: {"schema": BINARY} for media_type in MEDIA_TYPES.values()}

Code = Annotated[
    str,
    Path(
        max_length=MAX_TEXT,
        description="The code of a label as printed, with its signature; small letters do as well.",
    ),
]


def _service(request: Request, connection: Connection) -> LabelService:
    resources = request.app.state.resources
    return labels_on(
        connection,
        request.state.actor,
        ids=resources.ids,
        clock=resources.clock,
        stamp=resources.label_stamp,
    )


def _registered(request: Request) -> RegisteredLabels:
    resources = request.app.state.resources
    return RegisteredLabels(
        resources.database,
        request.state.actor,
        ids=resources.ids,
        clock=resources.clock,
        stamp=resources.label_stamp,
    )


def _places(request: Request, connection: Connection) -> PlaceService:
    resources = request.app.state.resources
    return places_on(connection, request.state.actor, ids=resources.ids, clock=resources.clock)


Service = Annotated[LabelService, Depends(_service)]
Places = Annotated[PlaceService, Depends(_places)]


@made.post("/devices/{device_id}/labels", status_code=status.HTTP_201_CREATED)
async def make(
    device_id: Id,
    body: NewLabel,
    request: Request,
    begin: LateTransaction,
    actor: Actor = may(Permission.LABELS_MAKE),
) -> Label:
    """Make a label and two tags for a face. It resolves for good, whatever is edited later."""
    label = await _registered(request).drawn(device_id, body)
    return await _service(request, await begin()).keep(label)


@nouns.get("/devices/{device_id}/labels")
@viewed("device")
async def of_device(
    device_id: Id, service: Service, actor: Actor = may(Permission.DEVICES_READ)
) -> list[Label]:
    """All labels ever made for a device, newest first."""
    return await service.of_device(device_id)


@nouns.get("/racks/{rack_id}/map")
@viewed("rack")
async def rack_map(
    rack_id: Id, places: Places, service: Service, actor: Actor = may(Permission.DEVICES_READ)
) -> RackMap:
    """Where all units and all labels and tags of a rack are, in millimetres: any two of them give its pose."""
    return await service.rack_map(await places.elevation(rack_id))


@nouns.get("/devices/{device_id}/tag-clashes")
@viewed("device")
async def clashes_of_device(
    device_id: Id, service: Service, actor: Actor = may(Permission.DEVICES_READ)
) -> list[TagClash]:
    """The tags of this device that another one in its rack bears too. A new label for it ends them."""
    return await service.clashes_of_device(device_id)


@nouns.get("/racks/{rack_id}/tag-clashes")
@viewed("rack")
async def clashes_of_rack(
    rack_id: Id,
    request: Request,
    connection: Connection,
    service: Service,
    actor: Actor = may(Permission.DEVICES_READ),
) -> list[TagClash]:
    """The tags that several faces in this rack bear, since devices were moved there."""
    resources = request.app.state.resources
    await places_on(connection, request.state.actor, ids=resources.ids, clock=resources.clock).rack(rack_id)
    return await service.clashes_of_rack(rack_id)


@nouns.get("/labels")
@listed("label")
async def list_labels(
    service: Service,
    page: Paging,
    site_id: Annotated[Id | None, Query(description="Only those of devices at this site.")] = None,
    is_signed: Annotated[
        bool | None,
        Query(description="Only those with, or those without, a signature by a key that was not withdrawn."),
    ] = None,
    actor: Actor = may(Permission.DEVICES_READ),
) -> Page[ListedLabel]:
    """The newest label of every face, oldest first. `is_signed=false`: what to print anew where signatures are asked for."""
    return await service.newest(page, site_id=site_id, is_signed=is_signed)


@nouns.get("/labels/{code}")
@viewed("label", "code")
async def resolve(
    code: Code,
    service: Service,
    text: Annotated[
        str | None,
        Query(
            max_length=MAX_TEXT, description="The whole text that was scanned: its address is signed, too."
        ),
    ] = None,
    actor: Actor = may(Permission.DEVICES_READ),
) -> Resolved:
    """The device a label was made for, as it is now; `view.device.removed_at` says whether it is gone.

    Where the site asks for signatures, `doubt` says why the label may not have been printed here, or it is refused.
    """
    scanned = text or code
    asking().about_id = code_of(scanned)
    return await service.resolve(scanned)


@prints.get(
    "/labels/{code}/image",
    response_class=Response,
    responses={200: {"content": FILES, "description": "The label with its tags, to scale."}},
)
@acted("label.read", "code")
async def image(
    code: Code,
    request: Request,
    format: Annotated[SheetFormat, Query()] = SheetFormat.SVG,
    dpi: Annotated[int, Query(ge=72, le=MAX_DPI, description="For PNG; rounded to whole modules.")] = 300,
    actor: Actor = may(Permission.DEVICES_READ),
) -> Response:
    """A label and its tags as pieces to cut out: exact millimetres, crop marks, words under the code."""
    resources = request.app.state.resources
    async with resources.database.reading() as connection:
        found = await _service(request, connection).printed(code_of(code))
    body = await asyncio.to_thread(draw, found.label, found.view.device.asset_tag, format, dpi)
    return Response(body, media_type=MEDIA_TYPES[format], headers={"Cache-Control": "no-cache"})


@prints.post(
    "/labels/sheets",
    response_class=Response,
    responses={200: {"content": FILES, "description": "The sheets; `X-Page-Count` says how many."}},
)
@acted("label.printed")
async def print_sheets(
    body: NewSheet, request: Request, actor: Actor = may(Permission.DEVICES_READ)
) -> Response:
    """Many labels on A4 or Letter sheets, with a line of 100 mm to check the printer's scale by."""
    found = await _registered(request).for_sheet(body)
    content, pages = await asyncio.to_thread(draw_sheets, found, body)
    return Response(content, media_type=MEDIA_TYPES[body.format], headers={"X-Page-Count": str(pages)})


router.include_router(prints)
router.include_router(made)
router.include_router(nouns)
