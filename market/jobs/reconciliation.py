"""The daily reconciliation with the payment provider."""

from datetime import timedelta

import structlog

from market.jobs.context import WorkerContext
from market.orders.money.money_problems import reconcile_day

log = structlog.get_logger()


async def reconcile_yesterday(context: WorkerContext) -> None:
    """Compare the provider's statement of yesterday with the ledger; without a provider there is none.

    Raises:
        GatewayUnavailable: the provider did not answer; the schedule tries again.
    """
    if not context.settings.stripe_key:
        return
    day = context.clock.today() - timedelta(days=1)
    found = await reconcile_day(context.db, context.gateway, day, now=context.clock.now())
    log.info("reconciled", day=day.isoformat(), discrepancies=len(found))
