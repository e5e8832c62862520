"""Hold what waits for one slow reader: in order, bounded, and of what can be replaced only the newest."""

import asyncio
import types
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Generator, Hashable
from typing import Any

FRAME_BYTES = 128 * 1024  # several items share a frame up to about this size

Send = Callable[[str], Coroutine[Any, Any, None]]


class Outbox:
    """Items are JSON texts; a frame is an array of them. While the reader keeps up, nothing waits here.

    An item may hold several texts with commas between, or none: then it adds nothing, and alone is an empty array.

    `limit_bytes` bounds what waits, `limit_s` how long it may wait without any frame being taken; beyond either,
    `on_overflow` is called once and nothing is sent any more.
    """

    def __init__(
        self,
        send: Send,
        *,
        limit_bytes: int,
        limit_s: float,
        monotonic: Callable[[], float],
        on_overflow: Callable[[], None],
    ) -> None:
        self._send = send
        self._limit_bytes = limit_bytes
        self._limit_s = limit_s
        self._monotonic = monotonic
        self._on_overflow = on_overflow
        self._waiting: OrderedDict[Hashable, tuple[str, int]] = OrderedDict()
        self._waiting_bytes = 0
        self._drain: asyncio.Task[None] | None = None
        self._taken_at = 0.0
        self.is_closed = False

    def put(self, item: str, *, replaces: Hashable | None = None, is_counted: bool = True) -> None:
        """Send, or wait in line. `is_counted=False`: what a reader asked for itself may exceed the limit."""
        if self.is_closed:
            return
        if self._drain is None:
            self._send_now(item)
            return
        key = object() if replaces is None else replaces
        if key in self._waiting:
            self._waiting_bytes -= self._waiting.pop(key)[1]
        size = len(item) if is_counted else 0
        self._waiting[key] = (item, size)
        self._waiting_bytes += size
        if self._waiting_bytes > self._limit_bytes:
            self._overflow()

    def is_stuck(self) -> bool:
        """Whether something waits and nothing was taken for longer than the limit."""
        return self._drain is not None and self._monotonic() - self._taken_at > self._limit_s

    def close(self) -> None:
        """Send nothing any more, not even what waits."""
        self.is_closed = True
        self._waiting.clear()
        if self._drain is not None:
            self._drain.cancel()

    async def finish(self, within_s: float) -> None:
        """Take nothing more, and give what waits a moment to be sent before closing."""
        self.is_closed = True
        if self._drain is not None:
            await asyncio.wait([self._drain], timeout=within_s)
        self.close()

    def _overflow(self) -> None:
        self.close()
        self._on_overflow()

    def _send_now(self, item: str) -> None:
        # A task per frame costs more than the frame. A send that does not have to wait is run right here; only one
        # that does is given a task to wait in.
        sending = self._send(f"[{item}]")
        try:
            awaited = sending.send(None)
        except StopIteration:
            return
        except Exception:
            # The reader is gone; whoever reads from it will say so.
            self.is_closed = True
            return
        self._taken_at = self._monotonic()
        self._drain = asyncio.get_running_loop().create_task(self._finish(sending, awaited))

    async def _finish(self, sending: Coroutine[Any, Any, None], awaited: Any) -> None:
        try:
            await _resume(sending, awaited)
            self._taken_at = self._monotonic()
            while self._waiting:
                await self._send(f"[{self._next_frame()}]")
                self._taken_at = self._monotonic()
        except asyncio.CancelledError:
            raise
        except Exception:
            self.is_closed = True
            self._waiting.clear()
        finally:
            self._drain = None

    def _next_frame(self) -> str:
        items: list[str] = []
        length = 0
        while self._waiting and length < FRAME_BYTES:
            _, (item, size) = self._waiting.popitem(last=False)
            self._waiting_bytes -= size
            items.append(item)
            length += len(item)
        return ",".join(item for item in items if item)


@types.coroutine
def _resume(started: Coroutine[Any, Any, None], awaited: Any) -> Generator[Any, Any, None]:
    """Await the rest of a coroutine whose first step was run by hand and is waiting for `awaited`."""
    try:
        while True:
            try:
                value = yield awaited
            except BaseException as error:
                awaited = started.throw(error)
            else:
                awaited = started.send(value)
    except StopIteration:
        return
