"""What was done to a device: who, when, what, with which parts, on which work order."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class Attachment(BaseModel):
    """A file kept with a record; its bytes are found by `sha256`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    name: str = Field(min_length=1, max_length=200)
    media_type: str = Field(max_length=100)
    size_bytes: int = Field(ge=0)


class NewMaintenanceRecord(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    performed_at: datetime
    performed_by: str = Field(min_length=1, max_length=100)
    summary: str = Field(min_length=1, max_length=300)
    detail: str = Field("", max_length=10_000)
    parts: tuple[str, ...] = Field((), max_length=50)
    work_order: str = Field("", max_length=60)
    attachments: tuple[Attachment, ...] = Field((), max_length=20)


class MaintenanceRecord(NewMaintenanceRecord):
    id: str
    device_id: str
    version: int
    created_at: datetime
    created_by: str
