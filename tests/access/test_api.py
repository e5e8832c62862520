import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import Role
from tests.support.people import PASSWORD, sign_in


@pytest.mark.parametrize("role", list(Role))
def test_a_person_who_signs_in_is_known_by_their_role(client: TestClient, role: Role) -> None:
    headers = sign_in(client, role)
    assert client.get("/api/v1/me", headers=headers).json()["role"] == role


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(client: TestClient) -> None:
    wrong = client.post("/api/v1/sign-in", json={"name": "expert", "password": "wrong"})
    unknown = client.post("/api/v1/sign-in", json={"name": "nobody", "password": PASSWORD})
    assert (wrong.status_code, wrong.json()) == (unknown.status_code, unknown.json()) == (401, wrong.json())
