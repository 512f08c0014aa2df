"""Money that goes wrong after payment: everyone is told, and a disputed order releases nothing."""

from datetime import timedelta

import pytest

from market.kernel import Connection
from market.people.identity.models import Role
from market.sales.aftersales.models import LineRefundReason
from market.sales.aftersales.receive import confirm_overdue, confirm_receipt
from market.sales.aftersales.refund import refund_line
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.cancel import cancel_order
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import PaymentDisputed, PlacedOrder
from payments import list_failed_refunds, list_payments, list_refunds, poll_payment, retry_due_refunds, verify_ledger
from tests.conftest import NOW
from tests.sales.orders.invariants import find_violations
from tests.support.make import (
    ProductIds,
    load_owner,
    make_activity,
    make_freight_template,
    make_official,
    make_product,
)
from tests.support.shop import Shopping

LATER = NOW + timedelta(days=30)


class Sale:
    """One paid order of 40.00 and 5.00 of freight, and what happens to it at the provider."""

    def __init__(self, shopping: Shopping, product: ProductIds, order: PlacedOrder) -> None:
        self.shopping, self.product, self.order = shopping, product, order

    async def ship(self) -> None:
        seen = await self.shopping.see(self.order)
        async with self.shopping.db.transaction() as conn:
            owner = await load_owner(conn, self.product.producer_id)
            await ship_suborder(
                conn, self.shopping.seal, owner, seen.suborders[0].id, carrier="邮政", tracking="EMS0001", now=NOW
            )

    async def receive(self) -> None:
        async with self.shopping.db.transaction() as conn:
            await confirm_receipt(conn, self.shopping.seal, self.shopping.buyer, self.order.id, now=NOW)

    async def refund(self, amount_fen: int, key: str = "bad") -> None:
        seen = await self.shopping.see(self.order)
        async with self.shopping.db.connection() as conn:
            owner = await load_owner(conn, self.product.producer_id)
        await refund_line(
            self.shopping.db, self.shopping.gateway, self.shopping.seal, owner, seen.suborders[0].lines[0].id, key=key,
            reason=LineRefundReason.AGREED, amount_fen=amount_fen, now=NOW,
        )  # fmt: skip
        await self.hear()

    async def get_provider_ref(self) -> str:
        async with self.shopping.db.connection() as conn:
            return (await list_payments(conn, str(self.order.number)))[0].provider_ref or ""

    async def dispute(self, amount: int | None = None) -> str:
        dispute = await self.shopping.sandbox.open_dispute(await self.get_provider_ref(), amount)
        await self.hear()
        return str(dispute["id"])

    async def judge(self, ref: str, end: str) -> None:
        await self.shopping.sandbox.close_dispute(ref, end)
        await self.hear()

    async def fail_refunds(self) -> None:
        """Let the buyer's bank return every refund."""
        async with self.shopping.db.connection() as conn:
            (payment,) = await list_payments(conn, str(self.order.number))
            refs = [each.provider_ref for each in await list_refunds(conn, payment.id)]
        for ref in refs:
            await self.shopping.sandbox.set_refund(ref or "", "failed")
        await self.hear()

    async def hear(self) -> None:
        """Ask the provider for the payment's state and apply the events."""
        w = self.shopping
        async with w.db.connection() as conn:
            (payment,) = await list_payments(conn, str(self.order.number))
        await poll_payment(w.db, w.gateway, payment.id, at=NOW)
        await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)

    async def new_messages(self) -> list[tuple[str, str]]:
        """Return the messages that were queued after the payment, the templates sorted."""
        known = {"order_paid", "to_ship", "shipped"}
        return sorted(each for each in await self.shopping.messages() if each[0] not in known)


@pytest.fixture
async def sale(shopping: Shopping) -> Sale:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=40_00, left=5, commission_bp=200, gross_g=700)
        await make_freight_template(conn, product.producer_id)
        county = await conn.fetchval("SELECT county_code FROM producers WHERE id = $1", product.producer_id)
        await make_official(conn, Role.FINANCE, str(county))
        await make_official(conn, Role.FINANCE, "130999")
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    return Sale(shopping, product, order)


async def check(shopping: Shopping) -> None:
    async with shopping.db.connection() as conn:
        assert await verify_ledger(conn) == []


async def test_a_refund_that_does_not_arrive_is_shown_and_everyone_is_told_once(sale: Sale) -> None:
    await sale.refund(5_00)
    await sale.refund(3_00, key="more")
    await sale.fail_refunds()
    seen = await sale.shopping.see(sale.order)
    assert (seen.refunded_fen, seen.refund_arrived_fen, seen.refund_failed_fen) == (8_00, 0, 8_00)
    n = sale.order.number
    failed = [(name, facts) for name, facts in await sale.new_messages() if name.startswith("refund_failed")]
    assert failed == [
        (f"refund_failed{suffix}", f'{{"order":"{n}","amount":"{amount}"}}')
        for suffix in ("", "_finance", "_seller")
        for amount in ("3.00", "5.00")
    ]
    async with sale.shopping.db.transaction() as conn:
        assert len(await list_failed_refunds(conn)) == 2
    await check(sale.shopping)


async def test_a_refund_sent_again_arrives_and_the_order_says_so(sale: Sale, owner: Connection) -> None:
    await sale.refund(5_00)
    await sale.fail_refunds()
    await owner.execute("UPDATE payments.refunds SET retry_at = now()")
    assert await retry_due_refunds(sale.shopping.db, sale.shopping.gateway, at=NOW) == 1
    await sale.hear()
    seen = await sale.shopping.see(sale.order)
    assert (seen.refunded_fen, seen.refund_arrived_fen, seen.refund_failed_fen) == (5_00, 5_00, 0)
    await check(sale.shopping)


async def test_nothing_of_a_disputed_order_is_released_until_it_is_won(sale: Sale) -> None:
    await sale.ship()
    ref = await sale.dispute(10_00)
    assert (await sale.shopping.see(sale.order)).disputed
    assert await confirm_overdue(sale.shopping.db, now=LATER, days=10, seal=sale.shopping.seal) == 0
    await sale.receive()
    n = sale.order.number
    held = await sale.shopping.balances()
    freight = (await sale.shopping.see(sale.order)).freight_fen
    assert held == {"clearing:alipay": -40_00 - freight, f"escrow:{n}-1": 30_00 + freight, f"disputed:{n}": 10_00}
    with pytest.raises(PaymentDisputed):
        await sale.refund(1_00)
    await sale.judge(ref, "won")
    seen = await sale.shopping.see(sale.order)
    assert (seen.state, seen.disputed) == ("finished", False)
    released = await sale.shopping.balances()
    assert released[next(code for code in released if code.startswith("payable:"))] == 39_20
    assert f"escrow:{n}-1" not in released
    assert [name for name, _ in await sale.new_messages()] == [
        "dispute_opened", "dispute_opened_finance", "dispute_opened_seller", "dispute_won", "dispute_won_finance",
        "dispute_won_seller", "money_owed",
    ]  # fmt: skip
    async with sale.shopping.db.connection() as conn:
        assert {name: count for name, count in (await find_violations(conn)).items() if not name.startswith("14")} == {}
    await check(sale.shopping)


async def test_a_disputed_order_is_not_cancelled(sale: Sale) -> None:
    await sale.dispute()
    w = sale.shopping
    with pytest.raises(PaymentDisputed):
        await cancel_order(w.db, w.gateway, w.seal, w.buyer, sale.order.id, now=NOW)
    assert (await w.see(sale.order)).state == "paid"


async def test_a_dispute_lost_before_shipping_cancels_the_order_and_frees_the_stock(sale: Sale) -> None:
    await sale.judge(await sale.dispute(), "lost")
    assert (await sale.shopping.see(sale.order)).state == "cancelled"
    assert await sale.shopping.lots() == [(5, 0, 0)]
    assert await sale.shopping.balances() == {}
    await check(sale.shopping)


async def test_a_dispute_lost_before_the_day_frees_the_places_of_an_activity(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        activity = await make_activity(conn, places=20)
        product = await make_product(conn)
    order = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 3))
    await shopping.pay(order)
    sale = Sale(shopping, product, order)
    await sale.judge(await sale.dispute(), "lost")
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT free FROM slots") == 20
        assert await conn.fetchval("SELECT state FROM slot_reservations") == "cancelled"


async def test_a_dispute_lost_after_shipping_releases_nothing(sale: Sale) -> None:
    await sale.ship()
    ref = await sale.dispute()
    await sale.receive()
    await sale.judge(ref, "lost")
    seen = await sale.shopping.see(sale.order)
    assert seen.state == "finished"
    assert await sale.shopping.balances() == {}
    await check(sale.shopping)


async def test_a_dispute_lost_after_release_takes_what_the_producer_was_owed(sale: Sale) -> None:
    await sale.ship()
    await sale.receive()
    await sale.judge(await sale.dispute(), "lost")
    assert await sale.shopping.balances() == {}
    assert "dispute_lost_seller" in [name for name, _ in await sale.new_messages()]
    await check(sale.shopping)
