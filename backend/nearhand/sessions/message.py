"""What every live message is: who may send it, and what becomes of it."""

from datetime import datetime
from enum import Enum, auto
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from nearhand.access.model import LinkMay, Permission, Role

ClientId = Annotated[str, Field(min_length=16, max_length=40, pattern=r"^[A-Za-z0-9_-]+$")]
Counter = Annotated[int, Field(ge=1, lt=2**53)]
WATCHERS = frozenset(Role)
HELPERS = frozenset({Role.ADMIN, Role.EXPERT, Role.TECHNICIAN})
# What a guest may send is for their link to say, besides the role.
ALL_GUESTS = frozenset(LinkMay)
SPEAKING_GUESTS = frozenset({LinkMay.APPROVE, LinkMay.HELP})
HELPING_GUESTS = frozenset({LinkMay.HELP})


class Traffic(Enum):
    """What becomes of a message.

    - DURABLE: numbered `n` by the client, stored, then acknowledged and told to all as an event with a `seq`;
    - EPHEMERAL: passed on, never stored; of the same sender and `replaces` key only the newest waits;
    - DIRECTED: from one client to one other, passed on in order and each of them, never stored;
    - CONTROL: between one client and the server.
    """

    DURABLE = auto()
    EPHEMERAL = auto()
    DIRECTED = auto()
    CONTROL = auto()


class Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    traffic: ClassVar[Traffic]
    type: str


class FromClient(Message):
    """`permission` is needed by every message, `roles` are those that may send this one, `guests` whose links let."""

    permission: ClassVar[Permission] = Permission.SESSIONS_JOIN
    roles: ClassVar[frozenset[Role]] = HELPERS
    guests: ClassVar[frozenset[LinkMay]] = HELPING_GUESTS


class Ask(FromClient):
    """A durable wish. `n` counts from 1 per client; the same (client, n) has its effect once, however often sent."""

    traffic = Traffic.DURABLE
    n: Counter


class Fleeting(FromClient):
    traffic = Traffic.EPHEMERAL
    replaces: ClassVar[str]


class Directed(FromClient):
    """From one client to another. `to`: its name; for all without."""

    traffic = Traffic.DIRECTED
    to: ClientId | None


class FromServer(Message):
    pass


class Event(FromServer):
    """A stored fact. `seq` counts from 1 without gaps; `client` and `n` say whose wish it was."""

    traffic = Traffic.DURABLE
    seq: int
    at: datetime
    by: str
    client: str
    n: int


class Passing(FromServer):
    traffic = Traffic.EPHEMERAL
    replaces: ClassVar[str]
    by: str


class Put(FromServer):
    """From another client; `client` names it, `by` is whose it is."""

    traffic = Traffic.DIRECTED
    by: str
    client: str
