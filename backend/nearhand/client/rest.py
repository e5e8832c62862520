"""Ask the service over REST: devices, labels, sessions, stills."""

import asyncio
import ssl
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, TypeAdapter, ValidationError

from nearhand.access.model import Actor
from nearhand.client.errors import ClientError, Refusal, Unreachable
from nearhand.client.link import Address
from nearhand.client.live import LiveSession
from nearhand.client.outbox import Outbox, new_client_name
from nearhand.client.pictures import PictureSender
from nearhand.devices.model import DeviceView
from nearhand.kit.errors import BeingAnswered
from nearhand.labels.model import ForeignLabel, Label, Resolved, scanned
from nearhand.media.model import Still
from nearhand.sessions.model import Annotation, NewSession, PictureMask, Session, SessionStatus

API = "/api/v1"
TRIES = 3
FIRST_WAIT_S = 0.2

Answer = TypeVar("Answer")


def code_in(label_text: str) -> str | None:
    """The code in a label's text, with its signature if it has one, or None: a foreign label."""
    try:
        found = scanned(label_text)
    except ForeignLabel:
        return None
    return found.code if found.signature is None else f"{found.code}-{found.signature}"


class Client:
    """The service as one signed-in program sees it.

    `url` is the service's address (`https://nearhand.example`); `token` what signing in gave. `verify` is a path to
    the certificate of an own authority (`nearhand demo --tls` prints it), or False to trust anybody, or True.

        async with await Client.sign_in(url, "expert", password) as client:
            view = await client.device_by_tag("NH-0001")
            session = await client.open_session(view.device.id, "Port 37 is down")
            async with client.live(session.id) as live:
                await live.say("On my way.")

    Every method raises `Refusal` when the service says no and `Unreachable` when no answer came.
    """

    def __init__(
        self,
        url: str,
        token: str | None = None,
        *,
        verify: bool | str | Path = True,
        timeout_s: float = 30.0,
    ) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._ssl = _trust(verify) if self.url.startswith("https") else None
        self._actor: Actor | None = None
        self._http = httpx2.AsyncClient(
            base_url=self.url + API,
            verify=self._ssl or True,
            timeout=timeout_s,
            headers=self._authorization(),
        )

    def __repr__(self) -> str:  # the token is never shown
        return f"Client({self.url!r})"

    @classmethod
    async def sign_in(cls, url: str, name: str, password: str, *, verify: bool | str | Path = True) -> Self:
        """A client signed in with name and password."""
        body = {"name": name, "password": password}
        return await cls._admitted(url, "/sign-in", body, verify)

    @classmethod
    async def join(
        cls, url: str, joining_token: str, display_name: str, *, verify: bool | str | Path = True
    ) -> Self:
        """A guest in the one session of a joining link (its part after `#`)."""
        body = {"token": joining_token, "display_name": display_name}
        return await cls._admitted(url, "/join", body, verify)

    @classmethod
    async def _admitted(cls, url: str, path: str, body: dict[str, str], verify: bool | str | Path) -> Self:
        async with cls(url, verify=verify) as stranger:
            answer = await stranger._call("POST", path, params={"want_token": "true"}, json=body)
        admission = answer.json()
        if "needs" in admission:
            detail = "A program cannot give a second factor: make an API token, and give it as `token`."
            raise Refusal(401, "second_factor_needed", "A second factor is wanted", detail)
        client = cls(url, admission["token"], verify=verify)
        client._actor = Actor.model_validate(admission["actor"])
        return client

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._http.aclose()

    # -- people -------------------------------------------------------------------------------------------------

    async def me(self) -> Actor:
        """Who this client is, and what they may do."""
        if self._actor is None:
            self._actor = await self.get("/me", Actor)
        return self._actor

    # -- devices and labels -------------------------------------------------------------------------------------

    async def device(self, device_id: str) -> DeviceView:
        return await self.get(f"/devices/{_part(device_id)}/view", DeviceView)

    async def device_by_tag(self, asset_tag: str) -> DeviceView:
        return await self.get(f"/devices/by-tag/{_part(asset_tag)}", DeviceView)

    async def label(self, text: str) -> Resolved:
        """What a label leads to: its device, and the layout of its face. `text` as scanned, or `code_in(text)`.

        Raises a Refusal `label_refused` where only signed labels count and this one was not printed by the service.
        """
        code = code_in(text) or text
        # Nothing of a foreign label but its code is ever sent; of a signed one the address is signed, too.
        query = f"?text={_part(text)}" if "-" in code and code != text else ""
        return await self.get(f"/labels/{_part(code)}{query}", Resolved)

    async def labels(self, device_id: str) -> list[Label]:
        """The labels printed for a device, newest first."""
        return await self.get(f"/devices/{_part(device_id)}/labels", list[Label])

    async def marks(self, device_id: str) -> list[Annotation]:
        """The annotations kept on a device."""
        return await self.get(f"/devices/{_part(device_id)}/marks", list[Annotation])

    # -- sessions -----------------------------------------------------------------------------------------------

    async def open_session(
        self, device_id: str | None = None, subject: str = "", work_order: str = ""
    ) -> Session:
        """Ask for help."""
        body = NewSession(device_id=device_id, subject=subject, work_order=work_order)
        return await self.post("/sessions", body, Session)

    async def session(self, session_id: str) -> Session:
        return await self.get(f"/sessions/{_part(session_id)}", Session)

    async def sessions(self, status: SessionStatus | None = None) -> list[Session]:
        """The newest sessions."""
        params = {"status": status.value} if status else {}
        return (await self.get("/sessions", _Sessions, params)).items

    async def upload_still(
        self,
        session_id: str,
        picture: bytes,
        media_type: str = "image/jpeg",
        mask: PictureMask = PictureMask.NONE,
    ) -> Still:
        """Keep a picture for a session; `LiveSession.share_still` makes it part of it. `mask`: what is hidden in it."""
        answer = await self._call(
            "POST",
            f"/sessions/{_part(session_id)}/stills",
            content=picture,
            params={"mask": mask},
            headers={"Content-Type": media_type},
        )
        return _parsed(answer, Still)

    async def still(self, session_id: str, sha256: str) -> bytes:
        return (await self._call("GET", f"/sessions/{_part(session_id)}/stills/{_part(sha256)}")).content

    def live(self, session_id: str, outbox: Outbox | None = None) -> LiveSession:
        """Enter a session: `async with client.live(session.id) as live`. Give a `SqliteOutbox` to survive a crash."""
        return LiveSession(session_id, self._socket(session_id, "live"), self.me, outbox)

    def pictures(self, session_id: str, stream: str) -> PictureSender:
        """Send live pictures of a camera, beside the live session of the same client: `async with` opens the line."""
        return PictureSender(self._socket(session_id, "video"), stream)

    def _socket(self, session_id: str, door: str) -> Address:
        scheme = "wss" if self.url.startswith("https") else "ws"
        url = f"{scheme}{self.url[self.url.index(':') :]}{API}/sessions/{_part(session_id)}/{door}"
        return Address(url, self._authorization(), self._ssl)

    # -- anything else ------------------------------------------------------------------------------------------

    async def get(self, path: str, model: type[Answer], params: dict[str, Any] | None = None) -> Answer:
        """GET a path below /api/v1 and read the answer as `model`."""
        return _parsed(await self._call("GET", path, params=params), model)

    async def post(self, path: str, body: BaseModel, model: type[Answer]) -> Answer:
        """POST a noun to a path below /api/v1. Tried again when no answer came: it still has its effect once."""
        answer = await self._call(
            "POST",
            path,
            content=body.model_dump_json(),
            headers={"Content-Type": "application/json", "Idempotency-Key": new_client_name()},
        )
        return _parsed(answer, model)

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"} if self._token else {}

    async def _call(self, method: str, path: str, **request: Any) -> httpx2.Response:
        may_repeat = method == "GET" or "Idempotency-Key" in request.get("headers", {})
        for tries_left in range(TRIES - 1 if may_repeat else 0, -1, -1):
            try:
                answer = await self._http.request(method, path, **request)
            except httpx2.TransportError as error:
                if not tries_left:
                    raise Unreachable(f"{self.url}: {error or type(error).__name__}") from error
            else:
                if not tries_left or not _is_being_answered(answer):
                    break
            await asyncio.sleep(FIRST_WAIT_S * 2 ** (TRIES - 1 - tries_left))
        if not answer.is_success:
            raise _refusal(answer)
        return answer


class _Sessions(BaseModel):
    items: list[Session]


def _part(text: str) -> str:
    return quote(text, safe="")


def _parsed(answer: httpx2.Response, model: type[Answer]) -> Answer:
    try:
        return TypeAdapter(model).validate_json(answer.content)
    except ValidationError as error:
        raise ClientError(
            f"The service answered in another version's words ({error.error_count()} places)."
        ) from error


def _is_being_answered(answer: httpx2.Response) -> bool:
    """The first try arrived, its answer got lost, and the service is still at it."""
    return answer.status_code == BeingAnswered.status and _refusal(answer).code == BeingAnswered.code


def _refusal(answer: httpx2.Response) -> Refusal:
    try:
        body = answer.json()
        return Refusal(answer.status_code, body["code"], body["title"], body["detail"], body.get("errors"))
    except (ValueError, KeyError, TypeError):  # a proxy's page
        return Refusal(answer.status_code, "http_error", answer.reason_phrase, "")


def _trust(verify: bool | str | Path) -> ssl.SSLContext:
    if verify is True:
        return ssl.create_default_context()
    if verify is False:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context
    return ssl.create_default_context(cafile=str(verify))
