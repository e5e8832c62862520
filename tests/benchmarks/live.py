"""The live channel under load: 50 rooms of one sender and four receivers, beside socket.io and python-socketio.

Nearhand stores every message (SQLite, WAL, synchronous=FULL) before it tells it; the others store nothing. Servers have one
core, the load another. CPU and deliveries are taken while four messages of each room are always on their way, latency at
4,000 deliveries a second.

    python -m tests.benchmarks.live [--json] [--rounds 3] [--seconds 4]
"""

import argparse
import asyncio
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import websockets

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.app import build_resources
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import upgrade
from nearhand.sessions.log import Batch
from nearhand.sessions.messages import AnnotationAdd, AnnotationEdit, ChatSay
from nearhand.sessions.model import Participant, Session, SessionStatus
from nearhand.sessions.room import Room, Store
from tools.npm import npm_command

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "live_peers"
NODE_PACKAGES = ROOT / ".cache" / "benchmarks" / "live"
PORT = 8140
ROOMS = 50
RECEIVERS = 4
RATE = 20  # messages per room and second: 4,000 deliveries a second
FIGURES = ("cpu_s_per_million", "p50_ms", "p99_ms", "deliveries_per_s")
JOINED_EVENTS = 10_000
PASSWORD = secrets.token_urlsafe(12)


@dataclass
class Server:
    pid: int
    dialect: str
    rooms: list[str]
    token: str = ""
    folder: Path = Path()


def on_core(core: int) -> Any:
    """For Popen: pin the new process, so that the load does not take the server's time."""
    if not hasattr(os, "sched_setaffinity") or (os.cpu_count() or 1) < 2:
        return None
    return lambda: os.sched_setaffinity(0, {core})


@contextmanager
def running(command: list[str], environment: dict[str, str] | None = None) -> Iterator[int]:
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"backend{os.pathsep}.", **(environment or {})},
        stdout=subprocess.DEVNULL,  # what servers say of themselves is no part of the figures
        preexec_fn=on_core(0),
    )
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for_port() -> None:
    import socket

    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", PORT), 0.5).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {PORT}")


# -- the servers ------------------------------------------------------------------------------------------------


@contextmanager
def nearhand(folder: Path, *, is_new: bool = True) -> Iterator[Server]:
    if is_new:
        asyncio.run(prepare(folder))
    command = [sys.executable, "-m", "nearhand.cli", "serve", "--port", str(PORT)]
    with running(command, {"NEARHAND_DATA_DIR": str(folder)}) as pid:
        wait_for_port()
        answer = call("/sign-in?want_token=true", {"name": "load", "password": PASSWORD})
        yield Server(pid, "nearhand", [], answer["token"], folder)


@contextmanager
def nearhand_rooms() -> Iterator[Server]:
    with tempfile.TemporaryDirectory() as folder, nearhand(Path(folder)) as server:
        for _ in range(ROOMS):
            server.rooms.append(call("/sessions", {"subject": "load"}, server.token)["id"])
        yield server


@contextmanager
def socketio_recovery() -> Iterator[Server]:
    npm, environment = npm_command()
    if not (NODE_PACKAGES / "node_modules" / "socket.io").exists():
        NODE_PACKAGES.mkdir(parents=True, exist_ok=True)
        install = [*npm, "install", "--no-audit", "--no-fund", "--prefix", str(NODE_PACKAGES), "socket.io@4"]
        subprocess.run(install, env=environment, check=True, stdout=subprocess.DEVNULL)
    script = str(PEERS / "socketio_recovery.cjs")
    found = {"NODE_PATH": str(NODE_PACKAGES / "node_modules")}
    with running([npm[0], script, str(PORT)], found) as pid:
        wait_for_port()
        yield Server(pid, "socketio", [f"room-{i}" for i in range(ROOMS)])


@contextmanager
def python_socketio() -> Iterator[Server]:
    with running([sys.executable, "-m", "tests.benchmarks.live_peers.python_socketio", str(PORT)]) as pid:
        wait_for_port()
        yield Server(pid, "socketio", [f"room-{i}" for i in range(ROOMS)])


SERVERS = {
    "nearhand": nearhand_rooms,
    "socketio_recovery": socketio_recovery,
    "python_socketio": python_socketio,
}


def call(path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = Request(f"http://127.0.0.1:{PORT}/api/v1{path}", json.dumps(body).encode(), headers)
    with urlopen(request, timeout=20) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


async def prepare(folder: Path) -> None:
    """A data folder with one account."""
    resources = build_resources(Settings(data_dir=folder))
    await upgrade(resources.database)
    await resources.access.register(
        NewUser(name="load", display_name="Load", grants=everywhere(Role.EXPERT), password=PASSWORD)
    )
    await resources.database.close()


# -- load -------------------------------------------------------------------------------------------------------


def load(server: Server, *, rate: float, seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.live_peers.load", "--dialect", server.dialect]
    command += ["--port", str(PORT), "--pid", str(server.pid), f"--token={server.token}"]
    command += ["--rooms", json.dumps(server.rooms), "--rate", str(rate), "--seconds", str(seconds)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=120, preexec_fn=on_core(1)
    )
    figures: dict[str, float] = json.loads(done.stdout)
    if figures["missing"]:
        raise RuntimeError(f"{figures['missing']:.0f} messages were not delivered")
    return figures


def measure_round(name: str, seconds: float) -> dict[str, float]:
    with SERVERS[name]() as server:
        steady = load(server, rate=RATE, seconds=seconds)
    with SERVERS[name]() as server:
        full = load(server, rate=0, seconds=seconds)
    return {
        "cpu_s_per_million": full["cpu_s_per_million"],
        "deliveries_per_s": full["deliveries_per_s"],
        "p50_ms": steady["p50_ms"],
        "p99_ms": steady["p99_ms"],
    }


# -- joining ----------------------------------------------------------------------------------------------------


async def write_history(folder: Path, sessions: int) -> list[str]:
    """Sessions of 10,000 events each, decided by the room itself: strokes drawn and moved, and chat."""
    resources = build_resources(Settings(data_dir=folder))
    await resources.live_log.open()
    participant = Participant(id="TECHNICIAN", display_name="Technician", role=Role.TECHNICIAN)
    ids = []
    for _ in range(sessions):
        now = resources.clock.now()
        session = Session(
            id=resources.ids.new(),
            subject="history",
            device_id=None,
            status=SessionStatus.RINGING,
            opened_by=participant.id,
            opened_by_name=participant.display_name,
            opened_at=now,
            ended_at=None,
            last_still_sha256=None,
            expert_names=(),
        )
        room, batch = Room(session, ring_s=10), Batch()
        batch.sessions.append(session)
        place = {
            "kind": "face",
            "device_id": "D",
            "face": "front",
            "points_mm": [(i, 5, 0) for i in range(30)],
        }
        for effect in room.enter(participant, now):
            assert isinstance(effect, Store)
            batch.add_event(session.id, effect.event, effect.event.type, effect.event.model_dump_json())
        for n in range(1, JOINED_EVENTS):
            ask = (
                AnnotationAdd.model_validate({"n": n, "id": f"mark-{n}", "shape": "freehand", "place": place})
                if n % 20 == 1
                else AnnotationEdit.model_validate({"n": n, "id": f"mark-{n - n % 20 + 1}", "place": place})
                if n % 20 < 15 and n % 20
                else ChatSay(n=n, text=f"Line {n} of what was said")
            )
            for effect in room.receive(participant, "history-of-a-day", ask, now):
                assert isinstance(effect, Store), effect
                batch.add_event(session.id, effect.event, effect.event.type, effect.event.model_dump_json())
            if room.seq % 1000 == 0:
                batch.snapshots = [(session.id, room.fold())]
        await resources.live_log.append(batch)
        ids.append(session.id)
    await resources.live_log.close()
    await resources.database.close()
    return ids


async def join(server: Server, session: str, resume: dict[str, Any] | None) -> tuple[float, list[Any]]:
    """Milliseconds from opening the connection until all that was missed is here and parsed."""
    started = time.perf_counter()
    async with websockets.connect(
        f"ws://127.0.0.1:{PORT}/api/v1/sessions/{session}/live",
        subprotocols=[websockets.Subprotocol("nearhand.v1")],
        additional_headers={"Authorization": f"Bearer {server.token}"},
        compression=None,
        max_size=None,
    ) as socket:
        client = secrets.token_urlsafe(16)
        await socket.send(json.dumps([{"type": "hello", "client": client, "resume": resume}]))
        messages: list[Any] = []
        while not messages or not _is_whole(messages):
            messages += json.loads(await socket.recv())
        return (time.perf_counter() - started) * 1000, messages


def _is_whole(messages: list[Any]) -> bool:
    welcome = messages[0]
    return bool(messages[-1].get("seq", 0) >= welcome["seq"] and len(messages) > 1)


def measure_joining(sessions: int = 5, resumes: int = 30) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(prepare(folder))
        ids = asyncio.run(write_history(folder, sessions))
        with nearhand(folder, is_new=False) as server:
            cold = [asyncio.run(join(server, session, None)) for session in ids]
            warm = [asyncio.run(join(server, session, None))[0] for session in ids]
            welcome = cold[0][1][0]
            back = {
                "epoch": welcome["epoch"],
                "seq": asyncio.run(join(server, ids[0], None))[1][0]["seq"] - 50,
            }
            resumed = [asyncio.run(join(server, ids[0], back)) for _ in range(resumes)]
            assert all(len(messages) == 51 for _, messages in resumed)
            return {
                "resume_50_ms": statistics.median(ms for ms, _ in resumed),
                "join_10k_ms": statistics.median(ms for ms, _ in cold),
                "join_10k_warm_ms": statistics.median(warm),
            }


# -- report -----------------------------------------------------------------------------------------------------


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--rounds", type=int, default=3, help="interleaved rounds, of which the median counts"
    )
    parser.add_argument(
        "--seconds", type=float, default=4, help="measured seconds per server, load and round"
    )
    parser.add_argument("--only", choices=list(SERVERS), help="measure only this server")
    options = parser.parse_args()
    names = [options.only] if options.only else list(SERVERS)
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in names}
    for number in range(options.rounds):
        for name in names if number % 2 == 0 else reversed(names):
            rounds[name].append(measure_round(name, options.seconds))
    figures: dict[str, Any] = {
        name: {figure: round(statistics.median(one[figure] for one in rounds[name]), 2) for figure in FIGURES}
        for name in names
    }
    if "nearhand" in names:
        figures |= {key: round(value, 2) for key, value in measure_joining().items()}
    print(json.dumps(figures) if options.json else as_table(figures))


def as_table(figures: dict[str, Any]) -> str:
    lines = [f"{'':20}{'CPU s per million':>19}{'p50 ms':>9}{'p99 ms':>9}{'deliveries/s':>14}"]
    for name, row in figures.items():
        if isinstance(row, dict):
            lines.append(
                f"{name:20}{row['cpu_s_per_million']:19.1f}{row['p50_ms']:9.2f}{row['p99_ms']:9.2f}"
                f"{row['deliveries_per_s']:14,.0f}"
            )
    lines += [f"{name}: {value:.1f}" for name, value in figures.items() if not isinstance(value, dict)]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
