"""Rows of users, sign-ins and joining links."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Row, String, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import Actor, JoiningGrant, Role, User, UserNameTaken, actor_of, guest
from nearhand.kit.database import UtcDateTime, metadata

users = Table(
    "user_account",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("name", String(40), nullable=False, unique=True),
    Column("display_name", String(80), nullable=False),
    Column("role", String(12), nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
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

joining_links = Table(
    "joining_link",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("session_id", String(12), nullable=False, index=True),
    Column("role", String(12), nullable=False),
    Column("created_by", String(12), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)


class AccessStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add_user(self, user: User, password_hash: str) -> None:
        try:
            await self._connection.execute(
                insert(users).values(**user.model_dump(), password_hash=password_hash)
            )
        except IntegrityError:
            raise UserNameTaken(user.name) from None

    async def user_with_hash(self, name: str) -> tuple[User, str] | None:
        row = (await self._connection.execute(select(users).where(users.c.name == name))).one_or_none()
        return None if row is None else (_user(row), row.password_hash)

    async def user(self, user_id: str) -> User | None:
        row = (await self._connection.execute(select(users).where(users.c.id == user_id))).one_or_none()
        return None if row is None else _user(row)

    async def users(self, limit: int, offset: int) -> tuple[list[User], int]:
        rows = await self._connection.execute(
            select(users).order_by(users.c.name).limit(limit).offset(offset)
        )
        total = (await self._connection.execute(select(func.count()).select_from(users))).scalar_one()
        return [_user(row) for row in rows], total

    async def set_active(self, user_id: str, *, is_active: bool) -> User | None:
        await self._connection.execute(update(users).where(users.c.id == user_id).values(is_active=is_active))
        if not is_active:
            await self._connection.execute(delete(sign_ins).where(sign_ins.c.user_id == user_id))
        row = (await self._connection.execute(select(users).where(users.c.id == user_id))).one_or_none()
        return None if row is None else _user(row)

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
        """Whoever holds this token, in one query; None when it is unknown, expired or its user is inactive."""
        query = (
            select(sign_ins, users)
            .select_from(sign_ins.outerjoin(users, sign_ins.c.user_id == users.c.id))
            .where(sign_ins.c.token_hash == token_hash, sign_ins.c.expires_at > now)
        )
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        if row.user_id is None:
            return guest(row.guest_id, row.guest_name, Role(row.guest_role), row.guest_session_id)
        return actor_of(_user(row)) if row.is_active else None

    async def remove_sign_in(self, token_hash: str) -> None:
        await self._connection.execute(delete(sign_ins).where(sign_ins.c.token_hash == token_hash))

    async def remove_expired(self, now: datetime) -> None:
        await self._connection.execute(delete(sign_ins).where(sign_ins.c.expires_at <= now))
        await self._connection.execute(delete(joining_links).where(joining_links.c.expires_at <= now))

    async def add_joining_link(self, token_hash: str, grant: JoiningGrant) -> None:
        await self._connection.execute(
            insert(joining_links).values(token_hash=token_hash, **grant.model_dump())
        )

    async def joining_grant(self, token_hash: str, now: datetime) -> JoiningGrant | None:
        query = select(joining_links).where(
            joining_links.c.token_hash == token_hash, joining_links.c.expires_at > now
        )
        row = (await self._connection.execute(query)).one_or_none()
        if row is None:
            return None
        return JoiningGrant(
            session_id=row.session_id,
            role=Role(row.role),
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
        )


def _user(row: Row[Any]) -> User:
    return User(
        id=row._mapping[users.c.id],
        name=row._mapping[users.c.name],
        display_name=row._mapping[users.c.display_name],
        role=Role(row._mapping[users.c.role]),
        is_active=row._mapping[users.c.is_active],
        created_at=row._mapping[users.c.created_at],
    )
