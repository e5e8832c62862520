"""Single sign-on by a real provider, and what a forger, a thief and a neighbour get from it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from nearhand.access.model import HOUSE, NewUser, Role, Where, everywhere
from nearhand.access.oidc import rules_of
from nearhand.access.passwords import Passwords
from nearhand.app import Resources, build_resources, create_app
from nearhand.devices.places import where_named
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.settings import Settings
from tests.support.account import Account, refusal, totp
from tests.support.factories import Registry
from tests.support.people import PASSWORD, QUICK
from tests.support.provider import CLIENT_ID, SECRET, RunningProvider, running_provider

API = "/api/v1"
HOME = "http://testserver"
RULES = (
    {"group": "dc-admins", "role": "admin"},
    {"group": "dc-north", "role": "technician", "site": "Hall North"},
    {"group": "dc-gone", "role": "admin", "site": "Hall that is not there"},
)


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    with running_provider(tmp_path_factory.mktemp("provider"), HOME) as provider:
        yield provider


@pytest.fixture
def settings(tmp_path: Path, provider: RunningProvider) -> Settings:
    return Settings(
        data_dir=tmp_path,
        password_tries_per_minute=1000,
        base_url=HOME,
        oidc_issuer=provider.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=SecretStr(SECRET),
        oidc_name="House",
        oidc_grants=RULES,
    )


@pytest.fixture
def resources(settings: Settings) -> Resources:
    """By the real clock, which the provider goes by."""
    return build_resources(settings, passwords=Passwords(QUICK))


@pytest.fixture
def client(resources: Resources) -> Iterator[TestClient]:
    with TestClient(create_app(resources.settings, resources), base_url=HOME) as client:
        assert client.portal is not None
        admin = NewUser(name="admin", display_name="Admin", grants=everywhere(Role.ADMIN), password=PASSWORD)
        client.portal.call(resources.access.register, admin)
        yield client
        assert resources.ledger.unrecorded == set()


class Browser:
    """One that sets out for the provider and comes back, with its own cookies."""

    def __init__(self, client: TestClient, provider: RunningProvider) -> None:
        self.client, self.provider = client, provider
        client.cookies.clear()

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """As a page of ours does."""
        return self.client.post(f"{API}/{path}", json=body, headers={"Origin": HOME})

    def begin(self, to: str = "/console/", **more: Any) -> str:
        answer = self.post("sign-in/provider", {"to": to, **more})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["url"])

    def there(self, login: str, **more: Any) -> dict[str, str]:
        """What the provider sends back with the browser."""
        back = self.provider.visit(self.begin(**more), login)
        assert back.startswith(f"{HOME}/signed-in?")
        return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}

    def finish(self, given: dict[str, str]) -> Any:
        given = {name: given[name] for name in ("code", "state", "iss", "error") if name in given}
        return self.post("sign-in/provider/finish", given)

    def sign_in(self, login: str, **more: Any) -> Any:
        return self.finish(self.there(login, **more))

    def me(self) -> Any:
        return self.client.get(f"{API}/me").json()


@pytest.fixture
def browser(client: TestClient, provider: RunningProvider) -> Browser:
    return Browser(client, provider)


def admin(client: TestClient) -> Account:
    """Beside whoever the client's cookies are."""
    kept = dict(client.cookies)
    client.cookies.clear()
    account = Account.named(client, "admin")
    client.cookies.update(kept)
    return account


# -- the way in -------------------------------------------------------------------------------------------------


def test_the_sign_in_page_is_told_of_the_provider(client: TestClient) -> None:
    assert client.get(f"{API}/sign-in").json()["provider"] == "House"


def test_whoever_is_in_a_group_comes_in_with_what_it_gives(
    browser: Browser, provider: RunningProvider
) -> None:
    provider.know("ada", groups=["dc-admins", "choir"])
    answer = browser.sign_in("ada", to="/console/devices?q=switch")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["to"], answer.json()["token"]) == ("/console/devices?q=switch", None)
    me = browser.me()
    assert (me["name"], me["display_name"], me["role"]) == ("ada", "Ada", "admin")
    assert me["factors"] == {
        "has_password": False,
        "has_totp": False,
        "passkeys": 0,
        "recovery_codes_left": 0,
        "has_provider": True,
        "is_led": True,
    }
    assert me["signed_in_by"] == "browser"


def test_the_request_has_a_challenge_a_state_and_a_nonce(browser: Browser) -> None:
    asked = parse_qs(urlsplit(browser.begin("/field/d/ABC")).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert asked["redirect_uri"] == [f"{HOME}/signed-in"]
    assert asked["state"][0].startswith("field.")
    assert len(asked["nonce"][0]) > 20
    cookie = next(c for c in browser.client.cookies.jar if c.name == "nearhand_provider")
    assert cookie.value is not None
    assert asked["state"][0] not in cookie.value
    assert {name.lower() for name in cookie._rest} >= {"httponly", "samesite"}  # type: ignore[attr-defined]


def test_the_way_back_leads_to_the_app_that_set_out(client: TestClient) -> None:
    for state, app in (("field.x", "field"), ("console.x", "console"), ("//evil.example", "console")):
        answer = client.get("/signed-in", params={"state": state, "code": "c"}, follow_redirects=False)
        assert answer.headers["location"].startswith(f"/{app}/signed-in#")


def test_the_same_person_is_the_same_account_again(browser: Browser, provider: RunningProvider) -> None:
    provider.know("bea", groups=["dc-admins"])
    browser.sign_in("bea")
    first = browser.me()["user_id"]
    provider.know("bea", groups=["dc-admins"], preferred_username="beatrice", name="Beatrice")
    browser.sign_in("bea")
    assert browser.me()["user_id"] == first


def test_a_group_at_a_site_gives_that_site_alone(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    new = {"name": "Hall North", "address": "", "timezone": "UTC"}
    site = admin(client).done("POST", "sites", new)
    provider.know("cai", groups=["dc-north"])
    browser.sign_in("cai")
    where = {"tenant_id": None, "site_id": site["id"], "rack_id": None}
    assert browser.me()["grants"] == [{"role": "technician", **where}]


# -- who does not come in -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("groups", [None, [], ["choir"], ["dc-gone"], ["dc-north"], ["DC-ADMINS"]])
def test_without_a_group_that_gives_something_nobody_comes_in(
    browser: Browser, provider: RunningProvider, groups: list[str] | None
) -> None:
    """Nor by one whose site is not there: a place that is gone must not widen what a rule gives."""
    provider.know("dan", groups=groups)
    assert refusal(browser.sign_in("dan")) == (403, "no_group")
    assert browser.client.get(f"{API}/me").status_code == 401


def test_whoever_left_their_groups_is_out_of_other_browsers_too(
    browser: Browser, provider: RunningProvider
) -> None:
    provider.know("eva", groups=["dc-admins"])
    browser.sign_in("eva")
    before = dict(browser.client.cookies)
    provider.know("eva", groups=[])
    assert refusal(browser.sign_in("eva")) == (403, "no_group")
    browser.client.cookies.clear()
    browser.client.cookies.update(before)
    assert browser.client.get(f"{API}/me").status_code == 401


def test_less_groups_are_less_grants(
    browser: Browser, provider: RunningProvider, client: TestClient, resources: Resources
) -> None:
    admin(client).done("POST", "sites", {"name": "Hall North", "address": "", "timezone": "UTC"})
    provider.know("fay", groups=["dc-admins", "dc-north"])
    browser.sign_in("fay")
    assert browser.me()["role"] == "admin"
    told: list[str] = []
    resources.access_means.watch(told.append)
    provider.know("fay", groups=["dc-north"])
    browser.sign_in("fay")
    assert told == [browser.me()["user_id"]]  # open sockets are looked at again
    assert browser.me()["role"] == "technician"


def test_whoever_says_no_there_is_not_let_in_here(browser: Browser) -> None:
    assert refusal(browser.sign_in("")) == (403, "provider_refused")


def test_an_account_that_is_off_stays_out(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    provider.know("gus", groups=["dc-admins"])
    browser.sign_in("gus")
    admin(client).done("PATCH", f"users/{browser_id(client, 'gus')}", {"is_active": False})
    assert refusal(browser.sign_in("gus")) == (403, "account_off")


def test_a_name_as_somebody_else_has_is_not_that_account(browser: Browser, provider: RunningProvider) -> None:
    """Nor would an e-mail address be: only issuer and subject say who it is."""
    provider.know("intruder", groups=["dc-admins"], preferred_username="admin", email="admin@house.example")
    browser.sign_in("intruder")
    me = browser.me()
    assert me["name"].startswith("admin-")
    assert me["email"] is None


# -- attacks --------------------------------------------------------------------------------------------------------


def test_a_code_works_once(browser: Browser, provider: RunningProvider) -> None:
    provider.know("hal", groups=["dc-admins"])
    given = browser.there("hal")
    kept = dict(browser.client.cookies)
    assert browser.finish(given).status_code == 200
    browser.client.cookies.clear()
    assert refusal(browser.finish(given)) == (401, "ticket_dead")
    browser.client.cookies.update(kept)
    assert refusal(browser.finish(given)) == (401, "ticket_dead")


def test_a_code_in_another_sign_in_is_refused_by_its_challenge(
    browser: Browser, provider: RunningProvider
) -> None:
    """Somebody's stolen code, under the thief's own state: the verifier is another."""
    provider.know("ida", groups=["dc-admins"])
    stolen = browser.there("ida")["code"]
    provider.know("thief", groups=["choir"])
    given = browser.there("thief") | {"code": stolen}
    assert refusal(browser.finish(given)) == (403, "provider_refused")


@pytest.mark.parametrize("state", ["", "console.forged", "é", "\x00"])
def test_a_forged_state_is_refused(browser: Browser, provider: RunningProvider, state: str) -> None:
    provider.know("jan", groups=["dc-admins"])
    assert refusal(browser.finish(browser.there("jan") | {"state": state})) == (401, "ticket_dead")


def test_a_browser_that_did_not_set_out_is_let_in_as_nobody(
    browser: Browser, provider: RunningProvider
) -> None:
    """Else a page could sign its visitors in as somebody else."""
    provider.know("kit", groups=["dc-admins"])
    given = browser.there("kit")
    browser.client.cookies.clear()
    assert refusal(browser.finish(given)) == (401, "ticket_dead")
    browser.client.cookies.set("nearhand_provider", "AAAA")
    assert refusal(browser.finish(given)) == (401, "ticket_dead")


def test_an_answer_of_another_issuer_is_refused(browser: Browser, provider: RunningProvider) -> None:
    provider.know("leo", groups=["dc-admins"])
    for iss in ("https://evil.example", None):
        given = {k: v for k, v in (browser.there("leo") | {"iss": iss}).items() if v is not None}
        assert refusal(browser.finish(given)) == (403, "provider_untrue")


def test_another_sites_page_may_neither_begin_nor_finish(client: TestClient) -> None:
    for path, body in (("", {"to": "/console/"}), ("/finish", {"state": "s", "code": "c"})):
        answer = client.post(
            f"{API}/sign-in/provider{path}", json=body, headers={"Origin": "https://evil.example"}
        )
        assert refusal(answer) == (403, "foreign_origin")


@pytest.mark.parametrize(
    "to",
    [
        *("https://evil.example", "//evil.example", "/\\evil.example", "/console\n//evil", "/consoles", "/"),
        *("/api/v1/sign-out", "/console//evil", "javascript:alert(1)", "/field@evil.example", "/console/#x"),
        *("/console/../api/v1/me", "/console/%2e%2e/x", "/console/\u4e2d"),
    ],
)
def test_nobody_is_sent_on_to_anywhere_but_our_apps(browser: Browser, to: str) -> None:
    assert browser.post("sign-in/provider", {"to": to}).status_code == 422


def test_too_late_is_too_late(settings: Settings, provider: RunningProvider) -> None:
    clock = FixedClock()
    resources = build_resources(settings, clock=clock)
    with TestClient(create_app(settings, resources), base_url=HOME) as client:
        late = Browser(client, provider)
        state = parse_qs(urlsplit(late.begin()).query)["state"][0]
        clock.advance(16 * 60)
        assert refusal(late.finish({"state": state, "code": "c"})) == (401, "ticket_dead")


# -- the second factor ----------------------------------------------------------------------------------------------


@pytest.fixture
def strict(settings: Settings) -> Settings:
    return settings.model_copy(update={"second_factor_roles": ("admin",)})


@pytest.fixture
def strict_browser(strict: Settings, provider: RunningProvider) -> Iterator[Browser]:
    with TestClient(
        create_app(strict, build_resources(strict, passwords=Passwords(QUICK))), base_url=HOME
    ) as client:
        yield Browser(client, provider)


def test_who_used_a_second_factor_there_needs_none_here(
    strict_browser: Browser, provider: RunningProvider
) -> None:
    provider.know("nell", groups=["dc-admins"], amr=["pwd", "mfa"])
    strict_browser.sign_in("nell")
    assert (strict_browser.me()["must_enrol"], strict_browser.me()["role"]) == (False, "admin")


@pytest.mark.parametrize("amr", [None, ["pwd"], ["MFA"]])
def test_who_used_none_there_may_only_add_one_here(
    strict_browser: Browser, provider: RunningProvider, amr: list[str] | None
) -> None:
    provider.know("ona", groups=["dc-admins"], amr=amr)
    strict_browser.sign_in("ona")
    me = strict_browser.me()
    assert (me["must_enrol"], me["permissions"]) == (True, [])


def test_an_accounts_own_second_factor_is_asked_for(
    browser: Browser, provider: RunningProvider, resources: Resources
) -> None:
    provider.know("pia", groups=["dc-admins"])
    browser.sign_in("pia")
    secret = browser.post("me/totp", {}).json()["secret"]
    code = totp(secret, resources.clock.now())
    codes = browser.post("me/totp/confirm", {"code": code}).json()["codes"]
    answer = browser.sign_in("pia").json()
    assert (answer["needs"], answer["to"]) == (["totp", "recovery_code"], "/console/")
    body = {"ticket": answer["ticket"], "code": codes[0]}
    assert browser.post("sign-in/code", body).status_code == 200
    provider.know("pia", groups=["dc-admins"], amr=["mfa"])
    assert browser.sign_in("pia").json()["actor"]["role"] == "admin"


# -- what the provider leads ----------------------------------------------------------------------------------------


def test_a_led_account_gets_no_other_way_in(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    """Else who left the house would still come in by a password of long ago."""
    provider.know("quin", groups=["dc-admins"])
    browser.sign_in("quin")
    assert refusal(browser.post("me/password", {"new_password": PASSWORD})) == (409, "led_by_provider")
    boss, user_id = admin(client), browser_id(client, "quin")
    assert boss.code("POST", f"users/{user_id}/reset-link") == (409, "led_by_provider")
    grants = {"grants": [{"role": "observer"}]}
    assert boss.code("PUT", f"users/{user_id}/grants", grants) == (409, "led_by_provider")


def test_an_invitation_links_whoever_comes_back_with_it(
    browser: Browser, provider: RunningProvider, client: TestClient
) -> None:
    invited = {"display_name": "Rae of Elsewhere", "grants": [{"role": "expert"}]}
    token = admin(client).done("POST", "invitations", invited)["url"].partition("#")[2]
    provider.know("rae", groups=["choir"])
    assert browser.sign_in("rae", invitation=token).status_code == 200
    me = browser.me()
    assert (me["display_name"], me["name"], me["role"]) == ("Rae of Elsewhere", "rae", "expert")
    assert browser.sign_in("rae").status_code == 200
    assert browser.me()["role"] == "expert"
    provider.know("sam", groups=["choir"])
    assert refusal(browser.sign_in("sam", invitation=token)) == (404, "link_dead")
    again = admin(client).done("POST", "invitations", invited)["url"].partition("#")[2]
    browser.client.cookies.clear()
    assert refusal(browser.sign_in("rae", invitation=again)) == (409, "identity_taken")


# -- the ledger, and the way out ------------------------------------------------------------------------------------


def test_what_the_provider_said_is_on_record(
    browser: Browser, provider: RunningProvider, client: TestClient, resources: Resources
) -> None:
    provider.know("tom", groups=["dc-admins"], amr=["pwd", "otp"])
    browser.sign_in("tom")
    assert client.portal is not None
    client.portal.call(resources.ledger.seal)
    text = json.dumps(admin(client).done("GET", "audit/entries?limit=50"))
    assert '"amr": ["pwd", "otp"]' in text
    assert provider.issuer in text


def test_the_provider_has_an_address_to_sign_out_at(browser: Browser, provider: RunningProvider) -> None:
    answer = browser.post("sign-out/provider", {})
    url = urlsplit(answer.json()["url"])
    assert answer.json()["url"].startswith(provider.issuer)
    assert parse_qs(url.query) == {"client_id": [CLIENT_ID], "post_logout_redirect_uri": [f"{HOME}/"]}


def test_a_forged_word_of_a_sign_out_ends_nothing(client: TestClient) -> None:
    for token in ("x", "a.b.c", "eyJhbGciOiJub25lIn0.e30."):
        answer = client.post(f"{API}/sign-out/by-provider", data={"logout_token": token})
        assert refusal(answer) == (403, "provider_untrue")


def test_without_a_provider_the_doors_say_so(tmp_path: Path) -> None:
    bare = Settings(data_dir=tmp_path / "bare")
    with TestClient(create_app(bare, build_resources(bare)), base_url=HOME) as client:
        assert client.get(f"{API}/sign-in").json()["provider"] is None
        for path, body in (("", {"to": "/console/"}), ("/finish", {"state": "s", "code": "c"})):
            assert refusal(client.post(f"{API}/sign-in/provider{path}", json=body)) == (404, "no_provider")


def test_a_provider_that_is_down_leaves_the_other_ways(tmp_path: Path) -> None:
    alone = Settings(
        data_dir=tmp_path / "alone", oidc_issuer="http://127.0.0.1:9", oidc_client_id=CLIENT_ID, base_url=HOME
    )
    resources = build_resources(alone, passwords=Passwords(QUICK))
    with TestClient(create_app(alone, resources), base_url=HOME) as client:
        answer = client.post(f"{API}/sign-in/provider", json={"to": "/console/"})
        assert refusal(answer) == (503, "provider_down")
        assert client.portal is not None
        new = NewUser(name="admin", display_name="A", grants=everywhere(Role.ADMIN), password=PASSWORD)
        client.portal.call(resources.access.register, new)
        assert Account.named(client, "admin").done("GET", "me")["role"] == "admin"


def browser_id(client: TestClient, name: str) -> str:
    people = admin(client).done("GET", "users?limit=200")["items"]
    return next(str(one["id"]) for one in people if one["name"] == name)


# -- places by their names --------------------------------------------------------------------------------------------


def test_a_rule_is_read_from_a_file_as_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "groups.json"
    file.write_text('[{"group": "dc-north", "role": "technician", "site": "Hall North"}]\n')
    monkeypatch.setenv("NEARHAND_OIDC_GRANTS_FILE", str(file))
    (rule,) = rules_of(Settings().oidc_grants)
    assert (rule.group, rule.role, rule.site) == ("dc-north", Role.TECHNICIAN, "Hall North")


@pytest.mark.parametrize(
    "rule",
    [
        {"group": "a", "role": "king"},
        {"group": "", "role": "admin"},
        {"role": "admin"},
        {"group": "a", "role": "admin", "rack": "R1"},
        {"group": "a", "role": "admin", "sight": "Hall North"},  # a slip must not give the role everywhere
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="GroupGrant"):
        rules_of([rule])


async def test_places_are_found_by_their_names_or_not_at_all(any_database: Database) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        site = await registry.site()
        rack = await registry.rack(site)
        found = await where_named(connection, None, site.name, rack.name)
        assert found == Where(site_id=site.id, rack_id=rack.id)
        assert await where_named(connection, None, None, None) == HOUSE
        assert await where_named(connection, "Nobody", None, None) is None
        assert await where_named(connection, None, site.name, "no rack") is None
        assert await where_named(connection, None, "no site", rack.name) is None
        assert await where_named(connection, "Nobody", site.name, None) is None
