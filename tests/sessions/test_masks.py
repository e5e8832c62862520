"""Where a site asks for it, only pictures go on that state what they hide; and whoever films is told at once."""

from io import BytesIO
from typing import Any

import pytest
from fastapi.testclient import TestClient
from PIL import Image

from nearhand.app import Resources
from nearhand.devices.model import CameraMask
from nearhand.sessions.masks import KEPT_S, MaskRules
from nearhand.sessions.model import MaskMissing, PictureMask
from nearhand.sessions.pictures import Codec, Head, read_head
from tests.sessions.test_scopes import share
from tests.sessions.test_video import SEND, WATCH, line
from tests.support.live import EXPERT, OBSERVER, SESSION, TECHNICIAN, LiveServer, until
from tests.support.neighbours import Headers, Neighbours, neighbours

STILL = BytesIO()
Image.new("RGB", (64, 48), "navy").save(STILL, format="JPEG")


@pytest.fixture
def hall(client: TestClient, resources: Resources) -> Neighbours:
    return neighbours(client, resources)


def demand(hall: Neighbours, rule: CameraMask) -> None:
    admin = hall.headers("admin")
    path = f"sites/{hall.bank.site_id}"
    answer = hall.ask("GET", path, admin)
    site = {k: v for k, v in answer.json().items() if k not in ("id", "version", "created_at", "updated_at")}
    changed = hall.ask(
        "PUT", path, {**admin, "If-Match": answer.headers["ETag"]}, json=site | {"camera_mask": rule}
    )
    assert changed.status_code == 200, changed.text


def upload(hall: Neighbours, session: str, headers: Headers, mask: str | None, **more: Any) -> Any:
    params = more if mask is None else more | {"mask": mask}
    path = f"sessions/{session}/stills"
    return hall.ask("POST", path, headers, params=params, content=STILL.getvalue())


def a_picture(frame_id: int, mask: PictureMask = PictureMask.NONE) -> bytes:
    head = Head(Codec.JPEG, True, frame_id, 1_700_000_000_000, 640, 360, mask=mask)
    return head.pack() + b"\xff\xd8" + bytes(500)


@pytest.mark.parametrize("rule", [CameraMask.OFF, CameraMask.WARN])
def test_without_the_rule_pictures_go_as_they_are_and_say_so(hall: Neighbours, rule: CameraMask) -> None:
    demand(hall, rule)
    technician = hall.headers("technician")
    session = hall.opened(technician, device_id=hall.bank.id)
    with hall.live(session, technician) as live:
        assert live.until("welcome")["camera_mask"] == rule
        assert upload(hall, session, technician, None, is_screen=True).status_code == 201
        sha256 = upload(hall, session, technician, None).json()["sha256"]
        assert live.ask("still.share", **share(sha256, 1)) == "ack"
        assert live.until("still.shared")["still"]["mask"] == "none"


def test_where_masks_are_demanded_a_still_without_one_is_refused(hall: Neighbours) -> None:
    """L31."""
    demand(hall, CameraMask.ENFORCE)
    technician = hall.headers("technician")
    session = hall.opened(technician, device_id=hall.bank.id)
    with hall.live(session, technician) as live:
        assert live.until("welcome")["camera_mask"] == "enforce"
        for mask in (None, "none"):
            refused = upload(hall, session, technician, mask)
            assert (refused.status_code, refused.json()["code"]) == (409, "mask_missing")
        assert upload(hall, session, technician, "somehow").status_code == 422
        sha256 = upload(hall, session, technician, "range").json()["sha256"]
        assert live.ask("still.share", **share(sha256, 1)) == "mask_missing"
        assert live.ask("still.share", **share(sha256, 1), mask="none") == "mask_missing"
        assert live.ask("still.share", **share(sha256, 1), mask="range") == "ack"
        assert live.until("still.shared")["still"]["mask"] == "range"


def test_where_masks_are_demanded_an_expert_shows_a_picture_of_their_screen(hall: Neighbours) -> None:
    """L31, L33. As a still it must obey; what is not said to be a screen must, whoever sends it."""
    demand(hall, CameraMask.ENFORCE)
    technician, expert = hall.headers("technician"), hall.headers("expert")
    session = hall.opened(technician, device_id=hall.bank.id)
    with hall.live(session, technician) as live, hall.live(session, expert, "b") as desk:
        refused = upload(hall, session, expert, None)
        assert (refused.status_code, refused.json()["code"]) == (409, "mask_missing")
        sha256 = upload(hall, session, expert, None, is_screen=True).json()["sha256"]
        picture = {"kind": "picture", "sha256": sha256, "width": 64, "height": 48}
        assert desk.ask("document.show", document=picture) == "ack"
        assert live.until("document.shown")["document"] == picture
        for mask in ({}, {"mask": "none"}):
            assert desk.ask("still.share", **share(sha256, 1), **mask) == "mask_missing"


def test_what_a_technician_calls_their_screen_needs_its_mask_all_the_same(hall: Neighbours) -> None:
    """L31. Whoever films may not share a screen, neither live nor as a picture of it."""
    demand(hall, CameraMask.ENFORCE)
    technician = hall.headers("technician")
    session = hall.opened(technician, device_id=hall.bank.id)
    helper, _ = hall.guest(session, hall.headers("expert"), may="help", role="technician")
    for who in (technician, helper):
        refused = upload(hall, session, who, None, is_screen=True)
        assert (refused.status_code, refused.json()["code"]) == (409, "mask_missing")


def test_where_masks_are_demanded_only_live_pictures_with_one_reach_whoever_watches(hall: Neighbours) -> None:
    demand(hall, CameraMask.ENFORCE)
    technician = hall.headers("technician")
    session = hall.opened(technician, device_id=hall.bank.id)
    with (
        hall.live(session, technician),
        line(hall, session, technician, SEND) as phone,
        line(hall, session, hall.headers("expert"), WATCH) as desk,
    ):
        phone.until("media.watched", watchers=1)
        for frame_id in (1, 2, 3):
            phone.socket.send_bytes(a_picture(frame_id))
            phone.until("media.took", frame_id=frame_id)
        phone.rests()
        assert [one["code"] for one in phone.words if one["type"] == "error"] == ["mask_missing"]
        for frame_id, mask in ((4, PictureMask.RANGE), (5, PictureMask.WHOLE)):
            phone.socket.send_bytes(a_picture(frame_id, mask))
            phone.until("media.took", frame_id=frame_id)
            while not desk.pictures or desk.pictures[-1].frame_id != frame_id:
                desk.take()
            desk.got(desk.pictures[-1])
        assert [(head.frame_id, head.mask) for head in desk.pictures] == [
            (4, PictureMask.RANGE),
            (5, PictureMask.WHOLE),
        ]


def test_a_session_about_no_device_yet_follows_the_strictest_site(hall: Neighbours) -> None:
    technician = hall.headers("technician")
    session = hall.opened(technician)
    demand(hall, CameraMask.ENFORCE)
    other = hall.ask("POST", "sites", hall.headers("admin"), json={"name": "Elsewhere"})
    assert other.json()["camera_mask"] == "off"
    with hall.live(session, technician) as live:
        assert live.until("welcome")["camera_mask"] == "enforce"


def test_turning_to_a_device_at_another_site_is_told_to_all(hall: Neighbours) -> None:
    """L31."""
    demand(hall, CameraMask.ENFORCE)
    technician, admin = hall.headers("technician"), hall.headers("admin")
    site = hall.ask("POST", "sites", admin, json={"name": "Elsewhere"}).json()["id"]
    there = hall.ask("GET", f"devices/{hall.bank.id}", admin).json()
    kept = ("device_type_id", "name", "status")
    new = {k: there[k] for k in kept} | {"site_id": site, "asset_tag": "SW-there"}
    device = hall.ask("POST", "devices", admin, json=new)
    assert device.status_code == 201, device.text
    session = hall.opened(technician, device_id=hall.bank.id)
    with hall.live(session, technician) as live, hall.live(session, hall.headers("expert"), "b") as desk:
        assert live.until("welcome")["camera_mask"] == "enforce"
        shown = {"device_id": device.json()["id"], "face": "front"}
        assert live.ask("device.show", device=shown) == "ack"
        for end in (live, desk):
            assert end.until("camera.mask_changed")["camera_mask"] == "off"
        assert upload(hall, session, technician, None).status_code == 201
        assert live.ask("device.show", device=shown | {"device_id": hall.bank.id}) == "ack"
        assert desk.until("camera.mask_changed", 2)["camera_mask"] == "enforce"


@pytest.mark.parametrize("finder", ["a still", "a newcomer", "the clock"])
async def test_whoever_finds_the_rule_changed_all_are_told(server: LiveServer, finder: str) -> None:
    technician = await server.join(TECHNICIAN, "phone")
    expert = await server.join(EXPERT, "desk")
    server.masks[None] = CameraMask.ENFORCE
    server.ticker.now_s += KEPT_S
    if finder == "a still":
        with pytest.raises(MaskMissing):
            await server.hub.gate.demand_mask(SESSION, PictureMask.NONE)
    elif finder == "a newcomer":
        await server.join(OBSERVER, "page")
    await server.hub.tend()
    told = [member.line for member in (technician, expert)]
    await until(lambda: all(end.told("camera.mask_changed") for end in told))
    for end in told:
        assert [one["camera_mask"] for one in end.told("camera.mask_changed")] == ["enforce"]


def test_the_ledger_keeps_who_changed_the_rule(hall: Neighbours) -> None:
    demand(hall, CameraMask.WARN)
    assert hall.client.portal is not None
    hall.client.portal.call(hall.resources.ledger.seal)
    entries = hall.ask("GET", "audit/entries?action=site.changed", hall.headers("admin")).json()["items"]
    assert "camera_mask" in str(entries[0])
    assert "warn" in str(entries[0])


def test_the_head_of_a_picture_states_its_mask() -> None:
    for mask in PictureMask:
        assert read_head(a_picture(1, mask)).mask is mask


async def test_a_rule_that_cannot_be_asked_for_is_the_strictest_and_one_that_was_known_goes_on() -> None:
    rules: dict[str | None, CameraMask] = {"D": CameraMask.WARN}
    now = 100.0

    async def rule_of(device_id: str | None) -> CameraMask:
        return rules[device_id]

    masks = MaskRules(rule_of, lambda: now)
    assert not await masks.refresh("S", None)
    assert masks.of("S") is CameraMask.ENFORCE
    assert await masks.refresh("S", "D")
    assert masks.of("S") is CameraMask.WARN
    rules["D"] = CameraMask.OFF
    assert not await masks.refresh("S", "D")  # a moment ago it was asked for
    now += KEPT_S
    assert await masks.refresh("S", "D")
    rules.clear()
    now += KEPT_S
    assert not await masks.refresh("S", "D")
    assert masks.of("S") is CameraMask.OFF
    masks.forget("S")
    assert masks.of("S") is CameraMask.ENFORCE
