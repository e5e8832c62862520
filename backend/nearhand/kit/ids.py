"""Mint identifiers: short, random, easy to read aloud (Crockford's base 32: no I, L, O, U)."""

import hashlib
import secrets
from typing import Protocol

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID_LENGTH = 12  # 60 bits: a million ids collide with probability 4e-7, and a primary key refuses even that


class Ids(Protocol):
    def new(self, length: int = ID_LENGTH) -> str: ...


class RandomIds:
    """Unguessable ids from the operating system's randomness."""

    def new(self, length: int = ID_LENGTH) -> str:
        return "".join(secrets.choice(ALPHABET) for _ in range(length))


class SequentialIds:
    """Predictable ids, for tests and for seeding a demo that is the same each time."""

    def __init__(self, start: int = 1) -> None:
        self._next = start

    def new(self, length: int = ID_LENGTH) -> str:
        number, text = self._next, ""
        self._next += 1
        while number:
            number, digit = divmod(number, len(ALPHABET))
            text = ALPHABET[digit] + text
        return text.rjust(length, "0")


def id_from(*parts: str) -> str:
    """Always the same id from the same parts, as unlikely to meet another as one drawn at random."""
    counted = "".join(f"{len(part)}:{part}" for part in parts)  # so that "a", "bc" and "ab", "c" differ
    number, text = int.from_bytes(hashlib.sha256(counted.encode()).digest()), ""
    for _ in range(ID_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        text += ALPHABET[digit]
    return text
