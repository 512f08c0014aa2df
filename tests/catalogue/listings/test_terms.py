"""Freight terms and season prices, which only the seller sets."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.listings.detail import get_product
from market.catalogue.listings.freight import FreightTerms, set_freight
from market.catalogue.listings.models import BadListing
from market.catalogue.listings.terms import NewSeason, Season, list_remainders, set_season
from market.kernel import Connection, Fen
from market.people.identity.models import NotFound
from tests.conftest import NOW
from tests.support.make import load_owner, make_product, make_stay

FREIGHT = FreightTerms(
    first_g=1000, first_fen=Fen(6_00), next_g=1000, next_fen=Fen(2_00), free_above_fen=Fen(88_00), no_ship=("65", "54")
)
DAY = date(2019, 10, 1)


async def test_freight_terms_are_set_and_replaced(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    again = FreightTerms(first_g=2000, first_fen=Fen(8_00), next_g=1000, next_fen=Fen(1_50))
    seen: list[FreightTerms | None] = []
    for freight in (FREIGHT, again):
        await set_freight(conn, seller, product.producer_id, freight, now=NOW)
        seen.append((await get_product(conn, product.listing_id, now=NOW)).freight)
    assert seen == [
        FreightTerms(
            first_g=1000,
            first_fen=Fen(6_00),
            next_g=1000,
            next_fen=Fen(2_00),
            free_above_fen=Fen(88_00),
            no_ship=("54", "65"),
        ),
        FreightTerms(
            first_g=2000,
            first_fen=Fen(8_00),
            next_g=1000,
            next_fen=Fen(1_50),
            free_above_fen=None,
            no_ship=(),
            cold_fen=Fen(0),
            no_cold=(),
            remote_fen=Fen(0),
            remote=(),
        ),
    ]


async def test_an_unknown_region_and_another_producer_are_refused(conn: Connection) -> None:
    product, other = await make_product(conn), await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    bad = FreightTerms(first_g=1, first_fen=Fen(0), next_g=1, next_fen=Fen(0), no_ship=("99",))
    with pytest.raises(BadListing):
        await set_freight(conn, seller, product.producer_id, bad, now=NOW)
    with pytest.raises(NotFound):
        await set_freight(conn, seller, other.producer_id, FREIGHT, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM freight_templates") == 0


async def test_a_season_replaces_earlier_prices_of_its_nights(conn: Connection) -> None:
    stay = await make_stay(conn, seasons=[(DAY, DAY + timedelta(days=7), 360_00)])
    host = await load_owner(conn, stay.producer_id)
    season = NewSeason(first=DAY + timedelta(days=2), until=DAY + timedelta(days=4), price_fen=420_00)
    assert await set_season(conn, host, stay.listing_id, season, now=NOW) == [
        Season(first=date(2019, 10, 1), until=date(2019, 10, 3), price_fen=360_00),
        Season(first=date(2019, 10, 3), until=date(2019, 10, 5), price_fen=420_00),
        Season(first=date(2019, 10, 5), until=date(2019, 10, 8), price_fen=360_00),
    ]


async def test_an_empty_season_and_another_hosts_stay_are_refused(conn: Connection) -> None:
    stay, other = await make_stay(conn), await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    for bad, fields in (
        (NewSeason(first=DAY, until=DAY, price_fen=1_00), ["until"]),
        (NewSeason(first=DAY, until=DAY + timedelta(days=401), price_fen=0), ["until", "price_fen"]),
    ):
        with pytest.raises(BadListing) as refused:
            await set_season(conn, host, stay.listing_id, bad, now=NOW)
        assert [fault.field for fault in refused.value.errors] == fields
    with pytest.raises(NotFound):
        await set_season(
            conn, host, other.listing_id, NewSeason(first=DAY, until=DAY + timedelta(days=1), price_fen=1_00), now=NOW
        )
    assert await conn.fetchval("SELECT count(*) FROM night_prices") == 0


def list_days(season: Season) -> set[date]:
    return {season.first + timedelta(days=n) for n in range((season.until - season.first).days)}


@given(st.tuples(st.integers(0, 20), st.integers(1, 20)), st.tuples(st.integers(0, 20), st.integers(1, 20)))
def test_the_remainders_are_the_nights_that_the_new_season_does_not_cover(
    earlier: tuple[int, int], later: tuple[int, int]
) -> None:
    old, new = (
        Season(first=DAY + timedelta(days=start), until=DAY + timedelta(days=start + length), price_fen=1_00)
        for start, length in (earlier, later)
    )
    if not list_days(old) & list_days(new):
        return
    remainders = list_remainders([old], new)
    assert set().union(*map(list_days, remainders)) == list_days(old) - list_days(new)
    assert sum(len(list_days(each)) for each in remainders) == len(list_days(old) - list_days(new))


async def test_a_weekend_price_applies_to_fridays_and_saturdays(conn: Connection) -> None:
    stay = await make_stay(conn)
    host = await load_owner(conn, stay.producer_id)
    await set_season(
        conn,
        host,
        stay.listing_id,
        NewSeason(first=date(2019, 11, 1), until=date(2019, 12, 1), price_fen=200_00),
        now=NOW,
    )
    weekends = NewSeason(first=date(2019, 11, 2), until=date(2019, 11, 16), price_fen=300_00, weekends=True)
    seasons = await set_season(conn, host, stay.listing_id, weekends, now=NOW)
    assert [(each.first.day, each.until.day) for each in seasons if each.price_fen == 300_00] == [
        (2, 3), (8, 10), (15, 16),
    ]  # fmt: skip
    assert [(each.first.day, each.until.day) for each in seasons if each.price_fen == 200_00] == [
        (1, 2), (3, 8), (10, 15), (16, 1),
    ]  # fmt: skip
    with pytest.raises(BadListing):
        await set_season(
            conn,
            host,
            stay.listing_id,
            NewSeason(first=date(2019, 11, 4), until=date(2019, 11, 8), price_fen=1_00, weekends=True),
            now=NOW,
        )
