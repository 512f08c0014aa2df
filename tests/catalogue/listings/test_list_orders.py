"""Lists by price and by sales: the order of a full sort, read from an index from the place where the page begins."""

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from market.catalogue.listings.edit import change_price
from market.catalogue.listings.models import Sort
from market.catalogue.listings.search.listings import SearchFilters, search_listings
from market.catalogue.listings.search.queries import SEARCH_PLAIN
from market.catalogue.listings.search.scores import refresh_scores
from market.kernel import Connection, Database, Fen
from tests.conftest import NOW
from tests.support.make import SEPTEMBER, VILLAGE_OF_OTHER_COUNTY, load_owner, make_producer, make_product
from tests.support.postgres import as_owner

OTHER_COUNTY = VILLAGE_OF_OTHER_COUNTY[:6]

# Copies of a product with few prices and sales, so that most are ties; two categories, two counties, two states.
ADD_COPIES = """
WITH copies AS (
    INSERT INTO listings (id, producer_id, kind, category_code, title, origin_code, commission_bp, search_text,
                          search_words, published_at, state, ranked_sold_count)
    SELECT md5('listing' || n)::uuid, producer_id, kind, CASE n % 3 WHEN 0 THEN 'nut' ELSE category_code END, title,
           CASE n % 4 WHEN 0 THEN $2 ELSE origin_code END, commission_bp, search_text, search_words, published_at,
           CASE n % 10 WHEN 0 THEN 'withdrawn' ELSE 'live' END, n * 7919 % 4
      FROM listings, generate_series(1, $3::integer) AS n WHERE listings.id = $1
    RETURNING id
)
INSERT INTO variants (listing_id, unit, price_fen)
SELECT id, '箱', 100 * (1 + ('x' || left(id::text, 8))::bit(32)::bigint % 5) FROM copies
"""


async def add_copies(conn: Connection, count: int) -> None:
    product = await make_product(conn, title="大枣")
    await conn.execute(ADD_COPIES, product.listing_id, VILLAGE_OF_OTHER_COUNTY, count)


Key = Callable[[Any], tuple[int, UUID]]
KEYS: dict[Sort, Key] = {
    Sort.PRICE: lambda row: (row["price_fen"], row["id"]),
    Sort.SOLD: lambda row: (-row["ranked_sold_count"], row["id"]),
    Sort.NEW: lambda row: (-row["number"], row["id"]),
    Sort.SCORE: lambda row: (-row["score"], row["id"]),
}


@pytest.mark.parametrize("sort", list(Sort))
@pytest.mark.parametrize("text", ["", "大枣"])
@pytest.mark.parametrize(
    "filters", [{}, {"category": "nut"}, {"division": OTHER_COUNTY}, {"price_from_fen": 200, "price_to_fen": 300}]
)
async def test_the_pages_of_every_order_are_those_of_a_full_sort(
    conn: Connection, sort: Sort, text: str, filters: dict[str, Any]
) -> None:
    await add_copies(conn, 90)
    rows = await conn.fetch("SELECT l.*, v.price_fen FROM listings l JOIN variants v ON v.listing_id = l.id")
    chosen = [
        row
        for row in rows
        if row["state"] == "live"
        and row["category_code"] == filters.get("category", row["category_code"])
        and row["origin_code"].startswith(filters.get("division", ""))
        and filters.get("price_from_fen", 0) <= row["price_fen"] <= filters.get("price_to_fen", 10**9)
    ]
    seen: list[UUID] = []
    after: str | None = None
    for _ in range(20):
        criteria = SearchFilters(text=text, sort=sort, **filters)
        page = await search_listings(conn, criteria, today=SEPTEMBER, after=after, limit=7)
        seen += [card.id for card in page.items]
        after = page.next
        if after is None:
            break
    assert len(chosen) > 14
    assert seen == [row["id"] for row in sorted(chosen, key=KEYS[sort])]


def count_read_listings(plan: dict[str, Any]) -> list[int]:
    """Return how many rows each scan of `listings` read: those of the page, and again for their cards."""
    here = plan.get("Relation Name") == "listings"
    rows = plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return [
        *([rows] if here else []),
        *(read for child in plan.get("Plans", ()) for read in count_read_listings(child)),
    ]


@pytest.mark.parametrize("sort", [Sort.PRICE, Sort.SOLD])
@pytest.mark.parametrize("filters", [{}, {"category": "nut"}, {"county": OTHER_COUNTY}])
async def test_a_page_by_price_or_sales_reads_no_more_listings_than_it_shows(
    conn: Connection, sort: Sort, filters: dict[str, str]
) -> None:
    """A late page too, although hundreds of listings come before it."""
    await add_copies(conn, 1500)
    async with as_owner(conn):  # what a run of autovacuum saw before this transaction is chance
        await conn.execute("ANALYZE listings, variants")
    await conn.execute("SET LOCAL enable_sort = off")  # so few rows are cheap to sort
    query = SEARCH_PLAIN[frozenset(filters), sort]
    cursor: tuple[int, UUID] = (2**62, UUID(int=0))
    for page in range(15):
        values = {**filters, "today": SEPTEMBER, "after_key": cursor[0], "after_id": cursor[1], "limit": 20}
        arguments = [values[name] for name in query.names]
        rows = await conn.fetch(query.sql, *arguments)
        cursor = (rows[0]["keys"][-1], rows[0]["ids"][-1])
        if page in {0, 14}:
            plan = await conn.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {query.sql}", *arguments)
            assert (page, count_read_listings(json.loads(plan)[0]["Plan"])) == (page, [20])


async def test_a_changed_price_and_a_new_pack_move_a_listing(conn: Connection) -> None:
    producer_id = await make_producer(conn)
    products = [await make_product(conn, producer_id, price_fen=price) for price in (10_00, 20_00, 30_00)]
    seller = await load_owner(conn, producer_id)
    await change_price(conn, seller, products[0].variant_id, Fen(25_00), now=NOW)
    await conn.execute("UPDATE variants SET position = NULL WHERE id = $1", products[2].variant_id)
    await conn.execute(
        "INSERT INTO variants (listing_id, unit, price_fen, lot_id) VALUES ($1, '袋', 500, $2)",
        products[2].listing_id,
        products[2].lot_id,
    )
    await conn.execute(
        "INSERT INTO variants (listing_id, position, unit, price_fen, lot_id) VALUES ($1, 1, '半袋', 100, $2)",
        products[1].listing_id,
        products[1].lot_id,
    )
    page = await search_listings(conn, SearchFilters(sort=Sort.PRICE), today=SEPTEMBER)
    assert [card.price_fen for card in page.items] == [5_00, 20_00, 25_00]


async def test_sales_count_in_the_order_after_the_scores_are_refreshed(database: Database, owner: Connection) -> None:
    first, second = await make_product(owner), await make_product(owner)
    await owner.execute("UPDATE listings SET score = 1000, ranked_sold_count = 500, sold_count = 500")
    await owner.execute("UPDATE listings SET sold_count = 600 WHERE id = $1", second.listing_id)
    assert await refresh_scores(database, new_since=NOW) == 1
    page = await search_listings(owner, SearchFilters(sort=Sort.SOLD), today=SEPTEMBER)
    assert [(card.id, card.sold_count) for card in page.items] == [(second.listing_id, 600), (first.listing_id, 500)]


async def test_the_marks_of_a_listing_follow_its_filters_and_are_never_typed(conn: Connection) -> None:
    product = await make_product(conn, title="大枣", months=[9, 10])
    words = "SELECT tsvector_to_array(search_words) FROM listings WHERE id = $1"

    async def list_marks() -> set[str]:
        return {word for word in await conn.fetchval(words, product.listing_id) if word[0] in "@#"}

    origin = await conn.fetchval("SELECT origin_code FROM listings WHERE id = $1", product.listing_id)
    places = {f"@d{origin[:digits]}" for digits in (2, 4, 6, 9, 12)}
    assert await list_marks() == {"@kproduct", "@cfruit", "@m9", "@m10", *places, "#4"}
    await conn.execute("UPDATE listings SET category_code = 'nut'")
    assert await list_marks() == {"@kproduct", "@cnut", "@m9", "@m10", *places, "#4"}
    for text in ("#4", "@cnut", "@kproduct", "'#0' & '@cnut'"):
        assert (await search_listings(conn, SearchFilters(text=text), today=SEPTEMBER)).items == []
