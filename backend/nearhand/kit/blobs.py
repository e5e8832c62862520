"""Keep files by the SHA-256 of their content: written once, never changed, safe to write twice, sealed where there is a key."""

import asyncio
import errno
import hashlib
import io
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

import structlog

from nearhand.kit.errors import NearhandError, NotFound, Unavailable
from nearhand.kit.sealing import (
    KEPT,
    KeyFile,
    Keyring,
    SealedFile,
    Sealer,
    UnknownKey,
    Unsealable,
    id_of,
    key_id,
    own_key_of,
)

log = structlog.get_logger()

PASSING = ".passing-"
ABANDONED_S = 3600  # a file on its way in is written to far more often, or its sender is refused


class StorageFull(Unavailable):
    code, title = "storage_full", "There is no room left for files; nothing was kept"


class FileDamaged(NearhandError):
    code, title = "file_damaged", "This file was changed on the disk since it was kept"


class FileKeyMissing(NearhandError):
    code, title = "file_key_missing", "This file was sealed with a key that the service does not have"


@contextmanager
def refusing_full_disk() -> Iterator[None]:
    """Raise StorageFull where the disk, or a quota, has no room left."""
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFull from None
        raise


def digest(content: bytes) -> str:
    """Lower-case hexadecimal SHA-256."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def refusing_damage(name: str) -> Iterator[None]:
    """Raise FileDamaged or FileKeyMissing where a sealed file does not open, and put it in the log."""
    try:
        yield
    except Unsealable as error:
        lacks_key = isinstance(error, UnknownKey)
        log.error("file_key_missing" if lacks_key else "file_damaged", file=name, reason=str(error))
        raise (FileKeyMissing if lacks_key else FileDamaged) from None


@dataclass(frozen=True)
class Lent:
    """A file as it lies on the disk, and what opens this one alone: enough for who is to know nothing else."""

    file: BinaryIO
    own_key: bytes | None = field(default=None, repr=False)
    name: str | None = None

    def reader(self) -> BinaryIO:
        """As if it were plain. Raises Unsealable, and so does what it returns."""
        if self.own_key is None:
            return self.file
        return cast(
            BinaryIO, io.BufferedReader(SealedFile(self.file, self.own_key, self.name), KEPT.piece_bytes)
        )


@dataclass(frozen=True)
class Blob:
    """One kept file, to be read at any place of it, whether it is sealed or not."""

    path: Path
    sha256: str
    keys: KeyFile | None = field(default=None, repr=False)

    def lend(self) -> Lent:
        """Raise NotFound for a file the database knows and the data folder does not, FileDamaged and FileKeyMissing."""
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            raise NotFound("This file is missing from the data folder.") from None
        try:
            with refusing_damage(self.sha256):
                if key_id(file) is None:
                    return Lent(file)
                ring = self.keys.ring() if self.keys else Keyring(())
                own_key = own_key_of(file, ring)
        except BaseException:
            file.close()
            raise
        file.seek(0)
        return Lent(file, own_key, self.sha256)

    def open(self) -> BinaryIO:
        """Raise as `lend`; what it returns raises Unsealable where the file was changed."""
        lent = self.lend()
        try:
            with refusing_damage(self.sha256):
                return lent.reader()
        except BaseException:
            lent.file.close()
            raise

    def check(self, start: int, end: int) -> None:
        """Raise FileDamaged where something from `start` to before `end` does not open. Plain ones are as they are."""
        lent = self.lend()
        with lent.file, refusing_damage(self.sha256):
            if lent.own_key is not None:
                SealedFile(lent.file, lent.own_key, lent.name).check(start, end)

    def read(self) -> bytes:
        """Raise NotFound, FileDamaged and FileKeyMissing."""
        with self.open() as file, refusing_damage(self.sha256):
            return file.read()


class Passing:
    """A file on its way in, beside the others. Where there is a key it is sealed from its first byte on."""

    def __init__(self, folder: Path, keys: KeyFile | None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._keys = keys
        descriptor, name = tempfile.mkstemp(dir=folder, prefix=PASSING)
        self.path = Path(name)
        self._begin(os.fdopen(descriptor, "wb"))

    def _begin(self, file: BinaryIO) -> None:
        self._file = file
        self._sealer = Sealer(file, self._keys.ring(), KEPT) if self._keys else None

    def write(self, data: bytes) -> None:
        (self._sealer or self._file).write(data)

    def close(self) -> None:
        """Nothing is read before, and nothing written after."""
        if not self._file.closed:
            try:
                if self._sealer:
                    self._sealer.close()
            finally:
                self._file.close()

    def rewrite(self, content: bytes) -> None:
        """Other content in its place."""
        self._begin(self.path.open("wb"))
        try:
            self.write(content)
        finally:
            self.close()

    def lend(self) -> Lent:
        return Lent(self.path.open("rb"), self._sealer.own_key if self._sealer else None)

    def put_as(self, path: Path) -> None:
        """Under its name, in place of what has it. Returns when it is on the disk."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            if self._sealer:
                file.write(self._sealer.bind(path.name))
            file.flush()
            # On the disk before anybody is told of it: an event may refer to this file from now on.
            os.fsync(file.fileno())
        os.replace(self.path, path)
        _sync_folder(path.parent)

    def drop(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


class Blobs:
    """A folder of files named by their content's SHA-256. `put` returns only when the bytes are on the disk."""

    def __init__(self, folder: Path, keys: KeyFile | None = None) -> None:
        self._folder, self._keys = folder, keys

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    def blob(self, sha256: str) -> Blob:
        return Blob(self.path(sha256), sha256, self._keys)

    async def put(self, content: bytes) -> str:
        return await asyncio.to_thread(self._put, content)

    async def get(self, sha256: str) -> bytes:
        """Raise NotFound, FileDamaged and FileKeyMissing."""
        return await asyncio.to_thread(self.blob(sha256).read)

    def open_passing(self) -> Passing:
        """For `adopt` to keep; whoever opened it drops it in the end."""
        return Passing(self._folder, self._keys)

    async def sweep(self) -> None:
        """Remove the passing files that nobody writes to any more: their process was killed meanwhile."""
        await asyncio.to_thread(self._sweep)

    def adopt(self, file: Passing, sha256: str) -> None:
        """Keep a file written beside the others, whose SHA-256 is known. Returns when it is on the disk."""
        path = self.path(sha256)
        if not path.exists():
            with refusing_full_disk():
                file.put_as(path)

    # -- sealing what is there ------------------------------------------------------------------------------------

    def unsealed(self) -> Iterator[str]:
        """Those that the newest key has not sealed: plain ones, and those of older keys."""
        assert self._keys is not None
        wanted = id_of(self._keys.ring().keys[-1])
        for path in self._kept():
            with suppress(FileNotFoundError), path.open("rb") as file:
                if key_id(file) != wanted:
                    yield path.name

    def plain(self) -> Iterator[str]:
        """Those that whoever has the disk can read."""
        for path in self._kept():
            with suppress(FileNotFoundError), path.open("rb") as file:
                if key_id(file) is None:
                    yield path.name

    def _kept(self) -> Iterator[Path]:
        return (path for path in sorted(self._folder.glob("??/*")) if _NAME.fullmatch(path.name))

    def seal(self, sha256: str) -> None:
        """With the newest key. The file is whole at every moment, before as it was, after sealed anew.

        Raises FileDamaged for one that is not what its name says, which stays as it is; FileKeyMissing, StorageFull.
        """
        hashed = hashlib.sha256()
        file = self.open_passing()
        try:
            with self.blob(sha256).open() as old, refusing_damage(sha256), refusing_full_disk():
                while piece := old.read(KEPT.piece_bytes):
                    hashed.update(piece)
                    file.write(piece)
                file.close()
                if hashed.hexdigest() != sha256:
                    raise Unsealable("It is not what its name says.")
                file.put_as(self.path(sha256))
        finally:
            file.drop()

    def _sweep(self) -> None:
        abandoned_at = time.time() - ABANDONED_S
        for file in self._folder.glob(f"{PASSING}*"):
            with suppress(FileNotFoundError):
                if file.stat().st_mtime < abandoned_at:
                    file.unlink()

    def _put(self, content: bytes) -> str:
        sha256 = digest(content)
        if self.path(sha256).exists():
            return sha256
        with refusing_full_disk():
            file = self.open_passing()
            try:
                file.write(content)
                file.close()
                self.adopt(file, sha256)
            finally:
                file.drop()
        return sha256


_NAME = re.compile(r"[0-9a-f]{64}")


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk too: a file without it is lost to a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
