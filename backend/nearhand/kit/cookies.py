"""Set and read the cookies of this service: for its pages alone, and unreadable to scripts."""

from starlette.requests import HTTPConnection
from starlette.responses import Response


def cookie_name(name: str, *, is_secure: bool) -> str:
    """Over HTTPS with a prefix by which browsers let neither a neighbour's page nor plain HTTP set it."""
    return f"__Host-{name}" if is_secure else name


def set_cookie(
    connection: HTTPConnection, response: Response, name: str, value: str, *, max_age_s: int
) -> None:
    """`SameSite=Strict`: our pages are files that need no cookie to arrive by a link, and ask for all else by themselves."""
    is_secure = _is_secure(connection)
    response.set_cookie(
        cookie_name(name, is_secure=is_secure),
        value,
        max_age=max_age_s,
        path="/",
        httponly=True,
        samesite="strict",
        secure=is_secure,
    )


def forget_cookie(connection: HTTPConnection, response: Response, name: str) -> None:
    set_cookie(connection, response, name, "", max_age_s=0)


def cookie_of(connection: HTTPConnection, name: str) -> str | None:
    return connection.cookies.get(cookie_name(name, is_secure=_is_secure(connection))) or None


def _is_secure(connection: HTTPConnection) -> bool:
    is_secure: bool = connection.app.state.resources.settings.cookie_secure
    return is_secure
