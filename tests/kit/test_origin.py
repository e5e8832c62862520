"""What another site's page may make a browser do: nothing."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.app import API, Resources, create_app
from nearhand.kit.http import SAFE_METHODS
from tests.support.people import PASSWORD, sign_in
from tests.support.routes import api_routes

OWN = "http://testserver"
ADMIN = {"name": "admin", "password": PASSWORD}
FOREIGN = {
    "another site": {"Origin": "https://elsewhere.example"},
    "another port": {"Origin": "http://testserver:8080"},
    "a sandboxed frame": {"Origin": "null"},
    "no address": {"Origin": "http://["},
    "nothing": {"Origin": ""},
    "our name within theirs": {"Origin": "http://testserver.evil.example"},
    "our name as theirs user": {"Origin": "http://testserver@evil.example"},
    "what browsers call cross-site": {"Sec-Fetch-Site": "cross-site"},
    "a neighbour": {"Sec-Fetch-Site": "same-site", "Origin": OWN},
    "who does not say": {},
}
# Called by the provider itself, with a token that it signed; a browser's cookie counts for nothing there.
NO_COOKIE = {("POST", f"{API}/sign-out/by-provider")}


@pytest.fixture
def cookie(client: TestClient) -> dict[str, str]:
    answer = client.post(f"{API}/sign-in", json=ADMIN, headers={"Origin": OWN})
    name, _, value = answer.headers["set-cookie"].partition(";")[0].partition("=")
    client.cookies.clear()
    return {"Cookie": f"{name}={value}"}


@pytest.mark.parametrize("who", FOREIGN)
def test_no_door_that_changes_anything_opens_to_another_sites_page(
    client: TestClient, cookie: dict[str, str], who: str
) -> None:
    opened = {}
    for method, path, _ in api_routes():
        if method not in SAFE_METHODS and (method, path) not in NO_COOKIE:
            url = path.replace("{", "").replace("}", "")
            answer = client.request(method, url, headers=cookie | FOREIGN[who])
            if (answer.status_code, answer.json().get("code")) != (403, "foreign_origin"):
                opened[method, path] = answer.status_code
    assert opened == {}


@pytest.mark.parametrize("headers", [{"Origin": OWN}, {"Origin": OWN, "Sec-Fetch-Site": "same-origin"}])
def test_our_own_pages_may(client: TestClient, cookie: dict[str, str], headers: dict[str, str]) -> None:
    assert client.post(f"{API}/sites", json={"name": "A"}, headers=cookie | headers).status_code == 201


def test_a_program_needs_no_origin(client: TestClient) -> None:
    headers = sign_in(client, Role.ADMIN)
    assert client.post(f"{API}/sites", json={"name": "A"}, headers=headers).status_code == 201


@pytest.mark.parametrize("who", sorted(FOREIGN.keys() - {"who does not say"}))
def test_nobody_is_signed_in_by_another_sites_page(client: TestClient, who: str) -> None:
    answer = client.post(f"{API}/sign-in", json=ADMIN, headers=FOREIGN[who])
    assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)


def test_a_form_of_another_site_is_no_body_either(client: TestClient, cookie: dict[str, str]) -> None:
    headers = cookie | {"Origin": OWN, "Content-Type": "text/plain"}
    assert client.post(f"{API}/sites", content=b'{"name": "A"}', headers=headers).status_code == 422


def test_the_name_on_labels_is_ours_behind_a_proxy_that_asks_by_another(
    resources: Resources, client: TestClient, cookie: dict[str, str]
) -> None:
    headers = cookie | {"Origin": resources.settings.base_url, "Host": "inner:8000"}
    assert client.post(f"{API}/sites", json={"name": "A"}, headers=headers).status_code == 201


@pytest.fixture
def secure(resources: Resources) -> Iterator[TestClient]:
    resources.settings = resources.settings.model_copy(update={"cookie_secure": True})
    with TestClient(create_app(resources.settings, resources), base_url="https://help.example") as client:
        assert client.portal is not None
        new = NewUser(name="admin", display_name="A", grants=everywhere(Role.ADMIN), password=PASSWORD)
        client.portal.call(resources.access.register, new)
        yield client


def test_over_https_the_cookie_is_one_that_no_neighbour_and_no_plain_page_can_set(secure: TestClient) -> None:
    answer = secure.post(f"{API}/sign-in", json=ADMIN)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-nearhand_session=")
    for said in ("Secure", "HttpOnly", "SameSite=strict", "Path=/"):
        assert said in cookie
    assert "Domain" not in cookie
    assert secure.get(f"{API}/me").status_code == 200
    value = secure.cookies["__Host-nearhand_session"]
    secure.cookies.clear()
    assert secure.get(f"{API}/me", headers={"Cookie": f"nearhand_session={value}"}).status_code == 401


def test_signing_out_takes_it_away_again(secure: TestClient) -> None:
    secure.post(f"{API}/sign-in", json=ADMIN)
    answer = secure.post(f"{API}/sign-out", headers={"Origin": "https://help.example"})
    assert answer.headers["set-cookie"].startswith('__Host-nearhand_session="";')
    assert "Secure" in answer.headers["set-cookie"]
    assert "__Host-nearhand_session" not in secure.cookies


def test_a_page_that_came_without_tls_may_not_act_on_one_with_it(secure: TestClient) -> None:
    secure.post(f"{API}/sign-in", json=ADMIN)
    answer = secure.post(f"{API}/sign-out", headers={"Origin": "http://help.example"})
    assert answer.json()["code"] == "foreign_origin"
