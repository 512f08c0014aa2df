"""Divisions as shoppers browse them, and the provinces that parcels are shipped to."""

from msgspec import Struct

from market.divisions import regions
from market.kernel import Connection, Query

_PREFECTURE_LEVEL = 2
_PREFIXES = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}


class SellingDivision(Struct, frozen=True):
    """A division, and how many live listings it has."""

    code: str
    name: str
    level: int
    live: int = 0

    @property
    def prefix(self) -> str:
        """The part of the code that all divisions inside share."""
        return self.code[: _PREFIXES[self.level]]

    @property
    def short(self) -> str:
        """The name in a path: a prefecture without 市."""
        return self.name.removesuffix("市") if self.level == _PREFECTURE_LEVEL else self.name


class SellingPrefecture(SellingDivision, frozen=True):
    """A prefecture with the names of its two largest categories."""

    words: str = ""


class CountyWithPrefecture(Struct, frozen=True):
    """A listed county with its prefecture."""

    code: str
    name: str
    prefecture_code: str
    prefecture: str


FIND_DIVISION = Query(SellingDivision, "SELECT code, name, level FROM divisions WHERE code = rpad(:code, 12, '0')")
LIST_DIVISION_PATH = Query(
    SellingDivision,
    """
    WITH RECURSIVE up AS (
        SELECT code, name, level, parent_code FROM divisions WHERE code = :code
        UNION ALL
        SELECT d.code, d.name, d.level, d.parent_code FROM divisions d JOIN up ON d.code = up.parent_code
    )
    SELECT code, name, level FROM up WHERE level > 1 ORDER BY level
    """,
)
LIST_SELLING_CHILDREN = Query(
    SellingDivision,
    """
    SELECT d.code, d.name, d.level, count(*)::integer AS live
      FROM divisions d JOIN listings l ON left(l.origin_code, :width::integer) = left(d.code, :width::integer)
     WHERE d.parent_code = :code AND l.state = 'live'
     GROUP BY d.code, d.name, d.level
     ORDER BY count(*) DESC, d.code
     LIMIT 200
    """,
)
LIST_LISTED_COUNTIES = Query(
    CountyWithPrefecture,
    """
    SELECT d.code, d.name, p.code AS prefecture_code, p.name AS prefecture
      FROM divisions d JOIN divisions p ON p.code = d.parent_code
     WHERE d.level = 3 AND EXISTS (SELECT FROM listed_counties l WHERE l.county_code = d.county_code)
     ORDER BY p.code, d.code
    """,
)
LIST_SELLING_PREFECTURES = Query(
    SellingPrefecture,
    """
    WITH counted AS (
        SELECT left(l.county_code, 4) AS prefix, g.name, count(*) AS live,
               row_number() OVER (PARTITION BY left(l.county_code, 4) ORDER BY count(*) DESC, g.position) AS rank
          FROM listings l JOIN categories g ON g.code = l.category_code
         WHERE l.state = 'live'
         GROUP BY left(l.county_code, 4), g.name, g.position
    )
    SELECT d.code, d.name, d.level, sum(live)::integer AS live,
           string_agg(counted.name, '、' ORDER BY rank) FILTER (WHERE rank <= 2) AS words
      FROM counted JOIN divisions d ON d.code = rpad(prefix, 12, '0')
     GROUP BY d.code, d.name, d.level
     ORDER BY d.code
     LIMIT 40
    """,
)

HOME_REGION = "130000"
REGIONS = tuple(
    sorted(
        ((f"{region.code}0000", region.name) for region in regions.REGIONS),
        key=lambda region: region[0] != HOME_REGION,
    )
)
"""The provinces to ship to: six-digit code and name, Hebei first."""
_REGION_NAMES = dict(REGIONS)


def read_region(code: str) -> str:
    """Return the chosen region if parcels are shipped there, else Hebei."""
    return code if code in _REGION_NAMES else HOME_REGION


def get_region_name(code: str) -> str:
    """Return the name of the province of a division code; the code itself if it is unknown."""
    return _REGION_NAMES.get(f"{code[:2]}0000", code)


async def list_selling_prefectures(conn: Connection) -> list[SellingPrefecture]:
    """Return the prefectures that have live listings, with their largest categories."""
    return await LIST_SELLING_PREFECTURES.all(conn)


async def find_division(conn: Connection, code: str) -> SellingDivision | None:
    """Return a division by its code or the prefix of one, or None."""
    return await FIND_DIVISION.maybe(conn, code=code) if code.isdigit() and len(code) <= 12 else None


async def list_division_path(conn: Connection, code: str) -> list[SellingDivision]:
    """Return a division and its ancestors, the prefecture first."""
    return await LIST_DIVISION_PATH.all(conn, code=code)


async def list_selling_children(conn: Connection, place: SellingDivision) -> list[SellingDivision]:
    """Return the children of a division that have live listings, those with most first."""
    width = _PREFIXES.get(place.level + 1)
    return [] if width is None else await LIST_SELLING_CHILDREN.all(conn, code=place.code, width=width)


async def list_listed_counties(conn: Connection) -> list[CountyWithPrefecture]:
    """Return the counties of the national and provincial lists, by prefecture."""
    return await LIST_LISTED_COUNTIES.all(conn)


def make_trail(path: list[SellingDivision]) -> list[tuple[str, str]]:
    """Return a path as (name, URL path), for the macro `place`."""
    return [(place.short, f"/places/{place.prefix}") for place in path]
