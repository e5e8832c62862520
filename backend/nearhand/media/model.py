"""Pictures from the field: stills, what is read in them, and what faces and cameras are known to be like."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from nearhand.devices.model import FaceSide, Frozen
from nearhand.kit.errors import Invalid, Unavailable
from nearhand.kit.patterns import ONE_LINE
from nearhand.labels.model import LabelDoubt, Resolved
from nearhand.vision.camera import Intrinsics
from nearhand.vision.locate import Held


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
    """A QR symbol in a picture. `problem` says why it leads to no device: `foreign_label`, `unknown_label` or
    `label_refused`; `doubt` why it may not have been printed here, where the site asks for signatures.
    """

    text: str
    corners_px: Corners
    problem: str | None = None
    doubt: LabelDoubt | None = None


class ReadTag(Frozen):
    dictionary: str
    id: int
    corners_px: Corners


class FoundFace(Frozen):
    """Where the device's face is in the picture; `T_camera_face` and `covariance` as in a sighting.

    `held`: by its symbols, or by its reference picture alone, which all devices of its type are alike to.
    """

    device_id: str
    face: FaceSide
    held: Held
    T_camera_face: tuple[float, ...] = Field(min_length=16, max_length=16)
    covariance: tuple[float, ...] = Field(min_length=36, max_length=36)
    camera: Intrinsics
    label_seen: bool
    tags_seen: tuple[int, ...]


class Reading(Frozen):
    """What is in a picture: every label and tag, which device it shows, and where that device's face is.

    `finding` says why it is not told: `label_and_tags_disagree`, or `two_alike` when two devices of the type are in sight
    and no symbol says which is which.
    """

    width: int
    height: int
    labels: tuple[ReadLabel, ...]
    tags: tuple[ReadTag, ...]
    device: Resolved | None
    found: FoundFace | None
    finding: Literal["label_and_tags_disagree", "two_alike"] | None


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


# -- reference pictures of faces --------------------------------------------------------------------------------


class ReferencePicture(Frozen):
    """What a face looks like from straight ahead: of a device type, or of one device that looks otherwise.

    The middle of its pixel (column, row) is the face's point ((column + 0.5) / px_per_mm, (row + 0.5) / px_per_mm).
    `known_share` of it was seen in so many `photographs`; `ring_mm`: how far off a point of it may be (95 of 100 cases).
    """

    device_type_id: str
    device_id: str | None
    face: FaceSide
    width_mm: float
    height_mm: float
    px_per_mm: float
    width: int
    height: int
    known_share: float
    ring_mm: float
    photographs: int
    sha256: str
    version: int
    updated_at: datetime
    updated_by: str


class Rectified(Frozen):
    """What became of a photograph: by which symbols it was laid flat, and the picture, as WebP in base64."""

    label_seen: bool
    tags_seen: tuple[int, ...]
    picture: ReferencePicture
    is_kept: bool
    preview: str


class NothingToGoBy(Invalid):
    code, title = "nothing_to_go_by", "No label or tag of such a device is seen well enough in the picture"


class ShowsAnotherFace(Invalid):
    code, title = "shows_another_face", "The picture shows a device of another type, or its other side"


class SymbolsDisagree(Invalid):
    code, title = "symbols_disagree", "Label and tags do not belong together: one is on the wrong device"


class TooLittleKnown(Invalid):
    code, title = "too_little_known", "Too little of the face is seen well enough in the picture"


# -- calibrations of cameras ------------------------------------------------------------------------------------

CameraKey = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=ONE_LINE)]


class NewCalibration(Frozen):
    """What was found out about a camera from so many views of known symbols."""

    camera: Intrinsics
    views: int = Field(ge=1, le=100_000)


class Calibration(NewCalibration):
    """`key` is what its owner's browser calls the camera: its name or side, the picture's shape, and its zoom."""

    key: str
    updated_at: datetime


class TooBusy(Unavailable):
    code, title = "too_busy", "Too many pictures are being read just now; try again in a moment"


class ReadingTooSlow(Unavailable):
    code, title = "reading_too_slow", "Reading this picture took longer than allowed"
