"""A service that is killed at any moment has lost nothing it acknowledged, doubled nothing, reordered nothing."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from nearhand.audit.inspection import verify_database
from nearhand.audit.service import Ledger
from nearhand.kit.clock import SystemClock
from nearhand.kit.database import Database
from tests.support.ledger import entries

ROOT = Path(__file__).parents[2]
STRIDE = 100_000  # between the numbers of one life and the next


@pytest.mark.parametrize("seed", range(2))
async def test_killed_again_and_again_it_goes_on_where_it_was(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    said: list[int] = []
    for life in range(4):
        said += said_before_killed(tmp_path, life * STRIDE, after=chance.randint(5, 400))
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'killed.db'}")
    ledger = Ledger(database, tmp_path, clock=SystemClock(), key_file=None)
    await ledger.start()
    kept = [
        int(one.about.id[1:]) for one in await entries(ledger) if one.about and one.about.kind == "device"
    ]
    await verify_database(database)
    # In order; and of each life at most the one more that was stored and not said any more.
    assert kept == sorted(set(kept))
    assert set(said) <= set(kept)
    assert set(kept) - set(said) <= {n + 1 for n in said if n + 1 not in said} | {
        n * STRIDE for n in range(4)
    }
    await ledger.stop()
    await database.close()


def said_before_killed(folder: Path, start: int, *, after: int) -> list[int]:
    command = [sys.executable, "-m", "tests.audit.killed", str(folder), str(start)]
    environment = {"PYTHONPATH": f"{ROOT / 'backend'}:{ROOT}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(after)]
        process.send_signal(signal.SIGKILL)
        return [int(line) for line in [*said, *process.stdout.readlines()] if line.endswith("\n")]
