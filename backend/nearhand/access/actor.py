"""Find out who is asking, and demand the permission a route states: the one permission dependency."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from nearhand.access.credentials import Held, Locked, Recognised, SignInKind, SignInWanted, Visitor
from nearhand.access.means import API_TOKEN
from nearhand.access.model import Actor, Permission
from nearhand.access.service import AccessService
from nearhand.kit.asking import asking
from nearhand.kit.cookies import cookie_of
from nearhand.kit.errors import Unauthenticated
from nearhand.kit.http import SAFE_METHODS, guard
from nearhand.kit.origin import refuse_foreign_origin
from nearhand.kit.peer import address_of

COOKIE = "nearhand_session"
BROWSER_COOKIE = "nearhand_browser"


def bearer_of(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else None


def token_of(connection: HTTPConnection) -> str | None:
    """The bearer token of a program, or the cookie of a browser; at a WebSocket also what a ticket stands for.

    An API token is no cookie.
    """
    cookie = cookie_of(connection, COOKIE) or ""
    by_cookie = None if cookie.startswith(API_TOKEN) else cookie
    return bearer_of(connection) or by_cookie or _by_ticket(connection)


def visitor_of(request: Request) -> Visitor:
    return Visitor(
        address=address_of(request),
        user_agent=request.headers.get("user-agent", ""),
        known_browser=cookie_of(request, BROWSER_COOKIE) or "",
        former_token=cookie_of(request, COOKIE) or "",
    )


def _by_ticket(connection: HTTPConnection) -> str | None:
    """Taken once, and remembered for as long as the line is open: who is here is asked again and again."""
    ticket = connection.query_params.get("ticket")
    if connection.scope["type"] != "websocket" or not ticket:
        return None
    if not hasattr(connection.state, "token"):
        connection.state.token = connection.app.state.resources.tickets.take(ticket)
    token: str | None = connection.state.token
    return token


async def find_known(connection: HTTPConnection, *, even_locked: bool = False) -> Recognised:
    """Raise Unauthenticated when nobody, or nobody known any more, is asking; Locked from a device that is."""
    access: AccessService = connection.app.state.resources.access
    token = token_of(connection)
    known = await access.recognise(token, address_of(connection)) if token else None
    if known is None:
        raise Unauthenticated
    actor = known.actor
    asking().be("user" if actor.user_id else "guest", actor.participant_id, actor.display_name)
    if known.held.is_locked and not even_locked:
        raise Locked
    return known


async def find_actor(connection: HTTPConnection) -> Actor:
    return (await find_known(connection)).actor


async def _known(request: Request, *, even_locked: bool = False) -> Recognised:
    """Found once: a route's guards are asked before its body is read, and again as its dependencies."""
    if request.method not in SAFE_METHODS:
        refuse_foreign_origin(request)
    known: Recognised | None = getattr(request.state, "known", None)
    if known is None:
        known = request.state.known = await find_known(request, even_locked=even_locked)
        request.state.actor = known.actor
    return known


def demand(permission: Permission | None) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """A guard that returns the actor, or refuses. None: whoever is signed in, guests included."""

    @guard
    async def permitted(request: Request) -> Actor:
        actor = (await _known(request)).actor
        if permission is not None:
            actor.demand(permission)
        return actor

    permitted.permission = permission  # type: ignore[attr-defined]  # read by the test that walks all routes
    return permitted


def may(permission: Permission) -> Any:
    """For `dependencies=[...]` of a route or as a parameter's default: `actor: Actor = may(P.DEVICES_READ)`."""
    return Depends(demand(permission))


@guard
async def own_sign_in(request: Request) -> Held:
    """What people do with their own account takes a sign-in of theirs: no token does it for them, and no guest."""
    held = (await _known(request)).held
    if held.user_id is None or held.kind is SignInKind.TOKEN:
        raise SignInWanted
    return held


@guard
async def even_locked(request: Request) -> Held:
    """Whoever is signed in, from a locked device too."""
    return (await _known(request, even_locked=True)).held


async def fresh(request: Request) -> None:
    """Whoever makes others mighty proves first that it is they; a token was given for what it may do."""
    held = (await _known(request)).held
    if held.user_id is not None and held.kind is not SignInKind.TOKEN:
        request.app.state.resources.access.demand_fresh(held)


own_sign_in.permission = None  # type: ignore[attr-defined]
even_locked.permission = None  # type: ignore[attr-defined]

SignedIn = Annotated[Actor, Depends(demand(None))]
OwnSignIn = Annotated[Held, Depends(own_sign_in)]
FRESH = Depends(fresh)
EvenLocked = Annotated[Held, Depends(even_locked)]
