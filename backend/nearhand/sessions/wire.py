"""The line that messages go over: frames of them, what is no message, and why it is closed."""

import json
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import TypeAdapter, ValidationError

from nearhand.kit.errors import NearhandError
from nearhand.sessions.messages import ClientMessage, client_messages
from nearhand.sessions.model import NotAMessage

PROTOCOL = "nearhand.v1"
_frames: TypeAdapter[list[Any]] = TypeAdapter(list[ClientMessage])
_MAX_N = 2**53


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that is no message. With `n`, it was a numbered wish, and can be settled by refusing it."""

    error: NearhandError
    n: int | None


def read_frame(text: str) -> list[Any]:
    """The messages of one frame, an array or a single object; what is no message becomes a Malformed."""
    try:
        return _frames.validate_json(text) if text.startswith("[") else [client_messages.validate_json(text)]
    except ValidationError:
        return _read_one_by_one(text)


def _read_one_by_one(text: str) -> list[Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return [Malformed(NotAMessage("A frame is a JSON array of messages."), None)]
    return [_read_one(item) for item in (found if isinstance(found, list) else [found])]


def _read_one(item: Any) -> Any:
    try:
        return client_messages.validate_json(json.dumps(item))
    except (ValidationError, RecursionError) as error:
        n = item.get("n") if isinstance(item, dict) else None
        is_numbered = isinstance(n, int) and not isinstance(n, bool) and 1 <= n < _MAX_N
        return Malformed(NotAMessage(_said(error)), n if is_numbered else None)


def _said(error: ValidationError | RecursionError) -> str:
    if isinstance(error, RecursionError):
        return "It is nested too deeply."
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc']) or 'message'}: {first['msg']}"[:500]


class CloseCode(Enum):
    """Why the server closes a live connection; every reason is a word a client can act on."""

    BAD_PROTOCOL = 4000, "bad_protocol"
    NO_HELLO = 4001, "no_hello"
    UNAUTHENTICATED = 4003, "unauthenticated"
    NO_SESSION = 4004, "no_session"
    CLIENT_TAKEN = 4005, "client_taken"
    IDLE = 4006, "idle"
    REPLACED = 4007, "replaced"
    TOO_SLOW = 4008, "too_slow"
    TOO_LARGE = 4009, "too_large"
    ENDED = 4010, "session_ended"
    NOT_SAVED = 4011, "not_saved"
    RESTARTING = 4012, "restarting"
    TOO_MANY_ERRORS = 4013, "too_many_errors"

    @property
    def code(self) -> int:
        return self.value[0]

    @property
    def reason(self) -> str:
        return self.value[1]
