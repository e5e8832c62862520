"""Measured quantities of devices: series, samples, and what a chart asks for."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SeriesKey(Frozen):
    """A quantity of one device, and of one port when it has one. Units are UCUM-like: %, bit/s, 1/min, Cel, W."""

    device_id: str
    quantity: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["cpu_load", "traffic_in", "traffic_out"]
    )
    port: str = Field("", max_length=40)


class Series(Frozen):
    key: SeriesKey
    unit: str = Field(max_length=20)
    last_at: datetime | None
    last_value: float | None


class Sample(Frozen):
    at: datetime
    value: float = Field(allow_inf_nan=False)


class SampleBatch(Frozen):
    """Samples to store; a time already stored for the series is kept as it was, so a batch may be sent twice."""

    key: SeriesKey
    unit: str = Field(max_length=20)
    samples: tuple[Sample, ...] = Field(min_length=1, max_length=10_000)


class Bucket(Frozen):
    """All samples of one interval starting at `at`."""

    at: datetime
    minimum: float
    maximum: float
    mean: float
    count: int


class Chart(Frozen):
    """A series over a time range, at most as many buckets as asked for; empty intervals are left out."""

    key: SeriesKey
    unit: str
    since: datetime
    until: datetime
    bucket_s: float
    buckets: tuple[Bucket, ...]
