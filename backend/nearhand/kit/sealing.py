"""Seal what leaves the machine: AES-256-GCM in pieces, under keys from a file that only its owner reads."""

import hashlib
import os
import secrets
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"NHSEAL1\n"
KEY_BYTES, ID_BYTES, SALT_BYTES, TAG_BYTES = 32, 8, 16, 16
PIECE_BYTES = 1024 * 1024
_HEAD_BYTES = len(MAGIC) + ID_BYTES + SALT_BYTES


class Unsealable(ValueError):
    """Cut short, changed, no sealed file, or sealed with another key."""


@dataclass(frozen=True)
class Keyring:
    """Keys of a file, one in hexadecimal on each line. The last one seals; all of them open."""

    keys: tuple[bytes, ...]

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


def id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"nearhand key id" + key).digest()[:ID_BYTES]


class Sealer:
    """A file object that writes sealed pieces; `close` writes the last, without which nothing opens."""

    def __init__(self, out: IO[bytes], ring: Keyring) -> None:
        key, salt = ring.keys[-1], secrets.token_bytes(SALT_BYTES)
        self._head = MAGIC + id_of(key) + salt
        self._out, self._cipher = out, _cipher(key, salt)
        self._waiting, self._count = bytearray(), 0
        out.write(self._head)

    def write(self, data: bytes) -> int:
        self._waiting += data
        while len(self._waiting) > PIECE_BYTES:
            self._put(bytes(self._waiting[:PIECE_BYTES]), is_last=False)
            del self._waiting[:PIECE_BYTES]
        return len(data)

    def close(self) -> None:
        self._put(bytes(self._waiting), is_last=True)

    def _put(self, piece: bytes, *, is_last: bool) -> None:
        self._out.write(self._cipher.encrypt(_nonce(self._count, is_last), piece, self._head))
        self._count += 1


class Opener:
    """A file object that reads what a Sealer wrote. Raises Unsealable, also where the end is missing."""

    def __init__(self, sealed: IO[bytes], ring: Keyring) -> None:
        head = sealed.read(_HEAD_BYTES)
        if len(head) < _HEAD_BYTES or not head.startswith(MAGIC):
            raise Unsealable("This is no sealed file.")
        key = ring.by_id(head[len(MAGIC) : len(MAGIC) + ID_BYTES])
        if key is None:
            raise Unsealable("It was sealed with a key that is not in this file.")
        self._pieces = _opened(sealed, head, _cipher(key, head[-SALT_BYTES:]))
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


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    """A key of each file's own, so that counting nonces from 0 uses none twice."""
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"nearhand sealed file").derive(key))


def _nonce(count: int, is_last: bool) -> bytes:
    return struct.pack(">3xQ?", count, is_last)
