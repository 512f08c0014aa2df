"""Values that a process keeps for a few seconds."""

import asyncio

import pytest

from market.kernel.kept import KeptValue


async def test_callers_share_one_load_until_the_value_is_old() -> None:
    loads = 0

    async def load() -> int:
        nonlocal loads
        loads += 1
        await asyncio.sleep(0.01)
        return loads

    value = KeptValue(load, seconds=0.2)
    assert await asyncio.gather(*(value.get() for _ in range(10))) == [1] * 10
    assert await value.get() == 1
    await asyncio.sleep(0.25)
    assert await value.get() == 2


async def test_a_failed_load_is_not_kept_and_a_cancelled_caller_cancels_no_other() -> None:
    fails = True

    async def load() -> str:
        await asyncio.sleep(0.01)
        if fails:
            raise ConnectionError
        return "loaded"

    value = KeptValue(load, seconds=60)
    gone, waiting = asyncio.create_task(value.get()), asyncio.create_task(value.get())
    await asyncio.sleep(0)
    gone.cancel()
    with pytest.raises(ConnectionError):
        await waiting
    fails = False
    assert await value.get() == "loaded"
