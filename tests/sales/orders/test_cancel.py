"""Cancellation: unpaid orders free their stock; paid goods are refunded in full, nights by their tier."""

from datetime import date, timedelta

import pytest

from market.catalogue.bookings.calendar import list_stay_nights
from market.kernel import Fen
from market.people.identity.models import NotFound
from market.sales.aftersales.check_in import check_in_guest
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.cancel import Cancellation, cancel_order, cancel_unpaid, lock_own_order
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import OrderNotCancellable, PlacedOrder, RefundChanged
from market.sales.orders.money.verification import verify_orders
from payments import list_payments, verify_ledger
from tests.conftest import NOW
from tests.support.make import load_owner, make_freight_template, make_producer, make_product, make_stay
from tests.support.payment import pay_and_apply
from tests.support.shop import Shopping, make_buyer, make_october_nights


async def cancel(
    shopping: Shopping, order: PlacedOrder, *, positions: list[int] | None = None, days: int = 0
) -> Cancellation:
    return await cancel_order(
        shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, positions=positions,
        now=NOW + timedelta(days=days),
    )  # fmt: skip


async def test_cancelling_an_unpaid_order_frees_its_stock_and_closes_its_payment(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product, stay = await make_product(conn, left=5), await make_stay(conn, rooms=1)
    order = await shopping.place([(product.variant_id, 2)], nights=[make_october_nights(stay.listing_id)])
    await shopping.start(order)
    assert await cancel(shopping, order) == Cancellation(order.id, "cancelled", 0)  # pyright: ignore[reportArgumentType]
    assert await cancel(shopping, order) == Cancellation(order.id, "cancelled", 0)  # pyright: ignore[reportArgumentType]
    seen = await shopping.see(order)
    assert (seen.state, seen.payment and seen.payment.state) == ("cancelled", "canceled")
    assert await shopping.lots() == [(5, 0, 0)]
    assert await shopping.balances() == {}
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM taken_nights") == 0


async def test_paid_goods_are_refunded_in_full_with_their_freight(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5, price_fen=45_00, gross_g=2800)
        await make_freight_template(conn, product.producer_id)
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    cancelled = await cancel(shopping, order)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 59_00)
    assert (await cancel(shopping, order)).refund_fen == 59_00
    seen = await shopping.see(order)
    assert (seen.state, seen.refunded_fen, seen.payment and seen.payment.refunded_fen) == ("cancelled", 59_00, 59_00)
    assert await shopping.lots() == [(5, 0, 0)]
    assert await shopping.balances() == {}
    templates = [template for template, _ in await shopping.messages()]
    assert templates[-1] == "order_cancelled"


async def test_one_suborder_is_cancelled_and_the_other_continues(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        one, two = await make_product(conn, left=5, price_fen=45_00), await make_product(conn, left=5, price_fen=32_00)
    order = await shopping.place([(one.variant_id, 1), (two.variant_id, 1)])
    await shopping.pay(order)
    cancelled = await cancel(shopping, order, positions=[2])
    assert (cancelled.state, cancelled.refund_fen) == ("paid", 32_00)
    assert await cancel(shopping, order, positions=[2]) == cancelled, "the second press of the button"
    assert [template for template, _ in await shopping.messages()].count("order_cancelled") == 1
    seen = await shopping.see(order)
    assert [each.state for each in seen.suborders] == ["paid", "cancelled"]
    assert await shopping.lots() == [(4, 0, 1), (5, 0, 0)]
    n = order.number
    assert await shopping.balances() == {"clearing:alipay": -45_00, f"escrow:{n}-1": 45_00}
    with pytest.raises(OrderNotCancellable):
        await cancel(shopping, order)
    with pytest.raises(NotFound):
        await cancel(shopping, order, positions=[3])


async def test_shipped_or_used_suborders_cannot_be_cancelled(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product, stay = await make_product(conn), await make_stay(conn)
        owner = await load_owner(conn, product.producer_id)
        host = await load_owner(conn, stay.producer_id)
    order = await shopping.place([(product.variant_id, 1)], nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    seen = await shopping.see(order)
    code = seen.suborders[1].bookings[0].code or ""
    arrival = NOW + timedelta(days=13)
    async with shopping.db.transaction() as conn:
        await ship_suborder(
            conn, shopping.seal, owner, seen.suborders[0].id, carrier="邮政", tracking="EMS0001", now=NOW
        )
        await check_in_guest(conn, shopping.seal, host, code, now=arrival)
    before = await shopping.balances()
    for positions in (None, [1], [2], [1, 2]):
        with pytest.raises(OrderNotCancellable):
            await cancel(shopping, order, positions=positions)
    assert await shopping.balances() == before


@pytest.mark.parametrize(
    ("days", "back", "kept"),
    [(0, 560_00, 0), (13, 560_00, 0), (14, 280_00, 280_00), (17, 280_00, 280_00), (18, 0, 560_00), (20, 0, 560_00)],
)
async def test_nights_outside_holidays_are_refunded_by_their_notice(
    shopping: Shopping, days: int, back: int, kept: int
) -> None:
    """Nights from 10 October: 7 days' notice refunds everything, 3 days' half, less notice nothing."""
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, price_fen=280_00, rooms=1)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=10, leave=12)])
    await shopping.pay(order)
    cancelled = await cancel(shopping, order, days=days)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", back)
    seen = await shopping.see(order)
    assert seen.suborders[0].refunded_fen == back
    commission = kept * 300 // 10_000
    async with shopping.db.connection() as conn:
        number = await conn.fetchval("SELECT number FROM producers")
        free = await list_stay_nights(conn, stay.listing_id, arrive=date(2019, 10, 10), leave=date(2019, 10, 12))
    wanted = {"clearing:alipay": -kept, f"payable:{number}": kept - commission, "commission": commission}
    assert await shopping.balances() == {code: minor for code, minor in wanted.items() if minor}
    assert [each.free for each in free] == [1, 1]


async def test_a_stay_cannot_be_cancelled_once_a_guest_has_arrived(shopping: Shopping) -> None:
    """Even if the tiers refund everything on the day of arrival: one room is in use."""
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, price_fen=280_00, rooms=2)
        await conn.execute("DELETE FROM cancel_tiers")
        await conn.execute("INSERT INTO cancel_tiers VALUES ($1, false, 0, 10000)", stay.listing_id)
        host = await load_owner(conn, stay.producer_id)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id, rooms=2)])
    await shopping.pay(order)
    code = (await shopping.see(order)).suborders[0].bookings[0].code or ""
    async with shopping.db.transaction() as conn:
        await check_in_guest(conn, shopping.seal, host, code, now=NOW + timedelta(days=13))
    before = await shopping.balances()
    with pytest.raises(OrderNotCancellable):
        await cancel(shopping, order, days=13)
    assert await shopping.balances() == before
    assert [each.state for each in (await shopping.see(order)).suborders[0].bookings] == ["arrived", "booked"]


async def test_a_stay_cannot_be_cancelled_after_the_day_of_arrival(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    with pytest.raises(OrderNotCancellable):
        await cancel(shopping, order, days=14)


async def test_nothing_is_cancelled_at_another_refund_than_the_buyer_was_shown(shopping: Shopping) -> None:
    """As when the page stood open past midnight, or the order was paid meanwhile."""
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, price_fen=100_00, tiers=[(False, 0, 5000), (False, 13, 10000)])
    order = await shopping.place(nights=[make_october_nights(stay.listing_id)])
    await shopping.pay(order)
    before = await shopping.balances()
    paid_fen = Fen(before["clearing:alipay"])
    for shown_fen in (Fen(-paid_fen), Fen(0)):
        with pytest.raises(RefundChanged) as refused:
            await cancel_order(
                shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id,
                refund_fen=shown_fen, now=NOW + timedelta(days=12),
            )  # fmt: skip
        half_fen = refused.value.facts["refund_fen"]
    assert (half_fen, await shopping.balances()) == (-paid_fen // 2, before)
    cancelled = await cancel_order(
        shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id,
        refund_fen=Fen(-paid_fen // 2), now=NOW + timedelta(days=12),
    )  # fmt: skip
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", -paid_fen // 2)


async def test_a_share_is_rounded_in_the_buyers_favour(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, price_fen=99_99, tiers=[(False, 0, 3333)], commission_bp=333)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=10, leave=11)])
    await shopping.pay(order)
    # Not refunded: 6667/10000 of 99.99 = 66.663…, down to 66.66; commission 333/10000 of it = 2.219…, down to 2.21.
    assert (await cancel(shopping, order)).refund_fen == 33_33
    async with shopping.db.connection() as conn:
        number = await conn.fetchval("SELECT number FROM producers")
    assert await shopping.balances() == {
        "clearing:alipay": -66_66, f"payable:{number}": 64_45, "commission": 2_21,
    }  # fmt: skip


async def test_a_payment_that_succeeds_during_cancellation_is_refunded(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, left=5)
    order = await shopping.place([(product.variant_id, 2)])
    await shopping.start(order)
    async with shopping.db.connection() as conn:
        (payment,) = await list_payments(conn, str(order.number))
    await shopping.sandbox.pay(payment.provider_ref or "")
    cancelled = await cancel(shopping, order)
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 90_00)
    assert (
        await apply_payment_events(shopping.db, shopping.gateway, shopping.seal, now=NOW) == 1
    )  # the refund's message
    assert await shopping.lots() == [(5, 0, 0)]
    assert await shopping.balances() == {}


async def test_what_is_paid_for_a_cancelled_order_is_refunded_and_agrees_with_the_ledger(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        product = await make_product(conn)
        await make_freight_template(conn, product.producer_id)
    order = await w.place([(product.variant_id, 1)])
    paying = await w.start(order)
    async with w.db.transaction() as conn:
        await cancel_unpaid(conn, await lock_own_order(conn, w.buyer, order.id), w.buyer, now=NOW)
    await pay_and_apply(w.db, w.gateway, w.sandbox, w.seal, paying, now=NOW)
    assert await apply_payment_events(w.db, w.gateway, w.seal, now=NOW) == 1  # the refund
    assert (await w.balances(), (await w.see(order)).state) == ({}, "cancelled")
    async with w.db.connection() as conn:
        assert await verify_orders(conn) == await verify_ledger(conn) == []


async def test_only_the_buyer_cancels(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, await make_producer(conn), left=5)
        stranger, owner = await make_buyer(conn), await load_owner(conn, product.producer_id)
    order = await shopping.place([(product.variant_id, 2)])
    for each in (stranger, owner):
        with pytest.raises(NotFound):
            await cancel_order(shopping.db, shopping.gateway, shopping.seal, each, order.id, now=NOW)
    assert (await shopping.see(order)).state == "placed"
