"""The fixtures every test may use: settings, clock, database, client."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from fastapi.testclient import TestClient

from nearhand.access.model import NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import Resources, build_resources, create_app
from nearhand.devices.model import Device
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.logging import configure_logging
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import upgrade
from tests.support.dealing import ByFile, Stopwatch
from tests.support.doors import a_device
from tests.support.factories import empty_registry
from tests.support.once import run_folder, work_in_memory
from tests.support.people import PASSWORD, QUICK
from tests.support.postgres import Postgres, running_postgres

# What is slow is found by benchmarks: here other tests, and browsers, run beside each example.
hypothesis.settings.register_profile("beside others", deadline=None)
hypothesis.settings.load_profile("beside others")
configure_logging()  # for tests of parts that no app was made for


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    run_folder()  # on the disk, for films are large; and before there are workers, so that they share it
    work_in_memory()
    if config.getoption("numprocesses", None):
        config.pluginmanager.register(Stopwatch(config))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tests of browsers are tried twice."""
    for report in terminalreporter.getreports("passed"):
        if report.when == "call" and hasattr(report, "first_failure"):
            terminalreporter.section(f"passed the second time: {report.nodeid}")
            terminalreporter.line(report.first_failure)


@pytest.fixture(scope="session")
def new_registry(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a registry that a service made and that nobody used yet."""
    folder = tmp_path_factory.mktemp("new")
    settings = Settings(data_dir=folder)
    asyncio.run(_make(Database(settings.registry_url())))
    return settings.sqlite_path()


async def _make(database: Database) -> None:
    await upgrade(database)
    await database.close()


@pytest.fixture
def settings(tmp_path: Path, new_registry: Path) -> Settings:
    """Of a data folder in which the service started once: to make every table anew takes a tenth of a second."""
    shutil.copy(new_registry, tmp_path / new_registry.name)
    return Settings(data_dir=tmp_path, password_tries_per_minute=1000)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    """An empty SQLite registry in memory, with every table."""
    async with empty_registry("sqlite+aiosqlite:///:memory:") as database:
        yield database


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
async def any_database(request: pytest.FixtureRequest) -> AsyncIterator[Database]:
    """An empty registry with every table, once in SQLite and once in PostgreSQL: for tests of stores."""
    url = "sqlite+aiosqlite:///:memory:"
    if request.param == "postgres":
        url = request.getfixturevalue("postgres").new_database_url()
    async with empty_registry(url) as database:
        yield database


@pytest.fixture
def resources(settings: Settings, clock: FixedClock) -> Resources:
    return build_resources(settings, clock=clock, passwords=Passwords(QUICK))


@pytest.fixture
def client(resources: Resources) -> Iterator[TestClient]:
    """A running service; sign in with `sign_in(client, Role.EXPERT)` from tests.support."""
    with TestClient(create_app(resources.settings, resources), base_url="http://testserver") as client:
        portal = client.portal
        assert portal is not None
        for role in Role:
            new = NewUser(
                name=role.value, display_name=role.value.title(), grants=everywhere(role), password=PASSWORD
            )
            portal.call(resources.access.register, new)
        yield client
        assert resources.ledger.unrecorded == set(), "doors that changed something and left no entry"


@pytest.fixture
def device(client: TestClient, resources: Resources) -> Device:
    """A switch with 48 ports, registered in the running service."""
    return a_device(client, resources)
