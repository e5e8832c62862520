"""Do something again and again beside the service, from its start to its end."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

import structlog

log = structlog.get_logger()


class Periodic:
    """`async with Periodic("packing", every_s=300, work=…)`: a failure is logged, and the next turn tries again."""

    def __init__(self, name: str, *, every_s: float, work: Callable[[], Awaitable[object]]) -> None:
        self._name, self._every_s, self._work = name, every_s, work
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name=self._name)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            try:
                await self._work()
            except Exception:
                log.exception("periodic_failed", name=self._name)
