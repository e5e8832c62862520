"""Nobody gets in: every route states its permission, and keeps to it for each role."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import ROLE_PERMISSIONS, Permission, Role
from nearhand.app import API
from nearhand.contract import contract
from nearhand.kit.http import GuardedRoute
from tests.support.people import sign_in
from tests.support.routes import UNSTATED, api_routes, stated_permission

# The ways in: each asks for a secret instead, or tells nothing that is anybody's.
PUBLIC = {
    *(("GET", f"{API}/{path}") for path in ("sign-in", "demo")),
    *(("POST", f"{API}/sign-in{path}") for path in ("", "/code", "/passkey", "/passkey/options")),
    *(("POST", f"{API}/sign-{path}") for path in ("in/provider", "in/provider/finish", "out/provider")),
    ("POST", f"{API}/sign-out/by-provider"),  # asks for a token that the provider has signed
    *(
        ("POST", f"{API}/{path}")
        for path in ("join", "enrolments/show", "enrolments/use", "password-resets", "password-resets/use")
    ),
    *(("POST", f"{API}/invitations/{path}") for path in ("show", "accept")),
}
# What else may be wrong with a request: who must not enter is not told of it, whatever it is.
WRONG: dict[str, Any] = {
    "nothing at all": {},
    "a version": {"headers": {"If-Match": '"1"'}},
    "no version that could be": {"headers": {"If-Match": "*"}},
    "half a JSON": {"content": b"{", "headers": {"Content-Type": "application/json"}},
    "no known kind of body": {"content": b"x", "headers": {"Content-Type": "x/y"}},
}


def doors() -> Iterator[tuple[str, str, object]]:
    for method, path, route in api_routes():
        yield method, path, stated_permission(route)


def filled(path: str) -> str:
    """With an id no noun has: who must not enter is not told of that either."""
    return path.replace("{", "").replace("}", "")


def test_no_door_is_overlooked_here() -> None:
    told = {(method.upper(), path) for path, methods in contract()["paths"].items() for method in methods}
    assert {(method, path) for method, path, _ in doors()} == told


def test_every_route_states_its_permission() -> None:
    open_doors = {(m, p) for m, p, permission in doors() if permission is UNSTATED}
    assert open_doors == PUBLIC


def test_every_door_asks_its_guards_first() -> None:
    assert [path for _, path, route in api_routes() if not isinstance(route, GuardedRoute)] == []


@pytest.mark.parametrize("wrong", WRONG)
def test_nobody_unknown_gets_past_any_other_door(client: TestClient, wrong: str) -> None:
    answers = {
        (method, path): client.request(method, filled(path), **WRONG[wrong]).status_code
        for method, path, _ in doors()
        if (method, path) not in PUBLIC
    }
    assert answers
    assert {door: status for door, status in answers.items() if status != 401} == {}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("role", list(Role))
def test_a_role_without_the_permission_is_refused(client: TestClient, role: Role, wrong: str) -> None:
    request = WRONG[wrong]
    headers = sign_in(client, role) | request.get("headers", {})
    lacking = [
        (method, path)
        for method, path, permission in doors()
        if isinstance(permission, Permission) and permission not in ROLE_PERMISSIONS[role]
    ]
    let_in = {
        door: answer.status_code
        for door in lacking
        if (answer := client.request(door[0], filled(door[1]), **request | {"headers": headers})).status_code
        != 403
    }
    assert let_in == {}


def test_a_forged_token_is_nobody(client: TestClient) -> None:
    headers = {"Authorization": "Bearer forged"}
    assert client.get(f"{API}/me", headers=headers).status_code == 401


def test_another_sites_page_cannot_use_a_persons_cookie(client: TestClient) -> None:
    headers = sign_in(client, Role.ADMIN) | {"Origin": "https://elsewhere.example"}
    answer = client.post(f"{API}/sign-out", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
