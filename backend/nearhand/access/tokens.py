"""API tokens: for programs, narrower than their account, and dead one day."""

from nearhand.access.credentials import (
    ApiToken,
    Held,
    MadeApiToken,
    NewApiToken,
    NotAService,
    ScopeTooWide,
    TooManyOfThem,
)
from nearhand.access.giving import are_within
from nearhand.access.means import Means, managed, new_api_token, token_hash
from nearhand.access.model import ROLE_PERMISSIONS, AccountKind, Actor, User, actor_of
from nearhand.access.service import AccessService
from nearhand.access.store import AccessStore
from nearhand.access.vault import Vault
from nearhand.kit.errors import Invalid, NotFound
from nearhand.kit.http import Page, PageQuery

MAX_TOKENS = 50


class TokenService:
    def __init__(self, means: Means, access: AccessService) -> None:
        self._means = means
        self._access = access

    async def tokens(self, user_id: str, page: PageQuery) -> Page[ApiToken]:
        await self._access.write_seen()
        async with self._means.database.reading() as connection:
            items, total = await Vault(connection).tokens(user_id, page.limit, page.offset)
        return Page[ApiToken](items=items, total=total, limit=page.limit, offset=page.offset)

    async def make_own(self, actor: Actor, held: Held, new: NewApiToken) -> MadeApiToken:
        """Raise ScopeTooWide, ConfirmFirst, TooManyOfThem and Invalid."""
        self._access.demand_fresh(held)
        async with self._means.database.reading() as connection:
            user = await AccessStore(connection).user(str(held.user_id))
        if user is None or not new.permissions <= actor.permissions:
            raise ScopeTooWide
        return await self._make(actor, user, new)

    async def make_for_service(
        self, actor: Actor, held: Held, user_id: str, new: NewApiToken
    ) -> MadeApiToken:
        """Raise NotFound and NotAService too."""
        self._access.demand_fresh(held)
        async with self._means.database.reading() as connection:
            user = await managed(AccessStore(connection), actor, user_id)
        if user.kind is not AccountKind.SERVICE:
            raise NotAService
        return await self._make(actor, user, new)

    async def _make(self, actor: Actor, user: User, new: NewApiToken) -> MadeApiToken:
        now, longest = self._means.clock.now(), self._means.policy.token_life
        if new.expires_at.tzinfo is None or not now < new.expires_at <= now + longest:
            raise Invalid(f"expires_at must be a time with its zone within the next {longest.days} days.")
        if not new.permissions <= actor_of(user).permissions:
            raise ScopeTooWide
        if new.grants is not None:
            reach = frozenset().union(*(ROLE_PERMISSIONS[grant.role] for grant in new.grants))
            if not are_within(new.grants, user.grants) or not new.permissions <= reach:
                raise ScopeTooWide
        token = new_api_token()
        kept = ApiToken(
            id=self._means.ids.new(),
            user_id=user.id,
            name=new.name,
            permissions=new.permissions,
            grants=new.grants,
            created_by=actor.participant_id,
            created_at=now,
            expires_at=new.expires_at,
            last_used_at=None,
            last_address="",
        )
        async with self._means.database.transaction() as connection:
            vault = Vault(connection)
            if (await vault.tokens(user.id, 1, 0))[1] >= MAX_TOKENS:
                raise TooManyOfThem
            await vault.add_token(token_hash(token), kept)
            details = kept.model_dump(mode="json", exclude={"id", "last_used_at", "last_address"})
            details["permissions"] = sorted(new.permissions)
            await self._means.record(connection, "api_token.made", kept.id, details)
        return MadeApiToken(**dict(kept), token=token)

    async def revoke(self, user_id: str, token_id: str) -> None:
        """Raise NotFound."""
        async with self._means.database.transaction() as connection:
            if not await Vault(connection).remove_token(user_id, token_id):
                raise NotFound(f"No token {token_id}.")
            await self._means.record(connection, "api_token.revoked", token_id, {"user_id": user_id})
        self._means.has_changed(user_id)
