"""Schemathesis throws what the contract allows, and what it does not, at every route: nothing answers 500."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.app import API, build_resources, create_app
from nearhand.contract import contract
from nearhand.kit.settings import Settings
from tests.support.people import PASSWORD
from tests.support.server import served

EXAMPLES_PER_OPERATION = 12


@pytest.fixture(scope="module")
def admin() -> Iterator[tuple[str, dict[str, str]]]:
    """The address of a real server, and headers of somebody who may do everything."""
    with tempfile.TemporaryDirectory() as folder:
        resources = build_resources(Settings(data_dir=Path(folder)))
        app = create_app(resources.settings, resources)

        @app.post("/make-admin")
        async def make_admin() -> None:
            new = NewUser(
                name="admin", display_name="Admin", grants=everywhere(Role.ADMIN), password=PASSWORD
            )
            await resources.access.register(new)

        with served(app) as url:
            httpx2.post(f"{url}/make-admin").raise_for_status()
            body = {"name": "admin", "password": PASSWORD}
            token = httpx2.post(f"{url}{API}/sign-in?want_token=true", json=body).json()["token"]
            yield url, {"Authorization": f"Bearer {token}"}


def operations() -> dict[str, Any]:
    results = schemathesis.openapi.from_dict(contract()).get_all_operations()
    found: list[Any] = [result.ok() for result in results]  # type: ignore[union-attr]
    # Signing out would sign this test out.
    return {operation.label: operation for operation in found if operation.label != f"POST {API}/sign-out"}


OPERATIONS = operations()


@pytest.mark.parametrize("label", OPERATIONS)
def test_no_request_makes_the_service_stumble(label: str, admin: tuple[str, dict[str, str]]) -> None:
    url, headers = admin

    @given(case=OPERATIONS[label].as_strategy())
    @settings(max_examples=EXAMPLES_PER_OPERATION, suppress_health_check=list(HealthCheck))
    def throw(case: Any) -> None:
        response = case.call(base_url=url, headers=headers)
        case.validate_response(response, checks=[not_a_server_error])

    throw()
