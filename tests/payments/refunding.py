"""A paid payment and a requested refund."""

from datetime import UTC, datetime

from payments import (
    Database,
    Part,
    Payment,
    Refund,
    poll_payment,
    request_refund,
)
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.support.sandbox_payments import (
    get_provider_ref,
    make_order_ref,
    start_test_payment,
)

AT = datetime(2019, 9, 22, 7, 0, tzinfo=UTC)


async def paid(database: Database, gateway: Stripe, sandbox: Sandbox, parts: list[Part] | None = None) -> Payment:
    order = parts[0].name.rsplit("-", 1)[0] if parts else make_order_ref()
    payment = await start_test_payment(database, gateway, order=order, parts=parts)
    await sandbox.pay(get_provider_ref(payment))
    return await poll_payment(database, gateway, payment.id)


async def wanted(database: Database, payment: Payment, minor: int, key: str = "r") -> Refund:
    async with database.transaction() as conn:
        return await request_refund(conn, payment.id, amount_minor=minor, key=f"{key}:{payment.order_ref}", at=AT)
