"""Two tenants in one house, each with one of everything the service keeps, marked by a word of its own.

The one is the victim: its word and its ids must never be told to anybody of the other.
"""

import hashlib
import io
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import text

from nearhand.access.credentials import StoredPasskey
from nearhand.access.model import NewUser, Permission, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.access.vault import Vault
from nearhand.app import API, Resources, build_resources, create_app
from nearhand.kit.clock import FixedClock
from nearhand.kit.settings import Settings
from nearhand.media.model import ReferencePicture
from nearhand.media.store import MediaStore
from tests.manuals.samples import a_pdf
from tests.support.factories import new_device_type
from tests.support.neighbours import PROTOCOL, Headers, Socket
from tests.support.people import PASSWORD, QUICK
from tests.support.sounds import a_voice_note

Row = tuple[str, tuple[tuple[str, str], ...]]
VICTIM, OWN = "kingfisher", "swallow"
PLENTY = 1_000_000
# What nobody has, in the shape of what somebody might have.
NOWHERE = {
    **dict.fromkeys(("asset_tag", "new_asset_tag"), "NOSUCHTAG"),
    "label": "ZZZZZZZZ",
    "camera": "nosuchcamera",
    "entry": "999999",
    "work_order": "WO-nosuchorder",
    "word": "nosuchword",
    "tenant_name": "nosuchtenant",
    "site_name": "nosuchsite",
    "location_name": "nosuchlocation",
    "rack_name": "nosuchrack",
    **dict.fromkeys(("attachment", "picture", "still", "voice_note"), "0" * 64),
}
# The first piece of a recording: a line of JSON, and behind it what begins as WebM does.
PIECE = b'{"from_ms": 0, "marks": []}\n\x1a\x45\xdf\xa3'
ANY_ID = "ZZZZZZZZZZZZ"


def nowhere(kind: str) -> str:
    return NOWHERE.get(kind, ANY_ID)


@dataclass
class Attacker:
    """Somebody of the other tenant. `ids`: what is theirs alone, such as their own sign-ins.

    `is_thorough`: tries each id by itself too; a program does not, since its account does.
    """

    name: str
    headers: Headers
    permissions: frozenset[Permission]
    is_thorough: bool = True
    user_id: str | None = None
    ids: dict[str, str] = field(default_factory=dict)


class World:
    """A running service. `victim` and `own` name one thing of each kind; `house` sees everything."""

    def __init__(self, client: TestClient, resources: Resources, clock: FixedClock) -> None:
        self.client, self.resources, self.clock = client, resources, clock
        self.house = self.signed_in("house.admin")
        self.admins: dict[str, Headers] = {}
        self.device_type = self.made("POST", "device-types", new_device_type().model_dump(mode="json"))["id"]
        self.victim = self._estate(VICTIM, "navy")
        self.own = self._estate(OWN, "green")
        self.do(self._add_face_picture, None, "olive")
        self._wander()
        self.attackers = list(self._attackers())
        for one in self.attackers:
            if one.user_id is not None:  # last: from then on a password alone lets nobody in
                one.ids["own_passkey"] = self.do(self._add_passkey, one.user_id, OWN)
        self.do(resources.ledger.seal)
        self._number_entries()
        self._kept = self.do(self._serialized)
        self._reader = sqlite3.connect(resources.settings.live_path(), check_same_thread=False)
        self._reader.row_factory = sqlite3.Row
        self._live_rows, self._version = self._live(), self._live_version()
        self.secrets = self._secrets()
        self.rows = self.victims_rows()

    # -- asking --------------------------------------------------------------------------------------------------

    def do(self, work: Any, *values: Any) -> Any:
        assert self.client.portal is not None
        return self.client.portal.call(work, *values)

    def ask(self, method: str, path: str, headers: Headers, **more: Any) -> Any:
        answer = self.client.request(method, f"{API}/{path}", headers=headers, **more)
        self.client.cookies.clear()
        return answer

    def made(self, method: str, path: str, body: Any, by: Headers | None = None, **more: Any) -> Any:
        sent = {"content": body} if isinstance(body, bytes) else {} if body is None else {"json": body}
        headers = (by or self.house) | more.pop("headers", {})
        answer = self.ask(method, path, headers, **sent, **more)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def signed_in(self, name: str, agent: str = "house") -> Headers:
        body = {"name": name, "password": PASSWORD}
        answer = self.client.post(
            f"{API}/sign-in?want_token=true", json=body, headers={"User-Agent": f"{agent} browser"}
        )
        assert answer.is_success, answer.text
        self.client.cookies.clear()
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    @contextmanager
    def live(self, session_id: str, headers: Headers, name: str) -> Iterator[Socket]:
        url = f"{API}/sessions/{session_id}/live"
        with self.client.websocket_connect(url, subprotocols=PROTOCOL, headers=headers) as socket:
            socket.send_json([{"type": "hello", "client": name.ljust(16, "_")}])
            live = Socket(socket)
            live.until("session.state")
            yield live

    # -- what is there -------------------------------------------------------------------------------------------

    def _estate(self, word: str, colour: str) -> dict[str, str]:
        ids: dict[str, str] = {"word": word, "work_order": f"WO-{word}", "camera": f"{word} camera"}
        ids["device_type"] = self.device_type
        ids["tenant"] = self.made("POST", "tenants", {"name": f"{word} bank", "notes": word})["id"]
        ids["tenant_name"], ids["site_name"] = f"{word} bank", f"{word} hall"
        ids["location_name"], ids["rack_name"] = f"{word} room", f"{word} rack"
        owned = {"tenant_id": ids["tenant"]}
        site = {"name": ids["site_name"], "address": f"{word} street", **owned}
        ids["site"] = self.made("POST", "sites", site)["id"]
        at = {"site_id": ids["site"]}
        ids["location"] = self.made("POST", "locations", {"name": ids["location_name"], **at})["id"]
        ids["outer_location"] = self.made("POST", "locations", {"name": f"{word} wing", **at})["id"]
        ids["empty_site"] = self.made("POST", "sites", {"name": f"{word} yard", **owned})["id"]
        ids["empty_rack"] = self.made("POST", "racks", {"name": f"{word} frame", **at, **owned})["id"]
        ids["empty_tenant"] = self.made("POST", "tenants", {"name": f"{word} trust"})["id"]
        rack = {"name": ids["rack_name"], "location_id": ids["location"], **at, **owned}
        ids["rack"] = self.made("POST", "racks", rack)["id"]
        ids["asset_tag"] = f"{word.upper()}-1"
        ids["new_asset_tag"] = ids["asset_tag"] if word == VICTIM else "NEW-1"
        device = {
            "asset_tag": ids["asset_tag"],
            "name": f"{word} switch",
            "serial": f"{word.upper()}SERIAL",
            "notes": word,
            "device_type_id": self.device_type,
            "rack_id": ids["rack"],
            "position_u": 5,
            **at,
            **owned,
        }
        ids["device"] = self.made("POST", "devices", device)["id"]
        for role in Role:
            self._person(f"{word}.{role.value}", word, [{"role": role.value, **owned}])
        admin = self.admins[word] = self.signed_in(f"{word}.admin", word)
        self._papers(ids, word, colour, admin)
        self._people(ids, word, admin)
        self._session(ids, word, colour)
        return ids

    def _person(self, name: str, word: str, grants: list[dict[str, Any]], **more: Any) -> str:
        body = {"name": name, "display_name": f"{word} {name}", "grants": grants, "password": PASSWORD} | more
        return str(self.made("POST", "users", body)["id"])

    def _papers(self, ids: dict[str, str], word: str, colour: str, by: Headers) -> None:
        """What is written and kept of the device."""
        device = f"devices/{ids['device']}"
        ids["label"] = self.made("POST", f"{device}/labels", {}, by)["code"]
        file = self.made("POST", f"attachments?name={word}.txt", f"{word} measured".encode(), by)
        ids["attachment"] = file["sha256"]
        record = {
            "performed_at": self.clock.now().isoformat(),
            "performed_by": word,
            "summary": f"{word} was here",
            "parts": [word],
            "work_order": ids["work_order"],
            "attachments": [file],
        }
        ids["record"] = self.made("POST", f"{device}/maintenance-records", record, by)["id"]
        picture = self.made("POST", "pictures", a_picture(colour), by)
        ids["picture"] = picture["sha256"]
        step = {"text": {"en": f"{word} step"}, "picture_sha256": ids["picture"]}
        guide = {"subject": {"device_id": ids["device"]}, "title": {"en": word}, "steps": [step]}
        ids["guide"] = self.made("POST", "guides", guide, by)["id"]
        for kind, content in (("document", a_pdf()), ("markdown", f"# {word}".encode())):
            form = {"title": f"{word} {kind}", "device_id": ids["device"]}
            answer = self.ask("POST", "documents", by, data=form, files={"file": (f"{word}.x", content)})
            assert answer.is_success, answer.text
            ids[kind] = answer.json()["id"]
        key = {"device_id": ids["device"], "quantity": "cpu_load", "port": ""}
        batch = {
            "key": key,
            "unit": word,
            "samples": [{"at": self.clock.now().isoformat(), "value": 4242.25}],
        }
        self.made("POST", "telemetry/samples", [batch], by)
        ids["face_picture"] = self.do(self._add_face_picture, ids["device"], colour)

    async def _add_face_picture(self, device_id: str | None, colour: str) -> str:
        """Of a device, or of the type of all; its name."""
        file = io.BytesIO()
        Image.new("RGBA", (965, 87), colour).save(file, "WEBP")
        sha256 = await self.resources.blobs.put(file.getvalue())
        picture = ReferencePicture(
            device_type_id=self.device_type,
            device_id=device_id,
            face="front",
            width_mm=482.6,
            height_mm=43.66,
            px_per_mm=2,
            width=965,
            height=87,
            known_share=1,
            ring_mm=0.1,
            photographs=1,
            sha256=sha256,
            version=1,
            updated_at=self.clock.now(),
            updated_by="somebody",
        )
        async with self.resources.database.transaction() as connection:
            await MediaStore(connection).keep_picture(picture)
        return sha256

    def _people(self, ids: dict[str, str], word: str, by: Headers) -> None:
        """A person who is ruled over, a program, and who is to become one of them."""
        where = {"tenant_id": ids["tenant"], "site_id": ids["site"], "rack_id": ids["rack"]}
        grants = [{"role": "observer", **where}]
        ids["user"] = self._person(f"{word}.person", word, grants, email=f"{word}@example.org")
        ids["user_name"] = f"{word}.person"
        person = self.signed_in(f"{word}.person", word)
        ids["sign_in"] = self.ask("GET", "me", person).json()["sign_in_id"]
        program = {"name": f"{word}.program", "display_name": word, "grants": grants, "kind": "service"}
        ids["service"] = self.made("POST", "users", program)["id"]
        ids["service_token"] = self.made("POST", f"users/{ids['service']}/tokens", self.token(word), by)["id"]
        ids["token"] = self.made("POST", "me/tokens", self.token(word), person)["id"]
        invitation = {"display_name": f"{word} guest", "grants": grants}
        ids["invitation"] = self.made("POST", "invitations", invitation, by)["id"]
        ids["invitation_token"] = self._link("invitations", {"display_name": word, "grants": grants}, by)
        ids["reset_token"] = self._link(f"users/{ids['user']}/reset-link", None, by)
        ids["enrolment_token"] = self._link("enrolments", {"device_name": word}, by)
        ids["passkey"] = self.do(self._add_passkey, ids["user"], word)
        self.made("PUT", f"cameras/{ids['camera']}", camera(), by)

    def _link(self, path: str, body: Any, by: Headers) -> str:
        """The secret of a link that works once."""
        return str(self.made("POST", path, body, by)["url"].partition("#")[2])

    def token(self, name: str, **more: Any) -> dict[str, Any]:
        until = self.clock.now() + timedelta(days=1)
        return {"name": name, "permissions": ["devices.read"], "expires_at": until.isoformat()} | more

    async def _add_passkey(self, user_id: str, word: str) -> str:
        passkey = StoredPasskey(
            id=self.resources.ids.new(),
            user_id=user_id,
            name=word,
            is_synced=False,
            created_at=self.clock.now(),
            last_used_at=None,
            credential_id=f"{word} {user_id}".encode(),
            public_key=b"none",
            sign_count=0,
        )
        async with self.resources.database.transaction() as connection:
            await Vault(connection).add_passkey(passkey)
        return passkey.id

    def _session(self, ids: dict[str, str], word: str, colour: str) -> None:
        technician, expert = (
            self.signed_in(f"{word}.technician", word),
            self.signed_in(f"{word}.expert", word),
        )
        body = {"subject": f"{word} is down", "device_id": ids["device"], "work_order": ids["work_order"]}
        ids["session"] = self.made("POST", "sessions", body, technician)["id"]
        ids["mark"] = f"{word}mark"
        ids["voice_note"] = hashlib.sha256(a_voice_note(word=word.encode())).hexdigest()
        with self.live(ids["session"], technician, word) as live:
            ids["still"] = self.say_all(live, ids | {"called": ids["session"]}, technician, word, colour)
            ids["recording"] = f"{word}rec"
            assert live.ask("recording.ask", id=ids["recording"]) == "ack"
            self._recorded(ids, technician)
            assert live.ask("recording.end", id=ids["recording"]) == "ack"
        ids["screen"] = f"{word}screen"
        with self.live(ids["session"], expert, f"{word}2") as live:
            assert live.ask("screen.share", id=ids["screen"]) == "ack"
        link = {"may": "help", "role": "technician", "label": word}
        made = self.made("POST", f"sessions/{ids['session']}/invitations", link, expert)
        ids["link"], ids["link_token"] = made["link"]["id"], made["url"].partition("#")[2]

    def _recorded(self, ids: Mapping[str, str], by: Headers) -> None:
        """Its first piece."""
        path = f"sessions/{ids['session']}/recordings/{ids['recording']}/chunks/0"
        answer = self.client.put(f"{API}/{path}", content=PIECE, headers=by)
        assert answer.status_code == 200, answer.text

    def say_all(self, live: Socket, ids: Mapping[str, str], by: Headers, word: str, colour: str) -> str:
        """One of everything that can be said of a device; the picture's name."""
        device = {"device_id": ids["device"], "face": "front"}
        assert live.ask("device.show", device=device) == "ack"
        still = self.made("POST", f"sessions/{ids['called']}/stills", a_picture(colour, "JPEG"), by)
        said = a_voice_note(word=word.encode())
        path = f"sessions/{ids['called']}/voice-notes?duration_ms=900"
        note = self.made("POST", path, said, by)
        place = {"kind": "face", **device, "points_mm": [[10, 10, 0]]}
        frame = {"stream": f"camera-{word}", "frame_id": 1}
        shared = {"frame": {**frame, "how": "still"}, "width": 64, "height": 48}
        shared |= {"sha256": still["sha256"], "captured_at": self.clock.now().isoformat()}
        sayings: list[tuple[str, dict[str, Any]]] = [
            ("still.share", shared),
            (
                "annotation.add",
                {"id": ids["mark"], "shape": "text", "place": place, "text": word, "is_kept": True},
            ),
            (
                "annotation.add",
                {"id": f"{word}still", "shape": "text", "text": word, "place": on_still(frame)},
            ),
            ("approval.ask", {"id": f"{word}ask", "what": f"{word}?"}),
            ("step.show", {"step": {"guide_id": ids["guide"], "step": 1, "done": []}}),
            (
                "chat.say",
                {"text": f"{word} speaks", "voice": {"sha256": note["sha256"], "duration_ms": 900}},
            ),
            ("document.show", {"document": {"kind": "page", "document_id": ids["document"], "page": 1}}),
        ]
        answers = [live.ask(type_, **fields) for type_, fields in sayings]
        assert answers == ["ack"] * len(sayings), answers
        return str(still["sha256"])

    def _wander(self) -> None:
        """The other tenant's session goes to the victim's device, where secrets are said, and comes back."""
        there = self.victim | {"mark": f"{VICTIM}mark2", "called": self.own["session"]}
        with self.live(self.own["session"], self.house, "house") as live:
            still = self.say_all(live, there, self.house, f"{VICTIM}2", "maroon")
            self.victim["still_there"] = still
            back = {"device_id": self.own["device"], "face": "front"}
            assert live.ask("device.show", device=back) == "ack"

    # -- who attacks ---------------------------------------------------------------------------------------------

    def _attackers(self) -> Iterator[Attacker]:
        own = self.own
        for role in Role:
            yield self._attacker(f"{OWN}.{role.value}")
        for name, where in (("site", "site"), ("rack", "rack")):
            self._person(f"{OWN}.{name}", OWN, [{"role": "admin", f"{where}_id": own[where]}])
            yield self._attacker(f"{OWN}.{name}")
        admin = self.signed_in(f"{OWN}.admin", OWN)
        all_ = [one.value for one in Permission]
        token = self.made("POST", "me/tokens", self.token("all", permissions=all_), admin)
        yield self._known("API token", {"Authorization": f"Bearer {token['token']}"}, is_thorough=False)
        grants = [{"role": "admin", "tenant_id": own["tenant"]}]
        robot = {"name": f"{OWN}.robot", "display_name": OWN, "grants": grants, "kind": "service"}
        robot_id = self.made("POST", "users", robot)["id"]
        token = self.made("POST", f"users/{robot_id}/tokens", self.token("all", permissions=all_), admin)
        yield self._known("service account", {"Authorization": f"Bearer {token['token']}"}, is_thorough=False)
        expert = self.signed_in(f"{OWN}.expert", OWN)
        for may in ("help", "approve", "watch"):
            link: dict[str, Any] = {"may": may, "role": "expert", "label": may}
            made = self.made("POST", f"sessions/{own['session']}/invitations", link, expert)
            yield self._guest(f"guest to {may}", made["url"])
        link = {"may": "help", "role": "expert", "is_for_work_order": True}
        made = self.made("POST", f"sessions/{own['session']}/invitations", link, expert)
        yield self._guest("guest of a work order", made["url"])

    def _guest(self, name: str, url: str) -> Attacker:
        body = {"token": url.partition("#")[2], "display_name": name}
        answer = self.client.post(f"{API}/join?want_token=true", json=body)
        self.client.cookies.clear()
        return self._known(name, {"Authorization": f"Bearer {answer.json()['token']}"})

    def _known(self, name: str, headers: Headers, *, is_thorough: bool = True) -> Attacker:
        me = self.ask("GET", "me", headers).json()
        held = frozenset(Permission(one) for one in me["permissions"])
        attacker = Attacker(name, headers, held, is_thorough)
        if Permission.IMAGES_READ in held:
            self.made("PUT", f"cameras/{self.own['camera']}", camera(), headers)
        return attacker

    def _attacker(self, name: str) -> Attacker:
        headers = self.signed_in(name, OWN)
        other = self.ask("GET", "me", self.signed_in(name, OWN)).json()
        attacker = self._known(name, headers)
        attacker.ids = {
            "own_sign_in": other["sign_in_id"],
            "own_token": self.made("POST", "me/tokens", self.token(OWN), headers)["id"],
        }
        attacker.user_id = other["user_id"]
        return attacker

    # -- what must not be told, and not be changed ---------------------------------------------------------------

    def _number_entries(self) -> None:
        for ids in (self.victim, self.own):
            found = self.ask("GET", f"audit/entries?tenant={ids['tenant']}", self.house).json()["items"]
            ids["entry"] = str(found[0]["seq"])

    def _secrets(self) -> frozenset[str]:
        """The victim's word, and every id that something of theirs has and nothing else is called by."""
        plain = {"device_type", "entry", "word"} | {kind for kind in self.victim if kind.endswith("_name")}
        ids = {value for kind, value in self.victim.items() if kind not in plain}
        return frozenset({VICTIM, *ids})

    def victims_rows(self) -> frozenset[Row]:
        """Every row of the registry and of the live log that says something of the victim."""
        rows = set(self.do(self._registry_rows))
        rows |= {
            _row(table, list(one), tuple(one.values()))
            for table, found in self._live().items()
            for one in found
        }
        return frozenset(row for row in rows if any(one.lower() in str(row).lower() for one in self.secrets))

    async def _registry_rows(self) -> list[Row]:
        async with self.resources.database.reading() as connection:
            rows = []
            for (table,) in (await connection.execute(text(TABLES))).all():
                if not table.startswith(PASSING_TABLES):
                    found = await connection.execute(text(f'SELECT * FROM "{table}"'))
                    rows += [_row(table, list(found.keys()), tuple(values)) for values in found]
            return rows

    def leaks(self, told: str, sent: Iterable[str] = ()) -> list[str]:
        """Whatever of the victim's is told, besides what was sent and is only said again."""
        told = told.lower()
        for value in sorted(sent, key=len, reverse=True):
            told = told.replace(value.lower(), "")
        return [one for one in self.secrets if one.lower() in told]

    def harm(self) -> list[str]:
        """What became of the victim's rows, and what was put beside them, since the world was made."""
        now = self.victims_rows()
        gone = [f"gone or changed: {row}" for row in self.rows - now]
        return gone + [
            f"new: {table}.{name} is the victim's"
            for table, columns in now - self.rows
            for name, value in columns
            if value in self.secrets and name not in SAID_FREELY and table not in GRANTED
        ]

    # -- back to the beginning -----------------------------------------------------------------------------------

    async def _serialized(self) -> bytes:
        async with self.resources.database.engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            kept: bytes = await driver._execute(driver._conn.serialize)
            return kept

    async def _deserialized(self) -> None:
        async with self.resources.database.engine.connect() as connection:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            await driver._execute(driver._conn.deserialize, self._kept)

    def restore(self) -> None:
        """Everything that is kept as it was when the world was made."""
        self.do(self._deserialized)
        if self._live_version() != self._version:
            work: list[tuple[str, list[dict[str, Any]]]] = []
            for table, rows in self._live_rows.items():
                work.append((f"DELETE FROM {table}", [{}]))
                if rows:
                    named = ", ".join(f":{name}" for name in rows[0])
                    work.append((f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({named})", rows))
            self.do(self.resources.live_log._storage.write, work)
            self._version = self._live_version()

    def _live_version(self) -> int:
        """Another one after each commit of the service."""
        version: int = self._reader.execute("PRAGMA data_version").fetchone()[0]
        return version

    def _live(self) -> dict[str, list[dict[str, Any]]]:
        """All rows of the live log."""
        tables = [name for (name,) in self._reader.execute(TABLES) if name.startswith("live_")]
        return {name: [dict(row) for row in self._reader.execute(f"SELECT * FROM {name}")] for name in tables}


TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
# What the service puts down of whoever asks, and the index of a search.
PASSING_TABLES = ("audit", "sqlite_", "device_search", "idempotency")
SAID_FREELY = {"work_order", "key"}  # words of one's own choice, which lead nowhere by themselves
GRANTED = {"access_grant", "invited_grant"}  # conditions must all hold: more of them never give more


def _row(table: str, names: list[str], values: tuple[Any, ...]) -> Row:
    return table, tuple(zip(names, map(str, values), strict=True))


def on_still(frame: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "frame", "frame": frame, "points": [[0.5, 0.5]]}


def camera() -> dict[str, Any]:
    return {
        "camera": {"width": 640, "height": 480, "fx": 4242.25, "fy": 500, "cx": 319, "cy": 239},
        "views": 3,
    }


def a_picture(colour: str, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(file, kind)
    return file.getvalue()


@contextmanager
def world(folder: Path) -> Iterator[World]:
    clock = FixedClock()
    settings = Settings(
        data_dir=folder,
        database_url="sqlite+aiosqlite:///:memory:",
        password_tries_per_minute=PLENTY,
        requests_per_minute_and_address=PLENTY,
        requests_per_minute_and_account=PLENTY,
        uploads_per_hour_and_account=PLENTY,
        live_unshared_stills=PLENTY,
    )
    with pytest.MonkeyPatch.context() as patch:
        resources = build_resources(settings, clock=clock, passwords=Passwords(QUICK))
        patch.setattr("nearhand.app.Periodic", lambda *_, **__: nullcontext())
        with TestClient(create_app(settings, resources), base_url="http://testserver") as client:
            new = NewUser(
                name="house.admin", display_name="House", grants=everywhere(Role.ADMIN), password=PASSWORD
            )
            assert client.portal is not None
            client.portal.call(resources.access.register, new)
            made = World(client, resources, clock)
            with closing(made._reader):
                yield made
