from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from nearhand.access.model import Role
from nearhand.access.tables import recovery_codes, totps
from nearhand.app import Resources, build_resources
from nearhand.kit.clock import FixedClock
from nearhand.kit.settings import Settings
from tests.support.account import API, Account, enter, refusal, totp
from tests.support.authenticator import Authenticator
from tests.support.people import PASSWORD

ORIGIN = "http://localhost:8000"
NAME = {"name": "expert", "password": PASSWORD}


@pytest.fixture(autouse=True)
def as_from_our_page(client: TestClient) -> None:
    """What a browser says of the page that asks; without it no cookie is worth anything."""
    client.headers["Origin"] = "http://testserver"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, password_tries_per_minute=1000, base_url=ORIGIN)


@pytest.fixture
def expert(client: TestClient) -> Account:
    return Account.signed_in(client, Role.EXPERT)


@pytest.fixture
def key() -> Authenticator:
    return Authenticator(ORIGIN)


def add_passkey(account: Account, key: Authenticator) -> Any:
    offer = account.done("POST", "me/passkeys/options")
    body = {"ticket": offer["ticket"], "credential": key.create(offer["options"]), "name": "Key"}
    return account.done("POST", "me/passkeys", body)


def use_passkey(client: TestClient, key: Authenticator, ticket: str | None = None, **wrong: Any) -> Any:
    offer = enter(client, "sign-in/passkey/options", ticket=ticket).json()
    credential = key.get(offer["options"], **wrong)
    return enter(client, "sign-in/passkey", ticket=offer["ticket"], credential=credential)


# -- authenticator app ------------------------------------------------------------------------------------------


def test_a_code_is_wanted_after_the_password_once_the_app_was_added(
    client: TestClient, expert: Account, clock: FixedClock
) -> None:
    secret, codes = expert.add_totp(clock.now())
    assert len(set(codes)) == 10
    step = enter(client, "sign-in", **NAME)
    assert step.json()["needs"] == ["totp", "recovery_code"]
    assert "set-cookie" not in step.headers
    done = enter(client, "sign-in/code", ticket=step.json()["ticket"], code=totp(secret, clock.now()))
    me = Account(client, done.json()["token"]).done("GET", "me")
    assert me["factors"] == {
        "has_password": True,
        "has_totp": True,
        "passkeys": 0,
        "recovery_codes_left": 10,
        "has_provider": False,
        "is_led": False,
    }


def test_the_offer_shows_the_same_secret_as_text_as_address_and_as_a_picture(expert: Account) -> None:
    offer = expert.done("POST", "me/totp")
    assert f"secret={offer['secret']}" in offer["url"]
    assert offer["url"].startswith("otpauth://totp/Nearhand:expert?")
    assert "<svg" in offer["qr_svg"]


def test_an_app_that_was_only_offered_does_not_count(client: TestClient, expert: Account) -> None:
    expert.done("POST", "me/totp")
    assert expert.code("POST", "me/totp/confirm", {"code": "000000"}) == (401, "wrong_code")
    assert "token" in enter(client, "sign-in", **NAME).json()


@pytest.mark.parametrize(
    ("off_s", "is_taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_a_phones_clock_may_be_off_by_one_step(
    client: TestClient, expert: Account, clock: FixedClock, off_s: int, is_taken: bool
) -> None:
    secret, _ = expert.add_totp(clock.now())
    clock.advance(120)
    ticket = enter(client, "sign-in", **NAME).json()["ticket"]
    code = totp(secret, clock.now() + timedelta(seconds=off_s))
    assert enter(client, "sign-in/code", ticket=ticket, code=code).is_success is is_taken


def test_a_code_works_once_even_within_its_step(
    client: TestClient, expert: Account, clock: FixedClock
) -> None:
    secret, _ = expert.add_totp(clock.now())
    code = totp(secret, clock.now())
    for expected in (200, 401):
        ticket = enter(client, "sign-in", **NAME).json()["ticket"]
        assert enter(client, "sign-in/code", ticket=ticket, code=code).status_code == expected


def test_the_code_that_confirmed_the_app_signs_nobody_in(
    client: TestClient, expert: Account, clock: FixedClock
) -> None:
    secret = expert.done("POST", "me/totp")["secret"]
    expert.done("POST", "me/totp/confirm", {"code": totp(secret, clock.now())})
    ticket = enter(client, "sign-in", **NAME).json()["ticket"]
    answer = enter(client, "sign-in/code", ticket=ticket, code=totp(secret, clock.now()))
    assert refusal(answer) == (401, "wrong_code")


def test_a_recovery_code_works_once_however_it_is_typed(
    client: TestClient, expert: Account, clock: FixedClock
) -> None:
    _, codes = expert.add_totp(clock.now())
    for typed, expected in ((codes[0].lower().replace("-", " "), 200), (codes[0], 401)):
        ticket = enter(client, "sign-in", **NAME).json()["ticket"]
        assert enter(client, "sign-in/code", ticket=ticket, code=typed).status_code == expected


def test_new_recovery_codes_end_the_old_ones(client: TestClient, expert: Account, clock: FixedClock) -> None:
    _, old = expert.add_totp(clock.now())
    new = expert.done("POST", "me/recovery-codes")["codes"]
    for code, expected in ((old[0], 401), (new[0], 200)):
        ticket = enter(client, "sign-in", **NAME).json()["ticket"]
        assert enter(client, "sign-in/code", ticket=ticket, code=code).status_code == expected


def test_guessing_codes_is_slowed_down(client: TestClient, expert: Account, clock: FixedClock) -> None:
    expert.add_totp(clock.now())
    ticket = enter(client, "sign-in", **NAME).json()["ticket"]
    codes = [enter(client, "sign-in/code", ticket=ticket, code="000000").status_code for _ in range(8)]
    assert codes[-1] == 429


def test_no_secret_of_a_factor_lies_open_in_the_database(
    client: TestClient, expert: Account, clock: FixedClock, resources: Resources
) -> None:
    secret, codes = expert.add_totp(clock.now())

    async def stored() -> str:
        async with resources.database.reading() as connection:
            rows = [
                *await connection.execute(select(totps)),
                *await connection.execute(select(recovery_codes)),
            ]
        return repr(rows)

    assert client.portal is not None
    text = client.portal.call(stored)
    assert secret not in text
    assert codes[0] not in text
    assert codes[0].replace("-", "") not in text


# -- tickets ----------------------------------------------------------------------------------------------------


def test_a_ticket_dies_after_minutes_and_after_its_use_and_no_other_is_taken(
    client: TestClient, expert: Account, clock: FixedClock
) -> None:
    secret, codes = expert.add_totp(clock.now())

    def second_step(ticket: str, code: str) -> tuple[int, str]:
        answer = enter(client, "sign-in/code", ticket=ticket, code=code)
        return answer.status_code, answer.json().get("code", "")

    ticket = enter(client, "sign-in", **NAME).json()["ticket"]
    body, mac = ticket.split(".")
    forged = f"{body[:-4]}AAAA.{mac}"
    assert second_step(forged, codes[0]) == (401, "ticket_dead")
    # A ticket of another purpose, signed by the same service.
    other = enter(client, "sign-in/passkey/options").json()["ticket"]
    assert second_step(other, codes[0]) == (401, "ticket_dead")
    assert second_step(ticket, codes[0])[0] == 200
    assert second_step(ticket, codes[1]) == (401, "ticket_dead")
    late = enter(client, "sign-in", **NAME).json()["ticket"]
    clock.advance(301)
    assert second_step(late, totp(secret, clock.now())) == (401, "ticket_dead")


def test_a_ticket_of_somebody_switched_off_meanwhile_lets_nobody_in(
    client: TestClient, expert: Account, clock: FixedClock
) -> None:
    _, codes = expert.add_totp(clock.now())
    ticket = enter(client, "sign-in", **NAME).json()["ticket"]
    user_id = expert.done("GET", "me")["user_id"]
    Account.signed_in(client, Role.ADMIN).done("PATCH", f"users/{user_id}", {"is_active": False})
    answer = enter(client, "sign-in/code", ticket=ticket, code=codes[0])
    assert refusal(answer) == (401, "wrong_credentials")


def test_a_ticket_dies_with_the_password_it_was_given_for(
    client: TestClient, expert: Account, clock: FixedClock, key: Authenticator
) -> None:
    _, codes = expert.add_totp(clock.now())
    add_passkey(expert, key)
    ticket = enter(client, "sign-in", **NAME).json()["ticket"]
    expert.done("POST", "me/password", {"old_password": PASSWORD, "new_password": "another long one"})
    assert refusal(enter(client, "sign-in/code", ticket=ticket, code=codes[0])) == (401, "ticket_dead")
    assert refusal(use_passkey(client, key, ticket)) == (401, "ticket_dead")
    assert use_passkey(client, key).status_code == 200


# -- passkeys ---------------------------------------------------------------------------------------------------


def test_a_passkey_signs_in_without_name_or_password(
    client: TestClient, expert: Account, key: Authenticator
) -> None:
    made = add_passkey(expert, key)
    assert (made["name"], made["is_synced"]) == ("Key", False)
    done = use_passkey(client, key)
    me = Account(client, done.json()["token"]).done("GET", "me")
    assert (me["name"], me["factors"]["passkeys"]) == ("expert", 1)
    assert expert.done("GET", "me/passkeys")[0]["last_used_at"] is not None


def test_a_passkey_is_the_second_step_after_the_password_of_its_owner_only(
    client: TestClient, expert: Account, key: Authenticator
) -> None:
    add_passkey(expert, key)
    other = Authenticator(ORIGIN)
    add_passkey(Account.signed_in(client, Role.TECHNICIAN), other)
    step = enter(client, "sign-in", **NAME).json()
    assert step["needs"] == ["passkey"]
    assert refusal(use_passkey(client, other, step["ticket"])) == (401, "wrong_passkey")
    assert use_passkey(client, key, step["ticket"]).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://elsewhere.example"}, {"origin": "http://localhost:9000"}, {"is_verified": False}],
)
def test_an_answer_for_another_origin_or_without_a_check_of_the_person_is_refused(
    client: TestClient, expert: Account, key: Authenticator, wrong: dict[str, Any]
) -> None:
    add_passkey(expert, key)
    assert refusal(use_passkey(client, key, **wrong)) == (401, "wrong_passkey")


def test_a_passkey_made_for_another_origin_is_not_taken(expert: Account, key: Authenticator) -> None:
    offer = expert.done("POST", "me/passkeys/options")
    credential = key.create(offer["options"], origin="https://elsewhere.example")
    body = {"ticket": offer["ticket"], "credential": credential, "name": "Key"}
    assert expert.code("POST", "me/passkeys", body) == (401, "wrong_passkey")


def test_an_answer_is_taken_once(client: TestClient, expert: Account, key: Authenticator) -> None:
    add_passkey(expert, key)
    offer = enter(client, "sign-in/passkey/options").json()
    body = {"ticket": offer["ticket"], "credential": key.get(offer["options"])}
    assert enter(client, "sign-in/passkey", **body).status_code == 200
    assert enter(client, "sign-in/passkey", **body).status_code == 401


def test_a_copied_passkey_shows_by_its_counter(
    client: TestClient, expert: Account, key: Authenticator
) -> None:
    add_passkey(expert, key)
    assert use_passkey(client, key).status_code == 200
    key.count = 0
    assert refusal(use_passkey(client, key)) == (401, "wrong_passkey")


def test_somebody_elses_registration_ticket_is_not_taken(
    client: TestClient, expert: Account, key: Authenticator
) -> None:
    offer = Account.signed_in(client, Role.TECHNICIAN).done("POST", "me/passkeys/options")
    body = {"ticket": offer["ticket"], "credential": key.create(offer["options"]), "name": "Key"}
    assert expert.code("POST", "me/passkeys", body) == (401, "wrong_passkey")


@pytest.mark.parametrize("credential", [{}, {"id": "x"}, {"id": "!", "response": 3}, {"id": {"a": []}}])
def test_nonsense_is_no_passkey(client: TestClient, expert: Account, credential: Any) -> None:
    ticket = enter(client, "sign-in/passkey/options").json()["ticket"]
    assert refusal(enter(client, "sign-in/passkey", ticket=ticket, credential=credential)) == (
        401,
        "wrong_passkey",
    )
    offer = expert.done("POST", "me/passkeys/options")
    body = {"ticket": offer["ticket"], "credential": credential, "name": "Key"}
    assert expert.code("POST", "me/passkeys", body) == (401, "wrong_passkey")


def test_a_removed_passkey_signs_nobody_in(client: TestClient, expert: Account, key: Authenticator) -> None:
    made = add_passkey(expert, key)
    expert.done("DELETE", f"me/passkeys/{made['id']}")
    assert expert.code("DELETE", f"me/passkeys/{made['id']}") == (404, "not_found")
    assert refusal(use_passkey(client, key)) == (401, "wrong_passkey")


def test_a_service_known_by_a_number_offers_no_passkeys(
    client: TestClient, expert: Account, resources: Resources
) -> None:
    policy = resources.access_means.policy
    assert client.get(f"{API}/sign-in").json()["has_passkeys"]
    resources.access_means.policy = policy.__class__(base_url="https://192.0.2.7:8000")
    assert client.get(f"{API}/sign-in").json()["has_passkeys"] is False
    assert expert.code("POST", "me/passkeys/options") == (409, "no_passkeys_here")


# -- elevation, and the house's policy --------------------------------------------------------------------------


def test_factors_are_changed_by_who_proved_to_be_themselves_a_moment_ago(
    expert: Account, clock: FixedClock
) -> None:
    clock.advance(601)
    assert expert.code("POST", "me/totp") == (403, "confirm_first")
    assert expert.code("POST", "me/confirm", {"password": "wrong"}) == (401, "wrong_credentials")
    expert.done("POST", "me/confirm", {"password": PASSWORD})
    expert.done("POST", "me/totp")


def test_the_sign_in_has_a_fresh_token_after_every_elevation_and_the_old_one_is_dead(
    client: TestClient, expert: Account, key: Authenticator, clock: FixedClock
) -> None:
    tokens = [expert.token]
    expert.done("POST", "me/confirm", {"password": PASSWORD})
    tokens.append(expert.token)
    expert.add_totp(clock.now())
    tokens.append(expert.token)
    add_passkey(expert, key)
    tokens.append(expert.token)
    expert.done("POST", "me/password", {"old_password": PASSWORD, "new_password": "another long one"})
    assert len(set(tokens)) == len(tokens)
    assert [Account(client, token).ask("GET", "me").status_code for token in tokens] == [401] * 4
    assert expert.done("GET", "me")["sign_in_id"]


def test_a_cookie_is_renewed_as_a_cookie(client: TestClient) -> None:
    client.post(f"{API}/sign-in", json=NAME)
    before = client.cookies["nearhand_session"]
    answer = client.post(f"{API}/me/confirm", json={"password": PASSWORD})
    assert answer.json() == {"token": None}
    assert client.cookies["nearhand_session"] != before
    assert client.get(f"{API}/me").status_code == 200


@pytest.fixture
def strict(client: TestClient, resources: Resources) -> TestClient:
    means = resources.access_means
    means.policy = means.policy.__class__(base_url=ORIGIN, second_factor_roles=frozenset({Role.EXPERT}))
    return client


def test_whose_role_wants_a_second_factor_may_nothing_but_add_it(
    strict: TestClient, expert: Account, clock: FixedClock
) -> None:
    me = expert.done("GET", "me")
    assert (me["must_enrol"], me["permissions"], me["grants"]) == (True, [], [])
    assert expert.code("GET", "devices") == (403, "not_permitted")
    until = (clock.now() + timedelta(days=1)).isoformat()
    token = {"name": "x", "permissions": ["devices.read"], "expires_at": until}
    assert expert.code("POST", "me/tokens", token) == (403, "scope_too_wide")
    expert.add_totp(clock.now())
    assert expert.done("GET", "me")["must_enrol"] is False
    expert.done("GET", "devices")
    assert expert.code("DELETE", "me/totp") == (409, "last_factor")
    assert Account.signed_in(strict, Role.TECHNICIAN).done("GET", "me")["must_enrol"] is False


def test_the_last_passkey_of_an_account_without_a_password_stays(
    client: TestClient, key: Authenticator
) -> None:
    admin = Account.signed_in(client, Role.ADMIN)
    new = {"display_name": "Ada", "grants": [{"role": "observer"}]}
    token = admin.done("POST", "invitations", new)["url"].partition("#")[2]
    ada = Account(client, enter(client, "invitations/accept", token=token, name="ada").json()["token"])
    made = add_passkey(ada, key)
    assert ada.code("DELETE", f"me/passkeys/{made['id']}") == (409, "last_factor")
    assert refusal(enter(client, "sign-in", name="ada", password="")) == (401, "wrong_credentials")
    assert use_passkey(client, key).status_code == 200


def test_an_administrator_takes_away_the_factors_of_who_lost_their_phone(
    client: TestClient, expert: Account, clock: FixedClock, key: Authenticator
) -> None:
    expert.add_totp(clock.now())
    add_passkey(expert, key)
    user_id = expert.done("GET", "me")["user_id"]
    Account.signed_in(client, Role.ADMIN).done("DELETE", f"users/{user_id}/factors")
    assert expert.ask("GET", "me").status_code == 401
    assert Account.named(client, "expert").done("GET", "me")["factors"]["has_totp"] is False


def test_a_role_nobody_has_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="king"):
        build_resources(Settings(data_dir=tmp_path, second_factor_roles=("king",)))
