"""The service's own key: what it signs comes back unchanged, what it seals nobody else reads."""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class Seal:
    """Each purpose has a key of its own, so that what was signed for one is nothing for another."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    @classmethod
    def from_file(cls, path: Path) -> "Seal":
        """The key in this file; made on the first start. Raises ValueError for a file that is no key."""
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            new = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
            with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                os.fsync(file.fileno())
            with suppress(FileExistsError):  # another start was faster: its key is the key
                os.link(new, path)
            new.unlink()
        key = path.read_bytes()
        if len(key) != KEY_BYTES:
            raise ValueError(f"{path} must hold {KEY_BYTES} random bytes, and has {len(key)}.")
        return cls(key)

    def signed(self, purpose: str, content: dict[str, Any]) -> str:
        """Text for outside that says this content."""
        body = _text(json.dumps(content, separators=(",", ":")).encode())
        return f"{body}.{_text(self._mac(purpose, body.encode()))}"

    def content(self, purpose: str, text: str) -> dict[str, Any] | None:
        """What was signed for this purpose; None when it was not, or not by us."""
        body, _, mac = text.partition(".")
        try:
            is_ours = hmac.compare_digest(_bytes(mac), self._mac(purpose, body.encode()))
        except (ValueError, binascii.Error):
            return None
        return dict(json.loads(_bytes(body))) if is_ours else None

    def digest(self, purpose: str, text: str) -> str:
        """For secrets too short to be kept under a plain hash."""
        return self._mac(purpose, text.encode()).hex()

    def sealed(self, purpose: str, secret: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self._of(purpose)).encrypt(nonce, secret, purpose.encode())

    def opened(self, purpose: str, sealed: bytes) -> bytes:
        """Raise ValueError when it was sealed with another key."""
        try:
            return AESGCM(self._of(purpose)).decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], purpose.encode()
            )
        except InvalidTag:
            raise ValueError(f"A {purpose} was sealed with another key than this service has.") from None

    def _of(self, purpose: str) -> bytes:
        return hmac.digest(self._key, purpose.encode(), "sha256")

    def _mac(self, purpose: str, data: bytes) -> bytes:
        return hmac.digest(self._of(purpose), data, hashlib.sha256)


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
