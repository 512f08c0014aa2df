"""Placing an order: prices, refusals, idempotency, and the number of statements."""

import contextlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from market.catalogue.listings.freight import RegionNotServed
from market.kernel import Connection, Database, Refusal
from market.kernel.clock import get_business_day
from market.kernel.idempotency import IdempotencyKeyReused
from market.kernel.seal import Seal
from market.people.identity.models import AccountId, Actor, Grant, Role
from market.places.counties.change import change_county_setting
from market.sales.orders.address import Address, InvalidAddress, open_address, seal_address
from market.sales.orders.checkout import place as placing
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import find_placed_order, place
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.models import (
    EmptyOrder,
    InvalidNights,
    InvalidQuantity,
    Line,
    ListingId,
    Nights,
    NightsReserved,
    NightsTaken,
    NotForSale,
    PlacedOrder,
    ShopClosed,
    SoldOut,
    TooManyLines,
    TotalChanged,
    VariantId,
    WaitingForPayment,
)
from market.sales.orders.queries import get_order
from tests.conftest import NOW
from tests.sales.orders.requests import line, list_codes, make_request, nights, read_lot
from tests.support.make import (
    DESTINATION,
    load_actor,
    make_account,
    make_freight_template,
    make_producer,
    make_product,
    make_stay,
)


async def test_an_order_reserves_its_goods_at_current_prices(database: Database, seal: Seal) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, price_fen=45_00, left=3, gross_g=2800, commission_bp=200)
        await make_freight_template(conn, product.producer_id, first_g=1000, first_fen=6_00, next_g=1000, next_fen=2_00)
        stay = await make_stay(conn, price_fen=280_00, seasons=[(date(2019, 11, 2), date(2019, 11, 3), 300_00)])
        buyer = await load_actor(conn, await make_account(conn))
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
        assert await read_lot(conn, product.lot_id) == (1, 2, 0)
        booked = await conn.fetch("SELECT night, price_fen FROM booked_nights ORDER BY night, booking_id")
        sealed = await conn.fetchval("SELECT address_sealed FROM orders")
    assert [(each.kind, each.goods_fen, each.freight_fen) for each in order.suborders] == [
        ("goods", 90_00, 16_00),
        ("stay", 1160_00, 0),
    ]
    assert [(each.room, each.state, each.code) for each in order.suborders[1].bookings] == [
        ("1 号房", "reserved", None),
        ("2 号房", "reserved", None),
    ]
    assert [tuple(row) for row in booked] == [
        (date(2019, 11, 1), 280_00), (date(2019, 11, 1), 280_00), (date(2019, 11, 2), 300_00),
        (date(2019, 11, 2), 300_00),
    ]  # fmt: skip
    assert open_address(seal, sealed) == Address("样例买家", "13900009001", "130100", "样例路 1 号")


def test_an_address_that_could_not_be_read_back_is_refused(seal: Seal) -> None:
    """The limits of the fields hold for every address: of a form, of another application."""
    longest = Address("名" * 40, "13900009001", "130100", "路" * 120)
    assert open_address(seal, seal_address(seal, longest).sealed) == longest
    with pytest.raises(InvalidAddress) as refused:
        seal_address(seal, Address("名" * 41, "13900009001", "130100", "路" * 121))
    assert [(each.field, each.message) for each in refused.value.errors] == [
        ("address.name", "最多 40 字"),
        ("address.street", "最多 120 字"),
    ]


async def test_a_key_places_one_order_and_returns_it_again(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=5)
        buyer = await make_account(conn)
    wanted = [line(product.variant_id, 2)]
    async with Batcher(database) as batcher:
        first = await place(batcher, buyer, wanted, key="one", address=DESTINATION, now=NOW)
        again = await place(batcher, buyer, wanted, key="one", address=DESTINATION, now=NOW + timedelta(minutes=5))
        with pytest.raises(IdempotencyKeyReused):
            await place(batcher, buyer, [line(product.variant_id, 1)], key="one", address=DESTINATION, now=NOW)
        other = await place(batcher, buyer, wanted, key="two", address=DESTINATION, now=NOW)
    assert again == first
    assert other.number != first.number
    async with database.connection() as conn:
        assert await read_lot(conn, product.lot_id) == (1, 4, 0)


async def test_the_same_request_placed_after_the_look_at_its_key_is_no_other_one(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=5)
        buyer = await make_account(conn)
    wanted, find = [line(product.variant_id, 2)], placing.FIND_KEY
    ordered: list[PlacedOrder] = []

    async def order() -> PlacedOrder:
        async with Batcher(database) as batcher:
            return await place(batcher, buyer, wanted, key="one", fingerprint=b"same", address=DESTINATION, now=NOW)

    class FindBeforeAnotherPlaces:
        async def one(self, conn: Connection, **given: Any) -> bool:
            found = await find.one(conn, **given)
            ordered.append(await order())
            return found

    monkeypatch.setattr(placing, "FIND_KEY", FindBeforeAnotherPlaces())
    assert await find_placed_order(database, buyer, "one", b"same") is None
    monkeypatch.undo()
    assert await find_placed_order(database, buyer, "one", b"same") == ordered[0] == await order()
    with pytest.raises(IdempotencyKeyReused):
        await find_placed_order(database, buyer, "one", b"other")


async def test_a_refused_request_can_be_repeated_under_its_key(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=1)
        buyer = await make_account(conn)
    async with Batcher(database) as batcher:
        with pytest.raises(SoldOut):
            await place(batcher, buyer, [line(product.variant_id, 2)], key="one", address=DESTINATION, now=NOW)
        async with database.transaction() as conn:
            await conn.execute("UPDATE lots SET available_units = 2")
        placed = await place(batcher, buyer, [line(product.variant_id, 2)], key="one", address=DESTINATION, now=NOW)
    assert placed.state == "placed"


async def test_the_refusal_reports_whether_units_may_become_available(conn: Connection) -> None:
    product = await make_product(conn, title="阜平核桃", unit="袋", left=3)
    first, second, third = [await make_account(conn) for _ in range(3)]
    outcomes = await place_batch(
        conn,
        [
            make_request(first, [line(product.variant_id, 2)]),
            make_request(second, [line(product.variant_id, 3)]),
            make_request(third, [line(product.variant_id, 4)]),
        ],
    )
    assert list_codes(outcomes) == ["placed", "waiting_for_payment", "sold_out"]
    waiting, gone = outcomes[1], outcomes[2]
    assert isinstance(waiting, WaitingForPayment)
    assert waiting.text() == ("“阜平核桃”现在只剩 1 袋，其余在别人的待付款订单里；30 分钟内没付款会放出来，可以再试。")
    assert isinstance(gone, SoldOut)
    assert gone.text() == "“阜平核桃”只剩 1 袋，卖完了就没有了。"
    assert [(fault.field, fault.message) for fault in gone.errors] == [("lines[0].quantity", "只剩 1 袋")]


async def test_the_last_room_goes_to_the_first_and_a_refused_request_takes_no_night(conn: Connection) -> None:
    stay = await make_stay(conn, rooms=2)
    gone = await make_product(conn, left=0)
    buyers = [await make_account(conn) for _ in range(4)]
    outcomes = await place_batch(
        conn,
        [
            make_request(buyers[0], [line(gone.variant_id)], nights=[nights(stay.listing_id, rooms=2)]),
            make_request(buyers[1], [], nights=[nights(stay.listing_id, 1, 3)]),
            make_request(buyers[2], [], nights=[nights(stay.listing_id, 2, 4, rooms=2)]),
            make_request(buyers[3], [], nights=[nights(stay.listing_id, 2, 4)]),
        ],
    )
    assert list_codes(outcomes) == ["sold_out", "placed", "nights_held", "placed"]
    taken = await conn.fetch(
        "SELECT position, lower(nights), upper(nights) FROM taken_nights JOIN rooms ON rooms.id = room_id ORDER BY 1"
    )
    assert [tuple(row) for row in taken] == [
        (1, date(2019, 11, 1), date(2019, 11, 3)),
        (2, date(2019, 11, 2), date(2019, 11, 4)),
    ]
    held = outcomes[2]
    assert isinstance(held, NightsReserved)
    assert held.errors[0].field == "nights[0]"


async def test_nights_in_paid_orders_are_taken(conn: Connection) -> None:
    stay = await make_stay(conn, rooms=1)
    first, second = [await make_account(conn) for _ in range(2)]
    await place_batch(conn, [make_request(first, [], nights=[nights(stay.listing_id)])])
    await conn.execute("UPDATE bookings SET state = 'booked'")
    (refused,) = await place_batch(conn, [make_request(second, [], nights=[nights(stay.listing_id)])])
    assert type(refused) is NightsTaken


async def test_an_order_is_placed_completely_or_not_at_all(conn: Connection) -> None:
    plenty, stay = await make_product(conn, left=9), await make_stay(conn, rooms=1)
    first, second = [await make_account(conn) for _ in range(2)]
    await place_batch(conn, [make_request(first, [], nights=[nights(stay.listing_id)])])
    outcomes = await place_batch(
        conn, [make_request(second, [line(plenty.variant_id, 5)], nights=[nights(stay.listing_id)])]
    )
    assert list_codes(outcomes) == ["nights_held"]
    assert await read_lot(conn, plenty.lot_id) == (9, 0, 0)
    assert await conn.fetchval("SELECT count(*) FROM orders WHERE buyer_id = $1", second) == 0


async def test_unavailable_listings_are_refused_by_field(conn: Connection) -> None:
    shop = await make_producer(conn)
    await make_freight_template(conn, shop, no_ship=["13"])
    nowhere = await make_product(conn, shop)
    withdrawn = await make_product(conn, state="withdrawn")
    suspended = await make_product(conn, await make_producer(conn, state="suspended", name="样例歇业"))
    stay = await make_stay(conn)
    buyer = await make_account(conn)
    requests = [
        make_request(buyer, [line(nowhere.variant_id)]),
        make_request(buyer, [line(withdrawn.variant_id)]),
        make_request(buyer, [line(suspended.variant_id)]),
        make_request(buyer, [line(uuid4())]),
        make_request(buyer, [line(stay.variant_id)]),
        make_request(buyer, [], nights=[nights(nowhere.listing_id)]),
        make_request(buyer, [], nights=[nights(uuid4())]),
    ]
    outcomes = await place_batch(conn, requests)
    assert [type(each) for each in outcomes] == [
        RegionNotServed, NotForSale, ShopClosed, NotForSale, NotForSale, NotForSale, NotForSale,
    ]  # fmt: skip
    assert [each.errors[0].field for each in outcomes if isinstance(each, Refusal)] == [
        "address.region_code", "lines[0].variant_id", "lines[0].variant_id", "lines[0].variant_id",
        "lines[0].variant_id", "nights[0].listing_id", "nights[0].listing_id",
    ]  # fmt: skip
    assert await conn.fetchval("SELECT count(*) FROM orders") == 0


WRONG: list[tuple[str, dict[str, Any], type[Refusal], str | None]] = [
    ("nothing", {}, EmptyOrder, None),
    ("zero", {"lines": [0]}, InvalidQuantity, "lines[0].quantity"),
    ("negative beside enough", {"lines": [5, -1]}, InvalidQuantity, "lines[1].quantity"),
    ("too many of one", {"lines": [10_000]}, InvalidQuantity, "lines[0].quantity"),
    ("101 lines", {"lines": [1] * 101}, TooManyLines, None),
    ("a night of the past", {"nights": [(date(2019, 9, 19), date(2019, 9, 21), 1)]}, InvalidNights, "nights[0]"),
    ("no night at all", {"nights": [(date(2019, 10, 1), date(2019, 10, 1), 1)]}, InvalidNights, "nights[0]"),
    ("31 nights", {"nights": [(date(2019, 10, 1), date(2019, 11, 1), 1)]}, InvalidNights, "nights[0]"),
    ("next year", {"nights": [(date(2020, 10, 1), date(2020, 10, 2), 1)]}, InvalidNights, "nights[0]"),
    ("no room", {"nights": [(date(2019, 10, 1), date(2019, 10, 2), 0)]}, InvalidNights, "nights[0]"),
    ("21 rooms", {"nights": [(date(2019, 10, 1), date(2019, 10, 2), 21)]}, InvalidNights, "nights[0]"),
    ("six stays", {"nights": [(date(2019, 10, 1), date(2019, 10, 2), 1)] * 6}, TooManyLines, None),
    ("a stay twice", {"nights": [(date(2019, 10, 1), date(2019, 10, 2), 1)] * 2}, InvalidNights, "nights[1]"),
]


@pytest.mark.parametrize(("_case", "asked", "kind", "field"), WRONG)
async def test_an_invalid_request_is_refused_without_the_database(
    shared: Database, _case: str, asked: dict[str, Any], kind: type[Refusal], field: str | None
) -> None:
    lines = [Line(VariantId(UUID(int=1)), quantity) for quantity in asked.get("lines", [])]
    stays = [Nights(ListingId(UUID(int=2)), *each) for each in asked.get("nights", [])]
    async with Batcher(shared) as batcher:
        with pytest.raises(kind) as refused:
            await place(batcher, AccountId(UUID(int=3)), lines, nights=stays, address=DESTINATION, now=NOW)
    assert [fault.field for fault in refused.value.errors][:1] == ([] if field is None else [field])


async def test_days_are_those_of_shanghai(shared: Database) -> None:
    late = datetime(2019, 9, 20, 21, 0, tzinfo=UTC)
    stays = [Nights(ListingId(UUID(int=2)), date(2019, 9, 20), date(2019, 9, 21), 1)]
    async with Batcher(shared) as batcher:
        with pytest.raises(InvalidNights):
            await place(batcher, AccountId(UUID(int=3)), nights=stays, address=DESTINATION, now=late)


async def test_a_changed_total_is_refused(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, price_fen=45_00)
        buyer = await make_account(conn)
    async with Batcher(database) as batcher:
        with pytest.raises(TotalChanged) as refused:
            await place(batcher, buyer, [line(product.variant_id)], total_fen=44_00, address=DESTINATION, now=NOW)
        placed = await place(batcher, buyer, [line(product.variant_id)], total_fen=45_00, address=DESTINATION, now=NOW)
    assert refused.value.facts == {"total_fen": 45_00}
    assert placed.total_fen == 45_00


@pytest.mark.parametrize(
    ("written", "fits"),
    [
        ({}, True),
        ({"goods_fen": "goods_fen + 1", "total_fen": "total_fen + 1"}, False),
        ({"items": "items + 1"}, False),
        ({"lot_units": "0"}, False),
    ],
)
async def test_inconsistent_sums_are_refused_at_commit(
    database: Database, owner: Connection, written: dict[str, str], fits: bool
) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn)
        buyer = await make_account(conn)
    async with Batcher(database) as batcher:
        await place(batcher, buyer, [line(product.variant_id)], address=DESTINATION, now=NOW)
    refused = contextlib.nullcontext() if fits else pytest.raises(Exception, match="do not add up")
    with refused:
        async with owner.transaction():
            await copy_row(owner, "orders", {"id": "uuidv7()", "key": "'copy'", **written})
            copied = "(SELECT id FROM orders WHERE key = 'copy')"
            await copy_row(owner, "suborders", {"id": "uuidv7()", "order_id": copied})
            copied = f"(SELECT id FROM suborders WHERE order_id = {copied})"
            await copy_row(owner, "order_lines", {"id": "uuidv7()", "suborder_id": copied})


async def copy_row(conn: Connection, table: str, changed: dict[str, str]) -> None:
    """Insert a copy of a row with some columns replaced by SQL expressions."""
    columns = await conn.fetch(
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_name = $1 AND is_identity = 'NO' AND is_generated = 'NEVER' AND column_name <> 'placed_in'",
        table,
    )
    names = [row["column_name"] for row in columns]
    values = ", ".join(changed.get(name, f'"{name}"') for name in names)
    listed = ", ".join(f'"{name}"' for name in names)
    await conn.execute(f"INSERT INTO {table} ({listed}) SELECT {values} FROM {table} LIMIT 1")


async def test_a_county_setting_shortens_the_reservation_of_unpaid_orders(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn, left=2)
        buyer = await load_actor(conn, await make_account(conn))
        county = await conn.fetchval("SELECT county_code FROM producers WHERE id = $1", product.producer_id)
        actor = Actor(buyer.account_id, "样例", grants=(Grant(Role.COUNTY, county),), second_factor=True)
        await change_county_setting(
            conn, actor, county, "pay_minutes", 10, starts_on=get_business_day(NOW), basis="样例", now=NOW
        )
    async with Batcher(database) as batcher:
        bought = [line(product.variant_id, 2)]
        placed = await place(batcher, buyer.account_id, bought, address=DESTINATION, now=NOW, pay_minutes=30)
        assert placed.pay_until == NOW + timedelta(minutes=10)
        with pytest.raises(WaitingForPayment) as caught:
            await place(batcher, buyer.account_id, bought, address=DESTINATION, now=NOW, pay_minutes=30)
    assert caught.value.facts["minutes"] == 10
