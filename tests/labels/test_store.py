from pathlib import Path

import pytest

from nearhand.access.model import SYSTEM, Permission
from nearhand.devices.model import LabelSigning
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.errors import Overtaken
from nearhand.kit.http import PageQuery
from nearhand.kit.ids import RandomIds
from nearhand.labels.model import Label, NewLabel, NewSheet
from nearhand.labels.service import RegisteredLabels, labels_on
from nearhand.labels.store import LabelStore
from tests.support.factories import Registry, stamp_of


async def test_a_label_is_found_again_as_it_was_made_whatever_the_address_is_now(
    any_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with any_database.transaction() as connection:
        device = await Registry(connection).device()
    before = RegisteredLabels(
        any_database, SYSTEM, ids=RandomIds(), clock=clock, stamp=stamp_of("http://old.example", tmp_path)
    )
    label = await before.make(device.id, NewLabel())
    async with any_database.reading() as connection:
        now = labels_on(
            connection,
            SYSTEM,
            ids=RandomIds(),
            clock=clock,
            stamp=stamp_of("https://new.example:8443", tmp_path),
        )
        assert (await now.resolve(label.text.lower())).label == label
        assert await now.of_device(device.id) == [label]
        assert await now.for_sheet(NewSheet(device_ids=(device.id,))) == [(label, device.asset_tag)]
        problems = (await now.sort_out([label.text, "WIFI:S:x;;", "https://new.example/D/0000ZZZZ"])).problems
        assert problems == {"WIFI:S:x;;": "foreign_label", "https://new.example/D/0000ZZZZ": "unknown_label"}


async def test_the_newest_label_of_each_face_is_listed_by_its_key(
    any_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        site = await registry.site(label_signing=LabelSigning.WARN)
        device = await registry.device(rack=await registry.rack(site))
    stamp = stamp_of("http://a.example", tmp_path)
    labels = RegisteredLabels(any_database, SYSTEM, ids=RandomIds(), clock=clock, stamp=stamp)
    await labels.make(device.id, NewLabel())
    clock.advance(1)
    newest = await labels.make(device.id, NewLabel())

    async def listed(is_signed: bool | None, *good_keys: str) -> list[Label]:
        async with any_database.reading() as connection:
            store = LabelStore(connection, SYSTEM.grants_with(Permission.DEVICES_READ))
            page = PageQuery(limit=10, offset=0)
            found, total = await store.newest(page, site_id=None, is_signed=is_signed, good_keys=good_keys)
        assert total == len(found)
        return found

    assert await listed(None) == await listed(True, "0") == await listed(False, "1") == [newest]
    assert await listed(True) == await listed(True, "1") == await listed(False, "0") == []


async def test_two_labels_never_get_the_same_tag_in_one_rack(
    any_database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    async with any_database.transaction() as connection:
        device = await Registry(connection).device()
    labels = RegisteredLabels(
        any_database, SYSTEM, ids=RandomIds(), clock=clock, stamp=stamp_of("http://a.example", tmp_path)
    )
    label = await labels.make(device.id, NewLabel())
    for twin in (label.model_copy(update={"code": "0000ZZZZ"}), label.model_copy(update={"tags": ()})):
        with pytest.raises(Overtaken):
            async with any_database.transaction() as connection:
                await LabelStore(connection, SYSTEM.grants_with(Permission.DEVICES_READ)).add(
                    twin, scope=f"site:{device.site_id}"
                )
