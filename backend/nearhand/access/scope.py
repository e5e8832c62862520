"""Grants as conditions of SQL, so that a list is filtered where its rows are counted."""

from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, false, or_, true

from nearhand.access.model import Grant, Grants

Condition = Callable[[str], ColumnElement[bool]]


def granted(grants: Grants, *, tenant: Condition, site: Condition, rack: Condition) -> ColumnElement[bool]:
    """The rows that any of the grants covers. Each condition is asked with the id that a grant names."""

    def covered(grant: Grant) -> ColumnElement[bool]:
        named = ((tenant, grant.tenant_id), (site, grant.site_id), (rack, grant.rack_id))
        return and_(*(condition(noun_id) for condition, noun_id in named if noun_id is not None))

    if any(grant.is_everywhere for grant in grants):
        return true()
    return or_(*(covered(grant) for grant in grants)) if grants else false()
