"""What is printed on a device: an identity label, its ear tags, and the layout that vision needs to know."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, model_validator

from nearhand.devices.model import DeviceView, Face, FaceSide, Frozen, Millimetres
from nearhand.kit.errors import Conflict, Invalid, NotFound, Unavailable
from nearhand.kit.ids import ALPHABET
from nearhand.kit.patterns import Id
from nearhand.vision.layout import Layout as Layout
from nearhand.vision.layout import LayoutFace as LayoutFace
from nearhand.vision.layout import LayoutLabel as LayoutLabel
from nearhand.vision.layout import Tag as Tag

CODE_LENGTH = (
    8  # 40 bits: a million labels collide with probability 0.4, and the primary key refuses even that
)
MAX_SHEET_LABELS = 400
MAX_TEXT = 300  # characters; more than any address of ours takes
MAX_FACE_TAGS = 50  # as many as a layout may have

Code = Annotated[str, StringConstraints(min_length=1, max_length=40)]


class LabelPlace(Frozen):
    """Where the label's symbol sits: the centre on the face, and the edge length without the quiet zone."""

    x_mm: Millimetres
    y_mm: Millimetres
    size_mm: float = Field(ge=8, le=200)


class Label(Frozen):
    """A printed identity: its code never changes hands and never stops resolving. `text` is what the QR says.

    `key_id`: which key signed it; null where labels of the site were not signed when it was made.
    """

    code: str
    text: str
    device_id: str
    face: FaceSide
    place: LabelPlace
    tags: tuple[Tag, ...]
    readable_to_mm: int = Field(description="Distance up to which a phone's 1080p video can read it.")
    created_at: datetime
    key_id: str | None = None


class LabelDoubt(StrEnum):
    """Why a label may not be ours: it was made before labels were signed; its signature is missing or wrong; or the
    key that signed it was withdrawn since."""

    UNSIGNED = "unsigned"
    SIGNATURE_MISSING = "signature_missing"
    SIGNATURE_WRONG = "signature_wrong"
    KEY_WITHDRAWN = "key_withdrawn"


class Resolved(Frozen):
    """What a scanned label leads to. `doubt`: why it may not have been printed here; told where the site asks for it."""

    label: Label
    view: DeviceView
    layout: Layout
    doubt: LabelDoubt | None = None


class ListedLabel(Frozen):
    """The newest label of a face, and whose it is."""

    label: Label
    asset_tag: str


@dataclass(frozen=True)
class Scanned:
    """What a scanned or typed text says: a code, its signature if there is one, and the address around it."""

    code: str
    signature: str | None
    address: str | None  # as far as the code; None for what was typed


@dataclass(frozen=True)
class SortedOut:
    """Of scanned texts those that lead to a device, what is wrong with the others, and what is doubtful of any."""

    known: tuple[str, ...]
    problems: dict[str, str]
    doubts: dict[str, LabelDoubt]


class TagBearer(Frozen):
    """A face whose newest label has a certain tag."""

    device_id: str
    asset_tag: str
    face: FaceSide
    code: str


class TagClash(Frozen):
    """One tag on two faces of a rack, since one of them was moved there. A new label for either ends it."""

    rack_id: str
    dictionary: str
    tag_id: int
    bearers: tuple[TagBearer, ...]


class NewLabel(Frozen):
    """Wish for a label. What is left out is chosen: a free spot near the face's edge, tags near both ears."""

    face: FaceSide = FaceSide.FRONT
    place: LabelPlace | None = None
    tag_size_mm: float = Field(15, ge=5, le=200)


class Paper(StrEnum):
    A4 = "a4"
    LETTER = "letter"


class SheetFormat(StrEnum):
    PDF = "pdf"
    SVG = "svg"
    PNG = "png"


class NewSheet(Frozen):
    """Which labels to print together: by code, or every label of some devices. PDF holds all pages, others one."""

    codes: tuple[Code, ...] = Field((), max_length=MAX_SHEET_LABELS)
    device_ids: tuple[Id, ...] = Field((), max_length=MAX_SHEET_LABELS)
    paper: Paper = Paper.A4
    format: SheetFormat = SheetFormat.PDF
    page: int = Field(1, ge=1, le=MAX_SHEET_LABELS)

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        if not self.codes and not self.device_ids:
            raise ValueError("name at least one code or device")
        return self


def label_address(base_url: str, code: str) -> str:
    """Where a label leads: capitals, which QR codes store densely, wherever capitals mean the same."""
    parts = urlsplit(base_url)
    if parts.path.strip("/"):
        return f"{base_url.rstrip('/')}/D/{code}"
    return f"{parts.scheme}://{parts.netloc}/D/{code}".upper()


def scanned(text: str) -> Scanned:
    """What a scanned address or what somebody typed says; the service's address may have changed since it was printed.

    Raises ForeignLabel for anything that cannot be one of our labels.
    """
    found = _LABEL.fullmatch(text.strip()) if len(text) <= MAX_TEXT else None
    code = _read(found["code"]) if found else ""
    if found is None or len(code) != CODE_LENGTH or not set(code) <= set(ALPHABET):
        raise ForeignLabel
    signature, address = found["signature"], found["address"]
    return Scanned(
        code=code,
        signature=None if signature is None else _read(signature),
        address=None if address is None else f"{address}{code}",
    )


def code_of(text: str) -> str:
    """The code alone. Raises ForeignLabel."""
    return scanned(text).code


def _read(letters: str) -> str:
    return letters.upper().translate(_MISREAD)


_LABEL = re.compile(
    r"(?P<address>https?://[^/?#\s]+(?:/[^?#\s]*)?/d/)?"
    r"(?P<code>[0-9a-z]+)(?:-(?P<signature>[0-9a-z]*))?(?(address)/?(?:[?#]\S*)?)",
    re.IGNORECASE | re.ASCII,
)
_MISREAD = str.maketrans("ILO", "110")  # as Crockford's alphabet reads them


def layout_of(label: Label, face: Face) -> Layout:
    place = label.place
    return Layout(
        face=LayoutFace(width_mm=face.width_mm, height_mm=face.height_mm),
        label=LayoutLabel(text=label.text, x_mm=place.x_mm, y_mm=place.y_mm, size_mm=place.size_mm),
        tags=label.tags,
    )


def joint_layout(labels: Sequence[Label], face: Face) -> Layout | None:
    """All that was ever stuck on one face, newest label first: the newest label, and the tags of all."""
    if not labels:
        return None
    tags = {(tag.dictionary, tag.id): tag for label in labels for tag in label.tags}
    return layout_of(labels[0], face).model_copy(update={"tags": tuple(tags.values())[:MAX_FACE_TAGS]})


class ForeignLabel(Invalid):
    code, title = "foreign_label", "This code is not one of our labels"


class LabelRefused(Invalid):
    """Its code is one of ours, its signature is not, and the site asks for one."""

    code, title = "label_refused", "Nothing shows that this installation printed this label"
    is_refusal, told_as = True, "label.refused"


class UnknownLabel(NotFound):
    code, title = "unknown_label", "No label with this code was ever made here"


class CannotSign(Unavailable):
    code, title = "cannot_sign", "The keys of labels cannot be used"


class TooManyLabels(Invalid):
    code, title = "too_many_labels", "That is more labels than one print may have"


class NoSuchFace(Invalid):
    code, title = "no_such_face", "The device's type has no such face"


class NoSuchPage(NotFound):
    code, title = "no_such_page", "The sheet has fewer pages"


class LabelUnreadable(Invalid):
    code, title = "label_unreadable", "The label could not be read back; nothing was handed out"


class NoRoom(Invalid):
    code, title = "no_room", "There is no free place of that size on the face"


class NoTagsLeft(Conflict):
    code, title = "no_tags_left", "All tag ids of this rack are in use"
