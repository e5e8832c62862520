"""Seal files: AES-256-GCM in pieces, under keys from a file that only its owner reads."""

import hashlib
import hmac
import io
import os
import secrets
import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES, ID_BYTES, SALT_BYTES, TAG_BYTES = 32, 8, 16, 16


@dataclass(frozen=True)
class Form:
    """How a sealed file is built: what it begins with, and how much is sealed at once."""

    magic: bytes
    piece_bytes: int

    @property
    def head_bytes(self) -> int:
        return len(self.magic) + ID_BYTES + SALT_BYTES


MAGIC = b"NHSEAL1\n"
PIECE_BYTES = 1024 * 1024
BACKUP = Form(MAGIC, PIECE_BYTES)  # read from its beginning to its end
# Read at any place. No file that is taken in begins so: it is neither text nor any kind of picture or PDF.
KEPT = Form(b"\x8bNHFILE\x01", 64 * 1024)
_NAME_COUNT = 2**64 - 1  # in the place of a piece's number: what binds a file to its name


class Unsealable(ValueError):
    """Cut short, changed, no sealed file, or sealed with another key."""


class UnknownKey(Unsealable):
    """Sealed with a key that is not at hand."""


class NoKeys(ValueError):
    """There is no such file, or it holds no keys."""


@dataclass(frozen=True)
class Keyring:
    """Keys of a file, one in hexadecimal on each line. The last one seals; all of them open."""

    keys: tuple[bytes, ...] = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> "Keyring":
        """Raise OSError, and ValueError for a file that is no keyring."""
        keys = tuple(bytes.fromhex(line) for line in path.read_text(encoding="ascii").split())
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"{path} has no keys of {KEY_BYTES} bytes in hexadecimal.")
        return cls(keys)

    @classmethod
    def rotate(cls, path: Path) -> "Keyring":
        """Add a key that seals from now on, to a file made if there is none. What was sealed before can still be opened."""
        old = cls.load(path).keys if path.exists() else ()
        ring = cls((*old, secrets.token_bytes(KEY_BYTES)))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        passing = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        file = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, "".join(f"{key.hex()}\n" for key in ring.keys).encode())
            os.fsync(file)
        finally:
            os.close(file)
        os.replace(passing, path)
        return ring

    def by_id(self, key_id: bytes) -> bytes | None:
        return next((key for key in self.keys if id_of(key) == key_id), None)


class KeyFile:
    """A keyring in a file, read anew when the file has changed: a key that is added is used without a restart."""

    def __init__(self, path: Path) -> None:
        """Raise NoKeys."""
        try:
            self._path, self._stamp = path, _stamp(path)
            self._ring = Keyring.load(path)
        except (OSError, ValueError) as error:
            raise NoKeys(f"{path} is no file of keys that can be read ({error}).") from None

    def ring(self) -> Keyring:
        with suppress(OSError, ValueError):  # taken away or broken since: what was known goes on
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._ring, self._stamp = Keyring.load(self._path), stamp
        return self._ring


def _stamp(path: Path) -> tuple[int, int]:
    about = path.stat()
    return about.st_mtime_ns, about.st_ino


def id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"nearhand key id" + key).digest()[:ID_BYTES]


class Sealer:
    """A file object that writes sealed pieces; `close` writes the last, without which nothing opens."""

    def __init__(self, out: IO[bytes], ring: Keyring, form: Form = BACKUP) -> None:
        key, salt = ring.keys[-1], secrets.token_bytes(SALT_BYTES)
        self._head, self._form = form.magic + id_of(key) + salt, form
        self.own_key = _own_key(key, salt)
        self._out, self._cipher = out, AESGCM(self.own_key)
        self._waiting, self._count = bytearray(), 0
        out.write(self._head)

    def write(self, data: bytes) -> int:
        self._waiting += data
        size = self._form.piece_bytes
        while len(self._waiting) > size:
            self._put(bytes(self._waiting[:size]), is_last=False)
            del self._waiting[:size]
        return len(data)

    def close(self) -> None:
        self._put(bytes(self._waiting), is_last=True)

    def bind(self, name: str) -> bytes:
        """What stands behind the last piece of a kept file: under another name it does not open."""
        return _binding(self._cipher, self._head, name)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._count, is_last), piece, self._head))
        self._count += 1


class Opener:
    """A file object that reads what a Sealer wrote. Raises Unsealable, also where the end is missing."""

    def __init__(self, sealed: IO[bytes], ring: Keyring) -> None:
        head = _head(sealed, BACKUP)
        self._pieces = _opened(sealed, head, AESGCM(_key_of(head, BACKUP, ring)))
        self._waiting = b""

    def read(self, size: int = -1) -> bytes:
        parts, have = [self._waiting], len(self._waiting)
        while size < 0 or have < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            parts.append(piece)
            have += len(piece)
        whole = b"".join(parts)
        cut = len(whole) if size < 0 else size
        self._waiting = whole[cut:]
        return whole[:cut]


def _opened(sealed: IO[bytes], head: bytes, cipher: AESGCM) -> Iterator[bytes]:
    count, piece = 0, sealed.read(PIECE_BYTES + TAG_BYTES)
    while True:
        following = sealed.read(PIECE_BYTES + TAG_BYTES)
        try:
            yield cipher.decrypt(_nonce(count, not following), piece, head)
        except InvalidTag:
            raise Unsealable("It was changed or cut short.") from None
        if not following:
            return
        count, piece = count + 1, following


class SealedFile(io.RawIOBase):
    """A file of the form KEPT, read at any place of it as if it were plain. Raises Unsealable.

    `own_key` opens this one file and no other. `name`: what it must be bound to; None while it has none yet.
    """

    def __init__(self, sealed: IO[bytes], own_key: bytes, name: str | None) -> None:
        self._sealed, self._cipher, self.own_key = sealed, AESGCM(own_key), own_key
        self._head = _head(sealed, KEPT)
        body = sealed.seek(0, os.SEEK_END) - KEPT.head_bytes - (0 if name is None else TAG_BYTES)
        self._last = max(0, -(-body // _STEP) - 1)
        self.size = body - TAG_BYTES * (self._last + 1)
        if self.size < 0:
            raise Unsealable("It was cut short.")
        if name is not None:
            sealed.seek(-TAG_BYTES, os.SEEK_END)
            if not hmac.compare_digest(sealed.read(TAG_BYTES), _binding(self._cipher, self._head, name)):
                raise Unsealable("It was changed, cut short, or is another file than its name says.")
        self._at, self._piece, self._opened = 0, -1, b""
        if self.size == 0:  # nobody will ask for its one piece
            self._opened_piece(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = max(0, offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer).cast("B")
        number, start = divmod(self._at, KEPT.piece_bytes)
        if self._at >= self.size:
            return 0
        part = self._opened_piece(number)[start : start + len(view)]
        view[: len(part)] = part
        self._at += len(part)
        return len(part)

    def check(self, start: int, end: int) -> None:
        """Raise Unsealable when anything from `start` to before `end` does not open."""
        for number in range(start // KEPT.piece_bytes, -(-end // KEPT.piece_bytes)):
            self._opened_piece(number)

    def close(self) -> None:
        self._sealed.close()
        super().close()

    def fileno(self) -> int:
        raise io.UnsupportedOperation("what stands in the file is not what is read")

    def _opened_piece(self, number: int) -> bytes:
        if number != self._piece:
            self._sealed.seek(KEPT.head_bytes + number * _STEP)
            is_last = number == self._last
            sealed = self._sealed.read(
                TAG_BYTES + self.size - number * KEPT.piece_bytes if is_last else _STEP
            )
            try:
                self._opened = self._cipher.decrypt(_nonce(number, is_last), sealed, self._head)
            except InvalidTag:
                raise Unsealable("It was changed or cut short.") from None
            self._piece = number
        return self._opened


_STEP = KEPT.piece_bytes + TAG_BYTES


def key_id(sealed: IO[bytes]) -> bytes | None:
    """By which key a kept file was sealed; None for a plain one."""
    head = sealed.read(KEPT.head_bytes)
    sealed.seek(0)
    return head[len(KEPT.magic) : -SALT_BYTES] if head.startswith(KEPT.magic) else None


def own_key_of(sealed: IO[bytes], ring: Keyring) -> bytes:
    """What opens this one kept file. Raises Unsealable, and UnknownKey where the ring does not have its key."""
    return _key_of(_head(sealed, KEPT), KEPT, ring)


def _head(sealed: IO[bytes], form: Form) -> bytes:
    head = sealed.read(form.head_bytes)
    if len(head) < form.head_bytes or not head.startswith(form.magic):
        raise Unsealable("This is no sealed file.")
    return head


def _key_of(head: bytes, form: Form, ring: Keyring) -> bytes:
    key = ring.by_id(head[len(form.magic) : -SALT_BYTES])
    if key is None:
        raise UnknownKey("It was sealed with a key that is not in this file.")
    return _own_key(key, head[-SALT_BYTES:])


def _own_key(key: bytes, salt: bytes) -> bytes:
    """A key of each file's own, so that counting nonces from 0 uses none twice."""
    return HKDF(SHA256(), KEY_BYTES, salt, b"nearhand sealed file").derive(key)


def _binding(cipher: AESGCM, head: bytes, name: str) -> bytes:
    return cipher.encrypt(_nonce(_NAME_COUNT, True), b"", head + name.encode())


def _nonce(count: int, is_last: bool) -> bytes:
    return struct.pack(">3xQ?", count, is_last)
