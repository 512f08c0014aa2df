"""The daily reconciliation: every day's statement is compared, also after days without a worker."""

from datetime import timedelta

import msgspec

from market.kernel import Connection
from market.kernel.clock import Clock
from market.kernel.settings import Settings
from market.service.worker.context import WorkerContext
from market.service.worker.reconciliation import reconcile_yesterday
from payments import GuardedGateway, poll_payment
from payments.sandbox import running
from payments.stripe import Stripe
from tests.support.sandbox_payments import get_provider_ref, start_test_payment


async def test_days_that_were_missed_are_compared_later(context: WorkerContext, owner: Connection) -> None:
    today = Clock().today()
    clock = Clock(shift=timedelta(days=3))
    settings = Settings(data=context.settings.data, stripe_key="sk_test_sample")
    async with running() as bank, Stripe("sk_test_sample", bank.secret, base=bank.url) as gateway:
        payment = await start_test_payment(context.db, gateway)
        await bank.pay(get_provider_ref(payment))
        await poll_payment(context.db, gateway, payment.id)
        await owner.execute(
            "INSERT INTO payments.statement_lines (provider, day, line_ref, method, kind, currency, amount_minor,"
            " fee_minor, fee_currency) VALUES ($1, $2, 'txn_old', 'alipay', 'other', 'CNY', 0, 0, 'CNY')",
            gateway.name,
            today - timedelta(days=1),
        )
        await reconcile_yesterday(
            msgspec.structs.replace(context, settings=settings, clock=clock, gateway=GuardedGateway(gateway))
        )
    rows = await owner.fetch("SELECT day, ledger_key FROM payments.statement_lines WHERE kind <> 'other'")
    assert [tuple(row) for row in rows] == [(today, f"paid:{payment.id}")]
    assert await owner.fetchval("SELECT count(*) FROM payments.discrepancies") == 0
