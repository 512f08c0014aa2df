"""Queries of divisions (hierarchy, search) and listed counties."""

from collections.abc import Collection
from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query, Refusal
from market.kernel.division_codes import LEVEL_DIGITS, get_scope, pad_code
from market.kernel.page import MAX_PAGE_SIZE
from market.kernel.text import normalize_text


class Division(Struct, frozen=True):
    """A province (level 1), prefecture, county, township or village (5)."""

    code: str
    name: str
    level: int


class DivisionMatch(Struct, frozen=True):
    """A search result: a division and the names of its ancestors, the province first."""

    code: str
    name: str
    level: int
    path: list[str]


class ListedCounty(Struct, frozen=True):
    """A county on one of the lists of poor counties, with its prefecture and its number of villages."""

    county_code: str
    name: str
    prefecture: str
    list: str
    basis: str
    villages: int


class DivisionNotFound(Refusal):
    """No division has the code."""

    code = "no_such_place"
    status = 404
    zh = "没有这个地方：{code}。"
    en = "There is no division {code}."


LIST_CHILDREN = Query(
    Division,
    "SELECT code, name, level FROM divisions WHERE parent_code = :code ORDER BY code LIMIT 1000",
)
LIST_PROVINCES = Query(Division, "SELECT code, name, level FROM divisions WHERE level = 1 ORDER BY code LIMIT 100")
LIST_PATH = Query(
    Division, "SELECT code, name, level FROM divisions WHERE code = ANY(:codes::text[]) ORDER BY level LIMIT 5"
)
LIST_NAMES = Query(
    Division, "SELECT code, name, level FROM divisions WHERE code = ANY(:codes::text[]) ORDER BY code LIMIT 1000"
)
LIST_NAMED = Query(
    Division,
    """
    SELECT code, name, level FROM divisions
     WHERE starts_with(code, :within) AND :text IN (code, name)
     ORDER BY code
     LIMIT 10
    """,
)
# Higher levels come first, then names that begin with the text.
SEARCH_DIVISIONS = Query(
    DivisionMatch,
    """
    SELECT d.code, d.name, d.level,
           ARRAY(SELECT a.name FROM divisions a
                  WHERE a.code IN (ancestor_code(d.code, 1), ancestor_code(d.code, 2),
                                   ancestor_code(d.code, 3), ancestor_code(d.code, 4))
                    AND a.level < d.level
                  ORDER BY a.level) AS path
      FROM divisions d
     WHERE (strpos(d.name, :text) > 0 OR starts_with(d.pinyin, :latin) OR d.initials = :latin)
       AND starts_with(d.code, :within)
     ORDER BY d.level, strpos(d.name, :text) <> 1, d.code
     LIMIT :limit::integer
    """,
)
LIST_LISTED_COUNTIES = Query(
    ListedCounty,
    """
    SELECT l.county_code, d.name, a.name AS prefecture, l.list, l.basis,
           (SELECT count(*) FROM divisions v WHERE v.county_code = l.county_code AND v.level = 5) AS villages
      FROM listed_counties l
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN divisions a ON a.code = ancestor_code(l.county_code, 2)
     WHERE l.valid_during @> :day::date
     ORDER BY l.county_code
     LIMIT 1000
    """,
)


async def list_children(conn: Connection, code: str | None = None) -> list[Division]:
    """Return the direct children of a division by code, at most 1,000; without a code, the provinces."""
    if code is None:
        return await LIST_PROVINCES.all(conn)
    return await LIST_CHILDREN.all(conn, code=pad_code(code))


async def get_division_path(conn: Connection, code: str) -> list[Division]:
    """Return the ancestors of a division from the province down, and the division itself.

    Raises:
        DivisionNotFound: no division has the code.
    """
    digits = len(get_scope(code))
    codes = [pad_code(code[:length]) for length in LEVEL_DIGITS if length <= digits]
    divisions = await LIST_PATH.all(conn, codes=codes)
    if not divisions or divisions[-1].code != pad_code(code):
        raise DivisionNotFound(code=code)
    return divisions


async def get_division_names(conn: Connection, scopes: Collection[str]) -> dict[str, str]:
    """Return the name of each scope, a code truncated to its level."""
    codes = {pad_code(scope): scope for scope in scopes}
    return {codes[each.code]: each.name for each in await LIST_NAMES.all(conn, codes=list(codes))}


async def list_divisions_named(conn: Connection, text: str, *, within: str) -> list[Division]:
    """Return the divisions with exactly this name or code inside a division, at most 10, by code."""
    return await LIST_NAMED.all(conn, text=normalize_text(text), within=within)


async def search_divisions(conn: Connection, text: str, *, within: str = "", limit: int = 20) -> list[DivisionMatch]:
    """Return divisions by part of the name, a prefix of its pinyin, or its initials, at most 100.

    `within` is a division code truncated to its level.
    """
    text = normalize_text(text)
    if not text:
        return []
    latin = text.lower() if text.isascii() else "-"
    return await SEARCH_DIVISIONS.all(
        conn, text=text, latin=latin, within=within, limit=max(1, min(limit, MAX_PAGE_SIZE))
    )


async def list_listed_counties(conn: Connection, *, day: date) -> list[ListedCounty]:
    """Return the counties that are on a list of poor counties on a day."""
    return await LIST_LISTED_COUNTIES.all(conn, day=day)
