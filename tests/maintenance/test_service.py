from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

from nearhand.access.model import SYSTEM
from nearhand.kit.blobs import Blobs
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.http import PageQuery
from nearhand.kit.ids import RandomIds
from nearhand.maintenance.model import NewMaintenanceRecord
from nearhand.maintenance.service import Attachments, Limits, maintenance_on
from tests.support.factories import Registry


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def test_a_record_comes_back_as_it_was_written(any_database: Database, tmp_path: Path) -> None:
    ids, clock = RandomIds(), FixedClock()
    files = Attachments(any_database, Blobs(tmp_path), SYSTEM, clock=clock, limits=Limits(100, 100))
    kept = [await files.keep(pieces(b"log"), name=name) for name in ("a.log", "b.log")]
    async with any_database.transaction() as connection:
        device = await Registry(connection).device()
        maintenance = maintenance_on(connection, SYSTEM, ids=ids, clock=clock)
        new = NewMaintenanceRecord(
            performed_at=clock.now() - timedelta(hours=1),
            performed_by="Site technician",
            summary="Replaced a fan",
            parts=("Fan module", "Two screws"),
            attachments=tuple(kept),
        )
        written = await maintenance.write_down(device.id, new)
        corrected = await maintenance.correct(written.id, new, version=1)
    async with any_database.reading() as connection:
        maintenance = maintenance_on(connection, SYSTEM, ids=ids, clock=clock)
        page = await maintenance.of_device(device.id, PageQuery(limit=10, offset=0))
    assert page.items == [corrected]
    assert corrected.attachments == tuple(kept)
    assert (corrected.version, corrected.parts) == (2, new.parts)
