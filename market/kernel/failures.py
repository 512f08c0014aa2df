"""Failures of work that is found by its state: the item waits longer after each failure and delays no other.

A query that lists such work leaves out the items that have a row here whose `next_at` is in the future. An item that
is given up has `infinity` there. One that is done in another way than by its job, or is gone, is not listed any more:
its row is deleted a day after it was due.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import structlog

from market.kernel import Database, Query
from payments.retries import RetryPolicy, describe_error
from payments.sql import run_in_pieces

log = structlog.get_logger()

COUNT_FAILURE = Query(
    int,
    """
    INSERT INTO jobs.failures (job, item, next_at, error) VALUES (:job, :item, 'infinity', :error)
    ON CONFLICT (job, item) DO UPDATE SET attempts = failures.attempts + 1, error = excluded.error
    RETURNING attempts
    """,
)
SCHEDULE_RETRY = Query(
    None,
    "UPDATE jobs.failures SET next_at = clock_timestamp() + :delay::interval WHERE job = :job AND item = :item",
)
DELETE_STALE_FAILURES = Query(
    None,
    """
    DELETE FROM jobs.failures
     WHERE (job, item) IN (SELECT job, item FROM jobs.failures WHERE next_at < :before::timestamptz
                            ORDER BY next_at LIMIT :piece::integer)
    """,
)
DELETE_FAILURES = Query(None, "DELETE FROM jobs.failures WHERE job = :job AND item = ANY(:items::uuid[])")


async def record_failure(db: Database, policy: RetryPolicy, *, job: str, item: UUID, error: Exception) -> None:
    """Record a failed attempt and when the next one is due, in a transaction of its own."""
    log.error("item_failed", job=job, item=str(item), exc_info=error)
    async with db.transaction() as conn:
        attempts = await COUNT_FAILURE.one(conn, job=job, item=item, error=describe_error(error))
        delay = policy.compute_delay(attempts)
        if delay is not None:
            await SCHEDULE_RETRY.run(conn, job=job, item=item, delay=delay)


async def forget_failure(db: Database, *, job: str, item: UUID) -> None:
    """Forget the failures of an item that is done."""
    await forget_failures(db, job=job, items=[item])


async def forget_failures(db: Database, *, job: str, items: Sequence[UUID]) -> None:
    """Forget the failures of items that are done."""
    async with db.connection() as conn:
        await DELETE_FAILURES.run(conn, job=job, items=list(items))


async def delete_stale_failures(db: Database, before: datetime) -> int:
    """Delete the failures of items that no job has tried since they were due before a moment of real time."""
    return await run_in_pieces(db, DELETE_STALE_FAILURES, before=before)
