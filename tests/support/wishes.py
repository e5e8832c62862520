"""A valid request for every door of the service, read from its own OpenAPI, with the place of every id in it."""

import copy
import re
import string
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter

from nearhand.app import API
from nearhand.kit.patterns import Id, Sha256
from tests.support.estates import PIECE, a_picture, camera
from tests.support.factories import new_device_type
from tests.support.sounds import a_voice_note

AT = datetime(2026, 1, 1, 8, tzinfo=UTC).isoformat()
UNTIL = datetime(2026, 1, 1, 20, tzinfo=UTC).isoformat()
PATTERNS = {TypeAdapter(one).json_schema()["pattern"] for one in (Id, Sha256)}
# Whatever is called so names something, whatever its pattern.
NAMED_LIKE_AN_ID = re.compile(r"(^|_)(id|ids|code|codes|tag|tags|sha256|key|keys|seq|order|tenant|q)$")

# What each name names, where all doors agree; None: it names nothing that is anybody's, and why.
KINDS: dict[str, str | None] = {
    "about_id": "device",
    "actor_id": "user",
    "annotation_id": "mark",
    "asset_tag": "asset_tag",
    "camera_key": "camera",
    "code": "label",
    "codes": "label",
    "device_id": "device",
    "device_ids": "device",
    "device_type_id": None,  # what a make and model looks like is nobody's secret
    "document_id": "document",
    "guide_id": "guide",
    "invitation_id": "invitation",
    "key": "camera",
    "link_id": "link",
    "location_id": "location",
    "parent_id": "location",
    "picture_sha256": "picture",
    "q": "word",
    "rack_id": "rack",
    "record_id": "record",
    "recording_id": "recording",
    "seq": "entry",
    "screen_id": "screen",
    "session_id": "session",
    "shown_id": "device",
    "sign_in_id": "sign_in",
    "site_id": "site",
    "tenant": "tenant",
    "tenant_id": "tenant",
    "token_id": "token",
    "user_id": "user",
    "work_order": "work_order",
}
# Where a door means something else by it.
KINDS_HERE: dict[tuple[str, str], str | None] = {
    ("GET /attachments/{sha256}", "sha256"): "attachment",
    ("GET /pictures/{sha256}", "sha256"): "picture",
    ("GET /sessions/{session_id}/stills/{sha256}", "sha256"): "still",
    ("GET /sessions/{session_id}/voice-notes/{sha256}", "sha256"): "voice_note",
    ("POST /devices/{device_id}/maintenance-records", "sha256"): "attachment",
    ("PUT /maintenance-records/{record_id}", "sha256"): "attachment",
    ("GET /documents/{document_id}/html", "document_id"): "markdown",
    ("DELETE /locations/{location_id}", "location_id"): "outer_location",
    ("DELETE /racks/{rack_id}", "rack_id"): "empty_rack",
    ("DELETE /sites/{site_id}", "site_id"): "empty_site",
    ("DELETE /tenants/{tenant_id}", "tenant_id"): "empty_tenant",
    ("DELETE /me/sign-ins/{sign_in_id}", "sign_in_id"): "own_sign_in",
    ("DELETE /me/tokens/{token_id}", "token_id"): "own_token",
    ("DELETE /me/passkeys/{passkey_id}", "passkey_id"): "own_passkey",
    ("POST /users/{user_id}/tokens", "user_id"): "service",
    ("DELETE /users/{user_id}/tokens/{token_id}", "user_id"): "service",
    ("DELETE /users/{user_id}/tokens/{token_id}", "token_id"): "service_token",
    # Six digits, or the part of a chart's address that names a quantity.
    ("POST /me/confirm", "code"): None,
    ("POST /me/totp/confirm", "code"): None,
    ("POST /sign-in/code", "code"): None,
    ("POST /sign-in/provider/finish", "code"): None,  # the provider's
    ("POST /telemetry/samples", "key"): None,
}


@dataclass(frozen=True)
class Of:
    """In the place of an id: of which kind it is."""

    kind: str


@dataclass(frozen=True)
class Wish:
    """What a valid request has beside its path. In `text`, `{kind}` stands for an id, or for a name that is one."""

    query: Mapping[str, Any] = field(default_factory=dict)
    json: Any = None
    text: str | None = None
    content: bytes | None = None
    form: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Spot:
    """One place in a request where an id stands: in the path, the query, or the body."""

    where: str
    name: str
    kind: str
    is_required: bool = True


@dataclass(frozen=True)
class Door:
    """One operation of the OpenAPI document."""

    method: str
    path: str
    operation: Mapping[str, Any]
    schemas: Mapping[str, Any]

    @property
    def label(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def parameters(self) -> list[Any]:
        return list(self.operation.get("parameters", ()))

    @property
    def wish(self) -> Wish:
        return WISHES.get(self.label, Wish())

    def kind(self, name: str) -> str | None:
        """Raise KeyError for a name that nobody said the kind of: a new one must be thought about."""
        here = (self.label, name)
        return KINDS_HERE[here] if here in KINDS_HERE else KINDS[name]

    def spots(self) -> list[Spot]:
        """Every id that this door takes, those its valid request leaves out too."""
        found = [
            Spot(
                one["in"],
                one["name"],
                self.kind(one["name"]) or one["name"].removesuffix("_id"),
                one["required"],
            )
            for one in self.parameters
            if one["in"] in ("path", "query") and _is_id(one["name"], one["schema"])
        ]
        return found + [Spot("body", f"{n}", kind) for n, kind in enumerate(_kinds_in(self.wish))]

    def overlooked(self) -> set[str]:
        """Ids that the body may have and the valid request does not."""
        named = {
            name
            for body in self.operation.get("requestBody", {}).get("content", {}).values()
            for name in self._ids_of(body["schema"])
            if self.kind(name) is not None
        }
        wish = self.wish
        return named - set(_names(wish.json)) - set(_names(wish.form))

    def request(self, ids: Mapping[Spot, str]) -> tuple[str, dict[str, Any]]:
        """The path and the rest of a request. An id in the query is left out unless it is given."""
        wish, path = self.wish, self.path
        query = {**wish.query}
        for spot, value in ids.items():
            if spot.where == "path":
                path = path.replace(f"{{{spot.name}}}", value)
            elif spot.where == "query":
                query[spot.name] = value
        path = re.sub(r"\{(\w+)\}", lambda found: PLAIN[found[1]], path).removeprefix("/")
        in_body = [ids[spot] for spot in self.spots() if spot.where == "body"]
        more: dict[str, Any] = {"params": query, "headers": dict(wish.headers)}
        if any(one["name"] == "if-match" for one in self.parameters):
            more["headers"].setdefault("If-Match", '"1"')
        if wish.json is not None:
            more["json"] = _filled(copy.deepcopy(wish.json), iter(in_body))
        if wish.text is not None:
            kinds = dict(zip(_kinds_in(wish), in_body, strict=True))
            more["content"] = wish.text.format_map(kinds).encode()
        if wish.content is not None:
            more["content"] = wish.content
        if wish.form is not None:
            more["data"] = _filled(dict(wish.form), iter(in_body))
            more["files"] = {"file": ("manual.md", b"# Manual")}
        return path, more

    def _ids_of(self, schema: Any, name: str = "", seen: tuple[str, ...] = ()) -> Iterator[str]:
        """Names of all fields of a body that hold an id, at any depth."""
        if "$ref" in schema:
            called = schema["$ref"].rsplit("/", 1)[1]
            if called not in seen:
                yield from self._ids_of(self.schemas[called], name, (*seen, called))
            return
        if name and _is_id(name, schema):
            yield name
        for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
            yield from self._ids_of(choice, name, seen)
        if isinstance(schema.get("items"), Mapping):
            yield from self._ids_of(schema["items"], name, seen)
        for field_name, inner in schema.get("properties", {}).items():
            yield from self._ids_of(inner, field_name, seen)


def doors(document: Mapping[str, Any]) -> list[Door]:
    schemas = document["components"]["schemas"]
    return [
        Door(method.upper(), path.removeprefix(API), operation, schemas)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _is_id(name: str, schema: Mapping[str, Any]) -> bool:
    choices = [schema, *schema.get("anyOf", ())]
    if schema.get("type") == "boolean":
        return False
    return bool(NAMED_LIKE_AN_ID.search(name)) or any(one.get("pattern") in PATTERNS for one in choices)


def _kinds_in(wish: Wish) -> list[str]:
    """In the order in which `_filled` comes to them; each kind of a text once."""
    if wish.text is not None:
        return list(dict.fromkeys(name for _, name, _, _ in string.Formatter().parse(wish.text) if name))
    kinds: list[str] = []
    _walk(wish.json if wish.form is None else dict(wish.form), lambda of: kinds.append(of.kind))
    return kinds


def _walk(value: Any, meet: Callable[[Of], Any]) -> None:
    if isinstance(value, Of):
        meet(value)
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _walk(one, meet)


def _filled(value: Any, ids: Iterator[str]) -> Any:
    if isinstance(value, Of):
        return next(ids)
    if isinstance(value, dict):
        return {name: _filled(one, ids) for name, one in value.items()}
    return [_filled(one, ids) for one in value] if isinstance(value, list) else value


def _names(value: Any) -> Iterator[str]:
    """Names of fields that hold an id."""
    for name, one in value.items() if isinstance(value, Mapping) else ():
        held = one if isinstance(one, list) else [one]
        if any(isinstance(item, Of) for item in held):
            yield name
    for one in value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ():
        yield from _names(one)


# -- what each door is asked for --------------------------------------------------------------------------------

# Nobody's: the parts of a path that name nothing, and what the world has for all.
PLAIN = {"side": "front", "number": "1", "k": "0"}
SHARED = {"device_type", "link_token", "invitation_token", "reset_token", "enrolment_token"}
TYPE = Of("device_type")
GRANT = {"role": "observer", "tenant_id": Of("tenant"), "site_id": Of("site"), "rack_id": Of("rack")}
DEVICE = {
    "asset_tag": Of("asset_tag"),
    "name": "Switch",
    "device_type_id": TYPE,
    "site_id": Of("site"),
    "rack_id": Of("rack"),
    "position_u": 5,
    "tenant_id": Of("tenant"),
}
RECORD = {
    "performed_at": AT,
    "performed_by": "Lin",
    "summary": "Seen to",
    "work_order": Of("work_order"),
    "attachments": [
        {"sha256": Of("attachment"), "name": "a.txt", "media_type": "text/plain", "size_bytes": 1}
    ],
}
GUIDE = {
    "subject": {"device_id": Of("device")},
    "title": {"en": "Guide"},
    "steps": [{"text": {"en": "Do it"}, "picture_sha256": Of("picture")}],
}
RACK = {"name": "Another", "site_id": Of("site"), "location_id": Of("location"), "tenant_id": Of("tenant")}
LOCATION = {"name": "Another", "site_id": Of("site"), "parent_id": Of("location")}
SITE = {"name": "Another", "tenant_id": Of("tenant")}
TOKEN = {"name": "Script", "permissions": ["devices.read"], "grants": [GRANT], "expires_at": UNTIL}
TYPES = new_device_type(model="Another").model_dump(mode="json")
JPEG = a_picture("green", "JPEG")
IMPORT = (
    "asset_tag,name,manufacturer,model,site,location,rack,position_u,tenant\r\n"
    "{asset_tag},Switch,Acme,ToR-48,{site_name},{location_name},{rack_name},7,{tenant_name}\r\n"
)
NO_TICKET = "not-a-ticket-of-anybodys"
CREDENTIAL = {"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": {}}
PERSON = {"display_name": "Lin", "grants": [GRANT]}

WISHES: dict[str, Wish] = {
    "POST /attachments": Wish(query={"name": "a.txt"}, content=b"Measured."),
    "POST /audit/entries/{seq}/redaction": Wish(json={"why": "asked for"}),
    "PUT /cameras/{key}": Wish(json=camera()),
    "POST /device-types": Wish(json=TYPES),
    "PUT /device-types/{device_type_id}": Wish(json=TYPES),
    "PUT /device-types/{device_type_id}/faces/{side}/picture": Wish(content=JPEG),
    "POST /devices": Wish(json=DEVICE | {"asset_tag": Of("new_asset_tag"), "position_u": 9}),
    "POST /devices/import": Wish(text=IMPORT),
    "PUT /devices/{device_id}": Wish(json=DEVICE),
    "GET /devices/{device_id}/chart": Wish(query={"quantity": "cpu_load"}),
    "POST /devices/{device_id}/labels": Wish(json={}),
    "POST /devices/{device_id}/maintenance-records": Wish(json=RECORD),
    "POST /documents": Wish(form={"title": "Manual", "device_id": Of("device")}),
    "POST /enrolments": Wish(json={"device_name": "Phone", "user_id": Of("user")}),
    "POST /enrolments/show": Wish(json={"token": Of("enrolment_token")}),
    "POST /enrolments/use": Wish(json={"token": Of("enrolment_token")}),
    "POST /guides": Wish(json=GUIDE),
    "PUT /guides/{guide_id}": Wish(json=GUIDE),
    "POST /images/read": Wish(content=JPEG),
    "POST /invitations": Wish(json=PERSON),
    "POST /invitations/accept": Wish(
        json={"token": Of("invitation_token"), "name": "lin", "password": "correct horse"}
    ),
    "POST /invitations/show": Wish(json={"token": Of("invitation_token")}),
    "POST /join": Wish(json={"token": Of("link_token"), "display_name": "Lin"}),
    "POST /labels/sheets": Wish(json={"codes": [Of("label")], "device_ids": [Of("device")]}),
    "POST /locations": Wish(json=LOCATION),
    "PUT /locations/{location_id}": Wish(json=LOCATION | {"parent_id": Of("outer_location")}),
    "PUT /maintenance-records/{record_id}": Wish(json=RECORD),
    "POST /me/confirm": Wish(json={"password": "correct horse battery"}),
    "POST /me/passkeys": Wish(json={"name": "Key", "ticket": NO_TICKET, "credential": CREDENTIAL}),
    "POST /me/password": Wish(
        json={"old_password": "correct horse battery", "new_password": "another horse"}
    ),
    "POST /me/pin": Wish(json={"pin": "123456"}),
    "PUT /me/profile": Wish(json={"display_name": "Lin", "email": None}),
    "POST /me/tokens": Wish(json=TOKEN),
    "POST /me/totp/confirm": Wish(json={"code": "123456"}),
    "POST /me/unlock": Wish(json={"pin": "123456"}),
    "POST /password-resets": Wish(json={"email": "lin@example.org"}),
    "POST /password-resets/use": Wish(json={"token": Of("reset_token"), "password": "another horse"}),
    "POST /pictures": Wish(content=a_picture("olive")),
    "POST /racks": Wish(json=RACK),
    "PUT /racks/{rack_id}": Wish(json=RACK),
    "POST /sessions": Wish(
        json={"subject": "Help", "device_id": Of("device"), "work_order": Of("work_order")}
    ),
    "POST /sessions/{session_id}/invitations": Wish(
        json={"device_ids": [Of("device")], "is_for_work_order": True}
    ),
    "POST /sessions/{session_id}/stills": Wish(content=JPEG),
    "POST /sessions/{session_id}/voice-notes": Wish(content=a_voice_note(), query={"duration_ms": 900}),
    "PUT /sessions/{session_id}/screen": Wish(content=JPEG),
    "PUT /sessions/{session_id}/recordings/{recording_id}/chunks/{k}": Wish(content=PIECE),
    "POST /sign-in": Wish(json={"name": "house.admin", "password": "correct horse battery"}),
    "POST /sign-in/code": Wish(json={"ticket": NO_TICKET, "code": "123456"}),
    "POST /sign-in/passkey": Wish(json={"ticket": NO_TICKET, "credential": CREDENTIAL}),
    "POST /sign-in/passkey/options": Wish(json={"ticket": None}),
    "POST /sign-in/provider": Wish(json={"to": "/console/"}),
    "POST /sign-in/provider/finish": Wish(json={"code": "of-the-provider", "state": "s" * 43}),
    "POST /sign-out/by-provider": Wish(form={"logout_token": "a.b.c"}),
    "POST /sites": Wish(json=SITE),
    "PUT /sites/{site_id}": Wish(json=SITE),
    "POST /telemetry/samples": Wish(
        json=[
            {
                "key": {"device_id": Of("device"), "quantity": "cpu_load"},
                "unit": "swallow",
                "samples": [{"at": AT, "value": 1}],
            }
        ]
    ),
    "POST /tenants": Wish(json={"name": "Another"}),
    "PUT /tenants/{tenant_id}": Wish(json={"name": "Another"}),
    "POST /users": Wish(json=PERSON | {"name": "lin", "password": "correct horse"}),
    "PATCH /users/{user_id}": Wish(json={"is_active": False}),
    "PUT /users/{user_id}/grants": Wish(json={"grants": [GRANT]}),
    "POST /users/{user_id}/tokens": Wish(json=TOKEN),
}
