"""What grants reach: the same in the one permission function, in lists, and in single looks."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.model import (
    HOUSE,
    SYSTEM,
    Actor,
    Grant,
    Grants,
    NotPermitted,
    Permission,
    Role,
    User,
    Where,
    actor_of,
)
from nearhand.devices.model import Device, NewTenant, Selection, Tenant, WrongTenant
from nearhand.kit.clock import FixedClock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound
from nearhand.kit.http import PageQuery
from tests.support.factories import Registry, empty_registry, new_device, new_rack, new_site

FIRST = PageQuery(limit=200, offset=0)


def actor(*grants: Grant) -> Actor:
    return actor_of(
        User(
            id="u",
            name="lin",
            display_name="Lin",
            grants=grants,
            is_active=True,
            created_at=FixedClock().now(),
        )
    )


def test_what_a_guest_or_an_account_without_grants_asks_is_not_permitted() -> None:
    nobody = actor()
    assert not any(nobody.may(permission) for permission in Permission)
    assert not any(nobody.may(permission, HOUSE) for permission in Permission)


PLACES = st.sampled_from(["a", "b", None])


@given(
    st.lists(st.builds(Grant, role=st.sampled_from(Role), tenant_id=PLACES, site_id=PLACES, rack_id=PLACES)),
    st.builds(Where, tenant_id=PLACES, site_id=PLACES, rack_id=PLACES),
    st.sampled_from(Permission),
)
def test_a_narrower_grant_never_allows_more(
    grants: list[Grant], where: Where, permission: Permission
) -> None:
    broad = actor(*(Grant(role=grant.role) for grant in grants))
    narrow = actor(*grants)
    assert not narrow.may(permission, where) or broad.may(permission, where)
    assert narrow.may(permission) or not narrow.may(permission, where)
    assert narrow.may(permission, HOUSE) <= narrow.may(permission, where)


class Hall:
    """Two sites, two racks each, and in each rack a device of each of two tenants and one of the operator's own."""

    def __init__(self) -> None:
        self.devices: list[Device] = []
        self.ids: dict[str, list[str]] = {}

    async def build(self, registry: Registry) -> None:
        tenants = [await registry.tenant(name=name) for name in ("Bank", "Air")]
        kind = await registry.device_type()
        racks = []
        for name in ("Zürich", "Genf"):
            site = await registry.site(name=name)
            racks += [await registry.rack(site, name=rack) for rack in ("R1", "R2")]
        for n, rack in enumerate(racks):
            for m, tenant_id in enumerate((tenants[0].id, tenants[1].id, None)):
                self.devices.append(
                    await registry.device(
                        device_type=kind,
                        rack=rack,
                        asset_tag=f"D{n}{m}",
                        position_u=m + 1,
                        tenant_id=tenant_id,
                    )
                )
        self.ids = {
            "tenant_id": [one.id for one in tenants],
            "site_id": sorted({one.site_id for one in self.devices}),
            "rack_id": [one.id for one in racks],
        }


def choices(hall: Hall) -> list[Grants]:
    """Every way of naming a tenant, a site and a rack or none of them, alone and two at a time."""
    single = [
        Grant(role=Role.EXPERT, tenant_id=tenant_id, site_id=site_id, rack_id=rack_id)
        for tenant_id in (None, *hall.ids["tenant_id"][:1])
        for site_id in (None, *hall.ids["site_id"])
        for rack_id in (None, *hall.ids["rack_id"][:1])
    ]
    return [(), *((one,) for one in single), *((one, single[-1]) for one in single)]


async def test_a_list_a_look_and_the_permission_function_agree(any_database: Database) -> None:
    hall = Hall()
    async with any_database.transaction() as connection:
        await hall.build(Registry(connection))
        for grants in choices(hall):
            someone = actor(*grants)
            allowed = {one.id for one in hall.devices if someone.may(Permission.DEVICES_READ, one.where)}
            registry = Registry(connection, someone)
            assert await _listed(registry) == allowed
            assert set(await registry.devices.asset_tags([one.id for one in hall.devices])) == allowed
            assert {
                one.device_id for one in await registry.devices.standing_in(hall.ids["rack_id"])
            } == allowed
            for one in hall.devices:
                assert await _is_found(registry.devices.view(one.id)) is (one.id in allowed)
                assert await _is_found(registry.devices.view_by_tag(one.asset_tag)) is (one.id in allowed)
                assert (one.id in await _listed(registry, q=one.asset_tag)) is (one.id in allowed)


async def test_who_may_see_a_device_sees_its_site_rack_and_tenant_and_no_other(
    any_database: Database,
) -> None:
    hall = Hall()
    async with any_database.transaction() as connection:
        await hall.build(Registry(connection))
        for grants in choices(hall):
            registry = Registry(connection, actor(*grants))
            seen = [one for one in hall.devices if actor(*grants).may(Permission.DEVICES_READ, one.where)]
            sites = {one.id for one in (await registry.places.sites(Selection(), FIRST)).items}
            racks = {one.id for one in (await registry.places.racks(Selection(), FIRST)).items}
            tenants = {one.id for one in (await registry.places.tenants(Selection(), FIRST)).items}
            assert sites >= {one.site_id for one in seen}
            assert racks >= {one.rack_id for one in seen}
            assert tenants >= {one.tenant_id for one in seen if one.tenant_id is not None}
            if all(grant.tenant_id is not None and grant.site_id is None for grant in grants):
                assert tenants <= {grant.tenant_id for grant in grants}
            for rack_id in racks:
                shown = (await registry.places.elevation(rack_id)).devices
                assert {one.device.id for one in shown} == {one.id for one in seen if one.rack_id == rack_id}


async def test_what_is_seen_may_not_always_be_changed(any_database: Database) -> None:
    hall = Hall()
    async with any_database.transaction() as connection:
        await hall.build(Registry(connection))
        here, there = hall.ids["site_id"]
        mixed = actor(Grant(role=Role.OBSERVER), Grant(role=Role.ADMIN, site_id=here))
        devices = Registry(connection, mixed).devices
        for one in hall.devices:
            body = new_device(one.device_type_id, one.site_id, **_kept(one), name="Renamed")
            if one.site_id == here:
                await devices.change(one.id, body, version=1)
                continue
            with pytest.raises(NotPermitted):
                await devices.change(one.id, body, version=1)
            with pytest.raises(NotPermitted):
                await devices.remove(one.id, version=1)
        # Nor may one's own be carried to where one has no say.
        mine = next(one for one in hall.devices if one.site_id == here)
        moved = new_device(mine.device_type_id, there, **_kept(mine) | {"rack_id": None, "position_u": None})
        with pytest.raises(NotPermitted):
            await devices.change(mine.id, moved, version=2)


async def test_a_place_taken_by_another_tenants_device_is_refused_without_its_name(
    any_database: Database,
) -> None:
    hall = Hall()
    async with any_database.transaction() as connection:
        await hall.build(Registry(connection))
        bank = hall.ids["tenant_id"][0]
        devices = Registry(connection, actor(Grant(role=Role.ADMIN, tenant_id=bank))).devices
        mine, others = hall.devices[0], hall.devices[1]
        wish = new_device(
            mine.device_type_id,
            mine.site_id,
            asset_tag="NEW",
            rack_id=mine.rack_id,
            position_u=others.position_u,
            tenant_id=bank,
        )
        with pytest.raises(Exception, match="is mounted there") as refusal:
            await devices.register(wish)
        assert others.asset_tag not in str(refusal.value)


async def test_in_a_tenants_rack_and_at_a_tenants_site_stands_only_that_tenants_equipment(
    any_database: Database,
) -> None:
    async with any_database.transaction() as connection:
        registry = Registry(connection)
        bank, air = await registry.tenant(name="Bank"), await registry.tenant(name="Air")
        site = await registry.site(tenant_id=bank.id)
        rack = await registry.rack(site)
        assert rack.tenant_id == bank.id  # it stands at the bank's site
        device = await registry.device(rack=rack)
        assert device.tenant_id == bank.id
        with pytest.raises(WrongTenant):
            await registry.device(
                rack=rack, asset_tag="B", tenant_id=air.id, device_type=await _kind(registry)
            )
        with pytest.raises(WrongTenant):
            await registry.places.change_rack(rack.id, new_rack(site.id, tenant_id=air.id), version=1)
        with pytest.raises(WrongTenant):
            await registry.places.change_site(site.id, new_site(tenant_id=air.id), version=1)


async def test_a_tenant_renamed_is_found_by_its_new_name_and_its_grants_go_with_it() -> None:
    async with (
        empty_registry("sqlite+aiosqlite:///:memory:") as database,
        database.transaction() as connection,
    ):
        registry = Registry(connection)
        bank = await registry.tenant(name="Bank")
        await registry.device(tenant_id=bank.id)
        assert len(await _listed(registry, q="bank")) == 1
        renamed = bank.model_copy(update={"name": "Trust"})
        await registry.places.change_tenant(bank.id, _body(renamed), version=1)
        assert not await _listed(registry, q="bank")
        assert len(await _listed(registry, q="trust")) == 1


async def _kind(registry: Registry) -> Any:
    return (await registry.devices.device_types(Selection(), FIRST)).items[0]


def _body(tenant: Tenant) -> NewTenant:
    return NewTenant(name=tenant.name, notes=tenant.notes)


def _kept(device: Device) -> dict[str, Any]:
    return {name: getattr(device, name) for name in ("asset_tag", "rack_id", "position_u", "tenant_id")}


async def _listed(registry: Registry, q: str = "") -> set[str]:
    page = await registry.devices.devices(Selection(q=q), FIRST)
    assert page.total == len(page.items)
    return {one.id for one in page.items}


async def _is_found(look: Any) -> bool:
    try:
        await look
    except NotFound:
        return False
    return True


def test_the_service_itself_may_do_everything_everywhere() -> None:
    assert all(SYSTEM.may(permission, HOUSE) for permission in Permission)
