"""Keep files by the SHA-256 of their content: written once, never changed, safe to write twice."""

import asyncio
import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from nearhand.kit.errors import NotFound, Unavailable

PASSING = ".passing-"
ABANDONED_S = 3600  # a file on its way in is written to far more often, or its sender is refused


class StorageFull(Unavailable):
    code, title = "storage_full", "There is no room left for files; nothing was kept"


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


class Blobs:
    """A folder of files named by their content's SHA-256. `put` returns only when the bytes are on the disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, sha256: str) -> Path:
        return self._folder / sha256[:2] / sha256

    async def put(self, content: bytes) -> str:
        return await asyncio.to_thread(self._put, content)

    async def get(self, sha256: str) -> bytes:
        try:
            return await asyncio.to_thread(self.path(sha256).read_bytes)
        except FileNotFoundError:
            raise NotFound(f"No file {sha256}.") from None

    def open_passing(self) -> "tempfile._TemporaryFileWrapper[bytes]":
        """An unnamed file beside the others, for `adopt` to keep; whoever opened it removes it otherwise."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return tempfile.NamedTemporaryFile(dir=self._folder, prefix=PASSING, delete=False)

    async def sweep(self) -> None:
        """Remove the passing files that nobody writes to any more: their process was killed meanwhile."""
        await asyncio.to_thread(self._sweep)

    def adopt(self, file: Path, sha256: str) -> None:
        """Keep a file written beside the others, whose SHA-256 is known. Returns when it is on the disk."""
        path = self.path(sha256)
        if path.exists():
            return
        with refusing_full_disk():
            path.parent.mkdir(parents=True, exist_ok=True)
            with file.open("rb") as written:
                # On the disk before anybody is told of it: an event may refer to this file from now on.
                os.fsync(written.fileno())
            os.replace(file, path)
            _sync_folder(path.parent)

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
                with file:
                    file.write(content)
                self.adopt(Path(file.name), sha256)
            finally:
                Path(file.name).unlink(missing_ok=True)
        return sha256


def _sync_folder(folder: Path) -> None:
    """Put the new name on the disk too: a file without it is lost to a power cut."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
