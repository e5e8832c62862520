from collections.abc import AsyncIterator

import pytest

from nearhand.access.model import SYSTEM
from nearhand.kit.blobs import Blobs
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.http import PageQuery
from nearhand.kit.ids import RandomIds
from nearhand.manuals.drawing import Drawing
from nearhand.manuals.library import Library, Limits, Shelf
from nearhand.manuals.model import DocumentForm, DocumentKind, NewGuide, Step, Subject
from nearhand.manuals.service import manuals_on
from tests.manuals.samples import a_pdf, a_picture
from tests.support.factories import Registry

FIRST = PageQuery(limit=10, offset=0)


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


@pytest.fixture
def library(any_database: Database, tmp_path_factory: pytest.TempPathFactory) -> Library:
    shelf = Shelf(Blobs(tmp_path_factory.mktemp("blobs")), Drawing())
    limits = Limits(upload_bytes=10**6, picture_pixels=10**6)
    return Library(any_database, shelf, SYSTEM, ids=RandomIds(), clock=FixedClock(), limits=limits)


async def test_a_guide_comes_back_as_it_was_written(any_database: Database) -> None:
    ids, clock = RandomIds(), FixedClock()
    async with any_database.transaction() as connection:
        device = await Registry(connection).device()
        manuals = manuals_on(connection, SYSTEM, ids=ids, clock=clock)
        step = Step(text={"en": "Pull it.", "zh-Hans": "拔出。"}, ports=("37", "38"))
        new = NewGuide(subject=Subject(device_id=device.id), title={"en": "Pull"}, steps=(step,))
        written = await manuals.write(new)
        clock.advance(60)
        again = await manuals.rewrite(written.id, new, version=1)
    async with any_database.reading() as connection:
        manuals = manuals_on(connection, SYSTEM, ids=ids, clock=clock)
        assert await manuals.guide(written.id) == again
        assert (await manuals.of_device(device.id)).guides == (again,)
        assert (await manuals.guides(Subject(device_id=device.id), FIRST)).items == [again]
    assert (again.created_at, again.version) == (written.created_at, 2)


async def test_a_document_comes_back_as_it_was_uploaded(any_database: Database, library: Library) -> None:
    async with any_database.transaction() as connection:
        device = await Registry(connection).device()
    form = DocumentForm(title="Sheet", device_id=device.id)
    kept = await library.keep_document(pieces(a_pdf(2)), form)
    assert await library.document(kept.id) == kept
    assert (kept.kind, kept.pages) == (DocumentKind.PDF, 2)
    first, again = await library.page(kept.id, 1), await library.page(kept.id, 1)
    assert first == again


async def test_the_same_picture_may_be_sent_twice(library: Library) -> None:
    once = await library.keep_picture(pieces(a_picture()))
    again = await library.keep_picture(pieces(a_picture()))
    assert once == again
