"""Rows of customer links, and of who opened them: a link's end, or its maker's, is the end of every sign-in made with it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    ForeignKey,
    Integer,
    Row,
    String,
    Table,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.giving import in_common
from nearhand.access.model import CustomerLink, Grant, Grants, LinkMay, LinkPass, Role
from nearhand.access.tables import GRANT, grants, held_grants, users
from nearhand.kit.database import UtcDateTime, metadata

MAX_LISTED = 200

links = Table(
    "customer_link",
    metadata,
    Column("id", String(12), primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("label", String(80), nullable=False),
    Column("session_id", String(12), nullable=False, index=True),
    Column("work_order", String(60), nullable=True, index=True),
    Column("may", String(10), nullable=False),
    Column("role", String(12), nullable=False),
    Column("device_ids", JSON(none_as_null=True), nullable=True),
    # Not rows that refer to places: where a place is removed, a link must lose reach and never gain it.
    Column("reach", JSON, nullable=False),
    Column("created_by", String(12), nullable=False, index=True),
    Column("created_by_name", String(80), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime, nullable=True),
)

# One row per sign-in that was made with a link, for as long as the link is on record.
openings = Table(
    "link_opening",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("link_id", ForeignKey(links.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("participant_id", String(12), nullable=False),
    Column("display_name", String(80), nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
)


class LinkStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, link: CustomerLink, reach: Grants, token_hash: str) -> None:
        row = link.model_dump(exclude={"opened_at", "last_opened_at", "times_opened"})
        row |= {"token_hash": token_hash, "reach": [grant.model_dump(mode="json") for grant in reach]}
        row["device_ids"] = None if link.device_ids is None else list(link.device_ids)
        await self._connection.execute(insert(links).values(row))

    async def by_token(self, token_hash: str, now: datetime) -> tuple[LinkPass, Role] | None:
        """What this link is good for; None when it is unknown, expired or revoked."""
        return await self._live(select(links).where(links.c.token_hash == token_hash), now)

    async def of_sign_in(self, token_hash: str, now: datetime) -> tuple[LinkPass, Role] | None:
        """By what link this guest is here; None when it is no good any more."""
        query = select(links).join(openings).where(openings.c.token_hash == token_hash)
        return await self._live(query, now)

    async def _live(self, query: Any, now: datetime) -> tuple[LinkPass, Role] | None:
        """It reaches no further than its maker did then, nor than they do now."""
        still = (
            query.add_columns(*grants.c[*GRANT])
            .join(users, users.c.id == links.c.created_by)
            .outerjoin(grants, grants.c.user_id == users.c.id)
            .where(_is_live(now), users.c.is_active)
        )
        rows = (await self._connection.execute(still)).all()
        if not rows:
            return None
        link = _pass(rows[0])
        reach = in_common(link.reach, held_grants(rows))
        return link.model_copy(update={"reach": reach}), Role(rows[0]._mapping[links.c.role])

    async def live_of(self, user_id: str, now: datetime) -> list[str]:
        """The ids of what this account made and is still good for something."""
        query = select(links.c.id).where(links.c.created_by == user_id, _is_live(now))
        return list((await self._connection.execute(query)).scalars())

    async def add_opening(
        self, link_id: str, token_hash: str, participant_id: str, display_name: str, *, now: datetime
    ) -> None:
        row = {
            "link_id": link_id,
            "token_hash": token_hash,
            "participant_id": participant_id,
            "display_name": display_name,
            "opened_at": now,
        }
        await self._connection.execute(insert(openings).values(row))

    async def link(self, link_id: str) -> tuple[CustomerLink, LinkPass] | None:
        found = await self._listed(links.c.id == link_id, limit=1, offset=0)
        return found[0] if found else None

    async def of_session(
        self, session_id: str, work_order: str | None
    ) -> list[tuple[CustomerLink, LinkPass]]:
        """The newest links made in this session, and those for its work order."""
        same = links.c.session_id == session_id
        if work_order:
            same = or_(same, links.c.work_order == work_order)
        return await self._listed(same, limit=MAX_LISTED, offset=0)

    async def all(self, created_by: str | None, *, limit: int, offset: int) -> tuple[list[CustomerLink], int]:
        """Newest first; of one maker, or of all."""
        condition = links.c.created_by == created_by if created_by is not None else links.c.id.is_not(None)
        total = await self._connection.execute(select(func.count()).select_from(links).where(condition))
        found = await self._listed(condition, limit=limit, offset=offset)
        return [link for link, _ in found], total.scalar_one()

    async def _listed(
        self, condition: Any, *, limit: int, offset: int
    ) -> list[tuple[CustomerLink, LinkPass]]:
        opened = (
            select(
                func.min(openings.c.opened_at).label("opened_at"),
                func.max(openings.c.opened_at).label("last_opened_at"),
                func.count(openings.c.id).label("times_opened"),
                openings.c.link_id,
            )
            .group_by(openings.c.link_id)
            .subquery()
        )
        query = (
            select(links, opened.c.opened_at, opened.c.last_opened_at, opened.c.times_opened)
            .outerjoin(opened, opened.c.link_id == links.c.id)
            .where(condition)
            .order_by(links.c.created_at.desc(), links.c.id)
            .limit(limit)
            .offset(offset)
        )
        rows: Sequence[Row[Any]] = (await self._connection.execute(query)).all()
        return [(_link(row), _pass(row)) for row in rows]

    async def revoke(self, link_id: str, now: datetime) -> bool:
        """False when it was revoked before."""
        done = await self._connection.execute(
            update(links).where(links.c.id == link_id, links.c.revoked_at.is_(None)).values(revoked_at=now)
        )
        return done.rowcount == 1


def _is_live(now: datetime) -> ColumnElement[bool]:
    return and_(links.c.expires_at > now, links.c.revoked_at.is_(None))


def _link(row: Row[Any]) -> CustomerLink:
    values = {name: row._mapping[name] for name in CustomerLink.model_fields}
    return CustomerLink.model_validate(values | {"times_opened": row.times_opened or 0})


def _pass(row: Row[Any]) -> LinkPass:
    return LinkPass(
        id=row.id,
        may=LinkMay(row.may),
        made_by_name=row.created_by_name,
        session_id=row.session_id if row.work_order is None else None,
        work_order=row.work_order,
        device_ids=None if row.device_ids is None else tuple(row.device_ids),
        expires_at=row.expires_at,
        reach=tuple(Grant.model_validate(grant) for grant in row.reach),
    )
