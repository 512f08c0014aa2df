"""Closed farms: no new orders, carts and sent days that say so, and the day on which they are back."""

from datetime import date, timedelta
from typing import Any

import pytest

from market.catalogue.listings.detail import get_product
from market.catalogue.producers.closures import (
    Closure,
    ClosureInvalid,
    ClosureReason,
    NewClosure,
    TooManyClosures,
    find_closure,
    reopen_farm,
)
from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import NotFound
from market.places.counties.settings import SEND_DEFAULTS
from market.sales.aftersales.close_farm import close_farm
from market.sales.aftersales.unsent import LIST_TO_CANCEL, LIST_TO_REMIND
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.models import FarmClosed, Line, VariantId
from tests.conftest import NOW
from tests.support.make import ProductIds, load_owner, make_product, make_stay
from tests.support.payment import gateway, provider, sandbox
from tests.support.postgres import as_owner
from tests.support.shop import Shopping, make_october_nights, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]

TODAY = get_business_day(NOW)


def closure(first: int = 0, last: int = 2, reason: ClosureReason = ClosureReason.HARVEST) -> NewClosure:
    return NewClosure(starts_on=TODAY + timedelta(days=first), ends_on=TODAY + timedelta(days=last), reason=reason)


async def close(shopping: Shopping, product: Any, new: NewClosure) -> Closure:
    async with shopping.db.transaction() as conn:
        seller = await load_owner(conn, product.producer_id)
        return await close_farm(conn, shopping.seal, seller, product.producer_id, new, now=NOW)


async def make_dates(shopping: Shopping) -> ProductIds:
    async with shopping.db.transaction() as conn:
        return await make_product(conn)


async def test_nobody_orders_while_a_farm_is_closed_and_everybody_afterwards(shopping: Shopping) -> None:
    product = await make_dates(shopping)
    closed = await close(shopping, product, closure())
    back = TODAY + timedelta(days=3)
    words = f"农忙，{back.month} 月 {back.day} 日回来"
    assert closed.reopens_on == back
    with pytest.raises(FarmClosed) as refused:
        await shopping.place([(product.variant_id, 1)])
    assert [(fault.field, fault.message) for fault in refused.value.errors] == [("lines[0].variant_id", words)]
    assert words in refused.value.text("zh")
    async with shopping.db.transaction() as conn:
        await put_cart(conn, shopping.buyer.account_id, lines=[Line(VariantId(product.variant_id), 1)], now=NOW)
        cart = await get_cart(conn, shopping.buyer.account_id, now=NOW)
        listing = (await get_product(conn, product.listing_id, now=NOW)).listing
        later = await get_cart(conn, shopping.buyer.account_id, now=NOW + timedelta(days=3))
    assert ([line.problem for line in cart.groups[0].lines], cart.ready, later.ready) == ([words], False, True)
    assert (listing.taking_orders, listing.closed_for, listing.reopens_on) == (False, "harvest", back)
    assert (await shopping.place([(product.variant_id, 1)], now=NOW + timedelta(days=3))).total_fen == 45_00


async def test_no_nights_of_a_closed_farm_are_ordered(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
    await close(shopping, stay, closure(reason=ClosureReason.ROAD))
    with pytest.raises(FarmClosed) as refused:
        await shopping.place(nights=[make_october_nights(stay.listing_id)])
    assert [fault.field for fault in refused.value.errors] == ["nights[0].listing_id"]


async def sending_day(conn: Connection, product: ProductIds, days: int) -> int:
    moved = await conn.fetchval("SELECT add_sending_days($1, $2, $3)", product.producer_id, TODAY, days)
    return (moved - TODAY).days


@pytest.mark.parametrize(
    ("first", "last", "days", "moved"),
    [
        (0, 0, 3, 3),
        (1, 1, 3, 4),
        (3, 5, 3, 6),
        (4, 9, 3, 3),
        (0, 29, 3, 32),
        (1, 30, 3, 33),
        (2, 4, 0, 0),
    ],
)
async def test_closed_days_do_not_count_for_sending(
    conn: Connection, seal: Seal, first: int, last: int, days: int, moved: int
) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    await close_farm(conn, seal, seller, product.producer_id, closure(first, last), now=NOW)
    assert await sending_day(conn, product, days) == moved


async def test_closures_one_after_another_move_a_parcel_by_at_most_30_days(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    for start in (1, 31, 61):
        await conn.execute(
            "INSERT INTO closures (producer_id, closed_during, reason, created_by, created_at)"
            " VALUES ($1, daterange($2, $3), 'road', $4, $5)",
            product.producer_id, TODAY + timedelta(days=start), TODAY + timedelta(days=start + 30),
            seller.account_id, NOW,
        )  # fmt: skip
    assert await sending_day(conn, product, 3) == 33


async def test_a_waiting_parcel_is_sent_later_and_its_buyer_told_once(shopping: Shopping) -> None:
    product = await make_dates(shopping)
    first = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(first)
    second = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(second)
    before = (await shopping.see(first)).suborders[0]
    await close(shopping, product, closure(1, 5))
    after = (await shopping.see(first)).suborders[0]
    assert before.send_by is not None
    assert before.cancel_on is not None
    assert after.send_by == before.send_by + timedelta(days=5)
    assert after.cancel_on == before.cancel_on + timedelta(days=5)
    assert (before.planned_by, before.moved_for) == (before.send_by, None)
    assert (after.planned_by, after.moved_for) == (before.send_by, ClosureReason.HARVEST)
    told = [facts for template, facts in await shopping.messages() if template == "farm_closed"]
    assert len(told) == 1
    assert f'"order":"{first.number}"' in told[0].replace(" ", "")
    async with shopping.db.connection() as conn:
        for query, day in ((LIST_TO_REMIND, after.send_by), (LIST_TO_CANCEL, after.cancel_on)):
            assert day is not None
            values = {"limit": 10, **SEND_DEFAULTS}
            assert await query.all(conn, today=day - timedelta(days=1), **values) == []
            assert len(await query.all(conn, today=day, **values)) == 2


async def test_a_later_closure_and_one_before_the_payment_move_no_parcel(shopping: Shopping) -> None:
    product = await make_dates(shopping)
    order = await shopping.place([(product.variant_id, 1)])
    await shopping.pay(order)
    planned = (await shopping.see(order)).suborders[0].send_by
    assert planned is not None
    days = (planned - TODAY).days
    await close(shopping, product, closure(days + 1, days + 3, ClosureReason.ROAD))
    assert (await shopping.see(order)).suborders[0].moved_for is None
    async with shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE closures SET closed_during = daterange($1, $2)", TODAY, TODAY + timedelta(days=1))
    assert (await shopping.see(order)).suborders[0].moved_for is None
    async with shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute(
            "UPDATE closures SET closed_during = daterange($1, $2)", planned, planned + timedelta(days=1)
        )
    moved = (await shopping.see(order)).suborders[0]
    assert (moved.moved_for, moved.send_by) == (ClosureReason.ROAD, planned + timedelta(days=1))


async def test_a_closure_is_replaced_and_ended_early(conn: Connection, seal: Seal) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)

    async def now_closed(day: date = TODAY) -> Closure | None:
        return await find_closure(conn, product.producer_id, today=day)

    for new in (closure(0, 9), closure(0, 1), closure(5, 6)):
        made = await close_farm(conn, seal, seller, product.producer_id, new, now=NOW)
        assert await now_closed() == made
    await close_farm(conn, seal, seller, product.producer_id, closure(0, 9), now=NOW)
    await reopen_farm(conn, seller, product.producer_id, now=NOW + timedelta(days=2))
    found = await conn.fetch("SELECT lower(closed_during) AS first, upper(closed_during) AS back FROM closures")
    assert [tuple(row) for row in found] == [(TODAY, TODAY + timedelta(days=2))]
    await reopen_farm(conn, seller, product.producer_id, now=NOW)
    assert await now_closed() is None


async def test_closures_that_are_given_up_again_and_again_end(conn: Connection, seal: Seal) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    for _ in range(10):
        await close_farm(conn, seal, seller, product.producer_id, closure(5, 6), now=NOW)
        await reopen_farm(conn, seller, product.producer_id, now=NOW)
    with pytest.raises(TooManyClosures):
        await close_farm(conn, seal, seller, product.producer_id, closure(29, 30), now=NOW + timedelta(days=29))
    await close_farm(conn, seal, seller, product.producer_id, closure(30, 31), now=NOW + timedelta(days=30))


@pytest.mark.parametrize(
    ("first", "last", "field"),
    [(-1, 2, "starts_on"), (61, 62, "starts_on"), (3, 2, "ends_on"), (0, 30, "ends_on")],
)
async def test_impossible_days_are_refused_at_their_field(
    conn: Connection, seal: Seal, first: int, last: int, field: str
) -> None:
    product, other = await make_product(conn), await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    with pytest.raises(ClosureInvalid) as refused:
        await close_farm(conn, seal, seller, product.producer_id, closure(first, last), now=NOW)
    assert [fault.field for fault in refused.value.errors] == [field]
    with pytest.raises(NotFound):
        await close_farm(conn, seal, seller, other.producer_id, closure(), now=NOW)
    with pytest.raises(NotFound):
        await reopen_farm(conn, seller, other.producer_id, now=NOW)
