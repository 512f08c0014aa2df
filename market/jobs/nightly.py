"""The nightly schedule: retention and scores."""

from datetime import timedelta

from market.catalogue.scores import refresh_scores
from market.identity.codes import delete_old_codes
from market.jobs.context import WorkerContext
from market.kernel import Query
from market.kernel.idempotency import delete_old_keys

EVERY_NIGHT = "0 20 * * *"
"""20:00 UTC, which is 04:00 in Shanghai."""
CODE_RETENTION = timedelta(days=2)
LOG_RETENTION = timedelta(days=7)
NEW_LISTING_PERIOD = timedelta(days=30)

DELETE_OLD_LOG = Query(None, "DELETE FROM jobs.pgqueuer_log WHERE created < :before")


async def run_nightly(context: WorkerContext) -> None:
    """Delete old one-time codes, idempotency keys and job logs, and recompute the scores of listings."""
    now = context.clock.now()
    async with context.db.transaction() as conn:
        await delete_old_codes(conn, before=now - CODE_RETENTION)
        await delete_old_keys(conn)
        await DELETE_OLD_LOG.run(conn, before=now - LOG_RETENTION)
    async with context.db.transaction() as conn:
        await refresh_scores(conn, new_since=now - NEW_LISTING_PERIOD)
