"""Browse the catalogue by category, county, season and producer."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import ListingCard, ListingKind, ListingState, Sort
from market.catalogue.listings.search.listings import SearchFilters, search_listings
from market.kernel import Connection, Query


class CategoryCount(Struct, frozen=True):
    """A category with the number of its live listings; `needs` are certificate kinds, one of which is required."""

    code: str
    name: str
    kind: ListingKind
    needs: list[str]
    source: str
    count: int


class CountyCount(Struct, frozen=True):
    """A county with the number of its live listings."""

    code: str
    name: str
    prefecture: str
    count: int


class ListingCount(Struct, frozen=True):
    """The number of live listings of a category in a county."""

    category: str
    county: str
    count: int


LIST_COUNTS = Query(
    ListingCount,
    """
    SELECT category_code AS category, county_code AS county, count(*)::integer AS count FROM listings
     WHERE state = 'live' AND certified_until >= :today::date
     GROUP BY category_code, county_code ORDER BY county_code, category_code
    """,
)
LIST_CATEGORIES = Query(
    CategoryCount,
    """
    SELECT g.code, g.name, g.kind, g.required_certificates AS needs, g.source, coalesce(l.count, 0) AS count
      FROM categories g
      LEFT JOIN (SELECT category_code, count(*) FROM listings
                  WHERE state = 'live' AND certified_until >= :today::date GROUP BY category_code) AS l
             ON l.category_code = g.code
     ORDER BY g.position
     LIMIT 100
    """,
)
LIST_COUNTIES = Query(
    CountyCount,
    """
    SELECT l.county_code AS code, d.name, a.name AS prefecture, l.count
      FROM (SELECT county_code, count(*) FROM listings
                  WHERE state = 'live' AND certified_until >= :today::date GROUP BY county_code) AS l
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN divisions a ON a.code = ancestor_code(l.county_code, 2)
     ORDER BY l.count DESC, l.county_code
     LIMIT 300
    """,
)


class UnsoldListing(Struct, frozen=True):
    """A listing that is not sold: withdrawn, suspended, or live without a valid certificate that it needs."""

    number: int
    title: str
    category: str
    state: ListingState


LIST_UNSOLD_LISTINGS = Query(
    UnsoldListing,
    """
    SELECT l.number, l.title, g.name AS category, l.state
      FROM listings l JOIN categories g ON g.code = l.category_code
     WHERE l.producer_id = ANY(:producer_ids::uuid[]) AND (l.state <> 'live' OR l.certified_until < :today::date)
     ORDER BY l.state <> 'live', l.number DESC
     LIMIT 100
    """,
)


async def list_unsold_listings(conn: Connection, producer_ids: Sequence[UUID], *, today: date) -> list[UnsoldListing]:
    """Return the unsold listings of producers, at most 100: first those that a new certificate brings back."""
    return await LIST_UNSOLD_LISTINGS.all(conn, producer_ids=list(producer_ids), today=today)


async def list_counts(conn: Connection, *, today: date) -> list[ListingCount]:
    """Return the number of live listings of each category in each county that has any, by county and category."""
    return await LIST_COUNTS.all(conn, today=today)


async def list_categories(conn: Connection, *, today: date) -> list[CategoryCount]:
    """Return every category, in display order, with the number of its live listings."""
    return await LIST_CATEGORIES.all(conn, today=today)


async def list_counties(conn: Connection, *, today: date) -> list[CountyCount]:
    """Return the counties with live listings, most listings first."""
    return await LIST_COUNTIES.all(conn, today=today)


async def list_producer_listings(
    conn: Connection, producer_id: UUID, *, today: date, after: str | None = None, limit: int = 100
) -> list[ListingCard]:
    """Return the live listings of a producer, latest first, at most 100."""
    filters = SearchFilters(producer_id=producer_id, sort=Sort.NEW)
    return (await search_listings(conn, filters, today=today, after=after, limit=limit)).items
