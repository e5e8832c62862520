"""Write a ZIP piece by piece, to be sent while it is made, and say at its end what is in it."""

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

PIECE_BYTES = 256 * 1024
MANIFEST = "manifest.json"
# Nothing of when and where it was packed: the same session makes the same files.
_AT = (1980, 1, 1, 0, 0, 0)


class Archive:
    """Take what is ready after each write; nothing else is held in memory."""

    def __init__(self) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", allowZip64=True)
        self.files: list[dict[str, object]] = []

    @contextmanager
    def file(self, name: str, *, is_packed: bool = True) -> Iterator["Entry"]:
        """One after the other. `is_packed`: worth compressing, which pictures are not."""
        info = zipfile.ZipInfo(name, _AT)
        info.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
        info.external_attr = 0o644 << 16
        with self._zip.open(info, "w", force_zip64=True) as opened:
            entry = Entry(opened)
            yield entry
        self.files.append({"name": name, "bytes": entry.size, "sha256": entry.hashed.hexdigest()})

    def close(self, about: dict[str, object]) -> None:
        """The manifest: what it is about, and the SHA-256 of every file beside it."""
        manifest = {**about, "files": self.files}
        with self.file(MANIFEST) as entry:
            entry.write(json.dumps(manifest, indent=2, ensure_ascii=False).encode())
        self._zip.close()

    def take(self) -> bytes:
        return self._sink.take()


class Entry:
    def __init__(self, opened: IO[bytes]) -> None:
        self._opened = opened
        self.hashed, self.size = hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        self.hashed.update(data)
        self.size += len(data)
        self._opened.write(data)


class _Sink(io.RawIOBase):
    """Where zipfile writes: it cannot go back there, so sizes stand behind each file."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def take(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken
