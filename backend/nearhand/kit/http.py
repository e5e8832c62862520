"""Answer over HTTP in one shape: problem details (RFC 9457), pages, versions, one transaction per request."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

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

from nearhand.kit.database import Database, UtcDateTime, metadata
from nearhand.kit.errors import (
    Conflict,
    Invalid,
    NearhandError,
    PreconditionRequired,
    TooLarge,
    Unavailable,
)

log = structlog.get_logger()

T = TypeVar("T")

PROBLEM_TYPE = "application/problem+json"
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
MAX_PAGE_SIZE = 200

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


def install_error_handlers(app: FastAPI) -> None:
    """Render every refusal, and every accident, as problem details."""

    @app.exception_handler(NearhandError)
    async def refused(request: Request, error: NearhandError) -> Response:
        log.info("refused", path=request.url.path, code=error.code, detail=error.detail)
        return problem_response(
            error.status, error.code, error.title, error.detail, error.facts.get("errors")
        )

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        errors = [{"where": [str(part) for part in e["loc"]], "message": e["msg"]} for e in error.errors()]
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


class GuardedRoute(APIRoute):
    """Who asks is found before the body is read, and nothing else: for doors that need no transaction of the registry.

    Such a door sees to it itself that a request sent twice has its effect once.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def asker_first(request: Request) -> Response:
            await request.app.state.resources.identify(request)
            return await handle(request)

        return asker_first


class TransactionRoute(APIRoute):
    """One transaction per request, committed before the response leaves; `Idempotency-Key` answered within it.

    Who asks is found first, so that nobody unknown is listened to; then the body is read, so that a slow client holds
    no connection and no lock. `identify` of the resources finds the asker, and may use a connection of its own for it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def in_transaction(request: Request) -> Response:
            resources = request.app.state.resources
            asker = await resources.identify(request)
            await request.body()
            database = resources.database
            if request.method in SAFE_METHODS:
                async with database.reading() as connection:
                    request.state.connection = connection
                    return await handle(request)
            async with database.transaction() as connection:
                request.state.connection = connection
                return await _once(request, connection, asker.participant_id, handle)

        return in_transaction


async def _once(
    request: Request,
    connection: AsyncConnection,
    asker_id: str,
    handle: Callable[[Request], Awaitable[Response]],
) -> Response:
    header = request.headers.get("idempotency-key")
    if header is None:
        return await handle(request)
    if not 1 <= len(header) <= 200:
        raise Invalid("Idempotency-Key must have 1 to 200 characters.")
    # Bound to who asks: two people's equal keys are two keys, and nobody is told another's answer.
    key = f"{asker_id}:{header}"
    asked = f"{request.method} {request.url.path}?{request.url.query}\n".encode() + await request.body()
    request_hash = hashlib.sha256(asked).hexdigest()
    known = (
        await connection.execute(select(idempotency_keys).where(idempotency_keys.c.key == key))
    ).one_or_none()
    if known is not None:
        if known.request_hash != request_hash:
            raise Conflict("This Idempotency-Key was used for another request.")
        return Response(known.body, known.status, json.loads(known.headers))
    response = await handle(request)
    body = bytes(response.body)
    headers = {k: v for k, v in response.headers.items() if k in {"content-type", "etag", "location"}}
    row = {
        "key": key,
        "request_hash": request_hash,
        "status": response.status_code,
        "headers": json.dumps(headers).encode(),
        "body": body,
        "created_at": request.app.state.resources.clock.now(),
    }
    try:
        await connection.execute(insert(idempotency_keys).values(row))
    except IntegrityError:
        raise Conflict("The same request is being answered just now; ask again.") from None
    return response


async def forget_idempotency_keys(database: Database, before: datetime) -> None:
    """Forget answers given before: a client that retries later than that has given up."""
    async with database.transaction() as connection:
        await connection.execute(delete(idempotency_keys).where(idempotency_keys.c.created_at < before))


def _connection(request: Request) -> AsyncConnection:
    connection: AsyncConnection = request.state.connection
    return connection


Connection = Annotated[AsyncConnection, Depends(_connection)]

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


# -- bodies -----------------------------------------------------------------------------------------------------


class BodyLimit:
    """ASGI middleware: refuse bodies over a limit by what they claim, and cut them off by what they send.

    Uploads are only refused by what they claim: they stream to the disk, each door counting for itself.
    """

    def __init__(
        self, app: Any, limit: int, upload_limit: int, is_upload: Callable[[str, str], bool]
    ) -> None:
        self._app, self._limit, self._upload_limit, self._is_upload = app, limit, upload_limit, is_upload

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
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
        if is_upload:
            await self._app(scope, receive, send)
            return
        seen = 0

        async def counted() -> Any:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise TooLarge(f"A request body may have {self._limit} bytes.")
            return message

        await self._app(scope, counted, send)
