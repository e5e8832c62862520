"""REST doors of sign-in, one's own account, people, and what opens doors for them."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response, status
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from nearhand.access.actor import (
    BROWSER_COOKIE,
    COOKIE,
    FRESH,
    EvenLocked,
    OwnSignIn,
    SignedIn,
    bearer_of,
    may,
    token_of,
    visitor_of,
)
from nearhand.access.credentials import (
    Acceptance,
    Account,
    AddedPasskey,
    Admission,
    ApiToken,
    Confirmation,
    Enrolment,
    EnrolmentShown,
    FactorNeeded,
    Held,
    Invitation,
    InvitationShown,
    Invited,
    LinkToken,
    MadeApiToken,
    Me,
    NewApiToken,
    NewEnrolment,
    NewInvitation,
    NewPasskey,
    OpenSignIn,
    Passkey,
    PasskeyAnswer,
    PasskeyAsk,
    PasskeyOptions,
    PasswordChange,
    PinChange,
    Profile,
    ProviderAdmission,
    ProviderAnswer,
    ProviderAsk,
    ProviderFactorNeeded,
    ProviderWay,
    RecoveryCodes,
    Renewed,
    ResetByMail,
    ResetLink,
    ResetUse,
    SecondStep,
    SignInKind,
    SignInOptions,
    Strengthened,
    TotpCode,
    TotpOffer,
)
from nearhand.access.enrolment import EnrolmentService
from nearhand.access.factors import FactorService
from nearhand.access.model import (
    MAX_GRANTS,
    Actor,
    DisplayName,
    Grants,
    NewUser,
    Permission,
    SignIn,
    User,
)
from nearhand.access.oidc import KEPT_LIFE, SingleSignOn
from nearhand.access.people import PeopleService
from nearhand.access.service import AccessService
from nearhand.access.tokens import TokenService
from nearhand.audit.doors import acted, listed, tried, untold, viewed
from nearhand.kit.cookies import cookie_of, forget_cookie, set_cookie
from nearhand.kit.http import GuardedRoute, Page, Paging
from nearhand.kit.origin import refuse_foreign_origin
from nearhand.kit.patterns import ONE_LINE, Id
from nearhand.kit.peer import address_of
from nearhand.kit.tickets import TICKET_S

router = APIRouter(tags=["access"], route_class=GuardedRoute)
YEAR_S = 365 * 24 * 3600
PROVIDER_COOKIE = "nearhand_provider"


class Join(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: str = Field(min_length=10, max_length=200)
    display_name: DisplayName


class Demo(BaseModel):
    """What the sign-in page shows in a demo: accounts anyone may use."""

    is_demo: bool
    accounts: list[dict[str, str]]


def _service(request: Request) -> AccessService:
    service: AccessService = request.app.state.resources.access
    return service


def _people(request: Request) -> PeopleService:
    service: PeopleService = request.app.state.resources.people
    return service


def _factors(request: Request) -> FactorService:
    service: FactorService = request.app.state.resources.factors
    return service


def _tokens(request: Request) -> TokenService:
    service: TokenService = request.app.state.resources.api_tokens
    return service


def _enrolment(request: Request) -> EnrolmentService:
    service: EnrolmentService = request.app.state.resources.enrolment
    return service


def _single_sign_on(request: Request) -> SingleSignOn:
    service: SingleSignOn = request.app.state.resources.single_sign_on
    return service


Service = Annotated[AccessService, Depends(_service)]
SingleSignOnService = Annotated[SingleSignOn, Depends(_single_sign_on)]
People = Annotated[PeopleService, Depends(_people)]
FactorsService = Annotated[FactorService, Depends(_factors)]
Tokens = Annotated[TokenService, Depends(_tokens)]
Enrolling = Annotated[EnrolmentService, Depends(_enrolment)]


async def _try_once(request: Request) -> None:
    """Anybody may try to get in, from our own pages or a program, a few times a minute per address."""
    refuse_foreign_origin(request)
    request.app.state.resources.limits.try_in(address_of(request))


PUBLIC = [Depends(_try_once)]


def _set_cookie(request: Request, response: Response, token: str, *, is_device: bool = False) -> None:
    settings = request.app.state.resources.settings
    seconds = settings.device_days * 24 * 3600 if is_device else settings.session_hours * 3600
    set_cookie(request, response, COOKIE, token, max_age_s=seconds)


def _let_in(request: Request, response: Response, admission: Admission, *, want_token: bool) -> Admission:
    """The token goes into a cookie; a person's browser is known from now on."""
    assert admission.token is not None
    _set_cookie(request, response, admission.token)
    if admission.actor.user_id is not None:
        known = request.app.state.resources.access.known_browser(admission.actor.user_id)
        set_cookie(request, response, BROWSER_COOKIE, known, max_age_s=YEAR_S)
    return admission if want_token else admission.model_copy(update={"token": None})


def _renewed(request: Request, response: Response, held: Held, token: str) -> str | None:
    """The fresh token, to where the one before was."""
    if bearer_of(request):
        return token
    _set_cookie(request, response, token, is_device=held.kind is SignInKind.DEVICE)
    return None


def _kind(want_token: bool) -> SignInKind:
    return SignInKind.PROGRAM if want_token else SignInKind.BROWSER


# -- signing in -------------------------------------------------------------------------------------------------


@router.get("/sign-in")
@untold("public: what the sign-in page may offer")
async def options(
    request: Request, people: People, factors: FactorsService, provider: SingleSignOnService
) -> SignInOptions:
    """Public: what the sign-in page may offer."""
    return SignInOptions(
        has_passkeys=factors.has_passkeys, has_email_reset=people.has_mail, provider=provider.name
    )


@router.post("/sign-in", dependencies=PUBLIC)
@tried("sign_in.begun")
async def sign_in(
    body: SignIn, request: Request, response: Response, service: Service, want_token: bool = False
) -> Admission | FactorNeeded:
    """Sign in with name and password. `want_token=true` also returns the token, for programs."""
    answer = await service.sign_in(body, visitor_of(request), _kind(want_token))
    if isinstance(answer, FactorNeeded):
        return answer
    return _let_in(request, response, answer, want_token=want_token)


@router.post("/sign-in/code", dependencies=PUBLIC)
@tried("sign_in.begun")
async def sign_in_by_code(
    body: SecondStep, request: Request, response: Response, service: Service, want_token: bool = False
) -> Admission:
    """The second step: a code of the authenticator app, or a recovery code."""
    answer = await service.sign_in_by_code(body.ticket, body.code, visitor_of(request))
    return _let_in(request, response, answer, want_token=want_token)


@router.post("/sign-in/passkey/options", dependencies=PUBLIC)
@untold("a question to the browser; what comes of it is put down")
async def passkey_options(body: PasskeyAsk, factors: FactorsService) -> PasskeyOptions:
    """What the browser needs to use a passkey: alone, or as the second step with the password's ticket."""
    return await factors.authentication(body.ticket)


@router.post("/sign-in/passkey", dependencies=PUBLIC)
@tried("sign_in.begun")
async def sign_in_by_passkey(
    body: PasskeyAnswer,
    request: Request,
    response: Response,
    factors: FactorsService,
    want_token: bool = False,
) -> Admission:
    answer = await factors.sign_in(body, visitor_of(request))
    return _let_in(request, response, answer, want_token=want_token)


@router.post("/sign-in/provider", dependencies=PUBLIC)
@untold("a question to the provider; what comes of it is put down")
async def sign_in_at_provider(
    body: ProviderAsk, request: Request, response: Response, provider: SingleSignOnService
) -> ProviderWay:
    """Set out for the single sign-on. The browser keeps, unreadable, what the answer has to fit."""
    url, kept = await provider.begin(body)
    set_cookie(request, response, PROVIDER_COOKIE, kept, max_age_s=int(KEPT_LIFE.total_seconds()))
    return ProviderWay(url=url)


@router.post("/sign-in/provider/finish", dependencies=PUBLIC)
@tried("sign_in.begun")
async def sign_in_by_provider(
    body: ProviderAnswer, request: Request, response: Response, provider: SingleSignOnService
) -> ProviderAdmission | ProviderFactorNeeded:
    """Be signed in by what the provider gave the browser to bring. `to`: where it wanted to go."""
    kept = cookie_of(request, PROVIDER_COOKIE)
    forget_cookie(request, response, PROVIDER_COOKIE)
    answer = await provider.finish(body, kept or "", visitor_of(request))
    if isinstance(answer, ProviderFactorNeeded):
        return answer
    _let_in(request, response, answer, want_token=True)
    return answer.model_copy(update={"token": None})


@router.post("/sign-out/provider", dependencies=PUBLIC)
@untold("an address of the provider's; it knows itself who signs out there")
async def sign_out_at_provider(provider: SingleSignOnService) -> ProviderWay:
    """Where the browser signs out of the single sign-on too. Sign out here first."""
    return ProviderWay(url=await provider.left_address())


@router.post("/sign-out/by-provider", status_code=status.HTTP_204_NO_CONTENT)
@tried("user.signed_out")
async def sign_out_by_provider(
    logout_token: Annotated[str, Form(max_length=16_000)], provider: SingleSignOnService
) -> None:
    """For the provider (OpenID Connect Back-Channel Logout): the sign-ins that it began end."""
    await provider.end(logout_token)


@router.post("/sign-out", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(request: Request, response: Response, held: EvenLocked, service: Service) -> None:
    await service.sign_out(token_of(request) or "")
    forget_cookie(request, response, COOKIE)
    response.headers["Clear-Site-Data"] = '"cache"'  # pictures and files that this browser has kept


class Ticket(BaseModel):
    """Good for one WebSocket, opened within `seconds` with `?ticket=`."""

    ticket: str
    seconds: int


@router.post("/tickets", status_code=status.HTTP_201_CREATED)
@acted("ticket.made")
async def ticket(request: Request, actor: SignedIn) -> Ticket:
    """For whoever opens a WebSocket and can send no header with it. A token itself is accepted in no address."""
    return Ticket(ticket=request.app.state.resources.tickets.sell(token_of(request) or ""), seconds=TICKET_S)


@router.post("/join", dependencies=PUBLIC)
@tried("link.opened")
async def join(
    body: Join, request: Request, response: Response, service: Service, want_token: bool = False
) -> Admission:
    """Enter a session as a guest, by the token of a joining link."""
    answer = await service.join(body.token, body.display_name, visitor_of(request))
    return _let_in(request, response, answer, want_token=want_token)


@router.get("/demo")
@untold("public: what the sign-in page of a demo says")
async def demo(request: Request) -> Demo:
    """Public: whether this is a demo, and if so the accounts it offers."""
    resources = request.app.state.resources
    accounts = resources.demo_accounts if resources.settings.is_demo else []
    return Demo(is_demo=resources.settings.is_demo, accounts=accounts)


# -- links that work once ---------------------------------------------------------------------------------------


@router.post("/invitations/show", dependencies=PUBLIC)
@untold("what accepting it puts down in full")
async def show_invitation(body: LinkToken, people: People) -> InvitationShown:
    """What an invitation's page says before it is accepted."""
    return await people.show_invitation(body.token)


@router.post("/invitations/accept", status_code=status.HTTP_201_CREATED, dependencies=PUBLIC)
@tried("invitation.accepted")
async def accept_invitation(
    body: Acceptance, request: Request, response: Response, people: People, want_token: bool = False
) -> Admission:
    """Become an account, once, and be signed in as it."""
    answer = await people.accept(body, visitor_of(request), _kind(want_token))
    return _let_in(request, response, answer, want_token=want_token)


@router.post("/password-resets", status_code=status.HTTP_202_ACCEPTED, dependencies=PUBLIC)
@acted("password_reset.asked")
async def reset_by_mail(body: ResetByMail, people: People) -> None:
    """Send a link to this address, if it is an account's and the service has a mail server. The answer never says."""
    people.ask_reset_by_mail(body.email)


@router.post("/password-resets/use", status_code=status.HTTP_204_NO_CONTENT, dependencies=PUBLIC)
@tried("password.reset")
async def use_reset(body: ResetUse, people: People) -> None:
    """Set a new password by a reset link; every sign-in and API token of the account ends. Sign in with it then."""
    await people.use_reset(body)


@router.post("/enrolments/show", dependencies=PUBLIC)
@untold("what using it puts down in full")
async def show_enrolment(body: LinkToken, enrolling: Enrolling) -> EnrolmentShown:
    """What an enrolment's page says before this device is signed in."""
    return await enrolling.show(body.token)


@router.post("/enrolments/use", status_code=status.HTTP_201_CREATED, dependencies=PUBLIC)
@tried("enrolment.used")
async def use_enrolment(
    body: LinkToken, request: Request, response: Response, enrolling: Enrolling, want_token: bool = False
) -> Admission:
    """Sign this device in, for long, by the code that a console showed."""
    answer = await enrolling.use(body.token, visitor_of(request))
    assert answer.token is not None
    _set_cookie(request, response, answer.token, is_device=True)
    return answer if want_token else answer.model_copy(update={"token": None})


# -- one's own account ------------------------------------------------------------------------------------------


@router.get("/me")
@untold("a page asking who is signed in")
async def me(request: Request, held: EvenLocked, service: Service) -> Me:
    """Who is asking, what they may do, and how they signed in; from a locked device too."""
    return await service.me(request.state.known)


@router.put("/me/profile")
async def set_profile(body: Profile, held: OwnSignIn, people: People) -> User:
    return await people.set_own_profile(held, body)


@router.post("/me/confirm")
async def confirm(
    body: Confirmation, request: Request, response: Response, held: OwnSignIn, service: Service
) -> Renewed:
    """Prove again that it is you; what changes how you sign in asks for it."""
    token = await service.confirm(held, password=body.password, code=body.code)
    return Renewed(token=_renewed(request, response, held, token))


@router.post("/me/password")
async def change_password(
    body: PasswordChange, request: Request, response: Response, held: OwnSignIn, people: People
) -> Renewed:
    """Ends all your other sign-ins."""
    token = await people.change_password(held, body)
    return Renewed(token=_renewed(request, response, held, token))


@router.post("/me/totp")
async def offer_totp(held: OwnSignIn, factors: FactorsService) -> TotpOffer:
    """A secret for the authenticator app; it counts once it is confirmed by a code."""
    return await factors.offer_totp(held)


@router.post("/me/totp/confirm")
async def confirm_totp(
    body: TotpCode, request: Request, response: Response, held: OwnSignIn, factors: FactorsService
) -> Strengthened:
    """From now on a code is wanted after the password. Answers the recovery codes, this once."""
    codes, token = await factors.confirm_totp(held, body.code)
    return Strengthened(codes=codes, token=_renewed(request, response, held, token))


@router.delete("/me/totp", status_code=status.HTTP_204_NO_CONTENT)
async def remove_totp(held: OwnSignIn, factors: FactorsService) -> None:
    await factors.remove_totp(held)


@router.post("/me/recovery-codes")
async def new_recovery_codes(held: OwnSignIn, factors: FactorsService) -> RecoveryCodes:
    """Ten new ones; those before work no more."""
    return RecoveryCodes(codes=await factors.new_recovery_codes(held))


@router.get("/me/passkeys")
@untold("what is the asker's own")
async def passkeys(held: OwnSignIn, factors: FactorsService) -> list[Passkey]:
    return await factors.passkeys(str(held.user_id))


@router.post("/me/passkeys/options")
@untold("a question to the browser; what comes of it is put down")
async def passkey_registration(held: OwnSignIn, factors: FactorsService) -> PasskeyOptions:
    return await factors.registration(held)


@router.post("/me/passkeys", status_code=status.HTTP_201_CREATED)
async def add_passkey(
    body: NewPasskey, request: Request, response: Response, held: OwnSignIn, factors: FactorsService
) -> AddedPasskey:
    passkey, token = await factors.add_passkey(held, body)
    return AddedPasskey(**dict(passkey), token=_renewed(request, response, held, token))


@router.delete("/me/passkeys/{passkey_id}", status_code=status.HTTP_204_NO_CONTENT)
async def remove_passkey(passkey_id: Id, held: OwnSignIn, factors: FactorsService) -> None:
    await factors.remove_passkey(held, passkey_id)


@router.get("/me/sign-ins")
@untold("what is the asker's own")
async def own_sign_ins(held: OwnSignIn, service: Service, page: Paging) -> Page[OpenSignIn]:
    """Where you are signed in, the last used first."""
    return await service.sign_ins(str(held.user_id), page, this_id=held.id)


@router.delete("/me/sign-ins/{sign_in_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_own_sign_in(sign_in_id: Id, held: OwnSignIn, service: Service) -> None:
    await service.end_sign_in(str(held.user_id), sign_in_id)


@router.delete("/me/sign-ins", status_code=status.HTTP_204_NO_CONTENT)
async def end_other_sign_ins(held: OwnSignIn, service: Service) -> None:
    """All but this one."""
    await service.end_sign_ins(str(held.user_id), but=held.id)


@router.get("/me/tokens")
@untold("what is the asker's own")
async def own_tokens(held: OwnSignIn, tokens: Tokens, page: Paging) -> Page[ApiToken]:
    return await tokens.tokens(str(held.user_id), page)


@router.post("/me/tokens", status_code=status.HTTP_201_CREATED)
async def make_own_token(
    body: NewApiToken, request: Request, held: OwnSignIn, tokens: Tokens
) -> MadeApiToken:
    """A token for a program of yours; it never may more than you."""
    return await tokens.make_own(request.state.actor, held, body)


@router.delete("/me/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_own_token(token_id: Id, held: OwnSignIn, tokens: Tokens) -> None:
    await tokens.revoke(str(held.user_id), token_id)


@router.post("/me/pin", status_code=status.HTTP_204_NO_CONTENT)
async def set_pin(body: PinChange, held: OwnSignIn, enrolling: Enrolling) -> None:
    """Of this enrolled device."""
    await enrolling.set_pin(held, body.pin)


@router.post("/me/lock", status_code=status.HTTP_204_NO_CONTENT)
async def lock(held: OwnSignIn, enrolling: Enrolling) -> None:
    await enrolling.lock(held)


@router.post("/me/unlock")
@tried("sign_in.unlocked")
async def unlock(
    body: PinChange, request: Request, response: Response, held: EvenLocked, enrolling: Enrolling
) -> Renewed:
    """After five wrong PINs this device's sign-in is over."""
    token = await enrolling.unlock(held, body.pin)
    return Renewed(token=_renewed(request, response, held, token))


# -- people -----------------------------------------------------------------------------------------------------


@router.get("/users")
@listed("user")
async def users(
    people: People,
    page: Paging,
    q: Annotated[
        str, Query(max_length=80, pattern=ONE_LINE, description="Part of a name or of an e-mail address.")
    ] = "",
    actor: Actor = may(Permission.PEOPLE_MANAGE),
) -> Page[Account]:
    """Those whose every grant lies within yours."""
    return await people.users(actor, page, q.strip())


@router.post("/users", status_code=status.HTTP_201_CREATED, dependencies=[FRESH])
async def register(body: NewUser, people: People, actor: Actor = may(Permission.PEOPLE_MANAGE)) -> User:
    """A person with a first password, or a service (`kind`), which gets tokens instead."""
    return await people.add(actor, body)


@router.get("/users/{user_id}")
@viewed("user")
async def user(user_id: Id, people: People, actor: Actor = may(Permission.PEOPLE_MANAGE)) -> Account:
    return await people.account(actor, user_id)


class Activity(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_active: bool


@router.patch("/users/{user_id}")
async def set_active(
    user_id: Id, body: Activity, people: People, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> User:
    """Switch an account on or off. Switching off ends its sign-ins at once."""
    return await people.set_active(actor, user_id, is_active=body.is_active)


class Granted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grants: Grants = Field(min_length=1, max_length=MAX_GRANTS)


@router.put("/users/{user_id}/grants", dependencies=[FRESH])
async def set_grants(
    user_id: Id, body: Granted, people: People, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> User:
    """What the account may do, and where, from now on. Nobody gives more than they hold."""
    return await people.set_grants(actor, user_id, body.grants)


@router.post("/users/{user_id}/reset-link", status_code=status.HTTP_201_CREATED)
async def reset_link(
    user_id: Id,
    held: OwnSignIn,
    service: Service,
    people: People,
    actor: Actor = may(Permission.PEOPLE_MANAGE),
) -> ResetLink:
    """A link by which they set a new password, once, within a day."""
    service.demand_fresh(held)
    return await people.reset_link(actor, user_id)


@router.delete("/users/{user_id}/factors", status_code=status.HTTP_204_NO_CONTENT)
async def remove_factors(
    user_id: Id,
    held: OwnSignIn,
    service: Service,
    factors: FactorsService,
    actor: Actor = may(Permission.PEOPLE_MANAGE),
) -> None:
    """For who lost their phone: the password alone signs them in, until they add a factor again."""
    service.demand_fresh(held)
    await factors.remove_all(actor, user_id)


@router.get("/users/{user_id}/sign-ins")
@listed("sign_in")
async def sign_ins(
    user_id: Id, service: Service, page: Paging, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> Page[OpenSignIn]:
    await service.managed(actor, user_id)
    return await service.sign_ins(user_id, page)


@router.delete("/users/{user_id}/sign-ins", status_code=status.HTTP_204_NO_CONTENT)
async def end_sign_ins(user_id: Id, service: Service, actor: Actor = may(Permission.PEOPLE_MANAGE)) -> None:
    await service.managed(actor, user_id)
    await service.end_sign_ins(user_id, but=None)


@router.delete("/users/{user_id}/sign-ins/{sign_in_id}", status_code=status.HTTP_204_NO_CONTENT)
async def end_sign_in(
    user_id: Id, sign_in_id: Id, service: Service, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> None:
    await service.managed(actor, user_id)
    await service.end_sign_in(user_id, sign_in_id)


@router.get("/users/{user_id}/tokens")
@listed("api_token")
async def tokens_of(
    user_id: Id, service: Service, tokens: Tokens, page: Paging, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> Page[ApiToken]:
    await service.managed(actor, user_id)
    return await tokens.tokens(user_id, page)


@router.post("/users/{user_id}/tokens", status_code=status.HTTP_201_CREATED)
async def make_token(
    user_id: Id,
    body: NewApiToken,
    held: OwnSignIn,
    tokens: Tokens,
    actor: Actor = may(Permission.PEOPLE_MANAGE),
) -> MadeApiToken:
    """For a service's account."""
    return await tokens.make_for_service(actor, held, user_id, body)


@router.delete("/users/{user_id}/tokens/{token_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_token(
    user_id: Id, token_id: Id, service: Service, tokens: Tokens, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> None:
    await service.managed(actor, user_id)
    await tokens.revoke(user_id, token_id)


@router.get("/invitations")
@listed("invitation")
async def invitations(
    people: People, page: Paging, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> Page[Invitation]:
    """Those not accepted yet that give nothing beyond your own grants, the newest first."""
    return await people.invitations(actor, page)


@router.post("/invitations", status_code=status.HTTP_201_CREATED, dependencies=[FRESH])
async def invite(
    body: NewInvitation, people: People, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> Invited:
    """A link by which one person becomes an account with these grants, once."""
    return await people.invite(actor, body)


@router.delete("/invitations/{invitation_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_invitation(
    invitation_id: Id, people: People, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> None:
    await people.revoke_invitation(actor, invitation_id)


@router.post("/enrolments", status_code=status.HTTP_201_CREATED)
async def offer_enrolment(
    body: NewEnrolment, request: Request, held: OwnSignIn, enrolling: Enrolling
) -> Enrolment:
    """A code for a field device to scan, once, within ten minutes; for another's device, `people.manage` there."""
    return await enrolling.offer(request.state.actor, held, body)


TRIED = {
    route.path for route in router.routes if isinstance(route, APIRoute) and PUBLIC[0] in route.dependencies
}
