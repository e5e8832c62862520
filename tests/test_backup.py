"""What a running service keeps is put into one file, and a service of that file knows all of it."""

import io
import tarfile
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from nearhand.access.model import Role
from nearhand.access.passwords import Passwords
from nearhand.app import API, build_resources, create_app
from nearhand.backup import CannotBackUp, back_up, restore
from nearhand.cli import app
from nearhand.kit.sealing import Keyring, Unsealable
from nearhand.kit.settings import Settings
from tests.kit.test_metadata import saved
from tests.support.attacked import Attacked, attacked
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served

RING = Keyring((bytes(range(32)),))


@pytest.fixture(scope="module")
def backups(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Plain and sealed, of a service that was running; and a session that it has, with a still."""
    folder = tmp_path_factory.mktemp("backups")
    plain, sealed = folder / "plain.tar", folder / "sealed.nh"
    with attacked(folder / "data") as service:
        session = filled(service)
        settings = service.resources.settings
        (settings.data_dir / "keys").mkdir(exist_ok=True)
        (settings.data_dir / "keys" / "made.key").write_text("secret")
        back_up(settings, plain)
        kept = back_up(settings, sealed, RING)
        assert (kept.databases, kept.files, kept.keys) == (2, 1, 2)  # made.key, and the one of sign-ins
    return plain, sealed, session


def filled(service: Attacked) -> str:
    session = service.session()
    service.ask(
        "POST", f"sessions/{session}/stills", who=Role.TECHNICIAN, content=saved("JPEG")
    ).raise_for_status()
    return session


@pytest.mark.parametrize("is_sealed", [False, True])
def test_a_service_of_a_backup_knows_what_the_other_knew(
    backups: tuple[Path, Path, str], tmp_path: Path, is_sealed: bool
) -> None:
    plain, sealed, session = backups
    folder = tmp_path / "data"
    kept = restore(sealed if is_sealed else plain, folder, RING if is_sealed else None)
    assert (kept.databases, kept.files) == (2, 1)
    assert (folder.stat().st_mode & 0o777, (folder / "nearhand.db").stat().st_mode & 0o777) == (0o700, 0o600)
    settings = Settings(data_dir=folder)
    with served(create_app(settings, build_resources(settings, passwords=Passwords(QUICK)))) as url:
        signed_in = httpx2.post(
            f"{url}{API}/sign-in?want_token=true", json={"name": "technician", "password": PASSWORD}
        )
        headers = {"Authorization": f"Bearer {signed_in.json()['token']}"}
        assert httpx2.get(f"{url}{API}/sessions/{session}", headers=headers).json()["id"] == session


def test_only_a_sealed_backup_has_the_services_keys(backups: tuple[Path, Path, str], tmp_path: Path) -> None:
    plain, sealed, _ = backups
    assert restore(plain, tmp_path / "plain").keys == 0
    assert restore(sealed, tmp_path / "sealed", RING).keys == 2
    assert (tmp_path / "sealed" / "keys" / "made.key").read_text() == "secret"
    assert b"made.key" not in sealed.read_bytes()


def test_nobody_without_the_key_opens_a_sealed_one(backups: tuple[Path, Path, str], tmp_path: Path) -> None:
    with pytest.raises(CannotBackUp, match="key file is wanted"):
        restore(backups[1], tmp_path / "a")
    with pytest.raises(Unsealable):
        restore(backups[1], tmp_path / "b", Keyring((bytes(32),)))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_one_that_was_cut_short_is_refused(
    backups: tuple[Path, Path, str], tmp_path: Path, share: float
) -> None:
    for number, (path, ring) in enumerate(((backups[0], None), (backups[1], RING))):
        content = path.read_bytes()
        (tmp_path / "cut").write_bytes(content[: int(len(content) * share)])
        with pytest.raises((CannotBackUp, Unsealable)):
            restore(tmp_path / "cut", tmp_path / str(number), ring)
    assert [path.name for path in tmp_path.iterdir()] == ["cut"]


@pytest.mark.parametrize(
    "name",
    ["../evil", "/tmp/evil", "blobs/../../evil", "keys/../evil", "keys/.hidden", "blobs/ab/short", "evil"],
)
def test_a_backup_writes_nowhere_but_where_backups_write(tmp_path: Path, name: str) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        about = tarfile.TarInfo(name)
        about.size = 4
        archive.addfile(about, io.BytesIO(b"evil"))
    with pytest.raises(CannotBackUp, match="nothing that a backup has"):
        restore(tmp_path / "evil.tar", tmp_path / "data" / "folder")
    assert not list(tmp_path.rglob("evil"))


def test_a_link_in_a_backup_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as archive:
        about = tarfile.TarInfo("nearhand.db")
        about.type, about.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(about)
    with pytest.raises(CannotBackUp):
        restore(tmp_path / "evil.tar", tmp_path / "data")


def test_a_folder_with_something_in_it_is_left_alone(backups: tuple[Path, Path, str], tmp_path: Path) -> None:
    (tmp_path / "kept").touch()
    with pytest.raises(CannotBackUp, match="not empty"):
        restore(backups[0], tmp_path)


def test_the_commands_say_what_they_did(backups: tuple[Path, Path, str], tmp_path: Path) -> None:
    restore(backups[0], tmp_path / "data")
    cli = CliRunner(env={"NEARHAND_DATA_DIR": str(tmp_path / "data")})
    keys, out = str(tmp_path / "backup.keys"), str(tmp_path / "out.nh")
    assert cli.invoke(app, ["rotate-backup-key", keys]).exit_code == 0
    assert "2 databases, 1 files" in cli.invoke(app, ["backup", out, "--key-file", keys]).stdout
    again = ["restore", out, "--into", str(tmp_path / "again"), "--key-file", keys]
    assert cli.invoke(app, again).exit_code == 0
    refused = cli.invoke(app, again)
    assert (refused.exit_code, "not empty" in refused.stderr) == (1, True)
