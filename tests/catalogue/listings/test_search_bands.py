"""Searches read the bands of the scores one after another, and find what a full sort of all listings finds."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from market.catalogue.listings.search.listings import SearchFilters, count_by_county, search_listings
from market.catalogue.listings.search.text import parse_query
from market.kernel import Connection
from tests.catalogue.listings.test_list_orders import OTHER_COUNTY, add_copies
from tests.support.make import SEPTEMBER
from tests.support.postgres import as_owner

# Half of the copies have a word of their own, and a few another.
SPREAD_SCORES = """
UPDATE listings SET score = ('x' || left(md5(id::text), 6))::bit(24)::integer % 400,
                    search_words = search_words || array_to_tsvector(CASE
                        WHEN number % 2 = 0 THEN ARRAY['半', '=半'] WHEN number % 500 = 1 THEN ARRAY['稀', '=稀']
                        ELSE '{}'::text[] END),
                    search_text = search_text || CASE WHEN number % 2 = 0 THEN ' 半' WHEN number % 500 = 1 THEN ' 稀'
                        ELSE '' END
"""


async def count_fetches(conn: Connection) -> int:
    """Return how many listings this transaction has read by an index."""
    return await conn.fetchval("SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'listings'")


async def test_a_search_reads_few_listings_whatever_the_word_and_has_the_order_of_a_full_sort(
    conn: Connection,
) -> None:
    await add_copies(conn, 2_500)
    await conn.execute(SPREAD_SCORES)
    await conn.execute("SELECT move_search_bands()")
    await conn.execute("UPDATE listings SET score = score")
    async with as_owner(conn):
        await conn.execute("ANALYZE listings, variants")
    bands = await conn.fetch("SELECT search_band, count(*) FROM listings WHERE state = 'live' GROUP BY 1 ORDER BY 1")
    assert [(row[0], row[1]) for row in bands] == [(0, 200), (1, 400), (2, 1_200), (3, 451)]
    for word, most in {"大枣": 240, "半": 140, "稀": 20}.items():
        rows = await conn.fetch(
            "SELECT id, score FROM listings WHERE state = 'live' AND search_text LIKE $1", f"%{word}%"
        )
        expected = [row["id"] for row in sorted(rows, key=lambda row: (-row["score"], row["id"]))]
        criteria = SearchFilters(text=word)
        before = await count_fetches(conn)
        assert [card.id for card in (await search_listings(conn, criteria, today=SEPTEMBER, limit=12)).items] == (
            expected[:12]
        )
        assert await count_fetches(conn) - before <= most
        seen: list[UUID] = []
        after: str | None = None
        while page := await search_listings(conn, criteria, today=SEPTEMBER, after=after, limit=100):
            seen += [card.id for card in page.items]
            after = page.next
            if after is None:
                break
        assert seen == expected


# Each of five words is in a listing or not, in its text, its name, as a whole word of the name, or as its place.
SPREAD_WORDS = """
UPDATE listings l
   SET score = 7 * get_byte(h.hash, 10) % 90,
       search_text = l.search_text || (
           SELECT coalesce(string_agg(' ' || word, ''), '')
             FROM unnest(ARRAY['半', '红', '少', '稀', '孤'], ARRAY[128, 64, 16, 3, 1])
                  WITH ORDINALITY AS w (word, most, place)
            WHERE get_byte(h.hash, place::integer) < most),
       search_words = l.search_words || array_to_tsvector(ARRAY(
           SELECT mark || word
             FROM unnest(ARRAY['半', '红', '少', '稀', '孤'], ARRAY[128, 64, 16, 3, 1])
                  WITH ORDINALITY AS w (word, most, place),
                  unnest(ARRAY['', '=', '==', '===']) WITH ORDINALITY AS marks (mark, level)
            WHERE get_byte(h.hash, place::integer) < most
              AND (level <= get_byte(h.hash, 15) % 3 + 1 OR level = 4 AND get_byte(h.hash, 14) % 4 = 0)))
""".replace("h.hash", "decode(md5(l.id::text), 'hex')")
# The tiers of a query are disjoint, so that each listing is in the first that it matches.
SORT_ALL = """
SELECT l.id, l.county_code FROM listings l, unnest($1::text[]) WITH ORDINALITY AS tiers (words, tier)
 WHERE l.search_words @@ words::tsquery AND l.state = 'live' AND l.search_text LIKE ALL ($2::text[])
   AND starts_with(l.origin_code, $3) AND l.category_code LIKE $4
 ORDER BY tier, score DESC, id
"""


def list_tiers(text: str) -> list[str]:
    typed = parse_query(text)
    whole = [typed.whole_match, typed.part_match, typed.place_match, typed.other_match]
    return whole if typed.whole_match else [typed.name_match, typed.other_match]


@pytest.fixture
async def market(conn: Connection) -> Connection:
    """A market of 2,500 listings, five of six of which have some word."""
    await add_copies(conn, 2_500)
    await conn.execute(SPREAD_WORDS)
    await conn.execute("SELECT move_search_bands()")
    await conn.execute("UPDATE listings SET score = score")
    async with as_owner(conn):
        await conn.execute("ANALYZE listings, variants")
    return conn


TYPED = st.lists(st.sampled_from(["半", "红", "少", "稀", "孤", "大枣"]), min_size=1, max_size=3, unique=True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    typed=TYPED,
    division=st.sampled_from([None, OTHER_COUNTY]),
    category=st.sampled_from([None, "nut"]),
    limit=st.sampled_from([1, 7, 24, 100]),
)
@example(typed=["红"], division=None, category=None, limit=100)
@example(typed=["稀"], division=OTHER_COUNTY, category=None, limit=7)
async def test_a_search_finds_what_a_full_sort_finds(
    market: Connection, typed: Sequence[str], division: str | None, category: str | None, limit: int
) -> None:
    text = " ".join(typed)
    patterns = [f"%{word}%" for word in typed]
    rows = await market.fetch(SORT_ALL, list_tiers(text), patterns, division or "", category or "%")
    criteria = SearchFilters(text=text, division=division, category=category)
    seen: list[UUID] = []
    after: str | None = None
    for _ in range(6):
        page = await search_listings(market, criteria, today=SEPTEMBER, after=after, limit=limit)
        if page.near:
            break
        seen += [card.id for card in page.items]
        after = page.next
        if after is None:
            break
    assert seen == [row["id"] for row in rows][: 6 * limit]
    counted = await count_by_county(market, criteria, today=SEPTEMBER)
    if len(rows) <= 24:
        counties = [row["county_code"] for row in rows]
        assert [(each.code, each.count) for each in counted] == [(c, counties.count(c)) for c in sorted({*counties})]
    assert sum(each.count for each in counted) == min(24, len(rows))


async def test_a_market_that_has_shrunk_finds_listings_of_its_former_bands(market: Connection) -> None:
    assert await market.fetchval("SELECT max(search_band) FROM listings") == 3
    await market.execute("UPDATE listings SET state = 'withdrawn' WHERE search_band < 3")
    await market.execute("UPDATE listings SET state = 'withdrawn' WHERE get_byte(decode(md5(id::text), 'hex'), 9) > 60")
    await market.execute("SELECT move_search_bands()")
    live = await market.fetchval("SELECT count(*) FROM listings WHERE state = 'live'")
    assert 20 < live < 200
    page = await search_listings(market, SearchFilters(text="大枣"), today=SEPTEMBER, limit=100)
    assert (page.near, len(page.items)) == (False, min(live, 100))


async def test_thresholds_of_bands_stay_while_they_have_half_to_twice_as_many_listings(conn: Connection) -> None:
    async def list_bands() -> list[tuple[int, int]]:
        await conn.execute("SELECT move_search_bands()")
        return [(row[0], row[1]) for row in await conn.fetch("SELECT band, score FROM search_bands ORDER BY band")]

    await add_copies(conn, 440)
    await conn.execute("UPDATE listings SET state = 'live', score = number % 441 + 1")
    scores = [row[0] for row in await conn.fetch("SELECT score FROM listings ORDER BY score DESC")]
    assert await list_bands() == [(0, scores[199])], "441 are too few for a band of 600"
    await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE score > $1", scores[100])
    assert await list_bands() == [(0, scores[199])], "a hundred are still above"
    await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE score > $1", scores[102])
    assert await list_bands() == [(0, scores[301])], "98 were above"
    await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE score > $1", scores[400])
    assert await list_bands() == [(0, -(2**31))], "a market of forty is one band"
