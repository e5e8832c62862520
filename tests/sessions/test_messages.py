"""The page about the messages is true, so that a second client can be written from it alone."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest

from nearhand.kit.errors import NearhandError
from nearhand.sessions import model
from nearhand.sessions.message import FromClient, Message, Traffic
from nearhand.sessions.messages import (
    ClientMessage,
    ServerEvent,
    ServerMessage,
    client_messages,
    server_messages,
)
from nearhand.sessions.wire import CloseCode

DOCS = Path(__file__).parents[2] / "docs" / "reference"
PAGE = (DOCS / "messages.md").read_text(encoding="utf-8")
RULES = (DOCS / "live-session.md").read_text(encoding="utf-8")
SECTIONS = {
    title.strip(): body for title, body in re.findall(r"^### (.+?)\n(.*?)(?=^#{1,3} |\Z)", PAGE, re.M | re.S)
}


def members(union: Any) -> list[type[Message]]:
    return list(get_args(get_args(union)[0]))


MESSAGES = [*members(ClientMessage), *members(ServerMessage)]
STAMPS = {"seq", "at", "by", "client", "n"}


def type_of(message: type[Message]) -> str:
    return str(message.model_fields["type"].default)


@pytest.mark.parametrize("message", MESSAGES, ids=type_of)
def test_every_message_has_its_heading_its_fields_and_an_example_that_parses(message: type[Message]) -> None:
    section = SECTIONS[type_of(message)]
    told_once = (
        STAMPS if message in members(ServerEvent) else {"by"} if "by" in message.model_fields else set()
    )
    for name in message.model_fields.keys() - {"type"} - told_once:
        assert f"| `{name}` |" in section
    (example,) = re.findall(r"```json\n(.+?)\n```", section)
    adapter = client_messages if issubclass(message, FromClient) else server_messages
    parsed = adapter.validate_json(example)
    assert type(parsed) is message
    left_out = {name for name, value in json.loads(parsed.model_dump_json()).items() if value is None}
    assert json.loads(example).keys() >= message.model_fields.keys() - left_out


def test_every_message_on_the_page_exists() -> None:
    named = {title for title in SECTIONS if "." in title}
    assert named <= {type_of(message) for message in MESSAGES}


@pytest.mark.parametrize("message", members(ClientMessage), ids=type_of)
def test_the_page_says_who_may_send_a_message(message: type[FromClient]) -> None:
    (who,) = re.findall(r"^Who: (.+?)\.", SECTIONS[type_of(message)], re.M)
    everybody = {"admin", "expert", "technician", "observer"}
    assert {role.value for role in message.roles} == (
        everybody if who == "everybody" else set(who.split(", "))
    )


def test_every_noun_that_a_message_holds_is_described() -> None:
    nouns = {
        name
        for adapter in (client_messages, server_messages)
        for name in adapter.json_schema()["$defs"]
        if name not in {message.__name__ for message in MESSAGES}
    }
    assert nouns - SECTIONS.keys() == set()
    for noun in nouns & set(dir(model)):
        for field in getattr(getattr(model, noun), "model_fields", {}):
            assert f"| `{field}` |" in SECTIONS[noun], f"{noun}.{field}"


def test_every_refusal_and_every_close_code_is_listed() -> None:
    for found in vars(model).values():
        if (
            isinstance(found, type)
            and issubclass(found, NearhandError)
            and found.__module__ == model.__name__
        ):
            assert f"| `{found.code}` |" in PAGE
    for code in CloseCode:
        assert f"| {code.code} | `{code.reason}` |" in RULES


def test_every_message_states_its_traffic() -> None:
    assert {message.traffic for message in MESSAGES} == set(Traffic)


def test_every_rule_is_quoted_by_a_test() -> None:
    rules = set(re.findall(r"^\*\*(L\d+)\.", RULES, re.M))
    tests = Path(__file__).parents[1]
    texts = [path.read_text(encoding="utf-8") for path in tests.rglob("*.py")]
    quoted = {rule for text in texts for rule in re.findall(r"\b(L\d+)\.", text)}
    assert rules
    assert rules <= quoted, f"no test quotes {sorted(rules - quoted)}"
