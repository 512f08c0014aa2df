"""Booking a package: one order of ordinary parts, placed in full or not at all."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from msgspec import structs

from market.catalogue.producers.closures import ClosureReason, NewClosure, write_closure
from market.catalogue.slots.models import PartyTooLarge
from market.kernel import Refusal
from market.kernel.idempotency import IdempotencyKeyReused
from market.people.identity.models import NotFound
from market.privacy.personal_data import load_personal_data
from market.sales.orders.address import seal_address
from market.sales.orders.buy_again import buy_again
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.packages import PackageNotOnSale
from market.sales.orders.checkout.place import place
from market.sales.orders.expire import expire_orders
from market.sales.orders.models import TotalChanged
from market.sales.packages.book import PackageWish, PartTime, quote_package
from market.sales.packages.capacity import load_availability
from market.sales.packages.compose import compose_package
from market.sales.packages.consent import answer_package, withdraw_package
from market.sales.packages.models import InvalidPackageBooking, Package, PackageFull, PackageReserved
from market.sales.packages.order_parts import find_ordered_package
from market.sales.packages.read import list_invitations, list_offers
from tests.conftest import NOW
from tests.sales.orders.requests import nights
from tests.sales.packages.village import (
    ARRIVE,
    MORNING,
    Village,
    agree_and_publish,
    make_households,
    make_new_package,
    make_village,
    make_wish,
)
from tests.support.make import load_owner, make_account, make_freight_template, make_producer, make_stay
from tests.support.postgres import as_owner
from tests.support.shop import BUYER_ADDRESS, Shopping


async def test_a_package_is_one_order_with_a_suborder_for_each_household(village: Village) -> None:
    order = await village.book()
    seen = await village.shopping.see(order)
    assert order.total_fen == 400_00
    assert [(each.producer, each.kind, each.goods_fen) for each in seen.suborders] == [
        ("样例合作社", "activity", 110_01), ("样例枣园", "goods", 39_99), ("样例农家甲", "stay", 250_00),
    ]  # fmt: skip
    [activity, _, stay] = seen.suborders
    assert (activity.lines[0].price_fen, activity.lines[0].reduction_fen) == (55_01, 1)
    assert activity.places is not None
    assert activity.places.party == 2
    assert [each.arrive_on for each in stay.bookings] == [ARRIVE]
    assert await village.count_free() == (1, 2, 18, 49)
    async with village.shopping.db.connection() as conn:
        package = await find_ordered_package(conn, village.shopping.buyer, order.id, now=NOW)
    assert package is not None
    assert [(part.position, part.producer, part.amount_fen) for part in package.parts] == [
        (1, "样例农家甲", 250_00), (2, "样例合作社", 110_01), (3, "样例枣园", 39_99),
    ]  # fmt: skip


async def test_what_is_paid_is_in_the_escrow_of_each_household_and_lapses_together(village: Village) -> None:
    first = await village.book()
    await village.shopping.pay(first)
    number = first.number
    balances = await village.shopping.balances()
    assert {name: fen for name, fen in balances.items() if name.startswith("escrow:")} == {
        f"escrow:{number}-1": 110_01, f"escrow:{number}-2": 39_99, f"escrow:{number}-3": 250_00,
    }  # fmt: skip
    second = await village.book()
    assert await village.count_free() == (1, 1, 16, 48)
    late = second.pay_until + timedelta(minutes=1)
    assert await expire_orders(village.shopping.db, village.shopping.gateway, now=late) == 1
    assert await village.count_free() == (1, 2, 18, 49)


async def test_households_take_turns_and_a_party_is_divided_only_if_nobody_has_room_for_it(shopping: Shopping) -> None:
    village = await make_village(shopping, rooms=3)
    orders = [await village.book(), await village.book(count=2), await village.book(count=3)]
    hosts = [
        [(each.producer, len(each.bookings)) for each in (await shopping.see(order)).suborders if each.kind == "stay"]
        for order in orders
    ]
    assert hosts == [[("样例农家甲", 1)], [("样例农家乙", 2)], [("样例农家甲", 2), ("样例农家乙", 1)]]
    assert [order.goods_fen for order in orders] == [400_00, 800_00, 1200_00]
    assert (await village.count_free())[:2] == (0, 0)
    await shopping.pay(orders[2])
    async with shopping.db.connection() as conn:
        for host, packages in zip(village.hosts, (2, 1), strict=True):
            [invited] = await list_invitations(conn, host, host.producers[0])
            assert invited.booked == packages
            assert [(part.title, part.share_fen) for part in invited.own_parts] == [("农家院客房", 250_00)]
            assert not any("250" in each for each in invited.others)


async def test_a_party_is_divided_among_as_many_households_as_it_needs(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        made = await make_households(conn, places=40)
        more = [await make_producer(conn, kind="homestay", name=f"样例农家{name}") for name in "丙丁戊己"]
        made["hosts"] += tuple([await load_owner(conn, each) for each in more])
        made["stays"] += tuple([await make_stay(conn, each, rooms=2) for each in more])
        offered = tuple(each.variant_id for each in made["stays"])
        new = make_new_package(offered, made["activity"].variant_id, made["product"].variant_id)
        parts = [new.parts[0], structs.replace(new.parts[1], quantity=1), new.parts[2]]
        new = structs.replace(new, parts=parts)
        package = await compose_package(conn, shopping.seal, made["guide"], new, now=NOW)
    village = Village(shopping=shopping, package=await agree_and_publish(shopping, made, package), **made)
    async with shopping.db.connection() as conn:
        assert (await load_availability(conn, village.package, arrive=ARRIVE, now=NOW))[0].packages == 12
    order = await village.book(count=12)
    await shopping.pay(order)
    stays = [each for each in (await shopping.see(order)).suborders if each.kind == "stay"]
    assert [len(each.bookings) for each in stays] == [2] * 6


async def test_a_request_is_placed_once_and_its_key_serves_no_other(village: Village) -> None:
    key = str(uuid4())
    order = await village.book(key=key)
    assert await village.book(key=key) == order
    with pytest.raises(IdempotencyKeyReused):
        await village.book(key=key, count=2)
    assert await village.count_free() == (1, 2, 18, 49)


async def test_freight_is_added_as_for_other_goods_and_is_in_the_quote(village: Village) -> None:
    async with village.shopping.db.transaction() as conn:
        await make_freight_template(conn, village.product.producer_id)
        quote = await quote_package(conn, village.package.number, make_wish(), region_code="130100", now=NOW)
    assert (quote.price_fen, quote.total_fen) == (400_00, 400_00 + quote.freight_fen)
    assert quote.freight_fen > 0
    assert [[(each.producer, each.packages) for each in part.suppliers] for part in quote.parts] == [
        [("样例农家甲", 1)], [("样例合作社", 1)], [("样例枣园", 1)],
    ]  # fmt: skip
    with pytest.raises(TotalChanged):
        await village.book(total_fen=400_00)
    assert (await village.book(total_fen=quote.total_fen)).total_fen == quote.total_fen


async def refuse(village: Village, wish: PackageWish) -> tuple[type[Refusal], list[tuple[str, str]]]:
    before = await village.count_free()
    with pytest.raises(Refusal) as raised:
        await village.book(wish=wish)
    assert await village.count_free() == before
    return type(raised.value), [(fault.field, fault.message) for fault in raised.value.errors]


async def test_what_cannot_be_booked_is_refused_at_its_field(village: Village) -> None:
    wish = make_wish()
    assert await refuse(village, structs.replace(wish, count=21)) == (
        InvalidPackageBooking, [("count", "几套，1 到 20")],
    )  # fmt: skip
    assert await refuse(village, structs.replace(wish, times=[])) == (
        InvalidPackageBooking, [("parts[1]", "选一场")],
    )  # fmt: skip
    assert await refuse(village, structs.replace(wish, times=[*wish.times, PartTime(1, MORNING)])) == (
        InvalidPackageBooking, [("parts[0]", "这一样不用选时间")],
    )  # fmt: skip
    assert await refuse(village, structs.replace(wish, times=[PartTime(2, MORNING + timedelta(days=1))])) == (
        InvalidPackageBooking, [("parts[1]", "选在这几天里的一场")],
    )  # fmt: skip
    assert await refuse(village, structs.replace(wish, times=[PartTime(2, MORNING + timedelta(hours=1))])) == (
        InvalidPackageBooking, [("parts[1]", "这个时间没有，换一场")],
    )  # fmt: skip
    assert await refuse(village, structs.replace(wish, times=[PartTime(2, datetime(2019, 9, 22, 8))])) == (
        InvalidPackageBooking, [("parts[1]", "选在这几天里的一场")],
    )  # fmt: skip
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-10:00"):
        assert await refuse(village, structs.replace(wish, times=[PartTime(2, datetime.fromisoformat(text))])) == (
            InvalidPackageBooking, [("parts[1]", "选在这几天里的一场")],
        )  # fmt: skip
    late = structs.replace(wish, arrive_on=date.max)
    assert await refuse(village, late) == (
        InvalidPackageBooking,
        [("arrive_on", "选 9月20日到 11月30日之间的日子"), ("parts[1]", "选在这几天里的一场")],
    )


async def test_too_large_a_party_and_too_little_left_are_told_apart(
    shopping: Shopping, owner: asyncpg.Connection
) -> None:
    village = await make_village(shopping, rooms=2, places=1, left=1)
    assert await refuse(village, make_wish()) == (PartyTooLarge, [("parts[1]", "一场一共 1 个名额")])
    await owner.execute("UPDATE slots SET capacity = 20, free = 20")
    assert await refuse(village, make_wish(2)) == (PackageFull, [("parts[2]", "箱不够")])
    order = await village.book()
    assert await refuse(village, make_wish()) == (PackageReserved, [("parts[2]", "箱不够")])
    await shopping.pay(order)
    assert await refuse(village, make_wish()) == (PackageFull, [("parts[2]", "箱不够")])


async def test_it_is_not_sold_on_holidays_unless_all_agreed_to_that(village: Village) -> None:
    holiday = datetime(2019, 10, 3, 0, tzinfo=UTC).date()
    async with village.shopping.db.transaction() as conn:
        assert await conn.fetchval("SELECT day_off FROM holidays WHERE day = $1", holiday)
    wish = structs.replace(make_wish(), arrive_on=holiday, times=[PartTime(2, MORNING + timedelta(days=11))])
    assert await refuse(village, wish) == (InvalidPackageBooking, [("arrive_on", "这个套餐节假日不接，换个日子")])


async def test_holidays_are_shown_as_days_on_which_nothing_is_free(village: Village) -> None:
    async def list_free(package: Package) -> list[int]:
        async with village.shopping.db.transaction() as conn:
            return [each.position for each in await load_availability(conn, package, arrive=ARRIVE, now=NOW)]

    async def set_off(day: date, *, off: bool) -> None:
        async with village.shopping.db.transaction() as conn, as_owner(conn):
            await conn.execute("DELETE FROM holidays WHERE day = $1", day)
            await conn.execute("INSERT INTO holidays (day, name, day_off) VALUES ($1, '样例', $2)", day, off)

    also_then = structs.replace(village.package, on_holidays=True)
    assert await list_free(village.package) == [1, 2, 3]
    # The activity is on the day on which the guests leave.
    for day, free in ((MORNING.date(), [1, 3]), (ARRIVE, [])):
        await set_off(day, off=True)
        assert (await list_free(village.package), await list_free(also_then)) == (free, [1, 2, 3])
        await set_off(day, off=False)


async def test_a_household_that_is_closed_or_off_sale_is_left_out_of_the_pool(village: Village) -> None:
    async with village.shopping.db.transaction() as conn:
        host = village.hosts[0]
        days = NewClosure(starts_on=NOW.date(), ends_on=NOW.date(), reason=ClosureReason.OTHER)
        await write_closure(conn, host, host.producers[0], days, now=NOW)
    seen = await village.shopping.see(await village.book())
    assert [each.producer for each in seen.suborders if each.kind == "stay"] == ["样例农家乙"]
    async with village.shopping.db.transaction() as conn:
        await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE id = $1", village.stays[1].listing_id)
        assert [
            (each.position, each.packages)
            for each in await load_availability(conn, village.package, arrive=ARRIVE, now=NOW)
        ] == [(2, 9), (3, 49)]
    assert await refuse(village, make_wish()) == (PackageFull, [("parts[0]", "间不够")])


async def test_nothing_is_sold_after_it_was_withdrawn(village: Village) -> None:
    async with village.shopping.db.transaction() as conn:
        await withdraw_package(conn, village.guide, village.guide.producers[0], village.package.id, now=NOW)
    with pytest.raises(NotFound):
        await village.book()


async def test_a_suspended_organiser_sells_none_and_its_copy_of_data_has_the_packages(
    village: Village, owner: asyncpg.Connection
) -> None:
    async with village.shopping.db.connection() as conn:
        copies = [
            await load_personal_data(conn, village.shopping.seal, each.account_id)
            for each in (village.guide, village.orchard)
        ]
    assert [[(each.title, each.role, each.state) for each in copy.packages] for copy in copies] == [
        [("枣乡两日", "composed", "live")], [("枣乡两日", "answered", "agreed")],
    ]  # fmt: skip
    await owner.execute("UPDATE producers SET state = 'suspended' WHERE id = $1", village.package.producer_id)
    with pytest.raises(NotFound):
        await village.book()
    async with village.shopping.db.connection() as conn:
        assert (await list_offers(conn, today=NOW.date())).items == []


async def test_a_package_that_is_withdrawn_while_it_is_booked_is_not_placed(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batcher.place

    async def withdraw_first(batcher: Batcher, request: object) -> object:
        async with village.shopping.db.transaction() as conn:
            await withdraw_package(conn, village.guide, village.guide.producers[0], village.package.id, now=NOW)
        return await batches(batcher, request)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Batcher, "place", withdraw_first)
    with pytest.raises(PackageNotOnSale):
        await village.book()
    assert await village.count_free() == (2, 2, 20, 50)


async def test_who_leaves_a_pool_is_not_booked_any_more_and_keeps_what_was_booked(village: Village) -> None:
    order = await village.book()
    host = village.hosts[0]
    async with village.shopping.db.transaction() as conn:
        package = await answer_package(
            conn, village.shopping.seal, host, host.producers[0], village.package.id, agrees=False, now=NOW
        )
    assert package.state == "live"
    assert [each.producer for each in (await village.shopping.see(order)).suborders][2] == "样例农家甲"
    seen = await village.shopping.see(await village.book())
    assert [each.producer for each in seen.suborders if each.kind == "stay"] == ["样例农家乙"]


async def test_a_package_of_which_another_took_the_room_first_is_booked_at_the_next_household(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between choosing and placing, somebody takes both rooms of the household that was chosen."""
    batches, first = Batcher.place, [True]
    async with village.shopping.db.transaction() as conn:
        other = await make_account(conn)

    async def take_first(batcher: Batcher, request: object) -> object:
        if first.pop() if first else False:
            async with Batcher(village.shopping.db) as another:
                own = nights(village.stays[0].listing_id)
                stay = structs.replace(own, arrive_on=ARRIVE, leave_on=ARRIVE + timedelta(days=1), rooms=2)
                address = seal_address(village.shopping.seal, BUYER_ADDRESS)
                await place(another, other, nights=[stay], address=address, now=NOW)
        return await batches(batcher, request)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(Batcher, "place", take_first)
    seen = await village.shopping.see(await village.book())
    assert [each.producer for each in seen.suborders if each.kind == "stay"] == ["样例农家乙"]
    assert (await village.count_free())[:2] == (0, 1)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE package_orders SET price_fen = price_fen + 1",
        "UPDATE package_orders SET count = count + 1",
        "UPDATE package_lines SET packages = packages + 1 WHERE position = 1",
        "UPDATE package_lines SET position = 3 WHERE position = 1",
        "UPDATE order_lines SET amount_fen = amount_fen - 1, reduction_fen = reduction_fen + 1",
        "UPDATE order_lines SET quantity = quantity + 1",
        "DELETE FROM package_lines WHERE position = 2",
        # One box more than packages, at its share: only the count of the part is wrong.
        (
            "WITH more AS (UPDATE package_lines SET packages = 2 WHERE position = 3 RETURNING line_id)"
            " UPDATE order_lines SET amount_fen = 2 * amount_fen, quantity = 2 FROM more WHERE id = line_id"
        ),
    ],
)
async def test_the_schema_refuses_an_order_that_is_not_whole_packages(
    village: Village, owner: asyncpg.Connection, statement: str
) -> None:
    """A copy of each row is written again, so that the trigger of new rows runs after the change."""
    await village.book()
    async with owner.transaction():
        await owner.execute("ALTER TABLE package_lines DISABLE TRIGGER package_lines_sum_up")
    transaction = owner.transaction()
    await transaction.start()
    await owner.execute("CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM package_orders")
    await owner.execute("ALTER TABLE package_lines DROP CONSTRAINT package_lines_order")
    await owner.execute("DELETE FROM package_orders")
    await owner.execute("INSERT INTO package_orders SELECT * FROM kept")
    await owner.execute(statement)
    with pytest.raises(asyncpg.PostgresError) as raised:
        await owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert raised.value.sqlstate == "P0122"
    await transaction.rollback()


async def test_goods_of_a_package_are_not_put_into_the_cart_again(village: Village) -> None:
    placed = await village.book()
    async with village.shopping.db.transaction() as conn:
        with pytest.raises(NotFound):
            await buy_again(conn, village.shopping.buyer, placed.number, now=NOW)
