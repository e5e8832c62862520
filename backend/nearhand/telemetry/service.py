"""Store samples, draw charts of them, and pack what has grown old."""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import HOUSE, Actor, Permission
from nearhand.devices.service import DeviceService, devices_on
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import Invalid, NotFound
from nearhand.kit.ids import Ids
from nearhand.telemetry.charts import Grid, Summary, grid, regroup
from nearhand.telemetry.chunks import CHUNK_MS, Samples, samples_of
from nearhand.telemetry.model import (
    EARLIEST_AT,
    MAX_AHEAD_S,
    Bucket,
    Chart,
    ClockWrong,
    Sample,
    SampleBatch,
    Series,
    SeriesKey,
    Stored,
    UnitDiffers,
    milliseconds,
    moment,
)
from nearhand.telemetry.store import KeptSeries, TelemetryStore

PACK_AFTER_S = 3600  # samples stay loose until the chunk they fall into has been over for this long
PACK_AT_ONCE = 20  # series packed in one transaction, so that the write lock is held for moments only
DEFAULT_SPAN = timedelta(hours=24)
MAX_LISTED = 20  # faulty samples named in one refusal


class TelemetryService:
    def __init__(self, store: TelemetryStore, actor: Actor, *, devices: DeviceService, clock: Clock) -> None:
        self._store = store
        self._actor = actor
        self._devices = devices
        self._clock = clock

    async def series(self, device_id: str) -> list[Series]:
        """What is measured on a device, each with its newest sample. Raises NotFound and NotPermitted."""
        await self._devices.permitted_even_removed(device_id, Permission.TELEMETRY_READ)
        return await self._store.of_device(device_id)

    async def record(self, batches: list[SampleBatch]) -> Stored:
        """Store all or nothing; what is known already stays as it is.

        Raises ClockWrong, UnitDiffers, NotPermitted, and NotFound for an unknown device.
        """
        self._refuse_impossible_times(batches)
        units: dict[SeriesKey, str] = {}
        pairs: dict[SeriesKey, list[tuple[int, float]]] = defaultdict(list)
        for batch in batches:
            if units.setdefault(batch.key, batch.unit) != batch.unit:
                raise UnitDiffers(batch.key, units[batch.key], batch.unit)
            pairs[batch.key] += [(milliseconds(sample.at), sample.value) for sample in batch.samples]
        kept = await self._open(units)
        stored = 0
        for key, series in kept.items():
            stored += await self._add(series, samples_of(pairs[key]))
        return Stored(stored=stored, known=sum(map(len, pairs.values())) - stored)

    async def backfill(self, key: SeriesKey, unit: str, samples: Samples) -> int:
        """Store a long history at once; return how many were new. Raises as `record` does."""
        if not len(samples):
            return 0
        ends = tuple(
            Sample(at=moment(int(samples.at_ms[i])), value=float(samples.values[i])) for i in (0, -1)
        )
        self._refuse_impossible_times([SampleBatch(key=key, unit=unit, samples=ends)])
        kept = await self._open({key: unit})
        return await self._add(kept[key], samples)

    async def chart(
        self, key: SeriesKey, *, since: datetime | None, until: datetime | None, buckets: int
    ) -> Chart:
        """Smallest, largest and mean of at most `buckets` intervals, the last 24 h unless told otherwise.

        Raises NotFound, NotPermitted, and Invalid for a range that is none.
        """
        await self._devices.permitted_even_removed(key.device_id, Permission.TELEMETRY_READ)
        latest = self._clock.now() + timedelta(seconds=MAX_AHEAD_S)
        until = max(EARLIEST_AT, min(until or self._clock.now(), latest))
        since = max(EARLIEST_AT, since or until - DEFAULT_SPAN)
        if since >= until:
            raise Invalid(f"since must lie before until, after {EARLIEST_AT:%Y-%m-%d} and not in the future.")
        kept = await self._store.find(key)
        if kept is None:
            raise NotFound(f"Nothing is known of {key.quantity} there.")
        wanted = grid(milliseconds(since), milliseconds(until), buckets)
        rows = await self._rows(kept, wanted)
        return Chart(
            key=key,
            unit=kept.series.unit,
            since=moment(wanted.since_ms),
            until=moment(wanted.until_ms),
            bucket_s=wanted.width_ms / 1000,
            buckets=_buckets(rows),
        )

    async def _open(self, units: dict[SeriesKey, str]) -> dict[SeriesKey, KeptSeries]:
        """The series, made where they are new, and locked. Raises NotFound, NotPermitted and UnitDiffers."""
        known = await self._store.known(units)
        if not self._actor.may(Permission.TELEMETRY_WRITE, HOUSE):
            await self._devices.demand_all({key.device_id for key in units}, Permission.TELEMETRY_WRITE)
        # Known series need no look-up of their device: it was checked when they began.
        for device_id in sorted({key.device_id for key in units if key not in known}):
            await self._devices.device(device_id)
        kept = await self._store.open(units, packed_until_ms=pack_before_ms(self._clock))
        for key, unit in units.items():
            if kept[key].series.unit != unit:
                raise UnitDiffers(key, kept[key].series.unit, unit)
        return kept

    async def _add(self, kept: KeptSeries, samples: Samples) -> int:
        stored = await self._store.add(kept, samples)
        last_ms, last_value = int(samples.at_ms[-1]), float(samples.values[-1])
        await self._store.set_last(kept.id, last_ms, last_value)
        return stored

    async def _rows(self, kept: KeptSeries, wanted: Grid) -> Summary:
        span = wanted.since_ms, wanted.until_ms
        packed_until_ms, loose = await self._store.recent(kept.id, *span)
        older = wanted.since_ms, min(wanted.until_ms, packed_until_ms)
        if wanted.is_made_of_rollups:
            parts = await self._store.rollups(kept.id, *older)
        else:
            parts = await self._store.packed(kept.id, *older)
        inside = [part[(part["at_ms"] >= span[0]) & (part["at_ms"] < older[1])] for part in parts]
        return regroup([*inside, loose], origin_ms=wanted.since_ms, width_ms=wanted.width_ms)

    def _refuse_impossible_times(self, batches: list[SampleBatch]) -> None:
        latest = self._clock.now() + timedelta(seconds=MAX_AHEAD_S)
        wrong = [
            {
                "where": ["body", str(number), "samples", str(index), "at"],
                "message": f"{sample.at.isoformat()} is not between {EARLIEST_AT:%Y-%m-%d} and an hour from now",
            }
            for number, batch in enumerate(batches)
            for index, sample in enumerate(batch.samples)
            if not EARLIEST_AT <= sample.at <= latest
        ]
        if wrong:
            detail = f"{len(wrong)} samples; none of the request was stored. The time here is {self._clock.now().isoformat()}."
            raise ClockWrong(detail, errors=wrong[:MAX_LISTED])


def telemetry_on(connection: AsyncConnection, actor: Actor, *, ids: Ids, clock: Clock) -> TelemetryService:
    """The service within one transaction."""
    devices = devices_on(connection, actor, ids=ids, clock=clock)
    return TelemetryService(TelemetryStore(connection), actor, devices=devices, clock=clock)


async def pack_all(database: Database, clock: Clock) -> None:
    """Pack whatever is due, a few series per transaction: one that is cut off has moved nothing."""
    is_more = True
    while is_more:
        async with database.transaction() as connection:
            is_more = await _pack_some(TelemetryStore(connection), pack_before_ms(clock))


async def _pack_some(store: TelemetryStore, before_ms: int) -> bool:
    due = await store.to_pack(before_ms, PACK_AT_ONCE)
    for kept in due:
        await store.pack(kept, before_ms)
    return bool(due)


def pack_before_ms(clock: Clock) -> int:
    return (milliseconds(clock.now()) - PACK_AFTER_S * 1000) // CHUNK_MS * CHUNK_MS


def _buckets(rows: Summary) -> tuple[Bucket, ...]:
    # Rounding may put a total's mean a hair outside the values it came from.
    means = (rows["total"] / rows["count"]).clip(rows["minimum"], rows["maximum"])
    columns = (rows["at_ms"], rows["minimum"], rows["maximum"], means, rows["count"])
    return tuple(
        Bucket(at=moment(at_ms), minimum=low, maximum=high, mean=mean, count=count)
        for at_ms, low, high, mean, count in zip(*(column.tolist() for column in columns), strict=True)
    )
