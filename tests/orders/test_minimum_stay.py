"""A stay that is shorter than its nights ask for is refused, with the day of departure that would be right."""

from datetime import date

import pytest

from market.bookings.models import StayTooShort
from market.catalogue.night_rules import NightRule, RuleKind, set_night_rule
from market.catalogue.terms import NewSeason, set_season
from market.orders.cart import put_nights
from market.orders.cart_view import get_cart
from tests.conftest import NOW
from tests.support.make import StayIds, load_owner, make_stay
from tests.support.shop import Shopping, make_october_nights


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
        gap = NewSeason(date(2019, 10, 3), date(2019, 10, 5), min_nights=1)
        await set_season(conn, host, stay.listing_id, gap, now=NOW)
    await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=3, leave=5)])


async def test_a_cart_says_that_its_stay_is_too_short(shopping: Shopping, stay: StayIds) -> None:
    nights = make_october_nights(stay.listing_id, arrive=3, leave=5)
    async with shopping.db.transaction() as conn:
        await put_nights(conn, shopping.buyer.account_id, [nights], now=NOW)
        cart = await get_cart(conn, shopping.buyer.account_id, now=NOW)
    assert cart.groups[0].nights[0].problem == "国庆最少住 3 晚，改到10月6日走"
    assert not cart.ready
