"""Where things come from, as people walk through it: province, prefecture, county, township, village."""

from msgspec import Struct

from market import places
from market.kernel import Connection, Query

_SHORT = 2
_PREFIXES = {1: 2, 2: 4, 3: 6, 4: 9, 5: 12}


class Place(Struct, frozen=True):
    """A division, and how much is for sale inside it."""

    code: str
    name: str
    level: int
    live: int = 0

    @property
    def prefix(self) -> str:
        """The part of the code that all places inside share."""
        return self.code[: _PREFIXES[self.level]]

    @property
    def short(self) -> str:
        """The name as a path shows it: a prefecture loses its 市."""
        return self.name.removesuffix("市") if self.level == _SHORT else self.name


class Origin(Place, frozen=True):
    """A prefecture with the two kinds of which it sells most."""

    words: str = ""


class Listed(Struct, frozen=True):
    """A county of the lists, with its prefecture."""

    code: str
    name: str
    prefecture_code: str
    prefecture: str


PLACE = Query(Place, "SELECT code, name, level FROM divisions WHERE code = rpad(:code, 12, '0')")
PATH = Query(
    Place,
    """
    WITH RECURSIVE up AS (
        SELECT code, name, level, parent_code FROM divisions WHERE code = :code
        UNION ALL
        SELECT d.code, d.name, d.level, d.parent_code FROM divisions d JOIN up ON d.code = up.parent_code
    )
    SELECT code, name, level FROM up WHERE level > 1 ORDER BY level
    """,
)
SELLING_CHILDREN = Query(
    Place,
    """
    SELECT d.code, d.name, d.level, count(*)::integer AS live
      FROM divisions d JOIN listings l ON left(l.origin_code, :width::integer) = left(d.code, :width::integer)
     WHERE d.parent_code = :code AND l.state = 'live'
     GROUP BY d.code, d.name, d.level
     ORDER BY count(*) DESC, d.code
     LIMIT 200
    """,
)
LISTED_COUNTIES = Query(
    Listed,
    """
    SELECT d.code, d.name, p.code AS prefecture_code, p.name AS prefecture
      FROM divisions d JOIN divisions p ON p.code = d.parent_code
     WHERE d.level = 3 AND EXISTS (SELECT FROM listed_counties l WHERE l.county_code = d.county_code)
     ORDER BY p.code, d.code
    """,
)
ORIGINS = Query(
    Origin,
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
        ((f"{region.code}0000", region.name) for region in places.REGIONS), key=lambda region: region[0] != HOME_REGION
    )
)
"""Where parcels go: six digits and the name of a province; Hebei first."""
_REGION_NAMES = dict(REGIONS)


def region_of(code: str) -> str:
    """Return a region that parcels go to: the one asked for, else Hebei."""
    return code if code in _REGION_NAMES else HOME_REGION


def region_name(code: str) -> str:
    """Return the name of the province that a code lies in; the code itself where it is unknown."""
    return _REGION_NAMES.get(f"{code[:2]}0000", code)


async def origins(conn: Connection) -> list[Origin]:
    """Return the prefectures that sell, with what they sell most of."""
    return await ORIGINS.all(conn)


async def find_place(conn: Connection, code: str) -> Place | None:
    """Return a division by its code, whole or a prefix, or None."""
    return await PLACE.maybe(conn, code=code) if code.isdigit() and len(code) <= 12 else None  # noqa: PLR2004


async def path_of(conn: Connection, code: str) -> list[Place]:
    """Return a division with all above it, the prefecture first."""
    return await PATH.all(conn, code=code)


async def selling_children_of(conn: Connection, place: Place) -> list[Place]:
    """Return the divisions right beneath one in which something is for sale, the fullest first."""
    width = _PREFIXES.get(place.level + 1)
    return [] if width is None else await SELLING_CHILDREN.all(conn, code=place.code, width=width)


async def listed_counties(conn: Connection) -> list[Listed]:
    """Return the counties of the national and the provincial list, by prefecture."""
    return await LISTED_COUNTIES.all(conn)


def trail_of(path: list[Place]) -> list[tuple[str, str]]:
    """Return the path as words and addresses, for the macro `place`."""
    return [(place.short, f"/places/{place.prefix}") for place in path]
