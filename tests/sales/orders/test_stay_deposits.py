"""Stays that are booked by a deposit: the rest, its lapse, and the tiers of a cancellation."""

from collections.abc import Sequence
from datetime import date

import pytest

from market.catalogue.listings.models import BadListing
from market.catalogue.listings.stay_deposit import StayDeposit, set_stay_deposit
from market.sales.coupons.models import VoucherId
from market.sales.orders.cancel import cancel_order
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import PlacedOrder
from market.sales.payouts.statement import get_statement
from tests.conftest import NOW
from tests.sales.orders.orchard import Orchard, noon, orchard
from tests.support.coupons import make_voucher
from tests.support.make import (
    CANCEL_TIERS,
    StayIds,
    load_owner,
    make_stay,
)
from tests.support.payment import pay_and_apply
from tests.support.shop import make_october_nights

__all__ = ["orchard"]


async def book(
    orchard: Orchard,
    *,
    arrive: int = 20,
    tiers: Sequence[tuple[bool, int, int]] = CANCEL_TIERS,
    voucher_id: VoucherId | None = None,
) -> tuple[StayIds, PlacedOrder]:
    """Book two nights of October at 280.00 with a deposit of 30 percent, the rest due three days before."""
    w = orchard.shopping
    async with w.db.transaction() as conn:
        stay = await make_stay(conn, tiers=tiers)
        host = await load_owner(conn, stay.producer_id)
        await set_stay_deposit(conn, host, stay.listing_id, StayDeposit(share_bp=3000, days_before=3), now=NOW)
    nights = make_october_nights(stay.listing_id, arrive=arrive, leave=arrive + 2)
    return stay, await w.place(nights=[nights], voucher_id=voucher_id)


async def test_a_stay_is_booked_by_its_deposit_and_the_rest_is_paid_until_its_day(orchard: Orchard) -> None:
    w = orchard.shopping
    _, order = await book(orchard)
    deposit = (await w.see(order)).deposit
    assert deposit is not None
    assert (deposit.deposit_fen, deposit.balance_fen) == (168_00, 392_00)
    assert (deposit.balance_from, deposit.balance_until) == (NOW.date(), date(2019, 10, 17))
    await w.pay(order)
    assert [each.state for each in (await w.see(order)).suborders[0].bookings] == ["booked"]
    await w.pay(order, now=noon(10, 17))
    assert (await w.see(order)).state == "paid"
    told = [template for template, _ in await w.messages()]
    assert (told.count("booked"), told.count("deposit_paid")) == (1, 1)
    await orchard.verify()


async def test_the_tiers_of_a_stay_apply_to_what_was_paid(orchard: Orchard) -> None:
    w = orchard.shopping
    _, order = await book(orchard)
    await w.pay(order)
    cancelled = await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=noon(10, 16))
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 84_00)
    assert (await w.balances())["commission"] == 2_52
    await orchard.verify()


async def test_an_unpaid_rest_of_a_stay_lapses_by_its_tier_and_frees_the_nights(orchard: Orchard) -> None:
    w = orchard.shopping
    stay, order = await book(orchard)
    await w.pay(order)
    assert [await orchard.lapse(noon(10, 17)), await orchard.lapse(noon(10, 18))] == [0, 1]
    assert (await w.see(order)).refunded_fen == 0
    async with w.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM taken_nights") == 0
        host = await load_owner(conn, stay.producer_id)
        statement = await get_statement(conn, host, stay.producer_id)
    assert [(each.payable_fen, each.commission_fen) for each in statement.lines] == [(162_96, 5_04)]
    await orchard.verify()


async def test_a_rest_with_a_coupon_that_is_paid_after_the_lapse_is_refunded_and_nothing_is_left(
    orchard: Orchard,
) -> None:
    w = orchard.shopping
    async with w.db.transaction() as conn:
        voucher = await make_voucher(conn, w.buyer)
    _, order = await book(orchard, tiers=[(False, 2, 5_000), (False, 0, 0)], voucher_id=voucher)
    await w.pay(order)
    paying = await w.start(order, now=noon(10, 17))
    await w.sandbox.fault("cancel", "500", times=9)
    assert await orchard.lapse(noon(10, 18)) == 1
    await w.sandbox.clear_faults()
    await pay_and_apply(w.db, w.gateway, w.sandbox, w.seal, paying, now=noon(10, 18))
    await apply_payment_events(w.db, w.gateway, w.seal, now=noon(10, 18))
    left = await w.balances()
    assert left == {"clearing:alipay": -82_50, "payable:2": 80_03, "commission": 2_47}
    await orchard.verify()


@pytest.mark.parametrize("day", [18, 19, 20, 25])
async def test_a_worker_that_is_late_lapses_a_stay_as_one_in_time_would(orchard: Orchard, day: int) -> None:
    """On the day of arrival and after it too, when the guest can no longer cancel."""
    w = orchard.shopping
    _, order = await book(orchard, arrive=20, tiers=[(False, 2, 9_000), (False, 0, 0)])
    await w.pay(order)
    assert await orchard.lapse(noon(10, day)) == 1
    assert (await w.see(order)).refunded_fen == 151_20
    async with w.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM taken_nights") == 0
    await orchard.verify()


async def test_a_stay_on_its_last_days_is_paid_at_once(orchard: Orchard) -> None:
    _, order = await book(orchard, arrive=1)
    assert (await orchard.shopping.see(order)).deposit is not None
    async with orchard.shopping.db.transaction() as conn:
        stay = await make_stay(conn)
        host = await load_owner(conn, stay.producer_id)
        terms = StayDeposit(share_bp=3000, days_before=90)
        await set_stay_deposit(conn, host, stay.listing_id, terms, now=NOW)
        with pytest.raises(BadListing) as raised:
            await set_stay_deposit(conn, host, stay.listing_id, StayDeposit(share_bp=9001, days_before=0), now=NOW)
    assert [each.field for each in raised.value.errors] == ["share_bp", "days_before"]
    late = await orchard.shopping.place(nights=[make_october_nights(stay.listing_id)])
    assert (await orchard.shopping.see(late)).deposit is None
