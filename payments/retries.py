"""Leases, retries and giving up: the same for every queue of this library and of the caller.

A queue is a table with the columns `attempts`, `next_at` and `error`. A worker claims the due rows with a lease: the
claim counts an attempt and moves `next_at` past the lease, so that another worker takes over if this one dies. A failed
attempt moves `next_at` by a delay that doubles each time; after the last attempt the row is given up with its error.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from msgspec import Struct

MAX_ERROR_LENGTH = 500


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """How long one attempt may take, how long to wait after a failed one, and when to give up.

    The lease is longer than the slowest attempt. Without `max_attempts` a row is never given up.
    """

    lease: timedelta = timedelta(minutes=1)
    first_delay: timedelta
    max_delay: timedelta
    max_attempts: int | None = None

    def compute_delay(self, attempts: int) -> timedelta | None:
        """Return the wait after `attempts` failed attempts, or None after the last one."""
        if self.max_attempts is not None and attempts >= self.max_attempts:
            return None
        return min(self.first_delay * 2 ** min(max(attempts - 1, 0), 20), self.max_delay)


class BatchSummary(Struct, frozen=True, kw_only=True):
    """How many items were done and how many failed."""

    done: int = 0
    failed: int = 0


def describe_error(error: BaseException) -> str:
    """Return the text that a queue keeps of an error."""
    return escape_error(f"{type(error).__name__}: {error}")


def escape_error(text: str) -> str:
    """Return at most 500 characters of an error's text; what no database stores, surrogates and NUL, is escaped."""
    return text.replace("\0", "\\0").encode(errors="backslashreplace").decode()[:MAX_ERROR_LENGTH]


async def run_each[Item](
    items: Sequence[Item],
    work: Callable[[Item], Awaitable[object]],
    fail: Callable[[Item, Exception], Awaitable[object]],
    *,
    concurrency: int = 1,
) -> BatchSummary:
    """Do the work of each item, at most `concurrency` at a time.

    An exception of one item goes to `fail`, which records it, and never blocks the other items.
    """
    semaphore = asyncio.Semaphore(concurrency)

    async def run_one(item: Item) -> bool:
        async with semaphore:
            try:
                await work(item)
            except Exception as error:  # noqa: BLE001 - whatever one item raises is recorded with it
                await fail(item, error)
                return False
            return True

    outcomes = await asyncio.gather(*(run_one(item) for item in items))
    return BatchSummary(done=sum(outcomes), failed=len(outcomes) - sum(outcomes))
