"""Measured quantities of devices: series, samples, and what a chart asks for."""

from datetime import UTC, datetime, timedelta

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from nearhand.kit.errors import Conflict, Invalid
from nearhand.kit.patterns import ONE_LINE, Id

# A clock that was never set says 1970: a sample from before this moment is a mistake, not history.
EARLIEST_AT = datetime(2000, 1, 1, tzinfo=UTC)
MAX_AHEAD_S = 3600.0  # how far a collector's clock may run ahead of ours
MAX_BUCKETS = 2000


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND


def moment(at_ms: int) -> datetime:
    return _EPOCH + at_ms * _MILLISECOND


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeriesKey(Frozen):
    """A quantity of one device, and of one port when it has one. Units are UCUM-like: %, bit/s, 1/min, Cel, W."""

    device_id: Id
    quantity: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["cpu_load", "traffic_in", "traffic_out"]
    )
    port: str = Field("", max_length=40, pattern=ONE_LINE)


class Series(Frozen):
    key: SeriesKey
    unit: str = Field(max_length=20, pattern=ONE_LINE)
    last_at: datetime | None
    last_value: float | None


class Sample(Frozen):
    """One value at one time; times are kept to the millisecond."""

    at: AwareDatetime
    # Wide enough for any counter, and small enough that the sum of a billion samples is still a number.
    value: float = Field(ge=-1e30, le=1e30, allow_inf_nan=False)


class SampleBatch(Frozen):
    """Samples to store; a time already stored for the series is kept as it was, so a batch may be sent twice."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "key": {"device_id": "00000000001J", "quantity": "rx_power", "port": "37"},
                "unit": "dBm",
                "samples": [{"at": "2026-01-20T09:30:00Z", "value": -4.61}],
            }
        },
    )

    key: SeriesKey
    unit: str = Field(max_length=20, pattern=ONE_LINE)
    samples: tuple[Sample, ...] = Field(min_length=1, max_length=10_000)


class Stored(Frozen):
    """What became of the samples sent: `known` were there before, and are unchanged."""

    stored: int = Field(ge=0)
    known: int = Field(ge=0)


class Bucket(Frozen):
    """All samples of one interval starting at `at`."""

    at: datetime
    minimum: float
    maximum: float
    mean: float
    count: int


class Chart(Frozen):
    """A series over a time range, at most as many buckets as asked for; empty intervals are left out.

    `since` and `until` are those asked for, widened to whole seconds (whole five minutes for long ranges).
    """

    key: SeriesKey
    unit: str
    since: datetime
    until: datetime
    bucket_s: float
    buckets: tuple[Bucket, ...]


# -- refusals ---------------------------------------------------------------------------------------------------


class ClockWrong(Invalid):
    """Some samples carry times that cannot be; none of the request was stored."""

    code, title = "clock_wrong", "Some samples have impossible times; check the sender's clock"


class UnitDiffers(Conflict):
    code, title = "unit_differs", "The series has another unit"

    def __init__(self, key: SeriesKey, unit: str, given: str) -> None:
        where = f" of port {key.port}" if key.port else ""
        super().__init__(
            f"{key.quantity}{where} of device {key.device_id} is kept in {unit!r}, not {given!r}."
        )
