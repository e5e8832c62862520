"""REST doors of manuals."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response, status
from fastapi.responses import FileResponse, HTMLResponse

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit.doors import acted, listed, viewed
from nearhand.kit.errors import Invalid
from nearhand.kit.files import BINARY, download, form_with_file, picture, raw_body, validated
from nearhand.kit.http import (
    Connection,
    ExpectedVersion,
    GuardedRoute,
    Page,
    Paging,
    TransactionRoute,
    stamped,
)
from nearhand.kit.patterns import Id, Sha256
from nearhand.manuals.documents import PAGE_POLICY
from nearhand.manuals.library import Library, library_of
from nearhand.manuals.model import Document, DocumentForm, Guide, Manuals, NewGuide, Picture, Subject
from nearhand.manuals.service import ManualService, manuals_on

router = APIRouter(tags=["manuals"])
guides = APIRouter(route_class=TransactionRoute)
files = APIRouter(route_class=GuardedRoute)

DOCUMENT_BODY = {
    "requestBody": {
        "required": True,
        "description": "`file` with its `title`, its `language`, and one of `device_type_id` and `device_id`.",
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file", "title"],
                    "properties": {
                        "file": BINARY,
                        "title": {"type": "string", "maxLength": 200},
                        "language": {"type": "string", "default": "en"},
                        "device_type_id": {"type": "string"},
                        "device_id": {"type": "string"},
                    },
                }
            }
        },
    }
}


def _service(request: Request, connection: Connection) -> ManualService:
    resources = request.app.state.resources
    return manuals_on(connection, request.state.actor, ids=resources.ids, clock=resources.clock)


def _library(request: Request) -> Library:
    return library_of(request.app.state.resources, request.state.actor)


Service = Annotated[ManualService, Depends(_service)]
Shelf = Annotated[Library, Depends(_library)]


@guides.get("/manuals")
@listed("manual")
async def manuals(
    device_id: Annotated[Id, Query()], service: Service, actor: Actor = may(Permission.MANUALS_READ)
) -> Manuals:
    """All documents and guides of a device and of its type."""
    return await service.of_device(device_id)


# -- guides -------------------------------------------------------------------------------------------------------


@guides.get("/guides")
@listed("guide")
async def all_guides(
    page: Paging,
    service: Service,
    device_type_id: Annotated[Id | None, Query(description="Only those of this type.")] = None,
    device_id: Annotated[Id | None, Query(description="Only those of this one device.")] = None,
    actor: Actor = may(Permission.MANUALS_READ),
) -> Page[Guide]:
    """Guides, newest first."""
    if device_type_id is not None and device_id is not None:
        raise Invalid("Give a device_type_id or a device_id, not both.")
    is_any = device_type_id is None and device_id is None
    subject = None if is_any else Subject(device_type_id=device_type_id, device_id=device_id)
    return await service.guides(subject, page)


@guides.post("/guides", status_code=status.HTTP_201_CREATED)
async def write(
    body: NewGuide, response: Response, service: Service, actor: Actor = may(Permission.MANUALS_WRITE)
) -> Guide:
    """Write a guide. Each port a step names must exist on that face of the device type."""
    return stamped(response, await service.write(body))


@guides.get("/guides/{guide_id}")
@viewed("guide")
async def guide(
    guide_id: Id, response: Response, service: Service, actor: Actor = may(Permission.MANUALS_READ)
) -> Guide:
    return stamped(response, await service.guide(guide_id))


@guides.put("/guides/{guide_id}")
async def rewrite(
    guide_id: Id,
    body: NewGuide,
    version: ExpectedVersion,
    response: Response,
    service: Service,
    actor: Actor = may(Permission.MANUALS_WRITE),
) -> Guide:
    return stamped(response, await service.rewrite(guide_id, body, version=version))


@guides.delete("/guides/{guide_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_guide(
    guide_id: Id, version: ExpectedVersion, service: Service, actor: Actor = may(Permission.MANUALS_WRITE)
) -> None:
    await service.remove(guide_id, version=version)


# -- documents ----------------------------------------------------------------------------------------------------


@files.post("/documents", status_code=status.HTTP_201_CREATED, openapi_extra=DOCUMENT_BODY)
async def add_document(
    request: Request, library: Shelf, actor: Actor = may(Permission.MANUALS_WRITE)
) -> Document:
    """Upload a document: PDF (at most 500 pages, no password), Markdown, JPEG, PNG or WebP."""
    limit_bytes = request.app.state.resources.settings.upload_limit_bytes
    async with form_with_file(request, limit_bytes=limit_bytes) as (fields, pieces):
        form = validated(DocumentForm, fields)
        return await library.keep_document(pieces, form)


@files.get("/documents/{document_id}")
@viewed("document")
async def document(document_id: Id, library: Shelf, actor: Actor = may(Permission.MANUALS_READ)) -> Document:
    return await library.document(document_id)


@files.delete("/documents/{document_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_document(
    document_id: Id, library: Shelf, actor: Actor = may(Permission.MANUALS_WRITE)
) -> None:
    await library.remove_document(document_id)


@files.get("/documents/{document_id}/file", response_class=FileResponse)
@acted("document.read", "document_id")
async def document_file(
    document_id: Id, library: Shelf, actor: Actor = may(Permission.MANUALS_READ)
) -> FileResponse:
    """The document as it was uploaded, as a download. Pictures come re-encoded, without hidden data."""
    found, blob = await library.file(document_id)
    return await download(blob, media_type=found.media_type, name=found.title)


@files.get("/documents/{document_id}/pages/{number}.png", response_class=FileResponse)
@acted("document.read", "document_id")
async def document_page(
    document_id: Id,
    number: Annotated[int, Path(ge=1, le=100_000)],
    library: Shelf,
    actor: Actor = may(Permission.MANUALS_READ),
) -> FileResponse:
    """A page of a PDF, counted from 1, as a picture; of a picture, itself."""
    blob, media_type = await library.page(document_id, number)
    return await picture(blob, media_type=media_type)


@files.get("/documents/{document_id}/html", response_class=HTMLResponse)
@acted("document.read", "document_id")
async def document_html(
    document_id: Id, library: Shelf, actor: Actor = may(Permission.MANUALS_READ)
) -> HTMLResponse:
    """A Markdown document as a page in which nothing can run; only our own pages may frame it."""
    headers = {"Cache-Control": "private, no-cache", "Content-Security-Policy": PAGE_POLICY}
    return HTMLResponse(await library.html(document_id), headers=headers)


# -- pictures of steps --------------------------------------------------------------------------------------------


@files.post("/pictures", status_code=status.HTTP_201_CREATED, openapi_extra=raw_body("A JPEG, PNG or WebP."))
async def add_picture(
    request: Request, library: Shelf, actor: Actor = may(Permission.MANUALS_WRITE)
) -> Picture:
    """Upload a picture for a step. It is written anew: upright, at most 2048 pixels long, no hidden data."""
    return await library.keep_picture(request.stream())


@files.get("/pictures/{sha256}", response_class=FileResponse)
@acted("picture.read", "sha256")
async def step_picture(
    sha256: Sha256, library: Shelf, actor: Actor = may(Permission.MANUALS_READ)
) -> FileResponse:
    blob, media_type = await library.picture(sha256)
    return await picture(blob, media_type=media_type)


router.include_router(guides)
router.include_router(files)
