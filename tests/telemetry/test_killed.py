import random
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from nearhand.access.model import SYSTEM
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database, metadata
from nearhand.kit.ids import RandomIds
from nearhand.telemetry.model import SeriesKey
from nearhand.telemetry.service import pack_all, telemetry_on
from tests.support.factories import Registry
from tests.telemetry.killed import PER_BATCH

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("seed", range(3))
async def test_a_service_killed_while_it_packs_has_lost_nothing_and_doubled_nothing(
    tmp_path: Path, seed: int
) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'killed.db'}"
    database = Database(url)
    async with database.transaction() as connection:
        await connection.run_sync(metadata.create_all)
        device_id = (await Registry(connection).device()).id
    said = said_before_killed(url, device_id, after=random.Random(seed).randint(2, 40))

    clock = FixedClock()
    clock.advance(len(said) * 3 * 3600)
    for _ in range(2):
        stored = await counted(database, device_id, clock)
        # One batch may have been stored whose storing was not said any more.
        assert stored in {len(said) * PER_BATCH, (len(said) + 1) * PER_BATCH}
        await pack_all(database, clock)
    assert await counted(database, device_id, clock) == stored
    await database.close()


def said_before_killed(url: str, device_id: str, *, after: int) -> list[str]:
    command = [sys.executable, "-m", "tests.telemetry.killed", url, device_id]
    environment = {"PYTHONPATH": f"{ROOT / 'backend'}:{ROOT}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        return [*said, *process.stdout.readlines()]


async def counted(database: Database, device_id: str, clock: FixedClock) -> int:
    async with database.reading() as connection:
        telemetry = telemetry_on(connection, SYSTEM, ids=RandomIds(), clock=clock)
        chart = await telemetry.chart(
            SeriesKey(device_id=device_id, quantity="cpu_load"),
            since=FixedClock().now() - timedelta(days=1),
            until=clock.now() + timedelta(hours=1),
            buckets=10,
        )
    return sum(bucket.count for bucket in chart.buckets)
