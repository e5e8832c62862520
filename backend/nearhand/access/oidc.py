"""Single sign-on: who comes back from the provider is an account, with the grants that its groups are given."""

import base64
import hmac
import json
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

import structlog
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.credentials import (
    AccountOff,
    Identity,
    IdentityTaken,
    LinkDead,
    LinkKind,
    NoGroup,
    NoProvider,
    NoSignOutThere,
    Opening,
    ProviderAdmission,
    ProviderAnswer,
    ProviderAsk,
    ProviderFactorNeeded,
    ProviderRefused,
    SignInKind,
    TicketDead,
    Visitor,
)
from nearhand.access.identities import Identities
from nearhand.access.links import LinkStore
from nearhand.access.means import Means, printable, token_hash
from nearhand.access.model import MAX_GRANTS, Grant, Grants, Role, User, Where
from nearhand.access.provider import Asked, Provider
from nearhand.access.service import SECOND_STEP, AccessService, second_factors
from nearhand.access.store import AccessStore
from nearhand.access.vault import Vault
from nearhand.kit.errors import NearhandError

log = structlog.get_logger()

KEPT = "single sign-on"
KEPT_LIFE = timedelta(minutes=15)  # for finding the phone with the second factor at the provider
MAX_SID = 255

# Whose tenant, site and rack bear these names; None where one of them is not there.
FindPlace = Callable[[AsyncConnection, str | None, str | None, str | None], Awaitable[Where | None]]


class GroupGrant(BaseModel):
    """What being in a group of the provider gives here: a role, and where. All conditions given must hold."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    group: str = Field(min_length=1, max_length=500)
    role: Role
    tenant: str | None = None
    site: str | None = None
    rack: str | None = None

    @model_validator(mode="after")
    def _rack_at_its_site(self) -> Self:
        if self.rack is not None and self.site is None:
            raise ValueError("Racks of two sites may have one name: say the site too.")
        return self


_RULES = TypeAdapter(tuple[GroupGrant, ...])


def rules_of(said: Sequence[Mapping[str, str | None]]) -> tuple[GroupGrant, ...]:
    """The setting NEARHAND_OIDC_GRANTS. Raises ValueError."""
    rules = _RULES.validate_python([dict(one) for one in said])
    if len(rules) > MAX_GRANTS:
        raise ValueError(
            f"NEARHAND_OIDC_GRANTS has {len(rules)} rows; an account may have {MAX_GRANTS} grants."
        )
    return rules


@dataclass(frozen=True)
class House:
    """What the house decided of its provider, as settings."""

    name: str
    groups_claim: str
    strong: frozenset[str]
    rules: tuple[GroupGrant, ...]


@dataclass(frozen=True)
class Proof:
    """What the provider says of whoever came back, checked."""

    issuer: str
    subject: str
    user_name: str
    display_name: str
    groups: frozenset[str]
    is_strong: bool
    amr: tuple[str, ...]
    acr: str
    proved_at: datetime | None
    sid: str


class SingleSignOn:
    def __init__(
        self,
        means: Means,
        access: AccessService,
        provider: Provider | None,
        house: House,
        find_place: FindPlace,
    ) -> None:
        self._means = means
        self._access = access
        self._provider = provider
        self._house = house
        self._find_place = find_place

    @property
    def name(self) -> str | None:
        """For the button; None where there is none."""
        return self._house.name if self._provider is not None else None

    @property
    def provider(self) -> Provider:
        """Raise NoProvider."""
        if self._provider is None:
            raise NoProvider
        return self._provider

    # -- there and back ---------------------------------------------------------------------------------------------

    async def begin(self, wanted: ProviderAsk) -> tuple[str, str]:
        """Where the browser goes, and what it keeps, sealed, until it is back. Raises NoProvider and ProviderDown."""
        app = wanted.to.split("/")[1].partition("?")[0]
        asked = Asked(
            state=f"{app}.{secrets.token_urlsafe(24)}",  # by which the page of the way back knows its app
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
        )
        until = self._means.clock.now() + KEPT_LIFE
        kept = {
            **vars(asked),
            **wanted.model_dump(),
            "id": secrets.token_urlsafe(16),
            "until": until.timestamp(),
        }
        address = await self.provider.address(asked, again=wanted.again)
        sealed = self._means.seal.sealed(KEPT, json.dumps(kept).encode())
        return address, base64.urlsafe_b64encode(sealed).decode()

    async def finish(
        self, answer: ProviderAnswer, kept_text: str, visitor: Visitor
    ) -> ProviderAdmission | ProviderFactorNeeded:
        """Let in whoever came back to the browser that set out.

        Raises NoProvider, TicketDead, ProviderDown, ProviderRefused, ProviderUntrue, NoGroup, AccountOff, LinkDead and
        IdentityTaken.
        """
        provider, kept = self.provider, self._opened(kept_text)
        if not hmac.compare_digest(kept["state"].encode(), answer.state.encode()):
            raise TicketDead
        async with self._means.database.transaction() as connection:
            await self._means.use_ticket(connection, kept)
        if answer.error or not answer.code:
            raise ProviderRefused
        asked = Asked(kept["state"], kept["nonce"], kept["verifier"])
        claims = await provider.claims(answer.code, answer.iss, asked, self._house.groups_claim)
        proof = self._proof(provider.issuer, claims)
        async with self._means.database.transaction() as connection:
            found = await self._account(connection, proof, kept["invitation"])
            let_in = None
            if found.user is not None:
                let_in = await self._admitted(connection, found.user, proof, visitor, kept["to"])
        for holder in found.changed:
            self._means.has_changed(holder)
        if let_in is None:
            self._access.refused("provider", found.user_id)
            raise found.refusal or ProviderRefused
        return let_in

    def _opened(self, text: str) -> dict[str, Any]:
        """Raise TicketDead for what we did not seal, and for what is too old."""
        try:
            content = self._means.seal.opened(KEPT, base64.urlsafe_b64decode(text))
        except ValueError:
            raise TicketDead from None
        kept: dict[str, Any] = json.loads(content)
        if kept["until"] <= self._means.clock.now().timestamp():
            raise TicketDead
        return kept

    def _proof(self, issuer: str, claims: Mapping[str, Any]) -> Proof:
        said = claims.get(self._house.groups_claim)
        amr = tuple(one for one in _listed(claims.get("amr")))
        acr = claims["acr"] if isinstance(claims.get("acr"), str) else ""
        auth_time, sid = claims.get("auth_time"), claims.get("sid")
        user_name = _text(claims.get("preferred_username"))
        return Proof(
            issuer=issuer,
            subject=claims["sub"],
            user_name=user_name,
            display_name=_text(claims.get("name")) or user_name,
            groups=frozenset(_listed(said)),
            is_strong=bool(self._house.strong & {*amr, acr}),
            amr=amr[:20],
            acr=acr[:200],
            proved_at=_moment(auth_time),
            sid=sid if isinstance(sid, str) and len(sid) <= MAX_SID else "",
        )

    # -- whose it is ------------------------------------------------------------------------------------------------

    async def _account(self, connection: AsyncConnection, proof: Proof, invitation: str | None) -> "_Found":
        """The account of this issuer and subject, made if it is new. Never another's that has the same name or address."""
        identity = await Identities(connection).find(proof.issuer, proof.subject)
        if identity is None:
            return await (
                self._invited(connection, proof, invitation)
                if invitation is not None
                else self._new(connection, proof)
            )
        if invitation is not None:
            return _Found(refusal=IdentityTaken(), user_id=identity.user_id)
        user = await AccessStore(connection).user(identity.user_id)
        if user is None or not user.is_active:
            return _Found(refusal=AccountOff(), user_id=identity.user_id)
        return await self._refreshed(connection, user, proof) if identity.is_led else _Found(user)

    async def _new(self, connection: AsyncConnection, proof: Proof) -> "_Found":
        grants = await self._grants(connection, proof.groups)
        if not grants:
            return _Found(refusal=NoGroup())
        name = await self._free_name(connection, proof.user_name)
        user = self._user(name, proof.display_name or name, grants)
        return _Found(await self._added(connection, proof, user, is_led=True))

    async def _invited(self, connection: AsyncConnection, proof: Proof, token: str) -> "_Found":
        """Raise LinkDead. What the invitation gives stays as it is, whatever groups they are in."""
        vault = Vault(connection)
        link = await vault.link(token_hash(token), LinkKind.INVITATION, self._means.clock.now())
        if link is None or not link.grants or not await vault.use_link(token_hash(token)):
            raise LinkDead
        name = link.name or await self._free_name(connection, proof.user_name)
        user = self._user(name, link.display_name, link.grants)
        return _Found(await self._added(connection, proof, user, is_led=False))

    def _user(self, name: str, called: str, grants: Grants) -> User:
        return User(
            id=self._means.ids.new(),
            name=name,
            display_name=called,
            grants=grants,
            is_active=True,
            created_at=self._means.clock.now(),
        )

    async def _added(self, connection: AsyncConnection, proof: Proof, user: User, *, is_led: bool) -> User:
        await AccessStore(connection).add_user(user)
        identity = Identity(issuer=proof.issuer, subject=proof.subject, user_id=user.id, is_led=is_led)
        await Identities(connection).add(identity, user.created_at)
        details = {"identity": identity.model_dump(mode="json"), **user.model_dump(mode="json")}
        await self._means.record(connection, "user.added", user.id, details)
        return user

    async def _refreshed(self, connection: AsyncConnection, user: User, proof: Proof) -> "_Found":
        """What the groups give today, and no more, in other sign-ins of theirs too; in no group, these end."""
        grants = await self._grants(connection, proof.groups)
        if set(grants) == set(user.grants) and grants:
            return _Found(user)
        store, vault = AccessStore(connection), Vault(connection)
        await store.set_grants(user.id, grants)
        details = {
            "before": {"grants": [one.model_dump(mode="json") for one in user.grants]},
            "after": {"grants": [one.model_dump(mode="json") for one in grants]},
            "by": "provider",
        }
        await self._means.record(connection, "user.changed", user.id, details)
        links = await LinkStore(connection).live_of(user.id, self._means.clock.now())
        if not grants:
            await store.remove_sign_ins(user.id)
            await vault.remove_links_of(user.id)
            return _Found(refusal=NoGroup(), user_id=user.id, changed=(user.id, *links))
        return _Found(user.model_copy(update={"grants": grants}), changed=(user.id, *links))

    async def _grants(self, connection: AsyncConnection, groups: frozenset[str]) -> Grants:
        """A rule that names a place which is not there gives nothing."""
        found: dict[Grant, None] = {}
        for rule in self._house.rules:
            if rule.group not in groups:
                continue
            where = await self._find_place(connection, rule.tenant, rule.site, rule.rack)
            if where is None:
                log.warning("unknown_place_of_group", **rule.model_dump(mode="json", exclude={"role"}))
                continue
            found[Grant(role=rule.role, **where.model_dump())] = None
        return tuple(found)

    async def _free_name(self, connection: AsyncConnection, said: str) -> str:
        """The name they have there, if it can be one here and is nobody's."""
        name = re.sub(r"[^a-z0-9._-]+", "-", said.casefold().partition("@")[0]).strip("-._")[:40] or "user"
        if len(name) < 2 or await AccessStore(connection).user_by_name(name) is not None:
            name = f"{name[:27]}-{self._means.ids.new().lower()}"
        return name

    # -- letting in, and out again ----------------------------------------------------------------------------------

    async def _admitted(
        self, connection: AsyncConnection, user: User, proof: Proof, visitor: Visitor, to: str
    ) -> ProviderAdmission | ProviderFactorNeeded:
        """An account's own second factor is asked for, unless the provider says that there was one."""
        details = {"issuer": proof.issuer, "subject": proof.subject, "amr": list(proof.amr), "acr": proof.acr}
        await self._means.record(connection, "identity.proved", user.id, details)
        kind = SignInKind.BROWSER
        needed = second_factors(await Vault(connection).factors(user.id))
        if needed and not proof.is_strong:
            facts = {"user_id": user.id, "kind": kind.value, "password": None, "provider_sid": proof.sid}
            ticket = self._means.ticket(SECOND_STEP, **facts)
            return ProviderFactorNeeded(needs=needed, ticket=ticket, to=to)
        opening = Opening(
            kind=kind, is_strong=proof.is_strong, provider_sid=proof.sid, proved_at=proof.proved_at
        )
        admission = await self._access.admit(connection, user.id, opening, visitor)
        return ProviderAdmission(**dict(admission), to=to)

    async def left_address(self) -> str:
        """Where to sign out of the provider too. Raises NoProvider, NoSignOutThere and ProviderDown."""
        address = await self.provider.left_address()
        if address is None:
            raise NoSignOutThere
        return address

    async def end(self, logout_token: str) -> None:
        """The provider tells of a sign-out there: what it began here ends. Raises NoProvider and ProviderUntrue."""
        claims = await self.provider.logout_claims(logout_token)
        subject, sid = claims.get("sub"), claims.get("sid")
        until = datetime.fromtimestamp(claims["exp"], UTC) + timedelta(minutes=5)
        async with self._means.database.transaction() as connection:
            if not await Vault(connection).use_ticket(token_hash(claims["jti"])[:40], until):
                return
            store = Identities(connection)
            if isinstance(subject, str):
                identity = await store.find(self.provider.issuer, subject)
                user_ids = [identity.user_id] if identity is not None else []
            else:
                user_ids = await store.users_in(str(sid)) if sid else []
            for user_id in user_ids:
                ended = await store.end_sign_ins(user_id, sid=sid if isinstance(sid, str) else None)
                await self._means.record(
                    connection, "user.signed_out", user_id, {"sign_ins": ended, "by": "provider"}
                )
        for user_id in user_ids:
            self._means.has_changed(user_id)


@dataclass(frozen=True)
class _Found:
    """An account to let in, or why not: told after the transaction, so that what was taken away stays taken.

    `changed`: whose rights are others now, theirs and those of the links they made.
    """

    user: User | None = None
    refusal: NearhandError | None = None
    user_id: str | None = None
    changed: tuple[str, ...] = ()


def _text(said: object) -> str:
    return printable(said).strip()[:80].strip() if isinstance(said, str) else ""


def _listed(said: object) -> list[str]:
    if isinstance(said, str):
        return [said]
    return [one for one in said if isinstance(one, str)] if isinstance(said, list) else []


def _moment(said: object) -> datetime | None:
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        return None
    try:
        return datetime.fromtimestamp(said, UTC)
    except (ValueError, OverflowError, OSError):
        return None
