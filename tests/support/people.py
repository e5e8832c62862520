"""Sign in as somebody."""

from fastapi.testclient import TestClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from nearhand.access.model import Role

PASSWORD = "correct horse battery"
# Argon2id at its cheapest: a test signs in many people.
QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


def sign_in(client: TestClient, role: Role) -> dict[str, str]:
    """Headers of a program signed in with this role; the client's own cookie jar stays empty."""
    answer = client.post("/api/v1/sign-in?want_token=true", json={"name": role.value, "password": PASSWORD})
    answer.raise_for_status()
    client.cookies.clear()
    return {"Authorization": f"Bearer {answer.json()['token']}"}
