import io
import struct
import threading
import zlib
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.devices.model import Device
from nearhand.media.model import TooBusy
from nearhand.media.service import WAITING_PER_WORKER, Eyes
from nearhand.vision.camera import nominal
from nearhand.vision.layout import Layout
from nearhand.vision.project import project
from tests.support.doors import Doors
from tests.support.pictures import looking_at, render, switch_layout

CAMERA = nominal(1280, 720).with_focal(1000)


@pytest.fixture
def technician(client: TestClient) -> Doors:
    return Doors(client, Role.TECHNICIAN)


def encoded(pixels: Any, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind)
    return file.getvalue()


def test_a_photograph_of_a_labelled_device_says_which_and_where(
    client: TestClient, technician: Doors, device: Device
) -> None:
    made = Doors(client, Role.EXPERT).ask("POST", f"devices/{device.id}/labels", json={}).json()
    layout = Layout.model_validate(technician.ask("GET", f"labels/{made['code']}").json()["layout"])
    where = looking_at(layout, 260, (0.3, 0.2, 0.1), at=(made["place"]["x_mm"], 22))
    still = encoded(render(layout, where, CAMERA), "JPEG")
    answer = technician.ask("POST", "images/read?fx=1000", content=still)
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert (seen["width"], seen["height"]) == (1280, 720)
    assert seen["labels"][0]["text"] == made["text"]
    assert seen["labels"][0]["problem"] is None
    assert seen["device"]["view"]["device"]["id"] == seen["found"]["device_id"] == device.id
    pose = np.array(seen["found"]["T_camera_face"]).reshape(4, 4)
    port = [(80.0, 14.5)]
    assert np.abs(project(port, pose, CAMERA) - project(port, where, CAMERA)).max() < 3


def test_a_device_that_is_known_is_held_by_its_tags_alone(
    client: TestClient, technician: Doors, device: Device
) -> None:
    made = Doors(client, Role.EXPERT).ask("POST", f"devices/{device.id}/labels", json={}).json()
    layout = Layout.model_validate(technician.ask("GET", f"labels/{made['code']}").json()["layout"])
    tags_only = Layout(face=layout.face, label=None, tags=layout.tags)
    still = encoded(render(tags_only, looking_at(layout, 560, (0.2, 0.1, 0)), CAMERA))
    seen = technician.ask("POST", f"images/read?fx=1000&code={made['code']}", content=still).json()
    assert sorted(seen["found"]["tags_seen"]) == sorted(tag["id"] for tag in made["tags"])
    assert seen["found"]["label_seen"] is False
    assert technician.ask("POST", "images/read", content=still).json()["device"] is None


def test_labels_of_others_are_named_as_such(technician: Doors, device: Device) -> None:
    foreign = switch_layout("HTTPS://EXAMPLE.COM/")
    seen = technician.ask(
        "POST", "images/read", content=encoded(render(foreign, looking_at(foreign, 220, at=(41, 20)), CAMERA))
    ).json()
    assert [label["problem"] for label in seen["labels"]] == ["foreign_label"]
    unknown = switch_layout("HTTPS://EXAMPLE.COM/D/0000ZZZZ")
    seen = technician.ask(
        "POST", "images/read", content=encoded(render(unknown, looking_at(unknown, 220, at=(41, 20)), CAMERA))
    ).json()
    assert [label["problem"] for label in seen["labels"]] == ["unknown_label"]
    assert seen["device"] is None


def test_a_label_that_was_not_printed_here_is_called_out_in_a_picture_too(
    client: TestClient, technician: Doors, device: Device, resources: Resources
) -> None:
    admin = Doors(client, Role.ADMIN)

    def ask_for(signing: str) -> None:
        site = admin.ask("GET", f"sites/{device.site_id}").json()
        body = {"name": site["name"], "label_signing": signing}
        assert admin.ask("PUT", f"sites/{device.site_id}", version=site["version"], json=body).is_success

    def seen(text: str) -> Any:
        sticker = switch_layout(text)
        picture = encoded(render(sticker, looking_at(sticker, 220, at=(41, 20)), CAMERA))
        return technician.ask("POST", "images/read", content=picture).json()

    ask_for("enforce")
    text = admin.ask("POST", f"devices/{device.id}/labels", json={}).json()["text"]
    genuine = seen(text)
    assert [(one["problem"], one["doubt"]) for one in genuine["labels"]] == [(None, None)]
    assert genuine["device"]["view"]["device"]["id"] == device.id
    forged, elsewhere = text[:-1] + ("0" if text[-1] != "0" else "1"), text.replace("127.0.0.1", "10.9.9.9")
    for sticker in (forged, elsewhere):
        found = seen(sticker)
        assert [(one["problem"], one["doubt"]) for one in found["labels"]] == [
            ("label_refused", "signature_wrong")
        ]
        assert (found["device"], found["found"]) == (None, None)
    assert client.portal is not None
    client.portal.call(resources.ledger.seal)
    told = admin.ask("GET", "audit/entries?action=label.refused").json()["items"]
    assert [one["details"]["doubt"] for one in told] == ["signature_wrong", "signature_wrong"]
    ask_for("warn")
    found = seen(forged)
    assert [(one["problem"], one["doubt"]) for one in found["labels"]] == [(None, "signature_wrong")]
    assert found["device"]["doubt"] == "signature_wrong"


def png_header(width: int, height: int) -> bytes:
    """A picture that promises many pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + body


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "invalid"),
        (b"hello, this is no picture", 415, "not_a_picture"),
        (b"\xff\xd8\xff\xe0 broken off", 415, "not_a_picture"),
        (b"GIF89a" + b"\0" * 100, 415, "not_a_picture"),
        (encoded(np.zeros((64, 64), np.uint8))[:-30], 415, "not_a_picture"),
        (png_header(10_000, 10_000), 422, "too_many_pixels"),
        (png_header(60_000, 60_000), 422, "too_many_pixels"),
        (png_header(300, 300), 415, "not_a_picture"),
    ],
)
def test_what_is_no_good_picture_is_refused(
    technician: Doors, content: bytes, status: int, code: str
) -> None:
    answer = technician.ask("POST", "images/read", content=content)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_endless_upload_is_cut_off_and_leaves_nothing_behind(
    client: TestClient, resources: Resources
) -> None:
    technician = Doors(client, Role.TECHNICIAN)
    limit = resources.settings.upload_limit_bytes
    piece = b"\0" * (1024 * 1024)

    def endless() -> Any:
        for _ in range(2 * limit // len(piece)):
            yield piece

    answer = technician.ask("POST", "images/read", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    folder = resources.settings.data_dir / "blobs"
    assert [path for path in folder.rglob("*") if path.is_file()] == []


def test_observers_do_not_read_pictures(client: TestClient) -> None:
    answer = Doors(client, Role.OBSERVER).ask("POST", "images/read", content=b"x")
    assert answer.status_code == 403


async def test_who_comes_when_the_queue_is_full_is_told_so() -> None:
    import asyncio

    eyes, gate = Eyes(workers=1, timeout_s=5, limit_pixels=1), threading.Event()
    jobs = [asyncio.create_task(eyes.run(gate.wait)) for _ in range(WAITING_PER_WORKER)]
    await asyncio.sleep(0)
    with pytest.raises(TooBusy):
        await eyes.run(gate.wait)
    gate.set()
    assert await asyncio.gather(*jobs) == [True] * WAITING_PER_WORKER
    assert await eyes.run(lambda: 7) == 7
    eyes.close()
