import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from nearhand.access.actor import COOKIE
from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.kit.clock import FixedClock
from nearhand.kit.rate import RateLimit
from tests.support.people import PASSWORD, sign_in

API = "/api/v1"


def a_session(client: TestClient) -> str:
    answer = client.post(f"{API}/sessions", json={}, headers=sign_in(client, Role.EXPERT))
    answer.raise_for_status()
    return str(answer.json()["id"])


def link_token(client: TestClient, session_id: str = "", role: str = "observer", hours: int = 8) -> str:
    answer = client.post(
        f"{API}/sessions/{session_id or a_session(client)}/invitations",
        json={"role": role, "hours": hours},
        headers=sign_in(client, Role.EXPERT),
    )
    answer.raise_for_status()
    token: str = answer.json()["url"].split("#")[1]
    return token


def join(client: TestClient, token: str) -> dict[str, str]:
    answer = client.post(f"{API}/join?want_token=true", json={"token": token, "display_name": "A guest"})
    answer.raise_for_status()
    client.cookies.clear()
    return {"Authorization": f"Bearer {answer.json()['token']}"}


@pytest.mark.parametrize("role", list(Role))
def test_a_person_who_signs_in_is_known_by_their_role(client: TestClient, role: Role) -> None:
    headers = sign_in(client, role)
    assert client.get(f"{API}/me", headers=headers).json()["role"] == role


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client: TestClient) -> None:
    wrong = client.post(f"{API}/sign-in", json={"name": "expert", "password": "wrong"})
    unknown = client.post(f"{API}/sign-in", json={"name": "nobody", "password": PASSWORD})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json()) == (401, wrong.json())


def test_a_browser_gets_a_cookie_that_scripts_cannot_read_and_no_token(client: TestClient) -> None:
    answer = client.post(f"{API}/sign-in", json={"name": "expert", "password": PASSWORD})
    assert answer.json()["token"] is None
    assert COOKIE in answer.cookies
    assert "httponly" in answer.headers["set-cookie"].lower()
    assert "samesite=strict" in answer.headers["set-cookie"].lower()
    assert client.get(f"{API}/me").json()["role"] == "expert"


def test_signing_out_ends_the_token_everywhere(client: TestClient) -> None:
    headers = sign_in(client, Role.EXPERT)
    answer = client.post(f"{API}/sign-out", headers=headers)
    assert (answer.status_code, answer.headers["clear-site-data"]) == (204, '"cache"')
    assert client.get(f"{API}/me", headers=headers).status_code == 401


def test_a_sign_in_ends_after_its_hours(client: TestClient, clock: FixedClock) -> None:
    headers = sign_in(client, Role.EXPERT)
    clock.advance(12 * 3600 + 1)
    assert client.get(f"{API}/me", headers=headers).status_code == 401


def test_too_many_tries_from_one_address_have_to_wait_and_are_counted(
    client: TestClient, resources: Resources
) -> None:
    resources.limits._tries = RateLimit(3)
    wrong = {"name": "expert", "password": "x"}
    answers = [client.post(f"{API}/sign-in", json=wrong) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, *[429] * 5]
    assert answers[-1].json()["code"] == "too_many"
    assert client.get(f"{API}/sign-in").status_code == 200
    assert resources.ledger._uncounted["testclient"] == 5


def test_an_administrator_makes_accounts_and_switches_them_off(client: TestClient) -> None:
    admin = sign_in(client, Role.ADMIN)
    new = {"name": "lin", "display_name": "林", "grants": [{"role": "expert"}], "password": PASSWORD}
    user = client.post(f"{API}/users", json=new, headers=admin).json()
    lin = client.post(f"{API}/sign-in?want_token=true", json={"name": "lin", "password": PASSWORD}).json()
    client.cookies.clear()
    assert client.get(f"{API}/users", headers=admin).json()["total"] == len(Role) + 1
    switched = client.patch(f"{API}/users/{user['id']}", json={"is_active": False}, headers=admin)
    assert switched.json()["is_active"] is False
    headers = {"Authorization": f"Bearer {lin['token']}"}
    assert client.get(f"{API}/me", headers=headers).status_code == 401
    assert client.post(f"{API}/sign-in", json={"name": "lin", "password": PASSWORD}).status_code == 401


def test_a_taken_name_and_an_unknown_user_are_refused_in_words(client: TestClient) -> None:
    admin = sign_in(client, Role.ADMIN)
    new = {"name": "expert", "display_name": "X", "grants": [{"role": "expert"}], "password": PASSWORD}
    assert client.post(f"{API}/users", json=new, headers=admin).json()["code"] == "user_name_taken"
    answer = client.patch(f"{API}/users/nobody", json={"is_active": False}, headers=admin)
    assert answer.json()["code"] == "not_found"


@pytest.mark.parametrize("password", ["short", "x" * 201])
def test_passwords_too_short_or_too_long_are_refused(client: TestClient, password: str) -> None:
    new = {"name": "lin", "display_name": "Lin", "grants": [{"role": "expert"}], "password": password}
    assert client.post(f"{API}/users", json=new, headers=sign_in(client, Role.ADMIN)).status_code == 422


def test_no_answer_ever_shows_a_password_or_its_hash(client: TestClient) -> None:
    text = client.get(f"{API}/users", headers=sign_in(client, Role.ADMIN)).text
    assert "argon2" not in text
    assert PASSWORD not in text
    assert "hash" not in text


def test_a_guest_enters_by_a_link_and_may_do_nothing_but_join_that_session(client: TestClient) -> None:
    session = a_session(client)
    guest = join(client, link_token(client, session))
    actor = client.get(f"{API}/me", headers=guest).json()
    assert (actor["session_id"], actor["role"], actor["permissions"]) == (
        session,
        "observer",
        ["sessions.join"],
    )
    assert client.get(f"{API}/users", headers=guest).status_code == 403


def test_a_link_never_makes_an_administrator(client: TestClient) -> None:
    guest = join(client, link_token(client, role="admin"))
    assert client.get(f"{API}/me", headers=guest).json()["role"] == "expert"


def test_a_link_is_dead_after_its_hours(client: TestClient, clock: FixedClock) -> None:
    token = link_token(client, hours=1)
    clock.advance(3601)
    answer = client.post(f"{API}/join", json={"token": token, "display_name": "Late"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_demo_offers_its_accounts_and_a_real_service_none(client: TestClient, resources: Resources) -> None:
    resources.demo_accounts.append({"name": "expert", "password": PASSWORD})
    assert client.get(f"{API}/demo").json() == {"is_demo": False, "accounts": []}


def test_a_guest_is_let_in_no_longer_than_the_link_says(client: TestClient, clock: FixedClock) -> None:
    guest = join(client, link_token(client, hours=1))
    clock.advance(3601)
    assert client.get(f"{API}/me", headers=guest).status_code == 401


def test_that_nobody_is_signed_in_is_no_news_until_they_want_something_done(client: TestClient) -> None:
    with capture_logs() as logs:
        client.get(f"{API}/me")
        assert [line["event"] for line in logs] == []
        client.post(f"{API}/sign-out")
        assert [line["event"] for line in logs] == ["refused"]
