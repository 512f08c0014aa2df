"""Computations in a thread, beside the statements of a transaction."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager


@asynccontextmanager
async def run_beside[**P, T](
    function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> AsyncGenerator[asyncio.Task[T]]:
    """Yield the task of a function that runs in a thread while the block waits for the database; the end awaits it.

    An exception of the block is raised as it is, one of the function by the task's `result`.
    """
    task = asyncio.create_task(asyncio.to_thread(function, *args, **kwargs))
    try:
        yield task
    finally:
        await asyncio.wait([task])
