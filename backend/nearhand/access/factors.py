"""Second factors and passkeys: add them, prove them, remove them."""

import asyncio
import json
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    CredentialDeviceType,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from nearhand.access.credentials import (
    Admission,
    Held,
    LastFactor,
    NewPasskey,
    NoPasskeysHere,
    NotAPerson,
    Passkey,
    PasskeyAnswer,
    PasskeyOptions,
    SignInKind,
    StoredPasskey,
    TooManyOfThem,
    TotpOffer,
    Visitor,
    WrongCode,
    WrongPasskey,
)
from nearhand.access.identities import Identities
from nearhand.access.means import Means, managed
from nearhand.access.model import AccountKind, Actor, User
from nearhand.access.service import RECOVERY, SECOND_STEP, TOTP, AccessService, strong_opening
from nearhand.access.store import AccessStore
from nearhand.access.totp import address, new_recovery_codes, new_secret, plain_code, qr_svg, step_of
from nearhand.access.vault import Vault
from nearhand.kit.errors import NotFound

SIGN_IN = "passkey sign-in"
REGISTER = "passkey registration"
MAX_PASSKEYS = 20
RP_NAME = "Nearhand"


class FactorService:
    """Whoever adds or removes one must have proved who they are a moment ago."""

    def __init__(self, means: Means, access: AccessService) -> None:
        self._means = means
        self._access = access

    @property
    def has_passkeys(self) -> bool:
        return self._means.policy.has_passkeys

    # -- authenticator app ----------------------------------------------------------------------------------------

    async def offer_totp(self, held: Held) -> TotpOffer:
        """A new secret; it counts once `confirm_totp` has seen a code of it. Raises ConfirmFirst."""
        self._access.demand_fresh(held)
        secret = new_secret()
        async with self._means.database.transaction() as connection:
            user, vault = await self._person(AccessStore(connection), held), Vault(connection)
            stored = await vault.totp(user.id)
            if stored is not None and stored.is_confirmed:
                raise TooManyOfThem
            await self._means.record(connection, "factor.offered", user.id, {"factor": "totp"})
            await vault.offer_totp(user.id, self._means.seal.sealed(TOTP, secret.encode()))
        url = address(secret, user.name)
        return TotpOffer(secret=secret, url=url, qr_svg=qr_svg(url))

    async def confirm_totp(self, held: Held, code: str) -> tuple[tuple[str, ...], str]:
        """The recovery codes, and a fresh token for the sign-in, which is strong now. Raises WrongCode."""
        self._access.demand_fresh(held)
        assert held.user_id is not None
        async with self._means.database.transaction() as connection:
            vault = Vault(connection)
            stored = await vault.totp(held.user_id)
            if stored is None or stored.is_confirmed:
                raise WrongCode
            secret = self._means.seal.opened(TOTP, stored.secret).decode()
            step = step_of(code, secret, self._means.clock.now())
            if step is None or not await vault.use_step(held.user_id, step):
                raise WrongCode
            codes, hashes = self._recovery_codes()
            await vault.confirm_totp(held.user_id, hashes, self._means.clock.now())
            await self._means.record(connection, "factor.added", held.user_id, {"factor": "totp"})
            return codes, await self._strengthen(connection, held)

    async def new_recovery_codes(self, held: Held) -> tuple[str, ...]:
        """Those before work no more. Raises ConfirmFirst, and WrongCode where there is no app."""
        self._access.demand_fresh(held)
        assert held.user_id is not None
        codes, hashes = self._recovery_codes()
        async with self._means.database.transaction() as connection:
            vault = Vault(connection)
            if not (await vault.factors(held.user_id)).has_totp:
                raise WrongCode
            await vault.set_recovery_codes(held.user_id, hashes)
            await self._means.record(connection, "recovery_codes.made", held.user_id, None)
        return codes

    async def remove_totp(self, held: Held) -> None:
        """Raise ConfirmFirst and LastFactor."""
        self._access.demand_fresh(held)
        async with self._means.database.transaction() as connection:
            vault = Vault(connection)
            user = await self._person(AccessStore(connection), held)
            factors = await vault.factors(user.id)
            if self._needs_second(user) and not factors.passkeys:
                raise LastFactor
            await vault.remove_totp(user.id)
            await self._means.record(connection, "factor.removed", user.id, {"factor": "totp"})

    async def remove_all(self, actor: Actor, user_id: str) -> None:
        """For who lost their phone, by who rules over them: ends their sign-ins too. Raises NotFound."""
        async with self._means.database.transaction() as connection:
            store, vault = AccessStore(connection), Vault(connection)
            await managed(store, actor, user_id)
            await vault.remove_totp(user_id)
            await vault.remove_passkeys(user_id)
            await store.remove_sign_ins(user_id)
            await self._means.record(connection, "factor.removed", user_id, {"factor": "all"})
        self._means.has_changed(user_id)

    def _recovery_codes(self) -> tuple[tuple[str, ...], list[str]]:
        codes = new_recovery_codes()
        return codes, [self._means.seal.digest(RECOVERY, plain_code(code)) for code in codes]

    # -- passkeys -------------------------------------------------------------------------------------------------

    async def passkeys(self, user_id: str) -> list[Passkey]:
        async with self._means.database.reading() as connection:
            found = await Vault(connection).passkeys(user_id)
        return [Passkey.model_validate(one.model_dump(include=set(Passkey.model_fields))) for one in found]

    async def registration(self, held: Held) -> PasskeyOptions:
        """What a browser needs to make one. Raises ConfirmFirst, NoPasskeysHere and LedByProvider."""
        self._access.demand_fresh(held)
        self._demand_passkeys()
        async with self._means.database.reading() as connection:
            user = await self._person(AccessStore(connection), held)
            await Identities(connection).demand_own_ways(user.id)  # a passkey alone would let them in
            known = await Vault(connection).passkeys(user.id)
        options = generate_registration_options(
            rp_id=self._means.policy.host,
            rp_name=RP_NAME,
            user_name=user.name,
            user_id=user.id.encode(),
            user_display_name=user.display_name,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in known],
        )
        ticket = self._means.ticket(
            REGISTER, user_id=user.id, challenge=bytes_to_base64url(options.challenge)
        )
        return PasskeyOptions(ticket=ticket, options=json.loads(options_to_json(options)))

    async def add_passkey(self, held: Held, given: NewPasskey) -> tuple[Passkey, str]:
        """The new passkey, and a fresh token for the sign-in, which is strong now.

        Raises TicketDead, WrongPasskey, TooManyOfThem and ConfirmFirst.
        """
        self._access.demand_fresh(held)
        self._demand_passkeys()
        content = self._means.read_ticket(REGISTER, given.ticket)
        if content["user_id"] != held.user_id:
            raise WrongPasskey
        try:
            verified = await asyncio.to_thread(
                verify_registration_response,
                credential=given.credential,
                expected_challenge=base64url_to_bytes(content["challenge"]),
                expected_rp_id=self._means.policy.host,
                expected_origin=self._means.policy.origin,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            raise WrongPasskey from None
        passkey = StoredPasskey(
            id=self._means.ids.new(),
            name=given.name,
            is_synced=verified.credential_device_type is CredentialDeviceType.MULTI_DEVICE,
            created_at=self._means.clock.now(),
            last_used_at=None,
            user_id=str(held.user_id),
            credential_id=verified.credential_id,
            public_key=verified.credential_public_key,
            sign_count=verified.sign_count,
        )
        async with self._means.database.transaction() as connection:
            vault = Vault(connection)
            await self._means.use_ticket(connection, content)
            if len(await vault.passkeys(passkey.user_id)) >= MAX_PASSKEYS:
                raise TooManyOfThem
            if not await vault.add_passkey(passkey):
                raise WrongPasskey
            details = {"factor": "passkey", "name": passkey.name, "passkey_id": passkey.id}
            await self._means.record(connection, "factor.added", passkey.user_id, details)
            token = await self._strengthen(connection, held)
        told = Passkey.model_validate(passkey.model_dump(include=set(Passkey.model_fields)))
        return told, token

    async def remove_passkey(self, held: Held, passkey_id: str) -> None:
        """Raise NotFound, ConfirmFirst and LastFactor."""
        self._access.demand_fresh(held)
        async with self._means.database.transaction() as connection:
            vault = Vault(connection)
            user = await self._person(AccessStore(connection), held)
            factors = await vault.factors(user.id)
            is_last = factors.passkeys == 1
            needs_it = not (factors.has_password or factors.has_provider) or (
                self._needs_second(user) and not factors.has_totp
            )
            if is_last and needs_it:
                raise LastFactor
            if not await vault.remove_passkeys(user.id, passkey_id):
                raise NotFound(f"No passkey {passkey_id}.")
            details = {"factor": "passkey", "passkey_id": passkey_id}
            await self._means.record(connection, "factor.removed", user.id, details)

    async def authentication(self, second_step: str | None) -> PasskeyOptions:
        """What a browser needs to use one: as the second step after a password, or alone. Raises TicketDead."""
        self._demand_passkeys()
        facts: dict[str, Any] = {"user_id": None, "kind": SignInKind.BROWSER.value}
        allowed: list[PublicKeyCredentialDescriptor] = []
        if second_step is not None:
            content = self._means.read_ticket(SECOND_STEP, second_step)
            facts = {name: content.get(name) for name in ("user_id", "kind", "password", "provider_sid")}
            async with self._means.database.reading() as connection:
                known = await Vault(connection).passkeys(content["user_id"])
            allowed = [PublicKeyCredentialDescriptor(id=one.credential_id) for one in known]
        options = generate_authentication_options(
            rp_id=self._means.policy.host,
            allow_credentials=allowed or None,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        ticket = self._means.ticket(SIGN_IN, **facts, challenge=bytes_to_base64url(options.challenge))
        return PasskeyOptions(ticket=ticket, options=json.loads(options_to_json(options)))

    async def sign_in(self, given: PasskeyAnswer, visitor: Visitor) -> Admission:
        """Raise TicketDead, WrongPasskey and WrongCredentials."""
        self._demand_passkeys()
        content = self._means.read_ticket(SIGN_IN, given.ticket)
        try:
            credential_id = base64url_to_bytes(str(given.credential.get("id", "")))
        except ValueError:
            raise WrongPasskey from None
        async with self._means.database.reading() as connection:
            known = await Vault(connection).passkey(credential_id)
        if known is None or content["user_id"] not in (None, known.user_id):
            raise WrongPasskey
        try:
            verified = await asyncio.to_thread(
                verify_authentication_response,
                credential=given.credential,
                expected_challenge=base64url_to_bytes(content["challenge"]),
                expected_rp_id=self._means.policy.host,
                expected_origin=self._means.policy.origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=known.sign_count,
                require_user_verification=True,
            )
        except (WebAuthnException, ValueError, KeyError, TypeError):
            self._access.refused("passkey", known.user_id)
            raise WrongPasskey from None
        async with self._means.database.transaction() as connection:
            await self._means.use_ticket(connection, content)
            await self._access.check_password_still(connection, content)
            if not await Vault(connection).use_passkey(
                known, verified.new_sign_count, self._means.clock.now()
            ):
                raise WrongPasskey
            return await self._access.admit(connection, known.user_id, strong_opening(content), visitor)

    def _demand_passkeys(self) -> None:
        if not self._means.policy.has_passkeys:
            raise NoPasskeysHere

    def _needs_second(self, user: User) -> bool:
        return bool({grant.role for grant in user.grants} & self._means.policy.second_factor_roles)

    async def _strengthen(self, connection: AsyncConnection, held: Held) -> str:
        return await self._means.renew(connection, held, is_strong=True, confirmed_at=self._means.clock.now())

    async def _person(self, store: AccessStore, held: Held) -> User:
        user = await store.user(str(held.user_id))
        if user is None or user.kind is not AccountKind.PERSON:
            raise NotAPerson
        return user
