import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from nearhand.access.model import SYSTEM
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database, metadata
from nearhand.kit.errors import Invalid, NotFound
from nearhand.kit.ids import RandomIds
from nearhand.telemetry.charts import grid
from nearhand.telemetry.model import (
    ClockWrong,
    Sample,
    SampleBatch,
    SeriesKey,
    UnitDiffers,
    milliseconds,
    moment,
)
from nearhand.telemetry.service import TelemetryService, pack_all, telemetry_on
from nearhand.telemetry.store import TelemetryStore, recent_table
from tests.support.factories import Registry, empty_registry

HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


async def a_device(database: Database) -> str:
    async with database.transaction() as connection:
        return (await Registry(connection).device()).id


def batch(device_id: str, samples: list[tuple[datetime, float]], **changes: str) -> SampleBatch:
    key = SeriesKey(
        device_id=device_id, quantity=changes.get("quantity", "cpu_load"), port=changes.get("port", "")
    )
    return SampleBatch(
        key=key,
        unit=changes.get("unit", "%"),
        samples=tuple(Sample(at=at, value=value) for at, value in samples),
    )


class Desk:
    """Telemetry over a database, a transaction a call."""

    def __init__(self, database: Database, clock: FixedClock) -> None:
        self.database, self.clock = database, clock

    async def record(self, *batches: SampleBatch) -> tuple[int, int]:
        async with self.database.transaction() as connection:
            stored = await self._on(connection).record(list(batches))
        return stored.stored, stored.known

    async def chart(self, device_id: str, hours: float, buckets: int = 300) -> list[tuple[float, ...]]:
        """Offset from now in minutes, smallest, largest, mean, count."""
        key = SeriesKey(device_id=device_id, quantity="cpu_load")
        now = self.clock.now()
        async with self.database.reading() as connection:
            chart = await self._on(connection).chart(
                key, since=now - hours * HOUR, until=now + HOUR, buckets=buckets
            )
        return [
            (
                (bucket.at - now).total_seconds() / 60,
                bucket.minimum,
                bucket.maximum,
                bucket.mean,
                bucket.count,
            )
            for bucket in chart.buckets
        ]

    async def pack(self) -> None:
        await pack_all(self.database, self.clock)

    def _on(self, connection: object) -> TelemetryService:
        return telemetry_on(connection, SYSTEM, ids=RandomIds(), clock=self.clock)  # type: ignore[arg-type]


@pytest.fixture
def desk(any_database: Database, clock: FixedClock) -> Desk:
    return Desk(any_database, clock)


async def test_a_batch_may_be_sent_twice_and_the_first_value_of_a_time_stays(desk: Desk) -> None:
    device, now = await a_device(desk.database), desk.clock.now()
    times = [now - timedelta(minutes=m) for m in (3, 1, 2)]
    assert await desk.record(batch(device, [(at, 1.0) for at in times])) == (3, 0)
    assert await desk.record(batch(device, [(at, 9.0) for at in [*times, now]])) == (1, 3)
    rows = await desk.chart(device, 1)
    assert sum(row[4] for row in rows) == 4
    assert max(row[2] for row in rows if row[0] < 0) == 1.0


async def test_a_batch_sent_again_after_packing_adds_nothing(desk: Desk) -> None:
    device, now = await a_device(desk.database), desk.clock.now()
    sent = batch(device, [(now - timedelta(minutes=m), float(m)) for m in range(600)])
    assert await desk.record(sent) == (600, 0)
    desk.clock.advance(24 * 3600)
    await desk.pack()
    assert await desk.record(sent) == (0, 600)
    assert sum(row[4] for row in await desk.chart(device, 48)) == 600


async def test_a_sample_that_comes_days_late_finds_its_place(desk: Desk) -> None:
    device, now = await a_device(desk.database), desk.clock.now()
    await desk.record(batch(device, [(now, 1.0)]))
    assert await desk.record(batch(device, [(now - 72 * HOUR, 5.0), (now - 72 * HOUR, 6.0)])) == (1, 1)
    assert [row[1] for row in await desk.chart(device, 96)] == [5.0, 1.0]


async def test_the_series_of_a_device_show_their_newest_sample_whatever_the_order_of_arrival(
    desk: Desk,
) -> None:
    device, now = await a_device(desk.database), desk.clock.now()
    await desk.record(batch(device, [(now, 7.0)], port="37", quantity="errors_in", unit="1/min"))
    await desk.record(batch(device, [(now - HOUR, 3.0)], port="37", quantity="errors_in", unit="1/min"))
    async with desk.database.reading() as connection:
        (series,) = await TelemetryStore(connection).of_device(device)
    assert (series.key.port, series.unit, series.last_at, series.last_value) == ("37", "1/min", now, 7.0)


async def test_a_clock_a_day_ahead_is_refused_by_name_and_nothing_is_stored(desk: Desk) -> None:
    device, now = await a_device(desk.database), desk.clock.now()
    with pytest.raises(ClockWrong) as refused:
        await desk.record(batch(device, [(now, 1.0), (now + 24 * HOUR, 2.0)]))
    assert [error["where"] for error in refused.value.facts["errors"]] == [
        ["body", "0", "samples", "1", "at"]
    ]
    with pytest.raises(NotFound):
        await desk.chart(device, 1)


async def test_a_clock_that_was_never_set_is_refused(desk: Desk) -> None:
    device = await a_device(desk.database)
    with pytest.raises(ClockWrong):
        await desk.record(batch(device, [(datetime.fromisoformat("1970-01-01T00:03:00+00:00"), 1.0)]))


async def test_a_device_nobody_registered_has_no_series(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.record(batch("0000000000ZZ", [(desk.clock.now(), 1.0)]))


async def test_a_series_keeps_its_unit(desk: Desk) -> None:
    device, now = await a_device(desk.database), desk.clock.now()
    await desk.record(batch(device, [(now, 1.0)]))
    with pytest.raises(UnitDiffers):
        await desk.record(batch(device, [(now, 1.0)], unit="1"))


async def test_a_range_that_ends_before_it_begins_is_refused(desk: Desk) -> None:
    with pytest.raises(Invalid):
        await desk.chart(await a_device(desk.database), -2)


async def test_a_packing_cut_off_in_the_middle_has_moved_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    device, now = await a_device(desk.database), desk.clock.now()
    await desk.record(batch(device, [(now - timedelta(minutes=m), float(m)) for m in range(60)]))
    desk.clock.advance(24 * 3600)
    before = await desk.chart(device, 48)

    async def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(TelemetryStore, "_add_to_chunks", killed)
    with pytest.raises(KeyboardInterrupt):
        await desk.pack()
    monkeypatch.undo()
    assert await desk.chart(device, 48) == before
    await desk.pack()
    assert await desk.chart(device, 48) == before


@pytest.fixture(params=["sqlite", "postgres"])
async def shared_database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A registry that several connections may use at once, as the one in memory cannot."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").new_database_url()
    async with empty_registry(url) as database:
        yield database


async def test_senders_at_once_and_packing_between_them_store_each_sample_once(
    shared_database: Database, clock: FixedClock
) -> None:
    desk = Desk(shared_database, clock)
    device, start = await a_device(shared_database), clock.now()
    sent = [
        batch(device, [(start + timedelta(minutes=m), float(m)) for m in range(60)], port=str(port))
        for port in range(3)
    ]
    clock.advance(3600)
    first = await asyncio.gather(*(desk.record(*sent) for _ in range(4)))
    clock.advance(24 * 3600)
    again = await asyncio.gather(desk.record(*sent), desk.pack(), desk.record(*reversed(sent)), desk.pack())
    assert sum(stored for stored, _ in first) == 180
    assert again[0] == again[2] == (0, 180)
    async with shared_database.reading() as connection:
        loose = await connection.scalar(select(func.count()).select_from(recent_table))
    assert loose == 0


@pytest.fixture
def statements(desk: Desk) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    event.listen(desk.database.engine.sync_engine, "before_cursor_execute", note)
    yield said
    event.remove(desk.database.engine.sync_engine, "before_cursor_execute", note)


async def test_a_chart_takes_as_many_queries_for_a_month_as_for_an_hour(
    desk: Desk, statements: list[str]
) -> None:
    device, now = await a_device(desk.database), desk.clock.now()
    await desk.record(batch(device, [(now - m * HOUR, float(m)) for m in range(700)]))
    counts = []
    for hours in (1, 24, 700):
        statements.clear()
        await desk.chart(device, hours)
        counts.append(len([s for s in statements if s.startswith("SELECT")]))
    assert counts == [4, 4, 4]  # the device says who may look


PAIRS = st.lists(
    st.tuples(st.integers(-5 * 86_400, 3600), st.integers(-500, 500).map(lambda n: n / 10)),
    min_size=1,
    max_size=60,
)


@settings(max_examples=25)
@given(
    batches=st.lists(PAIRS, min_size=1, max_size=4),
    steps_s=st.lists(st.integers(0, 40_000), min_size=4, max_size=4),
    hours=st.floats(0.1, 150),
    buckets=st.integers(1, 2000),
)
async def test_a_chart_of_packed_samples_is_the_chart_of_the_raw_ones(
    batches: list[list[tuple[int, float]]], steps_s: list[int], hours: float, buckets: int
) -> None:
    """However samples arrive and whenever they are packed: the chart is what a sheet of paper would give."""
    desk, paper = Desk(await fresh(), FixedClock()), dict[datetime, float]()
    try:
        device = await a_device(desk.database)
        for pairs, step_s in zip(batches, steps_s, strict=False):
            samples = [(desk.clock.now() + timedelta(seconds=at), value) for at, value in pairs]
            await desk.record(batch(device, samples))
            for at, value in samples:
                paper.setdefault(at, value)
            desk.clock.advance(step_s)
            await desk.pack()
        drawn = await desk.chart(device, hours, buckets)
        expected = by_hand(paper, desk.clock.now(), hours, buckets)
        assert [(row[0], row[1], row[2], row[4]) for row in drawn] == [
            (at_min, min(values), max(values), len(values)) for at_min, values in expected
        ]
        for row, (_, values) in zip(drawn, expected, strict=True):
            assert row[3] == pytest.approx(sum(values) / len(values))
    finally:
        await desk.database.close()


def by_hand(
    paper: dict[datetime, float], now: datetime, hours: float, buckets: int
) -> list[tuple[float, list[float]]]:
    wanted = grid(milliseconds(now - hours * HOUR), milliseconds(now + HOUR), buckets)
    intervals: dict[int, list[float]] = {}
    for at, value in sorted(paper.items()):
        if wanted.since_ms <= milliseconds(at) < wanted.until_ms:
            interval = (milliseconds(at) - wanted.since_ms) // wanted.width_ms
            intervals.setdefault(interval, []).append(value)
    starts = {i: moment(wanted.since_ms + i * wanted.width_ms) for i in intervals}
    return [((starts[i] - now).total_seconds() / 60, values) for i, values in sorted(intervals.items())]


async def fresh() -> Database:
    database = Database("sqlite+aiosqlite:///:memory:")
    async with database.transaction() as connection:
        await connection.run_sync(metadata.create_all)
    return database
