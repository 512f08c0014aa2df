"""A paid payment and a requested refund."""

from datetime import UTC, datetime

import pytest

from payments import (
    Database,
    GatewayUnavailable,
    Part,
    Payment,
    Refund,
    RefundState,
    finish_operations,
    get_refund,
    poll_payment,
    request_refund,
    send_refund,
)
from payments.sandbox import Sandbox
from payments.sql import Connection
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


async def unanswered(database: Database, gateway: Stripe, sandbox: Sandbox, payment: Payment) -> tuple[Refund, str]:
    """Return a refund of 46.00 whose call had no answer, and the provider's reference of it: pending there."""
    refund = await wanted(database, payment, 46_00)
    await sandbox.fault("refund", "close", after=True)
    with pytest.raises(GatewayUnavailable):
        await send_refund(database, gateway, refund.id)
    (made,) = [
        each for each in (await sandbox.state())["refunds"] if each["payment_intent"] == get_provider_ref(payment)
    ]
    await sandbox.set_refund(made["id"], "pending")
    return refund, made["id"]


async def pending(database: Database, gateway: Stripe, sandbox: Sandbox, owner: Connection, payment: Payment) -> Refund:
    """Return a refund of 46.00 that the provider has answered as pending; its call is done."""
    refund, ref = await unanswered(database, gateway, sandbox, payment)
    await owner.execute("UPDATE payments.operations SET first_sent_at = now() - interval '21 hours', next_at = now()")
    assert await finish_operations(database, gateway) == 1
    async with database.connection() as conn:
        refund = await get_refund(conn, refund.id)
    assert (refund.state, refund.provider_ref) == (RefundState.PENDING, ref)
    return refund
