import socket
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message as MessageHandler
from fastapi.testclient import TestClient

from nearhand.access.model import Role
from nearhand.app import Resources, mail_of
from nearhand.audit import recording
from nearhand.kit.clock import FixedClock
from nearhand.kit.settings import Settings
from tests.support.account import Account, enter, refusal
from tests.support.factories import Registry
from tests.support.people import PASSWORD

NEW = "a whole new password"


@pytest.fixture
def admin(client: TestClient) -> Account:
    return Account.signed_in(client, Role.ADMIN)


@pytest.fixture
def tenants(client: TestClient, resources: Resources) -> tuple[str, str]:
    async def register() -> tuple[str, str]:
        async with resources.database.transaction() as connection:
            registry = Registry(connection)
            one, other = await registry.tenant(name="One"), await registry.tenant(name="Other")
            return one.id, other.id

    assert client.portal is not None
    return client.portal.call(register)


@pytest.fixture
def landlord(client: TestClient, admin: Account, tenants: tuple[str, str]) -> Account:
    """An administrator of the first tenant."""
    grants = [{"role": "admin", "tenant_id": tenants[0]}]
    admin.done(
        "POST", "users", {"name": "landlord", "display_name": "L", "grants": grants, "password": PASSWORD}
    )
    return Account.named(client, "landlord")


def user_id(account: Account) -> str:
    return str(account.done("GET", "me")["user_id"])


def token_in(link: Any) -> str:
    return str(link["url"].partition("#")[2])


# -- invitations ------------------------------------------------------------------------------------------------


def test_an_invitation_makes_one_account_once(client: TestClient, admin: Account) -> None:
    grants = [{"role": "technician", "tenant_id": None, "site_id": None, "rack_id": None}]
    invited = admin.done(
        "POST", "invitations", {"display_name": "Ada", "email": "Ada@Example.org", "grants": grants}
    )
    assert "/welcome#" in invited["url"]
    listed = admin.done("GET", "invitations")["items"]
    assert [(one["id"], one["grants"], one["created_by_name"]) for one in listed] == [
        (invited["id"], grants, "Admin")
    ]
    assert token_in(invited) not in str(listed)
    token = token_in(invited)
    assert enter(client, "invitations/show", token=token).json()["display_name"] == "Ada"
    body = {"token": token, "name": "ada", "password": NEW}
    ada = Account(client, enter(client, "invitations/accept", **body).json()["token"])
    me = ada.done("GET", "me")
    assert (me["name"], me["email"], me["role"], me["grants"]) == (
        "ada",
        "Ada@Example.org",
        "technician",
        grants,
    )
    assert refusal(enter(client, "invitations/accept", **body | {"name": "bob"})) == (404, "link_dead")
    assert admin.done("GET", "invitations")["total"] == 0
    Account.named(client, "ada", NEW)


def test_a_revoked_and_an_expired_invitation_are_dead(
    client: TestClient, admin: Account, clock: FixedClock
) -> None:
    new = {"display_name": "Ada", "grants": [{"role": "observer"}], "hours": 1}
    revoked, expired = (admin.done("POST", "invitations", new) for _ in range(2))
    admin.done("DELETE", f"invitations/{revoked['id']}")
    assert admin.code("DELETE", f"invitations/{revoked['id']}") == (404, "not_found")
    clock.advance(3601)
    for link in (revoked, expired):
        answer = enter(client, "invitations/accept", token=token_in(link), name="ada", password=NEW)
        assert refusal(answer) == (404, "link_dead")


def test_an_invitations_name_and_grants_are_not_for_the_invited_to_choose(
    client: TestClient, admin: Account
) -> None:
    new = {"display_name": "Ada", "name": "ada", "grants": [{"role": "observer"}]}
    body = {"token": token_in(admin.done("POST", "invitations", new)), "name": "root", "password": NEW}
    assert refusal(enter(client, "invitations/accept", **body)) == (404, "link_dead")
    wider = body | {"name": "ada", "grants": [{"role": "admin"}]}
    assert enter(client, "invitations/accept", **wider).status_code == 422
    taken = body | {"name": "ada", "kind": "service"}
    assert enter(client, "invitations/accept", **taken).status_code == 422
    assert enter(client, "invitations/accept", **body | {"name": "ada"}).status_code == 201


def test_a_name_that_is_taken_leaves_the_invitation_open(client: TestClient, admin: Account) -> None:
    token = token_in(
        admin.done("POST", "invitations", {"display_name": "A", "grants": [{"role": "observer"}]})
    )
    body = {"token": token, "name": "expert", "password": NEW}
    assert refusal(enter(client, "invitations/accept", **body)) == (409, "user_name_taken")
    assert enter(client, "invitations/accept", **body | {"name": "ada"}).status_code == 201


def test_another_kind_of_link_is_no_invitation(client: TestClient, admin: Account) -> None:
    token = token_in(admin.done("POST", f"users/{user_id(admin)}/reset-link"))
    answer = enter(client, "invitations/accept", token=token, name="ada", password=NEW)
    assert refusal(answer) == (404, "link_dead")
    assert refusal(enter(client, "enrolments/use", token=token)) == (404, "link_dead")


# -- who rules over whom ----------------------------------------------------------------------------------------


def test_a_tenants_administrator_sees_and_changes_only_their_own_people(
    client: TestClient, admin: Account, landlord: Account, tenants: tuple[str, str]
) -> None:
    own = {"role": "technician", "tenant_id": tenants[0]}
    other = {"role": "technician", "tenant_id": tenants[1]}
    made = {}
    for name, grants in (("inside", [own]), ("outside", [other]), ("both", [own, other])):
        new = {"name": name, "display_name": name, "grants": grants, "password": PASSWORD}
        made[name] = admin.done("POST", "users", new)["id"]
    seen = landlord.done("GET", "users")
    assert ([one["name"] for one in seen["items"]], seen["total"]) == (["inside", "landlord"], 2)
    assert [one["name"] for one in landlord.done("GET", "users?q=SIDE")["items"]] == ["inside"]
    assert landlord.done("GET", "users?q=%25")["total"] == 0
    landlord.done("PUT", f"users/{made['inside']}/grants", {"grants": [own | {"role": "observer"}]})
    for name in ("outside", "both"):
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"is_active": False}),
            ("PUT", "/grants", {"grants": [own]}),
            ("POST", "/reset-link", None),
            ("DELETE", "/factors", None),
            ("GET", "/sign-ins", None),
            ("DELETE", "/sign-ins", None),
            ("DELETE", "/sign-ins/1", None),
            ("GET", "/tokens", None),
            (
                "POST",
                "/tokens",
                {"name": "x", "permissions": ["devices.read"], "expires_at": "2026-01-02T00:00:00Z"},
            ),
            ("DELETE", "/tokens/1", None),
        ):
            assert landlord.code(method, f"users/{made[name]}{path}", body) == (404, "not_found"), path
        enrolment = {"device_name": "x", "user_id": made[name]}
        assert landlord.code("POST", "enrolments", enrolment) == (404, "not_found")


@pytest.mark.parametrize("wide", [{}, {"tenant_id": "other"}])
def test_nobody_gives_more_than_they_hold(
    landlord: Account, admin: Account, tenants: tuple[str, str], wide: dict[str, str]
) -> None:
    grants = [{"role": "observer"} | {name: tenants[1] for name in wide}]
    new = {"name": "ada", "display_name": "A", "grants": grants, "password": PASSWORD}
    assert landlord.code("POST", "users", new) == (403, "grant_too_wide")
    assert landlord.code("POST", "invitations", {"display_name": "A", "grants": grants}) == (
        403,
        "grant_too_wide",
    )
    own = [{"role": "observer", "tenant_id": tenants[0]}]
    inside = landlord.done("POST", "users", new | {"grants": own})
    path = f"users/{inside['id']}/grants"
    assert landlord.code("PUT", path, {"grants": grants}) == (403, "grant_too_wide")
    everywhere = admin.done("POST", "invitations", {"display_name": "A", "grants": grants})
    assert landlord.done("GET", "invitations")["total"] == 0
    assert landlord.code("DELETE", f"invitations/{everywhere['id']}") == (404, "not_found")


def test_nobody_changes_or_switches_off_themselves(admin: Account) -> None:
    path = f"users/{user_id(admin)}"
    assert admin.code("PATCH", path, {"is_active": False}) == (409, "own_account")
    assert admin.code("PUT", f"{path}/grants", {"grants": [{"role": "observer"}]}) == (409, "own_account")


def test_a_grant_of_an_invitation_is_gone_with_its_tenant(
    client: TestClient, admin: Account, tenants: tuple[str, str]
) -> None:
    grants = [{"role": "observer", "tenant_id": tenants[1]}]
    token = token_in(admin.done("POST", "invitations", {"display_name": "A", "grants": grants}))
    admin.ask("DELETE", f"tenants/{tenants[1]}", headers={"If-Match": '"1"'}).raise_for_status()
    answer = enter(client, "invitations/accept", token=token, name="ada", password=NEW)
    assert refusal(answer) == (404, "link_dead")


def test_the_list_of_people_says_how_they_sign_in_and_when_they_did(
    client: TestClient, admin: Account
) -> None:
    listed = {one["name"]: one for one in admin.done("GET", "users")["items"]}
    assert listed["admin"]["last_seen_at"] is not None
    assert listed["expert"]["last_seen_at"] is None
    assert listed["expert"]["factors"]["has_password"] is True
    assert admin.done("GET", f"users/{listed['expert']['id']}") == listed["expert"]


# -- passwords --------------------------------------------------------------------------------------------------


def test_changing_ones_password_needs_the_old_one_and_ends_ones_other_sign_ins(client: TestClient) -> None:
    expert, elsewhere = (Account.signed_in(client, Role.EXPERT) for _ in range(2))
    change = {"old_password": "wrong", "new_password": NEW}
    assert expert.code("POST", "me/password", change) == (401, "wrong_credentials")
    assert expert.ask("POST", "me/password", {"new_password": NEW}).status_code == 401
    expert.done("POST", "me/password", {"old_password": PASSWORD, "new_password": NEW})
    expert.done("GET", "me")
    assert elsewhere.ask("GET", "me").status_code == 401
    Account.named(client, "expert", NEW)


def test_an_administrators_link_resets_once_and_ends_every_sign_in_but_not_the_second_factor(
    client: TestClient, admin: Account, clock: FixedClock
) -> None:
    expert = Account.signed_in(client, Role.EXPERT)
    expert_id = user_id(expert)
    expert.add_totp(clock.now())
    links = [admin.done("POST", f"users/{expert_id}/reset-link") for _ in range(2)]
    body = {"token": token_in(links[0]), "password": NEW}
    assert enter(client, "password-resets/use", **body).status_code == 204
    assert expert.ask("GET", "me").status_code == 401
    assert refusal(enter(client, "password-resets/use", **body)) == (404, "link_dead")
    # The other link went with it.
    other = {"token": token_in(links[1]), "password": NEW}
    assert refusal(enter(client, "password-resets/use", **other)) == (404, "link_dead")
    assert "ticket" in enter(client, "sign-in", name="expert", password=NEW).json()


def test_who_opens_the_account_of_another_proves_who_they_are(
    client: TestClient, admin: Account, clock: FixedClock
) -> None:
    expert = f"users/{user_id(Account.signed_in(client, Role.EXPERT))}"
    clock.advance(11 * 60)
    assert admin.code("POST", f"{expert}/reset-link") == (403, "confirm_first")
    assert admin.code("DELETE", f"{expert}/factors") == (403, "confirm_first")
    everywhere = {"grants": [{"role": "admin"}]}
    assert admin.code("PUT", f"{expert}/grants", everywhere) == (403, "confirm_first")
    assert admin.code("POST", "invitations", everywhere | {"display_name": "A"}) == (403, "confirm_first")
    new = everywhere | {"name": "accomplice", "display_name": "A", "password": PASSWORD}
    assert admin.code("POST", "users", new) == (403, "confirm_first")
    admin.done("POST", "me/confirm", {"password": PASSWORD})
    admin.done("DELETE", f"{expert}/factors")


def test_a_reset_link_is_dead_after_a_day_and_with_its_account(
    client: TestClient, admin: Account, clock: FixedClock
) -> None:
    expert_id = user_id(Account.signed_in(client, Role.EXPERT))
    link = admin.done("POST", f"users/{expert_id}/reset-link")
    admin.done("PATCH", f"users/{expert_id}", {"is_active": False})
    body = {"token": token_in(link), "password": NEW}
    assert refusal(enter(client, "password-resets/use", **body)) == (404, "link_dead")
    link = admin.done("POST", f"users/{expert_id}/reset-link")
    clock.advance(24 * 3600 + 1)
    body = {"token": token_in(link), "password": NEW}
    assert refusal(enter(client, "password-resets/use", **body)) == (404, "link_dead")


# -- mail -------------------------------------------------------------------------------------------------------


class Letters(MessageHandler):
    def __init__(self) -> None:
        super().__init__()
        self.all: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.all.append(message)


@pytest.fixture
def letters(resources: Resources, client: TestClient) -> Iterator[Letters]:
    """A real mail server, which the service knows."""
    letters = Letters()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(letters, hostname="127.0.0.1", port=port)
    server.start()
    try:
        settings = Settings(
            data_dir=resources.settings.data_dir,
            smtp_host="127.0.0.1",
            smtp_port=port,
            smtp_security="none",
            smtp_from="nearhand@example.org",
        )
        resources.people._mail = mail_of(settings)
        yield letters
    finally:
        server.stop()


def asked(client: TestClient, resources: Resources, email: str) -> Any:
    answer = enter(client, "password-resets", email=email)
    assert client.portal is not None
    client.portal.call(resources.people.mails_sent)
    return answer


def test_a_forgotten_password_is_reset_by_mail(
    client: TestClient, resources: Resources, letters: Letters
) -> None:
    expert = Account.signed_in(client, Role.EXPERT)
    expert.done("PUT", "me/profile", {"display_name": "Expert", "email": "Expert@Example.org"})
    answers = [asked(client, resources, email) for email in ("expert@example.ORG", "nobody@example.org")]
    assert [(one.status_code, one.content) for one in answers] == [(202, b"null")] * 2
    (letter,) = letters.all
    assert letter["To"] == "Expert@Example.org"
    text = letter.get_payload(decode=True)
    assert isinstance(text, bytes)
    token = text.decode().partition("/reset#")[2].split()[0]
    assert enter(client, "password-resets/use", token=token, password=NEW).status_code == 204
    Account.named(client, "expert", NEW)


def test_one_address_gets_few_letters(client: TestClient, resources: Resources, letters: Letters) -> None:
    expert = Account.signed_in(client, Role.EXPERT)
    expert.done("PUT", "me/profile", {"display_name": "Expert", "email": "expert@example.org"})
    for _ in range(8):
        assert asked(client, resources, "expert@example.org").status_code == 202
    assert len(letters.all) == 3


def test_without_a_mail_server_and_with_a_dead_one_the_answer_is_the_same(
    client: TestClient, resources: Resources, tmp_path: Path
) -> None:
    expert = Account.signed_in(client, Role.EXPERT)
    expert.done("PUT", "me/profile", {"display_name": "Expert", "email": "expert@example.org"})
    assert asked(client, resources, "expert@example.org").status_code == 202
    dead = Settings(data_dir=tmp_path, smtp_host="127.0.0.1", smtp_port=9, smtp_security="none")
    resources.people._mail = mail_of(dead)
    assert asked(client, resources, "expert@example.org").status_code == 202


@pytest.mark.parametrize(
    "email", ["a@b\r\nBcc: x@y", "a b@c", "@", "a@", "a@b,c@d", "<a@b>", "a" * 300 + "@b"]
)
def test_no_address_smuggles_a_header(client: TestClient, email: str) -> None:
    assert enter(client, "password-resets", email=email).status_code == 422


def test_an_address_belongs_to_one_account_however_it_is_spelt(client: TestClient, clock: FixedClock) -> None:
    expert, technician = (Account.signed_in(client, role) for role in (Role.EXPERT, Role.TECHNICIAN))
    expert.done("PUT", "me/profile", {"display_name": "E", "email": "One@example.org"})
    profile = {"display_name": "T", "email": "one@EXAMPLE.org"}
    assert technician.code("PUT", "me/profile", profile) == (409, "email_taken")
    clock.advance(601)
    late = {"display_name": "T", "email": "two@example.org"}
    assert technician.code("PUT", "me/profile", late) == (403, "confirm_first")
    technician.done("PUT", "me/profile", {"display_name": "Tess", "email": None})


def test_what_was_done_passes_the_one_hook_without_any_secret(
    client: TestClient, resources: Resources, clock: FixedClock
) -> None:
    kept: list[tuple[str, str, Any]] = []

    async def keep(connection: Any, action: str, about_id: str, details: Any) -> None:
        await recording.did(connection, action, about_id, details)
        kept.append((action, about_id, details))

    resources.access_means.record = keep
    admin = Account.signed_in(client, Role.ADMIN)
    secret, codes = admin.add_totp(clock.now())
    invited = admin.done("POST", "invitations", {"display_name": "A", "grants": [{"role": "observer"}]})
    enter(client, "invitations/accept", token=token_in(invited), name="ada", password=NEW)
    enter(client, "sign-in", name="ada", password="wrong password")
    actions = [action for action, _, _ in kept]
    assert actions == [
        *("sign_in.begun", "factor.offered", "factor.added", "invitation.made", "user.added", "sign_in.begun")
    ]
    for hidden in (secret, codes[0], PASSWORD, NEW, "wrong password", token_in(invited), admin.token):
        assert hidden not in str(kept)
