"""Every door that takes a file is walked with every file that is made to harm: refused by a fact, or kept harmless."""

import io
import itertools
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nearhand.access.model import Role
from nearhand.kit.metadata import bared
from tests.journeys.test_bad_input import refused
from tests.kit.test_metadata import SECRET, saved
from tests.manuals.samples import a_pdf, a_picture
from tests.sessions.test_recorded import HEADER
from tests.support.attacked import Attacked, attacked

HEAD_LINE = b'{"from_ms": 0, "marks": []}\n'
FORM = "application/x-www-form-urlencoded"  # of fields alone
CONTRACT = Path(__file__).parents[2] / "console/packages/contract/openapi.json"
SCRIPT = b"<script>alert(document.cookie)</script>"

# Where what a door took in is handed out again: a new door must be put here, or take nothing of what follows.
HANDED_OUT = {
    "/attachments": "attachments/{sha256}",
    "/documents": "documents/{id}/file",
    "/pictures": "pictures/{sha256}",
    "/sessions/{session_id}/stills": "sessions/{session_id}/stills/{sha256}",
    "/sessions/{session_id}/recordings/{recording_id}/chunks/{k}": "sessions/{session_id}/recordings/{recording_id}/media",
    "/sessions/{session_id}/screen": "sessions/{session_id}/screen",
    "/sessions/{session_id}/voice-notes": "sessions/{session_id}/voice-notes/{sha256}",
}
FILM = "/sessions/{session_id}/recordings/{recording_id}/chunks/{k}"
PIECES = itertools.count(1)
KEEPS_NOTHING = {"/images/read", "/devices/import", "/device-types/{device_type_id}/faces/{side}/picture"}


def upload_doors() -> list[tuple[str, str]]:
    paths = json.loads(CONTRACT.read_text(encoding="utf-8"))["paths"]
    return [
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in paths.items()
        for method, door in methods.items()
        if set(door.get("requestBody", {}).get("content", {})) - {"application/json", FORM}
    ]


def a_png(width: int, height: int) -> bytes:
    """All white, of one bit a pixel, and small as a file."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        crc = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", crc)

    rows = zlib.compress((b"\0" + b"\xff" * ((width + 7) // 8)) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def a_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", bytes(100_000_000))
    return out.getvalue()


FILES = {
    "svg": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">'
    + SCRIPT
    + b"</svg>",
    "html": b"<!doctype html><html><body>" + SCRIPT + b"</body></html>",
    "jpeg and html": a_picture() + b"<html>" + SCRIPT,
    "pdf and html": a_pdf() + b"<html>" + SCRIPT,
    "gif and script": b"GIF89a/*" + bytes(20) + b"*/=1;alert(1)",
    "png bomb": a_png(20_000, 20_000),
    "zip bomb": a_zip(),
    "half a jpeg": saved("JPEG")[:-200],
    "with its place": saved("JPEG"),
    "with its place, as PNG": saved("PNG"),
    "with its place, as WebP": saved("WEBP"),
    "nothing": b"",
    "a program": b"MZ\x90\0" + bytes(100),
    "a formula": b"asset_tag,name\n=cmd|' /C calc'!A0,x\n",
}
NAMES = {
    "path": "../../../etc/passwd",
    "windows path": "..\\..\\windows\\system.ini",
    "control characters": "a\r\nSet-Cookie: x=1\r\n.png",
    "NUL": "a\0.png",
    "4 kB": "a" * 4096,
    "turned round": "photo\u202egnp.exe",
    "half a character": "a\ud800b",
    "hidden": ".htaccess",
    "another ending": "page.html",
}


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("walked")) as service:
        yield service


@pytest.fixture(scope="module")
def filled(service: Attacked) -> Iterator[dict[str, str]]:
    device = service.device()
    device_type = service.ask("GET", f"devices/{device}").json()["device_type_id"]
    filled = {
        "session_id": service.session(),
        "device_type_id": device_type,
        "side": "front",
        "device_id": device,
        "recording_id": "r1",
    }
    with service.live(filled["session_id"], Role.ADMIN) as recorder:
        recorder.enter()
        recorder.say({"type": "recording.ask", "n": 1, "id": "r1"})
        recorder.told("recording.began")
        recorder.say({"type": "screen.share", "n": 2, "id": "s1"})
        recorder.told("document.shown")
        service.ask("PUT", FILM.format(**filled, k=0).removeprefix("/"), content=HEAD_LINE + HEADER)
        yield filled


def params_of(path: str, name: str = "x.png") -> dict[str, Any]:
    if path == "/attachments":
        return {"name": name}
    if path.endswith("/screen"):
        return {"screen_id": "s1"}
    return {"duration_ms": 900} if path.endswith("/voice-notes") else {}


def sent(
    service: Attacked, door: tuple[str, str], filled: dict[str, str], content: bytes, **more: Any
) -> Any:
    method, path = door
    name = more.pop("name", "x.png")
    address = path.format(**filled, k=next(PIECES)).removeprefix("/")
    content = HEAD_LINE + content if path == FILM else content
    if path == "/documents":
        form = {"title": name, "device_id": filled["device_id"]}
        files = {"file": ("x.png", content, more.get("media_type", "image/png"))}
        return service.ask(method, address, data=form, files=files)
    headers = {"Content-Type": more.get("media_type", "application/octet-stream")}
    params = params_of(path, name)
    return service.ask(method, address, params=params, content=content, headers=headers)


def handed_out(service: Attacked, door: tuple[str, str], filled: dict[str, str], answer: Any) -> Any:
    """The file as anybody gets it. None for a door that keeps nothing of it."""
    if door[1] in KEEPS_NOTHING:
        return None
    got = service.ask("GET", HANDED_OUT[door[1]].format(**(filled | answer.json())))
    assert got.status_code == 200, got.text
    return got


IMAGES = {"image/jpeg", "image/png", "image/webp"}


def is_harmless(got: Any) -> bool:
    kind, name = re.fullmatch(
        r"(inline|attachment); filename(?:=\"|\*=utf-8'')([^\"]*)\"?", got.headers["content-disposition"]
    ).groups()  # type: ignore[union-attr]
    media_type = got.headers["content-type"].partition(";")[0]
    return (
        got.headers["x-content-type-options"] == "nosniff"
        and "sandbox" in got.headers["content-security-policy"]
        and (kind == "attachment" or media_type in IMAGES)
        and media_type in IMAGES | {"application/pdf", "text/plain", "text/markdown", "video/webm"}
        and re.search(r"\.(jpe?g|png|webp|pdf|txt|md|ini|webm)$", name) is not None
        and not re.search(r"[/\\]|%2F|%5C|%0D|%0A|%00|%E2%80%AE|^\.", name)
        and SECRET not in got.content
    )


def test_every_door_that_takes_files_is_walked() -> None:
    assert {path for _, path in upload_doors()} == {*HANDED_OUT, *KEEPS_NOTHING}


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("door", upload_doors(), ids="{0[1]}".format)
def test_a_harmful_file_is_refused_or_kept_harmless(
    service: Attacked, filled: dict[str, str], door: tuple[str, str], name: str
) -> None:
    answer = sent(service, door, filled, FILES[name])
    if refused(answer):
        return
    assert answer.is_success, answer.text
    got = handed_out(service, door, filled, answer)
    if got is None:
        assert not answer.json().get("is_applied")
        return
    assert is_harmless(got), got.headers
    if got.headers["content-type"].startswith("image/"):
        assert SCRIPT not in got.content
        assert bared(got.content) == got.content
    if door[1] == "/documents" and got.headers["content-type"].startswith("text/markdown"):
        page = service.ask("GET", f"documents/{answer.json()['id']}/html")
        assert not re.search(r"<script|<svg|<html[^>]*onload", page.text.partition("<article>")[2])


def test_no_door_takes_more_pixels_than_the_limit(service: Attacked, filled: dict[str, str]) -> None:
    for door in upload_doors():
        if door[1] != FILM:  # which nobody decodes here
            assert refused(sent(service, door, filled, FILES["png bomb"])), door


def test_what_is_no_picture_is_taken_by_no_door_for_pictures(
    service: Attacked, filled: dict[str, str]
) -> None:
    for door in upload_doors():
        if door[1] in {
            "/pictures",
            "/sessions/{session_id}/stills",
            "/sessions/{session_id}/screen",
            "/sessions/{session_id}/voice-notes",
            "/images/read",
        }:
            for name in (
                "svg",
                "html",
                "gif and script",
                "png bomb",
                "zip bomb",
                "half a jpeg",
                "nothing",
                "a program",
            ):
                assert refused(sent(service, door, filled, FILES[name])), (door, name)


@pytest.mark.parametrize("media_type", ["text/html", "application/json", "image/svg+xml", "", "x" * 500])
@pytest.mark.parametrize("door", upload_doors(), ids="{0[1]}".format)
def test_what_it_claims_to_be_counts_for_nothing(
    service: Attacked, filled: dict[str, str], door: tuple[str, str], media_type: str
) -> None:
    answer = sent(service, door, filled, a_picture(), media_type=media_type)
    if refused(answer):
        return
    got = handed_out(service, door, filled, answer)
    kept_as = "video/webm" if door[1] == FILM else "image/jpeg"
    assert got is None or (is_harmless(got) and got.headers["content-type"] == kept_as)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "door", [door for door in upload_doors() if door[1] in {"/attachments", "/documents"}]
)
def test_a_harmful_name_is_refused_or_handed_out_harmless(
    service: Attacked, filled: dict[str, str], door: tuple[str, str], name: str
) -> None:
    before = {path.name for path in service.kept_files()}
    try:
        answer = sent(service, door, filled, FILES["html"] + name.encode(), name=NAMES[name])
    except UnicodeEncodeError:  # no client can send it
        return
    assert all(
        re.fullmatch("[0-9a-f]{64}", path.name) for path in service.kept_files() if path.name not in before
    )
    if not refused(answer):
        assert is_harmless(handed_out(service, door, filled, answer))


def test_no_door_for_files_is_open_to_whoever_may_only_watch(
    service: Attacked, filled: dict[str, str]
) -> None:
    guest = service.guest(filled["session_id"], Role.OBSERVER)
    for method, path in upload_doors():
        address = path.format(**filled, k=next(PIECES)).removeprefix("/")
        answer = service.ask(method, address, who=guest, content=a_picture(), params=params_of(path))
        assert answer.status_code == 403
