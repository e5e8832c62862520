"""Make labels, resolve what was scanned, and draw what is printed."""

import asyncio
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import Actor, Permission
from nearhand.audit import recording
from nearhand.devices.importer import InspectMoves
from nearhand.devices.model import (
    RACK_WIDTH_MM,
    U_MM,
    CountedFrom,
    DeviceView,
    Elevation,
    Face,
    FaceSide,
    Finding,
    LabelSigning,
    MountedDevice,
    Rack,
    RackedDevice,
)
from nearhand.devices.service import DeviceService, devices_on
from nearhand.kit.asking import asking
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound, Overtaken
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.ids import Ids
from nearhand.labels.clashes import finding_of, tag_clashes
from nearhand.labels.keys import LabelKeyFile, LabelKeys, Stamp
from nearhand.labels.model import (
    CODE_LENGTH,
    MAX_SHEET_LABELS,
    ForeignLabel,
    Label,
    LabelDoubt,
    LabelPlace,
    LabelRefused,
    ListedLabel,
    NewLabel,
    NewSheet,
    NoRoom,
    NoSuchFace,
    NoSuchPage,
    NoTagsLeft,
    Resolved,
    Scanned,
    SheetFormat,
    SortedOut,
    Tag,
    TagClash,
    TooManyLabels,
    UnknownLabel,
    code_of,
    joint_layout,
    label_address,
    layout_of,
    scanned,
)
from nearhand.labels.placing import (
    LABEL_SIZES_MM,
    TAG_SIZES_MM,
    Box,
    fits,
    place_label,
    place_pair,
    taken_by_parts,
)
from nearhand.labels.sheets import sheets
from nearhand.labels.store import LabelStore
from nearhand.labels.symbol import (
    Drawing,
    as_pdf,
    as_png,
    as_svg,
    label_piece,
    label_set,
    read_back,
    readable_to_mm,
    tag_piece,
)
from nearhand.vision.modules import qr_modules
from nearhand.vision.rackmap import TOLERANCE_MM, RackMap, RackPlan, RackSide, Shown, rack_side
from nearhand.vision.tags import DICTIONARY

TAGS_IN_DICTIONARY = 250
REFUSED_BECAUSE = {
    LabelDoubt.UNSIGNED: "This label has no signature: it was made before labels were signed at this site.",
    LabelDoubt.SIGNATURE_MISSING: "This label has no signature, and the one printed here has.",
    LabelDoubt.SIGNATURE_WRONG: "The signature of this label is wrong.",
    LabelDoubt.KEY_WITHDRAWN: "The key that signed this label was withdrawn.",
}
MEDIA_TYPES = {
    SheetFormat.PDF: "application/pdf",
    SheetFormat.SVG: "image/svg+xml",
    SheetFormat.PNG: "image/png",
}


class LabelService:
    def __init__(
        self,
        store: LabelStore,
        *,
        devices: DeviceService,
        ids: Ids,
        clock: Clock,
        stamp: Stamp,
    ) -> None:
        self._store, self._devices, self._ids, self._clock = store, devices, ids, clock
        self._stamp = stamp

    async def plan(self, device_id: str, new: NewLabel) -> "Plan":
        """What a label for the device takes: read first, so that `drawn` and all its work hold no lock.

        Raises NotFound, NotPermitted, NoSuchFace or NoTagsLeft.
        """
        view = await self._devices.permitted_view(device_id, Permission.LABELS_MAKE)
        code, face = self._ids.new(CODE_LENGTH), _face(view, new.face)
        text, tag_ids = label_address(self._stamp.base_url, code), await self._free_tag_ids(view)
        key = None
        if view.site.label_signing is not LabelSigning.OFF:
            key = (await self._read_keys()).newest
            text = f"{text}-{key.signature(text, device_id, new.face, tag_ids)}"
        return Plan(
            view=view,
            new=new,
            face=face,
            code=code,
            text=text,
            key_id=None if key is None else key.id,
            tag_ids=tag_ids,
            at=self._clock.now(),
        )

    async def keep(self, label: Label) -> Label:
        """Register a label that was `drawn`. Raises NotFound, NotPermitted; Overtaken when its tags are no longer free."""
        view = await self._devices.permitted_view(label.device_id, Permission.LABELS_MAKE)
        if {tag.id for tag in label.tags} & await self._taken_tag_ids(view):
            raise Overtaken("Another label of this rack was made meanwhile; ask again.")
        await self._store.add(label, scope=_scope(view))
        await recording.added(self._store.connection, "label", label)
        return label

    async def clashes_of_rack(self, rack_id: str) -> list[TagClash]:
        standing = await self._devices.standing_in([rack_id])
        return tag_clashes(standing, await self._store.of_devices([one.device_id for one in standing]))

    async def clashes_of_device(self, device_id: str) -> list[TagClash]:
        """Raise NotFound. A device in no rack has none."""
        device = await self._devices.device(device_id)
        clashes = [] if device.rack_id is None else await self.clashes_of_rack(device.rack_id)
        return [one for one in clashes if device_id in {bearer.device_id for bearer in one.bearers}]

    async def found_by_moving(self, racks: Mapping[str, str]) -> list[Finding]:
        """The clashes of these devices once each is in its rack, one finding for each tag."""
        if not racks:
            return []
        tags = await self._devices.asset_tags(racks)
        staying = await self._devices.standing_in(set(racks.values()))
        standing = [one for one in staying if one.device_id not in racks] + [
            RackedDevice(device_id=device_id, asset_tag=tags[device_id], rack_id=rack_id)
            for device_id, rack_id in racks.items()
        ]
        labels = await self._store.of_devices([one.device_id for one in standing])
        return [
            finding_of(clash, device_id)
            for clash in tag_clashes(standing, labels)
            for device_id in dict.fromkeys(bearer.device_id for bearer in clash.bearers)
            if device_id in racks
        ]

    async def of_device(self, device_id: str) -> list[Label]:
        """Newest first; also of a removed device. Raises NotFound."""
        await self._devices.view_even_removed(device_id)
        return await self._store.of_devices([device_id])

    async def resolve(self, text: str) -> Resolved:
        """What a scanned address or a typed code leads to: the device as it is now, removed or not.

        Raises ForeignLabel or UnknownLabel, and LabelRefused where the site asks for a signature and this is not one.
        """
        read = scanned(text)
        found = await self.printed(read.code)
        signing = found.view.site.label_signing
        if signing is LabelSigning.OFF:
            return found
        doubt = (await self._read_keys()).doubt(found.label, read)
        if doubt is not None:
            asking().said["doubt"] = doubt
            if signing is LabelSigning.ENFORCE:
                raise refused(read.code, doubt)
        return found.model_copy(update={"doubt": doubt})

    async def printed(self, code: str) -> Resolved:
        """What a label was printed for, for those who do not stand before it. Raises UnknownLabel."""
        label = await self._store.find(code)
        try:
            if label is None:
                raise NotFound
            view = await self._devices.view_even_removed(label.device_id)
        except NotFound:
            raise UnknownLabel(f"No label {code} was ever made here.") from None
        # A type whose rear was taken away since leaves the label without a plane, not without a device.
        face = view.device_type.face(label.face) or view.device_type.front
        return Resolved(label=label, view=view, layout=layout_of(label, face))

    async def sort_out(self, texts: Sequence[str]) -> SortedOut:
        """Which of these scanned texts lead to a device, and what is wrong with the others."""
        read: dict[str, Scanned] = {}
        problems: dict[str, str] = {}
        for text in texts:
            try:
                read[text] = scanned(text)
            except ForeignLabel as error:
                problems[text] = error.code
        labels = {one.code: one for one in await self._store.find_all({one.code for one in read.values()})}
        asked = await self._devices.label_signing({label.device_id for label in labels.values()})
        ours = {code: label for code, label in labels.items() if label.device_id in asked}
        problems |= {text: UnknownLabel.code for text, one in read.items() if one.code not in ours}
        doubts: dict[str, LabelDoubt] = {}
        keys = await self._read_keys() if set(asked.values()) - {LabelSigning.OFF} else None
        for text, one in read.items():
            label = ours.get(one.code)
            if label is None or keys is None or asked[label.device_id] is LabelSigning.OFF:
                continue
            doubt = keys.doubt(label, one)
            if doubt is not None:
                doubts[text] = doubt
                if asked[label.device_id] is LabelSigning.ENFORCE:
                    problems[text] = LabelRefused.code
        return SortedOut(tuple(text for text in read if text not in problems), problems, doubts)

    async def newest(
        self, page: PageQuery, *, site_id: str | None = None, is_signed: bool | None = None
    ) -> Page[ListedLabel]:
        """The newest label of each face, oldest first. Not signed: nor is what a withdrawn key signed."""
        good = frozenset[str]() if is_signed is None else (await self._read_keys()).good_ids
        found, total = await self._store.newest(page, site_id=site_id, is_signed=is_signed, good_keys=good)
        tags = await self._devices.asset_tags({label.device_id for label in found})
        items = [ListedLabel(label=label, asset_tag=tags[label.device_id]) for label in found]
        return Page[ListedLabel](items=items, total=total, limit=page.limit, offset=page.offset)

    async def for_sheet(self, new: NewSheet) -> list[tuple[Label, str]]:
        """The labels a sheet names, with their devices' asset tags; of a device, the newest of each face."""
        codes = [code_of(code) for code in new.codes]
        found = await self._store.find_all(codes) + await self._store.of_devices(new.device_ids)
        tags = await self._devices.asset_tags({label.device_id for label in found})
        by_code = {label.code: label for label in found if label.device_id in tags}
        missing = next((code for code in codes if code not in by_code), None)
        if missing is not None:
            raise UnknownLabel(f"No label {missing} was ever made here.")
        wanted = {code: by_code[code] for code in codes}
        newest: set[tuple[str, FaceSide]] = set()
        for label in await self._store.of_devices(new.device_ids):
            if label.device_id in tags and (label.device_id, label.face) not in newest:
                newest.add((label.device_id, label.face))
                wanted[label.code] = label
        unlabelled = set(new.device_ids) - {device_id for device_id, _ in newest}
        if unlabelled:
            raise UnknownLabel(f"The device {min(unlabelled)} has no label yet.")
        if len(wanted) > MAX_SHEET_LABELS:
            raise TooManyLabels(f"A sheet may have {MAX_SHEET_LABELS} labels.")
        return [(label, tags[label.device_id]) for label in wanted.values()]

    async def rack_map(self, elevation: Elevation) -> RackMap:
        """Where all units and symbols of a rack are, in millimetres of the rack."""
        made = await self._store.of_devices([mounted.device.id for mounted in elevation.devices])
        by_face: dict[tuple[str, FaceSide], list[Label]] = {}
        for label in made:
            by_face.setdefault((label.device_id, label.face), []).append(label)
        plan = _plan(elevation.rack)
        sides = [_side(plan, side, elevation.devices, by_face) for side in (FaceSide.FRONT, FaceSide.REAR)]
        return RackMap(
            rack_id=elevation.rack.id,
            name=elevation.rack.name,
            width_mm=plan.width_mm,
            height_mm=plan.height_mm,
            u_mm=plan.u_mm,
            tolerance_mm=TOLERANCE_MM,
            front=sides[0],
            rear=sides[1],
        )

    async def _read_keys(self) -> LabelKeys:
        return await asyncio.to_thread(self._stamp.keys.read)

    async def _taken_tag_ids(self, view: DeviceView) -> set[int]:
        """All ids ever given in this scope, and those that devices brought along into the rack."""
        taken = await self._store.tag_ids(scope=_scope(view), dictionary=DICTIONARY)
        if view.rack is not None:
            labels = await self._store.of_devices(await self._devices.all_in([view.rack.id]))
            taken |= {tag.id for label in labels for tag in label.tags if tag.dictionary == DICTIONARY}
        return taken

    async def _free_tag_ids(self, view: DeviceView) -> tuple[int, int]:
        taken, scope = await self._taken_tag_ids(view), _scope(view)
        start = first_tag_id(scope)
        free = [
            tag_id
            for tag_id in ((start + i) % TAGS_IN_DICTIONARY for i in range(TAGS_IN_DICTIONARY))
            if tag_id not in taken
        ]
        if len(free) < 2:
            raise NoTagsLeft
        return free[0], free[1]


def first_tag_id(scope: str) -> int:
    """Each rack begins elsewhere, so that the tags of the next rack, seen beside it, are seldom the same."""
    return zlib.crc32(scope.encode()) % TAGS_IN_DICTIONARY


@dataclass(frozen=True)
class Plan:
    """What a label will be made of."""

    view: DeviceView
    new: NewLabel
    face: Face
    code: str
    text: str
    key_id: str | None
    tag_ids: tuple[int, int]
    at: datetime


def drawn(plan: Plan) -> Label:
    """The label with its two tags placed, drawn and read back. Raises NoRoom or LabelUnreadable."""
    place, tags, modules = _arrange(plan.face, plan.new, plan.text, plan.tag_ids)
    label = Label(
        code=plan.code,
        text=plan.text,
        device_id=plan.view.device.id,
        face=plan.new.face,
        place=place,
        tags=tags,
        readable_to_mm=readable_to_mm(place.size_mm, modules),
        created_at=plan.at,
        key_id=plan.key_id,
    )
    read_back(label_set(label, plan.view.device.asset_tag), label)
    return label


def draw(label: Label, asset_tag: str, format_: SheetFormat, dpi: int) -> bytes:
    """One label with its tags. Read back first. Raises LabelUnreadable."""
    drawing = label_set(label, asset_tag)
    read_back(drawing, label)
    if format_ is SheetFormat.PDF:
        return as_pdf([drawing], asset_tag)
    if format_ is SheetFormat.SVG:
        return as_svg(drawing).encode()
    return as_png(drawing, label.place.size_mm / len(qr_modules(label.text)), dpi)


def draw_sheets(labels: Sequence[tuple[Label, str]], new: NewSheet) -> tuple[bytes, int]:
    """The file and how many pages there are. Every label is read back. Raises LabelUnreadable, NoRoom, NoSuchPage."""
    sets: list[Drawing] = []
    for label, asset_tag in labels:
        drawing = label_set(label, asset_tag)
        read_back(drawing, label)
        sets.append(drawing)
    pages = sheets(sets, new.paper)
    if new.page > len(pages):
        raise NoSuchPage(f"The sheet has {len(pages)} pages.")
    if new.format is SheetFormat.PDF:
        return as_pdf(pages, "Labels"), len(pages)
    page = pages[new.page - 1]
    if new.format is SheetFormat.SVG:
        return as_svg(page).encode(), len(pages)
    return as_png(page, 25.4 / 300, 300), len(pages)


def _arrange(
    face: Face, new: NewLabel, text: str, tag_ids: tuple[int, int]
) -> tuple[LabelPlace, tuple[Tag, ...], int]:
    """Place the tags first, since they can go nowhere but to the ends; then the label. Raises NoRoom."""
    modules = len(qr_modules(text))
    parts = taken_by_parts(face)
    wished: list[Box] = []
    if new.place is not None:
        piece = label_piece(new.place.size_mm, modules)
        half = new.place.size_mm / 2
        if not fits(face, Box(*_square(new.place, half))):
            raise NoRoom("The label would reach over the edge of the face.")
        wished = [piece.at(new.place.x_mm, new.place.y_mm)]
    tags, tag_boxes = _place_tags(face, new, tag_ids, [*parts, *wished])
    place = new.place
    for size_mm in () if place is not None else LABEL_SIZES_MM:
        place = place_label(face, label_piece(size_mm, modules), size_mm, [*parts, *tag_boxes])
        if place is not None:
            break
    if place is None:
        raise NoRoom("There is no free place for a label on the face; say where it may go.")
    return place, tags, modules


def _place_tags(
    face: Face, new: NewLabel, tag_ids: tuple[int, int], taken: list[Box]
) -> tuple[tuple[Tag, ...], list[Box]]:
    sizes = [new.tag_size_mm, *(size for size in TAG_SIZES_MM if size < new.tag_size_mm)]
    for size_mm in sizes:
        piece = tag_piece(size_mm)
        try:
            places = place_pair(face, piece, taken)
        except NoRoom:
            if size_mm == sizes[-1]:
                raise
            continue
        tags = tuple(
            Tag(dictionary=DICTIONARY, id=tag_id, x_mm=x, y_mm=y, size_mm=size_mm)
            for tag_id, (x, y) in zip(tag_ids, places, strict=True)
        )
        return tags, [piece.at(*place) for place in places]
    raise NoRoom


def _square(place: LabelPlace, half: float) -> tuple[float, float, float, float]:
    return place.x_mm - half, place.y_mm - half, place.x_mm + half, place.y_mm + half


def _face(view: DeviceView, side: FaceSide) -> Face:
    face = view.device_type.face(side)
    if face is None:
        raise NoSuchFace(f"The type {view.device_type.model} has no {side} face.")
    return face


def _plan(rack: Rack) -> RackPlan:
    is_from_top = rack.counted_from is CountedFrom.TOP
    return RackPlan(rack.height_u, rack.first_u, is_from_top, width_mm=RACK_WIDTH_MM, u_mm=U_MM)


def _side(
    plan: RackPlan,
    side: FaceSide,
    mounted: Sequence[MountedDevice],
    labels: Mapping[tuple[str, FaceSide], Sequence[Label]],
) -> RackSide:
    shown = []
    for one in mounted:
        device, device_type = one.device, one.device_type
        face_side = FaceSide.FRONT if device.face is side else FaceSide.REAR
        face = device_type.face(face_side)
        if face is None or device.position_u is None or device_type.height_u == 0:
            continue
        if face_side is FaceSide.REAR and not device_type.is_full_depth:
            continue  # its back hangs somewhere inside the rack
        shown.append(
            Shown(
                device_id=device.id,
                asset_tag=device.asset_tag,
                name=device.name,
                face=face_side.value,
                position_u=device.position_u,
                height_u=device_type.height_u,
                width_mm=face.width_mm,
                height_mm=face.height_mm,
                layout=joint_layout(labels.get((device.id, face_side), ()), face),
            )
        )
    return rack_side(plan, shown)


def _scope(view: DeviceView) -> str:
    """Tag ids are unique within a rack; what is in no rack shares the ids of its site."""
    return f"rack:{view.rack.id}" if view.rack else f"site:{view.site.id}"


def refused(code: str, doubt: LabelDoubt) -> LabelRefused:
    return LabelRefused(f"{REFUSED_BECAUSE[doubt]} Do not go by {code}; find the device by its asset tag.")


def labels_on(
    connection: AsyncConnection, actor: Actor, *, ids: Ids, clock: Clock, stamp: Stamp
) -> LabelService:
    """The service within one transaction."""
    devices = devices_on(connection, actor, ids=ids, clock=clock)
    store = LabelStore(connection, actor.grants_with(Permission.DEVICES_READ))
    return LabelService(store, devices=devices, ids=ids, clock=clock, stamp=stamp)


async def rotate_keys(database: Database, file: LabelKeyFile, *, withdrawn: str | None) -> LabelKeys:
    """Add a key that signs from now on, or withdraw one. Put on record. Raises CannotSign."""
    before = await asyncio.to_thread(file.read)
    after = before.rotated() if withdrawn is None else before.without(withdrawn)
    async with database.transaction() as connection:
        if withdrawn is not None:
            await recording.did(connection, "label_key.withdrawn", withdrawn)
        if after.newest.id != before.newest.id:
            await recording.did(connection, "label_key.introduced", after.newest.id)
        await asyncio.to_thread(file.write, after)
    return after


class RegisteredLabels:
    """The labels an actor may see, for those who have no transaction open: each look-up reads by itself."""

    def __init__(
        self,
        database: Database,
        actor: Actor,
        *,
        ids: Ids,
        clock: Clock,
        stamp: Stamp,
    ) -> None:
        self._database = database
        self._on = partial(labels_on, actor=actor, ids=ids, clock=clock, stamp=stamp)

    async def of_device(self, device_id: str) -> list[Label]:
        """Newest first. Raises NotFound for a device that was never there."""
        async with self._database.reading() as connection:
            return await self._on(connection).of_device(device_id)

    async def drawn(self, device_id: str, new: NewLabel) -> Label:
        """A label for `keep`. Raises NotFound, NoSuchFace, NoRoom, NoTagsLeft or LabelUnreadable."""
        async with self._database.reading() as connection:
            plan = await self._on(connection).plan(device_id, new)
        return await asyncio.to_thread(drawn, plan)

    async def make(self, device_id: str, new: NewLabel) -> Label:
        """Draw a label and keep it. Raises what `drawn` raises, and Overtaken."""
        label = await self.drawn(device_id, new)
        async with self._database.transaction() as connection:
            return await self._on(connection).keep(label)

    async def for_sheet(self, new: NewSheet) -> list[tuple[Label, str]]:
        """Read what a sheet needs and let the database go: drawing takes longer than reading."""
        async with self._database.reading() as connection:
            return await self._on(connection).for_sheet(new)


def tag_inspector(*, ids: Ids, clock: Clock, stamp: Stamp) -> InspectMoves:
    """For the registry, which moves devices and knows nothing of labels."""

    async def inspect(connection: AsyncConnection, actor: Actor, racks: Mapping[str, str]) -> list[Finding]:
        service = labels_on(connection, actor, ids=ids, clock=clock, stamp=stamp)
        return await service.found_by_moving(racks)

    return inspect
