"""What a provider, or who stands between, may say: only what it must say is believed."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from joserfc import jwt

from nearhand.access import provider as module
from nearhand.access.credentials import ProviderDown, ProviderUntrue
from nearhand.access.provider import LOGOUT_EVENT, Asked, Client, Provider, is_safe
from nearhand.kit.clock import FixedClock, SystemClock
from tests.support.lying_provider import CLIENT_ID, NONCE, Lying, a_key, lying_provider

ASKED = Asked(state="console.s", nonce=NONCE, verifier="v" * 43)


@pytest.fixture
def lying() -> Iterator[Lying]:
    with lying_provider() as lying:
        lying.id_token = lying.signed()
        yield lying


def asking(lying: Lying) -> Provider:
    client = Client(
        issuer=lying.issuer,
        client_id=CLIENT_ID,
        secret="s",
        scopes="openid",
        redirect_uri="http://localhost/signed-in",
        left_uri="http://localhost/",
    )
    return Provider(client, SystemClock())


async def told(lying: Lying, id_token: str | None = None, wanted: str = "sub") -> dict[str, Any]:
    lying.id_token = lying.id_token if id_token is None else id_token
    return await asking(lying).claims("code", None, ASKED, wanted)


async def test_a_true_token_is_believed(lying: Lying) -> None:
    assert (await told(lying))["sub"] == "ada"


async def test_what_the_token_leaves_out_is_asked_at_userinfo(lying: Lying) -> None:
    assert (await told(lying, wanted="groups"))["groups"] == ["dc-north"]


async def test_userinfo_of_somebody_else_is_not_believed(lying: Lying) -> None:
    lying.say("/userinfo", {"sub": "eve", "groups": ["dc-admins"]})
    with pytest.raises(ProviderUntrue):
        await told(lying, wanted="groups")


NOW = int(time.time())
UNTRUE: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another service"},
    "no audience": {"aud": None},
    "several audiences without a party": {"aud": [CLIENT_ID, "another"]},
    "another party": {"aud": [CLIENT_ID, "another"], "azp": "another"},
    "another's party": {"azp": "another"},
    "expired": {"exp": NOW - 120},
    "no end": {"exp": None},
    "an end in words": {"exp": "never"},
    "from the future": {"iat": NOW + 3600},
    "not yet": {"nbf": NOW + 3600},
    "no time": {"iat": None},
    "another nonce": {"nonce": "of another browser"},
    "no nonce": {"nonce": None},
    "nobody": {"sub": None},
    "an empty somebody": {"sub": ""},
    "a list of somebodies": {"sub": ["ada", "eve"]},
    "too long a somebody": {"sub": "a" * 256},
    "another access token": {"at_hash": "AAAA"},
}


@pytest.mark.parametrize("why", UNTRUE)
async def test_a_signed_token_that_is_not_for_us_now_is_refused(lying: Lying, why: str) -> None:
    with pytest.raises(ProviderUntrue):
        await told(lying, lying.signed(**UNTRUE[why]))


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "", "RS256", "HS256"])
async def test_an_unsigned_token_is_refused(lying: Lying, alg: str) -> None:
    with pytest.raises(ProviderUntrue):
        await told(lying, lying.unsigned(alg))


async def test_the_public_key_is_no_shared_secret(lying: Lying) -> None:
    with pytest.raises(ProviderUntrue):
        await told(lying, lying.signed_by_the_public_key())


async def test_a_secret_key_among_the_public_ones_signs_nothing(lying: Lying) -> None:
    oct_key = {"kty": "oct", "kid": "one", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"}
    lying.say("/keys", {"keys": [oct_key]})
    with pytest.raises(ProviderUntrue):
        await told(lying, lying.signed())


@pytest.mark.parametrize("kid", ["one", "unknown", None])
async def test_the_key_of_somebody_else_is_refused(lying: Lying, kid: str | None) -> None:
    true, lying.key = lying.key, a_key("one", 1)
    lying.say("/keys", {"keys": [true.as_dict(private=False)]})
    header = {"alg": "RS256"} | ({"kid": kid} if kid else {})
    with pytest.raises(ProviderUntrue):
        await told(lying, jwt.encode(header, lying.claims(), lying.key))


async def test_a_key_in_the_token_itself_counts_for_nothing(lying: Lying) -> None:
    own = a_key("own")
    header = {"alg": "RS256", "kid": "one", "jwk": own.as_dict(private=False)}
    with pytest.raises(ProviderUntrue):
        await told(lying, jwt.encode(header, lying.claims(), own))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b.c.d.e", "." * 10_000])
async def test_what_is_no_token_is_refused(lying: Lying, token: str) -> None:
    with pytest.raises(ProviderUntrue):
        await told(lying, token)


async def test_a_new_key_is_fetched_when_a_token_names_it_but_not_all_the_time(
    lying: Lying, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = asking(lying)
    await provider.check()
    lying.key = a_key("two")
    lying.id_token = jwt.encode({"alg": "RS256", "kid": "two"}, lying.claims(), lying.key)
    with pytest.raises(ProviderUntrue):  # asked a moment ago: a forger must not make us ask again and again
        await provider.claims("code", None, ASKED, "sub")
    assert lying.asked.count("/keys") == 1
    monkeypatch.setattr(module, "ASKED_AGAIN_S", 0.0)
    assert (await provider.claims("code", None, ASKED, "sub"))["sub"] == "ada"
    assert lying.asked.count("/keys") == 2


# -- where it is asked ----------------------------------------------------------------------------------------------


async def test_a_redirect_is_not_followed(lying: Lying) -> None:
    for path in ("/.well-known/openid-configuration", "/keys", "/token"):
        with lying_provider() as other:
            other.id_token = other.signed()
            other.say(path, {}, status=302, headers={"Location": f"{lying.issuer}{path}"})
            with pytest.raises(ProviderDown):
                await told(other)
    assert lying.asked == []


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://10.0.0.5/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "http://169.254.169.254/latest"},
        {"token_endpoint": "https://user:secret@house.example/token"},
        {"jwks_uri": "https://[::1"},
    ],
)
async def test_a_discovery_that_leads_elsewhere_is_refused(lying: Lying, changes: dict[str, Any]) -> None:
    lying.say("/.well-known/openid-configuration", lying.metadata(**changes))
    with pytest.raises(ProviderUntrue):
        await asking(lying).check()
    assert lying.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"{" + b" " * 600_000 + b"}", {}),
        (b"\x1f\x8b" + b"x" * 100, {"Content-Encoding": "gzip"}),
        (b"not JSON", {}),
        (b"\xff\xfe", {}),
    ],
)
async def test_what_is_no_answer_is_as_if_there_were_none(
    lying: Lying, content: bytes, headers: dict[str, str]
) -> None:
    lying.say("/.well-known/openid-configuration", content, headers=headers)
    with pytest.raises(ProviderDown):
        await asking(lying).check()


@pytest.mark.parametrize("content", [[], {"keys": 7}, {"keys": [7, {"kty": "RSA"}]}, {}])
async def test_keys_that_are_none_sign_nothing(lying: Lying, content: Any) -> None:
    lying.say("/keys", content)
    with pytest.raises(ProviderUntrue):
        await told(lying)


async def test_an_answer_that_trickles_is_not_waited_for(
    lying: Lying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each byte is in time; the answer is not."""
    monkeypatch.setattr(module, "ANSWER_S", 0.3)
    lying.pace_s = 0.01
    started = time.monotonic()
    with pytest.raises(ProviderDown):
        await asking(lying).check()
    assert time.monotonic() - started < 2


async def test_while_it_is_down_nobody_queues_for_it(lying: Lying) -> None:
    lying.say("/.well-known/openid-configuration", b"", status=502)
    provider, clock = asking(lying), FixedClock()
    provider._clock = clock
    for _ in range(3):
        with pytest.raises(ProviderDown):
            await provider.check()
    assert len(lying.asked) == 1
    lying.answers.clear()
    clock.advance(6)
    assert (await provider.check()).issuer == lying.issuer


@pytest.mark.parametrize(
    ("issuer", "is_right"),
    [
        ("https://login.house.example", True),
        ("https://login.house.example/realms/dc", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1:8080/dex", True),
        ("http://login.house.example", False),
        ("http://localhost.evil.example", False),
        ("http://localhost@evil.example", False),
        ("ftp://localhost", False),
        ("login.house.example", False),
        ("https://", False),
    ],
)
def test_only_an_issuer_with_tls_or_of_this_machine_is_one(issuer: str, is_right: bool) -> None:
    assert is_safe(issuer) is is_right
    client = Client("https://a.example", CLIENT_ID, "", "openid", "http://localhost/", "http://localhost/")
    if not is_right:
        with pytest.raises(ValueError, match="NEARHAND_OIDC_ISSUER"):
            replace(client, issuer=issuer)


def test_settings_that_cannot_be_meant_are_refused_at_the_start() -> None:
    client = Client("https://a.example", CLIENT_ID, "", "openid", "http://localhost/", "http://localhost/")
    with pytest.raises(ValueError, match="CLIENT_ID"):
        replace(client, client_id="")
    with pytest.raises(ValueError, match="openid"):
        replace(client, scopes="profile")


# -- a sign-out there -----------------------------------------------------------------------------------------------


def logout(lying: Lying, **changes: Any) -> str:
    said: dict[str, Any] = {"events": {LOGOUT_EVENT: {}}, "jti": "j", "sid": "s", "nonce": None}
    return lying.signed(**{**said, **changes})


async def test_a_true_word_of_a_sign_out_is_believed(lying: Lying) -> None:
    assert (await asking(lying).logout_claims(logout(lying)))["sid"] == "s"


@pytest.mark.parametrize(
    "changes",
    [
        {"events": None},
        {"events": {}},
        {"events": {LOGOUT_EVENT: "yes"}},
        {"sub": None, "sid": None},
        {"jti": None},
        {"nonce": NONCE},  # an ID token is no word of a sign-out
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"iat": NOW - int(timedelta(hours=1).total_seconds())},
        {"exp": NOW - 120},
    ],
)
async def test_a_word_of_a_sign_out_that_is_none_is_refused(lying: Lying, changes: dict[str, Any]) -> None:
    with pytest.raises(ProviderUntrue):
        await asking(lying).logout_claims(logout(lying, **changes))
