import httpx2
import pytest

from nearhand.access.model import Role
from nearhand.client import Client, Refusal, Unreachable, code_in
from nearhand.sessions.model import SessionStatus
from tests.client.conftest import SignIn
from tests.support.live import a_session
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess


async def test_signing_in_tells_who_one_is(sign_in: SignIn) -> None:
    expert = await sign_in(Role.EXPERT)
    assert (await expert.me()).display_name == "Expert"


async def test_a_token_is_enough_and_is_never_shown(server: ServerProcess, sign_in: SignIn) -> None:
    token = (await sign_in(Role.TECHNICIAN))._token
    assert token is not None
    async with Client(server.url, token) as program:
        assert (await program.me()).role is Role.TECHNICIAN
        assert token not in repr(program)
        assert token not in repr(program.live("ANY")._address)


async def test_a_refusal_says_why(server: ServerProcess) -> None:
    with pytest.raises(Refusal, match="wrong_credentials") as refused:
        await Client.sign_in(server.url, "expert", "not the password")
    assert (refused.value.status, refused.value.title) == (401, "Name or password is wrong")


async def test_a_request_that_is_being_answered_already_is_asked_about_again() -> None:
    """The first try arrived and its answer got lost: the second finds the service still at it."""
    keys: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        keys.append(request.headers["Idempotency-Key"])
        if len(keys) == 1:
            refusal = {"code": "being_answered", "title": "Ask again", "detail": ""}
            return httpx2.Response(409, headers={"Retry-After": "0"}, json=refusal)
        return httpx2.Response(201, json=a_session().model_dump(mode="json"))

    async with Client("http://nearhand.example", "token") as client:
        client._http = httpx2.AsyncClient(base_url=client.url, transport=httpx2.MockTransport(answer))
        assert await client.open_session() == a_session()
    assert len(set(keys)) == 1
    assert len(keys) == 2


async def test_a_key_of_another_request_is_a_plain_no() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(409, json={"code": "key_reused", "title": "Used", "detail": ""})

    async with Client("http://nearhand.example", "token") as client:
        client._http = httpx2.AsyncClient(base_url=client.url, transport=httpx2.MockTransport(answer))
        with pytest.raises(Refusal, match="key_reused"):
            await client.open_session()


async def test_no_answer_is_said_as_such() -> None:
    async with Client("http://127.0.0.1:9") as client:
        with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9"):
            await client.me()


async def test_a_session_is_opened_and_found(sign_in: SignIn) -> None:
    technician = await sign_in(Role.TECHNICIAN)
    session = await technician.open_session(subject="Port 37 is down")
    assert session.status is SessionStatus.RINGING
    assert await technician.session(session.id) == session
    assert session in await technician.sessions(SessionStatus.RINGING)
    with pytest.raises(Refusal) as refused:
        await technician.session("NO/SUCH ONE")
    assert refused.value.status == 404


async def test_a_joining_link_lets_a_guest_in(server: ServerProcess, sign_in: SignIn) -> None:
    expert = await sign_in(Role.EXPERT)
    session = await expert.open_session()
    answer = await expert._call("POST", f"/sessions/{session.id}/invitations", json={"role": "observer"})
    token = answer.json()["url"].split("#")[1] if "url" in answer.json() else answer.json()["token"]
    async with await Client.join(server.url, token, "A customer") as guest:
        assert (await guest.me()).session_id == session.id
        async with guest.live(session.id) as live:
            assert live.view.you is not None
            assert live.view.you.display_name == "A customer"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("HTTPS://NEARHAND.EXAMPLE/D/7K2M9QXA", "7K2M9QXA"),
        ("http://127.0.0.1:8000/d/7k2m9qxa", "7K2M9QXA"),
        ("HTTPS://NEARHAND.EXAMPLE/D/7K2M9QXA-0ABCDEFGHJK", "7K2M9QXA-0ABCDEFGHJK"),
        ("https://elsewhere.example/products/7K2M9QXA", None),
        ("WIFI:S:guest;;", None),
        ("", None),
    ],
)
def test_only_our_own_labels_have_a_code(text: str, code: str | None) -> None:
    assert code_in(text) == code


async def test_passwords_of_people_are_not_kept(server: ServerProcess) -> None:
    async with await Client.sign_in(server.url, "expert", PASSWORD) as client:
        assert PASSWORD not in str(vars(client))


async def test_an_account_with_a_second_factor_is_told_to_use_a_token() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json={"needs": ["totp"], "ticket": "t" * 20})

    class Told(Client):
        def __init__(self, url: str, token: str | None = None, **more: object) -> None:
            super().__init__(url, token)
            self._http = httpx2.AsyncClient(base_url=url, transport=httpx2.MockTransport(answer))

    with pytest.raises(Refusal, match="second_factor_needed"):
        await Told.sign_in("http://nearhand.example", "expert", "a long password")
