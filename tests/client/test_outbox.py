from pathlib import Path

import pytest

from nearhand.client import MemoryOutbox, Outbox, OutboxUnusable, SqliteOutbox


@pytest.fixture(params=["memory", "sqlite"])
def outbox(request: pytest.FixtureRequest, tmp_path: Path) -> Outbox:
    return MemoryOutbox() if request.param == "memory" else SqliteOutbox(tmp_path / "a" / "outbox.db")


def test_what_is_kept_is_found_again_until_it_is_settled(outbox: Outbox) -> None:
    kept = outbox.open("S", "ME")
    assert (kept.last, kept.asks) == (0, {})
    for n in (1, 2, 3):
        outbox.keep(kept.client, n, f'{{"n": {n}}}')
    outbox.settle(kept.client, [2])
    again = outbox.open("S", "ME")
    assert (again.client, again.last) == (kept.client, 3)
    assert again.asks == {1: '{"n": 1}', 3: '{"n": 3}'}


def test_each_session_and_participant_has_its_own(outbox: Outbox) -> None:
    names = {outbox.open(*scope).client for scope in (("S", "ME"), ("S", "YOU"), ("T", "ME"), ("S", "ME"))}
    assert len(names) == 3


def test_under_a_new_name_it_counts_from_1(outbox: Outbox) -> None:
    kept = outbox.open("S", "ME")
    for n in (1, 2, 3):
        outbox.keep(kept.client, n, f"wish {n}")
    outbox.settle(kept.client, [1])
    renamed = outbox.rename(kept.client)
    assert renamed.client != kept.client
    assert (renamed.last, renamed.asks) == (2, {1: "wish 2", 2: "wish 3"})
    assert outbox.open("S", "ME") == renamed


def test_a_file_survives_its_process_and_belongs_to_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    first = SqliteOutbox(path)
    kept = first.open("S", "ME")
    first.keep(kept.client, 1, "wish")
    with pytest.raises(OutboxUnusable, match="locked"):
        SqliteOutbox(path)
    first.close()
    second = SqliteOutbox(path)
    assert second.open("S", "ME").asks == {1: "wish"}
    second.close()


def test_a_file_that_is_no_outbox_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and a person's own" * 100)
    with pytest.raises(OutboxUnusable, match="not a database"):
        SqliteOutbox(path)
    assert path.read_text().startswith("not a database")
