"""Sign-ins, links, factors and tokens: what proves who somebody is, and what is told of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nearhand.access.model import (
    MAX_GRANTS,
    AccountKind,
    Actor,
    DisplayName,
    Email,
    Grants,
    Password,
    Permission,
    User,
    UserName,
)
from nearhand.kit.errors import Conflict, Forbidden, NotFound, TooMany, Unauthenticated, Unavailable
from nearhand.kit.patterns import ONE_LINE, Id

Token = Annotated[str, StringConstraints(min_length=10, max_length=200, pattern=ONE_LINE)]
Ticket = Annotated[str, StringConstraints(min_length=10, max_length=1000, pattern=r"^[A-Za-z0-9_.-]+$")]
Label = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=ONE_LINE)
]
Pin = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Code = Annotated[str, StringConstraints(min_length=6, max_length=30, pattern=r"^[0-9A-Za-z -]+$")]


# A path of the console or the field app, and what it is asked: nothing that leads out of them.
OWN_PLACE = (
    r"^/(console|field)(/[A-Za-z0-9_~+:,@-][A-Za-z0-9._~%+:,@-]*)*/?(\?[A-Za-z0-9._~=&%+:,@/!*()-]*)?$"
)


class Told(BaseModel):
    model_config = ConfigDict(frozen=True)


class Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# -- sign-ins ---------------------------------------------------------------------------------------------------


class SignInKind(StrEnum):
    BROWSER = "browser"
    PROGRAM = "program"
    DEVICE = "device"
    GUEST = "guest"
    TOKEN = "token"  # no sign-in at all: every request brings an API token


class Visitor(Told):
    """From where somebody asks, as far as the service can tell."""

    address: str
    user_agent: str
    known_browser: str = ""  # what a browser brings that has signed in before
    former_token: str = ""  # of the sign-in that its cookie still holds


class Opening(Told):
    """How a sign-in begins; without `until` it lasts as long as its kind does."""

    kind: SignInKind
    is_strong: bool = False
    device_name: str = ""
    until: datetime | None = None
    provider_sid: str | None = None  # None: not by a provider; empty: by one that names no session of its own
    proved_at: datetime | None = None  # when they proved who they are, where that was not just now


class Held(Told):
    """The sign-in, or the API token, that a request came with."""

    id: str
    kind: SignInKind
    participant_id: str
    user_id: str | None
    is_strong: bool
    has_pin: bool
    is_locked: bool
    must_enrol: bool
    device_name: str
    created_at: datetime
    confirmed_at: datetime
    last_seen_at: datetime
    expires_at: datetime


class Recognised(Told):
    """Who is asking, and by what they are known."""

    actor: Actor
    held: Held


class OpenSignIn(Told):
    """One place where somebody is signed in."""

    id: str
    kind: SignInKind
    device_name: str
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    is_locked: bool
    is_this: bool


class Admission(Told):
    """Who you are now. `token` is for programs; browsers hold it in a cookie they cannot read."""

    actor: Actor
    token: str | None = None


class Factor(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


class FactorNeeded(Told):
    """The password was right; one of these is wanted too, with the ticket, within a few minutes."""

    needs: tuple[Factor, ...]
    ticket: str


class Factors(Told):
    """What an account can sign in with."""

    has_password: bool
    has_totp: bool
    passkeys: int
    recovery_codes_left: int
    has_provider: bool = Field(False, description="The single sign-on.")
    is_led: bool = Field(False, description="By the single sign-on alone, whose groups also give the rights.")


class Account(User):
    """A row of the list of people."""

    factors: Factors
    last_seen_at: datetime | None


class Me(Actor):
    """Who is asking, and what the screens must know of how they signed in."""

    name: str | None
    email: str | None
    kind: AccountKind | None
    factors: Factors | None
    signed_in_by: SignInKind
    sign_in_id: str
    device_name: str
    signed_in_at: datetime
    confirmed_at: datetime
    expires_at: datetime
    has_pin: bool
    pin_tries_left: int | None = Field(None, description="Of a device with a PIN, until its sign-in is over.")
    locks_after_s: int | None = Field(
        None, description="Of an enrolled device: so long untouched, it asks for its PIN."
    )
    is_locked: bool
    must_enrol: bool


class SignInOptions(Told):
    """What the sign-in page may offer."""

    has_passkeys: bool
    has_email_reset: bool
    provider: str | None = Field(None, description="Name of the single sign-on.")


class SecondStep(Asked):
    """A code of the authenticator app, or one of the recovery codes."""

    ticket: Ticket
    code: Code


class PasskeyAsk(Asked):
    ticket: Ticket | None = None  # of the password step; without it, the passkey alone says who it is


class PasskeyOptions(Told):
    """`options` is what `navigator.credentials` is given, as JSON."""

    ticket: str
    options: dict[str, Any]


class PasskeyAnswer(Asked):
    """`credential` is what `navigator.credentials` gave, as JSON."""

    ticket: Ticket
    credential: dict[str, Any] = Field(max_length=20)


class NewPasskey(PasskeyAnswer):
    name: Label


class Passkey(Told):
    id: str
    name: str
    is_synced: bool
    created_at: datetime
    last_used_at: datetime | None


class AddedPasskey(Passkey):
    """With the sign-in's fresh token, for programs."""

    token: str | None = None


class StoredPasskey(Passkey):
    """With what proves it; never told."""

    user_id: str
    credential_id: bytes
    public_key: bytes
    sign_count: int


class TotpOffer(Told):
    """For the authenticator app, once. It counts as soon as one of its codes was given."""

    secret: str
    url: str
    qr_svg: str


class StoredTotp(Told):
    secret: bytes
    is_confirmed: bool
    last_step: int


class RecoveryCodes(Told):
    """Shown once; each works once."""

    codes: tuple[str, ...]


class Strengthened(RecoveryCodes):
    """With the sign-in's fresh token, for programs."""

    token: str | None = None


class TotpCode(Asked):
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]


class Confirmation(Asked):
    """Prove again that it is you: by the password, or by a code."""

    password: str | None = Field(None, max_length=200)
    code: Code | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.password is None) == (self.code is None):
            raise ValueError("Give the password or a code.")
        return self


class Renewed(Told):
    """The sign-in goes on under a fresh token; the one before is dead."""

    token: str | None = None


class PasswordChange(Asked):
    old_password: str | None = Field(None, max_length=200)
    new_password: Password


class PinChange(Asked):
    pin: Pin


class Profile(Asked):
    """Of one's own account."""

    display_name: DisplayName
    email: Email | None


# -- single sign-on ---------------------------------------------------------------------------------------------


class Identity(Told):
    """Who an account is to a sign-in provider; the address of the provider is a part of the name."""

    issuer: str
    subject: str
    user_id: str
    is_led: bool


class ProviderAsk(Asked):
    """`to` is where to be afterwards, in one of our own apps. An invitation is accepted by whoever comes back."""

    to: str = Field(max_length=300, pattern=OWN_PLACE)
    invitation: Token | None = None
    again: bool = Field(False, description="Prove who you are anew, though the provider knows you.")


class ProviderWay(Told):
    """Where the browser goes now."""

    url: str


class ProviderAnswer(Asked):
    """What the provider gave the browser to bring: `code`, or why there is none in `error`."""

    state: str = Field(max_length=200)
    code: str = Field("", max_length=4000)
    error: str = Field("", max_length=200)
    iss: str | None = Field(None, max_length=500)


class ProviderAdmission(Admission):
    to: str


class ProviderFactorNeeded(FactorNeeded):
    to: str


# -- links ------------------------------------------------------------------------------------------------------


class LinkKind(StrEnum):
    INVITATION = "invitation"
    RESET = "reset"
    ENROLMENT = "enrolment"


class OneUseLink(Told):
    """What one link lets one person do once."""

    id: str
    kind: LinkKind
    user_id: str | None = None
    name: UserName | None = None
    display_name: str = ""
    email: str | None = None
    is_strong: bool = False
    grants: Grants = ()
    created_by: str
    created_by_name: str = ""
    created_at: datetime
    expires_at: datetime


class NewInvitation(Asked):
    display_name: DisplayName
    name: UserName | None = None
    email: Email | None = None
    grants: Grants = Field(min_length=1, max_length=MAX_GRANTS)
    hours: int | None = Field(None, ge=1, le=24 * 30)


class Invitation(Told):
    """Somebody who was asked to become an account, and has not yet."""

    id: str
    display_name: str
    name: UserName | None
    email: str | None
    grants: Grants
    created_by: str
    created_by_name: str
    created_at: datetime
    expires_at: datetime


class Invited(Invitation):
    """`url` is told this once: the service keeps only its hash."""

    url: str
    qr_svg: str


class InvitationShown(Told):
    """What whoever opens the link is told before they accept."""

    display_name: str
    name: UserName | None
    expires_at: datetime


class LinkToken(Asked):
    token: Token


class Acceptance(Asked):
    """Without a password, a passkey has to be added at once, while the sign-in lasts."""

    token: Token
    name: UserName
    display_name: DisplayName | None = None
    password: Password | None = None


class ResetLink(Told):
    url: str
    qr_svg: str
    expires_at: datetime


class ResetByMail(Asked):
    email: Email


class ResetUse(Asked):
    token: Token
    password: Password


class NewEnrolment(Asked):
    device_name: Label
    user_id: Id | None = None  # left out: one's own


class Enrolment(Told):
    """Shown to the device as a QR code; it signs in whoever's it is, once."""

    id: str
    device_name: str
    url: str
    qr_svg: str
    expires_at: datetime


class EnrolmentShown(Told):
    """What the device is told before it is signed in: as whom, and until when."""

    device_name: str
    display_name: str
    signed_in_until: datetime
    expires_at: datetime


# -- API tokens -------------------------------------------------------------------------------------------------


class NewApiToken(Asked):
    name: Label
    permissions: frozenset[Permission] = Field(min_length=1)
    grants: Annotated[Grants, Field(min_length=1, max_length=MAX_GRANTS)] | None = Field(
        None, description="Narrower than the account's; left out: wherever the account's reach."
    )
    expires_at: datetime


class ApiToken(Told):
    id: str
    user_id: str
    name: str
    permissions: frozenset[Permission]
    grants: Grants | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    last_address: str


class MadeApiToken(ApiToken):
    """`token` is told this once."""

    token: str


# -- refusals ---------------------------------------------------------------------------------------------------


class Locked(Unauthenticated):
    code, title = "locked", "This device is locked; unlock it with its PIN"


class WrongPin(Unauthenticated):
    code, title = "wrong_pin", "The PIN is wrong"


class WrongCode(Unauthenticated):
    code, title = "wrong_code", "The code is wrong, or was used already"


class TicketDead(Unauthenticated):
    code, title = "ticket_dead", "This took too long, or was done already; start again"


class WrongPasskey(Unauthenticated):
    code, title = "wrong_passkey", "The passkey is not known here, or its answer is not for us"


class ConfirmFirst(Forbidden):
    code, title = "confirm_first", "Prove again that it is you (POST /me/confirm)"


class SignInWanted(Forbidden):
    code, title = "sign_in_wanted", "This needs somebody who signed in, not a token or a link"


class GrantTooWide(Forbidden):
    code, title = "grant_too_wide", "Nobody gives more than they hold"


class ScopeTooWide(Forbidden):
    code, title = "scope_too_wide", "A token holds no more than its account"


class OwnAccount(Conflict):
    code, title = "own_account", "Nobody changes their own grants, or switches themselves off"


class EmailTaken(Conflict):
    code, title = "email_taken", "Another account has this e-mail address"


class NotAService(Conflict):
    code, title = "not_a_service", "People make their tokens themselves"


class NotAPerson(Conflict):
    code, title = "not_a_person", "A service signs in with tokens only"


class NotADevice(Conflict):
    code, title = "not_a_device", "Only an enrolled device has a PIN"


class LastFactor(Conflict):
    code, title = "last_factor", "Without it nobody could sign in to this account, or not as its role demands"


class NoPasskeysHere(Conflict):
    code, title = "no_passkeys_here", "Passkeys need a service with a name and HTTPS (NEARHAND_BASE_URL)"


class TooManyOfThem(Conflict):
    code, title = "too_many_of_them", "This account has as many of these as it may; remove one first"


class LinkDead(NotFound):
    code, title = "link_dead", "This link is unknown, was used, or has expired; ask for a new one"


class NoProvider(NotFound):
    code, title = "no_provider", "This service has no single sign-on"


class NoSignOutThere(NotFound):
    code, title = "no_sign_out_there", "The single sign-on has no sign-out of its own"


class ProviderDown(Unavailable):
    code, title = "provider_down", "The single sign-on does not answer; other ways to sign in still work"


class ProviderRefused(Forbidden):
    code, title = "provider_refused", "The single sign-on did not let you in"


class ProviderUntrue(Forbidden):
    code, title = (
        "provider_untrue",
        "What the single sign-on sent is not what was asked for; nobody was let in",
    )


class NoGroup(Forbidden):
    code, title = "no_group", "You are in no group that may use this service; ask an administrator"


class AccountOff(Forbidden):
    code, title = "account_off", "Your account is switched off here; ask an administrator"


class LedByProvider(Conflict):
    code, title = (
        "led_by_provider",
        "The single sign-on lets this account in and gives its rights; change it there",
    )


class IdentityTaken(Conflict):
    code, title = "identity_taken", "You have an account here already; sign in without the invitation"


class SlowDown(TooMany):
    code, title = "slow_down", "Too many wrong tries for this account from here"

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many wrong tries for this account from here. Try again in {wait_s} s.")
        self.retry_after_s = wait_s  # type: ignore[misc]  # of this one refusal
