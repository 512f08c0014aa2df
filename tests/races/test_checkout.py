"""Concurrent checkouts on real connections: nothing is sold twice."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date
from uuid import UUID

import pytest

from market.catalogue.slots.models import SlotId
from market.kernel import Database
from market.kernel.idempotency import IdempotencyKeyReused
from market.people.identity.models import AccountId
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.expire import expire_unpaid
from market.sales.orders.models import Line, ListingId, Nights, PlacedOrder, VariantId
from tests.conftest import NOW
from tests.support.make import (
    DESTINATION,
    ActivityIds,
    make_account,
    make_activity,
    make_product,
    make_stay,
)

PROCESSES = 4
"""Concurrent batchers, like as many processes of the service."""


def line(variant_id: UUID, quantity: int = 1) -> Line:
    return Line(VariantId(variant_id), quantity)


def nights(listing_id: UUID) -> Nights:
    return Nights(ListingId(listing_id), date(2019, 11, 1), date(2019, 11, 2))


async def buyers(db: Database, count: int) -> list[AccountId]:
    async with db.transaction() as conn:
        return [await make_account(conn) for _ in range(count)]


async def place_at_once(
    db: Database,
    people: Sequence[AccountId],
    lines: Sequence[Line] = (),
    *,
    stays: Sequence[Nights] = (),
    key: str | None = None,
) -> list[PlacedOrder | BaseException]:
    """Place the same request for everyone at once, spread over several batchers."""
    async with AsyncExitStack() as stack:
        batchers = [await stack.enter_async_context(Batcher(db)) for _ in range(PROCESSES)]
        return await asyncio.gather(
            *(
                place(batchers[number % PROCESSES], buyer, lines, nights=stays, key=key, address=DESTINATION, now=NOW)
                for number, buyer in enumerate(people)
            ),
            return_exceptions=True,
        )


def count_types(answers: Sequence[PlacedOrder | BaseException]) -> dict[str, int]:
    names = [type(each).__name__ for each in answers]
    return {name: names.count(name) for name in sorted(set(names))}


async def test_fifty_buyers_and_one_unit_make_one_order(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=1)
    answers = await place_at_once(database, await buyers(database, 50), [line(product.variant_id)])
    assert count_types(answers) == {"PlacedOrder": 1, "WaitingForPayment": 49}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM orders") == 1
        assert await conn.fetchval("SELECT (available_units, reserved_units, sold_units)::text FROM lots") == "(0,1,0)"


async def test_twenty_guests_and_one_night_make_one_booking(database: Database) -> None:
    async with database.transaction() as conn:
        stay = await make_stay(conn, rooms=1)
    answers = await place_at_once(database, await buyers(database, 20), stays=[nights(stay.listing_id)])
    assert count_types(answers) == {"NightsReserved": 19, "PlacedOrder": 1}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM bookings") == 1
        assert await conn.fetchval("SELECT count(*) FROM taken_nights") == 1


async def test_two_hundred_buyers_and_fifty_boxes_make_fifty_orders(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=50)
    answers = await place_at_once(database, await buyers(database, 200), [line(product.variant_id)])
    assert count_types(answers) == {"PlacedOrder": 50, "WaitingForPayment": 150}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT sum(quantity) FROM order_lines") == 50
        assert await conn.fetchval("SELECT (available_units, reserved_units, sold_units)::text FROM lots") == "(0,50,0)"


def places(activity: ActivityIds, party: int = 1) -> Line:
    return Line(VariantId(activity.variant_id), party, SlotId(activity.slot_ids[0]))


async def test_fifty_buyers_and_twenty_places_make_twenty_orders(database: Database) -> None:
    async with database.transaction() as conn:
        activity = await make_activity(conn, places=20)
    answers = await place_at_once(database, await buyers(database, 50), [places(activity)])
    assert count_types(answers) == {"PlacedOrder": 20, "SlotReserved": 30}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT free FROM slots") == 0
        assert await conn.fetchval("SELECT sum(party) FROM slot_reservations WHERE state = 'reserved'") == 20


async def test_one_key_twenty_times_makes_one_order(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=50)
    (buyer,) = await buyers(database, 1)
    answers = await place_at_once(database, [buyer] * 20, [line(product.variant_id, 2)], key="one key")
    assert count_types(answers) == {"PlacedOrder": 20}
    assert len({each.number for each in answers if isinstance(each, PlacedOrder)}) == 1
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM orders") == 1
        assert await conn.fetchval("SELECT (available_units, reserved_units)::text FROM lots") == "(48,2)"


async def test_orders_in_different_lock_order_do_not_deadlock(database: Database) -> None:
    async with database.transaction() as conn:
        products = [await make_product(conn, left=1000) for _ in range(6)]
        stays = [await make_stay(conn, rooms=60) for _ in range(2)]
    people = await buyers(database, 60)
    async with AsyncExitStack() as stack:
        batchers = [await stack.enter_async_context(Batcher(database)) for _ in range(PROCESSES)]
        answers = await asyncio.gather(
            *(
                place(
                    batchers[number % PROCESSES],
                    buyer,
                    [line(each.variant_id) for each in (products if number % 2 else products[::-1])],
                    nights=[nights(each.listing_id) for each in (stays if number % 3 else stays[::-1])],
                    address=DESTINATION,
                    now=NOW,
                )
                for number, buyer in enumerate(people)
            ),
            return_exceptions=True,
        )
    assert count_types(answers) == {"PlacedOrder": 60}


async def test_many_orders_on_one_lot_do_not_oversell(database: Database) -> None:
    async with database.transaction() as conn:
        boxes = await make_product(conn, title="鸡蛋 箱", left=100, lot_units_per_item=30)
        eggs = await make_product(conn, boxes.producer_id, title="鸡蛋 散", lot_id=boxes.lot_id)
    wanted = [line(boxes.variant_id), line(eggs.variant_id, 10)]
    answers = await place_at_once(database, await buyers(database, 20), wanted)
    assert count_types(answers) == {"PlacedOrder": 2, "WaitingForPayment": 18}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT (available_units, reserved_units)::text FROM lots") == "(20,80)"


async def test_a_key_used_for_another_request_is_refused(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=50)
    (buyer,) = await buyers(database, 1)
    async with Batcher(database) as one, Batcher(database) as other:
        answers = await asyncio.gather(
            place(one, buyer, [line(product.variant_id, 1)], key="one", address=DESTINATION, now=NOW),
            place(other, buyer, [line(product.variant_id, 2)], key="one", address=DESTINATION, now=NOW),
            return_exceptions=True,
        )
    assert sorted(type(each).__name__ for each in answers) == [IdempotencyKeyReused.__name__, PlacedOrder.__name__]


@pytest.mark.parametrize("kind", ["goods", "nights", "places"])
async def test_concurrent_expiry_and_checkout_keep_the_number_of_units(database: Database, kind: str) -> None:
    """Half of the orders expire while others are placed; the units and rooms still add up."""
    async with database.transaction() as conn:
        product, stay = await make_product(conn, left=10), await make_stay(conn, rooms=10)
        activity = await make_activity(conn, places=10)
    lines = {"goods": [line(product.variant_id)], "places": [places(activity)]}.get(kind, [])
    stays = [nights(stay.listing_id)] if kind == "nights" else []
    placed = await place_at_once(database, await buyers(database, 10), lines, stays=stays)

    async def expire(order: PlacedOrder) -> int:
        async with database.transaction() as conn:
            return await expire_unpaid(conn, [order.id], order.pay_until)

    expiries = [expire(each) for each in placed[:5] if isinstance(each, PlacedOrder)]
    _, expired = await asyncio.gather(
        place_at_once(database, await buyers(database, 30), lines, stays=stays), asyncio.gather(*expiries)
    )
    assert expired == [1] * 5
    async with database.connection() as conn:
        live = await conn.fetchval("SELECT count(*) FROM orders WHERE state = 'placed'")
        available, reserved = await conn.fetchrow("SELECT available_units, reserved_units FROM lots") or (0, 0)
        taken = await conn.fetchval("SELECT (SELECT count(*) FROM taken_nights) + sum(capacity - free) FROM slots")
    assert (available + reserved, reserved, taken) == ((10, live, 0) if kind == "goods" else (10, 0, live))
    assert 5 <= live <= 10
