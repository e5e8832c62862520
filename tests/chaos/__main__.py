"""Chaos on demand: `python -m tests.chaos --runs 1000 [--seed 7]` prints what each server's runs did, and a sum."""

import argparse
import asyncio
import random
import sys

from tests.chaos.runs import run

PER_SERVER = 50


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=100, help="sessions in all, 50 to a server process")
    parser.add_argument("--seed", type=int, help="begin with this seed; else a random one")
    options = parser.parse_args()
    seed = random.randrange(10**6) if options.seed is None else options.seed
    left, broken, seconds = options.runs, 0, 0.0
    while left > 0:
        outcome = asyncio.run(run(seed, min(left, PER_SERVER)))
        print(outcome, flush=True)  # noqa: T201
        broken += len(outcome.broken)
        seconds += outcome.seconds
        left -= outcome.runs
        seed += 1
    print(f"{options.runs} runs in {seconds:.0f} s, {broken} broken promises")  # noqa: T201
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
