"""Write what is hashed in exactly one way, and hash it: RFC 8785 of JSON whose numbers are whole."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from typing import Any

LARGEST = 2**53 - 1  # beyond, other programs' numbers are no longer exact

# What a signature is over begins with what it is for, so that none can pass for another.
HEADER_PURPOSE = b"nearhand-ledger-header\n"
ROOT_PURPOSE = b"nearhand-ledger-root\n"
EXPORT_PURPOSE = b"nearhand-ledger-export\n"
KEY_PURPOSE = b"nearhand-ledger-key\n"

_write = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Any) -> bytes:
    """Keys sorted, no spaces, UTF-8. For what `plain` has made, and what was read from such."""
    return _write(value).encode()


def plain(value: Any) -> Any:
    """As JSON that every program writes alike: numbers that are not whole become texts."""
    match value:
        case Enum():
            return plain(value.value)
        case None | bool():
            return value
        case int():
            return value if abs(value) <= LARGEST else str(value)
        case float():
            return int(value) if value.is_integer() and abs(value) <= LARGEST else repr(value)
        case str():
            return value.encode(errors="replace").decode()  # half a character cannot be written at all
        case datetime():
            return time_text(value)
        case Mapping():
            return {_key(key): plain(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(one) for one in value]
    return str(value)


def _key(key: object) -> str:
    """ASCII: orders of other characters differ between programs."""
    return str(key).encode("ascii", "replace").decode()


def time_text(at: datetime) -> str:
    """UTC, always with six digits of the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def details_hash(salt: str, details: bytes) -> str:
    """Salted, so that what was redacted cannot be guessed from its hash. `salt` is hexadecimal."""
    return sha256(unhex(salt) + details)


def unhex(text: str) -> bytes:
    """Raise ValueError for hexadecimal in any other form than the one we write."""
    found = bytes.fromhex(text)
    if found.hex() != text:
        raise ValueError("not in small letters")
    return found


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What is different, as `before` and `after` by the path to it: only those paths."""
    was, became = _flat(plain(before)), _flat(plain(after))
    paths = sorted(path for path in was.keys() | became.keys() if _at(was, path) != _at(became, path))
    return {
        "before": {path: was[path] for path in paths if path in was},
        "after": {path: became[path] for path in paths if path in became},
    }


def _at(flat: dict[str, Any], path: str) -> Any:
    """With its kind: nothing is not null, and true is not 1."""
    return (type(flat[path]), flat[path]) if path in flat else ()


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    """An empty list or object is a value of its own; else a change to it would be seen nowhere."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: dict[str, Any] = {}
    for name, one in parts:
        found |= _flat(one, f"{path}.{name}" if path else str(name))
    return found or {path: value}
