import pytest

from nearhand.kit import address
from nearhand.kit.address import Listening, UnknownHost
from nearhand.kit.settings import Settings


@pytest.fixture(autouse=True)
def on_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "lan_address", lambda: "10.0.0.7")
    monkeypatch.delenv("NEARHAND_BASE_URL", raising=False)


@pytest.mark.parametrize(
    ("host", "has_tls", "printed"),
    [
        ("127.0.0.1", False, "http://127.0.0.1:8010"),
        ("localhost", False, "http://localhost:8010"),
        ("::1", False, "http://[::1]:8010"),
        ("0.0.0.0", False, "http://10.0.0.7:8010"),
        ("0.0.0.0", True, "https://10.0.0.7:8010"),
        ("::", True, "https://10.0.0.7:8010"),
        ("10.0.0.9", True, "https://10.0.0.9:8010"),
    ],
)
def test_unset_labels_and_links_say_where_the_service_listens(host: str, has_tls: bool, printed: str) -> None:
    assert Settings().printed_url(Listening(host, 8010, has_tls)) == printed


def test_without_a_network_they_say_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address, "lan_address", lambda: None)
    assert Settings().printed_url(Listening("0.0.0.0", 8010, True)) == "https://127.0.0.1:8010"


def test_an_address_that_is_set_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEARHAND_BASE_URL", "https://help.example")
    assert Settings().printed_url(Listening("0.0.0.0", 8010, False)) == "https://help.example"


def test_a_name_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(UnknownHost, match="is not an address of this machine"):
        Settings().printed_url(Listening("no.such.host.invalid", 8010, False))
