"""REST doors of sessions."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response, status
from fastapi.responses import FileResponse, StreamingResponse

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit.doors import acted, listed, untold, viewed
from nearhand.kit.asking import asking
from nearhand.kit.blobs import Blob
from nearhand.kit.files import BINARY, picture, raw_body
from nearhand.kit.http import GuardedRoute, IdempotencyKey, Page, Paging
from nearhand.kit.patterns import Id, Sha256
from nearhand.media.model import Still
from nearhand.sessions.audience import Viewer
from nearhand.sessions.hub import Hub
from nearhand.sessions.messages import StoredEvent
from nearhand.sessions.model import (
    MAX_VOICE_NOTE_MS,
    Annotation,
    Elsewhere,
    IceServers,
    NewSession,
    PictureMask,
    Session,
    SessionDevice,
    SessionStatus,
    ShortId,
    VoiceFile,
)
from nearhand.sessions.package import EVENTS_AT_ONCE, Told
from nearhand.sessions.service import SessionService
from nearhand.sessions.voices import VoiceNotes

# The live log has its own file: nothing here waits for a writer of the registry, and no upload holds one up.
router = APIRouter(tags=["sessions"], route_class=GuardedRoute)


def _service(request: Request) -> SessionService:
    service: SessionService = request.app.state.resources.sessions
    return service


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.resources.hub
    return hub


def _notes(request: Request) -> VoiceNotes:
    notes: VoiceNotes = request.app.state.resources.voice_notes
    return notes


Notes = Annotated[VoiceNotes, Depends(_notes)]
Service = Annotated[SessionService, Depends(_service)]
RunningRooms = Annotated[Hub, Depends(_hub)]


@router.post("/sessions", status_code=status.HTTP_201_CREATED)
@acted("session.opened")
async def open_session(
    body: NewSession,
    service: Service,
    hub: RunningRooms,
    idempotency_key: IdempotencyKey = None,
    actor: Actor = may(Permission.SESSIONS_OPEN),
) -> Session:
    """Ask for help. The session rings on every wall until an expert enters.

    Sent again with the same `Idempotency-Key`, it answers with the session of the first time as it is now.
    """
    session, request = await service.draft(body, actor, idempotency_key)
    opened = await hub.open(session, request)
    asking().about_id = opened.id
    return opened


@router.get("/sessions")
@listed("session")
async def sessions(
    service: Service,
    page: Paging,
    status: SessionStatus | None = None,
    device_id: Annotated[Id | None, Query(description="Only sessions that showed this device.")] = None,
    actor: Actor = may(Permission.SESSIONS_LIST),
) -> Page[Session]:
    """The sessions that were about what you may see, and your own; newest first."""
    if device_id is not None:
        await service.demand_device(device_id, Permission.DEVICES_READ, actor)
    return await service.sessions(status, page, Viewer.of(actor), device_id)


@router.get("/sessions/{session_id}")
@viewed("session")
async def session(session_id: Id, hub: RunningRooms, actor: Actor = may(Permission.SESSIONS_JOIN)) -> Session:
    actor.demand_session(session_id)
    return (await hub.audience(session_id, actor)).row


@router.get("/sessions/{session_id}/events", response_model=list[StoredEvent])
@viewed("session")
async def events(
    session_id: Id,
    service: Service,
    hub: RunningRooms,
    after: Annotated[int, Query(ge=0, lt=2**53, description="Only events with a greater seq.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> Response:
    """The stored log, oldest first, exactly as it was told. A shorter answer than `limit` is its end.

    In the place of an event that you may not see stands `withheld`.
    """
    actor.demand_session(session_id)
    audience = await hub.audience(session_id, actor)
    bodies = audience.told(await service.events(session_id, after=after, limit=limit))
    return Response(f"[{','.join(bodies)}]", media_type="application/json")


@router.get(
    "/sessions/{session_id}/export",
    response_class=StreamingResponse,
    responses={200: {"description": "A ZIP.", "content": {"application/zip": {"schema": BINARY}}}},
)
@acted("session.exported", "session_id")
async def export(
    session_id: Id,
    request: Request,
    service: Service,
    hub: RunningRooms,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> StreamingResponse:
    """The stills, the marks and the log in one ZIP, with a page that tells the session again without any network.

    What you may not see is not in it. `manifest.json`, its last file, has the SHA-256 of each other.
    """
    actor.demand_session(session_id)
    audience = await hub.audience(session_id, actor)

    async def pages(after: int) -> list[str]:
        return audience.told(await service.events(session_id, after=after, limit=EVENTS_AT_ONCE))

    async def stills(sha256: str) -> tuple[Blob, str]:
        return await service.still(session_id, sha256)

    resources = request.app.state.resources
    packed_at = resources.clock.now().isoformat()
    told = Told(audience.row, pages, stills, is_whole=audience.sees_all)
    pieces = resources.packer.pack(told, packed_at=packed_at)
    return StreamingResponse(
        pieces,
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="session-{session_id}.zip"'},
    )


@router.get("/sessions/{session_id}/device")
@viewed("session")
async def device_shown(
    session_id: Id, service: Service, hub: RunningRooms, actor: Actor = may(Permission.SESSIONS_JOIN)
) -> SessionDevice:
    """The device that the session is about now, with its labels; guests of the session see it too, without any notes."""
    actor.demand_session(session_id)
    shown = await service.device_shown((await hub.audience(session_id, actor)).row, Viewer.of(actor))
    return (
        shown
        if actor.user_id is not None
        else SessionDevice(view=shown.view.without_notes(), labels=shown.labels)
    )


@router.get("/ice")
@untold("one's own line is looked at; nothing of a session is in it")
async def ice_to_check(request: Request, actor: Actor = may(Permission.SESSIONS_JOIN)) -> IceServers:
    """The same servers as in a session, to check beforehand whether they can be reached."""
    resources = request.app.state.resources
    found: IceServers = resources.ice.servers(actor.participant_id, resources.clock.now())
    return found


@router.get("/sessions/{session_id}/ice")
@viewed("session")
async def ice(
    session_id: Id, request: Request, hub: RunningRooms, actor: Actor = may(Permission.SESSIONS_JOIN)
) -> IceServers:
    """What helps browsers find a way to each other for voice and video; for whoever may see the session now."""
    actor.demand_session(session_id)
    if (await hub.audience(session_id, actor)).role is None:
        raise Elsewhere
    resources = request.app.state.resources
    found: IceServers = resources.ice.servers(actor.participant_id, resources.clock.now())
    return found


@router.post(
    "/sessions/{session_id}/stills",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=raw_body("A JPEG, PNG or WebP."),
)
@acted("still.added", "session_id")
async def add_still(
    session_id: Id,
    request: Request,
    service: Service,
    hub: RunningRooms,
    mask: Annotated[
        PictureMask,
        Query(description="What was hidden in it; some sites refuse a picture with nothing hidden."),
    ] = PictureMask.NONE,
    is_screen: Annotated[
        bool,
        Query(
            description="It shows one's screen, and no camera took it: of whoever may share a screen, no mask is"
            " asked of it to be shown (`document.show`)."
        ),
    ] = False,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> Still:
    """Upload a picture for the session; guests who help may too. `still.share` or `document.show` then names it."""
    actor.demand_session(session_id)
    role = (await hub.audience(session_id, actor)).role
    await hub.gate.demand_mask(session_id, mask, screen_of=role if is_screen else None)
    still = await service.add_still(session_id, request.stream(), actor, role)
    asking().about_id = still.sha256
    return still


@router.get("/sessions/{session_id}/stills/{sha256}", response_class=FileResponse)
@acted("still.read", "sha256")
async def still(
    session_id: Id,
    sha256: Sha256,
    service: Service,
    hub: RunningRooms,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> FileResponse:
    actor.demand_session(session_id)
    audience = await hub.audience(session_id, actor)
    if audience.curtain is not None and not await service.is_uploader(session_id, sha256, actor):
        audience.demand_any(await service.sharings(session_id, sha256))
    blob, media_type = await service.still(session_id, sha256)
    return await picture(blob, media_type=media_type)


@router.post(
    "/sessions/{session_id}/voice-notes",
    status_code=status.HTTP_201_CREATED,
    openapi_extra=raw_body("Sound in WebM, Ogg or MP4, a minute and 1 MiB at most."),
)
@acted("voice_note.added", "session_id")
async def add_voice_note(
    session_id: Id,
    request: Request,
    notes: Notes,
    hub: RunningRooms,
    duration_ms: Annotated[
        int, Query(gt=0, le=MAX_VOICE_NOTE_MS, description="How long it lasts, as its recorder says.")
    ],
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> VoiceFile:
    """Upload what was spoken; whoever may chat may. `chat.say` with its `voice` then says it. Once more is the same."""
    actor.demand_session(session_id)
    role = (await hub.audience(session_id, actor)).role
    voice = await notes.add(session_id, request.stream(), actor, role, duration_ms=duration_ms)
    asking().about_id = voice.sha256
    return voice


@router.get("/sessions/{session_id}/voice-notes/{sha256}", response_class=FileResponse)
@acted("voice_note.read", "sha256")
async def voice_note(
    session_id: Id,
    sha256: Sha256,
    notes: Notes,
    hub: RunningRooms,
    actor: Actor = may(Permission.SESSIONS_JOIN),
) -> FileResponse:
    actor.demand_session(session_id)
    audience = await hub.audience(session_id, actor)
    voice = await notes.find(session_id, sha256)
    if audience.curtain is not None and voice.created_by != actor.participant_id:
        audience.demand_any(await notes.sayings(voice))
    return await picture(notes.blob(voice), media_type=voice.media_type)


@router.get("/devices/{device_id}/marks")
@viewed("device")
async def marks(
    device_id: Id, service: Service, actor: Actor = may(Permission.DEVICES_READ)
) -> list[Annotation]:
    """What earlier sessions left on the device."""
    return await service.marks(device_id, actor)


@router.delete("/devices/{device_id}/marks/{annotation_id}", status_code=status.HTTP_204_NO_CONTENT)
@acted("mark.removed", "annotation_id")
async def remove_mark(
    device_id: Id,
    annotation_id: ShortId,
    service: Service,
    hub: RunningRooms,
    actor: Actor = may(Permission.MARKS_WRITE),
) -> None:
    """Take a mark off the device. The session in which it was drawn keeps it, as one that is not kept on the device."""
    await service.demand_device(device_id, Permission.MARKS_WRITE, actor)
    await hub.take_off(device_id, annotation_id, actor.participant_id)
