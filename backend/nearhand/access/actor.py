"""Find out who is asking, and demand the permission a route states: the one permission dependency."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from nearhand.access.model import Actor, Permission
from nearhand.access.service import AccessService
from nearhand.kit.asking import asking
from nearhand.kit.cookies import cookie_of
from nearhand.kit.errors import Unauthenticated
from nearhand.kit.http import SAFE_METHODS, guard
from nearhand.kit.origin import refuse_foreign_origin

COOKIE = "nearhand_session"


def token_of(connection: HTTPConnection) -> str | None:
    """The bearer token of a program, or the cookie of a browser; at a WebSocket also what a ticket stands for."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    return cookie_of(connection, COOKIE) or _by_ticket(connection)


def _by_ticket(connection: HTTPConnection) -> str | None:
    """Taken once, and remembered for as long as the line is open: who is here is asked again and again."""
    ticket = connection.query_params.get("ticket")
    if connection.scope["type"] != "websocket" or not ticket:
        return None
    if not hasattr(connection.state, "token"):
        connection.state.token = connection.app.state.resources.tickets.take(ticket)
    token: str | None = connection.state.token
    return token


async def find_actor(connection: HTTPConnection) -> Actor:
    """Raise Unauthenticated when nobody, or nobody known any more, is asking."""
    access: AccessService = connection.app.state.resources.access
    token = token_of(connection)
    actor = await access.actor(token) if token else None
    if actor is None:
        raise Unauthenticated
    asking().be("user" if actor.user_id else "guest", actor.participant_id, actor.display_name)
    return actor


def demand(permission: Permission | None) -> Callable[..., Coroutine[Any, Any, Actor]]:
    """A guard that returns the actor, or refuses. None: whoever is signed in, guests included."""

    @guard
    async def permitted(request: Request) -> Actor:
        if request.method not in SAFE_METHODS:
            refuse_foreign_origin(request)
        # Found once: a route's guards are asked before its body is read, and again as its dependencies.
        actor: Actor = getattr(request.state, "actor", None) or await find_actor(request)
        if permission is not None:
            actor.demand(permission)
        request.state.actor = actor
        return actor

    permitted.permission = permission  # type: ignore[attr-defined]  # read by the test that walks all routes
    return permitted


def may(permission: Permission) -> Any:
    """For `dependencies=[...]` of a route or as a parameter's default: `actor: Actor = may(P.DEVICES_READ)`."""
    return Depends(demand(permission))


SignedIn = Annotated[Actor, Depends(demand(None))]
