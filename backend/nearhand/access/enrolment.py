"""Field devices: signed in for long by scanning a code at the console, and locked by a PIN."""

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.credentials import (
    Admission,
    Enrolment,
    EnrolmentShown,
    Held,
    LinkDead,
    LinkKind,
    NewEnrolment,
    NotADevice,
    NotAPerson,
    OneUseLink,
    Opening,
    SignInKind,
    Visitor,
    WrongPin,
)
from nearhand.access.means import PIN_TRIES, Means, managed, new_token, token_hash
from nearhand.access.model import AccountKind, Actor, User, WrongCredentials, actor_of
from nearhand.access.service import AccessService
from nearhand.access.store import AccessStore
from nearhand.access.totp import qr_svg
from nearhand.access.vault import Vault


class EnrolmentService:
    def __init__(self, means: Means, access: AccessService) -> None:
        self._means = means
        self._access = access

    async def offer(self, actor: Actor, held: Held, new: NewEnrolment) -> Enrolment:
        """For one's own device, or that of somebody one rules over. Raises ConfirmFirst, NotFound and NotAPerson."""
        self._access.demand_fresh(held)
        token, own = new_token(), str(held.user_id)
        async with self._means.database.transaction() as connection:
            store = AccessStore(connection)
            is_own = new.user_id in (None, own)
            user = await store.user(own) if is_own else await managed(store, actor, str(new.user_id))
            if user is None or user.kind is not AccountKind.PERSON:
                raise NotAPerson
            link = self._means.link(
                LinkKind.ENROLMENT,
                self._means.policy.enrolment_life,
                actor,
                user_id=user.id,
                display_name=new.device_name,
                is_strong=held.is_strong,
            )
            await Vault(connection).add_link(token_hash(token), link)
            details = {"user_id": user.id, "device_name": new.device_name}
            await self._means.record(connection, "enrolment.made", link.id, details)
        url = self._means.url("enrol", token)
        return Enrolment(
            id=link.id, device_name=new.device_name, url=url, qr_svg=qr_svg(url), expires_at=link.expires_at
        )

    async def show(self, token: str) -> EnrolmentShown:
        """What whoever has the link may know of it. Raises LinkDead."""
        async with self._means.database.reading() as connection:
            link, user = await self._offered(connection, token)
        return EnrolmentShown(
            device_name=link.display_name,
            display_name=user.display_name,
            signed_in_until=self._means.clock.now() + self._means.policy.device_life,
            expires_at=link.expires_at,
        )

    async def _offered(self, connection: AsyncConnection, token: str) -> tuple[OneUseLink, User]:
        link = await Vault(connection).link(token_hash(token), LinkKind.ENROLMENT, self._means.clock.now())
        user = link and await AccessStore(connection).user(str(link.user_id))
        if not link or not user or not user.is_active:
            raise LinkDead
        return link, user

    async def use(self, token: str, visitor: Visitor) -> Admission:
        """Sign the device in. Raises LinkDead."""
        async with self._means.database.transaction() as connection:
            link, user = await self._offered(connection, token)
            if not await Vault(connection).use_link(token_hash(token)):
                raise LinkDead
            actor = actor_of(user)
            opening = Opening(kind=SignInKind.DEVICE, is_strong=link.is_strong, device_name=link.display_name)
            sign_in_token = await self._means.begin(connection, actor, opening, visitor)
            details = {"user_id": user.id, "device_name": link.display_name}
            await self._means.record(connection, "enrolment.used", link.id, details)
        return Admission(actor=actor, token=sign_in_token)

    async def set_pin(self, held: Held, pin: str) -> None:
        """Raise NotADevice, and ConfirmFirst once the device has one."""
        if held.kind is not SignInKind.DEVICE:
            raise NotADevice
        if held.has_pin:
            self._access.demand_fresh(held)
        pin_hash = await self._means.passwords.hash(pin)
        async with self._means.database.transaction() as connection:
            await AccessStore(connection).change_sign_in(held.id, pin_hash=pin_hash, pin_tries=0)
            await self._means.record(connection, "pin.set", held.id, None)

    async def lock(self, held: Held) -> None:
        """Raise NotADevice: without a PIN nothing would unlock it."""
        if not held.has_pin:
            raise NotADevice
        async with self._means.database.transaction() as connection:
            await AccessStore(connection).change_sign_in(held.id, locked_at=self._means.clock.now())
            await self._means.record(connection, "sign_in.locked", held.id, None)
        self._means.has_changed(held.participant_id)

    async def unlock(self, held: Held, pin: str) -> str:
        """A fresh token. Raises WrongPin; after too many the sign-in is over: WrongCredentials."""
        if not held.has_pin:
            raise NotADevice
        async with self._means.database.transaction() as connection:
            store = AccessStore(connection)
            pin_hash = await store.pin_hash(held.id)
            may_try = await store.count_pin_try(held.id, PIN_TRIES)
        if pin_hash is None or not may_try or not await self._means.passwords.matches(pin, pin_hash):
            await self._was_wrong(held)
            raise WrongPin
        async with self._means.database.transaction() as connection:
            await self._means.record(connection, "sign_in.unlocked", held.id, None)
            now = self._means.clock.now()
            return await self._means.renew(connection, held, locked_at=None, pin_tries=0, last_seen_at=now)

    async def _was_wrong(self, held: Held) -> None:
        async with self._means.database.transaction() as connection:
            store = AccessStore(connection)
            is_over = await store.pin_tries(held.id) >= PIN_TRIES
            if is_over:
                await store.remove_sign_ins(held.participant_id, only=held.id)
            await self._means.record(connection, "pin.refused", held.id, {"is_over": is_over})
        if is_over:
            self._means.has_changed(held.participant_id)
            raise WrongCredentials("Too many wrong PINs. Sign in with your name and password.")
