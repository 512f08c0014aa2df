"""Prices and least numbers of nights by weekend, holiday and season, with the days that are worked instead."""

from datetime import date, timedelta

import asyncpg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.catalogue.bookings.calendar import list_stay_nights
from market.catalogue.listings.models import BadListing
from market.catalogue.listings.night_rules import NightRule, RuleKind, list_night_rules, set_night_rule
from market.catalogue.listings.terms import (
    NewSeason,
    Season,
    SeasonNights,
    clear_season,
    list_seasons,
    overlay,
    set_season,
)
from market.kernel import Connection, Fen
from market.people.identity.models import NotFound
from tests.conftest import NOW
from tests.support.make import StayIds, load_owner, make_stay

BASE, WEEKEND, HOLIDAY, NATIONAL, DATED = (Fen(each) for each in (280_00, 300_00, 340_00, 420_00, 500_00))


async def set_rules(conn: Connection, stay: StayIds, *rules: NightRule) -> None:
    host = await load_owner(conn, stay.producer_id)
    for rule in rules:
        await set_night_rule(conn, host, stay.listing_id, rule, now=NOW)


async def list_prices(conn: Connection, stay: StayIds, first: date, until: date) -> list[tuple[int, int, str]]:
    nights = await list_stay_nights(conn, stay.listing_id, arrive=first, leave=until)
    return [(each.night.day, each.price_fen, each.price_rule) for each in nights]


async def test_a_weekend_night_before_a_worked_day_has_the_base_price(conn: Connection) -> None:
    """Saturday 12 October 2019 was worked for the holiday, and so was Sunday 29 September."""
    stay = await make_stay(conn)
    await set_rules(conn, stay, NightRule(applies=RuleKind.WEEKEND, price_fen=WEEKEND))
    assert await list_prices(conn, stay, date(2019, 9, 26), date(2019, 9, 30)) == [
        (26, BASE, "always"), (27, WEEKEND, "weekend"), (28, BASE, "always"), (29, BASE, "always"),
    ]  # fmt: skip
    assert await list_prices(conn, stay, date(2019, 10, 10), date(2019, 10, 14)) == [
        (10, BASE, "always"), (11, BASE, "always"), (12, WEEKEND, "weekend"), (13, BASE, "always"),
    ]  # fmt: skip


async def test_dated_terms_come_before_the_holiday_and_the_holiday_before_the_weekend(conn: Connection) -> None:
    stay = await make_stay(conn, seasons=[(date(2019, 10, 5), date(2019, 10, 6), DATED)])
    await set_rules(
        conn, stay,
        NightRule(applies=RuleKind.WEEKEND, price_fen=WEEKEND),
        NightRule(applies=RuleKind.HOLIDAY, price_fen=HOLIDAY),
        NightRule(applies=RuleKind.HOLIDAY, holiday="国庆", price_fen=NATIONAL),
    )  # fmt: skip
    assert await list_prices(conn, stay, date(2019, 10, 4), date(2019, 10, 9)) == [
        (4, NATIONAL, "holiday"), (5, DATED, "season"), (6, NATIONAL, "holiday"), (7, NATIONAL, "holiday"),
        (8, BASE, "always"),
    ]  # fmt: skip
    assert await list_prices(conn, stay, date(2019, 9, 13), date(2019, 9, 14)) == [(13, HOLIDAY, "holiday")]


async def test_a_feast_within_the_national_holiday_has_its_price_unless_it_has_its_own(conn: Connection) -> None:
    """6 October 2025 was 中秋, in the middle of the days off of 国庆."""
    stay = await make_stay(conn)
    await set_rules(conn, stay, NightRule(applies=RuleKind.HOLIDAY, holiday="国庆", price_fen=NATIONAL))
    assert {price for _, price, _ in await list_prices(conn, stay, date(2025, 10, 1), date(2025, 10, 9))} == {NATIONAL}
    await set_rules(conn, stay, NightRule(applies=RuleKind.HOLIDAY, holiday="中秋", price_fen=HOLIDAY))
    assert [day for day, price, _ in await list_prices(conn, stay, date(2025, 10, 1), date(2025, 10, 9))
            if price == HOLIDAY] == [6]  # fmt: skip
    spring = await list_prices(conn, stay, date(2025, 4, 4), date(2025, 4, 5))
    assert spring == [(4, BASE, "always")]


async def test_a_rule_is_replaced_and_removed(conn: Connection) -> None:
    stay = await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    weekend = NightRule(applies=RuleKind.WEEKEND, price_fen=WEEKEND, min_nights=2)
    await set_night_rule(conn, host, stay.listing_id, NightRule(applies=RuleKind.WEEKEND, price_fen=BASE), now=NOW)
    assert await set_night_rule(conn, host, stay.listing_id, weekend, now=NOW) == [weekend]
    assert await list_night_rules(conn, host, stay.listing_id) == [weekend]
    assert await set_night_rule(conn, host, stay.listing_id, NightRule(applies=RuleKind.WEEKEND), now=NOW) == []


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        (NightRule(applies=RuleKind.ALWAYS, price_fen=BASE), ["price_fen"]),
        (NightRule(applies=RuleKind.WEEKEND, holiday="国庆", min_nights=2), ["holiday"]),
        (NightRule(applies=RuleKind.HOLIDAY, holiday="双十一", price_fen=Fen(0)), ["holiday", "price_fen"]),
        (NightRule(applies=RuleKind.ALWAYS, min_nights=31), ["min_nights"]),
        (NightRule(applies=RuleKind.SEASON, min_nights=2), ["applies"]),
    ],
)
async def test_an_invalid_rule_is_refused_at_its_fields(conn: Connection, rule: NightRule, fields: list[str]) -> None:
    stay = await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    with pytest.raises(BadListing) as refused:
        await set_night_rule(conn, host, stay.listing_id, rule, now=NOW)
    assert [each.field for each in refused.value.errors] == fields


async def test_another_hosts_stay_has_no_rules_for_the_actor(conn: Connection) -> None:
    stay, other = await make_stay(conn), await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    rule = NightRule(applies=RuleKind.ALWAYS, min_nights=2)
    with pytest.raises(NotFound):
        await set_night_rule(conn, host, other.listing_id, rule, now=NOW)
    with pytest.raises(NotFound):
        await list_night_rules(conn, host, other.listing_id)
    with pytest.raises(NotFound):
        await list_seasons(conn, host, other.listing_id)
    with pytest.raises(NotFound):
        await clear_season(conn, host, other.listing_id, SeasonNights(date(2019, 10, 1), date(2019, 10, 2)), now=NOW)


async def test_a_season_of_nights_keeps_the_price_that_was_set_and_is_cleared(conn: Connection) -> None:
    first, until = date(2019, 10, 1), date(2019, 10, 8)
    stay = await make_stay(conn, seasons=[(first, until, DATED)])
    host = await load_owner(conn, stay.producer_id)
    middle = NewSeason(first=date(2019, 10, 3), until=date(2019, 10, 10), min_nights=3)
    assert await set_season(conn, host, stay.listing_id, middle, now=NOW) == [
        Season(first=first, until=date(2019, 10, 3), price_fen=DATED, min_nights=None),
        Season(first=date(2019, 10, 3), until=until, price_fen=DATED, min_nights=3),
        Season(first=until, until=date(2019, 10, 10), price_fen=None, min_nights=3),
    ]
    cleared = await clear_season(conn, host, stay.listing_id, SeasonNights(date(2019, 10, 2), until), now=NOW)
    assert cleared == [
        Season(first=first, until=date(2019, 10, 2), price_fen=DATED, min_nights=None),
        Season(first=until, until=date(2019, 10, 10), price_fen=None, min_nights=3),
    ]
    with pytest.raises(BadListing) as refused:
        await set_season(conn, host, stay.listing_id, NewSeason(first=first, until=until), now=NOW)
    assert [each.field for each in refused.value.errors] == ["price_fen"]


async def test_a_rule_without_content_is_refused_by_the_schema(conn: Connection) -> None:
    stay = await make_stay(conn)
    with pytest.raises(asyncpg.CheckViolationError, match="night_rules_not_empty"):
        await conn.execute("INSERT INTO night_rules (listing_id, applies) VALUES ($1, 'weekend')", stay.listing_id)


FIRST = date(2019, 10, 1)
SPANS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 6), st.none() | st.integers(1, 3), st.none() | st.integers(1, 3)),
    max_size=4,
)


@given(SPANS, st.tuples(st.integers(0, 10), st.integers(1, 20)), st.none() | st.integers(1, 3),
       st.none() | st.integers(1, 3))  # fmt: skip
@settings(max_examples=200)
def test_each_night_of_an_overlay_has_the_new_terms_or_else_the_earlier(
    spans: list[tuple[int, int, int | None, int | None]], where: tuple[int, int], price: int | None, nights: int | None
) -> None:
    earlier: list[Season] = []
    day = FIRST
    for gap, length, old_price, old_nights in spans:
        start = day + timedelta(days=gap)
        day = start + timedelta(days=length)
        earlier.append(Season(first=start, until=day, price_fen=old_price, min_nights=old_nights))
    new = Season(
        first=FIRST + timedelta(days=where[0]),
        until=FIRST + timedelta(days=where[0] + where[1]),
        price_fen=price,
        min_nights=nights,
    )
    replaced = [each for each in earlier if each.first < new.until and new.first < each.until]
    terms: dict[date, tuple[int | None, int | None]] = {}
    for part in overlay(replaced, new):
        for offset in range((part.until - part.first).days):
            night = part.first + timedelta(days=offset)
            assert night not in terms
            terms[night] = (part.price_fen, part.min_nights)
    expected: dict[date, tuple[int | None, int | None]] = {}
    for offset in range(where[1]):
        night = new.first + timedelta(days=offset)
        old = next(
            (each for each in earlier if each.first <= night < each.until),
            Season(first=night, until=night, price_fen=None),
        )
        expected[night] = (
            old.price_fen if price is None else price,
            old.min_nights if nights is None else nights,
        )
    assert terms == expected
