"""Templates, categories, seasons, scores and structured data."""

from typing import Any

import pytest

from market.catalogue.listings.browse import list_categories, list_counties
from market.catalogue.listings.detail import get_product
from market.catalogue.listings.models import ListingKind
from market.catalogue.listings.search.listings import SearchFilters, list_first_cards
from market.catalogue.listings.templates import list_templates, strip_county_name
from market.kernel import Connection
from market.people.identity.models import Actor
from tests.conftest import NOW
from tests.support.make import (
    SEPTEMBER,
    VILLAGE_OF_OTHER_COUNTY,
    load_owner,
    make_freight_template,
    make_producer,
    make_product,
    make_stay,
)


async def a_seller(conn: Connection, **more: Any) -> Actor:
    return await load_owner(conn, await make_producer(conn, **more))


async def test_templates_are_the_local_products_of_the_county_with_prices_of_others(conn: Connection) -> None:
    seller = await a_seller(conn)
    others = [await make_producer(conn), await make_producer(conn, village=VILLAGE_OF_OTHER_COUNTY)]
    for producer_id, price in ((others[0], 30_00), (others[1], 50_00), (others[1], 90_00)):
        await make_product(conn, producer_id, title="大枣一箱", category="nut", price_fen=price, net_g=2500)
    await make_product(conn, seller.producers[0], title="自家大枣", category="nut", price_fen=1_00, net_g=2500)
    await make_product(conn, others[0], title="大枣酱", category="processed", price_fen=1_00, net_g=100)
    templates = {template.name: template for template in await list_templates(conn, seller, seller.producers[0])}
    dates = templates["阜平大枣"]
    assert (dates.category, dates.unit) == ("nut", "1kg袋")
    assert dates.price_hint is not None
    assert (dates.price_hint.count, dates.price_hint.per_kg) == (3, True)
    assert (dates.price_hint.min_fen, dates.price_hint.median_fen, dates.price_hint.max_fen) == (12_00, 20_00, 36_00)
    assert dates.hint_unit_fen == 20_00
    assert {template.price_hint for name, template in templates.items() if name != "阜平大枣"} == {None}


@pytest.mark.parametrize(
    ("name", "county", "plain"),
    [
        ("阜平大枣", "阜平县", "大枣"),
        ("丰宁黄旗小米", "丰宁满族自治县", "黄旗小米"),
        ("小米", "蔚县", "小米"),
        ("万全糯玉米", "万全区", "糯玉米"),
    ],
)
def test_the_county_is_stripped_from_a_product_name(name: str, county: str, plain: str) -> None:
    assert strip_county_name(name, county) == plain


async def test_categories_and_counties_count_live_listings(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    await make_product(conn, producer_id)
    await make_product(conn, producer_id, category="nut")
    await make_product(conn, producer_id, state="withdrawn")
    await make_product(conn, await make_producer(conn, village=VILLAGE_OF_OTHER_COUNTY))
    categories = {category.code: category.count for category in await list_categories(conn, today=SEPTEMBER)}
    assert (categories["fruit"], categories["nut"], categories["stay"]) == (2, 1, 0)
    assert [(county.code, county.count) for county in await list_counties(conn, today=SEPTEMBER)] == [
        ("130624", 2),
        ("130725", 1),
    ]


async def test_products_in_season_are_harvested_this_month(conn: Connection) -> None:
    now = await make_product(conn, title="秋枣", months=[9, 10])
    await make_product(conn, title="夏桃", months=[7])
    await make_stay(conn)
    season = SearchFilters(kind=ListingKind.PRODUCT, month=9), 12
    [cards, stays] = await list_first_cards(conn, [season, (SearchFilters(kind=ListingKind.STAY), 1)], today=SEPTEMBER)
    assert ([card.id for card in cards], len(stays)) == ([now.listing_id], 1)


async def test_a_product_has_the_freight_of_its_template(conn: Connection) -> None:
    made = await make_product(conn)
    await make_freight_template(conn, made.producer_id)
    product = await get_product(conn, made.listing_id, now=NOW)
    assert product.freight is not None
    assert (product.freight.first_g, product.freight.first_fen) == (1000, 8_00)
