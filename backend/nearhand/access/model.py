"""People, what they were granted and where, and the one function that says what may be done."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from nearhand.kit.errors import Conflict, Forbidden, Invalid, Unauthenticated
from nearhand.kit.patterns import ONE_LINE, Id

UserName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{1,39}$")]
DisplayName = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80, pattern=ONE_LINE)
]
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[^\s@<>,;\x00-\x1f\x7f]+@[^\s@<>,;\x00-\x1f\x7f]+$"
    ),
]
Password = Annotated[str, StringConstraints(min_length=10, max_length=200)]


class Role(StrEnum):
    ADMIN = "admin"
    EXPERT = "expert"
    TECHNICIAN = "technician"
    OBSERVER = "observer"


class Permission(StrEnum):
    """What a route or a message asks for. `<noun>.read` looks, `<noun>.write` changes."""

    DEVICES_READ = "devices.read"
    DEVICES_WRITE = "devices.write"
    LABELS_MAKE = "labels.make"
    IMAGES_READ = "images.read"
    MAINTENANCE_READ = "maintenance.read"
    MAINTENANCE_WRITE = "maintenance.write"
    MANUALS_READ = "manuals.read"
    MANUALS_WRITE = "manuals.write"
    TELEMETRY_READ = "telemetry.read"
    TELEMETRY_WRITE = "telemetry.write"
    SESSIONS_LIST = "sessions.list"
    SESSIONS_OPEN = "sessions.open"
    SESSIONS_JOIN = "sessions.join"
    SESSIONS_INVITE = "sessions.invite"
    MARKS_WRITE = "marks.write"
    PEOPLE_MANAGE = "people.manage"
    AUDIT_READ = "audit.read"
    AUDIT_REDACT = "audit.redact"


P = Permission
_READ = {P.DEVICES_READ, P.MAINTENANCE_READ, P.MANUALS_READ, P.TELEMETRY_READ}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMIN: frozenset(Permission),
    Role.EXPERT: frozenset(
        _READ
        | {
            P.LABELS_MAKE,
            P.IMAGES_READ,
            P.MAINTENANCE_WRITE,
            P.MANUALS_WRITE,
            P.SESSIONS_LIST,
            P.SESSIONS_OPEN,
        }
        | {P.SESSIONS_JOIN, P.SESSIONS_INVITE, P.MARKS_WRITE}
    ),
    Role.TECHNICIAN: frozenset(
        _READ
        | {
            P.IMAGES_READ,
            P.MAINTENANCE_WRITE,
            P.SESSIONS_LIST,
            P.SESSIONS_OPEN,
            P.SESSIONS_JOIN,
            P.MARKS_WRITE,
        }
    ),
    Role.OBSERVER: frozenset({P.DEVICES_READ, P.TELEMETRY_READ, P.SESSIONS_LIST, P.SESSIONS_JOIN}),
}


class Where(BaseModel):
    """The place of a thing: whose it is, and at which site and in which rack it stands. None: it has none.

    A thing of the whole house, such as a device type or an account, has none of them.
    """

    model_config = ConfigDict(frozen=True)

    tenant_id: str | None = None
    site_id: str | None = None
    rack_id: str | None = None


HOUSE = Where()


class Grant(BaseModel):
    """A role, and where it holds: with this tenant's things, at this site, in this rack. All conditions given must hold.

    Without any condition it holds everywhere.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    tenant_id: Id | None = None
    site_id: Id | None = None
    rack_id: Id | None = None

    @property
    def is_everywhere(self) -> bool:
        return self.tenant_id is None and self.site_id is None and self.rack_id is None

    def covers(self, where: Where) -> bool:
        return (
            self.tenant_id in (None, where.tenant_id)
            and self.site_id in (None, where.site_id)
            and self.rack_id in (None, where.rack_id)
        )


Grants = tuple[Grant, ...]
MAX_GRANTS = 50  # of one account: each is a condition of every list it reads


def everywhere(role: Role) -> Grants:
    return (Grant(role=role),)


class AccountKind(StrEnum):
    """A service has no password: it comes with API tokens, and nobody signs in as it."""

    PERSON = "person"
    SERVICE = "service"


class User(BaseModel):
    """An account: a person's, or a service's."""

    model_config = ConfigDict(frozen=True)

    id: str
    name: UserName
    display_name: DisplayName
    grants: Grants
    is_active: bool
    created_at: datetime
    kind: AccountKind = AccountKind.PERSON
    email: Email | None = None


class NewUser(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: UserName
    display_name: DisplayName
    grants: Grants = Field(min_length=1, max_length=MAX_GRANTS)
    password: Password | None = None
    kind: AccountKind = AccountKind.PERSON
    email: Email | None = None

    @model_validator(mode="after")
    def _password_of_a_person(self) -> Self:
        if (self.password is None) is (self.kind is AccountKind.PERSON):
            raise ValueError("A person's account has a password, a service's has none.")
        return self


class SignIn(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(max_length=100, pattern=ONE_LINE)
    password: str = Field(max_length=200)


class LinkMay(StrEnum):
    """What the holder of a customer link may do in a session. `help`: as much as the role it names."""

    WATCH = "watch"
    APPROVE = "approve"
    HELP = "help"


class LinkPass(BaseModel):
    """What a customer link lets in: one session, or those of one work order; all it shows, or named devices of it.

    `reach`: the grants of whoever made it. A link shows nothing that its maker could not see.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    may: LinkMay
    made_by_name: str
    session_id: str | None
    work_order: str | None
    device_ids: tuple[str, ...] | None
    expires_at: datetime
    reach: Grants = Field((), exclude=True)


class Actor(BaseModel):
    """Who is asking: a signed-in user, or a guest who holds a joining link to one session.

    `participant_id` names them in every session; a guest's is minted with the link's use. `role` and `permissions` are
    the most that any grant gives, for screens; what may be done with one thing, `may` says.
    """

    model_config = ConfigDict(frozen=True)

    participant_id: str
    display_name: str
    role: Role
    permissions: frozenset[Permission]
    grants: Grants = ()
    user_id: str | None = None
    session_id: str | None = (
        None  # of guests: the only session they may enter; None with a link for a work order
    )
    link: LinkPass | None = None  # of guests: by what they are here

    @property
    def holder(self) -> str:
        """Whose sign-ins and rights these are: an account's, or a customer link's."""
        return self.user_id or (self.link.id if self.link is not None else self.participant_id)

    def may(self, permission: Permission, where: Where | None = None) -> bool:
        """The one permission function: whether a grant gives this permission there, or without `where` anywhere."""
        if where is None:
            return permission in self.permissions
        return any(grant.covers(where) for grant in self.grants_with(permission))

    def demand(self, permission: Permission, where: Where | None = None) -> None:
        """Raise NotPermitted unless this actor holds the permission, there or without `where` anywhere."""
        if not self.may(permission, where):
            raise NotPermitted(permission)

    def grants_with(self, permission: Permission) -> Grants:
        """Where this actor holds the permission: what lists are filtered by."""
        if permission not in self.permissions:  # an API token may hold less than the roles of its grants
            return ()
        return tuple(grant for grant in self.grants if permission in ROLE_PERMISSIONS[grant.role])

    def role_at(self, where: Where) -> Role | None:
        """The highest role that a grant gives there, and none above `role`."""
        found = highest(grant.role for grant in self.grants if grant.covers(where))
        return None if found is None else max(found, self.role, key=list(Role).index)

    def demand_session(self, session_id: str) -> None:
        """Raise NotPermitted when this is a guest of another session. What else it takes, the session says."""
        self.demand(Permission.SESSIONS_JOIN)
        if self.session_id is not None and self.session_id != session_id:
            raise NotPermitted(Permission.SESSIONS_JOIN)


def highest(roles: Iterable[Role]) -> Role | None:
    """The first of them in the order in which roles are declared."""
    return min(roles, key=list(Role).index, default=None)


def actor_of(user: User) -> Actor:
    return Actor(
        participant_id=user.id,
        display_name=user.display_name,
        role=highest(grant.role for grant in user.grants) or Role.OBSERVER,
        permissions=frozenset().union(*(ROLE_PERMISSIONS[grant.role] for grant in user.grants)),
        grants=user.grants,
        user_id=user.id,
    )


def guest(participant_id: str, display_name: str, role: Role, link: LinkPass) -> Actor:
    """A guest may join what their link names, and nothing else."""
    return Actor(
        participant_id=participant_id,
        display_name=display_name,
        role=role,
        permissions=frozenset({Permission.SESSIONS_JOIN}),
        session_id=link.session_id,
        link=link,
    )


# The service itself, where it asks its own registry outside of anybody's request.
SYSTEM = Actor(
    participant_id="",
    display_name="",
    role=Role.ADMIN,
    permissions=frozenset(Permission),
    grants=everywhere(Role.ADMIN),
)


class CustomerLink(BaseModel):
    """A link for people without an account, as those who may invite see it. Its token is nowhere but in its URL."""

    model_config = ConfigDict(frozen=True)

    id: str
    label: str
    session_id: str  # where it was made
    work_order: str | None  # not None: it lets into all sessions of this work order
    may: LinkMay
    role: Role
    device_ids: tuple[str, ...] | None  # None: all that the session shows
    created_by: str
    created_by_name: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    opened_at: datetime | None = None
    last_opened_at: datetime | None = None
    times_opened: int = 0


class WantedLink(BaseModel):
    """A customer link as it is asked for."""

    model_config = ConfigDict(frozen=True)

    label: str
    session_id: str
    work_order: str | None
    may: LinkMay
    role: Role
    device_ids: tuple[str, ...] | None
    hours: int


class NotPermitted(Forbidden):
    code, title = "not_permitted", "Your role, or your joining link, does not allow this"

    def __init__(self, permission: Permission) -> None:
        super().__init__(f"This needs the permission {permission}.")


class WrongCredentials(Unauthenticated):
    code, title = "wrong_credentials", "Name or password is wrong"


class UnknownPlace(Invalid):
    code, title = "unknown_place", "A grant names a tenant, site or rack that is not there"


class UserNameTaken(Conflict):
    code, title = "user_name_taken", "Somebody has this sign-in name"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is already a user {name}.")
