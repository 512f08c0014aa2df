"""Search live listings: one query per page, in an order whose rule is published and the same for everyone."""

from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import date
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, structs

from market.catalogue.listings.models import (
    NAME_MATCH_RULES,
    SORT_RULES,
    WHOLE_WORD_RULE,
    ListingCard,
    ListingKind,
    Sort,
)
from market.catalogue.listings.search.cursor import parse_cursor
from market.catalogue.listings.search.queries import (
    COUNT_ALL,
    COUNT_LATIN,
    COUNT_MATCHES,
    FIND_MATCHES,
    LIST_CARDS,
    PLAN_SEARCH,
    SEARCH_ALL,
    SEARCH_BEST_SORTED,
    SEARCH_IN_SEASON,
    SEARCH_LATIN,
    SEARCH_PLAIN,
    SEARCH_SIMILAR,
    CountyHits,
    Matches,
)
from market.catalogue.listings.search.text import SearchQuery, mark_bands, parse_query
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


MAX_COUNTED = 24
"""Matches of a search that are counted, two pages: of a common word each counted one is a listing that is read."""
MAX_SORTED = 300
"""Matches of typed words, the best by score, that are sorted by price, sales or age."""


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


def _bind_filters(criteria: SearchFilters) -> dict[str, object]:
    """Return the filters of `find_matches`, most of them as words of the listing (see mark_listing.sql)."""
    marks = {"k": criteria.kind, "c": criteria.category, "d": criteria.division, "m": criteria.month}
    return {
        "marks": " & ".join(f"'#@{mark}{value}'" for mark, value in marks.items() if value is not None) or None,
        "producer_id": criteria.producer_id,
        "price_from": criteria.price_from_fen,
        "price_to": criteria.price_to_fen,
    }


def _bind_latin(typed: SearchQuery) -> dict[str, object]:
    """Return the values of the conditions on typed letters, which may be none."""
    return {
        "latin_words": typed.latin_words or None,
        "latin_pieces": typed.latin_pieces,
        "latin_piece": typed.latin_piece if typed.latin else None,
        "pinyin": typed.pinyin,
    }


def _bind_conditions(typed: SearchQuery, criteria: SearchFilters) -> dict[str, object]:
    """Return the values of what `find_matches` and `count_matches` require."""
    text: dict[str, object] = {"pieces": typed.pieces, "synonyms": typed.synonyms}
    return {**text, **_bind_latin(typed), **_bind_filters(criteria)}


def _choose_plain_query(typed: SearchQuery, criteria: SearchFilters) -> tuple[Query[Matches], dict[str, object]] | None:
    """Return the statement for a page without a query and with the filters of one index, or None."""
    given = {name: value for name, value in _build_filters(criteria).items() if value is not None}
    if typed.words or typed.latin:
        return None
    if criteria.month is not None and given.keys() <= {"kind", "month"} and criteria.sort is Sort.SCORE:
        return SEARCH_IN_SEASON[criteria.month], {"kind": criteria.kind}
    query = SEARCH_PLAIN.get((frozenset(given), criteria.sort))
    return None if query is None else (query, given)


def _rank_matches(typed: SearchQuery, sort: Sort) -> tuple[list[str], str]:
    """Return the tiers of a query, tsquery texts with bands, the first of which ranks first, and the rule."""
    if not typed.words or typed.latin:
        return ([mark_bands(typed.words)] if typed.words else []), SORT_RULES[sort]
    if sort is Sort.SCORE and typed.whole_match:
        tiers = [typed.whole_match, typed.part_match, typed.place_match, typed.other_match]
        return [mark_bands(tier) for tier in tiers], WHOLE_WORD_RULE
    places = [typed.place_match] if typed.place_match else []
    return [mark_bands(tier) for tier in (typed.name_match, *places, typed.other_match)], NAME_MATCH_RULES[sort]


async def count_by_county(conn: Connection, criteria: SearchFilters, *, today: date) -> list[CountyHits]:
    """Return the counties of the matching listings with their numbers; at most `MAX_COUNTED` matches are counted."""
    typed = parse_query(criteria.text)
    conditions = _bind_conditions(typed, criteria)
    words: object = mark_bands(typed.words)
    if not words and not typed.latin:
        words, conditions["marks"] = conditions["marks"], None
    if words:
        return await COUNT_MATCHES.all(conn, **conditions, words=words, today=today, most=MAX_COUNTED)
    filters = _build_filters(criteria) | {"today": today, "bound": MAX_COUNTED}
    async with _plan_each_search(conn):
        if typed.latin:
            return await COUNT_LATIN.all(conn, **_bind_latin(typed), **filters)
        return await COUNT_ALL.all(conn, **filters)


async def search_listings(
    conn: Connection, criteria: SearchFilters, *, today: date, after: str | None = None, limit: int = PAGE_SIZE
) -> ListingPage:
    """Return a page of the matching listings on sale on the day `today`, at most 100; pass `next` as `after` for more.

    A listing matches by any 1 to 8 characters of its title, by the names of its divisions, category and producer, by
    synonyms, pinyin and initials. All words of a query must match, in any order; only its first 40 characters are used.
    If the first page would be empty, similar listings are returned, with typing errors in letters and other characters
    of the same pinyin tolerated.

    A page takes two statements, which read about three times as many listings as it returns, however many match.
    With another order than by score, typed words have the best `MAX_SORTED` matches.

    Raises:
        BadCursor: `after` is not a `next` of this service.
    """
    typed = parse_query(criteria.text)
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    matches, rule = await _find_matches(conn, typed, criteria, today=today, after=after, most=limit + 1)
    return await _show_matches(conn, typed, criteria, matches, rule, today=today, after=after, limit=limit)


async def list_first_cards(
    conn: Connection, lists: Sequence[tuple[SearchFilters, int]], *, today: date
) -> list[list[ListingCard]]:
    """Return the first cards of several lists, at most so many of each, read by one statement for all."""
    found: list[Matches] = []
    for criteria, most in lists:
        typed = parse_query(criteria.text)
        found.append((await _find_matches(conn, typed, criteria, today=today, after=None, most=most))[0])
    ids = list(dict.fromkeys(each for matches in found for each in matches.ids))
    cards = await LIST_CARDS.all(conn, ids=ids, keys=[0] * len(ids), today=today) if ids else []
    known = {card.id: card for card in cards}
    return [[known[each] for each in matches.ids if each in known] for matches in found]


async def search_and_count(
    conn: Connection, criteria: SearchFilters, *, today: date, after: str | None = None, limit: int = PAGE_SIZE
) -> tuple[ListingPage, list[CountyHits]]:
    """Return a page like `search_listings`, and the numbers like `count_by_county`.

    The first page of typed words by score counts what it has found for both.

    Raises:
        BadCursor: `after` is not a `next` of this service.
    """
    typed = parse_query(criteria.text)
    if after or not typed.words or criteria.sort is not Sort.SCORE:
        page = await search_listings(conn, criteria, today=today, after=after, limit=limit)
        return page, await count_by_county(conn, criteria, today=today)
    most = max(limit + 1, MAX_COUNTED)
    matches, rule = await _find_matches(conn, typed, criteria, today=today, after=None, most=most)
    page = await _show_matches(conn, typed, criteria, matches, rule, today=today, after=None, limit=limit)
    return page, [CountyHits(code, count) for code, count in sorted(Counter(matches.counties).items())]


async def _find_matches(
    conn: Connection, typed: SearchQuery, criteria: SearchFilters, *, today: date, after: str | None, most: int
) -> tuple[Matches, str]:
    """Return the listings behind a row, and the rule of their order.

    Those of an order and the filters of one index are read from it, others are looked up by words.
    """
    sort = criteria.sort
    after_key, after_id = parse_cursor(after)
    page: dict[str, object] = {"today": today, "after_key": after_key, "after_id": after_id, "limit": most}
    tiers, rule = _rank_matches(typed, sort)
    plain = _choose_plain_query(typed, criteria)
    if plain is not None:
        query, values = plain
        return await query.one(conn, **values, **page), rule
    words = _bind_conditions(typed, criteria)
    if not tiers and not typed.latin and sort is Sort.SCORE and words["marks"]:
        tiers, words["marks"] = [str(words["marks"])], None
    if tiers and sort is Sort.SCORE:
        return await FIND_MATCHES.one(conn, **words, **page, tiers=tiers), rule
    if tiers:
        return await SEARCH_BEST_SORTED[sort].one(conn, **words, **page, tiers=tiers, most=MAX_SORTED), rule
    filters = _build_filters(criteria)
    async with _plan_each_search(conn):
        if typed.latin:
            return await SEARCH_LATIN[sort].one(conn, **_bind_latin(typed), **filters, **page), rule
        return await SEARCH_ALL[sort].one(conn, **filters, **page), rule


async def _show_matches(
    conn: Connection,
    typed: SearchQuery,
    criteria: SearchFilters,
    matches: Matches,
    rule: str,
    *,
    today: date,
    after: str | None,
    limit: int,
) -> ListingPage:
    """Return the page of the listings found; if the first is empty, of similar ones."""
    near = not matches.ids and after is None and not typed.is_empty
    if near:
        async with _plan_each_search(conn):
            matches = await SEARCH_SIMILAR.one(
                conn, any_word=typed.any_word or None, typo=typed.typo, sound=typed.sound, pairs=typed.pairs,
                names=typed.names, **_build_filters(criteria), today=today, limit=limit,
            )  # fmt: skip
    page = await build_page(conn, matches, rule, today=today, limit=limit)
    return structs.replace(page, near=near and bool(page.items))


async def build_page(conn: Connection, matches: Matches, rule: str, *, today: date, limit: int) -> ListingPage:
    """Return a page of at most `limit` of the listings found, with a cursor if there are more."""
    ids, keys = matches.ids[:limit], matches.keys[:limit]
    items = await LIST_CARDS.all(conn, ids=ids, keys=keys, today=today) if ids else []
    next_cursor = f"{keys[-1]}.{ids[-1]}" if len(matches.ids) > limit else None
    return ListingPage(items, next_cursor, rule, near=False)


@asynccontextmanager
async def _plan_each_search(conn: Connection) -> AsyncGenerator[None]:
    """Plan the statements of the block for their values."""
    async with conn.transaction():
        await PLAN_SEARCH.run(conn)
        yield
