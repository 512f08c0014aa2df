"""Reading the places: what lies in what, what a place was called on a day, and when the country rests."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query, Refusal
from market.kernel.text import fold
from market.places.codes import scope_of, whole


class Division(Struct, frozen=True):
    """A province (level 1), prefecture, county, township or village (5)."""

    code: str
    name: str
    level: int


class FoundDivision(Struct, frozen=True):
    """A division that a search found, with the names of what it lies in, the widest first."""

    code: str
    name: str
    level: int
    path: list[str]


class ListedCounty(Struct, frozen=True):
    """A county of the lists of poor counties, its earlier name where it had one, and how many villages it has."""

    county_code: str
    name: str
    prefecture: str
    list: str
    basis: str
    villages: int


class Holiday(Struct, frozen=True):
    """A day on which the country rests, or works although the week would not."""

    day: date
    name: str
    rest: bool


class NoSuchPlace(Refusal):
    """No division has the code, or had it on that day."""

    code = "no_such_place"
    status = 404
    zh = "没有这个地方：{place}。"
    en = "There is no such place: {place}."


CHILDREN = Query(
    Division,
    "SELECT code, name, level FROM divisions WHERE parent_code = :code ORDER BY code LIMIT 1000",
)
TOP = Query(Division, "SELECT code, name, level FROM divisions WHERE level = 1 ORDER BY code LIMIT 100")
PATH = Query(
    Division, "SELECT code, name, level FROM divisions WHERE code = ANY(:codes::text[]) ORDER BY level LIMIT 5"
)
# Names of one character match whole, longer ones anywhere; those higher up come first.
SEARCH = Query(
    FoundDivision,
    """
    SELECT d.code, d.name, d.level,
           ARRAY(SELECT a.name FROM divisions a
                  WHERE a.code IN (rpad(left(d.code, 2), 12, '0'), rpad(left(d.code, 4), 12, '0'),
                                   rpad(left(d.code, 6), 12, '0'), rpad(left(d.code, 9), 12, '0'))
                    AND a.level < d.level
                  ORDER BY a.level) AS path
      FROM divisions d
     WHERE (strpos(d.name, :text) > 0 OR starts_with(d.pinyin, :latin) OR d.initials = :latin)
       AND starts_with(d.code, :within)
     ORDER BY d.level, strpos(d.name, :text) <> 1, d.code
     LIMIT :most::integer
    """,
)
LISTED = Query(
    ListedCounty,
    """
    SELECT l.county_code, d.name, a.name AS prefecture, l.list, l.basis,
           (SELECT count(*) FROM divisions v WHERE v.county_code = l.county_code AND v.level = 5) AS villages
      FROM listed_counties l
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN divisions a ON a.code = rpad(left(l.county_code, 4), 12, '0')
     WHERE l.valid_during @> :day::date
     ORDER BY l.county_code
     LIMIT 1000
    """,
)
NAME_ON = Query(
    str,
    """
    SELECT coalesce((SELECT name FROM division_names WHERE code = :code AND valid_during @> :day::date), d.name)
      FROM divisions d
     WHERE d.code = :code
    """,
)
OWNER_OF_CODE = Query(
    str, "SELECT code FROM division_names WHERE official_code = :county AND valid_during @> :day::date"
)
HOLIDAYS = Query(
    Holiday,
    """
    SELECT day, name, rest FROM holidays WHERE day >= :since::date AND day < :until::date ORDER BY day LIMIT 1000
    """,
)


async def children_of(conn: Connection, code: str | None = None) -> list[Division]:
    """Return what lies directly in a division, by code, at most 1,000; without a code, the provinces."""
    if code is None:
        return await TOP.all(conn)
    return await CHILDREN.all(conn, code=whole(code))


async def path_of(conn: Connection, code: str) -> list[Division]:
    """Return the way from the province down to a division, itself included.

    Raises:
        NoSuchPlace: no division has the code.
    """
    digits = len(scope_of(code))
    codes = [whole(code[:length]) for length in (2, 4, 6, 9, 12) if length <= digits]
    found = await PATH.all(conn, codes=codes)
    if not found or found[-1].code != whole(code):
        raise NoSuchPlace(place=code)
    return found


async def search_divisions(conn: Connection, text: str, *, within: str = "", most: int = 20) -> list[FoundDivision]:
    """Return divisions by a piece of their name, the beginning of its pinyin, or its initials, at most 100.

    `within` is a division code cut to its level.
    """
    text = fold(text)
    if not text:
        return []
    latin = text.lower() if text.isascii() else "-"
    return await SEARCH.all(conn, text=text, latin=latin, within=within, most=max(1, min(most, 100)))


async def list_listed_counties(conn: Connection, *, day: date) -> list[ListedCounty]:
    """Return the counties that stand on the lists on a day, with their lists and the numbers of their villages."""
    return await LISTED.all(conn, day=day)


async def name_on(conn: Connection, code: str, *, day: date) -> str:
    """Return what a division was called on a day: seven counties of the lists were renamed.

    Raises:
        NoSuchPlace: no division has the code.
    """
    found = await NAME_ON.maybe(conn, code=whole(code), day=day)
    if found is None:
        raise NoSuchPlace(place=code)
    return found


async def county_of_code(conn: Connection, county: str, *, day: date) -> str:
    """Return today's 6 digits of the county that had an official code on a day.

    Raises:
        NoSuchPlace: no county had it on that day.
    """
    found = await OWNER_OF_CODE.maybe(conn, county=county, day=day)
    if found is None:
        raise NoSuchPlace(place=county)
    return found[:6]


async def list_holidays(conn: Connection, *, since: date, until: date) -> list[Holiday]:
    """Return the days from `since` to before `until` that differ from the week, at most 1,000."""
    return await HOLIDAYS.all(conn, since=since, until=until)
