"""Each guard of a checkout is necessary: two orders side by side, with it and without it."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import asyncpg
import pytest

from market.catalogue.slots.change_slots import move_slot
from market.catalogue.slots.models import SlotFull, SlotState
from market.kernel import Connection, Database
from market.people.identity.models import AccountId
from market.sales.orders.checkout.order_request import OrderRequest, merge_lines
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.models import Line, Nights, NightsReserved, PlacedOrder, WaitingForPayment
from tests.conftest import NOW
from tests.races.test_checkout import buyers, line, nights, places
from tests.support.make import (
    DESTINATION,
    load_owner,
    make_activity,
    make_product,
    make_stay,
)


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
