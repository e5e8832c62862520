from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event

from nearhand.devices.model import AssetTagTaken, NameTaken, Selection, StillInUse
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.ids import SequentialIds
from tests.support.factories import Registry, new_device_type


async def _tags(registry: Registry, **selection: Any) -> list[str]:
    found, total = await registry.store.devices(Selection(**selection), 100, 0)
    assert total == len(found)
    return [device.asset_tag for device in found]


async def test_what_is_added_is_read_back_unchanged(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        site = await registry.site(address="Line one\nLine two")
        hall = await registry.location(site)
        rack = await registry.rack(site, location_id=hall.id, first_u=0, counted_from="top")
        device_type = await registry.device_type(rear=None)
        device = await registry.device(device_type=device_type, rack=rack, position_u=23)
    async with any_database.reading() as connection:
        view = await Registry(connection).store.view(device.id)
    assert view is not None
    assert (view.device, view.device_type, view.site, view.rack, view.location) == (
        device,
        device_type,
        site,
        rack,
        hall,
    )


async def test_a_device_without_a_rack_has_a_view_without_rack_and_location(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        device = await registry.device()
        view = await registry.store.view(device.id)
    assert view is not None
    assert (view.rack, view.location) == (None, None)


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ("TOR-R07-U23", True),
        ("tor r07", True),
        ("r0", True),  # the last word may be unfinished
        ("r0 tor", False),  # an earlier one not
        ("電源", True),
        ("电源", True),  # simplified finds traditional
        ("ups電源", False),
        ("电", True),
        ("源電", False),
        ("FDO23280A1B", True),
        ("0A1B", True),  # the end of a serial, as people read it out
        ("80a1", True),
        ("acme tor-48", True),  # the type
        ("bank", True),  # the tenant
        ("unknown", False),
        ('"; DROP TABLE device --', False),
        ("tor' | 'x", False),
    ],
)
async def test_search_finds_a_device_by_what_people_type(
    any_database: Database, typed: str, is_found: bool
) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        bank = await registry.tenant(name="Example Bank")
        await registry.device(name="二號電源供應器", tenant_id=bank.id)
        assert bool(await _tags(registry, q=typed)) is is_found


async def test_a_search_of_signs_only_is_no_search(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        await registry.device()
        assert await _tags(registry, q=" -*' ") == ["TOR-R07-U23"]


async def test_the_device_whose_tag_was_typed_stands_first(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        device_type, rack = await registry.device_type(), await registry.rack(await registry.site())
        for tag, name in (("A1", "beside B2"), ("B2-SPARE", "x"), ("B2", "y")):
            await registry.device(device_type=device_type, rack=rack, asset_tag=tag, name=name)
        assert await _tags(registry, q="b2") == ["B2", "B2-SPARE", "A1"]
        assert await _tags(registry, q="b2", sort="-asset_tag") == ["B2-SPARE", "B2", "A1"]


async def test_a_broad_search_is_listed_by_asset_tag(
    any_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nearhand.devices.store.NARROW_HITS", 1)
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        device_type, rack = await registry.device_type(), await registry.rack(await registry.site())
        for tag in ("C3", "A1", "B2"):
            await registry.device(device_type=device_type, rack=rack, asset_tag=tag)
        assert await _tags(registry, q="acme") == ["A1", "B2", "C3"]
        assert await _tags(registry, q="acme", filters={"rack_id": rack.id}) == ["A1", "B2", "C3"]


async def test_pages_cut_the_list_without_loss_or_repetition(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        device_type, rack = await registry.device_type(), await registry.rack(await registry.site())
        for number in range(7):
            await registry.device(device_type=device_type, rack=rack, asset_tag=f"T{number}", name="same")
        pages = [await registry.store.devices(Selection(sort="name"), 3, offset) for offset in (0, 3, 6, 9)]
    assert [len(items) for items, _ in pages] == [3, 3, 1, 0]
    assert {total for _, total in pages} == {7}
    assert [device.asset_tag for items, _ in pages for device in items] == [f"T{n}" for n in range(7)]


async def test_filters_narrow_the_list(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        site = await registry.site()
        hall = await registry.location(site)
        rack = await registry.rack(site, location_id=hall.id)
        router = await registry.device_type(model="R1", kind="router")
        one, two = await registry.tenant(name="One"), await registry.tenant(name="Two")
        await registry.device(
            device_type=router, rack=rack, asset_tag="R", tenant_id=one.id, status="planned"
        )
        await registry.device(rack=rack, asset_tag="S", tenant_id=two.id)
        for filters in (
            {"kind": "router"},
            {"device_type_id": router.id},
            {"tenant_id": one.id},
            {"status": "planned"},
        ):
            assert await _tags(registry, filters=filters) == ["R"]
        for filters in ({"site_id": site.id}, {"rack_id": rack.id}, {"location_id": hall.id}):
            assert await _tags(registry, filters=filters) == ["R", "S"]
        assert await _tags(registry, filters={"kind": "router", "site_id": site.id}, q="acme") == ["R"]


async def test_an_asset_tag_is_taken_in_whatever_case_it_is_typed(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        await Registry(connection).device(asset_tag="Tor-1")
    async with any_database.reading() as connection:
        registry = Registry(connection)
        known = (await registry.store.devices(Selection(), 1, 0))[0][0]
        double = known.model_copy(update={"id": "another", "asset_tag": "TOR-1"})
        device_type = await registry.devices.device_type(known.device_type_id)
        with pytest.raises(AssetTagTaken):
            await registry.store.add_device(double, device_type, "")


async def test_names_are_unique_where_they_are_looked_for(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        site = await registry.site()
        hall, other = await registry.location(site), await registry.location(site, name="Hall 3")
        await registry.rack(site, location_id=hall.id)
        await registry.rack(site, location_id=other.id)  # another R07, in another hall
    again: list[Callable[[Registry], Awaitable[Any]]] = [
        lambda registry: registry.site(),
        lambda registry: registry.location(site),
        lambda registry: registry.rack(site, location_id=hall.id),
    ]
    for add in again:
        async with any_database.reading() as connection:
            with pytest.raises(NameTaken):
                await add(Registry(connection))


async def test_something_other_records_refer_to_is_not_removed(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        device = await Registry(connection).device()
    async with any_database.reading() as connection:
        with pytest.raises(StillInUse):
            await Registry(connection).store.sites.remove(device.site_id, version=1)


async def test_a_renamed_type_finds_its_devices_by_the_new_name_only(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        device_type = await registry.device_type()
        await registry.device(device_type=device_type)
        await registry.devices.change_device_type(
            device_type.id, new_device_type(manufacturer="Zenith"), version=1
        )
        assert await _tags(registry, q="zenith") == ["TOR-R07-U23"]
        assert await _tags(registry, q="acme") == []


@pytest.mark.parametrize("typed", ["r0", "R07", "07"])
async def test_short_lists_are_searched_too(any_database: Database, typed: str) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        site = await registry.site()
        await registry.rack(site)
        await registry.rack(site, name="100%_R08")
        found, total = await registry.store.racks.page(Selection(q=typed), 10, 0)
    expected = {"r0": 2, "R07": 1, "07": 0}[typed]
    assert (len(found), total) == (expected, expected)


async def test_each_answer_takes_the_same_few_queries_however_much_there_is(database: Database) -> None:
    asked: list[str] = []
    event.listen(
        database.engine.sync_engine,
        "before_cursor_execute",
        lambda conn, cursor, statement, *rest: asked.append(statement),
    )

    async def queries(work: Any) -> int:
        asked.clear()
        await work
        return len(asked)

    async with database.transaction() as connection:
        registry = Registry(connection, ids=SequentialIds(), clock=FixedClock())
        device_type, rack = await registry.device_type(), await registry.rack(await registry.site())
        devices = [
            await registry.device(device_type=device_type, rack=rack, position_u=u, asset_tag=f"T{u}")
            for u in range(1, 21)
        ]
        store = registry.store
        assert await queries(store.view(devices[0].id)) == 1
        assert await queries(store.view_by_tag("t7")) == 1
        assert await queries(store.devices(Selection(), 50, 0)) == 2
        assert await queries(store.devices(Selection(q="acme", sort="name"), 50, 0)) == 2
        assert await queries(registry.places.elevation(rack.id)) == 2
        assert await queries(store.racks.page(Selection(), 50, 0)) == 2
