"""python-socketio: rooms, everybody but the sender is told."""

import sys
from typing import Any
from urllib.parse import parse_qs

import socketio
import uvicorn

server = socketio.AsyncServer(async_mode="asgi", cors_allowed_origins=[])
rooms: dict[str, str] = {}


@server.event  # type: ignore[untyped-decorator]
async def connect(sid: str, environ: dict[str, Any]) -> None:
    rooms[sid] = parse_qs(environ["QUERY_STRING"])["room"][0]
    await server.enter_room(sid, rooms[sid])


@server.on("m")  # type: ignore[untyped-decorator]
async def message(sid: str, data: Any) -> None:
    await server.emit("m", data, room=rooms[sid], skip_sid=sid)


if __name__ == "__main__":
    uvicorn.run(
        socketio.ASGIApp(server),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        loop="uvloop",
        log_level="critical",
    )
