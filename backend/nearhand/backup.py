"""Write everything a service keeps into one file while it runs, sealed if asked, and make a data folder of it again."""

import hashlib
import os
import re
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from nearhand.kit.blobs import Blob
from nearhand.kit.errors import NearhandError
from nearhand.kit.sealing import MAGIC, KeyFile, Keyring, Opener, Sealer, Unsealable, key_id
from nearhand.kit.settings import Settings

DATABASES = ("live.db", "nearhand.db")  # in this order: the log speaks of what the registry has
BLOB = re.compile(r"blobs/[0-9a-f]{2}/[0-9a-f]{64}")
END = "end"  # the last entry: what has none was cut short
PIECE_BYTES = 1024 * 1024
KEYS = "keys"  # of the ledger and of sign-ins: only in a sealed backup


class CannotBackUp(Exception):
    """Why not, as a sentence."""


@dataclass(frozen=True)
class Kept:
    """What is in a backup."""

    databases: int
    files: int
    keys: int
    bytes: int
    unchecked: int = 0  # files that are sealed by themselves, where their key is not at hand


def back_up(settings: Settings, out: Path, ring: Keyring | None = None) -> Kept:
    """Whole or not at all. Raises CannotBackUp. Databases first, files after: every file they speak of is among them."""
    if settings.database_url is not None and not settings.database_url.startswith("sqlite"):
        raise CannotBackUp(
            "The registry is not in SQLite: back it up with its own tools, and the folder blobs/ after it."
        )
    folder = settings.data_dir
    if not settings.sqlite_path().is_file():
        raise CannotBackUp(f"{folder} has no registry database.")
    passing = out.with_name(f".{out.name}.passing")
    try:
        with _secret_file(passing) as file:
            sealer = Sealer(file, ring) if ring else None
            # `w|`: a stream, since what is sealed cannot be gone back in.
            with tarfile.open(
                fileobj=cast(IO[bytes], sealer or file), mode="w|", format=tarfile.PAX_FORMAT
            ) as archive:
                kept = _fill(archive, folder, with_keys=ring is not None)
                archive.addfile(tarfile.TarInfo(END))
            if sealer:
                sealer.close()
            file.flush()
            os.fsync(file.fileno())
        os.replace(passing, out)
    finally:
        passing.unlink(missing_ok=True)
    return kept


def restore(
    backup: Path, folder: Path, ring: Keyring | None = None, blob_keys: KeyFile | None = None
) -> Kept:
    """Into a folder that is empty or not there yet; whole or not at all. Raises CannotBackUp and Unsealable.

    Checked on the way: that databases are whole, and that each file is what its name says; of a file that is
    sealed by itself, only where there are `blob_keys`.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CannotBackUp(f"{folder} is not empty.")
    passing = folder.with_name(f".{folder.name}.restoring")
    passing.mkdir(mode=0o700, parents=True)
    try:
        kept = _restored(backup, passing, ring, blob_keys)
        if folder.exists():
            folder.rmdir()
        passing.rename(folder)
    finally:
        shutil.rmtree(passing, ignore_errors=True)
    return kept


def _restored(backup: Path, folder: Path, ring: Keyring | None, blob_keys: KeyFile | None) -> Kept:
    with backup.open("rb") as file:
        is_sealed = file.read(len(MAGIC)) == MAGIC
        file.seek(0)
        if is_sealed and ring is None:
            raise CannotBackUp("This backup is sealed; its key file is wanted (--key-file).")
        source = Opener(file, ring) if is_sealed and ring else file
        try:
            with tarfile.open(fileobj=cast(IO[bytes], source), mode="r|") as archive:
                kept = _empty(archive, folder, blob_keys)
        except tarfile.TarError as error:
            raise CannotBackUp(f"{backup} is no backup, or is damaged: {error}.") from None
        source.read()  # to the end: only there is known that nothing of a sealed one was cut off
    if not (folder / "nearhand.db").is_file():
        raise CannotBackUp(f"{backup} has no registry database.")
    return kept


def _fill(archive: tarfile.TarFile, folder: Path, *, with_keys: bool) -> Kept:
    databases = files = keys = size = 0
    for name in DATABASES:
        if (folder / name).is_file():
            with _snapshot(folder / name) as copy:
                size += _add(archive, copy, name)
            databases += 1
    for path in sorted((folder / "blobs").glob("??/*")):
        if BLOB.fullmatch(path.relative_to(folder).as_posix()):
            size += _add(archive, path, path.relative_to(folder).as_posix())
            files += 1
    for path in sorted((folder / KEYS).glob("*")) if with_keys else ():
        if path.is_file():
            size += _add(archive, path, f"{KEYS}/{path.name}")
            keys += 1
    return Kept(databases, files, keys, size)


def _add(archive: tarfile.TarFile, path: Path, name: str) -> int:
    with path.open("rb") as file:
        about = archive.gettarinfo(arcname=name, fileobj=file)
        about.uid = about.gid = 0
        about.uname = about.gname = ""
        about.mode = 0o600
        archive.addfile(about, file)
        return about.size


@contextmanager
def _snapshot(database: Path) -> Iterator[Path]:
    """A whole copy as of one moment, while others go on writing."""
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".backup-") as name:
        copy = Path(name) / database.name
        with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
            target.execute("PRAGMA journal_mode=DELETE")
        yield copy


def _empty(archive: tarfile.TarFile, folder: Path, blob_keys: KeyFile | None) -> Kept:
    databases = files = keys = size = unchecked = 0
    for about in archive:
        if about.name == END:
            return Kept(databases, files, keys, size, unchecked)
        source = archive.extractfile(about) if about.isfile() else None
        name = about.name
        is_key = re.fullmatch(rf"{KEYS}/[A-Za-z0-9_-][A-Za-z0-9._-]*", name) is not None
        if source is None or not (name in DATABASES or is_key or BLOB.fullmatch(name)):
            raise CannotBackUp(f"{name!r} is nothing that a backup has.")
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _secret_file(path) as file:
            while piece := source.read(PIECE_BYTES):
                file.write(piece)
            os.fsync(file.fileno())
        size += about.size
        if name in DATABASES:
            _check(path)
            databases += 1
        elif is_key:
            keys += 1
        else:
            unchecked += not _is_what_it_says(path, blob_keys)
            files += 1
    raise CannotBackUp("The backup was cut short.")


def _is_what_it_says(path: Path, keys: KeyFile | None) -> bool:
    """Raise CannotBackUp where it is not; False where nobody without its key can tell."""
    with path.open("rb") as file:
        if key_id(file) is not None and keys is None:
            return False
    hashed = hashlib.sha256()
    try:
        with Blob(path, path.name, keys).open() as file:
            while piece := file.read(PIECE_BYTES):
                hashed.update(piece)
    except (NearhandError, Unsealable) as error:
        raise CannotBackUp(f"The file {path.name} does not open: {error}.") from None
    if hashed.hexdigest() != path.name:
        raise CannotBackUp(f"The file {path.name} is not what its name says.")
    return True


def _check(database: Path) -> None:
    with closing(sqlite3.connect(database)) as opened:
        try:
            said = opened.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.DatabaseError as error:
            said = str(error)
    if said != "ok":
        raise CannotBackUp(f"The database {database.name} in the backup is damaged: {said}.")


def _secret_file(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
