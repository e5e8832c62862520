"""What can go wrong between a program and the service, as errors to catch."""

from typing import Any


class ClientError(Exception):
    """Anything the SDK raises on purpose."""


class Refusal(ClientError):
    """The service said no, and why: problem details (RFC 9457). Choose what to do by `code`."""

    def __init__(
        self, status: int, code: str, title: str, detail: str, errors: list[dict[str, Any]] | None = None
    ) -> None:
        super().__init__(f"{code}: {detail or title}")
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.errors = errors or []


class Unreachable(ClientError):
    """No answer came: the network or the service is down. Worth another try."""


class WishRefused(ClientError):
    """A live message of ours had no effect, and never will."""

    def __init__(self, n: int, code: str, title: str, detail: str) -> None:
        super().__init__(f"{code}: {detail or title}")
        self.n, self.code, self.title, self.detail = n, code, title, detail


class WishForgotten(ClientError):
    """So many wishes were refused since that nobody knows any more whether this one was."""

    def __init__(self, n: int) -> None:
        super().__init__(f"Whether wish {n} was stored is not known any more.")
        self.n = n


class LinkStopped(ClientError):
    """The live connection ended for a reason that another try would not mend."""

    def __init__(self, reason: str) -> None:
        super().__init__(REASONS.get(reason, reason))
        self.reason = reason


class OutboxUnusable(ClientError):
    """This file is no outbox, or another process holds it: two may not send under one name."""


REASONS = {
    "bad_protocol": "The server does not speak nearhand.v1: install the client of the server's version.",
    "unauthenticated": "The sign-in is not valid (any more). Nothing unsent is lost; sign in again.",
    "no_session": "There is no such session, or it is not for this participant.",
    "client_taken": "This outbox belongs to another participant.",
    "session_ended": "The session has ended.",
    "replaced": "The same outbox was opened elsewhere.",
    "failed": "The client has failed; the log says where.",
    "left": "The session was left.",
}
