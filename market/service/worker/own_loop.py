"""An event loop in a thread of its own, for work that would hold up the other jobs of the worker."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from market.kernel.event_loop import make_event_loop


class OwnLoop:
    """Runs coroutines in another thread; what they use must be opened there as well."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    async def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`; cancelling the caller cancels it."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))


@asynccontextmanager
async def open_own_loop(name: str) -> AsyncGenerator[OwnLoop]:
    """Yield an event loop that runs in a thread of this name until the block ends."""
    loop = make_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
    thread.start()
    try:
        yield OwnLoop(loop)
    finally:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_end_tasks(), loop))
        loop.call_soon_threadsafe(loop.stop)
        await asyncio.to_thread(thread.join)
        loop.close()


async def _end_tasks() -> None:
    """Wait for what was cancelled in the running loop, so that its transactions are rolled back."""
    await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}), return_exceptions=True)
