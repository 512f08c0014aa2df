"""What takes much memory is done in turns: few at once, few waiting, the others are told when to try again."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from market.kernel import Busy
from market.kernel.memory import MAX_WAITING, RETRY_SECONDS, Turns


async def test_no_more_than_so_many_hold_a_turn_and_those_beyond_the_queue_are_refused() -> None:
    turns, holding, most, done = Turns(2), 0, 0, asyncio.Event()

    async def hold() -> None:
        nonlocal holding, most
        async with turns.take():
            holding += 1
            most = max(most, holding)
            await done.wait()
            holding -= 1

    tasks = [asyncio.create_task(hold()) for _ in range(2 + MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Busy) as refused:
        async with turns.take():
            pass
    assert refused.value.facts["retry_after"] == RETRY_SECONDS
    # Who leaves the queue makes room in it.
    tasks[-1].cancel()
    await asyncio.gather(tasks[-1], return_exceptions=True)
    tasks[-1] = asyncio.create_task(hold())
    await asyncio.sleep(0)
    done.set()
    await asyncio.gather(*tasks)
    assert most == 2


async def test_a_turn_that_does_not_come_in_time_is_a_refusal_and_one_that_fails_is_given_back() -> None:
    turns = Turns(1, seconds=0.01)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(turns.take())
        with pytest.raises(Busy):
            await stack.enter_async_context(turns.take())
    with pytest.raises(ValueError, match="unreadable"):
        async with turns.take():
            raise ValueError("unreadable")
    async with turns.take():
        pass
