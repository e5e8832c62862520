from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from nearhand.access.model import SYSTEM
from nearhand.devices.importer import Importer
from nearhand.devices.model import Device, DeviceType, ImportReport, NewDevice, Rack
from nearhand.devices.tabular import TableFormat
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.errors import Overtaken
from nearhand.kit.ids import RandomIds
from nearhand.labels.model import Label, NewLabel, NoTagsLeft, TagClash
from nearhand.labels.service import RegisteredLabels, labels_on, tag_inspector
from tests.support.factories import Registry, stamp_of

BASE_URL = "http://a.example"


class Hall:
    """Two racks with a labelled device each, and what may happen to them."""

    def __init__(self, database: Database, clock: FixedClock, tmp_path: Path) -> None:
        self.database = database
        self.given: dict[str, Any] = {
            "ids": RandomIds(),
            "clock": clock,
            "stamp": stamp_of(BASE_URL, tmp_path),
        }
        self.labels = RegisteredLabels(database, SYSTEM, **self.given)

    async def furnish(self) -> None:
        async with self.database.transaction() as connection:
            registry = Registry(connection)
            site = await registry.site()
            self.racks: list[Rack] = [await registry.rack(site, name=name) for name in ("R1", "R2")]
            self.kind: DeviceType = await registry.device_type()
            self.devices: list[Device] = [
                await registry.device(device_type=self.kind, rack=rack, asset_tag=tag)
                for rack, tag in zip(self.racks, ("A-1", "A-2"), strict=True)
            ]

    async def move(self, device: Device, rack: Rack) -> None:
        async with self.database.transaction() as connection:
            devices = Registry(connection).devices
            now = await devices.device(device.id)
            new = NewDevice(**now.model_dump(include=set(NewDevice.model_fields)) | {"rack_id": rack.id})
            await devices.change(device.id, new, version=now.version)

    async def import_move(self, device: Device, rack: Rack, *, is_dry_run: bool) -> ImportReport:
        importer = Importer(
            self.database,
            ids=self.given["ids"],
            clock=self.given["clock"],
            inspect_moves=tag_inspector(**self.given),
        )
        content = f"asset_tag,rack\n{device.asset_tag},{rack.name}\n".encode()
        rows = await importer.read(content, TableFormat.CSV)
        return await importer.run(rows, SYSTEM, is_dry_run=is_dry_run, tell=lambda progress: None)

    async def clashes(self, rack: Rack) -> list[TagClash]:
        async with self.database.reading() as connection:
            return await labels_on(connection, SYSTEM, **self.given).clashes_of_rack(rack.id)

    async def clashes_of(self, device: Device) -> list[TagClash]:
        async with self.database.reading() as connection:
            return await labels_on(connection, SYSTEM, **self.given).clashes_of_device(device.id)


@pytest.fixture
async def hall(
    any_database: Database, clock: FixedClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Hall:
    """Both racks begin with the same tag ids, as happens to two of many."""
    monkeypatch.setattr("nearhand.labels.service.first_tag_id", lambda scope: 7)
    hall = Hall(any_database, clock, tmp_path)
    await hall.furnish()
    return hall


def ids(label: Label) -> set[int]:
    return {tag.id for tag in label.tags}


async def test_a_moved_device_whose_tags_are_there_already_clashes_until_it_gets_a_new_label(
    hall: Hall, clock: FixedClock
) -> None:
    stays, moves = hall.devices
    first, old = [await hall.labels.make(device.id, NewLabel()) for device in hall.devices]
    assert ids(first) == ids(old) == {7, 8}
    assert await hall.clashes(hall.racks[0]) == []

    await hall.move(moves, hall.racks[0])
    found = await hall.clashes(hall.racks[0])
    assert [(clash.tag_id, {b.asset_tag for b in clash.bearers}) for clash in found] == [
        (7, {"A-1", "A-2"}),
        (8, {"A-1", "A-2"}),
    ]
    assert await hall.clashes_of(moves) == await hall.clashes_of(stays) == found

    clock.advance(1)
    new = await hall.labels.make(moves.id, NewLabel())
    assert not ids(new) & {7, 8}
    assert await hall.clashes(hall.racks[0]) == []
    async with hall.database.reading() as connection:
        assert (await labels_on(connection, SYSTEM, **hall.given).resolve(old.code)).label == old


async def test_a_new_label_shuns_the_tags_that_a_moved_device_brought_along(hall: Hall) -> None:
    stays, moves = hall.devices
    await hall.labels.make(moves.id, NewLabel())
    await hall.move(moves, hall.racks[0])
    assert ids(await hall.labels.make(stays.id, NewLabel())) == {9, 10}
    assert await hall.clashes(hall.racks[0]) == []


async def test_an_import_that_moves_a_device_tells_what_clashes_when_tried_and_when_done(hall: Hall) -> None:
    stays, moves = hall.devices
    for device in hall.devices:
        await hall.labels.make(device.id, NewLabel())
    tried = await hall.import_move(moves, hall.racks[0], is_dry_run=True)
    done = await hall.import_move(moves, hall.racks[0], is_dry_run=False)
    assert (tried.is_applied, done.is_applied) == (False, True)
    assert tried.findings == done.findings
    assert [(one.code, one.device_id) for one in done.findings] == [("tag_clash", moves.id)] * 2
    assert stays.asset_tag in done.findings[0].message
    away = await hall.import_move(moves, hall.racks[1], is_dry_run=False)
    assert (away.updated, away.findings) == (1, ())


async def test_a_label_whose_tags_were_taken_while_it_was_drawn_is_not_kept(hall: Hall) -> None:
    device = hall.devices[0]
    slow = await hall.labels.drawn(device.id, NewLabel())
    await hall.labels.make(device.id, NewLabel())
    with pytest.raises(Overtaken):
        async with hall.database.transaction() as connection:
            await labels_on(connection, SYSTEM, **hall.given).keep(slow)


@pytest.mark.slow
async def test_tag_ids_are_unique_in_a_rack_until_none_is_left(
    database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    hall = Hall(database, clock, tmp_path)
    await hall.furnish()
    await hall.move(hall.devices[1], hall.racks[0])
    seen: list[int] = []
    for number in range(125):
        label = await hall.labels.make(hall.devices[number % 2].id, NewLabel())
        seen += [tag.id for tag in label.tags]
    assert len(set(seen)) == len(seen) == 250
    with pytest.raises(NoTagsLeft):
        await hall.labels.make(hall.devices[0].id, NewLabel())


async def test_a_map_takes_the_same_few_queries_whatever_the_rack_holds(hall: Hall) -> None:
    rack = hall.racks[0]
    async with hall.database.transaction() as connection:
        registry = Registry(connection)
        mounted = [
            await registry.device(device_type=hall.kind, rack=rack, position_u=u, asset_tag=f"T{u}")
            for u in range(1, 6)
        ]
    for device in mounted:
        await hall.labels.make(device.id, NewLabel())
    asked: list[str] = []
    async with hall.database.reading() as connection:
        event.listen(
            hall.database.engine.sync_engine,
            "before_cursor_execute",
            lambda conn, cursor, statement, *rest: asked.append(statement),
        )
        elevation = await Registry(connection).places.elevation(rack.id)
        found = await labels_on(connection, SYSTEM, **hall.given).rack_map(elevation)
    assert [len(one.layout.tags) for one in found.front.devices if one.layout] == [2] * 5
    assert len(asked) == 3
