"""Labels at a site that asks for signatures, through the service's doors."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event
from typer.testing import CliRunner

from nearhand.access.model import Grant, NewUser, Role
from nearhand.app import Resources
from nearhand.cli import app as cli
from nearhand.devices.model import Device
from nearhand.kit.clock import FixedClock
from tests.support.doors import Doors
from tests.support.factories import Registry
from tests.support.people import PASSWORD


@pytest.fixture
def admin(client: TestClient) -> Doors:
    return Doors(client, Role.ADMIN)


def ask_for_signatures(admin: Doors, device: Device, signing: str) -> None:
    path = f"sites/{device.site_id}"
    site = admin.ask("GET", path).json()
    sent = {name: site[name] for name in ("name", "address", "timezone", "tenant_id")}
    changed = admin.ask("PUT", path, version=site["version"], json=sent | {"label_signing": signing})
    assert changed.status_code == 200, changed.text


def made(admin: Doors, device: Device) -> Any:
    answer = admin.ask("POST", f"devices/{device.id}/labels", json={})
    assert answer.status_code == 201, answer.text
    return answer.json()


def printed(label: Any) -> str:
    """The end of the address, as it stands in words under the code."""
    return str(label["text"].rpartition("/")[2])


def refusals(admin: Doors) -> list[Any]:
    items = admin.ask("GET", "audit/entries?action=label.refused&limit=50").json()["items"]
    return [(one["about"]["id"], one["details"]["doubt"], one["outcome"]) for one in items]


def sealed(client: TestClient, resources: Resources) -> None:
    assert client.portal is not None
    client.portal.call(resources.ledger.seal)


def test_where_nothing_is_asked_labels_are_not_signed_and_any_signature_will_do(
    admin: Doors, device: Device, resources: Resources
) -> None:
    label = made(admin, device)
    assert (label["key_id"], "-" in printed(label)) == (None, False)
    found = admin.ask("GET", f"labels/{label['code']}-0ABCDEFGHJK").json()
    assert (found["label"], found["doubt"]) == (label, None)
    assert not resources.label_stamp.keys.path.exists()


def test_where_a_warning_is_asked_labels_are_signed_and_doubts_are_told(
    admin: Doors, device: Device, client: TestClient, resources: Resources
) -> None:
    before = made(admin, device)
    ask_for_signatures(admin, device, "warn")
    label = made(admin, device)
    assert (label["key_id"], len(printed(label))) == ("0", 8 + 1 + 11)
    told = {
        text: admin.ask("GET", f"labels/{text}").json()["doubt"]
        for text in (
            printed(label),
            printed(label).lower(),
            label["code"],
            printed(label)[:-1],
            f"{before['code']}{printed(label)[8:]}",
            before["code"],
        )
    }
    assert list(told.values()) == [
        None,
        None,
        "signature_missing",
        "signature_wrong",
        "signature_wrong",
        "unsigned",
    ]
    sealed(client, resources)
    views = admin.ask("GET", f"audit/entries?action=label.viewed&about_id={label['code']}&limit=50").json()[
        "items"
    ]
    assert {one["details"].get("doubt") for one in views} == {None, "signature_missing", "signature_wrong"}


def test_where_they_are_enforced_only_a_signed_label_opens_its_device(
    admin: Doors, device: Device, client: TestClient, resources: Resources
) -> None:
    before = made(admin, device)
    ask_for_signatures(admin, device, "enforce")
    label = made(admin, device)
    assert admin.ask("GET", f"labels/{printed(label)}").json()["view"]["device"]["id"] == device.id
    for text in (label["code"], before["code"], f"{label['code']}-", printed(label)[:-1]):
        answer = admin.ask("GET", f"labels/{text}")
        assert (answer.status_code, answer.json()["code"]) == (422, "label_refused")
        assert device.asset_tag not in answer.text
    sealed(client, resources)
    assert refusals(admin) == [
        (label["code"], "signature_wrong", "refused"),
        (label["code"], "signature_wrong", "refused"),
        (before["code"], "unsigned", "refused"),
        (label["code"], "signature_missing", "refused"),
    ]
    # The device itself is not behind the label: it is found by its asset tag, and its labels are printed.
    assert admin.ask("GET", f"devices/by-tag/{device.asset_tag}").status_code == 200
    assert admin.ask("GET", f"labels/{label['code']}/image").status_code == 200


def test_the_whole_text_that_was_scanned_is_looked_at_where_it_is_told(admin: Doors, device: Device) -> None:
    ask_for_signatures(admin, device, "enforce")
    label = made(admin, device)
    path = f"labels/{printed(label)}"
    assert admin.ask("GET", path, params={"text": label["text"]}).status_code == 200
    evil = label["text"].replace("127.0.0.1", "EVIL.EXAMPLE")
    assert admin.ask("GET", path, params={"text": evil}).json()["code"] == "label_refused"
    assert admin.ask("GET", path, params={"text": "WIFI:S:guest;;"}).json()["code"] == "foreign_label"
    assert admin.ask("GET", path, params={"text": "A" * 2000}).status_code == 422


def test_a_lost_key_file_makes_labels_wrong_until_the_site_asks_nothing(
    admin: Doors, device: Device, resources: Resources
) -> None:
    ask_for_signatures(admin, device, "enforce")
    label = made(admin, device)
    file = resources.label_stamp.keys
    file.path.unlink()
    assert admin.ask("GET", f"labels/{printed(label)}").json()["code"] == "label_refused"
    file.path.write_text("nonsense")
    assert admin.ask("GET", f"labels/{printed(label)}").json()["code"] == "cannot_sign"
    ask_for_signatures(admin, device, "off")
    assert admin.ask("GET", f"labels/{printed(label)}").status_code == 200


def test_a_signature_opens_nothing_that_the_asker_may_not_see(
    admin: Doors, client: TestClient, resources: Resources, device: Device
) -> None:
    """The answer is that for a code that was never made: neither signature nor site shows through."""

    async def furnish() -> Device:
        async with resources.database.transaction() as connection:
            registry = Registry(connection)
            bank = await registry.tenant(name="Bank")
            site = await registry.site(name="Bank's", tenant_id=bank.id)
            kind = await registry.devices.device_type(device.device_type_id)
            theirs = await registry.device(
                device_type=kind, rack=await registry.rack(site, name="B1"), asset_tag="BANK-1"
            )
        grants = (Grant(role=Role.OBSERVER, site_id=device.site_id),)
        new = NewUser(name="stranger", display_name="Stranger", grants=grants, password=PASSWORD)
        await resources.access.register(new)
        return theirs

    assert client.portal is not None
    theirs = client.portal.call(furnish)
    ask_for_signatures(admin, theirs, "enforce")
    ask_for_signatures(admin, device, "enforce")
    label = made(admin, theirs)
    answer = client.post("/api/v1/sign-in?want_token=true", json={"name": "stranger", "password": PASSWORD})
    client.cookies.clear()
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    for text in (printed(label), label["code"], printed(label)[:-1]):
        found = client.get(f"/api/v1/labels/{text}", headers=headers)
        assert (found.status_code, found.json()["code"]) == (404, "unknown_label")
    own = made(admin, device)
    listed = client.get("/api/v1/labels", headers=headers).json()
    assert [one["label"] for one in listed["items"]] == [own]


def test_labels_to_print_anew_are_listed(
    admin: Doors, device: Device, resources: Resources, clock: FixedClock
) -> None:
    def unsigned(**more: Any) -> list[str]:
        answer = admin.ask("GET", "labels", params={"is_signed": False} | more).json()
        assert answer["total"] == len(answer["items"])
        return [one["label"]["code"] for one in answer["items"]]

    before = made(admin, device)
    assert unsigned() == unsigned(site_id=device.site_id) == [before["code"]]
    assert unsigned(site_id="000000000000") == []
    ask_for_signatures(admin, device, "warn")
    clock.advance(1)
    label = made(admin, device)
    assert unsigned() == []
    signed = admin.ask("GET", "labels", params={"is_signed": True}).json()["items"]
    assert [(one["label"], one["asset_tag"]) for one in signed] == [(label, device.asset_tag)]
    keys = resources.label_stamp.keys
    keys.write(keys.read().without("0"))
    assert unsigned() == [label["code"]]
    assert admin.ask("GET", f"labels/{printed(label)}").json()["doubt"] == "key_withdrawn"


def test_the_list_takes_the_same_queries_however_long_it_is(
    admin: Doors, device: Device, resources: Resources
) -> None:
    def queries() -> int:
        asked: list[str] = []
        engine = resources.database.engine.sync_engine

        def count(*seen: Any) -> None:
            asked.append(seen[2])

        event.listen(engine, "before_cursor_execute", count)
        assert admin.ask("GET", "labels?is_signed=false").status_code == 200
        event.remove(engine, "before_cursor_execute", count)
        return len(asked)

    made(admin, device)
    one = queries()
    made(admin, device)
    assert queries() == one


def test_a_signed_symbol_is_what_is_drawn_and_what_vision_goes_by(admin: Doors, device: Device) -> None:
    ask_for_signatures(admin, device, "enforce")
    label = made(admin, device)
    found = admin.ask("GET", f"labels/{printed(label)}").json()
    assert found["layout"]["label"]["text"] == label["text"]
    svg = admin.ask("GET", f"labels/{label['code']}/image?format=svg")
    assert printed(label) in svg.text
    sheet = admin.ask("POST", "labels/sheets", json={"codes": [printed(label)], "format": "png"})
    assert sheet.status_code == 200


def test_keys_are_rotated_and_withdrawn_by_command_and_on_record(
    admin: Doors,
    device: Device,
    client: TestClient,
    resources: Resources,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NEARHAND_DATA_DIR", str(resources.settings.data_dir))
    ask_for_signatures(admin, device, "enforce")
    old = made(admin, device)
    run = CliRunner()
    assert "by the key 1 from now on; good are 0, 1." in run.invoke(cli, ["rotate-label-key"]).output
    new = made(admin, device)
    assert (old["key_id"], new["key_id"]) == ("0", "1")
    for label in (old, new):
        assert admin.ask("GET", f"labels/{printed(label)}").status_code == 200
    assert run.invoke(cli, ["rotate-label-key", "--withdraw", "0"]).exit_code == 0
    refused = admin.ask("GET", f"labels/{printed(old)}").json()
    assert (refused["code"], "withdrawn" in refused["detail"]) == ("label_refused", True)
    assert admin.ask("GET", f"labels/{printed(new)}").status_code == 200
    again = run.invoke(cli, ["rotate-label-key", "--withdraw", "0"])
    assert (again.exit_code, "No key 0 is in use" in again.output) == (1, True)
    sealed(client, resources)
    told = [
        (one["action"], one["about"]["id"])
        for action in ("label_key.introduced", "label_key.withdrawn")
        for one in admin.ask("GET", f"audit/entries?action={action}").json()["items"]
    ]
    assert told == [("label_key.introduced", "1"), ("label_key.withdrawn", "0")]
