"""Search live listings: one query per page, in an order whose rule is published and the same for everyone."""

from datetime import date
from typing import Annotated, LiteralString
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.cursor import parse_cursor
from market.catalogue.models import (
    NAME_MATCH_RULES,
    SORT_RULES,
    WHOLE_WORD_RULE,
    ListingCard,
    ListingKind,
    Sort,
)
from market.catalogue.plan_search import MAX_KNOWN_MATCHES, PLAN_SEARCH
from market.catalogue.search_text import SearchQuery, parse_query
from market.kernel import Connection, Query
from market.kernel.page import MAX_PAGE_SIZE

PAGE_SIZE = 24


type CategoryCode = Annotated[str, Meta(pattern="^[a-z_]{2,20}$")]
type DivisionPrefix = Annotated[str, Meta(pattern="^[0-9]{2}([0-9]{2}){0,2}$|^[0-9]{9}$|^[0-9]{12}$")]


class SearchFilters(Struct, frozen=True, kw_only=True):
    """The search criteria of a buyer, all optional. `division` is a code truncated to its level."""

    text: str = ""
    kind: ListingKind | None = None
    category: str | None = None
    division: str | None = None
    producer_id: UUID | None = None
    price_from_fen: int | None = None
    price_to_fen: int | None = None
    month: int | None = None
    sort: Sort = Sort.SCORE


class ListingPage(Struct, frozen=True):
    """A page of listings with the rule of its order; `near` marks similar listings, returned if none matched."""

    items: list[ListingCard]
    next: str | None
    rule: str
    near: bool


# The columns of a card for the picked listings; the price per kilogram is rounded half up.
LISTING_CARDS: LiteralString = """
    SELECT l.id, l.number, l.kind, l.title, l.category_code, g.name AS category, l.county_code, d.name AS county,
           w.name AS village, l.producer_id, p.name AS producer, v.id AS variant_id, v.unit, v.price_fen, v.net_g,
           v.pieces,
           (2000 * v.price_fen + v.net_g) / (2 * v.net_g) AS per_kg_fen,
           o.available_units / v.lot_units_per_item AS left,
           l.harvest_months @> ARRAY[extract(month FROM :today::date)::smallint] AS in_season, l.gi, l.rating_sum,
           l.rating_count, l.sold_count, f.name AS photo, f.kind AS photo_kind, picked.key
      FROM picked
      JOIN listings l ON l.id = picked.id
      JOIN categories g ON g.code = l.category_code
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN divisions w ON w.code = l.origin_code
      JOIN producers p ON p.id = l.producer_id
      JOIN variants v ON v.listing_id = l.id AND v.position = 0
      LEFT JOIN lots o ON o.id = v.lot_id
      LEFT JOIN photos f ON f.id = l.photo_id
     ORDER BY picked.key DESC, picked.id
"""
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
# The recheck is in a CASE: the planner assumes that LIKE is selective, and would read every row of a common word.
_RECHECK: LiteralString = (
    " AND CASE WHEN l.search_text LIKE ALL(:pieces::text[]) AND l.search_text ~ ALL(:synonyms::text[])"
    " THEN true ELSE false END "
)
_MATCH_WORDS: LiteralString = " l.search_words @@ :words::tsquery" + _RECHECK
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


def _build_pick(
    match: LiteralString, order: _Order, filters: LiteralString = _FILTERS, offset: LiteralString = "0"
) -> LiteralString:
    after = order.after.replace("AFTER", "(:after_key::bigint - " + offset + ")")
    return (
        "SELECT l.id, (" + order.key + ")::bigint + " + offset + " AS key FROM listings l"
        " WHERE " + match + filters + " AND " + after + " ORDER BY " + order.columns + " LIMIT :limit::integer"
    )  # fmt: skip


def _build_search(match: LiteralString, order: _Order, filters: LiteralString = _FILTERS) -> Query[ListingCard]:
    return Query(ListingCard, "WITH picked AS (" + _build_pick(match, order, filters) + ")" + LISTING_CARDS)


# What `list_matches` found, if that is little: each scan reads these listings alone.
_KNOWN: LiteralString = _RECHECK + " AND (:matches::uuid[] IS NULL OR l.id = ANY(:matches::uuid[])) "
_NAME: LiteralString = " l.search_words @@ :name_match::tsquery" + _KNOWN
_WHOLE: LiteralString = " l.search_words @@ :whole_match::tsquery" + _KNOWN
_PART: LiteralString = (
    " (SELECT count(*) FROM whole) < :limit::integer AND l.search_words @@ :part_match::tsquery" + _KNOWN
)
_OTHER: LiteralString = (
    " (SELECT count(*) FROM named) < :limit::integer AND l.search_words @@ :other_match::tsquery" + _KNOWN
)


# Index scans of at most one page each. A later one runs only if the earlier ones did not fill the page, because it
# reads every listing if the word is in names only. Keys are integers, so adding 2^40 or 2^41 ranks the first ones
# first.
def _build_names_first(order: _Order, *, whole_first: bool = False) -> Query[ListingCard]:
    named: LiteralString = "named AS MATERIALIZED (" + _build_pick(_NAME, order, offset="1099511627776") + ")"
    if whole_first:
        whole = _build_pick(_WHOLE, order, offset="2199023255552")
        part = _build_pick(_PART, order, offset="1099511627776")
        named = (
            "whole AS MATERIALIZED (" + whole + "),"
            " named AS MATERIALIZED (SELECT id, key FROM whole UNION ALL (" + part + "))"
        )  # fmt: skip
    other = _build_pick(_OTHER, order)
    picked = (
        ", picked AS (SELECT id, key FROM (SELECT id, key FROM named UNION ALL (" + other + ")) AS matches"
        " ORDER BY key DESC, id LIMIT :limit::integer)"
    )  # fmt: skip
    return Query(ListingCard, "WITH " + named + picked + LISTING_CARDS)


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
SEARCH_WORDS_AND_LATIN = {
    sort: _build_search(" l.search_words @@ :words::tsquery" + _KNOWN + "AND" + _MATCH_LATIN, order)
    for sort, order in _ORDERS.items()
}
SEARCH_NAMES_FIRST = {sort: _build_names_first(order) for sort, order in _ORDERS.items()}
SEARCH_WHOLE_FIRST = _build_names_first(_ORDERS[Sort.SCORE], whole_first=True)

# If nothing matches: the listings that share the most pairs of characters, first in the product name, or that
# are similar or equal in pinyin. The number compared is bounded, as a tenth of all listings have a common pair.
SEARCH_SIMILAR = Query(
    ListingCard,
    "WITH similar_listings AS ("
    "(SELECT l.id FROM listings l"
    " WHERE l.search_words @@ :any_word::tsquery" + _FILTERS + " LIMIT 3000) UNION "
    "(SELECT l.id FROM listings l"
    " WHERE :typo::text <> '' AND :typo::text <% l.search_pinyin" + _FILTERS + " LIMIT 300) UNION "
    "(SELECT l.id FROM listings l"
    " WHERE :sound::text <> '' AND l.search_pinyin LIKE :sound::text" + _FILTERS + " LIMIT 300)),"
    " picked AS (SELECT l.id, (1000 * ("
    "(SELECT count(*) FROM unnest(:pairs::text[]) AS pair WHERE l.search_text LIKE pair)"
    " + (SELECT count(*) FROM unnest(:names::text[]) AS name WHERE l.search_words @@ name::tsquery))"
    " + 999 * word_similarity(:typo::text, l.search_pinyin))::bigint AS key"
    " FROM similar_listings s JOIN listings l ON l.id = s.id"
    " ORDER BY key DESC, l.score DESC, l.id LIMIT :limit::integer)" + LISTING_CARDS,
)


# Counted up to a bound, as a common word matches a tenth of all listings.
MAX_COUNTED = 2000


class CountyHits(Struct, frozen=True):
    """A county with its number of matching listings."""

    code: str
    count: int


def _build_count(match: LiteralString) -> Query[CountyHits]:
    return Query(
        CountyHits,
        "SELECT county_code AS code, count(*)::integer AS count FROM (SELECT l.county_code FROM listings l WHERE "
        + match
        + _FILTERS
        + " LIMIT :bound::integer) AS hits GROUP BY county_code ORDER BY county_code",
    )


COUNTS = {
    (False, False): _build_count(_MATCH_ALL),
    (True, False): _build_count(_MATCH_WORDS),
    (False, True): _build_count(_MATCH_LATIN),
    (True, True): _build_count(_MATCH_WORDS + "AND" + _MATCH_LATIN),
}
"""By whether the query has words, and letters."""
COUNT_KNOWN = _build_count(" l.id = ANY(:matches::uuid[])" + _RECHECK)


def _build_filters(criteria: SearchFilters) -> dict[str, object]:
    division = criteria.division
    county = division if division is not None and len(division) == 6 else None
    return {
        "kind": criteria.kind,
        "category": criteria.category,
        "county": county,
        "division": None if county else division,
        "producer_id": criteria.producer_id,
        "month": criteria.month,
        "price_from": criteria.price_from_fen,
        "price_to": criteria.price_to_fen,
    }


def _bind_text(typed: SearchQuery) -> dict[str, object]:
    """Return the values of the conditions on the typed text."""
    values: dict[str, object] = {}
    if typed.words:
        values |= {"words": typed.words, "pieces": typed.pieces, "synonyms": typed.synonyms}
    if typed.latin:
        values |= {
            "latin_words": typed.latin_words,
            "latin_pieces": typed.latin_pieces,
            "latin_piece": typed.latin_piece,
            "pinyin": typed.pinyin,
        }
    return values


def _choose_plain_query(
    typed: SearchQuery, criteria: SearchFilters, filters: dict[str, object]
) -> tuple[Query[ListingCard], dict[str, object]] | None:
    """Return the statement for a page without a query and with the filters of one index, or None."""
    given = {name: value for name, value in filters.items() if value is not None}
    if typed.words or typed.latin:
        return None
    if criteria.month is not None and given.keys() <= {"kind", "month"} and criteria.sort is Sort.SCORE:
        return SEARCH_IN_SEASON[criteria.month], {"kind": criteria.kind}
    query = SEARCH_PLAIN.get((frozenset(given), criteria.sort))
    return None if query is None else (query, given)


def _choose_query(typed: SearchQuery, sort: Sort) -> tuple[Query[ListingCard], dict[str, object], str]:
    """Return the statement for a typed query, its values, and the rule of its order."""
    values = _bind_text(typed)
    if typed.words and typed.latin:
        return SEARCH_WORDS_AND_LATIN[sort], values, SORT_RULES[sort]
    if not typed.words:
        return (SEARCH_LATIN if typed.latin else SEARCH_ALL)[sort], values, SORT_RULES[sort]
    del values["words"]
    values["other_match"] = typed.other_match
    if sort is Sort.SCORE and typed.whole_match:
        values |= {"whole_match": typed.whole_match, "part_match": typed.part_match}
        return SEARCH_WHOLE_FIRST, values, WHOLE_WORD_RULE
    return SEARCH_NAMES_FIRST[sort], values | {"name_match": typed.name_match}, NAME_MATCH_RULES[sort]


async def count_by_county(conn: Connection, criteria: SearchFilters, *, today: date) -> list[CountyHits]:
    """Return the counties of the matching listings with their numbers; at most the first 2,000 matches are counted."""
    typed = parse_query(criteria.text)
    filters = _build_filters(criteria)
    values: dict[str, object] = {**_bind_text(typed), **filters, "today": today, "bound": MAX_COUNTED}
    count = COUNTS[bool(typed.words), bool(typed.latin)]
    if not typed.words or typed.latin:
        return await count.all(conn, **values)
    async with conn.transaction():
        plan = await PLAN_SEARCH.one(conn, words=typed.words, most=MAX_KNOWN_MATCHES, today=today, **filters)
        if plan.matches is None:
            return await count.all(conn, **values)
        del values["words"]
        return await COUNT_KNOWN.all(conn, **values, matches=plan.matches)


async def search_listings(
    conn: Connection, criteria: SearchFilters, *, today: date, after: str | None = None, limit: int = PAGE_SIZE
) -> ListingPage:
    """Return a page of the matching listings on sale on the day `today`, at most 100; pass `next` as `after` for more.

    A listing matches by any 1 to 8 characters of its title, by the names of its divisions, category and producer, by
    synonyms, pinyin and initials. All words of a query must match, in any order; only its first 40 characters are used.
    If the first page would be empty, similar listings are returned, with typing errors in letters and other characters
    of the same pinyin tolerated.

    A page without a query takes one statement. The others open a transaction, for the planner's settings.

    Raises:
        BadCursor: `after` is not a `next` of this service.
    """
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    typed = parse_query(criteria.text)
    after_key, after_id = parse_cursor(after)
    filters = _build_filters(criteria)
    page: dict[str, object] = {"today": today, "after_key": after_key, "after_id": after_id}
    plain = _choose_plain_query(typed, criteria, filters)
    if plain is not None:
        query, values = plain
        rows = await query.all(conn, **values, **page, limit=limit + 1)
        return build_page(rows, limit, SORT_RULES[criteria.sort])
    query, values, rule = _choose_query(typed, criteria.sort)
    async with conn.transaction():
        plan = await PLAN_SEARCH.one(conn, words=typed.words, most=MAX_KNOWN_MATCHES, today=today, **filters)
        if typed.words:
            values["matches"] = plan.matches
        rows = [] if plan.matches == [] else await query.all(conn, **values, **filters, **page, limit=limit + 1)
        if rows or after is not None or typed.is_empty:
            return build_page(rows, limit, rule)
        similar = await SEARCH_SIMILAR.all(
            conn, any_word=typed.any_word, typo=typed.typo, sound=typed.sound, pairs=typed.pairs, names=typed.names,
            **filters, today=today, limit=limit,
        )  # fmt: skip
    return ListingPage(similar, None, rule, near=bool(similar))


def build_page(rows: list[ListingCard], limit: int, rule: str) -> ListingPage:
    """Return a page of at most `limit` rows, with a cursor if there are more."""
    items = rows[:limit]
    next_cursor = f"{items[-1].key}.{items[-1].id}" if len(rows) > limit else None
    return ListingPage(items, next_cursor, rule, near=False)
