"""From when until when the code of a village is in use: an ended one is refused where a village is entered."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated

import asyncpg
from msgspec import Meta, Struct

from market.kernel import Connection, Query
from market.kernel.language import say

BEGINNING = date(2002, 1, 1)
"""The first day of the villages that the market began with."""


class VillagePeriod(Struct, frozen=True, kw_only=True):
    """A period of a village's code: both days included, `last` is None while it is in use; `name` is the village's."""

    code: str
    name: str
    first: date
    last: date | None
    successor_code: str | None
    basis: str


class EndedVillage(Struct, frozen=True):
    """A code that is not in use on a day: since when, or from when, and the village it was merged into, if any."""

    code: str
    ended_on: date | None
    begins_on: date | None
    successor_code: str | None
    successor: str | None

    def describe(self) -> str:
        """Return what the reader of a form has to know, and write instead."""
        if self.begins_on is not None:
            return f"这个村代码 {self.begins_on} 起才用"
        merged = f"，现在是{self.successor}（{self.successor_code}）" if self.successor else "，请换成现在的"
        return f"这个村代码 {self.ended_on} 起停用{merged}"


_PERIODS = """
    SELECT p.code, d.name, lower(valid_during) AS first, upper(valid_during) - 1 AS last, successor_code, basis
      FROM village_periods p JOIN divisions d ON d.code = p.code
"""
LIST_PERIODS = Query(VillagePeriod, _PERIODS + " WHERE starts_with(p.code, :within) ORDER BY p.code, valid_during")
LIST_CHANGED = Query(
    VillagePeriod,
    _PERIODS
    + """
     WHERE starts_with(p.code, :within) AND (NOT upper_inf(valid_during) OR basis <> '')
     ORDER BY lower(valid_during) DESC, p.code
     LIMIT :limit
    """,
)
LIST_ENDED = Query(
    EndedVillage,
    """
    SELECT d.code, max(upper(p.valid_during)) FILTER (WHERE upper(p.valid_during) <= :day::date) AS ended_on,
           CASE WHEN min(lower(p.valid_during)) > :day::date THEN min(lower(p.valid_during)) END AS begins_on,
           (array_agg(p.successor_code ORDER BY p.valid_during DESC))[1] AS successor_code,
           (array_agg(s.name ORDER BY p.valid_during DESC))[1] AS successor
      FROM divisions d
      JOIN village_periods p ON p.code = d.code
      LEFT JOIN divisions s ON s.code = p.successor_code
     WHERE starts_with(d.code, :within)
     GROUP BY d.code
    HAVING NOT bool_or(p.valid_during @> :day::date)
    """,
)
IS_VILLAGE = Query(bool, "SELECT EXISTS (SELECT FROM divisions WHERE code = :code AND level = 5)")
ADD_VILLAGE = Query(bool, "SELECT add_village(:code, :name)")
ADD_PERIOD = Query(
    None,
    """
    INSERT INTO village_periods (code, valid_during, successor_code, basis)
    VALUES (:code, :during::daterange, :successor_code, :basis)
    """,
)
CHANGE_PERIOD = Query(
    None,
    """
    UPDATE village_periods SET valid_during = :during::daterange, successor_code = :successor_code, basis = :basis
     WHERE code = :code AND lower(valid_during) = lower(:during::daterange)
    """,
)


async def find_village_fault(conn: Connection, code: str, *, day: date) -> str | None:
    """Return why a code is no village of the day, in the words for its field, or None if it is one."""
    if not await IS_VILLAGE.one(conn, code=code):
        return say("请选到村：12 位的村级代码")
    ended = await LIST_ENDED.maybe(conn, within=code, day=day)
    return None if ended is None else ended.describe()


async def list_ended_villages(conn: Connection, within: str, *, day: date) -> dict[str, str]:
    """Return the codes inside a division that are not in use on a day, each with the words for its cell."""
    return {each.code: each.describe() for each in await LIST_ENDED.all(conn, within=within, day=day)}


async def list_village_periods(conn: Connection, county: str) -> list[VillagePeriod]:
    """Return every period of a county's villages, by code and day."""
    return await LIST_PERIODS.all(conn, within=county)


async def list_changed_villages(
    conn: Connection, county: str, *, limit: Annotated[int, Meta(le=200)] = 200
) -> list[VillagePeriod]:
    """Return the periods of a county that ended or that a file brought, the latest first, at most 200."""
    return await LIST_CHANGED.all(conn, within=county, limit=limit)


async def store_village_periods(
    conn: Connection, *, new_villages: Sequence[VillagePeriod], added: Sequence[VillagePeriod],
    changed: Sequence[VillagePeriod],
) -> None:  # fmt: skip
    """Store new villages, then the periods that changed and the new ones; the schema refuses overlaps.

    An end is refused while terms of other tables go beyond it: `asyncpg.ForeignKeyViolationError`.
    """
    for each in new_villages:
        await ADD_VILLAGE.one(conn, code=each.code, name=each.name)
    for query, periods in ((CHANGE_PERIOD, changed), (ADD_PERIOD, added)):
        for each in periods:
            last = each.last
            await query.run(
                conn,
                code=each.code,
                during=asyncpg.Range(each.first, None if last is None else last + timedelta(days=1)),
                successor_code=each.successor_code,
                basis=each.basis,
            )
