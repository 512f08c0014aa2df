"""Batches: which requests get the units, isolation of failures, and the number of statements."""

import asyncio
from uuid import UUID, uuid4

import msgspec
import pytest
from asyncpg.connection import LoggedQuery

from market.kernel import Connection, Database, Refusal
from market.kernel.language import ENGLISH, answer_in
from market.people.identity.models import AccountId
from market.sales.orders.cart import put_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.checkout.place import place
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.models import PlacedOrder, SoldOut
from tests.conftest import NOW
from tests.sales.orders.requests import line, list_codes, make_request, nights, read_lot
from tests.support.make import (
    DESTINATION,
    make_account,
    make_product,
    make_stay,
)
from tests.support.postgres import as_owner
from tests.support.statements import QueryTrace


async def test_lines_on_one_lot_are_summed_first(conn: Connection) -> None:
    boxes = await make_product(conn, title="鸡蛋 30 枚箱", left=86, lot_units_per_item=30)
    eggs = await make_product(conn, boxes.producer_id, title="鸡蛋 散装", unit="枚", lot_id=boxes.lot_id)
    buyer = await make_account(conn)
    too_many = await place_batch(conn, [make_request(buyer, [line(boxes.variant_id, 2), line(eggs.variant_id, 27)])])
    assert isinstance(too_many[0], SoldOut)
    assert [fault.field for fault in too_many[0].errors] == ["lines[0].quantity", "lines[1].quantity"]
    assert list_codes(
        await place_batch(conn, [make_request(buyer, [line(boxes.variant_id, 2), line(eggs.variant_id, 26)])])
    ) == ["placed"]
    assert await read_lot(conn, boxes.lot_id) == (0, 86, 0)


async def test_an_order_refused_for_another_line_leaves_its_units_to_the_next(conn: Connection) -> None:
    """The first and the third are part of the running sums of the second and the fourth, and are refused."""
    scarce, gone = await make_product(conn, left=4), await make_product(conn, left=0)
    buyers = [await make_account(conn) for _ in range(5)]
    outcomes = await place_batch(
        conn,
        [
            make_request(buyers[0], [line(scarce.variant_id, 3), line(gone.variant_id)]),
            make_request(buyers[1], [line(scarce.variant_id, 2)]),
            make_request(buyers[2], [line(scarce.variant_id, 2), line(gone.variant_id)]),
            make_request(buyers[3], [line(scarce.variant_id, 2)]),
            make_request(buyers[4], [line(scarce.variant_id, 1)]),
        ],
    )
    assert list_codes(outcomes) == ["sold_out", "placed", "sold_out", "placed", "waiting_for_payment"]
    assert await read_lot(conn, scarce.lot_id) == (0, 4, 0)


async def test_each_request_of_a_batch_is_refused_in_the_language_of_its_page(conn: Connection) -> None:
    gone, buyers = await make_product(conn, left=0), [await make_account(conn) for _ in range(4)]
    with answer_in(ENGLISH):
        english = [make_request(buyers[0], [line(gone.variant_id)]), make_request(buyers[1], [line(uuid4())])]
    chinese = [make_request(buyers[2], [line(gone.variant_id)]), make_request(buyers[3], [line(uuid4())])]
    outcomes = await place_batch(conn, [*english, *chinese])
    assert [each.errors[0].message for each in outcomes if isinstance(each, Refusal)] == [
        "Only 0 left", "There is no such item", "只剩 0 箱", "没有这种商品",
    ]  # fmt: skip


async def test_a_small_request_after_a_large_one_that_does_not_fit_is_placed(conn: Connection) -> None:
    product = await make_product(conn, left=5)
    buyers = [await make_account(conn) for _ in range(4)]
    requests = [
        make_request(buyer, [line(product.variant_id, units)])
        for buyer, units in zip(buyers, (3, 4, 2, 1), strict=True)
    ]
    assert list_codes(await place_batch(conn, requests)) == [
        "placed",
        "waiting_for_payment",
        "placed",
        "waiting_for_payment",
    ]


async def test_a_batch_takes_as_many_statements_as_one_order(conn: Connection) -> None:
    products = [await make_product(conn, left=500) for _ in range(8)]
    stay = await make_stay(conn, rooms=20)
    buyers = [await make_account(conn) for _ in range(65)]
    statements: list[str] = []

    async def count(requests: list[OrderRequest]) -> int:
        statements.clear()
        assert set(list_codes(await place_batch(conn, requests))) == {"placed"}
        await asyncio.sleep(0)  # asyncpg logs a statement in the next iteration of the loop
        return len(statements)

    def make_one(buyer: UUID, number: int) -> OrderRequest:
        stays = [nights(stay.listing_id)] if number % 8 == 0 else []
        return make_request(buyer, [line(products[number % 8].variant_id), line(products[-1].variant_id)], nights=stays)

    def log_statement(query: LoggedQuery) -> None:
        statements.append(query.query)

    await place_batch(conn, [make_one(buyers.pop(), 0)])  # asyncpg introspects the types on their first use
    conn.add_query_logger(log_statement)
    try:
        single = await count([make_one(buyers[0], 0)])
        full = await count([make_one(buyer, number) for number, buyer in enumerate(buyers[1:], 1)])
    finally:
        conn.remove_query_logger(log_statement)
    assert (single, full) == (3, 3)


async def test_a_request_that_cannot_be_written_fails_by_itself(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=100)
        buyers = [await make_account(conn) for _ in range(5)]
    wanted = [line(product.variant_id)]
    async with Batcher(database, writers=1) as batcher:
        answers = await asyncio.gather(
            *(place(batcher, buyer, wanted, address=DESTINATION, now=NOW) for buyer in buyers[:3]),
            place(batcher, AccountId(uuid4()), wanted, address=DESTINATION, now=NOW),
            place(batcher, buyers[3], wanted, key="a\0b", address=DESTINATION, now=NOW),
            place(batcher, buyers[4], wanted, key="k" * 201, address=DESTINATION, now=NOW),
            place(batcher, buyers[4], wanted, key="\ud800", address=DESTINATION, now=NOW),
            return_exceptions=True,
        )
    assert [type(each).__name__ for each in answers] == [
        "PlacedOrder", "PlacedOrder", "PlacedOrder", "ForeignKeyViolationError", "UntranslatableCharacterError",
        "CheckViolationError", "DataError",
    ]  # fmt: skip
    async with database.connection() as conn:
        assert await read_lot(conn, product.lot_id) == (97, 3, 0)


async def test_a_closing_batcher_places_what_is_queued_in_few_transactions(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=100)
        buyers = [await make_account(conn) for _ in range(100)]
    async with Batcher(database) as batcher:
        tasks = [
            asyncio.create_task(place(batcher, buyer, [line(product.variant_id)], address=DESTINATION, now=NOW))
            for buyer in buyers
        ]
        await asyncio.sleep(0)
    assert [task.result().state for task in tasks] == ["placed"] * 100
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(DISTINCT xmin::text) FROM orders") < 10


async def count_read_orders(conn: Connection) -> int:
    """Return how many rows of orders the transaction has read."""
    return await conn.fetchval(
        "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'orders'::regclass"
    )


async def test_placing_reads_no_other_buyers_orders(new_conn: Connection) -> None:
    """The plans of the session are those of an empty table."""
    dates = await make_product(new_conn, left=100)
    read: list[int] = []
    for _ in range(30):
        before = await count_read_orders(new_conn)
        assert list_codes(
            await place_batch(new_conn, [make_request(await make_account(new_conn), [line(dates.variant_id)])])
        ) == ["placed"]
        read.append(await count_read_orders(new_conn) - before)
    assert read[-1] <= read[1]


async def test_the_statements_of_an_order_are_planned_once_a_session(new_conn: Connection) -> None:
    """After the five plans that the server makes to compare, in a market where others fill their carts too."""
    dates, millet, eggs = [await make_product(new_conn, left=100) for _ in range(3)]
    lines = [line(dates.variant_id), line(millet.variant_id), line(eggs.variant_id)]
    async with as_owner(new_conn):
        await new_conn.execute(
            "INSERT INTO cart_lines (owner_id, variant_id, quantity, added_at)"
            " SELECT uuidv7(), $1, 1, $2 FROM generate_series(1, 3000)", dates.variant_id, NOW,
        )  # fmt: skip
        await new_conn.execute("ANALYZE cart_lines")
    counted: list[dict[str, int]] = []
    for _ in range(9):
        request = make_request(await make_account(new_conn), lines)
        await put_cart(new_conn, request.buyer_id, lines=lines, now=NOW)
        assert list_codes(await place_batch(new_conn, [msgspec.structs.replace(request, from_cart=True)])) == ["placed"]
        plans = await new_conn.fetch("SELECT statement, custom_plans FROM pg_prepared_statements")
        counted.append({row["statement"]: row["custom_plans"] for row in plans})
    assert counted[-2] == counted[-1]


async def test_another_writer_takes_together_what_waits_for_the_first(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as conn:
        dates, millet = await make_product(conn, left=20), await make_product(conn, left=20)
        first, *buyers = [await make_account(conn) for _ in range(12)]
    held, free = asyncio.Event(), asyncio.Event()

    async def hold(_conn: Connection, _order_id: UUID) -> None:
        held.set()
        await free.wait()

    trace = QueryTrace(monkeypatch)
    async with Batcher(database) as batcher:
        slow = asyncio.create_task(
            place(batcher, first, [line(dates.variant_id)], address=DESTINATION, now=NOW, companion=hold)
        )
        await held.wait()
        trace.take()
        waiting: list[asyncio.Task[PlacedOrder]] = []
        for buyer in buyers:
            waiting.append(
                asyncio.create_task(place(batcher, buyer, [line(millet.variant_id)], address=DESTINATION, now=NOW))
            )
            for _ in range(3):
                await asyncio.sleep(0)
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        placed_before, batches = not slow.done(), trace.take().count("PLACE_ORDERS")
        free.set()
        assert (await slow).number
    assert [each for each in outcomes if not isinstance(each, PlacedOrder)] == []
    assert (placed_before, batches) == (True, 1)
