"""What the clock does with orders while something about them changes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID

import pytest

from market.kernel import Connection
from market.sales.aftersales.receive import confirm_overdue
from market.sales.aftersales.ship import ship_suborder
from market.sales.aftersales.unsent import cancel_unsent
from market.sales.orders.queries import OrderView
from tests.conftest import NOW
from tests.support.make import load_owner, make_product, make_stay
from tests.support.postgres import wait_for_blocked
from tests.support.shop import Shopping, make_october_nights

LATER = NOW + timedelta(days=60)
Clock = Callable[[Shopping], Awaitable[int]]


async def cancel(w: Shopping) -> int:
    return await cancel_unsent(w.db, w.seal, now=LATER)


async def confirm(w: Shopping) -> int:
    return await confirm_overdue(w.db, now=LATER, days=10, seal=w.seal)


async def a_parcel(w: Shopping, *, sent: bool) -> OrderView:
    async with w.db.transaction() as conn:
        goods = await make_product(conn)
        owner = await load_owner(conn, goods.producer_id)
    order = await w.place([(goods.variant_id, 1)])
    await w.pay(order)
    seen = await w.see(order)
    if sent:
        async with w.db.transaction() as conn:
            await ship_suborder(conn, w.seal, owner, seen.suborders[0].id, carrier="邮政", tracking="EMS0001", now=NOW)
    return await w.see(order)


async def a_stay(w: Shopping) -> OrderView:
    async with w.db.transaction() as conn:
        stay = await make_stay(conn)
    order = await w.place(nights=[make_october_nights(stay.listing_id)])
    await w.pay(order)
    return await w.see(order)


async def race(w: Shopping, owner: Connection, order_id: UUID, clock: Clock, change: str, *values: object) -> int:
    """Change something with the order locked, while the clock, which has found the order, waits for it."""
    async with owner.transaction():
        await owner.execute("SELECT FROM orders WHERE id = $1 FOR NO KEY UPDATE", order_id)
        acting = asyncio.ensure_future(clock(w))
        async with w.db.connection() as watching:
            await wait_for_blocked(watching, await owner.fetchval("SELECT pg_backend_pid()"))
        await owner.execute(change, *values)
    return await acting


OPEN_DISPUTE = """
    INSERT INTO payments.disputes (payment_id, provider_ref, amount_minor, state, reason, opened_at)
    SELECT id, 'dp_sample', 100, 'open', '', now() FROM payments.payments
"""
POSTPONE = """
    INSERT INTO sending_windows (suborder_id, send_from, send_until) SELECT id, $1::date - 1, $1::date FROM suborders
"""
MOVE_NIGHTS = "SELECT move_booking(id, room_id, $1::date, ARRAY[100, 100]::bigint[]) FROM bookings"


@pytest.mark.parametrize("change", [OPEN_DISPUTE, POSTPONE])
async def test_a_parcel_whose_day_moves_at_that_moment_is_not_cancelled(
    shopping: Shopping, owner: Connection, change: str
) -> None:
    order = await a_parcel(shopping, sent=False)
    values = [LATER.date()] if "$1" in change else []
    assert await race(shopping, owner, order.id, cancel, change, *values) == 0
    assert await owner.fetchval("SELECT count(*) FROM jobs.failures") == 0
    assert (await shopping.see_id(order.id)).suborders[0].state == "paid"


async def test_a_parcel_that_is_disputed_at_that_moment_is_not_received(shopping: Shopping, owner: Connection) -> None:
    order = await a_parcel(shopping, sent=True)
    assert await race(shopping, owner, order.id, confirm, OPEN_DISPUTE) == 0
    assert (await shopping.see_id(order.id)).suborders[0].state == "shipped"


async def test_a_stay_that_moves_to_later_nights_at_that_moment_is_not_received(
    shopping: Shopping, owner: Connection
) -> None:
    order = await a_stay(shopping)
    assert await race(shopping, owner, order.id, confirm, MOVE_NIGHTS, LATER.date()) == 0
    assert (await shopping.see_id(order.id)).suborders[0].state == "paid"
