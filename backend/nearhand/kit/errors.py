"""The refusals of the house: each carries the status and the code that every door shows.

NearhandError
├── Invalid              422  the request is understood and wrong
│   └── (slice errors)
├── Unauthenticated      401  nobody is signed in
├── Forbidden            403  somebody is, and may not
├── NotFound             404
├── RequestTooSlow       408  what was sent came too slowly
├── Conflict             409  the state of things does not allow it
│   ├── Overtaken             others were faster; the same may succeed at once
│   ├── BeingAnswered         the same request is at work already; its answer is there in a moment
│   └── KeyReused             the idempotency key was that of another request
├── Stale                412  somebody else changed it first
├── PreconditionRequired 428  the change must say which version it changes
├── TooLarge             413
├── Unsupported          415
├── TooMany              429
└── Unavailable          503  try again later; nothing was lost
"""

from typing import Any, ClassVar


class NearhandError(Exception):
    """A refusal stated as a fact. `detail` is shown to people, `code` is for programs."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong here"
    retry_after_s: ClassVar[int | None] = None  # told where asking again is known to help
    is_refusal: ClassVar[bool] = (
        False  # somebody was not let in, or may have tried a door: it is put on record
    )
    told_as: ClassVar[str | None] = None  # under this word; else under the door's own

    def __init__(self, detail: str = "", **facts: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.facts = facts


class Invalid(NearhandError):
    status, code, title = 422, "invalid", "The request is not valid"


class Unauthenticated(NearhandError):
    status, code, title = 401, "unauthenticated", "Sign in first"
    is_refusal = True


class Forbidden(NearhandError):
    status, code, title = 403, "forbidden", "Your role does not allow this"
    is_refusal = True


class NotFound(NearhandError):
    status, code, title = 404, "not_found", "There is no such thing here"
    is_refusal = True


class RequestTooSlow(NearhandError):
    status, code, title = 408, "request_too_slow", "The request came too slowly; nothing was kept"


class Conflict(NearhandError):
    status, code, title = 409, "conflict", "This conflicts with what is already there"


class Overtaken(Conflict):
    code, title = "overtaken", "Others were faster; ask again"


class BeingAnswered(Conflict):
    code, title = "being_answered", "The same request is being answered just now; ask again"
    retry_after_s = 1


class KeyReused(Conflict):
    code, title = "key_reused", "This Idempotency-Key was used for another request"


class Stale(NearhandError):
    status, code, title = 412, "stale", "Somebody changed this after you read it"


class PreconditionRequired(NearhandError):
    status, code, title = 428, "precondition_required", "Say which version you are changing (If-Match)"


class TooLarge(NearhandError):
    status, code, title = 413, "too_large", "This is larger than the limit"


class Unsupported(NearhandError):
    status, code, title = 415, "unsupported_type", "This kind of content is not accepted"


class TooMany(NearhandError):
    status, code, title = 429, "too_many", "Too many tries; wait a moment"
    is_refusal = True


class Unavailable(NearhandError):
    status, code, title = 503, "unavailable", "Not possible just now; nothing was lost, try again"
