"""Placing an order: what it comes to, when it is refused, and how often the database is asked."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from asyncpg.connection import LoggedQuery

from market.identity import AccountId
from market.kernel import Connection, Database, Refusal
from market.kernel.seal import Seal
from market.orders import (
    NOWHERE,
    Address,
    Batcher,
    Line,
    ListingId,
    Nights,
    NightsHeld,
    NightsTaken,
    NightsWrong,
    NotForSale,
    NothingAsked,
    NotShippedThere,
    OtherOrderUnderKey,
    Placed,
    QuantityWrong,
    ShopClosed,
    SoldOut,
    TooManyWaiting,
    TooMuchAsked,
    TotalChanged,
    VariantId,
    WaitingForPayment,
    get_order,
    open_address,
    place,
    place_batch,
    seal_address,
)
from market.orders.models import MOST_WAITING
from market.orders.rules import merge
from market.orders.wish import Wish
from tests.conftest import NOW
from tests.factories import a_freight_template, a_producer, a_product, a_stay, an_account, the_actor


def line(variant_id: UUID, quantity: int = 1) -> Line:
    return Line(VariantId(variant_id), quantity)


def wish(buyer: UUID, lines: Sequence[Line], *, nights: Sequence[Nights] = (), key: str | None = None) -> Wish:
    return Wish(
        AccountId(buyer), tuple(merge(lines)), tuple(nights), NOWHERE, key or str(uuid4()), b"same", NOW, 30, None,
        False,  # noqa: FBT003 - not from a cart
    )  # fmt: skip


def nights(listing_id: UUID, first: int = 1, last: int = 3, rooms: int = 1) -> Nights:
    return Nights(ListingId(listing_id), date(2019, 11, first), date(2019, 11, last), rooms)


def told(outcomes: Sequence[Placed | Exception]) -> list[str]:
    return [each.state if isinstance(each, Placed) else getattr(each, "code", repr(each)) for each in outcomes]


async def lot(conn: Connection, lot_id: UUID) -> tuple[int, int, int]:
    row = await conn.fetchrow("SELECT left_units, waiting_units, sold_units FROM lots WHERE id = $1", lot_id)
    assert row is not None
    return tuple(row)


async def test_an_order_takes_its_goods_at_the_prices_of_the_database(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, price_fen=45_00, left=3, gross_g=2800, commission_bp=200)
        await a_freight_template(conn, product.producer_id, first_g=1000, first_fen=6_00, next_g=1000, next_fen=2_00)
        stay = await a_stay(conn, price_fen=280_00, seasons=[(date(2019, 11, 2), date(2019, 11, 3), 300_00)])
        buyer = await the_actor(conn, await an_account(conn))
    address = seal_address(seal, Address("样例买家", "139 0000 9001", "130100", "样例路 1 号"))
    async with Batcher(database) as batcher:
        placed = await place(
            batcher, buyer.account_id, [line(product.variant_id, 2)], nights=[nights(stay.listing_id, rooms=2)],
            address=address, now=NOW, pay_minutes=15,
        )  # fmt: skip
    assert (placed.goods_fen, placed.freight_fen, placed.total_fen) == (1250_00, 16_00, 1266_00)
    assert (placed.state, placed.placed_at, placed.pay_until) == ("placed", NOW, NOW + timedelta(minutes=15))
    async with database.connection() as conn:
        order = await get_order(conn, seal, buyer, placed.id)
        assert await lot(conn, product.lot_id) == (1, 2, 0)
        booked = await conn.fetch("SELECT night, price_fen FROM booked_nights ORDER BY night, booking_id")
        sealed = await conn.fetchval("SELECT address_sealed FROM orders")
    assert [(each.kind, each.goods_fen, each.freight_fen) for each in order.suborders] == [
        ("goods", 90_00, 16_00),
        ("stay", 1160_00, 0),
    ]
    assert [(each.room, each.state, each.code) for each in order.suborders[1].bookings] == [
        ("1 号房", "held", None),
        ("2 号房", "held", None),
    ]
    assert [tuple(row) for row in booked] == [
        (date(2019, 11, 1), 280_00), (date(2019, 11, 1), 280_00), (date(2019, 11, 2), 300_00),
        (date(2019, 11, 2), 300_00),
    ]  # fmt: skip
    assert open_address(seal, sealed) == Address("样例买家", "13900009001", "130100", "样例路 1 号")


async def test_a_key_places_one_order_and_answers_alike(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=5)
        buyer = await an_account(conn)
    wanted = [line(product.variant_id, 2)]
    async with Batcher(database) as batcher:
        first = await place(batcher, buyer, wanted, key="one", now=NOW)
        again = await place(batcher, buyer, wanted, key="one", now=NOW + timedelta(minutes=5))
        with pytest.raises(OtherOrderUnderKey):
            await place(batcher, buyer, [line(product.variant_id, 1)], key="one", now=NOW)
        other = await place(batcher, buyer, wanted, key="two", now=NOW)
    assert again == first
    assert other.number != first.number
    async with database.connection() as conn:
        assert await lot(conn, product.lot_id) == (1, 4, 0)


async def test_a_refused_key_may_try_again(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=1)
        buyer = await an_account(conn)
    async with Batcher(database) as batcher:
        with pytest.raises(SoldOut):
            await place(batcher, buyer, [line(product.variant_id, 2)], key="one", now=NOW)
        async with database.transaction() as conn:
            await conn.execute("UPDATE lots SET left_units = 2")
        placed = await place(batcher, buyer, [line(product.variant_id, 2)], key="one", now=NOW)
    assert placed.state == "placed"


async def test_a_buyer_who_gets_nothing_learns_whether_trying_again_helps(conn: Connection) -> None:
    product = await a_product(conn, title="阜平核桃", unit="袋", left=3)
    first, second, third = [await an_account(conn) for _ in range(3)]
    outcomes = await place_batch(
        conn,
        [
            wish(first, [line(product.variant_id, 2)]),
            wish(second, [line(product.variant_id, 3)]),
            wish(third, [line(product.variant_id, 4)]),
        ],
    )
    assert told(outcomes) == ["placed", "waiting_for_payment", "sold_out"]
    waiting, gone = outcomes[1], outcomes[2]
    assert isinstance(waiting, WaitingForPayment)
    assert waiting.text() == ("“阜平核桃”现在只剩 1袋，其余在别人的待付款订单里；30 分钟内没付款会放出来，可以再试。")
    assert isinstance(gone, SoldOut)
    assert gone.text() == "“阜平核桃”只剩 1袋，卖完了就没有了。"
    assert [(fault.field, fault.message) for fault in gone.errors] == [("lines[0].quantity", "只剩 1 袋")]


async def test_lines_on_one_lot_are_summed_first(conn: Connection) -> None:
    boxes = await a_product(conn, title="鸡蛋 30 枚箱", left=860, takes=30)
    eggs = await a_product(conn, boxes.producer_id, title="鸡蛋 散装", unit="枚", lot_id=boxes.lot_id)
    buyer = await an_account(conn)
    too_many = await place_batch(conn, [wish(buyer, [line(boxes.variant_id, 28), line(eggs.variant_id, 30)])])
    assert isinstance(too_many[0], SoldOut)
    assert [fault.field for fault in too_many[0].errors] == ["lines[0].quantity", "lines[1].quantity"]
    assert told(await place_batch(conn, [wish(buyer, [line(boxes.variant_id, 28), line(eggs.variant_id, 20)])])) == [
        "placed"
    ]
    assert await lot(conn, boxes.lot_id) == (0, 860, 0)


async def test_an_order_refused_for_another_line_leaves_its_share_to_the_next(conn: Connection) -> None:
    """The first and the third stand in the sums of the second and the fourth, and get nothing."""
    scarce, gone = await a_product(conn, left=4), await a_product(conn, left=0)
    buyers = [await an_account(conn) for _ in range(5)]
    outcomes = await place_batch(
        conn,
        [
            wish(buyers[0], [line(scarce.variant_id, 3), line(gone.variant_id)]),
            wish(buyers[1], [line(scarce.variant_id, 2)]),
            wish(buyers[2], [line(scarce.variant_id, 2), line(gone.variant_id)]),
            wish(buyers[3], [line(scarce.variant_id, 2)]),
            wish(buyers[4], [line(scarce.variant_id, 1)]),
        ],
    )
    assert told(outcomes) == ["sold_out", "placed", "sold_out", "placed", "waiting_for_payment"]
    assert await lot(conn, scarce.lot_id) == (0, 4, 0)


async def test_a_small_wish_behind_a_large_one_that_does_not_fit_is_placed(conn: Connection) -> None:
    product = await a_product(conn, left=5)
    buyers = [await an_account(conn) for _ in range(4)]
    wishes = [wish(buyer, [line(product.variant_id, units)]) for buyer, units in zip(buyers, (3, 4, 2, 1), strict=True)]
    assert told(await place_batch(conn, wishes)) == ["placed", "waiting_for_payment", "placed", "waiting_for_payment"]


async def test_the_last_room_goes_to_the_first_and_a_cancelled_wish_leaves_no_night(conn: Connection) -> None:
    stay = await a_stay(conn, rooms=2)
    gone = await a_product(conn, left=0)
    buyers = [await an_account(conn) for _ in range(4)]
    outcomes = await place_batch(
        conn,
        [
            wish(buyers[0], [line(gone.variant_id)], nights=[nights(stay.listing_id, rooms=2)]),
            wish(buyers[1], [], nights=[nights(stay.listing_id, 1, 3)]),
            wish(buyers[2], [], nights=[nights(stay.listing_id, 2, 4, rooms=2)]),
            wish(buyers[3], [], nights=[nights(stay.listing_id, 2, 4)]),
        ],
    )
    assert told(outcomes) == ["sold_out", "placed", "nights_held", "placed"]
    taken = await conn.fetch(
        "SELECT position, lower(nights), upper(nights) FROM taken_nights JOIN rooms ON rooms.id = room_id ORDER BY 1"
    )
    assert [tuple(row) for row in taken] == [
        (1, date(2019, 11, 1), date(2019, 11, 3)),
        (2, date(2019, 11, 2), date(2019, 11, 4)),
    ]
    held = outcomes[2]
    assert isinstance(held, NightsHeld)
    assert held.errors[0].field == "nights[0]"


async def test_nights_that_others_paid_for_do_not_come_free(conn: Connection) -> None:
    stay = await a_stay(conn, rooms=1)
    first, second = [await an_account(conn) for _ in range(2)]
    await place_batch(conn, [wish(first, [], nights=[nights(stay.listing_id)])])
    await conn.execute("UPDATE bookings SET state = 'booked'")
    (refused,) = await place_batch(conn, [wish(second, [], nights=[nights(stay.listing_id)])])
    assert type(refused) is NightsTaken


async def test_an_order_is_whole_or_nothing(conn: Connection) -> None:
    plenty, stay = await a_product(conn, left=9), await a_stay(conn, rooms=1)
    first, second = [await an_account(conn) for _ in range(2)]
    await place_batch(conn, [wish(first, [], nights=[nights(stay.listing_id)])])
    outcomes = await place_batch(conn, [wish(second, [line(plenty.variant_id, 5)], nights=[nights(stay.listing_id)])])
    assert told(outcomes) == ["nights_held"]
    assert await lot(conn, plenty.lot_id) == (9, 0, 0)
    assert await conn.fetchval("SELECT count(*) FROM orders WHERE buyer_id = $1", second) == 0


async def test_what_is_closed_is_refused_by_its_field(conn: Connection) -> None:
    shop = await a_producer(conn)
    await a_freight_template(conn, shop, no_ship=["13"])
    nowhere = await a_product(conn, shop)
    withdrawn = await a_product(conn, state="withdrawn")
    suspended = await a_product(conn, await a_producer(conn, state="suspended", name="样例歇业"))
    stay = await a_stay(conn)
    buyer = await an_account(conn)
    wishes = [
        wish(buyer, [line(nowhere.variant_id)]),
        wish(buyer, [line(withdrawn.variant_id)]),
        wish(buyer, [line(suspended.variant_id)]),
        wish(buyer, [line(uuid4())]),
        wish(buyer, [line(stay.variant_id)]),
        wish(buyer, [], nights=[nights(nowhere.listing_id)]),
        wish(buyer, [], nights=[nights(uuid4())]),
    ]
    outcomes = await place_batch(conn, wishes)
    assert [type(each) for each in outcomes] == [
        NotShippedThere, NotForSale, ShopClosed, NotForSale, NotForSale, NotForSale, NotForSale,
    ]  # fmt: skip
    assert [each.errors[0].field for each in outcomes if isinstance(each, Refusal)] == [
        "address.region_code", "lines[0].variant_id", "lines[0].variant_id", "lines[0].variant_id",
        "lines[0].variant_id", "nights[0].listing_id", "nights[0].listing_id",
    ]  # fmt: skip
    assert await conn.fetchval("SELECT count(*) FROM orders") == 0


WRONG: list[tuple[str, dict[str, Any], type[Refusal], str | None]] = [
    ("nothing", {}, NothingAsked, None),
    ("zero", {"lines": [0]}, QuantityWrong, "lines[0].quantity"),
    ("negative beside enough", {"lines": [5, -1]}, QuantityWrong, "lines[1].quantity"),
    ("too many of one", {"lines": [10_000]}, QuantityWrong, "lines[0].quantity"),
    ("101 lines", {"lines": [1] * 101}, TooMuchAsked, None),
    ("a night of the past", {"nights": [(date(2019, 9, 19), date(2019, 9, 21), 1)]}, NightsWrong, "nights[0]"),
    ("no night at all", {"nights": [(date(2019, 10, 1), date(2019, 10, 1), 1)]}, NightsWrong, "nights[0]"),
    ("31 nights", {"nights": [(date(2019, 10, 1), date(2019, 11, 1), 1)]}, NightsWrong, "nights[0]"),
    ("next year", {"nights": [(date(2020, 10, 1), date(2020, 10, 2), 1)]}, NightsWrong, "nights[0]"),
    ("no room", {"nights": [(date(2019, 10, 1), date(2019, 10, 2), 0)]}, NightsWrong, "nights[0]"),
    ("21 rooms", {"nights": [(date(2019, 10, 1), date(2019, 10, 2), 21)]}, NightsWrong, "nights[0]"),
    ("six stays", {"nights": [(date(2019, 10, 1), date(2019, 10, 2), 1)] * 6}, TooMuchAsked, None),
    ("a stay twice", {"nights": [(date(2019, 10, 1), date(2019, 10, 2), 1)] * 2}, NightsWrong, "nights[1]"),
]


@pytest.mark.parametrize(("_case", "asked", "kind", "field"), WRONG)
async def test_a_wrong_wish_is_refused_before_the_database_is_asked(
    shared: Database, _case: str, asked: dict[str, Any], kind: type[Refusal], field: str | None
) -> None:
    lines = [Line(VariantId(UUID(int=1)), quantity) for quantity in asked.get("lines", [])]
    stays = [Nights(ListingId(UUID(int=2)), *each) for each in asked.get("nights", [])]
    async with Batcher(shared) as batcher:
        with pytest.raises(kind) as refused:
            await place(batcher, AccountId(UUID(int=3)), lines, nights=stays, now=NOW)
    assert [fault.field for fault in refused.value.errors][:1] == ([] if field is None else [field])


async def test_nine_in_the_evening_in_london_is_tomorrow_in_the_village(shared: Database) -> None:
    late = datetime(2019, 9, 20, 21, 0, tzinfo=UTC)
    stays = [Nights(ListingId(UUID(int=2)), date(2019, 9, 20), date(2019, 9, 21), 1)]
    async with Batcher(shared) as batcher:
        with pytest.raises(NightsWrong):
            await place(batcher, AccountId(UUID(int=3)), nights=stays, now=late)


async def test_a_total_that_changed_is_shown_before_it_is_charged(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, price_fen=45_00)
        buyer = await an_account(conn)
    async with Batcher(database) as batcher:
        with pytest.raises(TotalChanged) as refused:
            await place(batcher, buyer, [line(product.variant_id)], total_fen=44_00, now=NOW)
        placed = await place(batcher, buyer, [line(product.variant_id)], total_fen=45_00, now=NOW)
    assert refused.value.facts == {"total_fen": 45_00}
    assert placed.total_fen == 45_00


async def test_unpaid_orders_of_one_buyer_are_bounded(conn: Connection) -> None:
    product = await a_product(conn, left=1000)
    buyer, other = await an_account(conn), await an_account(conn)
    for _ in range(MOST_WAITING):
        assert told(await place_batch(conn, [wish(buyer, [line(product.variant_id)])])) == ["placed"]
    outcomes = await place_batch(
        conn, [wish(buyer, [line(product.variant_id)]), wish(other, [line(product.variant_id)])]
    )
    assert [type(each) for each in outcomes] == [TooManyWaiting, Placed]


async def test_a_batch_asks_the_database_as_often_as_a_lone_order(conn: Connection) -> None:
    products = [await a_product(conn, left=500) for _ in range(8)]
    stay = await a_stay(conn, rooms=20)
    buyers = [await an_account(conn) for _ in range(64)]
    asked: list[str] = []

    async def count(wishes: list[Wish]) -> int:
        asked.clear()
        assert set(told(await place_batch(conn, wishes))) == {"placed"}
        await asyncio.sleep(0)  # the driver logs a statement on the loop's next turn
        return len(asked)

    def some(buyer: UUID, number: int) -> Wish:
        stays = [nights(stay.listing_id)] if number % 8 == 0 else []
        return wish(buyer, [line(products[number % 8].variant_id), line(products[-1].variant_id)], nights=stays)

    def note(query: LoggedQuery) -> None:
        asked.append(query.query)

    conn.add_query_logger(note)
    try:
        lone = await count([some(buyers[0], 0)])
        crowd = await count([some(buyer, number) for number, buyer in enumerate(buyers[1:], 1)])
    finally:
        conn.remove_query_logger(note)
    assert (lone, crowd) == (5, 5)


async def test_sums_that_do_not_add_up_are_refused_at_commit(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn)
        buyer = await an_account(conn)
    async with Batcher(database) as batcher:
        await place(batcher, buyer, [line(product.variant_id)], now=NOW)
    with pytest.raises(Exception, match="does not sum up"):
        await owner.execute(
            "INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, address_sealed, goods_fen, freight_fen,"
            " total_fen, placed_at, pay_until) SELECT uuidv7(), buyer_id, 'x', '', region_code, '', 1, 0, 1, placed_at,"
            " pay_until FROM orders"
        )


async def test_one_wish_that_cannot_be_written_does_not_pull_the_others_down(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=100)
        buyers = [await an_account(conn) for _ in range(5)]
    wanted = [line(product.variant_id)]
    async with Batcher(database, writers=1) as batcher:
        answers = await asyncio.gather(
            *(place(batcher, buyer, wanted, now=NOW) for buyer in buyers[:3]),
            place(batcher, AccountId(uuid4()), wanted, now=NOW),
            place(batcher, buyers[3], wanted, key="a\0b", now=NOW),
            place(batcher, buyers[4], wanted, key="k" * 201, now=NOW),
            return_exceptions=True,
        )
    assert [type(each).__name__ for each in answers] == [
        "Placed", "Placed", "Placed", "ForeignKeyViolationError", "CharacterNotInRepertoireError",
        "CheckViolationError",
    ]  # fmt: skip
    async with database.connection() as conn:
        assert await lot(conn, product.lot_id) == (97, 3, 0)


async def test_a_lone_caller_waits_for_nobody_and_a_closing_batcher_places_what_is_queued(database: Database) -> None:
    async with database.transaction() as conn:
        product = await a_product(conn, left=100)
        buyers = [await an_account(conn) for _ in range(100)]
    async with Batcher(database) as batcher:
        tasks = [asyncio.create_task(place(batcher, buyer, [line(product.variant_id)], now=NOW)) for buyer in buyers]
        await asyncio.sleep(0)
    assert [task.result().state for task in tasks] == ["placed"] * 100
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(DISTINCT xmin::text) FROM orders") < 10
