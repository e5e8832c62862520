"""Pass files through HTTP doors: described in the contract, and handed out so that no browser runs them."""

import asyncio
import os
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import anyio
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ValidationError
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from nearhand.kit.blobs import Blob, refusing_full_disk
from nearhand.kit.errors import Invalid, NearhandError, TooLarge, Unsupported
from nearhand.kit.http import problem_response, refusal
from nearhand.kit.uploads import PIECE_BYTES

M = TypeVar("M", bound=BaseModel)

BINARY = {"type": "string", "format": "binary"}

# Content is named by its hash, so it never changes; and whatever it is, it is not a page of ours (every answer
# carries nosniff already).
FILE_HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
}

MAX_NAME = 200
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+')
_ENDINGS = {
    "application/pdf": (".pdf",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/png": (".png",),
    "image/webp": (".webp",),
    "audio/webm": (".webm",),
    "audio/ogg": (".ogg",),
    "audio/mp4": (".m4a", ".mp4"),
    "text/markdown": (".md",),
    "text/plain": (".txt", ".md", ".csv", ".log", ".json", ".yaml", ".yml", ".ini", ".cfg", ".conf"),
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


async def download(blob: Blob, *, media_type: str, name: str) -> FileResponse:
    """A file that browsers save and never show as a page. Raises NotFound, FileDamaged and FileKeyMissing."""
    about = await asyncio.to_thread(_about, blob)
    return _File(blob, about, media_type=media_type, filename=harmless_name(name, media_type))


async def picture(blob: Blob, *, media_type: str) -> FileResponse:
    """A picture or sound that was looked into when it came in, to be shown in place. Raises as `download`."""
    about = await asyncio.to_thread(_about, blob)
    name = harmless_name(blob.sha256[:12], media_type)
    return _File(blob, about, media_type=media_type, filename=name, is_shown=True)


def harmless_name(name: str, media_type: str) -> str:
    """A name to save the file by: no way to another folder, nothing that turns its letters round, and an ending of its

    kind, so that whoever opens it later opens it as what it was served as.
    """
    bare = _NOT_IN_NAMES.sub("_", name).strip(" .")[:MAX_NAME] or "file"
    endings = _ENDINGS.get(media_type.partition(";")[0])
    return bare if endings is None or bare.lower().endswith(endings) else f"{bare}{endings[0]}"


def _about(blob: Blob) -> os.stat_result:
    """As of a plain file of this content."""
    with blob.open() as file:
        about = list(blob.path.stat()[:10])
        about[stat.ST_SIZE] = file.seek(0, os.SEEK_END)
        return os.stat_result(about)


class _File(FileResponse):
    """A kept file, opened as it is sent. What is refused of it is refused in the shape of every other refusal:

    a Range that makes no sense, and a part that does not open any more.
    """

    def __init__(
        self, blob: Blob, about: os.stat_result, *, media_type: str, filename: str, is_shown: bool = False
    ) -> None:
        headers = FILE_HEADERS | {"etag": f'"{blob.sha256}"'}
        super().__init__(
            blob.path,
            headers=headers,
            media_type=media_type,
            filename=filename,
            stat_result=about,
            content_disposition_type="inline" if is_shown else "attachment",
        )
        self._blob, self._size = blob, about.st_size

    @asynccontextmanager
    async def _open_file(self) -> AsyncIterator[anyio.AsyncFile[bytes]]:
        async with anyio.wrap_file(await asyncio.to_thread(self._blob.open)) as file:
            yield file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_refused = False

        async def shaped(message: Message) -> None:
            nonlocal is_refused
            if message["type"] == "http.response.start":
                answer = await self._refused(message)
                is_refused = answer is not None
                if answer is not None:
                    await answer(scope, receive, send)
            if not is_refused:
                await send(message)

        await super().__call__(scope, receive, shaped)

    async def _refused(self, start: Message) -> Response | None:
        headers = dict(start["headers"])
        if start["status"] in _RANGE_REFUSED:
            answer = problem_response(
                start["status"], "bad_range", "There is no such part of the file", _RANGE_RULE
            )
            if b"content-range" in headers:
                answer.headers["content-range"] = headers[b"content-range"].decode()
            return answer
        part = re.fullmatch(rb"bytes (\d+)-(\d+)/\d+", headers.get(b"content-range", b""))
        first, last = (int(part[1]), int(part[2])) if part else (0, self._size - 1)
        try:
            # All of it before its first byte leaves: half an answer could only be broken off, without a reason.
            await asyncio.to_thread(self._blob.check, first, last + 1)
        except NearhandError as error:
            return refusal(error)
        return None


_RANGE_REFUSED = {400, 416}
_RANGE_RULE = "A Range is bytes=FIRST-LAST within the file."


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
