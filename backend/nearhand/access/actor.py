"""Find out who is asking, and demand the permission a route states: the one permission dependency."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from nearhand.access.model import Actor, Permission
from nearhand.access.service import AccessService
from nearhand.kit.asking import asking
from nearhand.kit.errors import Forbidden, Unauthenticated
from nearhand.kit.http import SAFE_METHODS, guard

COOKIE = "nearhand_session"


class ForeignOrigin(Forbidden):
    code, title = "foreign_origin", "This came from another site's page"


def token_of(connection: HTTPConnection) -> str | None:
    """The bearer token of a program, or the cookie of a browser."""
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token if scheme.lower() == "bearer" and token else connection.cookies.get(COOKIE)


def refuse_foreign_origin(connection: HTTPConnection) -> None:
    """A browser sends its cookie for whichever page asks; only our own pages may. Raises ForeignOrigin."""
    origin = connection.headers.get("origin")
    if origin is None:
        return
    try:
        host = urlsplit(origin).netloc
    except ValueError:  # no browser sends such a thing
        raise ForeignOrigin from None
    if host != connection.headers.get("host"):
        raise ForeignOrigin


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
