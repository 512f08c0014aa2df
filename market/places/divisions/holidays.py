"""The published days off and days that are worked instead, by year."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct, to_builtins

from market.kernel import Connection, Query


class Holiday(Struct, frozen=True):
    """A day that the yearly notice names: off, or worked instead; `name` is the festival that it belongs to."""

    day: date
    name: str
    day_off: bool


LIST_HOLIDAYS = Query(
    Holiday,
    "SELECT day, name, day_off FROM holidays WHERE extract(year FROM day) = ANY(:years::integer[]) ORDER BY day",
)
DELETE_REPLACED = Query(
    None, "DELETE FROM holidays WHERE extract(year FROM day) = :year::integer OR day = ANY(:days::date[])"
)
ADD_HOLIDAYS = Query(
    None,
    """
    INSERT INTO holidays (day, name, day_off)
    SELECT day, name, day_off FROM jsonb_to_recordset(:rows::jsonb) AS t (day date, name text, day_off boolean)
    """,
)


async def list_holidays(conn: Connection, years: Sequence[int]) -> list[Holiday]:
    """Return what is published of years, by day."""
    return await LIST_HOLIDAYS.all(conn, years=list(years))


async def replace_holidays(conn: Connection, year: int, holidays: Sequence[Holiday]) -> None:
    """Put the days in the place of everything that was known of the year; those of its neighbours are added to theirs.

    A yearly notice names days of the year before: 元旦 often begins on the 30th of December.
    """
    await DELETE_REPLACED.run(conn, year=year, days=[each.day for each in holidays])
    await ADD_HOLIDAYS.run(conn, rows=to_builtins(list(holidays)))
