"""REST doors of telemetry."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import AwareDatetime, Field

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit.doors import untold, viewed
from nearhand.kit.http import Connection, TransactionRoute
from nearhand.kit.patterns import ONE_LINE, Id
from nearhand.telemetry.model import MAX_BUCKETS, Chart, SampleBatch, Series, SeriesKey, Stored
from nearhand.telemetry.service import TelemetryService, telemetry_on

router = APIRouter(tags=["telemetry"], route_class=TransactionRoute)


def _service(request: Request, connection: Connection) -> TelemetryService:
    resources = request.app.state.resources
    return telemetry_on(connection, request.state.actor, ids=resources.ids, clock=resources.clock)


Service = Annotated[TelemetryService, Depends(_service)]


@router.post("/telemetry/samples")
@untold("samples are a record themselves, thousands a minute, and never changed")
async def record(
    body: Annotated[list[SampleBatch], Field(min_length=1, max_length=1000)],
    service: Service,
    actor: Actor = may(Permission.TELEMETRY_WRITE),
) -> Stored:
    """Store samples, all or none; those known already are kept as they were, so a request may be sent again."""
    return await service.record(body)


@router.get("/devices/{device_id}/series")
@viewed("device")
async def series(
    device_id: Id, service: Service, actor: Actor = may(Permission.TELEMETRY_READ)
) -> list[Series]:
    """What is measured on a device, each with its newest sample."""
    return await service.series(device_id)


@router.get("/devices/{device_id}/chart")
@viewed("device")
async def chart(
    device_id: Id,
    service: Service,
    quantity: Annotated[str, Query(pattern=r"^[a-z][a-z0-9_]{0,39}$")],
    port: Annotated[
        str, Query(max_length=40, pattern=ONE_LINE, description="Empty for a quantity of the whole device.")
    ] = "",
    since: Annotated[AwareDatetime | None, Query(description="Unset: 24 h before `until`.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Unset: now.")] = None,
    buckets: Annotated[int, Query(ge=1, le=MAX_BUCKETS, description="Most intervals wanted.")] = 300,
    actor: Actor = may(Permission.TELEMETRY_READ),
) -> Chart:
    """Smallest, largest, mean and count of the samples in each of at most `buckets` intervals."""
    key = SeriesKey(device_id=device_id, quantity=quantity, port=port)
    return await service.chart(key, since=since, until=until, buckets=buckets)
