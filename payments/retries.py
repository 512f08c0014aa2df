"""Leases, retries and giving up: the same for every queue of this library and of the caller.

A queue is a table with the columns `attempts`, `next_at` and `error`. A worker claims the due rows with a lease: the
claim counts an attempt and moves `next_at` past the lease, so that another worker takes over if this one dies. A failed
attempt moves `next_at` by a delay that doubles each time; after the last attempt the row is given up with its error.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
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


async def run_listed[Item](
    list_due: Callable[[int], Awaitable[Sequence[Item]]],
    work: Callable[[Item], Awaitable[int]],
    fail: Callable[[Item, Exception], Awaitable[object]],
    *,
    most: int,
) -> int:
    """Do the work of what is due until nothing is; return the sum of what `work` returned.

    `most` items are a batch. Those that failed, or of which `work` did nothing, are listed again and passed over, so
    that what comes behind them is done. See `run_batches` and `run_each`.
    """
    done = 0

    async def run(items: Sequence[Item]) -> set[Item]:
        left = set[Item]()

        async def count(item: Item) -> None:
            nonlocal done
            did = await work(item)
            done += did
            if not did:
                left.add(item)

        async def keep(item: Item, error: Exception) -> None:
            left.add(item)
            await fail(item, error)

        await run_each(items, count, keep)
        return left

    await run_batches(list_due, run, most=most)
    return done


async def run_batches[Item](
    list_due: Callable[[int], Awaitable[Sequence[Item]]],
    run: Callable[[Sequence[Item]], Awaitable[Collection[Item]]],
    *,
    most: int,
) -> None:
    """Call `run` with batches of what is due until nothing is.

    `list_due` lists at most the number of items that it is passed, in any order, without those that are done. `run`
    returns the items of its batch that are not done: they are listed with the next batches and not passed to it again.
    """
    left = set[Item]()
    while True:
        items = [each for each in await list_due(most + len(left)) if each not in left]
        left.update(await run(items))
        if len(items) < most:
            return


async def run_claimed[Item](
    claim: Callable[[int], Awaitable[Sequence[Item]]],
    work: Callable[[Item], Awaitable[object]],
    fail: Callable[[Item, Exception], Awaitable[object]],
    *,
    concurrency: int,
    limit: int | None = None,
) -> BatchSummary:
    """Claim items and do their work until none is due or `limit` are claimed, at most `concurrency` at a time.

    `claim` returns at most the number of items that it is passed: that of the places that became free while it ran
    last. So a slow item occupies its own place only, and no item waits while its lease runs. An exception of one item
    goes to `fail`, as in `run_each`; one of `claim` or `fail` is raised when the items in progress have ended.
    """
    running = set[asyncio.Task[BatchSummary]]()
    summaries: list[BatchSummary] = []
    claimed, due = 0, True
    try:
        while True:
            room = concurrency - len(running) if limit is None else min(concurrency - len(running), limit - claimed)
            if due and room > 0:
                items = await claim(room)
                claimed, due = claimed + len(items), bool(items)
                running |= {asyncio.create_task(run_each([item], work, fail)) for item in items}
            if not running:
                return sum_batches(summaries)
            ended, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            summaries += [each.result() for each in ended]
    except asyncio.CancelledError:
        for each in running:
            each.cancel()
        raise
    finally:
        await asyncio.gather(*running, return_exceptions=True)


def sum_batches(summaries: Sequence[BatchSummary]) -> BatchSummary:
    """Return the sum of several summaries."""
    return BatchSummary(done=sum(each.done for each in summaries), failed=sum(each.failed for each in summaries))


class _Batch[Result]:
    """Results that are stored by one statement, and its error."""

    def __init__(self) -> None:
        self.results: list[Result] = []
        self.stored = False
        self.error: Exception | None = None


class StoredTogether[Result]:
    """Stores the results of concurrent work: what arrives while a statement runs is stored by the next one, together.

    `store` is one statement, so that its results are stored all or none.
    """

    def __init__(self, store: Callable[[Sequence[Result]], Awaitable[object]]) -> None:
        self._store = store
        self._batch: _Batch[Result] = _Batch()
        self._one_at_a_time = asyncio.Lock()

    async def add(self, result: Result) -> None:
        """Return when the result is stored; raise what prevented it, to everybody whose result was in the batch."""
        batch = self._batch
        batch.results.append(result)
        async with self._one_at_a_time:
            if batch is self._batch:
                self._batch = _Batch()
                try:
                    await self._store(batch.results)
                    batch.stored = True
                except Exception as error:
                    batch.error = error
                    raise
        if not batch.stored:
            raise batch.error or asyncio.CancelledError
