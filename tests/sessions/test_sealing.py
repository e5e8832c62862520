"""A session's log is a chain of its own, held by the ledger; one changed event is named."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nearhand.audit.inspection import verify_database
from nearhand.audit.service import Ledger
from nearhand.audit.verify import Broken
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.ids import RandomIds
from nearhand.sessions.log import TABLES, Batch, Log, SqliteReading, SqliteStorage, first_hash, next_hash
from nearhand.sessions.messages import ChatSay
from nearhand.sessions.model import NotSaved
from nearhand.sessions.room import Room, Store
from nearhand.sessions.sealing import SessionSeals, verify_sessions
from tests.support.ledger import a_ledger, entries
from tests.support.live import AT, EXPERT, SESSION, FullDisk, a_room, a_session

CLIENT = "experts-desk-0001"


def say(room: Room, batch: Batch, *texts: str) -> None:
    for text in texts:
        for effect in room.receive(EXPERT, CLIENT, ChatSay(n=room.settled.acked(CLIENT) + 1, text=text), AT):
            assert isinstance(effect, Store)
            batch.add_event(SESSION, effect.event, effect.event.type, effect.event.model_dump_json())


def opened() -> tuple[Room, Batch]:
    room, batch = a_room(), Batch()
    batch.sessions.append(a_session())
    return room, batch


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    log = Log(SqliteStorage(tmp_path / "live.db"), ids=RandomIds())
    await log.open()
    yield log
    await log.close()


@pytest.fixture
async def ledger(database: Database, tmp_path: Path, clock: FixedClock) -> AsyncIterator[Ledger]:
    async with a_ledger(database, tmp_path, clock) as ledger:
        yield ledger


async def test_each_event_holds_the_one_before_it(log: Log) -> None:
    room, batch = opened()
    say(room, batch, "one", "two")
    await log.append(batch)
    more = Batch()
    say(room, more, "three")
    await log.append(more)
    hash = first_hash(SESSION)
    for seq, body, kept in await log.links(SESSION):
        hash = next_hash(hash, body)
        assert (seq, kept) == (seq, hash)
    assert log.take_unsealed()[SESSION].hash == hash
    assert log.take_unsealed() == {}


async def test_what_was_not_stored_is_followed_by_nothing(tmp_path: Path) -> None:
    disk = FullDisk(SqliteStorage(tmp_path / "live.db"))
    log = Log(disk, ids=RandomIds())
    await log.open()
    room, batch = opened()
    say(room, batch, "kept")
    await log.append(batch)
    disk.is_full = True
    lost = Batch()
    say(room, lost, "lost")
    with pytest.raises(NotSaved):
        await log.append(lost)
    disk.is_full = False
    again = Batch()
    again.events = [dict(event) for event in lost.events]
    await log.append(again)
    assert await verify_sessions(log, {SESSION: []}) == 2
    await log.close()


async def test_the_ledger_says_once_how_far_a_session_went(
    log: Log, ledger: Ledger, database: Database
) -> None:
    seals = SessionSeals(log, database)
    await seals.recover()
    room, batch = opened()
    say(room, batch, "one", "two", "three")
    await log.append(batch)
    await seals.put_down()
    await seals.put_down()
    more = Batch()
    say(room, more, "four")
    await log.append(more)
    await seals.put_down()
    await ledger.seal()
    told = await entries(ledger, action="session.events")
    assert [(one.details or {})["first"] for one in told] == [1, 4]
    assert [(one.details or {})["last"] for one in told] == [3, 4]
    _, held = await verify_database(database)
    assert await verify_sessions(log, held) == 4


async def test_what_was_stored_before_a_kill_is_told_after_it(
    log: Log, ledger: Ledger, database: Database
) -> None:
    room, batch = opened()
    say(room, batch, "one", "two")
    await log.append(batch)
    await SessionSeals(log, database).put_down()
    more = Batch()
    say(room, more, "three")
    await log.append(more)
    log.take_unsealed()  # forgotten, as by a killed service
    seals = SessionSeals(log, database)
    await seals.recover()
    await seals.put_down()
    await ledger.seal()
    told = await entries(ledger, action="session.events")
    assert [((one.details or {})["first"], (one.details or {})["last"]) for one in told] == [(1, 2), (3, 3)]


FORGERIES = {
    "UPDATE live_event SET body = replace(body, 'two', 'tvo') WHERE seq = 2": "event 2 was changed",
    "DELETE FROM live_event WHERE seq = 2": "event 2 is missing",
    "DELETE FROM live_event WHERE seq = 3": "event 3 is missing",
    "UPDATE live_event SET hash = 'x' WHERE seq = 1": "event 1 was changed",
}


@pytest.mark.parametrize("statement", FORGERIES)
async def test_a_changed_event_is_named(
    log: Log, ledger: Ledger, database: Database, tmp_path: Path, statement: str
) -> None:
    room, batch = opened()
    say(room, batch, "one", "two", "three")
    await log.append(batch)
    await SessionSeals(log, database).put_down()
    await ledger.seal()
    _, held = await verify_database(database)
    with sqlite3.connect(tmp_path / "live.db") as connection:
        connection.execute(statement)
    connection.close()
    reading = Log(SqliteReading(tmp_path / "live.db"), ids=RandomIds())
    with pytest.raises(Broken, match=FORGERIES[statement]):
        await verify_sessions(reading, held)


async def test_hashes_made_anew_are_found_out_by_the_ledger(
    log: Log, ledger: Ledger, database: Database, tmp_path: Path
) -> None:
    room, batch = opened()
    say(room, batch, "one", "two")
    await log.append(batch)
    await SessionSeals(log, database).put_down()
    await ledger.seal()
    _, held = await verify_database(database)
    hash = first_hash(SESSION)
    with sqlite3.connect(tmp_path / "live.db") as connection:
        for seq, body, _ in await log.links(SESSION):
            forged = body.replace("two", "tvo")
            hash = next_hash(hash, forged)
            connection.execute("UPDATE live_event SET body = ?, hash = ? WHERE seq = ?", (forged, hash, seq))
    connection.close()
    with pytest.raises(Broken, match="one of the events 1 to 2 was changed, and all hashes after it"):
        await verify_sessions(log, held)


async def test_a_log_from_before_is_linked_once(tmp_path: Path) -> None:
    path = tmp_path / "live.db"
    with sqlite3.connect(path) as connection:
        for table in TABLES:
            if "ADD COLUMN" not in table:
                connection.execute(table.format(without_rowid=" WITHOUT ROWID"))
        for seq in (1, 2):
            connection.execute(
                "INSERT INTO live_event VALUES (?, ?, 'c', ?, 't', ?)", (SESSION, seq, seq, "{}")
            )
    connection.close()
    for _ in range(2):
        log = Log(SqliteStorage(path), ids=RandomIds())
        await log.open()
        assert await verify_sessions(log, {SESSION: []}) == 2
        await log.close()
