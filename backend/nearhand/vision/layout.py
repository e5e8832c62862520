"""State where a face's label and tags are, in millimetres: all that vision needs to know of a device."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Position = Annotated[float, Field(ge=-3000, le=3000, allow_inf_nan=False)]
Length = Annotated[float, Field(gt=0, le=3000, allow_inf_nan=False)]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tag(Frozen):
    """A small square fiducial near an ear: dictionary and id, centre and black square's edge length."""

    dictionary: str = Field("DICT_4X4_250", max_length=40)
    id: int = Field(ge=0, le=999)
    x_mm: Position
    y_mm: Position
    size_mm: float = Field(ge=5, le=200)


class LayoutLabel(Frozen):
    """The label's text, its symbol's centre and edge length without the quiet zone."""

    text: str = Field(max_length=4000)
    x_mm: Position
    y_mm: Position
    size_mm: Length


class LayoutFace(Frozen):
    width_mm: Length
    height_mm: Length


class Layout(Frozen):
    """What vision needs to know of a labelled face; the same document as the CLI's layout.json."""

    face: LayoutFace
    label: LayoutLabel | None = None
    tags: tuple[Tag, ...] = Field((), max_length=50)
