"""Who confirmed and reviewed a month in part of a county, for the sheet that a township or a village signs."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from market.kernel import Connection, Query
from market.subsidies.models import Duty
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.steps import CONFIRM, REVIEW


class AreaApproval(Struct, frozen=True, kw_only=True):
    """An official's approvals of a duty in an area: the last one, and what was written with them."""

    duty: Duty
    name: str
    at: datetime
    opinion: str


LIST_AREA_APPROVALS = Query(
    AreaApproval,
    """
    SELECT duty, get_name_in_duty(account_id, :roles::jsonb ->> duty, :county, max(approved_at)) AS name,
           max(approved_at) AS at, coalesce(string_agg(DISTINCT nullif(opinion, ''), '；'), '') AS opinion
      FROM valid_approvals JOIN cycle_approvals USING (county_code, cycle_id, run_id, duty, scope, account_id)
     WHERE run_id = :run_id AND county_code = :county
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division
                    WHERE starts_with(scope, division) OR starts_with(division, scope))
     GROUP BY duty, account_id
     ORDER BY at, name
    """,
)
LIST_AREA_NAMES = Query(
    str,
    """
    SELECT d.name
      FROM unnest(:divisions::text[]) WITH ORDINALITY AS v(code, at) JOIN divisions d ON d.code = rpad(v.code, 12, '0')
     ORDER BY v.at
    """,
)
_ROLES = {CONFIRM.duty: CONFIRM.role, REVIEW.duty: REVIEW.role}


async def list_area_approvals(conn: Connection, cycle: Cycle, divisions: Sequence[str]) -> list[AreaApproval]:
    """Return who confirmed and who reviewed the calculated month in an area, in the order of their last approval."""
    return await LIST_AREA_APPROVALS.all(
        conn, run_id=cycle.run_id, county=cycle.county_code, divisions=list(divisions), roles=_ROLES
    )


async def list_area_names(conn: Connection, divisions: Sequence[str]) -> list[str]:
    """Return the names of divisions, in their order."""
    return await LIST_AREA_NAMES.all(conn, divisions=list(divisions))
