import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nearhand.app import build_resources
from nearhand.cli import app
from nearhand.kit.ids import RandomIds
from nearhand.kit.settings import Settings
from nearhand.migrations.upgrade import upgrade
from nearhand.sessions.log import Log, SqliteStorage
from tests.field.devices import labelled_device
from tests.support.factories import Registry
from tests.support.process import ServerProcess


@pytest.fixture
def cli(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"NEARHAND_DATA_DIR": str(tmp_path)})


def test_a_first_administrator_is_made_at_the_command_line(cli: CliRunner) -> None:
    done = cli.invoke(app, ["add-user", "ada", "--role", "admin"], input="a long password\na long password\n")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "ada may sign in as admin.")


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [
        ("Ada!", "admin", "a long password"),
        ("ada", "king", "a long password"),
        ("ada", "admin", "short"),
        ("ada", "admin", "qwertyuiop"),
    ],
)
def test_a_wrong_account_is_refused_in_words(cli: CliRunner, name: str, role: str, password: str) -> None:
    done = cli.invoke(app, ["add-user", name, "--role", role], input=f"{password}\n{password}\n")
    assert done.exit_code != 0
    assert done.stderr
    assert "Traceback" not in done.output
    assert "pydantic" not in done.output


def test_a_role_nobody_has_is_refused_before_a_password_is_asked_for(cli: CliRunner) -> None:
    done = cli.invoke(app, ["add-user", "ada", "--role", "king"])
    assert done.exit_code == 2
    assert "Password" not in done.output
    assert "technician" in done.stderr


def test_the_contract_is_printed(cli: CliRunner) -> None:
    assert '"openapi"' in cli.invoke(app, ["contract"]).stdout


@pytest.mark.slow
def test_a_second_service_on_one_folder_says_so_in_one_sentence(cli: CliRunner, tmp_path: Path) -> None:
    first = Log(SqliteStorage(tmp_path / "live.db"), ids=RandomIds())
    first.claim()
    command = [sys.executable, "-m", "nearhand.cli", "serve"]
    environment = os.environ | {"NEARHAND_DATA_DIR": str(tmp_path), "PYTHONPATH": "backend"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{tmp_path}: another process serves this data folder. Run one service process per data folder.\n"
    )


@pytest.mark.slow
def test_labels_of_a_service_say_the_port_it_listens_on(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        assert asyncio.run(labelled_device(server.url)).label.text.startswith(f"{server.url}/D/".upper())


def test_an_account_for_one_rack_is_made_by_its_names(cli: CliRunner, tmp_path: Path) -> None:
    async def places() -> None:
        resources = build_resources(Settings(data_dir=tmp_path))
        await upgrade(resources.database)
        async with resources.database.transaction() as connection:
            registry = Registry(connection)
            await registry.tenant(name="Example Bank")
            for site in ("Hall North", "Hall South"):
                await registry.rack(await registry.site(name=site), name="R007")
        await resources.database.close()

    asyncio.run(places())
    password = "a long password\na long password\n"
    made = ["add-user", "lin", "--role", "technician", "--site", "Hall North", "--rack", "R007"]
    assert cli.invoke(app, made, input=password).exit_code == 0
    bank = ["add-user", "bo", "--role", "observer", "--tenant", "Example Bank"]
    assert cli.invoke(app, bank, input=password).exit_code == 0
    unknown = cli.invoke(app, ["add-user", "x1", "--role", "observer", "--site", "Hall"], input=password)
    assert (unknown.exit_code, unknown.stderr.strip()) == (1, "No site has the name Hall.")
    without = cli.invoke(app, ["add-user", "x1", "--role", "observer", "--rack", "R007"], input=password)
    assert without.exit_code == 2


def test_a_forgotten_password_is_reset_by_a_link_from_the_command_line(cli: CliRunner) -> None:
    cli.invoke(app, ["add-user", "ada", "--role", "admin"], input="a long password\na long password\n")
    done = cli.invoke(app, ["reset-password", "ada", "--factors"])
    assert (done.exit_code, done.stdout.startswith("http://127.0.0.1:8000/reset#")) == (0, True)
    unknown = cli.invoke(app, ["reset-password", "bob"])
    assert (unknown.exit_code, unknown.stderr) == (1, "No user bob.\n")
