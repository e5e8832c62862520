"""Who an account is to a sign-in provider, and which sign-ins a provider began."""

import sqlalchemy as sa
from alembic import op

from nearhand.kit.database import UtcDateTime

revision = "0009"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity",
        sa.Column("issuer", sa.String(length=500), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("user_id", sa.String(length=12), nullable=False),
        sa.Column("is_led", sa.Boolean(), nullable=False),
        sa.Column("linked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"],
            ["user_account.id"],
            name=op.f("fk_identity_user_id_user_account"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
        sa.UniqueConstraint("user_id", name=op.f("uq_identity_user_id")),
    )
    op.add_column("sign_in", sa.Column("provider_sid", sa.String(length=255), nullable=True))
    op.create_index("ix_sign_in_provider_sid", "sign_in", ["provider_sid"])
