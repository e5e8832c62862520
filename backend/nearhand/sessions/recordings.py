"""REST doors of recordings: their pieces come in, and play."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import StreamingResponse

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit.doors import acted, viewed
from nearhand.kit.errors import Invalid
from nearhand.kit.files import BINARY, FILE_HEADERS, raw_body
from nearhand.kit.http import GuardedRoute
from nearhand.kit.patterns import Id
from nearhand.sessions.hub import Hub
from nearhand.sessions.model import ShortId, UnknownRecording
from nearhand.sessions.package import EVENTS_AT_ONCE
from nearhand.sessions.recorded import (
    MAX_CHUNKS,
    MEDIA_TYPE,
    Chunk,
    RecordingFile,
    Recordings,
    read_out,
    streamed,
)

router = APIRouter(tags=["sessions"], route_class=GuardedRoute)


def _recordings(request: Request) -> Recordings:
    recordings: Recordings = request.app.state.resources.recordings
    return recordings


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.resources.hub
    return hub


Shelf = Annotated[Recordings, Depends(_recordings)]
RunningRooms = Annotated[Hub, Depends(_hub)]


class BadRange(Invalid):
    status, code, title = 416, "bad_range", "There is no such part of the file"


@router.put(
    "/sessions/{session_id}/recordings/{recording_id}/chunks/{k}",
    openapi_extra=raw_body("A line of JSON (`ChunkHead`), and behind it the WebM of about a second."),
)
@acted("session.recorded", "session_id")
async def keep_chunk(
    session_id: Id,
    recording_id: ShortId,
    k: Annotated[int, Path(ge=0, lt=MAX_CHUNKS)],
    request: Request,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> Chunk:
    """Keep one piece of a recording: in any order, and the same one as often as it comes. Also after the session."""
    actor.demand_session(session_id)
    await _hub(request).audience(session_id, actor)
    return await _recordings(request).keep(session_id, recording_id, k, request.stream(), actor)


@router.get("/sessions/{session_id}/recordings")
@viewed("session")
async def recordings(
    session_id: Id, shelf: Shelf, hub: RunningRooms, actor: Actor = may(Permission.SESSIONS_JOIN)
) -> list[RecordingFile]:
    """What was recorded, oldest first; for whoever may see everything that the session showed, since a picture shows it."""
    actor.demand_session(session_id)
    audience = await hub.audience(session_id, actor)
    return await shelf.all_of(session_id) if audience.sees_all else []


@router.get(
    "/sessions/{session_id}/recordings/{recording_id}/media",
    response_class=StreamingResponse,
    responses={200: {"description": "WebM.", "content": {MEDIA_TYPE: {"schema": BINARY}}}},
)
@acted("session.recording_played", "session_id")
async def media(
    session_id: Id,
    recording_id: ShortId,
    request: Request,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> Response:
    """What has come of a recording, as one WebM; parts of it by `Range`."""
    actor.demand_session(session_id)
    if not (await _hub(request).audience(session_id, actor)).sees_all:
        raise UnknownRecording
    parts = await _recordings(request).parts(session_id, recording_id)
    size = sum(part.size for part in parts)
    first, last = _range(request.headers.get("range", ""), size)
    headers = FILE_HEADERS | {
        "Cache-Control": "private, no-store",
        "Accept-Ranges": "bytes",
        "Content-Disposition": 'attachment; filename="recording.webm"',
        "Content-Length": str(last + 1 - first),
    }
    is_part = "range" in request.headers
    if is_part:
        headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    pieces = streamed(parts, first, last)
    return StreamingResponse(pieces, 206 if is_part else 200, media_type=MEDIA_TYPE, headers=headers)


@router.get(
    "/sessions/{session_id}/recordings/{recording_id}/video",
    response_class=StreamingResponse,
    responses={200: {"description": "WebM.", "content": {MEDIA_TYPE: {"schema": BINARY}}}},
)
@acted("session.recording_exported", "session_id")
async def video(
    session_id: Id,
    recording_id: ShortId,
    request: Request,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> Response:
    """What was recorded, with each mark drawn where it lay for as long as it stood: a WebM, made while it is sent.

    A picture of which it is not known where the device was in it bears none.
    """
    actor.demand_session(session_id)
    audience = await _hub(request).audience(session_id, actor)
    if not audience.sees_all:
        raise UnknownRecording
    parts = await _recordings(request).parts(session_id, recording_id)
    resources = request.app.state.resources

    async def pages(after: int) -> list[str]:
        return audience.told(await resources.sessions.events(session_id, after=after, limit=EVENTS_AT_ONCE))

    film = await resources.burner.video(read_out(parts), pages, count=len(parts))
    headers = FILE_HEADERS | {
        "Cache-Control": "private, no-store",
        "Content-Disposition": f'attachment; filename="session-{session_id}.webm"',
    }
    return StreamingResponse(film, media_type=MEDIA_TYPE, headers=headers)


def _range(asked: str, size: int) -> tuple[int, int]:
    """Raises BadRange."""
    if not asked:
        return 0, size - 1
    found = re.fullmatch(r"bytes=(\d{0,15})-(\d{0,15})", asked.strip())
    if found is None or not any(found.groups()):
        raise BadRange("A Range is bytes=FIRST-LAST within the file.")
    first = int(found[1]) if found[1] else max(0, size - int(found[2]))
    last = min(int(found[2]), size - 1) if found[1] and found[2] else size - 1
    if not first <= last < size:
        raise BadRange("A Range is bytes=FIRST-LAST within the file.")
    return first, last
