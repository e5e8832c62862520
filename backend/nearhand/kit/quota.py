"""Limit how many bytes are sent on one account: asked before the bytes are read, counted once the file is kept."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from nearhand.kit.bodies import body_of
from nearhand.kit.errors import NearhandError, TooLarge, TooMany


class QuotaExceeded(TooMany):
    code, title = "quota_exceeded", "No more bytes may be sent today on this account or link"
    retry_after_s = 3600


class TotalQuotaExceeded(TooLarge):
    code, title = "total_quota_exceeded", "No more bytes may be sent to this session"


@dataclass(frozen=True)
class Charge:
    """One of the counts that an upload is put on. `day`: on which it counts; "" for ever."""

    name: str
    most_bytes: int
    day: str = ""

    @property
    def key(self) -> str:
        return f"{self.name} {self.day}"

    def refusal(self) -> NearhandError:
        kind = QuotaExceeded if self.day else TotalQuotaExceeded
        return kind(f"{self.most_bytes} bytes are allowed, and this is more than is left of them.")


class Tally(Protocol):
    """Counts that outlive the process."""

    async def counted(self, keys: Sequence[str]) -> dict[str, int]: ...

    async def count(self, charges: Sequence[Charge], size_bytes: int) -> None: ...


class Quota:
    """What is on its way in is reserved in this process, so that many at once are not all let in by the same room."""

    def __init__(
        self, tally: Tally, charges: Callable[[Request], Sequence[Charge]], *, unclaimed_bytes: int
    ) -> None:
        """`charges`: of a request, none where it is no upload. `unclaimed_bytes`: for a body that claims no length."""
        self._tally, self._charges, self._unclaimed = tally, charges, unclaimed_bytes
        self._reserved: Counter[str] = Counter()

    @asynccontextmanager
    async def room(self, request: Request) -> AsyncIterator[None]:
        """Raise QuotaExceeded or TotalQuotaExceeded, before the body is read or as soon as it is too long."""
        charges = self._charges(request)
        if not charges:
            yield
            return
        counted = await self._tally.counted([charge.key for charge in charges])
        claimed = request.headers.get("content-length", "")
        body = body_of(request)
        tightest = min(charges, key=lambda charge: self._left(charge, counted))
        left = self._left(tightest, counted)
        wanted = int(claimed) if claimed.isdigit() else min(left, self._unclaimed)
        if left <= 0 or wanted > left:
            raise tightest.refusal()
        body.allow(left, tightest.refusal())
        keys = [charge.key for charge in charges]
        self._reserved.update(dict.fromkeys(keys, wanted))
        try:
            yield
            await self._tally.count(charges, body.seen_bytes)
        finally:
            self._reserved.subtract(dict.fromkeys(keys, wanted))
            for key in keys:
                if not self._reserved[key]:
                    del self._reserved[key]

    def _left(self, charge: Charge, counted: dict[str, int]) -> int:
        return charge.most_bytes - counted.get(charge.key, 0) - self._reserved[charge.key]
