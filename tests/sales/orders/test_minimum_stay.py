"""A stay that is shorter than its nights ask for is refused, with the day of departure that would be right."""

import asyncio
from datetime import date, timedelta

import pytest

from market.catalogue.bookings.calendar import fills_gap
from market.catalogue.bookings.models import BookingState, StayTooShort
from market.catalogue.bookings.transitions import free_bookings
from market.catalogue.listings.night_rules import NightRule, RuleKind, set_night_rule
from market.catalogue.listings.terms import NewSeason, set_season
from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.models import ListingId, Nights, PlacedOrder
from tests.conftest import NOW
from tests.support.make import StayIds, load_owner, make_stay
from tests.support.postgres import as_owner, wait_for_blocked
from tests.support.shop import Shopping, make_october_nights

TODAY = get_business_day(NOW)


@pytest.fixture
async def stay(shopping: Shopping) -> StayIds:
    """Create a stay that is let for three nights at least in 国庆."""
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn)
        rule = NightRule(applies=RuleKind.HOLIDAY, holiday="国庆", min_nights=3)
        host = await load_owner(conn, stay.producer_id)
        await set_night_rule(conn, host, stay.listing_id, rule, now=NOW)
    return stay


async def test_a_short_stay_is_refused_with_the_right_day(shopping: Shopping, stay: StayIds) -> None:
    with pytest.raises(StayTooShort) as refused:
        await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=3, leave=5)])
    [fault] = refused.value.errors
    assert (fault.field, fault.message) == ("nights[0].leave_on", "国庆最少住 3 晚，改到10月6日走")
    assert refused.value.text() == "“农家院客房”国庆最少住 3 晚。走的日子改到10月6日，或者换别的日子。"


async def test_the_days_that_the_refusal_names_can_be_booked(shopping: Shopping, stay: StayIds) -> None:
    order = await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=3, leave=6)])
    assert order.total_fen == 3 * 280_00


async def test_one_night_of_the_holiday_is_enough_to_ask_for_three(shopping: Shopping, stay: StayIds) -> None:
    with pytest.raises(StayTooShort):
        await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=7, leave=9)])
    await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=8, leave=9)])


async def test_the_host_lets_single_nights_again(shopping: Shopping, stay: StayIds) -> None:
    async with shopping.db.transaction() as conn:
        host = await load_owner(conn, stay.producer_id)
        gap = NewSeason(first=date(2019, 10, 3), until=date(2019, 10, 5), min_nights=1)
        await set_season(conn, host, stay.listing_id, gap, now=NOW)
    await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=3, leave=5)])


async def test_a_cart_says_that_its_stay_is_too_short(shopping: Shopping, stay: StayIds) -> None:
    nights = make_october_nights(stay.listing_id, arrive=3, leave=5)
    async with shopping.db.transaction() as conn:
        await put_cart(conn, shopping.buyer.account_id, nights=[nights], now=NOW)
        cart = await get_cart(conn, shopping.buyer.account_id, now=NOW)
    assert cart.groups[0].nights[0].problem == "国庆最少住 3 晚，改到10月6日走"
    assert not cart.ready


async def book(shopping: Shopping, stay: StayIds, arrive: int, leave: int) -> None:
    await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=arrive, leave=leave)])


@pytest.fixture
async def yard(shopping: Shopping) -> StayIds:
    """Create a stay of one room, for three nights at least, that is let before the 4th and from the 6th on."""
    async with shopping.db.transaction() as conn:
        yard = await make_stay(conn, rooms=1)
        host = await load_owner(conn, yard.producer_id)
        rule = NightRule(applies=RuleKind.ALWAYS, holiday="", min_nights=3)
        await set_night_rule(conn, host, yard.listing_id, rule, now=NOW)
    await book(shopping, yard, 1, 4)
    await book(shopping, yard, 6, 9)
    return yard


async def test_a_gap_is_filled_whole_and_not_in_part(shopping: Shopping, yard: StayIds) -> None:
    for arrive, leave in ((4, 5), (5, 6), (9, 11)):
        with pytest.raises(StayTooShort):
            await book(shopping, yard, arrive, leave)
    nights = make_october_nights(yard.listing_id, arrive=4, leave=6)
    async with shopping.db.transaction() as conn:
        await put_cart(conn, shopping.buyer.account_id, nights=[nights], now=NOW)
        cart = await get_cart(conn, shopping.buyer.account_id, now=NOW)
        assert await fills_gap(conn, yard.listing_id, arrive=date(2019, 10, 4), leave=date(2019, 10, 6), day=TODAY)
    assert cart.groups[0].nights[0].problem == ""
    await book(shopping, yard, 4, 6)
    async with shopping.db.connection() as conn:
        assert not await fills_gap(conn, yard.listing_id, arrive=date(2019, 10, 4), leave=date(2019, 10, 6), day=TODAY)


async def test_a_gap_is_none_while_another_room_is_free_for_longer(shopping: Shopping, yard: StayIds) -> None:
    async with shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO rooms (listing_id, position, name, open) VALUES ($1, 2, '西屋', true)", yard.listing_id
        )
    with pytest.raises(StayTooShort):
        await book(shopping, yard, 4, 6)
    async with shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE rooms SET open = false WHERE position = 2")
    await book(shopping, yard, 4, 6)


async def test_the_nights_from_today_to_the_next_guests_are_a_gap(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        yard = await make_stay(conn, rooms=1)
        host = await load_owner(conn, yard.producer_id)
        await set_night_rule(
            conn, host, yard.listing_id, NightRule(applies=RuleKind.ALWAYS, holiday="", min_nights=3), now=NOW
        )

    def nights(first: int, last: int) -> Nights:
        return Nights(ListingId(yard.listing_id), TODAY + timedelta(days=first), TODAY + timedelta(days=last), 1)

    await shopping.place(nights=[nights(2, 5)])
    with pytest.raises(StayTooShort):
        await shopping.place(nights=[nights(1, 2)])
    await shopping.place(nights=[nights(0, 2)])


async def make_two_gaps(shopping: Shopping) -> tuple[StayIds, list[PlacedOrder]]:
    """Create a stay of two rooms, for three nights at least, with a gap of two nights; return who is before it."""
    async with shopping.db.transaction() as conn:
        house = await make_stay(conn, rooms=2)
        host = await load_owner(conn, house.producer_id)
        rule = NightRule(applies=RuleKind.ALWAYS, holiday="", min_nights=3)
        await set_night_rule(conn, host, house.listing_id, rule, now=NOW)
    before = [await place_nights(shopping, house, 1, 4) for _ in range(2)]
    await place_nights(shopping, house, 6, 9, rooms=2)
    return house, before


async def place_nights(shopping: Shopping, stay: StayIds, arrive: int, leave: int, *, rooms: int = 1) -> PlacedOrder:
    return await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=arrive, leave=leave, rooms=rooms)])


@pytest.mark.parametrize("rooms", [1, 2])
async def test_a_guest_beside_a_gap_who_cancels_while_it_is_placed_closes_it(
    shopping: Shopping, owner: Connection, rooms: int
) -> None:
    """The gap is there when the stay is priced, and gone in one of two rooms when the rooms are locked."""
    house, before = await make_two_gaps(shopping)
    async with shopping.db.transaction() as cancelling:
        await cancelling.execute("SELECT FROM rooms WHERE listing_id = $1 FOR NO KEY UPDATE", house.listing_id)
        await free_bookings(cancelling, [before[0].id], state=BookingState.CANCELLED)
        placing = asyncio.create_task(place_nights(shopping, house, 4, 6, rooms=rooms))
        await wait_for_blocked(owner, await cancelling.fetchval("SELECT pg_backend_pid()"))
    with pytest.raises(StayTooShort) as refused:
        await placing
    assert [each.field for each in refused.value.errors] == ["nights[0].leave_on"]
    assert "最少住 3 晚" in refused.value.text()
    async with shopping.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM bookings WHERE lower(nights) = '2019-10-04'") == 0


async def test_both_rooms_of_a_gap_are_filled_by_one_order_or_two(shopping: Shopping) -> None:
    house, _ = await make_two_gaps(shopping)
    await place_nights(shopping, house, 4, 6)
    await place_nights(shopping, house, 4, 6)
    with pytest.raises(StayTooShort):
        await place_nights(shopping, house, 4, 6)
