"""Nobody reaches across tenants: every id of every door is tried with what is another tenant's, by everybody.

Generated from the service's own OpenAPI, so that a new door, or a new kind of id, cannot be forgotten.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nearhand.access.model import Actor, Permission, Role, everywhere
from nearhand.app import API
from nearhand.contract import contract
from tests.support.estates import Attacker, World, nowhere, world
from tests.support.routes import api_routes, stated_permission
from tests.support.wishes import SHARED, WISHES, Door, Spot, doors

DOORS = {door.label: door for door in doors(contract())}

PERMISSIONS = {
    f"{m} {path.removeprefix(API)}".replace(":path", ""): stated_permission(route)
    for m, path, route in api_routes()
}

# Where another's id is answered otherwise than none, (so, otherwise), and why that tells and gives nothing.
KNOWN = {
    # There may be one of it in the whole house: that it is taken is told, and nothing else of it.
    **dict.fromkeys(
        ("POST /devices", "PUT /devices/{device_id}", "POST /devices/import"), ("asset_tag_taken", "")
    ),
    # All conditions of a grant must hold: naming a place that one does not see gives less, never more.
    **dict.fromkeys(
        ("POST /users", "PUT /users/{user_id}/grants", "POST /invitations"), ("", "unknown_place")
    ),
}
# What is of the whole house, and what nobody here is in a position to do.
HOUSE_ONLY = {
    *("GET /audit/head", "GET /audit/export", "POST /audit/entries/{seq}/redaction"),
    *("POST /tenants", "PUT /tenants/{tenant_id}", "DELETE /tenants/{tenant_id}"),
    *("POST /device-types", "PUT /device-types/{device_type_id}"),
}
REFUSED = {
    "DELETE /device-types/{device_type_id}": "still_in_use",
    "PUT /device-types/{device_type_id}/faces/{side}/picture": "nothing_to_go_by",  # a picture without a label
    "POST /sign-in/code": "ticket_dead",
    **dict.fromkeys(("POST /me/totp/confirm", "POST /me/recovery-codes"), "wrong_code"),
    **dict.fromkeys(("POST /me/pin", "POST /me/lock", "POST /me/unlock"), "not_a_device"),
    **dict.fromkeys(
        (
            *("POST /sign-in/passkey", "POST /sign-in/passkey/options"),
            *("POST /me/passkeys", "POST /me/passkeys/options"),
        ),
        "no_passkeys_here",
    ),
}
# Of what not everybody has one of their own.
NOT_EVERYBODYS = {
    *("GET /guest", "GET /cameras/{key}", "DELETE /links/{link_id}", "POST /enrolments"),
    *("DELETE /sites/{site_id}", "DELETE /locations/{location_id}", "DELETE /racks/{rack_id}"),
    *(
        f"DELETE /me/{path}"
        for path in ("passkeys/{passkey_id}", "sign-ins/{sign_in_id}", "tokens/{token_id}")
    ),
    *("DELETE /tenants/{tenant_id}", "DELETE /devices/{device_id}/marks/{annotation_id}"),
}
UNSAID = {"", "not_permitted", "sign_in_wanted", "forbidden"}
# Doors that would give nothing away without the permission function either.
SAFE = {
    # They look only among what is the asker's own …
    *("GET /me", "GET /me/passkeys", "GET /me/sign-ins", "GET /me/tokens", "GET /guest", "POST /me/tokens"),
    *(
        f"DELETE /me/{path}"
        for path in ("passkeys/{passkey_id}", "sign-ins/{sign_in_id}", "tokens/{token_id}")
    ),
    *("GET /cameras/{key}", "PUT /cameras/{key}"),
    # … or show what is nobody's …
    *("GET /demo", "GET /sign-in", "GET /audit/head", "GET /audit/verifier"),
    *("GET /device-types", "GET /device-types/{device_type_id}"),
    # … or give grants, and tests/access/test_giving.py says which.
    *("POST /users", "POST /invitations"),
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("house")) as made:
        yield made


@pytest.fixture
def fresh(house: World) -> World:
    house.restore()
    return house


def own_ids(house: World, who: Attacker, door: Door, *more: Spot) -> dict[Spot, str]:
    """What is theirs, in every place that must be filled, and in these that may be."""
    theirs = {f"own_{kind}": value for kind, value in house.own.items()} | house.own | who.ids
    return {spot: theirs[spot.kind] for spot in door.spots() if spot.is_required or spot in more}


def asked(house: World, who: Attacker, door: Door, ids: dict[Spot, str]) -> Any:
    path, more = door.request(ids)
    return house.ask(door.method, path, who.headers | more.pop("headers"), **more)


def outcome(answer: Any, sent: dict[Spot, str]) -> tuple[Any, ...]:
    """What an answer tells, apart from the ids that were asked with."""
    if answer.is_success and answer.request.method != "GET":
        return answer.status_code, shape(answer)
    told = answer.text
    for value in sorted(set(sent.values()), key=len, reverse=True):
        told = told.replace(value, "…").replace(value.lower(), "…")
    return answer.status_code, answer.headers.get("etag") if answer.is_success else None, told


def shape(answer: Any) -> Any:
    """The names in an answer that made something, whose values differ each time."""

    def of(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: of(one) for name, one in value.items()}
        return [of(one) for one in value[:1]] if isinstance(value, list) else ""

    is_json = answer.headers.get("content-type", "").startswith("application/json") and answer.content
    return of(json.loads(answer.text)) if is_json else answer.headers.get("content-type")


def leaks(house: World, answer: Any, sent: dict[Spot, str]) -> list[str]:
    """Whatever of the victim's an answer holds and the asker did not send."""
    told = f"{dict(answer.headers)} {answer.content.decode('latin-1')}"
    return house.leaks(told, " ".join(sent.values()))


def tries(house: World, who: Attacker, door: Door) -> Iterator[tuple[str, dict[Spot, str], dict[Spot, str]]]:
    """Each place by itself, then all of them: once with the victim's id, once with one that nothing has."""
    spots = [spot for spot in door.spots() if spot.kind not in SHARED]
    chosen = (
        [[spot] for spot in spots] if len(spots) == 1 or (who.is_thorough and may_enter(who, door)) else []
    )
    for some in chosen + ([spots] if len(spots) > 1 else []):
        own = own_ids(house, who, door)
        theirs = {spot: house.victim[spot.kind.removeprefix("own_")] for spot in some}
        name = " and ".join(f"{spot.where} {spot.name} ({spot.kind})" for spot in some)
        yield name, own | theirs, own | {spot: nowhere(spot.kind) for spot in some}


def is_asked(door: Door) -> bool:
    """Whether it takes an id of anybody's."""
    return any(spot.kind not in SHARED for spot in door.spots())


def may_enter(who: Attacker, door: Door) -> bool:
    """Whether the door's permission is theirs anywhere: to others it says nothing, whatever they ask."""
    permission = PERMISSIONS[door.label]
    return not isinstance(permission, Permission) or permission in who.permissions


def attack(house: World, who: Attacker, door: Door) -> Iterator[str]:
    """What this attacker learned or did at this door."""
    for name, theirs, none in tries(house, who, door):
        got = asked(house, who, door, theirs)
        here = f"{who.name}: {name}"
        for leak in leaks(house, got, theirs):
            yield f"{here} was told {leak}"
        if got.request.method != "GET" and got.is_success:
            yield from (f"{here}: {harm}" for harm in house.harm())
            house.restore()
        if not may_enter(who, door) and code(got) == "not_permitted":
            continue  # at the door already, whatever was asked
        expected = asked(house, who, door, none)
        if got.request.method != "GET" and expected.is_success:
            house.restore()
        if outcome(got, theirs) != outcome(expected, none) and KNOWN.get(door.label) != (
            code(got),
            code(expected),
        ):
            yield f"{here}: {got.status_code} {got.text[:200]} but {expected.status_code} {expected.text[:200]}"


def code(answer: Any) -> str:
    """The reason of a refusal."""
    return "" if answer.is_success else str(answer.json()["code"])


def test_no_id_of_any_door_is_overlooked(house: World) -> None:
    assert {label: door.overlooked() for label, door in DOORS.items() if door.overlooked()} == {}
    assert WISHES.keys() <= DOORS.keys()
    kinds = {spot.kind.removeprefix("own_") for door in DOORS.values() for spot in door.spots()}
    assert kinds - SHARED <= house.victim.keys() & house.own.keys()
    assert [
        label for label, door in DOORS.items() if "requestBody" in door.operation and label not in WISHES
    ] == []
    assert set(contract()["paths"]) == set(house.client.get(f"{API}/openapi.json").json()["paths"])


@pytest.mark.parametrize("label", DOORS)
def test_everybody_is_answered_about_their_own_and_hears_of_nothing_else(fresh: World, label: str) -> None:
    """So that a refusal below is no refusal of a request that made no sense."""
    door, everybody = DOORS[label], [*fresh.attackers, Attacker("house", fresh.house, frozenset(Permission))]
    found: dict[str, set[str]] = {}
    for who in everybody:
        others = [
            spot for spot in door.spots() if not spot.is_required and who.is_thorough and may_enter(who, door)
        ]
        for more in [(), *((spot,) for spot in others)]:
            ids = own_ids(fresh, who, door, *more)
            answer = asked(fresh, who, door, ids)
            found.setdefault(code(answer), set()).add(who.name)
            assert who.name == "house" or leaks(fresh, answer, ids) == []
            if door.method != "GET" and answer.is_success:
                assert who.name == "house" or fresh.harm() == []
                fresh.restore()
    odd = found.keys() - UNSAID
    assert odd <= {REFUSED.get(label), "not_found" if label in NOT_EVERYBODYS else None}, found
    assert ("" in found) != (label in REFUSED), found
    assert (found.get("") == {"house"}) == (label in HOUSE_ONLY), found


@pytest.mark.parametrize("label", DOORS)
def test_what_is_anothers_is_as_if_it_were_not_there(fresh: World, label: str) -> None:
    door = DOORS[label]
    assert [one for who in fresh.attackers for one in attack(fresh, who, door)] == []
    assert fresh.harm() == []


@pytest.mark.parametrize(
    "label",
    [
        label
        for label, door in DOORS.items()
        if label not in SAFE and (door.method == "GET" or is_asked(door))
    ],
)
def test_without_the_permission_function_this_is_noticed(
    fresh: World, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each door gives something away as soon as everything is permitted everywhere: the tests above are no formality."""
    monkeypatch.setattr(Actor, "may", lambda self, permission, where=None: True)
    monkeypatch.setattr(Actor, "grants_with", lambda self, permission: everywhere(Role.ADMIN))
    monkeypatch.setattr(Actor, "role_at", lambda self, where: Role.ADMIN)
    door, who = DOORS[label], fresh.attackers[0]
    ids = own_ids(fresh, who, door)
    assert leaks(fresh, asked(fresh, who, door, ids), ids) or any(attack(fresh, who, door))
