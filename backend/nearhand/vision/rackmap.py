"""Read a rack as a map: the symbols of its devices say where the rack is, and which device sits elsewhere.

The frame of a rack's side, in millimetres: x right and y down as seen by who stands before that side, from the top
left corner of the topmost unit; z into the rack. A face is taken to lie flush in the plane z = 0, in the middle of
its units and of the rack's width.
"""

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import numpy as np
from pydantic import Field

from nearhand.vision.layout import Frozen, Layout, LayoutLabel, Tag
from nearhand.vision.locate import Located
from nearhand.vision.pose import Pose, compose
from nearhand.vision.project import unproject

TOLERANCE_MM = 2.0  # how far a face may sit from its place: play of the screws, ears not quite flush
BESIDE_UNITS = 2.0  # further than this to the left or right, what is seen hangs in another rack
MAX_JOINT_TAGS = 50

Side = Literal["front", "rear"]
Direction = Literal["up", "down"]


class RackUnit(Frozen):
    """A unit's number as the rack counts, and its upper edge."""

    u: int
    y_mm: float


class RackDevice(Frozen):
    """A mounted device as one side of the rack shows it. `layout` is in millimetres of its own face, whose top left
    corner lies at (x_mm, y_mm) of the rack."""

    device_id: str
    asset_tag: str
    name: str
    face: Side = Field(description="Which face of the device looks to this side.")
    position_u: int
    height_u: float
    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float
    layout: Layout | None = Field(description="None where no label was made for this face.")


class RackSide(Frozen):
    """What is seen from one side, from top to bottom."""

    units: tuple[RackUnit, ...]
    devices: tuple[RackDevice, ...]


class RackMap(Frozen):
    """Where every unit and every symbol of a rack is. A place on it is good to `tolerance_mm`: devices have play."""

    rack_id: str
    name: str
    width_mm: float
    height_mm: float
    u_mm: float
    tolerance_mm: float
    front: RackSide
    rear: RackSide

    def side(self, side: Side) -> RackSide:
        return self.front if side == "front" else self.rear


@dataclass(frozen=True)
class RackPlan:
    """How a rack is built and counted."""

    height_u: int
    first_u: int
    is_counted_from_top: bool
    width_mm: float
    u_mm: float

    @property
    def height_mm(self) -> float:
        return self.height_u * self.u_mm

    def top_mm(self, position_u: int, height_u: float) -> float:
        """The upper edge of what takes `height_u` units, of which `position_u` has the lowest number."""
        before = position_u - self.first_u
        return (before if self.is_counted_from_top else self.height_u - before - height_u) * self.u_mm

    def units(self) -> tuple[RackUnit, ...]:
        numbers = range(self.first_u, self.first_u + self.height_u)
        units = (RackUnit(u=u, y_mm=round(self.top_mm(u, 1), 2)) for u in numbers)
        return tuple(sorted(units, key=lambda unit: unit.y_mm))


@dataclass(frozen=True)
class Shown:
    """A device's face that looks to one side, and the units it takes."""

    device_id: str
    asset_tag: str
    name: str
    face: Side
    position_u: int
    height_u: float
    width_mm: float
    height_mm: float
    layout: Layout | None


def rack_side(plan: RackPlan, shown: Sequence[Shown]) -> RackSide:
    """A tag that several devices bear, since one of them was moved here, says nothing: it is left out."""
    devices = []
    borne = Counter(tag_id for one in shown for tag_id in {tag.id for tag in _tags(one.layout)})
    for one in shown:
        top = plan.top_mm(one.position_u, one.height_u)
        devices.append(
            RackDevice(
                device_id=one.device_id,
                asset_tag=one.asset_tag,
                name=one.name,
                face=one.face,
                position_u=one.position_u,
                height_u=one.height_u,
                x_mm=round((plan.width_mm - one.width_mm) / 2, 3),
                y_mm=round(top + (one.height_u * plan.u_mm - one.height_mm) / 2, 3),
                width_mm=one.width_mm,
                height_mm=one.height_mm,
                layout=_without(one.layout, {tag_id for tag_id, count in borne.items() if count > 1}),
            )
        )
    return RackSide(units=plan.units(), devices=tuple(sorted(devices, key=lambda d: (d.y_mm, d.device_id))))


def _tags(layout: Layout | None) -> tuple[Tag, ...]:
    return () if layout is None else layout.tags


def _without(layout: Layout | None, tag_ids: Collection[int]) -> Layout | None:
    if layout is None or not tag_ids:
        return layout
    return layout.model_copy(update={"tags": tuple(tag for tag in layout.tags if tag.id not in tag_ids)})


# -- finding the way --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """So many units up or down, counted by the units' numbers."""

    units: int
    direction: Direction


def way_between(side: RackSide, here: str, there: str) -> Way | None:
    """From one device to another. None where one of them is not on this side, or both are the same."""
    places = {device.device_id: device for device in side.devices}
    start, end = places.get(here), places.get(there)
    if start is None or end is None or start.position_u == end.position_u:
        return None
    return Way(abs(end.position_u - start.position_u), "up" if end.y_mm < start.y_mm else "down")


# -- finding the rack -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Misplaced:
    """A device that is seen elsewhere than registered: `units` further up (or down, where negative).

    Not certain: only one other device was seen, and it may be that one which moved, by as many units the other way.
    """

    device_id: str
    units: int
    against: tuple[str, ...]
    is_certain: bool


@dataclass(frozen=True, eq=False)
class RackSeen:
    """Where a rack's side is. `located` is of the face of the device `base`; the rack's frame lies shifted from it."""

    T_camera_rack: Pose
    located: Located
    base: RackDevice
    devices: tuple[str, ...]
    misplaced: tuple[Misplaced, ...]


Locate = Callable[[Layout], Located | None]


def locate_rack(
    rack: RackMap, side: Side, texts: Collection[str], tag_ids: Collection[int], locate: Locate
) -> RackSeen | None:
    """Where the rack is, from the symbols seen of any of its devices: the most devices that agree decide.

    `texts` and `tag_ids` are what the picture holds; `locate` finds a layout in that picture.
    """
    seen = [device for device in rack.side(side).devices if _is_seen(device, texts, tag_ids)]
    alone = [(device, found) for device in seen if (found := locate(_layout(device))) is not None]
    if not alone:
        return None
    judged = [(base, found, [_gap(rack, base, found, other) for other in alone]) for base, found in alone]
    base, found, gaps = max(judged, key=_support)
    joint = None
    # First with those of which one alone cannot tell; they are left out again when they do not fit.
    for verdicts in ((AGREES, UNSURE), (AGREES,)):
        together = [gap.device for gap in gaps if gap.verdict in verdicts]
        joint = joint or _jointly(base, together, texts, locate)
    if joint is None:
        joint = _Joint(found, (base.device_id,))
    misplaced = []
    for other in alone:
        gap = _gap(rack, base, joint.located, other)
        if other[0].device_id not in joint.held and gap.verdict == DIFFERS:
            is_certain = len(joint.held) > 1
            misplaced.append(Misplaced(other[0].device_id, gap.units, joint.held, is_certain))
    shift = np.eye(4)
    shift[:2, 3] = -base.x_mm, -base.y_mm
    pose = compose(joint.located.pose, shift)
    return RackSeen(pose, joint.located, base, joint.held, tuple(misplaced))


def _is_seen(device: RackDevice, texts: Collection[str], tag_ids: Collection[int]) -> bool:
    layout = device.layout
    if layout is None:
        return False
    return (layout.label is not None and layout.label.text in texts) or any(
        tag.id in tag_ids for tag in layout.tags
    )


def _layout(device: RackDevice) -> Layout:
    assert device.layout is not None  # only devices with a symbol in sight are asked for
    return device.layout


Alone = tuple[RackDevice, Located]


AGREES, DIFFERS, UNSURE, BESIDE = "agrees", "differs", "unsure", "beside"


@dataclass(frozen=True)
class _Gap:
    """How many units above its registered place a device is seen, when that can be told so exactly."""

    device: RackDevice
    verdict: str
    units: int = 0


def _gap(rack: RackMap, base: RackDevice, found: Located, other: Alone) -> _Gap:
    """Where the other's own symbols lie on the plane of the base's face, against where they should."""
    device, own = other
    if device.device_id == base.device_id:
        return _Gap(device, AGREES)
    at = np.mean(_symbols_seen(_layout(device), own), axis=0)
    px = own.points([at])[0]
    expected = at + np.array([device.x_mm - base.x_mm, device.y_mm - base.y_mm])
    back = unproject([(px.u_px, px.v_px)], found.pose, found.camera)[0]
    ring_mm = found.points([expected])[0].ring_mm
    dx, dy = (float(value) for value in back - expected)
    if not np.isfinite([dx, dy, ring_mm]).all() or ring_mm + rack.tolerance_mm > rack.u_mm / 2:
        return _Gap(device, UNSURE)
    if abs(dx) > BESIDE_UNITS * rack.u_mm:
        return _Gap(device, BESIDE)
    units = -round(dy / rack.u_mm)
    return _Gap(device, DIFFERS if units else AGREES, units)


def _support(judged: tuple[RackDevice, Located, Sequence[_Gap]]) -> tuple[int, int, int, str]:
    """More devices that agree; then fewer that differ; then more symbols of its own."""
    base, found, gaps = judged
    agree = sum(gap.verdict == AGREES for gap in gaps)
    differ = sum(gap.verdict == DIFFERS for gap in gaps)
    return agree, -differ, len(found.tags_seen) + found.label_seen, base.device_id


def _symbols_seen(layout: Layout, located: Located) -> list[tuple[float, float]]:
    tags = [(tag.x_mm, tag.y_mm) for tag in layout.tags if tag.id in located.tags_seen]
    label = [(layout.label.x_mm, layout.label.y_mm)] if located.label_seen and layout.label else []
    return tags + label


@dataclass(frozen=True, eq=False)
class _Joint:
    """A pose of the base's face, and the devices on whose symbols it rests."""

    located: Located
    held: tuple[str, ...]


def _jointly(
    base: RackDevice, devices: Sequence[RackDevice], texts: Collection[str], locate: Locate
) -> _Joint | None:
    """All symbols of these devices as one layout, in millimetres of the base's face."""
    labels: list[tuple[str, LayoutLabel]] = []
    tags: list[tuple[str, Tag]] = []
    for device in sorted(devices, key=lambda one: one.device_id != base.device_id):
        layout, dx, dy = _layout(device), device.x_mm - base.x_mm, device.y_mm - base.y_mm
        tags += [(device.device_id, _moved(tag, dx, dy)) for tag in layout.tags]
        if layout.label is not None and layout.label.text in texts:
            labels.append((device.device_id, _moved(layout.label, dx, dy)))
    label = labels[0][1] if labels else None
    tags = tags[:MAX_JOINT_TAGS]
    located = locate(Layout(face=_layout(base).face, label=label, tags=tuple(tag for _, tag in tags)))
    if located is None:
        return None
    held = {device_id for device_id, tag in tags if tag.id in located.tags_seen}
    if located.label_seen:
        held.add(labels[0][0])
    return _Joint(located, tuple(sorted(held))) if base.device_id in held else None


S = TypeVar("S", Tag, LayoutLabel)


def _moved(symbol: S, dx: float, dy: float) -> S:
    return symbol.model_copy(update={"x_mm": symbol.x_mm + dx, "y_mm": symbol.y_mm + dy})
