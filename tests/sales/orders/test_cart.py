"""The cart: set at once or line by line, shown at current prices, emptied by its order."""

import asyncio
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from asyncpg.connection import LoggedQuery

from market.kernel import Connection, Database
from market.people.identity.models import AccountId
from market.sales.orders.cart import (
    CartContents,
    count_cart,
    identify_device,
    load_cart_contents,
    merge_device_cart,
    put_cart,
)
from market.sales.orders.cart_view import get_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place_cart import place_cart
from market.sales.orders.models import (
    EmptyOrder,
    InvalidNights,
    InvalidQuantity,
    Line,
    ListingId,
    Nights,
    NotForSale,
    TooManyLines,
    VariantId,
)
from tests.conftest import NOW
from tests.support.make import DESTINATION, make_account, make_freight_template, make_producer, make_product, make_stay


def line(variant_id: UUID, quantity: int = 1) -> Line:
    return Line(VariantId(variant_id), quantity)


def nights(listing_id: UUID, first: int = 3, last: int = 5, rooms: int = 1) -> Nights:
    return Nights(ListingId(listing_id), date(2019, 10, first), date(2019, 10, last), rooms)


async def quantities(conn: Connection, buyer: AccountId) -> list[int]:
    cart = await get_cart(conn, buyer, now=NOW)
    return [each.quantity for group in cart.groups for each in group.lines]


async def test_lines_are_set_one_by_one_or_all_at_once(conn: Connection) -> None:
    one, two, three = [await make_product(conn) for _ in range(3)]
    buyer = await make_account(conn)
    await put_cart(conn, buyer, lines=[line(one.variant_id, 2)], now=NOW)
    await put_cart(conn, buyer, lines=[line(two.variant_id, 3)], now=NOW)
    assert await quantities(conn, buyer) == [2, 3]
    await put_cart(conn, buyer, lines=[line(one.variant_id, 5), line(two.variant_id, 0)], now=NOW)
    assert await quantities(conn, buyer) == [5]
    await put_cart(conn, buyer, lines=[line(three.variant_id, 1), line(two.variant_id, 4)], whole=True, now=NOW)
    assert sorted(await quantities(conn, buyer)) == [1, 4]
    await put_cart(conn, buyer, lines=[], whole=True, now=NOW)
    assert await count_cart(conn, buyer) == 0


async def test_the_cart_shows_what_placing_would_charge(conn: Connection) -> None:
    shop = await make_producer(conn, name="样例枣园")
    await make_freight_template(conn, shop, first_g=1000, first_fen=6_00, next_g=1000, next_fen=2_00, no_ship=["54"])
    dates = await make_product(conn, shop, title="大枣", price_fen=45_00, gross_g=2800)
    nuts = await make_product(conn, shop, title="核桃", price_fen=32_00, gross_g=1100)
    stay = await make_stay(conn, seasons=[(date(2019, 10, 1), date(2019, 10, 4), 420_00)], price_fen=280_00)
    buyer = await make_account(conn)
    await put_cart(conn, buyer, lines=[line(dates.variant_id), line(nuts.variant_id, 2)], now=NOW)
    await put_cart(conn, buyer, nights=[nights(stay.listing_id)], now=NOW)
    cart = await get_cart(conn, buyer, region_code="130100", now=NOW)
    assert [(g.producer, g.kind, g.goods_fen, g.freight_fen, g.total_fen) for g in cart.groups] == [
        ("样例枣园", "goods", 109_00, 14_00, 123_00),
        ("样例农家院", "stay", 700_00, 0, 700_00),
    ]
    assert (cart.goods_fen, cart.freight_fen, cart.total_fen, cart.count, cart.ready) == (
        809_00, 14_00, 823_00, 3, True,
    )  # fmt: skip
    (shown,) = cart.groups[1].nights
    assert shown.nights == [(date(2019, 10, 3), 420_00), (date(2019, 10, 4), 280_00)]
    assert (shown.free, shown.terms.holiday, shown.terms.days_left, shown.terms.refund_bp) == (2, True, 13, 5000)
    elsewhere = await get_cart(conn, buyer, region_code="540100", now=NOW)
    assert [each.problem for each in elsewhere.groups[0].lines] == ["不发往您的地区", "不发往您的地区"]
    assert (elsewhere.total_fen, elsewhere.ready) == (700_00, False)


async def test_lines_with_a_problem_are_excluded_from_the_sums(conn: Connection) -> None:
    shop = await make_producer(conn)
    await make_freight_template(conn, shop, first_g=1000, first_fen=8_00, next_g=1000, next_fen=3_00)
    boxes = await make_product(
        conn, shop, title="鸡蛋 箱", left=59, lot_units_per_item=30, price_fen=39_00, gross_g=2200
    )
    eggs = await make_product(conn, shop, title="鸡蛋 散", unit="枚", lot_id=boxes.lot_id, price_fen=1_30, gross_g=65)
    fine = await make_product(conn, shop, title="小米", unit="袋", price_fen=32_00, gross_g=900)
    withdrawn = await make_product(conn, shop, title="柿饼", state="withdrawn")
    closed = await make_product(conn, await make_producer(conn, state="suspended"), title="栗子")
    stay = await make_stay(conn, rooms=1)
    buyer, other = await make_account(conn), await make_account(conn)
    wanted = [boxes, eggs, fine, withdrawn, closed]
    await put_cart(conn, buyer, lines=[line(each.variant_id, 30 if each is eggs else 1) for each in wanted], now=NOW)
    await put_cart(conn, buyer, nights=[nights(stay.listing_id)], now=NOW)
    await conn.execute("INSERT INTO taken_nights VALUES ($1, '[2019-10-04,2019-10-06)')", stay.room_ids[0])
    cart = await get_cart(conn, buyer, now=NOW)
    problems = {each.title: each.problem for group in cart.groups for each in group.lines}
    assert problems == {
        "鸡蛋 箱": "只剩 1 箱",
        "鸡蛋 散": "只剩 59 枚",
        "小米": "",
        "柿饼": "已经下架",
        "栗子": "这家现在不接单",
    }
    assert [each.problem for group in cart.groups for each in group.nights] == ["这几晚没有房间了"]
    assert (cart.goods_fen, cart.freight_fen, cart.ready) == (32_00, 8_00, False)
    await conn.execute("UPDATE lots SET reserved_units = 1 WHERE id = $1", boxes.lot_id)
    cart = await get_cart(conn, buyer, now=NOW)
    assert cart.groups[0].lines[0].problem == "现在只剩 1 箱，其余在等别人付款，可以稍后再试"
    assert await count_cart(conn, other) == 0


async def test_the_cart_takes_three_statements_regardless_of_its_size(conn: Connection) -> None:
    shop = await make_producer(conn)
    products = [await make_product(conn, shop) for _ in range(30)]
    stays = [await make_stay(conn) for _ in range(5)]
    poor, rich = await make_account(conn), await make_account(conn)
    await put_cart(conn, poor, lines=[line(products[0].variant_id)], now=NOW)
    await put_cart(conn, poor, nights=[nights(stays[0].listing_id)], now=NOW)
    await put_cart(conn, rich, lines=[line(each.variant_id) for each in products], now=NOW)
    await put_cart(conn, rich, nights=[nights(each.listing_id) for each in stays], now=NOW)
    asked: list[str] = []

    def note(query: LoggedQuery) -> None:
        asked.append(query.query)

    counts: list[int] = []
    conn.add_query_logger(note)
    try:
        for buyer in (poor, rich):
            asked.clear()
            await get_cart(conn, buyer, now=NOW)
            await asyncio.sleep(0)  # asyncpg logs a statement in the next iteration of the loop
            counts.append(len(asked))
    finally:
        conn.remove_query_logger(note)
    assert counts == [3, 3]


async def test_an_invalid_line_is_reported_and_nothing_is_written(conn: Connection) -> None:
    product, stay = await make_product(conn), await make_stay(conn)
    buyer = await make_account(conn)
    with pytest.raises(InvalidQuantity) as refused:
        await put_cart(conn, buyer, lines=[line(product.variant_id), line(product.variant_id, -1)], now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["lines[1].quantity"]
    with pytest.raises(InvalidQuantity):
        await put_cart(conn, buyer, lines=[line(product.variant_id, 9999), line(product.variant_id, 1)], now=NOW)
    with pytest.raises(TooManyLines):
        await put_cart(conn, buyer, lines=[line(uuid4())] * 101, now=NOW)
    with pytest.raises(TooManyLines):
        await put_cart(conn, buyer, nights=[nights(uuid4())] * 6, now=NOW)
    with pytest.raises(InvalidNights):
        await put_cart(conn, buyer, nights=[nights(stay.listing_id, 5, 5)], now=NOW)
    assert await count_cart(conn, buyer) == 0


@pytest.mark.parametrize("wrong", ["unknown", "stay"])
async def test_only_existing_listings_go_into_the_cart(conn: Connection, wrong: str) -> None:
    stay, product, buyer = await make_stay(conn), await make_product(conn), await make_account(conn)
    with pytest.raises(NotForSale):
        await put_cart(conn, buyer, lines=[line(uuid4() if wrong == "unknown" else stay.variant_id)], now=NOW)
    with pytest.raises(NotForSale):
        await put_cart(conn, buyer, nights=[nights(uuid4() if wrong == "unknown" else product.listing_id)], now=NOW)


async def test_zero_rooms_remove_a_stay(conn: Connection) -> None:
    one, two, buyer = await make_stay(conn), await make_stay(conn), await make_account(conn)
    await put_cart(conn, buyer, nights=[nights(one.listing_id), nights(two.listing_id)], now=NOW)
    await put_cart(conn, buyer, nights=[nights(one.listing_id, rooms=0)], now=NOW)
    assert await count_cart(conn, buyer) == 1
    await put_cart(conn, buyer, nights=[nights(one.listing_id)], whole=True, now=NOW)
    cart = await get_cart(conn, buyer, now=NOW)
    assert [each.listing_id for group in cart.groups for each in group.nights] == [one.listing_id]


async def test_placing_the_cart_empties_it_and_repeats_the_same_order(database: Database) -> None:
    async with database.transaction() as conn:
        product, stay, buyer = await make_product(conn), await make_stay(conn), await make_account(conn)
        await put_cart(conn, buyer, lines=[line(product.variant_id, 2)], now=NOW)
        await put_cart(conn, buyer, nights=[nights(stay.listing_id)], now=NOW)
    async with Batcher(database) as batcher:
        first = await place_cart(database, batcher, buyer, address=DESTINATION, key="one", now=NOW)
        async with database.connection() as conn:
            assert await count_cart(conn, buyer) == 0
        again = await place_cart(database, batcher, buyer, address=DESTINATION, key="one", now=NOW)
        with pytest.raises(EmptyOrder):
            await place_cart(database, batcher, buyer, address=DESTINATION, key="two", now=NOW)
    assert again == first
    assert first.total_fen == 650_00


async def test_the_cart_of_a_device_becomes_that_of_the_account(conn: Connection) -> None:
    """Quantities are added as far as the lot has units; nights of a stay replace the earlier ones."""
    nuts, dates, gone = (
        await make_product(conn, left=99),
        await make_product(conn, left=9, lot_units_per_item=2),
        await make_product(conn, left=0),
    )
    one, two = await make_stay(conn), await make_stay(conn)
    buyer, device = await make_account(conn), identify_device("a token")
    await put_cart(conn, buyer, lines=[line(nuts.variant_id, 1), line(dates.variant_id, 3)], now=NOW)
    await put_cart(conn, buyer, nights=[nights(one.listing_id, 1, 3)], now=NOW)
    wanted = [line(nuts.variant_id, 2), line(dates.variant_id, 3), line(gone.variant_id, 5)]
    await put_cart(conn, device, lines=wanted, now=NOW)
    await put_cart(conn, device, nights=[nights(one.listing_id, 5, 6), nights(two.listing_id, 1, 2)], now=NOW)
    await merge_device_cart(conn, device, buyer)
    contents = await load_cart_contents(conn, buyer)
    assert {each.variant_id: each.quantity for each in contents.lines} == {
        nuts.variant_id: 3,
        dates.variant_id: 4,
        gone.variant_id: 1,
    }
    assert {each.listing_id: each.arrive_on.day for each in contents.nights} == {one.listing_id: 5, two.listing_id: 1}
    assert await count_cart(conn, device) == 0
    await merge_device_cart(conn, device, buyer)
    assert await count_cart(conn, buyer) == 5


async def test_a_merged_cart_holds_no_more_than_one_order_allows(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    products = [await make_product(conn, producer_id, title=f"样例 {number}") for number in range(103)]
    buyer, device = await make_account(conn), identify_device("a token")
    await put_cart(conn, buyer, lines=[line(each.variant_id) for each in products[:98]], now=NOW)
    later = [*products[97:100], products[100], products[101], products[102]]
    for minute, each in enumerate(later):
        await put_cart(conn, device, lines=[line(each.variant_id)], now=NOW + timedelta(minutes=minute))
    await merge_device_cart(conn, device, buyer)
    contents = await load_cart_contents(conn, buyer)
    quantities = {each.variant_id: each.quantity for each in contents.lines}
    assert len(quantities) == 100
    assert quantities[VariantId(products[97].variant_id)] == 2
    assert products[102].variant_id in quantities
    assert products[98].variant_id not in quantities


def count_both(contents: CartContents) -> tuple[int, int]:
    return len(contents.lines), len(contents.nights)


async def test_a_full_cart_holds_as_many_lines_and_stays_as_one_order(conn: Connection) -> None:
    """A cart that a merge filled can be changed: lines and stays are limited each by itself, as in an order."""
    producer_id = await make_producer(conn)
    products = [await make_product(conn, producer_id, title=f"样例 {number}") for number in range(101)]
    stays = [await make_stay(conn) for _ in range(6)]
    buyer, device = await make_account(conn), identify_device("a token")
    await put_cart(conn, buyer, lines=[line(each.variant_id) for each in products[:100]], now=NOW)
    await put_cart(conn, device, nights=[nights(each.listing_id) for each in stays[:5]], now=NOW)
    await merge_device_cart(conn, device, buyer)
    assert await count_cart(conn, buyer) == 105
    assert count_both(await put_cart(conn, buyer, lines=[line(products[0].variant_id, 2)], now=NOW)) == (100, 5)
    for change in ([(products[1], 0), (products[100], 1)], [(products[100], 0), (products[1], 1)]):
        lines = [line(product.variant_id, quantity) for product, quantity in change]
        assert count_both(await put_cart(conn, buyer, lines=lines, now=NOW)) == (100, 5)
    with pytest.raises(TooManyLines):
        await put_cart(conn, buyer, lines=[line(products[100].variant_id)], now=NOW)
    await put_cart(conn, buyer, lines=[line(products[100].variant_id, 0)], now=NOW)
    with pytest.raises(TooManyLines):
        await put_cart(conn, buyer, nights=[nights(stays[5].listing_id)], now=NOW)
