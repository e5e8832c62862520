"""Stills: pictures from the field, checked and kept by content."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from nearhand.kit.errors import Invalid, Unsupported


class Still(BaseModel):
    """A picture kept for one session. It becomes part of the session when `still.share` names it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    session_id: str
    sha256: str
    media_type: str
    width: int
    height: int
    size_bytes: int
    created_at: datetime
    created_by: str


class NotAPicture(Unsupported):
    code, title = "not_a_picture", "This is not a JPEG, PNG or WebP picture"


class TooManyPixels(Invalid):
    code, title = "too_many_pixels", "The picture has more pixels than the limit"
