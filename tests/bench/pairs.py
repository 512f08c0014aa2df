"""Measuring ours and the limit in turn, so that whatever else the machine does falls on both."""

import statistics
import time
from collections.abc import Awaitable, Callable

from tests.bench.shop import Row


async def per_second(work: Callable[[], Awaitable[int]]) -> float:
    """Do work that returns how much it did; return how much that is a second."""
    begun = time.perf_counter()
    done = await work()
    return done / (time.perf_counter() - begun)


async def in_pairs(
    name: str, unit: str, *, repeats: int, limit: Callable[[], Awaitable[int]], ours: Callable[[], Awaitable[int]]
) -> Row:
    """Measure the limit and ours one after the other, `repeats` times, and return the medians a second."""
    theirs_found: list[float] = []
    ours_found: list[float] = []
    for _ in range(repeats):
        theirs_found.append(await per_second(limit))
        ours_found.append(await per_second(ours))
    value, most = statistics.median(ours_found), statistics.median(theirs_found)
    return Row(name, round(value, 1), unit, round(most, 1), round(value / most, 3))
