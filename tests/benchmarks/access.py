"""What rights and records cost: a permission check, one tenant's lists among 100,000 devices, a flood, the ledger.

The ledger's share of the live channel's CPU is taken from the same server with and without its part, in turns.

    python -m tests.benchmarks.access [--json] [--rounds 3] [--seconds 4] [--devices 100000] [--entries 1000000]
        [--only permission|scoped|flood|append|verify]
"""

import argparse
import asyncio
import hashlib
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nearhand.access.model import (
    MAX_GRANTS,
    Grant,
    NewUser,
    Permission,
    Role,
    User,
    Where,
    actor_of,
)
from nearhand.app import build_resources
from nearhand.audit.canonical import EXPORT_PURPOSE, HEADER_PURPOSE, canonical, plain
from nearhand.audit.keys import SigningKey
from nearhand.audit.model import NO_HASH, About, ActorKind, Doer, Draft
from nearhand.audit.recording import line
from nearhand.audit.service import entry_line, linked
from nearhand.audit.verify import FORMAT, verify_export
from nearhand.kit.clock import FixedClock
from nearhand.kit.settings import Settings
from tests.benchmarks import registry
from tests.benchmarks.flood import measure_flood
from tests.benchmarks.live import PASSWORD as LOAD_PASSWORD
from tests.benchmarks.live import PORT, ROOMS, Server, call, load, prepare, running, wait_for_port
from tests.support.factories import Registry
from tests.support.people import PASSWORD

CHECKS = 20_000
FEW_DEVICES, FEW_NAME = 50, "Example Start-up"  # of the tenant that has hardly any
SERVE = f"import sys; sys.argv = ['nearhand', 'serve', '--port', '{PORT}']\nfrom nearhand.cli import main\n"
WITHOUT = """
from nearhand.sessions.log import Log
from nearhand.sessions.sealing import SessionSeals

async def no_link(self, events):
    for event in events:
        event["hash"] = None
    return {}

async def nothing(self):
    pass

Log._link, SessionSeals.put_down = no_link, nothing
"""


def measure_permission(rounds: int) -> dict[str, float]:
    """Of an account with one grant, and of one with as many as there may be, of which the last covers the place."""
    place = Where(tenant_id="TENANT000001", site_id="SITE00000001", rack_id="RACK00000001")
    elsewhere = Grant(role=Role.TECHNICIAN, tenant_id=place.tenant_id, site_id="SITE00000002")
    own = Grant(role=Role.TECHNICIAN, tenant_id=place.tenant_id)
    figures = {}
    for name, grants in {"": (own,), "_most_grants": (*(elsewhere,) * (MAX_GRANTS - 1), own)}.items():
        user = User(
            id="USER00000001",
            name="ada",
            display_name="Ada",
            grants=grants,
            is_active=True,
            created_at=FixedClock().now(),
        )
        actor, took = actor_of(user), []
        for _ in range(rounds):
            started = time.perf_counter()
            for _ in range(CHECKS):
                assert actor.may(Permission.MAINTENANCE_WRITE, place)
            took.append((time.perf_counter() - started) * 1e6 / CHECKS)
        figures[f"permission_check{name}_us"] = round(statistics.median(took), 2)
    return figures


def measure_scoped(devices: int) -> dict[str, float]:
    """What an account that sees one tenant with few devices waits for its lists and searches."""
    chance = random.Random(2)
    rows = list(registry.rows_of(devices, chance))
    for row in chance.sample(rows, FEW_DEVICES):
        row["tenant"] = FEW_NAME
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="nearhand-bench-") as name:
        settings = Settings(data_dir=Path(name))
        asyncio.run(registry.prepare(settings))
        asyncio.run(_with_few(settings))
        with registry.server(settings.data_dir) as (port, _):
            everything = registry.Client(port)
            for start in range(0, devices, registry.BATCH):
                everything.bring_in(rows[start : start + registry.BATCH])
            client = registry.Client(port, "few")
            assert json.loads(client.ask("GET", "devices"))["total"] == FEW_DEVICES
            for kind, paths in registry.questions(client, chance, FEW_DEVICES).items():
                chance.shuffle(paths)
                registry.ask_all(client, paths[:20], is_told=False)
                cuts = statistics.quantiles(registry.ask_all(client, paths, is_told=False), n=100)
                figures[f"scoped_{kind}_p50_ms"] = round(cuts[49], 1)
                figures[f"scoped_{kind}_p99_ms"] = round(cuts[98], 1)
    return figures


async def _with_few(settings: Settings) -> None:
    resources = build_resources(settings)
    async with resources.database.transaction() as connection:
        tenant = await Registry(connection).tenant(name=FEW_NAME)
    grants = (Grant(role=Role.TECHNICIAN, tenant_id=tenant.id),)
    await resources.access.register(NewUser(name="few", display_name="Few", grants=grants, password=PASSWORD))
    await resources.database.close()


@contextmanager
def rooms(patch: str) -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(prepare(folder))
        command = [sys.executable, "-c", f"{SERVE}{patch}\nmain()"]
        with running(command, {"NEARHAND_DATA_DIR": name}) as pid:
            wait_for_port()
            token = call("/sign-in?want_token=true", {"name": "load", "password": LOAD_PASSWORD})["token"]
            opened = [call("/sessions", {"subject": "load"}, token)["id"] for _ in range(ROOMS)]
            yield Server(pid, "nearhand", opened, token, folder)


def measure_append(rounds: int, seconds: float) -> dict[str, float]:
    cpu: dict[str, list[float]] = {WITHOUT: [], "": []}
    for number in range(rounds):
        for patch in cpu if number % 2 == 0 else reversed(cpu):
            with rooms(patch) as server:
                cpu[patch].append(load(server, rate=0, seconds=seconds)["cpu_s_per_million"])
    without, with_ledger = statistics.median(cpu[WITHOUT]), statistics.median(cpu[""])
    return {
        "audit_append_share": round(with_ledger / without - 1, 4),
        "live_cpu_s_per_million": round(with_ledger, 2),
        "live_cpu_s_per_million_without": round(without, 2),
    }


def write_export(path: Path, entries: int) -> None:
    """As the service writes it; a tenth are changes with what they changed, the rest views."""
    key, clock = SigningKey.fresh(), FixedClock()
    digest = hashlib.sha256()
    header: dict[str, Any] = {
        "exported_at": clock.now(),
        "first_seq": 1,
        "format": FORMAT,
        "key_id": key.public.key_id,
        "keys": [key.public.model_dump()],
        "last_seq": entries,
        "previous_hash": NO_HASH,
        "redacted": [],
    }
    header["signature"] = key.sign(HEADER_PURPOSE + canonical(plain(header)))
    with path.open("wb") as file:

        def put(content: bytes) -> None:
            digest.update(content)
            file.write(content)

        put(canonical(plain({"header": header})) + b"\n")
        seq, hash = 0, NO_HASH
        while seq < entries:
            some = [_draft(seq + i, clock) for i in range(min(1000, entries - seq))]
            rows = linked(seq, hash, some)
            put(b"".join(entry_line(row["meta"], row["details"], row["salt"], row["hash"]) for row in rows))
            seq, hash = rows[-1]["seq"], rows[-1]["hash"]
        end = {"digest": digest.hexdigest(), "entries": entries, "key_id": key.public.key_id, "roots": 0}
        end["signature"] = key.sign(EXPORT_PURPOSE + canonical(end))
        file.write(canonical({"end": end}) + b"\n")


def _draft(number: int, clock: FixedClock) -> dict[str, Any]:
    details: dict[str, Any] = {
        "name": "Ada Technician",
        "address": "192.0.2.7",
        "path": {"device_id": number},
    }
    if number % 10 == 0:
        details |= {
            "before": {"position_u": 3, "name": "Top of rack 7"},
            "after": {"position_u": 4, "name": "R7"},
        }
    one = Draft(
        at=clock.now(),
        actor=Doer(kind=ActorKind.USER, id="7H3K9WQ2ZZZZ"),
        action="device.changed" if number % 10 == 0 else "device.viewed",
        about=About(kind="device", id=f"{number % 9973:012d}"),
        details=details,
    )
    made: dict[str, Any] = json.loads(line(one))
    return made


def measure_verify(entries: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.jsonl"
        write_export(path, entries)
        started = time.perf_counter()
        with path.open("rb") as lines:
            found = verify_export(lines)
        elapsed = time.perf_counter() - started
        assert found.entries == entries
        return {
            "verify_1m_s": round(elapsed * 1e6 / entries, 2),
            "export_bytes_per_entry": round(path.stat().st_size / entries),
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--rounds", type=int, default=3, help="interleaved rounds, of which the median counts"
    )
    parser.add_argument("--seconds", type=float, default=4, help="measured seconds per server and round")
    parser.add_argument("--devices", type=int, default=100_000, help="devices of all tenants together")
    parser.add_argument("--entries", type=int, default=1_000_000, help="entries of the verified export")
    parts: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
        "permission": lambda o: measure_permission(o.rounds),
        "scoped": lambda o: measure_scoped(o.devices),
        "flood": lambda o: measure_flood(o.rounds, o.seconds),
        "append": lambda o: measure_append(o.rounds, o.seconds),
        "verify": lambda o: measure_verify(o.entries),
    }
    parser.add_argument("--only", choices=list(parts), help="measure only this")
    options = parser.parse_args()
    figures: dict[str, float] = {}
    for name, measure in parts.items():
        if options.only in (None, name):
            figures |= measure(options)
    if options.json:
        print(json.dumps(figures))
    else:
        print("\n".join(f"{name}: {value:,}" for name, value in figures.items()))


if __name__ == "__main__":
    main()
