"""Hash and check passwords with argon2id, off the event loop and a few at a time."""

import asyncio

from pwdlib import PasswordHash

MAX_AT_ONCE = 2  # each hash takes tens of MiB and most of a core for a while


class Passwords:
    def __init__(self, hasher: PasswordHash | None = None) -> None:
        self._hasher = hasher or PasswordHash.recommended()
        self._nobody = self._hasher.hash("nobody has this password")
        self._limiter = asyncio.Semaphore(MAX_AT_ONCE)

    async def hash(self, password: str) -> str:
        async with self._limiter:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Compare in the same time whether or not there is such a user (`password_hash` is None)."""
        async with self._limiter:
            is_match = await asyncio.to_thread(self._hasher.verify, password, password_hash or self._nobody)
        return is_match and password_hash is not None
