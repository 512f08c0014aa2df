"""What a place costs on the day of its slot: what is shown is charged, and what was sold keeps its price."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec import structs

from market.catalogue.listings.models import BadListing
from market.catalogue.listings.night_rules import NightRule, RuleKind, set_night_rule
from market.catalogue.listings.person_classes import set_child_price
from market.catalogue.listings.terms import NewSeason, Season, set_season
from market.catalogue.slots.list_slots import list_coming_slots
from market.kernel import Connection, Fen
from market.people.identity.models import NotFound
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.models import Line, VariantId
from tests.conftest import NOW
from tests.support.make import ActivityIds, load_owner, make_activity, make_product
from tests.support.shop import Shopping

BASE, CHILD, WEEKEND, HOLIDAY, NATIONAL, DATED = (Fen(each) for each in (30_00, 20_00, 35_00, 40_00, 48_00, 10_00))
FIRST = date(2019, 9, 21)
DAYS = [FIRST + timedelta(days=each) for each in range(31)]
OFF = {date(2019, 10, each) for each in range(1, 8)}
WORKED = {date(2019, 9, 29), date(2019, 10, 12)}
"""A Sunday and a Saturday that were worked for the days off of 国庆."""
DATED_DAYS = {date(2019, 10, 6), date(2019, 10, 7), date(2019, 10, 8)}


def expect(day: date) -> tuple[Fen, Fen, str]:
    """Return what an adult and a child pay on a day, and by which rule."""
    if day in DATED_DAYS:
        return DATED, DATED, "season"
    if day in OFF:
        return NATIONAL, Fen(25_00), "holiday"
    if day.weekday() >= 5 and day not in WORKED:
        return WEEKEND, CHILD, "weekend"
    return BASE, CHILD, "always"


async def make_priced_activity(conn: Connection) -> tuple[ActivityIds, UUID]:
    """Make an activity with a slot on each day around 国庆 and all kinds of rules; return the child's variant too."""
    activity = await make_activity(conn, days=DAYS)
    host, listing_id = await load_owner(conn, activity.producer_id), activity.listing_id
    await set_child_price(conn, host, listing_id, CHILD, now=NOW)
    for rule in (
        NightRule(applies=RuleKind.WEEKEND, price_fen=WEEKEND),
        NightRule(applies=RuleKind.HOLIDAY, price_fen=HOLIDAY),
        NightRule(applies=RuleKind.HOLIDAY, holiday="国庆", price_fen=NATIONAL, child_price_fen=Fen(25_00)),
    ):
        await set_night_rule(conn, host, listing_id, rule, now=NOW)
    await set_season(
        conn, host, listing_id, NewSeason(first=min(DATED_DAYS), until=date(2019, 10, 9), price_fen=DATED), now=NOW
    )
    child = await conn.fetchval("SELECT id FROM variants WHERE listing_id = $1 AND position = 1", listing_id)
    return activity, child


async def test_each_slot_shows_and_the_cart_charges_the_price_of_its_day(conn: Connection) -> None:
    """For every day of a month with 国庆, its worked days and dated terms; a child never pays more than an adult."""
    activity, child = await make_priced_activity(conn)
    slots = await list_coming_slots(conn, activity.listing_id, now=NOW)
    shown = {each.day: (each.price_fen, each.child_price_fen, str(each.price_rule)) for each in slots}
    assert shown == {day: expect(day) for day in DAYS}
    assert {each.day for each in slots if each.holiday_name == "国庆"} == OFF
    buyer = (await load_owner(conn, activity.producer_id)).account_id
    for slot in slots:
        lines = [Line(VariantId(activity.variant_id), 2, slot.id), Line(VariantId(child), 1, slot.id)]
        await put_cart(conn, buyer, lines=lines, now=NOW)
        cart = await get_cart(conn, buyer, now=NOW)
        assert (cart.ready, cart.total_fen) == (True, 2 * slot.price_fen + (slot.child_price_fen or 0))


async def test_a_place_is_charged_as_shown_and_a_later_price_changes_nothing_sold(shopping: Shopping) -> None:
    async with shopping.db.transaction() as conn:
        activity, _ = await make_priced_activity(conn)
        host = await load_owner(conn, activity.producer_id)
    days = (date(2019, 9, 21), date(2019, 9, 29), date(2019, 10, 2), date(2019, 10, 6))
    sold = [
        await shopping.place(slot=(activity.variant_id, activity.slot_ids[DAYS.index(day)], 2)) for day in days
    ]  # fmt: skip
    assert [each.total_fen for each in sold] == [2 * expect(day)[0] for day in days]
    await shopping.pay(sold[2])
    async with shopping.db.transaction() as conn:
        await set_season(
            conn, host, activity.listing_id, NewSeason(first=FIRST, until=date(2019, 10, 20), price_fen=99_00), now=NOW
        )
    assert [(await shopping.see(each)).total_fen for each in sold] == [each.total_fen for each in sold]
    assert (await shopping.balances())["escrow:%s-1" % sold[2].number] == 2 * NATIONAL  # noqa: UP031
    later = await shopping.place(slot=(activity.variant_id, activity.slot_ids[DAYS.index(days[2])], 1))
    assert later.total_fen == 99_00


@pytest.mark.parametrize(
    ("price", "child", "nights", "fields"),
    [
        (40_00, 41_00, None, ["child_price_fen"]),
        (None, 10_00, None, ["price_fen"]),
        (40_00, 0, None, ["child_price_fen"]),
        (40_00, None, 2, ["min_nights"]),
    ],
)
async def test_terms_that_an_activity_cannot_have_are_refused_at_their_fields(
    conn: Connection, price: int | None, child: int | None, nights: int | None, fields: list[str]
) -> None:
    activity, _ = await make_priced_activity(conn)
    host = await load_owner(conn, activity.producer_id)
    rule = NightRule(
        applies=RuleKind.WEEKEND, price_fen=None if price is None else Fen(price), min_nights=nights,
        child_price_fen=None if child is None else Fen(child),
    )  # fmt: skip
    with pytest.raises(BadListing) as refused:
        await set_night_rule(conn, host, activity.listing_id, rule, now=NOW)
    assert [each.field for each in refused.value.errors] == fields
    season = NewSeason(first=FIRST, until=date(2019, 9, 22), price_fen=price, min_nights=nights, child_price_fen=child)
    with pytest.raises(BadListing) as refused:
        await set_season(conn, host, activity.listing_id, season, now=NOW)
    assert fields[0] in [each.field for each in refused.value.errors]


async def test_weekends_of_an_activity_are_saturdays_and_sundays_and_products_have_no_days(conn: Connection) -> None:
    activity, product = await make_activity(conn, days=()), await make_product(conn)
    host, seller = await load_owner(conn, activity.producer_id), await load_owner(conn, product.producer_id)
    weekends = NewSeason(first=date(2019, 11, 3), until=date(2019, 11, 17), price_fen=40_00, weekends=True)
    assert await set_season(conn, host, activity.listing_id, weekends, now=NOW) == [
        Season(first=date(2019, 11, 3), until=date(2019, 11, 4), price_fen=40_00),
        Season(first=date(2019, 11, 9), until=date(2019, 11, 11), price_fen=40_00),
        Season(first=date(2019, 11, 16), until=date(2019, 11, 17), price_fen=40_00),
    ]
    weekend = NightRule(applies=RuleKind.WEEKEND, price_fen=Fen(40_00))
    child = structs.replace(weekend, child_price_fen=Fen(20_00))
    with pytest.raises(BadListing) as refused:
        await set_night_rule(conn, host, activity.listing_id, child, now=NOW)
    assert [each.field for each in refused.value.errors] == ["child_price_fen"]
    for table in ("night_prices (listing_id, valid_during,", "night_rules (listing_id, applies,"):
        value = "daterange('2019-12-01', '2019-12-02')" if "prices" in table else "'weekend'"
        insert = f"INSERT INTO {table} price_fen, child_price_fen) VALUES ($1, {value}, 10, $2)"
        for wrong in (11, 0):
            with pytest.raises(asyncpg.CheckViolationError, match="child_price"):
                async with conn.transaction():
                    await conn.execute(insert, activity.listing_id, wrong)
    with pytest.raises(NotFound):
        await set_night_rule(conn, seller, product.listing_id, weekend, now=NOW)
