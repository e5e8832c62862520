import asyncio

from nearhand.kit.periodic import Periodic


async def test_a_failure_does_not_end_the_turns() -> None:
    turns = 0
    third = asyncio.Event()

    async def work() -> None:
        nonlocal turns
        turns += 1
        if turns == 1:
            raise RuntimeError("once")
        if turns == 3:
            third.set()

    async with Periodic("test", every_s=0, work=work):
        await asyncio.wait_for(third.wait(), 5)
    seen = turns
    for _ in range(10):
        await asyncio.sleep(0)
    assert turns == seen
