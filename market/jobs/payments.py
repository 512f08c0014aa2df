"""The job that processes the payment provider's messages. The webhook handler enqueues it."""

import structlog

from market.jobs.context import WorkerContext
from market.orders.mark_paid import apply_payment_events
from payments import apply_events

log = structlog.get_logger()

PAYMENTS_JOB = "payments"


async def apply_payment_messages(context: WorkerContext) -> None:
    """Process the provider's queued messages, book confirmed payments and refunds, and update the orders."""
    now = context.clock.now()
    while (applied := await apply_events(context.db, context.gateway, at=now)).done:
        log.info("payment_messages_applied", done=applied.done, parked=applied.parked, dead=applied.dead)
    await apply_payment_events(context.db, context.gateway, context.seal, now=now)
