"""能办的套餐: the operators' plans of a county for everybody, one list for every village and household."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.subsidies.names import ServiceKind

MAX_PLANS = 500


class PublicPlan(Struct, frozen=True, kw_only=True):
    """A plan that is on sale on a day.

    `monthly_fen` in fen, of all its services before any reduction; `data_mb` a month, null where the county did not
    write it; `until` is the first day after it, null if it is open.
    """

    code: str
    operator: str
    operator_name: str
    name: str
    kinds: list[ServiceKind]
    monthly_fen: Fen
    data_mb: int | None
    apply_at: str
    start: date
    until: date | None


class OperatorAgreement(Struct, frozen=True):
    """The agreement of an operator with the county that is in force; `until` as in a plan."""

    operator: str
    until: date | None


LIST_PUBLIC_PLANS = Query(
    PublicPlan,
    """
    SELECT p.code, p.operator, o.name AS operator_name, p.name, p.kinds, p.monthly_fen, p.data_mb, p.apply_at,
           lower(p.valid_during) AS start, upper(p.valid_during) AS until
      FROM public_plans p
      JOIN operators o ON o.code = p.operator
     WHERE p.county_code = :county AND p.valid_during @> :day::date
     ORDER BY cardinality(p.kinds), p.kinds DESC, p.monthly_fen, o.rank, p.code COLLATE "C"
     LIMIT :limit
    """,
)
LIST_AGREEMENTS_IN_FORCE = Query(
    OperatorAgreement,
    """
    SELECT operator, upper(valid_during) AS until FROM agreements
     WHERE county_code = :county AND outcome = 'approved' AND valid_during @> :day::date
    """,
)


async def list_public_plans(conn: Connection, county: str, *, day: date) -> list[PublicPlan]:
    """Return the plans of a county on a day: one service first, phones before the others, the cheapest first.

    At most `MAX_PLANS`. It says nothing of a person: whose charge is reduced, and why, is on that person's own page.
    """
    return await LIST_PUBLIC_PLANS.all(conn, county=county, day=day, limit=MAX_PLANS)


async def list_agreements_in_force(conn: Connection, county: str, *, day: date) -> dict[str, date | None]:
    """Return the first day after each operator's agreement with the county, in the caller's transaction of it."""
    return {each.operator: each.until for each in await LIST_AGREEMENTS_IN_FORCE.all(conn, county=county, day=day)}
