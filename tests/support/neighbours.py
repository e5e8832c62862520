"""Two customers in one hall, and their people: for tests of what one must never see of the other."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from fastapi.testclient import TestClient

from nearhand.access.model import Grant, Grants, NewUser, Role, everywhere
from nearhand.app import Resources
from nearhand.devices.model import Device
from tests.support.factories import Registry
from tests.support.people import PASSWORD

PROTOCOL = ["nearhand.v1"]
Headers = dict[str, str]


@dataclass
class Neighbours:
    """`bank` and `air` are tenants with a switch each. `headers("bank.expert")` signs somebody in."""

    client: TestClient
    resources: Resources
    bank: Device
    air: Device

    def headers(self, name: str) -> Headers:
        body = {"name": name, "password": PASSWORD}
        answer = self.client.post("/api/v1/sign-in?want_token=true", json=body)
        answer.raise_for_status()
        self.client.cookies.clear()
        return {"Authorization": f"Bearer {answer.json()['token']}"}

    def user_id(self, name: str) -> str:
        return str(self.client.get("/api/v1/me", headers=self.headers(name)).json()["user_id"])

    def ask(self, method: str, path: str, headers: Headers, **more: Any) -> Any:
        return self.client.request(method, f"/api/v1/{path}", headers=headers, **more)

    def opened(self, headers: Headers, **body: Any) -> str:
        answer = self.ask("POST", "sessions", headers, json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def guest(self, session_id: str, by: Headers, **invitation: Any) -> tuple[Headers, str]:
        """A guest's headers, and the id of the link they came by."""
        made = self.ask("POST", f"sessions/{session_id}/invitations", by, json=invitation)
        assert made.status_code == 201, made.text
        body = {"token": made.json()["url"].partition("#")[2], "display_name": "A guest"}
        token = self.client.post("/api/v1/join?want_token=true", json=body).json()["token"]
        self.client.cookies.clear()
        return {"Authorization": f"Bearer {token}"}, made.json()["link"]["id"]

    @contextmanager
    def live(self, session_id: str, headers: Headers, name: str = "a", **hello: Any) -> Iterator["Socket"]:
        url = f"/api/v1/sessions/{session_id}/live"
        # A copy: the test client writes the protocol into it.
        with self.client.websocket_connect(url, subprotocols=PROTOCOL, headers={**headers}) as socket:
            socket.send_json([{"type": "hello", "client": name.ljust(16, "_"), **hello}])
            live = Socket(socket)
            while not any(one["type"] in ("welcome", "error") for one in live.all):
                live.take()
            yield live


class Socket:
    """One live connection: asks are numbered and waited for; `all` is everything it was told."""

    def __init__(self, socket: Any) -> None:
        self._socket, self._n = socket, 0
        self.all: list[dict[str, Any]] = []

    def take(self) -> None:
        self.all += self._socket.receive_json()

    def until(self, type_: str, count: int = 1) -> dict[str, Any]:
        """The count-th message of this type."""
        while len(found := [one for one in self.all if one["type"] == type_]) < count:
            self.take()
        return found[count - 1]

    def pass_on(self, type_: str, **fields: Any) -> None:
        self._socket.send_json([{"type": type_, **fields}])

    def ask(self, type_: str, **fields: Any) -> str:
        """ "ack", or the code it was refused with."""
        self._n += 1
        self.pass_on(type_, n=self._n, **fields)
        while True:
            for one in self.all:
                if one["type"] == "ack" and one["n"] >= self._n:
                    return "ack"
                if one["type"] == "refused" and one["n"] == self._n:
                    return str(one["code"])
            self.take()

    def events(self) -> list[tuple[int, str]]:
        return [(one["seq"], one["type"]) for one in self.all if "seq" in one and one["type"] not in CONTROL]


CONTROL = {"welcome", "session.state"}


def neighbours(client: TestClient, resources: Resources) -> Neighbours:
    """Beside the house's own people (expert, technician …): `bank.expert`, `air.technician` and so on."""

    async def build() -> tuple[Device, Device]:
        async with resources.database.transaction() as connection:
            registry = Registry(connection)
            kind, site = await registry.device_type(), await registry.site()
            devices = []
            for name in ("bank", "air"):
                tenant = await registry.tenant(name=name)
                rack = await registry.rack(site, name=f"rack of {name}", tenant_id=tenant.id)
                tag = {"asset_tag": f"SW-{name}", "tenant_id": tenant.id, "position_u": 1}
                devices.append(await registry.device(device_type=kind, rack=rack, **tag))
        for name, device in zip(("bank", "air"), devices, strict=True):
            for role in Role:
                await add(f"{name}.{role.value}", (Grant(role=role, tenant_id=device.tenant_id),))
        # Sees the whole house as an observer, and helps only the bank.
        await add(
            "mixed", (*everywhere(Role.OBSERVER), Grant(role=Role.EXPERT, tenant_id=devices[0].tenant_id))
        )
        return devices[0], devices[1]

    async def add(name: str, grants: Grants) -> None:
        new = NewUser(name=name, display_name=name, grants=grants, password=PASSWORD)
        await resources.access.register(new)

    assert client.portal is not None
    bank, air = client.portal.call(build)
    return Neighbours(client, resources, bank, air)
