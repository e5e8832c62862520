"""Record and pack without end, saying aloud what is stored; somebody will kill this."""

import asyncio
import sys
from datetime import timedelta

from nearhand.access.model import SYSTEM
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.ids import RandomIds
from nearhand.telemetry.model import Sample, SampleBatch, SeriesKey
from nearhand.telemetry.service import pack_all, telemetry_on

PER_BATCH = 50


def batch(device_id: str, clock: FixedClock, number: int) -> SampleBatch:
    """Half an hour of samples that says which batch it is."""
    samples = (
        Sample(at=clock.now() - timedelta(seconds=30 * i), value=float(number)) for i in range(PER_BATCH)
    )
    return SampleBatch(
        key=SeriesKey(device_id=device_id, quantity="cpu_load"), unit="%", samples=tuple(samples)
    )


async def main(url: str, device_id: str) -> None:
    database, clock = Database(url), FixedClock()
    number = 0
    while True:
        async with database.transaction() as connection:
            telemetry = telemetry_on(connection, SYSTEM, ids=RandomIds(), clock=clock)
            await telemetry.record([batch(device_id, clock, number)])
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        clock.advance(3 * 3600)
        await pack_all(database, clock)
        number += 1


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
