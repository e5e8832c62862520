"""Manuals: documents and step-by-step guides, for a device type or for one device."""

from datetime import datetime
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from nearhand.devices.model import FaceSide

LANGUAGES = ("en", "zh-Hant", "zh-Hans")
LocalText = dict[str, str]  # language tag → text; always with "en"


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Subject(Frozen):
    """What a manual is about: exactly one of a device type and a device."""

    device_type_id: str | None = None
    device_id: str | None = None

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
    title: str = Field(min_length=1, max_length=200)
    language: str
    kind: DocumentKind
    media_type: str
    sha256: str
    size_bytes: int
    pages: int
    created_at: datetime
    created_by: str


class Step(Frozen):
    """One instruction: what to do, which ports it concerns, what to beware of, and what proves it done."""

    text: LocalText
    caution: LocalText = Field(default_factory=dict)
    proof: LocalText = Field(default_factory=dict)
    face: FaceSide = FaceSide.FRONT
    ports: tuple[str, ...] = Field((), max_length=64)
    picture_sha256: str | None = Field(None, pattern=r"^[0-9a-f]{64}$")


class NewGuide(Frozen):
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
