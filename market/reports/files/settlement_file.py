"""The lines of a month for the operators' settlement file: sums and reasons, without persons and households."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct, structs

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.subsidies.line_codes import show_lines
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
    blocked: bool = False


LIST_SETTLEMENT_LINES = Query(
    SettlementLine,
    """
    SELECT line_code AS line, operator, kind, programme_code AS programme, payable_days, entitled_fen, claimed_fen,
           over_fen, approved_fen, conceded_fen, public_fen, reasons, causes
      FROM run_lines r
     WHERE run_id = :run_id AND county_code = :county
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], operator), line_code
     LIMIT :limit::integer
    """,
)
GET_LAST_EVENT_AT = Query(
    datetime, "SELECT max(at) FROM cycle_events WHERE cycle_id = :cycle_id AND county_code = :county"
)


async def list_settlement_lines(
    conn: Connection, seal: Seal, cycle: Cycle, blocked: Sequence[str]
) -> list[SettlementLine]:
    """Return every line of a calculated month by operator, at most 300,000."""
    rows = await LIST_SETTLEMENT_LINES.all(
        conn, run_id=cycle.run_id, county=cycle.county_code, limit=MAX_SETTLEMENT_LINES
    )
    held = set(blocked)
    return [
        structs.replace(row, blocked=True) if row.line in held else row
        for row in await show_lines(conn, seal, rows, "line")
    ]


async def get_last_event_at(conn: Connection, cycle: Cycle) -> datetime:
    """Return the time of the month's last state change, which its forms are dated by."""
    return await GET_LAST_EVENT_AT.one(conn, cycle_id=cycle.id, county=cycle.county_code)
