"""Finding what is for sale: one query a page, ordered by a rule that is named and the same for everyone."""

from enum import StrEnum
from typing import Annotated, LiteralString
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.models import BadCursor, Card, Kind
from market.catalogue.searching import Asked, ask
from market.kernel import Connection, Query
from market.kernel.page import MOST

PAGE = 24


class Sort(StrEnum):
    """In which order listings come."""

    SCORE = "score"
    SOLD = "sold"
    NEW = "new"
    PRICE = "price"


SORT_RULES: dict[str, str] = {
    Sort.SCORE: "综合：卖得多、评得好的在前，人人看到的一样",
    Sort.SOLD: "卖得多的在前",
    Sort.NEW: "新上的在前",
    Sort.PRICE: "标价低的在前",
}
"""The rule of each order, in words. Source: 电子商务法 18 (results that do not aim at the person)."""
NAMED_FIRST = "综合：名字里有这个词的在前，再看卖得多、评得好，人人看到的一样"
"""The rule of the first order where words were typed: who types 枣 wants dates, not first what 枣强 county makes."""

type Code = Annotated[str, Meta(pattern="^[a-z_]{2,20}$")]
type Place = Annotated[str, Meta(pattern="^[0-9]{2}([0-9]{2}){0,2}$|^[0-9]{9}$|^[0-9]{12}$")]


class Wanted(Struct, frozen=True, kw_only=True):
    """What a buyer looks for; everything may be left out. `place` is a division code cut to its level."""

    text: str = ""
    kind: Kind | None = None
    category: str | None = None
    place: str | None = None
    producer_id: UUID | None = None
    price_from_fen: int | None = None
    price_to_fen: int | None = None
    month: int | None = None
    sort: Sort = Sort.SCORE


class Found(Struct, frozen=True):
    """A page of listings and the rule of its order; `near` says that nothing fitted and these come close."""

    items: list[Card]
    next: str | None
    rule: str
    near: bool


_HIGHEST = 2**62
_FIRST = UUID(int=0)

# What a card shows of the listings that were picked; the fraction of a price per kilogram is rounded half up.
_CARDS: LiteralString = """
    SELECT l.id, l.number, l.kind, l.title, l.category_code, g.name AS category, l.county_code, d.name AS county,
           l.producer_id, p.name AS producer, v.id AS variant_id, v.unit, v.price_fen, v.net_g, v.pieces,
           (2000 * v.price_fen + v.net_g) / (2 * v.net_g) AS per_kg_fen, o.left_units / v.takes AS left,
           l.harvest_months @> ARRAY[:this_month::smallint] AS in_season, l.gi, l.rating_sum, l.rating_count,
           l.sold_count, f.name AS photo, f.kind AS photo_kind, picked.key
      FROM picked
      JOIN listings l ON l.id = picked.id
      JOIN categories g ON g.code = l.category_code
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN producers p ON p.id = l.producer_id
      JOIN variants v ON v.listing_id = l.id AND v.position = 0
      LEFT JOIN lots o ON o.id = v.lot_id
      LEFT JOIN photos f ON f.id = l.photo_id
     ORDER BY picked.key DESC, picked.id
"""
_FILTERS: LiteralString = """
       AND l.state = 'live'
       AND (:kind::text IS NULL OR l.kind = :kind::text)
       AND (:category::text IS NULL OR l.category_code = :category::text)
       AND (:county::text IS NULL OR l.county_code = :county::text)
       AND (:place::text IS NULL OR starts_with(l.origin_code, :place::text))
       AND (:producer_id::uuid IS NULL OR l.producer_id = :producer_id::uuid)
       AND (:month::smallint IS NULL OR l.harvest_months @> ARRAY[:month::smallint])
       AND (:price_from::bigint IS NULL AND :price_to::bigint IS NULL
            OR EXISTS (SELECT FROM variants p
                        WHERE p.listing_id = l.id AND p.position = 0
                          AND (:price_from::bigint IS NULL OR p.price_fen >= :price_from::bigint)
                          AND (:price_to::bigint IS NULL OR p.price_fen <= :price_to::bigint)))
"""
# The second look hides in a CASE: the planner takes a LIKE for rare, and would read every row of a common word.
_LOOK: LiteralString = (
    " AND CASE WHEN l.searched LIKE ALL(:pieces::text[]) AND l.searched ~ ALL(:either::text[])"
    " THEN true ELSE false END "
)
_WORDS: LiteralString = " l.words @@ :words::tsquery" + _LOOK
# Letters stand in the text itself, or are initials (two looks at the row keep out pairs that stand apart), or pinyin.
_LATIN: LiteralString = """
       (l.words @@ :latin_words::tsquery AND (l.searched LIKE ALL(:latin_pieces::text[]) OR l.latin LIKE :latin_piece)
        OR :pinyin::text <> '' AND l.latin LIKE :pinyin::text) """
_ALL: LiteralString = " true "

_LISTINGS: LiteralString = "listings l"
_PRICED: LiteralString = "listings l JOIN variants v ON v.listing_id = l.id AND v.position = 0"

# Each order as a number that falls, as the plain columns that an index holds, and the tables that these stand in.
_KEYS: dict[Sort, tuple[LiteralString, LiteralString, LiteralString]] = {
    Sort.SCORE: ("l.score", "l.score DESC, l.id", _LISTINGS),
    Sort.SOLD: ("l.sold_count", "l.sold_count DESC, l.id", _LISTINGS),
    Sort.NEW: ("l.number", "l.number DESC, l.id", _LISTINGS),
    Sort.PRICE: ("-v.price_fen", "v.price_fen, l.id", _PRICED),
}


def _picked(match: LiteralString, key: LiteralString, order: LiteralString, tables: LiteralString) -> LiteralString:
    return (
        "SELECT l.id, ("
        + key
        + ")::bigint AS key FROM "
        + tables
        + " WHERE "
        + match
        + _FILTERS
        + "AND ("
        + key
        + " < :after_key::bigint OR "
        + key
        + " = :after_key::bigint AND l.id > :after_id::uuid) ORDER BY "
        + order
        + " LIMIT :most::integer"
    )


def _search(match: LiteralString, key: LiteralString, order: LiteralString, tables: LiteralString) -> Query[Card]:
    return Query(Card, "WITH picked AS (" + _picked(match, key, order, tables) + ")" + _CARDS)


EVERYTHING = {sort: _search(_ALL, *key) for sort, key in _KEYS.items()}
BY_WORDS = {sort: _search(_WORDS, *key) for sort, key in _KEYS.items() if sort is not Sort.SCORE}
BY_LATIN = {sort: _search(_LATIN, *key) for sort, key in _KEYS.items()}
BY_BOTH = {sort: _search(_WORDS + "AND" + _LATIN, *key) for sort, key in _KEYS.items()}
# Two walks along the same indexes, each of a page at most: scores are integers, so 2^40 parts the two for good.
BY_NAME = Query(
    Card,
    "WITH picked AS (SELECT id, key FROM (("
    + _picked(" l.words @@ :naming::tsquery" + _LOOK, "l.score + 1099511627776", "l.score DESC, l.id", _LISTINGS)
    + ") UNION ALL ("
    + _picked(" l.words @@ :elsewhere::tsquery" + _LOOK, "l.score", "l.score DESC, l.id", _LISTINGS)
    + ")) AS both_ways ORDER BY key DESC, id LIMIT :most::integer)"
    + _CARDS,
)

# Planned for each text anew: a plan for every text reads all rows of a common word (300 ms where 1 ms will do). Joined
# in the order that is written, as trying the orders took longer than the search. And the usual 0.6 forgives no letter
# that is left out of a pinyin of nine.
PREPARE = Query(
    str,
    """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true)
        || set_config('join_collapse_limit', '1', true)
        || set_config('pg_trgm.word_similarity_threshold', '0.5', true)
    """,
)
# Where nothing fits: whoever shares most pairs of characters, in the thing's own name first, among those that share
# one; or who reads alike in pinyin.
# How many are compared is bounded, for a common pair or syllable is in a tenth of everything.
NEAR = Query(
    Card,
    "WITH alike AS ("
    "(SELECT l.id FROM listings l"
    " WHERE l.words @@ :any_word::tsquery" + _FILTERS + " LIMIT 3000) UNION "
    "(SELECT l.id FROM listings l"
    " WHERE :typo::text <> '' AND :typo::text <% l.latin" + _FILTERS + " LIMIT 300)),"
    " picked AS (SELECT l.id, "
    "(SELECT count(*) FROM unnest(:pairs::text[]) AS pair WHERE l.searched LIKE pair)"
    " + (SELECT count(*) FROM unnest(:names::text[]) AS name WHERE l.words @@ name::tsquery) AS key"
    " FROM alike JOIN listings l ON l.id = alike.id"
    " ORDER BY key DESC, l.score DESC, l.id LIMIT :most::integer)" + _CARDS,
)


def _cursor(text: str | None) -> tuple[int, UUID]:
    if text is None:
        return _HIGHEST, _FIRST
    key, _, listing_id = text.partition(".")
    try:
        last = int(key), UUID(listing_id)
    except ValueError as error:
        raise BadCursor from error
    if abs(last[0]) > _HIGHEST:
        raise BadCursor
    return last


def _filters(wanted: Wanted) -> dict[str, object]:
    place = wanted.place
    county = place if place is not None and len(place) == 6 else None  # noqa: PLR2004 - digits of a county
    return {
        "kind": wanted.kind,
        "category": wanted.category,
        "county": county,
        "place": None if county else place,
        "producer_id": wanted.producer_id,
        "month": wanted.month,
        "price_from": wanted.price_from_fen,
        "price_to": wanted.price_to_fen,
    }


def _match(asked: Asked, sort: Sort) -> tuple[Query[Card], dict[str, object]]:
    look: dict[str, object] = {"pieces": asked.pieces, "either": asked.either}
    words: dict[str, object] = {"words": asked.words, **look}
    latin: dict[str, object] = {
        "latin_words": asked.latin_words,
        "latin_pieces": asked.latin_pieces,
        "latin_piece": asked.latin_piece,
        "pinyin": asked.pinyin,
    }
    if asked.words and asked.latin:
        return BY_BOTH[sort], words | latin
    if asked.words and sort is Sort.SCORE:
        return BY_NAME, {"naming": asked.naming, "elsewhere": asked.elsewhere, **look}
    if asked.words:
        return BY_WORDS[sort], words
    if asked.latin:
        return BY_LATIN[sort], latin
    return EVERYTHING[sort], {}


async def search_listings(
    conn: Connection, wanted: Wanted, *, this_month: int, after: str | None = None, most: int = PAGE
) -> Found:
    """Return a page of live listings that fit, at most 100, continued by `next`.

    Any 1 to 8 characters of a title find it; so do the names of its places, category and producer, other names of the
    same thing, pinyin and initials. Words between blanks must each be found, in any order. Where a first page would be
    empty, what comes close is returned instead, with letters allowed to be misspelt.
    Two statements, or three in that case, however many rows there are; in the caller's transaction, whose later
    statements are planned anew too. Of a text above 40 characters the rest is left out.

    Raises:
        BadCursor: `after` is no `next` of ours.
    """
    most = max(1, min(most, MOST))
    asked = ask(wanted.text)
    query, values = _match(asked, wanted.sort)
    after_key, after_id = _cursor(after)
    filters = _filters(wanted)
    await PREPARE.one(conn)
    rows = await query.all(
        conn, **values, **filters, this_month=this_month, after_key=after_key, after_id=after_id, most=most + 1
    )
    rule = NAMED_FIRST if query is BY_NAME else SORT_RULES[wanted.sort]
    if rows or after is not None or asked.is_empty:
        items = rows[:most]
        more = f"{items[-1].key}.{items[-1].id}" if len(rows) > most else None
        return Found(items, more, rule, near=False)
    near = await NEAR.all(
        conn,
        any_word=asked.any_word,
        typo=asked.typo,
        pairs=asked.pairs,
        names=asked.names,
        **filters,
        this_month=this_month,
        most=most,
    )
    return Found(near, None, rule, near=bool(near))
