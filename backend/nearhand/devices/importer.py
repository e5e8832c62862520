"""Bring many devices in at once, all or none, and hand them out again."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import Actor, Permission
from nearhand.audit import recording
from nearhand.devices.model import (
    AssetTag,
    Device,
    DeviceType,
    Finding,
    ImportProgress,
    ImportReport,
    Location,
    Mounting,
    NewDevice,
    Rack,
    RowFault,
    Selection,
    Site,
    Stage,
    Tenant,
    WrongTenant,
    first_overlap,
    first_version,
    housed,
    misfit,
    next_version,
    span_of,
)
from nearhand.devices.store import DeviceStore, Registered
from nearhand.devices.tabular import (
    Cells,
    TableFormat,
    csv_header,
    csv_lines,
    json_lines,
    read_rows,
    row_of,
)
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.ids import Ids

T = TypeVar("T")

CHUNK = 500  # rows from one word of progress to the next
PATH_SEPARATOR = " / "

# Higher slices know what a move brings about. By device id, the rack each will stand in.
InspectMoves = Callable[[AsyncConnection, Actor, Mapping[str, str]], Awaitable[list[Finding]]]
Tell = Callable[[ImportProgress], None]
Row = tuple[int, Cells]

_tag = TypeAdapter(AssetTag)
_COLUMN_OF = {"device_type_id": "model", "site_id": "site", "rack_id": "rack"}


class _Wanted(NamedTuple):
    """What a row asks for, once everything it names was found."""

    row: int
    before: Device | None
    new: NewDevice
    device_type: DeviceType
    tenant_name: str

    @property
    def is_change(self) -> bool:
        return self.before is not None and any(
            getattr(self.before, name) != getattr(self.new, name) for name in NewDevice.model_fields
        )


class Fault(Exception):
    """A row cannot be followed; kept apart from errors of the request, which stop everything."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


class Importer:
    """Opens its own transaction, because a file takes longer to arrive and to check than a lock may be held.

    One import at a time, and what needs no database in a thread: live sessions go on beside it.
    """

    def __init__(self, database: Database, *, ids: Ids, clock: Clock, inspect_moves: InspectMoves) -> None:
        self._database, self._ids, self._clock = database, ids, clock
        self._inspect_moves = inspect_moves
        self._turn = asyncio.Semaphore(1)

    async def read(self, content: bytes, kind: TableFormat) -> list[Row]:
        """Raise UnreadableImport when the file is no table at all."""
        async with self._turn:
            return await asyncio.to_thread(read_rows, content, kind)

    async def run(self, rows: Sequence[Row], actor: Actor, *, is_dry_run: bool, tell: Tell) -> ImportReport:
        """Check every row; write them all unless one is faulty or this is a dry run."""
        open_transaction = self._database.reading if is_dry_run else self._database.transaction
        async with self._turn, open_transaction() as connection:
            store = DeviceStore(connection, actor.grants_with(Permission.DEVICES_READ))
            wanted, faults = await self._check(store, rows, actor, tell)
            is_applied = not is_dry_run and not faults
            created = [one for one in wanted if one.before is None]
            updated = [one for one in wanted if one.is_change]
            findings = await self._inspect_moves(connection, actor, _moves(updated))
            if is_applied:
                await self._write(store, created, updated, tell)
        return ImportReport(
            rows=len(rows),
            created=len(created),
            updated=len(updated),
            unchanged=len(wanted) - len(created) - len(updated),
            is_dry_run=is_dry_run,
            is_applied=is_applied,
            faults=tuple(sorted(faults, key=lambda fault: fault.row)),
            findings=tuple(findings),
        )

    async def _check(
        self, store: DeviceStore, rows: Sequence[Row], actor: Actor, tell: Tell
    ) -> tuple[list[_Wanted], list[RowFault]]:
        names = await _Names.load(store, actor)
        tagged, faults = await asyncio.to_thread(_by_tag, rows)
        known = await store.devices_by_tag(tagged)
        wanted: list[_Wanted] = []
        for some in _chunks(list(tagged.items())):
            tell(ImportProgress(stage=Stage.CHECKING, done=len(wanted) + len(faults), total=len(rows)))
            followed, refused = await asyncio.to_thread(names.follow_all, some, known)
            wanted += followed
            faults += refused
        racks = {one.new.rack_id for one in wanted if one.new.rack_id is not None}
        await store.lock_racks(racks)
        mounted = await store.mounted_in(racks)
        faults += await asyncio.to_thread(_crowding, wanted, mounted)
        tell(ImportProgress(stage=Stage.CHECKING, done=len(rows), total=len(rows)))
        return wanted, faults

    async def _write(
        self, store: DeviceStore, created: Sequence[_Wanted], updated: Sequence[_Wanted], tell: Tell
    ) -> None:
        now, total, done = self._clock.now(), len(created) + len(updated), 0

        def versions(some: Sequence[_Wanted]) -> list[Registered]:
            return [
                (
                    first_version(Device, one.new, noun_id=self._ids.new(), now=now)
                    if one.before is None
                    else next_version(one.before, one.new, now=now),
                    one.device_type,
                    one.tenant_name,
                )
                for one in some
            ]

        for write, wanted in ((store.add_devices, created), (store.replace_devices, updated)):
            for some in _chunks(wanted):
                written = await asyncio.to_thread(versions, some)
                await write(written)
                await self._put_down(store, some, [device for device, *_ in written])
                done += len(some)
                tell(ImportProgress(stage=Stage.WRITING, done=done, total=total))

    async def _put_down(self, store: DeviceStore, some: Sequence[_Wanted], written: Sequence[Device]) -> None:
        """An entry for each device, as if it had been added or changed by itself."""
        connection, pairs = store.connection, list(zip(some, written, strict=True))
        await recording.added(connection, "device", *(now for one, now in pairs if one.before is None))
        changes = [(one.before, now) for one, now in pairs if one.before is not None]
        await recording.changed(connection, "device", *changes)

    async def export(self, selection: Selection, kind: TableFormat, actor: Actor) -> AsyncIterator[str]:
        """The selected devices as a file that `run` takes back.

        Read in pages, each with a connection of its own: whoever reads the file slowly keeps nobody else waiting.
        Which devices it holds is settled at the start; each row is as it was when its page was read.
        """
        grants = actor.grants_with(Permission.DEVICES_READ)
        async with self._database.reading() as connection:
            numbers = await DeviceStore(connection, grants).numbers(selection)
        yield csv_header() if kind is TableFormat.CSV else "[\n"
        separator = ""
        for some in _chunks(numbers):
            async with self._database.reading() as connection:
                store = DeviceStore(connection, grants)
                paths, views = _paths(await store.locations.every()), await store.views(some)
            rows = [row_of(view, paths.get(view.location.id, "") if view.location else "") for view in views]
            if kind is TableFormat.CSV:
                yield csv_lines(rows)
            elif rows:
                yield separator + ",\n".join(json_lines(rows))
                separator = ",\n"
        if kind is TableFormat.JSON:
            yield "\n]\n"


class _Names:
    """What rows may refer to, by name."""

    def __init__(
        self,
        actor: Actor,
        places: tuple[list[Tenant], list[Site], list[Location], list[Rack]],
        types: list[DeviceType],
    ) -> None:
        self._actor = actor
        tenants, sites, locations, racks = places
        self._tenants = {tenant.name: tenant for tenant in tenants}
        self._tenant_names = {tenant.id: tenant.name for tenant in tenants}
        self._sites_by_id = {site.id: site for site in sites}
        self._sites = {site.name: site for site in sites}
        self._types = {(one.manufacturer, one.model): one for one in types}
        self._types_by_id = {one.id: one for one in types}
        self._racks_by_id = {rack.id: rack for rack in racks}
        self._racks: dict[tuple[str, str], list[Rack]] = defaultdict(list)
        for rack in racks:
            self._racks[rack.site_id, rack.name].append(rack)
        self._paths = _paths(locations)
        self._location_names = {one.id: one.name for one in locations}

    @classmethod
    async def load(cls, store: DeviceStore, actor: Actor) -> "_Names":
        places = (
            await store.tenants.every(),
            await store.sites.every(),
            await store.locations.every(),
            await store.racks.every(),
        )
        return cls(actor, places, await store.device_types.every())

    def follow_all(
        self, tagged: Sequence[tuple[str, Row]], known: Mapping[str, Device]
    ) -> tuple[list[_Wanted], list[RowFault]]:
        wanted: list[_Wanted] = []
        faults: list[RowFault] = []
        for tag, (number, cells) in tagged:
            try:
                wanted.append(self.follow(number, cells, known.get(tag)))
            except Fault as fault:
                faults.append(RowFault(row=number, field=fault.field, message=fault.message))
            except ValidationError as error:
                faults += _faults(number, error)
        return wanted, faults

    def follow(self, number: int, cells: Cells, before: Device | None) -> _Wanted:
        """The device a row asks for. Columns that are not in the file stay as they are."""
        given: dict[str, Any] = {
            name: _value(name, cells[name])
            for name in NewDevice.model_fields
            if name in cells and not (name in {"face", "status"} and not cells[name])
        }
        given["device_type_id"] = self._type(cells, before).id
        given["site_id"] = self._site(cells, before)
        if "rack" in cells:
            given["rack_id"] = self._rack(cells, given["site_id"])
            if given["rack_id"] is None:
                given.setdefault("position_u", None)
        elif cells.get("location"):
            raise Fault("location", "Only a rack has a location; name the rack too.")
        if "tenant" in cells:
            given["tenant_id"] = self._tenant(cells)
        base = {} if before is None else {name: getattr(before, name) for name in NewDevice.model_fields}
        new = self._housed(NewDevice.model_validate(base | given))
        if before is not None:
            self._demand(before)
        self._demand(new)
        device_type = self._types_by_id[new.device_type_id]
        self._check_fit(new, device_type)
        return _Wanted(number, before, new, device_type, self._tenant_names.get(new.tenant_id or "", ""))

    def _type(self, cells: Cells, before: Device | None) -> DeviceType:
        manufacturer, model = _named(cells, "manufacturer"), _named(cells, "model")
        if before is not None and not manufacturer and not model:
            return self._types_by_id[before.device_type_id]
        for column, value in (("manufacturer", manufacturer), ("model", model)):
            if not value:
                raise Fault(column, "A device type is named by its manufacturer and its model.")
        found = self._types.get((manufacturer, model))
        if found is None:
            raise Fault("model", f"There is no device type {manufacturer} {model}.")
        return found

    def _site(self, cells: Cells, before: Device | None) -> str:
        name = _named(cells, "site")
        if before is not None and not name:
            return before.site_id
        if not name:
            raise Fault("site", "A new device needs a site.")
        if name not in self._sites:
            raise Fault("site", f"There is no site {name}.")
        return self._sites[name].id

    def _tenant(self, cells: Cells) -> str | None:
        name = _named(cells, "tenant")
        if name and name not in self._tenants:
            raise Fault("tenant", f"There is no tenant {name}.")
        return self._tenants[name].id if name else None

    def _housed(self, new: NewDevice) -> NewDevice:
        try:
            return housed(new, self._sites_by_id[new.site_id], self._racks_by_id.get(new.rack_id or ""))
        except WrongTenant as error:
            raise Fault("tenant", error.title) from None

    def _demand(self, device: NewDevice) -> None:
        if not self._actor.may(Permission.DEVICES_WRITE, device.where):
            raise Fault("asset_tag", "What you were granted does not allow changes there.")

    def _rack(self, cells: Cells, site_id: str) -> str | None:
        name, location = _named(cells, "rack"), _named(cells, "location")
        if not name:
            if location:
                raise Fault("location", "Only a rack has a location; name the rack too.")
            return None
        found = self._racks.get((site_id, name), [])
        if location:
            found = [rack for rack in found if location in self._names_of(rack.location_id)]
        if not found:
            raise Fault("rack", f"There is no rack {name} at this site{' and location' * bool(location)}.")
        if len(found) > 1:
            places = ", ".join(sorted(self._paths.get(rack.location_id or "", "-") for rack in found))
            raise Fault("location", f"There are several racks {name} here; say in which location: {places}.")
        return found[0].id

    def _names_of(self, location_id: str | None) -> set[str]:
        if location_id is None:
            return set()
        return {self._paths[location_id], self._location_names[location_id]}

    def _check_fit(self, new: NewDevice, device_type: DeviceType) -> None:
        rack = self._racks_by_id.get(new.rack_id or "")
        if rack is None:
            return
        if rack.site_id != new.site_id:
            raise Fault("rack", f"The rack {rack.name} is at another site.")
        if new.position_u is not None and not rack.holds(new.position_u, device_type.height_u):
            raise Fault("position_u", misfit(rack, new.position_u, device_type.height_u))


def _by_tag(rows: Sequence[Row]) -> tuple[dict[str, Row], list[RowFault]]:
    """Rows by asset tag in lower case; a bad tag, or one that came before, is a fault."""
    tagged: dict[str, Row] = {}
    faults: list[RowFault] = []
    for number, cells in rows:
        try:
            tag = _tag.validate_python((cells.get("asset_tag") or "").strip()).lower()
        except ValidationError as error:
            faults += _faults(number, error, "asset_tag")
            continue
        cells["asset_tag"] = (cells["asset_tag"] or "").strip()
        if tag in tagged:
            message = f"The same asset tag is in row {tagged[tag][0]}."
            faults.append(RowFault(row=number, field="asset_tag", message=message))
        else:
            tagged[tag] = (number, cells)
    return tagged, faults


def _moves(updated: Sequence[_Wanted]) -> dict[str, str]:
    """The racks that devices are moved into."""
    return {
        one.before.id: one.new.rack_id
        for one in updated
        if one.before is not None and one.new.rack_id is not None and one.new.rack_id != one.before.rack_id
    }


def _crowding(wanted: Sequence[_Wanted], mounted: Sequence[Mounting]) -> list[RowFault]:
    """Rows whose device would stand where another does, when all rows have been followed."""
    faults: list[RowFault] = []
    leaving = {one.before.id for one in wanted if one.before is not None}
    by_rack: dict[str, list[Mounting]] = defaultdict(list)
    for mounting in mounted:
        if mounting.device_id not in leaving:
            by_rack[mounting.rack_id].append(mounting)
    for one in wanted:
        span = span_of(one.new, one.device_type)
        if span is None or one.new.rack_id is None:
            continue
        wish = Mounting(
            device_id=f"row {one.row}", asset_tag=one.new.asset_tag, rack_id=one.new.rack_id, span=span
        )
        other = first_overlap(wish, by_rack[wish.rack_id])
        if other is not None:
            message = f"{other.asset_tag} is there, from U{other.span.position_u}."
            faults.append(RowFault(row=one.row, field="position_u", message=message))
        by_rack[wish.rack_id].append(wish)
    return faults


def _faults(number: int, error: ValidationError, field: str = "") -> Iterator[RowFault]:
    for one in error.errors():
        name = str(one["loc"][0]) if one["loc"] else field or "position_u"
        yield RowFault(row=number, field=_COLUMN_OF.get(name, name), message=one["msg"])


def _named(cells: Cells, column: str) -> str:
    return (cells.get(column) or "").strip()


def _value(name: str, cell: str | None) -> str | None:
    """An empty cell is no position; elsewhere it is empty text."""
    if name == "position_u":
        return (cell or "").strip() or None
    return cell or ""


def _paths(locations: Sequence[Location]) -> dict[str, str]:
    """Each location's names from the outermost in: "Hall 2 / Row B"."""
    by_id = {one.id: one for one in locations}

    def path(one: Location) -> str:
        parent = by_id.get(one.parent_id or "")
        return one.name if parent is None else f"{path(parent)}{PATH_SEPARATOR}{one.name}"

    return {one.id: path(one) for one in locations}


def _chunks(many: Sequence[T]) -> Iterator[Sequence[T]]:
    return (many[i : i + CHUNK] for i in range(0, len(many), CHUNK))
