"""Run the service on its port: guarded connections, TLS from files that may be renewed, no header believed of strangers."""

import asyncio
import socket
import ssl
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from starlette.types import ASGIApp, Scope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import Server

from nearhand.kit.gate import Gate
from nearhand.kit.limits import Refusal
from nearhand.kit.peer import UNKNOWN, is_among, networks
from nearhand.kit.redirect import Redirection
from nearhand.kit.settings import MIB, Settings

log = structlog.get_logger()

LEAST_LEFT_FILES = 256  # descriptors for the databases and files, when all connections are open
MOST_FILES = 65_536
CLOSE_WITHIN_S = 1.0
HANDSHAKE_S = 10.0
RENEWAL_CHECK_S = 60.0
# So long a thread that works may keep the loop waiting; by default it is ten times that, as long as a whole request.
SWITCH_S = 0.0005
HEAD_BYTES = 64 * 1024  # of a request, that come while it is not whole

_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_CROWDED = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


_LAST = (b"connection", b"close")


@dataclass(frozen=True)
class TlsFiles:
    certificate: Path
    key: Path

    def stamp(self) -> tuple[int, int]:
        return self.certificate.stat().st_mtime_ns, self.key.stat().st_mtime_ns


class GuardedHttp(HttpToolsProtocol):
    """HTTP/1.1 where a request's head must be small and there in time, and its answer must be read.

    What the application's `refusal_of` refuses is answered here, before anything is made of it: a flood of it costs
    the loop a fraction.
    """

    gate: Gate
    head_s: float
    stall_s: float
    _refusal_of: Callable[[Scope], Refusal | None] | None
    _refusal: Refusal | None = None
    _is_in = False
    _head_bytes = 0
    _late: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._refusal_of = getattr(self.app, "refusal_of", None)
        address = self.client[0] if self.client else UNKNOWN
        self._is_in = self.gate.enter(transport, address, transport.abort)
        if self._is_in:
            self._expect_head()
        else:
            self._end(_CROWDED)

    def connection_lost(self, exc: Exception | None) -> None:
        self.gate.leave(self.transport)
        self._expect_no_head()
        self._stop_stall()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self._is_in:
            return
        super().data_received(data)
        self._head_bytes = 0 if self._late is None else self._head_bytes + len(data)
        if self._refusal is not None and (self._head_bytes > HEAD_BYTES or self.expect_100_continue):
            self._end(self._told(self._refusal, _LAST))
        elif self._head_bytes > HEAD_BYTES:
            self._end(_TOO_LARGE)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._late is None:
            self._expect_head()  # of a further request on this connection

    def on_headers_complete(self) -> None:
        self.gate.spoke(self.transport)
        self._unset_keepalive_if_required()
        # What waits behind another request is refused in its turn.
        if self._refusal_of is not None and (self.cycle is None or self.cycle.response_complete):
            path = self.url.partition(b"?")[0].decode("latin-1")
            asked = {"method": self.parser.get_method().decode("ascii"), "path": path}
            self._refusal = self._refusal_of({**self.scope, **asked})
        if self._refusal is None:
            self._expect_no_head()
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._refusal is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._refusal is None:
            super().on_message_complete()
            return
        refusal, self._refusal = self._refusal, None
        self._expect_no_head()  # of which its body was a part
        if self.parser.should_keep_alive():
            self.transport.write(self._told(refusal))
            self.on_response_complete()
        else:
            self._end(self._told(refusal, _LAST))

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stall_s, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_stall()

    def handle_websocket_upgrade(self) -> None:
        self._stop_stall()
        super().handle_websocket_upgrade()

    def _expect_head(self) -> None:
        self._late = self.loop.call_later(self.head_s, self._too_late)

    def _too_late(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self._end(_TOO_SLOW)
        else:
            self._expect_head()  # what it asked for before is still being answered

    def _expect_no_head(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _stop_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _told(self, refusal: Refusal, *more: tuple[bytes, bytes]) -> bytes:
        headers = (*self.server_state.default_headers, *refusal.headers, *more)
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        return b"%b%b\r\n%b" % (STATUS_LINE[refusal.status], lines, refusal.body)

    def _end(self, answer: bytes) -> None:
        self._is_in = False
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
            self.loop.call_later(CLOSE_WITHIN_S, self.transport.abort)


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """Leaves the gate that its HTTP request came in by."""

    gate: Gate

    def connection_lost(self, exc: Exception | None) -> None:
        self.gate.leave(self.transport)
        super().connection_lost(exc)


def gate_of(settings: Settings) -> Gate:
    """As many connections as settings say, and as files can be open."""
    proxies = networks(settings.trusted_proxies)
    return Gate(
        most=min(settings.connections, raise_file_limit() - LEAST_LEFT_FILES),
        most_per_address=settings.connections_per_address,
        is_counted=lambda address: not is_among(address, proxies),
    )


def options(settings: Settings, gate: Gate | None = None) -> dict[str, Any]:
    """For `uvicorn.Config` and `uvicorn.run`: what holds wherever the service listens."""
    gate = gate or gate_of(settings)
    kept: dict[str, Any] = {"gate": gate}
    timed = kept | {"head_s": settings.head_timeout_s, "stall_s": settings.answer_stall_s}
    return {
        "http": type("Http", (GuardedHttp,), timed),
        "ws": type("WebSocket", (GuardedWebSocket,), kept),
        "ws_max_size": MIB,  # the live door refuses far less, in words; this is what may lie in memory
        "loop": "nearhand.kit.serving:new_loop",
        "proxy_headers": False,  # `Proxied` reads them, of whom it may
        "server_header": False,
        "log_level": "warning",
        "access_log": False,
    }


def run(
    app: ASGIApp, host: str, port: int, options: dict[str, Any], redirection: Redirection | None = None
) -> bool:
    """Until it is told to end; False where it could not begin."""
    sys.setswitchinterval(SWITCH_S)
    server = _Server(Config(app, host=host, port=port, **options), redirection)
    with suppress(KeyboardInterrupt):
        server.run()
    return server.started


class _Server(Server):
    """With a port beside it that leads to this one, for as long as it serves."""

    def __init__(self, config: Config, redirection: Redirection | None) -> None:
        super().__init__(config)
        self._redirection = redirection

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        if self._redirection is None:
            await super().serve(sockets)
            return
        try:
            async with self._redirection.listening():
                await super().serve(sockets)
        except OSError as error:
            log.error("redirection_not_started", port=self._redirection.port, error=str(error))


def new_loop() -> asyncio.AbstractEventLoop:
    """uvloop where there is one; and whoever begins TLS and says no more does not keep a file open for a minute."""
    try:
        from uvloop import Loop
    except ImportError:
        from asyncio import SelectorEventLoop as Loop  # type: ignore[assignment]

    class Impatient(Loop):
        async def create_server(self, *args: Any, **given: Any) -> Any:
            if given.get("ssl") is not None:
                given.setdefault("ssl_handshake_timeout", HANDSHAKE_S)
            return await super().create_server(*args, **given)

    loop: asyncio.AbstractEventLoop = Impatient()
    return loop


def tls_options(files: TlsFiles) -> dict[str, Any]:
    """TLS 1.2 or newer. Certificates that are renewed in place are used from then on, without a restart."""

    def context(config: Config, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.minimum_version = ssl.TLSVersion.TLSv1_2
        made.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")  # of TLS 1.2; those of 1.3 are all of this kind
        made.set_alpn_protocols(["http/1.1"])
        made.load_cert_chain(files.certificate, files.key)
        Renewal(made, files).start()
        return made

    return {"ssl_context_factory": context}


class Renewal:
    """Looks every minute whether the files have changed; a pair that does not fit leaves the old one in use."""

    def __init__(self, context: ssl.SSLContext, files: TlsFiles) -> None:
        self._context, self._files, self._seen = context, files, files.stamp()

    def start(self) -> None:
        with suppress(RuntimeError):  # made before the loop runs: then nothing is renewed
            asyncio.get_running_loop().call_later(RENEWAL_CHECK_S, self._again)

    def _again(self) -> None:
        self.check()
        self.start()

    def check(self) -> bool:
        """Whether new ones are in use now."""
        try:
            stamp = self._files.stamp()
            if stamp == self._seen:
                return False
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(self._files.certificate, self._files.key)
            self._context.load_cert_chain(self._files.certificate, self._files.key)
        except (OSError, ssl.SSLError) as error:
            log.warning("certificate_not_renewed", error=str(error))
            return False
        self._seen = stamp
        log.info("certificate_renewed", certificate=str(self._files.certificate))
        return True


def raise_file_limit() -> int:
    """Open files this process may have from now on: as many as it may allow itself."""
    try:
        import resource
    except ImportError:  # on Windows
        return MOST_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    return MOST_FILES if soft == resource.RLIM_INFINITY else soft
