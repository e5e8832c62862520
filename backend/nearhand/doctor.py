"""Look at a deployment and say what is unsafe or broken in it, how badly, and what to do about it."""

import asyncio
import os
import shutil
import sqlite3
import stat
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from ssl import SSLCertVerificationError, create_default_context
from urllib.parse import SplitResult, urlsplit

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import BaseModel
from sqlalchemy import Connection, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from nearhand.access.credentials import ProviderDown
from nearhand.access.passwords import Passwords
from nearhand.app import house_of, media_server_of, provider_of
from nearhand.kit.blobs import Blobs
from nearhand.kit.clock import SystemClock
from nearhand.kit.database import Database
from nearhand.kit.errors import NearhandError
from nearhand.kit.sealing import KeyFile, NoKeys
from nearhand.kit.serving import LEAST_LEFT_FILES, raise_file_limit
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import alembic_config
from nearhand.sessions.ice import Ice
from nearhand.sessions.sfu import SfuDown, SfuRefused, SfuUnclear
from nearhand.sessions.turn import TurnAddress, TurnRefused, TurnTrouble, ask_for_relay, turn_address
from nearhand.simulation.people import PASSWORD, PEOPLE, ROBOTS

LITTLE_BYTES = 1024**3
LITTLE_SHARE = 0.05
SKEW_S = 5.0
KNOCK_S = 3.0
SHORT_SECRET = 16
HTTPS_PORT = 443
JANUS_KEYS = "NEARHAND_JANUS_API_SECRET_FILE and NEARHAND_JANUS_ADMIN_KEY_FILE"
LIVEKIT_KEYS = "NEARHAND_LIVEKIT_KEY and NEARHAND_LIVEKIT_SECRET_FILE"
LIVEKIT_SECRET_CHARACTERS = 32  # as LiveKit itself asks
THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}


class Severity(StrEnum):
    BROKEN = "broken"  # does not work as it is
    UNSAFE = "unsafe"  # lets somebody in, or lets something out
    WEAK = "weak"  # would be better otherwise


class Finding(BaseModel):
    """One thing that is not as it should be. `code` is for programs, the sentences are for people."""

    code: str
    severity: Severity
    sentence: str
    remedy: str


@dataclass(frozen=True)
class Machine:
    """What the checks ask of the machine, so that tests can answer."""

    files: Callable[[], int] = raise_file_limit
    disk: Callable[[Path], tuple[int, int, int]] = shutil.disk_usage
    now_s: Callable[[], float] = time.time


async def examine(settings: Settings, machine: Machine | None = None) -> list[Finding]:
    """The worst first. Nothing is changed, and no schema is upgraded."""
    machine = machine or Machine()
    findings = [*_of_settings(settings), *_of_files(settings), *_of_machine(settings, machine)]
    findings += [found async for found in _of_database(settings)]
    findings += [found async for found in _of_provider(settings)]
    findings += [found async for found in _of_turn(settings)]
    findings += [found async for found in _of_media_server(settings)]
    findings += await asyncio.to_thread(lambda: list(_of_service(settings, machine)))
    order = list(Severity)
    return sorted(findings, key=lambda found: order.index(found.severity))


# -- settings ---------------------------------------------------------------------------------------------------


def _of_settings(settings: Settings) -> Iterator[Finding]:
    url = urlsplit(settings.base_url)
    is_local = _is_local(url)
    if url.scheme != "https" and not is_local:
        yield Finding(
            code="no_tls",
            severity=Severity.UNSAFE,
            sentence=f"{settings.base_url} is reached without TLS: whoever is on the way reads passwords and pictures.",
            remedy="Serve with --tls-cert and --tls-key, or behind a proxy with TLS, and set NEARHAND_BASE_URL to https://…",
        )
    if url.scheme == "https" and not settings.cookie_secure:
        yield Finding(
            code="cookie_not_secure",
            severity=Severity.UNSAFE,
            sentence="The sign-in cookie would also be sent without TLS.",
            remedy="Set NEARHAND_COOKIE_SECURE=true; `nearhand serve` with TLS of its own does it by itself.",
        )
    if settings.cookie_secure and url.scheme != "https":
        yield Finding(
            code="cookie_never_sent",
            severity=Severity.BROKEN,
            sentence=f"Cookies are for HTTPS alone, and {settings.base_url} is not: no browser can stay signed in.",
            remedy="Set NEARHAND_BASE_URL to the https:// address, or NEARHAND_COOKIE_SECURE=false on this machine alone.",
        )
    if settings.is_demo and not is_local:
        yield Finding(
            code="demo",
            severity=Severity.UNSAFE,
            sentence="This is a demo: its accounts and their password are on the sign-in page.",
            remedy="Unset NEARHAND_IS_DEMO, and start with an empty data folder.",
        )
    if is_local and settings.trusted_proxies:
        yield Finding(
            code="base_url_local",
            severity=Severity.BROKEN,
            sentence=f"Labels and links say {settings.base_url}, which is this machine alone, although a proxy is in front.",
            remedy="Set NEARHAND_BASE_URL to the address that people use.",
        )
    if "0.0.0.0/0" in settings.trusted_proxies or "::/0" in settings.trusted_proxies:
        yield Finding(
            code="everybody_is_a_proxy",
            severity=Severity.UNSAFE,
            sentence="Everybody's X-Forwarded-For is believed: no limit by address holds, and the ledger keeps made-up ones.",
            remedy="Name the proxies alone in NEARHAND_TRUSTED_PROXIES.",
        )
    yield from _in_clear(settings)
    if url.path not in {"", "/"} or settings.base_url.endswith("/"):
        yield Finding(
            code="base_url_path",
            severity=Severity.BROKEN,
            sentence=f"NEARHAND_BASE_URL={settings.base_url} has a path; labels and links would lead nowhere.",
            remedy="Give scheme, name and port alone, without a slash at the end.",
        )


def _in_clear(settings: Settings) -> Iterator[Finding]:
    """What this service asks of other machines, readable on the way."""
    database = make_url(settings.registry_url())
    asked_for = database.query.get("ssl", database.query.get("sslmode"))
    if database.host not in {None, *THIS_MACHINE} and asked_for not in {
        "require",
        "verify-ca",
        "verify-full",
    }:
        yield Finding(
            code="database_no_tls",
            severity=Severity.UNSAFE,
            sentence=f"The database at {database.host} may be spoken to without TLS.",
            remedy="Add ?ssl=verify-full to NEARHAND_DATABASE_URL (or ?ssl=require, which trusts any certificate).",
        )
    if settings.smtp_security == "none" and settings.smtp_host not in {"", *THIS_MACHINE}:
        yield Finding(
            code="mail_no_tls",
            severity=Severity.UNSAFE,
            sentence=f"Links that set a new password go to {settings.smtp_host} without TLS.",
            remedy="Set NEARHAND_SMTP_SECURITY to starttls or tls.",
        )


def _is_local(url: SplitResult) -> bool:
    return url.hostname in THIS_MACHINE


# -- files ------------------------------------------------------------------------------------------------------


def _of_files(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if not folder.is_dir():
        yield Finding(
            code="no_data",
            severity=Severity.BROKEN,
            sentence=f"The data folder {folder} does not exist.",
            remedy="Set NEARHAND_DATA_DIR to the folder that the service uses, or start the service once.",
        )
        return
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        yield Finding(
            code="data_not_writable",
            severity=Severity.BROKEN,
            sentence=f"The data folder {folder} cannot be written by this user.",
            remedy="Run this as the service's user, or give that user the folder.",
        )
        return
    # Everything beneath is only reached through the folder: its own mode decides.
    if _mode(folder) & 0o007:
        yield Finding(
            code="data_readable_by_all",
            severity=Severity.UNSAFE,
            sentence=f"Every user of this machine can look into the data folder {folder}.",
            remedy=f"chmod 750 {folder}   (or 700)",
        )
    for key in _keys(settings):
        if _mode(key) & 0o077:
            yield Finding(
                code="key_readable",
                severity=Severity.UNSAFE,
                sentence=f"The key {key} can be read by others than its owner.",
                remedy=f"chmod 600 {key}; who may have read it? Then make a new one.",
            )
    yield from _of_blobs(settings)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        yield Finding(
            code="root",
            severity=Severity.WEAK,
            sentence="This runs as root; a fault in a reader of pictures would have the whole machine.",
            remedy="Run the service as a user of its own.",
        )


def _of_blobs(settings: Settings) -> Iterator[Finding]:
    path, folder = settings.blob_key_file, settings.data_dir
    plain = next(Blobs(folder / "blobs").plain(), None)
    if path is None:
        if plain:
            yield Finding(
                code="files_unsealed",
                severity=Severity.WEAK,
                sentence=f"Pictures and documents lie unencrypted in {folder / 'blobs'}: whoever has the disk has them.",
                remedy="Set NEARHAND_BLOB_KEY_FILE and run nearhand rotate-blob-key, or use an encrypted disk.",
            )
        return
    try:
        KeyFile(path)
    except NoKeys as error:
        yield Finding(
            code="blob_keys_missing",
            severity=Severity.BROKEN,
            sentence=f"{error} The service does not start without.",
            remedy="nearhand rotate-blob-key makes it; where files are sealed already, bring back their keys.",
        )
    if plain:
        yield Finding(
            code="files_still_unsealed",
            severity=Severity.UNSAFE,
            sentence="Some pictures and documents are from before there was a key, and lie unencrypted.",
            remedy="nearhand rotate-blob-key --resume",
        )
    if path.absolute().is_relative_to(folder.absolute()):
        yield Finding(
            code="blob_keys_beside",
            severity=Severity.WEAK,
            sentence=f"{path} lies in the data folder: whoever takes the disk has the files and their keys.",
            remedy="Move it to another disk, or to where secrets are handed to services, and set NEARHAND_BLOB_KEY_FILE.",
        )


def _keys(settings: Settings) -> list[Path]:
    named = {settings.blob_key_file, settings.access_key_file, settings.ledger_key_file} - {None}
    kept = [path for name in ("keys", "tls") for path in (settings.data_dir / name).glob("*")]
    return sorted(path for path in {*kept, *named} if path and path.is_file() and path.suffix != ".crt")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


# -- machine ----------------------------------------------------------------------------------------------------


def _of_machine(settings: Settings, machine: Machine) -> Iterator[Finding]:
    files = machine.files()
    if files < settings.connections + LEAST_LEFT_FILES:
        yield Finding(
            code="few_files",
            severity=Severity.WEAK,
            sentence=f"This user may have {files} files open; {settings.connections} connections would take more.",
            remedy="Raise it (LimitNOFILE= in a systemd unit, ulimit -n), or lower NEARHAND_CONNECTIONS.",
        )
    if settings.data_dir.is_dir():
        total, _, free = machine.disk(settings.data_dir)
        if free < LITTLE_BYTES or free < total * LITTLE_SHARE:
            yield Finding(
                code="disk_nearly_full",
                severity=Severity.BROKEN if free < LITTLE_BYTES / 10 else Severity.WEAK,
                sentence=f"{free / 1024**2:,.0f} MiB are left for data; a full disk refuses every change.",
                remedy="Make room, or move NEARHAND_DATA_DIR to a larger disk.",
            )


# -- database ---------------------------------------------------------------------------------------------------


async def _of_database(settings: Settings) -> AsyncIterator[Finding]:
    if settings.database_url is None and not settings.sqlite_path().is_file():
        yield Finding(
            code="no_database",
            severity=Severity.BROKEN,
            sentence="There is no registry database yet.",
            remedy="nearhand add-user NAME --role admin",
        )
        return
    database = Database(settings.registry_url())
    try:
        async with database.reading() as connection:
            for finding, hashes in await connection.run_sync(_of_tables):
                if hashes is None or await _is_known_password(hashes):
                    yield finding
    except (SQLAlchemyError, OSError, sqlite3.Error) as error:
        yield Finding(
            code="database_unreachable",
            severity=Severity.BROKEN,
            sentence=f"The registry database cannot be read: {type(error).__name__}.",
            remedy="Is NEARHAND_DATABASE_URL right, is the server up, may this user read the file?",
        )
    finally:
        await database.close()


async def _is_known_password(hashes: list[str]) -> bool:
    passwords = Passwords()
    return any([await passwords.matches(PASSWORD, kept) for kept in hashes])


def _of_tables(connection: Connection) -> list[tuple[Finding, list[str] | None]]:
    """Findings; some hold only when one of these hashes is of a known password."""
    wanted = ScriptDirectory.from_config(alembic_config(connection)).get_current_head()
    has = MigrationContext.configure(connection).get_current_revision()
    if has != wanted:
        old = Finding(
            code="old_schema",
            severity=Severity.BROKEN,
            sentence=f"The database has the schema {has or 'of nothing'}; this version wants {wanted}.",
            remedy="Start the service once: it upgrades by itself. Back up first.",
        )
        return [(old, None)]
    found: list[tuple[Finding, list[str] | None]] = []
    admins = _admins(connection)
    if not admins:
        nobody = Finding(
            code="no_admin",
            severity=Severity.BROKEN,
            sentence="No account that is switched on is an administrator everywhere.",
            remedy="nearhand add-user NAME --role admin",
        )
        found.append((nobody, None))
    single = _without_factor(connection, admins)
    if single:
        one = Finding(
            code="one_factor",
            severity=Severity.WEAK,
            sentence=f"Administrators with a password alone: {', '.join(single)}.",
            remedy="Each adds a second factor to their account.",
        )
        found.append((one, None))
    known = Finding(
        code="demo_password",
        severity=Severity.UNSAFE,
        sentence="An account of the demo is switched on and still has the demo's password.",
        remedy="Switch off or rename the demo's accounts, or start with an empty data folder.",
    )
    found.append((known, _hashes(connection, [*PEOPLE, *ROBOTS])))
    return found


def _admins(connection: Connection) -> dict[str, str]:
    """Names by id."""
    rows = connection.execute(
        text(
            "SELECT u.id, u.name FROM user_account u JOIN access_grant g ON g.user_id = u.id WHERE u.is_active "
            "AND g.role = 'admin' AND g.tenant_id IS NULL AND g.site_id IS NULL AND g.rack_id IS NULL"
        )
    )
    return {str(user_id): str(name) for user_id, name in rows}


def _without_factor(connection: Connection, admins: dict[str, str]) -> list[str]:
    strong = connection.execute(
        text(
            "SELECT user_id FROM totp WHERE confirmed_at IS NOT NULL UNION SELECT user_id FROM passkey "
            "UNION SELECT user_id FROM identity WHERE is_led"  # no password; what else was asked, the provider knows
        )
    )
    having = {str(user_id) for (user_id,) in strong}
    return sorted(name for user_id, name in admins.items() if user_id not in having)


def _hashes(connection: Connection, names: list[str]) -> list[str]:
    hashed = text(
        "SELECT u.name, p.hash FROM user_account u JOIN password p ON p.user_id = u.id WHERE u.is_active"
    )
    return [str(kept) for name, kept in connection.execute(hashed) if name in names]


# -- voice and pictures -----------------------------------------------------------------------------------------


async def _of_turn(settings: Settings) -> AsyncIterator[Finding]:
    """Ask each for a relay, as a browser does."""
    secret = settings.turn_secret.get_secret_value()
    if not settings.ice_turn:
        return
    if not secret:
        yield Finding(
            code="turn_no_secret",
            severity=Severity.BROKEN,
            sentence="TURN servers are named, but not the secret that makes passwords for them: no browser is told of them.",
            remedy="Set NEARHAND_TURN_SECRET_FILE to a file with coturn's static-auth-secret.",
        )
        return
    if len(secret) < SHORT_SECRET:
        yield Finding(
            code="turn_short_secret",
            severity=Severity.UNSAFE,
            sentence="The secret of the TURN servers is short enough to be guessed: who has it relays at your cost.",
            remedy="openssl rand -hex 32, in coturn's static-auth-secret and in NEARHAND_TURN_SECRET_FILE.",
        )
    addresses: list[TurnAddress] = []
    ice = Ice((), settings.ice_turn, secret, settings.turn_minutes)
    (told,) = ice.servers("doctor", SystemClock().now()).servers
    for url in settings.ice_turn:
        try:
            addresses.append(turn_address(url))
            await ask_for_relay(addresses[-1], told.username or "", told.credential or "")
        except ValueError as error:
            yield Finding(
                code="turn_address",
                severity=Severity.BROKEN,
                sentence=str(error),
                remedy='NEARHAND_ICE_TURN=["turn:turn.example:3478","turns:turn.example:443?transport=tcp"]',
            )
        except TurnRefused as error:
            yield Finding(
                code="turn_refused",
                severity=Severity.BROKEN,
                sentence=f"{url}: {error}",
                remedy="Is its static-auth-secret that of NEARHAND_TURN_SECRET_FILE, and do both clocks agree?",
            )
        except TurnTrouble as error:
            yield Finding(
                code="turn_unreachable",
                severity=Severity.BROKEN,
                sentence=f"{url}: {error}",
                remedy="Is coturn up, and its port open from here? docs/how-to/set-up-an-sfu-and-turn.md",
            )
    if addresses and not any(one.is_tls and one.is_tcp and one.port == HTTPS_PORT for one in addresses):
        yield Finding(
            code="turn_not_by_443",
            severity=Severity.WEAK,
            sentence="No TURN server is reached by TLS on port 443: where nothing else is let out, there is no live video.",
            remedy="Let coturn listen on 443 of a name of its own, and add turns:that.name:443?transport=tcp.",
        )


async def _of_media_server(settings: Settings) -> AsyncIterator[Finding]:
    """Open a room at it and close it again."""
    try:
        server = media_server_of(settings)
    except SfuUnclear as error:
        yield Finding(
            code="media_server_unclear",
            severity=Severity.BROKEN,
            sentence=f"The service does not start: {error}",
            remedy="docs/how-to/set-up-an-sfu-and-turn.md",
        )
        return
    if server is None:
        return
    about = _of_livekit(settings) if settings.livekit_url else _of_janus(settings)
    for finding in about:
        yield finding
    name, its_keys = ("LiveKit", LIVEKIT_KEYS) if settings.livekit_url else ("Janus", JANUS_KEYS)
    url = settings.livekit_url or settings.janus_url
    try:
        await server.try_once()
    except SfuRefused as error:
        yield Finding(
            code=f"{name.lower()}_refused",
            severity=Severity.BROKEN,
            sentence=f"{name} opens no room for us: {error}",
            remedy=f"Do {its_keys} say what its settings do?",
        )
    except SfuDown as error:
        yield Finding(
            code=f"{name.lower()}_unreachable",
            severity=Severity.BROKEN,
            sentence=f"{name} is out of reach at {url}: {error}",
            remedy="Is it up, and its port open from here? Until then three connect directly, and more see pictures.",
        )


def _of_janus(settings: Settings) -> Iterator[Finding]:
    address = urlsplit(settings.janus_url)
    if address.scheme != "wss" and not _is_local(address):
        yield Finding(
            code="janus_in_clear",
            severity=Severity.UNSAFE,
            sentence=f"{settings.janus_url} is spoken to without TLS: whoever is on the way gets into every room.",
            remedy="Run Janus on this machine, or reach it by wss:// or a tunnel.",
        )
    if not settings.janus_admin_key.get_secret_value():
        yield Finding(
            code="janus_open",
            severity=Severity.WEAK,
            sentence="Whoever reaches Janus' API may open rooms in it.",
            remedy="Set admin_key in janus.plugin.videoroom.jcfg, and NEARHAND_JANUS_ADMIN_KEY_FILE.",
        )


def _of_livekit(settings: Settings) -> Iterator[Finding]:
    address = urlsplit(settings.livekit_url)
    if address.scheme not in {"wss", "https"} and not _is_local(address):
        yield Finding(
            code="livekit_in_clear",
            severity=Severity.UNSAFE,
            sentence=f"{settings.livekit_url} is spoken to without TLS: whoever is on the way gets into every room.",
            remedy="Run LiveKit on this machine, or reach it by wss:// or a tunnel.",
        )
    if len(settings.livekit_secret.get_secret_value()) < LIVEKIT_SECRET_CHARACTERS:
        yield Finding(
            code="livekit_short_secret",
            severity=Severity.WEAK,
            sentence=f"LiveKit's secret has fewer than {LIVEKIT_SECRET_CHARACTERS} characters: it could be tried out.",
            remedy="openssl rand -hex 32, in `keys` of its configuration and in NEARHAND_LIVEKIT_SECRET_FILE.",
        )


# -- single sign-on ---------------------------------------------------------------------------------------------


async def _of_provider(settings: Settings) -> AsyncIterator[Finding]:
    """Ask it for what it says of itself, as the service does."""
    try:
        provider = provider_of(settings, SystemClock())
        rules = house_of(settings).rules
    except ValueError as error:
        yield Finding(
            code="oidc_settings",
            severity=Severity.BROKEN,
            sentence=f"The single sign-on is set up wrong, and the service does not start: {error}",
            remedy="Mend the settings NEARHAND_OIDC_…; docs/how-to/single-sign-on.md has examples.",
        )
        return
    if provider is None:
        return
    try:
        await provider.check()
    except NearhandError as error:
        yield Finding(
            code="oidc_unreachable" if isinstance(error, ProviderDown) else "oidc_untrue",
            severity=Severity.BROKEN,
            sentence=f"The single sign-on at {provider.issuer} is no use: {error.detail}.",
            remedy="NEARHAND_OIDC_ISSUER must be exactly what its discovery says, with a certificate this machine trusts.",
        )
    if not rules:
        yield Finding(
            code="oidc_no_grants",
            severity=Severity.WEAK,
            sentence="No group of the single sign-on gives anything here: only the invited come in by it.",
            remedy="Name groups in NEARHAND_OIDC_GRANTS.",
        )
    if settings.second_factor_roles and not settings.oidc_strong:
        yield Finding(
            code="oidc_never_strong",
            severity=Severity.WEAK,
            sentence="Roles take a second factor, and nothing that the single sign-on says counts as one.",
            remedy='Name what it says in NEARHAND_OIDC_STRONG, as ["mfa"]; else everybody adds one here too.',
        )


# -- the running service ----------------------------------------------------------------------------------------


def _of_service(settings: Settings, machine: Machine) -> Iterator[Finding]:
    """Knock at the address on the labels, as a phone would."""
    url = urlsplit(settings.base_url)
    try:
        said_at, policy = _knock(url)
    except SSLCertVerificationError as error:
        yield Finding(
            code="certificate",
            severity=Severity.WEAK,
            sentence=f"The certificate of {settings.base_url} is not trusted here: {error.verify_message}.",
            remedy="Use one of an authority that phones know, or let them trust the service's own.",
        )
        return
    except (OSError, HTTPException, ValueError) as error:
        yield Finding(
            code="unreachable",
            severity=Severity.BROKEN,
            sentence=f"Nobody answers at {settings.base_url} ({type(error).__name__}): labels and links lead there.",
            remedy="Is the service up? If so, NEARHAND_BASE_URL is not its address, or a proxy does not lead to it.",
        )
        return
    if "default-src" not in policy:
        yield Finding(
            code="headers_lost",
            severity=Severity.UNSAFE,
            sentence=f"{settings.base_url} answers without the service's Content-Security-Policy.",
            remedy="Is it another service? Else let the proxy hand the headers on.",
        )
    if said_at is not None and abs(said_at - machine.now_s()) > SKEW_S:
        yield Finding(
            code="clock_skew",
            severity=Severity.WEAK,
            sentence=f"The clocks of {settings.base_url} and of this machine differ by {abs(said_at - machine.now_s()):.0f} s.",
            remedy="Let both ask a time server; codes of second factors and the ledger go by these clocks.",
        )


def _knock(url: SplitResult) -> tuple[float | None, str]:
    """The time that the service says, and its policy."""
    host = url.hostname or ""
    line: HTTPConnection
    if url.scheme == "https":
        line = HTTPSConnection(host, url.port, timeout=KNOCK_S, context=create_default_context())
    else:
        line = HTTPConnection(host, url.port, timeout=KNOCK_S)
    try:
        line.request("GET", "/healthz")
        answer = line.getresponse()
        answer.read(1000)
        date = answer.getheader("date")
        return (
            parsedate_to_datetime(date).timestamp() if date else None,
            answer.getheader("content-security-policy") or "",
        )
    finally:
        line.close()
