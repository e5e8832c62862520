import socket
from pathlib import Path

from typer.testing import CliRunner

from nearhand.cli import app
from nearhand.kit.tls import certificates
from nearhand.simulation.launch import Demo, welcome


def demo(*, host: str | None = None, has_tls: bool = False) -> Demo:
    return Demo(
        port=8000, host=host, data_dir=Path("var/demo"), has_tls=has_tls, reloads=False, has_robots=True
    )


def test_a_taken_port_is_said_in_a_sentence_with_the_way_out(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["demo", "--port", str(port), "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert f"Port {port} of 127.0.0.1 is not free" in result.output
    assert f"--port {port + 1}" in result.output


def test_a_foreign_host_is_refused_in_a_sentence(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["demo", "--host", "no.such.host.invalid", "--data", str(tmp_path)])
    assert result.exit_code == 1
    assert "is not an address of this machine" in result.output


def test_without_tls_only_this_machine_is_served() -> None:
    assert demo().listens_on == "127.0.0.1"
    assert demo().phone_url is None
    assert "--tls" in welcome(demo(), None)


def test_with_tls_the_network_is_served_and_the_phone_told_whom_to_trust(tmp_path: Path) -> None:
    kept = certificates(tmp_path, ["localhost"])
    text = welcome(demo(has_tls=True), kept)
    assert demo(has_tls=True).listens_on == "0.0.0.0"
    assert kept.fingerprint in text
    assert "/demo/ca.crt" in text


def test_with_tls_for_this_machine_alone_no_phone_is_sent_anywhere(tmp_path: Path) -> None:
    kept = certificates(tmp_path, ["localhost"])
    text = welcome(demo(host="127.0.0.1", has_tls=True), kept)
    assert "None" not in text
    assert "No phone reaches this demo" in text
    assert "https://127.0.0.1:8000/demo/ca.crt" in text


def test_the_welcome_names_both_apps_and_every_account() -> None:
    text = welcome(demo(), None)
    for word in (
        "/console/",
        "/field/?camera=demo",
        "admin",
        "expert",
        "technician",
        "observer",
        "nearhand-demo",
    ):
        assert word in text


def test_an_address_of_version_6_is_written_in_brackets() -> None:
    assert demo(host="::1").local_url == "http://[::1]:8000"
