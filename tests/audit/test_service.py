"""What happened gets its place in the chain: once, in order, for good. On both databases."""

import asyncio
import random
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from nearhand.audit import service
from nearhand.audit.inspection import verify_database
from nearhand.audit.keys import SigningKey
from nearhand.audit.model import (
    AlreadyRedacted,
    LedgerUnavailable,
    NoEntry,
    NotRedactable,
    Outcome,
)
from nearhand.audit.recording import DETAILS_BYTES, did
from nearhand.audit.service import Ledger
from nearhand.audit.store import AuditStore
from nearhand.audit.verify import Broken, verify_export
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from tests.support.ledger import a_ledger, change, entries, exported, seen, somebody

DAY_S = 24 * 3600


async def abouts(ledger: Ledger) -> list[str]:
    await ledger.seal()
    return [one.about.id for one in await entries(ledger) if one.about and one.about.kind == "device"]


async def test_an_entry_says_who_did_what_to_what_and_when(ledger: Ledger, clock: FixedClock) -> None:
    await ledger.record(seen(37, query="q=x"))
    assert await ledger.seal() == 2
    first, entry = await entries(ledger)
    assert (first.action, entry.action, entry.outcome) == (
        *("key.introduced", "device.viewed"),
        Outcome.DONE,
    )
    assert (entry.actor.kind, entry.actor.id, entry.at) == ("user", "IDADA", clock.now())
    assert entry.details == {"name": "Ada", "address": "192.0.2.7", "query": "q=x"}
    assert (entry.seq, entry.previous_hash) == (2, first.hash)


async def test_a_change_that_is_rolled_back_leaves_nothing(ledger: Ledger, any_database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with any_database.transaction() as connection:
            await did(connection, "device.changed", "D1")
            raise RuntimeError
    assert await ledger.seal() == 0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("at_once", [1, 3, 1000])
async def test_what_followed_from_something_stands_after_it(
    ledger: Ledger,
    any_database: Database,
    clock: FixedClock,
    seed: int,
    at_once: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Views go one way, changes another; sealing may come between any two of them."""
    monkeypatch.setattr(service, "AT_ONCE", at_once)
    chance = random.Random(seed)
    for number in range(30):
        clock.advance(0.001)
        if chance.random() < 0.5:
            await ledger.record(seen(number))
        else:
            await change(any_database, number)
        if chance.random() < 0.1:
            await ledger.seal()
    assert await abouts(ledger) == [f"D{number}" for number in range(30)]


async def test_a_clock_set_back_keeps_nothing_waiting(
    ledger: Ledger, any_database: Database, clock: FixedClock
) -> None:
    await ledger.record(seen(1))
    await change(any_database, 2)
    clock.advance(-3600)
    await ledger.record(seen(3))
    assert sorted(await abouts(ledger)) == ["D1", "D2", "D3"]


async def test_many_at_once_are_all_there_once(ledger: Ledger, any_database: Database) -> None:
    async def one(number: int) -> None:
        await (ledger.record(seen(number)) if number % 2 else change(any_database, number))

    await asyncio.gather(*(one(number) for number in range(60)), ledger.seal(), ledger.seal())
    assert sorted(await abouts(ledger), key=lambda about: int(about[1:])) == [f"D{n}" for n in range(60)]
    found, _ = await verify_database(any_database)
    assert found.entries == 61


async def test_two_services_on_one_database_make_one_chain(
    any_database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    key = tmp_path / "shared.pem"
    one = Ledger(any_database, tmp_path, clock=clock, key_file=key)
    other = Ledger(any_database, tmp_path, clock=clock, key_file=key)
    for number in range(20):
        await (one if number % 2 else other).record(seen(number))
    await asyncio.gather(one.seal(), other.seal(), one.seal(), other.seal())
    assert sorted(await abouts(one)) == sorted(f"D{number}" for number in range(20))
    await verify_database(any_database)
    await one.stop()
    await other.stop()


async def test_what_a_killed_service_left_in_its_journal_is_moved_at_the_next_start(
    any_database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    async with a_ledger(any_database, tmp_path, clock) as ledger:
        for number in range(5):
            await ledger.record(seen(number))
        await ledger.seal()
        await ledger.record(seen(5))
        (journal,) = (tmp_path / "journals").iterdir()
        left = journal.read_bytes()
    # As if it had been killed before the last was moved, and in the middle of writing another.
    async with any_database.transaction() as connection:
        await connection.execute(text("DELETE FROM audit_moved"))
    lines = left.splitlines(keepends=True)
    (tmp_path / "journals" / "left.journal").write_bytes(lines[5] + lines[4][:40])
    journal.unlink()
    async with a_ledger(any_database, tmp_path, clock) as ledger:
        assert await abouts(ledger) == ["D0", "D1", "D2", "D3", "D4", "D5", "D5"]
        assert not list((tmp_path / "journals").glob("left*"))
    await verify_database(any_database)


async def test_no_row_of_the_ledger_can_be_changed_or_removed(ledger: Ledger, any_database: Database) -> None:
    await ledger.record(seen(1))
    await ledger.sign()
    for statement in (
        "UPDATE audit_entry SET outcome = 'refused' WHERE seq = 2",
        "UPDATE audit_entry SET details = '{}' WHERE seq = 2",
        "UPDATE audit_entry SET details = NULL, salt = NULL, actor_id = 'x' WHERE seq = 2",
        "UPDATE audit_entry SET details = NULL WHERE seq = 2",
        "DELETE FROM audit_entry WHERE seq = 2",
        "UPDATE audit_root SET day = '2000-01-01'",
        "DELETE FROM audit_root",
        "DELETE FROM audit_key",
        "UPDATE audit_key SET public_key = 'x'",
        *(["TRUNCATE audit_entry"] if not any_database.is_sqlite else []),
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            async with any_database.transaction() as connection:
                await connection.execute(text(statement))
    await verify_database(any_database)


FORGERIES = {
    "UPDATE audit_entry SET meta = replace(meta, 'D1', 'D9') WHERE seq = 2": (2, "it was changed"),
    "UPDATE audit_entry SET details = replace(details, 'Ada', 'Eve') WHERE seq = 2": (2, "its details"),
    "UPDATE audit_entry SET about_id = 'D9' WHERE seq = 2": (2, "columns"),
    "UPDATE audit_entry SET details = NULL, salt = NULL WHERE seq = 2": (2, "no entry says who redacted"),
    "DELETE FROM audit_entry WHERE seq = 2": (2, "entry 2 should be here"),
    "DELETE FROM audit_entry WHERE seq = 5": (5, "the last 1 entries are missing"),
    "UPDATE audit_root SET signature = replace(signature, 'a', 'b')": (None, "signature does not fit"),
    "DELETE FROM audit_root": (None, "the signed root up to entry 4 is missing"),
}


@pytest.mark.parametrize("statement", FORGERIES)
async def test_whoever_gets_around_the_triggers_is_found_out(
    small: Ledger, database: Database, statement: str
) -> None:
    for number in range(1, 4):
        await small.record(seen(number))
    await small.sign()
    async with database.transaction() as connection:
        for table in ("audit_entry", "audit_root"):
            for act in ("update", "delete"):
                await connection.execute(text(f"DROP TRIGGER {table}_{act}"))
        await connection.execute(text(statement))
    seq, what = FORGERIES[statement]
    with pytest.raises(Broken, match=what) as broken:
        await verify_database(database)
    assert broken.value.seq == seq


async def test_redaction_takes_the_details_and_says_who_did_it_and_why(
    ledger: Ledger, any_database: Database, clock: FixedClock
) -> None:
    await ledger.record(seen(1, secret="a name"))
    await ledger.seal()
    somebody(clock, "Eve")
    await ledger.redact(2, "asked for by the person")
    _, entry, redaction = await entries(ledger)
    assert (entry.details, entry.about is not None and entry.about.id) == (None, "D1")
    assert (redaction.action, redaction.about is not None and redaction.about.id) == ("entry.redacted", "2")
    assert redaction.details == {"why": "asked for by the person", "name": "Eve", "address": "192.0.2.7"}
    content = await exported(ledger)
    assert b"a name" not in content
    assert verify_export(content.splitlines(keepends=True)).redacted == 1
    await verify_database(any_database)
    with pytest.raises(AlreadyRedacted):
        await ledger.redact(2, "again")
    with pytest.raises(NoEntry):
        await ledger.redact(99, "not there")
    with pytest.raises(NotRedactable):
        await ledger.redact(1, "the key")


async def test_the_first_entry_after_midnight_signs_the_day_before(ledger: Ledger, clock: FixedClock) -> None:
    await ledger.record(seen(1))
    await ledger.seal()
    clock.advance(DAY_S)
    await ledger.record(seen(2))
    await ledger.seal()
    actions = [one.action for one in await entries(ledger)]
    assert actions == ["key.introduced", "device.viewed", "root.signed", "device.viewed"]
    assert verify_export((await exported(ledger)).splitlines(keepends=True)).signed_seq == 2


async def test_a_quiet_day_is_signed_too_and_only_once(ledger: Ledger, clock: FixedClock) -> None:
    await ledger.record(seen(1))
    await ledger.seal()
    clock.advance(DAY_S)
    assert await ledger.seal() == 1
    clock.advance(DAY_S)
    assert await ledger.seal() == 1  # the entry that told of the first root
    assert verify_export((await exported(ledger)).splitlines(keepends=True)).roots == 2


async def test_signing_again_signs_what_was_added(ledger: Ledger) -> None:
    assert (await ledger.sign()).last_seq == 1
    assert (await ledger.sign()).last_seq == 2  # the word of the first is one entry more


async def test_a_key_that_was_replaced_by_hand_is_introduced_before_it_signs(
    small: Ledger, database: Database, tmp_path: Path
) -> None:
    await small.record(seen(1))
    await small.sign()
    (tmp_path / "keys" / "ledger.pem").unlink()
    await small.sign()
    assert len(verify_export((await exported(small)).splitlines(keepends=True)).key_ids) == 2
    await verify_database(database)


async def test_a_part_says_what_was_redacted_later(small: Ledger) -> None:
    await small.record(*(seen(number) for number in range(5)))
    await small.redact(2, "asked for by the person")
    part = (await exported(small, 1, 4)).splitlines(keepends=True)
    assert verify_export(part).redacted == 1


async def test_a_journal_that_has_grown_is_begun_anew(
    ledger: Ledger, any_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nearhand.audit.journal.ROTATE_BYTES", 1000)
    for number in range(20):
        await ledger.record(seen(number))
        await ledger.seal()
    assert await abouts(ledger) == [f"D{number}" for number in range(20)]
    assert sum(file.stat().st_size for file in (tmp_path / "journals").iterdir()) < 1500
    async with any_database.reading() as connection:
        assert len(await AuditStore(connection).all_moved("")) <= 1


async def test_a_new_key_is_vouched_for_by_the_old_one(
    ledger: Ledger, any_database: Database, tmp_path: Path
) -> None:
    await ledger.record(seen(1))
    old = (await ledger.head()).key_id
    new = await ledger.rotate_key()
    assert (await ledger.head()).key_id == new != old
    await ledger.record(seen(2))
    await ledger.sign()
    found = verify_export((await exported(ledger)).splitlines(keepends=True), pinned=old)
    assert found.key_ids == [old, new]
    await verify_database(any_database)
    introduced = [one for one in await entries(ledger) if one.action == "key.introduced"]
    assert introduced[1].details is not None
    assert introduced[1].details["vouched_by"] == old


async def test_the_key_is_its_owners_alone(small: Ledger, tmp_path: Path) -> None:
    await small.sign()
    assert (tmp_path / "keys" / "ledger.pem").stat().st_mode & 0o777 == 0o600


def test_a_file_that_holds_no_key_is_said_so(tmp_path: Path) -> None:
    path = tmp_path / "ledger.pem"
    path.write_text("nothing")
    with pytest.raises(LedgerUnavailable, match="holds no Ed25519 key"):
        SigningKey.load(path)


async def test_a_journal_that_cannot_be_written_lets_nothing_be_done(
    database: Database, tmp_path: Path, clock: FixedClock
) -> None:
    (tmp_path / "journals").write_text("a file where the folder should be")
    ledger = Ledger(database, tmp_path, clock=clock, key_file=None)
    somebody(clock)
    with pytest.raises(LedgerUnavailable):
        await ledger.record(seen(1))


async def test_what_is_very_large_is_kept_by_its_hash(small: Ledger) -> None:
    await small.record(seen(1, text="x" * (DETAILS_BYTES + 1), note="short"))
    await small.seal()
    details = (await entries(small))[1].details
    assert details is not None
    assert details["note"] == "short"
    assert details["text"]["bytes"] == DETAILS_BYTES + 3


async def test_entries_are_found_by_what_they_are_about(
    ledger: Ledger, any_database: Database, clock: FixedClock
) -> None:
    await ledger.record(seen(1), seen(2))
    await ledger.seal()
    clock.advance(60)
    somebody(clock, "Eve")
    await change(any_database, 1)
    await ledger.seal()
    assert len(await entries(ledger, about_kind="device", about_id="D1")) == 2
    assert [one.action for one in await entries(ledger, actor_id="IDEVE")] == ["device.changed"]
    assert len(await entries(ledger, action="device")) == 3
    assert len(await entries(ledger, action="device.viewed")) == 2
    assert len(await entries(ledger, since=clock.now())) == 1
    assert len(await entries(ledger, until=clock.now())) == 3
    assert await entries(ledger, tenants=frozenset({"T"})) == []
