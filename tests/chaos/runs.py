"""Runs of chaos: sessions on a real server process that is killed, with clients that are cut off and come late.

One run is one session: four clients, one of them late, each with its own wishes, all of them cut off at random moments,
and two SIGKILLs of the server in between. Many runs share a server process, its kills and its live log.
"""

import asyncio
import base64
import json
import os
import random
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.app import build_resources
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import upgrade
from nearhand.sessions.messages import server_events
from nearhand.sessions.model import Session
from nearhand.sessions.room import Room
from tests.chaos.clients import Client, Counts

ROOT = Path(__file__).parents[2]
PASSWORD = secrets.token_urlsafe(12)
ROLES = (Role.TECHNICIAN, Role.EXPERT, Role.ADMIN)
CLIENTS = 4
WISHES = 12
KILLS = 2
STILL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)
CAPTURED_AT = "2026-01-01T08:00:00Z"
PAUSE_S = 0.12  # between two wishes of a client, on average
SETTLE_WITHIN_S = 60.0


@dataclass
class Outcome:
    """What was found. `broken` says which promise, of which session, with which seed."""

    seed: int
    runs: int
    events: int = 0
    acknowledged: int = 0
    refused: int = 0
    kills: int = 0
    seconds: float = 0.0
    counts: Counts = field(default_factory=Counts)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return json.dumps({**asdict(self), "seconds": round(self.seconds, 1)})


class Server:
    """The service as a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "nearhand.cli", "serve", "--port", str(self.port)]
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "backend"),
            "NEARHAND_DATA_DIR": str(self._folder),
            "NEARHAND_LIVE_SNAPSHOT_EVENTS": "20",
        }
        self._process = subprocess.Popen(command, env=environment)

    async def until_ready(self) -> None:
        async with asyncio.timeout(30):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                    writer.close()
                    return
                except OSError:
                    await asyncio.sleep(0.02)

    def kill(self) -> None:
        """SIGKILL: no goodbye, no flush."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def call(self, path: str, *, body: Any = None, token: str = "") -> Any:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        with urlopen(
            Request(f"http://127.0.0.1:{self.port}/api/v1{path}", data, headers), timeout=20
        ) as answer:
            return json.load(answer)

    def events(self, session_id: str, token: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while page := self.call(f"/sessions/{session_id}/events?after={len(found)}&limit=1000", token=token):
            found += page
        return found


async def run(seed: int, runs: int) -> Outcome:
    """So many runs at once on one server."""
    started, outcome = time.monotonic(), Outcome(seed, runs)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        await _prepare(folder)
        server = Server(folder)
        server.start()
        try:
            await _run_on(server, outcome)
        finally:
            server.kill()
    outcome.seconds = time.monotonic() - started
    return outcome


async def _prepare(folder: Path) -> None:
    resources = build_resources(Settings(data_dir=folder))
    await upgrade(resources.database)
    for role in ROLES:
        new = NewUser(name=role.value, display_name=role.value, grants=everywhere(role), password=PASSWORD)
        await resources.access.register(new)
    await resources.database.close()


async def _run_on(server: Server, outcome: Outcome) -> None:
    chance = random.Random(outcome.seed)
    await server.until_ready()
    tokens = [
        (await asyncio.to_thread(
            server.call, "/sign-in?want_token=true", body={"name": role.value, "password": PASSWORD}
        ))["token"]
        for role in ROLES
    ]  # fmt: skip
    sessions = [
        (await asyncio.to_thread(server.call, "/sessions", body={}, token=tokens[0]))["id"]
        for _ in range(outcome.runs)
    ]
    stills = [
        (await asyncio.to_thread(server.call, f"/sessions/{session}/stills", body=STILL, token=tokens[0]))[
            "sha256"
        ]
        for session in sessions
    ]
    shared = {
        "frame": {"stream": "phone", "frame_id": 1},
        "width": 1,
        "height": 1,
        "captured_at": CAPTURED_AT,
    }
    clients = {
        session: [
            Client(
                name=f"chaos-{outcome.seed}-{index:03}-{number:06}",
                url=f"ws://127.0.0.1:{server.port}/api/v1/sessions/{session}/live",
                token=tokens[number % len(tokens)],
                still=shared | {"sha256": stills[index]},
                has_stream=number == 0,
                random=random.Random(f"{outcome.seed} {index} {number}"),
                counts=outcome.counts,
            )
            for number in range(CLIENTS)
        ]
        for index, session in enumerate(sessions)
    }
    calm, stop = asyncio.Event(), asyncio.Event()
    everybody = [client for group in clients.values() for client in group]
    late = {id(group[-1]) for group in clients.values()}
    living = [
        asyncio.create_task(_live(client, chance.uniform(0.5, 2.0) if id(client) in late else 0, calm, stop))
        for client in everybody
    ]
    for kill in range(KILLS):
        # By what was done and not by the clock, so that a busy machine sees the same storm.
        share = (kill + chance.uniform(0.3, 0.9)) / (KILLS + 1)
        await _until_done(everybody, share)
        server.kill()
        outcome.kills += 1
        server.start()
        await server.until_ready()
    await _until_done(everybody, 0.9)
    calm.set()
    await _until_settled(clients, living)
    stop.set()
    for result in await asyncio.gather(*living, return_exceptions=True):
        if isinstance(result, BaseException):
            outcome.broken.append(f"seed {outcome.seed}: {result!r}")
    for session, group in clients.items():
        stored = await asyncio.to_thread(server.events, session, tokens[0])
        outcome.events += len(stored)
        for client in group:
            outcome.acknowledged += len(client.acked)
            outcome.refused += len(client.refused)
        found = Session.model_validate(
            await asyncio.to_thread(server.call, f"/sessions/{session}", token=tokens[0])
        )
        outcome.broken += [
            f"seed {outcome.seed}, session {session}: {what}" for what in broken(found, stored, group)
        ]


async def _live(client: Client, delay_s: float, calm: asyncio.Event, stop: asyncio.Event) -> None:
    await asyncio.sleep(delay_s)
    await client.live(WISHES, PAUSE_S, calm, stop)


async def _until_done(clients: list[Client], share: float) -> None:
    """Until this share of all wishes is settled."""
    deadline = time.monotonic() + SETTLE_WITHIN_S
    wanted = share * len(clients) * WISHES
    while time.monotonic() < deadline:
        if sum(len(client.acked) + len(client.refused) for client in clients) >= wanted:
            return
        await asyncio.sleep(0.01)


async def _until_settled(clients: dict[str, list[Client]], living: list["asyncio.Task[None]"]) -> None:
    """Until every wish is settled and everybody has seen the same number of events, or somebody failed."""
    deadline = time.monotonic() + SETTLE_WITHIN_S
    while time.monotonic() < deadline and not any(task.done() for task in living):
        await asyncio.sleep(0.05)
        if all(
            len({client.seq for client in group}) == 1
            and all(client.n >= WISHES and not client.asks for client in group)
            for group in clients.values()
        ):
            return


def broken(session: Session, stored: list[dict[str, Any]], group: list[Client]) -> list[str]:
    """Every promise that was not kept in one session."""
    found = []
    if [event["seq"] for event in stored] != list(range(1, len(stored) + 1)):
        found.append("the stored log has a gap")
    times_stored: dict[tuple[str, int], int] = {}
    for event in stored:
        if event["n"]:
            key = (event["client"], event["n"])
            times_stored[key] = times_stored.get(key, 0) + 1
    for client in group:
        if [client.log[seq] for seq in sorted(client.log)] != stored[client.first_seq :]:
            found.append(f"{client.name} has another log than the stored one")
        if client.asks:
            found.append(f"{client.name} waits for an answer to {sorted(client.asks)}")
        found += [
            f"{client.name}'s acknowledged {n} is stored {times_stored.get((client.name, n), 0)} times"
            for n in client.acked
            if times_stored.get((client.name, n)) != 1
        ]
        found += [
            f"{client.name}'s refused {n} is stored"
            for n in client.refused
            if (client.name, n) in times_stored
        ]
        if client.state is not None and client.state["annotations"] != _annotations(
            session, stored[: client.first_seq]
        ):
            found.append(f"{client.name} was told another state than its events make")
    return found


def _annotations(session: Session, events: list[dict[str, Any]]) -> Any:
    room = Room(session, ring_s=10)
    for event in events:
        room.apply(server_events.validate_python(event))
    return json.loads(room.state().model_dump_json())["annotations"]
