"""What happens at the doors is in the ledger, with who and from where; and who may read it."""

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import Grant, NewUser, Role
from nearhand.app import API, Resources
from nearhand.audit.verify import verify_export
from nearhand.devices.model import Device
from nearhand.kit.clock import FixedClock
from tests.support.doors import Doors
from tests.support.factories import Registry
from tests.support.people import PASSWORD, sign_in


@pytest.fixture
def admin(client: TestClient) -> Doors:
    return Doors(client, Role.ADMIN)


def newest(client: TestClient, resources: Resources, admin: Doors, **wanted: str) -> dict[str, Any]:
    assert client.portal is not None
    for _ in range(100):  # what was refused in a live session is put down beside its telling
        client.portal.call(resources.ledger.seal)
        entries = admin.ask("GET", "audit/entries", params=wanted).json()["items"]
        if entries:
            break
    assert entries, wanted
    entry: dict[str, Any] = entries[0]
    return entry


def test_a_view_of_a_device_is_put_down(
    client: TestClient, resources: Resources, admin: Doors, device: Device
) -> None:
    assert Doors(client, Role.TECHNICIAN).ask("GET", f"devices/{device.id}/view").status_code == 200
    entry = newest(client, resources, admin, action="device.viewed")
    assert entry["about"] == {"kind": "device", "id": device.id}
    assert entry["details"]["name"] == "Technician"
    assert entry["details"]["address"] == "testclient"
    assert (entry["actor"]["kind"], entry["outcome"]) == ("user", "done")


def test_a_view_by_asset_tag_names_the_device(
    client: TestClient, resources: Resources, admin: Doors, device: Device
) -> None:
    admin.ask("GET", f"devices/by-tag/{device.asset_tag}")
    assert newest(client, resources, admin, action="device.viewed")["about"]["id"] == device.id


def test_a_change_is_put_down_with_what_it_changed(
    client: TestClient, resources: Resources, admin: Doors, device: Device
) -> None:
    body = device.model_dump(mode="json", exclude={"id", "version", "created_at", "updated_at", "removed_at"})
    answer = admin.ask("PUT", f"devices/{device.id}", json=body | {"name": "New"}, version=device.version)
    assert answer.status_code == 200, answer.text
    details = newest(client, resources, admin, action="device.changed")["details"]
    assert details["before"] == {"name": device.name, "version": 1}
    assert details["after"] == {"name": "New", "version": 2}


def test_a_refused_door_is_put_down_with_who_knocked(
    client: TestClient, resources: Resources, admin: Doors, device: Device
) -> None:
    observer = Doors(client, Role.OBSERVER)
    assert observer.ask("DELETE", f"devices/{device.id}", version=1).status_code == 403
    entry = newest(client, resources, admin, outcome="refused")
    assert entry["action"] == "request.refused"
    assert entry["details"]["code"] == "not_permitted"
    assert entry["details"]["door"] == "DELETE /devices/{device_id}"
    assert entry["details"]["path"] == {"device_id": device.id}
    assert entry["details"]["name"] == "Observer"


def test_a_wrong_password_is_put_down_without_what_was_typed(
    client: TestClient, resources: Resources, admin: Doors
) -> None:
    body = {"name": "expert", "password": "a slip of the hand"}
    assert client.post(f"{API}/sign-in", json=body).status_code == 401
    entry = newest(client, resources, admin, outcome="refused")
    assert (entry["action"], entry["actor"]["kind"]) == ("sign_in.begun", "nobody")
    assert "user_id" in entry["details"]
    assert "slip" not in json.dumps(entry)
    unknown = {"name": "hunter2 typed into the wrong field", "password": "x"}
    client.post(f"{API}/sign-in", json=unknown)
    assert "hunter2" not in json.dumps(newest(client, resources, admin, outcome="refused"))


def test_sign_in_and_out_name_the_same_sign_in(
    client: TestClient, resources: Resources, admin: Doors
) -> None:
    doors = Doors(client, Role.EXPERT)
    begun = newest(client, resources, admin, action="sign_in.begun")
    assert doors.ask("POST", "sign-out").status_code == 204
    ended = newest(client, resources, admin, action="sign_in.ended")
    assert begun["about"] == ended["about"]
    assert begun["details"]["name"] == "Expert"


def test_a_guest_who_opens_a_link_is_put_down(client: TestClient, resources: Resources, admin: Doors) -> None:
    session = admin.ask("POST", "sessions", json={"subject": "Port 37"}).json()
    link = admin.ask("POST", f"sessions/{session['id']}/invitations", json={"role": "observer"}).json()
    token = link["url"].partition("#")[2]
    answer = client.post(f"{API}/join", json={"token": token, "display_name": "A customer"})
    assert answer.status_code == 200, answer.text
    client.cookies.clear()
    opened = newest(client, resources, admin, action="link.opened")
    assert (opened["actor"]["kind"], opened["details"]["name"]) == ("guest", "A customer")
    assert opened["about"] == newest(client, resources, admin, action="link.added")["about"]
    assert token not in json.dumps(opened)


def test_many_refusals_of_one_are_counted_instead(
    client: TestClient, resources: Resources, admin: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(45):
        assert client.get(f"{API}/devices").status_code == 401
    entry = newest(client, resources, admin, outcome="refused")
    refused = admin.ask("GET", "audit/entries", params={"outcome": "refused"}).json()["total"]
    assert 25 <= refused <= 35
    monkeypatch.setattr("nearhand.audit.service.COUNT_EVERY_S", 0.0)
    entry = newest(client, resources, admin, outcome="refused")
    assert entry["details"]["more"] >= 10
    assert entry["details"]["of"] == "testclient"


def test_a_page_asking_who_is_signed_in_is_no_news(
    client: TestClient, resources: Resources, admin: Doors
) -> None:
    assert client.get(f"{API}/me").status_code == 401
    assert client.portal is not None
    client.portal.call(resources.ledger.seal)
    assert admin.ask("GET", "audit/entries", params={"outcome": "refused"}).json()["total"] == 0


def test_an_imports_devices_have_an_entry_each(
    client: TestClient, resources: Resources, admin: Doors, device: Device
) -> None:
    row = {"asset_tag": device.asset_tag, "name": "Imported"}
    answer = admin.ask(
        "POST", "devices/import?format=json", json=[row], headers={"Accept": "application/x-ndjson"}
    )
    assert '"is_applied":true' in answer.text
    entry = newest(client, resources, admin, action="device.changed")
    assert entry["details"]["after"]["name"] == "Imported"
    assert entry["details"]["name"] == "Admin"
    assert newest(client, resources, admin, action="device.imported")["actor"] == entry["actor"]


def test_the_export_of_a_running_service_is_unbroken(
    client: TestClient, resources: Resources, admin: Doors, clock: FixedClock, device: Device
) -> None:
    for _ in range(3):
        admin.ask("GET", f"devices/{device.id}")
    clock.advance(86400)
    admin = Doors(client, Role.ADMIN)
    answer = admin.ask("GET", "audit/export")
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert "attachment" in answer.headers["content-disposition"]
    found = verify_export(answer.content.splitlines(keepends=True))
    assert found.key_ids == [admin.ask("GET", "audit/head").json()["key_id"]]
    part = admin.ask("GET", "audit/export?first=2&last=4")
    assert verify_export(part.content.splitlines(keepends=True)).entries == 3
    assert admin.ask("GET", "audit/export?first=9000").json()["code"] == "no_entry"
    assert newest(client, resources, admin, action="ledger.exported")["details"]["query"] == "first=9000"


def test_an_entry_is_redacted_over_the_door(
    client: TestClient, resources: Resources, admin: Doors, device: Device
) -> None:
    admin.ask("GET", f"devices/{device.id}")
    seq = newest(client, resources, admin, action="device.viewed")["seq"]
    path = f"audit/entries/{seq}/redaction"
    assert Doors(client, Role.EXPERT).ask("POST", path, json={"why": "because"}).status_code == 403
    assert admin.ask("POST", path, json={"why": "asked for by the person"}).status_code == 204
    assert newest(client, resources, admin, action="device.viewed")["details"] is None
    assert admin.ask("POST", path, json={"why": "again"}).json()["code"] == "already_redacted"
    assert newest(client, resources, admin, action="entry.redacted")["about"]["id"] == str(seq)


@pytest.mark.parametrize("role", [Role.EXPERT, Role.TECHNICIAN, Role.OBSERVER])
@pytest.mark.parametrize("path", ["entries", "head", "export", "verifier"])
def test_only_administrators_read_it(client: TestClient, role: Role, path: str) -> None:
    assert Doors(client, role).ask("GET", f"audit/{path}").status_code == 403


def test_a_tenants_admin_reads_what_was_done_to_its_things_alone(
    client: TestClient, resources: Resources, admin: Doors, device: Device
) -> None:
    tenant = admin.ask("POST", "tenants", json={"name": "A bank"}).json()
    site = admin.ask("POST", "sites", json={"name": "S", "timezone": "UTC", "tenant_id": tenant["id"]}).json()
    admin.ask("GET", f"sites/{site['id']}")
    admin.ask("GET", f"devices/{device.id}")
    assert client.portal is not None
    grants = (Grant(role=Role.ADMIN, tenant_id=tenant["id"]),)
    client.portal.call(
        resources.access.register,
        NewUser(name="theirs", display_name="Theirs", grants=grants, password=PASSWORD),
    )
    client.portal.call(resources.ledger.seal)
    body = {"name": "theirs", "password": PASSWORD}
    token = client.post(f"{API}/sign-in?want_token=true", json=body).json()["token"]
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {token}"}
    found = client.get(f"{API}/audit/entries", headers=headers).json()
    assert {one["tenant"] for one in found["items"]} == {tenant["id"]}
    assert {one["action"] for one in found["items"]} >= {"site.added", "site.viewed"}
    for path in ("head", "export"):
        assert client.get(f"{API}/audit/{path}", headers=headers).status_code == 403


def test_the_page_that_verifies_comes_as_a_download(admin: Doors) -> None:
    answer = admin.ask("GET", "audit/verifier")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"<!doctype html>")


def test_a_socket_that_was_opened_or_refused_is_put_down(
    client: TestClient, resources: Resources, admin: Doors
) -> None:
    headers = sign_in(client, Role.TECHNICIAN)
    with client.websocket_connect(f"{API}/wall", ["nearhand.v1"], headers=headers) as socket:
        socket.receive_json()
    assert newest(client, resources, admin, action="wall.entered")["details"]["name"] == "Technician"
    with client.websocket_connect(f"{API}/wall", ["nearhand.v1"]) as socket:
        assert socket.receive_json()[0]["code"] == "unauthenticated"
    entry = newest(client, resources, admin, action="wall.entered")
    assert (entry["outcome"], entry["details"]["code"]) == ("refused", "unauthenticated")


def test_a_refused_live_message_is_put_down(client: TestClient, resources: Resources, admin: Doors) -> None:
    session_id = admin.ask("POST", "sessions", json={"subject": "Port 37"}).json()["id"]
    headers = sign_in(client, Role.OBSERVER)
    path = f"{API}/sessions/{session_id}/live"
    with client.websocket_connect(path, ["nearhand.v1"], headers=headers) as socket:
        socket.send_json([{"type": "hello", "client": "an-observers-page", "resume": None}])
        socket.send_json([{"type": "session.end", "n": 1}])
        while not any(message["type"] == "refused" for message in socket.receive_json()):
            pass
    entry = newest(client, resources, admin, action="session.asked")
    assert entry["about"] == {"kind": "session", "id": session_id}
    assert (entry["outcome"], entry["details"]["name"]) == ("refused", "Observer")
    assert newest(client, resources, admin, action="session.entered")["details"]["name"] == "Observer"


@pytest.fixture
def racked(client: TestClient, resources: Resources) -> str:
    async def add() -> str:
        async with resources.database.transaction() as connection:
            registry = Registry(connection)
            return (await registry.rack(await registry.site())).id

    assert client.portal is not None
    return client.portal.call(add)


def test_who_looks_at_a_rack_is_put_down(
    client: TestClient, resources: Resources, admin: Doors, racked: str
) -> None:
    admin.ask("GET", f"racks/{racked}/elevation")
    assert newest(client, resources, admin, action="rack.viewed")["about"]["id"] == racked
