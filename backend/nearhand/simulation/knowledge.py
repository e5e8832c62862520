"""Give the demo's devices a past and something to read: records, documents and guides."""

import random
from collections.abc import AsyncIterator
from datetime import timedelta

from nearhand.access.model import SYSTEM
from nearhand.app import Resources
from nearhand.devices.model import Device, DeviceKind, DeviceType, DeviceView, Selection
from nearhand.devices.service import devices_on
from nearhand.kit.errors import NotFound
from nearhand.kit.http import PageQuery
from nearhand.maintenance.model import Attachment, NewMaintenanceRecord
from nearhand.maintenance.service import attachments_of, maintenance_on
from nearhand.manuals.library import library_of
from nearhand.manuals.model import DocumentForm
from nearhand.manuals.service import manuals_on
from nearhand.simulation.drawings import face_picture, service_sheet
from nearhand.simulation.guides import OPTIC_PORT, replace_optic, replace_power_supply
from nearhand.simulation.seed import DEMO_TAG

BY = "demo"
ROBOT = SYSTEM.model_copy(update={"participant_id": BY})
DEVICES_WITH_A_PAST = 60
TECHNICIAN, NIGHT, NETWORK, CONTRACTOR = (
    "Site technician",
    "Site technician, night shift",
    "Network operations",
    "Cabling contractor",
)

_NOTES_EN = """# Field notes

What the last shifts learned about this switch. Telephone numbers are on the hall's door.

## Before you touch it

1. **Wrist strap first**, clipped to the rack's grounding point.
2. Ports are numbered in columns: odd above, even below. Port 37 is in the *top* row, column 19.
3. Port 37 carries the storage replication. Nothing is unplugged without a GO from the expert.

## Lights

| LED | colour | means |
|---|---|---|
| port | green, blinking | traffic |
| port | amber, blinking | fault: read the port's errors |
| STS | amber | a module is missing or failed |
| BCN | blue | somebody asks you to find this device |

## Received light of an SR optic

| dBm | verdict |
|---:|---|
| above -5 | healthy |
| -5 to -9.5 | clean the connectors, look again |
| below -9.5 | replace the optic; if it stays low, the far end or the fibre |
"""

_NOTES_HANT = """# 現場筆記

前幾班對這台交換器的心得。

## 動手之前

1. **先戴防靜電手環**，夾在機櫃的接地點。
2. 連接埠依直行編號：奇數在上，偶數在下。37 埠在上排第 19 個。
3. 37 埠承載儲存複寫流量；專家未給出「繼續」之前，不要拔任何線。

## 指示燈

| 指示燈 | 顏色 | 意義 |
|---|---|---|
| 埠 | 綠燈閃爍 | 有流量 |
| 埠 | 琥珀色閃爍 | 故障：請看該埠的錯誤數 |
| STS | 琥珀色 | 有模組缺少或故障 |
| BCN | 藍色 | 有人請你找到這台設備 |
"""

_TRANSCEIVER_LOG = """port 37  transceiver detail
  type            SFP28 25GBASE-SR
  temperature     41.2 Cel
  tx power        -1.9 dBm
  rx power        -4.6 dBm   (threshold low warning -9.5, low alarm -13.5)
  errors in       0 in 24 h
Cleaned both ends with a dry stick. rx power after cleaning: -2.9 dBm.
"""

# Days ago, who, what, detail, parts, work order.
_PAST = (
    (
        19,
        NIGHT,
        "Cleaned the fibre of port 37",
        "Received light was slowly falling. See the attached readings; to be watched.",
        (),
        "WO-20377",
    ),
    (
        96,
        NETWORK,
        "Updated the operating system",
        "Both images verified before the reload. 11 minutes without traffic, as planned.",
        (),
        "CHG-1184",
    ),
    (
        173,
        TECHNICIAN,
        "Replaced power supply 2",
        "Output had failed. The other one carried the load throughout.",
        ("Power supply 500 W AC, port-side exhaust", "Power cord C13, 2 m"),
        "WO-18820",
    ),
    (
        301,
        CONTRACTOR,
        "Patched ports 33 to 40 to the storage row",
        "OM4, 12 m, labelled at both ends. Measured loss below 0.6 dB on each.",
        ("8 x LC-LC OM4 12 m",),
        "WO-16103",
    ),
    (
        540,
        TECHNICIAN,
        "Mounted and put into service",
        "Both feeds connected, grounding checked, label and ear tags affixed.",
        (),
        "WO-12044",
    ),
)

# What happens to any device: kinds, what, detail, parts.
_USUAL: tuple[tuple[set[DeviceKind], str, str, tuple[str, ...]], ...] = (
    (
        {DeviceKind.SERVER},
        "Replaced a failed disk in bay 3",
        "The array rebuilt in 4 hours.",
        ("SSD 1.92 TB",),
    ),
    (
        {DeviceKind.SERVER},
        "Added memory",
        "Two modules, slots A7 and A8; memory test passed twice.",
        ("2 x 32 GB RDIMM",),
    ),
    (
        {DeviceKind.SERVER, DeviceKind.STORAGE},
        "Updated firmware",
        "Restarted once; all alarms clear afterwards.",
        (),
    ),
    (
        {DeviceKind.STORAGE},
        "Replaced a controller's battery",
        "Write cache back on after 2 hours of charging.",
        ("Cache battery",),
    ),
    (
        {DeviceKind.SWITCH, DeviceKind.ROUTER},
        "Replaced a fan module",
        "Speed had dropped below its limit.",
        ("Fan module",),
    ),
    (
        {DeviceKind.SWITCH, DeviceKind.ROUTER},
        "Cleaned optics",
        "All uplinks, dry stick; received light noted in the log.",
        (),
    ),
    ({DeviceKind.PDU}, "Checked the load of each phase", "All below 60 % of the breaker's rating.", ()),
    (
        {DeviceKind.PDU},
        "Tightened the input's terminals",
        "Thermal picture before and after; 8 K less.",
        (),
    ),
    ({DeviceKind.PATCH_PANEL}, "Relabelled after moves", "Panel and list agree again.", ()),
    (set(DeviceKind), "Yearly inspection", "Dust removed, screws and grounding checked.", ()),
)


async def seed_knowledge(resources: Resources) -> None:
    """The same demo each time; nothing happens where the demo switch is absent or has manuals already."""
    async with resources.database.reading() as connection:
        devices = devices_on(connection, ROBOT, ids=resources.ids, clock=resources.clock)
        try:
            demo = await devices.view_by_tag(DEMO_TAG)
        except NotFound:
            return
        manuals = manuals_on(connection, ROBOT, ids=resources.ids, clock=resources.clock)
        if (await manuals.of_device(demo.device.id)).guides:
            return
        page = await devices.devices(Selection(), PageQuery(limit=DEVICES_WITH_A_PAST, offset=0))
        kinds = {
            type_id: (await devices.device_type(type_id)).kind
            for type_id in {device.device_type_id for device in page.items}
        }
    await _write_documents(resources, demo)
    await _write_past(resources, demo, [(device, kinds[device.device_type_id]) for device in page.items])
    # Last, because guides are the sign that all of this is there.
    await _write_guides(resources, demo.device_type)


async def _write_documents(resources: Resources, demo: DeviceView) -> None:
    library, type_id = library_of(resources, ROBOT), demo.device.device_type_id
    for title, language, content in (
        ("Service sheet", "en", service_sheet(demo.device_type)),
        ("Field notes", "en", _NOTES_EN.encode()),
        ("現場筆記", "zh-Hant", _NOTES_HANT.encode()),
    ):
        form = DocumentForm(title=title, language=language, device_type_id=type_id)
        await library.keep_document(_in_one_piece(content), form)


async def _write_guides(resources: Resources, device_type: DeviceType) -> None:
    library, front, rear = (
        library_of(resources, ROBOT),
        device_type.front,
        device_type.rear or device_type.front,
    )
    optic = await library.keep_picture(_in_one_piece(face_picture(front, {OPTIC_PORT})))
    supplies = {component.name for component in rear.components if component.kind == "psu"}
    supply = await library.keep_picture(_in_one_piece(face_picture(rear, supplies)))
    async with resources.database.transaction() as connection:
        manuals = manuals_on(connection, ROBOT, ids=resources.ids, clock=resources.clock)
        await manuals.write(replace_optic(device_type.id, optic.sha256))
        await manuals.write(replace_power_supply(device_type.id, supply.sha256))


async def _write_past(
    resources: Resources, demo: DeviceView, others: list[tuple[Device, DeviceKind]]
) -> None:
    readings = await attachments_of(resources, ROBOT).keep(
        _in_one_piece(_TRANSCEIVER_LOG.encode()), name="port-37-readings.txt"
    )
    now, chance = resources.clock.now(), random.Random(11)  # nosec B311
    async with resources.database.transaction() as connection:
        maintenance = maintenance_on(connection, ROBOT, ids=resources.ids, clock=resources.clock)
        for days, who, summary, detail, parts, work_order in reversed(_PAST):
            record = NewMaintenanceRecord(
                performed_at=now - timedelta(days=days, hours=3),
                performed_by=who,
                summary=summary,
                detail=detail,
                parts=parts,
                work_order=work_order,
                attachments=_attached(readings, summary),
            )
            await maintenance.write_down(demo.device.id, record)
        for device, kind in others:
            if device.id != demo.device.id:
                for record in _usual_past(kind, chance, resources):
                    await maintenance.write_down(device.id, record)


def _attached(readings: Attachment, summary: str) -> tuple[Attachment, ...]:
    return (readings,) if "fibre of port 37" in summary else ()


def _usual_past(kind: DeviceKind, chance: random.Random, resources: Resources) -> list[NewMaintenanceRecord]:
    """One to three records, the oldest first."""
    fitting = [each for each in _USUAL if kind in each[0]]
    chosen = chance.sample(fitting, k=min(len(fitting), chance.randint(1, 3)))
    days = sorted((chance.randint(5, 700) for _ in chosen), reverse=True)
    return [
        NewMaintenanceRecord(
            performed_at=resources.clock.now() - timedelta(days=ago, minutes=chance.randint(0, 1000)),
            performed_by=chance.choice((TECHNICIAN, NIGHT, NETWORK)),
            summary=summary,
            detail=detail,
            parts=parts,
            work_order=f"WO-{20_400 - 13 * ago + chance.randint(0, 12)}",
        )
        for ago, (_, summary, detail, parts) in zip(days, chosen, strict=True)
    ]


async def _in_one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content
