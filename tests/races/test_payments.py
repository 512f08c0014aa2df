"""An order that is paid and cancelled at once."""

import asyncio

import pytest

from market.kernel import Connection, GatewayUnavailable
from market.sales.orders.cancel import cancel_order
from market.sales.orders.money.verification import verify_orders
from payments import PaymentState, list_payments, verify_ledger
from tests.conftest import NOW
from tests.support.make import make_freight_template, make_product
from tests.support.shop import Shopping

WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


async def wait_for(owner: Connection, waiting: int) -> None:
    """Wait until so many connections wait for a lock; the transaction's view of them is cleared each time."""
    async with asyncio.timeout(3):
        while await owner.fetchval(WAITING) < waiting:
            await asyncio.sleep(0.005)
            await owner.execute("SELECT pg_stat_clear_snapshot()")


async def test_an_order_is_not_cancelled_while_a_payment_that_opened_meanwhile_is_open(
    shopping: Shopping, owner: Connection
) -> None:
    """The cancellation sees no payment and waits for the order behind the payment that opens."""
    w = shopping
    async with w.db.transaction() as conn:
        product = await make_product(conn)
        await make_freight_template(conn, product.producer_id)
    order = await w.place([(product.variant_id, 1)])
    async with owner.transaction():
        await owner.execute("SELECT FROM orders FOR UPDATE")
        paying = asyncio.create_task(w.start(order))
        await wait_for(owner, 1)
        cancelling = asyncio.create_task(cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW))
        await wait_for(owner, 2)
    await paying
    with pytest.raises(GatewayUnavailable):
        await cancelling
    assert (await w.see(order)).state == "placed"
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 0)
    async with w.db.connection() as conn:
        [payment] = await list_payments(conn, str(order.number))
        assert payment.state is PaymentState.CANCELED
        assert await verify_orders(conn) == await verify_ledger(conn) == []
