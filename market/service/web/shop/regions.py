"""Divisions for browsing, and the provinces that parcels are shipped to."""

from datetime import date
from functools import cache

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.division_codes import (
    CODE_DIGITS,
    LEVEL_DIGITS,
    PREFECTURE,
    PROVINCE,
    VILLAGE,
    pad_code,
    truncate_code,
)
from market.kernel.language import get_language, say
from market.places.divisions import regions


class SellingDivision(Struct, frozen=True):
    """A division and its number of live listings."""

    code: str
    name: str
    level: int
    live: int = 0

    @property
    def prefix(self) -> str:
        """The prefix of the codes of all divisions inside."""
        return truncate_code(self.code, self.level)

    @property
    def short(self) -> str:
        """The name in a path: a prefecture without 市."""
        return self.name.removesuffix("市") if self.level == PREFECTURE else self.name


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
      FROM divisions d JOIN listings l ON left(l.origin_code, :digits::integer) = left(d.code, :digits::integer)
     WHERE d.parent_code = :code AND l.state = 'live' AND l.certified_until >= :today::date
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
        SELECT p.code, g.name, count(*) AS live,
               row_number() OVER (PARTITION BY p.code ORDER BY count(*) DESC, g.position) AS rank
          FROM listings l JOIN categories g ON g.code = l.category_code
         CROSS JOIN ancestor_code(l.county_code, 2) AS p(code)
         WHERE l.state = 'live' AND l.certified_until >= :today::date
         GROUP BY p.code, g.name, g.position
    )
    SELECT d.code, d.name, d.level, sum(live)::integer AS live,
           string_agg(counted.name, '、' ORDER BY rank) FILTER (WHERE rank <= 2) AS words
      FROM counted JOIN divisions d USING (code)
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


def list_regions() -> tuple[tuple[str, str], ...]:
    """Return the regions to choose from, named in the page's language."""
    return _name_regions(get_language())


@cache
def _name_regions(_language: str) -> tuple[tuple[str, str], ...]:
    return tuple((code, say(name)) for code, name in REGIONS)


def read_region(code: str) -> str:
    """Return the chosen region if parcels are shipped there, else Hebei."""
    return code if code in _REGION_NAMES else HOME_REGION


def get_region(code: str) -> str:
    """Return the region of a division code, `440100` → `440000`; Hebei if parcels are not shipped there."""
    return read_region(f"{truncate_code(code, PROVINCE)}0000")


def get_region_name(code: str) -> str:
    """Return the name of the province of a division code, or the code itself if it is unknown."""
    return say(_REGION_NAMES.get(f"{truncate_code(code, PROVINCE)}0000", code))


async def list_selling_prefectures(conn: Connection, *, today: date) -> list[SellingPrefecture]:
    """Return the prefectures that have live listings, with their largest categories."""
    return await LIST_SELLING_PREFECTURES.all(conn, today=today)


async def find_division(conn: Connection, code: str) -> SellingDivision | None:
    """Return a division by its code or the prefix of one, or None."""
    return await FIND_DIVISION.maybe(conn, code=code) if code.isdigit() and len(code) <= CODE_DIGITS else None


async def list_division_path(conn: Connection, code: str) -> list[SellingDivision]:
    """Return a division and its ancestors, the prefecture first."""
    return await LIST_DIVISION_PATH.all(conn, code=code)


async def list_selling_children(conn: Connection, division: SellingDivision, *, today: date) -> list[SellingDivision]:
    """Return the children of a division that have live listings, those with most listings first."""
    if division.level == VILLAGE:
        return []
    return await LIST_SELLING_CHILDREN.all(conn, code=division.code, digits=LEVEL_DIGITS[division.level], today=today)


async def list_listed_counties(conn: Connection) -> list[CountyWithPrefecture]:
    """Return the counties of the national and provincial lists, by prefecture."""
    return await LIST_LISTED_COUNTIES.all(conn)


async def complete_street(conn: Connection, code: str, street: str) -> str:
    """Return a street with the names, before it, of the divisions inside the province that it does not name itself."""
    path = await list_division_path(conn, pad_code(code))
    return "".join(each.name for each in path if each.name not in street) + street


def make_trail(path: list[SellingDivision]) -> list[tuple[str, str]]:
    """Return a path as (name, URL path), for the macro `division_path`."""
    return [(division.short, f"/places/{division.prefix}") for division in path]
