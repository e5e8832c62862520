"""Ask the service's doors as one person, and stand a device behind them."""

from typing import Any

from fastapi.testclient import TestClient
from pydantic import BaseModel

from nearhand.access.model import Role
from nearhand.app import Resources
from nearhand.devices.model import Device
from tests.support.factories import Registry
from tests.support.people import sign_in


class Doors:
    """`Doors(client, Role.EXPERT).ask("GET", "devices")`."""

    def __init__(self, client: TestClient, role: Role) -> None:
        self._client, self._headers = client, sign_in(client, role)

    def ask(self, method: str, path: str, *, version: int | None = None, **more: Any) -> Any:
        headers = self._headers | more.pop("headers", {})
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return self._client.request(method, f"/api/v1/{path}", headers=headers, **more)

    def make(self, path: str, new: BaseModel, **more: Any) -> Any:
        """The noun that was made, as JSON."""
        answer = self.ask("POST", path, json=new.model_dump(mode="json"), **more)
        assert answer.status_code == 201, answer.text
        return answer.json()


def a_device(client: TestClient, resources: Resources) -> Device:
    """A switch with 48 ports, in the running service's own database."""

    async def register() -> Device:
        async with resources.database.transaction() as connection:
            return await Registry(connection).device()

    assert client.portal is not None
    return client.portal.call(register)
