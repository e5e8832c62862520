"""The adapter and a real Janus: it stays connected, notices at once when Janus dies or hangs, and comes back."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from nearhand.sessions import janus as adapter
from nearhand.sessions.janus import Janus
from nearhand.sessions.sfu import SfuDown, SfuRefused, Watching
from tests.support.janus import ADMIN_KEY, API_SECRET, JanusProcess

IDLE = Watching(lambda: None, lambda _: None, lambda: None)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[JanusProcess]:
    with JanusProcess(tmp_path) as process:
        yield process


@asynccontextmanager
async def connected(process: JanusProcess) -> AsyncIterator[tuple[Janus, list[bool]]]:
    """The adapter, and each change of whether it is up."""
    janus = Janus(process.url, api_secret=API_SECRET, admin_key=ADMIN_KEY)
    changes: list[bool] = []
    janus.watch(lambda: changes.append(janus.is_up))
    await janus.start()
    try:
        await eventually(lambda: janus.is_up)
        yield janus, changes
    finally:
        await janus.stop()


async def eventually(holds: Callable[[], bool], within_s: float = 20) -> None:
    async with asyncio.timeout(within_s):
        while not holds():  # noqa: ASYNC110  it comes from another process
            await asyncio.sleep(0.02)


async def test_a_quiet_connection_stays(process: JanusProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(adapter, "KEEPALIVE_S", 0.05)
    monkeypatch.setattr(adapter, "ANSWER_WITHIN_S", 0.5)
    async with connected(process) as (janus, changes):
        room = await janus.open()
        await asyncio.sleep(1.5)  # of Janus' own time, in which it is told thirty times that we are there
        assert changes == [True]
        await room.close()


async def test_a_killed_one_is_noticed_at_once_and_found_again(process: JanusProcess) -> None:
    async with connected(process) as (janus, changes):
        room = await janus.open()
        process.kill()
        await eventually(lambda: not janus.is_up, within_s=1)
        with pytest.raises(SfuDown):
            await room.sending("v=0", IDLE)
        await room.close()  # never raises
        process.start()
        await eventually(lambda: janus.is_up)
        assert changes == [True, False, True]


async def test_one_that_hangs_is_noticed_within_seconds(process: JanusProcess) -> None:
    async with connected(process) as (janus, _):
        process.process.send_signal(signal.SIGSTOP)
        await eventually(lambda: not janus.is_up, within_s=20)
        process.process.send_signal(signal.SIGCONT)


async def test_nonsense_is_refused_and_hurts_nobody_else(process: JanusProcess) -> None:
    async with connected(process) as (janus, changes):
        room = await janus.open()
        with pytest.raises(SfuRefused):
            await room.sending("no description at all", IDLE)
        other = await janus.open()
        await other.close()
        await room.close()
        assert changes == [True]


async def test_a_wrong_secret_never_counts_as_there(process: JanusProcess) -> None:
    janus = Janus(process.url, api_secret="another", admin_key=ADMIN_KEY)
    await janus.start()
    await eventually(lambda: janus.trouble != "")
    assert not janus.is_up
    await janus.stop()
