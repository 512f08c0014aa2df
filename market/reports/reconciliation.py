"""What operators credited of a settled month: sums by operator, and the differences with their age."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import mask_phone
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.month.budget_lines import BudgetYear, load_budget_year
from market.subsidies.month.cycles import Cycle
from market.subsidies.names import Operator
from market.subsidies.reconciliation.models import NEXT_STEPS_ZH, DifferenceKind

MAX_DIFFERENCES = 200


class OperatorReturn(Struct, frozen=True, kw_only=True):
    """An operator's month: what it is paid, and what its latest return file says; None without one.

    `open` differences are not answered, of them the first was seen at `open_since`; `accepted_fen` was settled and not
    credited, and accepted as it is. `answers_sent`: the file answers the settlement file that was sent.
    """

    operator: Operator
    settled_fen: Fen
    file: str | None
    revision: int | None
    credited_fen: Fen | None
    taken_at: datetime | None
    by: str | None
    answers_sent: bool
    open: int
    accepted: int
    accepted_fen: Fen
    open_since: datetime | None


class _DifferenceFields(Struct, frozen=True, kw_only=True):
    id: UUID
    operator: Operator
    kind: DifferenceKind
    line: str | None
    month: date | None
    settled_fen: Fen | None
    row: int | None
    credited_fen: Fen | None
    since: datetime
    why: str | None
    by: str | None
    answered_at: datetime | None


class DifferenceView(_DifferenceFields, frozen=True, kw_only=True):
    """A difference of a latest return file: a settled sum, a row of the file, or both; open until it has a reason.

    `number` is the row's, masked; `fen` was settled and not credited, `days` is how old the difference is, `act` who
    must act and how.
    """

    number: str | None
    fen: Fen
    days: int
    act: str


class _SealedDifference(_DifferenceFields, frozen=True, kw_only=True):
    number_sealed: bytes | None


class ReconciliationView(Struct, frozen=True):
    """A settled month by operator, with at most 200 differences, open ones first; `more` if there are others.

    `budget` is that of the month's year, by funder.
    """

    month: str
    operators: list[OperatorReturn]
    differences: list[DifferenceView]
    more: bool
    budget: BudgetYear


LIST_OPERATOR_RETURN_SUMS = Query(
    OperatorReturn,
    """
    SELECT s.operator, s.pay_fen AS settled_fen, i.name AS file, f.revision::integer AS revision, f.credited_fen,
           f.taken_at, a.name AS by, coalesce(f.settlement_sha256 = sent.sha256, false) AS answers_sent,
           coalesce(d.open, 0) AS open, coalesce(d.accepted, 0) AS accepted,
           coalesce(d.accepted_fen, 0)::bigint AS accepted_fen, d.open_since
      FROM settlements s
      LEFT JOIN settlement_files sent USING (cycle_id, operator)
      LEFT JOIN LATERAL (
          SELECT * FROM return_files r
           WHERE r.cycle_id = s.cycle_id AND r.operator = s.operator ORDER BY revision DESC LIMIT 1) AS f ON true
      LEFT JOIN import_files i ON i.id = f.file_id
      LEFT JOIN accounts a ON a.id = i.account_id
      LEFT JOIN LATERAL (
          SELECT count(*) FILTER (WHERE outcome IS NULL)::integer AS open, count(outcome)::integer AS accepted,
                 sum(coalesce(settled_fen, 0) - coalesce(credited_fen, 0)) FILTER (WHERE outcome IS NOT NULL)
                     AS accepted_fen,
                 min(since) FILTER (WHERE outcome IS NULL) AS open_since
            FROM return_differences WHERE file_id = f.file_id) AS d ON true
     WHERE s.cycle_id = :cycle_id AND s.county_code = :county
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], s.operator)
    """,
)
LIST_DIFFERENCES = Query(
    _SealedDifference,
    """
    SELECT d.id, f.operator, d.kind, coalesce(d.line_code, r.line_code) AS line,
           coalesce(d.for_month, r.for_month) AS month, d.settled_fen, d.row_number AS row, d.credited_fen, d.since,
           d.why, a.name AS by, d.answered_at, i.value_sealed AS number_sealed
      FROM return_files f
      JOIN return_differences d USING (file_id)
      LEFT JOIN return_rows r USING (file_id, row_number)
      LEFT JOIN identifiers i ON i.id = r.number_id
      LEFT JOIN accounts a ON a.id = d.answered_by
     WHERE f.cycle_id = :cycle_id AND f.county_code = :county
       AND f.revision = (SELECT max(revision) FROM return_files
                          WHERE cycle_id = f.cycle_id AND operator = f.operator)
     ORDER BY d.outcome IS NOT NULL, d.kind = 'returned' DESC, d.since,
              array_position(ARRAY['mobile', 'unicom', 'telecom'], f.operator), d.line_code COLLATE "C" NULLS FIRST,
              d.for_month, d.row_number
     LIMIT :limit::integer
    """,
)


async def get_reconciliation(conn: Connection, seal: Seal, cycle: Cycle, *, now: datetime) -> ReconciliationView:
    """Return what the operators credited of a month, and what differs; empty before the month is settled."""
    key = {"county": cycle.county_code, "cycle_id": cycle.id}
    operators = await LIST_OPERATOR_RETURN_SUMS.all(conn, **key)
    rows = await LIST_DIFFERENCES.all(conn, **key, limit=MAX_DIFFERENCES + 1)
    today = get_business_day(now)
    shown = [_present(seal, row, today) for row in rows[:MAX_DIFFERENCES]]
    budget = await load_budget_year(conn, cycle.county_code, cycle.month.year)
    return ReconciliationView(cycle.name, operators, shown, len(rows) > MAX_DIFFERENCES, budget)


def _present(seal: Seal, row: _SealedDifference, today: date) -> DifferenceView:
    number = None if row.number_sealed is None else mask_phone(seal.open(row.number_sealed, IDENTIFIER_CONTEXT))
    return build_from(
        DifferenceView,
        row,
        number=number,
        fen=Fen((row.settled_fen or 0) - (row.credited_fen or 0)),
        days=(today - get_business_day(row.since)).days,
        act="" if row.why else NEXT_STEPS_ZH[row.kind],
    )
