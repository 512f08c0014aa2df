"""The cases of all areas that an official's roles answer now, by deadline."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

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
     WHERE cases.state = 'assigned'
       AND EXISTS (SELECT FROM unnest(:roles::text[], :scopes::text[]) AS granted (role, scope)
                    WHERE role = cases.path[level] AND starts_with(cases.division_code, scope))
     ORDER BY due_at, cases.id
     LIMIT :limit
    """,
)


async def list_assigned_cases(conn: Connection, official: Actor) -> list[AssignedCase]:
    """Return the cases that the official's roles answer now, by deadline, at most 200.

    The transaction has the official's scope (`get_person_scope`).

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    roles, scopes = list_role_scopes(official)
    return await LIST_ASSIGNED_CASES.all(conn, roles=roles, scopes=scopes, limit=MAX_ASSIGNED_CASES)
