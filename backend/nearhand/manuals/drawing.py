"""Have PDFs counted and drawn by processes of their own, each for one document, ended when it takes too much."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Hashable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any, TypeVar
from weakref import WeakValueDictionary

import structlog

import nearhand
from nearhand.kit.blobs import Blob, Lent, refusing_damage
from nearhand.kit.errors import NearhandError
from nearhand.kit.sealing import Unsealable
from nearhand.manuals.model import (
    DocumentBroken,
    DocumentEncrypted,
    DocumentTooLong,
    PageMissing,
    RenderTimeout,
)

log = structlog.get_logger()

MAX_PAGES = 500
PAGE_LONG_SIDE_PX = 1800  # sharp on a tablet; an A4 page takes 2.3 million pixels
WAIT_S = 20.0  # for a turn and for the answer
LATE_KEPT_S = 600.0
MAX_LATE = 1000  # pages; at 15 s each no two processes find as many within the ten minutes

Lend = Callable[[], Lent]
Answer = tuple[dict[str, Any], bytes]
Waited = TypeVar("Waited")
PageOf = tuple[str, int]  # the document's SHA-256, and which of its pages

_PNG = b"\x89PNG\r\n\x1a\n"
_REFUSALS: dict[str, type[NearhandError]] = {
    "broken": DocumentBroken,
    "encrypted": DocumentEncrypted,
    "too_long": DocumentTooLong,
    "page_missing": PageMissing,
}
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import nearhand.manuals.render as render; render.main()"
)
COMMAND = (sys.executable, "-I", "-c", _START, str(Path(nearhand.__file__).parents[1]))


@dataclass(frozen=True)
class DrawingLimits:
    """What one process may take for one document."""

    cpu_s: int = 10
    wall_s: float = 15.0
    memory_bytes: int = 1024**3  # of addresses; what a page truly takes is a tenth of it
    answer_bytes: int = 32 * 1024**2
    at_once: int = 2


class Drawing:
    """Each document, and each page, has a process of its own: one that was ended leaves nothing to be mended.

    An account has one process at a time, so that nobody's documents keep everybody else from reading theirs; a page that
    took too long is not tried again for ten minutes.
    """

    def __init__(
        self,
        limits: DrawingLimits | None = None,
        *,
        command: Sequence[str] = COMMAND,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limits, self._command = limits or DrawingLimits(), command
        # They wait for their processes, no more.
        self._threads = ThreadPoolExecutor(self._limits.at_once, thread_name_prefix="drawing")
        self._places = asyncio.Semaphore(self._limits.at_once)
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        # Who waits for another account's turn would be kept waiting by it: shared by all is only what has its turn.
        self._asked, self._begun = _Shared(), _Shared()
        self._late = _Late(now_s)

    async def pages(self, lend: Lend, account: str) -> int:
        """How many there are. Raises DocumentBroken, DocumentEncrypted, DocumentTooLong, RenderTimeout or FileDamaged."""

        async def count() -> Answer:
            async with _held(self._turns.setdefault(account, asyncio.Lock())):
                return await self._run(lend, None)

        said, _ = await _patiently(self._asked.wait(object(), count))
        return int(said["pages"])

    async def png(self, blob: Blob, number: int, account: str) -> bytes:
        """A page, counted from 1. Raises PageMissing, RenderTimeout, DocumentBroken, DocumentEncrypted or FileDamaged."""
        page = blob.sha256, number

        async def draw() -> Answer:
            return await self._run(blob.lend, page)

        async def draw_in_turn() -> Answer:
            async with _held(self._turns.setdefault(account, asyncio.Lock())):
                return await self._begun.wait(page, draw)

        self._late.refuse(page)
        _, content = await _patiently(self._asked.wait((account, page), draw_in_turn))
        if not content.startswith(_PNG):
            raise DocumentBroken("The page cannot be drawn.")
        return content

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, lend: Lend, page: PageOf | None) -> Answer:
        async with _held(self._places):
            number = None
            if page is not None:
                self._late.refuse(page)  # it may have become late while this waited
                number = page[1]
            try:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(self._threads, self._answered, lend, number)
            except RenderTimeout:
                if page is not None:
                    self._late.add(page)
                raise

    def _answered(self, lend: Lend, number: int | None) -> Answer:
        lent = lend()
        with lent.file:
            said, content = self._said(lent, number)
        if said.get("refused") == "damaged":
            with refusing_damage(lent.name or ""):
                raise Unsealable(said["detail"])
        if "refused" in said:
            raise _REFUSALS[said["refused"]](said["detail"])
        return said, content

    def _said(self, lent: Lent, number: int | None) -> Answer:
        limits = self._limits
        asked: dict[str, Any] = {
            "page": number,
            "max_pages": MAX_PAGES,
            "long_side_px": PAGE_LONG_SIDE_PX,
            "cpu_s": limits.cpu_s,
            "memory_bytes": limits.memory_bytes,
            "name": lent.name,
        }
        with _piped(lent.own_key) as key_fd:
            asked["key_fd"] = key_fd
            process = subprocess.Popen(  # nosec B603  # no shell, and nothing of the document is in it
                [*self._command, json.dumps(asked)],
                stdin=lent.file,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={},  # no secret of the service's own environment
                pass_fds=() if key_fd is None else (key_fd,),
            )
            late = Timer(limits.wall_s, process.kill)
            late.start()
            try:
                with process:
                    assert process.stdout is not None
                    answer = process.stdout.read(limits.answer_bytes)
                    process.stdout.close()  # and what it still would say ends it
            finally:
                late.cancel()
            ended = process.returncode
        line, found, content = answer.partition(b"\n")
        if found:
            return json.loads(line), content
        log.warning("pdf_process_ended", by=-ended)
        if -ended in {signal.SIGXCPU, signal.SIGKILL}:
            raise RenderTimeout(f"It takes longer than {limits.wall_s:g} s.")
        raise DocumentBroken("Whatever reads it ends.")


class _Late:
    """Pages that took too long, for ten minutes."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._until_s: dict[PageOf, float] = {}  # the oldest first

    def add(self, page: PageOf) -> None:
        self._until_s.pop(page, None)
        self._until_s[page] = self._now_s() + LATE_KEPT_S
        if len(self._until_s) > MAX_LATE:
            del self._until_s[next(iter(self._until_s))]

    def refuse(self, page: PageOf) -> None:
        if self._now_s() < self._until_s.get(page, 0.0):
            raise RenderTimeout("It took too long within the last ten minutes.")


class _Shared:
    """Whoever asks for what is under way waits for the same answer; it goes on without whoever leaves."""

    def __init__(self) -> None:
        self._tasks: dict[Hashable, asyncio.Task[Answer]] = {}

    async def wait(self, key: Hashable, begin: Callable[[], Coroutine[Any, Any, Answer]]) -> Answer:
        task = self._tasks.get(key)
        if task is None:
            task = self._tasks[key] = asyncio.create_task(begin())
            task.add_done_callback(lambda ended: self._forget(key, ended))
        return await asyncio.shield(task)

    def _forget(self, key: Hashable, ended: asyncio.Task[Answer]) -> None:
        del self._tasks[key]
        if not ended.cancelled():
            ended.exception()  # heard, also where nobody waits for it any more


async def _patiently(waited: Coroutine[Any, Any, Waited]) -> Waited:
    """Raise RenderTimeout when it does not come."""
    try:
        return await asyncio.wait_for(waited, WAIT_S)
    except TimeoutError:
        raise RenderTimeout("Too many pages are being drawn just now.") from None


@asynccontextmanager
async def _held(turn: asyncio.Lock | asyncio.Semaphore) -> AsyncIterator[None]:
    """Raise RenderTimeout when its turn does not come: nothing waits much longer than who asked for it."""
    await _patiently(turn.acquire())
    try:
        yield
    finally:
        turn.release()


@contextmanager
def _piped(secret: bytes | None) -> Iterator[int | None]:
    """A secret that is read once by another process, and seen by nobody who looks at its start."""
    if secret is None:
        yield None
        return
    reading, writing = os.pipe()
    try:
        os.write(writing, secret)
        os.close(writing)
        yield reading
    finally:
        os.close(reading)
