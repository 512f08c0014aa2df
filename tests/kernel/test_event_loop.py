"""What runs outside the server has the event loop that granian selects for it."""

import asyncio

import uvloop

from market.kernel.event_loop import run_to_end
from market.service.worker.own_loop import open_own_loop


async def find_loop() -> str:
    return type(asyncio.get_running_loop()).__module__


def test_commands_run_in_the_event_loop_of_the_service() -> None:
    assert run_to_end(find_loop()) == uvloop.__name__


async def test_tasks_run_in_the_event_loop_of_the_service() -> None:
    async with open_own_loop("tasks") as own:
        assert await own.run(find_loop()) == uvloop.__name__
