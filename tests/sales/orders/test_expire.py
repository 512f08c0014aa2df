"""Expiry of unpaid orders: one that cannot be expired keeps the stock of no other."""

import asyncio
from datetime import timedelta

from market.kernel import Connection
from market.sales.orders.contracts import set_order_terms
from market.sales.orders.expire import expire_orders
from market.sales.orders.models import PaymentTerms, PlacedOrder
from tests.conftest import NOW
from tests.support.make import ProductIds, make_product
from tests.support.postgres import wait_for_blocked
from tests.support.shop import Shopping

LATER = NOW + timedelta(minutes=31)


async def place_three(shopping: Shopping) -> tuple[ProductIds, list[PlacedOrder]]:
    """Place an order of one product and two of another, the second with an open payment; return the first product."""
    async with shopping.db.transaction() as conn:
        stuck, free = await make_product(conn, left=9), await make_product(conn, left=9)
    orders = [await shopping.place([(each.variant_id, 1)]) for each in (stuck, free, free)]
    await shopping.start(orders[-1])
    return stuck, orders


async def see_states(shopping: Shopping, orders: list[PlacedOrder]) -> list[str]:
    return [(await shopping.see(each)).state for each in orders]


async def test_a_locked_lot_delays_no_order_of_another_lot(shopping: Shopping, owner: Connection) -> None:
    stuck, orders = await place_three(shopping)
    lock = owner.transaction()
    await lock.start()
    await owner.fetch("SELECT FROM lots WHERE id = $1 FOR NO KEY UPDATE", stuck.lot_id)
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 2
    await lock.rollback()
    assert await see_states(shopping, orders) == ["placed", "expired", "expired"]
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 0
    await owner.execute("UPDATE jobs.failures SET next_at = now()")
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 1
    assert await shopping.lots() == [(9, 0, 0), (9, 0, 0)]
    assert await owner.fetchval("SELECT count(*) FROM jobs.failures") == 0


async def test_an_order_that_always_fails_waits_ever_longer_and_delays_no_other(
    shopping: Shopping, owner: Connection
) -> None:
    stuck, orders = await place_three(shopping)
    await owner.execute(
        "INSERT INTO stock_moves (lot_id, reason, reference, units, at) VALUES ($1, 'expired', $2, 1, $3)",
        stuck.lot_id,
        f"order:{orders[0].id}",
        NOW,
    )
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 2
    assert await see_states(shopping, orders) == ["placed", "expired", "expired"]
    await owner.execute("UPDATE jobs.failures SET next_at = now()")
    assert await expire_orders(shopping.db, shopping.gateway, now=LATER) == 0
    [failure] = await owner.fetch("SELECT item, attempts, split_part(error, ':', 1) FROM jobs.failures")
    assert tuple(failure) == (orders[0].id, 2, "UniqueViolationError")


async def test_an_order_that_gets_more_time_while_it_expires_stays(shopping: Shopping, owner: Connection) -> None:
    _, orders = await place_three(shopping)
    async with owner.transaction():
        await owner.execute("LOCK TABLE orders IN EXCLUSIVE MODE")
        expiring = asyncio.create_task(expire_orders(shopping.db, shopping.gateway, now=LATER))
        await wait_for_blocked(owner, await owner.fetchval("SELECT pg_backend_pid()"))
        await set_order_terms(owner, orders[0].id, PaymentTerms.REQUESTED, until=LATER + timedelta(days=3))
    assert await expiring == 2
    assert await see_states(shopping, orders) == ["placed", "expired", "expired"]
