"""Measure the demo's devices: a day's curve, some noise, and an optic in port 37 that is dying."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy.exc import OperationalError

from nearhand.access.model import SYSTEM
from nearhand.app import Resources
from nearhand.devices.model import DeviceKind, DeviceView, Selection
from nearhand.devices.service import DeviceService, devices_on
from nearhand.kit.errors import NotFound
from nearhand.kit.http import PageQuery
from nearhand.simulation.seed import DEMO_TAG
from nearhand.telemetry.chunks import Samples
from nearhand.telemetry.model import Sample, SampleBatch, SeriesKey, milliseconds
from nearhand.telemetry.service import telemetry_on

log = structlog.get_logger()

HISTORY = timedelta(days=30)
HISTORY_STEP_S = 300
FEED_STEP_S = 10
FAULT_LED = timedelta(days=5)  # for so long the optic had been dying when the demo was seeded

FAULTY_PORT = "37"
DEMO_PORTS = ("1", "12", "36", FAULTY_PORT, "38", "48", "49", "50")
UNITS = {
    "cpu_load": "%",
    "temperature": "Cel",
    "power": "W",
    "traffic_in": "bit/s",
    "traffic_out": "bit/s",
    "errors_in": "1/min",
    "rx_power": "dBm",
}
_LINK_BIT_PER_S = 25e9
_DAY_S = 86_400

Times = NDArray[np.int64]
Values = NDArray[np.float64]


class _Quantity(Protocol):
    def __call__(self, seed: int, at_s: Times, illness: Values) -> Values: ...


def simulated(key: SeriesKey, at: datetime, *, fault_began_at: datetime | None = None) -> float:
    """What would be measured then: always the same for the same series and time."""
    return float(_values(key, np.array([milliseconds(at) // 1000]), fault_began_at)[0])


def series_of(view: DeviceView) -> list[SeriesKey]:
    """What is measured on a device: of the demo switch its ports too."""
    device_id, kind = view.device.id, view.device_type.kind
    if kind is DeviceKind.PATCH_PANEL:
        return []
    if kind is DeviceKind.PDU:
        return [SeriesKey(device_id=device_id, quantity="power")]
    whole = [SeriesKey(device_id=device_id, quantity=quantity) for quantity in ("cpu_load", "temperature")]
    if view.device.asset_tag != DEMO_TAG:
        return whole
    per_port = ("traffic_in", "traffic_out", "errors_in", "rx_power")
    ports = [
        SeriesKey(device_id=device_id, quantity=quantity, port=port)
        for port in DEMO_PORTS
        for quantity in per_port
    ]
    return whole + ports


async def seed_telemetry(resources: Resources, *, device_ids: Sequence[str] | None = None) -> None:
    """Fill in the last 30 days, or what is missing of them since the demo last ran.

    Without `device_ids`: the demo switch and all that stands in its rack.
    """
    for view in await _views(resources, device_ids):
        # A transaction per device, so that nobody waits long for the write lock.
        async with resources.database.transaction() as connection:
            telemetry = telemetry_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock)
            last = {series.key: series.last_at for series in await telemetry.series(view.device.id)}
            for key in series_of(view):
                samples = _history(key, last.get(key), resources.clock.now(), _fault_of(view, key))
                await telemetry.backfill(key, UNITS[key.quantity], samples)


async def feed_telemetry(resources: Resources, *, device_ids: Sequence[str] | None = None) -> None:
    """Add a sample to each series every ten seconds, until cancelled."""
    plan = [
        (key, _fault_of(view, key)) for view in await _views(resources, device_ids) for key in series_of(view)
    ]
    while plan:
        now = resources.clock.now().replace(microsecond=0)
        batches = [
            SampleBatch(
                key=key,
                unit=UNITS[key.quantity],
                samples=(Sample(at=now, value=simulated(key, now, fault_began_at=fault)),),
            )
            for key, fault in plan
        ]
        try:
            async with resources.database.transaction() as connection:
                await telemetry_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock).record(
                    batches
                )
        except OperationalError as error:
            # The database was busy for too long; the next sample has its own chance.
            log.warning("sample_skipped", error=str(error.orig))
        await asyncio.sleep(FEED_STEP_S)


async def _views(resources: Resources, device_ids: Sequence[str] | None) -> list[DeviceView]:
    async with resources.database.reading() as connection:
        devices = devices_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock)
        return [await devices.view(device_id) for device_id in device_ids or await _demo_ids(devices)]


async def _demo_ids(devices: DeviceService) -> list[str]:
    try:
        demo = (await devices.view_by_tag(DEMO_TAG)).device
    except NotFound:
        return []
    neighbours = Selection(filters={"rack_id": demo.rack_id}) if demo.rack_id else Selection(q=DEMO_TAG)
    page = await devices.devices(neighbours, PageQuery(limit=50, offset=0))
    return [demo.id, *(device.id for device in page.items if device.id != demo.id)]


def _fault_of(view: DeviceView, key: SeriesKey) -> datetime | None:
    """The optic began to die some days before the device was registered here, which the registry remembers."""
    is_faulty = view.device.asset_tag == DEMO_TAG and key.port == FAULTY_PORT
    return view.device.created_at - FAULT_LED if is_faulty else None


def _history(
    key: SeriesKey, last_at: datetime | None, now: datetime, fault_began_at: datetime | None
) -> Samples:
    since = max(now - HISTORY, last_at or now - HISTORY)
    first_s = (milliseconds(since) // 1000 // HISTORY_STEP_S + 1) * HISTORY_STEP_S
    at_s = np.arange(first_s, milliseconds(now) // 1000 + 1, HISTORY_STEP_S, dtype=np.int64)
    return Samples(at_s * 1000, _values(key, at_s, fault_began_at))


# -- the curves ---------------------------------------------------------------------------------------------------


def _values(key: SeriesKey, at_s: Times, fault_began_at: datetime | None) -> Values:
    seed = int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:7], "little")
    return _QUANTITIES[key.quantity](seed, at_s, _illness(at_s, fault_began_at))


def _illness(at_s: Times, fault_began_at: datetime | None) -> Values:
    """0 in health, 1 after five days of dying, never more than 1.3."""
    if fault_began_at is None:
        return np.zeros(len(at_s))
    return np.clip((at_s - milliseconds(fault_began_at) / 1000) / FAULT_LED.total_seconds(), 0, 1.3)


def _day(seed: int, at_s: Times) -> Values:
    """Between 0 at night and 1 in the afternoon; each series has its own hour, and weekends are quieter."""
    hour_s = seed % 10_800
    day = 0.5 - 0.5 * np.cos(2 * np.pi * (at_s - hour_s - 3 * 3600) / _DAY_S)
    weekday = (at_s // _DAY_S + 3) % 7  # 1970 began on a Thursday
    return np.where(weekday >= 5, 0.6 * day, day)


def _noise(seed: int, at_s: Times, *, every_s: int = FEED_STEP_S) -> Values:
    """About normal with deviation 1, fixed for each span of `every_s`: mixed from series and time alone."""
    mixed = (at_s // every_s).astype(np.uint64) + np.uint64(seed)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    # The sum of four 16-bit pieces is bell-shaped enough.
    pieces = np.stack([mixed >> np.uint64(16 * i) & np.uint64(0xFFFF) for i in range(4)])
    bell: Values = (pieces.sum(axis=0) / 0xFFFF - 2) * np.sqrt(3)
    return bell


def _cpu_load(seed: int, at_s: Times, illness: Values) -> Values:
    jobs = np.where(_noise(seed + 1, at_s, every_s=1800) > 1.8, 25, 0)  # now and then a backup runs
    load = 12 + seed % 15 + 30 * _day(seed, at_s) + jobs + 3 * _noise(seed, at_s)
    return np.clip(load, 1, 100).round(1)


def _temperature(seed: int, at_s: Times, illness: Values) -> Values:
    return (31 + seed % 6 + 5 * _day(seed, at_s) + 0.3 * _noise(seed, at_s, every_s=60)).round(1)


def _power(seed: int, at_s: Times, illness: Values) -> Values:
    return (2400 + seed % 900 + 700 * _day(seed, at_s) + 25 * _noise(seed, at_s)).round(0)


def _traffic(seed: int, at_s: Times, illness: Values) -> Values:
    share = 0.04 + (seed % 100) / 400 + 0.35 * _day(seed, at_s)
    bursts = np.exp(0.25 * _noise(seed, at_s) + 0.35 * _noise(seed + 1, at_s, every_s=900))
    # A dying optic loses packets, and what is lost is sent again more slowly.
    carried = 1 - 0.6 * np.clip(illness - 0.6, 0, 1)
    carried_bit_per_s: Values = np.clip(share * bursts * carried, 0, 0.98) * _LINK_BIT_PER_S
    return carried_bit_per_s.round(-3)


def _errors_in(seed: int, at_s: Times, illness: Values) -> Values:
    """None in health; once the light is too weak they grow tenfold a day."""
    sick = np.where(illness > 0.4, 10 ** (5 * (illness - 0.4)), 0) * np.exp(0.4 * _noise(seed, at_s))
    stray = np.where(_noise(seed + 1, at_s) > 3.0, 1, 0)
    errors: Values = np.floor(sick) + stray
    return errors.clip(0, 60_000)


def _rx_power(seed: int, at_s: Times, illness: Values) -> Values:
    healthy = -2.2 - (seed % 12) / 10 + 0.1 * _day(seed, at_s)
    received: Values = healthy - 9.5 * illness**1.5 + (0.05 + 0.4 * illness) * _noise(seed, at_s)
    return received.round(2)


_QUANTITIES: dict[str, _Quantity] = {
    "cpu_load": _cpu_load,
    "temperature": _temperature,
    "power": _power,
    "traffic_in": _traffic,
    "traffic_out": _traffic,
    "errors_in": _errors_in,
    "rx_power": _rx_power,
}
