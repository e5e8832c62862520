"""REST doors of customer links: make one, list them, revoke one, and what a guest's own is good for."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, status
from pydantic import BaseModel, ConfigDict

from nearhand.access.actor import may
from nearhand.access.model import (
    HOUSE,
    ROLE_PERMISSIONS,
    Actor,
    CustomerLink,
    LinkMay,
    LinkPass,
    NotPermitted,
    Permission,
    Role,
    WantedLink,
    guest,
)
from nearhand.access.service import AccessService
from nearhand.audit.doors import listed, viewed
from nearhand.kit.errors import NotFound
from nearhand.kit.http import GuardedRoute, Page, PageQuery, Paging
from nearhand.kit.patterns import Id
from nearhand.sessions.audience import Audience, Viewer
from nearhand.sessions.hub import Hub
from nearhand.sessions.message import HELPERS
from nearhand.sessions.model import (
    JoiningLink,
    NewCustomerLink,
    NoWorkOrder,
    Session,
    SessionEnded,
    SessionStatus,
)
from nearhand.sessions.service import SessionService

router = APIRouter(tags=["links"], route_class=GuardedRoute)

INVITE = Permission.SESSIONS_INVITE
FIRST = PageQuery(limit=200, offset=0)


def _access(request: Request) -> AccessService:
    service: AccessService = request.app.state.resources.access
    return service


def _hub(request: Request) -> Hub:
    hub: Hub = request.app.state.resources.hub
    return hub


def _sessions(request: Request) -> SessionService:
    service: SessionService = request.app.state.resources.sessions
    return service


Access = Annotated[AccessService, Depends(_access)]
RunningRooms = Annotated[Hub, Depends(_hub)]
Sessions = Annotated[SessionService, Depends(_sessions)]


class GuestView(BaseModel):
    """What a guest's link is good for, and the sessions it lets into."""

    model_config = ConfigDict(frozen=True)

    link: LinkPass
    sessions: tuple[Session, ...]


@router.post("/sessions/{session_id}/invitations", status_code=status.HTTP_201_CREATED)
async def invite(
    session_id: Id,
    body: NewCustomerLink,
    request: Request,
    hub: RunningRooms,
    actor: Actor = may(INVITE),
) -> JoiningLink:
    """Make a link by which people without an account enter this session, or those of its work order.

    They watch, approve, or help as the role it names (never admin), and see no more than whoever made it.
    """
    audience = await _inviting(hub, session_id, actor)
    session = audience.session
    if session.status is SessionStatus.ENDED and not body.is_for_work_order:
        raise SessionEnded
    if body.is_for_work_order and not session.work_order:
        raise NoWorkOrder
    asked = Role.EXPERT if body.role is Role.ADMIN else body.role
    default = LinkMay.HELP if asked in HELPERS else LinkMay.WATCH
    allowed = default if body.may is None else body.may
    role = Role.OBSERVER if allowed is not LinkMay.HELP else asked if asked in HELPERS else Role.TECHNICIAN
    wanted = WantedLink(
        label=body.label,
        session_id=session_id,
        work_order=session.work_order if body.is_for_work_order else None,
        may=allowed,
        role=role,
        device_ids=body.device_ids,
        hours=body.hours,
    )
    token, link = await _access(request).invite(wanted, by=actor)
    url = f"{request.app.state.resources.settings.base_url}/join/{session_id}#{token}"
    return JoiningLink(url=url, role=role, hours=body.hours, link=link)


@router.get("/sessions/{session_id}/invitations")
@viewed("session")
async def links_of_session(
    session_id: Id, access: Access, hub: RunningRooms, actor: Actor = may(INVITE)
) -> list[CustomerLink]:
    """The newest 200 links that lead into this session, for whoever may invite here."""
    session = (await _inviting(hub, session_id, actor)).session
    found = await access.links_of_session(session_id, session.work_order)
    return [link for link, leads in found if await _leads_to(hub, session_id, leads)]


@router.delete("/sessions/{session_id}/invitations/{link_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke(
    session_id: Id, link_id: Id, access: Access, hub: RunningRooms, actor: Actor = may(INVITE)
) -> None:
    """End a link: nobody comes in by it any more, and whoever came in by it is out at once."""
    await _inviting(hub, session_id, actor)
    link, leads = await access.link(link_id)
    if link.session_id != session_id and not await _leads_to(hub, session_id, leads):
        raise NotFound(f"No link {link_id}.")
    await access.revoke_link(link_id)


@router.get("/links")
@listed("link")
async def links(access: Access, page: Paging, actor: Actor = may(INVITE)) -> Page[CustomerLink]:
    """The links you made; of whoever may invite everywhere: all. Newest first."""
    return await access.links(page, created_by=None if actor.may(INVITE, HOUSE) else actor.participant_id)


@router.delete("/links/{link_id}", status_code=status.HTTP_204_NO_CONTENT)
async def revoke_own(link_id: Id, access: Access, actor: Actor = may(INVITE)) -> None:
    """End a link of your own; whoever may invite everywhere: any."""
    link, _ = await access.link(link_id)
    if link.created_by != actor.participant_id and not actor.may(INVITE, HOUSE):
        raise NotFound(f"No link {link_id}.")
    await access.revoke_link(link_id)


@router.get("/guest")
@listed("session")
async def guest_view(
    hub: RunningRooms, sessions: Sessions, actor: Actor = may(Permission.SESSIONS_JOIN)
) -> GuestView:
    """For guests: what your link is good for. Raises NotFound for whoever has an account."""
    link = actor.link
    if link is None:
        raise NotFound("You are no guest.")
    if link.session_id is not None:
        return GuestView(link=link, sessions=((await hub.audience(link.session_id, actor)).row,))
    page = await sessions.sessions(None, FIRST, Viewer(actor))
    return GuestView(link=link, sessions=tuple(page.items))


async def _inviting(hub: Hub, session_id: str, actor: Actor) -> Audience:
    """The session, when this actor may invite to it as it is now. Raises UnknownSession and NotPermitted."""
    audience = await hub.audience(session_id, actor)
    if audience.role is None or INVITE not in ROLE_PERMISSIONS[audience.role]:
        raise NotPermitted(INVITE)
    return audience


async def _leads_to(hub: Hub, session_id: str, leads: LinkPass) -> bool:
    if leads.session_id is not None:
        return leads.session_id == session_id
    try:
        await hub.audience(session_id, guest("", "", Role.OBSERVER, leads))
    except NotFound:
        return False
    return True
