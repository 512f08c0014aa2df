"""Every line of a month for the operators' settlement file: figures and reasons, no person and no household."""

from datetime import datetime

from market.kernel import Connection, Fen, Query
from market.kernel.clock import days_in
from market.reports.desk.reasons import RECKONED, Reckoned
from market.subsidies.cycles import Cycle

MOST_LINES = 300_000


class SettlementLine(Reckoned, frozen=True, kw_only=True, gc=False):
    """A line as its operator is told; `held` says that a stopping finding keeps it from being paid."""

    line: str
    operator: str
    kind: str
    programme: str
    payable_days: int
    entitled_fen: Fen
    claimed_fen: Fen | None
    over_fen: Fen
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    reasons: list[str]
    held: bool


SETTLEMENT_LINES = Query(
    SettlementLine,
    """
    SELECT line_code AS line, operator, kind, programme_code AS programme, payable_days, entitled_fen, claimed_fen,
           over_fen, approved_fen, conceded_fen, public_fen, reasons, line_code = ANY(:held::text[]) AS held,
    """
    + RECKONED
    + """
      FROM run_lines r
     WHERE run_id = :run_id AND county_code = :county
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], operator), line_code
     LIMIT :most::integer
    """,
)
LAST_MOVE = Query(datetime, "SELECT max(at) FROM cycle_events WHERE cycle_id = :cycle_id AND county_code = :county")


async def settlement_lines(conn: Connection, cycle: Cycle, held: list[str]) -> list[SettlementLine]:
    """Return every line of a calculated month by operator, at most 300,000."""
    return await SETTLEMENT_LINES.all(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        held=held,
        month_days=days_in(cycle.month),
        most=MOST_LINES,
    )


async def last_move(conn: Connection, cycle: Cycle) -> datetime:
    """Return when the month last moved: the date that its papers carry."""
    return await LAST_MOVE.one(conn, cycle_id=cycle.id, county=cycle.county_code)
