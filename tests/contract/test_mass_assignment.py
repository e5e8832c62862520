"""What only the service says of a thing is refused where somebody else says it: for every body of every door."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from nearhand.access.model import Permission
from nearhand.contract import contract
from tests.support.estates import Attacker, World, world
from tests.support.wishes import Door, doors

SERVERS_OWN = {
    "id": "ZZZZZZZZZZZZ",
    "created_at": "2020-01-01T00:00:00Z",
    "created_by": "ZZZZZZZZZZZZ",
    "updated_at": "2020-01-01T00:00:00Z",
    "removed_at": "2020-01-01T00:00:00Z",
    "expires_at": "2099-01-01T00:00:00Z",
    "version": 99,
    "seq": 1,
    "sha256": "0" * 64,
    "tenant_id": "ZZZZZZZZZZZZ",
    "user_id": "ZZZZZZZZZZZZ",
    "participant_id": "ZZZZZZZZZZZZ",
    "role": "admin",
    "grants": [{"role": "admin"}],
    "permissions": ["people.manage"],
    "reach": [{"role": "admin"}],
    "is_active": True,
    "is_admin": True,
    "is_strong": True,
    "password_hash": "x",
    "token_hash": "x",
    "status": "ended",
    "__proto__": {"is_admin": True},
}
# Their names are languages, or what a browser's authenticator says: neither is ever copied into a row by name.
NOT_OURS = {"text", "title", "caution", "proof", "credential"}
WITH_JSON = {door.label: door for door in doors(contract()) if door.wish.json is not None}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("house")) as made:
        yield made


def asked(house: World, door: Door, change: Any) -> Any:
    path, more = door.request({spot: house.own[spot.kind] for spot in door.spots() if spot.is_required})
    change(more)
    return house.ask(door.method, path, house.house | more.pop("headers"), **more)


def objects(
    body: Any, schema: Any, door: Door, where: tuple[Any, ...] = ()
) -> Iterator[tuple[tuple[Any, ...], set[str]]]:
    """Every object within a body: where it is, and the names that it may have."""
    schemas = list(_meant(schema, door))
    if isinstance(body, list):
        for number, one in enumerate(body[:1]):
            inner = [each["items"] for each in schemas if "items" in each]
            yield from objects(one, {"anyOf": inner}, door, (*where, number))
    if isinstance(body, dict) and (not where or where[-1] not in NOT_OURS):
        properties = {name: inner for each in schemas for name, inner in each.get("properties", {}).items()}
        yield where, set(properties)
        for name, one in body.items():
            yield from objects(one, properties[name], door, (*where, name))


def _meant(schema: Any, door: Door) -> Iterator[Any]:
    if "$ref" in schema:
        yield from _meant(door.schemas[schema["$ref"].rsplit("/", 1)[1]], door)
        return
    yield schema
    for choice in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
        yield from _meant(choice, door)


def body_schema(door: Door) -> Any:
    return door.operation["requestBody"]["content"]["application/json"]["schema"]


@pytest.mark.parametrize("label", WITH_JSON)
def test_no_body_takes_what_only_the_service_says(house: World, label: str) -> None:
    door = WITH_JSON[label]
    found = list(objects(door.wish.json, body_schema(door), door))
    assert found
    for where, known in found:
        forged = {name: value for name, value in SERVERS_OWN.items() if name not in known}

        def forge(more: Any, where: tuple[Any, ...] = where, forged: Any = forged) -> None:
            inner = more["json"]
            for step in where:
                inner = inner[step]
            inner |= forged

        answer = asked(house, door, forge)
        assert answer.status_code == 422, f"{where}: {answer.text}"
        complained = {one["where"][-1] for one in answer.json()["errors"]}
        assert forged.keys() <= complained, forged.keys() - complained
    assert house.harm() == []


def test_no_schema_of_a_body_lets_unknown_names_through() -> None:
    """Those of no valid example too, such as the other choices of a union."""
    document = contract()
    open_ones = {
        f"{door.label}: {name}"
        for door in WITH_JSON.values()
        for name in _reached(body_schema(door), document["components"]["schemas"])
        if document["components"]["schemas"][name].get("type") == "object"
        and document["components"]["schemas"][name].get("additionalProperties") is not False
    }
    assert open_ones == set()


def _reached(schema: Any, schemas: Any) -> set[str]:
    found: set[str] = set()
    waiting = [json.dumps(schema)]
    while waiting:
        text = waiting.pop()
        for name in schemas:
            if name not in found and f'"#/components/schemas/{name}"' in text:
                found.add(name)
                waiting.append(json.dumps(schemas[name]))
    return found


def test_a_form_and_an_import_take_nothing_else_either(house: World) -> None:
    all_doors = {door.label: door for door in doors(contract())}
    answer = asked(
        house, all_doors["POST /documents"], lambda more: more["data"].update(created_by="x", sha256="y")
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    device = f"devices/{house.own['device']}"
    before = house.ask("GET", device, house.house).json()
    row = {
        "asset_tag": before["asset_tag"],
        "id": "ZZZZZZZZZZZZ",
        "version": "99",
        "tenant_id": house.victim["tenant"],
    }
    answer = house.ask("POST", "devices/import?format=json", house.house, json=[row])
    assert answer.status_code == 422 or not answer.json()["is_applied"] or answer.json()["unchanged"] == 1
    assert house.ask("GET", device, house.house).json() == before


def test_nobody_makes_themselves_more_by_their_own_profile(house: World) -> None:
    """With what an answer says of oneself sent back, and more of it."""
    who: Attacker = house.attackers[0]
    me = house.ask("GET", "me", who.headers).json()
    profile = {"display_name": me["display_name"], "email": me["email"]}
    for forged in (
        {"grants": [{"role": "admin"}]},
        {"permissions": [one.value for one in Permission]},
        {"kind": "service"},
    ):
        assert house.ask("PUT", "me/profile", who.headers, json=profile | forged).status_code == 422
    assert house.ask("GET", "me", who.headers).json()["grants"] == me["grants"]
