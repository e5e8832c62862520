from collections.abc import AsyncIterator

import pytest

from nearhand.access.model import SYSTEM
from nearhand.app import Resources
from nearhand.devices.model import DeviceView
from nearhand.devices.service import devices_on
from nearhand.kit.http import PageQuery
from nearhand.maintenance.service import maintenance_on
from nearhand.manuals.model import LANGUAGES, DocumentKind
from nearhand.manuals.service import manuals_on
from nearhand.migrations.upgrade import upgrade
from nearhand.simulation.knowledge import seed_knowledge
from nearhand.simulation.seed import DEMO_TAG, seed_registry


@pytest.fixture
async def seeded(resources: Resources) -> AsyncIterator[Resources]:
    await upgrade(resources.database)
    await seed_registry(resources)
    await seed_knowledge(resources)
    yield resources
    await resources.database.close()


async def demo_switch(resources: Resources) -> DeviceView:
    async with resources.database.reading() as connection:
        devices = devices_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock)
        return await devices.view_by_tag(DEMO_TAG)


async def test_the_demo_switch_has_a_past_documents_and_guides_in_three_languages(seeded: Resources) -> None:
    view = await demo_switch(seeded)
    async with seeded.database.reading() as connection:
        manuals = await manuals_on(connection, SYSTEM, ids=seeded.ids, clock=seeded.clock).of_device(
            view.device.id
        )
        past = await maintenance_on(connection, SYSTEM, ids=seeded.ids, clock=seeded.clock).of_device(
            view.device.id, PageQuery(limit=50, offset=0)
        )
    assert {document.kind for document in manuals.documents} == {DocumentKind.PDF, DocumentKind.MARKDOWN}
    steps = {guide.title["en"]: guide.steps for guide in manuals.guides}
    assert {title: len(each) for title, each in steps.items()} == {
        "Replace the optic in port 37": 8,
        "Replace a power supply": 6,
    }
    texts = [text for guide in manuals.guides for step in guide.steps for text in (step.text, step.proof)]
    assert all(set(text) == set(LANGUAGES) for text in texts)
    assert any(step.ports == ("37",) for step in steps["Replace the optic in port 37"])
    assert past.total >= 5
    assert past.items[0].attachments[0].name == "port-37-readings.txt"


async def test_the_service_sheet_is_a_pdf_whose_pages_can_be_drawn(seeded: Resources) -> None:
    view = await demo_switch(seeded)
    async with seeded.database.reading() as connection:
        manuals = await manuals_on(connection, SYSTEM, ids=seeded.ids, clock=seeded.clock).of_device(
            view.device.id
        )
    (sheet,) = (document for document in manuals.documents if document.kind is DocumentKind.PDF)
    blob = seeded.blobs.blob(sheet.sha256)
    assert await seeded.drawing.pages(blob.lend, "ada") == sheet.pages == 3
    assert (await seeded.drawing.png(blob, 2, "ada")).startswith(b"\x89PNG")


async def test_seeding_twice_adds_nothing(seeded: Resources) -> None:
    view = await demo_switch(seeded)
    await seed_knowledge(seeded)
    async with seeded.database.reading() as connection:
        manuals = await manuals_on(connection, SYSTEM, ids=seeded.ids, clock=seeded.clock).of_device(
            view.device.id
        )
    assert (len(manuals.documents), len(manuals.guides)) == (3, 2)


async def test_without_the_demo_switch_there_is_nothing_to_seed(resources: Resources) -> None:
    await upgrade(resources.database)
    await seed_knowledge(resources)
    await resources.database.close()
