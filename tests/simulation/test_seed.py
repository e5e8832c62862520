from collections import Counter

from nearhand.access.model import Role, everywhere
from nearhand.app import Resources
from nearhand.devices.model import DeviceView, Rack, Selection, first_overlap
from nearhand.devices.store import DeviceStore
from nearhand.kit.database import metadata
from nearhand.simulation.seed import DEMO_TAG, seed_registry


async def _seeded(resources: Resources) -> tuple[list[DeviceView], list[Rack]]:
    async with resources.database.transaction() as connection:
        await connection.run_sync(metadata.create_all)
    await seed_registry(resources)
    await seed_registry(resources)  # a second time changes nothing
    async with resources.database.reading() as connection:
        store = DeviceStore(connection, everywhere(Role.ADMIN))
        views = await store.views(await store.numbers(Selection()))
        racks = await store.racks.every()
        mounted = await store.mounted_in([rack.id for rack in racks])
        assert not [one for one in mounted if first_overlap(one, mounted)]
    await resources.database.close()
    return views, racks


async def test_the_demo_has_200_devices_in_three_sites_and_the_switch_everyone_looks_at(
    resources: Resources,
) -> None:
    views, racks = await _seeded(resources)
    assert len(views) == 200
    assert len({view.site.id for view in views}) == 3
    assert len({view.device.serial for view in views}) == 200
    assert len({view.device.tenant_id for view in views}) >= 3
    assert len(Counter(view.device_type.model for view in views)) >= 12
    assert {0, 1} == {rack.first_u for rack in racks}
    assert {"bottom", "top"} == {rack.counted_from for rack in racks}
    (demo,) = (view for view in views if view.device.asset_tag == DEMO_TAG)
    assert demo.rack is not None
    assert demo.location is not None
    assert (demo.location.name, demo.rack.name, demo.device.position_u) == ("Hall 2", "R07", 23)
    assert demo.device_type.height_u == 1
    assert demo.device_type.front.port("37") is not None
