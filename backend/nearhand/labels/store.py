"""Rows of labels, and of the tag ids given away."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    UniqueConstraint,
    exists,
    func,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import Grants
from nearhand.devices.seen import standing_device_ids
from nearhand.kit.database import UtcDateTime, in_parts, metadata
from nearhand.kit.errors import Overtaken
from nearhand.kit.http import PageQuery
from nearhand.labels.model import Label, LabelPlace, Tag

# Devices keep their rows when they are removed, so a label always finds its own.
labels = Table(
    "label",
    metadata,
    Column("code", String(40), primary_key=True),
    Column("text", Text, nullable=False),
    Column("device_id", ForeignKey("device.id"), nullable=False),
    Column("face", String(10), nullable=False),
    Column("x_mm", Float, nullable=False),
    Column("y_mm", Float, nullable=False),
    Column("size_mm", Float, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("readable_to_mm", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("key_id", String(1), nullable=True),
    Index("ix_label_device", "device_id", "created_at"),
)

# Ids are never given back: a tag that was printed once may still stick somewhere in the rack.
given_tags = Table(
    "label_tag",
    metadata,
    Column("scope", String(60), nullable=False),
    Column("dictionary", String(40), nullable=False),
    Column("tag_id", Integer, nullable=False),
    Column("code", ForeignKey("label.code"), nullable=False),
    UniqueConstraint("scope", "dictionary", "tag_id"),
)


class LabelStore:
    def __init__(self, connection: AsyncConnection, grants: Grants) -> None:
        self._connection, self._grants = connection, grants

    @property
    def connection(self) -> AsyncConnection:
        """The transaction it writes in, for what else belongs into it."""
        return self._connection

    async def add(self, label: Label, *, scope: str) -> None:
        """Raise Overtaken when somebody took the same code or tag ids at the same moment."""
        row = label.model_dump(mode="json", include={"tags", "face"}) | {
            "code": label.code,
            "text": label.text,
            "device_id": label.device_id,
            "readable_to_mm": label.readable_to_mm,
            "created_at": label.created_at,
            "key_id": label.key_id,
            **label.place.model_dump(),
        }
        given = [
            {"scope": scope, "dictionary": tag.dictionary, "tag_id": tag.id, "code": label.code}
            for tag in label.tags
        ]
        try:
            await self._connection.execute(insert(labels).values(row))
            if given:
                await self._connection.execute(insert(given_tags), given)
        except IntegrityError:
            raise Overtaken("Another label of this rack is being made just now; ask again.") from None

    async def find(self, code: str) -> Label | None:
        found = await self.find_all([code])
        return found[0] if found else None

    async def find_all(self, codes: Collection[str]) -> list[Label]:
        rows = await self._connection.execute(select(labels).where(labels.c.code.in_(codes)))
        return [_label(row) for row in rows]

    async def of_devices(self, device_ids: Collection[str]) -> list[Label]:
        """All labels ever made for these devices, newest first."""
        found: list[Label] = []
        for some in in_parts(sorted(device_ids)):
            query = (
                select(labels)
                .where(labels.c.device_id.in_(some))
                .order_by(labels.c.device_id, labels.c.created_at.desc(), labels.c.code)
            )
            found += [_label(row) for row in await self._connection.execute(query)]
        return found

    async def newest(
        self, page: PageQuery, *, site_id: str | None, is_signed: bool | None, good_keys: Collection[str]
    ) -> tuple[list[Label], int]:
        """The newest label of each face that these grants reach: all, or those with or without a good signature."""
        newer = labels.alias()
        is_newer = (newer.c.created_at > labels.c.created_at) | (
            (newer.c.created_at == labels.c.created_at) & (newer.c.code < labels.c.code)
        )
        is_replaced = exists().where(
            newer.c.device_id == labels.c.device_id, newer.c.face == labels.c.face, is_newer
        )
        wanted = [labels.c.device_id.in_(standing_device_ids(self._grants, site_id=site_id)), ~is_replaced]
        if is_signed is not None:
            has_good = labels.c.key_id.is_not(None) & labels.c.key_id.in_(good_keys)
            wanted.append(has_good if is_signed else ~has_good)
        total = (
            await self._connection.execute(select(func.count()).select_from(labels).where(*wanted))
        ).scalar_one()
        query = select(labels).where(*wanted).order_by(labels.c.created_at, labels.c.code)
        rows = await self._connection.execute(query.limit(page.limit).offset(page.offset))
        return [_label(row) for row in rows], total

    async def tag_ids(self, *, scope: str, dictionary: str) -> set[int]:
        query = select(given_tags.c.tag_id).where(
            given_tags.c.scope == scope, given_tags.c.dictionary == dictionary
        )
        return set((await self._connection.execute(query)).scalars())


def _label(row: Row[Any]) -> Label:
    values = row._mapping
    return Label(
        code=values["code"],
        text=values["text"],
        device_id=values["device_id"],
        face=values["face"],
        place=LabelPlace(x_mm=values["x_mm"], y_mm=values["y_mm"], size_mm=values["size_mm"]),
        tags=tuple(Tag.model_validate(tag) for tag in values["tags"]),
        readable_to_mm=values["readable_to_mm"],
        created_at=values["created_at"],
        key_id=values["key_id"],
    )
