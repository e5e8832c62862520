"""Ask the sign-in provider (OpenID Connect): the one part of the service that opens an address, a setting's."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.oauth2.claims import JWTClaims
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from nearhand.access.credentials import ProviderDown, ProviderRefused, ProviderUntrue
from nearhand.kit.clock import Clock

log = structlog.get_logger()

# Signatures that only the provider can make: no `none`, and no HS* whose key both sides, or everybody, would have.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
KEY_TYPES = {"RSA", "EC", "OKP"}
ANSWER_BYTES = 512 * 1024
ANSWER_S = 8.0
KNOWN_FOR_S = 3600.0  # its addresses and keys
ASKED_AGAIN_S = 30.0  # at the earliest, for a key that is not among those known
DOWN_FOR_S = 5.0  # is it taken to be, once it did not answer: those who ask meanwhile need not queue for it
LEEWAY_S = 60  # between two clocks
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_LIFE_S = 600
LOCAL = {"localhost", "127.0.0.1", "::1"}


class Metadata(BaseModel):
    """What the provider says of itself, as far as it is used."""

    model_config = ConfigDict(frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    def addresses(self) -> tuple[str, ...]:
        named = (self.userinfo_endpoint, self.end_session_endpoint)
        return (self.authorization_endpoint, self.token_endpoint, self.jwks_uri, *filter(None, named))


@dataclass(frozen=True)
class Client:
    """What the service is to the provider. Raises ValueError where the settings cannot be meant."""

    issuer: str
    client_id: str
    secret: str
    scopes: str
    redirect_uri: str
    left_uri: str

    def __post_init__(self) -> None:
        if not is_safe(self.issuer):
            raise ValueError(f"NEARHAND_OIDC_ISSUER must be an https:// address, and is {self.issuer!r}.")
        if not self.client_id:
            raise ValueError("NEARHAND_OIDC_ISSUER is set, and NEARHAND_OIDC_CLIENT_ID is not.")
        if "openid" not in self.scopes.split():
            raise ValueError("NEARHAND_OIDC_SCOPES must hold openid.")


@dataclass(frozen=True)
class Asked:
    """What this service made up for one sign-in; the answer has to fit it."""

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True)
class _Known:
    metadata: Metadata
    keys: KeySet
    at_s: float


def is_safe(address: str) -> bool:
    """HTTPS; without it only this machine itself, for a first try."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    is_plain = not parts.username and not parts.fragment
    return is_plain and bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL))


class Provider:
    """Nothing that anybody sends names an address here: the issuer is a setting, and the rest the issuer says itself."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock
        self._known: _Known | None = None
        self._down_at_s = -DOWN_FOR_S
        self._learning = asyncio.Lock()

    @property
    def issuer(self) -> str:
        return self._client.issuer

    # -- what is asked ----------------------------------------------------------------------------------------------

    async def address(self, asked: Asked, *, again: bool) -> str:
        """Where the browser is to go. `again`: to prove who they are anew. Raises ProviderDown."""
        metadata = (await self._knowledge()).metadata
        anew = {"prompt": "login", "max_age": "0"} if again else {}
        async with self._oauth(metadata) as oauth:
            url, _ = oauth.create_authorization_url(
                metadata.authorization_endpoint,
                state=asked.state,
                code_verifier=asked.verifier,
                nonce=asked.nonce,
                **anew,
            )
        return str(url)

    async def left_address(self) -> str | None:
        """Where the browser signs out of the provider too, and comes back from; None where it has no such place."""
        metadata = (await self._knowledge()).metadata
        if metadata.end_session_endpoint is None:
            return None
        asked = {"client_id": self._client.client_id, "post_logout_redirect_uri": self._client.left_uri}
        separator = "&" if urlsplit(metadata.end_session_endpoint).query else "?"
        return f"{metadata.end_session_endpoint}{separator}{urlencode(asked)}"

    async def check(self) -> Metadata:
        """Whether it answers as it must. Raises ProviderDown and ProviderUntrue."""
        return (await self._knowledge()).metadata

    # -- what is answered -------------------------------------------------------------------------------------------

    async def claims(self, code: str, said_issuer: str | None, asked: Asked, wanted: str) -> dict[str, Any]:
        """Who it is, by the code that the browser brought: the ID token's claims; `wanted` is also asked for elsewhere.

        Raises ProviderDown, ProviderRefused and ProviderUntrue.
        """
        metadata = (await self._knowledge()).metadata
        is_said = metadata.authorization_response_iss_parameter_supported
        if said_issuer != self._client.issuer and (is_said or said_issuer is not None):
            _untrue("iss of the answer")
        async with self._oauth(metadata) as oauth, _in_time():
            try:
                given = await oauth.fetch_token(
                    metadata.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=asked.verifier,
                )
            except OAuthError as error:
                log.warning("provider_refused", error=str(error.error)[:100])
                raise ProviderRefused from None
        access_token = str(given.get("access_token", ""))
        claims = await self._id_claims(str(given.get("id_token", "")), asked.nonce, access_token)
        if wanted not in claims and metadata.userinfo_endpoint is not None and access_token:
            more = await self._userinfo(metadata.userinfo_endpoint, access_token)
            if more.get("sub") != claims["sub"]:
                _untrue("sub of userinfo")
            claims = more | claims
        return claims

    async def _id_claims(self, id_token: str, nonce: str, access_token: str) -> dict[str, Any]:
        token = await self._signed(id_token)
        client_id = self._client.client_id
        claims = CodeIDToken(
            token.claims,
            token.header,
            options=self._options(),
            params={"nonce": nonce, "client_id": client_id, "access_token": access_token},
        )
        self._validate(claims)
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            _untrue("sub")
        return dict(claims)

    async def logout_claims(self, logout_token: str) -> dict[str, Any]:
        """What a provider says that tells of a sign-out there. Raises ProviderUntrue and ProviderDown."""
        token = await self._signed(logout_token)
        claims = JWTClaims(token.claims, token.header, options=self._options(), params={})
        self._validate(claims)
        events = claims.get("events")
        is_logout = isinstance(events, dict) and isinstance(events.get(LOGOUT_EVENT), dict)
        is_named = any(isinstance(claims.get(name), str) for name in ("sub", "sid"))
        if not is_logout or not is_named or not isinstance(claims.get("jti"), str) or "nonce" in claims:
            _untrue("logout token")
        if self._clock.now().timestamp() - claims["iat"] > LOGOUT_LIFE_S:
            _untrue("iat")
        return dict(claims)

    def _options(self) -> dict[str, Any]:
        named = {"iss": self._client.issuer, "aud": self._client.client_id}
        return {name: {"essential": True, "value": value} for name, value in named.items()} | {
            name: {"essential": True} for name in ("exp", "iat")
        }

    def _validate(self, claims: JWTClaims) -> None:
        try:
            claims.validate(now=int(self._clock.now().timestamp()), leeway=LEEWAY_S)
        except (JoseError, TypeError, ValueError) as error:
            _untrue(str(error))

    async def _signed(self, text: str) -> jwt.Token:
        """What one of the provider's keys has signed."""
        known = await self._knowledge()
        try:
            try:
                return jwt.decode(text, known.keys, algorithms=ALGORITHMS)
            except InvalidKeyIdError:
                known = await self._knowledge(older_than=known)
                return jwt.decode(text, known.keys, algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError) as error:
            _untrue(str(error))

    async def _userinfo(self, address: str, access_token: str) -> dict[str, Any]:
        return await self._read(address, {"Authorization": f"Bearer {access_token}"})

    # -- what is known of it ----------------------------------------------------------------------------------------

    async def _knowledge(self, *, older_than: _Known | None = None) -> _Known:
        """Its addresses and keys; asked for anew after an hour, or when what is known will not do."""
        async with self._learning:
            known, now_s = self._known, self._clock.now().timestamp()
            if known is not None:
                age_s = now_s - known.at_s
                is_enough = known is not older_than or age_s < ASKED_AGAIN_S
                if age_s < KNOWN_FOR_S and is_enough:
                    return known
            if now_s - self._down_at_s < DOWN_FOR_S:
                raise ProviderDown
            try:
                metadata = await self._discover()
                keys = _key_set(await self._read(metadata.jwks_uri))
            except ProviderDown:
                self._down_at_s = self._clock.now().timestamp()
                raise
            self._known = _Known(metadata, keys, now_s)
            return self._known

    async def _discover(self) -> Metadata:
        address = f"{self._client.issuer.removesuffix('/')}/.well-known/openid-configuration"
        try:
            metadata = Metadata.model_validate(await self._read(address))
        except ValidationError as error:
            _untrue(f"discovery: {error.error_count()} fields")
        if metadata.issuer != self._client.issuer:
            _untrue("issuer of discovery")
        if not all(is_safe(one) for one in metadata.addresses()):
            _untrue("an address without TLS")
        return metadata

    async def _read(self, address: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        """One JSON object. Whatever is no plain answer, a redirect too, is none."""
        async with httpx2.AsyncClient(**self._way()) as http, _in_time():
            answer = await http.get(address, headers={"Accept": "application/json", **(headers or {})})
            answer.raise_for_status()
            content = answer.json()
        if not isinstance(content, dict):
            _untrue("no object")
        return content

    def _oauth(self, metadata: Metadata) -> AsyncOAuth2Client:
        secret, method = self._client.secret, "none"
        if secret:
            is_basic = "client_secret_basic" in metadata.token_endpoint_auth_methods_supported
            method = "client_secret_basic" if is_basic else "client_secret_post"
        is_encoded = method == "client_secret_basic"  # as RFC 6749 says, and authlib leaves to its users
        return AsyncOAuth2Client(
            client_id=quote(self._client.client_id, safe="") if is_encoded else self._client.client_id,
            client_secret=quote(secret, safe="") if is_encoded else secret,
            token_endpoint_auth_method=method,
            scope=self._client.scopes,
            redirect_uri=self._client.redirect_uri,
            code_challenge_method="S256",
            **self._way(),
        )

    def _way(self) -> dict[str, Any]:
        """How it is asked: no redirect is followed, no proxy of the environment, answers of a limited size and time."""
        return {
            "transport": _Measured(httpx2.AsyncHTTPTransport(verify=self._trusted)),
            "timeout": ANSWER_S,
            "follow_redirects": False,
            "trust_env": False,
            "headers": {"Accept-Encoding": "identity"},
        }

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        """The authorities this machine trusts, a house's own among them."""
        return ssl.create_default_context()


def _key_set(said: Mapping[str, Any]) -> KeySet:
    """The keys that sign, of kinds we know. A secret one (`oct`) among them is nobody's signature."""
    listed = said.get("keys")
    fitting = [
        key
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict) and key.get("kty") in KEY_TYPES and key.get("use", "sig") == "sig"
    ]
    try:
        return KeySet.import_key_set({"keys": fitting})
    except (JoseError, ValueError, TypeError, KeyError) as error:
        _untrue(f"keys: {error}")


def _untrue(why: str) -> NoReturn:
    """For who runs the service, what is wrong; whoever signs in can do nothing about it."""
    log.warning("provider_untrue", why=why[:200])
    raise ProviderUntrue


@asynccontextmanager
async def _in_time() -> AsyncIterator[None]:
    """Raise ProviderDown for whatever is no answer within time."""
    try:
        async with asyncio.timeout(ANSWER_S):
            yield
    except (httpx2.HTTPError, httpx2.InvalidURL, TimeoutError, OSError, ValueError) as error:
        log.warning("provider_down", error=f"{type(error).__name__}: {error}"[:200])
        raise ProviderDown from None


class _Measured(httpx2.AsyncBaseTransport):
    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        is_packed = answer.headers.get("content-encoding", "identity") != "identity"
        if is_packed or answer.has_redirect_location:
            await answer.aclose()
            why = "packed, though it was not asked for" if is_packed else "leads elsewhere"
            raise httpx2.RemoteProtocolError(why, request=request)
        assert isinstance(answer.stream, httpx2.AsyncByteStream)
        answer.stream = _MeasuredStream(answer.stream)
        return answer

    async def aclose(self) -> None:
        await self._inner.aclose()


class _MeasuredStream(httpx2.AsyncByteStream):
    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    async def __aiter__(self) -> AsyncIterator[bytes]:
        count = 0
        async for piece in self._inner:
            count += len(piece)
            if count > ANSWER_BYTES:
                raise httpx2.DecodingError("longer than any answer may be")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
