"""Rows of documents, their drawn pages, guides, and the pictures of steps."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import Grants
from nearhand.devices.seen import seen_device_ids
from nearhand.kit.database import UtcDateTime, insert_if_absent, metadata
from nearhand.manuals.model import Document, Guide, Picture, Subject


def _subject_columns() -> list[Column[Any]]:
    return [
        Column("device_type_id", String(40), nullable=True, index=True),
        Column("device_id", String(40), nullable=True, index=True),
    ]


documents = Table(
    "document",
    metadata,
    Column("id", String(40), primary_key=True),
    *_subject_columns(),
    Column("title", String(200), nullable=False),
    Column("language", String(40), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("pages", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(40), nullable=False),
)

# Pages are drawn once for a content, whichever documents share it.
pages = Table(
    "document_page",
    metadata,
    Column("document_sha256", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
)

guides = Table(
    "guide",
    metadata,
    Column("id", String(40), primary_key=True),
    *_subject_columns(),
    Column("title", JSON, nullable=False),
    Column("steps", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

pictures = Table(
    "picture",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(40), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(40), nullable=False),
)


# Which guides show a picture: whoever may read one of them may see it.
shown_pictures = Table(
    "guide_picture",
    metadata,
    Column("guide_id", ForeignKey(guides.c.id, ondelete="CASCADE"), primary_key=True),
    Column("sha256", String(64), primary_key=True, index=True),
)

# Who had a picture of that content, so that naming its hash is no way to somebody else's.
picture_uploads = Table(
    "picture_upload",
    metadata,
    Column("sha256", ForeignKey(pictures.c.sha256, ondelete="CASCADE"), primary_key=True),
    Column("participant_id", String(40), primary_key=True),
)


class ManualStore:
    """Manuals as far as `grants` reach: those of device types are for everybody who may read any."""

    def __init__(self, connection: AsyncConnection, grants: Grants) -> None:
        self._connection, self._grants = connection, grants

    @property
    def connection(self) -> AsyncConnection:
        """The transaction it writes in, for what else belongs into it."""
        return self._connection

    # -- documents ------------------------------------------------------------------------------------------------

    async def add_document(self, document: Document) -> None:
        row = document.model_dump(exclude={"subject"}) | document.subject.model_dump()
        await self._connection.execute(insert(documents).values(**row))

    async def document(self, document_id: str) -> Document | None:
        query = select(documents).where(documents.c.id == document_id, self._is_seen(documents))
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _document(row)

    async def documents_about(self, device_id: str, device_type_id: str) -> tuple[Document, ...]:
        query = (
            select(documents)
            .where(_is_about(documents, device_id, device_type_id))
            .order_by(documents.c.title, documents.c.id)
        )
        return tuple(_document(row) for row in await self._connection.execute(query))

    async def remove_document(self, document_id: str) -> bool:
        done = await self._connection.execute(delete(documents).where(documents.c.id == document_id))
        return bool(done.rowcount)

    async def page(self, document_sha256: str, number: int) -> str | None:
        """The picture of a page, when it was drawn before."""
        is_it = (pages.c.document_sha256 == document_sha256) & (pages.c.number == number)
        found: str | None = await self._connection.scalar(select(pages.c.sha256).where(is_it))
        return found

    async def add_page(self, document_sha256: str, number: int, sha256: str) -> None:
        row = {"document_sha256": document_sha256, "number": number, "sha256": sha256}
        await self._connection.execute(insert_if_absent(self._connection, pages), row)

    # -- guides ---------------------------------------------------------------------------------------------------

    async def add_guide(self, guide: Guide) -> None:
        await self._connection.execute(insert(guides).values(**_guide_values(guide)))
        await self._show_pictures(guide)

    async def guide(self, guide_id: str) -> Guide | None:
        query = select(guides).where(guides.c.id == guide_id, self._is_seen(guides))
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _guide(row)

    async def guides(self, subject: Subject | None, *, limit: int, offset: int) -> tuple[list[Guide], int]:
        """Newest first; all of them, or those about exactly this subject."""
        conditions = [self._is_seen(guides)] + ([] if subject is None else [_is_exactly(guides, subject)])
        query = (
            select(guides)
            .where(*conditions)
            .order_by(guides.c.created_at.desc(), guides.c.id)
            .limit(limit)
            .offset(offset)
        )
        rows = await self._connection.execute(query)
        total = await self._connection.scalar(select(func.count()).select_from(guides).where(*conditions))
        return [_guide(row) for row in rows], total or 0

    async def guides_about(self, device_id: str, device_type_id: str) -> tuple[Guide, ...]:
        query = (
            select(guides)
            .where(_is_about(guides, device_id, device_type_id))
            .order_by(guides.c.created_at, guides.c.id)
        )
        return tuple(_guide(row) for row in await self._connection.execute(query))

    async def replace_guide(self, guide: Guide, *, expected: int) -> bool:
        """Whether the guide still had the version expected, and now is this one."""
        is_it = (guides.c.id == guide.id) & (guides.c.version == expected)
        done = await self._connection.execute(update(guides).where(is_it).values(**_guide_values(guide)))
        if done.rowcount:
            await self._connection.execute(
                delete(shown_pictures).where(shown_pictures.c.guide_id == guide.id)
            )
            await self._show_pictures(guide)
        return bool(done.rowcount)

    async def remove_guide(self, guide_id: str, *, expected: int) -> bool:
        is_it = (guides.c.id == guide_id) & (guides.c.version == expected)
        return bool((await self._connection.execute(delete(guides).where(is_it))).rowcount)

    # -- pictures -------------------------------------------------------------------------------------------------

    async def pictures(self, sha256s: Collection[str], *, by: str) -> dict[str, Picture]:
        """Of these pictures, those that this participant uploaded, or that a guide shows which may be read."""
        shown = (
            select(shown_pictures.c.sha256)
            .join(guides, shown_pictures.c.guide_id == guides.c.id)
            .where(self._is_seen(guides))
        )
        uploaded = select(picture_uploads.c.sha256).where(picture_uploads.c.participant_id == by)
        query = select(pictures).where(
            pictures.c.sha256.in_(sha256s),
            or_(pictures.c.sha256.in_(uploaded), pictures.c.sha256.in_(shown)),
        )
        return {row.sha256: _picture(row) for row in await self._connection.execute(query)}

    async def add_picture(self, picture: Picture, *, at: datetime, by: str) -> None:
        row = {**picture.model_dump(), "created_at": at, "created_by": by}
        await self._connection.execute(insert_if_absent(self._connection, pictures), row)
        upload = {"sha256": picture.sha256, "participant_id": by}
        await self._connection.execute(insert_if_absent(self._connection, picture_uploads), upload)

    async def _show_pictures(self, guide: Guide) -> None:
        named = dict.fromkeys(step.picture_sha256 for step in guide.steps if step.picture_sha256 is not None)
        if named:
            rows = [{"guide_id": guide.id, "sha256": sha256} for sha256 in named]
            await self._connection.execute(insert(shown_pictures), rows)

    def _is_seen(self, table: Table) -> ColumnElement[bool]:
        return or_(table.c.device_id.is_(None), table.c.device_id.in_(seen_device_ids(self._grants)))


def _is_about(table: Table, device_id: str, device_type_id: str) -> ColumnElement[bool]:
    return or_(table.c.device_id == device_id, table.c.device_type_id == device_type_id)


def _is_exactly(table: Table, subject: Subject) -> ColumnElement[bool]:
    if subject.device_id is not None:
        return table.c.device_id == subject.device_id
    return table.c.device_type_id == subject.device_type_id


def _subject(row: Row[Any]) -> Subject:
    return Subject(device_type_id=row.device_type_id, device_id=row.device_id)


def _document(row: Row[Any]) -> Document:
    values = dict(row._mapping)
    return Document.model_validate(
        {name: values[name] for name in Document.model_fields if name in values} | {"subject": _subject(row)}
    )


def _guide_values(guide: Guide) -> dict[str, Any]:
    steps = [step.model_dump(mode="json") for step in guide.steps]
    return guide.model_dump(exclude={"subject", "steps"}) | guide.subject.model_dump() | {"steps": steps}


def _guide(row: Row[Any]) -> Guide:
    values = dict(row._mapping)
    return Guide.model_validate(
        {name: values[name] for name in Guide.model_fields if name in values} | {"subject": _subject(row)}
    )


def _picture(row: Row[Any]) -> Picture:
    return Picture(
        sha256=row.sha256,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        size_bytes=row.size_bytes,
    )
