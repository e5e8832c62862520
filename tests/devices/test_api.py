from typing import Any

import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.devices import api
from nearhand.devices.model import NewDevice, NewDeviceType, NewLocation, NewRack, NewSite
from tests.support.doors import Doors
from tests.support.factories import new_device, new_device_type, new_location, new_rack, new_site
from tests.support.people import PASSWORD

NOUNS = ("sites", "locations", "racks", "device-types", "devices")


@pytest.fixture
def admin(client: TestClient) -> Doors:
    return Doors(client, Role.ADMIN)


@pytest.fixture
def made(admin: Doors) -> dict[str, Any]:
    """One of each, hanging together."""
    site = admin.make("sites", new_site())
    hall = admin.make("locations", new_location(site["id"]))
    rack = admin.make("racks", new_rack(site["id"], location_id=hall["id"]))
    kind = admin.make("device-types", new_device_type())
    new = new_device(kind["id"], site["id"], rack_id=rack["id"], position_u=23)
    device = admin.make("devices", new)
    return {"sites": site, "locations": hall, "racks": rack, "device-types": kind, "devices": device}


def _body(noun: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The noun as a body: what was read, without what only the service sets."""
    set_by_us = {"id", "version", "created_at", "updated_at", "removed_at"}
    return {name: value for name, value in noun.items() if name not in set_by_us} | changes


@pytest.mark.parametrize("path", NOUNS)
def test_what_was_made_is_read_changed_and_listed(admin: Doors, made: dict[str, Any], path: str) -> None:
    noun = made[path]
    read = admin.ask("GET", f"{path}/{noun['id']}")
    assert (read.json(), read.headers["etag"]) == (noun, '"1"')
    field = "model" if path == "device-types" else "name"
    changed = admin.ask("PUT", f"{path}/{noun['id']}", version=1, json=_body(noun, **{field: "New name"}))
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    now = changed.json()
    assert now.pop("findings", []) == []
    assert now == noun | {field: "New name", "version": 2}
    listed = admin.ask("GET", f"{path}?q=new na").json()
    assert (listed["items"], listed["total"]) == ([now], 1)
    assert admin.ask("GET", f"{path}?q=nothing").json()["items"] == []


@pytest.mark.parametrize("path", NOUNS)
def test_a_change_based_on_an_old_reading_is_refused(admin: Doors, made: dict[str, Any], path: str) -> None:
    noun = made[path]
    url, body = f"{path}/{noun['id']}", _body(noun)
    assert admin.ask("PUT", url, json=body).status_code == 428
    assert admin.ask("DELETE", url).status_code == 428
    assert admin.ask("PUT", url, version=1, json=body).status_code == 200
    assert admin.ask("PUT", url, version=1, json=body).json()["code"] == "stale"
    assert admin.ask("GET", url).json()["version"] == 2


@pytest.mark.parametrize("path", NOUNS)
def test_an_unknown_id_is_not_found(admin: Doors, made: dict[str, Any], path: str) -> None:
    for method in ("GET", "PUT", "DELETE"):
        json = _body(made[path]) if method == "PUT" else None
        answer = admin.ask(method, f"{path}/0000000000ZZ", version=1, json=json)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", NOUNS)
def test_only_who_may_write_writes(client: TestClient, made: dict[str, Any], path: str) -> None:
    expert = Doors(client, Role.EXPERT)
    url, body = f"{path}/{made[path]['id']}", _body(made[path])
    assert expert.ask("GET", url).status_code == 200
    for method, where in (("POST", path), ("PUT", url), ("DELETE", url)):
        answer = expert.ask(method, where, version=1, json=body if method != "DELETE" else None)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    client.cookies.clear()
    assert client.get(f"/api/v1/{path}").status_code == 401


def test_things_are_removed_from_the_leaves_up_and_never_from_under_others(
    admin: Doors, made: dict[str, Any]
) -> None:
    for path in ("sites", "locations", "racks", "device-types"):
        answer = admin.ask("DELETE", f"{path}/{made[path]['id']}", version=1)
        assert (answer.status_code, answer.json()["code"]) == (409, "still_in_use"), path
    for path in ("devices", "racks", "locations"):
        assert admin.ask("DELETE", f"{path}/{made[path]['id']}", version=1).status_code == 204
        assert admin.ask("GET", f"{path}/{made[path]['id']}").status_code == 404
    # The removed device's history still names its site and type.
    for path in ("sites", "device-types"):
        assert admin.ask("DELETE", f"{path}/{made[path]['id']}", version=1).status_code == 409


def test_a_removed_device_frees_its_tag_and_its_place(admin: Doors, made: dict[str, Any]) -> None:
    device = made["devices"]
    assert admin.ask("DELETE", f"devices/{device['id']}", version=1).status_code == 204
    assert admin.ask("GET", "devices").json()["total"] == 0
    assert admin.ask("GET", "devices?q=tor").json()["total"] == 0
    assert admin.ask("GET", f"racks/{made['racks']['id']}/elevation").json()["devices"] == []
    assert admin.ask("GET", "devices/by-tag/TOR-R07-U23").status_code == 404
    assert admin.ask("PUT", f"devices/{device['id']}", version=2, json=_body(device)).status_code == 404
    again = admin.make("devices", NewDevice(**_body(device)))
    assert again["id"] != device["id"]


def test_a_device_is_viewed_with_its_surroundings_by_id_and_by_tag(
    admin: Doors, made: dict[str, Any]
) -> None:
    view = admin.ask("GET", f"devices/{made['devices']['id']}/view")
    assert view.json() == {
        "device": made["devices"],
        "device_type": made["device-types"],
        "site": made["sites"],
        "rack": made["racks"],
        "tenant": None,
        "location": made["locations"],
    }
    assert view.headers["etag"] == '"1"'
    assert admin.ask("GET", "devices/by-tag/tor-r07-u23").json() == view.json()


def test_a_tag_with_slashes_is_found(admin: Doors, made: dict[str, Any]) -> None:
    body = _body(made["devices"], asset_tag="DC1/R07/23")
    admin.ask("PUT", f"devices/{made['devices']['id']}", version=1, json=body)
    assert admin.ask("GET", "devices/by-tag/DC1/R07/23").status_code == 200


def test_the_elevation_shows_each_device_with_its_type(admin: Doors, made: dict[str, Any]) -> None:
    elevation = admin.ask("GET", f"racks/{made['racks']['id']}/elevation").json()
    assert elevation == {
        "rack": made["racks"],
        "devices": [{"device": made["devices"], "device_type": made["device-types"]}],
    }


def test_a_retry_with_the_same_key_gets_the_same_answer_and_makes_nothing_twice(
    admin: Doors, made: dict[str, Any]
) -> None:
    new = new_device(made["device-types"]["id"], made["sites"]["id"], asset_tag="NEW-1")
    body, key = new.model_dump(mode="json"), {"Idempotency-Key": "k1"}
    first = admin.ask("POST", "devices", json=body, headers=key)
    second = admin.ask("POST", "devices", json=body, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert (first.json(), first.headers["etag"]) == (second.json(), second.headers["etag"])
    assert admin.ask("GET", "devices?q=new-1").json()["total"] == 1


def test_a_key_used_for_another_request_is_refused(admin: Doors, made: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "k1"}
    admin.make("sites", new_site(name="One"), headers=key)
    other = admin.ask("POST", "sites", json={"name": "Two"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "key_reused")


def test_a_refused_request_leaves_its_key_free(admin: Doors, made: dict[str, Any]) -> None:
    key = {"Idempotency-Key": "k1"}
    taken = admin.ask("POST", "sites", json={"name": made["sites"]["name"]}, headers=key)
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")
    assert admin.ask("POST", "sites", json={"name": "Free"}, headers=key).status_code == 201


def test_two_people_with_one_key_are_two_requests(
    client: TestClient, admin: Doors, made: dict[str, Any]
) -> None:
    key = {"Idempotency-Key": "k1"}
    one = admin.make("sites", new_site(name="One"), headers=key)
    admin.make(
        "users", NewUser(name="other", display_name="Other", grants=everywhere(Role.ADMIN), password=PASSWORD)
    )
    sign_in = {"name": "other", "password": PASSWORD}
    token = client.post("/api/v1/sign-in?want_token=true", json=sign_in).json()["token"]
    client.cookies.clear()
    headers = key | {"Authorization": f"Bearer {token}"}
    two = client.post("/api/v1/sites", json=new_site(name="Two").model_dump(mode="json"), headers=headers)
    assert (two.status_code, two.json()["id"] != one["id"]) == (201, True)


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"asset_tag": "tor-r07-u23"}, 409, "asset_tag_taken"),
        ({"position_u": 23}, 409, "position_taken"),
        ({"position_u": 42}, 201, ""),
        ({"position_u": 43}, 422, "does_not_fit"),
        ({"position_u": 0}, 422, "does_not_fit"),
        ({"rack_id": "0000000000ZZ"}, 422, "unknown_reference"),
        ({"site_id": "0000000000ZZ"}, 422, "unknown_reference"),
        ({"device_type_id": "0000000000ZZ"}, 422, "unknown_reference"),
        ({"rack_id": None, "position_u": 5}, 422, "invalid"),
        ({"name": "a\x00b"}, 422, "invalid"),
        ({"asset_tag": "with space"}, 422, "invalid"),
        ({"colour": "red"}, 422, "invalid"),
    ],
)
def test_a_device_that_cannot_be_there_is_refused(
    admin: Doors, made: dict[str, Any], changes: dict[str, Any], status: int, code: str
) -> None:
    body = _body(made["devices"], asset_tag="NEW-1", position_u=None) | changes
    answer = admin.ask("POST", "devices", json=body)
    assert (answer.status_code, answer.json().get("code", "")) == (status, code)


def test_a_device_at_one_site_is_in_no_rack_of_another(admin: Doors, made: dict[str, Any]) -> None:
    other = admin.make("sites", new_site(name="Elsewhere"))
    body = _body(made["devices"], asset_tag="NEW-1", site_id=other["id"])
    assert admin.ask("POST", "devices", json=body).json()["code"] == "wrong_site"
    rack = _body(made["racks"], name="R08", site_id=other["id"])
    assert admin.ask("POST", "racks", json=rack).json()["code"] == "wrong_site"


def test_a_device_keeps_its_own_place_when_changed(admin: Doors, made: dict[str, Any]) -> None:
    url, body = f"devices/{made['devices']['id']}", _body(made["devices"], notes="moved nowhere")
    assert admin.ask("PUT", url, version=1, json=body).status_code == 200


def test_lists_are_cut_sorted_and_bounded(admin: Doors, made: dict[str, Any]) -> None:
    for name in ("Basel", "Aarau"):
        admin.make("sites", new_site(name=name))
    page = admin.ask("GET", "sites?sort=-name&limit=2").json()
    assert ([site["name"] for site in page["items"]], page["total"]) == (["Zürich West", "Basel"], 3)
    for query in ("limit=201", "limit=0", "offset=-1", "sort=address"):
        assert admin.ask("GET", f"sites?{query}").status_code == 422


def test_the_examples_in_the_contract_are_valid() -> None:
    for noun, example in (
        (NewSite, api.SITE),
        (NewLocation, api.LOCATION),
        (NewRack, api.RACK),
        (NewDeviceType, api.DEVICE_TYPE),
        (NewDevice, api.DEVICE),
    ):
        assert noun.model_validate(example).model_dump(mode="json").items() >= example.items()
