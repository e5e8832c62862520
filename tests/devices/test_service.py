import asyncio

import pytest

from nearhand.devices.model import (
    DeviceStatus,
    DoesNotFit,
    LocationLoop,
    PositionTaken,
    StillInUse,
    WrongSite,
)
from nearhand.kit.database import Database, metadata
from nearhand.kit.errors import NotFound, Stale
from tests.support.factories import Registry, new_device, new_device_type, new_location, new_rack
from tests.support.postgres import Postgres


async def test_a_removed_device_is_still_known_to_its_labels(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        rack = await registry.rack(await registry.site())
        device = await registry.device(rack=rack, position_u=3)
        await registry.devices.remove(device.id, version=1)
        with pytest.raises(NotFound):
            await registry.devices.view(device.id)
        view = await registry.devices.view_even_removed(device.id)
        assert view.device.removed_at is not None
        assert (view.device.status, view.device.asset_tag) == (DeviceStatus.DECOMMISSIONED, device.asset_tag)
        assert (view.rack, view.device.position_u) == (rack, 3)
        # Its rack may go; what was there is then forgotten, the device not.
        await registry.places.remove_rack(rack.id, version=1)
        view = await registry.devices.view_even_removed(device.id)
        assert (view.rack, view.device.position_u) == (None, None)


async def test_what_never_was_is_not_found_even_by_labels(database: Database) -> None:
    async with database.reading() as connection:
        with pytest.raises(NotFound):
            await Registry(connection).devices.view_even_removed("0000000000ZZ")


async def test_a_rack_is_not_cut_shorter_than_what_is_mounted_in_it(database: Database) -> None:
    async with database.transaction() as connection:
        registry = Registry(connection)
        rack = await registry.rack(await registry.site())
        await registry.device(rack=rack, position_u=40)
        with pytest.raises(DoesNotFit, match="TOR-R07-U23 at U40"):
            await registry.places.change_rack(rack.id, new_rack(rack.site_id, height_u=39), version=1)
        changed = await registry.places.change_rack(rack.id, new_rack(rack.site_id, height_u=40), version=1)
        assert (changed.height_u, changed.version) == (40, 2)


async def test_a_rack_with_devices_stays_at_its_site(database: Database) -> None:
    async with database.transaction() as connection:
        registry = Registry(connection)
        rack = await registry.rack(await registry.site())
        other = await registry.site(name="Elsewhere")
        device = await registry.device(rack=rack)
        moved = new_rack(other.id)
        with pytest.raises(StillInUse):
            await registry.places.change_rack(rack.id, moved, version=1)
        await registry.devices.remove(device.id, version=1)
        assert (await registry.places.change_rack(rack.id, moved, version=1)).site_id == other.id


async def test_a_type_does_not_grow_into_its_neighbours(database: Database) -> None:
    async with database.transaction() as connection:
        registry = Registry(connection)
        rack, device_type = await registry.rack(await registry.site()), await registry.device_type()
        await registry.device(device_type=device_type, rack=rack, position_u=1, asset_tag="A")
        await registry.device(device_type=device_type, rack=rack, position_u=2, asset_tag="B")
    async with database.reading() as connection:
        with pytest.raises(PositionTaken, match="A and B"):
            await Registry(connection).devices.change_device_type(
                device_type.id, new_device_type(height_u=2), version=1
            )


async def test_a_type_does_not_grow_out_of_the_rack(database: Database) -> None:
    async with database.transaction() as connection:
        registry = Registry(connection)
        rack, device_type = await registry.rack(await registry.site()), await registry.device_type()
        await registry.device(device_type=device_type, rack=rack, position_u=42)
    async with database.reading() as connection:
        with pytest.raises(DoesNotFit):
            await Registry(connection).devices.change_device_type(
                device_type.id, new_device_type(height_u=2), version=1
            )


async def test_a_type_may_become_less_deep_and_then_shares_its_units(database: Database) -> None:
    async with database.transaction() as connection:
        registry = Registry(connection)
        rack, device_type = await registry.rack(await registry.site()), await registry.device_type()
        await registry.device(device_type=device_type, rack=rack, position_u=1, asset_tag="A")
        shallow = new_device_type(is_full_depth=False)
        changed = await registry.devices.change_device_type(device_type.id, shallow, version=1)
        rear = await registry.device(device_type=changed, rack=rack, position_u=1, asset_tag="B", face="rear")
        assert rear.position_u == 1


async def test_a_location_does_not_lie_inside_itself(database: Database) -> None:
    async with database.transaction() as connection:
        registry = Registry(connection)
        site = await registry.site()
        hall = await registry.location(site)
        row = await registry.location(site, name="Row A", parent_id=hall.id)
        for parent in (hall, row):
            with pytest.raises(LocationLoop):
                await registry.places.change_location(
                    hall.id, new_location(site.id, parent_id=parent.id), version=1
                )


async def test_a_location_that_holds_something_stays_at_its_site(database: Database) -> None:
    async with database.transaction() as connection:
        registry = Registry(connection)
        site, other = await registry.site(), await registry.site(name="Elsewhere")
        hall = await registry.location(site)
        await registry.rack(site, location_id=hall.id)
        with pytest.raises(StillInUse):
            await registry.places.change_location(hall.id, new_location(other.id), version=1)
        with pytest.raises(WrongSite):
            await registry.location(other, parent_id=hall.id)


async def test_of_two_changes_at_once_the_later_is_refused_even_past_the_first_check(
    any_database: Database,
) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        device = await registry.device()
        device_type = await registry.devices.device_type(device.device_type_id)
        changed = device.model_copy(update={"version": 2})
        assert await registry.store.replace_device(changed, device_type, "", version=1)
        assert not await registry.store.replace_device(changed, device_type, "", version=1)
        with pytest.raises(Stale):
            await registry.devices.change(
                device.id, new_device(device.device_type_id, device.site_id), version=1
            )


async def test_of_two_devices_for_one_free_place_one_is_refused(postgres: Postgres) -> None:
    """SQLite has one writer at a time; PostgreSQL needs the rack's lock."""
    database = Database(postgres.new_database_url())
    async with database.transaction() as connection:
        await connection.run_sync(metadata.create_all)
        registry = Registry(connection)
        rack, device_type = await registry.rack(await registry.site()), await registry.device_type()

    async def mount(asset_tag: str) -> None:
        new = new_device(device_type.id, rack.site_id, asset_tag=asset_tag, rack_id=rack.id, position_u=1)
        async with database.transaction() as connection:
            await Registry(connection).devices.register(new)

    results = await asyncio.gather(*(mount(f"T{n}") for n in range(4)), return_exceptions=True)
    await database.close()
    assert [type(result) for result in results].count(PositionTaken) == 3
