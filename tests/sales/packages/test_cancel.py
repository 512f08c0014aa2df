"""Cancelling a package: whole and by the tiers of each household, or without cost after a host cancelled its part."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from market.catalogue.slots.cancel_slot import cancel_slot
from market.catalogue.slots.models import CancelReason
from market.people.identity.models import NotFound
from market.sales.aftersales.cancelled_slots import refund_cancelled_slots
from market.sales.aftersales.unsent import cancel_own_parcel
from market.sales.orders.cancel import cancel_order
from market.sales.orders.checkout.seen_terms import CancelTermsChanged
from market.sales.orders.models import OrderNotCancellable, PackageCancelledWhole, PlacedOrder
from market.sales.packages.book import PackageWish, PartTime, quote_package
from market.sales.packages.models import RestNotFree
from market.sales.packages.order_parts import cancel_package_rest, find_ordered_package, get_ordered_package
from market.sales.visits.change_booking import quote_change
from market.sales.visits.changeable_stay import NewDays
from market.sales.visits.models import PackageStayNotChangeable
from market.service.web.shop.orders.order_package import view_order_package
from tests.conftest import NOW
from tests.sales.packages.village import ARRIVE, MORNING, Village, make_wish
from tests.support.make import make_activity, make_slot
from tests.support.postgres import as_owner
from tests.support.shop import make_buyer

WEEKS_LATER = datetime(2019, 10, 19, tzinfo=UTC).date()
"""A day without a holiday, far enough ahead for every tier."""


async def book_later(village: Village) -> PlacedOrder:
    """Book and pay a package of a month later."""
    async with village.shopping.db.transaction() as conn:
        await make_slot(conn, village.activity.listing_id, WEEKS_LATER + timedelta(days=1))
    starts = MORNING + (WEEKS_LATER - ARRIVE)
    order = await village.book(wish=PackageWish(arrive_on=WEEKS_LATER, times=[PartTime(2, starts)]))
    await village.shopping.pay(order)
    return order


async def cancel_weather(village: Village, *, now: datetime, slot: int = 1) -> None:
    async with village.shopping.db.transaction() as conn:
        slots = [
            row[0]
            for row in await conn.fetch(
                "SELECT id FROM slots WHERE listing_id = $1 ORDER BY during", village.activity.listing_id
            )
        ]
        await cancel_slot(conn, village.guide, slots[slot], CancelReason.WEATHER, now=now)
    shopping = village.shopping
    assert await refund_cancelled_slots(shopping.db, shopping.gateway, shopping.seal, now=now) == 1


async def cancel(
    village: Village, order: PlacedOrder, *, now: datetime = NOW, positions: list[int] | None = None
) -> int:
    shopping = village.shopping
    done = await cancel_order(
        shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, positions=positions, now=now
    )
    return done.refund_fen


async def cancel_rest(village: Village, order: PlacedOrder, *, now: datetime) -> int:
    shopping = village.shopping
    done = await cancel_package_rest(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, order.id, now=now)
    return done.refund_fen


async def test_a_paid_package_is_cancelled_whole_by_the_tiers_of_each_household(village: Village) -> None:
    order = await book_later(village)
    with pytest.raises(PackageCancelledWhole):
        await cancel(village, order, positions=[2])
    # Five days before, the stay refunds half; the activity and the goods everything.
    at = datetime(2019, 10, 14, 2, tzinfo=UTC)
    assert await cancel(village, order, now=at) == 125_00 + 110_01 + 39_99
    seen = await village.shopping.see(order)
    assert seen.state == "cancelled"
    assert await village.count_free() == (2, 2, 20, 50)
    balances = await village.shopping.balances()
    assert sum(fen for name, fen in balances.items() if name.startswith(("payable:", "commission"))) == 125_00


async def test_all_positions_together_are_the_whole_package(village: Village) -> None:
    order = await book_later(village)
    assert await cancel(village, order, positions=[1, 2, 3]) == 400_00


async def test_the_strictest_tier_is_said_before_paying_and_never_refunds_less(village: Village) -> None:
    async with village.shopping.db.connection() as conn:
        quote = await quote_package(
            conn, village.package.number, PackageWish(arrive_on=ARRIVE, times=[PartTime(2, MORNING)]),
            region_code="130100", now=NOW,
        )  # fmt: skip
    assert [(tier.days_before, tier.refund_bp) for tier in quote.tiers] == [(7, 10_000), (3, 5_000), (0, 0)]
    assert (quote.first_day, quote.holiday) == (ARRIVE, False)


async def test_refunds_of_cancelling_that_were_not_shown_are_not_agreed_to(village: Village) -> None:
    wish = make_wish()
    async with village.shopping.db.connection() as conn:
        seen = await quote_package(conn, village.package.number, wish, region_code="130100", now=NOW)
    change = "UPDATE cancel_tiers SET refund_bp = 1_000 WHERE listing_id = $1 AND days_before = 3"
    async with village.shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute(change, village.stays[1].listing_id)
    with pytest.raises(CancelTermsChanged) as caught:
        await village.book(wish=wish, cancel_terms=seen.cancel_terms)
    [fault] = caught.value.errors
    assert (fault.field, fault.message) == ("cancel_terms", "提前 7 天退 100%，提前 3 天退 10%，再晚不退")
    async with village.shopping.db.connection() as conn:
        now = await quote_package(conn, village.package.number, wish, region_code="130100", now=NOW)
    assert (await village.book(wish=wish, cancel_terms=now.cancel_terms)).total_fen == seen.total_fen


async def test_after_a_host_cancelled_its_part_the_rest_is_free_to_cancel_for_three_days(village: Village) -> None:
    order = await book_later(village)
    at = datetime(2019, 10, 18, 2, tzinfo=UTC)
    with pytest.raises(RestNotFree):
        await cancel_rest(village, order, now=at)
    await cancel_weather(village, now=at)
    async with village.shopping.db.connection() as conn:
        package = await get_ordered_package(conn, village.shopping.buyer, order.id, now=at)
    assert package.rest_until == at + timedelta(hours=72)
    assert "店家取消了一样。10月21日 10:00前，剩下" in view_order_package(package, order.number).rest_words
    # By its tiers the stay would refund nothing a day before.
    assert await cancel_rest(village, order, now=at + timedelta(hours=1)) == 250_00 + 39_99
    seen = await village.shopping.see(order)
    assert (seen.state, seen.refunded_fen) == ("cancelled", 400_00)
    assert {name: fen for name, fen in (await village.shopping.balances()).items() if name.startswith("escrow")} == {}
    with pytest.raises(RestNotFree):
        await cancel_rest(village, order, now=at + timedelta(hours=2))
    async with village.shopping.db.connection() as conn:
        package = await get_ordered_package(conn, village.shopping.buyer, order.id, now=at)
    assert package.rest_until is None


async def test_later_the_rest_is_cancelled_by_its_tiers(village: Village) -> None:
    order = await book_later(village)
    at = datetime(2019, 10, 10, 2, tzinfo=UTC)
    await cancel_weather(village, now=at)
    late = at + timedelta(hours=72)
    with pytest.raises(RestNotFree):
        await cancel_rest(village, order, now=late)
    async with village.shopping.db.connection() as conn:
        package = await find_ordered_package(conn, village.shopping.buyer, order.id, now=late)
    assert package is not None
    assert package.rest_until is None
    assert await cancel(village, order, now=late) == 125_00 + 39_99


async def test_a_stay_that_has_begun_and_a_parcel_that_was_not_sent_free_nobody(village: Village) -> None:
    order = await book_later(village)
    shopping = village.shopping
    [goods] = [each for each in (await shopping.see(order)).suborders if each.kind == "goods"]
    await cancel_own_parcel(
        shopping.db, shopping.gateway, shopping.seal, village.orchard, goods.id, reason="下雹子了", now=NOW
    )
    with pytest.raises(RestNotFree):
        await cancel_rest(village, order, now=NOW)
    sunday = datetime(2019, 10, 20, 6, tzinfo=UTC)
    await cancel_weather(village, now=sunday - timedelta(hours=7))
    with pytest.raises(RestNotFree):
        await cancel_rest(village, order, now=sunday)
    with pytest.raises(OrderNotCancellable):
        await cancel(village, order, now=sunday)


async def test_the_days_of_its_stay_are_not_changed_alone(village: Village) -> None:
    order = await book_later(village)
    days = NewDays(arrive_on=ARRIVE + timedelta(days=60), leave_on=ARRIVE + timedelta(days=61))
    async with village.shopping.db.transaction() as conn:
        with pytest.raises(PackageStayNotChangeable):
            await quote_change(conn, village.shopping.buyer, order.id, 3, days, now=NOW)


async def test_only_the_buyer_sees_and_cancels_it(village: Village) -> None:
    order = await book_later(village)
    async with village.shopping.db.transaction() as conn:
        stranger = await make_buyer(conn)
        with pytest.raises(NotFound):
            await get_ordered_package(conn, stranger, order.id, now=NOW)
        activity = await make_activity(conn, village.activity.producer_id, title="另一处采摘")
    shopping = village.shopping
    with pytest.raises(NotFound):
        await cancel_package_rest(shopping.db, shopping.gateway, shopping.seal, stranger, order.id, now=NOW)
    plain = await shopping.place(slot=(activity.variant_id, activity.slot_ids[0], 1))
    with pytest.raises(NotFound):
        await cancel_package_rest(shopping.db, shopping.gateway, shopping.seal, shopping.buyer, plain.id, now=NOW)
    other = structs.replace(village, shopping=structs.replace(shopping, buyer=stranger))
    with pytest.raises(NotFound):
        await cancel(other, order)
