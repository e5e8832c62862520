"""The session channel under chaos; `python -m tests.chaos --runs 1000` does more of the same."""

import random
from collections.abc import Callable

import pytest

from tests.chaos.runs import run

RUNS_PER_SERVER = 50


@pytest.mark.slow
@pytest.mark.parametrize("server", [1, 2])
async def test_no_event_is_lost_doubled_or_reordered_whatever_dies(
    server: int, record_property: Callable[[str, object], None]
) -> None:
    """L2. L3. L4. L16. 100 runs in all: each ends with equal, gap-free logs and every acknowledged wish stored once."""
    seed = random.SystemRandom().randrange(10**6)
    outcome = await run(seed, RUNS_PER_SERVER)
    record_property("chaos", str(outcome))
    assert outcome.broken == [], f"again with: python -m tests.chaos --runs {RUNS_PER_SERVER} --seed {seed}"
    assert outcome.counts.aborts > 0
    assert outcome.counts.resumed > 0
    assert outcome.kills == 2
