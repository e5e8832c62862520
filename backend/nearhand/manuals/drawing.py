"""Have PDFs counted and drawn by processes of their own, each for one document, ended when it takes too much."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import Any

import structlog

import nearhand
from nearhand.kit.blobs import Lent, refusing_damage
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
    """Each document, and each page, has a process of its own: one that was ended leaves nothing to be mended."""

    def __init__(self, limits: DrawingLimits | None = None, *, command: Sequence[str] = COMMAND) -> None:
        self._limits, self._command = limits or DrawingLimits(), command
        # They wait for their processes, no more.
        self._threads = ThreadPoolExecutor(self._limits.at_once, thread_name_prefix="drawing")

    async def pages(self, lent: Lent) -> int:
        """How many there are. Raises DocumentBroken, DocumentEncrypted, DocumentTooLong, RenderTimeout or FileDamaged."""
        said, _ = await self._ask(lent, None)
        return int(said["pages"])

    async def png(self, lent: Lent, number: int) -> bytes:
        """A page, counted from 1. Raises PageMissing, RenderTimeout, DocumentBroken, DocumentEncrypted or FileDamaged."""
        _, content = await self._ask(lent, number)
        if not content.startswith(_PNG):
            raise DocumentBroken("The page cannot be drawn.")
        return content

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _ask(self, lent: Lent, page: int | None) -> tuple[dict[str, Any], bytes]:
        future = asyncio.get_running_loop().run_in_executor(self._threads, self._answered, lent, page)
        future.add_done_callback(lambda _: lent.file.close())  # also where its turn did not come
        try:
            said, content = await asyncio.wait_for(future, WAIT_S)
        except TimeoutError:
            raise RenderTimeout("Too many pages are being drawn just now.") from None
        if said.get("refused") == "damaged":
            with refusing_damage(lent.name or ""):
                raise Unsealable(said["detail"])
        if "refused" in said:
            raise _REFUSALS[said["refused"]](said["detail"])
        return said, content

    def _answered(self, lent: Lent, page: int | None) -> tuple[dict[str, Any], bytes]:
        limits = self._limits
        asked: dict[str, Any] = {
            "page": page,
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
