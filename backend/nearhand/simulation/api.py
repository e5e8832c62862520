"""REST doors of the simulated hall: a camera for browsers that have none. Only the demo includes them."""

import asyncio
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import FileResponse

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.kit.errors import NotFound
from nearhand.simulation.film import TRUTH, UPRIGHT, VIDEO

router = APIRouter(prefix="/demo/hall", tags=["demo"])

WAIT_S = 90.0  # a first start films the hall while people already look around
STEP_S = 0.25
Upright = Annotated[bool, Query(description="The film for a phone held upright.")]


class NoHall(NotFound):
    code, title = "no_hall", "The simulated hall is not ready"


def hall_folder(data_dir: Path) -> Path:
    return data_dir / "hall"


@router.get(f"/{TRUTH}")
async def truth(
    request: Request, upright: Upright = False, actor: Actor = may(Permission.DEVICES_READ)
) -> FileResponse:
    """The simulated camera: intrinsics, frames per second, and where the device truly is in every frame."""
    return FileResponse(await _ready(request, TRUTH, upright=upright), media_type="application/json")


@router.get(f"/{VIDEO}")
async def video(
    request: Request, upright: Upright = False, actor: Actor = may(Permission.DEVICES_READ)
) -> FileResponse:
    """What the simulated camera sees: a loop in VP8."""
    return FileResponse(await _ready(request, VIDEO, upright=upright), media_type="video/webm")


async def _ready(request: Request, name: str, *, upright: bool) -> Path:
    """The file, as soon as the film is whole."""
    folder = hall_folder(request.app.state.resources.settings.data_dir)
    if upright:
        folder /= UPRIGHT
    for _ in range(round(WAIT_S / STEP_S)):
        if (folder / TRUTH).is_file():
            return folder / name
        await asyncio.sleep(STEP_S)
    raise NoHall("It is still being filmed, or the robots that film it are switched off (--no-robots).")
