"""What is registered: sites, locations, racks, device types with their faces, devices and their labels."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nearhand.kit.errors import Conflict, Invalid

U_MM = 44.45  # one rack unit, EIA-310
RACK_WIDTH_MM = 482.6  # a 19-inch face with its ears

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
AssetTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,49}$")]
Text = Annotated[str, StringConstraints(max_length=2000)]
Millimetres = Annotated[float, Field(ge=0, le=3000, allow_inf_nan=False)]
Size = Annotated[float, Field(gt=0, le=3000, allow_inf_nan=False)]


class Frozen(BaseModel):
    """Nouns do not change in place; and a field nobody knows is a mistake, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# -- places -----------------------------------------------------------------------------------------------------


class NewSite(Frozen):
    name: Name
    address: Text = ""
    timezone: str = Field("UTC", max_length=64)


class Site(NewSite):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


class NewLocation(Frozen):
    """A part of a site: a building, hall, cage or row; may lie inside another."""

    site_id: str
    name: Name
    parent_id: str | None = None


class Location(NewLocation):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


class CountedFrom(StrEnum):
    BOTTOM = "bottom"
    TOP = "top"


class NewRack(Frozen):
    """`first_u` is the number of the first unit, counted from bottom or top."""

    site_id: str
    name: Name
    location_id: str | None = None
    height_u: int = Field(42, ge=1, le=100)
    first_u: int = Field(1, ge=0, le=1)
    counted_from: CountedFrom = CountedFrom.BOTTOM

    def holds(self, position_u: int, height_u: float) -> bool:
        """Whether a device whose lowest-numbered unit is `position_u` fits inside the rack."""
        return self.first_u <= position_u and position_u + height_u <= self.first_u + self.height_u


class Rack(NewRack):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


# -- device types and their faces -------------------------------------------------------------------------------


class FaceSide(StrEnum):
    FRONT = "front"
    REAR = "rear"


class Port(Frozen):
    """A named place to plug something in. `x_mm`, `y_mm` is its centre, from the face's top left, y down."""

    name: str = Field(min_length=1, max_length=40)
    kind: str = Field(max_length=40, examples=["rj45", "sfp", "qsfp28", "console", "usb", "c13"])
    x_mm: Millimetres
    y_mm: Millimetres
    width_mm: Size
    height_mm: Size


class Component(Frozen):
    """A named part that is seen or replaced: a PSU, fan, disk bay, LED or button. Centre and size as for ports."""

    name: str = Field(min_length=1, max_length=40)
    kind: str = Field(max_length=40, examples=["psu", "fan", "disk", "led", "button", "display"])
    x_mm: Millimetres
    y_mm: Millimetres
    width_mm: Size
    height_mm: Size


class Face(Frozen):
    """The front or rear plane of a device type: millimetres, x right, y down from its top left corner."""

    width_mm: Size
    height_mm: Size
    ports: tuple[Port, ...] = Field((), max_length=512)
    components: tuple[Component, ...] = Field((), max_length=512)

    @model_validator(mode="after")
    def _names_are_unique_and_inside(self) -> Self:
        parts: list[Port | Component] = [*self.ports, *self.components]
        names = [part.name for part in parts]
        if len(set(names)) < len(names):
            raise ValueError("two ports or components of one face have the same name")
        for part in parts:
            if part.x_mm > self.width_mm or part.y_mm > self.height_mm:
                raise ValueError(f"{part.name} lies outside the face")
        return self

    def port(self, name: str) -> Port | None:
        return next((port for port in self.ports if port.name == name), None)


class DeviceKind(StrEnum):
    SWITCH = "switch"
    ROUTER = "router"
    SERVER = "server"
    STORAGE = "storage"
    PDU = "pdu"
    UPS = "ups"
    PATCH_PANEL = "patch_panel"
    OTHER = "other"


class NewDeviceType(Frozen):
    """A make and model. `source` says where its dimensions come from."""

    manufacturer: Name
    model: Name
    kind: DeviceKind
    height_u: float = Field(ge=0, le=60, multiple_of=0.5)
    is_full_depth: bool = True
    front: Face
    rear: Face | None = None
    source: Text = ""

    def face(self, side: FaceSide) -> Face | None:
        return self.front if side is FaceSide.FRONT else self.rear


class DeviceType(NewDeviceType):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


# -- devices ----------------------------------------------------------------------------------------------------


class DeviceStatus(StrEnum):
    PLANNED = "planned"
    ACTIVE = "active"
    OFFLINE = "offline"
    FAILED = "failed"
    DECOMMISSIONED = "decommissioned"


class NewDevice(Frozen):
    """An asset. `position_u` is the lowest-numbered unit it occupies; `face` the rack side its front looks to."""

    asset_tag: AssetTag
    name: Name
    serial: str = Field("", max_length=80)
    device_type_id: str
    site_id: str
    rack_id: str | None = None
    position_u: int | None = Field(None, ge=0, le=100)
    face: FaceSide = FaceSide.FRONT
    status: DeviceStatus = DeviceStatus.ACTIVE
    tenant: str = Field("", max_length=100)
    notes: Text = ""

    @model_validator(mode="after")
    def _position_needs_a_rack(self) -> Self:
        if self.position_u is not None and self.rack_id is None:
            raise ValueError("position_u needs a rack_id")
        return self


class Device(NewDevice):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


class DeviceView(Frozen):
    """A device with all that a screen shows beside it, in one answer."""

    device: Device
    device_type: DeviceType
    site: Site
    rack: Rack | None
    location: Location | None


# -- refusals ---------------------------------------------------------------------------------------------------


class AssetTagTaken(Conflict):
    code = "asset_tag_taken"

    def __init__(self, asset_tag: str) -> None:
        super().__init__(f"Another device has the asset tag {asset_tag}.")


class NameTaken(Conflict):
    code = "name_taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already one named {name}.")


class StillInUse(Conflict):
    code = "still_in_use"


class DoesNotFit(Invalid):
    code = "does_not_fit"


class PositionTaken(Conflict):
    code = "position_taken"
