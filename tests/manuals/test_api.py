import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image, ImageOps
from sqlalchemy import event

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.devices.model import Device
from tests.manuals.samples import a_pdf, a_picture, an_encrypted_pdf
from tests.support.doors import Doors


@pytest.fixture
def expert(client: TestClient) -> Doors:
    return Doors(client, Role.EXPERT)


def guide(device: Device, **changes: Any) -> dict[str, Any]:
    steps = [
        {"text": {"en": "Find port 37.", "zh-Hant": "找到第 37 埠。"}, "ports": ["37"]},
        {"text": {"en": "Pull the optic."}, "caution": {"en": "Never look into the fibre."}, "ports": ["37"]},
    ]
    usual = {
        "subject": {"device_type_id": device.device_type_id},
        "title": {"en": "Replace the optic"},
        "steps": steps,
    }
    return usual | changes


def upload(doors: Doors, content: bytes, **fields: str) -> Any:
    return doors.ask(
        "POST", "documents", files={"file": ("a name", content)}, data={"title": "Guide", **fields}
    )


# -- guides -------------------------------------------------------------------------------------------------------


def test_a_guide_is_written_read_rewritten_and_removed(expert: Doors, device: Device) -> None:
    made = expert.ask("POST", "guides", json=guide(device))
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    path = f"guides/{made.json()['id']}"
    assert expert.ask("GET", path).json() == made.json()
    changed = expert.ask("PUT", path, version=1, json=guide(device, title={"en": "Swap the optic"}))
    assert (changed.json()["title"], changed.headers["etag"]) == ({"en": "Swap the optic"}, '"2"')
    assert expert.ask("PUT", path, version=1, json=guide(device)).status_code == 412
    assert expert.ask("DELETE", path, version=1).status_code == 412
    assert expert.ask("DELETE", path, version=2).status_code == 204
    assert expert.ask("GET", path).status_code == 404


@pytest.mark.parametrize(("port", "face"), [("49", "front"), ("37", "rear")])
def test_a_step_cannot_name_a_port_that_the_face_does_not_have(
    expert: Doors, device: Device, port: str, face: str
) -> None:
    steps = [{"text": {"en": "Pull it."}, "ports": [port], "face": face}]
    answer = expert.ask("POST", "guides", json=guide(device, steps=steps))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_port")
    assert answer.json()["errors"][0]["where"] == ["body", "steps", "0", "ports"]


def test_a_step_cannot_show_a_picture_that_was_not_uploaded(expert: Doors, device: Device) -> None:
    steps = [{"text": {"en": "Look."}, "picture_sha256": "0" * 64}]
    answer = expert.ask("POST", "guides", json=guide(device, steps=steps))
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_picture")
    picture = expert.ask("POST", "pictures", content=a_picture()).json()
    steps[0]["picture_sha256"] = picture["sha256"]
    assert expert.ask("POST", "guides", json=guide(device, steps=steps)).status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"title": {"zh-Hant": "換光模組"}},
        {"steps": []},
        {"steps": [{"text": {"en": "Go.", "tlh": "yIghoS"}}]},
        {"steps": [{"text": {"en": "x" * 4001}}]},
        {"subject": {}},
        {"subject": {"device_id": "A", "device_type_id": "B"}},
    ],
)
def test_a_guide_that_makes_no_sense_is_refused(
    expert: Doors, device: Device, changes: dict[str, Any]
) -> None:
    assert expert.ask("POST", "guides", json=guide(device, **changes)).status_code == 422


def test_a_guide_for_an_unknown_device_type_is_refused(expert: Doors, device: Device) -> None:
    ghost = {"device_type_id": "0000000000ZZ"}
    assert expert.ask("POST", "guides", json=guide(device, subject=ghost)).status_code == 404


def test_a_device_has_the_manuals_of_its_type_and_its_own_in_three_queries_however_many(
    expert: Doors, device: Device, resources: Resources
) -> None:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        said.append(statement)

    counts = []
    event.listen(resources.database.engine.sync_engine, "before_cursor_execute", note)
    for _ in range(2):
        own = {"device_id": device.id}
        expert.ask("POST", "guides", json=guide(device))
        expert.ask("POST", "guides", json=guide(device, subject=own))
        upload(expert, b"# Read me", device_id=device.id)
        upload(expert, a_pdf(), device_type_id=device.device_type_id)
        said.clear()
        answer = expert.ask("GET", f"manuals?device_id={device.id}").json()
        counts.append(
            len([s for s in said if s.startswith(("SELECT device", "SELECT document", "SELECT guide"))])
        )
    assert (len(answer["documents"]), len(answer["guides"])) == (4, 4)
    assert counts == [3, 3]
    listed = expert.ask("GET", f"guides?device_id={device.id}").json()
    assert [g["subject"]["device_id"] for g in listed["items"]] == [device.id, device.id]
    assert expert.ask("GET", "guides").json()["total"] == 4


# -- documents ----------------------------------------------------------------------------------------------------


def test_a_pdf_is_counted_and_its_pages_are_drawn_once(
    expert: Doors, device: Device, resources: Resources
) -> None:
    made = upload(expert, a_pdf(pages=3), device_type_id=device.device_type_id, language="zh-Hant")
    assert made.status_code == 201
    document = made.json()
    assert (document["kind"], document["pages"], document["language"]) == ("pdf", 3, "zh-Hant")
    path = f"documents/{document['id']}"
    first, again = (expert.ask("GET", f"{path}/pages/2.png") for _ in range(2))
    assert first.content == again.content
    with Image.open(io.BytesIO(first.content)) as picture:
        assert max(picture.size) == 1800
        assert len(picture.getcolors(100_000) or []) > 2
    missing = expert.ask("GET", f"{path}/pages/4.png")
    assert (missing.status_code, missing.json()["code"]) == (404, "page_missing")
    file = expert.ask("GET", f"{path}/file")
    assert (file.content, file.headers["content-type"]) == (a_pdf(pages=3), "application/pdf")
    assert file.headers["content-disposition"] == 'attachment; filename="Guide.pdf"'
    assert expert.ask("DELETE", path).status_code == 204
    assert expert.ask("GET", path).status_code == 404


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"%PDF-1.7 and nothing more", 422, "document_broken"),
        (an_encrypted_pdf(), 422, "document_encrypted"),
        (a_pdf(pages=501), 413, "document_too_long"),
        (b"\x7fELF\0\0", 415, "document_kind_refused"),
        (a_picture()[:200], 415, "not_a_picture"),
        (b"", 422, "invalid"),
    ],
    ids=["broken", "encrypted", "long", "program", "half a picture", "empty"],
)
def test_a_document_that_cannot_be_read_is_refused_with_the_reason(
    expert: Doors, device: Device, content: bytes, status: int, code: str
) -> None:
    answer = upload(expert, content, device_id=device.id)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_markdown_becomes_html_in_its_language_without_anything_that_runs(
    expert: Doors, device: Device
) -> None:
    text = "# 更換\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script> [x](javascript:alert(1)) ![y](https://elsewhere.example/t.gif)"
    document = upload(expert, text.encode(), device_id=device.id, language="zh-Hant").json()
    assert (document["kind"], document["pages"]) == ("markdown", 1)
    answer = expert.ask("GET", f"documents/{document['id']}/html")
    assert '<html lang="zh-Hant">' in answer.text
    assert "<article>\n<h1>更換</h1>" in answer.text
    assert "<td>1</td>" in answer.text
    for danger in ("<script", 'href="javascript', "elsewhere.example/t.gif"):
        assert danger not in answer.text
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; img-src 'self'; ")
    assert "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; style-src 'sha256-" in policy
    assert expert.ask("GET", f"documents/{document['id']}/pages/1.png").status_code == 415


def test_a_picture_is_a_document_of_one_page(expert: Doors, device: Device) -> None:
    document = upload(expert, a_picture(), device_id=device.id).json()
    assert (document["kind"], document["pages"], document["media_type"]) == ("image", 1, "image/jpeg")
    assert (
        expert.ask("GET", f"documents/{document['id']}/pages/1.png").headers["content-type"] == "image/jpeg"
    )
    assert expert.ask("GET", f"documents/{document['id']}/html").status_code == 415


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"device_id": "A", "device_type_id": "B"},
        {"device_id": "A", "language": "../x"},
        {"device_id": "A", "title": ""},
    ],
)
def test_a_form_that_makes_no_sense_is_refused(expert: Doors, fields: dict[str, str]) -> None:
    answer = upload(expert, b"# x", **fields)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


def test_a_body_that_is_no_form_is_refused(expert: Doors) -> None:
    assert expert.ask("POST", "documents", content=b"%PDF").status_code == 415
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    assert expert.ask("POST", "documents", content=b"nonsense", headers=headers).status_code == 422
    assert (
        expert.ask(
            "POST", "documents", content=b"--y", headers={"Content-Type": "multipart/form-data"}
        ).status_code
        == 422
    )


def test_a_document_over_the_limit_is_cut_off(
    expert: Doors, device: Device, resources: Resources, settings: Any
) -> None:
    object.__setattr__(resources, "settings", settings.model_copy(update={"upload_limit_bytes": 1000}))
    for size in (2000, 200_000):
        answer = upload(expert, b"x" * size, device_id=device.id)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


# -- pictures of steps --------------------------------------------------------------------------------------------


def test_a_step_picture_loses_what_the_camera_hid_in_it_and_stands_upright(expert: Doors) -> None:
    picture = expert.ask("POST", "pictures", content=a_picture(size=(300, 200), turned=True)).json()
    assert (picture["width"], picture["height"]) == (200, 300)
    answer = expert.ask("GET", f"pictures/{picture['sha256']}")
    assert answer.headers["content-type"] == "image/jpeg"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == (200, 300)
        assert dict(image.getexif()) == {}


def test_a_picture_with_too_many_pixels_is_refused_before_it_is_unpacked(expert: Doors) -> None:
    answer = expert.ask("POST", "pictures", content=a_picture(size=(10_000, 10_000), kind="PNG"))
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_pixels")


def test_a_picture_for_which_the_memory_does_not_suffice_is_refused(
    expert: Doors, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_image: Image.Image) -> Image.Image:
        raise MemoryError

    monkeypatch.setattr(ImageOps, "exif_transpose", full)
    answer = expert.ask("POST", "pictures", content=a_picture())
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_pixels")


def test_a_document_is_no_step_picture(expert: Doors) -> None:
    answer = expert.ask("POST", "pictures", content=a_pdf())
    assert (answer.status_code, answer.json()["code"]) == (415, "not_a_picture")
    assert expert.ask("GET", f"pictures/{'0' * 64}").status_code == 404


def test_a_technician_reads_manuals_and_does_not_write_them(client: TestClient, device: Device) -> None:
    technician = Doors(client, Role.TECHNICIAN)
    assert technician.ask("GET", f"manuals?device_id={device.id}").json() == {"documents": [], "guides": []}
    assert technician.ask("POST", "guides", json=guide(device)).status_code == 403
    assert upload(technician, b"# x", device_id=device.id).status_code == 403
