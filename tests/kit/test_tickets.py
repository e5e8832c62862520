import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from nearhand.access.model import Role
from nearhand.app import API
from nearhand.kit.tickets import MAX_TICKETS, TICKET_S, Tickets
from nearhand.sessions.wire import PROTOCOL
from tests.support.people import sign_in


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def test_a_ticket_is_good_once() -> None:
    tickets = Tickets(Clock())
    ticket = tickets.sell("token")
    assert [tickets.take(ticket), tickets.take(ticket), tickets.take("forged")] == ["token", None, None]


def test_a_ticket_is_good_for_seconds() -> None:
    clock = Clock()
    tickets = Tickets(clock)
    early, late = tickets.sell("early"), tickets.sell("late")
    clock.now_s += TICKET_S - 1
    assert tickets.take(early) == "early"
    clock.now_s += 1
    assert tickets.take(late) is None


def test_tickets_that_nobody_takes_do_not_fill_the_memory() -> None:
    tickets = Tickets(Clock())
    first = tickets.sell("first")
    for _ in range(MAX_TICKETS):
        last = tickets.sell("t")
    assert (tickets.take(first), tickets.take(last)) == (None, "t")


def wall(client: TestClient, query: str, **headers: str) -> str:
    """What the wall's line says first."""
    try:
        with client.websocket_connect(
            f"{API}/wall?{query}", subprotocols=[PROTOCOL], headers=headers
        ) as line:
            return line.receive_text()
    except WebSocketDisconnect as closed:
        return str(closed.code)


def test_a_ticket_opens_one_line(client: TestClient) -> None:
    headers = sign_in(client, Role.EXPERT)
    ticket = client.post(f"{API}/tickets", headers=headers).json()["ticket"]
    said = [wall(client, f"ticket={ticket}") for _ in range(2)]
    assert ["unauthenticated" in text for text in said] == [False, True]


def test_a_ticket_ends_with_the_sign_in_it_was_bought_with(client: TestClient) -> None:
    headers = sign_in(client, Role.EXPERT)
    ticket = client.post(f"{API}/tickets", headers=headers).json()["ticket"]
    client.post(f"{API}/sign-out", headers=headers)
    assert "unauthenticated" in wall(client, f"ticket={ticket}")


def test_a_ticket_opens_no_other_door(client: TestClient) -> None:
    ticket = client.post(f"{API}/tickets", headers=sign_in(client, Role.EXPERT)).json()["ticket"]
    assert client.get(f"{API}/me?ticket={ticket}").status_code == 401
    assert client.get(f"{API}/me", headers={"Authorization": f"Bearer {ticket}"}).status_code == 401


@pytest.mark.parametrize(
    "name", ["token", "access_token", "auth", "nearhand_session", "ticket", "authorization"]
)
def test_a_token_in_an_address_is_accepted_nowhere(client: TestClient, name: str) -> None:
    token = sign_in(client, Role.ADMIN)["Authorization"].removeprefix("Bearer ")
    assert client.get(f"{API}/me?{name}={token}").status_code == 401
    assert "unauthenticated" in wall(client, f"{name}={token}")


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_a_ticket_does_not_let_another_sites_page_in(client: TestClient, origin: str) -> None:
    ticket = client.post(f"{API}/tickets", headers=sign_in(client, Role.EXPERT)).json()["ticket"]
    assert "foreign_origin" in wall(client, f"ticket={ticket}", origin=origin)


def test_a_line_by_cookie_must_say_which_page_asks(client: TestClient) -> None:
    token = sign_in(client, Role.EXPERT)["Authorization"].removeprefix("Bearer ")
    cookie = f"nearhand_session={token}"
    assert "foreign_origin" in wall(client, "", cookie=cookie)
    assert wall(client, "", cookie=cookie, origin="http://testserver").startswith("[")
    assert "foreign_origin" not in wall(client, "", cookie=cookie, origin="http://testserver")
