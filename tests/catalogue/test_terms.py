"""What carriage and seasons cost, set by the seller alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue import BadListing, Freight, NewFreight, NewSeason, Season, get_product, set_freight, set_season
from market.catalogue.terms import left_over
from market.identity import NotFound
from market.kernel import Connection, Fen
from tests.conftest import NOW
from tests.factories import a_product, a_stay, owner_of

FREIGHT = NewFreight(
    first_g=1000, first_fen=6_00, next_g=1000, next_fen=2_00, free_above_fen=88_00, no_ship=["65", "54"]
)
DAY = date(2019, 10, 1)


async def test_carriage_is_set_and_set_again(conn: Connection) -> None:
    product = await a_product(conn)
    seller = await owner_of(conn, product.producer_id)
    again = NewFreight(first_g=2000, first_fen=8_00, next_g=1000, next_fen=1_50)
    seen: list[Freight | None] = []
    for freight in (FREIGHT, again):
        await set_freight(conn, seller, product.producer_id, freight, now=NOW)
        seen.append((await get_product(conn, product.listing_id, now=NOW)).freight)
    assert seen == [
        Freight(1000, Fen(6_00), 1000, Fen(2_00), Fen(88_00), ["54", "65"]),
        Freight(2000, Fen(8_00), 1000, Fen(1_50), None, []),
    ]


async def test_an_unknown_region_and_anothers_carriage_are_refused(conn: Connection) -> None:
    product, other = await a_product(conn), await a_product(conn)
    seller = await owner_of(conn, product.producer_id)
    bad = NewFreight(first_g=1, first_fen=0, next_g=1, next_fen=0, no_ship=["99"])
    with pytest.raises(BadListing):
        await set_freight(conn, seller, product.producer_id, bad, now=NOW)
    with pytest.raises(NotFound):
        await set_freight(conn, seller, other.producer_id, FREIGHT, now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM freight_templates") == 0


async def test_a_season_takes_the_place_of_what_was_set_for_its_nights(conn: Connection) -> None:
    stay = await a_stay(conn, seasons=[(DAY, DAY + timedelta(days=7), 360_00)])
    host = await owner_of(conn, stay.producer_id)
    season = NewSeason(DAY + timedelta(days=2), DAY + timedelta(days=4), 420_00)
    assert await set_season(conn, host, stay.listing_id, season, now=NOW) == [
        Season(date(2019, 10, 1), date(2019, 10, 3), 360_00),
        Season(date(2019, 10, 3), date(2019, 10, 5), 420_00),
        Season(date(2019, 10, 5), date(2019, 10, 8), 360_00),
    ]


async def test_a_season_without_nights_and_anothers_stay_are_refused(conn: Connection) -> None:
    stay, other = await a_stay(conn), await a_stay(conn)
    host = await owner_of(conn, stay.producer_id)
    for bad, fields in (
        (NewSeason(DAY, DAY, 1_00), ["until"]),
        (NewSeason(DAY, DAY + timedelta(days=401), 0), ["until", "price_fen"]),
    ):
        with pytest.raises(BadListing) as refused:
            await set_season(conn, host, stay.listing_id, bad, now=NOW)
        assert [fault.field for fault in refused.value.errors] == fields
    with pytest.raises(NotFound):
        await set_season(conn, host, other.listing_id, NewSeason(DAY, DAY + timedelta(days=1), 1_00), now=NOW)
    assert await conn.fetchval("SELECT count(*) FROM night_prices") == 0


def days(season: Season) -> set[date]:
    return {season.first + timedelta(days=n) for n in range((season.until - season.first).days)}


@given(st.tuples(st.integers(0, 20), st.integers(1, 20)), st.tuples(st.integers(0, 20), st.integers(1, 20)))
def test_what_is_left_of_a_season_is_what_the_new_one_does_not_cover(
    earlier: tuple[int, int], later: tuple[int, int]
) -> None:
    old, new = (
        Season(DAY + timedelta(days=start), DAY + timedelta(days=start + length), 1_00)
        for start, length in (earlier, later)
    )
    if not days(old) & days(new):
        return
    rest = left_over([old], new)
    assert set().union(*map(days, rest)) == days(old) - days(new)
    assert sum(len(days(each)) for each in rest) == len(days(old) - days(new))
