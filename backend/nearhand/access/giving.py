"""Who may hand out what: grants within grants, and what two of them have in common."""

from collections.abc import Iterable

from nearhand.access.model import Grant, Grants, Permission, Role

CONDITIONS = ("tenant_id", "site_id", "rack_id")


def is_within(grant: Grant, held: Grants) -> bool:
    """Whether one of the held grants gives at least as much: no lower a role, and no condition that `grant` lacks."""
    return any(
        rank(one.role) <= rank(grant.role)
        and all(getattr(one, name) in (None, getattr(grant, name)) for name in CONDITIONS)
        for one in held
    )


def are_within(grants: Grants, held: Grants) -> bool:
    """Whether somebody holding `held` may give, or rule over, `grants`. Nothing at all is within everything only."""
    if not grants:
        return any(one.is_everywhere for one in held)
    return all(is_within(grant, held) for grant in grants)


def in_common(grants: Grants, others: Grants) -> Grants:
    """What both allow: each pair's lower role, under the conditions of both."""
    met = (_meeting(one, other) for one in grants for other in others)
    return tuple(dict.fromkeys(grant for grant in met if grant is not None))


def role_within(
    permissions: Iterable[Permission], roles: Iterable[Role], of: dict[Role, frozenset[Permission]]
) -> Role:
    """The highest of these roles that acts with no more than the permissions; else the lowest of all."""
    allowed = frozenset(permissions)
    fitting = [role for role in roles if of[role] <= allowed]
    return min(fitting, key=rank, default=list(Role)[-1])


def rank(role: Role) -> int:
    """0 is the highest."""
    return list(Role).index(role)


def _meeting(one: Grant, other: Grant) -> Grant | None:
    where: dict[str, str | None] = {}
    for name in CONDITIONS:
        mine, theirs = getattr(one, name), getattr(other, name)
        if None not in (mine, theirs) and mine != theirs:
            return None
        where[name] = mine if mine is not None else theirs
    return Grant(role=max(one.role, other.role, key=rank), **where)
