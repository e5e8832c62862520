"""What stands in for a LiveKit server: its signalling over a real WebSocket, its RoomService, and aiortc for the media.

Written from LiveKit's public sources (github.com/livekit/livekit and github.com/livekit/protocol as of August 2026),
whose files are named where what they do matters. It forwards by decoding and encoding anew, sends one size of a
picture, and runs as a process of its own:

    python -m tests.support.livekit_standin PORT KEY SECRET
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import uvicorn
from google.protobuf.json_format import MessageToDict, Parse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from livekit.protocol import models, room, rtc
from starlette.applications import Starlette
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.support.livekit_participant import Grants, Participant, Refused

SUBSCRIBER_AS_PRIMARY_FROM = 3  # pkg/rtc/types/protocol_version.go
PING_INTERVAL_S, PING_TIMEOUT_S = 5, 15  # pkg/rtc/participant.go


class Room:
    def __init__(self, name: str) -> None:
        self.name = name
        self.participants: dict[str, Participant] = {}

    def tell_of(self, changed: Participant) -> None:
        """pkg/rtc/room.go, broadcastParticipantState: to all, and so to themselves too; of hidden ones to nobody."""
        if changed.grants.is_hidden:
            return
        update = rtc.ParticipantUpdate(participants=[changed.info()])
        for participant in self.participants.values():
            participant.say(update=update)

    def publisher_of(self, sid: str) -> Participant | None:
        return next((one for one in self.participants.values() if sid in one.published), None)

    def published(self, publisher: Participant) -> None:
        """Whoever asked for it before it was there gets it now (pkg/rtc/subscriptionmanager.go: TrackChangedNotifier)."""
        self.tell_of(publisher)
        for participant in self.participants.values():
            participant.reconcile()

    async def remove(self, identity: str, reason: models.DisconnectReason) -> None:
        """pkg/rtc/room.go, RemoveParticipant: a LeaveRequest, and the end of the connection."""
        gone = self.participants.pop(identity, None)
        if gone is None:
            return
        for participant in self.participants.values():
            participant.source_gone(gone)
        await gone.close(rtc.LeaveRequest(reason=reason, action=rtc.LeaveRequest.Action.DISCONNECT))
        self.tell_of(gone)


class Standin:
    def __init__(self, key: str, secret: str) -> None:
        self._key, self._secret = key, OctKey.import_key(secret)
        self.rooms: dict[str, Room] = {}
        self.auto_creates = True  # config-sample.yaml, room.auto_create

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/", lambda _: PlainTextResponse("OK")),  # pkg/service/server.go, healthCheck
                Route("/twirp/livekit.RoomService/{method}", self._room_service, methods=["POST"]),
                Route("/debug/rooms", self._debug),
                WebSocketRoute("/rtc", self._rtc),
            ]
        )

    # -- who may what --

    def _grants(self, asked: HTTPConnection) -> Grants:
        """pkg/service/auth.go, and auth/verifier.go of livekit/protocol: HS256 alone, an end is required."""
        header = asked.headers.get("authorization", "")
        token = header.removeprefix("Bearer ") or asked.query_params.get("access_token", "")
        if not token:
            raise Refused(401, "permissions denied")
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"]).claims
            jwt.JWTClaimsRegistry(leeway=60, exp={"essential": True}).validate(claims)
        except (JoseError, ValueError) as error:
            raise Refused(401, f"invalid authorization token: {error}") from error
        if claims.get("iss") != self._key:
            raise Refused(401, "invalid API key")
        return Grants(str(claims.get("sub", "")), claims.get("video") or {})

    # -- RoomService --

    async def _room_service(self, request: Request) -> Response:
        """pkg/service/roomservice.go, twirp over JSON."""
        methods: dict[str, tuple[Any, Callable[..., Any]]] = {
            "CreateRoom": (room.CreateRoomRequest, self._create),
            "DeleteRoom": (room.DeleteRoomRequest, self._delete),
            "RemoveParticipant": (room.RoomParticipantIdentity, self._remove),
        }
        kind, do = methods[request.path_params["method"]]
        try:
            answer = await do(self._grants(request), Parse(await request.body(), kind()))
        except Refused as error:
            code = {401: "unauthenticated", 404: "not_found"}[error.status]
            return JSONResponse({"code": code, "msg": error.why}, error.status)
        return JSONResponse(MessageToDict(answer, preserving_proto_field_name=True))

    async def _create(self, grants: Grants, asked: room.CreateRoomRequest) -> models.Room:
        grants.need(grants.may_create)
        self.rooms.setdefault(asked.name, Room(asked.name))
        return models.Room(name=asked.name, empty_timeout=asked.empty_timeout)

    async def _delete(self, grants: Grants, asked: room.DeleteRoomRequest) -> room.DeleteRoomResponse:
        grants.need(grants.may_create)
        found = self.rooms.pop(asked.room, None)
        if found is None:
            raise Refused(404, "requested room does not exist")
        for identity in list(found.participants):
            await found.remove(identity, models.DisconnectReason.ROOM_DELETED)
        return room.DeleteRoomResponse()

    async def _remove(
        self, grants: Grants, asked: room.RoomParticipantIdentity
    ) -> room.RemoveParticipantResponse:
        grants.need(grants.may_administer(asked.room))
        found = self.rooms.get(asked.room)
        if found is None or asked.identity not in found.participants:
            raise Refused(404, "participant does not exist")
        await found.remove(asked.identity, models.DisconnectReason.PARTICIPANT_REMOVED)
        return room.RemoveParticipantResponse()

    async def _debug(self, _: Request) -> Response:
        """For tests: who is where, and what they have and want."""
        return JSONResponse(
            {name: [one.as_told() for one in held.participants.values()] for name, held in self.rooms.items()}
        )

    # -- signalling --

    async def _rtc(self, socket: WebSocket) -> None:
        """pkg/service/rtcservice.go: refused before the upgrade, and the first message is the answer to joining."""
        try:
            held, participant = self._admit(socket)
        except Refused as error:
            await socket.send_denial_response(PlainTextResponse(error.why, error.status))
            return
        if participant.identity in held.participants:
            await held.remove(participant.identity, models.DisconnectReason.DUPLICATE_IDENTITY)
        await socket.accept()
        others = [one.info() for one in held.participants.values() if not one.grants.is_hidden]
        held.participants[participant.identity] = participant
        participant.say(
            join=rtc.JoinResponse(
                room=models.Room(name=held.name),
                participant=participant.info(),
                other_participants=others,
                subscriber_primary=participant.is_subscriber_primary,
                ping_interval=PING_INTERVAL_S,
                ping_timeout=PING_TIMEOUT_S,
                server_info=models.ServerInfo(version="stand-in", protocol=15),
            )
        )
        writing = asyncio.create_task(participant.write(socket))
        await participant.begin()
        try:
            while True:
                message = rtc.SignalRequest.FromString(await socket.receive_bytes())
                if message.WhichOneof("message") == "leave":
                    await held.remove(participant.identity, models.DisconnectReason.CLIENT_INITIATED)
                else:
                    await participant.hear(message)
        except (WebSocketDisconnect, RuntimeError):
            # pkg/rtc/participant.go, HandleSignalSourceClose: whoever is connected stays so, for they may come back.
            if not participant.is_connected:
                await held.remove(participant.identity, models.DisconnectReason.SIGNAL_CLOSE)
        finally:
            writing.cancel()

    def _admit(self, socket: WebSocket) -> tuple[Room, Participant]:
        """pkg/service/utils.go, ValidateConnectRequest."""
        grants = self._grants(socket)
        grants.need(grants.may_join and bool(grants.room))
        if not grants.identity:
            raise Refused(400, "identity cannot be empty")
        if grants.room not in self.rooms and not self.auto_creates:
            raise Refused(404, "requested room does not exist")
        held = self.rooms.setdefault(grants.room, Room(grants.room))
        version = int(socket.query_params.get("protocol", "0"))
        if socket.query_params.get("auto_subscribe", "1") in {"1", "true"} and grants.may_subscribe:
            raise Refused(501, "the stand-in subscribes nobody by itself")
        is_primary = version >= SUBSCRIBER_AS_PRIMARY_FROM and grants.may_subscribe
        return held, Participant(grants, held, is_subscriber_primary=is_primary)


def main() -> None:
    port, key, secret = sys.argv[1:]
    config = uvicorn.Config(
        Standin(key, secret).app(),
        host="127.0.0.1",
        port=int(port),
        log_level="warning",
        ws="websockets-sansio",
    )
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
