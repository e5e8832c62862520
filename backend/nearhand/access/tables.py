"""Tables of accounts, of what proves who somebody is, and of what was handed out in their name."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    UniqueConstraint,
    and_,
    false,
    not_,
    or_,
    select,
    true,
)

from nearhand.access.model import Grant, Grants, Role
from nearhand.kit.database import UtcDateTime, metadata

users = Table(
    "user_account",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("display_name", String(80), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("kind", String(10), nullable=False, server_default="person"),
    Column("email", String(254), nullable=True),
    Column("email_key", String(254), nullable=True),  # case-folded: two spellings are one address
    Index("ix_user_account_email_key", "email_key", unique=True),
)

# One row per grant; an empty column is no condition. The places are tables of a slice above.
grants = Table(
    "access_grant",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("role", String(12), nullable=False),
    Column("tenant_id", ForeignKey("tenant.id", ondelete="CASCADE"), nullable=True),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), nullable=True),
    Column("rack_id", ForeignKey("rack.id", ondelete="CASCADE"), nullable=True),
)

# An account without a row here has no password: a service's, or somebody's who has passkeys only.
passwords = Table(
    "password",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("hash", String(200), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

# The secret is sealed with the service's key. `last_step` is the step of the last code taken: none is taken twice.
totps = Table(
    "totp",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("secret", LargeBinary, nullable=False),
    Column("confirmed_at", UtcDateTime, nullable=True),
    Column("last_step", Integer, nullable=False),
)

recovery_codes = Table(
    "recovery_code",
    metadata,
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), primary_key=True),
    Column("code_hash", String(64), primary_key=True),
)

passkeys = Table(
    "passkey",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("credential_id", LargeBinary, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", Integer, nullable=False),
    Column("name", String(80), nullable=False),
    Column("is_synced", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=True),
    UniqueConstraint("credential_id"),
)

# One row per sign-in: a user's, or a guest's who used a customer link. Only the token's hash is kept.
sign_ins = Table(
    "sign_in",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("id", String(12), nullable=False, index=True, unique=True),
    Column("kind", String(10), nullable=False),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=True, index=True),
    Column("guest_id", String(12), nullable=True),
    Column("guest_name", String(80), nullable=True),
    Column("is_strong", Boolean, nullable=False),
    Column("address", String(60), nullable=False),
    Column("user_agent", String(300), nullable=False),
    Column("device_name", String(80), nullable=False),
    Column("pin_hash", String(200), nullable=True),
    Column("pin_tries", Integer, nullable=False),
    Column("locked_at", UtcDateTime, nullable=True),
    Column("confirmed_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    # Of those that a sign-in provider began: its own session, empty where it names none.
    Column("provider_sid", String(255), nullable=True, index=True),
)

# Who an account is to a sign-in provider. `is_led`: its grants are those of the provider's groups, and nobody else's.
identities = Table(
    "identity",
    metadata,
    Column("issuer", String(500), primary_key=True),
    Column("subject", String(255), primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, unique=True),
    Column("is_led", Boolean, nullable=False),
    Column("linked_at", UtcDateTime, nullable=False),
)

api_tokens = Table(
    "api_token",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("id", String(12), nullable=False, index=True, unique=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("name", String(80), nullable=False),
    Column("permissions", JSON, nullable=False),
    # Not rows that refer to places: where a place is removed, a token must lose reach and never gain it.
    Column("grants", JSON, nullable=True),
    Column("created_by", String(12), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime, nullable=True),
    Column("last_address", String(60), nullable=False),
)

# What one link lets one person do once: become somebody, set a new password, or sign a device in.
one_use_links = Table(
    "one_use_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("id", String(12), nullable=False, index=True, unique=True),
    Column("kind", String(12), nullable=False),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=True, index=True),
    Column("name", String(40), nullable=True),
    Column("display_name", String(80), nullable=False),
    Column("email", String(254), nullable=True),
    Column("is_strong", Boolean, nullable=False),
    Column("created_by", String(12), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

invited_grants = Table(
    "invited_grant",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("link_id", ForeignKey(one_use_links.c.token_hash, ondelete="CASCADE"), nullable=False, index=True),
    Column("role", String(12), nullable=False),
    Column("tenant_id", ForeignKey("tenant.id", ondelete="CASCADE"), nullable=True),
    Column("site_id", ForeignKey("site.id", ondelete="CASCADE"), nullable=True),
    Column("rack_id", ForeignKey("rack.id", ondelete="CASCADE"), nullable=True),
)

# Tickets say themselves what they are good for; this is only so that none is used twice.
used_tickets = Table(
    "used_ticket",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
)

GRANT = ("role", "tenant_id", "site_id", "rack_id")


def grant_of(row: Row[Any], table: Table) -> Grant:
    return Grant.model_validate({name: row._mapping[table.c[name]] for name in GRANT})


def held_grants(rows: Sequence[Row[Any]]) -> Grants:
    """Of an account that was asked for together with its grants, in an outer join."""
    return tuple(grant_of(row, grants) for row in rows if row._mapping[grants.c.role] is not None)


def within(table: Table, held: Grants) -> ColumnElement[bool]:
    """The same rule as `giving.is_within`, for the rows of a table of grants."""

    def gives(one: Grant) -> ColumnElement[bool]:
        lower = list(Role)[list(Role).index(one.role) :]
        conditions = ((table.c[name], getattr(one, name)) for name in GRANT[1:])
        # An empty column compares to nothing, not even to false: and it is the widest grant of all.
        met = (
            and_(column.is_not(None), column == value) for column, value in conditions if value is not None
        )
        return and_(table.c.role.in_(lower), *met)

    return or_(false(), *(gives(one) for one in held))


def all_within(table: Table, owner: ColumnElement[bool], held: Grants) -> ColumnElement[bool]:
    """The owners all of whose rows in this table of grants are within, and who have any."""
    if any(one.is_everywhere and one.role is Role.ADMIN for one in held):
        return true()
    rows = select(table.c.id).where(owner)
    return and_(rows.exists(), not_(rows.where(not_(within(table, held))).exists()))
