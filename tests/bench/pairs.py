"""Alternating measurements of a figure and its limit, so that other load on the machine affects both."""

import statistics
import time
from collections.abc import Awaitable, Callable

from tests.bench.shop import Row


async def per_second(work: Callable[[], Awaitable[int]]) -> float:
    """Run work that returns its number of units; return units per second."""
    begun = time.perf_counter()
    done = await work()
    return done / (time.perf_counter() - begun)


async def in_pairs(
    name: str,
    unit: str,
    *,
    repeats: int,
    limit: Callable[[], Awaitable[int]],
    ours: Callable[[], Awaitable[int]],
    reset: Callable[[], Awaitable[None]] | None = None,
) -> Row:
    """Measure limit and figure alternately, `repeats` times, and return the medians per second.

    `reset` runs after each pair and is not measured.
    """
    limit_rates: list[float] = []
    our_rates: list[float] = []
    for _ in range(repeats):
        limit_rates.append(await per_second(limit))
        our_rates.append(await per_second(ours))
        if reset is not None:
            await reset()
    value, best = statistics.median(our_rates), statistics.median(limit_rates)
    return Row(name, round(value, 1), unit, round(best, 1), round(value / best, 3))
