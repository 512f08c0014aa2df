"""The daily reconciliation with the payment provider."""

from datetime import timedelta

import structlog

from market.sales.orders.money.money_problems import reconcile_day
from market.service.worker.context import WorkerContext
from payments.ledger.reconciliation import find_last_statement_day

log = structlog.get_logger()

MAX_DAYS = 31
"""How many days are compared at most after a time without a worker or a provider."""


async def reconcile_yesterday(context: WorkerContext) -> None:
    """Compare the provider's statement of yesterday, and of the days before that were missed, with the ledger.

    A day was missed if no line of it or of a later day is stored. Without a provider there is no statement.

    Raises:
        GatewayUnavailable: the provider did not answer; the schedule tries again.
    """
    if not context.settings.stripe_key:
        return
    yesterday = context.clock.today() - timedelta(days=1)
    async with context.db.connection() as conn:
        last = await find_last_statement_day(conn, context.gateway.name)
    missed = 0 if last is None else min((yesterday - last).days, MAX_DAYS) - 1
    for ago in range(max(missed, 0), -1, -1):
        day = yesterday - timedelta(days=ago)
        found = await reconcile_day(context.db, context.gateway, day, now=context.clock.now())
        log.info("reconciled", day=day.isoformat(), discrepancies=len(found))
