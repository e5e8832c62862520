import asyncio
from functools import partial
from pathlib import Path

import pytest

from nearhand.access.model import Actor, Role
from nearhand.client import Client, LinkStopped, LiveSession, LiveView, SqliteOutbox, WishRefused
from nearhand.client import live as live_module
from nearhand.client.link import Address
from nearhand.devices.model import FaceSide
from nearhand.sessions import messages as m
from nearhand.sessions.model import OnFace, OnFrame, Shape, Signal
from tests.client.conftest import SignIn
from tests.support.live import AT, FRAME
from tests.support.people import PASSWORD
from tests.support.process import ServerProcess

RING = OnFace(device_id="DEVICE", face=FaceSide.FRONT, points_mm=((10, 20, 0), (14, 20, 0)))


def has_lines(count: int, view: LiveView) -> bool:
    return view.state is not None and len(view.state.chat) == count


def texts(live: LiveSession) -> list[str]:
    assert live.view.state is not None
    return [line.text for line in live.view.state.chat]


async def test_what_one_says_the_other_sees(sign_in: SignIn) -> None:
    technician, expert = await sign_in(Role.TECHNICIAN), await sign_in(Role.EXPERT)
    session = await technician.open_session(subject="Port 37")
    async with technician.live(session.id) as one, expert.live(session.id) as two:
        await one.say("Which one?")
        await two.signal(Signal.WAIT)
        id_, n = await two.add_annotation(Shape.RING, RING, text="this one")
        await two.saved(n)
        view = await one.until(lambda view: bool(view.annotations))
        assert view.annotations[0].id == id_
        assert view.annotations[0].text == "this one"
        await two.until(lambda view: view.state is not None and bool(view.state.chat))
        assert texts(two) == ["Which one?"]
        assert view.state is not None
        assert view.state.signal is not None
        await two.remove(id_)
        await one.until(lambda view: not view.annotations)
        await two.restore(id_)
        await one.until(lambda view: bool(view.annotations))


async def test_messages_can_be_followed_one_by_one(sign_in: SignIn) -> None:
    technician, expert = await sign_in(Role.TECHNICIAN), await sign_in(Role.EXPERT)
    session = await technician.open_session()
    async with technician.live(session.id) as one, expert.live(session.id) as two:
        inbox = one.messages()
        two.freeze(FRAME)
        async for message in inbox:
            if isinstance(message, m.FreezeAsked):
                assert message.frame == FRAME
                break
        two.move_pointer(None)
        async for message in inbox:
            if isinstance(message, m.PointerMoved):
                break


async def test_what_only_keeps_the_line_alive_is_handed_to_nobody() -> None:
    async def nobody() -> Actor:
        raise AssertionError

    live = LiveSession("SESSION", Address("ws://127.0.0.1:9", {}, None), nobody)
    inbox = live.messages()
    sent_by_server = m.Pong(at=AT), m.FreezeAsked(by="EXPERT", frame=FRAME, is_whole=False)
    await live._take_all(list(sent_by_server))
    assert await anext(inbox) == sent_by_server[1]


async def test_a_refused_wish_says_why(sign_in: SignIn) -> None:
    """L5. A mark on a frame that nobody knows is refused, not guessed."""
    expert = await sign_in(Role.EXPERT)
    session = await expert.open_session()
    async with expert.live(session.id) as live:
        _, n = await live.add_annotation(Shape.RING, OnFrame(frame=FRAME, points=((0.5, 0.5), (0.6, 0.5))))
        with pytest.raises(WishRefused, match="frame_expired"):
            await live.saved(n)
        with pytest.raises(WishRefused, match="frame_expired"):
            await live.saved(n)  # also when asked later
        await live.saved(await live.say("Freeze it first."))
        assert live.unsaved == 0


async def test_a_session_that_is_not_there_is_not_tried_for_ever(sign_in: SignIn) -> None:
    expert = await sign_in(Role.EXPERT)
    with pytest.raises(LinkStopped, match="no such session"):
        async with expert.live("NOSUCHSESSION"):
            pass


async def test_what_is_asked_without_a_line_is_kept_and_sent_later(sign_in: SignIn, tmp_path: Path) -> None:
    expert = await sign_in(Role.EXPERT)
    session = await expert.open_session()
    outbox = SqliteOutbox(tmp_path / "outbox.db")
    before = expert.live(session.id, outbox)
    before._address = type(before._address)("ws://127.0.0.1:9/nobody", {})
    await before.start()
    await before.say("said in a dead zone")
    await before.say("and this")
    assert before.unsaved == 2
    await before.stop()
    outbox.close()
    async with expert.live(session.id, SqliteOutbox(tmp_path / "outbox.db")) as live:
        await live.until(partial(has_lines, 2))
        assert texts(live) == ["said in a dead zone", "and this"]


@pytest.mark.slow
async def test_a_killed_server_loses_nothing_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SIGKILL in the middle of a stream of wishes, twice; two clients end with the same complete chat."""
    monkeypatch.setattr(live_module, "LONGEST_RETRY_S", 1.0)
    with ServerProcess(tmp_path) as server:
        async with (
            await Client.sign_in(server.url, "technician", PASSWORD) as technician,
            await Client.sign_in(server.url, "expert", PASSWORD) as expert,
        ):
            session = await technician.open_session()
            async with technician.live(session.id) as one, expert.live(session.id) as two:
                said = 0
                for _ in range(2):
                    for _ in range(40):
                        await one.say(f"{said}")
                        await two.say(f"{said} too")
                        said += 1
                    await asyncio.to_thread(server.kill)
                    for _ in range(10):
                        await one.say(f"{said}")
                        await two.say(f"{said} too")
                        said += 1
                    await asyncio.to_thread(server.start)
                everything = {f"{i}" for i in range(said)} | {f"{i} too" for i in range(said)}
                async with asyncio.timeout(60):
                    for live in (one, two):
                        await live.until(partial(has_lines, 2 * said))
                assert texts(one) == texts(two)
                assert set(texts(one)) == everything
                mine = [text for text in texts(one) if not text.endswith("too")]
                assert mine == [f"{i}" for i in range(said)]
