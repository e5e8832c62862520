"""Stills: pictures from the field, checked and kept by content."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from nearhand.devices.model import FaceSide, Frozen
from nearhand.kit.errors import Unavailable
from nearhand.labels.model import Resolved
from nearhand.vision.camera import Intrinsics


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


Corners = tuple[tuple[float, float], ...]  # top-left, top-right, bottom-right, bottom-left as printed


class ReadLabel(Frozen):
    """A QR symbol in a picture. `problem` says why it leads to no device: `foreign_label` or `unknown_label`."""

    text: str
    corners_px: Corners
    problem: str | None = None


class ReadTag(Frozen):
    dictionary: str
    id: int
    corners_px: Corners


class FoundFace(Frozen):
    """Where the device's face is in the picture; `T_camera_face` and `covariance` as in a sighting."""

    device_id: str
    face: FaceSide
    T_camera_face: tuple[float, ...] = Field(min_length=16, max_length=16)
    covariance: tuple[float, ...] = Field(min_length=36, max_length=36)
    camera: Intrinsics
    label_seen: bool
    tags_seen: tuple[int, ...]


class Reading(Frozen):
    """What is in a picture: every label and tag, which device it shows, and where that device's face is."""

    width: int
    height: int
    labels: tuple[ReadLabel, ...]
    tags: tuple[ReadTag, ...]
    device: Resolved | None
    found: FoundFace | None


class Lens(Frozen):
    """What is known of the camera that took a picture; all in pixels of that picture. Left out: assumed."""

    fx: float | None = Field(None, gt=0, le=1e6, allow_inf_nan=False)
    fy: float | None = Field(None, gt=0, le=1e6, allow_inf_nan=False)
    cx: float | None = Field(None, ge=-1e6, le=1e6, allow_inf_nan=False)
    cy: float | None = Field(None, ge=-1e6, le=1e6, allow_inf_nan=False)
    k1: float = Field(0.0, ge=-5, le=5, allow_inf_nan=False)

    def intrinsics(self, width: int, height: int) -> Intrinsics | None:
        """None when not even the focal length is known."""
        if self.fx is None:
            return None
        return Intrinsics(
            width=width,
            height=height,
            fx=self.fx,
            fy=self.fx if self.fy is None else self.fy,
            cx=(width - 1) / 2 if self.cx is None else self.cx,
            cy=(height - 1) / 2 if self.cy is None else self.cy,
            k1=self.k1,
        )


class TooBusy(Unavailable):
    code, title = "too_busy", "Too many pictures are being read just now; try again in a moment"


class ReadingTooSlow(Unavailable):
    code, title = "reading_too_slow", "Reading this picture took longer than allowed"
