"""Rows of users, their grants and sign-ins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.links import LinkStore
from nearhand.access.model import (
    Actor,
    Grant,
    Grants,
    UnknownPlace,
    User,
    UserNameTaken,
    actor_of,
    guest,
)
from nearhand.kit.database import UtcDateTime, metadata

users = Table(
    "user_account",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("display_name", String(80), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
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

# One row per sign-in: a user's, or a guest's who used a joining link. Only the token's hash is kept.
sign_ins = Table(
    "sign_in",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", ForeignKey(users.c.id, ondelete="CASCADE"), nullable=True, index=True),
    Column("guest_id", String(12), nullable=True),
    Column("guest_name", String(80), nullable=True),
    Column("guest_role", String(12), nullable=True),
    Column("guest_session_id", String(12), nullable=True, index=True),
    Column("expires_at", UtcDateTime, nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

GRANT = ("role", "tenant_id", "site_id", "rack_id")


class AccessStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_user(self, user: User, password_hash: str) -> None:
        """Raise UserNameTaken or UnknownPlace."""
        row = user.model_dump(exclude={"grants"}) | {"password_hash": password_hash}
        try:
            await self._connection.execute(insert(users).values(row))
        except IntegrityError:
            raise UserNameTaken(user.name) from None
        await self._add_grants(user.id, user.grants)

    async def set_grants(self, user_id: str, given: Grants) -> User | None:
        """Raise UnknownPlace."""
        await self._connection.execute(delete(grants).where(grants.c.user_id == user_id))
        if await self.user(user_id) is not None:
            await self._add_grants(user_id, given)
        return await self.user(user_id)

    async def _add_grants(self, user_id: str, given: Grants) -> None:
        if not given:
            return
        rows = [{"user_id": user_id, **grant.model_dump()} for grant in given]
        try:
            await self._connection.execute(insert(grants), rows)
        except IntegrityError:
            raise UnknownPlace from None

    async def user(self, user_id: str) -> User | None:
        row = (await self._connection.execute(select(users).where(users.c.id == user_id))).one_or_none()
        return None if row is None else (await self._with_grants([row]))[0]

    async def _with_grants(self, rows: Sequence[Row[Any]]) -> list[User]:
        """The users of these rows, in one more query however many they are."""
        ids = [row._mapping[users.c.id] for row in rows]
        query = select(grants).where(grants.c.user_id.in_(ids)).order_by(grants.c.id)
        held: dict[str, list[Grant]] = {}
        for row in await self._connection.execute(query):
            held.setdefault(row.user_id, []).append(_grant(row))
        return [_user(row, tuple(held.get(user_id, ()))) for row, user_id in zip(rows, ids, strict=True)]

    async def user_with_hash(self, name: str) -> tuple[User, str] | None:
        row = (await self._connection.execute(select(users).where(users.c.name == name))).one_or_none()
        return None if row is None else ((await self._with_grants([row]))[0], row.password_hash)

    async def users(self, limit: int, offset: int) -> tuple[list[User], int]:
        rows = (
            await self._connection.execute(select(users).order_by(users.c.name).limit(limit).offset(offset))
        ).all()
        total = (await self._connection.execute(select(func.count()).select_from(users))).scalar_one()
        return await self._with_grants(rows), total

    async def set_active(self, user_id: str, *, is_active: bool) -> User | None:
        await self._connection.execute(update(users).where(users.c.id == user_id).values(is_active=is_active))
        if not is_active:
            await self._connection.execute(delete(sign_ins).where(sign_ins.c.user_id == user_id))
        return await self.user(user_id)

    async def add_sign_in(
        self, token_hash: str, actor: Actor, *, expires_at: datetime, now: datetime
    ) -> None:
        is_guest = actor.user_id is None
        await self._connection.execute(
            insert(sign_ins).values(
                token_hash=token_hash,
                user_id=actor.user_id,
                guest_id=actor.participant_id if is_guest else None,
                guest_name=actor.display_name if is_guest else None,
                guest_role=actor.role if is_guest else None,
                guest_session_id=actor.session_id,
                expires_at=expires_at,
                created_at=now,
            )
        )

    async def actor(self, token_hash: str, now: datetime) -> Actor | None:
        """Whoever holds this token; None when it is unknown or expired, its user inactive, or its link revoked."""
        query = (
            select(sign_ins, users, *grants.c[*GRANT])
            .select_from(sign_ins)
            .outerjoin(users, sign_ins.c.user_id == users.c.id)
            .outerjoin(grants, grants.c.user_id == users.c.id)
            .where(sign_ins.c.token_hash == token_hash, sign_ins.c.expires_at > now)
            .order_by(grants.c.id)
        )
        rows = (await self._connection.execute(query)).all()
        if not rows:
            return None
        row = rows[0]
        if row.user_id is None:
            found = await LinkStore(self._connection).of_sign_in(token_hash, now)
            return None if found is None else guest(row.guest_id, row.guest_name, found[1], found[0])
        held = tuple(_grant(row) for row in rows if row._mapping[grants.c.role] is not None)
        return actor_of(_user(row, held)) if row.is_active else None

    async def remove_sign_in(self, token_hash: str) -> None:
        await self._connection.execute(delete(sign_ins).where(sign_ins.c.token_hash == token_hash))

    async def remove_expired(self, now: datetime) -> None:
        await self._connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))


def _grant(row: Row[Any]) -> Grant:
    return Grant.model_validate({name: row._mapping[grants.c[name]] for name in GRANT})


def _user(row: Row[Any], held: Grants) -> User:
    return User(
        id=row._mapping[users.c.id],
        name=row._mapping[users.c.name],
        display_name=row._mapping[users.c.display_name],
        grants=held,
        is_active=row._mapping[users.c.is_active],
        created_at=row._mapping[users.c.created_at],
    )
