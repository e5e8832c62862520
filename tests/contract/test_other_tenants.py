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
from tests.support.estates import VICTIM, Attacker, World, nowhere, world
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
# Their own session went to a device of the other tenant too: no recording of it is theirs to see.
WITHHELD = {
    f"GET /sessions/{{session_id}}/recordings/{{recording_id}}/{what}": "unknown_recording"
    for what in ("media", "video")
}
HOUSE_ONLY.add("GET /sessions/{session_id}/recordings/{recording_id}/media")
REFUSED = {
    "GET /sessions/{session_id}/recordings/{recording_id}/video": "recording_unreadable",  # it only begins like one
    "DELETE /device-types/{device_type_id}": "still_in_use",
    "PUT /device-types/{device_type_id}/faces/{side}/picture": "nothing_to_go_by",  # a picture without a label
    "POST /sign-in/code": "ticket_dead",
    "GET /sessions/{session_id}/screen": "no_screen",  # tests/sessions/test_screens.py has some
    "PUT /sessions/{session_id}/screen": "screen_not_shared",
    **dict.fromkeys(
        (
            *("POST /sign-in/provider", "POST /sign-in/provider/finish"),
            *("POST /sign-out/provider", "POST /sign-out/by-provider"),
        ),
        "no_provider",
    ),
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
    *("GET /demo", "GET /ice", "GET /sign-in", "GET /audit/head", "GET /audit/verifier"),
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
    return house.leaks(told, sent.values())


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
    assert odd <= {
        REFUSED.get(label),
        WITHHELD.get(label),
        "not_found" if label in NOT_EVERYBODYS else None,
    }, found
    assert ("" in found) != (label in REFUSED), found
    assert (found.get("") == {"house"}) == (label in HOUSE_ONLY), found


@pytest.mark.parametrize("label", DOORS)
def test_what_belongs_to_others_is_as_if_it_were_not_there(fresh: World, label: str) -> None:
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


LISTS = [label for label, door in DOORS.items() if any(one["name"] == "limit" for one in door.parameters)]


@pytest.mark.parametrize("label", LISTS)
def test_a_list_counts_turns_and_ends_with_what_is_ones_own(fresh: World, label: str) -> None:
    """In every order, and beyond its end: `total` and `offset` tell of no more rows than are shown."""
    door = DOORS[label]
    orders = [one for each in door.parameters if each["name"] == "sort" for one in _choices(each["schema"])]
    for who in (one for one in fresh.attackers if one.is_thorough and may_enter(one, door)):
        path, _ = door.request(own_ids(fresh, who, door))
        for order in [{}, *({"sort": order} for order in orders)]:
            page = fresh.ask("GET", path, who.headers, params={"limit": 200, **order}).json()
            if isinstance(page, list) or "items" not in page:
                break  # the events of one session, or a refusal
            assert page["total"] == len(page["items"])
            beyond = fresh.ask("GET", path, who.headers, params={"offset": page["total"], **order})
            assert (beyond.json()["items"], fresh.leaks(f"{page} {beyond.text}")) == ([], [])


def _choices(schema: Any) -> Iterator[str]:
    for one in (schema, *schema.get("anyOf", ())):
        yield from one.get("enum", ())


def test_where_one_is_in_a_list_is_a_number_and_nobodys(house: World) -> None:
    """No door takes or gives a cursor that would carry somebody's rights along."""
    names = {one["name"] for door in DOORS.values() for one in door.parameters}
    fields = {
        name
        for schema in contract()["components"]["schemas"].values()
        for name in schema.get("properties", {})
    }
    assert not [name for name in names | fields if "cursor" in name or "page_token" in name]


@pytest.mark.parametrize(
    "label", [label for label, door in DOORS.items() if door.method == "GET" and is_asked(door)]
)
def test_no_tag_of_a_version_tells_that_something_is_there(fresh: World, label: str) -> None:
    door, who = DOORS[label], fresh.attackers[0]
    for _, theirs, none in tries(fresh, who, door):
        found = []
        for sent in (theirs, none):
            path, more = door.request(sent)
            more["headers"] |= dict.fromkeys(("If-None-Match", "If-Match", "If-Range"), '"1"')
            more["headers"]["Range"] = "bytes=0-0"
            found.append(outcome(fresh.ask("GET", path, who.headers | more.pop("headers"), **more), sent))
        assert found[0] == found[1]


def test_the_same_key_of_two_tenants_is_two_keys(fresh: World) -> None:
    """Whoever learns another's Idempotency-Key and request is not told the answer."""
    key = {"Idempotency-Key": "the same"}
    victim = fresh.admins[VICTIM]
    path = f"devices/{fresh.victim['device']}/maintenance-records"
    record = {"performed_at": fresh.clock.now().isoformat(), "performed_by": "Lin", "summary": VICTIM}
    session = {"subject": VICTIM, "device_id": fresh.victim["device"]}
    made = [
        fresh.ask("POST", at, victim | key, json=body) for at, body in ((path, record), ("sessions", session))
    ]
    assert [one.status_code for one in made] == [201, 201]
    for who in fresh.attackers:
        for at, body in ((path, record), ("sessions", session)):
            answer = fresh.ask("POST", at, who.headers | key, json=body)
            assert answer.status_code in (403, 404)
    for who in fresh.attackers:
        other = fresh.ask("POST", "sessions", who.headers | key, json={"subject": VICTIM})
        assert other.status_code == 403 or other.json()["id"] != made[1].json()["id"]


def test_the_short_address_of_a_label_and_of_a_link_look_nothing_up(house: World) -> None:
    for page, kind in (("/d/{}", "label"), ("/D/{}", "label"), ("/join/{}", "session")):
        answers = {
            (answer.status_code, answer.headers["location"].replace(value, "…"), answer.text)
            for value in (house.victim[kind], nowhere(kind))
            for answer in [house.client.get(page.format(value), follow_redirects=False)]
        }
        assert len(answers) == 1


def test_a_file_of_the_same_bytes_is_not_called_what_another_called_it(fresh: World) -> None:
    who = fresh.attackers[0]
    own = fresh.made("POST", "attachments?name=mine.txt", f"{VICTIM} measured".encode(), who.headers)
    assert own["sha256"] == fresh.victim["attachment"]
    answer = fresh.ask("GET", f"attachments/{own['sha256']}", who.headers)
    assert answer.status_code == 200
    assert VICTIM not in str(answer.headers).lower()
    record = {
        "performed_at": fresh.clock.now().isoformat(),
        "performed_by": "Lin",
        "summary": "s",
        "attachments": [own],
    }
    fresh.made("POST", f"devices/{fresh.own['device']}/maintenance-records", record, who.headers)
    answer = fresh.ask("GET", f"attachments/{own['sha256']}", who.headers)
    assert "mine.txt" in answer.headers["content-disposition"]


def moved(house: World, device_id: str, to: dict[str, str], **changes: str) -> None:
    """The house gives a device to another tenant."""
    device = house.made("GET", f"devices/{device_id}", None)
    body = {name: device[name] for name in ("asset_tag", "name", "device_type_id")} | changes
    body |= {"site_id": to["site"], "rack_id": to["rack"], "position_u": 9, "tenant_id": to["tenant"]}
    house.made("PUT", f"devices/{device_id}", body, headers={"If-Match": '"1"'})


def test_where_a_device_went_is_not_told_to_whom_it_belonged(fresh: World) -> None:
    """Their old session stays theirs; how the device is today is its new owner's."""
    device = fresh.made("GET", f"devices/{fresh.own['device']}", None)
    moved = {name: device[name] for name in ("asset_tag", "name", "device_type_id")}
    moved |= {
        "site_id": fresh.victim["site"],
        "rack_id": fresh.victim["rack"],
        "position_u": 9,
        "notes": VICTIM,
    }
    moved |= {"tenant_id": fresh.victim["tenant"]}
    fresh.made("PUT", f"devices/{device['id']}", moved, headers={"If-Match": '"1"'})
    for who in fresh.attackers:
        for path in ("", "/device", "/events?limit=1000"):
            answer = fresh.ask("GET", f"sessions/{fresh.own['session']}{path}", who.headers)
            assert fresh.leaks(answer.text) == []
            assert answer.status_code == (404 if path == "/device" else 200)


def test_what_a_device_was_before_is_no_entry_of_whom_it_belongs_to_now(fresh: World) -> None:
    """The entry of the change says both, and is read by the house alone."""
    moved(fresh, fresh.victim["device"], fresh.own, asset_tag="SOLD", name="Sold", notes="")
    fresh.do(fresh.resources.ledger.seal)
    for who in (one for one in fresh.attackers if Permission.AUDIT_READ in one.permissions):
        about = f"audit/entries?limit=200&about_id={fresh.victim['device']}"
        assert fresh.ask("GET", about, who.headers).json()["total"] == 0
    assert '"asset_tag":"KINGFISHER-1"' in fresh.ask("GET", about, fresh.house).text


def test_a_room_at_ones_own_site_is_there_before_a_rack_stands_in_it(fresh: World) -> None:
    who = fresh.attackers[0]
    made = fresh.made("POST", "locations", {"site_id": fresh.own["site"], "name": "Annex"}, who.headers)
    assert fresh.ask("GET", f"locations/{made['id']}", who.headers).status_code == 200
    assert fresh.ask("GET", f"locations/{fresh.victim['outer_location']}", who.headers).status_code == 404
