"""Manuals: documents and step-by-step guides, for a device type or for one device."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nearhand.devices.model import FaceSide, PartName
from nearhand.kit.errors import Invalid, NotFound, TooLarge, Unavailable, Unsupported
from nearhand.kit.patterns import MANY_LINES, ONE_LINE, Id, Sha256

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
LanguageTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
Words = Annotated[str, StringConstraints(max_length=4000, pattern=MANY_LINES)]
LocalText = Annotated[dict[str, Words], Field(max_length=len(LANGUAGES))]  # language tag → text


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Subject(Frozen):
    """What a manual is about: exactly one of a device type and a device."""

    device_type_id: Id | None = None
    device_id: Id | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.device_type_id is None) == (self.device_id is None):
            raise ValueError("give a device_type_id or a device_id, not both")
        return self


class DocumentKind(StrEnum):
    PDF = "pdf"
    MARKDOWN = "markdown"
    IMAGE = "image"


class Document(Frozen):
    """A file to read. `pages` is 1 for Markdown and images."""

    id: str
    subject: Subject
    title: str = Field(min_length=1, max_length=200, pattern=ONE_LINE)
    language: LanguageTag
    kind: DocumentKind
    media_type: str
    sha256: str
    size_bytes: int
    pages: int
    created_at: datetime
    created_by: str


class DocumentForm(BaseModel):
    """What accompanies an uploaded file. Fields left empty by a form count as not given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str = Field(min_length=1, max_length=200, pattern=ONE_LINE)
    language: LanguageTag = "en"
    device_type_id: Id | None = None
    device_id: Id | None = None

    @model_validator(mode="after")
    def _about_one_thing(self) -> Self:
        self.subject()
        return self

    def subject(self) -> Subject:
        return Subject(device_type_id=self.device_type_id, device_id=self.device_id)


class Step(Frozen):
    """One instruction: what to do, which ports it concerns, what to beware of, and what proves it done."""

    text: LocalText
    caution: LocalText = Field(default_factory=dict)
    proof: LocalText = Field(default_factory=dict)
    face: FaceSide = FaceSide.FRONT
    ports: tuple[PartName, ...] = Field((), max_length=64)
    picture_sha256: Sha256 | None = None


class NewGuide(Frozen):
    """Steps for one device type or device. Each title and text has `en`, and may have other languages."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={
            "example": {
                "subject": {"device_type_id": "00000000000C"},
                "title": {"en": "Replace the optic in port 37", "zh-Hant": "更換 37 埠的光模組"},
                "steps": [
                    {
                        "text": {"en": "Draw the old optic straight out."},
                        "caution": {"en": "Never look into the fibre or the port."},
                        "proof": {"en": "The cage is empty."},
                        "face": "front",
                        "ports": ["37"],
                    }
                ],
            }
        },
    )

    subject: Subject
    title: LocalText
    steps: tuple[Step, ...] = Field(min_length=1, max_length=200)

    @model_validator(mode="after")
    def _speaks_english_at_least(self) -> Self:
        texts = [self.title, *(step.text for step in self.steps)]
        if not all(text.get("en") for text in texts):
            raise ValueError("each title and step needs a text in en")
        optional = [text for step in self.steps for text in (step.caution, step.proof) if text]
        if unknown := {tag for text in [*texts, *optional] for tag in text} - set(LANGUAGES):
            raise ValueError(f"languages not supported: {', '.join(sorted(unknown))}")
        return self


class Guide(NewGuide):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


class Manuals(Frozen):
    """All there is to read about one device: its own, and those of its type."""

    documents: tuple[Document, ...]
    guides: tuple[Guide, ...]


class Picture(Frozen):
    """An uploaded picture, upright and without hidden data; its bytes are found by `sha256`."""

    sha256: Sha256
    media_type: str
    width: int
    height: int
    size_bytes: int


# -- refusals ---------------------------------------------------------------------------------------------------


class UnknownPort(Invalid):
    code, title = "unknown_port", "A step names a port that the device does not have"


class UnknownPicture(Invalid):
    code, title = "unknown_picture", "A step's picture was not uploaded; POST /pictures first"


class DocumentKindRefused(Unsupported):
    code, title = "document_kind_refused", "Documents may be PDF, Markdown, JPEG, PNG or WebP"


class DocumentBroken(Invalid):
    code, title = "document_broken", "The PDF is damaged and cannot be read"


class DocumentEncrypted(Invalid):
    code, title = "document_encrypted", "The PDF needs a password; upload it without"


class DocumentTooLong(TooLarge):
    code, title = "document_too_long", "The document is longer than the limit"


class PageMissing(NotFound):
    code, title = "page_missing", "The document has no such page"


class RenderTimeout(Unavailable):
    code, title = "render_timeout", "Drawing this page takes too long"
