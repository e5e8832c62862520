"""Sign people in and out, make accounts, and let guests in by a joining link."""

import hashlib
import secrets
from datetime import datetime, timedelta

from nearhand.access.model import (
    Actor,
    Grants,
    JoiningGrant,
    NewUser,
    Role,
    SignIn,
    User,
    WrongCredentials,
    actor_of,
    guest,
)
from nearhand.access.passwords import Passwords
from nearhand.access.store import AccessStore
from nearhand.audit import recording
from nearhand.kit.asking import asking
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.ids import Ids

TOKEN_BYTES = 32


def token_hash(token: str) -> str:
    """Tokens are 256 random bits, so a plain SHA-256 keeps them; slow hashes are for passwords."""
    return hashlib.sha256(token.encode()).hexdigest()


def named(token: str) -> str:
    """How the ledger speaks of a token: enough of its hash to tell it from others, and of no use to anybody."""
    return token_hash(token)[:12]


class AccessService:
    """Opens its own short transactions, because no lock may be held while a password is hashed."""

    def __init__(
        self, database: Database, passwords: Passwords, *, ids: Ids, clock: Clock, session_hours: int
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._ids = ids
        self._clock = clock
        self._lifetime = timedelta(hours=session_hours)

    async def sign_in(self, request: SignIn) -> tuple[str, Actor]:
        """Return a fresh token and whose it is; raise WrongCredentials."""
        async with self._database.reading() as connection:
            found = await AccessStore(connection).user_with_hash(request.name)
        user, password_hash = found or (None, None)
        is_match = await self._passwords.matches(request.password, password_hash)
        if user is None or not is_match or not user.is_active:
            if user is not None:
                asking().said["user_id"] = user.id  # never what was typed: it may be a password
            raise WrongCredentials
        asking().be("user", user.id, user.display_name)
        token, actor = await self._remember(actor_of(user))
        asking().about_id = named(token)
        return token, actor

    async def sign_out(self, token: str) -> None:
        async with self._database.transaction() as connection:
            await AccessStore(connection).remove_sign_in(token_hash(token))
            await recording.did(connection, "sign_in.ended", named(token))

    async def actor(self, token: str) -> Actor | None:
        async with self._database.reading() as connection:
            return await AccessStore(connection).actor(token_hash(token), self._clock.now())

    async def register(self, new: NewUser) -> User:
        """Make an account; raise UserNameTaken or UnknownPlace."""
        password_hash = await self._passwords.hash(new.password)
        user = User(
            id=self._ids.new(),
            name=new.name,
            display_name=new.display_name,
            grants=new.grants,
            is_active=True,
            created_at=self._clock.now(),
        )
        async with self._database.transaction() as connection:
            await AccessStore(connection).add_user(user, password_hash)
            await recording.added(connection, "user", user)
        return user

    async def users(self, page: PageQuery) -> Page[User]:
        async with self._database.reading() as connection:
            items, total = await AccessStore(connection).users(page.limit, page.offset)
        return Page[User](items=items, total=total, limit=page.limit, offset=page.offset)

    async def set_active(self, user_id: str, *, is_active: bool) -> User:
        """Switch an account on or off; switching off ends its sign-ins at once. Raises NotFound."""
        async with self._database.transaction() as connection:
            store = AccessStore(connection)
            before = await store.user(user_id)
            user = await store.set_active(user_id, is_active=is_active)
            if before is None or user is None:
                raise NotFound(f"No user {user_id}.")
            await recording.changed(connection, "user", (before, user))
        return user

    async def set_grants(self, user_id: str, grants: Grants) -> User:
        """What this account may do from now on, in open sockets too. Raises NotFound and UnknownPlace."""
        async with self._database.transaction() as connection:
            store = AccessStore(connection)
            before = await store.user(user_id)
            user = await store.set_grants(user_id, grants)
            if before is not None and user is not None:
                await recording.changed(connection, "user", (before, user))
        if user is None:
            raise NotFound(f"No user {user_id}.")
        return user

    async def invite(self, session_id: str, role: Role, *, by: Actor, hours: int) -> str:
        """Return the token of a link that lets guests into one session until it expires."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock.now()
        grant = JoiningGrant(
            session_id=session_id,
            role=role,
            created_by=by.participant_id,
            created_at=now,
            expires_at=now + timedelta(hours=hours),
        )
        async with self._database.transaction() as connection:
            await AccessStore(connection).add_joining_link(token_hash(token), grant)
            details = grant.model_dump(exclude={"created_by", "created_at"})
            await recording.did(connection, "link.made", named(token), details)
        return token

    async def join(self, link_token: str, display_name: str) -> tuple[str, Actor]:
        """Use a joining link: return a fresh sign-in token and the guest. Raises NotFound for a dead link."""
        now = self._clock.now()
        async with self._database.reading() as connection:
            grant = await AccessStore(connection).joining_grant(token_hash(link_token), now)
        if grant is None:
            raise NotFound("This joining link is unknown or has expired. Ask for a new one.")
        actor = guest(self._ids.new(), display_name, grant.role, grant.session_id)
        asking().be("guest", actor.participant_id, actor.display_name)
        asking().about_id = named(link_token)
        asking().said |= {"session_id": grant.session_id, "role": grant.role}
        # A guest is let in no longer than the link says.
        return await self._remember(actor, until=grant.expires_at)

    async def _remember(self, actor: Actor, until: datetime | None = None) -> tuple[str, Actor]:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock.now()
        async with self._database.transaction() as connection:
            store = AccessStore(connection)
            await store.remove_expired(now)
            await store.add_sign_in(
                token_hash(token), actor, expires_at=until or now + self._lifetime, now=now
            )
        return token, actor
