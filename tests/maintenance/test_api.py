from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.devices.model import Device
from nearhand.kit.blobs import digest
from tests.support.doors import Doors

PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def technician(client: TestClient) -> Doors:
    return Doors(client, Role.TECHNICIAN)


def record(resources: Resources, *, days_ago: float = 1, **changes: Any) -> dict[str, Any]:
    usual = {
        "performed_at": (resources.clock.now() - timedelta(days=days_ago)).isoformat(),
        "performed_by": "Site technician",
        "summary": "Replaced the optic in port 37",
        "parts": ["SFP28 25GBASE-SR"],
        "work_order": "WO-20418",
    }
    return usual | changes


def test_records_are_listed_newest_first_and_in_pages(
    technician: Doors, device: Device, resources: Resources
) -> None:
    path = f"devices/{device.id}/maintenance-records"
    for days_ago in (3, 1, 2):
        new = record(resources, days_ago=days_ago, summary=f"{days_ago} days ago")
        assert technician.ask("POST", path, json=new).status_code == 201
    page = technician.ask("GET", f"{path}?limit=2").json()
    assert ([item["summary"] for item in page["items"]], page["total"]) == (["1 days ago", "2 days ago"], 3)
    rest = technician.ask("GET", f"{path}?limit=2&offset=2").json()
    assert [item["summary"] for item in rest["items"]] == ["3 days ago"]


def test_a_correction_made_on_an_old_version_is_refused(
    technician: Doors, device: Device, resources: Resources
) -> None:
    made = technician.ask("POST", f"devices/{device.id}/maintenance-records", json=record(resources))
    path = f"maintenance-records/{made.json()['id']}"
    assert made.headers["etag"] == '"1"'
    changed = technician.ask("PUT", path, version=1, json=record(resources, summary="Cleaned the optic"))
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert technician.ask("PUT", path, version=1, json=record(resources)).status_code == 412
    assert technician.ask("PUT", path, json=record(resources)).status_code == 428
    assert technician.ask("DELETE", path, version=1).status_code == 412
    assert technician.ask("GET", path).json() == changed.json()
    assert technician.ask("DELETE", path, version=2).status_code == 204
    assert technician.ask("GET", path).status_code == 404


@pytest.mark.parametrize("at", ["2027-01-01T08:00:00Z", "1970-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_what_cannot_have_been_done_then_is_refused(
    technician: Doors, device: Device, resources: Resources, at: str
) -> None:
    new = record(resources, performed_at=at)
    answer = technician.ask("POST", f"devices/{device.id}/maintenance-records", json=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_history")


def test_a_time_without_its_zone_is_refused(technician: Doors, device: Device, resources: Resources) -> None:
    new = record(resources, performed_at="2025-12-31T08:00:00")
    answer = technician.ask("POST", f"devices/{device.id}/maintenance-records", json=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_the_history_of_an_unknown_device_is_not_found(technician: Doors, resources: Resources) -> None:
    path = "devices/0000000000ZZ/maintenance-records"
    assert technician.ask("GET", path).status_code == 404
    assert technician.ask("POST", path, json=record(resources)).status_code == 404


def test_the_history_of_a_removed_device_can_still_be_read(
    client: TestClient, technician: Doors, device: Device, resources: Resources
) -> None:
    path = f"devices/{device.id}/maintenance-records"
    technician.ask("POST", path, json=record(resources))
    assert Doors(client, Role.ADMIN).ask("DELETE", f"devices/{device.id}", version=1).status_code == 204
    assert technician.ask("GET", path).json()["total"] == 1
    assert technician.ask("POST", path, json=record(resources)).status_code == 404


def test_an_attached_file_comes_back_as_a_download_that_no_browser_runs(
    technician: Doors, device: Device, resources: Resources
) -> None:
    attachment = technician.ask("POST", "attachments?name=Prüfprotokoll.pdf", content=PDF).json()
    assert attachment == {
        "sha256": digest(PDF),
        "name": "Prüfprotokoll.pdf",
        "media_type": "application/pdf",
        "size_bytes": len(PDF),
    }
    claimed = attachment | {"media_type": "text/html", "size_bytes": 1}
    new = record(resources, attachments=[claimed])
    made = technician.ask("POST", f"devices/{device.id}/maintenance-records", json=new)
    assert made.json()["attachments"] == [attachment]
    answer = technician.ask("GET", f"attachments/{attachment['sha256']}")
    assert answer.content == PDF
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"].startswith("attachment;")
    policy = answer.headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "sandbox"} <= set(policy)


def test_a_record_cannot_name_a_file_that_was_not_uploaded(
    technician: Doors, device: Device, resources: Resources
) -> None:
    ghost = {"sha256": "0" * 64, "name": "ghost.pdf", "media_type": "application/pdf", "size_bytes": 1}
    new = record(resources, attachments=[ghost])
    answer = technician.ask("POST", f"devices/{device.id}/maintenance-records", json=new)
    assert (answer.status_code, answer.json()["code"]) == (422, "attachment_unknown")


@pytest.mark.parametrize("content", [b"MZ\x90\0\3", b"\x7fELF", b"half a line \xff", b"\0"])
def test_a_file_of_another_kind_is_refused_whatever_its_name(technician: Doors, content: bytes) -> None:
    answer = technician.ask("POST", "attachments?name=report.pdf", content=content)
    assert (answer.status_code, answer.json()["code"]) == (415, "attachment_kind_refused")


def test_a_file_over_the_limit_is_cut_off_and_leaves_nothing(
    technician: Doors, resources: Resources, settings: Any
) -> None:
    object.__setattr__(resources, "settings", settings.model_copy(update={"upload_limit_bytes": 1000}))
    answer = technician.ask("POST", "attachments?name=big.txt", content=iter([b"x" * 600, b"x" * 600]))
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert technician.ask("POST", "attachments?name=empty.txt", content=b"").status_code == 422
    assert [path for path in (settings.data_dir / "blobs").rglob("*") if path.is_file()] == []


def test_only_those_who_may_read_maintenance_get_its_files(client: TestClient, technician: Doors) -> None:
    sha256 = technician.ask("POST", "attachments?name=a.txt", content=b"hello").json()["sha256"]
    assert Doors(client, Role.OBSERVER).ask("GET", f"attachments/{sha256}").status_code == 403
    assert client.get(f"/api/v1/attachments/{sha256}").status_code == 401


def test_a_file_kept_for_something_else_is_not_an_attachment(
    client: TestClient, technician: Doors, resources: Resources
) -> None:
    assert client.portal is not None
    sha256 = client.portal.call(resources.blobs.put, b"a still of somebody's session")
    assert technician.ask("GET", f"attachments/{sha256}").status_code == 404
