"""Keep each wish until the server has settled it: numbered from 1 without gaps, in order, across restarts."""

import secrets
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from nearhand.client.errors import OutboxUnusable

SCHEMA = """
create table if not exists outbox (
    client text primary key, session_id text not null, participant_id text not null, last integer not null,
    unique (session_id, participant_id)
);
create table if not exists ask (
    client text not null, n integer not null, message text not null, primary key (client, n)
);
"""


@dataclass(frozen=True)
class Kept:
    """An outbox as found: its name at the server, the last number given, and what is not settled (n → JSON)."""

    client: str
    last: int
    asks: dict[int, str]


class Outbox(Protocol):
    """A place for wishes. What `keep` returned from survives, as far as this place can."""

    def open(self, session_id: str, participant_id: str) -> Kept: ...

    def keep(self, client: str, n: int, message: str) -> None: ...

    def settle(self, client: str, numbers: list[int]) -> None: ...

    def rename(self, client: str) -> Kept:
        """Give what waits to a new name, numbered from 1."""
        ...


def new_client_name() -> str:
    return secrets.token_urlsafe(18)


class MemoryOutbox:
    """Wishes that live as long as this object: for tests, and for programs that may forget."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}
        self._kept: dict[str, Kept] = {}

    def open(self, session_id: str, participant_id: str) -> Kept:
        name = self._names.setdefault((session_id, participant_id), new_client_name())
        return self._kept.setdefault(name, Kept(name, 0, {}))

    def keep(self, client: str, n: int, message: str) -> None:
        self._kept[client] = Kept(client, n, {**self._kept[client].asks, n: message})

    def settle(self, client: str, numbers: list[int]) -> None:
        kept = self._kept[client]
        self._kept[client] = Kept(client, kept.last, {n: m for n, m in kept.asks.items() if n not in numbers})

    def rename(self, client: str) -> Kept:
        scope = next(scope for scope, name in self._names.items() if name == client)
        asks = dict(enumerate(self._kept.pop(client).asks.values(), start=1))
        self._names[scope] = name = new_client_name()
        self._kept[name] = Kept(name, len(asks), asks)
        return self._kept[name]


class SqliteOutbox:
    """Wishes in a file, on the disk before they are sent. One process holds the file at a time."""

    def __init__(self, path: str | Path) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        # Calls come one at a time, but from whichever worker thread is free.
        self._db = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        try:
            # Held to the end: two processes must never number wishes under one name.
            self._db.execute("pragma locking_mode = exclusive")
            self._db.execute("pragma synchronous = full")
            with self._db:
                self._db.execute("begin exclusive")
                for statement in SCHEMA.split(";"):
                    self._db.execute(statement)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise OutboxUnusable(f"{path}: {error}") from error

    def close(self) -> None:
        self._db.close()

    def open(self, session_id: str, participant_id: str) -> Kept:
        scope = (session_id, participant_id)
        row = self._db.execute(
            "select client, last from outbox where session_id = ? and participant_id = ?", scope
        ).fetchone()
        if row is None:
            row = (new_client_name(), 0)
            self._db.execute("insert into outbox (client, last, session_id, participant_id) values (?, ?, ?, ?)", (*row, *scope))  # fmt: skip
        return Kept(row[0], row[1], self._asks(row[0]))

    def keep(self, client: str, n: int, message: str) -> None:
        with self._db:
            self._db.execute("begin")
            # Once more when whoever asked was cancelled before the first time was known to have worked.
            self._db.execute("insert or replace into ask values (?, ?, ?)", (client, n, message))
            self._db.execute("update outbox set last = ? where client = ?", (n, client))

    def settle(self, client: str, numbers: list[int]) -> None:
        with self._db:
            self._db.execute("begin")
            self._db.executemany("delete from ask where client = ? and n = ?", [(client, n) for n in numbers])

    def rename(self, client: str) -> Kept:
        name = new_client_name()
        asks = dict(enumerate(self._asks(client).values(), start=1))
        with self._db:
            self._db.execute("begin")
            self._db.execute("delete from ask where client = ?", (client,))
            self._db.execute(
                "update outbox set client = ?, last = ? where client = ?", (name, len(asks), client)
            )
            self._db.executemany(
                "insert into ask values (?, ?, ?)", [(name, n, message) for n, message in asks.items()]
            )
        return Kept(name, len(asks), asks)

    def _asks(self, client: str) -> dict[int, str]:
        rows = self._db.execute("select n, message from ask where client = ? order by n", (client,))
        return dict(rows.fetchall())
