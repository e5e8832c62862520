import sqlite3
from typing import Any

import numpy as np
import pypdfium2
import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import SYSTEM, Role
from nearhand.app import Resources
from nearhand.devices.model import Device, NewDevice
from nearhand.labels.model import Label, NewLabel
from nearhand.labels.service import RegisteredLabels
from nearhand.labels.symbol import Drawing, read_back
from tests.support.doors import Doors
from tests.support.factories import Registry, new_device, new_rack


@pytest.fixture
def expert(client: TestClient) -> Doors:
    return Doors(client, Role.EXPERT)


@pytest.fixture
def label(expert: Doors, device: Device) -> Any:
    made = expert.ask("POST", f"devices/{device.id}/labels", json={})
    assert made.status_code == 201, made.text
    return made.json()


def test_a_label_leads_to_its_device_and_to_what_vision_needs(
    expert: Doors, device: Device, label: Any
) -> None:
    found = expert.ask("GET", f"labels/{label['code'].lower()}").json()
    assert found["view"]["device"]["asset_tag"] == device.asset_tag
    assert found["layout"]["label"]["text"] == label["text"] == f"HTTP://127.0.0.1:8000/D/{label['code']}"
    assert [tag["id"] for tag in found["layout"]["tags"]] == [tag["id"] for tag in label["tags"]]
    assert expert.ask("GET", f"devices/{device.id}/labels").json() == [label]


def test_a_label_keeps_resolving_after_its_device_was_renamed_and_removed(
    client: TestClient, expert: Doors, device: Device, label: Any
) -> None:
    path = f"devices/{device.id}"
    admin = Doors(client, Role.ADMIN)
    body = expert.ask("GET", path).json()
    new = {k: body[k] for k in ("name", "serial", "device_type_id", "site_id", "asset_tag")}
    changed = admin.ask("PUT", path, version=1, json=new | {"asset_tag": "RENAMED-1", "status": "offline"})
    assert changed.status_code == 200
    found = expert.ask("GET", f"labels/{label['code']}").json()
    assert (found["view"]["device"]["asset_tag"], found["label"]) == ("RENAMED-1", label)
    assert admin.ask("DELETE", path, version=2).status_code == 204
    found = expert.ask("GET", f"labels/{label['code']}").json()
    assert found["view"]["device"]["status"] == "decommissioned"
    assert found["view"]["device"]["removed_at"] is not None


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [("0000ZZZZ", 404, "unknown_label"), ("not-a-label", 422, "foreign_label"), ("7", 422, "foreign_label")],
)
def test_a_code_that_is_not_ours_is_named_so(expert: Doors, code: str, status: int, error: str) -> None:
    answer = expert.ask("GET", f"labels/{code}")
    assert (answer.status_code, answer.json()["code"]) == (status, error)


@pytest.mark.parametrize(
    ("format_", "media_type", "head"),
    [
        ("svg", "image/svg+xml", b"<svg"),
        ("png", "image/png", b"\x89PNG"),
        ("pdf", "application/pdf", b"%PDF"),
    ],
)
def test_a_label_is_drawn_in_three_formats(
    expert: Doors, label: Any, format_: str, media_type: str, head: bytes
) -> None:
    answer = expert.ask("GET", f"labels/{label['code']}/image?format={format_}")
    assert answer.headers["content-type"] == media_type
    assert answer.content.startswith(head)


def test_labels_of_many_devices_come_on_one_sheet(
    client: TestClient, resources: Resources, expert: Doors, label: Any, device: Device
) -> None:
    body = {"device_ids": [device.id], "codes": [label["code"]], "paper": "letter"}
    answer = expert.ask("POST", "labels/sheets", json=body)
    assert (answer.status_code, answer.headers["x-page-count"]) == (200, "1")
    document = pypdfium2.PdfDocument(answer.content)
    assert np.allclose(document[0].get_size(), (612, 792), atol=0.1)
    document.close()
    assert expert.ask("POST", "labels/sheets", json=body | {"format": "svg", "page": 2}).status_code == 404
    assert expert.ask("POST", "labels/sheets", json={}).status_code == 422
    assert expert.ask("POST", "labels/sheets", json={"codes": ["0000ZZZZ"]}).status_code == 404


def test_only_those_who_may_make_labels_make_them(client: TestClient, device: Device) -> None:
    observer = Doors(client, Role.OBSERVER)
    assert observer.ask("POST", f"devices/{device.id}/labels", json={}).status_code == 403


def test_a_face_the_type_lacks_is_refused(expert: Doors, device: Device) -> None:
    answer = expert.ask("POST", f"devices/{device.id}/labels", json={"face": "rear"})
    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_face")


def test_a_label_asked_for_again_under_one_key_is_the_same_label(expert: Doors, device: Device) -> None:
    path, key = f"devices/{device.id}/labels", {"Idempotency-Key": "once"}
    first, again = (expert.ask("POST", path, json={}, headers=key) for _ in range(2))
    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (201, first.json())
    assert len(expert.ask("GET", path).json()) == 1


def test_moving_a_device_to_where_its_tags_are_already_succeeds_and_says_so(
    client: TestClient, expert: Doors, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nearhand.labels.service.first_tag_id", lambda scope: 7)
    admin = Doors(client, Role.ADMIN)
    racks = [admin.make("racks", new_rack(device.site_id, name=name)) for name in ("R1", "R2")]
    first, second = (
        admin.make(
            "devices", new_device(device.device_type_id, device.site_id, asset_tag=tag, rack_id=rack["id"])
        )
        for tag, rack in zip(("A-1", "A-2"), racks, strict=True)
    )
    old, _ = (expert.ask("POST", f"devices/{one['id']}/labels", json={}).json() for one in (first, second))
    new = {name: first[name] for name in NewDevice.model_fields} | {"rack_id": racks[1]["id"]}
    moved = admin.ask("PUT", f"devices/{first['id']}", version=1, json=new)
    assert moved.status_code == 200
    assert [finding["code"] for finding in moved.json()["findings"]] == ["tag_clash"] * 2
    assert "A-2" in moved.json()["findings"][0]["message"]
    found = expert.ask("GET", f"racks/{racks[1]['id']}/tag-clashes").json()
    assert [clash["tag_id"] for clash in found] == [tag["id"] for tag in old["tags"]] == [7, 8]
    assert expert.ask("GET", f"devices/{first['id']}/tag-clashes").json() == found
    assert expert.ask("GET", f"racks/{racks[0]['id']}/tag-clashes").json() == []
    assert expert.ask("GET", "racks/0000000000ZZ/tag-clashes").status_code == 404
    assert expert.ask("GET", f"labels/{old['code']}").json()["view"]["rack"]["name"] == "R2"


def test_others_write_while_a_label_is_drawn_and_read_back(
    resources: Resources, expert: Doors, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []

    def read_back_beside_a_writer(drawing: Drawing, label: Label) -> None:
        with sqlite3.connect(resources.settings.sqlite_path(), timeout=0) as other:
            other.execute("UPDATE device SET notes = 'written meanwhile'")
            written.append(label.code)
        other.close()
        read_back(drawing, label)

    monkeypatch.setattr("nearhand.labels.service.read_back", read_back_beside_a_writer)
    made = expert.ask("POST", f"devices/{device.id}/labels", json={})
    assert (made.status_code, written) == (201, [made.json()["code"]])


def test_a_label_that_was_overtaken_is_drawn_anew_with_other_tags(
    client: TestClient, resources: Resources, expert: Doors, device: Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = RegisteredLabels(
        resources.database, SYSTEM, ids=resources.ids, clock=resources.clock, stamp=resources.label_stamp
    )
    draw = RegisteredLabels.drawn
    others: list[Label] = []

    async def drawn_slowly(self: RegisteredLabels, device_id: str, new: NewLabel) -> Label:
        label = await draw(self, device_id, new)
        if not others:
            others.append(label)
            others.append(await labels.make(device_id, new))
        return label

    monkeypatch.setattr(RegisteredLabels, "drawn", drawn_slowly)
    made = expert.ask("POST", f"devices/{device.id}/labels", json={})
    assert made.status_code == 201
    overtaken, other = others
    assert overtaken.tags == other.tags
    assert not {tag.id for tag in other.tags} & {tag["id"] for tag in made.json()["tags"]}


def test_a_racks_map_tells_where_its_units_and_symbols_are(
    client: TestClient, resources: Resources, expert: Doors
) -> None:
    async def build() -> tuple[str, str]:
        async with resources.database.transaction() as connection:
            registry = Registry(connection)
            site = await registry.site()
            rack = await registry.rack(site, height_u=10, first_u=0, counted_from="top")
            device = await registry.device(rack=rack, position_u=3, asset_tag="SW-1")
            await registry.device(rack=rack, device_type=await registry.device_type(model="B"), asset_tag="X")
            return rack.id, device.id

    assert client.portal is not None
    rack_id, device_id = client.portal.call(build)
    label = expert.ask("POST", f"devices/{device_id}/labels", json={}).json()
    answer = expert.ask("GET", f"racks/{rack_id}/map")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert found["u_mm"] == 44.45
    assert (found["width_mm"], found["height_mm"]) == (482.6, 444.5)
    assert found["front"]["units"][3] == {"u": 3, "y_mm": 133.35}
    (device,) = found["front"]["devices"]
    assert (device["asset_tag"], device["position_u"], device["face"]) == ("SW-1", 3, "front")
    assert 133.35 <= device["y_mm"] < 133.35 + 44.45
    assert device["layout"] == expert.ask("GET", f"labels/{label['code']}").json()["layout"]
    assert all(one["layout"] is None for one in found["rear"]["devices"])


def test_a_racks_map_is_for_those_who_may_read_devices(client: TestClient, expert: Doors) -> None:
    assert client.get("/api/v1/racks/0000000000Z1/map").status_code == 401
    assert expert.ask("GET", "racks/0000000000Z1/map").status_code == 404
