"""Customer links that are named, limited, revocable and on record; the joining links before them end."""

import sqlalchemy as sa
from alembic import op

from nearhand.kit.database import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "customer_link",
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("session_id", sa.String(length=12), nullable=False),
        sa.Column("work_order", sa.String(length=60), nullable=True),
        sa.Column("may", sa.String(length=10), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("device_ids", sa.JSON(), nullable=True),
        sa.Column("reach", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=12), nullable=False),
        sa.Column("created_by_name", sa.String(length=80), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_customer_link_token_hash")),
    )
    for column in ("session_id", "work_order", "created_by"):
        op.create_index(f"ix_customer_link_{column}", "customer_link", [column])
    op.create_table(
        "link_opening",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("link_id", sa.String(length=12), nullable=False),
        sa.Column("participant_id", sa.String(length=12), nullable=False),
        sa.Column("display_name", sa.String(length=80), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"],
            ["customer_link.id"],
            name=op.f("fk_link_opening_link_id_customer_link"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_opening")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_link_opening_token_hash")),
    )
    op.create_index("ix_link_opening_link_id", "link_opening", ["link_id"])
    # They live a week at most, and nothing says by which of them a guest came in.
    op.execute("DELETE FROM sign_in WHERE user_id IS NULL")
    op.drop_table("joining_link")
