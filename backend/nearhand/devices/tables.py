"""Tables of tenants, sites, locations, racks, device types and devices, with the indexes that make lists and search fast."""

from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    event,
    func,
    literal_column,
)

from nearhand.kit.database import UtcDateTime, metadata


def _identity() -> list[Column[Any]]:
    return [
        Column("id", String(40), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("created_at", UtcDateTime, nullable=False),
        Column("updated_at", UtcDateTime, nullable=False),
        # Terms of `kit.text`, one space around each: what `q=` is compared with.
        Column("search_text", Text, nullable=False),
    ]


tenants = Table(
    "tenant",
    metadata,
    *_identity(),
    Column("name", String(100), nullable=False, unique=True),
    Column("notes", Text, nullable=False),
    Column("recording_days", Integer, nullable=True),
)

sites = Table(
    "site",
    metadata,
    *_identity(),
    Column("name", String(100), nullable=False, unique=True),
    Column("address", Text, nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("label_signing", String(10), nullable=False, server_default="off"),
    Column("camera_mask", String(10), nullable=False, server_default="off"),
    Column("tenant_id", ForeignKey(tenants.c.id), nullable=True, index=True),
)

locations = Table(
    "location",
    metadata,
    *_identity(),
    Column("site_id", ForeignKey(sites.c.id), nullable=False),
    Column("name", String(100), nullable=False),
    Column("parent_id", ForeignKey("location.id"), nullable=True, index=True),
)
Index(
    "uq_location_name",
    locations.c.site_id,
    func.coalesce(locations.c.parent_id, literal_column("''")),
    locations.c.name,
    unique=True,
)

racks = Table(
    "rack",
    metadata,
    *_identity(),
    Column("site_id", ForeignKey(sites.c.id), nullable=False),
    Column("name", String(100), nullable=False),
    Column("location_id", ForeignKey(locations.c.id), nullable=True, index=True),
    Column("height_u", Integer, nullable=False),
    Column("first_u", Integer, nullable=False),
    Column("counted_from", String(8), nullable=False),
    Column("tenant_id", ForeignKey(tenants.c.id), nullable=True, index=True),
)
Index(
    "uq_rack_name",
    racks.c.site_id,
    func.coalesce(racks.c.location_id, literal_column("''")),
    racks.c.name,
    unique=True,
)

device_types = Table(
    "device_type",
    metadata,
    *_identity(),
    Column("manufacturer", String(100), nullable=False),
    Column("model", String(100), nullable=False),
    Column("kind", String(16), nullable=False, index=True),
    Column("height_u", Float, nullable=False),
    Column("is_full_depth", Boolean, nullable=False),
    Column("front", JSON, nullable=False),
    Column("rear", JSON(none_as_null=True), nullable=True),
    Column("source", Text, nullable=False),
)
Index("uq_device_type_model", device_types.c.manufacturer, device_types.c.model, unique=True)

# `number` counts registrations: SQLite's full-text index refers to rows by such a number.
devices = Table(
    "device",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("version", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("asset_tag", String(50), nullable=False),
    Column("name", String(100), nullable=False),
    Column("serial", String(80), nullable=False),
    Column("device_type_id", ForeignKey(device_types.c.id), nullable=False),
    Column("site_id", ForeignKey(sites.c.id), nullable=False),
    Column("rack_id", ForeignKey(racks.c.id), nullable=True),
    Column("position_u", Integer, nullable=True),
    Column("face", String(8), nullable=False),
    Column("status", String(16), nullable=False),
    Column("tenant_id", ForeignKey(tenants.c.id), nullable=True),
    Column("notes", Text, nullable=False),
    Column("removed_at", UtcDateTime, nullable=True),
    sqlite_autoincrement=True,
)
# A removed device keeps its row, so that its labels and history lead somewhere; it is in no list.
is_present = devices.c.removed_at.is_(None)
# A tag says one thing however it is typed, and is free again once its device was removed.
Index(
    "uq_device_asset_tag",
    func.lower(devices.c.asset_tag),
    unique=True,
    sqlite_where=is_present,
    postgresql_where=is_present,
)
# One index per filter and per order, each going on in the usual order of a list. Most devices are active,
# so the index of status also holds the tenant: counting one tenant's active devices reads no rows.
for _names in (
    ("asset_tag",),
    ("name", "asset_tag"),
    ("serial", "asset_tag"),
    ("position_u", "asset_tag"),
    ("updated_at", "asset_tag"),
    ("site_id", "asset_tag"),
    ("rack_id", "position_u"),
    ("device_type_id", "asset_tag"),
    ("tenant_id", "asset_tag"),
    ("status", "asset_tag", "number", "tenant_id"),
):
    Index(
        f"ix_device_{_names[0]}",
        *(devices.c[name] for name in dict.fromkeys((*_names, "number"))),
        sqlite_where=is_present,
        postgresql_where=is_present,
    )


def _after_create(dialect: str, *statements: str) -> None:
    for statement in statements:
        ddl = DDL(statement)  # type: ignore[no-untyped-call]
        event.listen(devices, "after_create", ddl.execute_if(dialect=dialect))


# Additions are indexed by the store, many at once: a trigger would make the index write itself to the disk for
# each row, which takes most of the time of an import. Changes are few, so a trigger sees to them.
_after_create(
    "sqlite",
    "CREATE VIRTUAL TABLE device_search USING fts5(search_text, content='device', content_rowid='number', "
    "tokenize='unicode61 remove_diacritics 0', prefix='1 2')",
    "CREATE TRIGGER device_search_change AFTER UPDATE OF search_text ON device "
    "WHEN old.search_text <> new.search_text BEGIN "
    "INSERT INTO device_search(device_search, rowid, search_text) "
    "VALUES ('delete', old.number, old.search_text); "
    "INSERT INTO device_search(rowid, search_text) VALUES (new.number, new.search_text); END",
)
# The terms are cut already, so no parser of PostgreSQL's may cut them again.
POSTGRES_TERMS = "array_to_tsvector(string_to_array(device.search_text, ' '))"
_after_create("postgresql", f"CREATE INDEX ix_device_search ON device USING gin ({POSTGRES_TERMS})")
