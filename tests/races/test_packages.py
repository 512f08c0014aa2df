"""Packages against single bookings of the same rooms, places and boxes, at once, on real connections."""

import asyncio
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from datetime import timedelta

from market.catalogue.slots.models import SlotId
from market.kernel import Refusal
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.models import Line, ListingId, Nights, PlacedOrder, VariantId
from market.sales.packages.book import book_package
from market.sales.packages.consent import answer_package
from market.sales.packages.models import PackageFull
from tests.conftest import NOW
from tests.sales.packages.village import ARRIVE, make_village, make_wish
from tests.support.make import DESTINATION, make_account
from tests.support.shop import Shopping

PROCESSES = 4
"""Concurrent batchers, like as many processes of the service."""


async def answer(booking: Awaitable[PlacedOrder]) -> PlacedOrder | Refusal:
    try:
        return await booking
    except Refusal as refusal:
        return refusal


async def test_no_package_is_half_and_nothing_is_oversold_beside_single_bookings(shopping: Shopping) -> None:
    village = await make_village(shopping, rooms=6, places=40, left=30)
    async with shopping.db.transaction() as conn:
        buyers = [await make_account(conn) for _ in range(44)]
    night = ARRIVE, ARRIVE + timedelta(days=1)
    singles: list[tuple[list[Line], list[Nights]]] = [
        *[([], [Nights(ListingId(village.stays[n % 2].listing_id), *night)]) for n in range(6)],
        *[([Line(VariantId(village.activity.variant_id), 5, SlotId(village.activity.slot_ids[0]))], [])] * 4,
        *[([Line(VariantId(village.product.variant_id), 4)], [])] * 4,
    ]
    async with AsyncExitStack() as stack:
        batchers = [await stack.enter_async_context(Batcher(shopping.db)) for _ in range(PROCESSES)]
        packages = [
            answer(
                book_package(
                    shopping.db,
                    batchers[n % PROCESSES],
                    buyers[n],
                    village.package.number,
                    make_wish(1 + n % 2),
                    address=DESTINATION,
                    key=f"package {n}",
                    now=NOW,
                )
            )
            for n in range(30)
        ]
        others = [
            answer(place(batchers[n % PROCESSES], buyers[30 + n], lines, nights=nights, address=DESTINATION, now=NOW))
            for n, (lines, nights) in enumerate(singles)
        ]
        mixed = [each for pair in zip(packages, others, strict=False) for each in pair] + packages[len(others) :]
        answers = await asyncio.gather(*mixed)
    refused = [each for each in answers if isinstance(each, PackageFull)]
    rooms_a, rooms_b, places, boxes = await village.count_free()
    async with shopping.db.connection() as conn:
        booked = await conn.fetchval("SELECT coalesce(sum(count), 0) FROM package_orders")
        parts = await conn.fetch(
            "SELECT position, sum(packages) AS packages FROM package_lines GROUP BY position ORDER BY position"
        )
        alone = await conn.fetchrow(
            "SELECT count(*) FILTER (WHERE kind = 'stay') AS rooms,"
            " count(*) FILTER (WHERE kind = 'activity') AS parties,"
            " count(*) FILTER (WHERE kind = 'goods') AS parcels"
            " FROM suborders WHERE order_id NOT IN (SELECT order_id FROM package_orders)"
        )
    assert alone is not None
    assert [(row["position"], row["packages"]) for row in parts] == [(1, booked), (2, booked), (3, booked)]
    assert rooms_a + rooms_b == 12 - booked - alone["rooms"]
    assert places == 40 - 2 * booked - 5 * alone["parties"]
    assert boxes == 30 - booked - 4 * alone["parcels"]
    # Nothing was freed meanwhile, so who was refused would be refused now: every lost choice was renewed.
    assert refused
    assert booked > 0
    assert min(rooms_a + rooms_b, places // 2, boxes) <= 1


async def test_a_household_that_leaves_meanwhile_has_no_half_package(shopping: Shopping) -> None:
    village = await make_village(shopping, rooms=8, places=200, left=100)
    host = village.hosts[0]
    async with shopping.db.transaction() as conn:
        buyers = [await make_account(conn) for _ in range(12)]

    async def leave() -> None:
        async with shopping.db.transaction() as conn:
            await answer_package(
                conn, shopping.seal, host, host.producers[0], village.package.id, agrees=False, now=NOW
            )

    async with Batcher(shopping.db) as batcher:
        bookings = [
            answer(
                book_package(
                    shopping.db,
                    batcher,
                    buyer,
                    village.package.number,
                    make_wish(),
                    address=DESTINATION,
                    key=f"package {buyer}",
                    now=NOW,
                )
            )
            for buyer in buyers
        ]
        answers = await asyncio.gather(*bookings[:6], leave(), *bookings[6:])
    placed = [each for each in answers if isinstance(each, PlacedOrder)]
    assert await village.fetch("SELECT count(*) FROM package_lines") == 3 * len(placed)
    assert len(placed) >= 8
