"""Keep files by the SHA-256 of their content: written once, never changed, safe to write twice."""

import asyncio
import hashlib
import os
import tempfile
from pathlib import Path

from nearhand.kit.errors import NotFound


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

    def _put(self, content: bytes) -> str:
        sha256 = digest(content)
        path = self.path(sha256)
        if path.exists():
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(content)
            file.flush()
            # On the disk before anybody is told of it: an event may refer to this file from now on.
            os.fsync(file.fileno())
        os.replace(file.name, path)
        return sha256
