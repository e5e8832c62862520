"""A provider that says what a test wants it to say, true or not."""

import base64
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "nearhand"
NONCE = "the nonce that was asked with"


@cache
def a_key(kid: str, which: int = 0) -> RSAKey:
    """Made once: it takes a while."""
    return RSAKey.import_key(RSAKey.generate_key(2048).as_dict(private=True) | {"kid": kid, "use": "sig"})


@dataclass
class Lying:
    """`tokens`: what the token endpoint hands out as ID token. The rest replaces whole answers, by path."""

    issuer: str
    key: RSAKey = field(default_factory=lambda: a_key("one"))
    id_token: str = ""
    answers: dict[str, tuple[int, dict[str, str], bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    pace_s: float = 0.0

    def claims(self, **changes: Any) -> dict[str, Any]:
        now = int(time.time())
        true = {
            "iss": self.issuer,
            "sub": "ada",
            "aud": CLIENT_ID,
            "exp": now + 300,
            "iat": now,
            "nonce": NONCE,
        }
        return {name: value for name, value in {**true, **changes}.items() if value is not None}

    def signed(self, **changes: Any) -> str:
        return jwt.encode({"alg": "RS256", "kid": "one"}, self.claims(**changes), self.key)

    def signed_by_the_public_key(self) -> str:
        """Key confusion: what everybody may know, taken for a shared secret."""
        said = f"{_part({'alg': 'HS256', 'kid': 'one'})}.{_part(self.claims())}"
        mac = hmac.digest(self.key.as_pem(private=False), said.encode(), "sha256")
        return f"{said}.{_text(mac)}"

    def unsigned(self, alg: str) -> str:
        return f"{_part({'alg': alg, 'kid': 'one'})}.{_part(self.claims())}."

    def say(
        self, path: str, content: Any, *, status: int = 200, headers: dict[str, str] | None = None
    ) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.answers[path] = (status, headers or {}, body)

    def said(self, path: str) -> tuple[int, dict[str, str], bytes]:
        if path in self.answers:
            return self.answers[path]
        usual: dict[str, Any] = {
            "/.well-known/openid-configuration": self.metadata(),
            "/keys": {"keys": [self.key.as_dict(private=False)]},
            "/token": {"access_token": "access", "token_type": "Bearer", "id_token": self.id_token},
            "/userinfo": {"sub": "ada", "groups": ["dc-north"]},
        }
        return (200, {}, json.dumps(usual[path]).encode()) if path in usual else (404, {}, b"{}")

    def metadata(self, **changes: Any) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/auth",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
        } | changes


def _part(content: dict[str, Any]) -> str:
    return _text(json.dumps(content).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@contextmanager
def lying_provider() -> Iterator[Lying]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lying.asked.append(self.path)
            status, headers, body = lying.said(self.path)
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                for i in range(0, len(body), 64 * 1024 if not lying.pace_s else 1):
                    self.wfile.write(body[i : i + (64 * 1024 if not lying.pace_s else 1)])
                    time.sleep(lying.pace_s)
            except OSError:
                return  # nobody listens any more

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    lying = Lying(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield lying
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
