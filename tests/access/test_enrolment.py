import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.actor import COOKIE
from nearhand.access.model import Role
from nearhand.kit.clock import FixedClock
from tests.support.account import API, Account, enter, refusal
from tests.support.people import PASSWORD

PIN = {"pin": "135790"}


@pytest.fixture
def technician(client: TestClient) -> Account:
    return Account.signed_in(client, Role.TECHNICIAN)


def offered(account: Account, **more: Any) -> str:
    made = account.done("POST", "enrolments", {"device_name": "Phone 7"} | more)
    assert "/enrol#" in made["url"]
    assert "<svg" in made["qr_svg"]
    return str(made["url"].partition("#")[2])


@pytest.fixture
def phone(client: TestClient, technician: Account) -> Account:
    """Enrolled, with a PIN."""
    phone = Account(client, enter(client, "enrolments/use", token=offered(technician)).json()["token"])
    phone.done("POST", "me/pin", PIN)
    return phone


def test_a_phone_that_scans_the_code_is_signed_in_for_long(
    client: TestClient, technician: Account, clock: FixedClock
) -> None:
    token = offered(technician)
    phone = Account(client, enter(client, "enrolments/use", token=token).json()["token"])
    clock.advance(100 * 24 * 3600)
    me = phone.done("GET", "me")
    assert (me["name"], me["signed_in_by"], me["device_name"]) == ("technician", "device", "Phone 7")
    assert me["has_pin"] is me["is_locked"] is False
    assert refusal(enter(client, "enrolments/use", token=token)) == (404, "link_dead")
    clock.advance(81 * 24 * 3600)
    assert phone.ask("GET", "me").status_code == 401


def test_a_browsers_phone_gets_a_cookie_that_lasts(client: TestClient, technician: Account) -> None:
    answer = client.post(f"{API}/enrolments/use", json={"token": offered(technician)})
    assert answer.json()["token"] is None
    assert "Max-Age=15552000" in answer.headers["set-cookie"]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert client.cookies[COOKIE]


def test_a_code_says_before_it_is_used_as_whom_it_signs_in_and_until_when(
    client: TestClient, technician: Account, clock: FixedClock
) -> None:
    token = offered(technician)
    shown = enter(client, "enrolments/show", token=token).json()
    assert (shown["device_name"], shown["display_name"]) == (
        "Phone 7",
        technician.done("GET", "me")["display_name"],
    )
    assert datetime.fromisoformat(shown["signed_in_until"]) == clock.now() + timedelta(days=180)
    assert enter(client, "enrolments/use", token=token).status_code == 201
    assert refusal(enter(client, "enrolments/show", token=token)) == (404, "link_dead")


def test_a_code_not_scanned_in_ten_minutes_is_dead(
    client: TestClient, technician: Account, clock: FixedClock
) -> None:
    token = offered(technician)
    clock.advance(601)
    assert refusal(enter(client, "enrolments/use", token=token)) == (404, "link_dead")


def test_an_administrator_enrols_the_phone_of_another_and_nobody_else_does(
    client: TestClient, technician: Account
) -> None:
    technician_id = technician.done("GET", "me")["user_id"]
    token = offered(Account.signed_in(client, Role.ADMIN), user_id=technician_id)
    phone = Account(client, enter(client, "enrolments/use", token=token).json()["token"])
    assert phone.done("GET", "me")["name"] == "technician"
    expert = Account.signed_in(client, Role.EXPERT)
    body = {"device_name": "x", "user_id": technician_id}
    assert expert.code("POST", "enrolments", body) == (404, "not_found")


def test_a_code_of_somebody_switched_off_is_dead(client: TestClient, technician: Account) -> None:
    token = offered(technician)
    user_id = technician.done("GET", "me")["user_id"]
    Account.signed_in(client, Role.ADMIN).done("PATCH", f"users/{user_id}", {"is_active": False})
    assert refusal(enter(client, "enrolments/use", token=token)) == (404, "link_dead")


def test_a_lost_phone_is_ended_from_elsewhere(
    client: TestClient, technician: Account, phone: Account
) -> None:
    listed = technician.done("GET", "me/sign-ins")["items"]
    (lost,) = [one for one in listed if one["kind"] == "device"]
    assert lost["device_name"] == "Phone 7"
    technician.done("DELETE", f"me/sign-ins/{lost['id']}")
    assert phone.ask("GET", "me").status_code == 401


def test_a_locked_phone_may_nothing_but_say_so_and_be_unlocked(client: TestClient, phone: Account) -> None:
    phone.done("POST", "me/lock")
    for method, path in (
        ("GET", "devices"),
        ("GET", "me/sign-ins"),
        ("POST", "sessions"),
        ("POST", "me/lock"),
    ):
        assert phone.code(method, path) == (401, "locked")
    me = phone.done("GET", "me")
    assert (me["is_locked"], me["permissions"], me["grants"], me["email"]) == (True, [], [], None)
    before = phone.token
    phone.done("POST", "me/unlock", PIN)
    assert phone.token != before
    assert Account(client, before).ask("GET", "me").status_code == 401
    phone.done("GET", "devices")


def test_an_idle_phone_is_locked_and_one_without_a_pin_is_not(
    client: TestClient, technician: Account, phone: Account, clock: FixedClock
) -> None:
    without = Account(client, enter(client, "enrolments/use", token=offered(technician)).json()["token"])
    clock.advance(14 * 60)
    phone.done("GET", "devices")
    clock.advance(15 * 60 + 1)
    assert phone.code("GET", "devices") == (401, "locked")
    # Being asked while locked does not wake it.
    assert phone.code("GET", "devices") == (401, "locked")
    without.done("GET", "devices")


def test_a_phone_whose_pin_was_guessed_at_five_times_is_signed_out(phone: Account) -> None:
    phone.done("POST", "me/lock")
    codes = [phone.code("POST", "me/unlock", {"pin": f"00000{n}"}) for n in range(6)]
    assert codes == [*[(401, "wrong_pin")] * 4, (401, "wrong_credentials"), (401, "unauthenticated")]
    assert phone.code("POST", "me/unlock", PIN) == (401, "unauthenticated")


def test_a_locked_phone_says_how_many_tries_are_left_and_what_locks_it(
    client: TestClient, technician: Account, phone: Account
) -> None:
    assert phone.done("GET", "me")["locks_after_s"] == 15 * 60
    phone.done("POST", "me/lock")
    assert phone.done("GET", "me")["pin_tries_left"] == 5
    phone.code("POST", "me/unlock", {"pin": "000000"})
    assert phone.done("GET", "me")["pin_tries_left"] == 4
    me = technician.done("GET", "me")
    assert me["pin_tries_left"] is me["locks_after_s"] is None


async def test_guessing_many_pins_at_once_gives_no_more_tries(phone: Account) -> None:
    phone.done("POST", "me/lock")
    guesses = [f"{n:06}" for n in range(12)]
    answers = await asyncio.gather(
        *(asyncio.to_thread(phone.ask, "POST", "me/unlock", {"pin": pin}) for pin in guesses)
    )
    assert {answer.status_code for answer in answers} == {401}
    assert phone.ask("GET", "me").status_code == 401


def test_the_right_pin_forgets_the_wrong_ones(phone: Account) -> None:
    for _ in range(3):
        phone.done("POST", "me/lock")
        for _ in range(4):
            assert phone.code("POST", "me/unlock", {"pin": "000000"}) == (401, "wrong_pin")
        phone.done("POST", "me/unlock", PIN)


@pytest.mark.parametrize("pin", ["12345", "1234567", "abcdef", "", "１２３４５６"])
def test_a_pin_is_six_digits(phone: Account, pin: str) -> None:
    assert phone.ask("POST", "me/pin", {"pin": pin}).status_code == 422


def test_only_an_enrolled_device_has_a_pin_and_changing_it_asks_who_it_is(
    technician: Account, phone: Account, clock: FixedClock
) -> None:
    assert technician.code("POST", "me/pin", PIN) == (409, "not_a_device")
    assert technician.code("POST", "me/lock") == (409, "not_a_device")
    assert technician.code("POST", "me/unlock", PIN) == (409, "not_a_device")
    clock.advance(601)
    assert phone.code("POST", "me/pin", {"pin": "000000"}) == (403, "confirm_first")
    phone.done("POST", "me/confirm", {"password": PASSWORD})
    phone.done("POST", "me/pin", {"pin": "000000"})


def test_enrolling_asks_who_it_is(technician: Account, clock: FixedClock) -> None:
    clock.advance(601)
    assert technician.code("POST", "enrolments", {"device_name": "x"}) == (403, "confirm_first")
