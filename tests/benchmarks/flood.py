"""What a flood of sign-ins from one address costs everybody else.

A person's console asks for lists, 40 times a second from one address; another address tries to sign in 200 times a
second. Periods with and without the flood take turns; the p99 of all that the others asked in either is compared.

    python -m tests.benchmarks.flood [--json] [--rounds 10] [--seconds 6]
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.app import build_resources
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import upgrade
from tests.benchmarks.registry import server
from tests.support.people import PASSWORD

OTHERS, FLOODER = "127.0.0.1", "127.0.0.2"
OTHERS_PER_S, FLOOD_PER_S = 40, 200
LINES = 8  # connections of the flood
GOAL = 1.2


class Line:
    """One connection kept open, from an address of its own."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def to(cls, port: int, address: str) -> "Line":
        return cls(*await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0)))

    async def ask(self, method: str, path: str, body: object = None, token: str = "") -> tuple[int, bytes]:
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} /api/v1/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(content)}\r\n"
        head += f"Content-Type: application/json\r\nAuthorization: Bearer {token}\r\n\r\n"
        self._writer.write(head.encode() + content)
        status = int((await self._reader.readline()).split()[1])
        length = 0
        while (line := await self._reader.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        return status, await self._reader.readexactly(length)


async def flood(port: int) -> None:
    """Until it is ended; a process that gives way to all others, as another machine's would: it costs the server alone.

    Niceness is not enough: for as long as its slice lasts, 3 ms and more, the nicest process still keeps a core from
    who would answer.
    """
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    else:
        os.nice(19)
    lines = [await Line.to(port, FLOODER) for _ in range(LINES)]

    async def one(line: Line, number: int) -> None:
        due = time.monotonic() + number / FLOOD_PER_S
        while True:
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            due += LINES / FLOOD_PER_S
            # Another name each time: so that no account's own slowing down helps.
            count = next(numbers)
            await line.ask("POST", "sign-in", {"name": f"user{count}", "password": "wrong password"})
            if count % FLOOD_PER_S == 0:
                print(count, flush=True)

    numbers = itertools.count()
    await asyncio.gather(*(one(line, number) for number, line in enumerate(lines)))


@asynccontextmanager
async def flooded(port: int) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.benchmarks.flood", "--flood", str(port), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    await process.stdout.readline()
    await process.stdout.readline()  # a second later: its address has used up its tries
    began = time.monotonic()
    try:
        yield
        took_s = time.monotonic() - began
    finally:
        process.kill()
        await process.wait()
    tries = FLOOD_PER_S * (await process.stdout.read()).count(b"\n")
    assert tries > 0.8 * FLOOD_PER_S * (took_s - 1), "the flood was none"


async def asked_ms(port: int, token: str, seconds: float) -> list[float]:
    line = await Line.to(port, OTHERS)
    took, due = [], time.perf_counter()
    for _ in range(int(seconds * OTHERS_PER_S)):
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        started = time.perf_counter()
        status, _ = await line.ask("GET", "devices", token=token)
        assert status == 200
        took.append((time.perf_counter() - started) * 1000)
        due = max(due + 1 / OTHERS_PER_S, time.perf_counter())
    return took


async def prepare(settings: Settings) -> None:
    resources = build_resources(settings)
    await upgrade(resources.database)
    new = NewUser(name="bench", display_name="Bench", grants=everywhere(Role.ADMIN), password=PASSWORD)
    await resources.access.register(new)
    await resources.database.close()


async def measure_on(port: int, rounds: int, seconds: float) -> dict[str, float]:
    line = await Line.to(port, OTHERS)
    _, answer = await line.ask("POST", "sign-in?want_token=true", {"name": "bench", "password": PASSWORD})
    token = json.loads(answer)["token"]
    await asked_ms(port, token, 2)
    quiet: list[float] = []
    loud: list[float] = []
    for _ in range(rounds):
        quiet += await asked_ms(port, token, seconds)
        async with flooded(port):
            loud += await asked_ms(port, token, seconds)
    before, during = (statistics.quantiles(took, n=100)[98] for took in (quiet, loud))
    return {
        "flood_p99_ratio": round(during / before, 2),
        "quiet_p99_ms": round(before, 2),
        "flood_p99_ms": round(during, 2),
    }


def measure_flood(rounds: int, seconds: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="nearhand-bench-") as name:
        settings = Settings(data_dir=Path(name))
        asyncio.run(prepare(settings))
        with server(settings.data_dir) as (port, _):
            return asyncio.run(measure_on(port, rounds, seconds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="Print one JSON object and nothing else.")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--flood", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.flood:
        asyncio.run(flood(options.flood))
        return
    figures = measure_flood(options.rounds, options.seconds)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value}")
    print(f"goal: a ratio below {GOAL}")


if __name__ == "__main__":
    main()
