import json
from collections.abc import Iterator

from fastapi.testclient import TestClient

from nearhand.access.model import Role
from nearhand.app import Resources
from tests.support.factories import new_device_type, new_site
from tests.support.people import sign_in

HEADER = "asset_tag,name,manufacturer,model,site\r\n"
ROW = "A1,One,Acme,ToR-48,Zürich West\r\n"
IMPORT = "/api/v1/devices/import"


def _prepared(client: TestClient) -> dict[str, str]:
    headers = sign_in(client, Role.ADMIN)
    for path, new in (("sites", new_site()), ("device-types", new_device_type())):
        client.post(f"/api/v1/{path}", json=new.model_dump(mode="json"), headers=headers).raise_for_status()
    return headers


def test_a_file_is_tried_brought_in_and_taken_out_again(client: TestClient) -> None:
    headers = _prepared(client)
    content = (HEADER + ROW).encode()
    tried = client.post(f"{IMPORT}?dry_run=true", content=content, headers=headers).json()
    assert (tried["created"], tried["is_dry_run"], tried["is_applied"]) == (1, True, False)
    done = client.post(IMPORT, content=content, headers=headers).json()
    assert (done["created"], done["is_applied"]) == (1, True)
    exported = client.get("/api/v1/devices/export?format=csv&q=one", headers=headers)
    assert exported.headers["content-type"].startswith("text/csv")
    assert exported.text.count("\r\n") == 2
    again = client.post(IMPORT, content=exported.content, headers=headers).json()
    assert (again["unchanged"], again["faults"]) == (1, [])
    as_json = client.get("/api/v1/devices/export?format=json&status=failed", headers=headers)
    assert as_json.json() == []


def test_progress_comes_line_by_line_and_the_report_last(client: TestClient) -> None:
    headers = _prepared(client) | {"Accept": "application/x-ndjson"}
    answer = client.post(IMPORT, content=(HEADER + ROW).encode(), headers=headers)
    *progress, report = (json.loads(line) for line in answer.text.splitlines())
    assert [(one["stage"], one["done"], one["total"]) for one in progress] == [
        ("checking", 0, 1),
        ("checking", 1, 1),
        ("writing", 1, 1),
    ]
    assert report["is_applied"]


def test_a_file_that_is_no_table_is_refused_before_anything_is_streamed(client: TestClient) -> None:
    headers = _prepared(client) | {"Accept": "application/x-ndjson"}
    answer = client.post(IMPORT, content=b"\xff\xfe", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "unreadable_import")


def test_an_upload_of_a_gigabyte_is_refused_by_its_claim_alone(client: TestClient) -> None:
    headers = _prepared(client) | {"Content-Length": str(1 << 30)}
    read = []

    def body() -> Iterator[bytes]:
        read.append(1)
        yield b"x"

    answer = client.post(IMPORT, content=body(), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_an_upload_that_claims_nothing_is_cut_off_at_the_limit(
    client: TestClient, resources: Resources
) -> None:
    headers = _prepared(client)
    limit = resources.settings.import_limit_bytes
    resources.settings.__dict__["import_limit_bytes"] = 1000
    answer = client.post(IMPORT, content=(b"x" * 600 for _ in range(2)), headers=headers)
    resources.settings.__dict__["import_limit_bytes"] = limit
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_who_may_only_read_exports_but_does_not_import(client: TestClient) -> None:
    headers = sign_in(client, Role.TECHNICIAN)
    assert client.get("/api/v1/devices/export", headers=headers).status_code == 200
    assert client.post(IMPORT, content=b"asset_tag\n", headers=headers).status_code == 403
