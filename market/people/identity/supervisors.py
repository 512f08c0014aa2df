"""Who supervises a county: accounts of its prefecture or province, and the counties that have none."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query
from market.people.identity.models import Role


class UnsupervisedCounty(Struct, frozen=True):
    """A county with officials, and no account of its prefecture or province."""

    code: str
    name: str


HAS_SUPERVISOR = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM grants JOIN accounts ON accounts.id = account_id
                    WHERE role = :role AND starts_with(:division_code, scope) AND valid_during @> :day::date
                      AND accounts.closed_at IS NULL)
    """,
)
LIST_UNSUPERVISED = Query(
    UnsupervisedCounty,
    """
    SELECT c.county_code AS code, c.name
      FROM divisions c
     WHERE c.level = 3
       AND EXISTS (SELECT FROM grants g JOIN accounts a ON a.id = g.account_id AND a.closed_at IS NULL
                    WHERE g.role = 'county' AND g.scope = c.county_code AND g.valid_during @> :day::date)
       AND NOT EXISTS (SELECT FROM grants g JOIN accounts a ON a.id = g.account_id AND a.closed_at IS NULL
                        WHERE g.role = 'supervisor' AND starts_with(c.county_code, g.scope)
                          AND g.valid_during @> :day::date)
     ORDER BY c.county_code
     LIMIT 200
    """,
)


async def list_unsupervised_counties(conn: Connection, *, day: date) -> list[UnsupervisedCounty]:
    """Return the counties with officials that no prefecture or province supervises, by code, at most 200.

    Nobody there looks at a grievance again, and no supervisor gives it tasks.
    """
    return await LIST_UNSUPERVISED.all(conn, day=day)


async def has_supervisor(conn: Connection, division_code: str, *, day: date) -> bool:
    """Return whether an account supervises a place on a day."""
    return await HAS_SUPERVISOR.one(conn, role=Role.SUPERVISOR, division_code=division_code, day=day)
