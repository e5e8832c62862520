"""View, change and seal without end, saying aloud what was acknowledged; somebody will kill this."""

import asyncio
import sys
from pathlib import Path

from nearhand.audit.service import Ledger
from nearhand.kit.clock import SystemClock
from nearhand.kit.database import Database, metadata
from tests.support.ledger import change, seen


async def main(folder: Path, start: int) -> None:
    database = Database(f"sqlite+aiosqlite:///{folder / 'killed.db'}")
    if start == 0:
        async with database.transaction() as connection:
            await connection.run_sync(metadata.create_all)
    ledger = Ledger(database, folder, clock=SystemClock(), key_file=None)
    await ledger.start()

    async def sealing() -> None:
        while True:
            await ledger.seal()
            await asyncio.sleep(0.003)

    asyncio.get_running_loop().create_task(sealing()).add_done_callback(lambda _: sys.exit(3))
    number = start
    while True:
        await (ledger.record(seen(number)) if number % 3 else change(database, number))
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += 1


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
