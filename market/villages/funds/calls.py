"""The calls of a county: those that are open, and all of them with what came of them."""

from datetime import date

from market.kernel import Connection, Query
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.villages.funds.models import (
    MAX_CALLS,
    CountedCall,
    FundCall,
)

_COLUMNS = """
    SELECT c.id, c.number, c.county_code, c.name, c.department, c.kind, c.amount_fen, lower(c.valid_during) AS first,
           upper(c.valid_during) - 1 AS last, c.basis
"""
LIST_OPEN = Query(
    FundCall,
    _COLUMNS
    + """
      FROM fund_calls c
     WHERE c.county_code = :county AND c.valid_during @> :day::date
     ORDER BY upper(c.valid_during), c.number LIMIT :limit
    """,
)
GET_CALL = Query(FundCall, _COLUMNS + " FROM fund_calls c WHERE c.number = :number")
LIST_COUNTED = Query(
    CountedCall,
    _COLUMNS
    + """,
           count(a.case_id)::integer AS applied,
           (count(*) FILTER (WHERE s.outcome = 'solved'))::integer AS granted,
           coalesce(sum(a.granted_fen), 0)::bigint AS granted_fen
      FROM fund_calls c
      LEFT JOIN fund_applications a ON a.call_id = c.id
      LEFT JOIN cases s ON s.id = a.case_id
     WHERE c.county_code = :county
     GROUP BY c.id ORDER BY upper(c.valid_during) DESC, c.number LIMIT :limit
    """,
)


async def list_open_calls(conn: Connection, county: str, *, day: date) -> list[FundCall]:
    """Return the calls of a county that take applications on a day, those that end first; at most `MAX_CALLS`."""
    return await LIST_OPEN.all(conn, county=county, day=day, limit=MAX_CALLS)


async def get_call(conn: Connection, number: int) -> FundCall:
    """Return a call by its short number.

    Raises:
        NotFound: there is none.
    """
    found = await GET_CALL.maybe(conn, number=number)
    if found is None:
        raise NotFound
    return found


async def list_counted_calls(conn: Connection, official: Actor, county: str) -> list[CountedCall]:
    """Return all calls of a county with what came of them, the latest first, in a transaction of the county.

    Raises:
        NotAllowed, SecondFactorRequired: the actor has no role of `COUNTY_KEEPERS` for the whole county.
    """
    require_county_role(official, COUNTY_KEEPERS, county)
    return await LIST_COUNTED.all(conn, county=county, limit=MAX_CALLS)
