"""What waits for one slow reader waits in order, within limits, and only the newest of what can be replaced."""

import asyncio
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nearhand.kit.outbox import Outbox


class Reader:
    """Takes frames; while `is_slow` it takes none."""

    def __init__(self, *, limit_bytes: int = 10_000) -> None:
        self.items: list[Any] = []
        self.frames = 0
        self.overflows = 0
        self.now_s = 0.0
        self.is_gone = False
        self.free = asyncio.Event()
        self.free.set()
        self.outbox = Outbox(
            self.send,
            limit_bytes=limit_bytes,
            limit_s=5,
            monotonic=lambda: self.now_s,
            on_overflow=self.overflow,
        )

    async def send(self, text: str) -> None:
        await self.free.wait()
        if self.is_gone:
            raise ConnectionError
        self.frames += 1
        self.items += json.loads(text)

    def overflow(self) -> None:
        self.overflows += 1


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_while_the_reader_keeps_up_nothing_waits() -> None:
    reader = Reader()
    reader.outbox.put("1")
    reader.outbox.put("2,3")
    assert (reader.items, reader.frames) == ([1, 2, 3], 2)


async def test_an_empty_item_is_an_empty_array_alone_and_nothing_among_others() -> None:
    reader = Reader()
    reader.outbox.put("")
    assert (reader.items, reader.frames) == ([], 1)
    reader.free.clear()
    reader.outbox.put('"held"')
    reader.outbox.put("")
    reader.outbox.put("1")
    reader.free.set()
    await settle()
    assert reader.items == ["held", 1]


async def test_only_the_newest_pointer_waits_and_annotations_stay_in_order() -> None:
    """L7. A thousand pointer moves and four annotations queued become few messages, in order."""
    reader = Reader()
    reader.free.clear()
    reader.outbox.put('"held"')
    for number in range(1000):
        reader.outbox.put(f'"pointer {number}"', replaces="pointer")
        if number % 250 == 0:
            reader.outbox.put(f'"mark {number}"')
    reader.free.set()
    await settle()
    assert reader.items == ["held", "mark 0", "mark 250", "mark 500", "mark 750", "pointer 999"]
    assert reader.frames == 2


async def test_an_outbox_over_its_limit_overflows_once_and_sends_nothing_more() -> None:
    """L10. too_slow."""
    reader = Reader(limit_bytes=100)
    reader.free.clear()
    for number in range(60):
        reader.outbox.put(f'"{number:020}"')
    assert reader.overflows == 1
    reader.free.set()
    await settle()
    assert reader.items == []


async def test_what_a_reader_asked_for_itself_may_exceed_the_limit() -> None:
    reader = Reader(limit_bytes=100)
    reader.free.clear()
    reader.outbox.put('"held"')
    reader.outbox.put(json.dumps("x" * 1000), is_counted=False)
    reader.outbox.put('"next"')
    assert reader.overflows == 0
    reader.free.set()
    await settle()
    assert [len(item) for item in reader.items] == [4, 1000, 4]


async def test_a_reader_that_takes_nothing_for_too_long_is_stuck() -> None:
    reader = Reader()
    assert not reader.outbox.is_stuck()
    reader.free.clear()
    reader.outbox.put("1")
    reader.now_s = 4.9
    assert not reader.outbox.is_stuck()
    reader.now_s = 5.1
    assert reader.outbox.is_stuck()
    reader.free.set()
    await settle()
    assert not reader.outbox.is_stuck()


async def test_a_reader_that_is_gone_is_sent_nothing_more() -> None:
    reader = Reader()
    reader.is_gone = True
    reader.outbox.put("1")
    assert reader.outbox.is_closed
    slow = Reader()
    slow.free.clear()
    slow.outbox.put("1")
    slow.outbox.put("2")
    slow.is_gone = True
    slow.free.set()
    await settle()
    assert slow.outbox.is_closed
    assert slow.items == []


async def test_closing_drops_what_waits() -> None:
    reader = Reader()
    reader.free.clear()
    reader.outbox.put("1")
    reader.outbox.put("2")
    reader.outbox.close()
    reader.free.set()
    await settle()
    reader.outbox.put("3")
    assert reader.items == []


@given(st.lists(st.one_of(st.none(), st.integers(0, 2), st.booleans()), max_size=60))
def test_nothing_durable_is_lost_and_nothing_is_reordered(steps: list[Any]) -> None:
    """None: something durable. A number: something fleeting of that key. True and False: the reader stops and goes on."""

    async def run() -> None:
        reader = Reader()
        durable = []
        for sent, step in enumerate(steps):
            if step is None:
                reader.outbox.put(json.dumps(["durable", sent]))
                durable.append(sent)
            elif isinstance(step, bool):
                reader.free.clear() if step else reader.free.set()
                await settle()
            else:
                reader.outbox.put(json.dumps([f"fleeting {step}", sent]), replaces=step)
        reader.free.set()
        await settle()
        await settle()
        assert [n for kind, n in reader.items if kind == "durable"] == durable
        for key in range(3):
            order = [n for kind, n in reader.items if kind == f"fleeting {key}"]
            assert order == sorted(order)

    asyncio.run(run())
