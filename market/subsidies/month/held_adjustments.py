"""Adjustments of lines that a stopping finding holds: an unsettled cycle pays nothing more for an earlier month."""

from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, Query
from market.subsidies.findings.record import list_blocked_lines, list_suspect_lines
from market.subsidies.month.budget_lines import adjust_budget
from market.subsidies.month.cycles import Cycle
from market.subsidies.month.steps import SETTLED_STATES


class _TakenBack(Struct, frozen=True):
    month: date
    shares: dict[str, int]


# What a line gets more is the sum of the cycle's postings for it and a month, as in the settlement's sums.
TAKE_BACK_RAISES = Query(
    _TakenBack,
    """
    INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator, kind,
                                  approved_fen, conceded_fen, public_fen, settled_before_fen, shares, why, posted_at)
    SELECT :cycle_id, line_code, for_month, revision, :county, run_id, operator, kind, -approved_fen, -conceded_fen,
           -public_fen, settled_before_fen,
           (SELECT coalesce(jsonb_object_agg(key, -value::bigint), '{}') FROM jsonb_each_text(shares)),
           '疑点停付，结算时冲回', :now
      FROM (SELECT line_code, for_month, max(revision) + 1 AS revision,
                   (array_agg(run_id ORDER BY revision DESC))[1] AS run_id, min(operator) AS operator,
                   min(kind) AS kind, sum(approved_fen) AS approved_fen, sum(conceded_fen) AS conceded_fen,
                   sum(public_fen) AS public_fen, sum_shares(array_agg(shares)) AS shares,
                   (array_agg(settled_before_fen ORDER BY revision))[1] + sum(conceded_fen + public_fen)
                       AS settled_before_fen
              FROM subsidy_postings
             WHERE cycle_id = :cycle_id AND county_code = :county AND for_month < :month
               AND line_code = ANY(:held::text[])
             GROUP BY line_code, for_month
            HAVING sum(conceded_fen + public_fen) > 0) AS raised
    RETURNING for_month AS month, shares
    """,
)


async def list_lines_not_raised(conn: Connection, cycle: Cycle) -> list[str]:
    """Return the lines for which a cycle pays no upward adjustment; none once it is settled, as none is left then.

    A finding that a later cycle saw holds its lines too, also those that have nothing else in this cycle.
    """
    if cycle.state in SETTLED_STATES:
        return []
    blocked = await list_blocked_lines(conn, cycle.county_code, cycle.month)
    return sorted(blocked | await list_suspect_lines(conn, cycle.county_code))


async def take_back_raises(conn: Connection, cycle: Cycle, *, now: datetime) -> None:
    """Reverse the upward adjustments of held lines in a cycle that is about to be settled, and in the budget's lines.

    A calculation of their months posts them again once the findings are decided for the lines.
    """
    held = await list_lines_not_raised(conn, cycle)
    county, month = cycle.county_code, cycle.month
    taken = await TAKE_BACK_RAISES.all(conn, county=county, cycle_id=cycle.id, month=month, held=held, now=now)
    for each in sorted({row.month for row in taken}):
        shares = [row.shares for row in taken if row.month == each]
        await adjust_budget(conn, county, cycle.id, each, shares, now=now)
