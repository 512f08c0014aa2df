"""The every-minute schedule. It also repeats the queued jobs, so that none is lost."""

from market.aftersales.receive import confirm_overdue
from market.jobs.context import WorkerContext, run_isolated
from market.jobs.payments import apply_payment_messages
from market.notify.send import send_due_messages
from market.orders.expire import expire_orders
from payments import finish_operations, poll_due_payments
from payments.pay import expire_payments

EVERY_MINUTE = "* * * * *"


async def send_messages(context: WorkerContext) -> None:
    """Send the queued messages."""
    await send_due_messages(context.db, context.seal, context.port, now=context.clock.now())


async def run_every_minute(context: WorkerContext) -> None:
    """Finish provider calls and poll payments, expire unpaid orders, confirm overdue receipts, send messages."""
    now, db, gateway = context.clock.now(), context.db, context.gateway
    await run_isolated(
        ("finish_operations", lambda: finish_operations(db, gateway, at=now)),
        ("poll_due_payments", lambda: poll_due_payments(db, gateway, at=now)),
        ("expire_orders", lambda: expire_orders(db, gateway, now=now)),
        ("expire_payments", lambda: expire_payments(db, gateway, now=now)),
        ("apply_payment_messages", lambda: apply_payment_messages(context)),
        (
            "confirm_overdue",
            lambda: confirm_overdue(db, now=now, days=context.settings.receive_days, seal=context.seal),
        ),
        ("send_messages", lambda: send_messages(context)),
    )
