"""Reference pictures of faces: kept, filled up, and what devices without symbols are found by."""

import base64
import io
from typing import Any

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from nearhand.access.model import Role
from nearhand.devices.model import Device
from nearhand.labels.model import Layout
from nearhand.simulation.render import phone_camera
from nearhand.vision.project import project
from tests.support.bare import camera_of, from_before, photograph
from tests.support.bare import device as front
from tests.support.doors import Doors
from tests.support.factories import new_face

SIZE = (1920, 1080)
FACE = new_face()


def jpeg(picture: Any) -> bytes:
    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])[1])


@pytest.fixture
def expert(client: TestClient) -> Doors:
    return Doors(client, Role.EXPERT)


@pytest.fixture
def technician(client: TestClient) -> Doors:
    return Doors(client, Role.TECHNICIAN)


@pytest.fixture
def layout(expert: Doors, device: Device) -> Layout:
    made = expert.ask("POST", f"devices/{device.id}/labels", json={}).json()
    return Layout.model_validate(expert.ask("GET", f"labels/{made['code']}").json()["layout"])


def labelled(layout: Layout, where: Any = None, size: tuple[int, int] = (3000, 2250)) -> bytes:
    where = from_before(480, 6, -5) if where is None else where
    return jpeg(photograph(front(0, layout, face=FACE), where, size))


def door(device: Device, query: str = "") -> str:
    return f"device-types/{device.device_type_id}/faces/front/picture{query}"


def test_a_bare_device_is_found_by_its_types_picture_and_by_that_alone(
    expert: Doors, technician: Doors, device: Device, layout: Layout
) -> None:
    tried = expert.ask("PUT", door(device, "?dry_run=true"), content=labelled(layout)).json()
    assert (tried["is_kept"], tried["label_seen"], len(tried["tags_seen"])) == (False, True, 2)
    assert Image.open(io.BytesIO(base64.b64decode(tried["preview"]))).size == (965, 87)
    assert expert.ask("GET", door(device)).status_code == 404

    where = from_before(470, 12, -8, 4)
    bare = jpeg(photograph(front(2, face=FACE, cabled=0.2), where))
    asked = f"images/read?device_id={device.id}&fx={camera_of().fx}"
    assert technician.ask("POST", asked, content=bare).json()["found"] is None

    kept = expert.ask("PUT", door(device), content=labelled(layout))
    assert kept.status_code == 200, kept.text
    assert kept.headers["ETag"] == '"1"'
    assert kept.json()["picture"]["known_share"] > 0.8
    listed = technician.ask("GET", f"device-types/{device.device_type_id}/face-pictures").json()
    assert listed == [kept.json()["picture"]]
    shown = technician.ask("GET", door(device))
    assert (shown.headers["Content-Type"], shown.headers["ETag"]) == ("image/webp", '"1"')

    found = technician.ask("POST", asked, content=bare).json()["found"]
    assert (found["device_id"], found["held"]) == (device.id, "face_picture")
    assert (found["label_seen"], found["tags_seen"]) == (False, [])
    ports = [(port.x_mm, port.y_mm) for port in FACE.ports]
    pose = np.array(found["T_camera_face"]).reshape(4, 4)
    off = project(ports, pose, camera_of()) - project(ports, where, camera_of())
    assert np.abs(off).max() < 2

    two = jpeg(photograph(front(2, face=FACE), from_before(500, 8, 6), beside={-1: front(3, face=FACE)}))
    told = technician.ask("POST", asked, content=two).json()
    assert (told["found"], told["finding"]) == (None, "two_alike")


def test_a_picture_is_replaced_and_removed_only_by_who_has_seen_it(
    expert: Doors, device: Device, layout: Layout
) -> None:
    photo = labelled(layout, size=SIZE)
    assert expert.ask("PUT", door(device), content=photo, version=1).status_code == 412
    assert expert.ask("PUT", door(device), content=photo).status_code == 200
    assert expert.ask("PUT", door(device), content=photo).status_code == 428
    assert expert.ask("PUT", door(device), content=photo, version=2).status_code == 412
    again = expert.ask("PUT", door(device), content=photo, version=1)
    assert (again.json()["picture"]["version"], again.json()["picture"]["photographs"]) == (2, 1)
    assert expert.ask("DELETE", door(device)).status_code == 428
    assert expert.ask("DELETE", door(device), version=1).status_code == 412
    assert expert.ask("DELETE", door(device), version=2).status_code == 204
    assert expert.ask("GET", door(device)).status_code == 404


def test_a_second_photograph_fills_up_what_the_first_did_not_show(
    expert: Doors, device: Device, layout: Layout
) -> None:
    left, right = (labelled(layout, from_before(260, 4, 3, x_mm=x), (1280, 720)) for x in (90, 390))
    first = expert.ask("PUT", door(device), content=left).json()["picture"]
    # Only the tag at the right end is seen there: without the label nobody knows whose it is.
    assert expert.ask("PUT", door(device, "?fill=true"), content=right, version=1).status_code == 422
    known = door(device, f"?fill=true&dry_run=true&shown_id={device.id}")
    assert expert.ask("PUT", known, content=right).json()["picture"]["photographs"] == 2
    whole = labelled(layout, from_before(480, 2), SIZE)
    second = expert.ask("PUT", door(device, "?fill=true"), content=whole, version=1).json()["picture"]
    assert second["photographs"] == 2
    assert second["known_share"] > first["known_share"] + 0.1


def test_one_device_may_have_a_picture_of_its_own(expert: Doors, device: Device, layout: Layout) -> None:
    own = door(device, f"?device_id={device.id}")
    photo = labelled(layout, size=SIZE)
    assert expert.ask("PUT", own, content=photo).json()["picture"]["device_id"] == device.id
    assert expert.ask("GET", door(device)).status_code == 404
    assert expert.ask("GET", own).status_code == 200
    strange = door(device, "?device_id=0000000000ZZ")
    assert expert.ask("PUT", strange, content=photo).status_code == 404


def test_a_photograph_that_cannot_be_laid_flat_is_refused_with_the_reason(
    expert: Doors, device: Device, layout: Layout
) -> None:
    bare = jpeg(photograph(front(2, face=FACE), from_before(470)))
    answer = expert.ask("PUT", door(device), content=bare)
    assert (answer.status_code, answer.json()["code"]) == (422, "nothing_to_go_by")
    rear = f"device-types/{device.device_type_id}/faces/rear/picture"
    answer = expert.ask("PUT", rear, content=bare)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_such_face")
    assert expert.ask("PUT", door(device), content=b"no picture").status_code == 415
    assert expert.ask("PUT", door(device, "?device_id=x y"), content=bare).status_code == 422
    missing = "device-types/0000000000ZZ/faces/front/picture"
    assert expert.ask("PUT", missing, content=bare).status_code == 404


def test_the_label_of_another_type_is_not_taken_for_this_one(
    expert: Doors, client: TestClient, device: Device, layout: Layout
) -> None:
    admin = Doors(client, Role.ADMIN)
    known = admin.ask("GET", f"device-types/{device.device_type_id}").json()
    new = {name: known[name] for name in ("manufacturer", "kind", "height_u", "front", "source")}
    other = admin.ask("POST", "device-types", json=new | {"model": "Another"}).json()
    path = f"device-types/{other['id']}/faces/front/picture"
    answer = expert.ask("PUT", path, content=labelled(layout, size=SIZE))
    assert (answer.status_code, answer.json()["code"]) == (422, "shows_another_face")


def test_a_type_that_no_device_is_of_any_more_goes_with_its_pictures(
    expert: Doors, client: TestClient, device: Device, layout: Layout
) -> None:
    assert expert.ask("PUT", door(device), content=labelled(layout, size=SIZE)).status_code == 200
    admin = Doors(client, Role.ADMIN)
    known = admin.ask("GET", f"device-types/{device.device_type_id}").json()
    new = {name: known[name] for name in ("manufacturer", "kind", "height_u", "front", "source")}
    other = admin.ask("POST", "device-types", json=new | {"model": "Another"}).json()
    body = device.model_dump(mode="json", exclude={"id", "version", "created_at", "updated_at", "removed_at"})
    changed = admin.ask(
        "PUT", f"devices/{device.id}", json=body | {"device_type_id": other["id"]}, version=device.version
    )
    assert changed.status_code == 200, changed.text
    assert admin.ask("DELETE", f"device-types/{device.device_type_id}", version=1).status_code == 204
    assert expert.ask("GET", door(device)).status_code == 404


def test_a_technician_looks_and_does_not_change(technician: Doors, device: Device) -> None:
    assert technician.ask("PUT", door(device), content=b"x").status_code == 403
    assert technician.ask("DELETE", door(device), version=1).status_code == 403


def test_a_calibration_is_its_owners_alone_and_is_used_for_their_pictures(
    expert: Doors, technician: Doors, device: Device, layout: Layout
) -> None:
    key = "cameras/Back camera, 1280x720, zoom 1/2"
    true = camera_of((1280, 720)).model_copy(update={"focal_sd": 0.002, "k1_sd": 0.004})
    body = {"camera": true.model_dump(), "views": 8}
    assert technician.ask("GET", key).status_code == 404
    kept = technician.ask("PUT", key, json=body)
    assert kept.status_code == 200, kept.text
    assert technician.ask("GET", key).json() == kept.json()
    assert kept.json()["key"] == key.removeprefix("cameras/")
    assert expert.ask("GET", key).status_code == 404

    still = jpeg(photograph(front(0, layout, face=FACE), from_before(440, 12)))
    asked = "images/read?camera_key=Back camera, 1280x720, zoom 1/2"
    calibrated = technician.ask("POST", asked, content=still).json()["found"]["camera"]
    assert calibrated["fx"] == pytest.approx(phone_camera(1280, 720).fx, rel=0.005)
    assert calibrated["focal_sd"] <= 0.002
    others = expert.ask("POST", asked, content=still).json()["found"]["camera"]
    assert others["focal_sd"] > 0.005
    upright = jpeg(photograph(front(0, layout, face=FACE), from_before(700), (720, 1280)))
    assert technician.ask("POST", asked, content=upright).status_code == 200


def test_of_many_cameras_the_latest_are_kept(technician: Doors) -> None:
    camera = camera_of().model_dump()
    for number in range(52):
        path = f"cameras/phone {number}"
        assert technician.ask("PUT", path, json={"camera": camera, "views": 3}).status_code == 200
    kept = [n for n in range(52) if technician.ask("GET", f"cameras/phone {n}").status_code == 200]
    assert len(kept) == 50
    assert 51 in kept


@pytest.mark.parametrize(
    "wrong",
    [{"views": 0}, {"camera": {"width": 1}}, {"camera": camera_of().model_dump() | {"fx": float("1e9")}}],
)
def test_a_calibration_that_cannot_be_is_refused(technician: Doors, wrong: dict[str, Any]) -> None:
    body = {"camera": camera_of().model_dump(), "views": 3} | wrong
    assert technician.ask("PUT", "cameras/phone", json=body).status_code == 422
    assert technician.ask("PUT", f"cameras/{'x' * 201}", json=body).status_code == 422
