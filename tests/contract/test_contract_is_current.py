"""The committed contract is what the code says, and the front ends are generated from nothing else."""

from pathlib import Path

from nearhand.contract import as_text, contract
from nearhand.sessions.messages import client_messages, server_messages

COMMITTED = Path(__file__).parents[2] / "console" / "packages" / "contract" / "openapi.json"


def test_the_committed_contract_is_current() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == as_text(), "run `make contract` and commit what it writes"


def test_every_live_message_is_in_the_contract() -> None:
    schemas = contract()["components"]["schemas"]
    for union in (client_messages, server_messages):
        for name in union.json_schema()["$defs"]:
            assert name in schemas
