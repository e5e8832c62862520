import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.actor import COOKIE
from nearhand.access.means import is_api_token, new_api_token
from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.devices.model import Device
from nearhand.kit.clock import FixedClock
from tests.support.account import API, Account, enter
from tests.support.factories import Registry


@pytest.fixture
def expert(client: TestClient) -> Account:
    return Account.signed_in(client, Role.EXPERT)


@pytest.fixture
def new(clock: FixedClock) -> dict[str, Any]:
    until = (clock.now() + timedelta(days=1)).isoformat()
    return {"name": "Script", "permissions": ["devices.read"], "expires_at": until}


def test_a_token_may_what_it_was_made_for_and_nothing_else(
    client: TestClient, expert: Account, new: dict[str, Any], device: Device
) -> None:
    program = Account(client, expert.done("POST", "me/tokens", new)["token"])
    assert program.done("GET", f"devices/{device.id}")["id"] == device.id
    assert program.code("GET", "sessions") == (403, "not_permitted")
    assert program.code("POST", "images/read") == (403, "not_permitted")
    me = program.done("GET", "me")
    assert (me["permissions"], me["role"], me["signed_in_by"]) == (["devices.read"], "observer", "token")


def test_a_token_never_may_more_than_its_account_may_now(
    client: TestClient, expert: Account, new: dict[str, Any]
) -> None:
    made = expert.done("POST", "me/tokens", new | {"permissions": ["devices.read", "labels.make"]})
    program, user_id = Account(client, made["token"]), made["user_id"]
    admin = Account.signed_in(client, Role.ADMIN)
    admin.done("PUT", f"users/{user_id}/grants", {"grants": [{"role": "observer"}]})
    assert program.done("GET", "me")["permissions"] == ["devices.read"]
    admin.done("PATCH", f"users/{user_id}", {"is_active": False})
    assert program.ask("GET", "me").status_code == 401


@pytest.mark.parametrize(
    "wider",
    [
        {"permissions": ["people.manage"]},
        {"grants": [{"role": "admin"}]},
        {"grants": [{"role": "observer"}], "permissions": ["labels.make"]},
    ],
)
def test_a_scope_wider_than_the_account_or_its_own_grants_is_refused(
    expert: Account, new: dict[str, Any], wider: dict[str, Any]
) -> None:
    assert expert.code("POST", "me/tokens", new | wider) == (403, "scope_too_wide")


def test_a_token_with_a_place_reaches_no_further(
    client: TestClient, expert: Account, new: dict[str, Any], device: Device, resources: Resources
) -> None:
    async def other_site() -> str:
        async with resources.database.transaction() as connection:
            return (await Registry(connection).site(name="Elsewhere")).id

    assert client.portal is not None
    for site_id, total in ((device.site_id, 1), (client.portal.call(other_site), 0)):
        grants = [{"role": "expert", "site_id": site_id}]
        program = Account(client, expert.done("POST", "me/tokens", new | {"grants": grants})["token"])
        assert program.done("GET", "devices")["total"] == total


@pytest.mark.parametrize("days", [-1, 0, 367, 40_000])
def test_a_token_expires_within_the_longest_life(
    expert: Account, new: dict[str, Any], clock: FixedClock, days: int
) -> None:
    until = (clock.now() + timedelta(days=days)).isoformat()
    assert expert.code("POST", "me/tokens", new | {"expires_at": until}) == (422, "invalid")
    without_zone = new | {"expires_at": "2026-01-01T12:00:00"}
    assert expert.code("POST", "me/tokens", without_zone) == (422, "invalid")


def test_an_expired_and_a_revoked_token_are_nobodys(
    client: TestClient, expert: Account, new: dict[str, Any], clock: FixedClock
) -> None:
    revoked, expired = (expert.done("POST", "me/tokens", new) for _ in range(2))
    expert.done("DELETE", f"me/tokens/{revoked['id']}")
    assert expert.code("DELETE", f"me/tokens/{revoked['id']}") == (404, "not_found")
    assert Account(client, revoked["token"]).ask("GET", "me").status_code == 401
    clock.advance(24 * 3600 + 1)
    assert Account(client, expired["token"]).ask("GET", "me").status_code == 401


def test_tokens_are_listed_with_their_use_and_without_themselves(
    client: TestClient, expert: Account, new: dict[str, Any]
) -> None:
    made = expert.done("POST", "me/tokens", new)
    assert expert.done("GET", "me/tokens")["items"][0]["last_used_at"] is None
    Account(client, made["token"]).done("GET", "me")
    listed = expert.ask("GET", "me/tokens")
    assert listed.json()["items"][0]["last_used_at"] is not None
    assert made["token"] not in listed.text
    assert made["token"][3:20] not in listed.text


def test_a_token_in_a_cookie_is_nobodys(client: TestClient, expert: Account, new: dict[str, Any]) -> None:
    client.cookies.set(COOKIE, expert.done("POST", "me/tokens", new)["token"])
    assert client.get(f"{API}/me").status_code == 401


def test_a_token_changes_nothing_of_how_its_owner_signs_in(client: TestClient, new: dict[str, Any]) -> None:
    admin = Account.signed_in(client, Role.ADMIN)
    made = admin.done("POST", "me/tokens", new | {"permissions": ["people.manage"]})
    program = Account(client, made["token"])
    for method, path in (
        *(("GET", f"me/{noun}") for noun in ("sign-ins", "tokens", "passkeys")),
        *(("POST", f"me/{noun}") for noun in ("totp", "recovery-codes", "passkeys/options", "lock")),
        ("POST", f"users/{made['user_id']}/reset-link"),
        ("DELETE", f"users/{made['user_id']}/factors"),
    ):
        assert program.code(method, path) == (403, "sign_in_wanted"), path
    assert program.done("GET", "users")["total"] == len(Role)


def test_a_service_has_tokens_and_no_password(client: TestClient, new: dict[str, Any]) -> None:
    admin = Account.signed_in(client, Role.ADMIN)
    service = {
        "name": "importer",
        "display_name": "Importer",
        "kind": "service",
        "grants": [{"role": "admin"}],
    }
    assert admin.ask("POST", "users", service | {"password": "a long password"}).status_code == 422
    made = admin.done("POST", "users", service)
    token = admin.done("POST", f"users/{made['id']}/tokens", new)
    program = Account(client, token["token"])
    assert program.done("GET", "me")["kind"] == "service"
    assert program.done("GET", "devices")["total"] == 0
    assert admin.code("POST", f"users/{made['id']}/reset-link") == (409, "not_a_person")
    assert admin.code("POST", "enrolments", {"device_name": "x", "user_id": made["id"]}) == (
        409,
        "not_a_person",
    )
    person = admin.done("GET", "me")["user_id"]
    assert admin.code("POST", f"users/{person}/tokens", new) == (409, "not_a_service")
    assert admin.done("GET", f"users/{made['id']}/tokens")["total"] == 1
    admin.done("DELETE", f"users/{made['id']}/tokens/{token['id']}")
    assert program.ask("GET", "me").status_code == 401


def test_a_person_without_a_password_is_not_registered(client: TestClient) -> None:
    new = {"name": "ada", "display_name": "A", "grants": [{"role": "observer"}]}
    assert Account.signed_in(client, Role.ADMIN).ask("POST", "users", new).status_code == 422


def test_an_account_has_only_so_many_tokens(expert: Account, new: dict[str, Any]) -> None:
    for _ in range(50):
        expert.done("POST", "me/tokens", new)
    assert expert.code("POST", "me/tokens", new) == (409, "too_many_of_them")


def test_a_mistyped_token_is_known_without_asking_the_database() -> None:
    token = new_api_token()
    assert token.startswith("nh_")
    assert len(token) == 3 + 64 + 6
    assert is_api_token(token)
    assert not is_api_token(token[:-1] + ("0" if token[-1] != "0" else "1"))
    assert not is_api_token("nh_")
    assert not is_api_token(token[3:])


def test_nothing_shaped_like_a_signed_token_is_one(client: TestClient, expert: Account) -> None:
    """Tokens are random and looked up: no claim in one is ever read, whatever signs it, or nothing does."""
    me = expert.done("GET", "me")
    claims = {
        "sub": me["user_id"],
        "name": "admin",
        "role": "admin",
        "jti": me["sign_in_id"],
        "exp": 4_000_000_000,
    }
    for algorithm in ("none", "None", "HS256", "RS256"):
        head, body = (_part({"alg": algorithm, "typ": "JWT", "kid": "../../keys/access.key"}), _part(claims))
        for signature in ("", _part(claims)):
            forged = Account(client, f"{head}.{body}.{signature}")
            assert forged.code("GET", "me") == (401, Account(client, "x" * 43).code("GET", "me")[1])
            client.cookies.set(COOKIE, forged.token)
            assert client.get(f"{API}/me").status_code == 401
            client.cookies.clear()


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_reset_password_ends_the_tokens_of_its_account_and_no_others(
    client: TestClient, expert: Account, new: dict[str, Any], resources: Resources
) -> None:
    """Who took the account over may have made some."""
    made, admin = expert.done("POST", "me/tokens", new), Account.signed_in(client, Role.ADMIN)
    program = Account(client, made["token"])
    other = Account(client, admin.done("POST", "me/tokens", new)["token"])
    link = admin.done("POST", f"users/{made['user_id']}/reset-link")
    use = {"token": link["url"].partition("#")[2], "password": "a whole new password"}
    assert enter(client, "password-resets/use", **use).status_code == 204
    assert program.ask("GET", "me").status_code == 401
    other.done("GET", "me")
    assert client.portal is not None
    client.portal.call(resources.ledger.seal)
    (end,) = admin.done("GET", "audit/entries?action=api_token.revoked")["items"]
    assert (end["about"]["id"], end["details"]["user_id"]) == (made["id"], made["user_id"])
