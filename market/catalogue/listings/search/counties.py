"""The listings of several counties in one list, read from the index of each county where the page begins."""

from collections.abc import Sequence
from datetime import date
from typing import LiteralString

from market.catalogue.listings.models import SORT_RULES, Sort
from market.catalogue.listings.search.cursor import parse_cursor
from market.catalogue.listings.search.listings import ListingPage, build_page
from market.catalogue.listings.search.queries import ON_SALE, collect_matches
from market.kernel import Connection
from market.kernel.page import MAX_PAGE_SIZE

MAX_COUNTIES = 100
"""The maximum number of counties in one list; each is an index scan of at most one page."""

_BEST_OF_COUNTY: LiteralString = (
    "SELECT l.id, l.score::bigint AS key, l.county_code FROM listings l WHERE l.county_code = c.county_code"
    + ON_SALE
    + " AND l.score <= :after_key::bigint AND (l.score < :after_key::bigint OR l.id > :after_id::uuid)"
    " ORDER BY l.score DESC, l.id LIMIT :limit::integer"
)
FIND_COUNTIES_LISTINGS = collect_matches(
    "SELECT best.id, best.key, best.county_code FROM unnest(:counties::text[]) AS c (county_code)"
    " CROSS JOIN LATERAL (" + _BEST_OF_COUNTY + ") AS best"
    " ORDER BY best.key DESC, best.id LIMIT :limit::integer"
)


async def list_counties_listings(
    conn: Connection, counties: Sequence[str], *, today: date, after: str | None = None, limit: int
) -> ListingPage:
    """Return a page of the listings on sale of counties, the best score first; pass `next` as `after` for more.

    At most 100 counties, each once.

    Raises:
        BadCursor: `after` is not a `next` of this service.
    """
    assert len(set(counties)) == len(counties) <= MAX_COUNTIES
    limit = max(1, min(limit, MAX_PAGE_SIZE))
    after_key, after_id = parse_cursor(after)
    matches = await FIND_COUNTIES_LISTINGS.one(
        conn, counties=list(counties), today=today, after_key=after_key, after_id=after_id, limit=limit + 1
    )
    return await build_page(conn, matches, SORT_RULES[Sort.SCORE], today=today, limit=limit)
