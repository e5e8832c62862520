"""Rows of accounts, their grants and passwords, and sign-ins."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.credentials import EmailTaken, Held, OpenSignIn, SignInKind, Visitor
from nearhand.access.links import LinkStore
from nearhand.access.model import (
    AccountKind,
    Actor,
    Grant,
    Grants,
    UnknownPlace,
    User,
    UserNameTaken,
    actor_of,
    guest,
)
from nearhand.access.tables import (
    GRANT,
    all_within,
    api_tokens,
    grant_of,
    grants,
    held_grants,
    passwords,
    sign_ins,
    users,
)


class AccessStore:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    # -- accounts -----------------------------------------------------------------------------------------------

    async def add_user(self, user: User) -> None:
        """Raise UserNameTaken, EmailTaken or UnknownPlace."""
        row = user.model_dump(exclude={"grants"}) | {"email_key": email_key(user.email)}
        await self._check_email(user.id, user.email)
        try:
            await self._connection.execute(insert(users).values(row))
        except IntegrityError:
            raise UserNameTaken(user.name) from None
        await self._add_grants(user.id, user.grants)

    async def set_profile(self, user_id: str, changes: Mapping[str, Any]) -> None:
        """Raise EmailTaken."""
        row = dict(changes)
        if "email" in row:
            await self._check_email(user_id, row["email"])
            row["email_key"] = email_key(row["email"])
        if row:
            await self._connection.execute(update(users).where(users.c.id == user_id).values(row))

    async def _check_email(self, user_id: str, email: str | None) -> None:
        query = select(users.c.id).where(users.c.email_key == email_key(email), users.c.id != user_id)
        if email is not None and (await self._connection.execute(query)).first() is not None:
            raise EmailTaken

    async def set_grants(self, user_id: str, given: Grants) -> None:
        """Raise UnknownPlace."""
        await self._connection.execute(delete(grants).where(grants.c.user_id == user_id))
        await self._add_grants(user_id, given)

    async def _add_grants(self, user_id: str, given: Grants) -> None:
        if not given:
            return
        rows = [{"user_id": user_id, **grant.model_dump()} for grant in given]
        try:
            await self._connection.execute(insert(grants), rows)
        except IntegrityError:
            raise UnknownPlace from None

    async def user(self, user_id: str) -> User | None:
        return await self._one(users.c.id == user_id)

    async def user_by_name(self, name: str) -> User | None:
        return await self._one(users.c.name == name)

    async def user_by_email(self, email: str) -> User | None:
        return await self._one(users.c.email_key == email_key(email))

    async def _one(self, condition: ColumnElement[bool]) -> User | None:
        row = (await self._connection.execute(select(users).where(condition))).one_or_none()
        return None if row is None else (await self._with_grants([row]))[0]

    async def _with_grants(self, rows: Sequence[Row[Any]]) -> list[User]:
        """The users of these rows, in one more query however many they are."""
        ids = [row._mapping[users.c.id] for row in rows]
        query = select(grants).where(grants.c.user_id.in_(ids)).order_by(grants.c.id)
        held: dict[str, list[Grant]] = {}
        for row in await self._connection.execute(query):
            held.setdefault(row.user_id, []).append(grant_of(row, grants))
        return [_user(row, tuple(held.get(user_id, ()))) for row, user_id in zip(rows, ids, strict=True)]

    async def users_within(
        self, held: Grants, limit: int, offset: int, part: str = ""
    ) -> tuple[list[User], int]:
        """Those all of whose grants are within these, and in whose names or address this part occurs."""
        wanted = all_within(grants, grants.c.user_id == users.c.id, held)
        if part:
            named = (users.c.name, users.c.display_name, users.c.email)
            wanted = and_(wanted, or_(*(one.icontains(part, autoescape=True) for one in named)))
        query = select(users).where(wanted).order_by(users.c.name).limit(limit).offset(offset)
        rows = (await self._connection.execute(query)).all()
        counted = select(func.count()).select_from(users).where(wanted)
        return await self._with_grants(rows), (await self._connection.execute(counted)).scalar_one()

    # -- passwords ----------------------------------------------------------------------------------------------

    async def password_of(self, name: str) -> tuple[str, str | None] | None:
        """The account with this name that may sign in, and its password's hash. The same work for every name."""
        query = (
            select(users.c.id, passwords.c.hash)
            .outerjoin(passwords, passwords.c.user_id == users.c.id)
            .where(users.c.name == name, users.c.is_active)
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else (row.id, row.hash)

    async def password_hash(self, user_id: str) -> str | None:
        query = select(passwords.c.hash).where(passwords.c.user_id == user_id)
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def set_password(self, user_id: str, password_hash: str, now: datetime) -> None:
        await self._connection.execute(delete(passwords).where(passwords.c.user_id == user_id))
        row = {"user_id": user_id, "hash": password_hash, "changed_at": now}
        await self._connection.execute(insert(passwords).values(row))

    # -- sign-ins -----------------------------------------------------------------------------------------------

    async def add_sign_in(
        self,
        token_hash: str,
        held: Held,
        actor: Actor,
        visitor: Visitor,
        provider_sid: str | None,
    ) -> None:
        is_guest = actor.user_id is None
        await self._connection.execute(
            insert(sign_ins).values(
                **held.model_dump(
                    include={
                        *("id", "kind", "user_id", "is_strong", "device_name"),
                        *("created_at", "confirmed_at", "last_seen_at", "expires_at"),
                    }
                ),
                token_hash=token_hash,
                guest_id=actor.participant_id if is_guest else None,
                guest_name=actor.display_name if is_guest else None,
                address=visitor.address,
                user_agent=visitor.user_agent,
                provider_sid=provider_sid,
                pin_tries=0,
            )
        )

    async def found(self, token_hash: str, now: datetime) -> tuple[Actor, Held] | None:
        """Whoever holds this token, None when it is unknown or expired, its user inactive, or its link revoked."""
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
        if row._mapping[sign_ins.c.user_id] is None:
            link = await LinkStore(self._connection).of_sign_in(token_hash, now)
            if link is None:
                return None
            actor = guest(row.guest_id, row.guest_name, link[1], link[0])
        elif row.is_active:
            actor = actor_of(_user(row, held_grants(rows)))
        else:
            return None
        return actor, _held(row, actor)

    async def found_token(self, token_hash: str, now: datetime) -> tuple[Row[Any], User] | None:
        """The row of an API token and its account, in one query; None as for sign-ins."""
        query = (
            select(api_tokens, users, *grants.c[*GRANT])
            .select_from(api_tokens)
            .join(users, api_tokens.c.user_id == users.c.id)
            .outerjoin(grants, grants.c.user_id == users.c.id)
            .where(api_tokens.c.token_hash == token_hash, api_tokens.c.expires_at > now, users.c.is_active)
            .order_by(grants.c.id)
        )
        rows = (await self._connection.execute(query)).all()
        return (rows[0], _user(rows[0], held_grants(rows))) if rows else None

    async def open_sign_ins(
        self, user_id: str, now: datetime, limit: int, offset: int, *, this_id: str | None
    ) -> tuple[list[OpenSignIn], int]:
        """The newest first."""
        condition = and_(sign_ins.c.user_id == user_id, sign_ins.c.expires_at > now)
        query = (
            select(sign_ins).where(condition).order_by(sign_ins.c.last_seen_at.desc(), sign_ins.c.id)
        ).limit(limit)
        rows = (await self._connection.execute(query.offset(offset))).all()
        counted = select(func.count()).select_from(sign_ins).where(condition)
        total = (await self._connection.execute(counted)).scalar_one()
        return [_open(row, is_this=row.id == this_id) for row in rows], total

    async def change_sign_in(self, sign_in_id: str, **values: Any) -> None:
        await self._connection.execute(update(sign_ins).where(sign_ins.c.id == sign_in_id).values(values))

    async def pin_hash(self, sign_in_id: str) -> str | None:
        query = select(sign_ins.c.pin_hash).where(sign_ins.c.id == sign_in_id)
        return (await self._connection.execute(query)).scalar_one_or_none()

    async def count_pin_try(self, sign_in_id: str, most: int) -> bool:
        """False when there were as many as there may be. Counted before it is looked at, so that many at once are many."""
        statement = (
            update(sign_ins)
            .where(sign_ins.c.id == sign_in_id, sign_ins.c.pin_tries < most)
            .values(pin_tries=sign_ins.c.pin_tries + 1)
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def pin_tries(self, sign_in_id: str) -> int:
        query = select(sign_ins.c.pin_tries).where(sign_ins.c.id == sign_in_id)
        return (await self._connection.execute(query)).scalar_one_or_none() or 0

    async def see(self, seen: Mapping[str, tuple[datetime, str]]) -> None:
        """When each sign-in, or API token, was last heard of, and from which address."""
        for row_id, (at, address) in seen.items():
            for table, values in (
                (sign_ins, {"last_seen_at": at, "address": address}),
                (api_tokens, {"last_used_at": at, "last_address": address}),
            ):
                await self._connection.execute(update(table).where(table.c.id == row_id).values(values))

    async def remove_sign_in(self, token_hash: str) -> None:
        await self._connection.execute(delete(sign_ins).where(sign_ins.c.token_hash == token_hash))

    async def remove_sign_ins(self, user_id: str, *, only: str | None = None, but: str | None = None) -> int:
        """How many of a user's sign-ins were ended: all, only one, or all but one."""
        statement = delete(sign_ins).where(sign_ins.c.user_id == user_id)
        if only is not None:
            statement = statement.where(sign_ins.c.id == only)
        if but is not None:
            statement = statement.where(sign_ins.c.id != but)
        return (await self._connection.execute(statement)).rowcount

    async def remove_expired(self, now: datetime, idle_since: datetime) -> None:
        is_idle = and_(
            sign_ins.c.last_seen_at <= idle_since,
            sign_ins.c.kind.in_((SignInKind.BROWSER, SignInKind.PROGRAM)),
        )
        await self._connection.execute(delete(sign_ins).where(or_(sign_ins.c.expires_at <= now, is_idle)))


def email_key(email: str | None) -> str | None:
    return None if email is None else email.casefold()[:254]


def _user(row: Row[Any], held: Grants) -> User:
    of = row._mapping
    return User(
        id=of[users.c.id],
        name=of[users.c.name],
        display_name=of[users.c.display_name],
        grants=held,
        is_active=of[users.c.is_active],
        created_at=of[users.c.created_at],
        kind=AccountKind(of[users.c.kind]),
        email=of[users.c.email],
    )


def _held(row: Row[Any], actor: Actor) -> Held:
    of = row._mapping
    return Held(
        id=of[sign_ins.c.id],
        kind=SignInKind(of[sign_ins.c.kind]),
        participant_id=actor.participant_id,
        user_id=actor.user_id,
        is_strong=of[sign_ins.c.is_strong],
        has_pin=of[sign_ins.c.pin_hash] is not None,
        is_locked=of[sign_ins.c.locked_at] is not None,
        must_enrol=False,
        device_name=of[sign_ins.c.device_name],
        created_at=of[sign_ins.c.created_at],
        confirmed_at=of[sign_ins.c.confirmed_at],
        last_seen_at=of[sign_ins.c.last_seen_at],
        expires_at=of[sign_ins.c.expires_at],
    )


def _open(row: Row[Any], *, is_this: bool) -> OpenSignIn:
    return OpenSignIn(
        id=row.id,
        kind=SignInKind(row.kind),
        device_name=row.device_name,
        address=row.address,
        user_agent=row.user_agent,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        expires_at=row.expires_at,
        is_locked=row.locked_at is not None,
        is_this=is_this,
    )
