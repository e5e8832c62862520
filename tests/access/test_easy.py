import gzip
from contextlib import suppress

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.easy import _COMMON, PasswordTooEasy, refuse_easy
from nearhand.access.model import Role
from tests.support.account import Account, enter, refusal
from tests.support.people import PASSWORD

TOO_EASY = (422, "password_too_easy")


@pytest.mark.parametrize(
    "password",
    [
        "qwertyuiop",
        "1234567890",
        "Password123",
        "1Q2W3E4R5T",
        "Nearhand2026",
        "nearhand-admin",
        "mei.lin1234",
    ],
)
def test_what_many_people_have_or_anybody_knows_is_refused(password: str) -> None:
    with pytest.raises(PasswordTooEasy):
        refuse_easy(password, "mei.lin", "Mei Lin")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery",
        "the admin walks at noon",
        "ten digits 4",
        "密碼很長又沒有人猜得到喔",
        "zzzz zzzz zzzz!",
    ],
)
def test_any_mixture_of_characters_is_taken_also_around_a_known_word(password: str) -> None:
    refuse_easy(password, "mei.lin", "Mei Lin", "an")


@given(st.text(min_size=10, max_size=200), st.lists(st.text(max_size=80), max_size=3))
def test_whatever_is_typed_gets_an_answer(password: str, known: list[str]) -> None:
    with suppress(PasswordTooEasy):
        refuse_easy(password, *known)


def test_the_list_holds_more_than_three_thousand_that_our_length_would_let_in() -> None:
    with gzip.open(_COMMON, "rt", encoding="ascii") as file:
        listed = [line.rstrip("\n") for line in file if not line.startswith("#")]
    assert len(set(listed)) == 10_000
    assert all(len(password) >= 10 and password == password.casefold() for password in listed)


def test_every_door_that_sets_a_password_refuses_an_easy_one_and_nothing_is_used_up(
    client: TestClient,
) -> None:
    admin = Account.signed_in(client, Role.ADMIN)
    grants = [{"role": "expert"}]
    new = {"name": "mei.lin", "display_name": "Mei Lin", "grants": grants}
    assert admin.code("POST", "users", new | {"password": "mei.lin-2026"}) == TOO_EASY

    invitation = admin.done("POST", "invitations", {"display_name": "Mei Lin", "grants": grants})
    given = {"token": invitation["url"].partition("#")[2], "name": "mei.lin"}
    assert refusal(enter(client, "invitations/accept", **given, password="Basketball")) == TOO_EASY
    assert enter(client, "invitations/accept", **given, password=PASSWORD).status_code == 201

    mei = Account.named(client, "mei.lin")
    change = {"old_password": PASSWORD, "new_password": "mei lin 1999"}
    assert mei.code("POST", "me/password", change) == TOO_EASY

    link = admin.done("POST", f"users/{mei.done('GET', 'me')['user_id']}/reset-link")
    use = {"token": link["url"].partition("#")[2]}
    assert refusal(enter(client, "password-resets/use", **use, password="manchester")) == TOO_EASY
    assert enter(client, "password-resets/use", **use, password="a whole new password").status_code == 204
