"""Rows of second factors, API tokens, links that work once, and tickets that were used."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Table, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.credentials import (
    ApiToken,
    Factors,
    LinkKind,
    OneUseLink,
    StoredPasskey,
    StoredTotp,
)
from nearhand.access.model import Grant, Grants, Permission, UnknownPlace
from nearhand.access.tables import (
    all_within,
    api_tokens,
    grant_of,
    identities,
    invited_grants,
    one_use_links,
    passkeys,
    passwords,
    recovery_codes,
    sign_ins,
    totps,
    used_tickets,
    users,
)
from nearhand.kit.database import insert_if_absent

LINK = [column.name for column in one_use_links.c if column.name != "token_hash"]


class Vault:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def factors(self, user_id: str) -> Factors:
        return (await self.factors_of([user_id]))[user_id][0]

    async def factors_of(self, user_ids: Sequence[str]) -> dict[str, tuple[Factors, datetime | None]]:
        """By account: what it can sign in with, and when it was last heard of. One query however many they are."""

        def count(table: Table, *more: ColumnElement[bool]) -> ScalarSelect[int]:
            rows = select(func.count()).select_from(table)
            return rows.where(table.c.user_id == users.c.id, *more).scalar_subquery()

        last_seen = select(func.max(sign_ins.c.last_seen_at)).where(sign_ins.c.user_id == users.c.id)
        query = select(
            users.c.id,
            count(passwords).label("password"),
            count(totps, totps.c.confirmed_at.is_not(None)).label("totp"),
            count(passkeys).label("passkeys"),
            count(recovery_codes).label("recovery"),
            count(identities).label("identity"),
            count(identities, identities.c.is_led).label("led"),
            last_seen.scalar_subquery().label("last_seen_at"),
        ).where(users.c.id.in_(user_ids))
        return {
            row.id: (
                Factors(
                    has_password=row.password > 0,
                    has_totp=row.totp > 0,
                    passkeys=row.passkeys,
                    recovery_codes_left=row.recovery,
                    has_provider=row.identity > 0,
                    is_led=row.led > 0,
                ),
                row.last_seen_at,
            )
            for row in await self._connection.execute(query)
        }

    # -- authenticator app --------------------------------------------------------------------------------------

    async def totp(self, user_id: str) -> StoredTotp | None:
        row = (await self._connection.execute(select(totps).where(totps.c.user_id == user_id))).one_or_none()
        if row is None:
            return None
        return StoredTotp(
            secret=row.secret, is_confirmed=row.confirmed_at is not None, last_step=row.last_step
        )

    async def offer_totp(self, user_id: str, secret: bytes) -> None:
        await self._connection.execute(delete(totps).where(totps.c.user_id == user_id))
        row = {"user_id": user_id, "secret": secret, "confirmed_at": None, "last_step": 0}
        await self._connection.execute(insert(totps).values(row))

    async def use_step(self, user_id: str, step: int) -> bool:
        """False when this step, or a later one, was used before."""
        statement = (
            update(totps).where(totps.c.user_id == user_id, totps.c.last_step < step).values(last_step=step)
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def confirm_totp(self, user_id: str, code_hashes: Sequence[str], now: datetime) -> None:
        await self._connection.execute(
            update(totps).where(totps.c.user_id == user_id).values(confirmed_at=now)
        )
        await self.set_recovery_codes(user_id, code_hashes)

    async def set_recovery_codes(self, user_id: str, code_hashes: Sequence[str]) -> None:
        await self._connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))
        rows = [{"user_id": user_id, "code_hash": code_hash} for code_hash in code_hashes]
        await self._connection.execute(insert(recovery_codes), rows)

    async def use_recovery_code(self, user_id: str, code_hash: str) -> bool:
        statement = delete(recovery_codes).where(
            recovery_codes.c.user_id == user_id, recovery_codes.c.code_hash == code_hash
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def remove_totp(self, user_id: str) -> None:
        for table in (totps, recovery_codes):
            await self._connection.execute(delete(table).where(table.c.user_id == user_id))

    # -- passkeys -----------------------------------------------------------------------------------------------

    async def add_passkey(self, new: StoredPasskey) -> bool:
        """False when this credential is somebody's already."""
        try:
            await self._connection.execute(insert(passkeys).values(new.model_dump()))
        except IntegrityError:
            return False
        return True

    async def passkeys(self, user_id: str) -> list[StoredPasskey]:
        query = select(passkeys).where(passkeys.c.user_id == user_id).order_by(passkeys.c.created_at)
        return [_passkey(row) for row in await self._connection.execute(query)]

    async def passkey(self, credential_id: bytes) -> StoredPasskey | None:
        query = select(passkeys).where(passkeys.c.credential_id == credential_id)
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else _passkey(row)

    async def use_passkey(self, passkey: StoredPasskey, sign_count: int, now: datetime) -> bool:
        """False when somebody used it in between."""
        statement = (
            update(passkeys)
            .where(passkeys.c.id == passkey.id, passkeys.c.sign_count == passkey.sign_count)
            .values(sign_count=sign_count, last_used_at=now)
        )
        return (await self._connection.execute(statement)).rowcount == 1

    async def remove_passkeys(self, user_id: str, passkey_id: str | None = None) -> int:
        statement = delete(passkeys).where(passkeys.c.user_id == user_id)
        if passkey_id is not None:
            statement = statement.where(passkeys.c.id == passkey_id)
        return (await self._connection.execute(statement)).rowcount

    # -- API tokens ---------------------------------------------------------------------------------------------

    async def add_token(self, token_hash: str, new: ApiToken) -> None:
        row = new.model_dump(mode="python", exclude={"permissions", "grants"})
        row["permissions"] = sorted(new.permissions)
        row["grants"] = None if new.grants is None else [grant.model_dump() for grant in new.grants]
        await self._connection.execute(insert(api_tokens).values(**row, token_hash=token_hash))

    async def tokens(self, user_id: str, limit: int, offset: int) -> tuple[list[ApiToken], int]:
        of_user = api_tokens.c.user_id == user_id
        query = select(api_tokens).where(of_user).order_by(api_tokens.c.created_at.desc(), api_tokens.c.id)
        rows = await self._connection.execute(query.limit(limit).offset(offset))
        counted = select(func.count()).select_from(api_tokens).where(of_user)
        return [token_of(row) for row in rows], (await self._connection.execute(counted)).scalar_one()

    async def remove_token(self, user_id: str, token_id: str) -> bool:
        statement = delete(api_tokens).where(api_tokens.c.user_id == user_id, api_tokens.c.id == token_id)
        return (await self._connection.execute(statement)).rowcount == 1

    async def remove_tokens(self, user_id: str) -> list[str]:
        """Their ids."""
        ended = delete(api_tokens).where(api_tokens.c.user_id == user_id).returning(api_tokens.c.id)
        return list((await self._connection.execute(ended)).scalars())

    # -- links that work once -----------------------------------------------------------------------------------

    async def add_link(self, token_hash: str, link: OneUseLink) -> None:
        """Raise UnknownPlace."""
        row = link.model_dump(exclude={"grants", "created_by_name"})
        await self._connection.execute(insert(one_use_links).values(**row, token_hash=token_hash))
        rows = [{"link_id": token_hash, **grant.model_dump()} for grant in link.grants]
        try:
            if rows:
                await self._connection.execute(insert(invited_grants), rows)
        except IntegrityError:
            raise UnknownPlace from None

    async def link(self, token_hash: str, kind: LinkKind, now: datetime) -> OneUseLink | None:
        query = select(one_use_links).where(
            one_use_links.c.token_hash == token_hash,
            one_use_links.c.kind == kind,
            one_use_links.c.expires_at > now,
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else (await self._links([row]))[0]

    async def use_link(self, token_hash: str) -> bool:
        """False when somebody used it in between."""
        statement = delete(one_use_links).where(one_use_links.c.token_hash == token_hash)
        return (await self._connection.execute(statement)).rowcount == 1

    async def invitations(
        self, held: Grants, now: datetime, limit: int, offset: int
    ) -> tuple[list[OneUseLink], int]:
        """Those that are still open and give nothing beyond these grants; the newest first."""
        condition = (
            (one_use_links.c.kind == LinkKind.INVITATION)
            & (one_use_links.c.expires_at > now)
            & all_within(invited_grants, invited_grants.c.link_id == one_use_links.c.token_hash, held)
        )
        query = select(one_use_links).where(condition)
        query = query.order_by(one_use_links.c.created_at.desc(), one_use_links.c.id)
        rows = (await self._connection.execute(query.limit(limit).offset(offset))).all()
        counted = select(func.count()).select_from(one_use_links).where(condition)
        return await self._links(rows), (await self._connection.execute(counted)).scalar_one()

    async def invitation(self, link_id: str) -> OneUseLink | None:
        query = select(one_use_links).where(
            one_use_links.c.id == link_id, one_use_links.c.kind == LinkKind.INVITATION
        )
        row = (await self._connection.execute(query)).one_or_none()
        return None if row is None else (await self._links([row]))[0]

    async def remove_link(self, link_id: str) -> None:
        await self._connection.execute(delete(one_use_links).where(one_use_links.c.id == link_id))

    async def remove_links_of(self, user_id: str) -> None:
        await self._connection.execute(delete(one_use_links).where(one_use_links.c.user_id == user_id))

    async def _links(self, rows: Sequence[Row[Any]]) -> list[OneUseLink]:
        hashes = [row.token_hash for row in rows]
        query = (
            select(invited_grants).where(invited_grants.c.link_id.in_(hashes)).order_by(invited_grants.c.id)
        )
        held: dict[str, list[Grant]] = {}
        for row in await self._connection.execute(query):
            held.setdefault(row.link_id, []).append(grant_of(row, invited_grants))
        makers = select(users.c.id, users.c.display_name).where(
            users.c.id.in_({row.created_by for row in rows})
        )
        names = {row.id: row.display_name for row in await self._connection.execute(makers)}
        return [
            OneUseLink(
                **{name: row._mapping[name] for name in LINK},
                grants=tuple(held.get(row.token_hash, ())),
                created_by_name=names.get(row.created_by, ""),
            )
            for row in rows
        ]

    # -- tickets ------------------------------------------------------------------------------------------------

    async def use_ticket(self, ticket_id: str, expires_at: datetime) -> bool:
        """False when it was used before."""
        statement = insert_if_absent(self._connection, used_tickets)
        row = {"id": ticket_id, "expires_at": expires_at}
        return (await self._connection.execute(statement.values(row))).rowcount == 1

    async def remove_expired(self, now: datetime) -> None:
        for table in (one_use_links, used_tickets, api_tokens):
            await self._connection.execute(delete(table).where(table.c.expires_at <= now))


def token_of(row: Row[Any]) -> ApiToken:
    of = row._mapping
    given = of[api_tokens.c.grants]
    return ApiToken(
        **{name: of[api_tokens.c[name]] for name in set(ApiToken.model_fields) - {"permissions", "grants"}},
        # A permission of an older version of the service is none any more.
        permissions=frozenset(Permission(p) for p in of[api_tokens.c.permissions] if p in set(Permission)),
        grants=None if given is None else tuple(Grant.model_validate(grant) for grant in given),
    )


def _passkey(row: Row[Any]) -> StoredPasskey:
    return StoredPasskey.model_validate(dict(row._mapping))
