"""A served app, and SDK clients signed in to it."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from nearhand.access.model import Role
from nearhand.client import Client
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess, shared_server

SignIn = Callable[[Role], Awaitable[Client]]


@pytest.fixture(scope="session")
def server() -> ServerProcess:
    return shared_server()


@pytest.fixture
async def sign_in(server: ServerProcess) -> AsyncIterator[SignIn]:
    """`client = await sign_in(Role.EXPERT)`; closed when the test ends."""
    clients: list[Client] = []

    async def signed_in(role: Role) -> Client:
        clients.append(await Client.sign_in(server.url, role.value, PASSWORD))
        return clients[-1]

    yield signed_in
    for client in clients:
        await client.close()
