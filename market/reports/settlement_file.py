"""The lines of a month for the operators' settlement file: sums and reasons, without persons and households."""

from datetime import datetime

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.subsidies.month.cycles import Cycle

MAX_SETTLEMENT_LINES = 300_000


class SettlementLine(Struct, frozen=True, kw_only=True, gc=False):
    """A line of the settlement file; `blocked` if a stopping finding blocks its payment."""

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
    causes: list[str]
    blocked: bool


LIST_SETTLEMENT_LINES = Query(
    SettlementLine,
    """
    SELECT line_code AS line, operator, kind, programme_code AS programme, payable_days, entitled_fen, claimed_fen,
           over_fen, approved_fen, conceded_fen, public_fen, reasons, causes,
           line_code = ANY(:blocked::text[]) AS blocked
      FROM run_lines r
     WHERE run_id = :run_id AND county_code = :county
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], operator), line_code
     LIMIT :limit::integer
    """,
)
GET_LAST_EVENT_AT = Query(
    datetime, "SELECT max(at) FROM cycle_events WHERE cycle_id = :cycle_id AND county_code = :county"
)


async def list_settlement_lines(conn: Connection, cycle: Cycle, blocked: list[str]) -> list[SettlementLine]:
    """Return every line of a calculated month by operator, at most 300,000."""
    return await LIST_SETTLEMENT_LINES.all(
        conn,
        run_id=cycle.run_id,
        county=cycle.county_code,
        blocked=blocked,
        limit=MAX_SETTLEMENT_LINES,
    )


async def get_last_event_at(conn: Connection, cycle: Cycle) -> datetime:
    """Return the time of the month's last state change, which its forms are dated by."""
    return await GET_LAST_EVENT_AT.one(conn, cycle_id=cycle.id, county=cycle.county_code)
