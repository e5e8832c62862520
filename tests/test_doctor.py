import json
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from nearhand import doctor
from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import build_resources, create_app
from nearhand.cli import app
from nearhand.doctor import Finding, Machine, Severity, examine
from nearhand.kit.blobs import Blobs
from nearhand.kit.sealing import KeyFile, Keyring
from nearhand.kit.settings import MIB, Settings
from nearhand.migrations.upgrade import upgrade
from nearhand.simulation import people
from tests.support import livekit
from tests.support.janus import ADMIN_KEY, API_SECRET, JanusProcess
from tests.support.lying_provider import CLIENT_ID, lying_provider
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served
from tests.support.turn import SECRET, TurnProcess

GIB = 1024 * MIB
ROOMY = Machine(files=lambda: 20_000, disk=lambda _: (100 * GIB, 50 * GIB, 50 * GIB), now_s=time.time)
URL = "https://help.example"


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_knock", lambda url: (time.time(), "default-src 'none'"))
    monkeypatch.setattr("os.geteuid", lambda: 1000)


@pytest.fixture
def sound(tmp_path: Path) -> Settings:
    """A deployment with nothing wrong but what the registry may add."""
    tmp_path.chmod(0o700)
    return Settings(data_dir=tmp_path, base_url=URL, cookie_secure=True)


async def with_accounts(settings: Settings, *accounts: tuple[str, Role, str]) -> None:
    resources = build_resources(settings, passwords=Passwords(QUICK))
    await upgrade(resources.database)
    for name, role, password in accounts:
        new = NewUser(name=name, display_name=name, grants=everywhere(role), password=password)
        await resources.access.register(new)
    await resources.database.close()


async def codes(settings: Settings, machine: Machine = ROOMY) -> set[str]:
    return {found.code for found in await examine(settings, machine)}


ADMIN = ("ada", Role.ADMIN, PASSWORD)


async def test_a_sound_deployment_has_nothing_but_what_would_be_better(sound: Settings) -> None:
    await with_accounts(sound, ADMIN)
    assert {found.severity for found in await examine(sound, ROOMY)} <= {Severity.WEAK}
    assert await codes(sound) == {"one_factor"}


@pytest.mark.parametrize(
    ("change", "code", "severity"),
    [
        ({"base_url": "http://help.example", "cookie_secure": False}, "no_tls", Severity.UNSAFE),
        ({"cookie_secure": False}, "cookie_not_secure", Severity.UNSAFE),
        ({"base_url": "http://127.0.0.1:8000"}, "cookie_never_sent", Severity.BROKEN),
        ({"is_demo": True}, "demo", Severity.UNSAFE),
        ({"base_url": "https://localhost", "trusted_proxies": "10.0.0.5"}, "base_url_local", Severity.BROKEN),
        ({"trusted_proxies": "0.0.0.0/0"}, "everybody_is_a_proxy", Severity.UNSAFE),
        ({"base_url": f"{URL}/nearhand"}, "base_url_path", Severity.BROKEN),
        ({"data_dir": Path("/nowhere/at/all")}, "no_data", Severity.BROKEN),
        ({"database_url": "postgresql+asyncpg://127.0.0.1:1/x"}, "database_unreachable", Severity.BROKEN),
        (
            {"database_url": "postgresql+asyncpg://database.invalid/x?ssl=prefer"},
            "database_no_tls",
            Severity.UNSAFE,
        ),
        ({"smtp_host": "mail.example", "smtp_security": "none"}, "mail_no_tls", Severity.UNSAFE),
    ],
)
async def test_a_setting_that_is_unsafe_or_wrong_is_found(
    sound: Settings, change: dict[str, object], code: str, severity: Severity
) -> None:
    await with_accounts(sound, ADMIN)
    found = {each.code: each for each in await examine(sound.model_copy(update=change), ROOMY)}
    assert found[code].severity is severity
    assert found[code].remedy


async def test_files_that_others_can_read_are_found(sound: Settings) -> None:
    await with_accounts(sound, ADMIN)
    (sound.data_dir / "keys").mkdir(mode=0o700, exist_ok=True)
    (sound.data_dir / "keys" / "ledger.pem").touch(mode=0o600)
    assert await codes(sound) == {"one_factor"}
    (sound.data_dir / "keys" / "ledger.pem").chmod(0o640)
    sound.data_dir.chmod(0o755)
    assert await codes(sound) == {"one_factor", "data_readable_by_all", "key_readable"}


async def test_files_that_lie_unencrypted_and_keys_that_do_not_keep_them_are_found(sound: Settings) -> None:
    await with_accounts(sound, ADMIN)
    await Blobs(sound.data_dir / "blobs").put(b"a picture of the hall")
    assert await codes(sound) == {"one_factor", "files_unsealed"}
    keys = sound.data_dir.parent / f"{sound.data_dir.name}.keys"
    sealed = sound.model_copy(update={"blob_key_file": keys})
    assert await codes(sealed) == {"one_factor", "files_still_unsealed", "blob_keys_missing"}
    Keyring.rotate(keys)
    for sha256 in list((blobs := Blobs(sound.data_dir / "blobs", KeyFile(keys))).plain()):
        blobs.seal(sha256)
    assert await codes(sealed) == {"one_factor"}
    keys.chmod(0o644)
    assert await codes(sealed) == {"one_factor", "key_readable"}
    keys.chmod(0o600)
    beside = sound.data_dir / "blob.keys"
    keys.rename(beside)
    assert await codes(sound.model_copy(update={"blob_key_file": beside})) == {
        "one_factor",
        "blob_keys_beside",
    }


async def test_a_registry_that_is_missing_empty_or_old_is_found(sound: Settings) -> None:
    assert "no_database" in await codes(sound)
    sound.sqlite_path().touch()
    assert "old_schema" in await codes(sound)
    sound.sqlite_path().unlink()
    await with_accounts(sound, ("tom", Role.TECHNICIAN, PASSWORD))
    assert "no_admin" in await codes(sound)


async def test_an_account_with_the_demos_password_is_found(sound: Settings) -> None:
    await with_accounts(sound, ADMIN, ("expert", Role.EXPERT, people.PASSWORD))
    assert "demo_password" in await codes(sound)


async def test_one_with_another_password_is_not(sound: Settings) -> None:
    await with_accounts(sound, ADMIN, ("expert", Role.EXPERT, PASSWORD))
    assert "demo_password" not in await codes(sound)


@pytest.mark.parametrize(
    ("machine", "code"),
    [
        (Machine(lambda: 1024, ROOMY.disk, time.time), "few_files"),
        (Machine(ROOMY.files, lambda _: (100 * GIB, 0, 20 * MIB), time.time), "disk_nearly_full"),
        (Machine(ROOMY.files, ROOMY.disk, lambda: time.time() + 90), "clock_skew"),
    ],
)
async def test_a_machine_that_is_too_small_or_late_is_found(
    sound: Settings, machine: Machine, code: str
) -> None:
    await with_accounts(sound, ADMIN)
    assert code in await codes(sound, machine)


async def test_an_address_where_nobody_answers_or_another_does_is_found(
    sound: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "_knock", lambda url: (None, ""))
    assert "headers_lost" in await codes(sound)
    monkeypatch.undo()
    assert "unreachable" in await codes(sound.model_copy(update={"base_url": "http://127.0.0.1:1"}))


async def test_the_service_itself_answers_its_knock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    settings = Settings(data_dir=tmp_path)
    with served(create_app(settings, build_resources(settings, passwords=Passwords(QUICK)))) as url:
        found = await codes(settings.model_copy(update={"base_url": url}))
    assert not found & {"unreachable", "headers_lost", "clock_skew"}


def test_the_command_says_it_in_words_or_json_and_by_its_exit_code(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    environment = {"NEARHAND_DATA_DIR": str(tmp_path), "NEARHAND_BASE_URL": "http://127.0.0.1:1"}
    cli = CliRunner(env=environment)
    said = cli.invoke(app, ["doctor"])
    assert (said.exit_code, "chmod 750" in said.stdout) == (1, True)
    lines = cli.invoke(app, ["doctor", "--json"]).stdout.splitlines()
    found = [Finding(**json.loads(line)) for line in lines]
    assert "data_readable_by_all" in {each.code for each in found}
    severities = [list(Severity).index(each.severity) for each in found]
    assert severities == sorted(severities)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"oidc_issuer": "http://login.house.example"}, "oidc_settings"),
        ({"oidc_client_id": ""}, "oidc_settings"),
        ({"oidc_grants": ({"group": "a", "role": "king"},)}, "oidc_settings"),
        ({"oidc_grants": ({"group": "a", "role": "admin", "rack": "R1"},)}, "oidc_settings"),
        ({}, "oidc_no_grants"),
        ({"second_factor_roles": ("admin",), "oidc_strong": ()}, "oidc_never_strong"),
        ({"oidc_issuer": "http://127.0.0.1:9"}, "oidc_unreachable"),
    ],
)
async def test_a_single_sign_on_that_is_no_use_is_found(
    sound: Settings, changes: dict[str, Any], code: str
) -> None:
    with lying_provider() as provider:
        has = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID}
        assert code in await codes(sound.model_copy(update=has | changes))


async def test_one_that_answers_as_it_must_is_not(sound: Settings) -> None:
    rules = ({"group": "a", "role": "admin"},)
    with lying_provider() as provider:
        has = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT_ID, "oidc_grants": rules}
        assert not {code for code in await codes(sound.model_copy(update=has)) if code.startswith("oidc")}
        other = has | {"oidc_issuer": f"{provider.issuer}/"}  # not as it calls itself
        assert "oidc_untrue" in await codes(sound.model_copy(update=other))


def about_the_line(found: set[str]) -> set[str]:
    return {code for code in found if code.startswith(("turn", "janus", "livekit", "media_server"))}


async def test_turn_servers_are_asked_for_a_relay(sound: Settings, tmp_path: Path) -> None:
    with TurnProcess(tmp_path / "turn") as turn:

        async def of(secret: str, *urls: str) -> set[str]:
            changes = {"ice_turn": urls or tuple(turn.urls), "turn_secret": SecretStr(secret)}
            return about_the_line(await codes(sound.model_copy(update=changes)))

        assert await of(SECRET) == {"turn_not_by_443"}
        assert await of("") == {"turn_no_secret"}
        assert await of("short") == {"turn_short_secret", "turn_refused", "turn_not_by_443"}
        assert await of(SECRET, "https://turn.example") == {"turn_address"}
        assert await of(SECRET, "turn:127.0.0.1:9?transport=tcp") == {"turn_unreachable", "turn_not_by_443"}


async def test_the_media_server_is_asked_for_a_room(sound: Settings, tmp_path: Path) -> None:
    with JanusProcess(tmp_path / "janus") as janus:

        async def of(url: str, secret: str, key: str) -> set[str]:
            changes = {
                "janus_url": url,
                "janus_api_secret": SecretStr(secret),
                "janus_admin_key": SecretStr(key),
            }
            return about_the_line(await codes(sound.model_copy(update=changes)))

        assert await of(janus.url, API_SECRET, ADMIN_KEY) == set()
        assert await of(janus.url, "another", ADMIN_KEY) == {"janus_refused"}
        assert await of(janus.url, API_SECRET, "another") == {"janus_refused"}
        assert await of(janus.url, API_SECRET, "") == {"janus_refused", "janus_open"}
        assert await of("ws://127.0.0.1:9", API_SECRET, ADMIN_KEY) == {"janus_unreachable"}
        assert await of("", "", "") == set()


async def test_livekit_is_asked_for_a_room(sound: Settings) -> None:
    with livekit.LiveKitProcess() as process:

        async def of(url: str, key: str, secret: str, **changes: str) -> set[str]:
            changed = {"livekit_url": url, "livekit_key": key, "livekit_secret": SecretStr(secret), **changes}
            return about_the_line(await codes(sound.model_copy(update=changed)))

        key, secret = livekit.KEY, livekit.SECRET
        assert await of(process.url, key, secret) == set()
        assert await of(process.url, key, secret[::-1]) == {"livekit_refused"}
        assert await of(process.url, "another", secret) == {"livekit_refused"}
        assert await of(process.url, key, "guessed-soon-enough") == {
            "livekit_refused",
            "livekit_short_secret",
        }
        assert await of(process.url, key, "") == {"media_server_unclear"}
        assert await of(process.url, key, secret, janus_url="ws://127.0.0.1:9") == {"media_server_unclear"}
        assert await of("ws://127.0.0.1:9", key, secret) == {"livekit_unreachable"}
        assert "livekit_in_clear" in await of("ws://192.0.2.1:9", key, secret)
