"""Pictures keep every pixel and their way up, and lose all that tells where, when and by what they were taken."""

import io
import struct
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

from nearhand.access.model import Role
from nearhand.app import API
from nearhand.kit.blobs import digest
from nearhand.kit.metadata import Unparsable, bared
from tests.support.people import sign_in

SECRET = b"25.0330N 121.5654E"
KINDS = ["JPEG", "PNG", "WEBP"]


def picture(width: int = 40, height: int = 24) -> Image.Image:
    rows = np.arange(width * height * 3, dtype=np.uint32).reshape(height, width, 3)
    return Image.fromarray((rows * 7 % 251).astype(np.uint8))


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.Base.Make] = SECRET.decode()
    made.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (25.0, 1.0, 58.8)
    return made


def saved(kind: str, orientation: int = 1, **more: Any) -> bytes:
    out = io.BytesIO()
    if kind == "PNG":
        info = PngInfo()
        info.add_text("Comment", SECRET.decode())
        info.add_itxt("XML:com.adobe.xmp", SECRET.decode())
        more["pnginfo"] = info
    else:
        more["xmp"] = b"<x>" + SECRET + b"</x>"
    if kind == "JPEG":
        more["comment"] = SECRET
    picture().save(out, kind, exif=exif(orientation), **more)
    return out.getvalue()


def shown(content: bytes) -> np.ndarray[Any, Any]:
    with Image.open(io.BytesIO(content)) as opened:
        return np.asarray(ImageOps.exif_transpose(opened.convert("RGB") if opened.mode != "RGB" else opened))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_left_but_the_picture_and_its_way_up(kind: str, orientation: int) -> None:
    taken = saved(kind, orientation)
    assert SECRET in taken
    bare = bared(taken)
    assert SECRET not in bare
    with Image.open(io.BytesIO(bare)) as opened:
        left = dict(opened.getexif())
        assert left in ({}, {ExifTags.Base.Orientation: orientation})
        assert not opened.getexif().get_ifd(ExifTags.IFD.GPSInfo)
    assert np.array_equal(shown(bare), shown(taken))
    assert bared(bare) == bare


@pytest.mark.parametrize(
    "more", [{"progressive": True}, {"quality": 100, "subsampling": 0}, {"restart_marker_rows": 1}]
)
def test_every_kind_of_jpeg_keeps_its_pixels(more: dict[str, Any]) -> None:
    taken = saved("JPEG", **more)
    assert np.array_equal(shown(bared(taken)), shown(taken))


@pytest.mark.parametrize("kind", KINDS)
def test_its_colours_stay_what_they_are(kind: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    with Image.open(io.BytesIO(bared(saved(kind, icc_profile=profile)))) as opened:
        assert opened.info["icc_profile"] == profile


@pytest.mark.parametrize(
    "tail", [b"PK\x03\x04 an archive", b"<script>alert(1)</script>", b"\xff\xd8\xff another"]
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_stands_behind_the_picture_goes_too(kind: str, tail: bytes) -> None:
    taken = saved(kind)
    assert bared(taken + tail) == bared(taken)


def test_a_script_in_a_comment_goes_too() -> None:
    assert b"<script>" not in bared(saved("JPEG", comment=b"<script>alert(1)</script>"))


@pytest.mark.parametrize("content", [b"", b"text", b"%PDF-1.7 ...", b"GIF89a", b"RIFF....WAVE"])
def test_what_is_no_picture_stays_as_it_is(content: bytes) -> None:
    assert bared(content) == content


@given(st.sampled_from(KINDS), st.data())
@settings(max_examples=300)
def test_a_broken_file_is_refused_or_cut_short_and_no_accident(kind: str, data: st.DataObject) -> None:
    content = bytearray(saved(kind))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    broken = bytes(content[: data.draw(st.integers(1, len(content)))])
    with suppress(Unparsable):
        assert len(bared(broken)) <= len(broken) + 64


def test_a_length_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(Unparsable):
        bared(b"\xff\xd8\xff\xe1" + struct.pack(">H", 1) + b"x" * 20)


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_session_and_a_maintenance_record_keep_is_bare(client: TestClient, kind: str) -> None:
    headers, taken = sign_in(client, Role.TECHNICIAN), saved(kind, orientation=6)
    session = client.post(f"{API}/sessions", json={"subject": "Port 37"}, headers=headers).json()["id"]
    for sent, kept in (("attachments?name=a", "attachments"), (f"sessions/{session}/stills",) * 2):
        answer = client.post(f"{API}/{sent}", content=taken, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.json()["sha256"] == digest(bared(taken))
        read = client.get(f"{API}/{kept}/{answer.json()['sha256']}", headers=headers)
        assert (read.content, answer.json()["size_bytes"]) == (bared(taken), len(bared(taken)))
        assert read.headers["x-content-type-options"] == "nosniff"
        assert "sandbox" in read.headers["content-security-policy"]
