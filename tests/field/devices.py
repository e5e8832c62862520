"""A labelled device registered at a running server, as people register one."""

from nearhand.client import Client
from nearhand.devices.model import Device, DeviceType, Site
from nearhand.kit.ids import RandomIds
from nearhand.labels.model import Label, NewLabel, Resolved
from tests.support.factories import new_device, new_device_type, new_site
from tests.support.people import PASSWORD


async def labelled_device(url: str) -> Resolved:
    """A new device with a label."""
    name = f"TOR-{RandomIds().new()}"
    async with await Client.sign_in(url, "admin", PASSWORD) as admin:
        device_type = await admin.post("/device-types", new_device_type(model=name), DeviceType)
        site = await admin.post("/sites", new_site(name=name), Site)
        new = new_device(device_type.id, site.id, asset_tag=name, serial=name)
        device = await admin.post("/devices", new, Device)
        label = await admin.post(f"/devices/{device.id}/labels", NewLabel(), Label)
        return await admin.label(label.code)
