"""Sign in as somebody."""

from fastapi.testclient import TestClient

from nearhand.access.model import Role

PASSWORD = "correct horse battery"


def sign_in(client: TestClient, role: Role) -> dict[str, str]:
    """Headers of a program signed in with this role; the client's own cookie jar stays empty."""
    answer = client.post("/api/v1/sign-in?want_token=true", json={"name": role.value, "password": PASSWORD})
    answer.raise_for_status()
    client.cookies.clear()
    return {"Authorization": f"Bearer {answer.json()['token']}"}
