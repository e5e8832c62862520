"""One person at the service's doors, with whatever token they hold now."""

from datetime import datetime, timedelta
from typing import Any

import pyotp
from fastapi.testclient import TestClient

from nearhand.access.model import Role
from tests.support.people import PASSWORD, sign_in

API = "/api/v1"


class Account:
    """`Account.signed_in(client, Role.EXPERT).ask("GET", "me")`; a fresh token in an answer is taken over."""

    def __init__(self, client: TestClient, token: str) -> None:
        self._client, self.token = client, token

    @classmethod
    def signed_in(cls, client: TestClient, role: Role) -> "Account":
        return cls(client, sign_in(client, role)["Authorization"].removeprefix("Bearer "))

    @classmethod
    def named(cls, client: TestClient, name: str, password: str = PASSWORD) -> "Account":
        answer = enter(client, "sign-in", name=name, password=password)
        assert answer.status_code == 200, answer.text
        return cls(client, answer.json()["token"])

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        answer = self._client.request(method, f"{API}/{path}", json=body, headers=headers, **more)
        is_own = path.startswith("me/") and path != "me/tokens"
        if is_own and answer.is_success and answer.content and isinstance(answer.json(), dict):
            self.token = answer.json().get("token") or self.token
        return answer

    def done(self, method: str, path: str, body: Any = None) -> Any:
        answer = self.ask(method, path, body)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def code(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """How it was refused."""
        answer = self.ask(method, path, body)
        assert not answer.is_success, answer.text
        return answer.status_code, answer.json()["code"]

    def add_totp(self, now: datetime) -> tuple[str, list[str]]:
        """The app's secret and the recovery codes."""
        secret = self.done("POST", "me/totp")["secret"]
        codes = self.done("POST", "me/totp/confirm", {"code": totp(secret, now - timedelta(seconds=30))})[
            "codes"
        ]
        return secret, codes


def totp(secret: str, at: datetime) -> str:
    return str(pyotp.TOTP(secret).at(at))


def enter(client: TestClient, path: str, **body: Any) -> Any:
    """By a public door, as a program; the client's own cookie jar stays empty."""
    answer = client.post(f"{API}/{path}?want_token=true", json=body)
    client.cookies.clear()
    return answer


def refusal(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]
