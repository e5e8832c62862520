"""Accounts and what they may do, invitations, and new passwords for who forgot theirs."""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.credentials import (
    Acceptance,
    Account,
    Admission,
    Factors,
    GrantTooWide,
    Held,
    Invitation,
    InvitationShown,
    Invited,
    LedByProvider,
    LinkDead,
    LinkKind,
    NewInvitation,
    NotAPerson,
    OneUseLink,
    Opening,
    OwnAccount,
    PasswordChange,
    Profile,
    ResetLink,
    ResetUse,
    SignInKind,
    Visitor,
)
from nearhand.access.easy import refuse_easy
from nearhand.access.identities import Identities
from nearhand.access.links import LinkStore
from nearhand.access.mail import CannotSend, Mail
from nearhand.access.means import Means, managed, new_token, ruled, rules, token_hash
from nearhand.access.model import (
    AccountKind,
    Actor,
    Grants,
    NewUser,
    User,
)
from nearhand.access.service import AccessService
from nearhand.access.store import AccessStore
from nearhand.access.totp import qr_svg
from nearhand.access.vault import Vault
from nearhand.kit.errors import NotFound
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.rate import RateLimit

log = structlog.get_logger()

MAILS_PER_MINUTE = 1 / 20  # to one address
RESET_SUBJECT = "A new password for Nearhand · Nearhand 新密碼 · Nearhand 新密码"
RESET_TEXT = """Somebody, most likely you, asked for a new password for {name} at {base_url}.

Set it here, once, within {hours} hours:
{url}

If it was not you, do nothing: your password stays as it is.

有人（應該是您）要求為 {name} 設定新密碼；請於 {hours} 小時內使用上面的連結。若不是您，請忽略此信。
有人（应该是您）要求为 {name} 设置新密码；请在 {hours} 小时内使用上面的链接。若不是您，请忽略此邮件。
"""


class PeopleService:
    def __init__(self, means: Means, access: AccessService, mail: Mail | None) -> None:
        self._means = means
        self._access = access
        self._mail = mail
        self._mail_rate = RateLimit(MAILS_PER_MINUTE, burst=3)
        self._sending: set[asyncio.Task[None]] = set()

    @property
    def has_mail(self) -> bool:
        return self._mail is not None

    # -- accounts -------------------------------------------------------------------------------------------------

    async def users(self, actor: Actor, page: PageQuery, part: str = "") -> Page[Account]:
        """Those whom this actor rules over, and in whose names or address this part occurs."""
        await self._access.write_seen()
        async with self._means.database.reading() as connection:
            users, total = await AccessStore(connection).users_within(
                ruled(actor), page.limit, page.offset, part
            )
            known = await Vault(connection).factors_of([user.id for user in users])
        items = [_account(user, *known[user.id]) for user in users]
        return Page[Account](items=items, total=total, limit=page.limit, offset=page.offset)

    async def account(self, actor: Actor, user_id: str) -> Account:
        """Raise NotFound."""
        async with self._means.database.reading() as connection:
            user = await managed(AccessStore(connection), actor, user_id)
            known = await Vault(connection).factors_of([user.id])
        return _account(user, *known[user.id])

    async def named(self, name: str) -> User:
        """Raise NotFound."""
        async with self._means.database.reading() as connection:
            user = await AccessStore(connection).user_by_name(name)
        if user is None:
            raise NotFound(f"No user {name}.")
        return user

    async def add(self, actor: Actor, new: NewUser) -> User:
        """Raise GrantTooWide, PasswordTooEasy, UserNameTaken, EmailTaken or UnknownPlace."""
        self._demand(actor, new.grants)
        if new.password is not None:
            refuse_easy(new.password, self._means.policy.host, new.name, new.display_name)
        return await self._access.register(new)

    async def set_active(self, actor: Actor, user_id: str, *, is_active: bool) -> User:
        """Switch an account on or off; switching off ends its sign-ins at once. Raises NotFound and OwnAccount."""
        async with self._means.database.transaction() as connection:
            store = AccessStore(connection)
            before = await managed(store, actor, user_id)
            self._refuse_own(actor, user_id)
            await store.set_profile(user_id, {"is_active": is_active})
            if not is_active:
                await store.remove_sign_ins(user_id)
                await Vault(connection).remove_links_of(user_id)
            after = before.model_copy(update={"is_active": is_active})
            await self._changed(connection, before, after)
            links = await LinkStore(connection).live_of(user_id, self._means.clock.now())
        self._have_changed(user_id, links)
        return after

    async def set_grants(self, actor: Actor, user_id: str, grants: Grants) -> User:
        """What this account may do from now on, in open sockets too.

        Raises NotFound, OwnAccount, LedByProvider, GrantTooWide and UnknownPlace.
        """
        async with self._means.database.transaction() as connection:
            store = AccessStore(connection)
            before = await managed(store, actor, user_id)
            self._refuse_own(actor, user_id)
            await Identities(connection).demand_own_ways(user_id)
            self._demand(actor, grants)
            await store.set_grants(user_id, grants)
            after = before.model_copy(update={"grants": grants})
            await self._changed(connection, before, after)
            links = await LinkStore(connection).live_of(user_id, self._means.clock.now())
        self._have_changed(user_id, links)
        return after

    def _have_changed(self, user_id: str, links: Sequence[str]) -> None:
        """What they and the links they made may do."""
        for holder in (user_id, *links):
            self._means.has_changed(holder)

    async def set_own_profile(self, held: Held, profile: Profile) -> User:
        """Raise EmailTaken and ConfirmFirst: where mail goes, there a new password may be had."""
        assert held.user_id is not None
        async with self._means.database.transaction() as connection:
            store = AccessStore(connection)
            before = await managed_by_itself(store, held.user_id)
            if profile.email != before.email:
                self._access.demand_fresh(held)
            await store.set_profile(held.user_id, profile.model_dump())
            after = before.model_copy(update=profile.model_dump())
            await self._changed(connection, before, after)
        return after

    async def _changed(self, connection: AsyncConnection, before: User, after: User) -> None:
        was, now = before.model_dump(mode="json"), after.model_dump(mode="json")
        differing = [name for name in was if was[name] != now[name]]
        details = {"before": {n: was[n] for n in differing}, "after": {n: now[n] for n in differing}}
        await self._means.record(connection, "user.changed", before.id, details)

    def _demand(self, actor: Actor, grants: Grants) -> None:
        if not rules(actor, grants):
            raise GrantTooWide

    def _refuse_own(self, actor: Actor, user_id: str) -> None:
        """So that the last administrator stays one."""
        if actor.user_id == user_id:
            raise OwnAccount

    # -- invitations ----------------------------------------------------------------------------------------------

    async def invite(self, actor: Actor, new: NewInvitation) -> Invited:
        """Raise GrantTooWide and UnknownPlace."""
        self._demand(actor, new.grants)
        token = new_token()
        life = self._means.policy.invitation_life
        if new.hours is not None:
            life = timedelta(hours=new.hours)
        facts = {"name": new.name, "display_name": new.display_name, "email": new.email, "grants": new.grants}
        link = self._means.link(LinkKind.INVITATION, life, actor, **facts)
        link = link.model_copy(update={"created_by_name": actor.display_name})
        async with self._means.database.transaction() as connection:
            await Vault(connection).add_link(token_hash(token), link)
            details = link.model_dump(mode="json", include={"name", "display_name", "grants", "expires_at"})
            await self._means.record(connection, "invitation.made", link.id, details)
        url = self._means.url("welcome", token)
        return Invited(**dict(_invitation(link)), url=url, qr_svg=qr_svg(url))

    async def invitations(self, actor: Actor, page: PageQuery) -> Page[Invitation]:
        async with self._means.database.reading() as connection:
            found, total = await Vault(connection).invitations(
                ruled(actor), self._means.clock.now(), page.limit, page.offset
            )
        items = [_invitation(link) for link in found]
        return Page[Invitation](items=items, total=total, limit=page.limit, offset=page.offset)

    async def revoke_invitation(self, actor: Actor, link_id: str) -> None:
        """Raise NotFound."""
        async with self._means.database.transaction() as connection:
            vault = Vault(connection)
            link = await vault.invitation(link_id)
            if link is None or not rules(actor, link.grants):
                raise NotFound(f"No invitation {link_id}.")
            await vault.remove_link(link_id)
            await self._means.record(connection, "invitation.revoked", link_id, None)

    async def show_invitation(self, token: str) -> InvitationShown:
        """What whoever has the link may know of it. Raises LinkDead."""
        async with self._means.database.reading() as connection:
            link = await self._link(Vault(connection), token, LinkKind.INVITATION)
        return InvitationShown(display_name=link.display_name, name=link.name, expires_at=link.expires_at)

    async def accept(self, given: Acceptance, visitor: Visitor, kind: SignInKind) -> Admission:
        """Become an account, and be signed in as it.

        Raises LinkDead, PasswordTooEasy, UserNameTaken, EmailTaken and NotPermitted.
        """
        shown = await self.show_invitation(given.token)  # no hashing for who has no link
        password_hash = None
        if given.password is not None:
            known = given.name, given.display_name or shown.display_name
            password_hash = await self._means.hashed(given.password, *known)
        async with self._means.database.transaction() as connection:
            store, vault, now = AccessStore(connection), Vault(connection), self._means.clock.now()
            link = await self._link(vault, given.token, LinkKind.INVITATION)
            # Grants at places that are gone are gone too; and the name may have been chosen by who invited.
            if not link.grants or (link.name is not None and link.name != given.name):
                raise LinkDead
            user = User(
                id=self._means.ids.new(),
                name=given.name,
                display_name=given.display_name or link.display_name,
                grants=link.grants,
                is_active=True,
                created_at=now,
                email=link.email,
            )
            await store.add_user(user)
            if password_hash is not None:
                await store.set_password(user.id, password_hash, now)
            if not await vault.use_link(token_hash(given.token)):
                raise LinkDead
            details = {"invitation_id": link.id, **user.model_dump(mode="json")}
            await self._means.record(connection, "user.added", user.id, details)
            return await self._access.admit(connection, user.id, Opening(kind=kind), visitor)

    async def _link(self, vault: Vault, token: str, kind: LinkKind) -> OneUseLink:
        link = await vault.link(token_hash(token), kind, self._means.clock.now())
        if link is None:
            raise LinkDead
        return link

    # -- passwords ------------------------------------------------------------------------------------------------

    async def change_password(self, held: Held, change: PasswordChange) -> str:
        """One's own: ends one's other sign-ins, and this one goes on under a fresh token.

        Raises WrongCredentials, SlowDown, PasswordTooEasy, LedByProvider, and ConfirmFirst where there is no old
        password.
        """
        assert held.user_id is not None
        async with self._means.database.reading() as connection:
            await Identities(connection).demand_own_ways(held.user_id)
        await self._access.check_password(held, change.old_password)
        async with self._means.database.reading() as connection:
            user = await managed_by_itself(AccessStore(connection), held.user_id)
        password_hash = await self._means.hashed(change.new_password, user.name, user.display_name)
        async with self._means.database.transaction() as connection:
            store, now = AccessStore(connection), self._means.clock.now()
            await store.set_password(held.user_id, password_hash, now)
            await store.remove_sign_ins(held.user_id, but=held.id)
            await Vault(connection).remove_links_of(held.user_id)
            await self._means.record(connection, "password.changed", held.user_id, None)
            token = await self._means.renew(connection, held, confirmed_at=now)
        self._means.has_changed(held.user_id)
        return token

    async def reset_link(self, actor: Actor, user_id: str) -> ResetLink:
        """For a user whom this actor rules over. Raises NotFound, NotAPerson and LedByProvider."""
        token = new_token()
        async with self._means.database.transaction() as connection:
            user = await managed(AccessStore(connection), actor, user_id)
            await Identities(connection).demand_own_ways(user.id)
            link = await self._reset_link(connection, user, token, actor)
        url = self._means.url("reset", token)
        return ResetLink(url=url, qr_svg=qr_svg(url), expires_at=link.expires_at)

    async def _reset_link(
        self, connection: AsyncConnection, user: User, token: str, by: Actor | None
    ) -> OneUseLink:
        if user.kind is not AccountKind.PERSON:
            raise NotAPerson
        link = self._means.link(LinkKind.RESET, self._means.policy.reset_life, by, user_id=user.id)
        await Vault(connection).add_link(token_hash(token), link)
        details = {"link_id": link.id, "by_mail": by is None}
        await self._means.record(connection, "password_reset.made", user.id, details)
        return link

    async def use_reset(self, given: ResetUse) -> None:
        """Set the password, and end every sign-in and API token of the account: whoever had it may have made some.

        A second factor is still asked for. Raises LinkDead and PasswordTooEasy.
        """
        async with self._means.database.reading() as connection:
            link = await self._link(Vault(connection), given.token, LinkKind.RESET)
            user = await managed_by_itself(AccessStore(connection), str(link.user_id))
        password_hash = await self._means.hashed(given.password, user.name, user.display_name)
        async with self._means.database.transaction() as connection:
            store, vault = AccessStore(connection), Vault(connection)
            link = await self._link(vault, given.token, LinkKind.RESET)
            assert link.user_id is not None
            await store.set_password(link.user_id, password_hash, self._means.clock.now())
            await store.remove_sign_ins(link.user_id)
            await vault.remove_links_of(link.user_id)
            await self._means.record(connection, "password.reset", link.user_id, {"link_id": link.id})
            for token_id in await vault.remove_tokens(link.user_id):
                await self._means.record(connection, "api_token.revoked", token_id, {"user_id": link.user_id})
        self._means.has_changed(link.user_id)

    def ask_reset_by_mail(self, email: str) -> None:
        """Beside the answer, which is the same and as quick whether or not there is such an address."""
        if self._mail is not None:
            task = asyncio.create_task(self._send_reset(self._mail, email))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def mails_sent(self) -> None:
        """Wait for those being sent."""
        await asyncio.gather(*self._sending)

    async def _send_reset(self, mail: Mail, email: str) -> None:
        try:
            if not self._mail_rate.allow(email.casefold(), time.monotonic()):
                return
            token = new_token()
            async with self._means.database.transaction() as connection:
                user = await AccessStore(connection).user_by_email(email)
                if user is None or not user.is_active or user.kind is not AccountKind.PERSON:
                    return
                await Identities(connection).demand_own_ways(user.id)
                await self._reset_link(connection, user, token, None)
            assert user.email is not None
            policy = self._means.policy
            text = RESET_TEXT.format(
                name=user.name,
                base_url=policy.base_url,
                hours=int(policy.reset_life.total_seconds() // 3600),
                url=self._means.url("reset", token),
            )
            await mail.send(user.email, RESET_SUBJECT, text)
        except CannotSend as error:
            log.error("mail_not_sent", error=str(error))
        except LedByProvider:
            return
        except Exception:
            log.exception("reset_by_mail_failed")


async def managed_by_itself(store: AccessStore, user_id: str) -> User:
    user = await store.user(user_id)
    if user is None:
        raise NotFound(f"No user {user_id}.")
    return user


def _account(user: User, factors: Factors, last_seen_at: datetime | None) -> Account:
    return Account(**dict(user), factors=factors, last_seen_at=last_seen_at)


def _invitation(link: OneUseLink) -> Invitation:
    return Invitation(**{name: getattr(link, name) for name in Invitation.model_fields})
