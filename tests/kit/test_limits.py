import json
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from starlette.websockets import WebSocketDisconnect

from nearhand.access.model import Role
from nearhand.app import API, Resources
from nearhand.kit.errors import Invalid, TooMany
from nearhand.kit.limits import (
    MAX_DEPTH,
    MAX_MEMBERS,
    STRANGERS_BYTES,
    Allowed,
    Limits,
    refuse_tangled,
)
from nearhand.sessions.wire import PROTOCOL, Malformed, read_frame
from tests.support.people import sign_in

FEW = Allowed(
    requests_per_minute_and_address=5,
    requests_per_minute_and_account=3,
    tries_per_minute_and_address=3,
    uploads_per_hour_and_account=2,
    lines_per_address=3,
    lines_per_account=2,
)


def limits(now: list[float], **other: int) -> Limits:
    allowed = Allowed(**{**FEW.__dict__, **other})
    return Limits(
        allowed,
        is_upload=lambda _, path: path.endswith("/stills"),
        is_try=lambda _, path: path.endswith("/sign-in"),
        now_s=lambda: now[0],
    )


def refused(calls: int, call: Any) -> int:
    """How many of the calls were refused."""
    count = 0
    for _ in range(calls):
        try:
            call()
        except TooMany:
            count += 1
    return count


def test_each_address_has_its_own_budget() -> None:
    now = [0.0]
    few = limits(now)
    assert refused(8, lambda: few.hear("10.0.0.1", "GET", "/x")) == 3
    assert refused(5, lambda: few.hear("10.0.0.2", "GET", "/x")) == 0
    now[0] = 60
    assert refused(8, lambda: few.hear("10.0.0.1", "GET", "/x")) == 3


def test_an_address_without_tries_left_is_heard_but_for_another_try() -> None:
    now = [0.0]
    few = limits(now, requests_per_minute_and_address=1000)
    assert refused(5, lambda: few.try_in("10.0.0.1")) == 2
    assert refused(5, lambda: few.hear("10.0.0.1", "POST", "/sign-in")) == 5
    assert refused(5, lambda: few.hear("10.0.0.1", "POST", "/devices")) == 0
    assert refused(5, lambda: few.hear("10.0.0.2", "POST", "/sign-in")) == 0
    now[0] = 21
    assert refused(5, lambda: few.hear("10.0.0.1", "POST", "/sign-in")) == 0, "hearing is no try"
    assert refused(2, lambda: few.try_in("10.0.0.1")) == 1


@pytest.mark.parametrize(
    ("tries", "refusals", "waits_s"), [(30, 0, 2.0), (30, 3, 2.3), (30, 1000, 20.0), (1, 1000, 60.0)]
)
def test_whoever_goes_on_although_refused_waits_longer_but_not_for_ever(
    tries: int, refusals: int, waits_s: float
) -> None:
    now = [0.0]
    few = limits(now, requests_per_minute_and_address=10**6, tries_per_minute_and_address=tries)
    assert refused(tries, lambda: few.try_in("10.0.0.1")) == 0
    assert refused(refusals, lambda: few.hear("10.0.0.1", "POST", "/sign-in")) == refusals
    for at_s, is_spent in ((waits_s - 0.01, True), (waits_s + 0.01, False)):
        now[0] = at_s
        assert few.is_spent_try("10.0.0.1", "POST", "/sign-in") is is_spent


def test_a_flood_gets_not_one_try() -> None:
    now = [0.0]
    few = limits(now, requests_per_minute_and_address=10**6, tries_per_minute_and_address=30)
    assert refused(31, lambda: few.try_in("10.0.0.1")) == 1
    for step in range(200 * 60):
        now[0] = step / 200
        assert few.is_spent_try("10.0.0.1", "POST", "/sign-in")
        assert refused(1, lambda: few.hear("10.0.0.1", "POST", "/sign-in")) == 1


def test_each_account_has_its_own_budget_and_one_of_uploads() -> None:
    few = limits([0.0], requests_per_minute_and_account=9)
    assert refused(4, lambda: few.admit("U1", "POST", "/x/stills")) == 2
    assert refused(9, lambda: few.admit("U1", "GET", "/x")) == 4
    assert refused(2, lambda: few.admit("U2", "POST", "/x/stills")) == 0


@pytest.fixture
def with_few(resources: Resources) -> Limits:
    """In the service that `client` runs, made after this."""
    resources.limits = limits([0.0], requests_per_minute_and_address=1000)
    return resources.limits


def test_too_many_requests_of_one_account_are_refused_with_a_time_to_wait(
    with_few: Limits, client: TestClient
) -> None:
    expert, admin = sign_in(client, Role.EXPERT), sign_in(client, Role.ADMIN)
    answers = [client.get(f"{API}/me", headers=expert) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert (answers[-1].json()["code"], answers[-1].headers["retry-after"]) == ("too_fast", "5")
    assert client.get(f"{API}/me", headers=admin).status_code == 200


def test_an_account_has_a_few_lines_open_at_once_and_closing_one_makes_room(
    with_few: Limits, client: TestClient
) -> None:
    expert = sign_in(client, Role.EXPERT)

    def wall() -> Any:
        return client.websocket_connect(f"{API}/wall", subprotocols=[PROTOCOL], headers=expert)

    with wall() as first:
        first.receive_text()
        with wall() as second:
            second.receive_text()
            with wall() as third:
                assert "too_many_lines" in third.receive_text()
                with pytest.raises(WebSocketDisconnect):
                    third.receive_text()
    with wall() as again:
        assert "too_many_lines" not in again.receive_text()


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 5000, b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1)]
)
def test_a_body_that_nests_without_end_is_refused_in_words(client: TestClient, body: bytes) -> None:
    headers = sign_in(client, Role.ADMIN) | {"Content-Type": "application/json"}
    answer = client.post(f"{API}/sites", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


Json = st.recursive(
    st.text() | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=30,
)


@given(Json, st.text(alphabet='[]{}"\\\n a', max_size=200))
def test_brackets_in_texts_nest_nothing(value: Any, text: str) -> None:
    refuse_tangled(json.dumps({"value": value, text: [text * 20]}).encode())


@given(st.integers(1, 100), st.text(alphabet='[]{}"\\', max_size=20))
def test_what_nests_too_deep_is_found_whatever_its_texts(depth: int, text: str) -> None:
    value: Any = text
    for _ in range(depth):
        value = [{"x]": text}, value]
    body = json.dumps(value).encode()
    if depth <= MAX_DEPTH - 1:
        refuse_tangled(body)
    elif depth > MAX_DEPTH:
        with pytest.raises(Invalid):
            refuse_tangled(body)


@pytest.mark.parametrize("text", ["[" * 60_000, '[{"type":' * 5000, "{" * 60_000])
def test_a_live_frame_that_nests_without_end_is_malformed_and_no_accident(text: str) -> None:
    assert all(isinstance(message, Malformed) for message in read_frame(text))


def members(count: int) -> bytes:
    return json.dumps(dict.fromkeys(map(str, range(count)), 1)).encode()


def test_a_body_of_too_many_members_is_refused_and_colons_in_text_are_none() -> None:
    refuse_tangled(members(MAX_MEMBERS))
    refuse_tangled(json.dumps({"text": ":" * 3 * MAX_MEMBERS}).encode())
    with pytest.raises(Invalid, match="members"):
        refuse_tangled(members(MAX_MEMBERS + 1))


def test_a_stranger_sends_little_and_is_told_little(client: TestClient) -> None:
    large = client.post("/api/v1/sign-in", content=members(STRANGERS_BYTES // 8))
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    odd = client.post("/api/v1/sign-in", content=members(1000), headers={"Content-Type": "application/json"})
    assert (odd.status_code, len(odd.content) < 8000) == (422, True)
