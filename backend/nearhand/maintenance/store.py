"""Rows of maintenance records, and of the files attached to them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ForeignKey,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
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
from nearhand.maintenance.model import Attachment, MaintenanceRecord

UNNAMED = "attachment"

# A record names its device without a foreign key: history outlives what it tells of.
records = Table(
    "maintenance_record",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("device_id", String(40), nullable=False),
    Column("performed_at", UtcDateTime, nullable=False),
    Column("performed_by", String(100), nullable=False),
    Column("summary", String(300), nullable=False),
    Column("detail", Text, nullable=False),
    Column("parts", JSON, nullable=False),
    Column("work_order", String(60), nullable=False),
    Column("attachments", JSON, nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(40), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
Index("ix_maintenance_record_newest", records.c.device_id, records.c.performed_at, records.c.id)

attachments = Table(
    "attachment",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(40), nullable=False),
)


# Who had a file of that content, so that naming its hash is no way to somebody else's.
uploads = Table(
    "attachment_upload",
    metadata,
    Column("sha256", ForeignKey(attachments.c.sha256, ondelete="CASCADE"), primary_key=True),
    Column("participant_id", String(40), primary_key=True),
)

# Which records name a file: whoever may read one of them may read it.
named_files = Table(
    "maintenance_record_attachment",
    metadata,
    Column("record_id", ForeignKey(records.c.id, ondelete="CASCADE"), primary_key=True),
    Column("sha256", String(64), primary_key=True, index=True),
)


class MaintenanceStore:
    """Records and files as far as `grants` reach. Records are found whole: their device says who may read them."""

    def __init__(self, connection: AsyncConnection, grants: Grants) -> None:
        self._connection, self._grants = connection, grants

    @property
    def connection(self) -> AsyncConnection:
        """The transaction it writes in, for what else belongs into it."""
        return self._connection

    async def add(self, record: MaintenanceRecord) -> None:
        await self._connection.execute(insert(records).values(**_values(record)))
        await self._name_files(record)

    async def find(self, record_id: str) -> MaintenanceRecord | None:
        query = select(records).where(records.c.id == record_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _record(row)

    async def of_device(
        self, device_id: str, *, limit: int, offset: int
    ) -> tuple[list[MaintenanceRecord], int]:
        """Newest first, and how many there are in all."""
        is_here = records.c.device_id == device_id
        query = (
            select(records)
            .where(is_here)
            .order_by(records.c.performed_at.desc(), records.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        rows = await self._connection.execute(query)
        total = await self._connection.scalar(select(func.count()).select_from(records).where(is_here))
        return [_record(row) for row in rows], total or 0

    async def replace(self, record: MaintenanceRecord, *, expected: int) -> bool:
        """Whether the record still had the version expected, and now is this one."""
        is_it = (records.c.id == record.id) & (records.c.version == expected)
        done = await self._connection.execute(update(records).where(is_it).values(**_values(record)))
        if done.rowcount:
            await self._connection.execute(delete(named_files).where(named_files.c.record_id == record.id))
            await self._name_files(record)
        return bool(done.rowcount)

    async def remove(self, record_id: str, *, expected: int) -> bool:
        is_it = (records.c.id == record_id) & (records.c.version == expected)
        return bool((await self._connection.execute(delete(records).where(is_it))).rowcount)

    async def _name_files(self, record: MaintenanceRecord) -> None:
        rows = [
            {"record_id": record.id, "sha256": sha256}
            for sha256 in dict.fromkeys(attachment.sha256 for attachment in record.attachments)
        ]
        if rows:
            await self._connection.execute(insert(named_files), rows)

    async def attachments(self, sha256s: Collection[str], *, by: str) -> dict[str, Attachment]:
        """Of these files, those that this participant uploaded, or that a record names which may be read."""
        named = (
            select(named_files.c.sha256)
            .join(records, named_files.c.record_id == records.c.id)
            .where(records.c.device_id.in_(seen_device_ids(self._grants)))
        )
        uploaded = select(uploads.c.sha256).where(uploads.c.participant_id == by)
        query = select(attachments).where(
            attachments.c.sha256.in_(sha256s),
            or_(attachments.c.sha256.in_(uploaded), attachments.c.sha256.in_(named)),
        )
        return {row.sha256: _attachment(row, by) for row in await self._connection.execute(query)}

    async def name_in_records(self, sha256: str) -> str | None:
        """What the newest record that may be read calls this file."""
        query = (
            select(records.c.attachments)
            .join(named_files, named_files.c.record_id == records.c.id)
            .where(named_files.c.sha256 == sha256, records.c.device_id.in_(seen_device_ids(self._grants)))
            .order_by(records.c.performed_at.desc(), records.c.id.desc())
            .limit(1)
        )
        named = await self._connection.scalar(query)
        return next((str(one["name"]) for one in named or () if one["sha256"] == sha256), None)

    async def add_attachment(self, attachment: Attachment, *, at: datetime, by: str) -> None:
        """Remember an uploaded file; one whose content is known already keeps its first name."""
        row = {**attachment.model_dump(), "created_at": at, "created_by": by}
        await self._connection.execute(insert_if_absent(self._connection, attachments), row)
        upload = {"sha256": attachment.sha256, "participant_id": by}
        await self._connection.execute(insert_if_absent(self._connection, uploads), upload)


def _values(record: MaintenanceRecord) -> dict[str, Any]:
    return record.model_dump() | {
        "parts": list(record.parts),
        "attachments": [attachment.model_dump() for attachment in record.attachments],
    }


def _record(row: Row[Any]) -> MaintenanceRecord:
    return MaintenanceRecord.model_validate(dict(row._mapping))


def _attachment(row: Row[Any], by: str) -> Attachment:
    """What its first sender called it is told to nobody else who happens to have the same bytes."""
    name = row.name if row.created_by == by else UNNAMED
    return Attachment(sha256=row.sha256, name=name, media_type=row.media_type, size_bytes=row.size_bytes)
