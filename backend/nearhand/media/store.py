"""Rows of the reference pictures of faces, and of the calibrations of cameras."""

from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Float,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.devices.model import FaceSide
from nearhand.kit.database import UtcDateTime, metadata
from nearhand.kit.errors import Stale
from nearhand.media.model import Calibration, ReferencePicture

CAMERAS_KEPT = 50  # of one participant: what was written to longest ago makes room

# `subject_id` is the device's, where the picture is of one device only, else the type's.
face_pictures = Table(
    "face_picture",
    metadata,
    Column("subject_id", String(40), primary_key=True),
    Column("face", String(8), primary_key=True),
    Column("device_type_id", ForeignKey("device_type.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("device_id", String(40), nullable=True),
    Column("width_mm", Float, nullable=False),
    Column("height_mm", Float, nullable=False),
    Column("px_per_mm", Float, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("known_share", Float, nullable=False),
    Column("ring_mm", Float, nullable=False),
    Column("photographs", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("updated_by", String(40), nullable=False),
)

calibrations = Table(
    "camera_calibration",
    metadata,
    Column("participant_id", String(40), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("camera", JSON, nullable=False),
    Column("views", Integer, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)


class MediaStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    # -- reference pictures -----------------------------------------------------------------------------------------

    async def picture(
        self, device_type_id: str, face: FaceSide, device_id: str | None = None
    ) -> ReferencePicture | None:
        """Of exactly this device, or without one of the type."""
        query = select(face_pictures).where(
            face_pictures.c.subject_id == (device_id or device_type_id),
            face_pictures.c.device_type_id == device_type_id,
            face_pictures.c.face == face,
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _picture(row)

    async def pictures(self, device_type_id: str) -> list[ReferencePicture]:
        """All of a type: its own first, then those of single devices."""
        query = (
            select(face_pictures)
            .where(face_pictures.c.device_type_id == device_type_id)
            .order_by(
                face_pictures.c.device_id.is_not(None), face_pictures.c.subject_id, face_pictures.c.face
            )
        )
        return [_picture(row) for row in await self._connection.execute(query)]

    async def keep_picture(self, picture: ReferencePicture) -> None:
        """Write it over the version before it. Raises Stale when that is no longer the one."""
        row = picture.model_dump() | {"subject_id": picture.device_id or picture.device_type_id}
        if picture.version == 1:
            try:
                await self._connection.execute(insert(face_pictures).values(row))
            except IntegrityError:
                raise Stale from None
            return
        is_it = _is_it(picture, version=picture.version - 1)
        if not (await self._connection.execute(update(face_pictures).where(is_it).values(row))).rowcount:
            raise Stale

    async def remove_picture(self, picture: ReferencePicture, *, version: int) -> None:
        """Raise Stale. The file stays: others may share it."""
        is_it = _is_it(picture, version=version)
        if not (await self._connection.execute(delete(face_pictures).where(is_it))).rowcount:
            raise Stale

    # -- calibrations -----------------------------------------------------------------------------------------------

    async def calibration(self, participant_id: str, key: str) -> Calibration | None:
        query = select(calibrations).where(
            calibrations.c.participant_id == participant_id, calibrations.c.key == key
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Calibration.model_validate(_fields(row, Calibration))

    async def keep_calibration(self, participant_id: str, calibration: Calibration) -> None:
        """In place of what was known of this camera; beyond the limit, what was written longest ago is forgotten."""
        mine = calibrations.c.participant_id == participant_id
        await self._connection.execute(
            delete(calibrations).where(mine, calibrations.c.key == calibration.key)
        )
        row = calibration.model_dump() | {"participant_id": participant_id}
        await self._connection.execute(insert(calibrations).values(row))
        newest = calibrations.c.updated_at.desc(), calibrations.c.key
        keys = (
            await self._connection.execute(select(calibrations.c.key).where(mine).order_by(*newest))
        ).scalars()
        surplus = [key for key in list(keys)[CAMERAS_KEPT:] if key != calibration.key]
        if surplus:
            await self._connection.execute(delete(calibrations).where(mine, calibrations.c.key.in_(surplus)))


def _is_it(picture: ReferencePicture, *, version: int) -> Any:
    return (
        (face_pictures.c.subject_id == (picture.device_id or picture.device_type_id))
        & (face_pictures.c.face == picture.face)
        & (face_pictures.c.version == version)
    )


def _picture(row: Row[Any]) -> ReferencePicture:
    return ReferencePicture.model_validate(_fields(row, ReferencePicture))


def _fields(row: Row[Any], model: type[ReferencePicture] | type[Calibration]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in model.model_fields}
