"""A client as docs/reference/live-session.md describes it, which is cut off at random moments."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from typing import Any

import websockets

ON_FACE = {"kind": "face", "device_id": "D", "face": "front"}
ON_STILL_SHARE = 0.2  # of the marks: drawn on a still that shows no device
MEAN_CONNECTION_S = 0.3
LINE_LOST = (OSError, websockets.WebSocketException, TimeoutError)


@dataclass
class Counts:
    connections: int = 0
    aborts: int = 0
    sent_again: int = 0
    resumed: int = 0
    states: int = 0


@dataclass
class Gap(Exception):
    """What must never happen: an event out of its turn."""

    detail: str


@dataclass
class Client:
    """`log` holds every event told, by seq; `asks` is the outbox: what is not settled yet."""

    name: str
    url: str
    token: str
    still: dict[str, Any]  # uploaded; who has the stream shares it first of all
    has_stream: bool
    random: random.Random
    counts: Counts
    epoch: str | None = None
    seq: int = 0
    first_seq: int = 0
    n: int = 0
    log: dict[int, dict[str, Any]] = field(default_factory=dict)
    asks: dict[int, dict[str, Any]] = field(default_factory=dict)
    acked: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    state: dict[str, Any] | None = None
    _welcomed: asyncio.Event = field(default_factory=asyncio.Event)

    def wish(self) -> dict[str, Any]:
        """The next thing this client wants: mostly new marks, some edits, some wishes that will be refused."""
        self.n += 1
        if self.has_stream and self.n == 1:
            return {"type": "still.share", "n": self.n, **self.still}
        mark = f"{self.name[-6:]}-{self.random.randint(1, 8)}"
        x = self.random.randint(0, 400)
        place: dict[str, Any] = ON_FACE | {"points_mm": [[x, 5, 0], [x + 4, 5, 0]]}
        if self.random.random() < ON_STILL_SHARE:
            points = [[x / 400, 0.5], [x / 400, 0.6]]
            place = {"kind": "frame", "frame": self.still["frame"], "points": points}
        kind = self.random.choice(["add", "add", "edit", "remove", "restore", "say", "say"])
        ask: dict[str, Any]
        if kind == "say":
            ask = {"type": "chat.say", "text": f"{self.name} {self.n}"}
        elif kind in ("add", "edit"):
            ask = {"type": f"annotation.{kind}", "id": mark, "place": place}
            if kind == "add":
                ask["shape"] = "ring"
        else:
            ask = {"type": f"annotation.{kind}", "id": mark}
        return ask | {"n": self.n}

    async def live(self, wishes: int, pause_s: float, calm: asyncio.Event, stop: asyncio.Event) -> None:
        """Make so many wishes, over as many connections as it takes; be cut off at random until the air is calm."""
        while not stop.is_set():
            try:
                await self._one_connection(wishes, pause_s, calm, stop)
            except LINE_LOST:
                await asyncio.sleep(self.random.uniform(0.005, 0.05))

    async def _one_connection(
        self, wishes: int, pause_s: float, calm: asyncio.Event, stop: asyncio.Event
    ) -> None:
        async with websockets.connect(
            self.url,
            subprotocols=[websockets.Subprotocol("nearhand.v1")],
            additional_headers={"Authorization": f"Bearer {self.token}"},
            compression=None,
            open_timeout=5,
            close_timeout=0.2,
            max_size=None,
        ) as socket:
            self.counts.connections += 1
            self._welcomed.clear()
            resume = None if self.epoch is None else {"epoch": self.epoch, "seq": self.seq}
            await socket.send(json.dumps([{"type": "hello", "client": self.name, "resume": resume}]))
            # Also before the welcome: what waits is sent again, in order.
            if self.asks:
                self.counts.sent_again += len(self.asks)
                await socket.send(json.dumps(list(self.asks.values())))
            tasks = [
                asyncio.create_task(self._read(socket)),
                asyncio.create_task(self._send(socket, wishes, pause_s)),
                asyncio.create_task(stop.wait()),
            ]
            if not calm.is_set():
                tasks.append(asyncio.create_task(self._cut(socket)))
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _read(self, socket: websockets.ClientConnection) -> None:
        while True:
            for message in json.loads(await socket.recv()):
                self._take(message)

    async def _send(self, socket: websockets.ClientConnection, wishes: int, pause_s: float) -> None:
        while self.n < wishes:
            ask = self.wish()
            self.asks[ask["n"]] = ask
            await socket.send(json.dumps([ask]))
            await asyncio.sleep(self.random.expovariate(1 / pause_s))
        await asyncio.Event().wait()

    async def _cut(self, socket: websockets.ClientConnection) -> None:
        if self.random.random() < 0.8:  # else perhaps before the welcome
            await self._welcomed.wait()
        await asyncio.sleep(self.random.expovariate(1 / MEAN_CONNECTION_S))
        self.counts.aborts += 1
        socket.transport.abort()
        raise ConnectionError("cut off by chaos")

    def _take(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "welcome":
                self.epoch = message["epoch"]
                self._welcomed.set()
                self.counts.resumed += message["is_resumed"]
            case "session.state":
                self.counts.states += 1
                if self.state is not None:
                    raise Gap(f"{self.name} was told the state although it could resume")
                self.seq = self.first_seq = message["seq"]
                self.state = message["state"]
            case "ack":
                settled = [n for n in self.asks if n <= message["n"]]
                self.acked.update(settled)
                self._settle(settled)
            case "refused":
                self.refused.update({message["n"]} & self.asks.keys())
                self._settle([message["n"]])
            case "error":
                raise Gap(f"{self.name} was told {message}")
            case _ if "seq" in message:
                if message["seq"] != self.seq + 1:
                    raise Gap(f"{self.name} has {self.seq} and is told {message['seq']}")
                self.seq += 1
                self.log[self.seq] = message

    def _settle(self, numbers: list[int]) -> None:
        for n in numbers:
            self.asks.pop(n, None)
