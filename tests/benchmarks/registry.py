"""How fast the registry is with 100,000 devices in SQLite, asked over HTTP on this machine.

`python -m tests.benchmarks.registry [--json] [--devices N] [--rounds N]`
"""

import argparse
import asyncio
import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi.testclient import TestClient
from sqlalchemy import event

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.app import build_resources, create_app
from nearhand.devices.catalogue import catalogue
from nearhand.devices.tabular import COLUMNS
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import upgrade
from tests.support.factories import Registry
from tests.support.people import PASSWORD

BATCH = 10_000
RACKS_PER_SITE = 1000
SITES = ("Zürich West", "台北內湖機房", "Ashburn 3")
MODELS = ("Nexus 93180YC-FX", "PowerEdge R650", "SYS-1029U-TR4", "Catalyst 9300-48P", "MX204", "DP24688TGY")
NAMES = ("Compute", "Payment host", "運算伺服器", "資料庫伺服器", "機櫃頂端交換器", "Core router", "Backup")
TENANTS = ("Example Bank", "Example Airways", "範例電信", "Example Media")
STATUSES = ("active",) * 16 + ("planned", "offline", "failed")
SERIAL = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def rows_of(count: int, chance: random.Random) -> Iterator[dict[str, Any]]:
    makers = {one.model: one.manufacturer for one in catalogue()}
    for number in range(count):
        rack, level = divmod(number, 34)
        site, rack = divmod(rack, RACKS_PER_SITE)
        model = chance.choice(MODELS)
        yield {
            "asset_tag": f"DC{site + 1}-R{rack:03}-U{level + 1:02}",
            "name": f"{chance.choice(NAMES)} {number}",
            "serial": "FDO" + "".join(chance.choices(SERIAL, k=8)),
            "manufacturer": makers[model],
            "model": model,
            "site": SITES[site],
            "location": "",
            "rack": f"R{rack:03}",
            "position_u": level + 1,
            "face": "front",
            "status": chance.choice(STATUSES),
            "tenant": chance.choice(TENANTS),
            "notes": "",
        }


async def prepare(settings: Settings) -> None:
    """What an import refers to: an account, three sites, their racks, the catalogue."""
    resources = build_resources(settings)
    await upgrade(resources.database)
    await resources.access.register(
        NewUser(name="bench", display_name="Bench", grants=everywhere(Role.ADMIN), password=PASSWORD)
    )
    async with resources.database.transaction() as connection:
        registry = Registry(connection)
        for name in TENANTS:
            await registry.tenant(name=name)
        for name in SITES:
            site = await registry.site(name=name)
            for number in range(RACKS_PER_SITE):
                await registry.rack(site, name=f"R{number:03}")
    await resources.database.close()


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, int]]:
    """A server process on a core of its own where there are two. Gives its port and process id."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = os.environ | {"NEARHAND_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "nearhand.cli", "serve", "--port", str(port)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    if len(cores) > 1:
        os.sched_setaffinity(process.pid, {cores[0]})
        os.sched_setaffinity(0, set(cores[1:]))
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


class Client:
    """One connection kept open, as a console holds it."""

    def __init__(self, port: int, name: str = "bench") -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self._headers = {"Content-Type": "application/json"}
        body = json.dumps({"name": name, "password": PASSWORD})
        answer = self.ask("POST", "sign-in?want_token=true", body)
        self._headers["Authorization"] = f"Bearer {json.loads(answer)['token']}"

    def ask(self, method: str, path: str, body: str | bytes | None = None) -> bytes:
        self._connection.request(method, f"/api/v1/{path}", body, self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {content[:300]!r}")
        return content

    def bring_in(self, rows: list[dict[str, Any]]) -> float:
        """Seconds from the first byte sent to the report read."""
        content = json.dumps([{name: row[name] for name in COLUMNS} for row in rows]).encode()
        start = time.perf_counter()
        report = json.loads(self.ask("POST", "devices/import?format=json", content))
        if not report["is_applied"]:
            raise RuntimeError(f"import refused: {report['faults'][:3]}")
        return time.perf_counter() - start


def questions(client: Client, chance: random.Random, count: int) -> dict[str, list[str]]:
    """What people ask, as paths: lists in every order and filter, searches narrow and broad, single devices."""
    sites = [one["id"] for one in json.loads(client.ask("GET", "sites"))["items"]]
    tenants = [one["id"] for one in json.loads(client.ask("GET", "tenants"))["items"]]
    racks = [one["id"] for one in json.loads(client.ask("GET", "racks?limit=200"))["items"]]
    types = [one["id"] for one in json.loads(client.ask("GET", "device-types"))["items"]]
    ids: list[dict[str, Any]] = []
    for _ in range(5):
        start = chance.randrange(max(1, count - 200))
        ids += json.loads(client.ask("GET", f"devices?limit=200&offset={start}"))["items"]

    def one() -> dict[str, Any]:
        return chance.choice(ids)

    def offset() -> int:
        return chance.randrange(0, count, 50)

    lists = [
        lambda: "devices",
        lambda: f"devices?offset={offset()}",
        lambda: f"devices?sort=-name&offset={offset()}",
        lambda: "devices?sort=-updated_at",
        lambda: f"devices?site_id={chance.choice(sites)}&offset={offset() // 4}",
        lambda: f"devices?rack_id={chance.choice(racks)}&sort=position_u",
        lambda: f"devices?device_type_id={chance.choice(types)}",
        lambda: "devices?status=failed",
        lambda: f"devices?tenant_id={chance.choice(tenants)}&status=active",
        lambda: "devices?kind=router&sort=name",
        lambda: f"devices?site_id={chance.choice(sites)}&sort=-serial",
    ]
    searches = [
        lambda: f"devices?q={one()['asset_tag']}",
        lambda: f"devices?q={one()['asset_tag'][:8]}",
        lambda: f"devices?q={one()['serial']}",
        lambda: f"devices?q={one()['serial'][-5:]}",
        lambda: f"devices?q={quote(one()['name'][:40])}",
        lambda: f"devices?q={quote('電源')}",
        lambda: f"devices?q={quote('伺服')}",
        lambda: f"devices?q={quote('运算')}",
        lambda: "devices?q=cisco",
        lambda: "devices?q=dc",
        lambda: "devices?q=d",
        lambda: "devices?q=payment+host",
        lambda: f"devices?q=compute&site_id={chance.choice(sites)}",
        lambda: "devices?q=cisco&sort=-name",
        lambda: "devices?q=nexus&status=failed",
    ]
    details = [
        lambda: f"devices/{one()['id']}/view",
        lambda: f"devices/by-tag/{one()['asset_tag'].lower()}",
        lambda: f"devices/{one()['id']}",
        lambda: f"racks/{chance.choice(racks)}/elevation",
    ]
    rounds: dict[str, list[Callable[[], str]]] = {"list": lists, "search": searches, "detail": details}
    return {name: [make() for _ in range(40) for make in makers] for name, makers in rounds.items()}


def ask_all(client: Client, paths: list[str], *, is_told: bool) -> list[float]:
    took: list[tuple[float, str]] = []
    for path in paths:
        start = time.perf_counter()
        client.ask("GET", path)
        took.append(((time.perf_counter() - start) * 1000, path))
    if is_told:
        for milliseconds, path in sorted(took, reverse=True)[:8]:
            print(f"    {milliseconds:7.1f} ms  {path}")
    return [milliseconds for milliseconds, _ in took]


def _query_counts(settings: Settings, device: str) -> dict[str, int]:
    """Statements per request, the one that asks who is asking included; transaction marks are not counted."""
    resources = build_resources(settings)
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(resources.database.engine.sync_engine, "before_cursor_execute", note)
    counts = {}
    with TestClient(create_app(settings, resources)) as client:
        body = {"name": "bench", "password": PASSWORD}
        token = client.post("/api/v1/sign-in?want_token=true", json=body).json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        paths = {"list": "devices", "search": "devices?q=cisco", "detail": f"devices/by-tag/{device}"}
        for name, path in paths.items():
            asked.clear()
            client.get(f"/api/v1/{path}", headers=headers).raise_for_status()
            counts[name] = len([one for one in asked if not one.startswith("BEGIN")])
    return counts


def measure(count: int, *, is_told: bool) -> dict[str, Any]:
    chance = random.Random(1)
    rows = list(rows_of(count, chance))
    with tempfile.TemporaryDirectory(prefix="nearhand-bench-") as name:
        settings = Settings(data_dir=Path(name))
        asyncio.run(prepare(settings))
        figures: dict[str, Any] = {"devices": count}
        with server(settings.data_dir) as (port, _):
            client = Client(port)
            imports = [client.bring_in(rows[i : i + BATCH]) for i in range(0, count, BATCH)]
            figures["import_10k_s"] = round(imports[0], 2)
            figures["import_last_10k_s"] = round(imports[-1], 2)
            for name, paths in questions(client, chance, count).items():
                chance.shuffle(paths)
                ask_all(client, paths[:20], is_told=False)
                if is_told:
                    print(f"  {name}: {len(paths)} requests, the slowest:")
                took = ask_all(client, paths, is_told=is_told)
                cuts = statistics.quantiles(took, n=100)
                figures[f"{name}_p50_ms"], figures[f"{name}_p99_ms"] = round(cuts[49], 1), round(cuts[98], 1)
        figures["queries"] = _query_counts(settings, rows[0]["asset_tag"])
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="Print one JSON object and nothing else.")
    parser.add_argument("--devices", type=int, default=100_000)
    options = parser.parse_args()
    figures = measure(options.devices, is_told=not options.json)
    if options.json:
        print(json.dumps(figures))
        return
    for name, value in figures.items():
        print(f"{name:20} {value}")


if __name__ == "__main__":
    main()
