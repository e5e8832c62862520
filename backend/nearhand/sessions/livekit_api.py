"""LiveKit's tokens, and its RoomService over HTTP."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx2
from joserfc import jwt
from joserfc.jwk import OctKey

from nearhand.sessions.sfu import SfuDown, SfuRefused

ANSWER_WITHIN_S = 5.0
TOKEN_LIFE_S = 120  # for getting in; whoever is in stays in
EMPTY_ROOM_LIFE_S = 3600  # so long a room outlives whoever was to close it
SERVICE = "/twirp/livekit.RoomService"
CREATES = {"roomCreate": True}  # LiveKit asks for this to delete one, too


@dataclass(frozen=True, slots=True)
class Key:
    """One of the pairs in LiveKit's `keys`. What it signs goes to LiveKit alone, and never to a browser."""

    name: str
    secret: str = field(repr=False)

    def token(self, grant: Mapping[str, Any], identity: str | None = None) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.name,
            "nbf": now,
            "exp": now + TOKEN_LIFE_S,
            "video": dict(grant),
        }
        if identity is not None:
            claims["sub"] = identity
        return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(self.secret))


class RoomService:
    """Raises SfuDown and SfuRefused."""

    def __init__(self, url: str, key: Key) -> None:
        address = urlsplit(url)
        scheme = {"ws": "http", "wss": "https"}.get(address.scheme, address.scheme)
        self._base = address._replace(scheme=scheme, path=address.path.rstrip("/")).geturl()
        self._key = key
        self._http = httpx2.AsyncClient(timeout=ANSWER_WITHIN_S, trust_env=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def is_there(self) -> None:
        """What load balancers ask it: is this node alive and fit for work?"""
        answer = await self._ask("GET", "/")
        if answer.status_code != httpx2.codes.OK:
            raise SfuDown(f"It answers {answer.status_code}: {answer.text[:200]}")

    async def create(self, room: str) -> None:
        wish = {
            "name": room,
            "empty_timeout": EMPTY_ROOM_LIFE_S,
            "departure_timeout": EMPTY_ROOM_LIFE_S,
        }
        await self._call("CreateRoom", wish, CREATES)

    async def delete(self, room: str) -> None:
        await self._call("DeleteRoom", {"room": room}, CREATES, may_be_gone=True)

    async def remove(self, room: str, identity: str) -> None:
        grant = {"roomAdmin": True, "room": room}
        await self._call("RemoveParticipant", {"room": room, "identity": identity}, grant, may_be_gone=True)

    async def _call(
        self, method: str, wish: Mapping[str, Any], grant: Mapping[str, Any], *, may_be_gone: bool = False
    ) -> None:
        answer = await self._ask("POST", f"{SERVICE}/{method}", wish, self._key.token(grant))
        if answer.is_success or (may_be_gone and answer.status_code == httpx2.codes.NOT_FOUND):
            return
        trouble = f"{method} answers {answer.status_code}: {answer.text[:200]}"
        raise SfuDown(trouble) if answer.is_server_error else SfuRefused(trouble)

    async def _ask(
        self, method: str, path: str, wish: Mapping[str, Any] | None = None, token: str = ""
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        for may_be_stale in (True, False):
            try:
                return await self._http.request(method, self._base + path, json=wish, headers=headers)
            except (httpx2.HTTPError, httpx2.InvalidURL) as error:
                # A connection that was kept may have been closed just now; each call may be made twice.
                if not (may_be_stale and isinstance(error, httpx2.RemoteProtocolError | httpx2.ReadError)):
                    raise SfuDown(str(error) or type(error).__name__) from error
        raise AssertionError
