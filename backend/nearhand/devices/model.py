"""What is registered: tenants, sites, locations, racks, device types with their faces, devices and their labels."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nearhand.access.model import Where
from nearhand.kit.errors import Conflict, Invalid
from nearhand.kit.patterns import MANY_LINES, ONE_LINE, Id

U_MM = 44.45  # one rack unit, EIA-310
RACK_WIDTH_MM = 482.6  # a 19-inch face with its ears

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=ONE_LINE)
]
AssetTag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,49}$")]
Serial = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80, pattern=ONE_LINE)]
PartName = Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=ONE_LINE)]
PartKind = Annotated[str, StringConstraints(max_length=40, pattern=ONE_LINE)]
Text = Annotated[str, StringConstraints(max_length=2000, pattern=MANY_LINES)]
Timezone = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_+/-]{1,64}$")]
Millimetres = Annotated[float, Field(ge=0, le=3000, allow_inf_nan=False)]
Size = Annotated[float, Field(gt=0, le=3000, allow_inf_nan=False)]


class Frozen(BaseModel):
    """Nouns do not change in place; and a field nobody knows is a mistake, not a wish."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# -- tenants ----------------------------------------------------------------------------------------------------


class NewTenant(Frozen):
    """An organisation whose equipment stands here. What belongs to no tenant is the operator's own."""

    name: Name
    notes: Text = ""
    # How long recordings of sessions about its equipment are kept; None: as long as the house keeps its own.
    recording_days: int | None = Field(None, ge=1, le=3650)


class Tenant(NewTenant):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


# -- places -----------------------------------------------------------------------------------------------------


class LabelSigning(StrEnum):
    """What is asked of labels at a site: nothing, a signature or a warning, or a signature to be led anywhere."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class CameraMask(StrEnum):
    """What is asked of pictures of a site that others see: nothing, a warning, or that only the device is sharp."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"

    @staticmethod
    def strictest(rules: "Iterable[CameraMask]") -> "CameraMask":
        order = list(CameraMask)
        return max(rules, key=order.index, default=CameraMask.OFF)


class NewSite(Frozen):
    name: Name
    address: Text = ""
    timezone: Timezone = "UTC"
    tenant_id: Id | None = None
    label_signing: LabelSigning = LabelSigning.OFF
    camera_mask: CameraMask = CameraMask.OFF

    def where(self, site_id: str | None) -> Where:
        return Where(tenant_id=self.tenant_id, site_id=site_id)


class Site(NewSite):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


class NewLocation(Frozen):
    """A part of a site: a building, hall, cage or row; may lie inside another."""

    site_id: Id
    name: Name
    parent_id: Id | None = None

    @property
    def where(self) -> Where:
        return Where(site_id=self.site_id)


class Location(NewLocation):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


class CountedFrom(StrEnum):
    BOTTOM = "bottom"
    TOP = "top"


class NewRack(Frozen):
    """`first_u` is the number of the first unit, counted from bottom or top.

    In a tenant's rack stand that tenant's devices only.
    """

    site_id: Id
    name: Name
    location_id: Id | None = None
    height_u: int = Field(42, ge=1, le=100)
    first_u: int = Field(1, ge=0, le=1)
    counted_from: CountedFrom = CountedFrom.BOTTOM
    tenant_id: Id | None = None

    def where(self, rack_id: str | None) -> Where:
        return Where(tenant_id=self.tenant_id, site_id=self.site_id, rack_id=rack_id)

    def holds(self, position_u: int, height_u: float) -> bool:
        """Whether a device whose lowest-numbered unit is `position_u` fits inside the rack."""
        return self.first_u <= position_u and position_u + height_u <= self.first_u + self.height_u


class Rack(NewRack):
    id: str
    version: int
    created_at: datetime
    updated_at: datetime


def misfit(rack: NewRack, position_u: int, height_u: float) -> str:
    """Why a device is not held by the rack, in words."""
    top = rack.first_u + rack.height_u - 1
    return (
        f"{height_u:g} U from U{position_u} do not fit into {rack.name}, which has U{rack.first_u} to U{top}."
    )


# -- device types and their faces -------------------------------------------------------------------------------


class FaceSide(StrEnum):
    FRONT = "front"
    REAR = "rear"


class Port(Frozen):
    """A named place to plug something in. `x_mm`, `y_mm` is its centre, from the face's top left, y down."""

    name: PartName
    kind: PartKind = Field(examples=["rj45", "sfp", "qsfp28", "console", "usb", "c13"])
    x_mm: Millimetres
    y_mm: Millimetres
    width_mm: Size
    height_mm: Size


class Component(Frozen):
    """A named part that is seen or replaced: a PSU, fan, disk bay, LED or button. Centre and size as for ports."""

    name: PartName
    kind: PartKind = Field(examples=["psu", "fan", "disk", "led", "button", "display"])
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
    serial: Serial = ""
    device_type_id: Id
    site_id: Id
    rack_id: Id | None = None
    position_u: int | None = Field(None, ge=0, le=100)
    face: FaceSide = FaceSide.FRONT
    status: DeviceStatus = DeviceStatus.ACTIVE
    tenant_id: Id | None = None
    notes: Text = ""

    @model_validator(mode="after")
    def _position_needs_a_rack(self) -> Self:
        if self.position_u is not None and self.rack_id is None:
            raise ValueError("position_u needs a rack_id")
        return self

    @property
    def where(self) -> Where:
        return Where(tenant_id=self.tenant_id, site_id=self.site_id, rack_id=self.rack_id)


class Device(NewDevice):
    """`removed_at` is set once the device was deleted: its labels and history still lead to it, lists do not."""

    id: str
    version: int
    created_at: datetime
    updated_at: datetime
    removed_at: datetime | None = None


class Finding(Frozen):
    """Something about a device that somebody should see to; nothing was refused for it. Programs go by `code`."""

    code: str = Field(examples=["tag_clash"])
    device_id: str
    message: str


class ChangedDevice(Device):
    """A device after a change, and what the change brought about."""

    findings: tuple[Finding, ...]


def housed(new: NewDevice, site: Site, rack: Rack | None) -> NewDevice:
    """The device with the tenant whose rack or site it stands in. Raises WrongTenant when it is another's."""
    owner = (rack.tenant_id if rack is not None else None) or site.tenant_id
    if owner is None or new.tenant_id == owner:
        return new
    if new.tenant_id is not None:
        raise WrongTenant
    return new.model_copy(update={"tenant_id": owner})


class DeviceView(Frozen):
    """A device with all that a screen shows beside it, in one answer."""

    device: Device
    device_type: DeviceType
    site: Site
    rack: Rack | None
    location: Location | None
    tenant: Tenant | None

    def without_notes(self) -> "DeviceView":
        """As whoever is no colleague may see it: notes are written for one's own people."""
        tenant = self.tenant and self.tenant.model_copy(update={"notes": ""})
        device = self.device.model_copy(update={"notes": ""})
        return self.model_copy(update={"device": device, "tenant": tenant})


class MountedDevice(Frozen):
    """A device in a rack, with the type that says how it looks."""

    device: Device
    device_type: DeviceType


class RackedDevice(Frozen):
    """Which rack a device is in, mounted or not."""

    device_id: str
    asset_tag: str
    rack_id: str


class Elevation(Frozen):
    """A rack and all that is mounted in it."""

    rack: Rack
    devices: tuple[MountedDevice, ...]


class Span(Frozen):
    """The room one mounted device takes in its rack."""

    position_u: int
    height_u: float
    face: FaceSide
    is_full_depth: bool

    def overlaps(self, other: "Span") -> bool:
        """Whether both want the same space; a full-depth device takes the front and the rear of its units."""
        shares_face = self.face is other.face or self.is_full_depth or other.is_full_depth
        return (
            shares_face
            and self.position_u < other.position_u + other.height_u
            and other.position_u < self.position_u + self.height_u
        )


def span_of(device: NewDevice, device_type: NewDeviceType) -> Span | None:
    """None for a device that hangs beside the units (0U), lies unmounted, or is in no rack."""
    if device.position_u is None or device_type.height_u == 0:
        return None
    return Span(
        position_u=device.position_u,
        height_u=device_type.height_u,
        face=device.face,
        is_full_depth=device_type.is_full_depth,
    )


class Mounting(Frozen):
    """A device's place in a rack."""

    device_id: str
    asset_tag: str
    rack_id: str
    span: Span


def first_overlap(mounting: Mounting, others: Iterable[Mounting]) -> Mounting | None:
    """The first other device of the same rack that wants the same space."""
    return next(
        (
            other
            for other in others
            if other.device_id != mounting.device_id
            and other.rack_id == mounting.rack_id
            and other.span.overlaps(mounting.span)
        ),
        None,
    )


# -- versions ---------------------------------------------------------------------------------------------------

N = TypeVar("N", Tenant, Site, Location, Rack, DeviceType, Device)


def first_version(noun: type[N], new: Frozen, *, noun_id: str, now: datetime) -> N:
    return noun(**new.model_dump(), id=noun_id, version=1, created_at=now, updated_at=now)


def next_version(before: N, new: Frozen, *, now: datetime) -> N:
    changed = {"version": before.version + 1, "updated_at": now}
    return type(before)(**(before.model_dump() | new.model_dump() | changed))


# -- lists ------------------------------------------------------------------------------------------------------


class Selection(Frozen):
    """Which part of a list is wanted: words to find, exact filters, and an order (`-name` is descending)."""

    q: str = ""
    sort: str | None = None
    filters: dict[str, str] = {}


# -- bulk import ------------------------------------------------------------------------------------------------


class Stage(StrEnum):
    CHECKING = "checking"
    WRITING = "writing"


class ImportProgress(Frozen):
    """How far a running import has come."""

    stage: Stage
    done: int
    total: int


class RowFault(Frozen):
    """One thing wrong in a row. Rows are counted as a spreadsheet shows them; the items of JSON from 1."""

    row: int
    field: str
    message: str


class ImportReport(Frozen):
    """What an import did, or would do. With any fault nothing is written (`is_applied` is false).

    `findings` are no faults: the devices were moved, or would be.
    """

    rows: int
    created: int
    updated: int
    unchanged: int
    is_dry_run: bool
    is_applied: bool
    faults: tuple[RowFault, ...]
    findings: tuple[Finding, ...] = Field(description="What the moves among the rows bring about.")


# -- refusals ---------------------------------------------------------------------------------------------------


class AssetTagTaken(Conflict):
    code, title = "asset_tag_taken", "Another device has this asset tag"

    def __init__(self, asset_tag: str) -> None:
        super().__init__(f"Another device has the asset tag {asset_tag}.")


class NameTaken(Conflict):
    code, title = "name_taken", "This name is taken"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already one named {name}.")


class StillInUse(Conflict):
    code, title = "still_in_use", "Something still uses this"


class UnknownReference(Invalid):
    """The request names something that is not there, or that belongs elsewhere."""

    code, title = "unknown_reference", "The request refers to something that is not there"


class WrongTenant(Invalid):
    code, title = "wrong_tenant", "What stands in a tenant's rack or at a tenant's site is that tenant's"


class WrongSite(Invalid):
    code, title = "wrong_site", "Things that belong together must be at one site"


class LocationLoop(Invalid):
    code, title = "location_loop", "A location cannot lie inside itself"


class DoesNotFit(Invalid):
    code, title = "does_not_fit", "It does not fit into the rack"


class PositionTaken(Conflict):
    code, title = "position_taken", "Another device is mounted there"


class UnreadableImport(Invalid):
    code, title = "unreadable_import", "The file cannot be read as a table"
