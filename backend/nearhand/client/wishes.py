"""The wishes of one participant in one session: numbered, kept, and followed until the server has settled them."""

import asyncio
import json
import logging
import sqlite3
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from nearhand.client.errors import WishForgotten, WishRefused
from nearhand.client.link import text_of
from nearhand.client.outbox import Outbox
from nearhand.sessions.message import Ask

log = logging.getLogger(__name__)

REFUSED_KEPT = 1000  # the newest refusals, for whoever asks about them late


@dataclass(slots=True)
class Wish:
    """`ticket` is what the caller knows it by: it stays when the wish gets another number under another name."""

    ticket: int
    text: str
    is_kept: bool  # in the outbox; else in memory only, for the disk is full


class Wishes:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.name, self.last = "", 0
        self.found_last = 0  # the last number that was given under this name before this process
        self._waiting: dict[int, Wish] = {}
        self._pending: set[int] = set()  # the tickets of those
        self._last_ticket = 0
        self._saved: dict[int, list[asyncio.Future[None]]] = {}
        self._refused: OrderedDict[int, WishRefused] = OrderedDict()
        self._forgotten = 0  # refusals up to this ticket are forgotten
        self._undeleted: list[int] = []  # settled, and still in the outbox, for the disk is full
        self._lock = asyncio.Lock()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_kept(self) -> bool:
        return all(wish.is_kept for wish in self._waiting.values())

    @property
    def oldest(self) -> int:
        return min(self._waiting, default=self.last + 1)

    def waiting(self, *, after: int = 0, up_to: int | None = None) -> list[int]:
        """Numbers, in order."""
        return sorted(n for n in self._waiting if n > after and (up_to is None or n <= up_to))

    def text(self, n: int) -> str:
        return self._waiting[n].text

    async def open(self, session_id: str, participant_id: str) -> None:
        kept = await asyncio.to_thread(self._outbox.open, session_id, participant_id)
        if kept.client == self.name:
            return  # entered again: what is in memory is what was found and more
        before = self._forgotten = self._last_ticket
        self.name, self.last = kept.client, kept.last
        self.found_last, self._last_ticket = kept.last, before + kept.last
        self._waiting = {
            n: Wish(before + n, _numbered(text, n), is_kept=True) for n, text in sorted(kept.asks.items())
        }
        self._pending = {wish.ticket for wish in self._waiting.values()}
        self._refused.clear()
        self._undeleted.clear()

    async def ask(self, kind: type[Ask], fields: dict[str, Any]) -> int:
        """Take in a wish, and return its ticket once it is kept as well as can be."""
        async with self._lock:
            n = self.last + 1
            text = text_of(kind(n=n, **fields))
            self.last = n
            self._last_ticket += 1
            ticket = self._last_ticket
            self._waiting[n] = Wish(ticket, text, is_kept=False)
            self._pending.add(ticket)
            await self._keep()
        return ticket

    async def keep(self) -> None:
        """Put into the outbox what is in memory only, if there is space again."""
        if self.is_kept and not self._undeleted:
            return
        async with self._lock:
            await self._keep()

    async def _keep(self) -> None:
        try:
            if self._undeleted:
                await asyncio.to_thread(self._outbox.settle, self.name, self._undeleted)
                self._undeleted = []
            # In order, up to the first that fails: what the outbox holds is never without one that came before.
            for n in self.waiting():
                if not self._waiting[n].is_kept:
                    await asyncio.to_thread(self._outbox.keep, self.name, n, self._waiting[n].text)
                    self._waiting[n].is_kept = True
        except sqlite3.Error as error:  # a full disk does not stop the work
            log.warning("the outbox cannot be written (%s); unsent wishes are kept in memory only", error)

    async def settle(self, numbers: list[int], refused: tuple[str, str, str] | None = None) -> None:
        """The server has settled these: stored, or refused with (code, title, detail)."""
        async with self._lock:
            settled = {n: self._waiting.pop(n) for n in numbers if n in self._waiting}
            # What could not be kept need not be deleted; a repeat after a restart is known to the server as one.
            self._undeleted += [n for n, wish in settled.items() if wish.is_kept]
            for wish in settled.values():
                self._pending.discard(wish.ticket)
                if refused is not None:
                    self._refuse(WishRefused(wish.ticket, *refused))
                for future in self._saved.pop(wish.ticket, []):
                    if not future.done():
                        error = self._refused.get(wish.ticket)
                        future.set_exception(error) if error else future.set_result(None)
            if settled:
                await self._keep()

    def _refuse(self, error: WishRefused) -> None:
        self._refused[error.n] = error
        if len(self._refused) > REFUSED_KEPT:
            self._forgotten = max(self._forgotten, self._refused.popitem(last=False)[0])

    async def rename(self) -> bool:
        """Go on under a new name, numbered from 1. False, and nothing is changed, while the outbox cannot be written:
        under two names a wish could be stored twice."""
        async with self._lock:
            await self._keep()
            if self._undeleted or not self.is_kept:
                return False
            try:
                kept = await asyncio.to_thread(self._outbox.rename, self.name)
            except sqlite3.Error as error:
                log.warning("the outbox cannot be written (%s)", error)
                return False
            wishes = [self._waiting[n] for n in self.waiting()]
            self._waiting = {}
            for (n, text), wish in zip(sorted(kept.asks.items()), wishes, strict=True):
                self._waiting[n] = Wish(wish.ticket, _numbered(text, n), is_kept=True)
            self.name, self.last, self.found_last = kept.client, kept.last, 0
        return True

    async def saved(self, ticket: int) -> None:
        """Wait until it is stored. Raises WishRefused, or WishForgotten when it was so long ago that nobody knows."""
        if ticket in self._refused:
            raise self._refused[ticket]
        if ticket in self._pending:
            settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._saved.setdefault(ticket, []).append(settled)
            await settled
        elif ticket <= self._forgotten:
            raise WishForgotten(ticket)

    @property
    def tickets(self) -> list[int]:
        return sorted(self._pending)

    def end(self, why: Exception) -> None:
        """Nobody will settle anything any more."""
        for future in [future for some in self._saved.values() for future in some]:
            if not future.done():
                future.set_exception(why)
        self._saved.clear()


def _numbered(text: str, n: int) -> str:
    return json.dumps({**json.loads(text), "n": n})
