"""The statements of lists and searches of listings, built from their orders, filters and matches."""

from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import ListingCard, Sort
from market.kernel import Query


class CountyHits(Struct, frozen=True):
    """A county with its number of matching listings."""

    code: str
    count: int


class Matches(Struct, frozen=True):
    """Matching listings, best first, with their keys and counties."""

    ids: list[UUID]
    keys: list[int]
    counties: list[str]


# The cards of listings, in the order of their keys; the price per kilogram is rounded half up. Finding listings is a
# statement of its own, because planning both together takes longer than either.
LIST_CARDS = Query(
    ListingCard,
    """
    SELECT l.id, l.number, l.kind, l.title, l.category_code, g.name AS category, l.county_code, d.name AS county,
           w.name AS village, l.producer_id, p.name AS producer, v.id AS variant_id, v.unit, v.price_fen, v.net_g,
           v.pieces,
           (2000 * v.price_fen + v.net_g) / (2 * v.net_g) AS per_kg_fen,
           o.available_units / v.lot_units_per_item AS left,
           l.harvest_months @> ARRAY[extract(month FROM :today::date)::smallint] AS in_season, l.gi, l.rating_sum,
           l.rating_count, l.sold_count, f.name AS photo, f.kind AS photo_kind, picked.key
      FROM unnest(:ids::uuid[], :keys::bigint[]) AS picked (id, key)
      JOIN listings l ON l.id = picked.id
      JOIN categories g ON g.code = l.category_code
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN divisions w ON w.code = l.origin_code
      JOIN producers p ON p.id = l.producer_id
      JOIN variants v ON v.listing_id = l.id AND v.position = 0
      LEFT JOIN lots o ON o.id = v.lot_id
      LEFT JOIN photos f ON f.id = l.photo_id
     ORDER BY picked.key DESC, picked.id
    """,
)
ON_SALE: LiteralString = " AND l.state = 'live' AND l.certified_until >= :today::date"
_FILTERS: LiteralString = (
    ON_SALE
    + """
       AND (:kind::text IS NULL OR l.kind = :kind::text)
       AND (:category::text IS NULL OR l.category_code = :category::text)
       AND (:county::text IS NULL OR l.county_code = :county::text)
       AND (:division::text IS NULL OR starts_with(l.origin_code, :division::text))
       AND (:producer_id::uuid IS NULL OR l.producer_id = :producer_id::uuid)
       AND (:month::smallint IS NULL OR l.harvest_months @> ARRAY[:month::smallint])
       AND (:price_from::bigint IS NULL OR l.listed_price_fen >= :price_from::bigint)
       AND (:price_to::bigint IS NULL OR l.listed_price_fen <= :price_to::bigint)
"""
)
# Custom plans, as a generic one reads all rows of common letters. Joins in the written order, as planning other orders
# takes longer than the search. Similarity 0.5, as the default 0.6 tolerates no missing letter in a pinyin of nine.
PLAN_SEARCH = Query(
    None,
    """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('join_collapse_limit', '1', true),
           set_config('pg_trgm.word_similarity_threshold', '0.5', true)
    """,
)
# Letters match the text itself, initials (rechecked, so that the pairs must be adjacent) or pinyin.
_MATCH_LATIN: LiteralString = """
       (l.search_words @@ :latin_words::tsquery
            AND (l.search_text LIKE ALL(:latin_pieces::text[]) OR l.search_pinyin LIKE :latin_piece)
        OR :pinyin::text <> '' AND l.search_pinyin LIKE :pinyin::text) """
_MATCH_ALL: LiteralString = " true "
# The filters of most pages without a query: each in statements of its own, whose generic plan walks the fitting index.
_PLAIN_FILTERS: dict[frozenset[str], LiteralString] = {
    frozenset(): "",
    frozenset({"kind"}): " AND l.kind = :kind::text",
    frozenset({"category"}): " AND l.category_code = :category::text",
    frozenset({"county"}): " AND l.county_code = :county::text",
    frozenset({"producer_id"}): " AND l.producer_id = :producer_id::uuid",
}


class _Order(Struct, frozen=True):
    """An order of a list: its descending key, the columns of an index, and the condition that starts behind a row.

    `AFTER` stands for the key of that row.
    """

    key: LiteralString
    columns: LiteralString
    after: LiteralString


# A comparison of rows starts an index scan behind the row, so it needs columns of one direction. Listings of one score
# may be many, and those before the row are read again.
_ORDERS: dict[Sort, _Order] = {
    Sort.SCORE: _Order(
        "l.score",
        "l.score DESC, l.id",
        "l.score <= AFTER AND (l.score < AFTER OR l.id > :after_id::uuid)",
    ),
    Sort.SOLD: _Order(
        "l.ranked_sold_count",
        "(-l.ranked_sold_count), l.id",
        "((-l.ranked_sold_count), l.id) > (-AFTER, :after_id::uuid)",
    ),
    Sort.NEW: _Order("l.number", "l.number DESC, l.id", "(l.number, l.id) < (AFTER, :after_id::uuid)"),
    Sort.PRICE: _Order(
        "-l.listed_price_fen", "l.listed_price_fen, l.id", "(l.listed_price_fen, l.id) > (-AFTER, :after_id::uuid)"
    ),
}


def _build_pick(match: LiteralString, order: _Order, filters: LiteralString) -> LiteralString:
    after = order.after.replace("AFTER", ":after_key::bigint")
    return (
        "SELECT l.id, (" + order.key + ")::bigint AS key, l.county_code FROM listings l"
        " WHERE " + match + filters + " AND " + after + " ORDER BY " + order.columns + " LIMIT :limit::integer"
    )  # fmt: skip


def collect_matches(picked: LiteralString) -> Query[Matches]:
    """Return the statement that collects the rows of another in the order of their keys."""
    return Query(
        Matches,
        "SELECT coalesce(array_agg(id ORDER BY key DESC, id), '{}') AS ids,"
        " coalesce(array_agg(key ORDER BY key DESC, id), '{}') AS keys,"
        " coalesce(array_agg(county_code), '{}') AS counties FROM (" + picked + ") AS picked",
    )  # fmt: skip


def _build_search(match: LiteralString, order: _Order, filters: LiteralString = _FILTERS) -> Query[Matches]:
    return collect_matches(_build_pick(match, order, filters))


# What `find_matches` and `count_matches` take: the filters and the typed text; words have the mark of a band. Another
# order is that of the best matches of all.
_CONDITIONS: LiteralString = """
    :marks::text, :pieces::text[], :synonyms::text[], :latin_words::tsquery, :latin_pieces::text[],
    :latin_piece::text, :pinyin::text, :today::date, :producer_id::uuid, :price_from::bigint, :price_to::bigint, """
_MATCHES: LiteralString = "find_matches(:tiers::text[]," + _CONDITIONS
_BEST: LiteralString = _MATCHES + ":after_key::bigint, :after_id::uuid, :limit::integer)"
_BEST_OF_ALL: LiteralString = _MATCHES + "4611686018427387904, '00000000-0000-0000-0000-000000000000', :most::integer)"


def _build_sorted_matches(order: _Order) -> Query[Matches]:
    key: LiteralString = "m.base + (" + order.key + ")"
    return collect_matches(
        "SELECT l.id, " + key + " AS key, l.county_code FROM " + _BEST_OF_ALL + " AS m JOIN listings l ON l.id = m.id"
        " WHERE " + key + " < :after_key::bigint OR " + key + " = :after_key::bigint AND l.id > :after_id::uuid"
        " ORDER BY key DESC, l.id LIMIT :limit::integer"
    )  # fmt: skip


SEARCH_PLAIN = {
    (names, sort): _build_search(_MATCH_ALL, order, ON_SALE + filters)
    for names, filters in _PLAIN_FILTERS.items()
    for sort, order in _ORDERS.items()
}
# A statement for each month, because each has an index of its listings: in February few of all are in season.
_MONTHS: tuple[LiteralString, ...] = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12")
SEARCH_IN_SEASON = {
    number: _build_search(
        _MATCH_ALL,
        _ORDERS[Sort.SCORE],
        ON_SALE
        + " AND (:kind::text IS NULL OR l.kind = :kind::text) AND l.harvest_months @> ARRAY["
        + month
        + "::smallint]",
    )
    for number, month in enumerate(_MONTHS, 1)
}
SEARCH_ALL = {sort: _build_search(_MATCH_ALL, order) for sort, order in _ORDERS.items()}
SEARCH_LATIN = {sort: _build_search(_MATCH_LATIN, order) for sort, order in _ORDERS.items()}
FIND_MATCHES = collect_matches("SELECT id, key, county_code FROM " + _BEST)
SEARCH_BEST_SORTED = {sort: _build_sorted_matches(order) for sort, order in _ORDERS.items() if sort is not Sort.SCORE}

# If nothing matches: the listings that share the most pairs of characters, first in the product name, or that are
# similar or equal in pinyin. As a tenth of all listings have a common pair, some of the best 16,200 are compared.
SEARCH_SIMILAR = collect_matches(
    "WITH similar_listings AS ("
    "(SELECT l.id FROM listings l"
    " WHERE l.search_words @@ (:any_word::tsquery && '''#4'''::tsquery)" + _FILTERS + " LIMIT 500) UNION "
    "(SELECT l.id FROM listings l"
    " WHERE :typo::text <> '' AND :typo::text <% l.search_pinyin" + _FILTERS + " LIMIT 300) UNION "
    "(SELECT l.id FROM listings l"
    " WHERE :sound::text <> '' AND l.search_pinyin LIKE :sound::text" + _FILTERS + " LIMIT 300)),"
    " ranked AS (SELECT l.id, l.county_code, l.score, (1000 * ("
    "(SELECT count(*) FROM unnest(:pairs::text[]) AS pair WHERE l.search_text LIKE pair)"
    " + (SELECT count(*) FROM unnest(:names::text[]) AS name WHERE l.search_words @@ name::tsquery))"
    " + 999 * word_similarity(:typo::text, l.search_pinyin))::bigint AS key"
    " FROM similar_listings s JOIN listings l ON l.id = s.id)"
    " SELECT id, key, county_code FROM ranked ORDER BY key DESC, score DESC, id LIMIT :limit::integer"
)


def _build_count(match: LiteralString) -> Query[CountyHits]:
    return Query(
        CountyHits,
        "SELECT county_code AS code, count(*)::integer AS count FROM (SELECT l.county_code FROM listings l WHERE "
        + match
        + _FILTERS
        + " LIMIT :bound::integer) AS hits GROUP BY county_code ORDER BY county_code",
    )


COUNT_ALL = _build_count(_MATCH_ALL)
COUNT_LATIN = _build_count(_MATCH_LATIN)
COUNT_MATCHES = Query(
    CountyHits,
    "SELECT county_code AS code, count FROM count_matches(:words::text," + _CONDITIONS + ":most::integer)",
)
