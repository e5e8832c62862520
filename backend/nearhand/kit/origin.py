"""Refuse what another site's page makes a browser send, with the cookie that the browser adds by itself."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from nearhand.kit.errors import Forbidden

_FOREIGN = {"cross-site", "same-site"}  # a neighbour under the same domain is another site to us
_SECURE = {"https", "wss"}


class ForeignOrigin(Forbidden):
    code, title = "foreign_origin", "This came from another site's page"


def refuse_foreign_origin(connection: HTTPConnection) -> None:
    """Only our own pages and programs may change things or open lines. Raises ForeignOrigin.

    Browsers name the page in `Origin` with every such request; one that names none may bring no cookie.
    """
    site = connection.headers.get("sec-fetch-site")
    # Not asked of WebSockets: browsers differ in what they call a page's own ws: address, and always send Origin.
    if connection.scope["type"] == "http" and site in _FOREIGN:
        raise ForeignOrigin
    origin = connection.headers.get("origin")
    if origin is None:
        is_by_cookie = "cookie" in connection.headers and "authorization" not in connection.headers
        if is_by_cookie and site != "same-origin":
            raise ForeignOrigin("A browser says which page asks; whoever is no browser sends a bearer token.")
        return
    try:
        named = urlsplit(origin)
    except ValueError:  # no browser sends such a thing
        raise ForeignOrigin from None
    if named.netloc not in _own_names(connection):
        raise ForeignOrigin
    if connection.scope.get("scheme") in _SECURE and named.scheme != "https":
        raise ForeignOrigin("A page that came without TLS may not act on one with it.")


def _own_names(connection: HTTPConnection) -> tuple[str | None, str]:
    """The name that was asked for, and the one on labels: a proxy may ask by another name than its visitors."""
    base_url: str = connection.app.state.resources.settings.base_url
    return connection.headers.get("host"), urlsplit(base_url).netloc
