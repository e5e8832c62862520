from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.giving import are_within, in_common, is_within, role_within
from nearhand.access.model import (
    ROLE_PERMISSIONS,
    Actor,
    Grant,
    Grants,
    Permission,
    Role,
    User,
    Where,
    actor_of,
    everywhere,
)
from nearhand.kit.clock import FixedClock

ids = st.sampled_from([None, "A", "B"])
grants = st.builds(Grant, role=st.sampled_from(Role), tenant_id=ids, site_id=ids, rack_id=ids)
several = st.lists(grants, min_size=1, max_size=4).map(tuple)
places = st.builds(Where, tenant_id=ids, site_id=ids, rack_id=ids)
permissions = st.sampled_from(Permission)


def holding(held: Grants) -> Actor:
    now = FixedClock().now()
    return actor_of(User(id="u", name="uu", display_name="U", grants=held, is_active=True, created_at=now))


def test_each_role_may_what_the_lower_ones_may() -> None:
    roles = list(Role)
    for higher, lower in pairwise(roles):
        assert ROLE_PERMISSIONS[lower] <= ROLE_PERMISSIONS[higher]


@given(given_=several, held=several, permission=permissions, where=places)
def test_whoever_is_given_grants_within_others_may_nothing_the_giver_may_not(
    given_: Grants, held: Grants, permission: Permission, where: Where
) -> None:
    if are_within(given_, held) and holding(given_).may(permission, where):
        assert holding(held).may(permission, where)


@given(held=several)
def test_everybody_holds_what_they_hold(held: Grants) -> None:
    assert are_within(held, held)


@given(one=grants, two=several, three=several)
def test_what_is_within_what_is_within_is_within(one: Grant, two: Grants, three: Grants) -> None:
    if is_within(one, two) and are_within(two, three):
        assert is_within(one, three)


@given(held=several)
def test_nothing_at_all_is_ruled_by_those_everywhere_only(held: Grants) -> None:
    assert are_within((), held) is any(grant.is_everywhere for grant in held)


def test_a_tenants_administrator_gives_nothing_at_another_tenant_and_nothing_without_a_tenant() -> None:
    held = (Grant(role=Role.ADMIN, tenant_id="A"),)
    assert are_within((Grant(role=Role.ADMIN, tenant_id="A", site_id="B"),), held)
    assert not are_within((Grant(role=Role.OBSERVER, tenant_id="B"),), held)
    assert not are_within((Grant(role=Role.OBSERVER, site_id="B"),), held)
    assert not are_within(everywhere(Role.OBSERVER), held)


@given(mine=several, others=several, permission=permissions, where=places)
def test_what_two_have_in_common_is_what_both_allow(
    mine: Grants, others: Grants, permission: Permission, where: Where
) -> None:
    common = in_common(mine, others)
    both = holding(mine).may(permission, where) and holding(others).may(permission, where)
    assert holding(common).may(permission, where) is both


@given(allowed=st.frozensets(permissions))
def test_a_narrowed_role_acts_with_no_more_than_was_allowed(allowed: frozenset[Permission]) -> None:
    role = role_within(allowed, Role, ROLE_PERMISSIONS)
    assert role is Role.OBSERVER or ROLE_PERMISSIONS[role] <= allowed
