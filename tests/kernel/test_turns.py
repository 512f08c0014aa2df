"""What takes much memory is done in turns: few at once, few waiting, the others are told when to try again."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from market.kernel import Busy
from market.kernel.memory import MAX_OF_ONE, MAX_WAITING, RETRY_SECONDS, Turns


async def test_no_more_than_so_many_hold_a_turn_and_those_beyond_the_queue_are_refused() -> None:
    turns, holding, most, done = Turns(2), 0, 0, asyncio.Event()

    async def hold(account: int) -> None:
        nonlocal holding, most
        async with turns.take(account):
            holding += 1
            most = max(most, holding)
            await done.wait()
            holding -= 1

    tasks = [asyncio.create_task(hold(account)) for account in range(2 + MAX_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Busy) as refused:
        async with turns.take("one more"):
            pass
    assert refused.value.facts["retry_after"] == RETRY_SECONDS
    # Who leaves the queue makes room in it.
    tasks[-1].cancel()
    await asyncio.gather(tasks[-1], return_exceptions=True)
    tasks[-1] = asyncio.create_task(hold(0))
    await asyncio.sleep(0)
    done.set()
    await asyncio.gather(*tasks)
    assert most == 2


async def test_a_turn_that_does_not_come_in_time_is_a_refusal_and_one_that_fails_is_given_back() -> None:
    turns = Turns(1, seconds=0.01)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(turns.take("a"))
        with pytest.raises(Busy):
            await stack.enter_async_context(turns.take("a"))
    with pytest.raises(ValueError, match="unreadable"):
        async with turns.take("a"):
            raise ValueError("unreadable")
    async with turns.take("a"):
        pass


async def test_one_account_leaves_the_queue_to_others() -> None:
    turns, done = Turns(1), asyncio.Event()

    async def hold(account: str) -> None:
        async with turns.take(account):
            await done.wait()

    tasks = [asyncio.create_task(hold("a")) for _ in range(MAX_OF_ONE)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await hold("a")
    tasks.append(asyncio.create_task(hold("b")))
    await asyncio.sleep(0)
    tasks[1].cancel()
    await asyncio.gather(tasks[1], return_exceptions=True)
    tasks[1] = asyncio.create_task(hold("a"))
    await asyncio.sleep(0)
    assert [task.done() for task in tasks] == [False] * (MAX_OF_ONE + 1)
    done.set()
    await asyncio.gather(*tasks)
    await asyncio.gather(*(hold("a") for _ in range(MAX_OF_ONE)))
