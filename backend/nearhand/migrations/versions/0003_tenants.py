"""Tenants as rows instead of words, roles as grants, and which records and guides name a file."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from nearhand.kit.database import UtcDateTime
from nearhand.kit.ids import RandomIds
from nearhand.kit.text import index_terms

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TENANT = sa.table(
    "tenant",
    sa.column("id", sa.String),
    sa.column("version", sa.Integer),
    sa.column("created_at", UtcDateTime()),
    sa.column("updated_at", UtcDateTime()),
    sa.column("search_text", sa.Text),
    sa.column("name", sa.String),
    sa.column("notes", sa.Text),
)


def upgrade() -> None:
    op.create_table(
        "tenant",
        sa.Column("id", sa.String(length=40), primary_key=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False, unique=True),
        sa.Column("notes", sa.Text(), nullable=False),
    )
    for place in ("site", "rack", "device"):
        # In one sentence that both databases know: others refer to these tables, so SQLite must not copy them.
        op.execute(
            f"ALTER TABLE {place} ADD COLUMN tenant_id VARCHAR(40) "
            f"CONSTRAINT fk_{place}_tenant_id REFERENCES tenant (id)"
        )
    op.create_index("ix_site_tenant_id", "site", ["tenant_id"])
    op.create_index("ix_rack_tenant_id", "rack", ["tenant_id"])
    _move_tenants()
    _move_roles()
    _name_files()


def _move_tenants() -> None:
    op.drop_index("ix_device_tenant", "device")
    op.drop_index("ix_device_status", "device")
    connection = op.get_bind()
    ids, now = RandomIds(), datetime.now(UTC)
    names = connection.execute(sa.text("SELECT DISTINCT tenant FROM device WHERE tenant <> ''")).scalars()
    for name in list(names):
        row = {
            "id": ids.new(),
            "version": 1,
            "created_at": now,
            "updated_at": now,
            "search_text": f" {' '.join(index_terms(name))} ",
            "name": name,
            "notes": "",
        }
        connection.execute(sa.insert(TENANT), row)
        connection.execute(
            sa.text("UPDATE device SET tenant_id = :id WHERE tenant = :name"), {"id": row["id"], "name": name}
        )
    op.drop_column("device", "tenant")
    present = sa.text("removed_at IS NULL")
    for name, columns in (
        ("ix_device_tenant_id", ["tenant_id", "asset_tag", "number"]),
        ("ix_device_status", ["status", "asset_tag", "number", "tenant_id"]),
    ):
        op.create_index(name, "device", columns, sqlite_where=present, postgresql_where=present)


def _move_roles() -> None:
    op.create_table(
        "access_grant",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column(
            "user_id",
            sa.String(length=12),
            sa.ForeignKey("user_account.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("tenant_id", sa.String(length=40), sa.ForeignKey("tenant.id", ondelete="CASCADE")),
        sa.Column("site_id", sa.String(length=40), sa.ForeignKey("site.id", ondelete="CASCADE")),
        sa.Column("rack_id", sa.String(length=40), sa.ForeignKey("rack.id", ondelete="CASCADE")),
    )
    op.create_index("ix_access_grant_user_id", "access_grant", ["user_id"])
    op.execute("INSERT INTO access_grant (user_id, role) SELECT id, role FROM user_account")
    op.drop_column("user_account", "role")


def _name_files() -> None:
    """Whoever may read a record or a guide may read the files it names; and whoever uploaded one."""
    for table, owner, uploads in (
        ("maintenance_record_attachment", "maintenance_record", "attachment_upload"),
        ("guide_picture", "guide", "picture_upload"),
    ):
        key = "record_id" if owner == "maintenance_record" else "guide_id"
        files = uploads.removesuffix("_upload")
        op.create_table(
            table,
            sa.Column(
                key, sa.String(length=40), sa.ForeignKey(f"{owner}.id", ondelete="CASCADE"), primary_key=True
            ),
            sa.Column("sha256", sa.String(length=64), primary_key=True),
        )
        op.create_index(f"ix_{table}_sha256", table, ["sha256"])
        op.create_table(
            uploads,
            sa.Column(
                "sha256",
                sa.String(length=64),
                sa.ForeignKey(f"{files}.sha256", ondelete="CASCADE"),
                primary_key=True,
            ),
            sa.Column("participant_id", sa.String(length=40), primary_key=True),
        )
        op.execute(f"INSERT INTO {uploads} (sha256, participant_id) SELECT sha256, created_by FROM {files}")  # nosec  # names of this file only
        column = "attachments" if owner == "maintenance_record" else "steps"
        rows = op.get_bind().execute(sa.text(f"SELECT id, {column} AS named FROM {owner}")).all()  # nosec  # names of this file only
        named = [{"id": row.id, "sha256": sha256} for row in rows for sha256 in _named(row.named)]
        if named:
            insert = f"INSERT INTO {table} ({key}, sha256) VALUES (:id, :sha256)"  # nosec  # names of this file only
            op.get_bind().execute(sa.text(insert), named)


def _named(stored: Any) -> Iterator[str]:
    """The hashes of files that a record's attachments, or a guide's steps, name."""
    items = json.loads(stored) if isinstance(stored, str) else stored
    found = (item.get("sha256") or item.get("picture_sha256") for item in items)
    yield from dict.fromkeys(sha256 for sha256 in found if sha256)
