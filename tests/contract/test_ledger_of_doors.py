"""No door is without its entry in the ledger, but for those named here."""

import re

from nearhand.app import API
from nearhand.audit.doors import Told, Untold, told_of
from nearhand.kit.http import SAFE_METHODS
from tests.support.routes import api_routes

# Their reasons are said where they stand: `@untold("…")`.
UNTOLD = {
    ("GET", f"{API}/me"),
    ("GET", f"{API}/demo"),
    ("GET", f"{API}/ice"),
    *(("GET", f"{API}/{path}") for path in ("sign-in", "me/passkeys", "me/sign-ins", "me/tokens")),
    ("POST", f"{API}/sign-in/passkey/options"),
    ("POST", f"{API}/sign-in/provider"),
    ("POST", f"{API}/sign-out/provider"),
    ("POST", f"{API}/me/passkeys/options"),
    ("POST", f"{API}/invitations/show"),
    ("POST", f"{API}/enrolments/show"),
    ("GET", f"{API}/cameras/{{key}}"),
    ("POST", f"{API}/telemetry/samples"),
    *((method, f"{API}/sessions/{{session_id}}/screen") for method in ("GET", "PUT")),
}


def test_only_these_doors_leave_no_entry() -> None:
    untold = {(m, p) for m, p, route in api_routes() if isinstance(told_of(route.endpoint), Untold)}
    assert untold == UNTOLD
    assert all(
        len(told.why) > 10
        for _, _, route in api_routes()
        if isinstance(told := told_of(route.endpoint), Untold)
    )


def test_every_door_that_only_shows_says_what_it_shows() -> None:
    """Of those that change something, the use case puts it down: `conftest.client` sees that each does."""
    silent = {
        path
        for method, path, route in api_routes()
        if method in SAFE_METHODS and told_of(route.endpoint) is None
    }
    assert silent == set()


def test_what_a_door_shows_is_named_by_its_address() -> None:
    for _, path, route in api_routes():
        told = told_of(route.endpoint)
        if isinstance(told, Told):
            assert re.fullmatch(r"[a-z_]+\.[a-z_]+", told.action)
            assert told.names is None or f"{{{told.names}}}" in path, path
