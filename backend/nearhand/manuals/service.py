"""Write guides, and find all there is to read about a device."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import Actor, Permission
from nearhand.audit import recording
from nearhand.devices.model import DeviceType
from nearhand.devices.service import DeviceService, devices_on
from nearhand.kit.clock import Clock
from nearhand.kit.errors import NotFound, Stale
from nearhand.kit.http import Page, PageQuery
from nearhand.kit.ids import Ids
from nearhand.manuals.model import Guide, Manuals, NewGuide, Subject, UnknownPicture, UnknownPort
from nearhand.manuals.store import ManualStore


class ManualService:
    def __init__(
        self, store: ManualStore, actor: Actor, *, devices: DeviceService, ids: Ids, clock: Clock
    ) -> None:
        self._store = store
        self._actor = actor
        self._devices = devices
        self._ids = ids
        self._clock = clock

    async def of_device(self, device_id: str) -> Manuals:
        """Documents and guides of the device and of its type. Raises NotFound and NotPermitted."""
        device = await self._devices.permitted(device_id, Permission.MANUALS_READ)
        about = device.id, device.device_type_id
        return Manuals(
            documents=await self._store.documents_about(*about), guides=await self._store.guides_about(*about)
        )

    async def guides(self, subject: Subject | None, page: PageQuery) -> Page[Guide]:
        items, total = await self._store.guides(subject, limit=page.limit, offset=page.offset)
        return Page[Guide](items=items, total=total, limit=page.limit, offset=page.offset)

    async def guide(self, guide_id: str) -> Guide:
        guide = await self._store.guide(guide_id)
        if guide is None:
            raise NotFound(f"No guide {guide_id}.")
        return guide

    async def write(self, new: NewGuide) -> Guide:
        """Raise NotFound for an unknown subject, NotPermitted, UnknownPort or UnknownPicture."""
        await self.demand(new.subject)
        await self._check(new)
        now = self._clock.now()
        guide = Guide(**dict(new), id=self._ids.new(), version=1, created_at=now, updated_at=now)
        await self._store.add_guide(guide)
        await recording.added(self._store.connection, "guide", guide)
        return guide

    async def rewrite(self, guide_id: str, new: NewGuide, *, version: int) -> Guide:
        """Raise Stale, or what `guide` and `write` raise."""
        before = await self.guide(guide_id)
        await self.demand(before.subject)
        await self.demand(new.subject)
        await self._check(new)
        changes = {**dict(new), "version": version + 1, "updated_at": self._clock.now()}
        guide = before.model_copy(update=changes)
        if not await self._store.replace_guide(guide, expected=version):
            raise Stale
        await recording.changed(self._store.connection, "guide", (before, guide))
        return guide

    async def remove(self, guide_id: str, *, version: int) -> None:
        before = await self.guide(guide_id)
        await self.demand(before.subject)
        if not await self._store.remove_guide(guide_id, expected=version):
            raise Stale
        await recording.removed(self._store.connection, "guide", before)

    async def demand(self, subject: Subject) -> None:
        """Raise NotFound and NotPermitted unless one may write about it; about a device type, everywhere."""
        if subject.device_id is None:
            self._devices.demand_house(Permission.MANUALS_WRITE)
        else:
            await self._devices.permitted(subject.device_id, Permission.MANUALS_WRITE)

    async def device_type_of(self, subject: Subject) -> DeviceType:
        """The type a manual speaks of, its own or its device's. Raises NotFound."""
        if subject.device_id is not None:
            return (await self._devices.view(subject.device_id)).device_type
        return await self._devices.device_type(subject.device_type_id or "")

    async def _check(self, new: NewGuide) -> None:
        refuse_unknown_ports(new, await self.device_type_of(new.subject))
        named = {step.picture_sha256 for step in new.steps if step.picture_sha256 is not None}
        if named and (
            unknown := named - set(await self._store.pictures(named, by=self._actor.participant_id))
        ):
            raise UnknownPicture(f"Not uploaded: {', '.join(sorted(unknown))}. POST /pictures first.")


def refuse_unknown_ports(guide: NewGuide, device_type: DeviceType) -> None:
    """Raise UnknownPort, listing every step that names a port its face of the device type does not have."""
    errors: list[dict[str, Any]] = []
    for number, step in enumerate(guide.steps):
        face = device_type.face(step.face)
        known = {port.name for port in face.ports} if face is not None else set()
        errors += [
            {
                "where": ["body", "steps", str(number), "ports"],
                "message": f"no port {port} on the {step.face} face",
            }
            for port in step.ports
            if port not in known
        ]
    if errors:
        what = f"{device_type.manufacturer} {device_type.model}"
        raise UnknownPort(f"{what}: {'; '.join(error['message'] for error in errors[:5])}.", errors=errors)


def manuals_on(connection: AsyncConnection, actor: Actor, *, ids: Ids, clock: Clock) -> ManualService:
    """The service within one transaction."""
    devices = devices_on(connection, actor, ids=ids, clock=clock)
    store = ManualStore(connection, actor.grants_with(Permission.MANUALS_READ))
    return ManualService(store, actor, devices=devices, ids=ids, clock=clock)
