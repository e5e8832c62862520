"""Have recordings made into videos with their marks burned in: by processes of their own, sent while they are made."""

import asyncio
import importlib.util
import json
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

import structlog

import nearhand
from nearhand.kit.errors import Invalid, Unavailable
from nearhand.sessions.footage import EVENTS, HEAD, WEBM, ChunkHead, framed

log = structlog.get_logger()

CPU_S_AT_LEAST, CPU_S_PER_PIECE = 60, 3  # a piece is of a second, and takes a fifth of one
MEMORY_BYTES = 2 * 1024**3  # of addresses; what it truly takes is a tenth of it
PIECE_BYTES = 64 * 1024
_START = "import sys; sys.path.insert(0, sys.argv.pop(1)); import nearhand.sessions.burn as burn; burn.main()"
COMMAND = (sys.executable, "-I", "-c", _START, str(Path(nearhand.__file__).parents[1]))

# The events after a number, oldest first; and the pieces of a recording, each as its head and its WebM.
Pages = Callable[[int], Awaitable[list[str]]]
Pieces = AsyncIterator[tuple[bytes, bytes]]


class TooManyVideos(Unavailable):
    code, title = "too_many_videos", "Other videos are being made just now; try again in some minutes"
    retry_after_s = 60


class NoVideoTools(Unavailable):
    code, title = "no_video_tools", "This service makes no videos: its extra `video` is not installed"


class RecordingUnreadable(Invalid):
    code, title = "recording_unreadable", "Nothing of this recording can be played"


class Burner:
    """`at_once`: how many are made at the same time in the whole service."""

    def __init__(self, at_once: int, *, command: Sequence[str] = COMMAND) -> None:
        self._at_once, self._command = at_once, command
        self._under_way = 0

    async def video(self, pieces: Pieces, pages: Pages, *, count: int) -> AsyncGenerator[bytes, None]:
        """The WebM; `count`: of the pieces. Who stops taking it ends the work.

        Raises NoVideoTools, TooManyVideos, RecordingUnreadable, and whatever reading raises, before the first byte.
        """
        if importlib.util.find_spec("av") is None:
            raise NoVideoTools
        if self._under_way >= self._at_once:
            raise TooManyVideos
        film = self._film(_told(pieces, pages), CPU_S_AT_LEAST + CPU_S_PER_PIECE * count)
        return _after(await anext(film), film)

    async def _film(self, told: AsyncIterator[bytes], cpu_s: int) -> AsyncGenerator[bytes, None]:
        allowed = json.dumps({"cpu_s": cpu_s, "memory_bytes": MEMORY_BYTES})
        self._under_way += 1
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command,
                allowed,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env={"OPENBLAS_NUM_THREADS": "1"},  # and no secret of the service's own environment
            )
            assert process.stdin is not None
            assert process.stdout is not None
            telling = asyncio.create_task(_tell(process.stdin, told))
            try:
                while piece := await process.stdout.read(PIECE_BYTES):
                    yield piece
                await telling
                if await process.wait() != 0:
                    log.warning("video_process_ended", status=process.returncode)
                    raise RecordingUnreadable
            finally:
                telling.cancel()
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        finally:
            self._under_way -= 1


async def _after(first: bytes, film: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    async with aclosing(film):
        yield first
        async for piece in film:
            yield piece


async def _tell(stdin: asyncio.StreamWriter, told: AsyncIterator[bytes]) -> None:
    try:
        async for piece in told:
            stdin.write(piece)
            await stdin.drain()  # nothing of what is to come is held here
    except ConnectionError:
        pass  # it ended; its status says why
    finally:
        stdin.close()


async def _told(pieces: Pieces, pages: Pages) -> AsyncIterator[bytes]:
    """Before each piece all events that were heard in it."""
    after = 0
    async for head, webm in pieces:
        until = max((mark.seq or 0 for mark in ChunkHead.model_validate_json(head).marks), default=0)
        while after < until and (bodies := await pages(after)):
            yield framed(EVENTS, f"[{','.join(bodies)}]".encode())
            after += len(bodies)
        yield framed(HEAD, head) + framed(WEBM, webm)
