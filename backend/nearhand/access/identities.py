"""Rows of who an account is to a sign-in provider."""

from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.credentials import Identity, LedByProvider
from nearhand.access.tables import identities, sign_ins
from nearhand.kit.errors import Overtaken


class Identities:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, issuer: str, subject: str) -> Identity | None:
        query = select(identities).where(identities.c.issuer == issuer, identities.c.subject == subject)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else Identity.model_validate(dict(row._mapping))

    async def add(self, new: Identity, now: datetime) -> None:
        """Raise Overtaken when the same person came in by another request meanwhile."""
        try:
            await self._connection.execute(insert(identities).values(**new.model_dump(), linked_at=now))
        except IntegrityError:
            raise Overtaken from None

    async def demand_own_ways(self, user_id: str) -> None:
        """Raise LedByProvider for an account whose people are let in, and given rights, by the provider alone."""
        query = select(identities.c.user_id).where(identities.c.user_id == user_id, identities.c.is_led)
        if (await self._connection.execute(query)).first() is not None:
            raise LedByProvider

    async def end_sign_ins(self, user_id: str, *, sid: str | None) -> int:
        """Those that the provider began: of one of its own sessions, or all."""
        statement = delete(sign_ins).where(
            sign_ins.c.user_id == user_id, sign_ins.c.provider_sid.is_not(None)
        )
        if sid is not None:
            statement = statement.where(sign_ins.c.provider_sid == sid)
        return (await self._connection.execute(statement)).rowcount

    async def users_in(self, sid: str) -> list[str]:
        """Whose sign-ins were begun in this session of the provider."""
        query = select(sign_ins.c.user_id).where(sign_ins.c.provider_sid == sid).distinct()
        return [row.user_id for row in await self._connection.execute(query)]
