"""Keep lines on the disk within a millisecond, beside the database, until they are moved into it."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nearhand.audit.model import LedgerUnavailable

SUFFIX = ".journal"
ROTATE_BYTES = 4 * 1024 * 1024  # a file that has grown so far, and is moved, makes room for a new one


class Journal:
    """A file of lines, this process's own. `append` returns when they are on the disk: many at once share one wait.

    The database is not asked, so nothing here waits for an import that is writing to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, "ledger-journal")
        self._waiting: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._file: int | None = None
        self._is_closed = False
        self.name = ""
        self.size = 0  # of what is whole, and on the disk

    def is_empty_after(self, position: int) -> bool:
        return self.size <= position

    async def append(self, lines: list[bytes]) -> None:
        """Raise LedgerUnavailable: then they may or may not be kept."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((b"".join(line + b"\n" for line in lines), done))
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                waiting, self._waiting = self._waiting, []
                try:
                    content = b"".join(lines for lines, _ in waiting)
                    await loop.run_in_executor(self._thread, self._put, content)
                except OSError as error:
                    refusal = LedgerUnavailable(f"The ledger's journal cannot be written: {error.strerror}.")
                    for _, done in waiting:
                        if not done.done():
                            done.set_exception(refusal)
                else:
                    for _, done in waiting:
                        if not done.done():
                            done.set_result(None)
        finally:
            self._writing = None

    def _put(self, content: bytes) -> None:
        file = self._file if self._file is not None else self._open()
        try:
            written = 0
            while written < len(content):
                written += os.pwrite(file, content[written:], self.size + written)
            os.fdatasync(file) if hasattr(os, "fdatasync") else os.fsync(file)
        except OSError:
            # Half a line must not stand before the next one. Where even that fails, the next write lies over it.
            os.ftruncate(file, self.size)
            raise
        self.size += len(content)

    def _open(self) -> int:
        if self._is_closed:
            raise OSError(0, "the service is stopping")
        self._folder.mkdir(parents=True, exist_ok=True)
        self.name = f"{secrets.token_hex(8)}{SUFFIX}"
        self._file = os.open(self._folder / self.name, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _lock(self._file)
        folder = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name too: a file without it is lost to a power cut
        finally:
            os.close(folder)
        self.size = 0
        return self._file

    def read(self, position: int, limit: int) -> list[bytes]:
        """At most so many of the whole lines after the position, each with its line end."""
        if self._file is None or self.size <= position:
            return []
        return _lines(os.pread(self._file, self.size - position, position), limit)

    async def renew(self, position: int) -> str | None:
        """Begin a new file if all of the old one was moved and it has grown large. Returns the old one's name."""
        if self._writing is not None or self._waiting or position < self.size or self.size < ROTATE_BYTES:
            return None
        old, file = self.name, self._file
        self._file, self.name, self.size = None, "", 0
        if file is not None:
            os.close(file)
        (self._folder / old).unlink()
        return old

    async def close(self) -> None:
        """What waits is written first."""
        if self._writing is not None:
            await self._writing
        self._is_closed = True
        self._thread.shutdown()
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def orphans(self) -> Iterator["Orphan"]:
        """The journals whose process is gone."""
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if path.name == self.name:
                continue
            file = os.open(path, os.O_RDWR)
            try:
                _lock(file)
            except OSError:  # its process lives
                os.close(file)
                continue
            yield Orphan(path, file)


class Orphan:
    """A journal left behind. What follows its last line end was never acknowledged."""

    def __init__(self, path: Path, file: int) -> None:
        self._path, self._file = path, file
        self.name = path.name
        self.size = os.fstat(file).st_size

    def is_empty_after(self, position: int) -> bool:
        return not self.read(position, 1)

    def read(self, position: int, limit: int) -> list[bytes]:
        return _lines(os.pread(self._file, self.size - position, position), limit)

    def remove(self) -> None:
        self._path.unlink()
        os.close(self._file)


def _lines(content: bytes, limit: int) -> list[bytes]:
    lines = content.splitlines(keepends=True)
    if lines and not lines[-1].endswith(b"\n"):
        lines.pop()
    return lines[:limit]


def _lock(file: int) -> None:
    """Raise OSError where another process holds it."""
    try:
        import fcntl
    except ImportError:  # Windows has no such lock, and no second process there
        return
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
