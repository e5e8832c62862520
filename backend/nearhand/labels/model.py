"""What is printed on a device: an identity label, its ear tags, and the layout that vision needs to know."""

from datetime import datetime

from pydantic import Field

from nearhand.devices.model import DeviceView, FaceSide, Frozen, Millimetres
from nearhand.kit.errors import Conflict, Invalid


class LabelPlace(Frozen):
    """Where the label's symbol sits: the centre on the face, and the edge length without the quiet zone."""

    x_mm: Millimetres
    y_mm: Millimetres
    size_mm: float = Field(ge=8, le=200)


class Tag(Frozen):
    """A small square fiducial near an ear: dictionary and id, centre and black square's edge length."""

    dictionary: str = "DICT_4X4_250"
    id: int = Field(ge=0, le=999)
    x_mm: Millimetres
    y_mm: Millimetres
    size_mm: float = Field(ge=5, le=200)


class Label(Frozen):
    """A printed identity: its code never changes hands and never stops resolving. `text` is what the QR says."""

    code: str
    text: str
    device_id: str
    face: FaceSide
    place: LabelPlace
    tags: tuple[Tag, ...]
    created_at: datetime


class Resolved(Frozen):
    """What a scanned label leads to."""

    label: Label
    view: DeviceView
    layout: "Layout"


class LayoutLabel(Frozen):
    text: str
    x_mm: float
    y_mm: float
    size_mm: float


class LayoutFace(Frozen):
    width_mm: float
    height_mm: float


class Layout(Frozen):
    """What vision needs to know of a labelled face; the same document as the CLI's layout.json."""

    face: LayoutFace
    label: LayoutLabel | None
    tags: tuple[Tag, ...]


class NewLabel(Frozen):
    """Wish for a label. What is left out is chosen: a free spot near the face's edge, tags near both ears."""

    face: FaceSide = FaceSide.FRONT
    place: LabelPlace | None = None
    tag_size_mm: float = Field(15, ge=5, le=200)


class LabelUnreadable(Invalid):
    code, title = "label_unreadable", "The label could not be read back; nothing was handed out"


class NoRoom(Invalid):
    code, title = "no_room", "There is no free place of that size on the face"


class NoTagsLeft(Conflict):
    code, title = "no_tags_left", "All tag ids of this rack are in use"
