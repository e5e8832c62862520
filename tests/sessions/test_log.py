"""The durable log, on both databases."""

from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from nearhand.access.model import Role
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.ids import RandomIds
from nearhand.kit.quota import Charge
from nearhand.media.model import Still
from nearhand.sessions.log import Batch, FolderTaken, Log, PostgresStorage, SqliteStorage, Storage
from nearhand.sessions.messages import ChatSay, client_messages
from nearhand.sessions.model import NotSaved, SessionStatus
from nearhand.sessions.room import Room, Store
from tests.support.live import AT, EXPERT, SESSION, a_room, a_session

CLIENT = "experts-desk-0001"
ON_FACE = {"kind": "face", "device_id": "D", "face": "front", "points_mm": [[1, 2, 0]]}


@pytest.fixture(params=["sqlite", "postgres"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    if request.param == "sqlite":
        yield SqliteStorage(tmp_path / "live.db")
        return
    database = Database(request.getfixturevalue("postgres").new_database_url())
    yield PostgresStorage(database.engine)
    await database.close()


@pytest.fixture
async def log(storage: Storage) -> AsyncIterator[Log]:
    log = Log(storage, ids=RandomIds())
    await log.open()
    yield log
    await log.close()


def say(room: Room, batch: Batch, text: str) -> None:
    n = room.settled.acked(CLIENT) + 1
    for effect in room.receive(EXPERT, CLIENT, ChatSay(n=n, text=text), AT):
        assert isinstance(effect, Store)
        batch.add_event(SESSION, effect.event, effect.event.type, effect.event.model_dump_json())


async def test_what_was_appended_is_loaded(log: Log) -> None:
    """L2."""
    room, batch = a_room(), Batch()
    batch.sessions.append(a_session())
    for number in range(5):
        say(room, batch, f"line {number}")
    batch.snapshots.append((SESSION, room.fold()))
    batch.refusals.append({"session": SESSION, "client": CLIENT, "by": EXPERT.id, "n": 7})
    say(room, batch, "雙引號 \\u0000 ' ; --")
    await log.append(batch)

    loaded = await log.load(SESSION)
    assert loaded is not None
    assert loaded.session == a_session()
    again = a_room()
    again.restore(
        loaded.session, loaded.snapshot, loaded.tail, stills=loaded.stills, refusals=loaded.refusals
    )
    assert again.state() == room.state()
    assert (again.seq, again.settled.acked(CLIENT), len(loaded.tail)) == (6, 7, 1)
    assert await log.events(SESSION, after=0, limit=100) == [event["body"] for event in batch.events]
    assert len(await log.events(SESSION, after=2, limit=3)) == 3
    assert await log.load("NOSUCH") is None


async def test_a_batch_is_stored_whole_or_not_at_all(log: Log) -> None:
    """L4. L15. The database itself refuses a number twice."""
    room, batch = a_room(), Batch()
    batch.sessions.append(a_session())
    say(room, batch, "once")
    await log.append(batch)
    twice = Batch()
    twice.sessions.append(a_session("SESSION00002"))
    twice.events.append({**batch.events[0], "seq": 2})
    with pytest.raises(NotSaved):
        await log.append(twice)
    assert await log.session("SESSION00002") is None
    assert len(await log.events(SESSION, after=0, limit=10)) == 1


async def test_the_epoch_stays_with_the_log(log: Log, storage: Storage) -> None:
    again = Log(storage, ids=RandomIds())
    if isinstance(storage, SqliteStorage):
        await log.close()
        storage = SqliteStorage(storage._path)
        again = Log(storage, ids=RandomIds())
        log._storage = storage
    await again.open()
    assert again.epoch == log.epoch != ""


async def test_sessions_are_listed_newest_first(log: Log) -> None:
    clock, batch = FixedClock(AT), Batch()
    for number in range(4):
        clock.advance(60)
        status = SessionStatus.ENDED if number == 1 else SessionStatus.OPEN
        session = a_session(f"S{number}").model_copy(update={"opened_at": clock.now(), "status": status})
        batch.sessions.append(session)
    await log.append(batch)
    listed, total = await log.sessions([SessionStatus.OPEN], limit=2, offset=0)
    assert ([session.id for session in listed], total) == (["S3", "S2"], 3)


async def test_kept_marks_and_stills_are_found_again(log: Log) -> None:
    """L14."""
    room, batch = a_room(), Batch()
    ask = client_messages.validate_python(
        {"type": "annotation.add", "n": 1, "id": "m1", "shape": "text", "place": ON_FACE, "is_kept": True}
    )
    (effect,) = room.receive(EXPERT.model_copy(update={"role": Role.ADMIN}), CLIENT, ask, AT)
    assert isinstance(effect, Store)
    annotation = room.state().annotations[0]
    batch.keep(SESSION, annotation)
    await log.append(batch)
    assert await log.marks("D") == [annotation]
    later = Batch()
    later.drop(SESSION, "m1")
    await log.append(later)
    assert await log.marks("D") == []
    still = Still(
        session_id=SESSION,
        sha256="a" * 64,
        media_type="image/jpeg",
        width=1,
        height=1,
        size_bytes=1,
        created_at=AT,
        created_by=EXPERT.id,
    )
    await log.add_still(still, "SOMEBODY")
    await log.add_still(still, "SOMEBODY")
    assert await log.still(SESSION, "a" * 64) == still
    assert await log.still("ANOTHER", "a" * 64) is None
    assert await log.unshared_stills(SESSION, "SOMEBODY") == 1
    shared = Batch()
    shared.sessions.append(a_session())
    shared.share(SESSION, still.sha256)
    await log.append(shared)
    await log.add_still(still, "SOMEBODY")
    assert await log.unshared_stills(SESSION, "SOMEBODY") == 0


async def test_a_session_is_found_with_what_was_asked_under_its_key(log: Log) -> None:
    batch = Batch()
    batch.open(a_session(), "digest")
    batch.open(a_session("SESSION00002"), "")
    await log.append(batch)
    assert await log.opened(SESSION) == (a_session(), "digest")
    assert await log.opened("SESSION00002") == (a_session("SESSION00002"), "")
    assert await log.opened("SESSION00003") is None


async def test_two_processes_cannot_share_one_live_log(tmp_path: Path) -> None:
    first = Log(SqliteStorage(tmp_path / "live.db"), ids=RandomIds())
    await first.open()
    second = Log(SqliteStorage(tmp_path / "live.db"), ids=RandomIds())
    with pytest.raises(FolderTaken, match="another process"):
        await second.open()
    await first.close()
    await second.open()
    await second.close()


async def test_a_disk_that_refuses_is_said_and_the_log_lives_on(tmp_path: Path) -> None:
    """L15. SQLite's own limit plays the full disk."""
    storage = SqliteStorage(tmp_path / "live.db")
    log = Log(storage, ids=RandomIds())
    await log.open()
    pages = (await storage.read("PRAGMA page_count", {}))[0][0]
    storage._writer.execute(f"PRAGMA max_page_count={pages}")
    room, batch = a_room(), Batch()
    batch.sessions.append(a_session())
    for number in range(200):
        say(room, batch, f"{number} " * 100)
    with pytest.raises(NotSaved, match="full"):
        await log.append(batch)
    assert await log.session(SESSION) is None
    storage._writer.execute("PRAGMA max_page_count=1000000")
    await log.append(batch)
    assert len(await log.events(SESSION, after=0, limit=1000)) == 200
    await log.close()


async def test_a_row_that_cannot_be_bound_is_not_saved_and_leaves_no_transaction_open(log: Log) -> None:
    room, batch = a_room(), Batch()
    batch.sessions.append(a_session())
    say(room, batch, "too long a number")
    batch.events[0] = {**batch.events[0], "n": 2**70}
    with pytest.raises(NotSaved):
        await log.append(batch)
    batch.events.clear()
    await log.append(batch)
    assert await log.session(SESSION) == a_session()


async def test_a_refused_number_sent_again_does_not_hide_the_last_one_refused(log: Log) -> None:
    """L6. Else a client that goes on behind the last one is out of order after a restart, and stuck."""
    for n in (1, 2, 1):
        batch = Batch()
        batch.sessions.append(a_session())
        batch.refusals.append({"session": SESSION, "client": CLIENT, "by": EXPERT.id, "n": n})
        await log.append(batch)
    loaded = await log.load(SESSION)
    assert loaded is not None
    assert loaded.refusals == [(CLIENT, EXPERT.id, 2)]


async def test_bytes_that_were_sent_are_counted_and_only_days_are_forgotten(log: Log) -> None:
    of_day, of_session = Charge("account A", 100, "2026-01-01"), Charge("session S", 100)
    other = Charge("account A", 100, "2026-01-02")
    for _ in range(2):
        await log.count([of_day, of_session], 3 * 2**31)
    await log.count([other], 5)
    keys = [of_day.key, of_session.key, other.key, "account B 2026-01-01"]
    assert await log.counted(keys) == {of_day.key: 3 * 2**32, of_session.key: 3 * 2**32, other.key: 5}
    await log.forget_uploads(date(2026, 1, 2))
    assert await log.counted(keys) == {of_session.key: 3 * 2**32, other.key: 5}
