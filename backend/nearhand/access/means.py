"""What every use case of access works with: the database, the house's policy, tokens and tickets."""

import hashlib
import secrets
import zlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.credentials import Held, LinkKind, OneUseLink, Opening, SignInKind, TicketDead, Visitor
from nearhand.access.easy import refuse_easy
from nearhand.access.giving import are_within
from nearhand.access.model import Actor, Grants, Permission, Role, User
from nearhand.access.passwords import Passwords
from nearhand.access.seal import Seal
from nearhand.access.store import AccessStore
from nearhand.access.throttle import Places, Throttle
from nearhand.access.vault import Vault
from nearhand.kit.asking import asking
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound
from nearhand.kit.ids import Ids

log = structlog.get_logger()

TOKEN_BYTES = 32
API_TOKEN = "nh_"
CHECK_DIGITS = 6
PIN_TRIES = 5
TICKET_LIFE = timedelta(minutes=5)
SEEN_LATE = timedelta(minutes=5)  # by which the last sight of a sign-in is surely written

# (transaction, `noun.verb`, what it is about, what is worth keeping of it): for a ledger.
Record = Callable[[AsyncConnection, str, str, Mapping[str, Any] | None], Awaitable[None]]


async def keep_nothing(
    connection: AsyncConnection, action: str, about_id: str, details: Mapping[str, Any] | None = None
) -> None:
    """For a service without a ledger."""


@dataclass(frozen=True)
class Policy:
    """What the house decided, as settings."""

    base_url: str = "http://127.0.0.1:8000"
    sign_in_life: timedelta = timedelta(hours=12)
    idle_limit: timedelta = timedelta(hours=4)
    device_life: timedelta = timedelta(days=180)
    device_idle_limit: timedelta = timedelta(minutes=15)
    confirmation_life: timedelta = timedelta(minutes=10)
    invitation_life: timedelta = timedelta(hours=72)
    reset_life: timedelta = timedelta(hours=24)
    enrolment_life: timedelta = timedelta(minutes=10)
    token_life: timedelta = timedelta(days=366)
    second_factor_roles: frozenset[Role] = frozenset()

    @property
    def host(self) -> str:
        """What passkeys are bound to."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def origin(self) -> str:
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def has_passkeys(self) -> bool:
        """Browsers make them for names only, and over HTTPS but for this machine itself."""
        is_name = self.host[-1:].isalpha() and ":" not in self.host
        return is_name and (self.base_url.startswith("https:") or self.host == "localhost")


@dataclass
class Means:
    database: Database
    passwords: Passwords
    ids: Ids
    clock: Clock
    seal: Seal
    policy: Policy = field(default_factory=Policy)
    throttle: Throttle = field(default_factory=Throttle)
    places: Places = field(default_factory=Places)
    record: Record = keep_nothing
    _watchers: list[Callable[[str], None]] = field(default_factory=list)

    # -- who is told ----------------------------------------------------------------------------------------------

    def watch(self, told: Callable[[str], None]) -> None:
        """`told` is called with an `Actor.holder` when what they may do, or that they are signed in, has changed."""
        self._watchers.append(told)

    def has_changed(self, holder: str) -> None:
        """After the transaction."""
        for told in self._watchers:
            told(holder)

    # -- sign-ins -------------------------------------------------------------------------------------------------

    async def begin(
        self, connection: AsyncConnection, actor: Actor, opening: Opening, visitor: Visitor
    ) -> str:
        """Let somebody in: the token of a new sign-in. The one that their browser had is over: it keeps one cookie."""
        asking().be("user" if actor.user_id else "guest", actor.participant_id, actor.display_name)
        now = self.clock.now()
        life = self.policy.device_life if opening.kind is SignInKind.DEVICE else self.policy.sign_in_life
        held = Held(
            id=self.ids.new(),
            kind=opening.kind,
            participant_id=actor.participant_id,
            user_id=actor.user_id,
            is_strong=opening.is_strong,
            has_pin=False,
            is_locked=False,
            must_enrol=False,
            device_name=opening.device_name,
            created_at=now,
            confirmed_at=min(opening.proved_at or now, now),
            last_seen_at=now,
            expires_at=opening.until or now + life,
        )
        token = new_token()
        store = AccessStore(connection)
        former = await store.found(token_hash(visitor.former_token), now) if visitor.former_token else None
        if former is not None:
            await store.remove_sign_in(token_hash(visitor.former_token))
            await self.record(connection, "sign_in.ended", former[1].id, None)
        await store.remove_expired(now, now - self.policy.idle_limit - SEEN_LATE)
        await Vault(connection).remove_expired(now)
        await store.add_sign_in(
            token_hash(token),
            held,
            actor,
            Visitor(address=visitor.address[:60], user_agent=printable(visitor.user_agent)[:300]),
            opening.provider_sid,
        )
        details = {
            **opening.model_dump(mode="json", exclude={"until", "provider_sid", "proved_at"}),
            **({} if opening.provider_sid is None else {"by_provider": True}),
            "participant_id": actor.participant_id,
        }
        await self.record(connection, "sign_in.begun", held.id, details)
        return token

    async def renew(self, connection: AsyncConnection, held: Held, **changes: Any) -> str:
        """A fresh token for a sign-in that may more than before; the one before is dead."""
        token = new_token()
        await AccessStore(connection).change_sign_in(held.id, token_hash=token_hash(token), **changes)
        return token

    # -- tickets --------------------------------------------------------------------------------------------------

    def ticket(self, purpose: str, **content: Any) -> str:
        """Good for one use within a few minutes; nothing is kept of it until then."""
        expires_at = self.clock.now() + TICKET_LIFE
        return self.seal.signed(
            purpose, {**content, "id": secrets.token_urlsafe(16), "until": expires_at.timestamp()}
        )

    def read_ticket(self, purpose: str, ticket: str) -> dict[str, Any]:
        """What it says, without using it. Raises TicketDead."""
        content = self.seal.content(purpose, ticket)
        if content is None or content["until"] <= self.clock.now().timestamp():
            raise TicketDead
        return content

    async def use_ticket(self, connection: AsyncConnection, content: Mapping[str, Any]) -> None:
        """Raise TicketDead when it was used before."""
        until = datetime.fromtimestamp(content["until"], UTC)
        if not await Vault(connection).use_ticket(content["id"], until):
            raise TicketDead

    # -- passwords ------------------------------------------------------------------------------------------------

    async def hashed(self, password: str, *known: str) -> str:
        """To be kept of a new password, of an account with these names. Raises PasswordTooEasy."""
        refuse_easy(password, self.policy.host, *known)
        return await self.passwords.hash(password)

    # -- links ----------------------------------------------------------------------------------------------------

    def link(self, kind: LinkKind, life: timedelta, by: Actor | None, **facts: Any) -> OneUseLink:
        now = self.clock.now()
        return OneUseLink(
            id=self.ids.new(),
            kind=kind,
            created_by=by.participant_id if by else "",
            created_at=now,
            expires_at=now + life,
            **facts,
        )

    def url(self, page: str, token: str) -> str:
        """The token is in the fragment, which no browser sends to any server."""
        return f"{self.policy.base_url}/{page}#{token}"


# -- who rules over whom ------------------------------------------------------------------------------------------


def ruled(actor: Actor) -> Grants:
    """What this actor may hand out."""
    return actor.grants_with(Permission.PEOPLE_MANAGE)


def rules(actor: Actor, grants: Grants) -> bool:
    return are_within(grants, ruled(actor))


async def managed(store: AccessStore, actor: Actor, user_id: str) -> User:
    """An account that this actor rules over. Raises NotFound for any other, whether it is there or not."""
    user = await store.user(user_id)
    if user is None or not rules(actor, user.grants):
        raise NotFound(f"No user {user_id}.")
    return user


# -- tokens -------------------------------------------------------------------------------------------------------


def new_token() -> str:
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """Tokens are 256 random bits, so a plain SHA-256 keeps them; slow hashes are for passwords."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_api_token() -> str:
    """With a prefix that scanners for leaked secrets know it by, and a checksum that spares them false alarms."""
    secret = secrets.token_hex(TOKEN_BYTES)
    return f"{API_TOKEN}{secret}{_checksum(secret)}"


def is_api_token(token: str) -> bool:
    secret, checksum = token.removeprefix(API_TOKEN)[:-CHECK_DIGITS], token[-CHECK_DIGITS:]
    return token.startswith(API_TOKEN) and _checksum(secret) == checksum


def _checksum(secret: str) -> str:
    return f"{zlib.crc32(secret.encode()) & 0xFFFFFF:06x}"


def printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable())
