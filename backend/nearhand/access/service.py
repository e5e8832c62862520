"""Sign people in and out, know them again, and let guests in by a customer link."""

import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.credentials import (
    Admission,
    ConfirmFirst,
    Factor,
    FactorNeeded,
    Factors,
    Held,
    Me,
    Opening,
    OpenSignIn,
    Recognised,
    SignInKind,
    SlowDown,
    TicketDead,
    Visitor,
    WrongCode,
)
from nearhand.access.giving import in_common, role_within
from nearhand.access.links import LinkStore
from nearhand.access.means import (
    API_TOKEN,
    PIN_TRIES,
    Means,
    is_api_token,
    managed,
    new_token,
    printable,
    token_hash,
)
from nearhand.access.model import (
    ROLE_PERMISSIONS,
    Actor,
    CustomerLink,
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
from nearhand.access.store import AccessStore
from nearhand.access.throttle import neighbourhood
from nearhand.access.totp import plain_code, step_of
from nearhand.access.vault import Vault, token_of
from nearhand.kit.asking import asking
from nearhand.kit.errors import NotFound
from nearhand.kit.http import Page, PageQuery

SECOND_STEP = "second step"
BROWSER = "known browser"
TOTP = "totp secret"
RECOVERY = "recovery code"
UNKNOWN = Visitor(address="", user_agent="")


class AccessService:
    """Opens its own short transactions, because no lock may be held while a password is hashed."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._seen: dict[str, tuple[datetime, str]] = {}  # not yet written: by id, when and from where

    # -- signing in -----------------------------------------------------------------------------------------------

    async def sign_in(
        self, request: SignIn, visitor: Visitor = UNKNOWN, kind: SignInKind = SignInKind.PROGRAM
    ) -> Admission | FactorNeeded:
        """By name and password. Raises WrongCredentials, and SlowDown after too many wrong tries from there."""
        async with self._means.database.reading() as connection:
            user_id, password_hash = await AccessStore(connection).password_of(request.name) or (None, None)
        tries = self._key(request.name, user_id, visitor)
        whose = tries if tries.startswith("browser:") else neighbourhood(visitor.address)
        with self._means.places.place(whose):
            self._count_try(tries)
            is_right = await self._means.passwords.matches(request.password, password_hash)
        if not is_right or user_id is None:
            self.refused("password", user_id)
            raise WrongCredentials
        self._means.throttle.succeeded(tries)
        async with self._means.database.transaction() as connection:
            needed = second_factors(await Vault(connection).factors(user_id))
            if needed:
                facts = {"user_id": user_id, "kind": kind.value, "password": self._mark(password_hash)}
                ticket = self._means.ticket(SECOND_STEP, **facts)
                await self._means.record(connection, "password.given", user_id, {"needs": list(needed)})
                return FactorNeeded(needs=needed, ticket=ticket)
            return await self.admit(connection, user_id, Opening(kind=kind), visitor)

    async def sign_in_by_code(self, ticket: str, code: str, visitor: Visitor = UNKNOWN) -> Admission:
        """The second step after the password. Raises TicketDead, WrongCode and SlowDown."""
        content = self._means.read_ticket(SECOND_STEP, ticket)
        user_id = str(content["user_id"])
        await self.check_code(user_id, code)
        async with self._means.database.transaction() as connection:
            await self._means.use_ticket(connection, content)
            await self.check_password_still(connection, content)
            return await self.admit(connection, user_id, strong_opening(content), visitor)

    async def check_password_still(self, connection: AsyncConnection, content: Mapping[str, Any]) -> None:
        """Raise TicketDead when the password that a ticket tells of is the account's no more."""
        if content.get("password") is None:
            return
        password_hash = await AccessStore(connection).password_hash(content["user_id"])
        if self._mark(password_hash) != content["password"]:
            raise TicketDead

    def _mark(self, password_hash: str | None) -> str:
        return self._means.seal.digest("password", password_hash or "")[:16]

    async def admit(
        self,
        connection: AsyncConnection,
        user_id: str,
        opening: Opening,
        visitor: Visitor,
    ) -> Admission:
        """Whoever has proved to be this user. Raises WrongCredentials when they were switched off meanwhile."""
        user = await AccessStore(connection).user(user_id)
        if user is None or not user.is_active:
            raise WrongCredentials
        token = await self._means.begin(connection, actor_of(user), opening, visitor)
        return Admission(actor=self._limited(actor_of(user), is_strong=opening.is_strong)[0], token=token)

    async def check_code(self, user_id: str, code: str) -> None:
        """Use up a code of the app, or a recovery code. Raises WrongCode and SlowDown.

        Only who knows the password gets this far, so slowing them down locks nobody out.
        """
        tries = f"code:{user_id}"
        self._count_try(tries)
        async with self._means.database.transaction() as connection:
            is_right = await self._use_code(Vault(connection), user_id, code)
        if not is_right:
            self.refused("code", user_id)
            raise WrongCode
        self._means.throttle.succeeded(tries)

    async def _use_code(self, vault: Vault, user_id: str, code: str) -> bool:
        stored = await vault.totp(user_id)
        if stored is None or not stored.is_confirmed:
            return False
        digits = code.replace(" ", "")
        if len(digits) == 6 and digits.isdecimal():
            secret = self._means.seal.opened(TOTP, stored.secret).decode()
            step = step_of(digits, secret, self._means.clock.now())
            return step is not None and await vault.use_step(user_id, step)
        return await vault.use_recovery_code(user_id, self._means.seal.digest(RECOVERY, plain_code(code)))

    def known_browser(self, user_id: str) -> str:
        """For a cookie: this browser has signed in as this user, so others' wrong tries do not slow it down."""
        return self._means.seal.signed(BROWSER, {"user_id": user_id, "id": self._means.ids.new()})

    def _key(self, name: str, user_id: str | None, visitor: Visitor) -> str:
        """Under what wrong tries are counted."""
        browser = self._means.seal.content(BROWSER, visitor.known_browser)
        if browser and user_id is not None and browser["user_id"] == user_id:
            return f"browser:{browser['id']}:{user_id}"
        return f"name:{neighbourhood(visitor.address)}:{name.casefold()}"

    def _count_try(self, key: str) -> None:
        wait_s = self._means.throttle.begin(key, time.monotonic())
        if wait_s:
            raise SlowDown(int(wait_s) + 1)

    def refused(self, what: str, user_id: str | None) -> None:
        """For the ledger's entry of the refusal. Never what was typed: it may be somebody's password."""
        asking().said |= {"by": what} | ({"user_id": user_id} if user_id else {})

    # -- being known again ----------------------------------------------------------------------------------------

    async def recognise(self, token: str, address: str = "") -> Recognised | None:
        """Whose token this is; None when it is nobody's any more. Locked devices are known, and may nothing."""
        is_api_token_ = token.startswith(API_TOKEN)
        found = await (self._by_api_token(token) if is_api_token_ else self._by_sign_in(token))
        if found is not None:
            self._seen[found.held.id] = (self._means.clock.now(), address[:60])
        return found

    async def actor(self, token: str) -> Actor | None:
        found = await self.recognise(token)
        return None if found is None or found.held.is_locked else found.actor

    async def _by_sign_in(self, token: str) -> Recognised | None:
        now, policy = self._means.clock.now(), self._means.policy
        async with self._means.database.reading() as connection:
            found = await AccessStore(connection).found(token_hash(token), now)
        if found is None:
            return None
        actor, held = found
        seen_at = max(held.last_seen_at, self._seen.get(held.id, (held.last_seen_at, ""))[0])
        is_device = held.kind is SignInKind.DEVICE
        if held.user_id is not None and not is_device and now - seen_at > policy.idle_limit:
            return None
        idle_lock = is_device and held.has_pin and now - seen_at > policy.device_idle_limit
        actor, must_enrol = self._limited(actor, is_strong=held.is_strong)
        held = held.model_copy(
            update={
                "last_seen_at": seen_at,
                "is_locked": held.is_locked or idle_lock,
                "must_enrol": must_enrol,
            }
        )
        if idle_lock:
            async with self._means.database.transaction() as connection:
                await AccessStore(connection).change_sign_in(held.id, locked_at=now)
        return Recognised(actor=actor, held=held)

    async def _by_api_token(self, token: str) -> Recognised | None:
        """What the token allows of what its account may do now."""
        if not is_api_token(token):
            return None
        now = self._means.clock.now()
        async with self._means.database.reading() as connection:
            found = await AccessStore(connection).found_token(token_hash(token), now)
        if found is None:
            return None
        row, user = found
        kept, whole = token_of(row), actor_of(user)
        grants = user.grants if kept.grants is None else in_common(user.grants, kept.grants)
        permissions = kept.permissions & frozenset().union(
            *(ROLE_PERMISSIONS[grant.role] for grant in grants)
        )
        narrowed = whole.model_copy(
            update={
                "grants": grants,
                "permissions": permissions,
                "role": role_within(permissions, {grant.role for grant in grants}, ROLE_PERMISSIONS),
            }
        )
        held = Held(
            id=kept.id,
            kind=SignInKind.TOKEN,
            participant_id=user.id,
            user_id=user.id,
            is_strong=True,
            has_pin=False,
            is_locked=False,
            must_enrol=False,
            device_name=kept.name,
            created_at=kept.created_at,
            confirmed_at=kept.created_at,
            last_seen_at=kept.last_used_at or kept.created_at,
            expires_at=kept.expires_at,
        )
        return Recognised(actor=narrowed, held=held)

    def _limited(self, actor: Actor, *, is_strong: bool) -> tuple[Actor, bool]:
        """Whose role demands a second factor may nothing without one but add it."""
        roles = {grant.role for grant in actor.grants}
        if is_strong or not roles & self._means.policy.second_factor_roles:
            return actor, False
        return actor.model_copy(update={"grants": (), "permissions": frozenset()}), True

    async def write_seen(self) -> None:
        """Once in a while, so that looking at something costs no write."""
        seen, self._seen = self._seen, {}
        if seen:
            async with self._means.database.transaction() as connection:
                await AccessStore(connection).see(seen)

    async def me(self, known: Recognised) -> Me:
        held, user, factors, pin_tries_left = known.held, None, None, None
        is_device = held.kind is SignInKind.DEVICE
        if held.has_pin:
            async with self._means.database.reading() as connection:
                pin_tries_left = PIN_TRIES - await AccessStore(connection).pin_tries(held.id)
        if held.user_id is not None and not held.is_locked:
            async with self._means.database.reading() as connection:
                user = await AccessStore(connection).user(held.user_id)
                factors = await Vault(connection).factors(held.user_id)
        nothing = {"grants": (), "permissions": frozenset()}
        actor = known.actor.model_copy(update=nothing) if held.is_locked else known.actor
        return Me(
            **actor.model_dump(exclude={"grants", "link"}),
            grants=actor.grants,
            link=actor.link,
            name=user.name if user else None,
            email=user.email if user else None,
            kind=user.kind if user else None,
            factors=factors,
            signed_in_by=held.kind,
            sign_in_id=held.id,
            device_name=held.device_name,
            signed_in_at=held.created_at,
            pin_tries_left=pin_tries_left,
            locks_after_s=int(self._means.policy.device_idle_limit.total_seconds()) if is_device else None,
            **held.model_dump(include={"confirmed_at", "expires_at", "has_pin", "is_locked", "must_enrol"}),
        )

    # -- sign-ins -------------------------------------------------------------------------------------------------

    async def sign_out(self, token: str) -> None:
        async with self._means.database.transaction() as connection:
            store = AccessStore(connection)
            found = await store.found(token_hash(token), self._means.clock.now())
            await store.remove_sign_in(token_hash(token))
            await self._means.record(connection, "sign_in.ended", found[1].id if found else "", None)
        if found is not None:
            self._means.has_changed(found[0].holder)

    async def sign_ins(
        self, user_id: str, page: PageQuery, *, this_id: str | None = None
    ) -> Page[OpenSignIn]:
        await self.write_seen()
        async with self._means.database.reading() as connection:
            store, now = AccessStore(connection), self._means.clock.now()
            items, total = await store.open_sign_ins(user_id, now, page.limit, page.offset, this_id=this_id)
        return Page[OpenSignIn](items=items, total=total, limit=page.limit, offset=page.offset)

    async def end_sign_in(self, user_id: str, sign_in_id: str) -> None:
        """Raise NotFound."""
        async with self._means.database.transaction() as connection:
            if not await AccessStore(connection).remove_sign_ins(user_id, only=sign_in_id):
                raise NotFound(f"No sign-in {sign_in_id}.")
            await self._means.record(connection, "sign_in.ended", sign_in_id, None)
        self._means.has_changed(user_id)

    async def end_sign_ins(self, user_id: str, *, but: str | None) -> None:
        async with self._means.database.transaction() as connection:
            ended = await AccessStore(connection).remove_sign_ins(user_id, but=but)
            await self._means.record(connection, "user.signed_out", user_id, {"sign_ins": ended})
        self._means.has_changed(user_id)

    async def managed(self, actor: Actor, user_id: str) -> User:
        """Raise NotFound unless this actor rules over that account."""
        async with self._means.database.reading() as connection:
            return await managed(AccessStore(connection), actor, user_id)

    async def confirm(self, held: Held, *, password: str | None, code: str | None) -> str:
        """Prove once more who it is: a fresh token. Raises WrongCredentials, WrongCode and SlowDown."""
        assert held.user_id is not None
        if code is not None:
            await self.check_code(held.user_id, code)
        else:
            await self.check_password(held, password)
        async with self._means.database.transaction() as connection:
            await self._means.record(connection, "sign_in.confirmed", held.id, None)
            return await self._means.renew(connection, held, confirmed_at=self._means.clock.now())

    async def check_password(self, held: Held, password: str | None) -> None:
        """Raise WrongCredentials and SlowDown. An account without a password has none to ask for: then ConfirmFirst."""
        assert held.user_id is not None
        async with self._means.database.reading() as connection:
            password_hash = await AccessStore(connection).password_hash(held.user_id)
        if password_hash is None:
            self.demand_fresh(held)
            return
        tries = f"sign_in:{held.id}"
        self._count_try(tries)
        if password is None or not await self._means.passwords.matches(password, password_hash):
            self.refused("password", held.user_id)
            raise WrongCredentials("The password is wrong.")
        self._means.throttle.succeeded(tries)

    def demand_fresh(self, held: Held) -> None:
        """Raise ConfirmFirst unless they proved who they are a moment ago."""
        if self._means.clock.now() - held.confirmed_at > self._means.policy.confirmation_life:
            raise ConfirmFirst

    # -- accounts from the house itself ---------------------------------------------------------------------------

    async def register(self, new: NewUser) -> User:
        """Make an account; raise UserNameTaken, EmailTaken or UnknownPlace."""
        password_hash = None if new.password is None else await self._means.passwords.hash(new.password)
        now = self._means.clock.now()
        user = User(
            id=self._means.ids.new(),
            is_active=True,
            created_at=now,
            grants=new.grants,
            **new.model_dump(exclude={"password", "grants"}),
        )
        async with self._means.database.transaction() as connection:
            store = AccessStore(connection)
            await store.add_user(user)
            if password_hash is not None:
                await store.set_password(user.id, password_hash, now)
            await self._means.record(connection, "user.added", user.id, user.model_dump(mode="json"))
        return user

    # -- customer links -------------------------------------------------------------------------------------------

    async def invite(self, wanted: WantedLink, *, by: Actor) -> tuple[str, CustomerLink]:
        """Make a link for people without an account. Returns its token, which is kept nowhere, and what it is."""
        token, now = new_token(), self._means.clock.now()
        link = CustomerLink(
            **wanted.model_dump(exclude={"hours"}),
            id=self._means.ids.new(),
            created_by=by.participant_id,
            created_by_name=by.display_name,
            created_at=now,
            expires_at=now + timedelta(hours=wanted.hours),
        )
        async with self._means.database.transaction() as connection:
            reach = by.grants_with(Permission.SESSIONS_INVITE)
            await LinkStore(connection).add(link, reach, token_hash(token))
            await self._means.record(connection, "link.added", link.id, link.model_dump(mode="json"))
        return token, link

    async def join(self, link_token: str, display_name: str, visitor: Visitor = UNKNOWN) -> Admission:
        """Use a customer link: a fresh sign-in of a guest. Raises NotFound for a dead link."""
        now = self._means.clock.now()
        async with self._means.database.transaction() as connection:
            found = await LinkStore(connection).by_token(token_hash(link_token), now)
            if found is None:
                raise NotFound("This link is unknown, or has expired, or was revoked. Ask for a new one.")
            link, role = found
            actor = guest(self._means.ids.new(), printable(display_name), role, link)
            # A guest is let in no longer than the link says.
            opening = Opening(kind=SignInKind.GUEST, until=link.expires_at)
            token = await self._means.begin(connection, actor, opening, visitor)
            await LinkStore(connection).add_opening(
                link.id, token_hash(token), actor.participant_id, actor.display_name, now=now
            )
            details = {"may": link.may.value, "role": role.value}
            await self._means.record(connection, "link.opened", link.id, details)
        return Admission(actor=actor, token=token)

    async def links_of_session(
        self, session_id: str, work_order: str | None
    ) -> list[tuple[CustomerLink, LinkPass]]:
        async with self._means.database.reading() as connection:
            return await LinkStore(connection).of_session(session_id, work_order)

    async def links(self, page: PageQuery, *, created_by: str | None) -> Page[CustomerLink]:
        async with self._means.database.reading() as connection:
            items, total = await LinkStore(connection).all(created_by, limit=page.limit, offset=page.offset)
        return Page[CustomerLink](items=items, total=total, limit=page.limit, offset=page.offset)

    async def link(self, link_id: str) -> tuple[CustomerLink, LinkPass]:
        """Raise NotFound."""
        async with self._means.database.reading() as connection:
            found = await LinkStore(connection).link(link_id)
        if found is None:
            raise NotFound(f"No link {link_id}.")
        return found

    async def revoke_link(self, link_id: str) -> None:
        """Nobody comes in by it any more, and whoever came in by it is out at once, of open sockets too."""
        async with self._means.database.transaction() as connection:
            is_new = await LinkStore(connection).revoke(link_id, self._means.clock.now())
            if is_new:
                await self._means.record(connection, "link.revoked", link_id, None)
        if is_new:
            self._means.has_changed(link_id)


def strong_opening(ticket: Mapping[str, Any]) -> Opening:
    """After the second step: of the kind that the first one said."""
    return Opening(kind=SignInKind(ticket["kind"]), is_strong=True, provider_sid=ticket.get("provider_sid"))


def second_factors(factors: Factors) -> tuple[Factor, ...]:
    """What may follow a password; nothing when the account has no second factor."""
    found = [Factor.PASSKEY] if factors.passkeys else []
    if factors.has_totp:
        found.append(Factor.TOTP)
    if factors.has_totp and factors.recovery_codes_left:
        found.append(Factor.RECOVERY_CODE)
    return tuple(found)
