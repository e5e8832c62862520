"""The WebSocket doors: the live session, and the wall of all sessions."""

import asyncio
from contextlib import suppress
from contextvars import copy_context
from typing import Any

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect

from nearhand.access.actor import find_actor
from nearhand.access.model import Actor, Permission
from nearhand.audit.model import LedgerUnavailable
from nearhand.audit.recording import draft
from nearhand.audit.service import Ledger
from nearhand.kit.asking import ask_from
from nearhand.kit.errors import Forbidden, NearhandError, TooLarge, TooMany, Unauthenticated
from nearhand.kit.origin import refuse_foreign_origin
from nearhand.kit.patterns import is_id
from nearhand.kit.peer import address_of
from nearhand.sessions.connections import Caller, Connection
from nearhand.sessions.hub import Hub
from nearhand.sessions.messages import Hello, Problem
from nearhand.sessions.model import NotAMessage, Participant, UnknownSession
from nearhand.sessions.wire import PROTOCOL, CloseCode, Malformed, read_frame

router = APIRouter()


class SocketLine:
    """One WebSocket as the hub sees it."""

    def __init__(self, websocket: WebSocket, permission: Permission, session_id: str | None = None) -> None:
        self._websocket = websocket
        self._permission = permission
        self._session_id = session_id
        self._was: Actor | None = None
        self._ledger: Ledger = websocket.app.state.resources.ledger
        ask_from(address_of(websocket), websocket.app.state.resources.clock)
        self._context = copy_context()  # who is asking here, for the record
        self._telling: set[asyncio.Task[None]] = set()

    async def send(self, text: str) -> None:
        await self._websocket.send({"type": "websocket.send", "text": text})

    async def close(self, code: CloseCode) -> None:
        with suppress(RuntimeError, WebSocketDisconnect):  # it may be closed already
            await self._websocket.close(code.code, code.reason)

    async def actor(self) -> Actor:
        """Who is here, when they may be. Raises Unauthenticated and Forbidden."""
        actor = await find_actor(self._websocket)
        if self._session_id is None:
            actor.demand(self._permission)
        else:
            actor.demand_session(self._session_id)
        self._was = self._was or actor
        return actor

    def refused(self, error: NearhandError) -> None:
        """Nobody waits for it: what was refused is settled, and the next is asked already."""
        telling = asyncio.create_task(
            self._ledger.refusal("session.asked", self._session_id, error, door="WebSocket"),
            context=self._context,
        )
        self._telling.add(telling)
        telling.add_done_callback(self._telling.discard)

    async def reason_to_close(self) -> CloseCode | None:
        """Whoever may do other things now comes again, and is told the session anew."""
        was = self._was
        try:
            actor = await self.actor()
        except (Unauthenticated, Forbidden):
            return CloseCode.UNAUTHENTICATED
        return None if was == actor else CloseCode.RESTARTING


@router.websocket("/sessions/{session_id}/live")
async def live(websocket: WebSocket, session_id: str) -> None:
    """Speak `nearhand.v1` with everybody in the session; docs/reference/live-session.md has the rules."""
    line = SocketLine(websocket, Permission.SESSIONS_JOIN, session_id)
    actor = await welcome_in(websocket, line, "session.entered", session_id)
    if actor is None:
        return
    if not is_id(session_id):
        await refuse(line, UnknownSession("That is no session's id."), CloseCode.NO_SESSION)
        return
    hub: Hub = websocket.app.state.resources.hub
    limit_s: float = websocket.app.state.resources.settings.live_hello_timeout_s
    first = await _first_frame(websocket, line, limit_s)
    if not first:
        return
    hello, *others = first
    participant = Participant(
        id=actor.participant_id,
        display_name=actor.display_name,
        role=actor.role,
        guest=None if actor.link is None else actor.link.may,
        invited_by=None if actor.link is None else actor.link.made_by_name,
    )
    connection = hub.connection(
        line, Caller(participant, session_id, hello.client, is_guest=actor.user_id is None, actor=actor)
    )
    try:
        if not await _is_as_before(
            line
        ):  # it was waited for their hello, and nobody watched over them meanwhile
            return
        await hub.join(connection, hello)
        await hub.hear(connection, others)
        await _listen(websocket, hub, connection)
    except UnknownSession as error:
        await refuse(line, error, CloseCode.NO_SESSION)
    finally:
        hub.leave(connection)


@router.websocket("/wall")
async def wall(websocket: WebSocket) -> None:
    """Tell every session that is not over, and from then on each that changes, as arrays of sessions."""
    line = SocketLine(websocket, Permission.SESSIONS_LIST)
    actor = await welcome_in(websocket, line, "wall.entered")
    if actor is None:
        return
    hub: Hub = websocket.app.state.resources.hub
    connection = hub.connection(line, watcher=actor)
    try:
        await hub.watch(connection)
        while (await websocket.receive())["type"] != "websocket.disconnect":
            pass  # only the server speaks here; what a client says keeps the line awake
    finally:
        hub.leave(connection)


async def _is_as_before(line: SocketLine) -> bool:
    code = await line.reason_to_close()
    if code is not None:
        await line.close(code)
    return code is None


async def welcome_in(
    websocket: WebSocket,
    line: SocketLine,
    action: str,
    about_id: str | None = None,
    *,
    protocol: str = PROTOCOL,
) -> Actor | None:
    """Accept, so that a browser can read the reason, and close again whoever may not be here.

    Either is put on record; where that cannot be done, nobody is let in.
    """
    is_ours = protocol in websocket.scope["subprotocols"]
    await websocket.accept(protocol if is_ours else None)
    if not is_ours:
        sentence = (
            f"Ask for the subprotocol {protocol}; this page or program is of another version. Reload it."
        )
        await refuse(line, NotAMessage(sentence), CloseCode.BAD_PROTOCOL)
        return None
    resources = websocket.app.state.resources
    ledger: Ledger = resources.ledger
    try:
        refuse_foreign_origin(websocket)
        actor = await line.actor()
        websocket.app.state.resources.limits.open_line(websocket, actor.participant_id)
        await ledger.record(draft(action, about_id))
        return actor
    except (Unauthenticated, Forbidden) as error:
        await ledger.refusal(action, about_id, error, door="WebSocket")
        await refuse(line, error, CloseCode.UNAUTHENTICATED)
    except TooMany as error:
        await ledger.refusal(action, about_id, error, door="WebSocket")
        await refuse(line, error, CloseCode.TOO_MANY_ERRORS)
    except LedgerUnavailable as error:
        await refuse(line, error, CloseCode.NOT_SAVED)
    return None


async def refuse(line: SocketLine, error: NearhandError, code: CloseCode) -> None:
    problem = Problem(code=error.code, title=error.title, detail=error.detail)
    try:
        await line.send(f"[{problem.model_dump_json()}]")
    except (RuntimeError, WebSocketDisconnect):
        return
    await line.close(code)


async def _first_frame(websocket: WebSocket, line: SocketLine, limit_s: float) -> list[Any]:
    """The frame that opens with hello; or nothing, and the line is closed with the reason."""
    try:
        text = await asyncio.wait_for(_text(websocket), limit_s)
    except TimeoutError:
        await refuse(line, NotAMessage("Say hello first."), CloseCode.NO_HELLO)
        return []
    if text is None:
        return []
    messages = read_frame(text) if len(text) <= _limit(websocket) else []
    if not messages or not isinstance(messages[0], Hello):
        error = (
            messages[0].error
            if messages and isinstance(messages[0], Malformed)
            else NotAMessage("Say hello first.")
        )
        await refuse(line, error, CloseCode.NO_HELLO)
        return []
    return messages


async def _listen(websocket: WebSocket, hub: Hub, connection: Connection) -> None:
    limit = _limit(websocket)
    while (text := await _text(websocket)) is not None:
        if len(text) > limit or (len(text) * 3 > limit and len(text.encode()) > limit):
            connection.complain(TooLarge(f"A live frame may have {limit} bytes."))
            connection.close(CloseCode.TOO_LARGE)
            continue  # until the line is closed: the reason must get out first
        await hub.hear(connection, read_frame(text))


async def _text(websocket: WebSocket) -> str | None:
    """The next frame's text; None when the line is closed."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        return None
    text: str | None = message.get("text")
    return text if text is not None else "binary"  # which is no message, and is answered so


def _limit(websocket: WebSocket) -> int:
    limit: int = websocket.app.state.resources.settings.live_message_limit_bytes
    return limit
