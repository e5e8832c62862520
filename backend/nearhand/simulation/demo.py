"""Compose the hall in a box: the service, with a seeded registry, people who may sign in, and the simulated hall."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse

from nearhand.access.model import SYSTEM, NewUser, Role, UserNameTaken, everywhere
from nearhand.app import API, Resources, build_resources, create_app
from nearhand.devices.model import Selection
from nearhand.devices.service import devices_on
from nearhand.kit.errors import NotFound
from nearhand.kit.http import PageQuery
from nearhand.kit.settings import Settings
from nearhand.labels.model import NewLabel, NoRoom
from nearhand.labels.service import RegisteredLabels
from nearhand.simulation.api import router as hall_router
from nearhand.simulation.knowledge import seed_knowledge
from nearhand.simulation.people import PASSWORD, PEOPLE, ROBOTS
from nearhand.simulation.seed import DEMO_TAG, seed_registry
from nearhand.simulation.telemetry import feed_telemetry, seed_telemetry

authority = APIRouter(include_in_schema=False)


@authority.get("/demo/ca.crt")
async def authority_certificate(request: Request) -> FileResponse:
    """Public: the certificate a phone must trust to reach this demo over TLS. It holds no secret."""
    path = request.app.state.resources.settings.data_dir / "tls" / "ca.crt"
    if not path.is_file():
        raise NotFound("This demo runs without --tls, so there is no authority to trust.")
    return FileResponse(path, media_type="application/x-x509-ca-cert", filename="nearhand-demo-ca.crt")


def create_demo_app() -> FastAPI:
    """The service with the settings of the environment, and all that makes it a demo. Raises FolderTaken."""
    settings = Settings()
    resources = build_resources(settings)
    resources.live_log.claim()
    app = create_app(settings, resources)
    app.include_router(hall_router, prefix=API)
    app.include_router(authority)
    serve = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with serve(app):
            await seed(resources)
            resources.demo_accounts.extend(
                {"name": name, "display_name": f"Demo {role.value}", "password": PASSWORD, "role": role.value}
                for name, role in PEOPLE.items()
            )
            # A month of telemetry takes seconds to invent; nobody has to wait for it.
            feeding = asyncio.create_task(_keep_telemetry(resources), name="simulated telemetry")
            yield
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)

    app.router.lifespan_context = lifespan
    return app


async def seed(resources: Resources) -> None:
    """Whatever of the demo is not there yet; a second start finds all of it."""
    for name, role in {**PEOPLE, **ROBOTS}.items():
        await _register(resources, name, role)
    await seed_registry(resources)
    await _make_labels(resources)
    await seed_knowledge(resources)


async def _register(resources: Resources, name: str, role: Role) -> None:
    display_name = f"Robot {role.value}" if name in ROBOTS else f"Demo {role.value}"
    try:
        await resources.access.register(
            NewUser(name=name, display_name=display_name, grants=everywhere(role), password=PASSWORD)
        )
    except UserNameTaken:
        return


async def _make_labels(resources: Resources) -> None:
    """A label for the demo switch, and for all that stands in its rack."""
    labels = RegisteredLabels(
        resources.database,
        SYSTEM,
        ids=resources.ids,
        clock=resources.clock,
        stamp=resources.label_stamp,
    )
    async with resources.database.reading() as connection:
        devices = devices_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock)
        demo = (await devices.view_by_tag(DEMO_TAG)).device
        rack = Selection(filters={"rack_id": demo.rack_id or ""})
        mounted = (await devices.devices(rack, PageQuery(limit=50, offset=0))).items
    for device in [demo, *(other for other in mounted if other.id != demo.id)]:
        if not await labels.of_device(device.id):
            await _make_label(labels, device.id)


async def _make_label(labels: RegisteredLabels, device_id: str) -> None:
    try:
        await labels.make(device_id, NewLabel())
    except NoRoom:
        return  # some faces are full of ports


async def _keep_telemetry(resources: Resources) -> None:
    await seed_telemetry(resources)
    await feed_telemetry(resources)
