"""The cases of all areas that an official's roles answer now, by deadline."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.divisions.codes import COUNTY, LEVEL_DIGITS, truncate_code
from market.identity.access import list_role_scopes
from market.identity.models import Actor
from market.kernel import Connection, Query

MAX_ASSIGNED_CASES = 200


class AssignedCase(Struct, frozen=True, kw_only=True):
    """A case that waits for an official; `producer` is the seller on either side, None without one.

    `stopped`: the person who asked owes facts; the deadline is the latest one, and facts that come soon move it back.
    `proposed`: both sides are to answer what the official proposed.
    """

    id: UUID
    number: int
    category: str
    name: str
    producer: str | None
    received_at: datetime
    due_at: datetime
    stopped: bool
    proposed: bool


def select_assigned(place: LiteralString) -> LiteralString:
    """Return the end of a query of the cases that roles answer now, by deadline, with `get_assigned_values`.

    A role answers if the column `place` of `c`, its case, lies in the scope. Open cases are found by county before they
    are ordered (OFFSET 0): the index of all by deadline has those of the whole market.
    """
    return (
        """
      JOIN (SELECT c.id, c.due_at
              FROM unnest(:first_counties::text[], :last_counties::text[]) AS area (first, last)
              JOIN cases c ON c.county_code >= area.first AND c.county_code <= area.last
             WHERE c.state = 'assigned'
               AND EXISTS (SELECT FROM unnest(:roles::text[], :scopes::text[]) AS granted (role, scope)
                            WHERE role = c.path[c.level] AND starts_with("""
        + place
        + """, scope))
            OFFSET 0) AS assigned (case_key, deadline) ON case_key = cases.id
     ORDER BY deadline, case_key
     LIMIT :limit
    """
    )


def get_assigned_values(official: Actor) -> dict[str, object]:
    """Return the values of `select_assigned` for an official.

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    roles, scopes = list_role_scopes(official)
    areas: list[str] = []
    for area in sorted(truncate_code(scope, COUNTY) for scope in scopes):
        if not areas or not area.startswith(areas[-1]):
            areas.append(area)
    digits = LEVEL_DIGITS[COUNTY - 1]
    first, last = [[area.ljust(digits, fill) for area in areas] for fill in "09"]
    return {"roles": roles, "scopes": scopes, "first_counties": first, "last_counties": last}


LIST_ASSIGNED_CASES = Query(
    AssignedCase,
    """
    SELECT cases.id, cases.number, category, case_categories.name, producers.name AS producer, received_at, due_at,
           stopped_at IS NOT NULL AS stopped,
           cases.level < cardinality(cases.path)
           AND EXISTS (SELECT FROM case_events WHERE case_id = cases.id AND move = 'propose') AS proposed
      FROM cases
      JOIN case_categories ON code = category AND valid_during @> lower(received_during)
      LEFT JOIN producers ON producers.id = coalesce(against_producer_id, for_producer_id)
    """
    + select_assigned("c.division_code"),
)


async def list_assigned_cases(conn: Connection, official: Actor) -> list[AssignedCase]:
    """Return the cases that the official's roles answer now, by deadline, at most 200.

    The transaction has the official's scope (`get_person_scope`).

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    return await LIST_ASSIGNED_CASES.all(conn, **get_assigned_values(official), limit=MAX_ASSIGNED_CASES)
