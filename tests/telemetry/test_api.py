from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.devices.model import Device
from tests.support.doors import Doors


@pytest.fixture
def collector(client: TestClient) -> Doors:
    return Doors(client, Role.ADMIN)


def batch(resources: Resources, device: Device, **changes: Any) -> dict[str, Any]:
    now = resources.clock.now()
    samples = [{"at": (now - timedelta(minutes=m)).isoformat(), "value": 10.0 + m} for m in range(3)]
    key = {"device_id": device.id, "quantity": "traffic_in", "port": "37"}
    return {"key": key, "unit": "bit/s", "samples": samples} | changes


def test_what_a_collector_sends_is_charted(
    client: TestClient, collector: Doors, device: Device, resources: Resources
) -> None:
    for expected in ({"stored": 3, "known": 0}, {"stored": 0, "known": 3}):
        answer = collector.ask("POST", "telemetry/samples", json=[batch(resources, device)])
        assert (answer.status_code, answer.json()) == (200, expected)
    observer = Doors(client, Role.OBSERVER)
    (series,) = observer.ask("GET", f"devices/{device.id}/series").json()
    assert (series["unit"], series["last_value"]) == ("bit/s", 10.0)
    query = "quantity=traffic_in&port=37&buckets=1&until=2026-01-01T09:00:00%2B01:00"
    chart = observer.ask("GET", f"devices/{device.id}/chart?{query}").json()
    (bucket,) = chart["buckets"]
    assert (bucket["minimum"], bucket["maximum"], bucket["mean"], bucket["count"]) == (11.0, 12.0, 11.5, 2)


def test_a_clock_a_day_off_is_answered_with_the_samples_it_spoils(
    collector: Doors, device: Device, resources: Resources
) -> None:
    tomorrow = (resources.clock.now() + timedelta(days=1)).isoformat()
    wrong = batch(resources, device, samples=[{"at": tomorrow, "value": 1.0}])
    answer = collector.ask("POST", "telemetry/samples", json=[batch(resources, device), wrong])
    assert (answer.status_code, answer.json()["code"]) == (422, "clock_wrong")
    assert answer.json()["errors"][0]["where"] == ["body", "1", "samples", "0", "at"]
    assert collector.ask("GET", f"devices/{device.id}/series").json() == []


@pytest.mark.parametrize(
    "sample",
    [
        {"at": "2026-01-01T08:00:00", "value": 1.0},
        {"at": "2026-01-01T08:00:00Z", "value": 1e300},
        {"at": "9999-12-31T23:59:59-14:00", "value": 1.0},
        {"at": "0001-01-01T00:00:00+14:00", "value": 1.0},
    ],
)
def test_a_sample_that_cannot_be_is_refused(
    collector: Doors, device: Device, resources: Resources, sample: dict[str, Any]
) -> None:
    wrong = batch(resources, device, samples=[sample])
    assert collector.ask("POST", "telemetry/samples", json=[wrong]).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-01-01T08:00:00Z&until=2026-01-01T08:00:00Z",
        "since=9999-12-31T23:59:59-14:00",
        "until=0001-01-01T00:00:00%2B14:00",
        "since=2026-01-01T08:00:00",
        "buckets=0",
        "buckets=2001",
    ],
)
def test_a_range_that_is_none_is_refused(
    collector: Doors, device: Device, resources: Resources, query: str
) -> None:
    collector.ask("POST", "telemetry/samples", json=[batch(resources, device)])
    answer = collector.ask("GET", f"devices/{device.id}/chart?quantity=traffic_in&port=37&{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_series_nobody_measured_is_not_found(collector: Doors, device: Device) -> None:
    assert collector.ask("GET", f"devices/{device.id}/chart?quantity=cpu_load").status_code == 404
    assert collector.ask("GET", "devices/0000000000ZZ/series").status_code == 404


def test_two_times_within_a_millisecond_are_one(
    collector: Doors, device: Device, resources: Resources
) -> None:
    samples = [{"at": f"2026-01-01T07:00:00.1234{n}Z", "value": float(n)} for n in (5, 6)]
    answer = collector.ask("POST", "telemetry/samples", json=[batch(resources, device, samples=samples)])
    assert answer.json() == {"stored": 1, "known": 1}
