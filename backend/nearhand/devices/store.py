"""Rows of tenants, sites, locations, racks, device types and devices, and the search over them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    Integer,
    Row,
    Select,
    Table,
    and_,
    asc,
    bindparam,
    case,
    cast,
    delete,
    desc,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import True_

from nearhand.access.model import Grants, Where
from nearhand.devices.model import (
    AssetTagTaken,
    CameraMask,
    Device,
    DeviceType,
    DeviceView,
    Frozen,
    LabelSigning,
    Location,
    MountedDevice,
    Mounting,
    NameTaken,
    Rack,
    RackedDevice,
    Selection,
    Site,
    Span,
    StillInUse,
    Tenant,
)
from nearhand.devices.seen import seen_devices, seen_locations, seen_racks, seen_sites, seen_tenants
from nearhand.devices.tables import (
    POSTGRES_TERMS,
    device_types,
    devices,
    is_present,
    locations,
    racks,
    sites,
    tenants,
)
from nearhand.kit.database import in_parts
from nearhand.kit.errors import Conflict
from nearhand.kit.text import index_terms, search_terms

M = TypeVar("M", bound=Frozen)
Registered = tuple[
    Device, DeviceType, str
]  # a device, its type, and its tenant's name: it is found by all three

NARROW_HITS = 1000  # up to so many hits of a search are sorted by closeness; beyond, nobody reads to the end
SERIAL_ENDING = 4  # people read out the last characters of a serial; endings this long are found


class Nouns(Generic[M]):
    """The rows of one noun as its models: find, list, add, replace, remove. What is not `seen` is not there."""

    def __init__(
        self,
        connection: AsyncConnection,
        table: Table,
        model: type[M],
        searched: tuple[str, ...],
        seen: ColumnElement[bool],
    ) -> None:
        self._connection, self._table, self._model, self._searched = connection, table, model, searched
        self._seen = seen

    async def find(self, noun_id: str) -> M | None:
        query = select(self._table).where(self._table.c.id == noun_id, self._seen)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _model(self._model, self._table, row)

    async def every(self) -> list[M]:
        rows = await self._connection.execute(select(self._table).where(self._seen))
        return [_model(self._model, self._table, row) for row in rows]

    async def page(self, selection: Selection, limit: int, offset: int) -> tuple[list[M], int]:
        """The wanted part of the list, and how many there are in all."""
        table = self._table
        wanted = [self._seen, *(table.c[name] == value for name, value in selection.filters.items())]
        terms = search_terms(selection.q)
        if terms:
            wanted += [table.c.search_text.contains(f" {term} ", autoescape=True) for term in terms[:-1]]
            wanted.append(table.c.search_text.contains(f" {terms[-1]}", autoescape=True))
        total = await self._count(select(func.count()).select_from(table).where(*wanted))
        usual = [table.c[name] for name in self._searched]
        order = [_order(table, selection.sort), *usual] if selection.sort else usual
        query = select(table).where(*wanted).order_by(*order, table.c.id).limit(limit).offset(offset)
        rows = await self._connection.execute(query)
        return [_model(self._model, table, row) for row in rows], total

    async def add(self, item: M) -> None:
        await self.add_all([item])

    async def add_all(self, items: Sequence[M]) -> None:
        rows = [self._row(item) for item in items]
        try:
            await self._connection.execute(insert(self._table), rows)
        except IntegrityError as error:
            raise _refusal(error, _called(items[0])) from None

    async def replace(self, item: M, *, version: int) -> bool:
        """Write over the row if it still has that version; say whether it did."""
        row = self._row(item)
        query = update(self._table).where(self._table.c.id == row["id"], self._table.c.version == version)
        try:
            result = await self._connection.execute(query.values(row))
        except IntegrityError as error:
            raise _refusal(error, _called(item)) from None
        return result.rowcount == 1

    async def remove(self, noun_id: str, *, version: int) -> bool:
        query = delete(self._table).where(self._table.c.id == noun_id, self._table.c.version == version)
        try:
            return (await self._connection.execute(query)).rowcount == 1
        except IntegrityError:
            raise StillInUse("Other records still refer to it.") from None

    async def _count(self, query: Select[int]) -> int:
        return (await self._connection.execute(query)).scalar_one()

    def _row(self, item: M) -> dict[str, Any]:
        row = item.model_dump()
        words = index_terms(" ".join(str(row[name]) for name in self._searched))
        return row | {"search_text": f" {' '.join(words)} "}


class DeviceStore:
    """The registry over one connection, as far as `grants` reach: what they do not cover is not there.

    Only the rules that keep a rack true see everything: `uses`, `mounted_in`, `racks_with_type` and the tag's uniqueness.
    """

    def __init__(self, connection: AsyncConnection, grants: Grants) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"
        self._seen = seen_devices(grants)
        self.tenants = Nouns(connection, tenants, Tenant, ("name",), seen_tenants(grants))
        self.sites = Nouns(connection, sites, Site, ("name", "address"), seen_sites(grants))
        self.locations = Nouns(connection, locations, Location, ("name",), seen_locations(grants))
        self.racks = Nouns(connection, racks, Rack, ("name",), seen_racks(grants))
        # What a make and model looks like is nobody's secret.
        searched = ("manufacturer", "model", "kind")
        self.device_types = Nouns(connection, device_types, DeviceType, searched, true())

    @property
    def connection(self) -> AsyncConnection:
        """The transaction it writes in, for what else belongs into it."""
        return self._connection

    async def uses(self, *, of: str, noun_id: str) -> dict[str, int]:
        """How many rows of each noun refer to this tenant, site, location, rack or device type.

        Removed devices hold on to their tenant, site and type, which their history names; a rack they let go.
        """
        references = {
            "tenant": {
                "sites": sites.c.tenant_id,
                "racks": racks.c.tenant_id,
                "devices": devices.c.tenant_id,
            },
            "site": {
                "locations": locations.c.site_id,
                "racks": racks.c.site_id,
                "devices": devices.c.site_id,
            },
            "location": {"locations": locations.c.parent_id, "racks": racks.c.location_id},
            "rack": {"devices": devices.c.rack_id},
            "device_type": {"devices": devices.c.device_type_id},
        }
        counts = {}
        for noun, column in references[of].items():
            query = select(func.count()).select_from(column.table).where(column == noun_id)
            counts[noun] = (query.where(is_present) if of == "rack" else query).scalar_subquery().label(noun)
        row = (await self._connection.execute(select(*counts.values()))).one()
        return {noun: count for noun, count in row._mapping.items() if count}

    # -- devices ------------------------------------------------------------------------------------------------

    async def device(self, device_id: str) -> Device | None:
        """The device, removed or not."""
        query = select(devices).where(devices.c.id == device_id, self._seen)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _model(Device, devices, row)

    async def view(self, device_id: str) -> DeviceView | None:
        """The device, removed or not, with its surroundings: one query."""
        return await self._view(devices.c.id == device_id)

    async def view_by_tag(self, asset_tag: str) -> DeviceView | None:
        return await self._view(and_(func.lower(devices.c.asset_tag) == asset_tag.lower(), is_present))

    async def _view(self, condition: ColumnElement[bool]) -> DeviceView | None:
        row = (await self._connection.execute(_views().where(condition, self._seen))).one_or_none()
        return None if row is None else _device_view(row)

    async def numbers(self, selection: Selection) -> Sequence[int]:
        """Which devices the selection holds now, by asset tag: few bytes each, however many there are."""
        query = select(devices.c.number).where(*self._wanted(selection))
        rows = await self._connection.execute(query.order_by(devices.c.asset_tag, devices.c.number))
        return rows.scalars().all()

    async def views(self, numbers: Sequence[int]) -> list[DeviceView]:
        """Those of these devices that are still there, in that order, with their surroundings."""
        query = _views().with_only_columns(*devices.c, *sites.c, *racks.c, *locations.c, *tenants.c)
        query = query.where(devices.c.number.in_(numbers), is_present, self._seen)
        rows = (await self._connection.execute(query)).all()
        # A type has hundreds of parts: read once for all of its devices.
        type_ids = {row._mapping[devices.c.device_type_id] for row in rows}
        kinds = await self._connection.execute(select(device_types).where(device_types.c.id.in_(type_ids)))
        types = {row.id: _model(DeviceType, device_types, row) for row in kinds}
        found = {
            row._mapping[devices.c.number]: _device_view(row, types[row._mapping[devices.c.device_type_id]])
            for row in rows
        }
        return [found[number] for number in numbers if number in found]

    async def devices(self, selection: Selection, limit: int, offset: int) -> tuple[list[Device], int]:
        """The wanted part of the list, and how many there are in all. Removed devices are in no list."""
        total = await self._total(selection)
        wanted = self._wanted(selection, is_broad=total > NARROW_HITS)
        order = self._order(selection, total)
        # Numbers first, from an index alone; then only the rows of this page.
        page = select(devices.c.number).where(*wanted).order_by(*order).limit(limit).offset(offset)
        query = select(devices).where(devices.c.number.in_(page)).order_by(*order)
        rows = await self._connection.execute(query)
        return [_model(Device, devices, row) for row in rows], total

    async def mounted_in(self, rack_ids: Collection[str]) -> list[Mounting]:
        """The devices that take room in these racks; those not seen take it without a name."""
        asset_tag = case((self._seen, devices.c.asset_tag), else_=literal("Another tenant's device"))
        found: list[Mounting] = []
        for some in in_parts(sorted(rack_ids)):
            query = (
                select(
                    devices.c.id,
                    asset_tag.label("asset_tag"),
                    devices.c.rack_id,
                    devices.c.position_u,
                    devices.c.face,
                    device_types.c.height_u,
                    device_types.c.is_full_depth,
                )
                .join(device_types)
                .where(devices.c.rack_id.in_(some), devices.c.position_u.is_not(None), is_present)
                .where(device_types.c.height_u > 0)
                .order_by(devices.c.position_u, devices.c.number)
            )
            for row in await self._connection.execute(query):
                span = Span.model_validate({name: row._mapping[name] for name in Span.model_fields})
                found.append(
                    Mounting(device_id=row.id, asset_tag=row.asset_tag, rack_id=row.rack_id, span=span)
                )
        return found

    async def elevation(self, rack_id: str) -> list[MountedDevice]:
        query = (
            select(devices, device_types)
            .join(device_types)
            .where(devices.c.rack_id == rack_id, is_present, self._seen)
            .order_by(devices.c.position_u, devices.c.number)
        )
        types: dict[str, DeviceType] = {}
        mounted = []
        for row in await self._connection.execute(query):
            type_id = row._mapping[device_types.c.id]
            if type_id not in types:
                types[type_id] = _model(DeviceType, device_types, row)
            mounted.append(MountedDevice(device=_model(Device, devices, row), device_type=types[type_id]))
        return mounted

    async def all_in(self, rack_ids: Collection[str]) -> list[str]:
        """The ids of all devices of these racks, seen or not: a tag must be unlike every other in its rack."""
        found: list[str] = []
        for some in in_parts(sorted(rack_ids)):
            query = select(devices.c.id).where(devices.c.rack_id.in_(some), is_present)
            found += (await self._connection.execute(query)).scalars()
        return found

    async def standing_in(self, rack_ids: Collection[str]) -> list[RackedDevice]:
        """The devices of these racks, mounted or not."""
        found: list[RackedDevice] = []
        for some in in_parts(sorted(rack_ids)):
            query = select(devices.c.id, devices.c.asset_tag, devices.c.rack_id).where(
                devices.c.rack_id.in_(some), is_present, self._seen
            )
            for row in await self._connection.execute(query.order_by(devices.c.number)):
                found.append(RackedDevice(device_id=row.id, asset_tag=row.asset_tag, rack_id=row.rack_id))
        return found

    async def lock_racks(self, rack_ids: Collection[str]) -> None:
        """Two devices must not take one free place at once. SQLite has a single writer and needs no lock."""
        for some in in_parts(sorted(rack_ids)):
            query = select(racks.c.id).where(racks.c.id.in_(some)).order_by(racks.c.id).with_for_update()
            await self._connection.execute(query)

    async def devices_by_tag(self, asset_tags: Iterable[str]) -> dict[str, Device]:
        """The devices that carry these tags now, by tag in lower case."""
        found: dict[str, Device] = {}
        for some in in_parts(sorted({tag.lower() for tag in asset_tags})):
            query = select(devices).where(func.lower(devices.c.asset_tag).in_(some), is_present, self._seen)
            for row in await self._connection.execute(query):
                found[row.asset_tag.lower()] = _model(Device, devices, row)
        return found

    async def asset_tags(self, device_ids: Iterable[str]) -> dict[str, str]:
        """Asset tags by device id, of removed devices too."""
        found: dict[str, str] = {}
        for some in in_parts(sorted(set(device_ids))):
            query = select(devices.c.id, devices.c.asset_tag).where(devices.c.id.in_(some), self._seen)
            found |= {row.id: row.asset_tag for row in await self._connection.execute(query)}
        return found

    async def label_signing(self, device_ids: Iterable[str]) -> dict[str, LabelSigning]:
        """What is asked of labels where these devices are, by device id, removed or not."""
        found: dict[str, LabelSigning] = {}
        for some in in_parts(sorted(set(device_ids))):
            query = (
                select(devices.c.id, sites.c.label_signing)
                .join(sites, devices.c.site_id == sites.c.id)
                .where(devices.c.id.in_(some), self._seen)
            )
            for row in await self._connection.execute(query):
                found[row.id] = LabelSigning(row.label_signing)
        return found

    async def camera_masks(self, device_id: str | None) -> list[CameraMask]:
        """What is asked of pictures where this device is, removed or not; None: everywhere."""
        query = select(sites.c.camera_mask).distinct()
        if device_id is not None:
            query = query.join(devices, devices.c.site_id == sites.c.id).where(devices.c.id == device_id)
        return [CameraMask(rule) for rule in (await self._connection.execute(query)).scalars()]

    async def places(self, device_ids: Iterable[str]) -> dict[str, Where]:
        """Where these devices are, by device id, removed or not."""
        found: dict[str, Where] = {}
        for some in in_parts(sorted(set(device_ids))):
            query = select(devices.c.id, devices.c.tenant_id, devices.c.site_id, devices.c.rack_id).where(
                devices.c.id.in_(some), self._seen
            )
            for row in await self._connection.execute(query):
                found[row.id] = Where(tenant_id=row.tenant_id, site_id=row.site_id, rack_id=row.rack_id)
        return found

    async def add_device(self, device: Device, device_type: DeviceType, tenant_name: str) -> None:
        await self.add_devices([(device, device_type, tenant_name)])

    async def add_devices(self, added: Sequence[Registered]) -> None:
        newest = await self._connection.execute(select(func.coalesce(func.max(devices.c.number), 0)))
        before = newest.scalar_one()
        try:
            await self._connection.execute(insert(devices), [_device_row(*one) for one in added])
        except IntegrityError as error:
            raise _refusal(error, added[0][0].asset_tag) from None
        if self._is_sqlite:
            index = "INSERT INTO device_search(rowid, search_text) SELECT number, search_text FROM device"
            await self._connection.execute(text(f"{index} WHERE number > :before"), {"before": before})

    async def replace_device(
        self, device: Device, device_type: DeviceType, tenant_name: str, *, version: int
    ) -> bool:
        """Write over the row if it still has that version; say whether it did."""
        query = update(devices).where(devices.c.id == device.id, devices.c.version == version)
        try:
            result = await self._connection.execute(
                query.values(_device_row(device, device_type, tenant_name))
            )
        except IntegrityError as error:
            raise _refusal(error, device.asset_tag) from None
        return result.rowcount == 1

    async def replace_devices(self, changed: Sequence[Registered]) -> None:
        """Write over many rows at once, whatever their version; the caller read them in this transaction."""
        rows = [{f"to_{k}": v for k, v in _device_row(*one).items()} for one in changed]
        names = [name for name in _device_row(*changed[0]) if name not in {"id", "created_at"}]
        query = update(devices).where(devices.c.id == bindparam("to_id"))
        await self._connection.execute(query.values({name: bindparam(f"to_{name}") for name in names}), rows)

    async def forget_rack_of_removed(self, rack_id: str) -> None:
        """Removed devices do not keep a rack standing; where they once were is then forgotten."""
        query = update(devices).where(devices.c.rack_id == rack_id, devices.c.removed_at.is_not(None))
        await self._connection.execute(query.values(rack_id=None, position_u=None))

    async def refresh_search(
        self, *, device_type_id: str | None = None, tenant_id: str | None = None
    ) -> None:
        """Devices are found by their type's and tenant's name too: one renamed is written to all of them."""
        of = devices.c.tenant_id == tenant_id if tenant_id else devices.c.device_type_id == device_type_id
        query = _views().with_only_columns(*devices.c, *device_types.c, tenants.c.name.label("tenant_name"))
        found: list[Row[Any]] = [*await self._connection.execute(query.where(of, is_present))]
        types: dict[str, DeviceType] = {}
        rows = []
        for row in found:
            type_id = row._mapping[device_types.c.id]
            if type_id not in types:
                types[type_id] = _model(DeviceType, device_types, row)
            device = _model(Device, devices, row)
            words = _device_words(device, types[type_id], row.tenant_name or "")
            rows.append({"at": row._mapping[devices.c.number], "words": words})
        if rows:
            change = update(devices).where(devices.c.number == bindparam("at"))
            await self._connection.execute(change.values(search_text=bindparam("words")), rows)

    async def strangers(
        self, tenant_id: str, *, site_id: str | None = None, rack_id: str | None = None
    ) -> int:
        """How many racks and devices of this site, or devices of this rack, are not that tenant's."""
        place = devices.c.site_id == site_id if site_id else devices.c.rack_id == rack_id
        of_others = devices.c.tenant_id.is_distinct_from(tenant_id)
        count = await self._count(
            select(func.count()).select_from(devices).where(place, of_others, is_present)
        )
        if site_id is not None:
            of_others = racks.c.tenant_id.is_distinct_from(tenant_id)
            count += await self._count(
                select(func.count()).select_from(racks).where(racks.c.site_id == site_id, of_others)
            )
        return count

    async def _count(self, query: Select[int]) -> int:
        return (await self._connection.execute(query)).scalar_one()

    async def racks_with_type(self, device_type_id: str) -> set[str]:
        """The racks in which a device of this type is mounted."""
        query = select(devices.c.rack_id).where(
            devices.c.device_type_id == device_type_id, devices.c.position_u.is_not(None), is_present
        )
        return set((await self._connection.execute(query.distinct())).scalars())

    # -- which, and in which order ------------------------------------------------------------------------------

    def _wanted(self, selection: Selection, *, is_broad: bool = False) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = [is_present, self._seen]
        for name, value in selection.filters.items():
            if name == "kind":
                of_kind = select(device_types.c.id).where(device_types.c.kind == value)
                wanted.append(devices.c.device_type_id.in_(of_kind))
            elif name == "location_id":
                in_location = select(racks.c.id).where(racks.c.location_id == value)
                wanted.append(devices.c.rack_id.in_(in_location))
            elif name == "status" and not isinstance(self._seen, True_):
                # Nearly all devices are active: this hides from SQLite the index that would lead through all of them.
                wanted.append(devices.c.status.concat("") == value)
            else:
                wanted.append(devices.c[name] == value)
        terms = search_terms(selection.q)
        return [*wanted, self._found(terms, is_broad=is_broad)] if terms else wanted

    def _found(self, terms: Sequence[str], *, is_broad: bool) -> ColumnElement[bool]:
        """Every term occurs; the last, perhaps still being typed, need only be a beginning."""
        if not self._is_sqlite:
            return _in_postgres_terms(terms)
        # Few hits are fetched by number and sorted. Many are put in a set, and the list's own index is walked
        # until the page is full; the sum hides from SQLite that it could fetch by number.
        number = devices.c.number + 0 if is_broad else devices.c.number
        return number.in_(_hits(terms))

    async def _total(self, selection: Selection) -> int:
        terms = search_terms(selection.q)
        if terms and not selection.filters and self._is_sqlite and isinstance(self._seen, True_):
            # Removed devices have no terms, so the index alone knows the number.
            query = select(func.count()).select_from(_hits(terms).subquery())
        else:
            query = select(func.count()).select_from(devices).where(*self._wanted(selection))
        return (await self._connection.execute(query)).scalar_one()

    def _order(self, selection: Selection, total: int) -> list[ColumnElement[Any]]:
        if selection.sort is not None:
            sort = selection.sort.removeprefix("-")
            # All in one direction, so that an index can be walked from either end.
            direction = desc if selection.sort.startswith("-") else asc
            # Numbers count registrations, so they are the order of creation.
            names = ("number",) if sort == "created_at" else (sort, "asset_tag", "number")
            return [direction(devices.c[name]) for name in names]
        by_tag = [devices.c.asset_tag, devices.c.number]
        if not selection.q or total > NARROW_HITS:
            return [*by_tag]
        tag, typed = func.lower(devices.c.asset_tag), selection.q.strip().lower()
        return [case((tag == typed, 0), (tag.startswith(typed, autoescape=True), 1), else_=2), *by_tag]


def _hits(terms: Sequence[str]) -> Select[Any]:
    """Numbers of the devices that SQLite's full-text index finds."""
    index = text("device_search")
    match = " ".join(f'"{term}"' for term in terms) + " *"
    condition = literal_column("device_search").op("MATCH")(literal(match))
    return select(literal_column("rowid", Integer)).select_from(index).where(condition)


def _in_postgres_terms(terms: Sequence[str]) -> ColumnElement[bool]:
    query = " & ".join(f"'{term}'" for term in terms) + ":*"
    return literal_column(POSTGRES_TERMS).op("@@")(cast(literal(query), TSQUERY))


def _order(table: Table, sort: str) -> ColumnElement[Any]:
    column: ColumnElement[Any] = table.c[sort.removeprefix("-")]
    order: ColumnElement[Any] = desc(column) if sort.startswith("-") else asc(column)
    return order


def _views() -> Select[Any]:
    return (
        select(devices, device_types, sites, racks, locations, tenants)
        .select_from(devices)
        .join(device_types)
        .join(sites, devices.c.site_id == sites.c.id)
        .outerjoin(racks, devices.c.rack_id == racks.c.id)
        .outerjoin(locations, racks.c.location_id == locations.c.id)
        .outerjoin(tenants, devices.c.tenant_id == tenants.c.id)
    )


def _device_view(row: Row[Any], device_type: DeviceType | None = None) -> DeviceView:
    return DeviceView(
        device=_model(Device, devices, row),
        device_type=device_type or _model(DeviceType, device_types, row),
        site=_model(Site, sites, row),
        rack=_model(Rack, racks, row) if row._mapping[racks.c.id] is not None else None,
        location=_model(Location, locations, row) if row._mapping[locations.c.id] is not None else None,
        tenant=_model(Tenant, tenants, row) if row._mapping[tenants.c.id] is not None else None,
    )


def _model(model: type[M], table: Table, row: Row[Any]) -> M:
    values: Mapping[Any, Any] = row._mapping
    return model.model_validate({name: values[table.c[name]] for name in model.model_fields})


def _device_row(device: Device, device_type: DeviceType, tenant_name: str) -> dict[str, Any]:
    return device.model_dump() | {"search_text": _device_words(device, device_type, tenant_name)}


def _device_words(device: Device, device_type: DeviceType, tenant_name: str) -> str:
    """What a device is found by. A removed one is found by nothing."""
    if device.removed_at is not None:
        return ""
    words = index_terms(
        f"{device.asset_tag} {device.name} {device.serial} {tenant_name} "
        f"{device_type.manufacturer} {device_type.model}"
    )
    serial = "".join(search_terms(device.serial))
    words += [serial[i:] for i in range(1, len(serial) - SERIAL_ENDING + 1)]
    return " ".join(words)


def _called(item: Frozen) -> str:
    return item.model if isinstance(item, DeviceType) else str(getattr(item, "name", ""))


def _refusal(error: IntegrityError, name: str) -> Conflict:
    said = str(error.orig).lower()
    if "uq_device_asset_tag" in said:
        return AssetTagTaken(name)
    if "unique" in said:
        return NameTaken(name)
    return Conflict("Something this refers to was removed meanwhile.")
