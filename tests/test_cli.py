import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from nearhand.cli import app
from nearhand.kit.ids import RandomIds
from nearhand.sessions.log import Log, SqliteStorage
from tests.field.devices import labelled_device
from tests.support.process import ServerProcess


@pytest.fixture
def cli(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"NEARHAND_DATA_DIR": str(tmp_path)})


def test_a_first_administrator_is_made_at_the_command_line(cli: CliRunner) -> None:
    done = cli.invoke(app, ["add-user", "ada", "--role", "admin"], input="a long password\na long password\n")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "ada may sign in as admin.")


@pytest.mark.parametrize(
    ("name", "role", "password"),
    [("Ada!", "admin", "a long password"), ("ada", "king", "a long password"), ("ada", "admin", "short")],
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
