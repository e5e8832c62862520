import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.pool import QueuePool

from nearhand.access.model import SYSTEM, Actor, Role, everywhere
from nearhand.devices.importer import Importer
from nearhand.devices.model import Device, Finding, ImportProgress, ImportReport, NewDevice, Selection
from nearhand.devices.store import DeviceStore
from nearhand.devices.tabular import TableFormat
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.ids import RandomIds
from tests.support.factories import Registry

ROW: dict[str, Any] = {
    "asset_tag": "A1",
    "name": "One",
    "manufacturer": "Acme",
    "model": "ToR-48",
    "site": "Zürich West",
}


async def _prepare(database: Database) -> None:
    """One site, one type, R07 in two halls, R08 in one."""
    async with database.transaction() as connection:
        registry = Registry(connection)
        await registry.tenant(name="範例")
        site, _ = await registry.site(), await registry.device_type()
        hall, other = await registry.location(site), await registry.location(site, name="Hall 3")
        row = await registry.location(site, name="Row A", parent_id=other.id)
        for name, location in (("R07", hall), ("R07", other), ("R08", row)):
            await registry.rack(site, name=name, location_id=location.id)


def held_connections(database: Database) -> int:
    """SQLite in memory has but one, so that a second transaction at once would fail there."""
    pool = database.engine.pool
    return pool.checkedout() if isinstance(pool, QueuePool) else 0


async def _nothing_found(
    _connection: AsyncConnection, _actor: Actor, _racks: Mapping[str, str]
) -> list[Finding]:
    return []


def _importer(database: Database) -> Importer:
    return Importer(database, ids=RandomIds(), clock=FixedClock(), inspect_moves=_nothing_found)


async def _bring_in(
    database: Database, rows: list[dict[str, Any]], *, is_dry_run: bool = False
) -> ImportReport:
    importer = _importer(database)
    items = await importer.read(json.dumps(rows).encode(), TableFormat.JSON)
    return await importer.run(items, SYSTEM, is_dry_run=is_dry_run, tell=lambda progress: None)


async def _devices(database: Database) -> list[Device]:
    async with database.reading() as connection:
        found, _ = await DeviceStore(connection, everywhere(Role.ADMIN)).devices(Selection(), 200, 0)
    return found


def _text(device: Device) -> dict[str, Any]:
    return device.model_dump(include=set(NewDevice.model_fields))


def _faults(report: ImportReport) -> list[tuple[int, str]]:
    return [(fault.row, fault.field) for fault in report.faults]


async def test_rows_become_devices_and_the_same_file_again_changes_nothing(any_database: Database) -> None:
    await _prepare(any_database)
    rows = [
        ROW | {"rack": "R07", "location": "Hall 2", "position_u": 40, "serial": "S1"},
        ROW | {"asset_tag": "A2", "rack": "R08", "location": "Hall 3 / Row A", "status": "planned"},
        ROW | {"asset_tag": "A3"},
    ]
    report = await _bring_in(any_database, rows)
    assert report.is_applied
    assert (report.created, report.updated, report.unchanged) == (3, 0, 0)
    one, two, three = await _devices(any_database)
    assert (one.position_u, one.serial, one.version) == (40, "S1", 1)
    assert (two.status, three.rack_id) == ("planned", None)
    again = await _bring_in(any_database, rows)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 3)


async def test_a_known_tag_is_changed_in_the_columns_that_are_there(any_database: Database) -> None:
    await _prepare(any_database)
    await _bring_in(any_database, [ROW | {"rack": "R08", "position_u": 3, "notes": "kept"}])
    report = await _bring_in(any_database, [{"asset_tag": "a1", "status": "offline", "name": "New"}])
    assert (report.updated, report.is_applied) == (1, True)
    (device,) = await _devices(any_database)
    assert (device.status, device.name, device.notes, device.position_u) == ("offline", "New", "kept", 3)
    assert (device.version, device.asset_tag) == (2, "a1")
    await _bring_in(any_database, [{"asset_tag": "A1", "rack": "", "notes": ""}])
    (device,) = await _devices(any_database)
    assert (device.rack_id, device.position_u, device.notes) == (None, None, "")


async def test_two_devices_change_places_in_one_file(any_database: Database) -> None:
    await _prepare(any_database)
    rows = [ROW | {"rack": "R08", "position_u": 1}, ROW | {"asset_tag": "A2", "rack": "R08", "position_u": 2}]
    await _bring_in(any_database, rows)
    rows[0]["position_u"], rows[1]["position_u"] = 2, 1
    report = await _bring_in(any_database, rows)
    assert (report.updated, report.faults) == (2, ())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"asset_tag": "with space"}, "asset_tag"),
        ({"asset_tag": None}, "asset_tag"),
        ({"asset_tag": "taken"}, "asset_tag"),  # the second row with this tag
        ({"name": ""}, "name"),
        ({"name": "a\x00b"}, "name"),
        ({"model": "Unknown"}, "model"),
        ({"manufacturer": ""}, "manufacturer"),
        ({"site": "Nowhere"}, "site"),
        ({"site": ""}, "site"),
        ({"rack": "R99"}, "rack"),
        ({"rack": "R07"}, "location"),  # there are two
        ({"rack": "R07", "location": "Hall 9"}, "rack"),
        ({"location": "Hall 2"}, "location"),
        ({"position_u": "5"}, "position_u"),
        ({"rack": "R08", "position_u": "high"}, "position_u"),
        ({"rack": "R08", "position_u": "43"}, "position_u"),
        ({"rack": "R08", "position_u": "10"}, "position_u"),  # taken by the first row
        ({"status": "sleeping"}, "status"),
        ({"face": "side"}, "face"),
    ],
)
async def test_one_faulty_row_is_named_and_nothing_is_written(
    any_database: Database, changes: dict[str, Any], field: str
) -> None:
    await _prepare(any_database)
    first = ROW | {"asset_tag": "taken", "rack": "R08", "position_u": 10}
    report = await _bring_in(any_database, [first, ROW | changes])
    assert (_faults(report), report.is_applied) == ([(2, field)], False)
    assert await _devices(any_database) == []


async def test_a_dry_run_lists_every_faulty_row_and_writes_nothing(database: Database) -> None:
    await _prepare(database)
    rows = [ROW | {"asset_tag": f"A{n}", "site": "Nowhere" if n % 2 else "Zürich West"} for n in range(10)]
    report = await _bring_in(database, rows, is_dry_run=True)
    assert _faults(report) == [(n, "site") for n in (2, 4, 6, 8, 10)]
    assert (report.rows, report.created, report.is_applied) == (10, 5, False)
    assert (await _bring_in(database, rows[::2], is_dry_run=True)).faults == ()
    assert await _devices(database) == []


async def test_a_place_taken_by_a_device_that_is_not_in_the_file_is_a_fault(database: Database) -> None:
    await _prepare(database)
    await _bring_in(database, [ROW | {"rack": "R08", "position_u": 10}])
    report = await _bring_in(database, [ROW | {"asset_tag": "A2", "rack": "R08", "position_u": 10}])
    assert _faults(report) == [(1, "position_u")]
    assert "A1 is there" in report.faults[0].message


@pytest.mark.parametrize("kind", list(TableFormat))
async def test_what_is_exported_is_imported_elsewhere_unchanged(
    any_database: Database, kind: TableFormat
) -> None:
    await _prepare(any_database)
    rows = [
        ROW | {"rack": "R08", "position_u": 3, "name": "=1+1", "notes": "'quoted\nlines", "tenant": "範例"},
        ROW | {"asset_tag": "A2", "rack": "R07", "location": "Hall 3", "face": "rear"},
    ]
    await _bring_in(any_database, rows)
    importer = _importer(any_database)
    content = "".join([part async for part in importer.export(Selection(), kind, SYSTEM)])
    if kind is TableFormat.CSV:
        assert "'=1+1" in content
        assert len(list(csv.reader(io.StringIO(content, newline="")))) == 3
    before = await _devices(any_database)
    async with any_database.transaction() as connection:
        for device in before:
            await Registry(connection).devices.remove(device.id, version=1)
    items = await importer.read(content.encode(), kind)
    report = await importer.run(items, SYSTEM, is_dry_run=False, tell=lambda progress: None)
    assert (report.created, report.faults) == (2, ())
    after = await _devices(any_database)
    assert [_text(device) for device in after] == [_text(device) for device in before]


async def test_an_export_holds_what_the_same_search_lists(any_database: Database) -> None:
    await _prepare(any_database)
    await _bring_in(any_database, [ROW | {"rack": "R08"}, ROW | {"asset_tag": "A2", "name": "Two"}])
    importer = _importer(any_database)
    selection = Selection(q="acme two", filters={"kind": "switch"})
    content = "".join([part async for part in importer.export(selection, TableFormat.JSON, SYSTEM)])
    assert [row["asset_tag"] for row in json.loads(content)] == ["A2"]


async def test_an_export_that_nobody_reads_on_holds_no_connection(any_database: Database) -> None:
    await _prepare(any_database)
    await _bring_in(any_database, [ROW | {"asset_tag": f"A{n:04}"} for n in range(1001)])
    export = _importer(any_database).export(Selection(), TableFormat.CSV, SYSTEM)
    parts = [await anext(export), await anext(export)]
    # Meanwhile the last is renamed to come first, one that was not read yet is removed, and one is added.
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        tagged = await registry.store.devices_by_tag(["a1000", "a0999"])
        last, gone = tagged["a1000"], tagged["a0999"]
        renamed = NewDevice(**_text(last) | {"asset_tag": "A"})
        await registry.devices.change(last.id, renamed, version=1)
        await registry.devices.remove(gone.id, version=1)
        await registry.devices.register(NewDevice(**_text(last) | {"asset_tag": "B"}))
    assert held_connections(any_database) == 0
    parts += [part async for part in export]
    rows = list(csv.reader(io.StringIO("".join(parts), newline="")))
    assert [row[0] for row in rows[1:]] == [f"A{n:04}" for n in range(999)] + ["A"]


async def test_an_empty_export_is_an_empty_list(database: Database) -> None:
    importer = _importer(database)
    content = "".join([part async for part in importer.export(Selection(), TableFormat.JSON, SYSTEM)])
    assert json.loads(content) == []


async def test_progress_counts_up_to_all_rows(database: Database) -> None:
    await _prepare(database)
    told: list[ImportProgress] = []
    importer = _importer(database)
    rows = [ROW | {"asset_tag": f"A{n}"} for n in range(1200)]
    items = await importer.read(json.dumps(rows).encode(), TableFormat.JSON)
    await importer.run(items, SYSTEM, is_dry_run=False, tell=told.append)
    assert [(one.stage, one.done) for one in told] == [
        ("checking", 0),
        ("checking", 500),
        ("checking", 1000),
        ("checking", 1200),
        ("writing", 500),
        ("writing", 1000),
        ("writing", 1200),
    ]
