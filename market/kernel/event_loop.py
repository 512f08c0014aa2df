"""The event loop of every process: uvloop, with which a statement takes half of the processor's time (ADR 133)."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any


def make_event_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop; Windows, for which there is no uvloop, has its own."""
    if sys.platform == "win32":
        return asyncio.new_event_loop()
    import uvloop

    return uvloop.new_event_loop()


def run_to_end[T](work: Coroutine[Any, Any, T]) -> T:
    """Run `work` in an event loop of its own, and return its result."""
    return asyncio.run(work, loop_factory=make_event_loop)
