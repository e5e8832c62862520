"""An entry of the ledger, what signs it, and what may be asked of it."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from nearhand.kit.errors import Conflict, NotFound, Unavailable
from nearhand.kit.patterns import MANY_LINES

# `noun.verb`, the verb in the past: device.viewed, sign_in.refused.
Action = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}\.[a-z][a-z_]{0,39}$")]
NO_HASH = "0" * 64  # what the first entry follows


class Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ActorKind(StrEnum):
    USER = "user"
    GUEST = "guest"
    SERVICE = "service"
    SYSTEM = "system"
    NOBODY = "nobody"


class Outcome(StrEnum):
    DONE = "done"
    REFUSED = "refused"


class Doer(Kept):
    """Whoever did it. Their name is among the details, so that it can be redacted; the id is not."""

    kind: ActorKind
    id: str


class About(Kept):
    kind: str
    id: str


class Draft(Kept):
    """What happened, before it has its place in the chain."""

    at: datetime
    actor: Doer
    action: Action
    about: About | None = None
    tenant: str | None = None
    outcome: Outcome = Outcome.DONE
    details: dict[str, Any] = {}


class Entry(Kept):
    """One link of the chain. `details` is None once it was redacted; the hashes hold all the same."""

    seq: int
    at: datetime
    actor: Doer
    action: Action
    about: About | None
    tenant: str | None
    outcome: Outcome
    details: dict[str, Any] | None
    details_hash: str
    previous_hash: str
    hash: str


class Root(Kept):
    """A signed word that the chain, up to `last_seq`, has this hash."""

    day: str
    at: datetime
    first_seq: int
    last_seq: int
    last_hash: str
    key_id: str
    signature: str


class PublicKey(Kept):
    """`key_id` is the SHA-256 of the key: write it down, and hold what an export says against it."""

    key_id: str
    public_key: str


class Head(Kept):
    """How far the chain reaches now, and by which key it is signed."""

    seq: int
    hash: str
    at: datetime | None
    signed_seq: int
    key_id: str


class Wanted(Kept):
    """Which entries are asked for; None is any."""

    actor_id: str | None = None
    about_kind: str | None = None
    about_id: str | None = None
    action: str | None = None
    outcome: Outcome | None = None
    tenant: str | None = None
    tenants: frozenset[str] | None = (
        None  # the only ones whose entries the reader may see; None: all, and the house's
    )
    since: datetime | None = None
    until: datetime | None = None


class SessionSeal(Kept):
    """What the entry `seq` says of a session's log: from which event to which, and the hash of the last."""

    seq: int
    first: int
    last: int
    hash: str


class Redaction(Kept):
    why: str = Field(min_length=3, max_length=500, pattern=MANY_LINES)


class NoEntry(NotFound):
    code, title = "no_entry", "There is no such entry in the ledger"


class AlreadyRedacted(Conflict):
    code, title = "already_redacted", "The details of this entry were redacted before"


class NotRedactable(Conflict):
    code, title = "not_redactable", "What the service itself puts down proves other entries, and names nobody"


class LedgerUnavailable(Unavailable):
    code, title = "ledger_unavailable", "This cannot be put on record just now, so it is not done; try again"
