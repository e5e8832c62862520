from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, Table, insert, select

from nearhand.kit.blobs import Blobs, digest
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database, UtcDateTime, metadata
from nearhand.kit.errors import NotFound
from nearhand.kit.ids import ALPHABET, RandomIds, SequentialIds
from nearhand.kit.rate import RateLimit
from nearhand.kit.text import index_terms, search_terms

moments = Table(
    "test_moment", metadata, Column("id", Integer, primary_key=True), Column("at", UtcDateTime, nullable=True)
)


@given(st.binary(max_size=1000))
def test_the_same_content_has_the_same_name(content: bytes) -> None:
    assert digest(content) == digest(bytes(content))


async def test_a_file_is_found_by_its_content_and_may_be_put_twice(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    first, second = await blobs.put(b"still"), await blobs.put(b"still")
    assert first == second == digest(b"still")
    assert await blobs.get(first) == b"still"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [first]


async def test_an_unknown_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await Blobs(tmp_path).get("0" * 64)


async def test_a_time_of_any_zone_comes_back_as_the_same_moment_in_utc(database: Database) -> None:
    taipei = datetime(2026, 1, 1, 16, 0, tzinfo=timezone(timedelta(hours=8)))
    async with database.transaction() as connection:
        await connection.execute(insert(moments), [{"id": 1, "at": taipei}, {"id": 2, "at": None}])
        back = (await connection.execute(select(moments.c.at).order_by(moments.c.id))).scalars().all()
    assert back == [datetime(2026, 1, 1, 8, 0, tzinfo=UTC), None]


async def test_an_exception_in_a_transaction_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError):
        async with database.transaction() as connection:
            await connection.execute(insert(moments).values(id=1))
            raise RuntimeError
    async with database.reading() as connection:
        assert (await connection.execute(select(moments))).all() == []


def test_random_ids_use_only_letters_that_read_well_aloud() -> None:
    ids = {RandomIds().new() for _ in range(200)}
    assert len(ids) == 200
    assert all(len(text) == 12 and set(text) <= set(ALPHABET) for text in ids)


def test_sequential_ids_sort_in_the_order_they_were_made() -> None:
    ids = SequentialIds()
    made = [ids.new() for _ in range(100)]
    assert made == sorted(set(made))


def test_a_rate_limit_allows_so_many_a_minute_and_then_again() -> None:
    limit = RateLimit(per_minute=3)
    assert [limit.allow("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limit.allow("b", 0.0)
    assert limit.allow("a", 20.0)


def test_a_clock_for_tests_moves_only_when_told() -> None:
    clock = FixedClock()
    before = clock.now()
    clock.advance(60)
    assert clock.now() - before == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("電源", "電源供應器故障"),
        ("电源", "電源供應器"),  # simplified finds traditional
        ("硬碟", "更換硬碟"),
        ("psu", "PSU-1 replaced"),
        ("風扇", "风扇"),
        ("伺服", "伺服器"),  # half a word that the mainland has another word for
        ("服务器", "運算伺服器"),
        ("硬碟", "更换硬盘"),
        ("電源", "Hall2電源PSU"),  # scripts side by side, without a space
        ("psu", "Hall2電源PSU"),
    ],
)
def test_a_word_finds_the_text_that_contains_it(query: str, text: str) -> None:
    assert set(search_terms(query)) <= set(index_terms(text))


@given(st.text(max_size=200))
def test_search_terms_hold_no_space_and_no_capital(text: str) -> None:
    for term in (*search_terms(text), *index_terms(text)):
        assert term == term.strip() != ""
        assert " " not in term
