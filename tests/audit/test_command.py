"""The ledger at the command line, with a service that was killed, and beside one that runs."""

import re
import sqlite3
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from nearhand.access.model import Role
from nearhand.app import API
from nearhand.cli import app
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess


@pytest.fixture
def cli(tmp_path: Path) -> CliRunner:
    return CliRunner(env={"NEARHAND_DATA_DIR": str(tmp_path)})


def test_a_folder_of_an_own_ledger_is_signed_exported_and_verified(cli: CliRunner, tmp_path: Path) -> None:
    made = cli.invoke(app, ["add-user", "ada", "--role", "admin"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert made.exit_code == 0
    signed = cli.invoke(app, ["ledger", "sign"])
    assert signed.exit_code == 0, signed.output
    assert "Signed up to entry 2" in signed.stdout
    key = re.findall(r"[0-9a-f]{64}", signed.stdout)[-1]
    rotated = cli.invoke(app, ["ledger", "rotate-key"])
    assert rotated.exit_code == 0, rotated.output
    out = tmp_path / "out" / "ledger.jsonl"
    out.parent.mkdir()
    exported = cli.invoke(app, ["ledger", "export", str(out)])
    assert exported.exit_code == 0, exported.output
    assert (out.parent / "verify-ledger.html").is_file()
    for target in ([str(out)], ["--data", str(tmp_path)]):
        verified = cli.invoke(app, ["verify", *target, "--key", key])
        assert verified.exit_code == 0, verified.output
        assert verified.stdout.startswith("Unbroken: entries 1 to ")
        assert cli.invoke(app, ["verify", *target, "--key", "0" * 64]).exit_code == 1


def test_what_cannot_be_verified_is_said(cli: CliRunner, tmp_path: Path) -> None:
    assert cli.invoke(app, ["verify"]).exit_code == 2
    assert cli.invoke(app, ["verify", "--data", str(tmp_path)]).exit_code == 2
    assert cli.invoke(app, ["verify", str(tmp_path / "absent")]).exit_code == 2


@pytest.mark.slow
def test_a_killed_service_has_everything_it_answered_in_its_ledger(cli: CliRunner, tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        ids = []
        for _ in range(2):
            ids += viewed_until_killed(server, 40)
            server.start()
        verified = cli.invoke(app, ["verify", "--data", str(tmp_path)])  # beside the running service
        assert verified.exit_code == 0, verified.output
    with sqlite3.connect(tmp_path / "nearhand.db") as connection:
        query = "SELECT about_id FROM audit_entry WHERE action = 'site.viewed' ORDER BY seq"
        kept = [about_id for (about_id,) in connection.execute(query)]
    connection.close()
    assert kept == ids
    cli.invoke(app, ["ledger", "sign"])
    with sqlite3.connect(tmp_path / "live.db") as connection:
        assert connection.execute("SELECT COUNT(*) FROM live_session").fetchone() == (2,)
    connection.close()


def viewed_until_killed(server: ServerProcess, times: int) -> list[str]:
    """The ids of the sites that were shown; the service dies right after the last answer."""
    with httpx2.Client(base_url=f"{server.url}{API}") as client:
        body = {"name": Role.ADMIN.value, "password": PASSWORD}
        token = client.post("/sign-in?want_token=true", json=body).raise_for_status().json()["token"]
        client.headers["Authorization"] = f"Bearer {token}"
        client.post("/sessions", json={"subject": "Port 37"}).raise_for_status()
        new = {"name": f"Site {token[:8]}", "timezone": "UTC"}
        site = client.post("/sites", json=new).raise_for_status().json()
        for _ in range(times):
            client.get(f"/sites/{site['id']}").raise_for_status()
        server.kill()
    return [site["id"]] * times
