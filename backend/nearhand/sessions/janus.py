"""Janus (VideoRoom) as the media server, over its WebSocket API."""

import asyncio
import json
import secrets
from typing import Any

import structlog
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from nearhand.sessions.presence import Presence
from nearhand.sessions.sfu import Feed, Kind, Layer, Line, SfuDown, SfuRefused, Watching
from nearhand.sessions.signalling import IceCandidate

log = structlog.get_logger()

ANSWER_WITHIN_S = 5.0
KEEPALIVE_S = 20.0  # Janus forgets who says nothing for 60 s
PING_S = 4.0  # a Janus that hangs is out of reach after two of them
LONGEST_PAUSE_S = 5.0
FRAME_BYTES = 256 * 1024
MAX_ROOM = 2**53
VIDEO_BITS_PER_S = 2_500_000
PLUGIN = "janus.plugin.videoroom"
SUBSTREAMS: dict[Layer, int] = {"whole": 1, "half": 0}


class Janus(Presence):
    """One connection, opened anew whenever it is lost; rooms of an older one are gone."""

    def __init__(self, url: str, *, api_secret: str = "", admin_key: str = "") -> None:
        super().__init__()
        self._url = url
        self._api_secret, self._admin_key = api_secret, admin_key
        self._socket: ClientConnection | None = None
        self._session_id = 0
        self._asked: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._handles: dict[int, _Handle] = {}
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._stay())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def try_once(self) -> None:
        """Connect, open a room, close it again. Raises SfuDown and SfuRefused with what is wrong."""
        try:
            async with self._line() as socket:
                await self._open_session(socket)
        except (OSError, WebSocketException, ValueError) as error:
            raise SfuDown(str(error)) from error
        finally:
            self._forget()

    # -- the connection --

    def _line(self) -> connect:
        return connect(
            self._url,
            subprotocols=[Subprotocol("janus-protocol")],
            compression=None,
            max_size=FRAME_BYTES,
            open_timeout=ANSWER_WITHIN_S,
            ping_interval=PING_S,
            ping_timeout=PING_S,
            close_timeout=1,
            proxy=None,
        )

    async def _stay(self) -> None:
        pause_s = 0.25
        while True:
            try:
                async with self._line() as socket:
                    reading = await self._open_session(socket)
                    pause_s = 0.25
                    self.become(is_up=True)
                    await self._keep_alive(reading)
            except (OSError, WebSocketException, ValueError, SfuDown, SfuRefused) as error:
                self.missed(error)
            finally:
                self._forget()
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)

    async def _open_session(self, socket: ClientConnection) -> asyncio.Task[None]:
        self._socket = socket
        reading = asyncio.create_task(self._read(socket))
        try:
            made = await self.ask({"janus": "create"})
            self._session_id = made["data"]["id"]
            room = await self.open()  # so that a wrong key is known before anybody is sent there
            await room.close()
        except BaseException:
            reading.cancel()
            raise
        return reading

    async def _keep_alive(self, reading: asyncio.Task[None]) -> None:
        try:
            while not reading.done():
                await asyncio.wait({reading}, timeout=KEEPALIVE_S)
                if not reading.done():
                    await self.ask({"janus": "keepalive"}, is_acked=True)
        finally:
            reading.cancel()
        raise SfuDown("The connection was closed.")

    def _forget(self) -> None:
        self._socket, self._session_id = None, 0
        asked, self._asked = self._asked, {}
        for waiting in asked.values():
            if not waiting.done():
                waiting.set_exception(SfuDown("The connection was lost."))
        self._handles.clear()
        self.become(is_up=False)

    async def _read(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                self._hear(json.loads(text))
        except (WebSocketException, ValueError) as error:
            log.warning("media_server_lost", error=repr(error))
        finally:
            for waiting in self._asked.values():
                if not waiting.done():
                    waiting.set_exception(SfuDown("The connection was lost."))

    def _hear(self, message: dict[str, Any]) -> None:
        waiting = self._asked.get(message.get("transaction", ""))
        if waiting is not None:
            if message["janus"] != "ack" and not waiting.done():  # after an ack the answer itself is to come
                waiting.set_result(message)
            return
        handle = self._handles.get(message.get("sender", 0))
        if handle is not None:
            handle.heard(message)

    async def ask(self, message: dict[str, Any], *, is_acked: bool = False) -> dict[str, Any]:
        """`is_acked`: an acknowledgement is all the answer there is. Raises SfuDown and SfuRefused."""
        socket = self._socket
        if socket is None:
            raise SfuDown("There is no connection.")
        transaction = secrets.token_hex(8)
        message = {**message, "transaction": transaction}
        if self._session_id:
            message["session_id"] = self._session_id
        if self._api_secret:
            message["apisecret"] = self._api_secret
        if not is_acked:
            self._asked[transaction] = asyncio.get_running_loop().create_future()
        try:
            await socket.send(json.dumps(message))
            if is_acked:
                return {}
            answer = await asyncio.wait_for(self._asked[transaction], ANSWER_WITHIN_S)
        except TimeoutError as error:
            socket.transport.abort()  # what else was asked hangs too: begin anew, and tell everybody
            raise SfuDown("It did not answer.") from error
        except (OSError, WebSocketException) as error:
            raise SfuDown(str(error)) from error
        finally:
            self._asked.pop(transaction, None)
        return _accepted(answer)

    # -- rooms --

    async def open(self) -> "JanusRoom":
        keeper = await self.attach(None)
        room_id, secret, pin = secrets.randbelow(MAX_ROOM), secrets.token_hex(16), secrets.token_hex(16)
        wish = {
            "request": "create",
            "room": room_id,
            "description": "A session of Nearhand",
            "secret": secret,
            "pin": pin,
            "is_private": True,
            "permanent": False,
            "publishers": 100,
            "bitrate": VIDEO_BITS_PER_S,
            "audiocodec": "opus",
            "videocodec": "vp8,h264",
            "opus_fec": True,
            "audiolevel_ext": True,
            "notify_joining": False,
        }
        if self._admin_key:
            wish["admin_key"] = self._admin_key
        await keeper.say(wish)
        return JanusRoom(self, keeper, room_id, secret, pin)

    async def attach(self, watching: Watching | None) -> "_Handle":
        made = await self.ask({"janus": "attach", "plugin": PLUGIN})
        handle = _Handle(self, made["data"]["id"], watching)
        self._handles[handle.id] = handle
        return handle

    def detached(self, handle_id: int) -> None:
        self._handles.pop(handle_id, None)


class _Handle:
    """One leg, as Janus sees it."""

    def __init__(self, janus: Janus, handle_id: int, watching: Watching | None) -> None:
        self._janus, self.id, self._watching = janus, handle_id, watching

    async def say(self, body: dict[str, Any], jsep: dict[str, Any] | None = None) -> dict[str, Any]:
        message: dict[str, Any] = {"janus": "message", "handle_id": self.id, "body": body}
        if jsep is not None:
            message["jsep"] = jsep
        return await self._janus.ask(message)

    def heard(self, message: dict[str, Any]) -> None:
        if self._watching is None:
            return
        match message["janus"]:
            case "webrtcup":
                self._watching.flows()
            case "hangup" | "detached":
                self._watching.over()
            case "trickle":
                self._watching.candidate(_candidate(message["candidate"]))

    async def candidate(self, candidate: IceCandidate | None) -> None:
        told: dict[str, Any] = {"completed": True}
        if candidate is not None:
            told = {
                "candidate": candidate.candidate,
                "sdpMid": candidate.sdp_mid,
                "sdpMLineIndex": candidate.sdp_m_line_index,
            }
        await self._janus.ask({"janus": "trickle", "handle_id": self.id, "candidate": told}, is_acked=True)

    async def close(self) -> None:
        self._watching = None
        self._janus.detached(self.id)
        try:
            await self._janus.ask({"janus": "detach", "handle_id": self.id})
        except (SfuDown, SfuRefused) as error:
            log.info("leg_was_gone", error=str(error))


class _Sending:
    def __init__(self, handle: _Handle, feed: Feed, answer: str) -> None:
        self._handle, self.feed, self.answer = handle, feed, answer
        self.candidate, self.close = handle.candidate, handle.close


class _Taking:
    def __init__(self, handle: _Handle, offer: str, pictures: tuple[str, ...]) -> None:
        self._handle, self.offer, self._pictures = handle, offer, pictures
        self.candidate, self.close = handle.candidate, handle.close

    async def answered(self, sdp: str) -> None:
        await self._handle.say({"request": "start"}, {"type": "answer", "sdp": sdp})

    async def want(self, layer: Layer) -> None:
        substream = SUBSTREAMS[layer]
        streams = [{"mid": mid, "substream": substream} for mid in self._pictures]
        await self._handle.say({"request": "configure", "streams": streams})


class JanusRoom:
    """Random number, secret and pin: nobody who reaches Janus by another way gets in."""

    def __init__(self, janus: Janus, keeper: _Handle, room: int, secret: str, pin: str) -> None:
        self._janus, self._keeper, self._room = janus, keeper, room
        self._secret, self._pin = secret, pin

    async def sending(self, offer: str, watching: Watching) -> _Sending:
        handle = await self._janus.attach(watching)
        try:
            joined = await handle.say(self._wish("join", ptype="publisher"))
            published = await handle.say({"request": "publish"}, {"type": "offer", "sdp": offer})
            lines = tuple(
                Line(mid=str(one["mid"]), kind=one["type"])
                for one in _data(published).get("streams", ())
                if one.get("type") in {"audio", "video"}
            )
            answer = published["jsep"]["sdp"]
        except (SfuDown, SfuRefused):
            await handle.close()
            raise
        except KeyError as error:
            await handle.close()
            raise SfuRefused(f"Its answer lacks {error}.") from error
        return _Sending(handle, Feed(str(_data(joined)["id"]), lines), answer)

    async def taking(self, feed: Feed, kinds: frozenset[Kind], watching: Watching) -> _Taking:
        handle = await self._janus.attach(watching)
        streams = [{"feed": int(feed.id), "mid": line.mid} for line in feed.lines if line.kind in kinds]
        try:
            joined = await handle.say(self._wish("join", ptype="subscriber", streams=streams))
            offer = joined["jsep"]["sdp"]
        except (SfuDown, SfuRefused):
            await handle.close()
            raise
        except KeyError as error:
            await handle.close()
            raise SfuRefused(f"Its answer lacks {error}.") from error
        pictures = (one["mid"] for one in _data(joined).get("streams", ()) if one.get("type") == "video")
        return _Taking(handle, offer, tuple(pictures))

    async def close(self) -> None:
        try:
            await self._keeper.say({"request": "destroy", "room": self._room, "secret": self._secret})
        except (SfuDown, SfuRefused) as error:
            log.info("room_was_gone", error=str(error))
        await self._keeper.close()

    def _wish(self, request: str, **fields: Any) -> dict[str, Any]:
        return {"request": request, "room": self._room, "pin": self._pin, **fields}


def _data(answer: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = answer.get("plugindata", {}).get("data", {})
    return data


def _accepted(answer: dict[str, Any]) -> dict[str, Any]:
    if answer["janus"] == "error":
        raise SfuRefused(str(answer.get("error", {}).get("reason", "It refused.")))
    trouble = _data(answer).get("error")
    if trouble is not None:
        raise SfuRefused(str(trouble))
    return answer


def _candidate(told: dict[str, Any]) -> IceCandidate | None:
    if told.get("completed"):
        return None
    return IceCandidate(
        candidate=told["candidate"], sdp_mid=told.get("sdpMid"), sdp_m_line_index=told.get("sdpMLineIndex")
    )
