"""Concurrent checkouts on real connections: nothing is sold twice, and each guard is necessary."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date
from uuid import UUID, uuid4

import asyncpg
import pytest

from market.identity.models import AccountId
from market.kernel import Connection, Database
from market.kernel.idempotency import IdempotencyKeyReused
from market.orders.checkout.batcher import Batcher
from market.orders.checkout.order_request import OrderRequest, merge_lines
from market.orders.checkout.place import place
from market.orders.checkout.placing import place_batch
from market.orders.expire import expire_unpaid
from market.orders.models import Line, ListingId, Nights, NightsReserved, PlacedOrder, VariantId, WaitingForPayment
from market.slots.change_slots import move_slot
from market.slots.models import SlotFull, SlotId, SlotState
from tests.conftest import NOW
from tests.support.make import (
    DESTINATION,
    ActivityIds,
    load_owner,
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


def make_request(
    buyer: AccountId, lines: Sequence[Line] = (), stays: Sequence[Nights] = (), key: str = ""
) -> OrderRequest:
    return OrderRequest(
        buyer_id=buyer,
        lines=tuple(merge_lines(lines)),
        nights=tuple(stays),
        destination=DESTINATION,
        key=key or str(uuid4()),
        fingerprint=b"same",
        now=NOW,
        pay_minutes=30,
    )


async def wait_until_blocked(owner: Connection, pid: int) -> None:
    async with asyncio.timeout(10):
        while not await owner.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
            await asyncio.sleep(0.005)


async def side_by_side(db: Database, owner: Connection, first: OrderRequest, second: OrderRequest) -> list[object]:
    """Place the second while the first is uncommitted; return both outcomes."""
    async with db.connection() as one, db.connection() as other:
        pid = await other.fetchval("SELECT pg_backend_pid()")

        async def follow() -> object:
            try:
                async with other.transaction():
                    return (await place_batch(other, [second]))[0]
            except asyncpg.PostgresError as error:
                return error

        async with one.transaction():
            (answer,) = await place_batch(one, [first])
            task = asyncio.create_task(follow())
            await wait_until_blocked(owner, pid)
        return [answer, await task]


async def remove_locks(owner: Connection) -> None:
    """Replace the function by one that locks nothing."""
    source = await owner.fetchval("SELECT pg_get_functiondef('place_orders(jsonb,boolean)'::regprocedure)")
    assert source.count("FOR NO KEY UPDATE SKIP LOCKED") == 3
    assert source.count("FOR NO KEY UPDATE)") == 3
    assert source.count("xact_lock(7004, ") == 2
    source = source.replace("FOR NO KEY UPDATE SKIP LOCKED", "").replace("FOR NO KEY UPDATE)", ")")
    # Distinct numbers instead of the buyer's: the locks conflict with nothing.
    await owner.execute(source.replace("xact_lock(7004, ", "xact_lock(pg_backend_pid(), "))


async def test_the_lock_shows_the_second_order_the_reservation_of_the_first(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=1)
    one, other = await buyers(database, 2)
    lines = [line(product.variant_id)]
    answers = await side_by_side(database, owner, make_request(one, lines), make_request(other, lines))
    assert [type(each) for each in answers] == [PlacedOrder, WaitingForPayment]


async def test_without_the_lock_the_check_still_refuses_to_oversell(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=1)
    await remove_locks(owner)
    one, other = await buyers(database, 2)
    lines = [line(product.variant_id)]
    answers = await side_by_side(database, owner, make_request(one, lines), make_request(other, lines))
    assert [type(each) for each in answers] == [PlacedOrder, asyncpg.CheckViolationError]
    assert getattr(answers[1], "constraint_name", "") == "lots_available_not_negative"


async def test_without_the_lock_and_the_check_one_unit_is_sold_twice(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=1)
    await remove_locks(owner)
    await owner.execute("ALTER TABLE lots DROP CONSTRAINT lots_available_not_negative")
    one, other = await buyers(database, 2)
    lines = [line(product.variant_id)]
    answers = await side_by_side(database, owner, make_request(one, lines), make_request(other, lines))
    assert [type(each) for each in answers] == [PlacedOrder, PlacedOrder]
    assert await owner.fetchval("SELECT available_units FROM lots") == -1


async def test_without_the_lock_the_temporal_key_still_prevents_double_booking(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        stay = await make_stay(conn, rooms=1)
    await remove_locks(owner)
    one, other = await buyers(database, 2)
    stays = [nights(stay.listing_id)]
    answers = await side_by_side(database, owner, make_request(one, (), stays), make_request(other, (), stays))
    assert [type(each) for each in answers] == [PlacedOrder, NightsReserved]


async def test_a_checkout_waits_for_the_host_who_closes_its_slot(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        activity = await make_activity(conn, places=3)
        host = await load_owner(conn, activity.producer_id)
    (buyer,) = await buyers(database, 1)
    async with database.connection() as one, database.connection() as other:
        pid = await other.fetchval("SELECT pg_backend_pid()")

        async def follow() -> list[object]:
            async with other.transaction():
                return [*await place_batch(other, [make_request(buyer, [places(activity, 2)])])]

        async with one.transaction():
            await move_slot(one, host, activity.slot_ids[0], SlotState.CLOSED, now=NOW)
            task = asyncio.create_task(follow())
            await wait_until_blocked(owner, pid)
        [answer] = await task
    assert isinstance(answer, SlotFull)
    assert answer.facts["left"] == 0
    assert await owner.fetchval("SELECT free FROM slots") == 3


@pytest.mark.parametrize("checked", [True, False])
async def test_without_the_lock_only_the_check_refuses_more_places_than_there_are(
    database: Database, owner: Connection, *, checked: bool
) -> None:
    async with database.transaction() as conn:
        activity = await make_activity(conn, places=3)
    await remove_locks(owner)
    if not checked:
        await owner.execute("ALTER TABLE slots DROP CONSTRAINT slots_free")
    one, other = await buyers(database, 2)
    lines = [places(activity, 2)]
    answers = await side_by_side(database, owner, make_request(one, lines), make_request(other, lines))
    assert [type(each) for each in answers] == [PlacedOrder, asyncpg.CheckViolationError if checked else PlacedOrder]
    assert await owner.fetchval("SELECT free FROM slots") == (1 if checked else -1)


async def test_without_the_temporal_key_a_night_is_booked_twice(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        stay = await make_stay(conn, rooms=1)
        product = await make_product(conn, left=9)
    await remove_locks(owner)
    await owner.execute("ALTER TABLE taken_nights DROP CONSTRAINT taken_nights_no_overlap")
    one, other = await buyers(database, 2)
    stays, lines = [nights(stay.listing_id)], [line(product.variant_id)]
    # The goods make the second order wait for the first; without the temporal key, the nights would not.
    answers = await side_by_side(database, owner, make_request(one, lines, stays), make_request(other, lines, stays))
    assert [type(each) for each in answers] == [PlacedOrder, PlacedOrder]
    assert await owner.fetchval("SELECT count(*) FROM taken_nights GROUP BY room_id") == 2


async def test_a_duplicate_without_a_shared_lot_waits_for_the_buyer_and_finds_the_first(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        one_lot, other_lot = await make_product(conn), await make_product(conn)
    (buyer,) = await buyers(database, 1)
    first = make_request(buyer, [line(one_lot.variant_id)], key="one")
    second = make_request(buyer, [line(other_lot.variant_id)], key="one")
    answers = await side_by_side(database, owner, first, second)
    assert answers[0] == answers[1]
    assert await owner.fetch("SELECT available_units, reserved_units FROM lots ORDER BY id") == [(49, 1), (50, 0)]


async def test_without_the_lock_of_the_buyer_the_unique_key_still_refuses_a_duplicate(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn)
    await remove_locks(owner)
    (buyer,) = await buyers(database, 1)
    duplicate = make_request(buyer, [line(product.variant_id)], key="one")
    answers = await side_by_side(database, owner, duplicate, duplicate)
    assert [type(each) for each in answers] == [PlacedOrder, asyncpg.UniqueViolationError]


async def test_without_the_lock_and_the_unique_key_a_duplicate_becomes_a_second_order(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn)
    await remove_locks(owner)
    await owner.execute("ALTER TABLE orders DROP CONSTRAINT orders_unique")
    (buyer,) = await buyers(database, 1)
    duplicate = make_request(buyer, [line(product.variant_id)], key="one")
    answers = await side_by_side(database, owner, duplicate, duplicate)
    assert [type(each) for each in answers] == [PlacedOrder, PlacedOrder]
    assert await owner.fetchval("SELECT count(*) FROM orders") == 2


async def test_without_the_lock_of_the_buyer_parallel_orders_pass_the_limit(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, price_fen=60_000_00)
    await remove_locks(owner)
    (buyer,) = await buyers(database, 1)
    requests = [make_request(buyer, [line(product.variant_id)], key=key) for key in ("one", "two")]
    answers = await side_by_side(database, owner, *requests)
    assert [type(each) for each in answers] == [PlacedOrder, PlacedOrder]


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
            return await expire_unpaid(conn, [order.id], NOW)

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
