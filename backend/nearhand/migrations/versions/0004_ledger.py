"""The ledger: its chain, what is on its way into it, what signs it."""

import sqlalchemy as sa
from alembic import op

from nearhand.kit.database import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REFUSE = "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
FROZEN = (
    *("seq", "hash", "meta", "at", "actor_id", "action"),
    *("about_kind", "about_id", "tenant", "outcome"),
)


def redaction(differs: str) -> str:
    same = " AND ".join(f"NOT (new.{name} {differs} old.{name})" for name in FROZEN)
    return f"NOT (new.details IS NULL AND new.salt IS NULL AND old.details IS NOT NULL AND {same})"


def upgrade() -> None:
    op.create_table(
        "audit_pending",
        sa.Column("id", NUMBER, autoincrement=True, nullable=False),
        sa.Column("draft", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_pending")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("meta", sa.Text(), nullable=False),
        sa.Column("details", sa.Text(), nullable=True),
        sa.Column("salt", sa.String(length=32), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("actor_id", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=81), nullable=False),
        sa.Column("about_kind", sa.String(length=40), nullable=True),
        sa.Column("about_id", sa.String(length=200), nullable=True),
        sa.Column("tenant", sa.String(length=100), nullable=True),
        sa.Column("outcome", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_entry")),
    )
    for name, columns in {
        "at": ["at"],
        "actor": ["actor_id", "seq"],
        "action": ["action", "seq"],
        "about": ["about_kind", "about_id", "seq"],
        "tenant": ["tenant", "seq"],
    }.items():
        op.create_index(f"ix_audit_entry_{name}", "audit_entry", columns)
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=True),
        sa.Column("signed_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "audit_moved",
        sa.Column("source", sa.String(length=60), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_audit_moved")),
    )
    op.create_table(
        "audit_root",
        sa.Column("last_seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_hash", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("last_seq", name=op.f("pk_audit_root")),
    )
    op.create_table(
        "audit_key",
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("public_key", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_audit_key")),
    )
    for statement in sqlite() if op.get_bind().dialect.name == "sqlite" else postgres():
        op.execute(statement)


def sqlite() -> list[str]:
    when = {("audit_entry", "update"): f"WHEN {redaction('IS NOT')} "}
    return [
        f"CREATE TRIGGER {table}_{act} BEFORE {act.upper()} ON {table} {when.get((table, act), '')}{REFUSE}"
        for table in ("audit_entry", "audit_root", "audit_key")
        for act in ("update", "delete")
    ]


def postgres() -> list[str]:
    refuse = "EXECUTE FUNCTION audit_refuse()"
    when = {"audit_entry": f"WHEN ({redaction('IS DISTINCT FROM')}) "}
    made = [
        "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
    ]
    for table in ("audit_entry", "audit_root", "audit_key"):
        made += [
            f"CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} FOR EACH ROW {when.get(table, '')}{refuse}",
            f"CREATE TRIGGER {table}_delete BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
        ]
    return made
