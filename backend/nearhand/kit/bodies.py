"""Let request bodies in: none larger than its limit, and none so slowly that it only keeps us waiting."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nearhand.kit.errors import NearhandError, RequestTooSlow, TooLarge
from nearhand.kit.http import problem_response


@dataclass(frozen=True)
class Pace:
    """How long a body may keep us waiting: some seconds, and one more for so many bytes that came."""

    grace_s: float
    min_bytes_per_s: int
    now_s: Callable[[], float] = time.monotonic

    def allowance_s(self, seen_bytes: int) -> float:
        return self.grace_s + seen_bytes / self.min_bytes_per_s


_BODY = "nearhand.body"


def body_of(request: Request) -> "Body":
    body: Body = request.scope[_BODY]
    return body


class BodyLimit:
    """ASGI middleware: refuse bodies over a limit by what they claim, cut them off by what they send, and by when.

    Uploads are only refused by what they claim: they stream to the disk, each door counting for itself. The pace is
    asked of all. Only the time spent waiting for the sender counts, not what is done here with what came.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int,
        upload_limit: int,
        is_upload: Callable[[str, str], bool],
        pace: Pace,
    ) -> None:
        self._app, self._limit, self._upload_limit, self._is_upload = app, limit, upload_limit, is_upload
        self._pace = pace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_upload = self._is_upload(scope["method"], scope["path"])
        claimed = dict(scope["headers"]).get(b"content-length", b"0")
        limit = self._upload_limit if is_upload else self._limit
        if claimed.isdigit() and int(claimed) > limit:
            refusal = problem_response(
                TooLarge.status, TooLarge.code, TooLarge.title, f"A request body may have {limit} bytes."
            )
            await refusal(scope, receive, send)
            return
        body = scope[_BODY] = Body(receive, self._pace, limit=None if is_upload else limit)

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start" and body.is_late:
                # What still drips in is not read as the next request.
                message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
            await send(message)

        await self._app(scope, body.receive, answer)


class Body:
    """One request's body on its way in."""

    def __init__(self, receive: Receive, pace: Pace, *, limit: int | None) -> None:
        self._receive, self._pace, self._limit = receive, pace, limit
        self._waited_s, self._is_whole = 0.0, False
        self._allowed: tuple[int, NearhandError] | None = None
        self.seen_bytes, self.is_late = 0, False

    def allow(self, most_bytes: int, refusal: NearhandError) -> None:
        """Raise this when more than that has come."""
        self._allowed = most_bytes, refusal

    async def receive(self) -> Any:
        if self._is_whole:  # what comes now is that the sender has left, and may take as long as the answer
            return await self._receive()
        message = await self._in_time()
        self.seen_bytes += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self._limit is not None and self.seen_bytes > self._limit:
            raise TooLarge(f"A request body may have {self._limit} bytes.")
        if self._allowed is not None and self.seen_bytes > self._allowed[0]:
            raise self._allowed[1]
        return message

    async def _in_time(self) -> Message:
        began_s, left_s = self._pace.now_s(), self._pace.allowance_s(self.seen_bytes) - self._waited_s
        try:
            async with asyncio.timeout(left_s):
                message = await self._receive()
        except TimeoutError:
            raise self._late() from None
        self._waited_s += self._pace.now_s() - began_s
        if self._waited_s > self._pace.allowance_s(self.seen_bytes):
            raise self._late()
        return message

    def _late(self) -> RequestTooSlow:
        self.is_late = True
        return RequestTooSlow(
            f"After {self._pace.grace_s:g} s a body must come with {self._pace.min_bytes_per_s} bytes a second."
        )
