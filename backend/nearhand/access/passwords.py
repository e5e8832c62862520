"""Hash and check passwords with argon2id, off the event loop and a few at a time."""

import asyncio
from functools import lru_cache

from pwdlib import PasswordHash

MAX_AT_ONCE = 2  # each hash takes tens of MiB and most of a core for a while


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHash.recommended()
        self._limiter = asyncio.Semaphore(MAX_AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._limiter:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Compare in the same time whether or not there is such a user (`password_hash` is None)."""
        async with self._limiter:
            is_match = await asyncio.to_thread(self._hasher.verify, password, password_hash or _nobody())
        return is_match and password_hash is not None


@lru_cache(maxsize=1)
def _nobody() -> str:
    return PasswordHash.recommended().hash("nobody has this password")
