"""A service whose files are sealed gives what any other gives; on its disk nobody reads anything, and keys rotate."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from nearhand.access.model import Role
from nearhand.backup import CannotBackUp, back_up, restore
from nearhand.cli import app
from nearhand.kit.blobs import Blobs
from nearhand.kit.metadata import bared
from nearhand.kit.sealing import KeyFile, Keyring
from tests.kit.test_metadata import saved
from tests.manuals.samples import a_pdf
from tests.support.attacked import Attacked, attacked

PICTURE = bared(saved("JPEG"))
TEXT = b"# Replace the fan\n" * 8000


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    Keyring.rotate(tmp_path / "blob.keys")
    return tmp_path / "blob.keys"


@pytest.fixture
def service(tmp_path: Path, keys: Path) -> Iterator[Attacked]:
    with attacked(tmp_path / "data", blob_key_file=keys) as service:
        yield service


def document(service: Attacked, content: bytes) -> str:
    form = {"title": "Guide", "device_id": service.device()}
    answer = service.ask("POST", "documents", data=form, files={"file": ("x", content)})
    assert answer.status_code == 201, answer.text
    return f"documents/{answer.json()['id']}"


def attachment(service: Attacked, content: bytes = TEXT) -> str:
    answer = service.ask("POST", "attachments?name=notes.md", content=content)
    return f"attachments/{answer.json()['sha256']}"


def seal_all(settings: Any, *options: str) -> Any:
    told = {
        "NEARHAND_DATA_DIR": str(settings.data_dir),
        "NEARHAND_BLOB_KEY_FILE": str(settings.blob_key_file),
    }
    return CliRunner(env=told).invoke(app, ["rotate-blob-key", *options])


def test_every_kind_of_file_is_taken_in_and_given_back_and_none_lies_plain(service: Attacked) -> None:
    pdf, words = document(service, a_pdf(2)), document(service, TEXT)
    assert service.ask("GET", f"{pdf}/file").content == a_pdf(2)
    assert service.ask("GET", f"{pdf}/pages/2.png").content.startswith(b"\x89PNG")
    assert "<h1>Replace the fan</h1>" in service.ask("GET", f"{words}/html").text
    session = service.session()
    still = service.ask("POST", f"sessions/{session}/stills", content=PICTURE).json()["sha256"]
    shown = service.ask("GET", f"sessions/{session}/stills/{still}")
    assert shown.content == PICTURE
    picture = service.ask("POST", "pictures", content=PICTURE).json()["sha256"]
    assert service.ask("GET", f"pictures/{picture}").content.startswith(b"\xff\xd8")
    kept = service.kept_files()
    assert len(kept) == 5
    for path in kept:
        content = path.read_bytes()
        assert not any(
            mark in content for mark in (b"%PDF-1.", b"\x89PNG\r\n", PICTURE[:20], b"Replace the fan")
        )
    assert not [*Path("/tmp").glob(".passing-*")]


@pytest.mark.parametrize("part", [(0, 0), (5, 70_000), (65_535, 65_536), (131_072, 143_999)])
def test_a_part_of_a_sealed_file_is_that_part(service: Attacked, part: tuple[int, int]) -> None:
    first, last = part
    answer = service.ask("GET", attachment(service), headers={"Range": f"bytes={first}-{last}"})
    assert (answer.status_code, answer.content) == (206, TEXT[first : last + 1])
    assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(TEXT)}"
    assert answer.headers["etag"]


def test_one_flipped_byte_is_told_in_the_one_shape_and_the_rest_goes_on(
    service: Attacked, capsys: pytest.CaptureFixture[str]
) -> None:
    path, other = attachment(service), attachment(service, b"other")
    (big,) = (file for file in service.kept_files() if file.stat().st_size > 100_000)
    content = bytearray(big.read_bytes())
    content[-100] ^= 1
    big.write_bytes(content)
    answer = service.ask("GET", path)
    assert (answer.status_code, answer.json()["code"]) == (500, "file_damaged")
    assert answer.headers["content-type"].startswith("application/problem+json")
    part = service.ask("GET", path, headers={"Range": "bytes=0-100"})
    assert (part.status_code, part.content) == (206, TEXT[:101])
    assert service.ask("GET", other).content == b"other"
    pdf = document(service, a_pdf())
    for file in service.kept_files():
        if file.stat().st_size < 5000:
            file.write_bytes(file.read_bytes()[:-20] + bytes(20))
    drawn = service.ask("GET", f"{pdf}/pages/1.png")
    assert (drawn.status_code, drawn.json()["code"]) == (500, "file_damaged")
    assert '"event": "file_damaged"' in "".join(capsys.readouterr())


def test_plain_files_are_sealed_and_keys_rotate_while_the_service_runs(tmp_path: Path, keys: Path) -> None:
    with attacked(tmp_path / "data") as service:
        path = attachment(service)
        assert b"Replace the fan" in service.kept_files()[0].read_bytes()
    with attacked(tmp_path / "again", blob_key_file=keys) as service:
        settings = service.resources.settings
        plain = Blobs(settings.data_dir / "blobs")
        path = attachment(service)
        plain._put(b"from before")
        said = seal_all(settings, "--resume")
        assert (said.exit_code, "1 files sealed." in said.stdout) == (0, True)
        assert list(plain.plain()) == []
        assert service.ask("GET", path).content == TEXT
        said = seal_all(settings)
        assert (said.exit_code, "2 files sealed." in said.stdout) == (0, True)
        assert len(KeyFile(keys).ring().keys) == 2
        assert service.ask("GET", path).content == TEXT
        later = attachment(service, b"later")
        assert service.ask("GET", later).content == b"later"
        assert list(Blobs(settings.data_dir / "blobs", KeyFile(keys)).unsealed()) == []


def test_a_file_that_cannot_be_sealed_is_named_and_left(service: Attacked) -> None:
    path = service.resources.blobs.path("0" * 64)
    path.parent.mkdir(parents=True)
    path.write_bytes(b"not what it says")
    said = seal_all(service.resources.settings)
    assert (said.exit_code, "0" * 64 in said.stderr) == (1, True)
    assert path.read_bytes() == b"not what it says"


def test_sealing_may_be_killed_at_any_moment(tmp_path: Path, keys: Path) -> None:
    plain = Blobs(tmp_path / "data" / "blobs")
    contents = {plain._put(bytes([n]) * 300_000): bytes([n]) * 300_000 for n in range(60)}
    told = {"NEARHAND_DATA_DIR": str(tmp_path / "data"), "NEARHAND_BLOB_KEY_FILE": str(keys)}
    blobs = Blobs(tmp_path / "data" / "blobs", KeyFile(keys))
    while list(plain.plain()):
        before = len(list(plain.plain()))
        command = [sys.executable, "-m", "nearhand.cli", "rotate-blob-key", "--resume"]
        with subprocess.Popen(command, env=told | {"PYTHONPATH": "backend"}, stdout=subprocess.PIPE) as run:
            assert run.stdout is not None
            run.stdout.readline()
            while run.poll() is None and len(list(plain.plain())) > before - 15:
                pass
            run.send_signal(signal.SIGKILL)
        assert {sha256: blobs.blob(sha256).read() for sha256 in contents} == contents


def test_a_backup_of_sealed_files_is_checked_where_their_keys_are(
    service: Attacked, tmp_path: Path, keys: Path
) -> None:
    attachment(service)
    back_up(service.resources.settings, tmp_path / "out.tar")
    assert b"Replace the fan" not in (tmp_path / "out.tar").read_bytes()
    assert restore(tmp_path / "out.tar", tmp_path / "a").unchecked == 1
    assert restore(tmp_path / "out.tar", tmp_path / "b", blob_keys=KeyFile(keys)).unchecked == 0
    Keyring.rotate(tmp_path / "other.keys")
    with pytest.raises(CannotBackUp, match="does not open"):
        restore(tmp_path / "out.tar", tmp_path / "c", blob_keys=KeyFile(tmp_path / "other.keys"))


def test_a_service_without_its_key_file_does_not_start(tmp_path: Path) -> None:
    told = {"NEARHAND_DATA_DIR": str(tmp_path), "NEARHAND_BLOB_KEY_FILE": str(tmp_path / "none")}
    said = CliRunner(env=told).invoke(app, ["serve"])
    assert (said.exit_code, "no file of keys" in said.stderr) == (1, True)


def test_a_guest_sees_a_sealed_still(service: Attacked) -> None:
    session = service.session()
    guest = service.guest(session, Role.TECHNICIAN)
    still = service.ask("POST", f"sessions/{session}/stills", who=guest, content=PICTURE).json()["sha256"]
    assert service.ask("GET", f"sessions/{session}/stills/{still}", who=guest).content == PICTURE
