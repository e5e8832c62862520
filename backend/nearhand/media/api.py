"""REST doors of media."""

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.kit.files import raw_body
from nearhand.kit.http import GuardedRoute
from nearhand.labels.service import labels_on
from nearhand.media.model import Lens, Reading
from nearhand.media.service import Reader

router = APIRouter(tags=["media"], route_class=GuardedRoute)

Pixels = Annotated[float | None, Query(ge=-1e6, le=1e6, allow_inf_nan=False)]
Focal = Annotated[float | None, Query(gt=0, le=1e6, allow_inf_nan=False)]


def _reader(request: Request) -> Reader:
    resources = request.app.state.resources
    return Reader(
        resources.eyes,
        resources.database,
        resources.blobs,
        labels_on=partial(
            labels_on, ids=resources.ids, clock=resources.clock, base_url=resources.settings.base_url
        ),
    )


@router.post("/images/read", openapi_extra=raw_body("A JPEG, PNG or WebP."))
async def read(
    request: Request,
    reader: Annotated[Reader, Depends(_reader)],
    code: Annotated[
        str | None, Query(max_length=300, description="The label of the device to look for, if known.")
    ] = None,
    fx: Focal = None,
    fy: Focal = None,
    cx: Pixels = None,
    cy: Pixels = None,
    k1: Annotated[float, Query(ge=-5, le=5, allow_inf_nan=False)] = 0.0,
    actor: Actor = may(Permission.IMAGES_READ),
) -> Reading:
    """Read the labels and tags in a picture; say which device it shows, and where that device's face is.

    The picture is not kept. Without `fx` the camera is taken for a usual phone's, or for what the picture states.
    """
    lens = Lens(fx=fx, fy=fy, cx=cx, cy=cy, k1=k1)
    limit_bytes = request.app.state.resources.settings.upload_limit_bytes
    return await reader.read(request.stream(), lens=lens, code=code, limit_bytes=limit_bytes)
