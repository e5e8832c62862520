"""Keep the key that signs the ledger, and sign with it."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from nearhand.audit.canonical import sha256, unhex
from nearhand.audit.model import LedgerUnavailable, PublicKey


class SigningKey:
    """An Ed25519 key in a PEM file that only its owner may read."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.public = PublicKey(key_id=sha256(public), public_key=public.hex())

    @classmethod
    def fresh(cls) -> "SigningKey":
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path) -> "SigningKey":
        """The key in this file, made if there is none. Raises LedgerUnavailable for another kind of file."""
        try:
            pem = path.read_bytes()
        except FileNotFoundError:
            key = cls.fresh()
            key.save(path)
            return cls.load(path)  # another process may have been faster
        try:
            private = load_pem_private_key(pem, None)
        except (ValueError, TypeError):
            private = None
        if not isinstance(private, Ed25519PrivateKey):
            raise LedgerUnavailable(f"{path} holds no Ed25519 key without a password.")
        return cls(private)

    def save(self, path: Path, *, over: bool = False) -> None:
        """Whole or not at all; an existing key stays, unless it is to be replaced."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        passing = path.with_name(f".{path.name}.{self.public.key_id[:8]}")
        pem = self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(file, pem)
            os.fsync(file)
        finally:
            os.close(file)
        try:
            if over:
                os.replace(passing, path)
            else:
                os.link(passing, path)
        except FileExistsError:
            pass
        finally:
            passing.unlink(missing_ok=True)

    def sign(self, message: bytes) -> str:
        return self._private.sign(message).hex()


def is_signed(public_key: str, signature: str, message: bytes) -> bool:
    """Both hexadecimal, in small letters as the ledger writes them."""
    try:
        Ed25519PublicKey.from_public_bytes(unhex(public_key)).verify(unhex(signature), message)
    except (ValueError, InvalidSignature):
        return False
    return True
