"""A new registry knows the catalogue's device types; one that was ever in use is left as it is."""

from collections.abc import AsyncIterator

import pytest
from alembic import command

from nearhand.devices.catalogue import catalogue
from nearhand.devices.model import DeviceType, NewDeviceType, Selection, first_version
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.http import PageQuery
from nearhand.migrations.upgrade import alembic_config, upgrade
from tests.support.factories import Registry, new_device_type

ALL = PageQuery(limit=200, offset=0)


@pytest.fixture(params=["sqlite", "postgres"])
async def empty(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """A database without a single table."""
    url = "sqlite+aiosqlite:///:memory:"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").new_database_url()
    database = Database(url)
    yield database
    await database.close()


async def known(database: Database, q: str = "") -> list[NewDeviceType]:
    async with database.reading() as connection:
        found = await Registry(connection).devices.device_types(Selection(q=q), ALL)
    of_new = set(NewDeviceType.model_fields)
    return [NewDeviceType.model_validate(one.model_dump(include=of_new)) for one in found.items]


async def test_a_new_registry_has_the_catalogue_and_finds_it(empty: Database) -> None:
    await upgrade(empty)
    await upgrade(empty)
    found = {one.model: one for one in await known(empty)}
    assert found == {one.model: one for one in catalogue()}
    assert [one.model for one in await known(empty, "cisco 93180")] == ["Nexus 93180YC-FX"]


async def test_what_was_removed_of_it_stays_removed(empty: Database) -> None:
    await upgrade(empty)
    async with empty.transaction() as connection:
        devices = Registry(connection).devices
        for one in (await devices.device_types(Selection(), ALL)).items:
            await devices.remove_device_type(one.id, version=one.version)
    await upgrade(empty)
    assert await known(empty) == []


async def test_a_registry_that_had_types_before_keeps_its_own_alone(empty: Database) -> None:
    async with empty.transaction() as connection:
        await connection.run_sync(lambda on: command.upgrade(alembic_config(on), "0001"))
        now = FixedClock().now()
        old = first_version(DeviceType, new_device_type(), noun_id="T", now=now)
        await Registry(connection).store.device_types.add(old)
    await upgrade(empty)
    assert await known(empty) == [new_device_type()]
