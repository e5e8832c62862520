"""REST doors of maintenance."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.responses import FileResponse

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit.doors import acted, viewed
from nearhand.kit.files import download, raw_body
from nearhand.kit.http import (
    Connection,
    ExpectedVersion,
    GuardedRoute,
    Page,
    Paging,
    TransactionRoute,
    stamped,
)
from nearhand.kit.patterns import ONE_LINE, Id, Sha256
from nearhand.maintenance.model import Attachment, MaintenanceRecord, NewMaintenanceRecord
from nearhand.maintenance.service import Attachments, MaintenanceService, attachments_of, maintenance_on

router = APIRouter(tags=["maintenance"])
records = APIRouter(route_class=TransactionRoute)
files = APIRouter(route_class=GuardedRoute)


def _service(request: Request, connection: Connection) -> MaintenanceService:
    resources = request.app.state.resources
    return maintenance_on(connection, request.state.actor, ids=resources.ids, clock=resources.clock)


def _attachments(request: Request) -> Attachments:
    return attachments_of(request.app.state.resources, request.state.actor)


Service = Annotated[MaintenanceService, Depends(_service)]
Files = Annotated[Attachments, Depends(_attachments)]


@records.get("/devices/{device_id}/maintenance-records")
@viewed("device")
async def of_device(
    device_id: Id, page: Paging, service: Service, actor: Actor = may(Permission.MAINTENANCE_READ)
) -> Page[MaintenanceRecord]:
    """What was done to a device, newest first."""
    return await service.of_device(device_id, page)


@records.post("/devices/{device_id}/maintenance-records", status_code=status.HTTP_201_CREATED)
async def write_down(
    device_id: Id,
    body: NewMaintenanceRecord,
    response: Response,
    service: Service,
    actor: Actor = may(Permission.MAINTENANCE_WRITE),
) -> MaintenanceRecord:
    """Write down what was done to a device."""
    return stamped(response, await service.write_down(device_id, body))


@records.get("/maintenance-records/{record_id}")
@viewed("record")
async def record(
    record_id: Id, response: Response, service: Service, actor: Actor = may(Permission.MAINTENANCE_READ)
) -> MaintenanceRecord:
    return stamped(response, await service.record(record_id))


@records.put("/maintenance-records/{record_id}")
async def correct(
    record_id: Id,
    body: NewMaintenanceRecord,
    version: ExpectedVersion,
    response: Response,
    service: Service,
    actor: Actor = may(Permission.MAINTENANCE_WRITE),
) -> MaintenanceRecord:
    """Correct a record. It stays with its device."""
    return stamped(response, await service.correct(record_id, body, version=version))


@records.delete("/maintenance-records/{record_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove(
    record_id: Id,
    version: ExpectedVersion,
    service: Service,
    actor: Actor = may(Permission.MAINTENANCE_WRITE),
) -> None:
    await service.remove(record_id, version=version)


@files.post("/attachments", status_code=status.HTTP_201_CREATED, openapi_extra=raw_body("The file itself."))
async def attach(
    request: Request,
    service: Files,
    name: Annotated[str, Query(min_length=1, max_length=200, pattern=ONE_LINE, description="File name.")],
    actor: Actor = may(Permission.MAINTENANCE_WRITE),
) -> Attachment:
    """Upload a file (PDF, JPEG, PNG, WebP or text); then name it in a record's `attachments`."""
    return await service.keep(request.stream(), name=name)


@files.get("/attachments/{sha256}", response_class=FileResponse)
@acted("attachment.read", "sha256")
async def attachment(
    sha256: Sha256, service: Files, actor: Actor = may(Permission.MAINTENANCE_READ)
) -> FileResponse:
    """An attached file, always as a download and never as a page."""
    found, blob = await service.find(sha256)
    return await download(blob, media_type=found.media_type, name=found.name)


router.include_router(records)
router.include_router(files)
