"""Run the robots beside the service, as a process of its own: film the hall, ask for help, give help."""

import argparse
import asyncio
import os
import sys
import threading
from pathlib import Path

import structlog
from pydantic import BaseModel

from nearhand.client import Client, Refusal, Unreachable
from nearhand.devices.model import Device, DeviceType, DeviceView, FaceSide
from nearhand.kit.logging import configure_logging
from nearhand.labels.model import Label, Layout, layout_of
from nearhand.sessions.model import Camera
from nearhand.simulation.api import hall_folder
from nearhand.simulation.expert import RobotExpert
from nearhand.simulation.film import UPRIGHT, Film, hall_film, is_made, make, upright_film
from nearhand.simulation.people import PASSWORD, ROBOT_EXPERT, ROBOT_TECHNICIAN
from nearhand.simulation.render import Front, Look, Scene, build_scene, phone_camera
from nearhand.simulation.seed import DEMO_TAG
from nearhand.simulation.technician import RobotTechnician
from nearhand.simulation.walk import along, survey

log = structlog.get_logger(__name__)

EYE: Camera = phone_camera(1280, 720)
EYE_LOOK = Look(blur_px=0.7, noise=2.5)
CABLED = 0.35
SERVER_TRIES = 120
TRY_AGAIN_S = 0.5
RETRY_S = 5.0


class Mounted(BaseModel):
    """A device of a rack's elevation."""

    device: Device
    device_type: DeviceType


class Elevation(BaseModel):
    devices: list[Mounted]


async def hall_of(client: Client) -> tuple[DeviceView, Layout, Scene]:
    """The demo switch in its rack, as registered and labelled."""
    view = await client.device_by_tag(DEMO_TAG)
    layout = await _layout(client, view.device, view.device_type)
    if layout is None:
        raise Refusal(404, "no_label", "The demo switch has no label", "")
    neighbours: dict[int, Front] = {}
    if view.rack is not None and view.device.position_u is not None:
        elevation = await client.get(f"/racks/{view.rack.id}/elevation", Elevation)
        for number, mounted in enumerate(elevation.devices):
            unit = mounted.device.position_u
            if unit is not None and mounted.device.id != view.device.id:
                # Without their labels: the walk is about one device, and the camera sees four at a time.
                model = mounted.device_type
                front = Front(model.front, None, model.model, number, CABLED)
                neighbours[unit - view.device.position_u] = front
    switch = Front(view.device_type.front, layout, view.device_type.model, 0, CABLED)
    scene = await asyncio.to_thread(build_scene, switch, neighbours, position_u=view.device.position_u or 1)
    return view, layout, scene


async def _layout(client: Client, device: Device, device_type: DeviceType) -> Layout | None:
    labels = await client.get(f"/devices/{device.id}/labels", list[Label])
    front = next((label for label in labels if label.face is FaceSide.FRONT), None)
    return layout_of(front, device_type.front) if front else None


async def run(url: str, data_dir: Path, verify: Path | bool) -> None:
    """Until cancelled. A server that restarts is waited for."""
    technician = await _signed_in(url, ROBOT_TECHNICIAN, verify)
    expert = await _signed_in(url, ROBOT_EXPERT, verify)
    async with technician, expert:
        view, layout, scene = await hall_of(technician)
        walk = survey(layout)
        film = Film(scene, walk, EYE, EYE_LOOK)
        me = (await technician.me()).participant_id
        async with asyncio.TaskGroup() as robots:
            upright = upright_film(scene, along(layout))
            robots.create_task(_film_hall(data_dir, hall_film(scene, walk), upright, layout))
            robots.create_task(_again(RobotTechnician(technician, view, film)))
            robots.create_task(_again(RobotExpert(expert, frozenset({me}))))


async def _film_hall(data_dir: Path, wide: Film, upright: Film, layout: Layout) -> None:
    folder = hall_folder(data_dir)
    for place, film in ((folder, wide), (folder / UPRIGHT, upright)):
        if not is_made(place, layout):
            await asyncio.to_thread(make, place, film, layout)


async def _again(robot: RobotTechnician | RobotExpert) -> None:
    """A robot that fell gets up again: the server may have gone for a while, or its sign-in with it."""
    while True:
        try:
            await robot.run()
        except (Refusal, Unreachable) as error:
            await asyncio.sleep(RETRY_S)
            # Said only now: a demo that is being ended takes its robots with it before.
            log.warning("robot_fell", robot=type(robot).__name__, because=str(error))


async def _signed_in(url: str, name: str, verify: Path | bool) -> Client:
    for tries_left in range(SERVER_TRIES, -1, -1):
        try:
            return await Client.sign_in(url, name, PASSWORD, verify=verify)
        except (Refusal, Unreachable):  # it is still starting, or still seeding
            if not tries_left:
                raise
            await asyncio.sleep(TRY_AGAIN_S)
    raise AssertionError("unreachable")


def _end_with_parent() -> None:
    """Stop when the process that started this one is gone, however it went: then standard input ends."""
    sys.stdin.buffer.read()
    os._exit(0)  # at once: nothing here is worth waiting for, and a half-written film is made anew


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("data_dir", type=Path)
    parser.add_argument("--ca", type=Path, help="certificate of the demo's own authority")
    options = parser.parse_args()
    configure_logging()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(run(options.url, options.data_dir, options.ca or True))


if __name__ == "__main__":
    main()
