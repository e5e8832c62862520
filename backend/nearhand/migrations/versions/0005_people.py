"""Passwords in a table of their own, second factors, passkeys, API tokens, and links that work once."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from nearhand.kit.database import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _user(**more: Any) -> sa.Column[str]:
    return sa.Column(
        "user_id", sa.String(length=12), sa.ForeignKey("user_account.id", ondelete="CASCADE"), **more
    )


def _grant_columns() -> list[sa.Column[str]]:
    return [
        sa.Column("role", sa.String(length=12), nullable=False),
        *(
            sa.Column(f"{noun}_id", sa.String(length=40), sa.ForeignKey(f"{noun}.id", ondelete="CASCADE"))
            for noun in ("tenant", "site", "rack")
        ),
    ]


def upgrade() -> None:
    _accounts()
    _factors()
    _sign_ins()
    op.create_table(
        "api_token",
        sa.Column("token_hash", sa.String(length=64), primary_key=True),
        sa.Column("id", sa.String(length=12), nullable=False),
        _user(nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("grants", sa.JSON(), nullable=True),
        sa.Column("created_by", sa.String(length=12), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("last_address", sa.String(length=60), nullable=False),
    )
    op.create_index("ix_api_token_id", "api_token", ["id"], unique=True)
    op.create_index("ix_api_token_user_id", "api_token", ["user_id"])
    op.create_table(
        "one_use_link",
        sa.Column("token_hash", sa.String(length=64), primary_key=True),
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        _user(nullable=True),
        sa.Column("name", sa.String(length=40), nullable=True),
        sa.Column("display_name", sa.String(length=80), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("is_strong", sa.Boolean(), nullable=False),
        sa.Column("created_by", sa.String(length=12), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_one_use_link_id", "one_use_link", ["id"], unique=True)
    op.create_index("ix_one_use_link_user_id", "one_use_link", ["user_id"])
    op.create_index("ix_one_use_link_expires_at", "one_use_link", ["expires_at"])
    op.create_table(
        "invited_grant",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=True),
        sa.Column(
            "link_id",
            sa.String(length=64),
            sa.ForeignKey("one_use_link.token_hash", ondelete="CASCADE"),
            nullable=False,
        ),
        *_grant_columns(),
    )
    op.create_index("ix_invited_grant_link_id", "invited_grant", ["link_id"])
    op.create_table(
        "used_ticket",
        sa.Column("id", sa.String(length=40), primary_key=True),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_used_ticket_expires_at", "used_ticket", ["expires_at"])


def _accounts() -> None:
    op.create_table(
        "password",
        _user(primary_key=True),
        sa.Column("hash", sa.String(length=200), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.execute(
        "INSERT INTO password (user_id, hash, changed_at) SELECT id, password_hash, created_at FROM user_account"
    )
    op.drop_column("user_account", "password_hash")
    # In sentences that both databases know: others refer to this table, so SQLite must not copy it.
    op.execute("ALTER TABLE user_account ADD COLUMN kind VARCHAR(10) DEFAULT 'person' NOT NULL")
    op.execute("ALTER TABLE user_account ADD COLUMN email VARCHAR(254)")
    op.execute("ALTER TABLE user_account ADD COLUMN email_key VARCHAR(254)")
    op.create_index("ix_user_account_email_key", "user_account", ["email_key"], unique=True)


def _factors() -> None:
    op.create_table(
        "totp",
        _user(primary_key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_at", UtcDateTime(), nullable=True),
        sa.Column("last_step", sa.Integer(), nullable=False),
    )
    op.create_table(
        "recovery_code",
        _user(primary_key=True),
        sa.Column("code_hash", sa.String(length=64), primary_key=True),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.String(length=12), primary_key=True),
        _user(nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
    )
    op.create_index("ix_passkey_user_id", "passkey", ["user_id"])


def _sign_ins() -> None:
    """Those from before tell neither how nor from where: everybody signs in once more."""
    op.drop_table("sign_in")
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), primary_key=True),
        sa.Column("id", sa.String(length=12), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        _user(nullable=True),
        sa.Column("guest_id", sa.String(length=12), nullable=True),
        sa.Column("guest_name", sa.String(length=80), nullable=True),
        sa.Column("is_strong", sa.Boolean(), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("device_name", sa.String(length=80), nullable=False),
        sa.Column("pin_hash", sa.String(length=200), nullable=True),
        sa.Column("pin_tries", sa.Integer(), nullable=False),
        sa.Column("locked_at", UtcDateTime(), nullable=True),
        sa.Column("confirmed_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_sign_in_id", "sign_in", ["id"], unique=True)
    for column in ("user_id", "expires_at"):
        op.create_index(f"ix_sign_in_{column}", "sign_in", [column])
