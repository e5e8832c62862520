import pytest

from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.errors import Conflict
from nearhand.kit.ids import RandomIds
from nearhand.labels.model import NewLabel, NewSheet
from nearhand.labels.service import labels_on
from nearhand.labels.store import LabelStore
from tests.support.factories import Registry


async def test_a_label_is_found_again_as_it_was_made_whatever_the_address_is_now(
    any_database: Database, clock: FixedClock
) -> None:
    async with any_database.transaction() as connection:
        device = await Registry(connection).device()
        before = labels_on(connection, ids=RandomIds(), clock=clock, base_url="http://old.example")
        label = await before.make(device.id, NewLabel())
    async with any_database.reading() as connection:
        now = labels_on(connection, ids=RandomIds(), clock=clock, base_url="https://new.example:8443")
        assert (await now.resolve(label.text.lower())).label == label
        assert await now.of_device(device.id) == [label]
        assert await now.for_sheet(NewSheet(device_ids=(device.id,))) == [(label, device.asset_tag)]
        problems = (await now.sort_out([label.text, "WIFI:S:x;;", "https://new.example/D/0000ZZZZ"]))[1]
        assert problems == {"WIFI:S:x;;": "foreign_label", "https://new.example/D/0000ZZZZ": "unknown_label"}


async def test_two_labels_never_get_the_same_tag_in_one_rack(
    any_database: Database, clock: FixedClock
) -> None:
    async with any_database.transaction() as connection:
        device = await Registry(connection).device()
        service = labels_on(connection, ids=RandomIds(), clock=clock, base_url="http://a.example")
        label = await service.make(device.id, NewLabel())
    with pytest.raises(Conflict):
        async with any_database.transaction() as connection:
            twin = label.model_copy(update={"code": "0000ZZZZ"})
            await LabelStore(connection).add(twin, scope=f"site:{device.site_id}")
