import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.model import SYSTEM
from nearhand.app import Resources
from nearhand.devices.service import devices_on
from nearhand.migrations.upgrade import upgrade
from nearhand.simulation.seed import DEMO_TAG, seed_registry
from nearhand.simulation.telemetry import UNITS, feed_telemetry, seed_telemetry, simulated
from nearhand.telemetry.model import Chart, Series, SeriesKey
from nearhand.telemetry.service import telemetry_on


@given(st.sampled_from(sorted(UNITS)), st.integers(1_600_000_000, 2_200_000_000), st.booleans())
def test_the_same_time_is_always_measured_alike_and_believable(
    quantity: str, at_s: int, is_ill: bool
) -> None:
    at = datetime.fromtimestamp(at_s, UTC)
    key = SeriesKey(device_id="D", quantity=quantity, port="37")
    fault = at - timedelta(days=3) if is_ill else None
    value = simulated(key, at, fault_began_at=fault)
    assert value == simulated(key, at, fault_began_at=fault)
    low, high = {"cpu_load": (0, 100), "rx_power": (-25, 0), "temperature": (20, 60)}.get(quantity, (0, 25e9))
    assert low <= value <= high


@pytest.fixture
async def seeded(resources: Resources) -> AsyncIterator[Resources]:
    await upgrade(resources.database)
    await seed_registry(resources)
    await seed_telemetry(resources)
    yield resources
    await resources.database.close()


async def chart(resources: Resources, quantity: str, port: str, days: int) -> Chart:
    async with resources.database.reading() as connection:
        device = await devices_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock).view_by_tag(
            DEMO_TAG
        )
        key = SeriesKey(device_id=device.device.id, quantity=quantity, port=port)
        since, until = (
            resources.clock.now() - timedelta(days=days),
            resources.clock.now() + timedelta(seconds=1),
        )
        telemetry = telemetry_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock)
        return await telemetry.chart(key, since=since, until=until, buckets=30)


async def series(resources: Resources) -> list[Series]:
    async with resources.database.reading() as connection:
        device = await devices_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock).view_by_tag(
            DEMO_TAG
        )
        telemetry = telemetry_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock)
        return await telemetry.series(device.device.id)


async def test_thirty_days_show_the_optic_in_port_37_dying_and_its_neighbour_in_health(
    seeded: Resources,
) -> None:
    errors, light = await chart(seeded, "errors_in", "37", 30), await chart(seeded, "rx_power", "37", 30)
    assert sum(bucket.count for bucket in errors.buckets) == 8640
    assert errors.buckets[0].mean < 1 < 100 < errors.buckets[-1].mean
    assert light.buckets[-1].mean < -9 < -5 < light.buckets[0].mean
    neighbour = await chart(seeded, "errors_in", "36", 30)
    assert max(bucket.mean for bucket in neighbour.buckets) < 1


async def test_a_demo_started_again_fills_the_gap_and_nothing_else(seeded: Resources) -> None:
    seeded.clock.advance(3600)  # type: ignore[attr-defined]
    await seed_telemetry(seeded)
    await seed_telemetry(seeded)
    whole = await chart(seeded, "cpu_load", "", 40)
    assert sum(bucket.count for bucket in whole.buckets) == 8640 + 12


async def test_the_feed_adds_a_sample_to_every_series(seeded: Resources) -> None:
    seeded.clock.advance(70)  # type: ignore[attr-defined]
    feed = asyncio.create_task(feed_telemetry(seeded))
    while (await series(seeded))[-1].last_at != seeded.clock.now():  # noqa: ASYNC110  the feed rings no bell
        await asyncio.sleep(0)
    feed.cancel()
    await asyncio.gather(feed, return_exceptions=True)
    assert {each.last_at for each in await series(seeded)} == {seeded.clock.now()}
