"""The `nearhand` command."""

import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from nearhand.access.model import Role

if TYPE_CHECKING:
    from nearhand.access.model import Grant
    from nearhand.app import Resources
    from nearhand.devices.model import Rack, Site, Tenant

WANTED = {
    "name": "2 to 40 small letters, digits, . _ - are wanted, the first a letter or a digit.",
    "password": "10 to 200 characters are wanted.",
}

PROGRESS_S = 1.0

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help=__doc__)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    tls: Annotated[
        bool,
        typer.Option("--tls", help="Serve HTTPS with certificates of an own authority, kept in data_dir."),
    ] = False,
    tls_cert: Annotated[
        Path | None, typer.Option(help="Serve HTTPS with this certificate and its chain (PEM).")
    ] = None,
    tls_key: Annotated[Path | None, typer.Option(help="The key to it (PEM).")] = None,
    redirect_from: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="With TLS: a port without it, usually 80, that leads to the address with it and does nothing else.",
        ),
    ] = None,
) -> None:
    """Run the service with the settings of the environment (NEARHAND_…)."""
    import gc

    from nearhand.app import build_resources, create_app
    from nearhand.kit.address import Listening, UnknownHost
    from nearhand.kit.redirect import Redirection
    from nearhand.kit.sealing import NoKeys
    from nearhand.kit.serving import TlsFiles, options, run, tls_options
    from nearhand.kit.settings import Settings
    from nearhand.kit.tls import certificates, own_names
    from nearhand.sessions.log import FolderTaken
    from nearhand.sessions.sfu import SfuUnclear

    if (tls_cert is None) != (tls_key is None) or (tls and tls_cert):
        raise typer.BadParameter("Give --tls, or both --tls-cert and --tls-key.")
    files = TlsFiles(tls_cert, tls_key) if tls_cert and tls_key else None
    settings = Settings()
    has_tls = tls or files is not None
    if redirect_from is not None and not has_tls:
        raise typer.BadParameter("--redirect-from is for a service with TLS.")
    listening = Listening(host, port, has_tls)
    try:
        settings = settings.model_copy(
            update={
                "base_url": settings.printed_url(listening),
                "cookie_secure": has_tls or settings.cookie_secure,
            }
        )
        resources = build_resources(settings)
        resources.live_log.claim()
    except (UnknownHost, FolderTaken, NoKeys, SfuUnclear) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    service = create_app(settings, resources)
    kept = certificates(settings.data_dir / "tls", own_names()) if tls else None
    if kept:
        files = TlsFiles(kept.certificate, kept.key)
    typer.echo(f"Nearhand on {listening.local_url}, data in {settings.data_dir}. Ctrl-C ends it.")
    typer.echo(f"Labels and links say {settings.base_url} (NEARHAND_BASE_URL).")
    if kept:
        typer.echo(f"Browsers must trust {kept.authority} once. Its SHA-256 fingerprint:\n{kept.fingerprint}")
    # What is loaded by now stays: looking through it again for garbage would stop every session for 0.2 s.
    gc.collect()
    gc.freeze()
    redirection = None
    if redirect_from is not None:
        names = {urlsplit(settings.base_url).hostname or "", *own_names()}
        redirection = Redirection(host, redirect_from, settings.base_url, names, settings.head_timeout_s)
        typer.echo(f"Port {redirect_from} leads to {settings.base_url}.")
    served = options(settings) | (tls_options(files) if files else {})
    if not run(service, host, port, served, redirection):
        raise typer.Exit(3)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    host: Annotated[
        str | None,
        typer.Option(help="Address to listen on: this machine only, or with --tls the whole network."),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of the demo's data; made if absent.")] = Path("var/demo"),
    tls: Annotated[
        bool, typer.Option("--tls", help="HTTPS by an own authority, so that phones give a camera.")
    ] = False,
    reload: Annotated[bool, typer.Option("--reload", help="Start anew when a Python file changes.")] = False,
    robots: Annotated[
        bool, typer.Option(help="A robot technician, a robot expert and the simulated camera.")
    ] = True,
) -> None:
    """Run a hall in a box: seeded devices, telemetry, a simulated camera, a robot technician and expert."""
    from nearhand.simulation import launch

    try:
        launch.run(launch.Demo(port, host, data, tls, reload, robots))
    except launch.CannotStart as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command("add-user")
def add_user(
    name: Annotated[str, typer.Argument(help="Sign-in name: small letters, digits, . _ -")],
    role: Annotated[Role, typer.Option(help="What the account may do.")],
    display_name: Annotated[
        str | None, typer.Option(help="The name others see; the sign-in name if left out.")
    ] = None,
    tenant: Annotated[
        str | None, typer.Option(help="Only with the things of the tenant of this name.")
    ] = None,
    site: Annotated[str | None, typer.Option(help="Only at the site of this name.")] = None,
    rack: Annotated[str | None, typer.Option(help="Only in the rack of this name, at that site.")] = None,
) -> None:
    """Make an account; asks for the password. The way to a first administrator."""
    from pydantic import ValidationError

    from nearhand.access.easy import refuse_easy
    from nearhand.access.model import NewUser, everywhere

    if rack and not site:
        typer.echo("--rack wants --site: racks of two sites may have one name.", err=True)
        raise typer.Exit(2)
    password = typer.prompt("Password (10 characters or more)", hide_input=True, confirmation_prompt=True)
    try:
        new = NewUser(
            name=name, display_name=display_name or name, grants=everywhere(role), password=password
        )
    except ValidationError as error:
        for fault in error.errors():
            typer.echo(f"{fault['loc'][0]}: {WANTED.get(str(fault['loc'][0]), fault['msg'])}", err=True)
        raise typer.Exit(1) from None

    async def register(resources: "Resources") -> None:
        refuse_easy(password, new.name, new.display_name)
        grant = await _grant_by_names(resources, role, tenant, site, rack)
        await resources.access.register(new.model_copy(update={"grants": (grant,)}))

    _with_service(register)
    typer.echo(f"{name} may sign in as {role}.")


@app.command("reset-password")
def reset_password(
    name: Annotated[str, typer.Argument(help="Sign-in name of the account.")],
    factors: Annotated[
        bool, typer.Option("--factors", help="Take away second factors and passkeys too: the phone is lost.")
    ] = False,
) -> None:
    """Print a link by which a new password is set, once, within a day. The way back in for an administrator."""
    from nearhand.access.model import SYSTEM

    async def reset(resources: "Resources") -> None:
        user = await resources.people.named(name)
        if factors:
            await resources.factors.remove_all(SYSTEM, user.id)
        typer.echo((await resources.people.reset_link(SYSTEM, user.id)).url)

    _with_service(reset)


async def _grant_by_names(
    resources: "Resources", role: Role, tenant: str | None, site: str | None, rack: str | None
) -> "Grant":
    """Raise NotFound for a name that no place has, and for one that several have."""
    from nearhand.access.model import SYSTEM, Grant
    from nearhand.devices.model import Selection
    from nearhand.devices.places import places_on
    from nearhand.kit.errors import NotFound
    from nearhand.kit.http import PageQuery

    def one(noun: str, name: str, found: "Sequence[Tenant | Site | Rack]") -> str:
        ids = [place.id for place in found if place.name == name]
        if len(ids) != 1:
            raise NotFound(f"{'No' if not ids else 'More than one'} {noun} has the name {name}.")
        return ids[0]

    tenant_id = site_id = rack_id = None
    page = PageQuery(limit=200, offset=0)
    async with resources.database.reading() as connection:
        places = places_on(connection, SYSTEM, ids=resources.ids, clock=resources.clock)
        if tenant:
            tenant_id = one("tenant", tenant, (await places.tenants(Selection(q=tenant), page)).items)
        if site:
            site_id = one("site", site, (await places.sites(Selection(q=site), page)).items)
        if rack:
            wanted = Selection(q=rack, filters={"site_id": str(site_id)})
            rack_id = one("rack", rack, (await places.racks(wanted, page)).items)
    return Grant(role=role, tenant_id=tenant_id, site_id=site_id, rack_id=rack_id)


def _with_service(work: "Callable[[Resources], Coroutine[None, None, None]]") -> None:
    """Do something with the service's data beside it; what it refuses is said in one sentence."""
    import asyncio

    from nearhand.app import build_resources
    from nearhand.kit.errors import NearhandError
    from nearhand.kit.logging import configure_logging
    from nearhand.kit.settings import Settings
    from nearhand.migrations.upgrade import upgrade

    configure_logging()

    async def run() -> None:
        resources = build_resources(Settings())
        try:
            await upgrade(resources.database)
            await work(resources)
        finally:
            await resources.database.close()

    try:
        asyncio.run(run())
    except (NearhandError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


@app.command()
def doctor(
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per finding.")] = False,
) -> None:
    """Say what is unsafe or broken in this deployment, by the settings of the environment.

    Exit code 0: nothing, or only what would be better otherwise; 1: something is unsafe or broken.
    """
    import asyncio

    from nearhand.doctor import Severity, examine
    from nearhand.kit.settings import Settings

    findings = asyncio.run(examine(Settings()))
    for found in findings:
        line = f"{found.severity}: {found.sentence}\n  {found.remedy}"
        typer.echo(found.model_dump_json() if json else line)
    if not findings and not json:
        typer.echo("Nothing to find fault with.")
    if any(found.severity is not Severity.WEAK for found in findings):
        raise typer.Exit(1)


BackupKeys = Annotated[
    Path | None,
    typer.Option(
        help="File with keys, made by `nearhand rotate-backup-key`: the backup is sealed with the newest."
    ),
]


@app.command()
def backup(
    out: Annotated[Path, typer.Argument(help="The file to write; replaced only by a whole one.")],
    key_file: BackupKeys = None,
) -> None:
    """Write registry, live log and files into one file, while the service runs. Sealed, also its keys."""
    from nearhand.backup import CannotBackUp, back_up
    from nearhand.kit.sealing import Keyring
    from nearhand.kit.settings import Settings

    try:
        kept = back_up(Settings(), out, Keyring.load(key_file) if key_file else None)
    except (CannotBackUp, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(
        f"{out}: {kept.databases} databases, {kept.files} files, {kept.keys} keys; {kept.bytes:,} bytes."
    )
    if key_file is None:
        typer.echo(
            "It is not sealed: whoever has it reads everything in it. The service's keys are left out."
        )


@app.command()
def restore(
    backup: Annotated[Path, typer.Argument(help="A file that `nearhand backup` wrote.")],
    into: Annotated[Path, typer.Option(help="The data folder to make: empty, or not there yet.")],
    key_file: BackupKeys = None,
    blob_key_file: Annotated[
        Path | None,
        typer.Option(
            envvar="NEARHAND_BLOB_KEY_FILE",
            help="Keys of files that are sealed by themselves: to check them too.",
        ),
    ] = None,
) -> None:
    """Make a data folder of a backup, checking every database and file on the way."""
    from nearhand.backup import CannotBackUp
    from nearhand.backup import restore as put_back
    from nearhand.kit.sealing import KeyFile, Keyring

    try:
        ring = Keyring.load(key_file) if key_file else None
        kept = put_back(backup, into, ring, KeyFile(blob_key_file) if blob_key_file else None)
    except (CannotBackUp, OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{into}: {kept.databases} databases, {kept.files} files, {kept.keys} keys.")
    if kept.unchecked:
        typer.echo(
            f"{kept.unchecked} files are sealed and were not checked: "
            "the service needs their keys (NEARHAND_BLOB_KEY_FILE)."
        )


@app.command("rotate-backup-key")
def rotate_backup_key(
    key_file: Annotated[Path, typer.Argument(help="File with the keys of backups; made if there is none.")],
) -> None:
    """Add a key that seals backups from now on. The older ones stay in the file: they open what they sealed."""
    from nearhand.kit.sealing import Keyring, id_of

    try:
        ring = Keyring.rotate(key_file)
    except (OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{key_file}: {len(ring.keys)} keys; {id_of(ring.keys[-1]).hex()} seals from now on.")
    typer.echo("Keep a copy where the backups are not: without it they are lost.")


@app.command("rotate-blob-key")
def rotate_blob_key(
    resume: Annotated[
        bool,
        typer.Option("--resume", help="No new key: only seal what the newest one has not sealed yet."),
    ] = False,
) -> None:
    """Seal pictures and documents by a new key, in NEARHAND_BLOB_KEY_FILE, while the service runs.

    New ones are sealed by it from now on; those that are there, plain or sealed by older keys, are sealed anew one by
    one. It may be ended at any moment, and gone on with by --resume. Older keys stay in the file: backups from before
    need them.
    """
    import os
    import time

    from nearhand.kit.blobs import Blobs
    from nearhand.kit.errors import NearhandError
    from nearhand.kit.logging import configure_logging
    from nearhand.kit.sealing import KeyFile, Keyring, id_of
    from nearhand.kit.settings import Settings

    configure_logging()
    settings = Settings()
    path = settings.blob_key_file
    if path is None:
        typer.echo("Set NEARHAND_BLOB_KEY_FILE first, for the service too: the file is made here.", err=True)
        raise typer.Exit(2)
    if settings.data_dir.is_dir() and settings.data_dir.stat().st_uid != os.geteuid():
        typer.echo(
            f"Run it as the user of {settings.data_dir}: no other file could be read by the service.",
            err=True,
        )
        raise typer.Exit(2)
    try:
        ring = Keyring.load(path) if resume else Keyring.rotate(path)
        blobs = Blobs(settings.data_dir / "blobs", KeyFile(path))
    except (OSError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    typer.echo(f"{path}: {len(ring.keys)} keys; {id_of(ring.keys[-1]).hex()} seals from now on.")
    done, failed, said_at = 0, dict[str, str](), time.monotonic()
    # Until none is left: what was on its way in meanwhile may have been sealed by the key before.
    while names := [name for name in blobs.unsealed() if name not in failed]:
        for name in names:
            try:
                blobs.seal(name)
                done += 1
            except NearhandError as error:
                failed[name] = str(error)
            if time.monotonic() - said_at > PROGRESS_S:
                said_at = time.monotonic()
                typer.echo(f"{done} files sealed …")
    typer.echo(f"{done} files sealed.")
    for name, reason in failed.items():
        typer.echo(f"{name}: {reason}; left as it is.", err=True)
    if failed:
        raise typer.Exit(1)
    typer.echo("Keep a copy of the keys where the data is not: without them the files are lost.")


@app.command("rotate-label-key")
def rotate_label_key(
    withdraw: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Withdraw this key: what it signed is called out from now on."),
    ] = None,
) -> None:
    """Sign labels by a new key from now on. What the older ones signed stays good, unless one is withdrawn.

    Where labels are not signed, nothing changes. The key in use is replaced when it is withdrawn itself.
    """
    from nearhand.labels.service import rotate_keys

    async def rotate(resources: "Resources") -> None:
        keys = await rotate_keys(resources.database, resources.label_stamp.keys, withdrawn=withdraw)
        good = ", ".join(sorted(keys.good_ids))
        typer.echo(f"Labels are signed by the key {keys.newest.id} from now on; good are {good}.")

    _with_service(rotate)


@app.command()
def contract(
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
) -> None:
    """Print the wire contract: REST and live messages as one OpenAPI document."""
    from nearhand.contract import as_text

    if out is None:
        sys.stdout.write(as_text())
    else:
        out.write_text(as_text(), encoding="utf-8")


@app.command()
def read(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE…", help="Pictures: JPEG, PNG or WebP.")],
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per picture.")] = False,
    dictionary: Annotated[str, typer.Option(help="The tags' dictionary, by OpenCV's name.")] = "DICT_4X4_250",
    timeout: Annotated[float, typer.Option(help="Seconds spent on one picture before giving up.")] = 10.0,
) -> None:
    """Read the labels and tags in pictures. Exit code 1 when a picture could not be opened."""
    from nearhand.vision import command

    try:
        command.known_dictionary(dictionary)
    except command.BadInput as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    _print(command.read_files(images, dictionary=dictionary, timeout_s=timeout), is_json=json)


@app.command()
def locate(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE…", help="Pictures from one camera.")],
    layout: Annotated[Path, typer.Option(help="layout.json: where label and tags are on the face.")],
    camera: Annotated[Path | None, typer.Option(help="camera.json; left out: a usual phone.")] = None,
    point: Annotated[
        list[str] | None, typer.Option(help="X,Y on the face in millimetres; may be given again.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per picture.")] = False,
    timeout: Annotated[float, typer.Option(help="Seconds spent on one picture before giving up.")] = 10.0,
) -> None:
    """Find a device's face in pictures: its pose, and where points of it are. Exit code 1 on any error."""
    from nearhand.vision import command
    from nearhand.vision.camera import Intrinsics
    from nearhand.vision.layout import Layout

    try:
        points = [command.point(text) for text in point or []]
        where = command.document(Layout, layout)
        lens = command.document(Intrinsics, camera) if camera else None
    except command.BadInput as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    _print(command.locate_files(images, where, lens, points, timeout_s=timeout), is_json=json)


@app.command()
def verify(
    file: Annotated[Path | None, typer.Argument(help="An export of the ledger: JSON Lines.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="A data folder: verify its ledger, and the logs of its sessions.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Id of the key you know it to be signed by, written down elsewhere.")
    ] = None,
) -> None:
    """Verify a ledger, link by link. Exit code 1 when something is not as it was written, and what; 2 when there is
    nothing to verify."""
    from nearhand.audit import command

    if (file is None) == (data is None):
        typer.echo("Name an export, or --data and a folder.", err=True)
        raise typer.Exit(2)
    raise typer.Exit(command.verify_file(file, key) if file else _verify_data(data or Path(), key))


def _verify_data(data: Path, key: str | None) -> int:
    import asyncio

    from nearhand.audit.command import report
    from nearhand.audit.inspection import verify_database
    from nearhand.audit.verify import Broken
    from nearhand.kit.database import Database
    from nearhand.kit.ids import RandomIds
    from nearhand.kit.settings import Settings
    from nearhand.sessions.log import Log, PostgresStorage, SqliteReading
    from nearhand.sessions.sealing import verify_sessions

    settings = Settings(data_dir=data)
    if settings.database_url is None and not settings.sqlite_path().is_file():
        typer.echo(f"There is no database in {data}.", err=True)
        return 2

    async def check() -> int:
        database = Database(settings.registry_url())
        storage = (
            SqliteReading(settings.live_path()) if database.is_sqlite else PostgresStorage(database.engine)
        )
        try:
            found, seals = await verify_database(database)
            events = await verify_sessions(Log(storage, ids=RandomIds()), seals)
        except Broken as broken:
            typer.echo(f"Broken. {broken}", err=True)
            return 1
        finally:
            await database.close()
        return report(found, key, f"{events} events of {len(seals)} sessions hold, too.")

    return asyncio.run(check())


ledger = typer.Typer(no_args_is_help=True, help="Sign, hand out and look after the ledger.")
app.add_typer(ledger, name="ledger")


def _with_ledger(work: Any) -> Any:
    """Do it with the ledger of the settings, beside a service that runs or without."""
    import asyncio

    from nearhand.app import build_resources
    from nearhand.kit.logging import configure_logging
    from nearhand.kit.settings import Settings
    from nearhand.migrations.upgrade import upgrade

    configure_logging()

    async def run() -> Any:
        resources = build_resources(Settings())
        try:
            await upgrade(resources.database)
            return await work(resources.ledger)
        finally:
            await resources.ledger.stop()
            await resources.database.close()

    return asyncio.run(run())


@ledger.command()
def sign() -> None:
    """Sign the chain as it is now; it is signed by itself each midnight UTC."""
    root = _with_ledger(lambda book: book.sign())
    typer.echo(f"Signed up to entry {root.last_seq}, {root.last_hash}\nby the key {root.key_id}.")


@ledger.command("rotate-key")
def rotate_key() -> None:
    """Sign by a new key from now on. What was signed before stays as it is."""
    typer.echo(f"The ledger is signed by the key {_with_ledger(lambda book: book.rotate_key())} from now on.")


@ledger.command("export")
def export_ledger(
    out: Annotated[
        Path, typer.Argument(help="File to write the export to; the page that verifies it comes beside.")
    ],
    first: Annotated[int, typer.Option(min=1, help="The first entry.")] = 1,
    last: Annotated[int | None, typer.Option(min=1, help="The last entry; left out: the newest.")] = None,
) -> None:
    """Write the ledger to a file, and beside it the page that verifies it without any network."""
    from nearhand.audit.command import PAGE, page_path

    async def write(book: Any) -> None:
        with out.open("wb") as file:
            async for piece in await book.export(first, last):
                file.write(piece)

    _with_ledger(write)
    page_path(out).write_bytes(PAGE.read_bytes())
    typer.echo(f"{out} and {page_path(out)}: verify it by `nearhand verify {out}`, or open the page.")


def _print(answers: Iterator[dict[str, Any]], *, is_json: bool) -> None:
    """One line per picture; exit code 1 after the last when one of them had an error."""
    from nearhand.vision import command

    has_error = False
    for answer in answers:
        has_error |= "error" in answer
        typer.echo(command.as_json(answer) if is_json else command.as_line(answer))
    if has_error:
        raise typer.Exit(1)


@app.command()
def field(
    server: Annotated[
        str | None, typer.Option(help="The service's address. Left out: only recognise.")
    ] = None,
    token: Annotated[
        str | None, typer.Option(envvar="NEARHAND_TOKEN", help="A token; better given as NEARHAND_TOKEN.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Sign in with this name instead of a token.")] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="File with the password; else NEARHAND_PASSWORD, else asked for.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Certificate of the server's own authority.")] = None,
    camera: Annotated[int | None, typer.Option(help="Number of a camera; 0 is the first.")] = None,
    video: Annotated[Path | None, typer.Option(help="A video file instead of a camera.")] = None,
    images: Annotated[Path | None, typer.Option(help="A folder of photographs instead of a camera.")] = None,
    intrinsics: Annotated[
        Path | None, typer.Option(help="camera.json of the lens, where it is known.")
    ] = None,
    session: Annotated[str | None, typer.Option(help="Enter this session.")] = None,
    ask_for_help: Annotated[str | None, typer.Option(help="Open a session about this, and enter it.")] = None,
    window: Annotated[
        bool, typer.Option("--window/--headless", help="Show the picture in a window.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Write the picture with its marks to this MP4.")] = None,
    outbox: Annotated[
        Path | None, typer.Option(help="File that keeps what is not sent yet; give it to survive a crash.")
    ] = None,
    may_be_recorded: Annotated[
        bool, typer.Option("--may-be-recorded", help="Agree when a recording is asked for; else it refuses.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON lines of what is seen and heard.")] = False,
) -> None:
    """The technician's camera without a browser: recognise devices, join a session, draw the expert's marks."""
    import os

    from nearhand.field.command import Options, run

    options = Options(
        server=server,
        token=token,
        name=name,
        password=password_file.read_text().strip() if password_file else os.environ.get("NEARHAND_PASSWORD"),
        ca=ca,
        camera=camera,
        video=video,
        images=images,
        intrinsics=intrinsics,
        session=session,
        ask_for_help=ask_for_help,
        is_window=window,
        out=out,
        outbox=outbox,
        may_be_recorded=may_be_recorded,
        is_json=json,
    )
    raise typer.Exit(run(options))


def main() -> None:
    app()


if __name__ == "__main__":
    main()
