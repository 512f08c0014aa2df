"""The periods in which counties are on a list: what their producers sell counts towards the quotas of public units."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct, to_builtins

from market.kernel import Connection, Query
from market.kernel.division_codes import COUNTY


class ListedPeriod(Struct, frozen=True, kw_only=True):
    """A county on the list `national` or `provincial` from a day until the first day after, None while it is on it."""

    county: str
    list: str
    first: date
    until: date | None
    basis: str

    def overlaps(self, other: "ListedPeriod") -> bool:
        """Return whether two periods have a day in common."""
        return (self.until is None or other.first < self.until) and (other.until is None or self.first < other.until)


LIST_LISTED_PERIODS = Query(
    ListedPeriod,
    """
    SELECT county_code AS county, list, lower(valid_during) AS first, upper(valid_during) AS until, basis
      FROM listed_counties ORDER BY county_code, list, valid_during
    """,
)
LIST_KNOWN_COUNTIES = Query(
    str, "SELECT county_code FROM divisions WHERE level = :level AND county_code = ANY(:counties::text[])"
)
# Changes before additions, so that a period may end where a new one begins.
CHANGE_LISTED = Query(
    None,
    """
    UPDATE listed_counties l SET valid_during = daterange(r.first, r.until), basis = r.basis
      FROM jsonb_to_recordset(:rows::jsonb) AS r (county text, list text, first date, until date, basis text)
     WHERE l.county_code = r.county AND l.list = r.list AND lower(l.valid_during) = r.first
    """,
)
ADD_LISTED = Query(
    None,
    """
    INSERT INTO listed_counties (county_code, list, valid_during, basis)
    SELECT county, list, daterange(first, until), basis
      FROM jsonb_to_recordset(:rows::jsonb) AS r (county text, list text, first date, until date, basis text)
    """,
)


async def list_listed_periods(conn: Connection) -> list[ListedPeriod]:
    """Return every period of every county, by county, list and day."""
    return await LIST_LISTED_PERIODS.all(conn)


async def list_known_counties(conn: Connection, counties: Sequence[str]) -> list[str]:
    """Return those of the codes (six digits) that are counties, in no order."""
    return await LIST_KNOWN_COUNTIES.all(conn, level=COUNTY, counties=list(counties))


async def store_listed_periods(
    conn: Connection, *, changed: Sequence[ListedPeriod], added: Sequence[ListedPeriod]
) -> None:
    """Change the periods with the same county, list and first day, and add the others.

    The foreign keys of purchases refuse a day that a purchase counts by and that would be in no period any more.
    """
    await CHANGE_LISTED.run(conn, rows=to_builtins(list(changed)))
    await ADD_LISTED.run(conn, rows=to_builtins(list(added)))
