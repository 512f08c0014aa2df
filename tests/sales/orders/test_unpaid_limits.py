"""Limits of what a buyer's unpaid orders hold: orders, value, items, and a share of each lot."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from market.kernel import Connection, Database
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.models import (
    MAX_UNPAID_FEN,
    MAX_UNPAID_ITEMS,
    MAX_UNPAID_NIGHTS,
    MAX_UNPAID_ORDERS,
    Line,
    LotShareTooHigh,
    PlacedOrder,
    SlotId,
    TooManyLapsedOrders,
    TooManyUnpaidItems,
    TooManyUnpaidNights,
    TooManyUnpaidOrders,
    UnpaidTotalTooHigh,
    VariantId,
)
from tests.conftest import NOW
from tests.sales.orders.requests import line, list_codes, make_request, nights
from tests.support.make import DESTINATION, StayIds, make_account, make_activity, make_product, make_stay
from tests.support.postgres import as_owner


async def place_some(conn: Connection, buyer: UUID, variant_id: UUID, quantity: int) -> PlacedOrder | Exception:
    (outcome,) = await place_batch(conn, [make_request(buyer, [line(variant_id, quantity)])])
    return outcome


async def test_unpaid_orders_of_a_buyer_are_limited(conn: Connection) -> None:
    product = await make_product(conn, left=1000)
    buyer, other = await make_account(conn), await make_account(conn)
    for _ in range(MAX_UNPAID_ORDERS):
        assert list_codes([await place_some(conn, buyer, product.variant_id, 1)]) == ["placed"]
    outcomes = await place_batch(
        conn, [make_request(buyer, [line(product.variant_id)]), make_request(other, [line(product.variant_id)])]
    )
    assert [type(each) for each in outcomes] == [TooManyUnpaidOrders, PlacedOrder]


async def test_parallel_requests_do_not_pass_the_limit_of_orders(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=1000)
        buyer = await make_account(conn)
    async with Batcher(database) as one, Batcher(database) as other:
        answers = await asyncio.gather(
            *(
                place(batcher, buyer, [line(product.variant_id)], address=DESTINATION, now=NOW)
                for batcher in (one, other)
                for _ in range(60)
            ),
            return_exceptions=True,
        )
    assert {type(each) for each in answers} == {PlacedOrder, TooManyUnpaidOrders}
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM orders") == MAX_UNPAID_ORDERS


async def test_an_order_of_another_lot_waits_for_the_buyers_other_orders(database: Database) -> None:
    async with database.transaction() as conn:
        product, other = [await make_product(conn, left=1000) for _ in range(2)]
        buyer = await make_account(conn)
    async with Batcher(database) as batcher:
        async with database.transaction() as first:
            requests = [make_request(buyer, [line(product.variant_id)]) for _ in range(MAX_UNPAID_ORDERS)]
            assert set(list_codes(await place_batch(first, requests))) == {"placed"}
            ordering = place(batcher, buyer, [line(other.variant_id)], address=DESTINATION, now=NOW)
            waiting = asyncio.create_task(ordering)
            assert await asyncio.wait([waiting], timeout=0.2) == (set(), {waiting})
        with pytest.raises(TooManyUnpaidOrders):
            await waiting


async def test_the_total_of_unpaid_orders_is_limited(conn: Connection) -> None:
    product = await make_product(conn, price_fen=MAX_UNPAID_FEN // 4)
    buyer = await make_account(conn)
    too_high = await place_some(conn, buyer, product.variant_id, 5)
    assert isinstance(too_high, UnpaidTotalTooHigh)
    assert too_high.text() == "没付款的订单合计最多 100000.00 元，请先付款或取消，或者分几次下单。"
    outcomes = [await place_some(conn, buyer, product.variant_id, quantity) for quantity in (3, 2, 1, 1)]
    assert list_codes(outcomes) == ["placed", "unpaid_total_too_high", "placed", "unpaid_total_too_high"]


async def test_the_items_of_unpaid_orders_are_limited(conn: Connection) -> None:
    product = await make_product(conn, price_fen=1, left=MAX_UNPAID_ITEMS * 4)
    other = await make_product(conn, price_fen=1)
    buyer = await make_account(conn)
    outcomes = [
        await place_some(conn, buyer, product.variant_id, MAX_UNPAID_ITEMS + 1),
        await place_some(conn, buyer, product.variant_id, MAX_UNPAID_ITEMS),
        await place_some(conn, buyer, other.variant_id, 1),
    ]
    assert [type(each) for each in outcomes] == [TooManyUnpaidItems, PlacedOrder, TooManyUnpaidItems]


async def test_the_nights_of_unpaid_stays_are_limited(conn: Connection) -> None:
    inn = await make_stay(conn, rooms=20)
    other = await make_stay(conn, rooms=20)
    buyer = await make_account(conn)

    async def book(stay: StayIds, rooms: int, count: int) -> PlacedOrder | Exception:
        booked = nights(stay.listing_id, last=1 + count, rooms=rooms)
        (outcome,) = await place_batch(conn, [make_request(buyer, [], nights=[booked])])
        return outcome

    refused = await book(inn, MAX_UNPAID_NIGHTS // 10 + 1, 10)
    assert isinstance(refused, TooManyUnpaidNights)
    assert refused.text() == "没付款的订单里一共最多占 60 个间夜（一间房一晚算一个），请先付款或取消，或者分几次订。"
    outcomes = [await book(inn, 5, 10), await book(other, 6, 2), await book(other, 5, 2), await book(other, 1, 1)]
    assert list_codes(outcomes) == ["placed", "too_many_unpaid_nights", "placed", "too_many_unpaid_nights"]
    await conn.execute("UPDATE orders SET state = 'paid', paid_at = $1 WHERE buyer_id = $2", NOW, buyer)
    assert list_codes([await book(other, 6, 10)]) == ["placed"]


async def test_a_buyer_holds_half_of_a_large_lot_at_most(conn: Connection) -> None:
    boxes = await make_product(conn, title="鸡蛋 30 枚箱", left=3_000, lot_units_per_item=30)
    eggs = await make_product(conn, boxes.producer_id, title="鸡蛋 散装", unit="枚", lot_id=boxes.lot_id)
    buyer, other = await make_account(conn), await make_account(conn)
    assert list_codes([await place_some(conn, buyer, boxes.variant_id, 49)]) == ["placed"]
    refused = await place_some(conn, buyer, boxes.variant_id, 2)
    assert isinstance(refused, LotShareTooHigh)
    assert refused.text() == "“鸡蛋 30 枚箱”付款前最多还能订 1 箱，给别的买家也留一些；付了款可以接着订。"
    assert [(fault.field, fault.message) for fault in refused.errors] == [
        ("lines[0].quantity", "付款前最多还能订 1 箱")
    ]
    outcomes = [await place_some(conn, buyer, eggs.variant_id, 31), await place_some(conn, buyer, eggs.variant_id, 30)]
    assert [type(each) for each in outcomes] == [LotShareTooHigh, PlacedOrder]
    assert list_codes([await place_some(conn, other, boxes.variant_id, 40)]) == ["placed"]
    await conn.execute("UPDATE orders SET state = 'paid', paid_at = $1 WHERE buyer_id = $2", NOW, buyer)
    assert list_codes([await place_some(conn, buyer, boxes.variant_id, 5)]) == ["placed"]


async def test_a_small_lot_can_be_bought_whole(conn: Connection) -> None:
    product = await make_product(conn, left=100)
    assert list_codes([await place_some(conn, await make_account(conn), product.variant_id, 100)]) == ["placed"]


@pytest.mark.parametrize(
    ("state", "orders", "held", "ago", "refused"),
    [
        ("expired", 5, timedelta(minutes=30), timedelta(hours=2, minutes=30), True),
        ("expired", 4, timedelta(hours=5), timedelta(hours=2, minutes=30), False),
        ("expired", 5, timedelta(hours=5), timedelta(hours=2, minutes=30), True),
        ("cancelled", 16, timedelta(minutes=9, seconds=50), timedelta(hours=2, minutes=30), True),
        ("cancelled", 15, timedelta(minutes=9, seconds=50), timedelta(hours=2, minutes=30), False),
        ("expired", 5, timedelta(minutes=30), timedelta(hours=24), False),
    ],
)
async def test_a_buyer_whose_unpaid_orders_held_goods_for_too_long_waits(
    conn: Connection, state: str, orders: int, held: timedelta, ago: timedelta, refused: bool
) -> None:
    product = await make_product(conn)
    buyer = await make_account(conn)
    for _ in range(orders):
        assert list_codes([await place_some(conn, buyer, product.variant_id, 1)]) == ["placed"]
        async with as_owner(conn):
            await conn.execute(
                "UPDATE orders SET state = $1, placed_at = $2, closed_at = $3 WHERE state = 'placed'",
                state,
                NOW - ago - held,
                NOW - ago,
            )
    outcome = await place_some(conn, buyer, product.variant_id, 1)
    if refused:
        assert isinstance(outcome, TooManyLapsedOrders)
        assert outcome.text() == (
            "您最近一天的订单，没付款一共占了货 150 分钟以上。请过 22 小时再下单，把货先让给别的买家。"
        )
    else:
        assert isinstance(outcome, PlacedOrder)


async def test_one_buyer_does_not_hold_a_large_slot_without_paying(conn: Connection) -> None:
    activity = await make_activity(conn, places=400)
    buyer, other = await make_account(conn), await make_account(conn)

    async def ask(account: UUID, places: int) -> PlacedOrder | Exception:
        wanted = Line(VariantId(activity.variant_id), places, SlotId(activity.slot_ids[0]))
        (outcome,) = await place_batch(conn, [make_request(account, [wanted])])
        return outcome

    assert list_codes([await ask(buyer, 150)]) == ["placed"]
    refused = await ask(buyer, 51)
    assert isinstance(refused, LotShareTooHigh)
    assert (refused.facts["left"], [fault.field for fault in refused.errors]) == (50, ["lines[0].quantity"])
    assert list_codes([await ask(buyer, 50)]) == ["placed"]
    assert list_codes([await ask(other, 200)]) == ["placed"]


async def test_a_small_slot_can_be_booked_whole(conn: Connection) -> None:
    activity = await make_activity(conn, places=100)
    wanted = Line(VariantId(activity.variant_id), 100, SlotId(activity.slot_ids[0]))
    outcomes = await place_batch(conn, [make_request(await make_account(conn), [wanted])])
    assert list_codes(outcomes) == ["placed"]
