"""Hash and check passwords with argon2id, off the event loop, a few at a time, and after all other work."""

import asyncio
import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from pwdlib import PasswordHash

MAX_AT_ONCE = 2  # each hash takes tens of MiB and most of a core for a while
LESS_URGENT = 15  # of 19: where all cores are busy, a sign-in still comes through in a second or two


class Passwords:
    def __init__(self, hasher: PasswordHash | None = None) -> None:
        self._hasher = hasher or PasswordHash.recommended()
        self._nobody = self._hasher.hash("nobody has this password")
        self._threads = ThreadPoolExecutor(MAX_AT_ONCE, "passwords", initializer=_give_way)

    async def hash(self, password: str) -> str:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._hasher.hash, password)

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Compare in the same time whether or not there is such a user (`password_hash` is None)."""
        is_match = await asyncio.get_running_loop().run_in_executor(
            self._threads, self._hasher.verify, password, password_hash or self._nobody
        )
        return is_match and password_hash is not None


def _give_way() -> None:
    """Somebody guessing at passwords must not slow down who is at work: Linux ranks each thread by itself."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LESS_URGENT)
