"""Customer links: what they let somebody without an account see and do, for how long, and who sees to them."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import Grant, Role
from nearhand.app import Resources
from nearhand.kit.clock import FixedClock
from tests.sessions.test_scopes import on_face, shown
from tests.support.neighbours import Headers, Neighbours, neighbours


@pytest.fixture
def hall(client: TestClient, resources: Resources) -> Neighbours:
    return neighbours(client, resources)


def test_a_link_to_watch_shows_everything_and_takes_nothing(hall: Neighbours) -> None:
    """L12."""
    house = hall.headers("expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    guest, _ = hall.guest(session_id, house, may="watch")
    with hall.live(session_id, house, "h") as expert, hall.live(session_id, guest, "g") as watching:
        assert watching.until("welcome")["you"]["guest"] == "watch"
        assert expert.ask("chat.say", text="hello") == "ack"
        watching.until("chat.said")
        assert watching.ask("chat.say", text="hello") == "forbidden"
        assert watching.ask("signal.give", signal="stop") == "forbidden"
    assert hall.ask("POST", f"sessions/{session_id}/stills", guest, content=b"x").status_code == 403


def test_a_link_to_approve_decides_once_on_what_others_asked(hall: Neighbours) -> None:
    """L26."""
    house = hall.headers("expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    guest, _ = hall.guest(session_id, house, may="approve", role="technician")
    with hall.live(session_id, house, "h") as expert, hall.live(session_id, guest, "g") as customer:
        assert expert.ask("approval.ask", id="a1", what="Pull the supply", device_id=hall.bank.id) == "ack"
        asked = customer.until("approval.asked")["approval"]
        assert (asked["what"], asked["decision"]) == ("Pull the supply", None)
        assert expert.ask("approval.ask", id="a1", what="again") == "approval_exists"
        assert expert.ask("approval.give", id="a1", decision="approved") == "forbidden"
        assert customer.ask("approval.give", id="nosuch", decision="approved") == "unknown_approval"
        assert customer.ask("approval.give", id="a1", decision="refused", reason="not today") == "ack"
        assert customer.ask("approval.give", id="a1", decision="approved") == "decided"
        given = expert.until("approval.given")["approval"]
        assert (given["decision"], given["reason"]) == ("refused", "not today")
        you = customer.until("welcome")["you"]
        assert (given["decided_by"], given["invited_by"]) == (you["id"], you["invited_by"])
        assert given["invited_by"] == "Expert"
        assert customer.ask("chat.say", text="sorry") == "ack"
        assert customer.ask("device.show", **shown(hall.bank)) == "forbidden"
    with hall.live(session_id, hall.headers("bank.observer"), "o") as late:
        assert [one["decision"] for one in late.until("session.state")["state"]["approvals"]] == ["refused"]


def test_nobody_approves_what_they_asked_for(hall: Neighbours) -> None:
    """L26."""
    admin = hall.headers("admin")
    session_id = hall.opened(admin)
    with hall.live(session_id, admin) as socket:
        assert socket.ask("approval.ask", id="a1", what="Pull it") == "ack"
        assert socket.ask("approval.give", id="a1", decision="approved") == "forbidden"


def test_a_link_for_named_devices_shows_only_those(hall: Neighbours) -> None:
    """L25."""
    house = hall.headers("expert")
    session_id = hall.opened(house, device_id=hall.air.id)
    guest, _ = hall.guest(session_id, house, may="approve", device_ids=[hall.bank.id])
    with hall.live(session_id, house, "h") as expert, hall.live(session_id, guest, "g") as customer:
        assert customer.until("session.state")["is_elsewhere"] is True
        assert expert.ask("chat.say", text="secret") == "ack"
        assert customer.ask("chat.say", text="what is it?") == "elsewhere"
        assert hall.ask("GET", f"sessions/{session_id}/device", guest).status_code == 404
        assert expert.ask("device.show", **shown(hall.bank)) == "ack"
        customer.until("device.shown")
        assert hall.ask("GET", f"sessions/{session_id}/device", guest).json()["view"]["device"]["id"] == (
            hall.bank.id
        )
        mark = {"shape": "text", "place": on_face(hall.air), "text": "secret"}
        assert expert.ask("annotation.add", id="m1", **mark) == "ack"
        assert expert.ask("chat.say", text="yours") == "ack"
        customer.until("chat.said")
        assert "secret" not in str(customer.all)
    (row,) = hall.ask("GET", "guest", guest).json()["sessions"]
    assert (row["id"], row["device_id"]) == (session_id, hall.bank.id)


@pytest.mark.parametrize(
    "invitation", [{"may": "watch"}, {"may": "approve"}, {"may": "help", "role": "technician"}]
)
def test_a_guest_reads_no_notes(hall: Neighbours, invitation: dict[str, str]) -> None:
    """They are written for one's own people."""
    house, admin = hall.headers("expert"), hall.headers("admin")
    for path in (f"devices/{hall.bank.id}", f"tenants/{hall.bank.tenant_id}"):
        found = hall.ask("GET", path, admin)
        kept = {"id", "version", "created_at", "updated_at", "removed_at"}
        body = {name: value for name, value in found.json().items() if name not in kept} | {"notes": "secret"}
        changed = hall.ask("PUT", path, admin | {"If-Match": found.headers["etag"]}, json=body)
        assert changed.status_code == 200, changed.text
    session_id = hall.opened(house, device_id=hall.bank.id)
    guest, _ = hall.guest(session_id, house, **invitation)
    assert hall.ask("GET", f"sessions/{session_id}/device", house).text.count("secret") == 2
    shown = hall.ask("GET", f"sessions/{session_id}/device", guest)
    assert "secret" not in shown.text
    assert shown.json()["view"]["device"]["notes"] == ""


def test_a_link_shows_no_more_than_its_maker_could_see(hall: Neighbours) -> None:
    """L25."""
    house, maker = hall.headers("expert"), hall.headers("bank.expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    guest, _ = hall.guest(session_id, maker, may="watch")
    with hall.live(session_id, house, "h") as expert, hall.live(session_id, guest, "g") as customer:
        customer.until("session.state")
        assert expert.ask("device.show", **shown(hall.air)) == "ack"
        assert customer.until("withheld")["is_elsewhere"] is True


def test_a_link_for_a_work_order_lets_into_its_sessions_and_no_others(hall: Neighbours) -> None:
    maker, other = hall.headers("bank.expert"), hall.headers("air.expert")
    order = {"work_order": "WO-1"}
    first = hall.opened(maker, device_id=hall.bank.id, **order)
    assert hall.ask("POST", f"sessions/{first}/invitations", maker, json={}).status_code == 201
    guest, link_id = hall.guest(first, maker, may="watch", is_for_work_order=True)
    second = hall.opened(maker, device_id=hall.bank.id, **order)
    without = hall.opened(maker, device_id=hall.bank.id)
    # Another customer may use the same words for an order of theirs.
    theirs = hall.opened(other, device_id=hall.air.id, **order)
    view = hall.ask("GET", "guest", guest).json()
    assert {one["id"] for one in view["sessions"]} == {first, second}
    assert (view["link"]["work_order"], "reach" in view["link"]) == ("WO-1", False)
    for session_id, status in ((first, 200), (second, 200), (without, 404), (theirs, 404)):
        assert hall.ask("GET", f"sessions/{session_id}", guest).status_code == status
        with hall.live(session_id, guest) as socket:
            socket.until("welcome" if status == 200 else "error")

    def listed(session_id: str, who: Headers) -> list[str]:
        return [one["id"] for one in hall.ask("GET", f"sessions/{session_id}/invitations", who).json()]

    assert link_id in listed(second, maker)
    assert link_id not in listed(without, maker)
    assert link_id not in listed(theirs, other)
    assert hall.ask("DELETE", f"sessions/{theirs}/invitations/{link_id}", other).status_code == 404
    no_order = hall.ask("POST", f"sessions/{without}/invitations", maker, json={"is_for_work_order": True})
    assert no_order.json()["code"] == "no_work_order"


def test_who_may_invite_sees_links_and_their_use_and_revokes_them(
    hall: Neighbours, clock: FixedClock
) -> None:
    maker = hall.headers("bank.expert")
    session_id = hall.opened(maker, device_id=hall.bank.id)
    made = hall.ask(
        "POST",
        f"sessions/{session_id}/invitations",
        maker,
        json={"may": "approve", "label": "for the bank", "device_ids": [hall.bank.id], "hours": 2},
    ).json()
    link = made["link"]
    assert (link["label"], link["may"], link["role"]) == ("for the bank", "approve", "observer")
    assert made["url"].partition("#")[2] not in str(link)
    token = {"token": made["url"].partition("#")[2], "display_name": "A guest"}
    for _ in range(2):
        clock.advance(timedelta(minutes=1).total_seconds())
        assert hall.client.post("/api/v1/join", json=token).status_code == 200
        hall.client.cookies.clear()

    def mine(who: str = "bank.expert") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = hall.ask("GET", "links", hall.headers(who)).json()["items"]
        return found

    (seen,) = hall.ask("GET", f"sessions/{session_id}/invitations", maker).json()
    assert (seen["times_opened"], seen["revoked_at"]) == (2, None)
    assert seen["opened_at"] < seen["last_opened_at"]
    assert [one["id"] for one in mine()] == [one["id"] for one in mine("admin")] == [link["id"]]
    assert mine("air.expert") == []
    assert hall.ask("DELETE", f"links/{link['id']}", hall.headers("air.expert")).status_code == 404
    assert hall.ask("DELETE", f"sessions/{session_id}/invitations/{link['id']}", maker).status_code == 204
    assert hall.client.post("/api/v1/join", json=token).status_code == 404
    assert mine()[0]["revoked_at"] is not None


def test_a_revoked_or_expired_link_ends_what_was_signed_in_by_it(hall: Neighbours, clock: FixedClock) -> None:
    maker = hall.headers("bank.expert")
    session_id = hall.opened(maker, device_id=hall.bank.id)
    revoked, link_id = hall.guest(session_id, maker)
    expiring, _ = hall.guest(session_id, maker, hours=1)
    path = f"sessions/{session_id}"
    assert [hall.ask("GET", path, who).status_code for who in (revoked, expiring)] == [200, 200]
    assert hall.ask("DELETE", f"links/{link_id}", maker).status_code == 204
    assert [hall.ask("GET", path, who).status_code for who in (revoked, expiring)] == [401, 200]
    clock.advance(timedelta(hours=2).total_seconds())
    assert hall.ask("GET", path, expiring).status_code == 401


def test_who_may_not_invite_where_the_device_stands_makes_lists_and_revokes_no_link(hall: Neighbours) -> None:
    house = hall.headers("expert")
    session_id = hall.opened(house, device_id=hall.bank.id)
    _, link_id = hall.guest(session_id, house)
    for name, status in (("bank.technician", 403), ("air.expert", 404), ("mixed", 200)):
        who = hall.headers(name)
        asked = [
            hall.ask("GET", f"sessions/{session_id}/invitations", who).status_code,
            hall.ask("POST", f"sessions/{session_id}/invitations", who, json={}).status_code,
            hall.ask("DELETE", f"sessions/{session_id}/invitations/{link_id}", who).status_code,
        ]
        assert asked == ([status] * 3 if status != 200 else [200, 201, 204])


def test_a_guest_holds_no_grants(hall: Neighbours) -> None:
    """What is `reach` for the guest's eyes is nobody's to hold."""
    house = hall.headers("expert")
    guest, _ = hall.guest(hall.opened(house), house, may="help", role="expert")
    me = hall.ask("GET", "me", guest).json()
    assert (me["grants"], me["permissions"], "reach" in me["link"]) == ([], ["sessions.join"], False)
    for path in ("devices", "sessions", "links", f"devices/{hall.bank.id}/marks"):
        assert hall.ask("GET", path, guest).status_code == 403
    assert Grant(role=Role.EXPERT).is_everywhere


@pytest.mark.parametrize(
    "body",
    [
        {"may": "everything"},
        {"hours": 0},
        {"hours": 169},
        {"device_ids": []},
        {"device_ids": ["x"] * 51},
        {"expires_at": "2099-01-01T00:00:00Z"},
        {"id": "x"},
        {"reach": []},
    ],
)
def test_an_invitation_that_says_too_much_is_refused(hall: Neighbours, body: dict[str, Any]) -> None:
    house = hall.headers("expert")
    session_id = hall.opened(house)
    assert hall.ask("POST", f"sessions/{session_id}/invitations", house, json=body).status_code == 422
