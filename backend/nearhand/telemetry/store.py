"""Rows of series: the last hours sample by sample, everything older in chunks of six hours."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    delete,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.kit.database import insert_if_absent, metadata
from nearhand.telemetry.charts import Summary
from nearhand.telemetry.chunks import (
    CHUNK_MS,
    Samples,
    joined,
    packed,
    packed_rollup,
    samples_of,
    unpacked,
    unpacked_rollup,
)
from nearhand.telemetry.model import Series, SeriesKey, moment

# Every sample of a series is in exactly one place: before `packed_until_ms` in a chunk, from then on in `recent`.
series_table = Table(
    "telemetry_series",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("device_id", String(40), nullable=False),
    Column("quantity", String(40), nullable=False),
    Column("port", String(40), nullable=False),
    Column("unit", String(20), nullable=False),
    Column("packed_until_ms", BigInteger, nullable=False, index=True),
    Column("last_ms", BigInteger, nullable=True),
    Column("last_value", Float, nullable=True),
    UniqueConstraint("device_id", "quantity", "port"),
)

recent_table = Table(
    "telemetry_recent",
    metadata,
    Column("series_id", ForeignKey(series_table.c.id, ondelete="CASCADE"), primary_key=True),
    Column("at_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("value", Float(53), nullable=False),
    sqlite_with_rowid=False,
)

# The rollup stands before the samples, so that SQLite reads it without walking over them.
chunk_table = Table(
    "telemetry_chunk",
    metadata,
    Column("series_id", ForeignKey(series_table.c.id, ondelete="CASCADE"), primary_key=True),
    Column("start_ms", BigInteger, primary_key=True, autoincrement=False),
    Column("rollup", LargeBinary, nullable=False),
    Column("samples", LargeBinary, nullable=False),
)

_KEY = (series_table.c.device_id, series_table.c.quantity, series_table.c.port)


@dataclass(frozen=True)
class KeptSeries:
    """A series with what only the store needs to know of it."""

    id: int
    series: Series
    packed_until_ms: int


class TelemetryStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    # -- series ---------------------------------------------------------------------------------------------

    async def of_device(self, device_id: str) -> list[Series]:
        query = select(series_table).where(series_table.c.device_id == device_id).order_by(*_KEY)
        return [_series(row) for row in await self._connection.execute(query)]

    async def find(self, key: SeriesKey) -> KeptSeries | None:
        query = select(series_table).where(_is(key))
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _kept(row)

    async def known(self, keys: Collection[SeriesKey]) -> set[SeriesKey]:
        query = select(*_KEY).where(tuple_(*_KEY).in_([_values(key) for key in keys]))
        return {SeriesKey(**row._mapping) for row in await self._connection.execute(query)}

    async def open(self, units: dict[SeriesKey, str], *, packed_until_ms: int) -> dict[SeriesKey, KeptSeries]:
        """The series with these keys, made where there is none, and locked until the transaction ends."""
        rows = [
            {**key.model_dump(), "unit": unit, "packed_until_ms": packed_until_ms}
            for key, unit in sorted(units.items(), key=lambda item: _values(item[0]))
        ]
        await self._connection.execute(insert_if_absent(self._connection, series_table), rows)
        wanted = [_values(key) for key in units]
        # Locked in the order of ids, so that two writers never wait for each other.
        query = (
            select(series_table)
            .where(tuple_(*_KEY).in_(wanted))
            .order_by(series_table.c.id)
            .with_for_update()
        )
        found = [_kept(row) for row in await self._connection.execute(query)]
        return {kept.series.key: kept for kept in found}

    async def set_last(self, series_id: int, at_ms: int, value: float) -> None:
        """Remember the newest sample; one that is older than the one known changes nothing."""
        columns = series_table.c
        is_newer = columns.last_ms.is_(None) | (columns.last_ms < at_ms)
        await self._connection.execute(
            update(series_table)
            .where(columns.id == series_id, is_newer)
            .values(last_ms=at_ms, last_value=value)
        )

    # -- samples --------------------------------------------------------------------------------------------

    async def add(self, kept: KeptSeries, samples: Samples) -> int:
        """Store what is not known yet, wherever its time puts it; return how many were new."""
        split = int(samples.at_ms.searchsorted(kept.packed_until_ms))
        old = Samples(samples.at_ms[:split], samples.values[:split])
        new = Samples(samples.at_ms[split:], samples.values[split:])
        return await self._add_to_chunks(kept.id, old) + await self._add_to_recent(kept.id, new)

    async def recent(self, series_id: int, since_ms: int, until_ms: int) -> tuple[int, Summary]:
        """How far the series is packed, and its samples after that, both of one moment."""
        columns = recent_table.c
        in_range = and_(
            columns.series_id == series_table.c.id, columns.at_ms >= since_ms, columns.at_ms < until_ms
        )
        # One statement, because packing may move samples between two.
        query = (
            select(series_table.c.packed_until_ms, columns.at_ms, columns.value)
            .select_from(series_table.outerjoin(recent_table, in_range))
            .where(series_table.c.id == series_id)
        )
        rows = (await self._connection.execute(query)).all()
        samples = samples_of([(row.at_ms, row.value) for row in rows if row.at_ms is not None])
        return rows[0].packed_until_ms, samples.summary()

    async def rollups(self, series_id: int, since_ms: int, until_ms: int) -> list[Summary]:
        """Five-minute summaries of the chunks that touch the range."""
        query = select(chunk_table.c.rollup).where(_chunks(series_id, since_ms, until_ms))
        return [unpacked_rollup(blob) for blob in await self._connection.scalars(query)]

    async def packed(self, series_id: int, since_ms: int, until_ms: int) -> list[Summary]:
        """Every sample of the chunks that touch the range."""
        query = select(chunk_table.c.samples).where(_chunks(series_id, since_ms, until_ms))
        return [unpacked(blob).summary() for blob in await self._connection.scalars(query)]

    # -- packing --------------------------------------------------------------------------------------------

    async def to_pack(self, before_ms: int, limit: int) -> list[KeptSeries]:
        """Some series not yet packed up to this time, locked until the transaction ends."""
        query = (
            select(series_table)
            .where(series_table.c.packed_until_ms < before_ms)
            .order_by(series_table.c.id)
            .limit(limit)
            .with_for_update()
        )
        return [_kept(row) for row in await self._connection.execute(query)]

    async def pack(self, kept: KeptSeries, before_ms: int) -> None:
        """Move the recent samples before this time, the border of a chunk, into chunks."""
        is_old = and_(recent_table.c.series_id == kept.id, recent_table.c.at_ms < before_ms)
        rows = await self._connection.execute(
            select(recent_table.c.at_ms, recent_table.c.value).where(is_old)
        )
        await self._add_to_chunks(kept.id, samples_of([(row.at_ms, row.value) for row in rows]))
        await self._connection.execute(delete(recent_table).where(is_old))
        await self._connection.execute(
            update(series_table).where(series_table.c.id == kept.id).values(packed_until_ms=before_ms)
        )

    async def _add_to_recent(self, series_id: int, samples: Samples) -> int:
        if not len(samples):
            return 0
        columns = recent_table.c
        query = select(columns.at_ms).where(
            columns.series_id == series_id,
            columns.at_ms.between(int(samples.at_ms[0]), int(samples.at_ms[-1])),
        )
        known = set(await self._connection.scalars(query))
        rows = [
            {"series_id": series_id, "at_ms": at_ms, "value": value}
            for at_ms, value in zip(samples.at_ms.tolist(), samples.values.tolist(), strict=True)
            if at_ms not in known
        ]
        if rows:
            await self._connection.execute(insert(recent_table), rows)
        return len(rows)

    async def _add_to_chunks(self, series_id: int, samples: Samples) -> int:
        if not len(samples):
            return 0
        parts = dict(samples.by_chunk())
        is_touched = and_(chunk_table.c.series_id == series_id, chunk_table.c.start_ms.in_(list(parts)))
        rows = await self._connection.execute(
            select(chunk_table.c.start_ms, chunk_table.c.samples).where(is_touched)
        )
        known = {row.start_ms: unpacked(row.samples) for row in rows}
        whole = {
            start: joined(known[start], part) if start in known else part for start, part in parts.items()
        }
        await self._connection.execute(delete(chunk_table).where(is_touched))
        await self._connection.execute(
            insert(chunk_table), [_chunk(series_id, start, part) for start, part in whole.items()]
        )
        return sum(map(len, whole.values())) - sum(map(len, known.values()))


def _chunk(series_id: int, start_ms: int, samples: Samples) -> dict[str, Any]:
    return {
        "series_id": series_id,
        "start_ms": start_ms,
        "rollup": packed_rollup(samples.rollup()),
        "samples": packed(samples),
    }


def _chunks(series_id: int, since_ms: int, until_ms: int) -> Any:
    columns = chunk_table.c
    return and_(
        columns.series_id == series_id, columns.start_ms > since_ms - CHUNK_MS, columns.start_ms < until_ms
    )


def _is(key: SeriesKey) -> Any:
    return and_(*(column == value for column, value in zip(_KEY, _values(key), strict=True)))


def _values(key: SeriesKey) -> tuple[str, str, str]:
    return key.device_id, key.quantity, key.port


def _kept(row: Row[Any]) -> KeptSeries:
    return KeptSeries(id=row.id, series=_series(row), packed_until_ms=row.packed_until_ms)


def _series(row: Row[Any]) -> Series:
    return Series(
        key=SeriesKey(device_id=row.device_id, quantity=row.quantity, port=row.port),
        unit=row.unit,
        last_at=None if row.last_ms is None else moment(row.last_ms),
        last_value=row.last_value,
    )
