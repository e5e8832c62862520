"""Take in documents and pictures, draw their pages, and hand them out."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from nearhand.access.model import Actor, Permission
from nearhand.audit import recording
from nearhand.kit.blobs import Blob, Blobs
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound, Unsupported
from nearhand.kit.ids import Ids
from nearhand.kit.uploads import PDF, PNG, TEXT, Incoming, incoming
from nearhand.manuals.documents import MARKDOWN_LIMIT_BYTES, safe_page
from nearhand.manuals.drawing import Drawing
from nearhand.manuals.model import (
    Document,
    DocumentForm,
    DocumentKind,
    DocumentKindRefused,
    DocumentTooLong,
    PageMissing,
    Picture,
)
from nearhand.manuals.pictures import CleanPicture, cleaned
from nearhand.manuals.service import manuals_on
from nearhand.manuals.store import ManualStore

DOCUMENT_PICTURE_LONG_SIDE_PX = 4096  # wiring diagrams are read by zooming in


@dataclass(frozen=True)
class Limits:
    upload_bytes: int
    picture_pixels: int


@dataclass(frozen=True)
class Shelf:
    """Where files lie, and what reads PDFs."""

    blobs: Blobs
    drawing: Drawing


class Library:
    """Opens its own short transactions: no lock waits for bytes to trickle in or for a page to be drawn."""

    def __init__(  # noqa: PLR0913 - what it keeps files with, and for whom
        self, database: Database, shelf: Shelf, actor: Actor, *, ids: Ids, clock: Clock, limits: Limits
    ) -> None:
        self._database = database
        self._blobs, self._drawing = shelf.blobs, shelf.drawing
        self._actor = actor
        self._grants = actor.grants_with(Permission.MANUALS_READ)
        self._ids = ids
        self._clock = clock
        self._limits = limits

    # -- documents ------------------------------------------------------------------------------------------------

    async def keep_document(self, pieces: AsyncIterator[bytes], form: DocumentForm) -> Document:
        """Raise NotFound for an unknown subject, NotPermitted, and a refusal for a file that is not what it should be."""
        async with self._database.reading() as connection:
            manuals = manuals_on(connection, self._actor, ids=self._ids, clock=self._clock)
            await manuals.demand(form.subject())
            await manuals.device_type_of(form.subject())
        async with incoming(pieces, self._blobs, limit_bytes=self._limits.upload_bytes) as file:
            kind, media_type, sha256, size_bytes, pages = await self._examined(file)
        document = Document(
            id=self._ids.new(),
            subject=form.subject(),
            title=form.title,
            language=form.language,
            kind=kind,
            media_type=media_type,
            sha256=sha256,
            size_bytes=size_bytes,
            pages=pages,
            created_at=self._clock.now(),
            created_by=self._actor.participant_id,
        )
        async with self._database.transaction() as connection:
            await ManualStore(connection, self._grants).add_document(document)
            await recording.added(connection, "document", document)
        return document

    async def document(self, document_id: str) -> Document:
        async with self._database.reading() as connection:
            document = await ManualStore(connection, self._grants).document(document_id)
        if document is None:
            raise NotFound(f"No document {document_id}.")
        return document

    async def remove_document(self, document_id: str) -> None:
        """Raise NotFound and NotPermitted. The bytes stay: others may share them."""
        document = await self.document(document_id)
        async with self._database.transaction() as connection:
            await manuals_on(connection, self._actor, ids=self._ids, clock=self._clock).demand(
                document.subject
            )
            if not await ManualStore(connection, self._grants).remove_document(document_id):
                raise NotFound(f"No document {document_id}.")
            await recording.removed(connection, "document", document)

    async def file(self, document_id: str) -> tuple[Document, Blob]:
        document = await self.document(document_id)
        return document, self._blobs.blob(document.sha256)

    async def page(self, document_id: str, number: int) -> tuple[Blob, str]:
        """A page as a picture, drawn when first asked for. Raises PageMissing, RenderTimeout or Unsupported."""
        document, blob = await self.file(document_id)
        if not 1 <= number <= document.pages:
            raise PageMissing(f"There is no page {number}; the last is {document.pages}.")
        if document.kind is DocumentKind.IMAGE:
            return blob, document.media_type
        if document.kind is DocumentKind.MARKDOWN:
            raise Unsupported("Markdown has no pages to draw; ask for its HTML.")
        async with self._database.reading() as connection:
            drawn = await ManualStore(connection, self._grants).page(document.sha256, number)
        if drawn is None:
            drawn = await self._blobs.put(await self._drawing.png(blob, number, self._actor.holder))
            async with self._database.transaction() as connection:
                await ManualStore(connection, self._grants).add_page(document.sha256, number, drawn)
        return self._blobs.blob(drawn), PNG

    async def html(self, document_id: str) -> str:
        """A Markdown document as a safe page. Raises Unsupported for any other kind."""
        document = await self.document(document_id)
        if document.kind is not DocumentKind.MARKDOWN:
            raise Unsupported("Only Markdown documents have HTML.")
        text = (await self._blobs.get(document.sha256)).decode("utf-8-sig")
        return await asyncio.to_thread(safe_page, text, title=document.title, language=document.language)

    async def _examined(self, file: Incoming) -> tuple[DocumentKind, str, str, int, int]:
        """Kind, media type, SHA-256, bytes and pages of what is kept of the file."""
        media_type = await file.media_type()
        if media_type == PDF:
            pages = await self._drawing.pages(file.lend, self._actor.holder)
            await file.keep()
            return DocumentKind.PDF, PDF, file.sha256, file.size_bytes, pages
        if media_type == TEXT:
            if file.size_bytes > MARKDOWN_LIMIT_BYTES:
                raise DocumentTooLong(f"A Markdown document may have {MARKDOWN_LIMIT_BYTES} bytes.")
            await file.keep()
            return DocumentKind.MARKDOWN, "text/markdown; charset=utf-8", file.sha256, file.size_bytes, 1
        if media_type is None:
            raise DocumentKindRefused
        picture = await self._cleaned(file, DOCUMENT_PICTURE_LONG_SIDE_PX)
        sha256 = await self._blobs.put(picture.content)
        return DocumentKind.IMAGE, picture.media_type, sha256, len(picture.content), 1

    # -- pictures of steps ----------------------------------------------------------------------------------------

    async def keep_picture(self, pieces: AsyncIterator[bytes]) -> Picture:
        """Raise NotAPicture, TooManyPixels, TooLarge or StorageFull."""
        async with incoming(pieces, self._blobs, limit_bytes=self._limits.upload_bytes) as file:
            clean = await self._cleaned(file)
        picture = Picture(
            sha256=await self._blobs.put(clean.content),
            media_type=clean.media_type,
            width=clean.width,
            height=clean.height,
            size_bytes=len(clean.content),
        )
        async with self._database.transaction() as connection:
            await ManualStore(connection, self._grants).add_picture(
                picture, at=self._clock.now(), by=self._actor.participant_id
            )
            await recording.added(connection, "picture", picture)
        return picture

    async def picture(self, sha256: str) -> tuple[Blob, str]:
        """Its file, and its media type. Found are those of guides that may be read, and one's own."""
        async with self._database.reading() as connection:
            found = await ManualStore(connection, self._grants).pictures(
                [sha256], by=self._actor.participant_id
            )
        if sha256 not in found:
            raise NotFound(f"No picture {sha256}.")
        return self._blobs.blob(sha256), found[sha256].media_type

    async def _cleaned(self, file: Incoming, long_side_px: int | None = None) -> CleanPicture:
        sizes = {} if long_side_px is None else {"long_side_px": long_side_px}

        def clean() -> CleanPicture:
            with file.open() as opened:
                return cleaned(opened, limit_pixels=self._limits.picture_pixels, **sizes)

        return await asyncio.to_thread(clean)


def library_of(resources: Any, actor: Actor) -> Library:
    """The library over what lives as long as the service does."""
    settings = resources.settings
    return Library(
        resources.database,
        Shelf(resources.blobs, resources.drawing),
        actor,
        ids=resources.ids,
        clock=resources.clock,
        limits=Limits(settings.upload_limit_bytes, settings.image_limit_pixels),
    )
