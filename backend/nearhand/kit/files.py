"""Pass files through HTTP doors: described in the contract, and handed out so that no browser runs them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from nearhand.kit.blobs import refusing_full_disk
from nearhand.kit.errors import Invalid, NotFound, TooLarge, Unsupported
from nearhand.kit.http import problem_response
from nearhand.kit.uploads import PIECE_BYTES

M = TypeVar("M", bound=BaseModel)

BINARY = {"type": "string", "format": "binary"}

# Content is named by its hash, so it never changes; and whatever it is, it is not a page of ours (every answer
# carries nosniff already).
FILE_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
}

_MAX_FIELDS = 20
FORM_BYTES = 64 * 1024  # of a form, beside its file


def raw_body(description: str) -> dict[str, Any]:
    """For `openapi_extra`: the body is the file, read piece by piece by the route itself."""
    return {
        "requestBody": {
            "required": True,
            "description": description,
            "content": {"application/octet-stream": {"schema": BINARY}},
        }
    }


def download(path: Path, *, media_type: str, name: str) -> FileResponse:
    """A file that browsers save and never show as a page."""
    return _File(_present(path), media_type=media_type, filename=name, headers=FILE_HEADERS)


def picture(path: Path, *, media_type: str) -> FileResponse:
    """A picture that was decoded here when it came in, as it came or re-encoded, to be shown in place."""
    return _File(_present(path), media_type=media_type, headers=FILE_HEADERS)


class _File(FileResponse):
    """A Range that makes no sense is refused in the shape of every other refusal."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_refused = False

        async def shaped(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start" and message["status"] in _RANGE_REFUSED:
                is_refused = True
                status = message["status"]
                refusal = problem_response(
                    status, "bad_range", "There is no such part of the file", _RANGE_RULE
                )
                kept = [(name, value) for name, value in message["headers"] if name == b"content-range"]
                refusal.raw_headers.extend(kept)
                await refusal(scope, receive, send)
            elif not is_refused:
                await send(message)

        await super().__call__(scope, receive, shaped)


_RANGE_REFUSED = {400, 416}
_RANGE_RULE = "A Range is bytes=FIRST-LAST within the file."


def _present(path: Path) -> Path:
    """Raise NotFound for a file the database knows and the data folder does not, as after half a restore."""
    if not path.is_file():
        raise NotFound("This file is missing from the data folder.")
    return path


@asynccontextmanager
async def form_with_file(
    request: Request, *, limit_bytes: int
) -> AsyncIterator[tuple[dict[str, str], AsyncIterator[bytes]]]:
    """The text fields of a multipart form, and the pieces of its one file, named `file`.

    Read here and not by the framework, which would read it all before it knows who is asking. Empty fields are
    left out. Raises Unsupported, TooLarge or Invalid.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise Unsupported("Send multipart/form-data with a field `file`.")
    stream = _counted(request, limit_bytes + FORM_BYTES)
    parser = MultiPartParser(
        request.headers, stream, max_files=1, max_fields=_MAX_FIELDS, max_part_size=FORM_BYTES
    )
    try:
        with refusing_full_disk():
            form = await parser.parse()
    except MultiPartException as error:
        raise Invalid(error.message) from None
    try:
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise Invalid("The form has no file in its field `file`.")
        yield (
            {name: value for name, value in form.items() if isinstance(value, str) and value},
            _pieces(file),
        )
    finally:
        await form.close()


def validated(model: type[M], fields: dict[str, str]) -> M:
    """The fields as a model; what is wrong with them is answered as for any other body."""
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        errors = [{**each, "loc": ("body", *each["loc"])} for each in error.errors(include_context=False)]
        raise RequestValidationError(errors) from None


async def _counted(request: Request, limit_bytes: int) -> Any:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit_bytes:
            raise TooLarge(f"An upload may have {limit_bytes} bytes.")
        yield piece


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(PIECE_BYTES):
        yield piece
