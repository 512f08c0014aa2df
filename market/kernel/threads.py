"""Computations in a thread, and statements of another connection, beside the statements of a transaction."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any


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


@asynccontextmanager
async def start_beside[T](work: Coroutine[Any, Any, T]) -> AsyncGenerator[asyncio.Task[T]]:
    """Yield the task of a coroutine that runs beside the block; if the block fails, it is cancelled.

    An exception of the block is raised as it is, one of the coroutine by awaiting the task.
    """
    task = asyncio.create_task(work)
    try:
        yield task
    except BaseException:
        task.cancel()
        raise
    finally:
        await asyncio.wait([task])
