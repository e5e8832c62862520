import asyncio
import time
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.actor import BROWSER_COOKIE, COOKIE
from nearhand.access.model import Role
from nearhand.access.throttle import FREE_TRIES
from nearhand.app import Resources
from nearhand.kit.clock import FixedClock
from tests.support.account import API, Account, enter, refusal
from tests.support.people import PASSWORD, sign_in

NAME = {"name": "expert", "password": PASSWORD}


@pytest.fixture(autouse=True)
def as_from_our_page(client: TestClient) -> None:
    """What a browser says of the page that asks; without it no cookie is worth anything."""
    client.headers["Origin"] = "http://testserver"


@pytest.fixture
def expert(client: TestClient) -> Account:
    return Account.signed_in(client, Role.EXPERT)


def test_a_person_sees_where_they_are_signed_in_and_ends_what_they_want(
    client: TestClient, expert: Account
) -> None:
    for agent in ("Phone\x07 of the rack row", "x" * 1000):
        client.post(f"{API}/sign-in", json=NAME, headers={"User-Agent": agent.replace("\x07", "")})
        client.cookies.clear()
    listed = expert.done("GET", "me/sign-ins")
    assert listed["total"] == 3
    assert [one["is_this"] for one in listed["items"]].count(True) == 1
    assert {one["kind"] for one in listed["items"]} == {"program", "browser"}
    assert all(one["address"] for one in listed["items"])
    assert max(len(one["user_agent"]) for one in listed["items"]) == 300
    other = next(one for one in listed["items"] if not one["is_this"])
    expert.done("DELETE", f"me/sign-ins/{other['id']}")
    assert expert.code("DELETE", f"me/sign-ins/{other['id']}") == (404, "not_found")
    expert.done("DELETE", "me/sign-ins")
    assert expert.done("GET", "me/sign-ins")["total"] == 1


def test_signing_in_again_ends_what_the_browser_had_and_nothing_of_other_browsers(
    client: TestClient, expert: Account
) -> None:
    client.post(f"{API}/sign-in", json=NAME).raise_for_status()
    before = client.cookies[COOKIE]
    client.post(f"{API}/sign-in", json=NAME | {"password": "wrong"})
    assert client.get(f"{API}/me").status_code == 200
    client.post(f"{API}/sign-in", json=NAME).raise_for_status()
    assert client.get(f"{API}/me").status_code == 200
    client.cookies.clear()
    assert client.get(f"{API}/me", headers={"Authorization": f"Bearer {before}"}).status_code == 401
    assert expert.done("GET", "me/sign-ins")["total"] == 2


def test_nobody_ends_or_sees_the_sign_in_of_another(client: TestClient, expert: Account) -> None:
    own = expert.done("GET", "me")["sign_in_id"]
    technician = Account.signed_in(client, Role.TECHNICIAN)
    assert technician.code("DELETE", f"me/sign-ins/{own}") == (404, "not_found")
    assert own not in technician.ask("GET", "me/sign-ins").text
    assert expert.done("GET", "me")["name"] == "expert"


def test_an_administrator_ends_the_sign_ins_of_another(client: TestClient, expert: Account) -> None:
    me = expert.done("GET", "me")
    admin = Account.signed_in(client, Role.ADMIN)
    assert admin.done("GET", f"users/{me['user_id']}/sign-ins")["items"][0]["id"] == me["sign_in_id"]
    admin.done("DELETE", f"users/{me['user_id']}/sign-ins/{me['sign_in_id']}")
    assert expert.ask("GET", "me").status_code == 401


def test_whoever_watches_is_told_at_once_that_somebodys_sign_in_ended(
    client: TestClient, expert: Account, resources: Resources
) -> None:
    told: list[str] = []
    resources.access_means.watch(told.append)
    user_id = expert.done("GET", "me")["user_id"]
    admin = Account.signed_in(client, Role.ADMIN)
    admin.done("PUT", f"users/{user_id}/grants", {"grants": [{"role": "observer"}]})
    admin.done("DELETE", f"users/{user_id}/sign-ins")
    admin.done("PATCH", f"users/{user_id}", {"is_active": False})
    assert told == [user_id] * 3
    admin_id = admin.done("GET", "me")["user_id"]
    admin.done("POST", "sign-out")
    assert told[3:] == [admin_id]


def test_an_idle_sign_in_ends_and_one_in_use_does_not(
    client: TestClient, expert: Account, clock: FixedClock, resources: Resources
) -> None:
    idle = Account.signed_in(client, Role.EXPERT)
    for _ in range(3):
        clock.advance(3600)
        expert.done("GET", "me")
    clock.advance(3601)
    assert idle.ask("GET", "me").status_code == 401
    expert.done("GET", "me")


def test_when_a_sign_in_was_last_seen_is_written_now_and_then(
    client: TestClient, expert: Account, clock: FixedClock, resources: Resources
) -> None:
    clock.advance(100)
    expert.done("GET", "me")
    assert client.portal is not None
    client.portal.call(resources.access.write_seen)
    assert not resources.access._seen
    seen = expert.done("GET", "me/sign-ins")["items"][0]["last_seen_at"]
    assert seen == clock.now().isoformat().replace("+00:00", "Z")


def test_a_token_put_into_a_browser_before_signing_in_is_worth_nothing_after(client: TestClient) -> None:
    client.cookies.set(COOKIE, "chosen-by-somebody-else")
    answer = client.post(f"{API}/sign-in", json=NAME)
    assert answer.cookies[COOKIE] != "chosen-by-somebody-else"
    client.cookies.clear()
    assert Account(client, "chosen-by-somebody-else").ask("GET", "me").status_code == 401


@pytest.mark.parametrize("extra", [{"role": "admin"}, {"grants": []}, {"is_strong": True}, {"user_id": "1"}])
def test_nothing_but_what_a_door_asks_for_is_taken(client: TestClient, extra: dict[str, object]) -> None:
    assert client.post(f"{API}/sign-in", json=NAME | extra).status_code == 422
    expert = Account.signed_in(client, Role.EXPERT)
    for path, body in (("me/confirm", {"password": PASSWORD}), ("me/pin", {"pin": "123456"})):
        assert expert.ask("POST", path, body | extra).status_code == 422
    profile = {"display_name": "E", "email": None}
    assert expert.ask("PUT", "me/profile", profile | extra).status_code == 422


def test_wrong_tries_from_elsewhere_do_not_slow_down_a_browser_that_is_known(
    client: TestClient, resources: Resources
) -> None:
    assert client.post(f"{API}/sign-in", json=NAME).status_code == 200
    known = client.cookies[BROWSER_COOKIE]
    client.cookies.clear()
    answers = [client.post(f"{API}/sign-in", json=NAME | {"password": "x"}) for _ in range(FREE_TRIES + 3)]
    assert refusal(answers[-1]) == (429, "slow_down")
    assert int(answers[-1].headers["retry-after"]) >= 1
    # Now even the right password has to wait from there, but not from the known browser.
    assert client.post(f"{API}/sign-in", json=NAME).status_code == 429
    client.cookies.set(BROWSER_COOKIE, known)
    assert client.post(f"{API}/sign-in", json=NAME).status_code == 200


def test_a_known_browser_is_known_for_its_owner_only_and_cannot_be_forged(client: TestClient) -> None:
    client.post(f"{API}/sign-in", json={"name": "technician", "password": PASSWORD})
    others = client.cookies[BROWSER_COOKIE]
    client.cookies.clear()
    for _ in range(FREE_TRIES + 1):
        client.post(f"{API}/sign-in", json=NAME | {"password": "x"})
    for forged in (others, others[:-2] + "AA", "x.y", ""):
        client.cookies.set(BROWSER_COOKIE, forged)
        assert client.post(f"{API}/sign-in", json=NAME).status_code == 429
        client.cookies.clear()


def test_a_known_browser_has_a_budget_too(client: TestClient) -> None:
    client.post(f"{API}/sign-in", json=NAME)
    answers = [client.post(f"{API}/sign-in", json=NAME | {"password": "x"}) for _ in range(FREE_TRIES + 2)]
    assert answers[-1].status_code == 429


def test_an_unknown_name_is_slowed_down_as_a_known_one_is(client: TestClient) -> None:
    def tries(name: str) -> list[tuple[int, str]]:
        return [refusal(enter(client, "sign-in", name=name, password="x")) for _ in range(FREE_TRIES + 3)]

    assert tries("expert") == tries("nobody")


def test_signing_in_takes_as_long_for_a_name_nobody_has(resources: Resources, client: TestClient) -> None:
    """Medians over many interleaved tries, since one try says nothing; the difference must drown in the noise."""
    took: dict[str, list[float]] = {"expert": [], "nobody": []}
    resources.access_means.throttle._free = 10_000
    for _ in range(60):
        for name, times in took.items():
            started = time.perf_counter()
            enter(client, "sign-in", name=name, password="wrong password")
            times.append(time.perf_counter() - started)
    known, unknown = (sorted(times) for times in took.values())
    spread = known[45] - known[15]
    assert abs(known[30] - unknown[30]) < max(spread, known[30] * 0.1)


@pytest.mark.parametrize(
    "path",
    [
        "/d/..%2f..%2fevil.example",
        "/d/%2f%2fevil.example",
        "/join/%2f%2fevil.example",
        "/join/https:evil.example",
    ],
)
def test_no_redirect_leads_off_this_site(client: TestClient, path: str) -> None:
    answer = client.get(path, follow_redirects=False)
    if answer.is_redirect:
        assert answer.headers["location"].startswith(("/field/", "/console/"))
        assert "//" not in answer.headers["location"]


@pytest.mark.parametrize(
    ("page", "to"), [("welcome", "/console/"), ("reset", "/console/"), ("enrol", "/field/")]
)
def test_the_pages_of_links_are_of_this_site(client: TestClient, page: str, to: str) -> None:
    answer = client.get(f"/{page}?next=https://evil.example", follow_redirects=False)
    assert answer.headers["location"] == f"{to}{page}"


async def test_many_tries_at_once_are_counted_one_by_one(resources: Resources, client: TestClient) -> None:
    def tried() -> Any:
        return enter(client, "sign-in", name="expert", password="x").status_code

    codes = await asyncio.gather(*(asyncio.to_thread(tried) for _ in range(FREE_TRIES + 5)))
    assert sorted(codes)[: FREE_TRIES + 1].count(401) <= FREE_TRIES + 1
    assert 429 in codes


def test_a_guest_and_a_stranger_have_no_account_doors(client: TestClient) -> None:
    session = client.post(f"{API}/sessions", json={}, headers=sign_in(client, Role.EXPERT)).json()["id"]
    link = client.post(
        f"{API}/sessions/{session}/invitations", json={}, headers=sign_in(client, Role.EXPERT)
    ).json()["url"]
    guest = Account(
        client, enter(client, "join", token=link.partition("#")[2], display_name="G").json()["token"]
    )
    me = guest.done("GET", "me")
    assert (me["signed_in_by"], me["factors"], me["name"]) == ("guest", None, None)
    assert guest.code("GET", "me/sign-ins") == (403, "sign_in_wanted")
    assert guest.code("POST", "me/totp") == (403, "sign_in_wanted")
