"""REST doors of a shared screen: its newest picture comes in, and is seen."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit.doors import untold
from nearhand.kit.files import BINARY, FILE_HEADERS, harmless_name, raw_body
from nearhand.kit.http import GuardedRoute
from nearhand.kit.patterns import Id
from nearhand.media.model import Still
from nearhand.sessions.hub import Hub
from nearhand.sessions.model import ShortId
from nearhand.sessions.screen_files import ScreenFiles
from nearhand.sessions.screens import ScreenPicture
from nearhand.sessions.service import account_of

_PASSES = "what a screen shows passes; the log says who shared it, from when to when, and what it showed last"

router = APIRouter(tags=["sessions"], route_class=GuardedRoute)


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.resources.hub
    return hub


@router.put(
    "/sessions/{session_id}/screen",
    openapi_extra=raw_body("A JPEG, PNG or WebP of 1 MiB at most."),
)
@untold(_PASSES)
async def show_screen(
    session_id: Id,
    screen_id: Annotated[ShortId, Query(description="As `screen.share` named it.")],
    request: Request,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> Still:
    """What the shared screen shows now, in the place of what it showed before: about one a second is taken, else 429.

    For whoever shares it, as an expert or administrator. `screen.changed` tells the others.
    """
    actor.demand_session(session_id)
    screens = _hub(request).screens
    files: ScreenFiles = request.app.state.resources.screen_files
    shown_seq = await screens.demand(session_id, screen_id, actor)
    at_seq = screens.at(session_id)
    still, content = await files.look(session_id, request.stream(), actor)
    picture = ScreenPicture(still, account_of(actor), content, shown_seq=shown_seq, at_seq=at_seq)
    screens.put(picture, screen_id, actor)
    return picture.still


@router.get(
    "/sessions/{session_id}/screen",
    response_class=Response,
    responses={200: {"description": "The picture.", "content": {"image/*": {"schema": BINARY}}}},
)
@untold(_PASSES)
async def screen(
    session_id: Id,
    request: Request,
    if_none_match: Annotated[str | None, Header()] = None,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> Response:
    """What the shared screen shows now, once it has changed; its first picture is a still of the session.

    For whoever was told of it by `screen.changed`. Its ETag is its SHA-256; 304 answers whoever has it.
    """
    actor.demand_session(session_id)
    picture = await _hub(request).screens.newest(session_id, actor)
    etag = f'"{picture.still.sha256}"'
    media_type = picture.still.media_type
    name = harmless_name("screen", media_type)
    headers = FILE_HEADERS | {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'inline; filename="{name}"',
        "ETag": etag,
    }
    if if_none_match == etag:
        return Response(status_code=304, headers=headers)
    return Response(picture.content, media_type=media_type, headers=headers)
