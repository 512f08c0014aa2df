"""Payment: one open payment and one charge per order; captures mark the order as paid or are refunded."""

import asyncio
from datetime import date, timedelta
from typing import cast
from uuid import uuid4

import pytest

from market.catalogue.bookings.calendar import list_stay_nights
from market.kernel import GatewayUnavailable
from market.people.identity.models import NotFound
from market.privacy.close_account import close_account
from market.sales.orders.cancel import cancel_order
from market.sales.orders.expire import expire_orders
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import OrderAlreadyPaid, OrderNotPayable, PlacedOrder
from market.sales.orders.pay import PaymentInstructions, pay_order
from payments import Gateway, Method, consume_events, list_payments
from payments.outbox import publish_event
from payments.polling import finish_operations
from payments.port import Charge, Outcome
from tests.conftest import NOW
from tests.support.make import make_product, make_stay
from tests.support.payment import pay_and_apply, pay_at_sandbox
from tests.support.shop import Shopping, make_buyer, make_october_nights

LATER = NOW + timedelta(minutes=31)


async def test_a_paid_order_sells_its_units_confirms_its_nights_and_notifies_everyone(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=45_00, left=5, commission_bp=200)
        stay = await make_stay(conn, price_fen=280_00)
    order = await shopping.place([(product.variant_id, 2)], nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    seen = await shopping.see(order)
    assert (seen.state, seen.paid_at, seen.payment and seen.payment.state) == ("paid", NOW, "captured")
    assert [each.state for each in seen.suborders] == ["paid", "paid"]
    assert await shopping.lots() == [(3, 0, 2)]
    (booking,) = seen.suborders[1].bookings
    assert booking.state == "booked"
    assert booking.code is not None
    assert len(booking.code) == 8
    n = order.number
    assert await shopping.balances() == {
        "clearing:alipay": -650_00, f"escrow:{n}-1": 90_00, f"escrow:{n}-2": 560_00,
    }  # fmt: skip
    assert await shopping.messages() == [
        ("order_paid", f'{{"order":"{n}","amount":"650.00"}}'),
        ("booked", f'{{"title":"农家院客房","arrival":"10 月 3 日","nights":"2","code":"{booking.code}"}}'),
        ("guest_booked", '{"title":"农家院客房","arrival":"10 月 3 日","nights":"2"}'),
        ("to_ship", '{"count":"1"}'),
    ]
    async with shopping.db.connection() as conn:
        assert await conn.fetch("SELECT sold_count FROM listings ORDER BY id") == [(2,), (1,)]
        assert await conn.fetchval("SELECT count(*) FROM suborder_events WHERE state = 'paid'") == 2


async def test_paying_twice_continues_the_same_payment(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
    order = await shopping.place([(product.variant_id, 1)])
    first, again = await shopping.start(order), await shopping.start(order)
    assert again == first
    assert first.redirect_url is not None
    await shopping.pay(order)
    with pytest.raises(OrderAlreadyPaid):
        await shopping.start(order)
    async with shopping.db.connection() as conn:
        assert [each.id for each in await list_payments(conn, str(order.number))] == [first.payment_id]
    state = await shopping.sandbox.state()
    ours = [each for each in state["intents"] if each["metadata"]["payment"] == str(first.payment_id)]
    assert [each["status"] for each in ours] == ["succeeded"]


async def test_another_method_closes_the_previous_payment_first(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
    order = await shopping.place([(product.variant_id, 1)])
    old = await shopping.start(order)
    new = await shopping.start(order, method=Method.WECHAT)
    assert (new.method, new.qr_code is not None, old.qr_code) == ("wechat", True, None)
    async with shopping.db.connection() as conn:
        payments = await list_payments(conn, str(order.number))
    assert [(each.id, each.state) for each in payments] == [
        (new.payment_id, "requires_action"),
        (old.payment_id, "canceled"),
    ]


class CancelledMeanwhile:
    """A gateway whose buyer cancels the order in another window while the provider closes its payment."""

    def __init__(self, shopping: Shopping, order: PlacedOrder) -> None:
        self.shopping, self.order = shopping, order

    def __getattr__(self, name: str) -> object:
        return getattr(self.shopping.gateway, name)

    async def cancel(self, ref: str, key: str) -> Outcome[Charge]:
        outcome = await self.shopping.gateway.cancel(ref, key)
        shop = self.shopping
        await cancel_order(shop.db, shop.gateway, shop.seal, shop.buyer, self.order.id, now=NOW)
        return outcome


async def test_no_other_method_is_opened_for_an_order_that_is_cancelled_meanwhile(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
    order = await shopping.place([(product.variant_id, 1)])
    old = await shopping.start(order)
    gateway = cast("Gateway", CancelledMeanwhile(shopping, order))
    with pytest.raises(OrderNotPayable) as refused:
        await pay_order(shopping.db, gateway, shopping.buyer, order.id, method=Method.WECHAT, return_url=None, now=NOW)
    assert refused.value.facts == {"state": "cancelled"}
    async with shopping.db.connection() as conn:
        assert [(each.id, each.state) for each in await list_payments(conn, str(order.number))] == [
            (old.payment_id, "canceled")
        ]


async def test_only_the_buyer_pays_and_only_until_the_deadline(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn)
        stranger = await make_buyer(conn)
    order = await shopping.place([(product.variant_id, 1)])
    with pytest.raises(NotFound):
        await pay_order(
            shopping.db, shopping.gateway, stranger, order.id, method=Method.ALIPAY, return_url=None, now=NOW
        )
    with pytest.raises(OrderNotPayable) as refused:
        await shopping.start(order, now=NOW + timedelta(minutes=30))
    assert refused.value.facts == {"state": "expired"}
    async with shopping.db.connection() as conn:
        assert await list_payments(conn, str(order.number)) == []


async def test_an_event_is_applied_once(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
    order = await shopping.place([(product.variant_id, 2)])
    paying = await shopping.start(order)
    await pay_at_sandbox(shopping.db, shopping.gateway, shopping.sandbox, paying, now=NOW)
    assert await apply_payment_events(shopping.db, shopping.gateway, shopping.seal, now=NOW) == 1
    assert await apply_payment_events(shopping.db, shopping.gateway, shopping.seal, now=NOW) == 0
    assert await shopping.lots() == [(3, 0, 2)]


async def test_a_failing_event_does_not_block_the_others(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
    odd, order = await shopping.place([(product.variant_id, 1)]), await shopping.place([(product.variant_id, 1)])
    facts = {"payment": str(uuid4())}
    async with shopping.db.transaction() as conn:
        await publish_event(conn, "payment.captured", order=str(odd.number), facts=facts, at=NOW)
    paying = await shopping.start(order)
    await pay_at_sandbox(shopping.db, shopping.gateway, shopping.sandbox, paying, now=NOW)
    assert await apply_payment_events(shopping.db, shopping.gateway, shopping.seal, now=NOW) == 1
    assert [(await shopping.see(each)).state for each in (odd, order)] == ["placed", "paid"]
    async with shopping.db.connection() as conn:
        assert await consume_events(conn, ["payment.captured"]) == []
        failed = await conn.fetchrow("SELECT attempts, error, next_at > clock_timestamp() FROM payments.events")
        assert failed is not None
        assert tuple(failed) == (1, "PaymentNotFound: unknown_payment: There is no such payment.", True)
        for _ in range(30):
            await conn.execute("UPDATE payments.events SET next_at = clock_timestamp()")
            await apply_payment_events(shopping.db, shopping.gateway, shopping.seal, now=NOW)
        assert await conn.fetchval("SELECT attempts FROM payments.events WHERE dead_at IS NOT NULL") == 24


async def test_the_events_of_one_order_are_applied_without_those_of_others(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
    mine, other = await shopping.place([(product.variant_id, 1)]), await shopping.place([(product.variant_id, 1)])
    for order in (other, mine):
        paying = await shopping.start(order)
        await pay_at_sandbox(shopping.db, shopping.gateway, shopping.sandbox, paying, now=NOW)
    own = str(mine.number)
    assert await apply_payment_events(shopping.db, shopping.gateway, shopping.seal, now=NOW, order_ref=own) == 1
    assert [(await shopping.see(each)).state for each in (mine, other)] == ["paid", "placed"]


async def test_orders_without_a_payment_are_freed_while_the_provider_hangs(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=9)
    hanging = await shopping.place([(product.variant_id, 1)])
    await shopping.start(hanging)
    plain = await shopping.place([(product.variant_id, 1)])
    await shopping.sandbox.fault("cancel", "slow", seconds=2.0)
    expiring = asyncio.create_task(expire_orders(shopping.db, shopping.gateway, now=LATER))
    for _ in range(40):
        if (await shopping.see(plain)).state == "expired":
            break
        await asyncio.sleep(0.05)
    assert not expiring.done()
    assert [(await shopping.see(each)).state for each in (hanging, plain)] == ["placed", "expired"]
    assert await expiring == 2


async def test_an_expired_order_frees_its_stock_once(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
        stay = await make_stay(conn, rooms=1)
    order = await shopping.place([(product.variant_id, 2)], nights=[make_october_nights(stay.listing_id)])
    await shopping.start(order)
    assert await expire_orders(shopping.db, shopping.gateway, now=NOW + timedelta(minutes=29)) == 0
    assert await shopping.lots() == [(3, 2, 0)]
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 1
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 0
    assert await shopping.lots() == [(5, 0, 0)]
    seen = await shopping.see(order)
    assert (seen.state, seen.payment and seen.payment.state) == ("expired", "expired")
    assert [(each.state, [room.state for room in each.bookings]) for each in seen.suborders] == [
        ("expired", []),
        ("expired", ["expired"]),
    ]
    async with shopping.db.connection() as conn:
        free = await list_stay_nights(conn, stay.listing_id, arrive=date(2019, 10, 3), leave=date(2019, 10, 5))
    assert [each.free for each in free] == [1, 1]
    async with shopping.db.connection() as conn:
        moves = await conn.fetch("SELECT reason, units FROM stock_moves")
    assert [tuple(row) for row in moves] == [("expired", 2)]


async def test_a_payment_that_just_succeeded_keeps_its_order(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
    order = await shopping.place([(product.variant_id, 2)])
    paying = await shopping.start(order)
    async with shopping.db.connection() as conn:
        (payment,) = await list_payments(conn, str(order.number))
    await shopping.sandbox.pay(payment.provider_ref or "")
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 0
    await apply_payment_events(shopping.db, shopping.gateway, shopping.seal, now=LATER)
    seen = await shopping.see(order)
    assert (seen.state, await shopping.lots()) == ("paid", [(3, 0, 2)])
    assert paying.amount_fen == 90_00


async def expire_with_an_open_payment(shopping: Shopping, *, left: int) -> tuple[PlacedOrder, PaymentInstructions]:
    """Expire an order whose payment could not be closed at the provider."""
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=left)
        stay = await make_stay(conn, rooms=1)
    order = await shopping.place([(product.variant_id, 2)], nights=[make_october_nights(stay.listing_id)])
    paying = await shopping.start(order)
    await shopping.sandbox.fault("cancel", "500", times=9)
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 0
    assert await expire_orders(shopping.db, shopping.gateway, now=NOW + timedelta(minutes=41)) == 1
    await shopping.sandbox.clear_faults()
    return order, paying


async def test_a_late_payment_reserves_the_goods_again(shopping: Shopping) -> None:
    order, paying = await expire_with_an_open_payment(shopping, left=2)
    assert await shopping.lots() == [(2, 0, 0)]
    await pay_and_apply(
        shopping.db, shopping.gateway, shopping.sandbox, shopping.seal, paying, now=NOW + timedelta(hours=1)
    )
    seen = await shopping.see(order)
    assert (seen.state, await shopping.lots()) == ("paid", [(0, 0, 2)])
    assert [room.state for room in seen.suborders[1].bookings] == ["booked"]


@pytest.mark.parametrize("gone", ["goods", "rooms", "buyer"])
async def test_a_late_payment_is_refunded_if_the_goods_or_the_buyer_are_gone(shopping: Shopping, gone: str) -> None:
    order, paying = await expire_with_an_open_payment(shopping, left=2)
    async with shopping.db.transaction() as conn:
        if gone == "goods":
            await conn.execute("UPDATE lots SET available_units = 1")
        elif gone == "buyer":
            await close_account(conn, shopping.seal, shopping.buyer.account_id, by="test", now=LATER)
        else:
            await conn.execute("INSERT INTO taken_nights SELECT id, '[2019-10-04,2019-10-05)' FROM rooms")
    before = await shopping.lots()
    await pay_and_apply(
        shopping.db, shopping.gateway, shopping.sandbox, shopping.seal, paying, now=NOW + timedelta(hours=1)
    )
    seen = await shopping.see(order)
    assert (seen.state, await shopping.lots()) == ("expired", before)
    assert (seen.payment and seen.payment.refunded_fen) == 650_00
    assert await shopping.balances() == {}
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM taken_nights WHERE booking_id IS NOT NULL") == 0


async def test_a_payment_of_a_cancelled_order_is_refunded(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
    order = await shopping.place([(product.variant_id, 2)])
    paying = await shopping.start(order)
    async with shopping.db.transaction() as conn:
        await conn.execute("UPDATE orders SET state = 'cancelled'")
        await conn.execute("UPDATE suborders SET state = 'cancelled'")
    await pay_and_apply(shopping.db, shopping.gateway, shopping.sandbox, shopping.seal, paying, now=NOW)
    seen = await shopping.see(order)
    assert (seen.state, seen.payment and seen.payment.refunded_fen) == ("cancelled", 90_00)
    assert await shopping.balances() == {}


async def test_a_refund_that_failed_at_the_provider_is_sent_later(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
    order = await shopping.place([(product.variant_id, 2)])
    await shopping.pay(order)
    await shopping.sandbox.fault("refund", "500", times=9)
    await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW)
    assert await shopping.balances() == {"clearing:alipay": -90_00, f"refund:{order.number}": 90_00}
    await shopping.sandbox.clear_faults()
    async with shopping.db.pool.acquire() as conn:
        await conn.execute("UPDATE payments.operations SET next_at = clock_timestamp()")
    await finish_operations(shopping.db, shopping.gateway, at=NOW)
    assert await shopping.balances() == {}


async def test_an_unpaid_order_is_not_cancelled_while_the_provider_is_unavailable(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
    order = await shopping.place([(product.variant_id, 2)])
    await shopping.start(order)
    await shopping.sandbox.fault("cancel", "500", times=9)
    with pytest.raises(GatewayUnavailable):
        await cancel_order(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=NOW)
    assert ((await shopping.see(order)).state, await shopping.lots()) == ("placed", [(3, 2, 0)])
