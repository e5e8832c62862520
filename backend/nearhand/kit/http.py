"""Answer over HTTP in one shape: problem details (RFC 9457), pages, versions, one transaction per request."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, Protocol, TypeVar

import structlog
from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict
from sqlalchemy import Column, Integer, LargeBinary, String, Table, delete, insert, select
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from nearhand.kit.asking import ask_from, asking
from nearhand.kit.database import Database, UtcDateTime, metadata
from nearhand.kit.errors import (
    BeingAnswered,
    Invalid,
    KeyReused,
    NearhandError,
    Overtaken,
    PreconditionRequired,
    TooLarge,
    Unauthenticated,
    Unavailable,
)
from nearhand.kit.limits import STRANGERS_BYTES, Limits, refuse_tangled
from nearhand.kit.peer import address_of

log = structlog.get_logger()

T = TypeVar("T")

PROBLEM_TYPE = "application/problem+json"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
MAX_PAGE_SIZE = 200
MAX_TOLD = 50  # of what is wrong with one request
LATE_TRIES = 3  # of a door whose work others may overtake

idempotency_keys = Table(
    "idempotency_key",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("request_hash", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("headers", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)


class ProblemDetails(BaseModel):
    """An error, in the one shape every door of the service uses."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank",
                "title": "There is no such thing here",
                "status": 404,
                "code": "not_found",
                "detail": "No device 0000000000ZZ.",
                "errors": [],
            }
        }
    )

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[dict[str, Any]]


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "model": ProblemDetails,
        "description": "Refused, with the reason.",
        "content": {PROBLEM_TYPE: {}},
    }
}


class ProblemResponse(JSONResponse):
    """A refusal may quote what was sent; half a character in it must not make a refusal an accident."""

    media_type = PROBLEM_TYPE

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=False).encode(errors="replace")


def problem_response(
    status: int, code: str, title: str, detail: str, errors: list[dict[str, Any]] | None = None
) -> JSONResponse:
    body = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        "errors": errors or [],
    }
    return ProblemResponse(body, status_code=status)


def refusal(error: NearhandError) -> JSONResponse:
    response = problem_response(
        error.status, error.code, error.title, error.detail, error.facts.get("errors")
    )
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def install_error_handlers(app: FastAPI) -> None:
    """Render every refusal, and every accident, as problem details."""

    @app.exception_handler(NearhandError)
    async def refused(request: Request, error: NearhandError) -> Response:
        # A page asks who is signed in when it opens: that nobody is, is no news.
        is_stranger = isinstance(error, Unauthenticated) and request.method in SAFE_METHODS
        say = log.debug if is_stranger else log.info
        say("refused", path=request.url.path, code=error.code, detail=error.detail)
        return refusal(error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[:MAX_TOLD]
        errors = [{"where": [str(part) for part in e["loc"]], "message": e["msg"]} for e in first]
        return problem_response(Invalid.status, Invalid.code, Invalid.title, "See errors.", errors)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
        response = problem_response(error.status_code, code, str(error.detail), str(error.detail))
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(OperationalError)
    async def database_unavailable(request: Request, error: OperationalError) -> Response:
        log.error("database_unavailable", path=request.url.path, error=str(error.orig))
        return problem_response(
            Unavailable.status,
            Unavailable.code,
            Unavailable.title,
            "The database cannot be written or read just now.",
        )

    @app.exception_handler(PoolTimeout)
    async def crowded(request: Request, error: PoolTimeout) -> Response:
        log.error("no_connection_free", path=request.url.path)
        return problem_response(
            Unavailable.status, Unavailable.code, Unavailable.title, "Too many requests at once; try again."
        )

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        # Nobody reads this answer; a phone that walked out of reach is no accident of ours.
        log.info("client_gone", path=request.url.path)
        return Response(status_code=Invalid.status)

    @app.exception_handler(Exception)
    async def accident(request: Request, error: Exception) -> Response:
        log.exception("accident", path=request.url.path, exc_info=error)
        return problem_response(
            500, "internal", NearhandError.title, "It has been logged. Nothing was changed."
        )


class Witness(Protocol):
    """Whoever keeps record of what happens at the doors. Found as `request.app.state.resources.ledger`."""

    async def answered(self, request: Request, door: APIRoute) -> None:
        """Awaited before the answer leaves. Raises Unavailable when it cannot be put down: then nothing is answered."""

    async def refused(self, request: Request, door: APIRoute, error: NearhandError) -> None: ...


class Room(Protocol):
    """Whoever says how much may still be sent. Found as `request.app.state.resources.quota`."""

    def room(self, request: Request) -> AbstractAsyncContextManager[None]: ...


Handle = Callable[[Request], Awaitable[Response]]
Guard = TypeVar("Guard", bound=Callable[..., Coroutine[Any, Any, Any]])


def guard(dependency: Guard) -> Guard:
    """Mark a dependency of `request` alone as one that refuses whoever may not enter.

    It is asked before all else of a `GuardedRoute`. What it returns has a `participant_id`: who is asking.
    """
    dependency.is_guard = True  # type: ignore[attr-defined]
    return dependency


class GuardedRoute(APIRoute):
    """The guards of a door come first: to whom it does not open, it says nothing of what else was wrong.

    Only then is a JSON body read, and whole, before anything is opened for it; doors for files read their own.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        calls = (dependency.call for dependency in self.dependant.dependencies)
        guards: list[Any] = [call for call in calls if hasattr(call, "is_guard")]

        async def guarded(request: Request) -> Response:
            request.state.asker_id = ""
            for ask in guards:
                request.state.asker_id = (await ask(request)).participant_id
            if request.state.asker_id:
                limits: Limits = request.app.state.resources.limits
                limits.admit(request.state.asker_id, request.method, request.url.path)
            elif len(await request.body()) > STRANGERS_BYTES:
                raise TooLarge(f"Before signing in, a request body may have {STRANGERS_BYTES} bytes.")
            if self.body_field is not None:
                refuse_tangled(await request.body())
            room: Room = request.app.state.resources.quota
            async with room.room(request):
                return await self.answer(request, handle)

        async def witnessed(request: Request) -> Response:
            resources = request.app.state.resources
            witness: Witness = resources.ledger
            ask_from(address_of(request), resources.clock)
            try:
                response = await guarded(request)
            except NearhandError as error:
                if error.is_refusal:
                    await witness.refused(request, self, error)
                raise
            await witness.answered(request, self)
            return response

        return witnessed

    async def answer(self, request: Request, handle: Handle) -> Response:
        return await handle(request)


class TransactionRoute(GuardedRoute):
    """One transaction per request, committed before the response leaves; `Idempotency-Key` answered within it.

    The body is read before, so that a slow client holds no connection and no lock.
    """

    async def answer(self, request: Request, handle: Handle) -> Response:
        await request.body()
        database = request.app.state.resources.database
        if request.method in SAFE_METHODS:
            async with database.reading() as connection:
                request.state.connection = connection
                return await handle(request)
        asked = await _Asked.under_key(request)
        async with database.transaction() as connection:
            request.state.connection = connection
            if asked is None:
                return await handle(request)
            known = await asked.answer(connection)
            if known is not None:
                asking().is_repeated = True
                return known
            response = await handle(request)
            await asked.remember(connection, response, at=request.app.state.resources.clock.now())
            return response


class LateTransactionRoute(GuardedRoute):
    """As `TransactionRoute`, for doors that work long before they write: the transaction opens when they ask for it.

    A door that then finds the work was done in vain raises Overtaken, and is asked anew a few times.
    """

    async def answer(self, request: Request, handle: Handle) -> Response:
        asked = await _Asked.under_key(request)
        for _ in range(LATE_TRIES - 1):
            try:
                return await self._try(request, asked, handle)
            except Overtaken:
                continue
        return await self._try(request, asked, handle)

    async def _try(self, request: Request, asked: "_Asked | None", handle: Handle) -> Response:
        resources = request.app.state.resources
        if asked is not None:
            async with resources.database.reading() as connection:
                known = await asked.answer(connection)
            if known is not None:
                asking().is_repeated = True
                return known
        async with AsyncExitStack() as opened:
            begun: list[AsyncConnection] = []

            async def begin() -> AsyncConnection:
                begun.append(await opened.enter_async_context(resources.database.transaction()))
                return begun[0]

            request.state.begin = begin
            response = await handle(request)
            if asked is not None and begun:
                await asked.remember(begun[0], response, at=resources.clock.now())
            return response


@dataclass(frozen=True)
class _Asked:
    """A request that may be repeated under its `Idempotency-Key`, and what was answered to it."""

    key: str
    request_hash: str

    @classmethod
    async def under_key(cls, request: Request) -> "_Asked | None":
        header = request.headers.get("idempotency-key")
        if header is None:
            return None
        if not 1 <= len(header) <= 200:
            raise Invalid("Idempotency-Key must have 1 to 200 characters.")
        asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
        # Bound to who asks: two people's equal keys are two keys, and nobody is told another's answer.
        return cls(f"{request.state.asker_id}:{header}", hashlib.sha256(asked).hexdigest())

    async def answer(self, connection: AsyncConnection) -> Response | None:
        """What was answered before. Raises KeyReused when it was another request."""
        query = select(idempotency_keys).where(idempotency_keys.c.key == self.key)
        known = (await connection.execute(query)).one_or_none()
        if known is None:
            return None
        if known.request_hash != self.request_hash:
            raise KeyReused
        return Response(known.body, known.status, json.loads(known.headers))

    async def remember(self, connection: AsyncConnection, response: Response, *, at: datetime) -> None:
        """Within the transaction whose effect the answer tells of."""
        headers = {k: v for k, v in response.headers.items() if k in {"content-type", "etag", "location"}}
        row = {
            "key": self.key,
            "request_hash": self.request_hash,
            "status": response.status_code,
            "headers": json.dumps(headers).encode(),
            "body": bytes(response.body),
            "created_at": at,
        }
        try:
            await connection.execute(insert(idempotency_keys).values(row))
        except IntegrityError:
            raise BeingAnswered from None


async def forget_idempotency_keys(database: Database, before: datetime) -> None:
    """Forget answers given before: a client that retries later than that has given up."""
    async with database.transaction() as connection:
        await connection.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at < before))


def _connection(request: Request) -> AsyncConnection:
    connection: AsyncConnection = request.state.connection
    return connection


Connection = Annotated[AsyncConnection, Depends(_connection)]
Begin = Callable[[], Awaitable[AsyncConnection]]


def _begin(request: Request) -> Begin:
    begin: Begin = request.state.begin
    return begin


LateTransaction = Annotated[Begin, Depends(_begin)]  # for doors of a `LateTransactionRoute`

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        description="Chosen at random by who asks: the same request sent again with it has its effect once.",
    ),
]


# -- versions ---------------------------------------------------------------------------------------------------


def etag(version: int) -> str:
    return f'"{version}"'


class Versioned(Protocol):
    @property
    def version(self) -> int: ...


V = TypeVar("V", bound=Versioned)


def stamped(response: Response, noun: V) -> V:
    """The noun, its version said in the answer's ETag."""
    response.headers["ETag"] = etag(noun.version)
    return noun


def expected_version(
    if_match: Annotated[str | None, Header(description='The ETag read before, e.g. "3".')] = None,
) -> int:
    """The version a change is based on; a change that does not say is refused (428)."""
    if if_match is None:
        raise PreconditionRequired
    text = if_match.removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 9:
        raise Invalid('If-Match must be one ETag as given in an answer, e.g. "3".')
    return int(text)


ExpectedVersion = Annotated[int, Depends(expected_version)]


# -- pages ------------------------------------------------------------------------------------------------------


class PageQuery(BaseModel):
    limit: int
    offset: int


def page_query(
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE, description="Rows in this page.")] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000, description="Rows before this page.")] = 0,
) -> PageQuery:
    return PageQuery(limit=limit, offset=offset)


Paging = Annotated[PageQuery, Depends(page_query)]


class Page(BaseModel, Generic[T]):
    """A part of a longer list; `total` counts the whole list under the same filters."""

    items: list[T]
    total: int
    limit: int
    offset: int
