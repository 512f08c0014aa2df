"""Ways into the catalogue: categories and counties with what they hold, and what is in season."""

from uuid import UUID

from msgspec import Struct

from market.catalogue.models import Card, Kind
from market.catalogue.search import Sort, Wanted, search_listings
from market.kernel import Connection, Query


class CategoryCount(Struct, frozen=True):
    """A category and how many live listings it holds; `needs` are the certificates of which one is wanted there."""

    code: str
    name: str
    kind: Kind
    needs: list[str]
    source: str
    count: int


class CountyCount(Struct, frozen=True):
    """A county that sells, and how many live listings it has."""

    code: str
    name: str
    prefecture: str
    count: int


CATEGORIES = Query(
    CategoryCount,
    """
    SELECT g.code, g.name, g.kind, g.needs, g.source, coalesce(l.count, 0) AS count
      FROM categories g
      LEFT JOIN (SELECT category_code, count(*) FROM listings WHERE state = 'live' GROUP BY category_code) AS l
             ON l.category_code = g.code
     ORDER BY g.position
     LIMIT 100
    """,
)
COUNTIES = Query(
    CountyCount,
    """
    SELECT l.county_code AS code, d.name, a.name AS prefecture, l.count
      FROM (SELECT county_code, count(*) FROM listings WHERE state = 'live' GROUP BY county_code) AS l
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN divisions a ON a.code = rpad(left(l.county_code, 4), 12, '0')
     ORDER BY l.count DESC, l.county_code
     LIMIT 300
    """,
)


async def list_categories(conn: Connection) -> list[CategoryCount]:
    """Return every category in its order with the number of its live listings."""
    return await CATEGORIES.all(conn)


async def list_counties(conn: Connection) -> list[CountyCount]:
    """Return the counties that sell, those with most listings first."""
    return await COUNTIES.all(conn)


async def in_season(conn: Connection, *, month: int, most: int = 12) -> list[Card]:
    """Return products that are harvested in the month, the best scored first."""
    wanted = Wanted(kind=Kind.PRODUCT, month=month)
    return (await search_listings(conn, wanted, this_month=month, most=most)).items


async def newest(conn: Connection, kind: Kind, *, month: int, most: int = 12) -> list[Card]:
    """Return the latest listings of a kind."""
    return (await search_listings(conn, Wanted(kind=kind, sort=Sort.NEW), this_month=month, most=most)).items


async def listings_of(
    conn: Connection, producer_id: UUID, *, month: int, after: str | None = None, most: int = 100
) -> list[Card]:
    """Return the live listings of a producer, the latest first, at most 100."""
    wanted = Wanted(producer_id=producer_id, sort=Sort.NEW)
    return (await search_listings(conn, wanted, this_month=month, after=after, most=most)).items
