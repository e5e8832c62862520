"""REST doors of sign-in, people and joining links."""

import time
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field

from nearhand.access.actor import COOKIE, SignedIn, may, refuse_foreign_origin, token_of
from nearhand.access.model import (
    HOUSE,
    MAX_GRANTS,
    Actor,
    DisplayName,
    Grants,
    NewUser,
    Permission,
    SignIn,
    User,
)
from nearhand.access.service import AccessService
from nearhand.audit.doors import acted, listed, untold
from nearhand.kit.errors import TooMany
from nearhand.kit.http import GuardedRoute, Page, Paging
from nearhand.kit.patterns import Id

router = APIRouter(tags=["access"], route_class=GuardedRoute)


class Admission(BaseModel):
    """Who you are now. `token` is for programs; browsers hold it in a cookie they cannot read."""

    actor: Actor
    token: str | None = None


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


Service = Annotated[AccessService, Depends(_service)]


async def _try_once(request: Request) -> None:
    """Anybody may try to sign in, from our own pages or a program, a few times a minute per address."""
    refuse_foreign_origin(request)
    address = request.client.host if request.client else "unknown"
    if not request.app.state.resources.sign_in_rate.allow(address, time.monotonic()):
        raise TooMany("Too many sign-in tries from this address. Wait a minute.")


def _set_cookie(request: Request, response: Response, token: str) -> None:
    settings = request.app.state.resources.settings
    response.set_cookie(
        COOKIE,
        token,
        max_age=settings.session_hours * 3600,
        httponly=True,
        samesite="lax",
        secure=settings.cookie_secure,
    )


@router.post("/sign-in", dependencies=[Depends(_try_once)])
@acted("sign_in.begun")
async def sign_in(
    body: SignIn, request: Request, response: Response, service: Service, want_token: bool = False
) -> Admission:
    """Sign in with name and password. `want_token=true` also returns the token, for programs."""
    token, actor = await service.sign_in(body)
    _set_cookie(request, response, token)
    return Admission(actor=actor, token=token if want_token else None)


@router.post("/sign-out", status_code=status.HTTP_204_NO_CONTENT)
async def sign_out(request: Request, response: Response, actor: SignedIn, service: Service) -> None:
    await service.sign_out(token_of(request) or "")
    response.delete_cookie(COOKIE)


@router.get("/me")
@untold("a page asking who is signed in")
async def me(actor: SignedIn) -> Actor:
    """Who is asking, and what they may do."""
    return actor


@router.post("/join", dependencies=[Depends(_try_once)])
@acted("link.opened")
async def join(
    body: Join, request: Request, response: Response, service: Service, want_token: bool = False
) -> Admission:
    """Enter a session as a guest, by the token of a joining link."""
    token, actor = await service.join(body.token, body.display_name)
    _set_cookie(request, response, token)
    return Admission(actor=actor, token=token if want_token else None)


@router.get("/users")
@listed("user")
async def users(service: Service, page: Paging, actor: Actor = may(Permission.PEOPLE_MANAGE)) -> Page[User]:
    actor.demand(Permission.PEOPLE_MANAGE, HOUSE)
    return await service.users(page)


@router.post("/users", status_code=status.HTTP_201_CREATED)
async def register(body: NewUser, service: Service, actor: Actor = may(Permission.PEOPLE_MANAGE)) -> User:
    actor.demand(Permission.PEOPLE_MANAGE, HOUSE)
    return await service.register(body)


class Activity(BaseModel):
    model_config = ConfigDict(extra="forbid")

    is_active: bool


@router.patch("/users/{user_id}")
async def set_active(
    user_id: Id, body: Activity, service: Service, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> User:
    """Switch an account on or off. Switching off ends its sign-ins at once."""
    actor.demand(Permission.PEOPLE_MANAGE, HOUSE)
    return await service.set_active(user_id, is_active=body.is_active)


class Granted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    grants: Grants = Field(min_length=1, max_length=MAX_GRANTS)


@router.put("/users/{user_id}/grants")
async def set_grants(
    user_id: Id, body: Granted, service: Service, actor: Actor = may(Permission.PEOPLE_MANAGE)
) -> User:
    """What the account may do, and where, from now on."""
    actor.demand(Permission.PEOPLE_MANAGE, HOUSE)
    return await service.set_grants(user_id, body.grants)


@router.get("/demo")
@untold("public: what the sign-in page of a demo says")
async def demo(request: Request) -> Demo:
    """Public: whether this is a demo, and if so the accounts it offers."""
    resources = request.app.state.resources
    accounts = resources.demo_accounts if resources.settings.is_demo else []
    return Demo(is_demo=resources.settings.is_demo, accounts=accounts)
