"""What was done to a device: who, when, what, with which parts, on which work order."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from nearhand.kit.errors import Invalid, Unsupported
from nearhand.kit.patterns import MANY_LINES, ONE_LINE, Sha256

# Nothing kept here is older, and an unset clock says 1970.
EARLIEST_AT = datetime(1971, 1, 1, tzinfo=UTC)
MAX_AHEAD_DAYS = 1  # a planned job is not history; a day forgives any time zone set wrongly

Part = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=ONE_LINE)
]


class Attachment(BaseModel):
    """A file kept with a record; its bytes are found by `sha256`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: Sha256
    name: str = Field(min_length=1, max_length=200, pattern=ONE_LINE)
    media_type: str = Field(max_length=100)
    size_bytes: int = Field(ge=0)


class NewMaintenanceRecord(BaseModel):
    """`attachments` are what POST /attachments answered."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "performed_at": "2026-01-20T09:30:00+08:00",
                "performed_by": "Site technician, night shift",
                "summary": "Replaced the optic in port 37",
                "detail": "Receive power was -24.1 dBm before and -3.2 dBm after.",
                "parts": ["SFP+ 10GBASE-SR, serial FNS20410X7Q"],
                "work_order": "WO-20418",
                "attachments": [],
            }
        },
    )

    performed_at: AwareDatetime
    performed_by: str = Field(min_length=1, max_length=100, pattern=ONE_LINE)
    summary: str = Field(min_length=1, max_length=300, pattern=ONE_LINE)
    detail: str = Field("", max_length=10_000, pattern=MANY_LINES)
    parts: tuple[Part, ...] = Field((), max_length=50)
    work_order: str = Field("", max_length=60, pattern=ONE_LINE)
    attachments: tuple[Attachment, ...] = Field((), max_length=20)


class MaintenanceRecord(NewMaintenanceRecord):
    id: str
    device_id: str
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime


# -- refusals ---------------------------------------------------------------------------------------------------


class NotHistory(Invalid):
    code, title = "not_history", "performed_at is not a time at which this can have been done"


class AttachmentUnknown(Invalid):
    code, title = "attachment_unknown", "An attachment was not uploaded; POST /attachments first"


class AttachmentKindRefused(Unsupported):
    code, title = "attachment_kind_refused", "Attachments may be PDF, JPEG, PNG, WebP or text in UTF-8"
