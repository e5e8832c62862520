"""Send with every answer the headers that keep a browser from doing more than our pages ask."""

import ipaddress
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Everything comes from this origin; nobody frames these pages; no script or style stands in a page itself.
_PAGE = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_POLICIES = {
    "/field/": f"script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; {_PAGE}",  # WebAssembly reads the labels
    "/console/": f"script-src 'self'; worker-src 'none'; {_PAGE}",
}
_NO_PAGE = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
_DENIED = (
    "accelerometer=(), encrypted-media=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), "
    "midi=(), payment=(), serial=(), usb=(), xr-spatial-tracking=()"
)
_FEATURES = {
    # The technician's phone: its camera, and how it turns.
    "/field/": "camera=(self), microphone=(self), display-capture=(), screen-wake-lock=(self), "
    + _DENIED.replace("gyroscope=()", "gyroscope=(self)").replace("accelerometer=()", "accelerometer=(self)"),
    # The console's camera takes the reference photograph of a device; both apps' people speak to each other, and an
    # expert shows a picture of their screen.
    "/console/": f"camera=(self), microphone=(self), display-capture=(self), screen-wake-lock=(), {_DENIED}",
}
_NO_FEATURES = f"camera=(), microphone=(), display-capture=(), screen-wake-lock=(), {_DENIED}"
_COMMON = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-permitted-cross-domain-policies", b"none"),
]
_UNKEPT = (b"cache-control", b"no-store")  # what only some may see lies in no cache that did not ask

Headers = list[tuple[bytes, bytes]]
HeadersOf = Callable[[Scope], Headers]


def page_headers(prefix: str) -> Headers:
    return [
        (b"content-security-policy", _POLICIES.get(prefix, _NO_PAGE).encode()),
        (b"permissions-policy", _FEATURES.get(prefix, _NO_FEATURES).encode()),
        *_COMMON,
    ]


_PAGES = {prefix: page_headers(prefix) for prefix in _POLICIES}
_REST = [*page_headers(""), _UNKEPT]


def safe_headers(hsts_days: int = 0) -> HeadersOf:
    """What the answer to a request has, by its scope's path, scheme and headers."""
    hsts = (b"strict-transport-security", b"max-age=%d" % (hsts_days * 86400))

    def headers_of(scope: Scope) -> Headers:
        path: str = scope["path"]
        headers = next((found for prefix, found in _PAGES.items() if path.startswith(prefix)), _REST)
        if hsts_days and scope.get("scheme") == "https" and not _is_this_machine(scope):
            return [*headers, hsts]
        return headers

    return headers_of


class SafeHeaders:
    """ASGI middleware. A header that the answer brings itself stays as it is: an uploaded file has its own policy."""

    def __init__(self, app: ASGIApp, *, headers_of: HeadersOf) -> None:
        self._app, self._of = app, headers_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = message.get("headers", ())
                own = {name.lower() for name, _ in given}
                message["headers"] = [*given, *(safe for safe in self._of(scope) if safe[0] not in own)]
            await send(message)

        await self._app(scope, receive, with_headers)


def _is_this_machine(scope: Scope) -> bool:
    """A browser that once heard HSTS of `localhost` would refuse whatever else is tried there without TLS."""
    host = next((value for name, value in scope["headers"] if name == b"host"), b"").decode("latin-1").lower()
    name = host.partition("]")[0].strip("[") if host.startswith("[") else host.partition(":")[0]
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
