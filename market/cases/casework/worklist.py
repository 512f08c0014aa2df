"""The cases of all areas that an official's roles answer now, by deadline."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.division_codes import COUNTY, LEVEL_DIGITS, truncate_code
from market.people.identity.access import list_role_scopes
from market.people.identity.models import Actor

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


def select_assigned(place: LiteralString, about: LiteralString = "true") -> LiteralString:
    """Return the end of a query of the cases that roles answer now, by deadline, with `get_assigned_values`.

    A role answers if the column `place` of `c`, its case, lies in the scope; `about` is a condition on `c` that all
    cases of the query meet. Open cases are found by role and county before they are ordered (OFFSET 0): the index of
    all by deadline has those of the whole market. A deputy may hold a role twice.
    """
    return (
        """
      JOIN (SELECT case_key, deadline
              FROM (SELECT DISTINCT c.id, c.due_at
                      FROM unnest(:roles::text[], :scopes::text[], :first_counties::text[], :last_counties::text[])
                           AS granted (role, scope, first, last)
                      JOIN cases c ON c.path[c.level] = granted.role
                                  AND c.county_code >= granted.first AND c.county_code <= granted.last
                     WHERE c.state = 'assigned' AND c.path[c.level] <> 'seller' AND starts_with("""
        + place
        + """, granted.scope) AND """
        + about
        + """
                    OFFSET 0) AS assigned (case_key, deadline)
             ORDER BY deadline, case_key
             LIMIT :limit) AS first_due ON case_key = cases.id
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
    digits = LEVEL_DIGITS[COUNTY - 1]
    first, last = [[truncate_code(scope, COUNTY).ljust(digits, fill) for scope in scopes] for fill in "09"]
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
