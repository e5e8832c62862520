from typing import Any

import numpy as np
import pypdfium2
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import event

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.devices.model import Device
from nearhand.labels.model import NewLabel, NoTagsLeft
from nearhand.labels.service import labels_on
from nearhand.migrations.upgrade import upgrade
from tests.support.doors import Doors
from tests.support.factories import Registry


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


@pytest.mark.slow
async def test_tag_ids_are_unique_in_a_rack_until_none_is_left(resources: Resources) -> None:
    await upgrade(resources.database)
    async with resources.database.transaction() as connection:
        registry = Registry(connection)
        rack = await registry.rack(await registry.site())
        kind = await registry.device_type()
        first = await registry.device(device_type=kind, rack=rack, asset_tag="A-1")
        second = await registry.device(device_type=kind, rack=rack, asset_tag="A-2")
        service = labels_on(connection, ids=resources.ids, clock=resources.clock, base_url="http://a.example")
        seen: list[int] = []
        for number in range(125):
            label = await service.make((first, second)[number % 2].id, NewLabel())
            seen += [tag.id for tag in label.tags]
        assert len(set(seen)) == len(seen) == 250
        with pytest.raises(NoTagsLeft):
            await service.make(first.id, NewLabel())
    await resources.database.close()


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


async def test_a_map_takes_the_same_few_queries_whatever_the_rack_holds(
    resources: Resources,
) -> None:
    await upgrade(resources.database)
    async with resources.database.transaction() as connection:
        registry = Registry(connection)
        device_type, rack = await registry.device_type(), await registry.rack(await registry.site())
        labels = labels_on(connection, ids=resources.ids, clock=resources.clock, base_url="http://x")
        for u in range(1, 6):
            device = await registry.device(
                device_type=device_type, rack=rack, position_u=u, asset_tag=f"T{u}"
            )
            await labels.make(device.id, NewLabel())
        asked: list[str] = []
        sync = connection.sync_connection
        assert sync is not None
        event.listen(
            sync, "before_cursor_execute", lambda c, cursor, statement, *rest: asked.append(statement)
        )
        found = await labels.rack_map(await registry.places.elevation(rack.id))
        assert len([one for one in found.front.devices if one.layout]) == 5
        assert len(asked) == 3
