"""Many at once, on real connections: nothing is sold twice, and each guard is shown to matter."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import date
from uuid import UUID, uuid4

import asyncpg
import pytest

from market.identity import AccountId
from market.kernel import Connection, Database
from market.orders import (
    NOWHERE,
    Batcher,
    Line,
    ListingId,
    Nights,
    NightsHeld,
    OtherOrderUnderKey,
    Placed,
    VariantId,
    WaitingForPayment,
    place,
    place_batch,
)
from market.orders.expire import let_go as release_order
from market.orders.rules import merge
from market.orders.wish import Wish
from tests.conftest import NOW
from tests.factories import a_product, a_stay, an_account

PROCESSES = 4
"""Batchers side by side, as that many processes of the service would be."""


def line(variant_id: UUID, quantity: int = 1) -> Line:
    return Line(VariantId(variant_id), quantity)


def nights(listing_id: UUID) -> Nights:
    return Nights(ListingId(listing_id), date(2019, 11, 1), date(2019, 11, 2))


async def buyers(db: Database, count: int) -> list[AccountId]:
    async with db.transaction() as conn:
        return [await an_account(conn) for _ in range(count)]


async def rush(
    db: Database,
    people: Sequence[AccountId],
    lines: Sequence[Line] = (),
    *,
    stays: Sequence[Nights] = (),
    key: str | None = None,
) -> list[Placed | BaseException]:
    """Let everyone place the same wish at once, spread over several batchers."""
    async with AsyncExitStack() as stack:
        batchers = [await stack.enter_async_context(Batcher(db)) for _ in range(PROCESSES)]
        return await asyncio.gather(
            *(
                place(batchers[number % PROCESSES], buyer, lines, nights=stays, key=key, now=NOW)
                for number, buyer in enumerate(people)
            ),
            return_exceptions=True,
        )


def kinds(answers: Sequence[Placed | BaseException]) -> dict[str, int]:
    names = [type(each).__name__ for each in answers]
    return {name: names.count(name) for name in sorted(set(names))}


async def test_fifty_buyers_and_one_unit_make_one_order(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=1)
    answers = await rush(database, await buyers(database, 50), [line(product.variant_id)])
    assert kinds(answers) == {"Placed": 1, "WaitingForPayment": 49}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM orders") == 1
        assert await conn.fetchval("SELECT (left_units, waiting_units, sold_units)::text FROM lots") == "(0,1,0)"


async def test_twenty_guests_and_one_night_make_one_booking(database: Database) -> None:
    async with database.transaction() as conn:
        stay = await a_stay(conn, rooms=1)
    answers = await rush(database, await buyers(database, 20), stays=[nights(stay.listing_id)])
    assert kinds(answers) == {"NightsHeld": 19, "Placed": 1}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM bookings") == 1
        assert await conn.fetchval("SELECT count(*) FROM taken_nights") == 1


async def test_two_hundred_buyers_at_fifty_boxes_sell_fifty_and_tell_the_rest(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=50)
    answers = await rush(database, await buyers(database, 200), [line(product.variant_id)])
    assert kinds(answers) == {"Placed": 50, "WaitingForPayment": 150}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT sum(quantity) FROM order_lines") == 50
        assert await conn.fetchval("SELECT (left_units, waiting_units, sold_units)::text FROM lots") == "(0,50,0)"


async def test_one_key_twenty_times_makes_one_order(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=50)
    (buyer,) = await buyers(database, 1)
    answers = await rush(database, [buyer] * 20, [line(product.variant_id, 2)], key="one press")
    assert kinds(answers) == {"Placed": 20}
    assert len({each.number for each in answers if isinstance(each, Placed)}) == 1
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM orders") == 1
        assert await conn.fetchval("SELECT (left_units, waiting_units)::text FROM lots") == "(48,2)"


async def test_crossing_lots_and_rooms_never_lock_each_other_up(database: Database) -> None:
    async with database.transaction() as conn:
        products = [await a_product(conn, left=1000) for _ in range(6)]
        stays = [await a_stay(conn, rooms=60) for _ in range(2)]
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
                    now=NOW,
                )
                for number, buyer in enumerate(people)
            ),
            return_exceptions=True,
        )
    assert kinds(answers) == {"Placed": 60}


async def test_lines_on_one_lot_in_many_orders_never_pass_its_end(database: Database) -> None:
    async with database.transaction() as conn:
        boxes = await a_product(conn, title="鸡蛋 箱", left=100, takes=30)
        eggs = await a_product(conn, boxes.producer_id, title="鸡蛋 散", lot_id=boxes.lot_id)
    wanted = [line(boxes.variant_id), line(eggs.variant_id, 10)]
    answers = await rush(database, await buyers(database, 20), wanted)
    assert kinds(answers) == {"Placed": 2, "WaitingForPayment": 18}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT (left_units, waiting_units)::text FROM lots") == "(20,80)"


def wish(buyer: AccountId, lines: Sequence[Line] = (), stays: Sequence[Nights] = (), key: str = "") -> Wish:
    return Wish(
        buyer, tuple(merge(lines)), tuple(stays), NOWHERE, key or str(uuid4()), b"same", NOW, 30, None,
        False,  # noqa: FBT003 - not from a cart
    )  # fmt: skip


async def until_it_waits(owner: Connection, pid: int) -> None:
    async with asyncio.timeout(10):
        while not await owner.fetchval("SELECT cardinality(pg_blocking_pids($1)) > 0", pid):
            await asyncio.sleep(0.005)


async def side_by_side(db: Database, owner: Connection, first: Wish, second: Wish) -> list[object]:
    """Place the second while the first is decided and not committed; return both answers."""
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
            await until_it_waits(owner, pid)
        return [answer, await task]


async def without_locks(owner: Connection) -> None:
    """Let the function read what is left without locking it."""
    source = await owner.fetchval("SELECT pg_get_functiondef('place_orders(jsonb)'::regprocedure)")
    assert source.count("FOR NO KEY UPDATE") == 2
    await owner.execute(source.replace("FOR NO KEY UPDATE", ""))


async def test_the_lock_makes_the_second_see_what_the_first_took(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=1)
    one, other = await buyers(database, 2)
    lines = [line(product.variant_id)]
    answers = await side_by_side(database, owner, wish(one, lines), wish(other, lines))
    assert [type(each) for each in answers] == [Placed, WaitingForPayment]


async def test_without_the_lock_the_check_still_refuses_to_oversell(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=1)
    await without_locks(owner)
    one, other = await buyers(database, 2)
    lines = [line(product.variant_id)]
    answers = await side_by_side(database, owner, wish(one, lines), wish(other, lines))
    assert [type(each) for each in answers] == [Placed, asyncpg.CheckViolationError]
    assert getattr(answers[1], "constraint_name", "") == "lots_never_below_zero"


async def test_without_the_lock_and_the_check_one_unit_is_sold_twice(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=1)
    await without_locks(owner)
    await owner.execute("ALTER TABLE lots DROP CONSTRAINT lots_never_below_zero")
    one, other = await buyers(database, 2)
    lines = [line(product.variant_id)]
    answers = await side_by_side(database, owner, wish(one, lines), wish(other, lines))
    assert [type(each) for each in answers] == [Placed, Placed]
    assert await owner.fetchval("SELECT left_units FROM lots") == -1


async def test_without_the_lock_the_temporal_key_still_keeps_one_guest_a_night(
    database: Database, owner: Connection
) -> None:
    async with database.transaction() as conn:
        stay = await a_stay(conn, rooms=1)
    await without_locks(owner)
    one, other = await buyers(database, 2)
    stays = [nights(stay.listing_id)]
    answers = await side_by_side(database, owner, wish(one, (), stays), wish(other, (), stays))
    assert [type(each) for each in answers] == [Placed, NightsHeld]


async def test_without_the_temporal_key_two_guests_get_one_night(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        stay = await a_stay(conn, rooms=1)
        product = await a_product(conn, left=9)
    await without_locks(owner)
    await owner.execute("ALTER TABLE taken_nights DROP CONSTRAINT taken_nights_one_guest_a_night")
    one, other = await buyers(database, 2)
    stays, lines = [nights(stay.listing_id)], [line(product.variant_id)]
    # The goods make the second wait for the first: without the key nothing about the night would.
    answers = await side_by_side(database, owner, wish(one, lines, stays), wish(other, lines, stays))
    assert [type(each) for each in answers] == [Placed, Placed]
    assert await owner.fetchval("SELECT count(*) FROM taken_nights GROUP BY room_id") == 2


async def test_a_twin_without_a_lot_waits_at_the_key_and_finds_the_first(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        one_lot, other_lot = await a_product(conn), await a_product(conn)
    (buyer,) = await buyers(database, 1)
    first = wish(buyer, [line(one_lot.variant_id)], key="one")
    second = wish(buyer, [line(other_lot.variant_id)], key="one")
    answers = await side_by_side(database, owner, first, second)
    assert answers[0] == answers[1]
    assert await owner.fetch("SELECT left_units, waiting_units FROM lots ORDER BY id") == [(49, 1), (50, 0)]


async def test_without_the_unique_key_a_twin_becomes_a_second_order(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn)
    source = await owner.fetchval("SELECT pg_get_functiondef('place_orders(jsonb)'::regprocedure)")
    await owner.execute(source.replace("ON CONFLICT (buyer_id, key) DO NOTHING", "").replace("FOR NO KEY UPDATE", ""))
    await owner.execute("ALTER TABLE orders DROP CONSTRAINT orders_once")
    (buyer,) = await buyers(database, 1)
    twin = wish(buyer, [line(product.variant_id)], key="one")
    answers = await side_by_side(database, owner, twin, twin)
    assert [type(each) for each in answers] == [Placed, Placed]
    assert await owner.fetchval("SELECT count(*) FROM orders") == 2


async def test_a_key_used_for_another_wish_is_told_apart_from_its_twin(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=50)
    (buyer,) = await buyers(database, 1)
    async with Batcher(database) as one, Batcher(database) as other:
        answers = await asyncio.gather(
            place(one, buyer, [line(product.variant_id, 1)], key="one", now=NOW),
            place(other, buyer, [line(product.variant_id, 2)], key="one", now=NOW),
            return_exceptions=True,
        )
    assert sorted(type(each).__name__ for each in answers) == [OtherOrderUnderKey.__name__, Placed.__name__]


@pytest.mark.parametrize("kind", ["goods", "nights"])
async def test_a_release_and_a_rush_on_it_never_lose_or_invent_a_unit(database: Database, kind: str) -> None:
    """Half of the buyers cancel while the others rush: what is free at the end is what nobody holds."""
    async with database.transaction() as conn:
        product, stay = await a_product(conn, left=10), await a_stay(conn, rooms=10)
    lines = [line(product.variant_id)] if kind == "goods" else []
    stays = [nights(stay.listing_id)] if kind == "nights" else []
    held = await rush(database, await buyers(database, 10), lines, stays=stays)

    async def let_go(order: Placed) -> int:
        async with database.transaction() as conn:
            return await release_order(conn, [order.id], NOW)

    releases = [let_go(each) for each in held[:5] if isinstance(each, Placed)]
    _, released = await asyncio.gather(
        rush(database, await buyers(database, 30), lines, stays=stays), asyncio.gather(*releases)
    )
    assert released == [1] * 5
    async with database.connection() as conn:
        live = await conn.fetchval("SELECT count(*) FROM orders WHERE state = 'placed'")
        left, waiting = await conn.fetchrow("SELECT left_units, waiting_units FROM lots") or (0, 0)
        taken = await conn.fetchval("SELECT count(*) FROM taken_nights")
    assert (left + waiting, waiting, taken) == ((10, live, 0) if kind == "goods" else (10, 0, live))
    assert 5 <= live <= 10
