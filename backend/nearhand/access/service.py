"""Sign people in and out, make accounts, and let guests in by a customer link."""

import hashlib
import secrets
from datetime import datetime, timedelta

from nearhand.access.changes import Changes
from nearhand.access.links import LinkStore
from nearhand.access.model import (
    Actor,
    CustomerLink,
    Grants,
    LinkPass,
    NewUser,
    Permission,
    SignIn,
    User,
    WantedLink,
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
        self.changes = Changes()

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
            store = AccessStore(connection)
            actor = await store.actor(token_hash(token), self._clock.now())
            await store.remove_sign_in(token_hash(token))
            await recording.did(connection, "sign_in.ended", named(token))
        if actor is not None:
            self.changes.tell(actor.holder)

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
        self.changes.tell(user_id)
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
        self.changes.tell(user_id)
        return user

    # -- customer links -----------------------------------------------------------------------------------------

    async def invite(self, wanted: WantedLink, *, by: Actor) -> tuple[str, CustomerLink]:
        """Make a link for people without an account. Returns its token, which is kept nowhere, and what it is."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock.now()
        link = CustomerLink(
            **wanted.model_dump(exclude={"hours"}),
            id=self._ids.new(),
            created_by=by.participant_id,
            created_by_name=by.display_name,
            created_at=now,
            expires_at=now + timedelta(hours=wanted.hours),
        )
        async with self._database.transaction() as connection:
            reach = by.grants_with(Permission.SESSIONS_INVITE)
            await LinkStore(connection).add(link, reach, token_hash(token))
            await recording.added(connection, "link", link)
        return token, link

    async def join(self, link_token: str, display_name: str) -> tuple[str, Actor]:
        """Use a customer link: return a fresh sign-in token and the guest. Raises NotFound for a dead link."""
        now = self._clock.now()
        async with self._database.reading() as connection:
            found = await LinkStore(connection).by_token(token_hash(link_token), now)
        if found is None:
            raise NotFound("This link is unknown, or has expired, or was revoked. Ask for a new one.")
        link, role = found
        actor = guest(self._ids.new(), display_name, role, link)
        asking().be("guest", actor.participant_id, actor.display_name)
        asking().about_id = link.id
        asking().said |= {"may": link.may, "role": role}
        # A guest is let in no longer than the link says.
        return await self._remember(actor, until=link.expires_at)

    async def links_of_session(
        self, session_id: str, work_order: str | None
    ) -> list[tuple[CustomerLink, LinkPass]]:
        async with self._database.reading() as connection:
            return await LinkStore(connection).of_session(session_id, work_order)

    async def links(self, page: PageQuery, *, created_by: str | None) -> Page[CustomerLink]:
        async with self._database.reading() as connection:
            items, total = await LinkStore(connection).all(created_by, limit=page.limit, offset=page.offset)
        return Page[CustomerLink](items=items, total=total, limit=page.limit, offset=page.offset)

    async def link(self, link_id: str) -> tuple[CustomerLink, LinkPass]:
        """Raise NotFound."""
        async with self._database.reading() as connection:
            found = await LinkStore(connection).link(link_id)
        if found is None:
            raise NotFound(f"No link {link_id}.")
        return found

    async def revoke_link(self, link_id: str) -> None:
        """Nobody comes in by it any more, and whoever came in by it is out at once, of open sockets too."""
        async with self._database.transaction() as connection:
            is_new = await LinkStore(connection).revoke(link_id, self._clock.now())
            if is_new:
                await recording.did(connection, "link.revoked", link_id)
        if is_new:
            self.changes.tell(link_id)

    async def _remember(self, actor: Actor, until: datetime | None = None) -> tuple[str, Actor]:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now = self._clock.now()
        async with self._database.transaction() as connection:
            store = AccessStore(connection)
            await store.remove_expired(now)
            await store.add_sign_in(
                token_hash(token), actor, expires_at=until or now + self._lifetime, now=now
            )
            if actor.link is not None:
                await LinkStore(connection).add_opening(
                    actor.link.id, token_hash(token), actor.participant_id, actor.display_name, now=now
                )
        return token, actor
