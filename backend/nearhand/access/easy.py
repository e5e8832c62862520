"""Refuse passwords that are guessed first: those that many people have, and those made of what anybody knows."""

import gzip
import re
from functools import cache
from pathlib import Path

from nearhand.access.model import Role
from nearhand.kit.errors import Invalid

# The first 10,000 of ten characters or more; where they are from, and their licence, stands in the file.
_COMMON = Path(__file__).with_name("common_passwords.txt.gz")
_OF_THE_HOUSE = {"nearhand", "password", *Role}
_SHORTEST_WORD = 4  # shorter ones stand in many a good password
_LEAST_OWN = 6  # characters that must be left without the known words


class PasswordTooEasy(Invalid):
    code, title = (
        "password_too_easy",
        "Others guess this password first: many people have it, or it is made of known words",
    )


def refuse_easy(password: str, *known: str) -> None:
    """`known`: what whoever guesses has too, such as the account's name. Raises PasswordTooEasy."""
    rest = password.casefold()
    if rest in _common():
        raise PasswordTooEasy
    words = set(_OF_THE_HOUSE)
    for text in known:
        words |= {text.casefold(), *re.split(r"[\W_]+", text.casefold())}
    for word in sorted(words, key=len, reverse=True):
        if len(word) >= _SHORTEST_WORD:
            rest = rest.replace(word, "")
    if len(rest) < _LEAST_OWN:
        raise PasswordTooEasy


@cache
def _common() -> frozenset[str]:
    with gzip.open(_COMMON, "rt", encoding="ascii") as file:
        return frozenset(line.rstrip("\n") for line in file if not line.startswith("#"))
