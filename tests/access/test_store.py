import random

from nearhand.access.giving import are_within
from nearhand.access.model import Grant, Grants, Role, User
from nearhand.access.store import AccessStore
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.ids import SequentialIds
from tests.support.factories import Registry

ACCOUNTS, HOLDERS = 150, 60


async def test_the_list_of_people_is_filtered_in_sql_by_the_same_rule_as_everything_else(
    any_database: Database,
) -> None:
    chance, numbers, now = random.Random(4), SequentialIds(), FixedClock().now()
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        tenants = [(await registry.tenant(name=name)).id for name in "AB"]
        sites = [await registry.site(name=name) for name in "AB"]
        racks = [(await registry.rack(site, name="R")).id for site in sites]
        places = ([None, *tenants], [None, *(site.id for site in sites)], [None, *racks])

        def some() -> Grants:
            def one() -> Grant:
                tenant_id, site_id, rack_id = (chance.choice([None, *of]) for of in places)
                role = chance.choice(list(Role))
                return Grant(role=role, tenant_id=tenant_id, site_id=site_id, rack_id=rack_id)

            return tuple(one() for _ in range(chance.choice([0, 1, 1, 2, 3])))

        store, users = AccessStore(connection), []
        for number in range(ACCOUNTS):
            user = User(
                id=numbers.new(),
                name=f"user-{number:03}",
                display_name="U",
                grants=some(),
                is_active=True,
                created_at=now,
            )
            await store.add_user(user)
            users.append(user)
        for _ in range(HOLDERS):
            held = tuple(grant for grant in some() if grant.role is Role.ADMIN)
            found, total = await store.users_within(held, 1000, 0)
            ruled = [user.name for user in users if are_within(user.grants, held)]
            assert ([user.name for user in found], total) == (ruled, len(ruled))
