"""Limit what one address, and what one account, may ask: requests, uploads, open lines, and how deep a body nests."""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from nearhand.kit.errors import Invalid, TooMany
from nearhand.kit.peer import Network, address_of, home_of, is_among
from nearhand.kit.rate import RateLimit

MAX_DEPTH = 64  # of arrays and objects within each other; what the service speaks has ten
MAX_MEMBERS = 40_000  # names in one body: each that is wrong costs time to find, and is told
STRANGERS_BYTES = 20 << 10  # of a body, before anybody knows whose it is: a provider's token is the longest
_RETRY_S = 5
_PUT_OFF_S, _PUT_OFF_AT_MOST_S = 0.1, 20.0
_TRIED_TOO_OFTEN = "Too many sign-in tries from this address. Wait a minute."


class TooFast(TooMany):
    code, title = "too_fast", "Too many requests in a short time; wait a moment"
    retry_after_s = _RETRY_S


class TooManyUploads(TooMany):
    code, title = "too_many_uploads", "Too many files were sent in the last hour"
    retry_after_s = 60


class TooManyLines(TooMany):
    code, title = "too_many_lines", "Too many live connections are open at once"


@dataclass(frozen=True)
class Allowed:
    requests_per_minute_and_address: int
    requests_per_minute_and_account: int
    tries_per_minute_and_address: int
    uploads_per_hour_and_account: int
    lines_per_address: int
    lines_per_account: int


class Limits:
    """All counts are of this process. `is_upload` tells which requests bring a file, `is_try` which try to get in."""

    def __init__(
        self,
        allowed: Allowed,
        *,
        is_upload: Callable[[str, str], bool],
        is_try: Callable[[str, str], bool],
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._allowed, self._now_s = allowed, now_s
        self._is_upload, self._is_try = is_upload, is_try
        self._by_address = RateLimit(allowed.requests_per_minute_and_address)
        self._by_account = RateLimit(allowed.requests_per_minute_and_account)
        self._tries = RateLimit(allowed.tries_per_minute_and_address)
        hourly = allowed.uploads_per_hour_and_account
        self._uploads = RateLimit(hourly / 60, burst=hourly)
        self._lines: Counter[str] = Counter()

    def hear(self, address: str, method: str, path: str) -> None:
        """A request from this address, whoever it is. Raises TooMany."""
        home, now_s = home_of(address), self._now_s()
        if not self._by_address.allow(home, now_s):
            raise TooFast("Too many requests from this address.")
        if self.is_spent_try(address, method, path):
            # A flood must not get even the few tries of its minute: each costs a core for a tenth of a second.
            self._tries.put_off(home, now_s, _PUT_OFF_S, _PUT_OFF_AT_MOST_S)
            raise TooMany(_TRIED_TOO_OFTEN)

    def is_spent_try(self, address: str, method: str, path: str) -> bool:
        """Whether `hear` would refuse this. Counts nothing."""
        return self._is_try(method, path) and self._tries.is_spent(home_of(address), self._now_s())

    def try_in(self, address: str) -> None:
        """Somebody at this address tries to get in. Raises TooMany."""
        if not self._tries.allow(home_of(address), self._now_s()):
            raise TooMany(_TRIED_TOO_OFTEN)

    def admit(self, asker_id: str, method: str, path: str) -> None:
        """A request of this account or guest. Raises TooFast and TooManyUploads."""
        if not self._by_account.allow(asker_id, self._now_s()):
            raise TooFast("Too many requests of this account.")
        if self._is_upload(method, path) and not self._uploads.allow(asker_id, self._now_s()):
            raise TooManyUploads

    def open_line(self, connection: HTTPConnection, asker_id: str) -> None:
        """Count a WebSocket for its account until it is closed, once. Raises TooManyLines."""
        self._count(connection.scope, f"account {asker_id}", self._allowed.lines_per_account)

    def open_from(self, scope: Scope) -> None:
        address = home_of(address_of(HTTPConnection(scope)))
        self._count(scope, f"address {address}", self._allowed.lines_per_address)

    def close(self, scope: Scope) -> None:
        for key in scope.pop(_COUNTED, ()):
            self._lines[key] -= 1
            if self._lines[key] <= 0:
                del self._lines[key]

    def _count(self, scope: Scope, key: str, most: int) -> None:
        if self._lines[key] >= most:
            raise TooManyLines
        self._lines[key] += 1
        scope.setdefault(_COUNTED, []).append(key)


_COUNTED = "nearhand.counted"


class LimitedAddresses:
    """ASGI middleware: refuse what comes too often from one address, before anything is done for it.

    `refused` is told the address.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limits: Limits,
        refusal: Callable[[TooMany], ASGIApp],
        refused: Callable[[str], None],
    ) -> None:
        self._app, self._limits, self._refusal, self._refused = app, limits, refusal, refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        address = address_of(HTTPConnection(scope))
        try:
            self._limits.hear(address, scope.get("method", ""), scope["path"])
            if scope["type"] == "websocket":
                self._limits.open_from(scope)
        except TooMany as error:
            self._refused(address)
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1013})  # before accepting: the answer is a 403
            else:
                await self._refusal(error)(scope, receive, send)
            return
        try:
            await self._app(scope, receive, send)
        finally:
            self._limits.close(scope)


@dataclass(frozen=True)
class Refusal:
    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class SpentTries:
    """What one more try to get in is answered, from an address that has used up its own, before it is a request.

    A flood of them is what anybody may send: it must cost next to nothing. What comes by a trusted proxy is left to
    `LimitedAddresses`, for whom it speaks stands in its headers. `headers_of` what every answer has, by its scope.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        refusal: Callable[[TooMany], Response],
        refused: Callable[[str], None],
        headers_of: Callable[[Scope], Iterable[tuple[bytes, bytes]]],
        trusted: Iterable[Network],
    ) -> None:
        self._limits, self._refusal, self._refused = limits, refusal, refused
        self._headers_of, self._trusted = headers_of, tuple(trusted)
        self._answers: dict[str, Response] = {}

    def __call__(self, scope: Scope) -> Refusal | None:
        address, asked = address_of(HTTPConnection(scope)), (scope["method"], scope["path"])
        if not self._limits.is_spent_try(address, *asked) or is_among(address, self._trusted):
            return None
        try:
            self._limits.hear(address, *asked)
        except TooMany as error:
            self._refused(address)
            if error.code not in self._answers:
                self._answers[error.code] = self._refusal(error)
            answer = self._answers[error.code]
            headers = (*answer.raw_headers, *self._headers_of(scope))
            return Refusal(answer.status_code, headers, bytes(answer.body))
        return None


def refuse_tangled(body: bytes) -> None:
    """Raise Invalid for JSON that nests deeper, or has more members, than anything said here.

    What walks the one would run out of stack, and to say what is wrong with the other would hold up everybody.
    """
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH and body.count(b":") <= MAX_MEMBERS:
        return
    bare = _STRING.sub(b"", _ESCAPED.sub(b"", body))  # what stands in strings neither nests nor names
    if bare.count(b":") > MAX_MEMBERS:
        raise Invalid(f"JSON may have {MAX_MEMBERS} members.")
    depth = 0
    for mark in bare.translate(None, _PLAIN):
        depth += 1 if mark in b"[{" else -1
        if depth > MAX_DEPTH:
            raise Invalid(f"JSON may nest {MAX_DEPTH} deep.")


_ESCAPED = re.compile(rb"\\.", re.DOTALL)
_STRING = re.compile(rb'"[^"]*"')
_PLAIN = bytes(set(range(256)) - set(b"[]{}"))
